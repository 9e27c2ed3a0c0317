"""Bad pictures: the service, or safety, refuses them."""

import re
import struct
import zlib

from ..images import LIMITS, ImageFile
from .files import ENDINGS, SMALLEST, Type, at_least, chunk, drawn, filled, read, saved
from .scene import FACES, painted

_PNG = b"\x89PNG\r\n\x1a\n"


def empty() -> ImageFile:
    """A file of no bytes, as a transfer leaves that never began."""
    return read(b"", "empty.jpg")


def too_large(size: int = LIMITS.size_refused + 1, *, type: Type = "JPEG") -> ImageFile:
    """A sound picture of one byte more than can be shared, or of as many as you like."""
    at_least(size, LIMITS.size_refused + 1)
    return read(drawn(size, type), f"too-large.{ENDINGS[type]}")


def renamed_text(size: int | None = None) -> ImageFile:
    """A text whose name says PNG."""
    text = b"This is a note, and no picture.\n"
    return read(_stretched(text, size, b"\n"), "note.png")


def renamed_pdf(size: int | None = None) -> ImageFile:
    """A scanned page in a PDF whose name says JPEG."""
    page = painted().resize((800, 600))
    content = saved(page, "PDF", title="Parcel", creationDate=None, modDate=None)
    return read(_stretched(content, size, b"\n"), "scan.jpg")


def renamed_webp(size: int | None = None) -> ImageFile:
    """A picture from a web page: WEBP, whose name says JPEG."""
    content = saved(painted().resize((800, 600)), "WEBP")
    return read(_stretched(content, size, b"\0"), "download.jpg")


def renamed_heic(size: int | None = None) -> ImageFile:
    """What looks like a phone's HEIC file, from its first bytes on; its name says JPEG."""
    content = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\0mdat" + drawn(50_000)
    return read(_stretched(content, size, b"\0"), "IMG_2041.jpg")


def renamed_svg(size: int | None = None) -> ImageFile:
    """A drawing of lines, an SVG, whose name says PNG."""
    content = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2400 1800">\n'
    for face, colour in FACES:
        points = " ".join(f"{x},{y}" for x, y in face)
        content += f'<polygon fill="{colour}" points="{points}"/>\n'.encode()
    return read(_stretched(content + b"</svg>\n", size, b"\n"), "parcel.png")


def truncated(size: int = 200_000, *, type: Type = "JPEG") -> ImageFile:
    """A picture of which the last third is missing, as after a broken transfer."""
    at_least(size, SMALLEST)
    return read(drawn(size * 3 // 2, type)[:size], f"broken.{ENDINGS[type]}")


def corrupt(size: int = 200_000, *, type: Type = "JPEG") -> ImageFile:
    """A picture of which 256 bytes are zeros, as from a memory card that fails."""
    content = drawn(size, type)
    at = content.index(b"\xff\xc4") + 4 if type == "JPEG" else size // 2  # Huffman tables
    return read(content[:at] + bytes(256) + content[at + 256 :], f"damaged.{ENDINGS[type]}")


def wrong_checksum(size: int = 200_000) -> ImageFile:
    """A PNG that many programs show, though its checksum says that it is damaged."""
    content = bytearray(drawn(size, "PNG"))
    at = content.index(b"IDAT")
    content[at + 4 + int.from_bytes(content[at - 4 : at])] ^= 1
    return read(bytes(content), "damaged.png")


def decompression_bomb(size: int = 20_000) -> ImageFile:
    """A small PNG whose header claims 2,500 megapixels: 7.5 GB, for a program that believes it."""
    content = drawn(size, "PNG")
    header = struct.pack(">II", 50_000, 50_000) + content[24:29]
    return read(_PNG + chunk(b"IHDR", header) + content[33:], "parcel.png")


def too_many_pixels(size: int | None = None) -> ImageFile:
    """A sound PNG of 48 megapixels, which would take 192 MB to decode."""
    small = painted().resize((800, 600)).quantize(64).convert("RGB")
    same = (b"\2" + bytes(24_000)) * 9  # lines like the one above them, in PNG's words
    deflate, data = zlib.compressobj(1), []
    for y in range(600):
        row = small.crop((0, y, 800, y + 1)).resize((8_000, 1), 0)
        data.append(deflate.compress(b"\0" + row.tobytes() + same))
    data.append(deflate.flush())
    header = struct.pack(">IIBBBBB", 8_000, 6_000, 8, 2, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", b"".join(data)) + chunk(b"IEND", b"")
    return read(filled(_PNG + chunks, "PNG", size), "poster.png")


def too_many_frames(size: int | None = None) -> ImageFile:
    """A GIF of 501 frames: a light that blinks beside the parcel."""
    off = painted().resize((320, 240)).quantize(64)
    on = off.copy()
    on.paste(0, (20, 20, 28, 28))
    frames = saved(off, "GIF", save_all=True, append_images=[on, off], duration=100, loop=0)
    end = frames.rindex(b"!\xf9\4")
    start = frames.rindex(b"!\xf9\4", 0, end)  # of the second frame; the third differs as little
    content = frames[:start] + frames[start:-1] * 250 + frames[-1:]
    return read(filled(content, "GIF", size), "blinking.gif")


def too_many_scans(size: int | None = None) -> ImageFile:
    """A progressive JPEG that refines one scan over and over: each costs another pass."""
    content = saved(painted().resize((640, 480)), "JPEG", progressive=True)
    scan = min(re.findall(rb"\xff\xda.*?(?=\xff[^\0])", content, re.DOTALL), key=len)
    at = content.index(scan)
    return read(filled(content[:at] + scan * 120 + content[at:], "JPEG", size), "scans.jpg")


def metadata_bomb(size: int = 100_000) -> ImageFile:
    """A PNG with a few KB of compressed text that unpacks to 40 MB."""
    text = zlib.compressobj(9)
    packed = b"".join(text.compress(b" " * 1_000_000) for _ in range(40)) + text.flush()
    part = chunk(b"zTXt", b"Comment\0\0" + packed)
    return read(drawn(size, "PNG", part=part), "parcel.png")


def _stretched(content: bytes, size: int | None, skipped: bytes) -> bytes:
    """Bring what is no picture to *size* bytes, by what its readers skip at the end."""
    at_least(len(content) if size is None else size, len(content))
    return content.ljust(size or 0, skipped)
