"""Sample pictures, drawn when asked for: good ones of any size, and deliberately bad ones."""

import functools
import io
import math
import random
import struct
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from .errors import InputError
from .images import LIMITS, ImageFile

if TYPE_CHECKING:
    from PIL import Image

_SMALLEST = {"JPEG": 3_000, "PNG": 6_000}  # bytes; below, nothing could be recognised


@functools.cache
def default() -> ImageFile:
    """The picture that is shared when none is named: a parcel, 300,000 bytes of JPEG."""
    return photo()


def photo(
    size: int = 300_000,
    *,
    type: Literal["JPEG", "PNG"] = "JPEG",
    seed: int = 1,
    name: str = "",
    check: bool = True,
) -> ImageFile:
    """
    Draw a parcel with its receipt on a desk, in a file of exactly *size* bytes.

    It is drawn as large and as grainy as fits; a comment fills the last few bytes. The same *seed*
    gives the same file.

    Raises:
        InputError: *size* is too small for a picture.
    """
    if type not in _SMALLEST or size < _SMALLEST[type]:
        wanted = " or ".join(f"{kind} from {least:,} bytes" for kind, least in _SMALLEST.items())
        raise InputError(f"no sample of type {type} has {size:,} bytes: ask for {wanted}")
    draw = _jpeg if type == "JPEG" else _png
    name = name or f"parcel.{'jpg' if type == 'JPEG' else 'png'}"
    return ImageFile.read(draw(size, seed), name=name, check=check)


def drawing() -> ImageFile:
    """A PNG with a transparent background."""
    from PIL import Image

    cut, shape = _scene().copy(), Image.new("L", _SIZE)
    _polygon(shape, _BOX, 255)
    cut.putalpha(shape)
    return _saved(cut.crop((420, 480, 1490, 1600)).resize((535, 560)), "PNG", "cut-out.png")


def animation() -> ImageFile:
    """A GIF that moves; agents may see its first frame only, hence a warning among its findings."""
    scene = _scene().resize((320, 240))
    frames = [scene.rotate(turn).quantize(64) for turn in (0, 4, 0, -4)]
    return _saved(frames[0], "GIF", "parcel.gif", save_all=True, append_images=frames[1:], loop=0)


def wrong_extension() -> ImageFile:
    """A sound JPEG whose name says PNG: a warning."""
    return photo(20_000, name="parcel.png")


def empty() -> ImageFile:
    """A file of no bytes."""
    return ImageFile.read(b"", name="empty.jpg", check=False)


def truncated() -> ImageFile:
    """A JPEG of which the last third is missing, as after a broken transfer."""
    return ImageFile.read(default().content[:200_000], name="broken.jpg", check=False)


def renamed_text() -> ImageFile:
    """A text whose name says PNG."""
    return ImageFile.read(b"This is a note, and no picture.\n", name="note.png", check=False)


def too_large() -> ImageFile:
    """A sound JPEG of one byte more than can be shared."""
    return photo(LIMITS.size_refused + 1, name="too-large.jpg", check=False)


BAD: dict[str, Callable[[], ImageFile]] = {
    "empty": empty,
    "renamed_text": renamed_text,
    "too_large": too_large,
    "truncated": truncated,
}


def _saved(image: "Image.Image", type: str, name: str, **options: Any) -> ImageFile:
    out = io.BytesIO()
    image.save(out, type, **options)
    return ImageFile.read(out.getvalue(), name=name)


