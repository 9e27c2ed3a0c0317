"""Write a picture in so many bytes, however large it was: the best looking one that fits."""

import contextlib
import math
from bisect import bisect_left
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .screen import unturned, written

if TYPE_CHECKING:
    from PIL import Image

_PILOT = 600_000  # pixels that tell how many bytes the whole will have
_TILE = 128  # pixels a side, at most, of the pieces that these come from
_BEST, _LEAST = 95, 75  # qualities; below, fewer pixels look better than coarser ones
_GOOD = 92  # the quality of what was no JPEG, and need not become a large one
_PHOTO = 2.0  # times what it takes as such a JPEG, a photo takes as PNG at least
_QUICK = 3  # level of zlib, at which photos pack as well as at the usual 6, and far faster
_WIDEST = 65_500  # pixels across or down that a JPEG may have
_HELD = 16_000_000  # pixels that there is memory, and time, to code in the best way
_SEEN = 100_000_000  # pixels of all frames that there is time to decode
_DRAWN = 16_000_000  # and to draw anew
_SHADES = 100_000  # pixels that an animation's colours are chosen from


def is_photo(image: "Image.Image") -> bool:
    """Tell a photo, which is large as PNG, from a drawing."""
    pilot, _ = _pilot(image)
    fine = len(written(pilot.convert("RGB"), "JPEG", quality=_GOOD))
    return len(written(pilot, "PNG", compress_level=_QUICK)) > _PHOTO * fine


def as_jpeg(
    image: "Image.Image", room: int, *, sampling: int | None = None, tables: Any = ()
) -> tuple[bytes, str]:
    """
    Write a JPEG of at most *room* bytes with as many pixels as fit at a good quality.

    Args:
        sampling: of colour, as Pillow counts; None is what fits a picture of that size.
        tables: those of the JPEG that *image* comes from: what they left is best kept by them.

    Returns:
        the bytes, and in words how fine they are.
    """
    pilot, share = _pilot(image)
    area, most = image.width * image.height, min(1.0, _WIDEST / max(image.size))
    qualities = range(_BEST if tables else _GOOD, _LEAST - 1, -1)
    if sampling is None:
        sampling = 0 if area <= _HELD else 2

    def coded(image: "Image.Image", scale: float, **options: Any) -> bytes:
        few = area * scale**2 <= _HELD
        scaled = _scaled(image, scale)
        plain = written(scaled, "JPEG", subsampling=sampling, **options)
        if (few or scale == 1) and len(plain) < 1.1 * scaled.width * scaled.height:
            options |= {"subsampling": sampling, "progressive": few, "optimize": True}
            # Pillow gives better coding room for a byte a pixel, and noise may take more
            with contextlib.suppress(OSError):
                return written(scaled, "JPEG", **options)
        return plain

    def size(scale: float, **options: Any) -> float:
        return share * len(coded(pilot, scale, **options))

    while True:
        scale, words, options = most, "of the same quality", {"qtables": tables}
        if not tables or size(most, qtables=tables) > room:
            n = bisect_left(qualities, -float(room), key=lambda n: -size(most, quality=n))
            quality = qualities[min(n, len(qualities) - 1)]
            words, options = f"of quality {quality}", {"quality": quality}
            if n == len(qualities):
                scale = _fitting(lambda scale: size(scale, quality=_LEAST), room, most)
        content = coded(image, scale, **options)
        if len(content) <= room:
            return content, words
        share *= 1.02 * max(1, len(content) / size(scale, **options))


def as_png(image: "Image.Image", room: int, *, shrink: bool = False) -> bytes:
    """Write a PNG of at most *room* bytes; nothing if it has more, unless it may *shrink*."""
    pilot, share = _pilot(image)
    level = _QUICK if shrink or image.width * image.height > _HELD else 6

    def size(scale: float) -> float:
        return share * len(written(_scaled(pilot, scale), "PNG", compress_level=level))

    if not shrink and size(1.0) > 1.1 * room:
        return b""
    scale = _fitting(size, room, 1.0) if shrink else 1.0
    while True:
        content = written(_scaled(image, scale), "PNG", compress_level=level)
        if len(content) <= room or not shrink:
            return content if len(content) <= room else b""
        scale *= 0.97 * math.sqrt(room / len(content))


