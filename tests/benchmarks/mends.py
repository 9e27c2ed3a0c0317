"""What mending costs at most: CPU and memory on the largest pictures that are read at all."""

import json
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageChops

from lpnb.errors import ImageRefused
from lpnb.images import ImageFile
from lpnb.images.parts import parts
from tests.drawn import cut_out, exif, scene
from tests.pieces import saved

from .figures import Figure
from .forks import in_child, status

_SECONDS, _MEGABYTES = 2.0, 400
_READ = 64_000_000  # bytes; what has more is not read at all


def measure() -> list[Figure]:
    """Mend each in a process of its own."""
    Image.MAX_IMAGE_PIXELS = None
    found = []
    for name, make in _LARGE.items():
        seconds, megabytes, note = _measured(make)
        found.append(Figure(f"{name}: CPU", (seconds,), bar=_SECONDS, unit="s", note=note))
        found.append(Figure(f"{name}: memory", (megabytes,), bar=_MEGABYTES, unit="MB"))
    return found


def _photo(megapixels: float, grain: float = 0.1) -> Image.Image:
    """Something between a drawing and noise, as large as that."""
    width = round((megapixels * 1e6 * 4 / 3) ** 0.5)
    size = (width, round(width * 3 / 4))
    noise = Image.effect_noise(size, 60)
    bands = scene(800, 600).resize(size, Image.Resampling.BICUBIC).split()
    return Image.merge("RGB", [Image.blend(band, noise, grain) for band in bands])


def _animation(width: int, height: int, count: int) -> bytes:
    """A GIF of *count* frames, of which no two that follow each other have much in common."""
    frame = _photo(width * height / 1e6, 0.3).resize((width, height))
    turns = [frame, ImageChops.invert(frame), frame.transpose(Image.Transpose(0))]
    few = [each.quantize(128, Image.Quantize.FASTOCTREE) for each in turns]
    content = saved(few[0], "GIF", save_all=True, append_images=few[1:], duration=40, loop=0)
    places = [part.start for part in parts(content, "GIF")]
    start, more = content[: places[4]], content[places[4] : places[8]]
    times = min((count - 1) // 2, (_READ - len(start)) // len(more))
    return start + more * times + b";"


def _moving_png() -> bytes:
    frames = [_photo(1, 0.2).rotate(turn) for turn in range(16)]
    return saved(frames[0], "PNG", save_all=True, append_images=frames[1:])


_TURNED = {"exif": exif(6)}
_FAST = {"compress_level": 1, **_TURNED}
_LARGE: dict[str, Callable[[], bytes]] = {
    "JPEG, 39 MP": lambda: saved(_photo(39), "JPEG", quality=90, **_TURNED),
    "JPEG, 39 MP, that fits": lambda: saved(_photo(39, 0), "JPEG", quality=60, **_TURNED),
    "JPEG, 99 MP": lambda: saved(_photo(99), "JPEG", quality=80, **_TURNED),
    "JPEG, progressive, 39 MP": lambda: saved(
        _photo(39), "JPEG", quality=80, progressive=True, **_TURNED
    ),
    "JPEG of print, 39 MP": lambda: saved(_photo(39).convert("CMYK"), "JPEG", **_TURNED),
    "PNG, 39 MP": lambda: saved(_photo(39, 0.02), "PNG", **_FAST),
    "PNG, 39 MP, flat": lambda: saved(scene(7_200, 5_400), "PNG", **_FAST),
    "PNG, clear in parts, 39 MP": lambda: saved(cut_out(_photo(39, 0)), "PNG", **_FAST),
    "PNG of a palette, 99 MP": lambda: saved(
        _photo(99, 0).quantize(256, Image.Quantize.FASTOCTREE), "PNG", **_FAST
    ),
    "PNG, grey, 99 MP": lambda: saved(_photo(99, 0).convert("L"), "PNG", **_FAST),
    "PNG, moving": _moving_png,
    "GIF, 60 MB": lambda: _animation(1_000, 800, 75),
    "GIF, 115 MP": lambda: _animation(480, 480, 499),
    "GIF, 390 MP": lambda: _animation(1_000, 800, 485),
    "WEBP, 19 MP": lambda: saved(_photo(19), "WEBP", method=0, **_TURNED),
    "AVIF, 19 MP": lambda: saved(_photo(19), "AVIF", speed=10, **_TURNED),
    "TIFF, 39 MP": lambda: saved(_photo(39, 0.02), "TIFF", compression="tiff_deflate"),
    "BMP, 20 MP": lambda: saved(_photo(20), "BMP"),
}


def _measured(make: Callable[[], bytes]) -> tuple[float, float, str]:
    """The CPU seconds, the megabytes at the peak, and what came of what *make* makes."""
    content = in_child(make)
    return tuple(json.loads(in_child(lambda: _mended(content))))


def _mended(content: bytes) -> bytes:
    for kind in ("JPEG", "PNG", "GIF"):  # so that nothing is imported meanwhile
        ImageFile.read(saved(scene(), kind), name="../small").fixed()
    image = ImageFile.read(content, check=False)
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before, began = status("VmRSS"), time.process_time()
    try:
        after = image.fixed()
        pixels = "{} x {}".format(*after.pixels or (0, 0))
        note = f"{image.size:,} bytes became {after.type}, {pixels}, {after.size:,} bytes"
    except ImageRefused as error:
        note = str(error)
    seconds = time.process_time() - began
    return json.dumps((seconds, (status("VmHWM") - before) / 1e6, note)).encode()
