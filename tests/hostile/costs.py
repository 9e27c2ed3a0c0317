"""
Ruling 9 once more, in own words, so that labels don't come from what they judge.

A picture is refused if decoding it, at the scale that is used, would take more than 160 MB. What
is open in that sentence is taken both ways: only where both agree there is a label.
"""

import math
from collections.abc import Sequence

from .entry import Verdict

LIMIT = 160_000_000
SCREEN = 800 * 600  # pixels that a decoder which reads JPEG at a half, quarter or eighth leaves


def of_png(width: int, height: int, *, depth: int = 8, colour: int = 2) -> Verdict:
    """Palettes, greys and bilevel at one byte; RGB at three or four; 16 bits at one or two each."""
    least, most = {0: (1, 1), 3: (1, 1), 4: (2, 4), 2: (3, 4), 6: (4, 4)}[colour]
    if depth == 16:
        most = max(most, 4)
    return _label(width * height * least, width * height * most)


def of_gif(width: int, height: int) -> Verdict:
    return _label(width * height, width * height)


def of_jpeg(
    width: int, height: int, factors: Sequence[tuple[int, int]], *, coefficients: bool = False
) -> Verdict:
    """
    Judge by the size at an eighth, or what of it still has `SCREEN` pixels.

    Args:
        coefficients: the file is progressive or has its components apart, so that all are held,
            with two bytes each, at full size.
    """
    scale = next((s for s in (8, 4, 2) if width * height >= s * s * SCREEN), 1)
    shown = math.ceil(width / scale) * math.ceil(height / scale)
    least, most = shown * len(factors) // 8, shown * 4 * 4
    if coefficients:
        widest = max(h * v for h, v in factors)
        held = 2 * width * height * sum(h * v for h, v in factors) // widest
        least, most = least + held, most + held * 11 // 10
    return _label(least, most)


def _label(least: int, most: int) -> Verdict:
    if least > LIMIT:
        return "refuse"
    return "accept" if most <= LIMIT else "either"
