"""What a picture shows of itself: how it looks, what speaks against it, what would be sent."""

import contextlib
from typing import TYPE_CHECKING

from ..card import Card, Fact, Picture, Row, Table, Verdict
from ..errors import ImageRefused
from .kinds import sniffed, supported
from .limits import LIMITS, Finding
from .preview import Preview, make_thumbnail

if TYPE_CHECKING:
    from .file import ImageFile

_SIDE, _PREVIEW_SIDE = 112, 200  # pixels; a card is saved with every notebook that shows it
_BEGIN = 12  # bytes to show of what can't be drawn
_UNTOLD = {"empty", "unsupported-type"}  # findings about bytes that tell none of our types
_SIZES: dict[str, tuple[Verdict, str]] = {
    "too-large": ("refused", f"“up to 3MB”, read generously, are {LIMITS.size_refused:,}"),
    "near-limit": ("warning", f"over {LIMITS.size_refused:,} it would be refused for certain"),
}


def image_card(image: "ImageFile") -> Card:
    """Draw up the verdict, every finding with its mend, both pictures, and what would be sent."""
    codes = {each.code for each in image.findings}
    refused = any(each.severity == "refused" for each in image.findings)
    before = image.made_from.findings if image.made_from else ()
    gone = [each.code for each in before if each.code not in codes]
    small = _preview(image)
    return Card(
        title=image.name,
        label="Mended" if image.mends else "",
        verdict="refused" if refused else "warning" if codes else "ok",
        summary=_outcome(image.findings),
        pictures=_pictures(image, small, turned="rotated" in gone) if small else (),
        facts=(
            *(Fact("mended", "", done, "ok") for done in image.mends),
            *([Fact("gone", ", ".join(gone), "found before", "ok")] if gone else []),
            *map(_finding, image.findings),
            *_facts(image, codes, small, refused=refused),
        ),
        table=None if refused else _sent(image),
    )


def _preview(image: "ImageFile") -> Preview | None:
    if image.pixels:  # else it could not be decoded, or not in bounded time
        with contextlib.suppress(ImageRefused):
            return image.preview()
    return None


def _outcome(findings: tuple[Finding, ...]) -> str:
    refused = [each for each in findings if each.severity == "refused"]
    if refused:
        mendable = all(each.mend for each in refused)
        return "can't be shared as it is" + ("; image.fixed() gives one that can" * mendable)
    many, several = len(findings), sum(bool(each.mend) for each in findings) > 1
    known = f"; {many} thing{'s' if many > 1 else ''} to know before" if many else ""
    return f"can be shared as it is{known}{'; image.fixed() mends what it can' * several}"


def _pictures(image: "ImageFile", small: Preview, *, turned: bool) -> tuple[Picture, ...]:
    """Give the picture, what it was mended from, and the preview; *turned*: as it lay before."""
    before: list[Picture] = []
    if (was := image.made_from) and was.pixels:
        with contextlib.suppress(ImageRefused):
            kind = supported(was.content, was.name)
            drawn = make_thumbnail(was.content, kind, _SIDE, upright=not turned)
            before = [Picture(b"", f"before: {was.name}", "before", drawn=drawn)]
    now = "after" if before else "the picture"
    size = f"the agent's preview, {small.width} x {small.height}"
    return (
        *before,
        Picture(small.content, f"{now}: {image.name}", now, _SIDE),
        Picture(small.content, f"the preview of {image.name}", size, _PREVIEW_SIDE),
    )


def _finding(finding: Finding) -> Fact:
    return Fact(finding.code, "", finding.message, finding.severity, mend=finding.typed)


def _facts(
    image: "ImageFile", codes: set[str], small: Preview | None, *, refused: bool
) -> list[Fact]:
    was = image.made_from or image
    kind, told = image.type, "from the bytes, not the name"
    if codes & _UNTOLD:
        kind = sniffed(image.content) or "unknown"
        told = f"none that may be shared; unchecked it is sent as {image.type}, by its name"
    sizes: tuple[Verdict, str] = (
        "plain" if refused else "ok",
        _change(f"{image.size:,}", f"{was.size:,}"),
    )
    verdict, meaning = next((_SIZES[code] for code in _SIZES if code in codes), sizes)
    value = f"{image.size:,} of {LIMITS.size:,} bytes"
    facts = [
        Fact("fileType", kind, _change(image.type, was.type) or told),
        Fact("fileSize", value, meaning, verdict, share=image.size / LIMITS.size),
    ]
    if image.pixels:
        pixels = [f"{one.pixels[0]} x {one.pixels[1]}" for one in (image, was) if one.pixels]
        facts.append(Fact("pixels", pixels[0], _change(pixels[0], pixels[-1])))
    if small:
        facts.append(small.meter("preview", f"{small.width} x {small.height} pixels"))
    else:
        start = image.content[:_BEGIN]
        text = "".join(chr(one) if 32 <= one < 127 else "." for one in start)
        facts.append(Fact("begins with", f"{start.hex(' ')}  {text}" if start else "nothing"))
    return [*facts, Fact("SHA-256", image.sha256)]


def _change(now: str, was: str) -> str:
    return "" if now == was else f"before: {was}"


def _sent(image: "ImageFile") -> Table:
    """Say exactly what leaves the machine, and when."""
    along = ", with what they tell of place or people" if image.cautions else ""
    rows = (
        ("step 3", f'fileType "{image.type}" and fileSize "{image.size}"'),
        ("step 4", f"the {image.size:,} bytes, unchanged{along}"),
        ("step 5", "the preview, your caption (also its alternative text), fileType, relativePath"),
        ("never", "the file's name"),
    )
    return Table(("when", "what will be sent"), tuple(Row(cells=cells) for cells in rows))
