"""When a call is repeated, and how long is waited before: a policy as data, a budget, a course."""

import math
import re
import threading
from dataclasses import dataclass, fields
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import NamedTuple

from .clock import Clock
from .errors import ExchangeError, InputError
from .exchange import Exchange
from .transport import BROKEN_OFF, NO_HOST, PASSING
from .wire import LOGIN, Reply, Request

_SECONDS = re.compile(r"\d+(\.\d+)?")
_USED_UP = (
    "as so many calls of this session failed that none is repeated any more: wait until the "
    "service is well again"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """
    What is repeated and when; the numbers of the default are LivePerson's own.

    No 4xx is repeated but 429. A request that must not be done twice is repeated only when it
    surely did not reach the service, and so is not done by one that came through.

    Args:
        waits: seconds before each repetition after a 5xx or a broken connection; as many as there
            are, a call is repeated at most.
        pause: least seconds of waiting after 429; *login_pause* at the login service.
        longest: most seconds that ``Retry-After`` can make us wait.
        deadline: seconds that one call may take in all, with its repetitions.
        renew: whether a token or a temporary URL that has ended is asked for again.
        looks: seconds before each look in the conversation after a publishing that may have been
            done; none: nobody looks. LivePerson's message history is up to a minute behind.

    Raises:
        InputError: a number of seconds is negative, infinite or none.
    """

    waits: tuple[float, ...] = (5, 10, 15)
    pause: float = 1
    login_pause: float = 5
    longest: float = 60
    deadline: float = 120
    renew: bool = True
    looks: tuple[float, ...] = (0, 5, 15, 45)

    def __post_init__(self) -> None:
        object.__setattr__(self, "waits", tuple(self.waits))
        object.__setattr__(self, "looks", tuple(self.looks))
        for field in fields(self):
            value = getattr(self, field.name)
            for one in value if isinstance(value, tuple) else (value,):
                if not (isinstance(one, int | float) and math.isfinite(one) and one >= 0):
                    raise InputError(f"{field.name} takes seconds from 0 on, not {one!r}")


PATIENT = RetryPolicy()
BRIEF = RetryPolicy(
    waits=(0.5, 1, 2), pause=0.5, login_pause=1, longest=3, deadline=30, looks=(0, 0.5, 1)
)
ONCE = RetryPolicy(waits=(), renew=False, looks=())


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
            there = not self.empty
            self.left -= there
            return there

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

    def agrees(self, other: "Skew") -> bool:
        """Whether both can be true."""
        return abs(self.seconds - other.seconds) <= self.within + other.within

    def __str__(self) -> str:
        where = f"{abs(self.seconds):,.1f} s {'ahead of' if self.seconds >= 0 else 'behind'} ours"
        if abs(self.seconds) <= self.within:
            where = "like ours"
        return f"{where}, give or take {self.within:.1f} s"


class Course:
    """
    One call from its first attempt to its last: the one place that decides what is repeated.

    ``earlier`` is what was exchanged before the coming attempt, and ``given_up`` says why no other
    follows where the policy knows of one.
    """

    def __init__(
        self,
        policy: RetryPolicy,
        clock: Clock,
        budget: Budget,
        earlier: tuple[Exchange, ...] = (),
    ) -> None:
        self.attempt, self.waited = 1, 0.0
        self.earlier = earlier
        self.given_up = ""
        self._policy, self._clock, self._budget = policy, clock, budget
        self._began = clock.monotonic()
        self._repeated = 0  # times that were waited for, and that the budget paid
        self._renewed = self._reopened = False

    def seconds(self, most: float) -> float:
        """What the coming attempt may take: *most*, or what is left of the policy's deadline."""
        return min(most, max(1.0, self._policy.deadline - self._elapsed()))

    def next(self, request: Request, reply: Reply) -> Request | None:
        """Wait, and give the request to send next after *reply*; None: that was the last."""
        wait = self._wait_after(request, reply)
        if wait is None:
            return None
        if wait:
            answer = f"the answer was {reply.status} {reply.exchange.reason}".strip()
            self._clock.wait(wait, f"repeat {request.step}", reply.failure or answer)
        self.earlier = reply.exchanges
        try:
            instead = request.again(reply) if request.again else None
        except ExchangeError as error:
            error.exchanges = (*self.earlier, *error.exchanges)
            raise
        if instead is None and reply.status == 401:
            if self._renewed:
                self.given_up = "what was asked for anew was refused as well"
            return None
        self._renewed = self._renewed or reply.status == 401
        request, asked = instead or (request, ())
        self.earlier = (*self.earlier, *asked)
        self.attempt, self.waited = self.attempt + 1, wait
        return request

    def _wait_after(self, request: Request, reply: Reply) -> float | None:
        if not reply.failure and reply.status < 500 and reply.status != 429:
            self._budget.give_back()
            if reply.status == 401:
                return 0.0 if request.again and self._policy.renew else None
            if not reply.flawed:
                return None
        wait = self._wait(request, reply) if self._policy.waits else None
        if wait is None:
            return None
        if reply.reused and reply.failure == BROKEN_OFF and not (reply.status or self._reopened):
            self._reopened = True  # closed while it was idle, most likely: nothing else is wrong
            return 0.0
        self.given_up = self._why_stop(reply, wait)
        self._repeated += 1
        return None if self.given_up else wait

    def _wait(self, request: Request, reply: Reply) -> float | None:
        """How long the policy has us wait after a *reply* that is none; None: do not repeat."""
        policy, asked = self._policy, min(self._policy.longest, seconds_asked(reply))
        if reply.status == 429:  # refused, so it was not done
            return max(policy.login_pause if request.service == LOGIN else policy.pause, asked)
        if request.once and reply.exchange.reached:
            return None
        if reply.flawed:
            return 0.0
        if reply.failure == NO_HOST:
            return policy.pause
        if reply.failure and reply.failure not in PASSING:
            return None
        return max(policy.waits[: self._repeated + 1][-1], asked)

    def _why_stop(self, reply: Reply, wait: float) -> str:
        policy, elapsed = self._policy, self._elapsed()
        tried = f"{self.attempt} attempts" if self.attempt > 1 else "one attempt"
        stop = f"given up after {tried} in {elapsed:.0f} s"
        if self._repeated >= (1 if reply.failure == NO_HOST else len(policy.waits)):
            return stop
        if elapsed + wait >= policy.deadline:
            most = f"one call may take {policy.deadline:g} s in all"
            return f"{stop}, as the next would be {wait:g} s later and {most}"
        return "" if self._budget.take() else f"given up after {tried}, {_USED_UP}"

    def _elapsed(self) -> float:
        return self._clock.monotonic() - self._began


def seconds_asked(reply: Reply) -> float:
    """Give the seconds that ``Retry-After`` asks for, as a number or a date; else 0."""
    asked = reply.headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(asked):
        return float(asked)
    then, now = epoch(asked), epoch(reply.headers.get("Date", ""))
    return then - now if then is not None and now is not None else 0.0


@lru_cache(maxsize=16)  # of many answers a second has the same
def epoch(date: str) -> float | None:
    """Read a header's *date* as epoch seconds, if it is one."""
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
