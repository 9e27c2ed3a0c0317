"""Webhooks: what happens is told to endpoints, in order, by one thread, and again if need be."""

import contextlib
import socket
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .conversations import Conversation, Conversations
from .endpoints import Attempt, Endpoint, Notification, of_application, post
from .events import Event
from .http import to_json
from .installations import Application
from .journal import Message, covered
from .notifications import TYPES, headers_for, told_of
from .site import Site

_KEPT = 1000  # attempts in the log, and notifications that wait


@dataclass(slots=True)
class _Waiting:
    """A notification that is to go out when it is *due*, and no sooner than others in its line."""

    notification: Notification
    line: object
    due: float
    tried: int = 0


class Webhooks:
    """
    Tells registered endpoints what happens, in POSTs that are signed.

    What fails is tried again after 2, 4, 8 ... seconds of the sandbox's time, at most 5 minutes
    apart, while its endpoint's retention lasts; what follows in the same conversation waits for
    it, so that the order holds. The newest 1000 notifications wait; what is older is given up,
    and the log says so. Nothing runs before the first registration; a reset forgets the endpoints
    too.
    """

    def __init__(self, site: Site, conversations: Conversations) -> None:
        self._site = site
        self._conversations = conversations
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._number = 0
        self._silent = False
        self.timeout = 5.0  # seconds, to connect and between the bytes of an answer
        self._log: deque[Attempt] = deque(maxlen=_KEPT)
        self._forget()

    def _forget(self) -> None:
        self.endpoints: tuple[Endpoint, ...] = ()
        self._waiting: dict[int, _Waiting] = {}  # by number, oldest first
        self._busy: _Waiting | None = None
        self._connection: socket.socket | None = None

    def __repr__(self) -> str:
        return f"<Webhooks to {len(self.endpoints)} endpoints, {len(self._log)} attempts>"

    @property
    def log(self) -> list[Attempt]:
        """The newest 1000 attempts, the newest last."""
        with self._changed:
            return list(self._log)

    def shown(self, attempts: Iterable[Attempt]) -> list[Message]:
        """Give what *attempts* sent, secrets covered as in the journal."""
        from .cover import Cover  # nobody who does not look needs it

        cover = Cover(*self._site.known_secrets())
        told = [one.notification for one in attempts]
        return [covered(one.body, "application/json", one.headers, cover) for one in told]

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
            if not self._changed.wait_for(self._is_idle, seconds):
                raise TimeoutError(f"webhooks are still under way after {seconds} seconds")
            return list(self._log)

    @contextlib.contextmanager
    def silent(self) -> Iterator[None]:
        """Tell nobody of what happens within the block, which holds the backend's lock."""
        self._silent = True
        try:
            yield
        finally:
            self._silent = False

    def reset(self) -> None:
        """Forget the endpoints, what waits for them, and the log."""
        with self._changed:
            self._forget()
            self._log.clear()
            self._changed.notify_all()

    def stop(self) -> None:
        """End the thread, and with it the delivery that is under way."""
        with self._changed:
            self._stopped = True
            if self._connection:
                _cut(self._connection)
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
        if self._silent or not self.endpoints:
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
        self._waiting[new.number] = _Waiting(new, line or new.number, due=now)
        if len(self._waiting) > _KEPT:
            oldest = self._waiting.pop(next(iter(self._waiting)))
            why = f"given up: {_KEPT:,} newer ones wait"
            self._log.append(Attempt(oldest.notification, oldest.tried, now, 0, why))
        self._changed.notify_all()
        return new

    def _next(self) -> _Waiting | None:
        """Give what goes out next, now or later: of each line only the first may."""
        first: dict[object, _Waiting] = {}
        for each in self._waiting.values():
            first.setdefault(each.line, each)
        return min(first.values(), key=lambda each: each.due, default=None)

    def _is_idle(self) -> bool:
        one = self._next()
        return not (self._busy or (one and one.due <= self._site.clock.now()))

    def _clock_changed(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _take(self) -> _Waiting | None:
        """Wait until something is due, and give it; None at the end."""
        clock = self._site.clock
        with self._changed:
            while not self._stopped:
                one, now = self._next(), clock.now()
                if one and one.due <= now:
                    self._busy = one
                    return one
                self._changed.wait(one.due - now if one and not clock.frozen else None)
        return None

    def _run(self) -> None:
        while one := self._take():
            status, error = post(one.notification, timeout=self.timeout, opened=self._opened)
            with self._changed:
                if self._busy is one:  # or else all was forgotten meanwhile
                    self._settle(one, status, error)
                    self._busy = self._connection = None
                self._changed.notify_all()

    def _opened(self, connection: socket.socket) -> None:
        with self._changed:
            self._connection = connection
            if self._stopped:
                _cut(connection)

    def _settle(self, one: _Waiting, status: int, error: str) -> None:
        told, now = one.notification, self._site.clock.now()
        one.tried += 1
        again = None
        if status not in (200, 201) and not told.once and told.number in self._waiting:
            again = told.endpoint.again(one.tried, now, told.created)
        if again is None:
            self._waiting.pop(told.number, None)
        else:
            one.due = again
        self._log.append(Attempt(told, one.tried, now, status, error, again))


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may be gone already
        # Not by TLS's own method: the thread that reads may be in the midst of it.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
