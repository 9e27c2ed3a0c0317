"""What must hold of a preview, looked at with no help of lpnb's."""

import base64
import io
from typing import Any

from PIL import Image, ImageStat

from .entry import Colour, Entry

_LIMIT = 30_000
_JPEG_PARTS = {0xDB, 0xC4, 0xDA, 0xDD, 0xC0, 0xC1, 0xC2}  # tables, scans, and frames
_IN_SCAN = {0, 0xFF, *range(0xD0, 0xD8)}  # after 0xFF: stuffing, fill and restarts
_PNG_PARTS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_FAR = 45  # of 255: JPEG and few colours change them a little, another corner much more


def faults(preview: Any, entry: Entry) -> list[str]:
    """What is wrong with *preview*, made of *entry*; nothing, if all is well."""
    found, content = [], preview.content
    header = f"data:{preview.mime};base64,"
    if len(preview.data_uri) >= _LIMIT:
        found.append(f"the preview has {len(preview.data_uri)} characters")
    if preview.data_uri != header + base64.b64encode(content).decode():
        found.append("the data URI is not the preview's bytes")
    found += [f"the preview has a {part}" for part in strangers(content)]
    found += [f"the preview tells {needle!r}" for needle in entry.needles if needle in content]
    image = Image.open(io.BytesIO(content), formats=["JPEG", "PNG"])
    image.load()
    if image.get_format_mimetype() != preview.mime:
        found.append(f"the preview is {image.get_format_mimetype()}, not {preview.mime}")
    if image.size != (preview.width, preview.height):
        found.append(f"the preview has {image.size} pixels, not what it says")
    if entry.size and not same_shape(image.size, entry.size):
        found.append(f"the preview is {image.size}, the picture upright {entry.size}")
    if entry.corners and (far := _far(image.convert("RGB"), entry.corners)):
        found.append(f"corners of the preview are off by {far}")
    return found


def strangers(content: bytes) -> list[str]:
    """Name the parts that a picture can do without: everything that could tell something."""
    return [f"{marker:02X}" for marker in _markers(content)] + [
        name.decode("latin-1") for name in _chunks(content)
    ]


def _markers(content: bytes) -> list[int]:
    if not content.startswith(b"\xff\xd8"):
        return []
    found, at = [], 2
    while at < len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if marker == 0xFF:  # a fill byte says nothing
            at += 1
            continue
        if marker == 0xD9:
            return found if at + 2 == len(content) else [*found, 0xD9]
        jfif = marker == 0xE0 and content[at + 4 : at + 9] == b"JFIF\0" and length == 16
        if marker not in _JPEG_PARTS and not jfif:
            found.append(marker)
        at += 2 + length
        if marker == 0xDA:
            while content[at] != 0xFF or content[at + 1] in _IN_SCAN:
                at += 1
    return [*found, 0]


def _chunks(content: bytes) -> list[bytes]:
    if not content.startswith(b"\x89PNG"):
        return []
    found, at = [], 8
    while at < len(content):
        name = content[at + 4 : at + 8]
        at += 12 + int.from_bytes(content[at : at + 4], "big")
        if name not in _PNG_PARTS:
            found.append(name)
        if name == b"IEND":
            break
    return found if at == len(content) else [*found, b"tail"]


def same_shape(size: tuple[int, int], upright: tuple[int, int]) -> bool:
    """Whether both are equally wide for their height, as well as whole pixels can be."""
    (width, height), (full, tall) = size, upright
    if width > full or height > tall:
        return False
    return abs(width - height * full / tall) <= max(1.0, full / tall) or abs(
        height - width * tall / full
    ) <= max(1.0, tall / full)


def _far(image: Image.Image, corners: tuple[Colour, ...]) -> list[tuple[int, ...]]:
    wide, high = image.width // 4, image.height // 4
    right, below = image.width - wide, image.height - high
    found = []
    for (left, top), wanted in zip(
        ((0, 0), (right, 0), (0, below), (right, below)), corners, strict=True
    ):
        mean = ImageStat.Stat(image.crop((left, top, left + wide, top + high))).mean
        off = tuple(round(abs(one - other)) for one, other in zip(mean, wanted, strict=True))
        if max(off) > _FAR:
            found.append(off)
    return found
