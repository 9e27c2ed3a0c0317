"""
Forks a child for each file, which may take only so much, and says how that ended.

It has everything imported and does nothing else. What it reads comes through a pipe, so that it
stays small and all that a child takes is the child's.
"""

import contextlib
import importlib
import os
import pickle
import resource
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from . import examine, voted
from .entry import Entry
from .examine import Outcome

_CPU, _WALL = 20, 120  # seconds, after which a child is ended
_MEMORY = 4 << 30  # bytes of addresses


Work = Callable[[Entry], Outcome]


def serve(work: Work, requests: BinaryIO, answers: BinaryIO) -> None:
    """Fork a child for each entry that comes, as many at once as there are cores."""
    for content in voted.sound().values():  # so that no child has to import anything
        examine.examined(Entry(id="", content=content, verdict="either"))
    at_once, running = os.cpu_count() or 1, {}
    for entry in _received(requests):
        if len(running) >= at_once:
            answers.write(_awaited(running))
        child, pipe = _forked(work, entry)
        running[child] = entry.id, pipe
    while running:
        answers.write(_awaited(running))


def _received(requests: BinaryIO) -> Iterator[Entry]:
    with contextlib.suppress(EOFError):
        while True:
            yield pickle.load(requests)  # noqa: S301 - from whom started us


def _forked(work: Work, entry: Entry) -> tuple[int, int]:
    ours, theirs = os.pipe()
    child = os.fork()
    if child:
        os.close(theirs)
        return child, ours
    with contextlib.suppress(BaseException):
        signal.alarm(_WALL)
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU, _CPU))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.write(theirs, pickle.dumps(work(entry)))
        os._exit(0)
    os._exit(1)


def _awaited(running: dict[int, tuple[str, int]]) -> bytes:
    child, status, used = os.wait3(0)
    id, pipe = running.pop(child)
    with os.fdopen(pipe, "rb") as file:
        answer = file.read()
    if status or not answer:
        seconds = used.ru_utime + used.ru_stime
        code = os.waitstatus_to_exitcode(status)
        ended = signal.Signals(-code).name if code < 0 else f"exit {code}"
        outcome = Outcome(id, ended, read=(seconds, used.ru_maxrss * 1024))
        answer = pickle.dumps(outcome)
    return answer.hex().encode() + b"\n"


def main(work: str, library: str) -> None:
    """Serve with the lpnb that lies in the folder *library*."""
    sys.path.insert(0, library)
    lpnb = importlib.import_module("lpnb")
    sys.path.remove(library)
    if not Path(str(lpnb.__file__)).is_relative_to(library):
        raise ImportError(f"there is no lpnb in {library}")
    warnings.simplefilter("error")  # as they are in the tests, so that none reaches a user
    serve(getattr(examine, work), sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main(*sys.argv[1:])
