"""Webhooks: what happens is told to endpoints, in order, by one thread, and again if need be."""

import heapq
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .conversations import Conversation, Conversations
from .endpoints import Endpoint, of_application, post
from .events import Event
from .http import to_json
from .installations import Application
from .notifications import TYPES, headers_for, told_of
from .site import Site

_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Notification:
    """
    One thing for one endpoint: the very bytes, and the headers with their signature.

    Args:
        once: whether it is never tried again, as what was crafted or sent once more.
    """

    number: int
    type: str
    endpoint: Endpoint
    created: float
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    once: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """
    One attempt to deliver a notification.

    Args:
        number: counts its attempts, from 1.
        time: on the sandbox's clock.
        status: the receiver's; 0 with an *error* instead.
        again: when it will be tried again; None if it was taken, or given up.
    """

    notification: Notification
    number: int
    time: float
    status: int
    error: str = ""
    again: float | None = None

    @property
    def endpoint(self) -> str:
        """The URL it went to."""
        return self.notification.endpoint.url

    @property
    def ok(self) -> bool:
        """Whether the receiver took it."""
        return self.status in (200, 201)


class Webhooks:
    """
    Tells registered endpoints what happens, in POSTs that are signed.

    What fails is tried again after 2, 4, 8 ... seconds of the sandbox's time, at most 5 minutes
    apart, while its endpoint's retention lasts; what follows in the same conversation waits for
    it, so that the order holds. Nothing runs before the first registration; a reset forgets the
    endpoints too.
    """

    def __init__(self, site: Site, conversations: Conversations) -> None:
        self._site = site
        self._conversations = conversations
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._number = 0
        self.timeout = 5.0  # seconds, to connect and between the bytes of an answer
        self._log: deque[Attempt] = deque(maxlen=_KEPT)
        self._forget()

    def _forget(self) -> None:
        self.endpoints: tuple[Endpoint, ...] = ()
        # A line for each endpoint and conversation; its first is due when the heap says so.
        self._lines: dict[object, deque[Notification]] = {}
        self._heap: list[tuple[float, int, int, object]] = []
        self._busy: object = None

    def __repr__(self) -> str:
        return f"<Webhooks to {len(self.endpoints)} endpoints, {len(self._log)} attempts>"

    @property
    def log(self) -> list[Attempt]:
        """The newest 1000 attempts, the newest last."""
        with self._changed:
            return list(self._log)

    def register(self, url: str, *, types: Iterable[str] = TYPES, **more: Any) -> Endpoint:
        """
        Have *url*, which is on this machine, told of events from now on.

        Args:
            more: see `Endpoint`, for instance ``retention=60``.

        Raises:
            ValueError: see `Endpoint`.
        """
        endpoint = Endpoint(url, tuple(types), **more)
        with self._changed:
            self._replace((*self.endpoints, endpoint))
        return endpoint

    def follow(self, applications: Iterable[Application]) -> dict[str, list[str]]:
        """Tell all *applications* what their manifests ask for; gives by id what can't be told."""
        read = {each.client_id: of_application(each) for each in applications}
        named = [endpoint for found, _ in read.values() for endpoint in found]
        with self._changed:
            self._replace((*(each for each in self.endpoints if not each.app), *named))
        return {client_id: problems for client_id, (_, problems) in read.items()}

    def unregister(self, url: str) -> None:
        """Tell *url* nothing more; what is already waiting for it still goes out."""
        with self._changed:
            self.endpoints = tuple(each for each in self.endpoints if each.url != url)

    def deliver(
        self,
        payload: bytes | dict[str, Any],
        *,
        url: str | None = None,
        sign: bool | str = True,
        headers: Mapping[str, str | None] | None = None,
    ) -> list[Notification]:
        """
        Send a crafted *payload*, once and out of turn, to all endpoints or to the one at *url*.

        Args:
            sign: False leaves the signature out; a text signs with that secret instead.
            headers: to add or to change; None takes one away.
        """
        body = payload if isinstance(payload, bytes) else to_json(payload)
        changed = headers or {}
        with self._changed:
            chosen = {each.url: each for each in self.endpoints if url in (None, each.url)}
            if not chosen:
                raise ValueError(f"no endpoint is registered at {url or 'any URL'}")
            return [
                self._queue("", to, body, self._headers(to, body, changed, sign=sign))
                for to in chosen.values()
            ]

    def resend(self, sent: Attempt | Notification) -> Notification:
        """Send the same bytes with the same signature once more."""
        one = sent.notification if isinstance(sent, Attempt) else sent
        with self._changed:
            return self._queue(one.type, one.endpoint, one.body, one.headers)

    def wait(self, seconds: float = 10.0) -> list[Attempt]:
        """
        Wait until nothing more goes out before the clock moves on, and give the log.

        Raises:
            TimeoutError: something is under way still after *seconds*.
        """
        with self._changed:
            done = self._changed.wait_for(lambda: self._busy is None and not self._due(), seconds)
            if not done:
                raise TimeoutError(f"webhooks are still under way after {seconds} seconds")
            return list(self._log)

    def reset(self) -> None:
        """Forget the endpoints, what waits for them, and the log."""
        with self._changed:
            self._forget()
            self._log.clear()
            self._changed.notify_all()

    def stop(self) -> None:
        """End the thread, as soon as whom it is just telling has answered."""
        with self._changed:
            self._stopped = True
            self._forget()
            self._changed.notify_all()

    def _replace(self, endpoints: tuple[Endpoint, ...]) -> None:
        if endpoints and self._stopped:
            raise ValueError("the sandbox is stopped: it tells nobody anything")
        self.endpoints = endpoints
        if endpoints and self._thread is None:
            self._conversations.watchers.append(self._tell)
            self._site.clock.watch(self._clock_changed)
            name = "lpnb-sandbox-webhooks"
            self._thread = threading.Thread(target=self._run, name=name, daemon=True)
            self._thread.start()

    def _tell(self, conversation: Conversation, event: Event | None) -> None:
        if not self.endpoints:
            return
        kind, body = told_of(self._site, conversation, event)
        with self._changed:
            for to in self.endpoints:
                if kind in to.types:
                    line = to.app or to.url, conversation.id
                    self._queue(kind, to, body, self._headers(to, body, to.headers), line)

    def _headers(
        self,
        to: Endpoint,
        body: bytes,
        changed: Mapping[str, str | None],
        *,
        sign: bool | str = True,
    ) -> dict[str, str]:
        site = self._site
        secret = sign if isinstance(sign, str) else (to.secret or site.client_secret)
        given = headers_for(site, to.app or site.client_id, body, secret if sign else None)
        return {name: value for name, value in {**given, **changed}.items() if value is not None}

    def _queue(
        self, kind: str, to: Endpoint, body: bytes, headers: Mapping[str, str], line: object = None
    ) -> Notification:
        self._number += 1
        now = self._site.clock.now()
        new = Notification(self._number, kind, to, now, body, headers, once=line is None)
        waiting = self._lines.setdefault(line or new.number, deque())
        waiting.append(new)
        if len(waiting) == 1:
            heapq.heappush(self._heap, (now, new.number, 1, line or new.number))
        self._changed.notify_all()
        return new

    def _due(self) -> bool:
        return bool(self._heap) and self._heap[0][0] <= self._site.clock.now()

    def _clock_changed(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _run(self) -> None:
        clock = self._site.clock
        while True:
            with self._changed:
                while not self._stopped and not self._due():
                    comes = bool(self._heap) and not clock.frozen
                    self._changed.wait(self._heap[0][0] - clock.now() if comes else None)
                if self._stopped:
                    return
                _, _, number, line = heapq.heappop(self._heap)
                waiting = self._busy = self._lines[line]
                tried = waiting[0]
            told = {"Content-Type": "application/json", **tried.headers}
            status, error = post(tried.endpoint, tried.body, told, timeout=self.timeout)
            with self._changed:
                if self._busy is waiting:  # or else all was forgotten meanwhile
                    self._settle(line, number, status, error)
                    self._busy = None
                self._changed.notify_all()

    def _settle(self, line: object, number: int, status: int, error: str) -> None:
        waiting, now = self._lines[line], self._site.clock.now()
        tried = waiting[0]
        again = None
        if status not in (200, 201) and not tried.once:
            again = tried.endpoint.again(number, now, tried.created)
        self._log.append(Attempt(tried, number, now, status, error, again))
        if again is not None:
            heapq.heappush(self._heap, (again, tried.number, number + 1, line))
            return
        waiting.popleft()
        if waiting:
            heapq.heappush(self._heap, (now, waiting[0].number, 1, line))
        else:
            del self._lines[line]
