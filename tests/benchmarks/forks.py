"""Processes that are forked, so that the memory they need is theirs and can be measured."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def in_child(work: Callable[[], bytes]) -> bytes:
    """Give what *work* gives in a forked process, so that the memory it needs is not ours."""
    with tempfile.TemporaryFile() as file:
        child = os.fork()
        if not child:
            code = 1
            try:
                file.write(work())
                file.flush()
                code = 0
            finally:
                os._exit(code)
        if os.waitpid(child, 0)[1]:
            raise ChildProcessError("the forked process failed")
        file.seek(0)
        return file.read()


def status(name: str) -> int:
    """Look up *name*, for instance VmRSS, among what Linux tells of this process, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    raise LookupError(name)
