"""The sandbox's own time, so that a minute's expiry takes no minute to show."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_LATEST = 253_402_214_400  # the last day of 9999: a URL of then must still end in that year


class Clock:
    """
    Tells the time of every service at once: the system's, moved and held as you say.

    Args:
        system: where the time comes from.
        held_by: who else keeps time with the system and can't be moved, if anyone does; every
            attempt to move the clock is then refused.
    """

    def __init__(self, system: Callable[[], float] = time.time, *, held_by: str = "") -> None:
        self._system = system
        self._held_by = held_by
        self._ahead = 0.0
        self._frozen: float | None = None
        self._watchers: list[Callable[[], None]] = []

    def now(self) -> float:
        """Give the seconds since 1970, as the services see them."""
        return self._system() + self._ahead if self._frozen is None else self._frozen

    @property
    def frozen(self) -> bool:
        """Whether time stands still."""
        return self._frozen is not None

    @property
    def held(self) -> bool:
        """Whether somebody else keeps the time, so that it can't be moved."""
        return bool(self._held_by)

    @property
    def ahead(self) -> float:
        """How many seconds this clock is ahead of the system's; negative if behind."""
        return self.now() - self._system()

    def set(self, seconds: float) -> float:
        """Make it *seconds* since 1970, now; a frozen clock stays frozen."""
        return self.advance(_number(seconds) - self.now())

    def advance(self, seconds: float) -> float:
        """
        Let *seconds* pass at once (a negative number turns back) and give the new time.

        Raises:
            ValueError: *seconds* is no number or leads out of the years 1970 to 9999, or the
                clock can't be moved at all.
        """
        self._check()
        if not 0 <= self.now() + _number(seconds) <= _LATEST:
            raise ValueError(f"the clock goes from 1970 to 9999: not by {seconds:g} seconds")
        if self._frozen is None:
            self._ahead += seconds
        else:
            self._frozen += seconds
        return self._changed()

    def freeze(self) -> float:
        """Stop time: every answer until `go_on` has the same; `advance` still moves it."""
        self._check()
        self._frozen = self.now()
        return self._changed()

    def go_on(self) -> float:
        """Let time pass again, from where it stands."""
        self._ahead, self._frozen = self.ahead, None
        return self._changed()

    def reset(self) -> None:
        """Return to the system's time."""
        self._ahead, self._frozen = 0.0, None
        self._changed()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Move it as you like for as long as the block lasts, and find it as it was."""
        before = self._ahead, self._frozen
        try:
            yield
        finally:
            self._ahead, self._frozen = before
            self._changed()

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call *watcher* after every change, for what falls due at a time."""
        self._watchers.append(watcher)

    def _check(self) -> None:
        if self._held_by:
            raise ValueError(f"the clock can't be moved: {self._held_by} keeps the system's time")

    def _changed(self) -> float:
        for watcher in self._watchers:
            watcher()
        return self.now()

    def __repr__(self) -> str:
        return f"<Clock {self.ahead:+.6g} s{', frozen' if self.frozen else ''}>"


def _number(seconds: Any) -> float:
    if isinstance(seconds, int | float) and math.isfinite(seconds):
        return seconds
    raise ValueError(f"the clock can't be moved by {seconds!r}: it takes seconds, as a number")
