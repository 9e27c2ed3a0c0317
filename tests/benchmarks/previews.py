"""
Our previews beside those of the best simple recipe known, and of 100 fixed pixels.

How alike a preview is to its picture is SSIMULACRA2: the preview, enlarged bicubically, against
the picture upright, in sRGB and on white, both 800 pixels wide; 100 is the same, 70 good, 50 fair.
Scores are kept in the folder for temporary files: only what has changed is scored anew.
"""

import csv
import hashlib
import io
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PIL import Image

from lpnb import samples
from lpnb.images import ImageFile

from . import recipes
from .figures import Figure
from .forks import in_child, status

_CACHE = Path(tempfile.gettempdir()) / "lpnb-benchmark-previews"
_WIDTH = 800
_ROUNDS = 5  # of each contender's CPU, the least of which counts
_LIMIT = 30_000


def measure(*, pictures: Path | None = None, cost: bool = False) -> list[Figure]:
    """Judge the previews of all *pictures*, or of some that are drawn; or what they *cost*."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        contents, photos = _read(pictures) if pictures else _drawn()
        figures = _costs(contents) if cost else _looks(contents, photos)
    # Drawn ones are no measure of photos, so there only what must never be has a bar.
    free = () if pictures else (-1.0, 2.0)
    return [replace(one, bar=None) if one.bar in free else one for one in figures]


def _read(folder: Path) -> tuple[dict[str, bytes], set[str]]:
    """Read a folder; which are upright photos is in its ``manifest.csv``, or else all JPEG are."""
    contents = {
        path.name: path.read_bytes()
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".gif")
    }
    manifest = folder / "manifest.csv"
    if not manifest.exists():
        return contents, {name for name in contents if name.lower().endswith(("jpg", "jpeg"))}
    with manifest.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return contents, {row["name"] for row in rows if row["cls"] == "photo" and row["orient"] == "1"}


def _drawn() -> tuple[dict[str, bytes], set[str]]:
    """Draw a few of each kind: parcels with less grain than they come with, and what is odd."""
    whole = Image.open(io.BytesIO(samples.photo(3_000_000).content)).convert("RGB")
    photo = whole.reduce(2)
    noise = Image.effect_noise((900, 700), 60)
    stars = Image.effect_noise((1600, 900), 40).point(lambda value: max(0, value - 200) * 4)
    deep = noise.convert("I").point(lambda value: value * 256).convert("I;16")
    exif = Image.Exif()
    exif[0x0112] = 6
    contents = {
        "photo.jpg": _as(photo, "JPEG", quality=92),
        "phone.jpg": _as(photo.resize((4032, 3024)), "JPEG", quality=85),
        "close.jpg": _as(photo.crop((250, 350, 700, 700)), "JPEG", quality=90),
        "small.jpg": _as(whole.reduce(4), "JPEG", quality=90),
        "photo.png": _as(photo, "PNG"),
        "turned.jpg": _as(photo, "JPEG", exif=exif),
        "wide.jpg": _as(photo.resize((2400, 200)), "JPEG", quality=90),
        "cmyk.jpg": _as(photo.convert("CMYK"), "JPEG", quality=90),
        "noise.png": _as(noise, "PNG"),
        "stars.png": _as(stars, "PNG"),
        "deep.png": _as(deep, "PNG"),
        "palette.png": _as(photo.quantize(200), "PNG"),
        "cut-out.png": samples.drawing().content,
        "parcel.gif": samples.animation().content,
    }
    return contents, {"photo.jpg", "phone.jpg", "close.jpg", "small.jpg", "photo.png"}


def _as(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _ours(content: bytes) -> bytes:
    preview = ImageFile.read(content).preview()
    uri, image = preview.data_uri, Image.open(io.BytesIO(preview.content))
    right = len(uri) < _LIMIT and uri.startswith(f"data:{image.get_format_mimetype()};base64,")
    if not right or image.size != (preview.width, preview.height):
        raise AssertionError("the preview is too long, or not what it says")
    return preview.content


def _looks(contents: dict[str, bytes], photos: set[str]) -> list[Figure]:
    judge, scores = _Judge(), {}
    for name, content in contents.items():
        scores[name] = [
            judge.score(content, recipe(content))
            for recipe in (_ours, recipes.fitted, recipes.hundred_pixels)
        ]
        print(f"  {name:28}" + "".join(f"{score:8.1f}" for score in scores[name]), file=sys.stderr)
    upright = {name: scores[name] for name in scores if name in photos}
    figures = [
        figure
        for what, some in ((f"all {len(scores)}", scores), (f"{len(upright)} photos", upright))
        for figure in (
            Figure(f"mean of {what}", (_mean(some, 0),), unit="points"),
            Figure(f"the simple recipe's mean of {what}", (_mean(some, 1),), unit="points"),
            Figure(
                f"the simple recipe's mean less ours, {what}",
                (_mean(some, 1) - _mean(some, 0),),
                bar=-1.0,
                unit="points",
            ),
        )
    ]
    for rival, bar, i in (("the simple recipe", 3.0, 1), ("100 pixels", 0.0, 2)):
        worst = max(scores, key=lambda name: scores[name][i] - scores[name][0])
        behind = scores[worst][i] - scores[worst][0]
        figures.append(
            Figure(f"most behind {rival}", (behind,), bar=bar, unit="points", note=worst)
        )
    return figures


def _mean(scores: dict[str, list[float]], i: int) -> float:
    return statistics.mean(score[i] for score in scores.values())


class _Judge:
    """Score previews, and remember."""

    def __init__(self) -> None:
        _CACHE.mkdir(exist_ok=True)
        self._file = _CACHE / "scores.json"
        self._known = json.loads(self._file.read_text()) if self._file.exists() else {}

    def score(self, content: bytes, preview: bytes) -> float:
        """How alike the *preview* is to what *content* shows."""
        from ssimulacra2 import compute_ssimulacra2

        key = hashlib.sha256(content).hexdigest() + hashlib.sha256(preview).hexdigest()
        if key not in self._known:
            reference = _CACHE / f"{key[:64]}.png"
            if not reference.exists():
                _rendered(content).save(reference, compress_level=1)
            size = Image.open(reference).size
            shown = recipes.plain(Image.open(io.BytesIO(preview))).convert("RGB")
            enlarged = _as(shown.resize(size, Image.Resampling.BICUBIC), "PNG", compress_level=1)
            self._known[key] = float(compute_ssimulacra2(reference, io.BytesIO(enlarged)))
            self._file.write_text(json.dumps(self._known))
        return float(self._known[key])


def _rendered(content: bytes) -> Image.Image:
    whole = recipes.plain(Image.open(io.BytesIO(content))).convert("RGB")
    height = max(1, round(whole.height * _WIDTH / whole.width))
    ways = Image.Resampling
    return whole.resize((_WIDTH, height), ways.LANCZOS if whole.width > _WIDTH else ways.BICUBIC)


def _costs(contents: dict[str, bytes]) -> list[Figure]:
    """CPU beside doing each thing once, the answer being known; and the memory of large ones."""
    figures = []
    for number, (what, bar, _) in enumerate(_LARGE):
        run = [sys.executable, "-m", __name__, str(number)]  # in this process much memory is free
        grown = int(subprocess.check_output(run)) / 1e6
        figures.append(Figure(f"memory for {what}", (grown,), bar=bar, unit="MB"))
    ratios = {}
    for name, content in contents.items():
        image = ImageFile.read(content)
        preview = image.preview()
        if preview.mime == "image/jpeg":
            ours = _least(lambda image=image: _afresh(image).preview())
            known = Image.open(io.BytesIO(preview.content))
            ratios[name] = ours / _least(lambda c=content, k=known: _once(c, k))
            print(f"  {name:28}{ratios[name]:8.2f}", file=sys.stderr)
    mean = math.exp(statistics.mean(math.log(ratio) for ratio in ratios.values()))
    worst = max(ratios, key=lambda name: ratios[name])
    note = f"geometric mean of {len(ratios)}; most {ratios[worst]:.1f}, {worst}"
    return [Figure("CPU / decode, resize and encode once", (mean,), bar=2.0, note=note), *figures]


def _afresh(image: ImageFile) -> ImageFile:
    """The same picture, of which nothing is kept yet."""
    return ImageFile(image.name, image.type, image.content, image.pixels)


def _least(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def _once(content: bytes, known: Image.Image) -> bytes:
    """Decode as small as may be, resize and encode, with the size and the tables known."""
    image = Image.open(io.BytesIO(content))
    turned = image.getexif().get(0x0112, 1) >= 5
    size = known.size[::-1] if turned else known.size
    image.draft(None, size)
    image = image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")
    small = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return recipes.saved(small.convert(known.mode), qtables=known.quantization)


def _jpeg_of(width: int, height: int, quality: int) -> bytes:
    picture = Image.open(io.BytesIO(samples.photo(2_000_000).content)).convert("RGB")
    return _as(picture.resize((width, height)), "JPEG", quality=quality)


def _palette() -> bytes:
    tile = Image.radial_gradient("L").convert("P")
    wide = Image.new("P", (10_000, 10_000))
    wide.putpalette([value for i in range(256) for value in (i, 255 - i, i // 2)])
    for top in range(0, 10_000, 256):
        for left in range(0, 10_000, 256):
            wide.paste(tile, (left, top))
    return _as(wide, "PNG")


_LARGE: tuple[tuple[str, float, Callable[[], bytes]], ...] = (
    ("a JPEG of 12 MP", 32, lambda: _jpeg_of(4000, 3000, 85)),
    ("a JPEG of 100 MP", 48, lambda: _jpeg_of(11_547, 8_660, 40)),
    ("a palette PNG of 100 MP", 128, _palette),
)


def _growth(content: bytes) -> int:
    """By how many bytes the process grows, at its peak, while it makes a preview."""
    image = ImageFile(name="large", type="", content=content)
    for kind in ("JPEG", "PNG"):  # so that nothing is imported meanwhile
        ImageFile.read(_as(Image.effect_noise((160, 160), 90), kind)).preview()
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before = status("VmRSS")
    image.preview()
    return status("VmHWM") - before


if __name__ == "__main__":
    print(_growth(in_child(_LARGE[int(sys.argv[1])][2])))
