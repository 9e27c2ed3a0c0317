"""The sandbox's own time, so that a minute's expiry takes no minute to show."""

import time
from collections.abc import Callable


class Clock:
    """Tells the time of every service at once: the system's, plus what was advanced."""

    def __init__(self, system: Callable[[], float] = time.time) -> None:
        self._system = system
        self._ahead = 0.0

    def now(self) -> float:
        """Give the seconds since 1970, as the services see them."""
        return self._system() + self._ahead

    def advance(self, seconds: float) -> float:
        """Let *seconds* pass at once (a negative number turns back) and give the new time."""
        self._ahead += seconds
        return self.now()

    def reset(self) -> None:
        """Return to the system's time."""
        self._ahead = 0.0

    def __repr__(self) -> str:
        return f"<Clock {self._ahead:+g} s>"
