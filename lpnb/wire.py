"""What goes over the wire, as data: requests, the messaging envelope, storage paths. No socket."""

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode

from .exchange import Body, Exchange
from .secret import Cover, Secret, reveal

JSON_LIMIT = 1_048_576  # bytes of a JSON answer; the longest documented one is far below
STORAGE = "swift"
LOGIN = "agentVep"
_TEXT = 2_000  # characters of an answer's text that are shown
DOMAIN_API = "Domain API"  # stands for the Domain API itself, which no domain list names

_KNOWN_AS = {
    "asyncMessagingEnt": "the Connector API (asyncMessagingEnt)",
    "swift": "storage (swift)",
    "agentVep": "the login service (agentVep)",
    "accountConfigReadWrite": "the account's settings (accountConfigReadWrite)",
    "msgHist": "the message history (msgHist)",
    DOMAIN_API: "the Domain API",
}

_SEGMENT = r"(?:[A-Za-z0-9_.~@:+=,!$'()*;&-]|%[0-9A-Fa-f]{2})+"
_STORAGE_PATH = re.compile(rf"/v1/[A-Za-z0-9_.-]+(?:/{_SEGMENT})+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """
    A request before it is sent: `Session.send` adds the host, and nothing else.

    Args:
        step: name of the public function that asks.
        service: who is asked, by its name in the Domain API.
        path: begins with exactly one slash.
        query: values may be secrets, as may those of *headers*, *json* and *form*.
        origins: which earlier step a named value came from, for the card.
        limit: bytes that the answer may have.
        once: doing it twice is not the same as once, so that it is repeated only when it surely
            did not reach the service.
        again: gives the request to send instead, with what had to be asked for it: after a 401
            that is due to a token or URL that has ended (None: there is nothing to renew), and
            just before a repetition (None: as it is).
        flawed: tells of a whole answer that it is none, so that a repetition may bring a better
            one: it answers another request, or its bytes are damaged.
    """

    step: str
    service: str
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    content: bytes | None = field(default=None, repr=False)
    sha256: str = ""
    type: str = ""
    origins: Mapping[str, str] = field(default_factory=dict)
    limit: int = JSON_LIMIT
    once: bool = False
    again: "Callable[[Reply], Instead | None] | None" = field(default=None, repr=False)
    flawed: "Callable[[Reply], bool] | None" = field(default=None, repr=False)

    def target(self, base: str, *, shown: bool = False) -> str:
        """The whole URL on *base*; *shown* masks what is secret in it."""
        if not self.query:
            return base + self.path
        if shown:
            pairs = "&".join(f"{name}={value}" for name, value in self.query.items())
        else:
            pairs = urlencode({name: reveal(value) for name, value in self.query.items()})
        return f"{base}{self.path}?{pairs}"

    @property
    def all_headers(self) -> Mapping[str, str]:
        """The headers to send: *headers*, and those that follow from the kind of request."""
        kind = "application/json" if self.json is not None else ""
        kind = "application/x-www-form-urlencoded" if self.form is not None else kind
        return {
            **({"Content-Type": kind} if kind else {}),
            "Accept": "*/*" if self.service == STORAGE else "application/json",
            "Accept-Encoding": "identity",  # so that sizes are what they say
            "User-Agent": "lpnb",
            **self.headers,
        }

    def body(self) -> bytes | None:
        """The bytes to send, secrets revealed."""
        if self.json is not None:
            return json.dumps(revealed(self.json), separators=(",", ":")).encode()
        if self.form is not None:
            return urlencode({name: reveal(value) for name, value in self.form.items()}).encode()
        return self.content


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """
    An answer as it came, secrets and all: it lives for one step, and only its exchange is kept.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    value: Any  # the parsed JSON, or None where the content is none
    exchange: Exchange
    cookies: str = ""  # as they came; the headers are covered
    failure: str = ""  # why there is no whole answer; the content is what came of it
    reused: bool = False  # it went out on a connection that had carried others before
    flawed: bool = False  # it is whole, and yet no answer: see `Request`

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What had to be asked first, each attempt, and then the last."""
        return self.exchange.all


Instead = tuple[Request, tuple[Exchange, ...]]


def known_as(service: str) -> str:
    """Say *service* in words, with its name in the Domain API."""
    return _KNOWN_AS.get(service, service)


def revealed(value: Any) -> Any:
    """Give a JSON *value* with its secrets as they are."""
    if isinstance(value, dict):
        return {name: revealed(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [revealed(one) for one in value]
    return reveal(value) if isinstance(value, Secret) else value


def envelope(type: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Wrap *body* as one messaging request, under an id that no other request has."""
    return {"kind": "req", "id": str(uuid.uuid4()), "type": type, "body": dict(body)}


def storage_path(path: object) -> str | None:
    """
    Give *path* if it can stand behind storage's host as it is, else None.

    A path decides where the bytes go, and it comes from outside: one leading slash, no empty or
    dot segment (also not percent-encoded), nothing that ends a path or needs encoding.
    """
    if not isinstance(path, str) or len(path) > 1024 or not _STORAGE_PATH.fullmatch(path):
        return None
    segments = [unquote(segment) for segment in path.split("/")[1:]]
    if any(one in (".", "..") or "/" in one or "\\" in one for one in segments):
        return None
    return path


def sent_body(cover: Cover, request: Request, size: int) -> Body:
    """What *request* carries, of *size* bytes, as it may be shown."""
    if request.json is not None:
        return Body("json", "application/json", size, cover.value(request.json))
    if request.form is not None:
        shown = {name: cover.header("", value) for name, value in request.form.items()}
        return Body("form", "application/x-www-form-urlencoded", size, shown)
    if request.content is None:
        return Body()
    return Body("binary", request.headers.get("Content-Type", ""), size, sha256=request.sha256)


def read_body(cover: Cover, media_type: str, content: bytes) -> tuple[Any, Body]:
    """Give what an answer's *content* means, None if it is no JSON, and how it may be shown."""
    size = len(content)
    if not content:
        return None, Body(media_type=media_type)
    if content[:1] in b"{[" or "json" in media_type:
        try:
            value = json.loads(content)
        except (ValueError, RecursionError):
            pass  # then it is text, whatever it says it is
        else:
            return value, Body("json", media_type, size, cover.value(value))
    if media_type.startswith(("text/", "application/xml")) or "json" in media_type:
        text = cover.text(content[:20_000].decode("utf-8", "backslashreplace"))
        more = f"… ({size:,} bytes in all)" if len(text) > _TEXT else ""
        return None, Body("text", media_type, size, text[:_TEXT] + more)
    return None, Body("binary", media_type, size, sha256=hashlib.sha256(content).hexdigest())
