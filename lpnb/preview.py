"""Draw a picture small, for the agent's window and for our cards; encoded anew every time."""

import contextlib
import io
import math
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .card import Card, Fact, Picture, Shown
from .decode import LIMITS, afford, opened, safely, scaled, turned

if TYPE_CHECKING:
    from PIL import Image

PREVIEW_LIMIT = LIMITS.preview
_AREA = 800 * 600  # pixels of the largest preview; an area, so that a panorama gets its share
_QUALITY = range(70, 93)  # below, blocks show; above, only the size grows
_HEADER = "data:image/jpeg;base64,"
_THUMBNAIL = 3_900  # bytes; it is saved with every notebook that shows it


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

    @property
    def used(self) -> str:
        """How much of the limit the data URI takes, in words."""
        return f"{len(self.data_uri):,} characters, limit {PREVIEW_LIMIT:,}"

    def card(self) -> Card:
        """The preview, its size against the limit, and itself."""
        meaning = "30 KB, read as strictly as can be: all of the text counts"
        verdict: Literal["ok", "refused"] = (
            "ok" if len(self.data_uri) < PREVIEW_LIMIT else "refused"
        )
        facts = (
            Fact("mime", self.mime),
            Fact("pixels", f"{self.width} x {self.height}"),
            Fact("data URI", self.used, meaning, verdict),
        )
        return Card(title="Preview", facts=facts, pictures=(Picture(self.content, "the preview"),))


def make_preview(content: bytes, kind: str, name: str) -> Preview:
    """
    Make the best small picture whose data URI is shorter than the limit.

    A drawing of few colours stays exact, as PNG; all else becomes the largest JPEG of fair quality
    that fits. It is rebuilt from pixels, so that no metadata and no comment comes along.
    """
    room = (PREVIEW_LIMIT - 1 - len(_HEADER)) // 4 * 3

    def work() -> Preview:
        image = _small(content, kind, area=_AREA)
        exact = b"" if kind == "JPEG" else _exact(image, eager=len(content) <= room)
        if 0 < len(exact) <= room:
            return Preview(exact, "image/png", *image.size)
        fitted, size = _fitted(image, room)
        return Preview(fitted, "image/jpeg", *size)

    return safely(work, name)


def make_thumbnail(content: bytes, kind: str, side: int) -> tuple[str, int, int]:
    """Draw the picture within *side* by *side*, as a data URI of a few thousand characters."""

    def work() -> tuple[str, int, int]:
        image = _small(content, kind, area=side * side)
        image.thumbnail((side, side))
        mime, small = "image/png", b"" if kind == "JPEG" else _exact(image, eager=False)
        for quality in (80, 60, 40, 20):
            if 0 < len(small) <= _THUMBNAIL:
                break
            mime, small = "image/jpeg", _jpeg(image, quality)
        return f"data:{mime};base64,{b64encode(small).decode()}", *image.size

    return safely(work, "the picture")


def encoded(image: "Image.Image") -> bytes:
    """Write a Pillow *image* upright and bare: as PNG, or as JPEG where that is over 3 MB."""

    def work() -> bytes:
        from PIL import ImageOps

        afford(image.width * image.height * 4)
        upright = ImageOps.exif_transpose(image)
        clear = upright.has_transparency_data
        plain = upright.convert("RGBA") if clear else _srgb(_flat(upright), upright)
        plain.info = {}
        out = io.BytesIO()
        plain.save(out, "PNG")
        return out.getvalue() if out.tell() <= LIMITS.size else _jpeg(_flat(plain), 90)

    return safely(work, "the picture")


def _small(content: bytes, kind: str, *, area: int) -> "Image.Image":
    """Decode the first frame upright, in sRGB, on white, at no less than twice *area*'s sides."""
    from PIL import Image

    image, _ = opened(content, kind, area=area)
    image.load()
    factor = max(1, int(math.sqrt(image.width * image.height / area) / 2))
    rows = max(1, 1_000_000 // (image.width * factor)) * factor
    size = -(-image.width // factor), -(-image.height // factor)
    small = Image.new(_flat(image.crop((0, 0, 1, 1))).mode, size)
    for top in range(0, image.height, rows):  # in strips: 100 MP of palette would be 400 MB of RGB
        strip = (0, top, image.width, min(top + rows, image.height))
        part = _flat(image.crop(strip)).reduce(factor)
        small.paste(part, (0, top // factor))
    small = _srgb(small, image)
    ways = [Image.Transpose(way) for way in (0, 3, 1, 5, 4, 6, 2)]
    turn = turned(image)
    return small if turn == 1 else small.transpose(ways[turn - 2])


def _flat(image: "Image.Image") -> "Image.Image":
    """Give eight bits a channel and no transparency, which becomes white."""
    from PIL import Image

    if image.mode in ("L", "RGB", "CMYK") and "transparency" not in image.info:
        return image
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if not image.has_transparency_data:
        return image.convert("L" if image.mode == "1" else "RGB")
    picture = image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(picture, mask=picture.getchannel("A"))
    return white


def _srgb(image: "Image.Image", source: "Image.Image") -> "Image.Image":
    """Convert from the colour profile that *source* carries; screens assume sRGB."""
    profile = source.info.get("icc_profile")
    image.info = {}
    if profile:
        with contextlib.suppress(Exception):  # a broken profile is as good as none
            from PIL import ImageCms

            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            wanted = ImageCms.createProfile("sRGB")
            changed = ImageCms.profileToProfile(image, given, wanted, outputMode="RGB")
            if changed is not None:
                changed.info = {}
                return changed.convert("L") if image.mode == "L" else changed
    return image.convert("RGB") if image.mode == "CMYK" else image


def _jpeg(image: "Image.Image", quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()


def _exact(image: "Image.Image", *, eager: bool) -> bytes:
    """Write PNG that loses nothing, if there are few colours or *eager*; else nothing."""
    from PIL import ImageChops

    colours = image.getcolors() if image.width * image.height <= 1_000_000 else None
    if colours is None and not eager:
        return b""
    if colours is not None and image.mode == "RGB":
        few = image.quantize(len(colours))
        if not ImageChops.difference(few.convert("RGB"), image).getbbox():
            image = few
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _fitted(image: "Image.Image", room: int) -> tuple[bytes, tuple[int, int]]:
    """
    Find the largest size at which fair quality fits into *room*, then the best quality there.

    Bytes grow with about the 1.55th power of the side, so two to four tries are enough.
    """
    from PIL.Image import Resampling

    def drawn(size: tuple[int, int]) -> "Image.Image":
        return image if size == image.size else image.resize(size, Resampling.LANCZOS)

    most = scaled(image.size, _AREA)
    size, tries = scaled(image.size, _AREA * 0.4), 0
    while True:
        content, tries = _jpeg(drawn(size), _QUALITY[0]), tries + 1
        fits = len(content) <= room
        if fits and (size == most or tries >= 6 or len(content) >= 0.94 * room):
            break
        area = size[0] * size[1] * (0.98 * room / len(content)) ** (2 / 1.55)
        size = min(most, scaled(image.size, area))
    if size == most:
        small, low, high = drawn(size), _QUALITY[0], _QUALITY[-1] + 1
        while high - low > 1:
            middle = (low + high) // 2
            better = _jpeg(small, middle)
            if len(better) <= room:
                low, content = middle, better
            else:
                high = middle
    return content, size
