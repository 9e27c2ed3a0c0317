"""Odd pictures: each may be shared, with the warning that it is named for."""

import io
import zipfile
from typing import Literal

from ..images import LIMITS, ImageFile
from .files import ENDINGS, PLACE, Type, chosen, drawn, exif, read

_UNSAFE = {
    "direction": "parcel-\u202egnp.jpg",  # looks like parcel-gpj.png
    "control": "parcel\x1b[2J.jpg",
    "path": "../../parcel.jpg",
}
_WAYS = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Pillow's numbers, to undo EXIF's
_PAGE = b"<!DOCTYPE html><title>Parcel</title><script>document.title = 'Hello'</script>\n"


def near_limit(*, type: Type = "JPEG") -> ImageFile:
    """A sound picture that is over 3 MB if a MB is 1,000,000 bytes, and not if it is 1,048,576."""
    return read(drawn(LIMITS.size + 1, type), f"near-limit.{ENDINGS[type]}")


def wrong_extension(size: int = 20_000) -> ImageFile:
    """A sound JPEG whose name says PNG."""
    return read(drawn(size), "parcel.png")


def wrong_declaration(size: int = 20_000) -> ImageFile:
    """A sound JPEG that a browser's file picker took for a PNG."""
    picked = {"name": "parcel.jpg", "type": "image/png", "content": drawn(size)}
    return ImageFile.read(picked, check=False)


def trailing_data(size: int = 50_000, *, type: Type = "JPEG") -> ImageFile:
    """A picture and what a form's upload left behind it."""
    tail = b"\r\n------FormBoundary7MA4YWxk--\r\n"
    return read(drawn(size, type, tail=tail), f"parcel.{ENDINGS[type]}")


def polyglot(
    size: int = 50_000, *, also: Literal["ZIP", "HTML"] = "ZIP", type: Type = "JPEG"
) -> ImageFile:
    """A picture that is an archive too, or a page with a script, for programs that look for one."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("note.txt"), "Nobody looks for me in a picture.\n")
    tail = chosen(also, {"ZIP": out.getvalue(), "HTML": _PAGE})
    return read(drawn(size, type, tail=tail), f"parcel.{ENDINGS[type]}")


def rotated(turn: int = 6, size: int = 50_000, *, type: Type = "JPEG") -> ImageFile:
    """
    A photo stored turned or mirrored, with EXIF's note of how to show it upright.

    Args:
        turn: EXIF's number from 1, which is upright, to 8; phones held upright write 6.
    """
    from PIL import Image

    way = chosen(turn, _WAYS)

    def stored(image: Image.Image) -> Image.Image:
        return image if way is None else image.transpose(Image.Transpose(way))

    content = drawn(size, type, part=exif(type, {0x0112: turn}), change=stored)
    return read(content, f"turned.{ENDINGS[type]}")


def cmyk(size: int = 100_000) -> ImageFile:
    """A JPEG in the four colours of print."""
    return read(drawn(size, change=lambda image: image.convert("CMYK")), "print.jpg")


def sixteen_bit(size: int = 100_000) -> ImageFile:
    """A grey PNG of 16 bits a pixel, as scanners write it."""
    from PIL import Image

    def fine(image: Image.Image) -> Image.Image:
        return image.convert("I").point(lambda value: value * 257).convert("I;16")

    return read(drawn(size, "PNG", change=fine), "scan.png")


def location(size: int = 100_000, *, type: Type = "JPEG") -> ImageFile:
    """A photo, as JPEG or PNG, that tells where it was taken."""
    return read(drawn(size, type, part=exif(type, {0x8825: PLACE})), f"home.{ENDINGS[type]}")


def personal(size: int = 100_000, *, type: Type = "JPEG") -> ImageFile:
    """A photo, as JPEG or PNG, that names who took it, whose camera it was and which."""
    camera = {0xA430: "Ada Example", 0xA431: "0042-1815"}  # owner, serial number
    part = exif(type, {0x013B: "Ada Example", 0x8769: camera})
    return read(drawn(size, type, part=part), f"signed.{ENDINGS[type]}")


def unsafe_name(
    size: int = 20_000, *, has: Literal["direction", "control", "path"] = "direction"
) -> ImageFile:
    """A sound JPEG whose name turns the direction of writing, controls a terminal, or is a path."""
    return read(drawn(size), chosen(has, _UNSAFE))


def odd_name(size: int = 20_000) -> ImageFile:
    """A sound JPEG whose name some systems refuse."""
    return read(drawn(size), 'Parcel: "front?".jpg')
