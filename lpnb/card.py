"""What there is to show of a result, as data: terminals and notebooks draw from the same card."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .exchange import Exchange

Verdict = Literal["ok", "warning", "refused", "plain"]


@dataclass(frozen=True, slots=True)
class Fact:
    """
    One named value worth seeing at a glance.

    Args:
        name: the documentation's own word for it.
        value: as text; a secret stays masked.
        meaning: one line for someone who meets it for the first time.
        verdict: how good a sign it is; shown by icon and word, never by colour alone.
        share: how much of a limit the value takes, 1 being all of it; shown as a meter.
        mend: what to type so that it is no longer so.
    """

    name: str
    value: str
    meaning: str = ""
    verdict: Verdict = "plain"
    share: float | None = None
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """
    A picture to show small; whatever *content* is, what gets drawn is encoded anew by us.

    Args:
        alt: what it is, for who can't see it.
        below: the words below it; *alt* if there are none.
        side: the most pixels it is wide and high.
        drawn: a data URI, width and height, where we have encoded it already.
    """

    content: bytes
    alt: str
    below: str = ""
    side: int = 160
    drawn: tuple[str, int, int] | None = None

    def __repr__(self) -> str:
        return f"Picture({self.alt!r}, {len(self.content)} bytes)"


@dataclass(frozen=True, slots=True)
class Drawing:
    """
    A picture in *svg* of lpnb's own making, where everything from outside is escaped already.

    Args:
        alt: what it shows, for who can't see it.
        width: in pixels, as is *height*.
    """

    svg: str = field(repr=False)
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    One row of a table.

    Args:
        cells: their texts, in the order of the columns.
        signs: how good a sign a cell is, by its place.
        picture: shown very small, before the first cell.
        exchange: what the row unfolds to.
    """

    cells: tuple[str, ...]
    signs: Mapping[int, Verdict] = field(default_factory=dict)
    picture: Picture | None = None
    exchange: Exchange | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one kind below the names of their columns."""

    head: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What somebody said or did in a conversation; *aside*: it was no message."""

    who: str
    when: str
    text: str = ""
    picture: Picture | None = None
    left: bool = True
    aside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """
    Everything one result has to show.

    Args:
        title: what was done, in the guide's words.
        label: where it belongs, for instance ``"Step 3"``; may be empty.
        mode: ``"SANDBOX"`` or ``"LIVE"`` where a service was asked, else empty.
        verdict: how it went.
        summary: the outcome in one line.
        facts: named values.
        table: many things of one kind.
        talk: what was said, oldest first.
        pictures: shown small, in order.
        drawing: shown as it is.
        exchanges: requests with their answers, folded.
        notes: sentences to know, for instance that an answer is a guess.
        cards: of the parts, for a result that is composed.
    """

    title: str
    label: str = ""
    mode: str = ""
    verdict: Verdict = "plain"
    summary: str = ""
    facts: tuple[Fact, ...] = ()
    table: Table | None = None
    talk: tuple[Remark, ...] = ()
    pictures: tuple[Picture, ...] = ()
    drawing: Drawing | None = None
    exchanges: tuple[Exchange, ...] = ()
    notes: tuple[str, ...] = ()
    cards: tuple["Card", ...] = ()


class Shown:
    """
    What shows itself when it is the last line of a cell, or printed: give it a `card`, that is all.
    """

    __slots__ = ()

    def card(self) -> Card:
        """What there is to show."""
        raise NotImplementedError

    def __str__(self) -> str:
        from . import render

        return render.as_text(self.card())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from . import render  # drawing is for those who look; scripts never load it

        card = self.card()
        return {"text/plain": render.as_text(card), "text/html": render.as_html(card)}
