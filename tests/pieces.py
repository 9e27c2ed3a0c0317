"""Pieces of picture files, for tests that put them together wrongly."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

from lpnb.images.kinds import sniffed
from lpnb.images.parts import parts


def saved(image: Image.Image, type: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, type, **options)
    return out.getvalue()


def segment(marker: int, content: bytes) -> bytes:
    """A piece of JPEG."""
    return struct.pack(">BBH", 255, marker, len(content) + 2) + content


def chunk(name: bytes, content: bytes = b"") -> bytes:
    """A piece of PNG."""
    check = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + check


def header(width: int, height: int, depth: int = 8, colour: int = 2, *rest: int) -> bytes:
    """PNG's first chunk; *rest* are its three methods."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, *rest or (0, 0, 0)))


def png(*chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IEND")


def with_parts(content: bytes, *more: bytes) -> bytes:
    """The picture with *more* segments, chunks or blocks right behind its head."""
    kind = sniffed(content)
    head = {"JPEG": "SOI", "PNG": "IHDR", "GIF": "header"}[kind]
    at = next(part.end for part in parts(content, kind) if part.name == head)
    return content[:at] + b"".join(more) + content[at:]
