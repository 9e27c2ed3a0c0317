"""Have files read in processes of their own, and collect what came of it."""

import contextlib
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from . import server
from .entry import Entry
from .examine import Outcome


def run(
    entries: Iterable[Entry], *, work: str = "examined", library: Path | None = None
) -> list[Outcome]:
    """
    Read every entry, in processes that are limited, and wait.

    Args:
        work: the function of `examine` that does so.
        library: a folder with another lpnb to judge than the one that is imported here.
    """
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-P", "-m", server.__name__, work, str(library or root)]
    environment = os.environ | {"PYTHONPATH": root}
    with tempfile.TemporaryFile() as answers:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=answers,
            env=environment,
        )
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
            for entry in entries:
                pickle.dump(entry, pipe)
        if process.wait():
            raise ChildProcessError(f"the runner ended with {process.returncode}")
        answers.seek(0)
        return [pickle.loads(bytes.fromhex(line.decode())) for line in answers]  # noqa: S301
