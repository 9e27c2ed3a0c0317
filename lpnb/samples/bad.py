"""Bad pictures: the service, or safety, refuses them."""

from ..images import LIMITS, ImageFile
from .files import ENDINGS, SMALLEST, Type, at_least, drawn, read


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


def truncated(size: int = 200_000, *, type: Type = "JPEG") -> ImageFile:
    """A picture of which the last third is missing, as after a broken transfer."""
    at_least(size, SMALLEST)
    return read(drawn(size * 3 // 2, type)[:size], f"broken.{ENDINGS[type]}")


def _stretched(content: bytes, size: int | None, skipped: bytes) -> bytes:
    """Bring what is no picture to *size* bytes, by what its readers skip at the end."""
    at_least(len(content) if size is None else size, len(content))
    return content.ljust(size or 0, skipped)
