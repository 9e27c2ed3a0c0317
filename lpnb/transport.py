"""A pooled HTTP connection with one deadline for the whole answer, not one for every read of it."""

import io
import logging
import socket
import time
from http.client import HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from .secret import Cover

_COVER = Cover()


def _covered(record: logging.LogRecord) -> bool:
    """Mask the signatures in urllib3's debug lines, which hold each request's path and query."""
    if isinstance(record.args, tuple):
        record.args = tuple(_COVER.text(a) if isinstance(a, str) else a for a in record.args)
    return True


logging.getLogger("urllib3.connectionpool").addFilter(_covered)

TOO_LATE, TOO_LONG = "no whole answer in time", "the answer is too long"
BROKEN_OFF = "the connection broke off before the whole answer was there"
_PROBLEMS = {  # a part of a foreign error's name, and what it means
    "NameResolution": "no such host",
    "gaierror": "no such host",
    "CertVerification": "its certificate is not trusted (name its authority's file as ca)",
    "SSL": "no secure connection could be made",
    "Refused": "nothing answers there",
    "Timeout": TOO_LATE,
    "timeout": TOO_LATE,
    "ProxyError": "the proxy did not let it through",
    "NewConnection": "nothing answers there",
    "Decode": "the answer is compressed, and damaged",
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


class _Plain(HTTPConnection):
    response_class = _Response
    debuglevel = 0  # whatever the process sets: http.client would print tokens and passwords


class _Tls(HTTPSConnection):
    response_class = _Response
    debuglevel = 0


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

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}
        return manager
