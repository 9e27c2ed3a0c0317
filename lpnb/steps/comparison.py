"""Whether what came back is what was sent: four verdicts, as services may encode pictures anew."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..card import Card, Fact, Picture, Shown
from ..errors import InputError

Outcome = Literal["identical", "storage digest only", "mismatch", "not compared"]
_SHA256 = re.compile(r"[0-9a-f]{64}")
_OUTCOMES: Mapping[Outcome, str] = {
    "identical": "the bytes that came back are the very bytes that were sent",
    "storage digest only": (
        "the bytes match storage's own digest, but not the file that was sent: the service may "
        "have encoded the picture anew, as LivePerson says it does for safety (or the digest to "
        "compare with is another file's)"
    ),
    "mismatch": "the bytes match neither the file that was sent nor a digest of storage",
    "not compared": "the file that was sent is not known here, so there is nothing to compare with",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Shown):
    """
    What was sent beside what came back; ``.outcome`` is one of four verdicts, `meaning` says it.
    """

    outcome: Outcome
    sent_sha256: str | None
    received_sha256: str
    content: bytes = field(repr=False, compare=False)

    @property
    def identical(self) -> bool:
        """Whether the very bytes came back that were sent."""
        return self.outcome == "identical"

    @property
    def meaning(self) -> str:
        """The outcome in a sentence."""
        return _OUTCOMES[self.outcome]

    def card(self) -> Card:
        """The verdict with both digests, and the picture."""
        return Card(
            title=f"Compared: {self.outcome}",
            verdict="ok" if self.identical else "warning",
            summary=self.meaning,
            facts=(
                Fact("sent", self.sent_sha256 or "not known here", "SHA-256 of the bytes we sent"),
                Fact("received", self.received_sha256, "SHA-256 of the bytes that came back"),
            ),
            pictures=(Picture(self.content, "the picture that came back"),),
        )


def compare(content: bytes, sha256: str, sent: str | None, *, verified: bool | None) -> Comparison:
    """Compare *content* with the digest of what was *sent*; *verified* by storage's own or not."""
    if sent is not None and not _SHA256.fullmatch(sent):
        raise InputError("compare takes a SHA-256, 64 hex digits: take image.sha256")
    outcome: Outcome = "storage digest only" if verified else "mismatch"
    if sent is None:
        outcome = "not compared"
    elif sent == sha256:
        outcome = "identical"
    return Comparison(outcome=outcome, sent_sha256=sent, received_sha256=sha256, content=content)
