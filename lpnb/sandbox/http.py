"""Requests and answers as plain values: what the server reads and writes."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Request:
    """
    The head of a request, its target split but not decoded or tidied.

    Args:
        path: as it stood on the request line: storage signatures depend on every slash.
        query: the first value of each parameter.
        headers: by lower-case name.
        connection: the number of the TCP connection, from 1.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    connection: int = 0
    http_1_0: bool = False

    @property
    def media_type(self) -> str:
        """The Content-Type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_readable(self) -> bool:
        """Whether its body, if any, comes in a coding that is known here."""
        return self.headers.get("transfer-encoding", "chunked").lower() == "chunked"

    @property
    def keeps_alive(self) -> bool:
        """Whether the client means to use the connection again."""
        wish = self.headers.get("connection", "").lower()
        return wish == "keep-alive" if self.http_1_0 else wish != "close"


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    How an answer is put on the wire; anything but the default is a fault's doing.

    Args:
        drip: pieces of so many bytes, every so many seconds, for "head" (and body) or "body".
        truncate: the byte of the body, or the fraction of it, at which it ends; infinity is
            after all of it.
        padding: how many filler bytes follow the body.
        chunk: how many bytes a chunk of it has, if it goes out in chunks.
        ending: "close" or "reset"; without *truncate*, before the first byte. Empty goes on.
        in_head: whether *truncate* counts in the head.
        pause: the seconds of silence there.
        refuse: for how many seconds no connection is taken afterwards.
        linger: whether the client may still be sending.
    """

    delay: float = 0.0
    drip: tuple[int, float, str] | None = None
    truncate: int | float | None = None
    padding: int = 0
    chunk: int = 0
    ending: str = ""
    in_head: bool = False
    pause: float = 0.0
    refuse: float = 0.0
    linger: bool = False


AS_IT_IS = Delivery()


@dataclass(frozen=True, slots=True)
class Answer:
    """
    An answer before it becomes bytes.

    Args:
        headers: an empty one is not sent, not even where one is due.
        guess: the name of the guess it rests on, if any.
        warnings: what the journal should say about the request.
    """

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    guess: str = ""
    warnings: tuple[str, ...] = ()
    delivery: Delivery = AS_IT_IS


def json_answer(
    status: int,
    value: Any,
    *,
    guess: str = "",
    headers: Mapping[str, str] | None = None,
    warnings: tuple[str, ...] = (),
) -> Answer:
    """Make an answer whose body is *value* as JSON."""
    kind = {"Content-Type": "application/json;charset=UTF-8"}
    return Answer(status, to_json(value), kind | dict(headers or {}), guess, warnings)


def to_json(value: Any) -> bytes:
    """Write *value* as JSON, as compactly as the services do."""
    return _ENCODER.encode(value).encode("utf-8", "surrogatepass")


def read_json(content: bytes) -> Any:
    """Read JSON; None stands for what is none, since ``null`` is no service's request either."""
    try:
        return json.loads(str(content, "utf-8"))
    except (ValueError, RecursionError):
        return None


def read_form(text: str) -> dict[str, str]:
    """Read ``a=1&b=2``; of a repeated name the first value counts."""
    if text.isalnum() or (text.count("=") == 1 and text.replace("=", "").isalnum()):
        name, _, value = text.partition("=")  # "v=3", as nearly every query is
        return {name: value}
    values: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        values.setdefault(name, value)
    return values


def phrase(status: int) -> str:
    """Give the words that go with *status*."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Client Disconnect" if status == 499 else "Unknown"  # 499 is Swift's own


def md5_of(content: bytes) -> str:
    """Give the digest by which storage knows *content*, in hex."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def http_date(seconds: float) -> str:
    """Write a time as HTTP does, whatever language the system speaks."""
    return _http_date(int(seconds))


@lru_cache(maxsize=8)  # a second has many answers
def _http_date(seconds: int) -> str:
    at = time.gmtime(seconds)
    day = f"{_DAYS[at.tm_wday]}, {at.tm_mday:02} {_MONTHS[at.tm_mon - 1]} {at.tm_year:04}"
    return f"{day} {at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02} GMT"
