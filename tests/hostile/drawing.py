"""Pictures drawn with Pillow, whose encoders are known to be sound."""

import io
from typing import Any

from PIL import Image

from .entry import Colour

CORNERS: tuple[Colour, Colour, Colour, Colour] = (
    (200, 40, 40),
    (40, 170, 60),
    (40, 60, 200),
    (230, 220, 60),
)
SIZE = (96, 64)


def quarters(size: tuple[int, int] = SIZE) -> Image.Image:
    """A picture with one of `CORNERS` in each, so that it can be seen which way is up."""
    small = Image.new("RGB", (2, 2))
    small.putdata(CORNERS)
    return small.resize(size, Image.Resampling.NEAREST)


def noise(size: tuple[int, int], sigma: float = 60) -> Image.Image:
    """Grain, which no encoder makes small; not the same in each run."""
    return Image.effect_noise(size, sigma)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def stored(orientation: int) -> Image.Image:
    """The `quarters` as a camera stores them that notes so: viewers turn it upright again."""
    ways = Image.Transpose
    undo = {
        2: ways.FLIP_LEFT_RIGHT,
        3: ways.ROTATE_180,
        4: ways.FLIP_TOP_BOTTOM,
        5: ways.TRANSPOSE,
        6: ways.ROTATE_90,
        7: ways.TRANSVERSE,
        8: ways.ROTATE_270,
    }
    image = quarters()
    return image.transpose(undo[orientation]) if orientation in undo else image
