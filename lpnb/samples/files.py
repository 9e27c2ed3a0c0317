"""Files of exactly so many bytes: drawn as large as fits, and filled up with what readers skip."""

import bisect
import functools
import io
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from ..errors import InputError
from ..images import ImageFile
from .scene import grainy, painted

if TYPE_CHECKING:
    from PIL import Image

_K = TypeVar("_K")
_V = TypeVar("_V")
Type = Literal["JPEG", "PNG", "GIF"]
Change = Callable[["Image.Image"], "Image.Image"]
ENDINGS = {"JPEG": "jpg", "PNG": "png", "GIF": "gif"}
PLACE = {1: "N", 2: (52.0, 22.0, 26.4), 3: "E", 4: (4.0, 53.0, 22.2)}  # in EXIF: a bridge
SMALLEST = 1_000  # bytes; below, nothing could be recognised
_FILLER = 12  # bytes of the shortest


def read(content: bytes, name: str) -> ImageFile:
    """Make the sample of its bytes, whatever is wrong with them."""
    return ImageFile.read(content, name=name, check=False)


def saved(image: "Image.Image", type: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, type, **options)
    return out.getvalue()


def drawn(
    size: int,
    type: Type = "JPEG",
    *,
    seed: int = 1,
    part: bytes = b"",
    tail: bytes = b"",
    change: Change = lambda image: image,
) -> bytes:
    """
    Draw the scene in exactly *size* bytes, as large and as grainy as fits.

    Args:
        part: of the file, put before the pixels; *tail* comes behind the end. Both count.
        change: makes what is saved out of the grainy scene.
    """
    chosen(type, ENDINGS)
    at_least(size, 0)
    room = size - len(part) - len(tail)
    at_least(size, size - room + SMALLEST)
    content = (_jpeg if type == "JPEG" else _exact)(room - _FILLER, type, seed, change)
    return inserted(filled(content, type, room), type, part) + tail


def at_least(size: int, least: int) -> None:
    """Raise InputError if a sample can't be as small as *size*, or that is no number of bytes."""
    if not isinstance(size, int):
        raise InputError(f"a sample's size is a whole number of bytes, not {size!r}")
    if size < least:
        raise InputError(f"no such sample has {size:,} bytes: ask for {least:,} or more")


def chosen(wanted: _K, among: dict[_K, _V]) -> _V:
    """Look up what a sample is *wanted* with; InputError if there is no such thing *among* them."""
    if wanted not in among:
        raise InputError(f"no sample has {wanted!r}: ask for {', '.join(map(str, among))}")
    return among[wanted]


def filled(content: bytes, type: Type, size: int | None) -> bytes:
    """Bring a picture to *size* bytes, if any, with comments or a chunk that is skipped."""
    if size is None:
        return content
    at_least(size, len(content) + _FILLER)
    missing = size - len(content)
    if type == "PNG":  # ancillary, private, safe to copy
        part = chunk(b"lpNb", b" " * (missing - 12))
    elif type == "JPEG":
        part = b"".join(segment(0xFE, b" " * (n - 4)) for n in _split(missing, 4, 65_537))
    else:
        blocks = (bytes([n - 1]) + b" " * (n - 1) for n in _split(missing - 3, 2, 256))
        part = b"!\xfe" + b"".join(blocks) + b"\0"
    return inserted(content, type, part)


def inserted(content: bytes, type: Type, part: bytes) -> bytes:
    """Put *part* behind the header of a JPEG or PNG, or before the end of a GIF."""
    at = {"JPEG": 4 + int.from_bytes(content[4:6]), "PNG": 33}.get(type, len(content) - 1)
    return content[:at] + part + content[at:]


def segment(marker: int, body: bytes) -> bytes:
    """Wrap *body* as a JPEG does."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def chunk(name: bytes, body: bytes) -> bytes:
    """Wrap *body* as a PNG does."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def exif(type: Type, tags: dict[int, Any]) -> bytes:
    """Write EXIF's *tags* as a part of a JPEG or PNG."""
    from PIL import Image

    whole = Image.Exif()
    whole.update(tags)
    body = whole.tobytes()  # with the six bytes that only JPEG has before it
    return chosen(type, {"JPEG": segment(0xE1, body), "PNG": chunk(b"eXIf", body[6:])})


def _split(size: int, least: int, most: int) -> Iterator[int]:
    while size:
        part = size if size <= most else min(most, size - least)
        yield part
        size -= part


def _jpeg(most: int, type: Type, seed: int, change: Change) -> bytes:
    """Draw at two bits a pixel or so, and then in the best quality that fits."""
    image = change(grainy(most * 4, min(14 + most // 30_000, 200), seed))
    made = functools.cache(lambda quality: saved(image, type, quality=quality))
    fitting = bisect.bisect(range(1, 97), most, key=lambda quality: len(made(quality)))
    return made(max(1, fitting))


def _exact(most: int, type: Type, seed: int, change: Change) -> bytes:
    """Draw ever smaller until the file fits."""
    area, content = most / (0.69 if type == "GIF" else 1.4), b" " * (most + 1)
    palette = painted().resize((320, 240)).quantize(256)
    while len(content) > most:
        image = change(grainy(area, 12, seed))
        image = image.quantize(palette=palette) if type == "GIF" else image
        content = saved(image, type, compress_level=1)  # which GIF has not, and ignores
        area *= 0.99 * most / len(content)
    return content
