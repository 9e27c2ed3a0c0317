"""Draw a picture small, for the agent's window and for our cards, and bare of all but itself."""

import contextlib
import math
import zlib
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ..card import Card, Fact, Picture, Shown
from ..errors import InputError
from .decode import bare_jpeg, opened, safely, turned
from .fitting import fitted
from .limits import LIMITS
from .screen import flat, in_strips, srgb, unturned, written

if TYPE_CHECKING:
    from PIL import Image

PREVIEW_LIMIT = LIMITS.preview
_HEADER = "data:image/jpeg;base64,"
_ROOM = (PREVIEW_LIMIT - 1 - len(_HEADER)) // 4 * 3  # bytes
_AREA = 430_000  # pixels to draw from at least, if there are; twice that as a rule
_MOST = 10_000_000  # pixels to decode at least, for a crop; up to four times as many come
_EXACT = 1600 * 1600  # pixels of the largest that is kept as it is
_SIDE = 65_500  # pixels; JPEG has no more
_THUMBNAIL = 3_900  # bytes; it is saved with every notebook that shows it

Box = tuple[float, float, float, float]
_ALL: Box = (0, 0, 1, 1)
_WHITE = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Preview(Shown):
    """The small picture that a message carries in itself, while the file lies in storage."""

    content: bytes = field(repr=False)
    mime: str
    width: int
    height: int

    @property
    def data_uri(self) -> str:
        """The picture as text, as ``ms.PublishEvent`` takes it."""
        return f"data:{self.mime};base64,{b64encode(self.content).decode()}"

    def meter(self, name: str, meaning: str) -> Fact:
        """How much of the limit the data URI takes."""
        size = len(self.data_uri)
        verdict: Literal["ok", "refused"] = "ok" if size < PREVIEW_LIMIT else "refused"
        value = f"{size:,} of {PREVIEW_LIMIT:,} characters"
        return Fact(name, value, meaning, verdict, share=size / PREVIEW_LIMIT)

    def card(self) -> Card:
        """The preview as it is, and its size against the limit."""
        meaning = "30 KB, read as strictly as can be: all of the text counts"
        facts = (
            Fact("mime", self.mime),
            Fact("pixels", f"{self.width} x {self.height}"),
            self.meter("data URI", meaning),
        )
        drawn = (self.data_uri, self.width, self.height)
        shown = Picture(self.content, "the preview", "just as the agent gets it", drawn=drawn)
        return Card(title="Preview", facts=facts, pictures=(shown,))


def shares(box: Box | None, pixels: tuple[int, int] | None) -> Box:
    """Turn a *box* in pixels of the upright picture into shares of it; None is all of it."""
    if box is None or pixels is None:
        return _ALL
    width, height = pixels
    with contextlib.suppress(TypeError, ValueError):
        left, top, right, bottom = box
        if 0 <= left < right <= width and 0 <= top < bottom <= height:
            return left / width, top / height, right / width, bottom / height
    raise InputError(
        f"the box {box!r} is not a part of the picture's {width} x {height} pixels: give left, "
        "top, right and bottom"
    )


def colour(name: str) -> tuple[int, ...]:
    """Look up what *name* looks like; InputError if it is no colour."""
    from PIL import ImageColor

    with contextlib.suppress(ValueError, TypeError, AttributeError):
        return ImageColor.getrgb(name)[:3]
    raise InputError(f"{name!r} is no colour: give a name such as 'white', or '#rrggbb'")


def make_preview(
    content: bytes,
    kind: str,
    name: str,
    *,
    box: Box = _ALL,
    backdrop: tuple[int, ...] = _WHITE,
) -> Preview:
    """
    Make the best small picture whose data URI is shorter than the limit.

    A drawing of few colours stays exact, as PNG; of all else the size is sought at which a JPEG
    that fits looks best. No metadata and no comment comes along.

    Args:
        box: left, top, right and bottom of the part to show, in shares of the upright picture.
        backdrop: the colour behind transparency.
    """

    def work() -> Preview:
        image = _small(content, kind, area=_AREA, box=box, backdrop=backdrop)
        found = _exact(image, eager=len(content) <= _ROOM) if kind != "JPEG" else b""
        if 0 < len(found) <= _ROOM:
            return Preview(found, "image/png", *image.size)
        if kind == "JPEG" and box == _ALL and len(content) <= 8 * _ROOM:  # the rest is metadata
            found, size = _kept(content, image)
            if found:
                return Preview(found, "image/jpeg", *size)
        found, size = fitted(image, _ROOM, srgb)
        return Preview(found, "image/jpeg", *size)

    return safely(work, name)