def as_animation(
    image: "Image.Image", kind: str, before: int, room: int, turn: int
) -> tuple[bytes, int]:
    """
    Draw an animation of *before* bytes anew, all frames ever smaller until they fit in *room*.

    Of very many frames every second is left out, and the one before it stays for longer.

    Returns:
        the bytes, none if decoding would take too long; and the number of frames.
    """
    count, area = getattr(image, "n_frames", 1), image.width * image.height
    every = math.ceil(2 * count * area / _SEEN)
    if every > 2:
        return b"", 1
    kept = ("loop", "icc_profile")
    options: dict[str, Any] = {key: image.info[key] for key in kept if key in image.info}
    scale = min(1.0, math.sqrt(room / before), math.sqrt(_DRAWN * every / (count * area)))
    frames: list[Image.Image] = []
    shown: list[float] = []  # milliseconds
    for n in range(count):
        image.seek(n)
        image.load()
        if n % every:
            shown[-1] += image.info.get("duration", 0)
            continue
        frames.append(unturned(_scaled(image.convert("RGBA"), scale), turn))
        shown.append(image.info.get("duration", 0))
    if all(frame.getchannel("A").getextrema() == (255, 255) for frame in frames):
        frames = [frame.convert("RGB") for frame in frames]
    if kind == "GIF":  # what is clear shows what was before, unless that is taken away
        options |= {"disposal": 2} if frames[0].mode == "RGBA" else {"optimize": True}
    while True:
        drawn = _of_few_colours(frames) if kind == "GIF" else frames
        options |= {"append_images": drawn[1:], "duration": shown, "save_all": True}
        content = written(drawn[0], kind, **options)
        if len(content) <= room:
            return content, len(frames)
        scale = min(0.95, math.sqrt(room / len(content)))
        frames = [_scaled(frame, scale) for frame in frames]


def _of_few_colours(frames: "list[Image.Image]") -> "list[Image.Image]":
    """Reduce all to one palette, so that what stands still takes no bytes."""
    from PIL import Image

    if frames[0].mode == "RGBA":  # Pillow gives each a palette, if every pixel is clear or not
        for frame in frames:
            frame.putalpha(frame.getchannel("A").point([0] * 128 + [255] * 128))
        return frames
    some = frames[:: -(-len(frames) // 8)]
    apart = math.ceil(math.sqrt(len(some) * frames[0].width * frames[0].height / _SHADES))
    size = -(-frames[0].width // apart), -(-frames[0].height // apart)
    sheet = Image.new("RGB", (size[0], size[1] * len(some)))
    for n, frame in enumerate(some):
        sheet.paste(frame.resize(size, Image.Resampling.NEAREST), (0, n * size[1]))
    palette = sheet.quantize(255)  # the 256th is for what has not changed
    return [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]


def _pilot(image: "Image.Image") -> "tuple[Image.Image, float]":
    """Take tiles out of all of a large *image*, and say how many times larger it is."""
    area = image.width * image.height
    if area <= 1.5 * _PILOT:
        return image, 1.0
    wide, high = min(_TILE, image.width), min(_TILE, image.height)
    apart = math.sqrt(area / _PILOT)
    lefts = range(0, image.width - wide + 1, int(wide * apart))
    tops = range(0, image.height - high + 1, int(high * apart))
    sheet = image.crop((0, 0, wide * len(lefts), high * len(tops)))
    for row, top in enumerate(tops):
        for column, left in enumerate(lefts):
            tile = image.crop((left, top, left + wide, top + high))
            sheet.paste(tile, (column * wide, row * high))
    return sheet, area / (sheet.width * sheet.height)


def _fitting(size: Callable[[float], float], room: float, most: float) -> float:
    """Find the scale, *most* at most, at which *size* comes near *room*."""
    scale = most
    for _ in range(8):
        found = size(scale)
        if found <= room and (scale == most or found > 0.92 * room):
            break
        scale = min(most, scale * (0.96 * room / found) ** 0.55)
    return scale


def _scaled(image: "Image.Image", scale: float) -> "Image.Image":
    """Resize in bands, as Pillow holds one more picture of half the size meanwhile."""
    from PIL import Image

    width, height = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    if (width, height) == image.size:
        return image
    done, rows = Image.new(image.mode, (width, height)), max(1, 4_000_000 // width)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        box = (0, top * image.height / height, image.width, bottom * image.height / height)
        band = image.resize((width, bottom - top), Image.Resampling.HAMMING, box)
        done.paste(band, (0, top))
    return done
