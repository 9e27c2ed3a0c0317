"""One file of the corpus, and what must be said of it; nothing here knows lpnb."""

import random
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["accept", "warn", "refuse", "either"]
Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    A file, its label, and who says so.

    Args:
        id: group and name within it, unique.
        name: of the file, as intake is told; "" for none.
        verdict: "accept": may be shared, and no code that is not in *may*; "warn": may be shared,
            and each of *codes* is found; "refuse": refused, with one code out of *codes*; "either":
            only that it ends well, in time.
        codes: what must be found, each an alternative or several: ``"truncated|corrupt"``.
        may: codes that may be found beside them; None for any, where nobody can decide.
        why: the clause or the construction that the label follows from, or who voted.
        needles: private text that no preview may have in it.
        size: width and height upright, where the recipe knows them.
        corners: the colours of the upright picture's corners: left and right above, then below.
    """

    id: str
    content: bytes = field(repr=False)
    verdict: Verdict
    name: str = ""
    codes: tuple[str, ...] = ()
    may: frozenset[str] | None = frozenset()
    why: str = ""
    needles: tuple[bytes, ...] = ()
    size: tuple[int, int] | None = None
    corners: tuple[Colour, Colour, Colour, Colour] | None = None


def kind_of(content: bytes) -> str:
    """Which of the three formats the signature is of, by each format's own specification."""
    for kind, begins in (
        ("JPEG", (b"\xff\xd8\xff",)),
        ("PNG", (b"\x89PNG\r\n\x1a\n",)),
        ("GIF", (b"GIF87a", b"GIF89a")),
    ):
        if content.startswith(begins):
            return kind
    return ""


class Dice:
    """Random numbers that are the same in every version of Python: of `random` alone promised."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed).random  # noqa: S311 - no secret

    def below(self, count: int) -> int:
        return int(self._random() * count)

    def bytes(self, count: int) -> bytes:
        return bytes(self.below(256) for _ in range(count))
