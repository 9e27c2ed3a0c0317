"""When a call is repeated and how long is waited before it: a policy as data, a clock, a budget."""

import math
import threading
import time
from dataclasses import dataclass, fields
from typing import NamedTuple

from .errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """
    What is repeated and when; the numbers of the default are LivePerson's own.

    No 4xx is repeated but 429. A request that must not be done twice is repeated only when it
    surely did not reach the service.

    Args:
        waits: seconds before each repetition after a 5xx or a broken connection; as many as there
            are, a call is repeated at most.
        pause: least seconds of waiting after 429; *login_pause* at the login service.
        longest: most seconds that ``Retry-After`` can make us wait.
        deadline: seconds that one call may take in all, with its repetitions.
        renew: whether a token or a temporary URL that has ended is asked for again.

    Raises:
        InputError: a number of seconds is negative, infinite or none.
    """

    waits: tuple[float, ...] = (5, 10, 15)
    pause: float = 1
    login_pause: float = 5
    longest: float = 60
    deadline: float = 120
    renew: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "waits", tuple(self.waits))
        for field in fields(self):
            value = getattr(self, field.name)
            for one in value if field.name == "waits" else (value,):
                if not (isinstance(one, int | float) and math.isfinite(one) and one >= 0):
                    raise InputError(f"{field.name} takes seconds from 0 on, not {one!r}")


PATIENT = RetryPolicy()
BRIEF = RetryPolicy(waits=(0.5, 1, 2), pause=0.5, login_pause=1, longest=3, deadline=30)
ONCE = RetryPolicy(waits=(), renew=False)


class Clock:
    """The time and the waiting of a session; a test or a lesson gives one of its own."""

    def time(self) -> float:
        """Seconds since 1970 by this computer, right or wrong."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since some moment, never set back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait; an interrupt ends it."""
        time.sleep(seconds)


class Budget:
    """
    How many repetitions a session may still make, so that an outage is not made worse by us.

    Each repetition takes one, each success gives a tenth back. Threads may share it.
    """

    def __init__(self, most: float = 50.0, back: float = 0.1) -> None:
        self.most = most
        self.left = most
        self._back = back
        self._lock = threading.Lock()

    @property
    def empty(self) -> bool:
        """Whether there is no repetition left."""
        return self.left < 1

    def take(self) -> bool:
        """Take one repetition, if there is one."""
        with self._lock:
            if self.left < 1:
                return False
            self.left -= 1
            return True

    def give_back(self) -> None:
        """Note a success."""
        if self.left < self.most:
            with self._lock:
                self.left = min(self.most, self.left + self._back)

    def __repr__(self) -> str:
        return f"<Budget of {self.left:.1f} repetitions, {self.most:g} at most>"


class Skew(NamedTuple):
    """How many *seconds* the service's clock is ahead of ours, give or take *within* seconds."""

    seconds: float
    within: float
