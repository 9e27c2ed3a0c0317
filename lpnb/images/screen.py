"""Turn any picture into what a screen shows: 8 bits a channel of sRGB, and nothing clear."""

import contextlib
import io
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from PIL import Image

_ALREADY = ("sRGB IEC61966-2.1", "sRGB built-in")  # profiles that need no conversion
_WHITE = (255, 255, 255)


def written(image: "Image.Image", kind: str, **options: Any) -> bytes:
    """Encode *image* as *kind*."""
    with _in_memory() as out:
        image.save(out, kind, **options)
        out.seek(0)
        return out.read()


def _in_memory() -> BinaryIO:
    """Open a file that is on no disk: Pillow lets other threads work only while it writes one."""
    try:
        return os.fdopen(os.memfd_create("picture"), "w+b")
    except (AttributeError, OSError):  # not everywhere there are such files
        return io.BytesIO()


def in_strips(
    image: "Image.Image", work: Callable[["Image.Image"], "Image.Image"], factor: int = 1
) -> "Image.Image":
    """Do *work*, and reduce by *factor*, strip by strip, as 100 MP of RGB at once are 400 MB."""
    from PIL import Image

    rows = max(1, 1_000_000 // (image.width * factor)) * factor
    size = -(-image.width // factor), -(-image.height // factor)
    small = Image.new(work(image.crop((0, 0, 1, 1))).mode, size)
    for top in range(0, image.height, rows):
        strip = (0, top, image.width, min(top + rows, image.height))
        small.paste(work(image.crop(strip)).reduce(factor), (0, top // factor))
    return small


def unturned(image: "Image.Image", turn: int) -> "Image.Image":
    """Undo *turn*, EXIF's number from 1 to 8 for how the picture is stored."""
    from PIL import Image

    ways = dict(zip(range(2, 9), (0, 3, 1, 5, 4, 6, 2), strict=True))
    return image.transpose(Image.Transpose(ways[turn])) if turn in ways else image


def flat(image: "Image.Image", backdrop: tuple[int, ...] = _WHITE) -> "Image.Image":
    """Give eight bits a channel and no transparency, behind which is the *backdrop*."""
    from PIL import Image

    if image.mode in ("L", "RGB", "CMYK") and "transparency" not in image.info:
        return image
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if not image.has_transparency_data:
        return image.convert("L" if image.mode == "1" else "RGB")
    picture = image.convert("RGBA")
    flat = Image.new("RGB", image.size, backdrop)
    flat.paste(picture, mask=picture.getchannel("A"))
    flat.info = image.info
    return flat


def srgb(image: "Image.Image") -> "Image.Image":
    """Convert from the colour profile that *image* carries, and drop it; screens assume sRGB."""
    profile, bare = image.info.get("icc_profile"), image.copy()
    bare.info = {}
    if profile:
        with contextlib.suppress(Exception):  # a broken profile is as good as none
            from PIL import ImageCms

            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if ImageCms.getProfileDescription(given).strip() in _ALREADY:
                return bare
            wanted = ImageCms.createProfile("sRGB")
            changed = ImageCms.profileToProfile(bare, given, wanted, outputMode="RGB")
            if changed is not None:
                changed.info = {}
                return changed.convert("L") if bare.mode == "L" else changed
    return bare.convert("RGB") if bare.mode == "CMYK" else bare


def on_screen(image: "Image.Image") -> "Image.Image":
    """Give sRGB of 8 bits a channel, and what is clear stays so; nothing else comes along."""
    if not image.has_transparency_data:
        return srgb(flat(image))
    clear = image.convert("RGBA")
    seen = srgb(clear.convert("RGB"))
    seen.putalpha(clear.getchannel("A"))
    return seen
