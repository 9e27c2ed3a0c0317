"""Pooled HTTP: one request, one answer, one deadline for the whole of it, and what became of it."""

import io
import logging
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPResponse
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_environ_proxies
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from .secret import Cover, reveal

_COVER = Cover()


def _covered(record: logging.LogRecord) -> bool:
    """Mask the signatures in urllib3's debug lines, which hold each request's path and query."""
    if isinstance(record.args, tuple):
        record.args = tuple(_COVER.text(a) if isinstance(a, str) else a for a in record.args)
    return True


logging.getLogger("urllib3.connectionpool").addFilter(_covered)

_CHUNK = 65_536  # bytes read at once: what is lost of an answer that breaks off
_THREADS = 64  # that may use one host at once, each with a connection that is kept
TOO_LATE, TOO_LONG = "no whole answer in time", "the answer is too long"
BROKEN_OFF = "the connection broke off before the whole answer was there"
NO_HOST, NOBODY = "no such host", "nothing answers there"
DAMAGED = "the answer is compressed, and damaged"
PASSING = (NO_HOST, NOBODY, TOO_LATE, BROKEN_OFF, DAMAGED)  # failures that may be over soon
_PROBLEMS = {  # a part of a foreign error's name, and what it means
    "NameResolution": NO_HOST,
    "gaierror": NO_HOST,
    "CertVerification": "its certificate is not trusted (name its authority's file as ca)",
    "SSLEOF": BROKEN_OFF,
    "SSLZeroReturn": BROKEN_OFF,
    "SSL": "no secure connection could be made",
    "Refused": NOBODY,
    "Timeout": TOO_LATE,
    "timeout": TOO_LATE,
    "ProxyError": "the proxy did not let it through",
    "NewConnection": NOBODY,
    "Decode": DAMAGED,
    "InvalidHeader": "the request can't be sent as it is",
    "InvalidURL": "the request can't be sent as it is",
    "UnicodeEncode": "the request can't be sent as it is",
}


def in_words(problem: BaseException) -> str:
    """Say what went wrong, without the error's own text, which may quote URLs and headers."""
    names: list[str] = []
    seen: BaseException | None = problem
    while seen is not None and len(names) < 8:
        names.append(type(seen).__name__)
        inside = (*seen.args, getattr(seen, "reason", None), seen.__cause__)
        seen = next((one for one in inside if isinstance(one, BaseException)), None)
    found = (words for part, words in _PROBLEMS.items() if part in " ".join(names))
    return next(found, BROKEN_OFF)


class _Until(io.RawIOBase):
    """A socket's bytes until a moment: each read may take what is left, and no more."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self._sock = sock
        self._end = time.monotonic() + seconds
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline for the whole answer has passed")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(HTTPResponse):
    # urllib3 sets the socket's timeout to what is left of the total just before it asks for this
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        seconds = sock.gettimeout()
        if seconds is not None:
            self.fp.close()
            self.fp = io.BufferedReader(_Until(sock, seconds), 65_536)


class _Progress(threading.local):
    """How far this thread's request has come, which the errors of urllib3 do not tell."""

    sent = True  # the request may be with the service, whole
    reused = False  # on a connection that has carried another
    connection: "_Noting | None" = None


_progress = _Progress()


class _Noting:
    """A connection that notes how far a request has come."""

    response_class: Any = _Response
    debuglevel = 0  # whatever the process sets: http.client would print tokens and passwords
    _used = _spoilt = False

    def connect(self) -> None:
        _progress.sent = self._used = self._spoilt = False
        super().connect()  # type: ignore[misc]

    def request(self, *args: Any, **kwargs: Any) -> None:
        _progress.sent, _progress.reused, _progress.connection = False, self._used, self
        super().request(*args, **kwargs)  # type: ignore[misc]
        _progress.sent = self._used = True

    @property
    def is_connected(self) -> bool:  # the pool asks, and makes a new one if not
        return not self._spoilt and bool(super().is_connected)  # type: ignore[misc]

    def spoil(self) -> None:
        self._spoilt = True


class _Plain(_Noting, HTTPConnection): ...


class _Tls(_Noting, HTTPSConnection): ...


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _Tls


class DeadlineAdapter(HTTPAdapter):
    """
    An adapter for requests whose total timeout covers headers and body together.

    requests' own timeout starts anew with every read, so an answer that drips a byte a second
    never ends. No retries, and no redirects either: those are decided by whoever calls.
    """

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}

    def build_response(self, req: Any, resp: Any) -> requests.Response:
        """Give what is used of an answer: looking for cookies would take longer than reading it."""
        response = requests.Response()
        response.status_code, response.raw = resp.status, resp
        response.headers = CaseInsensitiveDict(resp.headers)
        return response

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}
        return manager


@dataclass(slots=True)
class Answer:
    """
    What came back for one request, whole or not.

    Args:
        failure: why it is not whole, else empty.
        sent: False if the request surely did not get out whole, so that nobody can have acted.
        reused: whether it went out on a connection that had carried others before.
        seconds: until the last byte, and *head* until the headers were there.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    failure: str = ""
    sent: bool = True
    reused: bool = False
    head: float = 0.0
    seconds: float = 0.0


def _prepared(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None
) -> requests.PreparedRequest:
    prepared = requests.PreparedRequest()
    prepared.prepare_method(method)
    prepared.prepare_url(url, None)
    prepared.prepare_headers({name: reveal(value) for name, value in headers.items()})
    prepared.prepare_body(body, None)
    return prepared


class Wire:
    """
    The connections of one session, which any number of threads may use at once.

    Args:
        ca: file of the authority to trust, if not those that everybody trusts.
        loopback: whether all traffic stays on this computer, which is nothing for a proxy.
    """

    def __init__(self, *, ca: str | None, loopback: bool) -> None:
        self._verify: Any = ca or True
        self._loopback = loopback
        # the adapter alone: a session of requests would keep cookies, follow redirects, let netrc
        # replace our Authorization, and take a tenth of the time
        self._http = DeadlineAdapter(pool_maxsize=_THREADS)

    def ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        limit: int,
        seconds: float,
    ) -> Answer:
        """Send one request, once, and give what came back in *seconds* and *limit* bytes."""
        answer, pieces, size = Answer(), [], 0
        _progress.sent, _progress.reused = True, False
        timeout: Any = urllib3.Timeout(total=seconds)  # their types forget this one
        started = time.perf_counter()
        try:
            with self._http.send(
                _prepared(method, url, headers, body),
                stream=True,
                timeout=timeout,
                verify=self._verify,
                proxies={} if self._loopback else get_environ_proxies(url),
            ) as response:
                answer.head = time.perf_counter() - started
                answer.status, answer.headers = response.status_code, response.headers
                for piece in response.raw.stream(_CHUNK, decode_content=True):
                    pieces.append(piece)
                    size += len(piece)
                    if size > limit:
                        answer.failure = TOO_LONG
                        break
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as e:
            answer.failure = in_words(e)
        answer.seconds = time.perf_counter() - started
        answer.sent, answer.reused = _progress.sent, _progress.reused
        answer.content = b"".join(pieces)
        return answer

    def drop_last(self) -> None:
        """Use the connection of this thread's last request no more: its answers are out of step."""
        if _progress.connection is not None:
            _progress.connection.spoil()

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()
