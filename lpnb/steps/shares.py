"""What became of many files: a status, a reason and a receipt for each, and one card for all."""

from dataclasses import dataclass, field
from typing import Any, Literal, Self

from ..card import Card, Fact, Row, Shown, Table, Verdict
from ..drawing import Phase, timeline
from ..ledger import Entry
from .receipt import Receipt

Status = Literal["shared", "failed", "unknown"]
PHASES = (  # of one file, in order
    Phase("preparing, preview", "rgb(140,110,190)"),
    Phase("step 3, upload URL", "rgb(80,140,215)"),
    Phase("step 4, upload", "rgb(60,170,150)"),
    Phase("waiting for its turn", "rgb(175,175,175)"),
    Phase("step 5, publish", "rgb(225,160,60)"),
)
_SIGNS: dict[Status, Verdict] = {"shared": "ok", "unknown": "warning", "failed": "refused"}
_LISTED = 50  # files that a card lists
_FEW = 20  # so few are listed even if all is well
_AGAIN = (
    "Run it again with the same ledger: what is shared stays as it is, and the rest goes on where "
    "it stopped."
)
_NO_LEDGER = (
    "No ledger was given, so run it again with those alone that failed; with a ledger a second run "
    "goes on where the first one stopped."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """
    What became of one picture of many; it holds neither bytes nor exchanges.

    Args:
        status: ``"unknown"``: it may have been published, and nobody could look; the error says
            what to check.
        error: why it was not shared, with the kind of error in front.
        note: that no good answer came to its publishing, and what looking told.
        moments: when each phase of it began, and when the last one ended; for the timeline.
        waits: from when to when it only waited, to repeat a call or to look.
    """

    name: str
    status: Status
    error: str | None = None
    receipt: Receipt | None = None
    note: str = ""
    moments: tuple[float, ...] = field(default=(), repr=False)
    waits: tuple[tuple[float, float], ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, entry: Entry, error: str, **more: Any) -> Self:
        """Make the item of a picture that came as far as *entry* says."""
        if entry.stage == "shared":
            return cls(name=entry.name, status="shared", receipt=Receipt.of(entry), **more)
        status: Status = "unknown" if entry.stage == "publishing" else "failed"
        return cls(name=entry.name, status=status, error=error, **more)

    @property
    def waited(self) -> float:
        """Seconds that it only waited."""
        return sum(end - start for start, end in self.waits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares(Shown):
    """
    What became of many pictures, in the order in which they were given.

    ``.stopped`` says why some were not tried, if that is so.
    """

    items: tuple[Item, ...]
    seconds: float
    mode: str
    ledger: str = ""  # where it is, or that it is in memory
    stopped: str = ""

    @property
    def shared(self) -> tuple[Item, ...]:
        """Those that are in the conversation."""
        return self._of("shared")

    @property
    def failed(self) -> tuple[Item, ...]:
        """Those that are surely not in the conversation."""
        return self._of("failed")

    @property
    def unknown(self) -> tuple[Item, ...]:
        """Those that may be in the conversation: each says what to check."""
        return self._of("unknown")

    def _of(self, status: Status) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.status == status)

    def card(self) -> Card:
        """How many went well, a line for each that did not, and what ran when."""
        total, rest = len(self.items), [item for item in self.items if item.status != "shared"]
        numbered = [*enumerate(self.items, 1)]
        listed = [(n, item) for n, item in numbered if total <= _FEW or item.status != "shared"]
        rows = tuple(_row(n, item) for n, item in listed[:_LISTED])
        ran = [(n, item) for n, item in numbered if len(item.moments) > 1]
        again = _AGAIN if self.ledger else _NO_LEDGER
        more = f"{len(listed) - _LISTED:,} more are in .failed and .unknown."
        title = f"Shared {total - len(rest):,} of {total:,} {'file' if total == 1 else 'files'}"
        drawing = timeline(
            [item.moments for _, item in ran],
            PHASES,
            [item.moments[-1] for _, item in ran if item.status != "shared"],
            waits=[item.waits for _, item in ran],
            names=[str(n) for n, _ in ran] if total <= _FEW else (),
            of=total,
        )
        return Card(
            title=title if total else "No files were given",
            label="Steps 3 to 5",
            mode=self.mode,
            verdict="warning" if rest else "ok",
            summary=self.stopped and f"stopped early: {self.stopped}",
            facts=self._facts(len(ran)),
            table=Table(("no.", "file", "outcome", "sequence", "reason"), rows) if rows else None,
            drawing=drawing if ran else None,
            notes=(*((more,) if listed[_LISTED:] else ()), *((again,) if rest else ())),
        )

    def _facts(self, ran: int) -> tuple[Fact, ...]:
        receipts = [item.receipt for item in self.items if item.receipt]
        waited = [item.waited for item in self.items if item.waited]
        before = sum(item.status == "shared" and len(item.moments) < 2 for item in self.items)
        size = sum(one.size for one in receipts)
        looked, long = sum(bool(item.note) for item in self.items), max(waited, default=0.0)
        counts = (
            ("shared", len(receipts), f"published in the conversation, {size:,} bytes in all"),
            ("of these before", before, "by an earlier run: the ledger has their receipts"),
            ("failed", len(self.failed), "surely not published"),
            ("unknown", len(self.unknown), "perhaps published: look before sharing it again"),
            ("looked for", looked, "no good answer came, so the message history was looked at"),
            ("waited", len(waited), f"before repeating or looking, {long:.3g} s at most"),
        )
        facts = [Fact(name, f"{n:,}", meant) for name, n, meant in counts if n or name == "shared"]
        if ran:
            facts.append(Fact("time", f"{self.seconds:.1f} s", _rate(ran / self.seconds)))
        if self.ledger:
            facts.append(Fact("ledger", self.ledger, "what became of each file"))
        return tuple(facts)


def _rate(rate: float) -> str:
    return f"{rate:.1f} files a second" if rate >= 1 else f"{1 / rate:.1f} s for each file"


def _row(number: int, item: Item) -> Row:
    sequence = item.receipt.sequence if item.receipt else None
    shown = "" if sequence is None else str(sequence)
    return Row(
        cells=(str(number), item.name, item.status, shown, item.error or item.note),
        signs={2: _SIGNS[item.status]},
    )
