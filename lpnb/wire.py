"""What goes over the wire, as data: requests, the messaging envelope, storage paths. No socket."""

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode

from .exchange import Exchange
from .secret import Secret, reveal

JSON_LIMIT = 1_048_576  # bytes of a JSON answer; the longest documented one is far below
STORAGE = "swift"
DOMAIN_API = "Domain API"  # stands for the Domain API itself, which no domain list names

_KNOWN_AS = {
    "asyncMessagingEnt": "the Connector API (asyncMessagingEnt)",
    "swift": "storage (swift)",
    "agentVep": "the login service (agentVep)",
    "accountConfigReadWrite": "the account's settings (accountConfigReadWrite)",
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
    failure: str = ""  # why there is no whole answer

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What had to be asked first, each attempt, and then the last."""
        return self.exchange.all


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
