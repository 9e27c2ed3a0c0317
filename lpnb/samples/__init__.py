"""
Sample pictures, drawn when asked for: good ones here, and bad and odd ones of every kind.

`samples.bad` has those that are refused, and `samples.odd` those that may be shared with a warning;
`BAD` and `ODD` are all of them by name. They show the same parcel, the same call gives the same
bytes, and most take the *size* that their file shall have, to the byte.
"""

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

from ..images import ImageFile
from . import bad, odd
from .files import ENDINGS, PLACE, Type, at_least, drawn, exif, read, saved
from .scene import BOX, SIZE, painted, polygon

__all__ = ["BAD", "ODD", "animation", "bad", "default", "drawing", "odd", "phone", "photo"]


@functools.cache
def default() -> ImageFile:
    """The picture that is shared when none is named: a parcel, 300,000 bytes of JPEG."""
    return photo()


def photo(
    size: int = 300_000,
    *,
    type: Type = "JPEG",
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
    content = drawn(size, type, seed=seed)
    return ImageFile.read(content, name=name or f"parcel.{ENDINGS[type]}", check=check)


def phone(size: int = 2_900_000) -> ImageFile:
    """A photo as phones take it, of 12 megapixels: stored turned, and telling when and where."""
    from PIL import Image, ImageFilter

    at_least(size, 300_000)  # at the worst quality

    def held_upright(image: Image.Image) -> Image.Image:
        left, width = image.width * 3 // 20, image.height * 3 // 4
        tall = image.crop((left, 0, left + width, image.height)).filter(ImageFilter.BoxBlur(1))
        return tall.transpose(Image.Transpose.ROTATE_90).resize((4032, 3024))

    when = "2025:11:22 10:31:07"
    camera = {0x829A: 0.01, 0x829D: 1.8, 0x8827: 80, 0x9003: when}  # exposure, aperture, ISO
    tags: dict[int, Any] = {0x010F: "Example", 0x0110: "Phone", 0x0112: 6, 0x0132: when}
    part = exif("JPEG", {**tags, 0x8769: camera, 0x8825: PLACE})
    return read(drawn(size, part=part, change=held_upright), "IMG_2041.jpg")


def drawing() -> ImageFile:
    """A PNG with a transparent background."""
    from PIL import Image

    cut, shape = painted().copy(), Image.new("L", SIZE)
    polygon(shape, BOX, 255)
    cut.putalpha(shape)
    cut = cut.crop((420, 480, 1490, 1600)).resize((535, 560))
    return read(saved(cut, "PNG"), "cut-out.png")


def animation() -> ImageFile:
    """A GIF that moves; agents may see its first frame only, hence a warning among its findings."""
    scene = painted().resize((320, 240))
    frames = [scene.rotate(turn).quantize(64) for turn in (0, 4, 0, -4)]
    content = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], loop=0)
    return read(content, "parcel.gif")


def _makers(module: ModuleType) -> dict[str, Callable[..., ImageFile]]:
    found = ((name, make) for name, make in vars(module).items() if name[0] != "_")
    return {
        name: make for name, make in found if getattr(make, "__module__", "") == module.__name__
    }


BAD = _makers(bad)
ODD = {"animation": animation, **_makers(odd)}
