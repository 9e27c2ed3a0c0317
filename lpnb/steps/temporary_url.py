"""Steps 3 and 6 of the guide have one answer: a temporary URL, good for one method and a minute."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from ..card import Fact
from ..errors import UnexpectedResponse
from ..exchange import Exchange
from ..retry import Skew
from ..secret import Secret, reveal
from ..session import Session
from ..wire import STORAGE, Reply, storage_path
from ._answer import member, uncovered, unexpected
from ._message import ask
from ._result import StepResult, clock, utc

_SIGNATURE = re.compile(
    r"[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128}|sha(?:256|512):[A-Za-z0-9+/_-]+={0,2}"
)
_NOTICED = 5  # seconds by which a clock is wrong before it is worth a word
_EXPIRES = re.compile(r"[0-9]{9,11}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TemporaryUrl(StepResult):
    """
    Leave to use one path of storage with one method until a moment; whoever has it may use it.

    ``.expires`` is that moment in epoch seconds, by the service's clock. `seconds_left` tells how
    long that is still, `reveal` gives the URL.
    """

    relative_path: str
    method: str
    expires: int
    seconds: int | None
    signature: Secret = field(repr=False)
    base: str = field(repr=False)
    announced: tuple[str, int] | None = None  # type and size of the file that it was asked for
    cautions: tuple[str, ...] = ()  # what that file tells of place or people
    skew: Skew | None = field(default=None, repr=False, compare=False)

    def reveal(self) -> str:
        """Give the whole URL, signature and all: treat it like a password while it lasts."""
        query = urlencode({name: reveal(value) for name, value in self.query.items()})
        return f"{self.base}{self.relative_path}?{query}"

    def seconds_left(self, session: Session) -> float | None:
        """
        Tell how long it lasts still, by the service's clock; negative: it has ended.

        Services tell their time in whole seconds, so this is as good as ``session.skew`` says.
        None: no answer has told the service's time yet.
        """
        return None if session.skew is None else self.expires - session.now()

    @property
    def query(self) -> Mapping[str, str]:
        """The two parameters that open the path, the signature covered."""
        return {"temp_url_sig": self.signature, "temp_url_expires": str(self.expires)}

    def notes(self) -> tuple[str, ...]:
        return self.cautions

    def facts(self) -> tuple[Fact, ...]:
        ends = utc(self.expires)
        if self.seconds is not None:
            ends += f", {self.seconds} s after the answer"
        if self.skew and abs(self.skew.seconds) > _NOTICED:
            ends += f" ({clock(self.expires - self.skew.seconds)} by this computer's clock)"
        return (
            Fact("relativePath", self.relative_path, "the file's place in storage"),
            Fact("temp_url_sig", str(self.signature), f"the signature, good for {self.method}"),
            Fact("temp_url_expires", ends, "by the service's clock; then ask for a new URL"),
        )


def temporary_url(
    session: Session, method: str, announced: tuple[str, int] | None = None, **asking: Any
) -> TemporaryUrl:
    """
    Ask as steps 3 and 6 do, `ask` says how; a URL that is none is asked for again.

    Raises:
        UnexpectedResponse: the path would lead elsewhere than storage, or the rest is malformed,
            twice.
    """
    before: tuple[Exchange, ...] = ()
    if session.policy.renew:
        reply = ask(session, **asking)
        try:
            return _read(session, reply, method, announced)
        except UnexpectedResponse:
            before = reply.exchanges
    return _read(session, ask(session, before=before, **asking), method, announced)


def _read(
    session: Session, reply: Reply, method: str, announced: tuple[str, int] | None
) -> TemporaryUrl:
    path = storage_path(uncovered(session, reply, "body", "relativePath"))
    if path is None:
        raise unexpected(reply, "its relativePath is not a plain path in storage")
    query = ("body", "queryParams")
    secret = Secret(member(reply, *query, "temp_url_sig"), "temp_url_sig")
    # covered until it is known to be a number: it could repeat a token
    end = Secret(str(member(reply, *query, "temp_url_expires", kind=(str, int))), "end")
    if not _SIGNATURE.fullmatch(secret.reveal()) or not _EXPIRES.fullmatch(end.reveal()):
        raise unexpected(reply, "its temp_url_sig or temp_url_expires is malformed")
    session.cover.learn(secret)
    expires = int(end.reveal())
    seconds = round(expires - session.now()) if "Date" in reply.headers else None
    return TemporaryUrl(
        relative_path=path,
        method=method,
        expires=expires,
        seconds=seconds,
        signature=secret,
        base=session.base(STORAGE),
        announced=announced,
        skew=session.skew,
        exchanges=reply.exchanges,
    )
