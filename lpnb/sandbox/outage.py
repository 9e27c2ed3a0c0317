"""Nobody listens: connections are refused for a while of the sandbox's time."""

import math
import socket
import threading
from collections.abc import Set
from typing import TYPE_CHECKING

from .clock import Clock

if TYPE_CHECKING:
    from .server import Server


class Outage:
    """Shuts every server, and opens them when their time has come, or `end` is called."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._servers: list[Server] = []
        self._until: float | None = None
        self._timer: threading.Timer | None = None
        clock.watch(self._look)

    def add(self, server: "Server") -> None:
        """Take one more *server* into care."""
        self._servers.append(server)

    def leave(self, server: "Server") -> None:
        """Have nothing to do with *server* any more."""
        with self._lock:
            self._servers = [each for each in self._servers if each is not server]

    def begin(self, seconds: float, *, spared: Set[socket.socket] = frozenset()) -> None:
        """
        Shut every server for *seconds* of the sandbox's time; infinity: until `end`.

        Args:
            spared: the connection whose call began it, which is not cut.
        """
        with self._lock:
            if self._until is None:
                for server in self._servers:
                    server.shut(spared)
            self._until = max(self._until or 0.0, self._clock.now() + seconds)
            self._look()

    def end(self) -> None:
        """Open every server that is shut."""
        with self._lock:
            if self._until is not None:
                self._until = None
                for server in self._servers:
                    server.reopen()

    def _look(self) -> None:
        if self._until is None:
            return
        with self._lock:
            if self._timer:
                self._timer.cancel()
            left = (self._until or 0.0) - self._clock.now()
            if left <= 0:
                self.end()
            elif not self._clock.frozen and left < math.inf:
                self._timer = threading.Timer(min(left, threading.TIMEOUT_MAX), self._look)
                self._timer.daemon = True
                self._timer.start()
