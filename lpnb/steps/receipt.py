"""What is left of a share when all is done: enough to know the file again, and to check it."""

from dataclasses import dataclass
from typing import Self

from ..card import Card, Fact, Shown
from ..errors import InputError
from ..ledger import Entry
from ..session import Session
from ._result import utc
from .comparison import Comparison
from .download import download_file, request_download_url


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt(Shown):
    """
    A file that was shared: what it was, where it is, and when. It may be pickled, and kept.

    ``.stored`` and ``.published`` are moments in epoch seconds by the service's clock;
    ``.published`` is None where no answer told of it and the message was found later.
    """

    name: str
    size: int
    sha256: str
    md5: str
    relative_path: str
    conversation: str
    sequence: int | None
    stored: float | None
    published: float | None

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """
        Make the receipt of a ledger's *entry*.

        Raises:
            InputError: the file is not shared yet.
        """
        if entry.stage != "shared":
            raise InputError(
                f"{entry.name!r} is {entry.stage}, not shared: run share_file again with the "
                "same ledger"
            )
        names = (*cls.__dataclass_fields__,)
        return cls(**{name: getattr(entry, name) for name in names})

    def verify(self, session: Session) -> Comparison:
        """
        Fetch the file again (steps 6 and 7), and give how it compares with what was sent.

        Raises:
            LpnbError: whatever the two steps raise, for instance that there is no such file.
        """
        url = request_download_url(session, self.relative_path)
        return download_file(session, url).compare(self.sha256)

    def card(self) -> Card:
        """Everything it states."""
        shown = "not known" if self.sequence is None else str(self.sequence)
        clock = "by the service's clock"
        moments = {"stored": self.stored, "published": self.published}
        return Card(
            title=f"Receipt for {self.name}",
            verdict="ok",
            summary="shared; receipt.verify(session) fetches it again and compares",
            facts=(
                Fact("size", f"{self.size:,} bytes"),
                Fact("SHA-256", self.sha256, "of the bytes that were sent"),
                Fact("MD5", self.md5, "of the same; storage's ETag"),
                Fact("relativePath", self.relative_path, "the file's place in storage"),
                Fact("conversationId", self.conversation),
                Fact("sequence", shown, "the message's number in the dialog"),
                *(Fact(n, utc(at) if at else "not known", clock) for n, at in moments.items()),
            ),
        )