def _grainy(area: float, grain: int, seed: int) -> "Image.Image":
    """The scene in about *area* pixels, each lighter or darker by up to half of *grain*."""
    from PIL import Image, ImageChops

    width = min(_SIZE[0], max(16, round(math.sqrt(area * 4 / 3))))
    size = (width, width * 3 // 4)
    chance = random.Random(seed)  # noqa: S311 - grain, no secret
    noise = Image.frombytes("L", size, chance.randbytes(size[0] * size[1]))
    noise = noise.point(lambda value: value * grain // 255)
    return ImageChops.add(_scene().resize(size), noise.convert("RGB"), offset=-grain // 2)


def _jpeg(size: int, seed: int) -> bytes:
    """Draw at two bits a pixel or so, then let quality and, at last, comments make up the size."""
    image = _grainy(size * 4, 14 + size // 30_000, seed)
    content = b""
    low, high = 1, 97
    while high - low > 1:
        quality, out = (low + high) // 2, io.BytesIO()
        image.save(out, "JPEG", quality=quality)
        if out.tell() == size or out.tell() <= size - 4:
            low, content = quality, out.getvalue()
        else:
            high = quality
    start, missing = 4 + int.from_bytes(content[4:6]), size - len(content)
    comments = b""
    while missing:
        part = missing if missing <= 65_537 else min(65_537, missing - 4)
        comments += struct.pack(">2sH", b"\xff\xfe", part - 2) + b" " * (part - 4)
        missing -= part
    return content[:start] + comments + content[start:]


def _png(size: int, seed: int) -> bytes:
    """Draw ever smaller until the file fits, then add a chunk that readers skip."""
    area, content = size / 1.35, b" " * size
    while len(content) > size - 12:
        out = io.BytesIO()
        _grainy(area, 12, seed).save(out, "PNG", compress_level=1)
        content, area = out.getvalue(), area * 0.99 * size / out.tell()
    body = b"lpNb" + b" " * (size - 12 - len(content))  # ancillary, private, safe to copy
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return content[:-12] + chunk + content[-12:]


_SIZE = (2400, 1800)
_BOX = ((460, 760), (950, 520), (1450, 700), (1430, 1270), (985, 1560), (480, 1290))
_TOP = (_BOX[0], _BOX[1], _BOX[2], (965, 980))
_FRONT = (_BOX[0], (965, 980), _BOX[4], _BOX[5])


def _polygon(image: "Image.Image", points: Any, fill: Any) -> None:
    from PIL import ImageDraw

    ImageDraw.Draw(image).polygon(points, fill=fill)


def _stick(image: "Image.Image", face: Any, box: tuple[float, ...], fill: str) -> None:
    """Fill *box*, left, top, right and bottom in shares of the *face* that it sticks to."""
    left, top, right, bottom = box
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    points = []
    for u, v in corners:
        shares = ((1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v)
        points.append(
            tuple(sum(w * at[k] for w, at in zip(shares, face, strict=True)) for k in (0, 1))
        )
    _polygon(image, points, fill)


@functools.cache
def _scene() -> "Image.Image":
    """Paint the picture once, large; every sample is drawn from it."""
    from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

    chance = random.Random(7)  # noqa: S311 - grain, no secret
    streaks = Image.frombytes("L", (6, 600), chance.randbytes(3_600)).resize(_SIZE)
    grain = Image.frombytes("L", (200, 900), chance.randbytes(180_000)).resize(_SIZE)
    desk = ImageOps.colorize(Image.blend(streaks, grain, 0.3), "#855230", "#c9935c")
    for y in (420, 960, 1480):
        ImageDraw.Draw(desk).line((0, y, 2400, y + 6), fill="#54301a", width=7)
    light = ImageOps.invert(Image.radial_gradient("L")).resize((4200, 3200))
    light = light.crop((1000, 700, 3400, 2500))
    scene = Image.composite(desk, Image.new("RGB", _SIZE, "#2c1a10"), light)

    note = Image.new("RGB", (520, 900), "#f7f4ec")
    pen = ImageDraw.Draw(note)
    pen.text((260, 80), "RECEIPT", "#333", ImageFont.load_default(64), anchor="mm")
    font = ImageFont.load_default(34)
    rows = (("Blue mug", "12.50"), ("Tea, 250 g", "8.90"), ("Gift box", "3.50"), ("Total", "24.90"))
    for y, (what, price) in zip((210, 290, 370, 500), rows, strict=True):
        pen.text((50, y), what, "#333", font)
        pen.text((470, y), price, "#333", font, anchor="ra")
    pen.line((50, 460, 470, 460), fill="#333", width=3)
    for x in range(60, 460, 8):
        pen.line((x, 660, x, 800), fill="#222", width=chance.choice((1, 3, 5)))
    turned = note.rotate(-9, expand=True, resample=Image.Resampling.BICUBIC)
    sheet = Image.new("L", note.size, 255).rotate(-9, expand=True)

    shade = Image.new("L", _SIZE)
    shade.paste(150, (1622, 500), sheet)
    _polygon(shade, [(430, 1270), (985, 1620), (1640, 1400), (1560, 1080)], 200)
    scene.paste("#150b05", mask=shade.filter(ImageFilter.GaussianBlur(26)))
    scene.paste(turned, (1600, 470), sheet)
    for face, colour in ((_TOP, "#dcb27c"), (_FRONT, "#bd8c55")):
        _polygon(scene, face, colour)
    _polygon(scene, (_TOP[3], *_BOX[2:5]), "#966837")
    _stick(scene, _TOP, (0, 0.42, 1, 0.58), "#c99a5e")
    _stick(scene, _FRONT, (0.1, 0.42, 0.68, 0.9), "#f4f1ea")
    for row, width in ((0.5, 0.5), (0.57, 0.62), (0.64, 0.42)):
        _stick(scene, _FRONT, (0.15, row, width, row + 0.025), "#777")
    for bar in range(24):
        left = 0.15 + bar * 0.02
        right = left + chance.choice((0.005, 0.009, 0.013))
        _stick(scene, _FRONT, (left, 0.72, right, 0.85), "#222")
    return scene
