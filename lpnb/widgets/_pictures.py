"""What a form shows of pictures: one with what speaks against it, or several in a list."""

from collections.abc import Sequence
from dataclasses import replace

from ..card import Card, Picture, Row, Table, Verdict
from ..images import ImageFile
from ..lines import visible

BEGIN = Card(
    title="In use: a sample",
    summary="a drawn parcel, which is taken until another picture is chosen",
)


def reasons(image: ImageFile) -> str:
    """Say why it may not be shared; nothing if it may."""
    return "; ".join(each.message for each in image.findings if each.severity == "refused")


def standing(image: ImageFile) -> tuple[Verdict, str]:
    """Give the verdict in a word or two."""
    many = len(image.findings)
    if reasons(image):
        return "refused", "✗ refused"
    return ("warning", f"▲ {many} to note") if many else ("ok", "✓ OK")


def listed(place: int, image: ImageFile) -> str:
    """Name the picture in a menu, with its verdict."""
    return visible(f"{place + 1}. {image.name}: {standing(image)[1]}")


def one_card(image: ImageFile, *, used: bool) -> Card:
    """Draw up how it looks, before and after if it was mended, and what was found."""
    card = image.card()
    told = card.summary.partition("; image.fixed()")[0]  # here, it is a button
    return replace(
        card,
        title=f"{'In use' if used else 'Not taken'}: {image.name}",
        summary=f"{image.type}, {image.size:,} bytes; {told}",
        facts=tuple(replace(fact, mend="") for fact in card.facts if not fact.value),
        pictures=card.pictures[:-1],
        table=None,
    )


def list_card(images: Sequence[ImageFile]) -> Card:
    """List them all, those that are not taken too."""
    used = [one for one in images if not reasons(one)]
    left = len(images) - len(used)
    return Card(
        title=f"In use: {len(used)} picture{'s' * (len(used) != 1)}",
        verdict="warning" if left else "ok",
        summary=f"{sum(one.size for one in used):,} bytes in all"
        + f"; {left} can't be shared as it is" * bool(left),
        table=Table(("picture", "verdict"), tuple(map(_row, images))),
    )


def _row(image: ImageFile) -> Row:
    verdict, word = standing(image)
    small = Picture(image.preview().content, image.name) if image.pixels else None
    cells = (f"{image.name}: {image.type}, {image.size:,} bytes", word)
    return Row(cells=cells, signs={1: verdict}, picture=small)
