"""Steps 3 and 6 of the guide have one answer: a temporary URL, good for one method and a minute."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from ..card import Fact
from ..secret import Secret, reveal
from ..session import Session
from ..wire import STORAGE, Reply, storage_path
from ._answer import member, uncovered, unexpected
from ._result import StepResult, utc

_SIGNATURE = re.compile(
    r"[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128}|sha(?:256|512):[A-Za-z0-9+/_-]+={0,2}"
)
_EXPIRES = re.compile(r"[0-9]{9,11}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TemporaryUrl(StepResult):
    """
    Leave to use one path of storage with one method until a moment; whoever has it may use it.

    ``.expires`` is that moment in epoch seconds, by the service's clock. `reveal` gives the URL.
    """

    relative_path: str
    method: str
    expires: int
    seconds: int | None
    signature: Secret = field(repr=False)
    base: str = field(repr=False)
    announced: tuple[str, int] | None = None  # type and size of the file that it was asked for
    cautions: tuple[str, ...] = ()  # what that file tells of place or people

    def reveal(self) -> str:
        """Give the whole URL, signature and all: treat it like a password while it lasts."""
        query = urlencode({name: reveal(value) for name, value in self.query.items()})
        return f"{self.base}{self.relative_path}?{query}"

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
        return (
            Fact("relativePath", self.relative_path, "the file's place in storage"),
            Fact("temp_url_sig", str(self.signature), f"the signature, good for {self.method}"),
            Fact("temp_url_expires", ends, "by the service's clock; then ask for a new URL"),
        )


def temporary_url(
    session: Session, reply: Reply, method: str, announced: tuple[str, int] | None = None
) -> TemporaryUrl:
    """
    Read the answer of steps 3 and 6.

    Raises:
        UnexpectedResponse: the path would lead elsewhere than storage, or the rest is malformed.
    """
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
    return TemporaryUrl(
        relative_path=path,
        method=method,
        expires=int(end.reveal()),
        seconds=round(int(end.reveal()) - session.now()) if "Date" in reply.headers else None,
        signature=secret,
        base=session.base(STORAGE),
        announced=announced,
        exchanges=reply.exchanges,
    )
