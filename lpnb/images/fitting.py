"""Find the JPEG that looks best in so many bytes: small and fine, or large and coarse."""

import io
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from .screen import written

if TYPE_CHECKING:
    from PIL import Image

# JPEG rounds the mean of each block to a step, and each higher frequency to a coarser one: here by
# 22 % more for each place across or down. No other table looked better at a preview's few bits, not
# even with one of its own for colour.
_COARSER = [1.22 ** (i // 8 + i % 8) for i in range(64)]
_FINEST, _USUAL, _COARSEST = 0.5, 6.0, 255.0  # steps
_BYTES_TO_STEP = 1.5  # bytes shrink with the 1/1.5th power of the step
_SIDE_TO_BYTES = 1.55  # and grow with this power of the side
_PLAIN = 1.055  # bytes of a quick JPEG to those of a finished one
_APART = 1.5  # the ratio of the two scales that are tried
_BEND = 2.5  # how the losses of scales bend, by their logarithm: much the same for all pictures
_AREA, _WIDE, _HIGH, _LONG = 800 * 600, 800, 400, 10_000  # pixels of the largest preview


def largest(size: tuple[int, int]) -> tuple[int, int]:
    """
    Give the size of the largest preview worth having of a picture of *size*.

    An area, so that tall and wide pictures get their share, and no wider than 800 pixels unless
    the height would suffer.
    """
    width, height = size
    by_area = math.sqrt(_AREA / (width * height))
    by_side = max(_WIDE / width, _HIGH / height)
    return _resized(size, min(1.0, by_area, by_side, _LONG / max(size)))


def fitted(
    image: "Image.Image", room: int, finish: Callable[["Image.Image"], "Image.Image"]
) -> tuple[bytes, tuple[int, int]]:
    """
    Write *image* as the best looking JPEG of at most *room* bytes; gives its size too.

    Args:
        finish: what is left to do when the size is known.
    """
    from PIL.Image import Resampling

    most = largest(image.size)
    scale, step = _balance(image, most, room)
    while True:
        size = _resized(most, scale)
        small = image if size == image.size else image.resize(size, Resampling.LANCZOS, None, 2.0)
        content = _filled(finish(small), step, room)
        if content:
            return content, size
        scale /= 2


def _balance(image: "Image.Image", most: tuple[int, int], room: int) -> tuple[float, float]:
    """
    Find the scale, a share of *most*, that looks best, and about the step that fills *room* there.

    Two scales are tried, in grey, which is cheap: drawn, coded to their share of the room, enlarged
    again and held against what they were. How much better one looks says where the best lies.
    """
    from PIL import Image

    grey = image.convert("L")
    grey = grey if grey.size == most else grey.resize(most, Image.Resampling.HAMMING)
    pilot = image.reduce(max(1, round(2.5 * image.width / most[0])))  # for a rough idea
    whole = len(_quick(pilot, _USUAL).getvalue())
    aim = _PLAIN * room * len(_quick(pilot.convert("L"), _USUAL).getvalue()) / whole
    middle = pilot.width / most[0] * (_PLAIN * room / whole) ** (1 / _SIDE_TO_BYTES)
    if middle > 1.6:  # there is room for all, and finely
        return 1.0, _near(_USUAL * middle ** (-_SIDE_TO_BYTES * _BYTES_TO_STEP))
    middle = min(middle, 1 / _APART**0.5)
    smaller, larger = middle / _APART**0.5, middle * _APART**0.5
    fine, loss = _tried(grey, smaller, _USUAL / 1.6, aim)
    coarse, other = _tried(grey, larger, _USUAL * 1.6, aim)
    shift = (loss - other) / _BEND / math.log(_APART)
    scale = min(1.0, middle * math.exp(min(0.5, max(-0.5, shift))))
    growth = math.log(coarse / fine) / math.log(_APART)
    return scale, _near(fine * (scale / smaller) ** growth)


def _tried(grey: "Image.Image", scale: float, step: float, aim: float) -> tuple[float, float]:
    """Code *grey* to *aim* bytes at that *scale*; gives the step it took, and how bad it looks."""
    from PIL import Image, ImageChops

    size = _resized(grey.size, scale)
    small = grey if size == grey.size else grey.resize(size, Image.Resampling.HAMMING)
    for _ in range(3):
        coded = _quick(small, step)
        excess = len(coded.getvalue()) / aim
        if 0.96 < excess < 1.04:
            break
        step = _near(step * excess**_BYTES_TO_STEP)
    with Image.open(coded) as found:
        seen = found.resize(grey.size, Image.Resampling.BICUBIC)
    counts = ImageChops.difference(seen, grey).histogram()
    apart = sum(by * count for by, count in enumerate(counts)) / sum(counts)
    # The mean difference is too lenient to blur and to noise, which come with unusual steps.
    return step, math.log(apart + 0.01) + 0.15 * math.log(step / _USUAL) ** 2


def _filled(image: "Image.Image", step: float, room: int) -> bytes:
    """Code *image* as finely as fits, starting from *step*; nothing if none does."""
    step = _near(step * (len(_quick(image, step).getvalue()) / (_PLAIN * room)) ** _BYTES_TO_STEP)
    content, fits, over, power, before = b"", 0.0, 0.0, _BYTES_TO_STEP, (0.0, 0)
    for _ in range(10):
        coded = _finished(image, step)
        if len(coded) <= room:
            content, fits = coded, step
        else:
            over = step
        near = len(content) >= 0.985 * room or fits == _FINEST or over > 0.97 * fits
        if (content and near) or over >= _COARSEST:
            break
        if before[1] not in (0, len(coded)):  # two points tell the power for this picture
            power = math.log(before[0] / step) / math.log(len(coded) / before[1])
            power = min(4.0, max(0.5, power))
        before = step, len(coded)
        step = _near(step * (len(coded) / (0.993 * room)) ** power)
    return content


def _near(step: float) -> float:
    return min(_COARSEST, max(_FINEST, step))


def _resized(size: tuple[int, int], scale: float) -> tuple[int, int]:
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _table(step: float) -> list[int]:
    return [min(255, max(1, round(step * coarser))) for coarser in _COARSER]


def _quick(image: "Image.Image", step: float) -> io.BytesIO:
    out = io.BytesIO()
    image.save(out, "JPEG", qtables=[_table(step)])
    return out


def _finished(image: "Image.Image", step: float) -> bytes:
    return written(image, "JPEG", qtables=[_table(step)], optimize=True, progressive=True)