def make_thumbnail(
    content: bytes, kind: str, side: int, *, upright: bool = True
) -> tuple[str, int, int]:
    """
    Draw the picture within *side* by *side*, as a data URI of a few thousand characters.

    Args:
        upright: False draws it as it is stored.
    """

    def work() -> tuple[str, int, int]:
        image = _small(content, kind, area=side * side, upright=upright)
        image.thumbnail((side, side))
        image = srgb(image)
        mime, small = "image/png", b"" if kind == "JPEG" else _exact(image, eager=False)
        most = max(_THUMBNAIL, side * side * 3 // 20)
        for quality in (80, 60, 40, 20):
            if 0 < len(small) <= most:
                break
            options: dict[str, Any] = {"optimize": True, "progressive": True, "quality": quality}
            mime, small = "image/jpeg", written(image, "JPEG", **options)
        return f"data:{mime};base64,{b64encode(small).decode()}", *image.size

    return safely(work, "the picture")


def _small(
    content: bytes,
    kind: str,
    *,
    area: int,
    box: Box = _ALL,
    backdrop: tuple[int, ...] = _WHITE,
    upright: bool = True,
) -> "Image.Image":
    """Decode the *box* of the first frame upright, at no less than 1.4 times *area*'s sides."""
    share = (box[2] - box[0]) * (box[3] - box[1])
    image, _ = opened(content, kind, area=min(int(area / share), _MOST))
    image.load()
    turn = turned(image) if upright else 1
    if box != _ALL:
        image = image.crop(_stored(box, turn, image.size))
    factor = max(1, int(math.sqrt(image.width * image.height / area) / 1.4))
    if image.mode in ("L", "RGB", "CMYK") and "transparency" not in image.info:
        small = image.reduce(factor) if factor > 1 else image
    else:
        small = in_strips(image, lambda strip: flat(strip, backdrop), factor)
    small.info = {"icc_profile": image.info.get("icc_profile")}  # no comment, which JPEG would keep
    if small.mode == "CMYK":
        small = srgb(small)
    if max(small.size) > _SIDE:
        small.thumbnail((_SIDE, _SIDE))
    return unturned(small, turn)


def _exact(image: "Image.Image", *, eager: bool) -> bytes:
    """Write PNG that loses nothing, if there are few colours or *eager*; else nothing."""
    from PIL import ImageChops
    from PIL.Image import Resampling

    colours = image.getcolors() if image.width * image.height <= _EXACT else None
    if colours is not None and not eager:
        rows = image.resize((image.width, -(-image.height // 8)), Resampling.NEAREST).convert("L")
        if len(zlib.compress(rows.tobytes(), 1)) * 8 > _ROOM * 1.15:  # hopeless, and PNG is slow
            colours = None
    if colours is None and not eager:
        return b""
    image = srgb(image)
    if colours is not None and image.mode == "RGB":
        few = image.quantize(len(colours))
        if not ImageChops.difference(few.convert("RGB"), image).getbbox():
            image = few
    return written(image, "PNG", optimize=True)


def _kept(content: bytes, image: "Image.Image") -> tuple[bytes, tuple[int, int]]:
    """
    Take the picture out of a small JPEG, unchanged; gives its size too.

    Nothing comes where it shows *image* only if a profile, or a turn, is heeded.
    """
    out = bare_jpeg(content, _ROOM)
    if out:
        with contextlib.suppress(Exception):
            alone, size = opened(out, "JPEG", area=_AREA)
            same = alone.size == image.size and alone.tobytes() == srgb(image).tobytes()
            if same and size[0] * size[1] <= _EXACT:
                return out, size
    return b"", (0, 0)


def _stored(box: Box, turn: int, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Say where the upright *box* lies in the picture as it is stored, in pixels."""
    spans = [(box[0], box[2]), (box[1], box[3])]
    if turn >= 5:
        spans.reverse()
    flips = (turn in (2, 3, 7, 8), turn in (3, 4, 6, 7))
    (left, right), (top, bottom) = [
        sorted(round(side * (1 - share if flip else share)) for share in span)
        for span, flip, side in zip(spans, flips, size, strict=True)
    ]
    left, top = min(left, size[0] - 1), min(top, size[1] - 1)
    return left, top, max(right, left + 1), max(bottom, top + 1)
