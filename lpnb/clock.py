"""Time and waiting, which is never silent: whoever waits is told before what, and how long."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

_NOTICED = 1.0  # seconds from which on waiting is worth a line


class Wait(NamedTuple):
    """A wait of so many *seconds*: *short* says how long and what for, ``text`` also *why*."""

    seconds: float
    short: str
    why: str

    @property
    def text(self) -> str:
        """The whole of it, in words."""
        return f"{self.short}, as {self.why}"

    def __str__(self) -> str:
        return self.text


Told = Callable[[Wait], object]
_run: ContextVar[tuple[Told, threading.Event | None] | None] = ContextVar("_run", default=None)


def in_sight(wait: Wait) -> None:
    """Say it where somebody sits: in a notebook below the cell, in a terminal on stderr."""
    if wait.seconds < _NOTICED:
        return
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    notebook = hasattr(shell, "kernel")  # which shows stderr in red, as if it were an error
    stream = sys.stdout if notebook else sys.stderr
    if notebook or (stream and stream.isatty()):
        stream.write(f"lpnb: {wait}\n")
        stream.flush()


@contextmanager
def waiting_told(told: Told, stopping: threading.Event | None) -> Iterator[None]:
    """Have *told* of this thread's waits, and none else; they end when *stopping* is set."""
    token = _run.set((told, stopping))
    try:
        yield
    finally:
        _run.reset(token)


def pause(seconds: float) -> None:
    """Wait in truth; an interrupt ends it, also one of the run that this thread works for."""
    _, stopping = _run.get() or (None, None)
    if stopping is None:
        time.sleep(seconds)
    elif stopping.wait(seconds):
        raise KeyboardInterrupt


class Clock:
    """
    The time and the waiting of a session; a test or a lesson gives one of its own.

    Args:
        told: is called with each `Wait` before it, by default to say it where somebody sits.
    """

    told: Told = staticmethod(in_sight)

    def __init__(self, told: Told | None = None) -> None:
        self.told = told or in_sight

    def time(self) -> float:
        """Seconds since 1970 by this computer, right or wrong."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since some moment, never set back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait; an interrupt ends it."""
        pause(seconds)

    def wait(self, seconds: float, to: str, why: str) -> None:
        """Say how long is waited, in order *to* do what, and *why*, and do so."""
        if seconds:
            self.say(Wait(seconds, f"waiting {seconds:.3g} s to {to}", why))
        self.sleep(seconds)

    def say(self, wait: Wait) -> None:
        """Tell of a *wait* whoever wants to know."""
        told, _ = _run.get() or (self.told, None)
        told(wait)
