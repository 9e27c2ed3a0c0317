"""Odd pictures: each may be shared, with the warning that it is named for."""

from ..images import ImageFile
from .files import drawn, read


def wrong_extension(size: int = 20_000) -> ImageFile:
    """A sound JPEG whose name says PNG."""
    return read(drawn(size), "parcel.png")
