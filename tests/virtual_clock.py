"""A clock for tests of waiting: nothing really sleeps, and the sandbox's time goes along."""

import threading
import time
from collections.abc import Callable

from lpnb.clock import Clock
from lpnb.sandbox import Sandbox


class VirtualClock(Clock):
    """
    A session's clock whose waiting takes no time: each `sleep` moves it on, and the sandbox's too.

    ``waits`` holds what was waited, in order.

    Args:
        sandbox: whose time goes along.
        wrong: seconds that this computer's time of day is ahead of the truth.
        interrupt: is called before each wait, and may raise.
    """

    def __init__(
        self,
        sandbox: Sandbox | None = None,
        *,
        wrong: float = 0.0,
        interrupt: Callable[[], None] = lambda: None,
    ) -> None:
        self.waits: list[float] = []
        self._sandbox = sandbox
        self._wrong = wrong
        self._interrupt = interrupt
        self._slept = 0.0
        self._lock = threading.Lock()

    def time(self) -> float:
        return time.time() + self._slept + self._wrong

    def monotonic(self) -> float:
        return time.monotonic() + self._slept

    def sleep(self, seconds: float) -> None:
        self._interrupt()
        with self._lock:
            self.waits.append(seconds)
            self._slept += seconds
            if self._sandbox is not None:
                self._sandbox.clock.advance(seconds)
