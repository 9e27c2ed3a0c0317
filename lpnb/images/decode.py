"""Open a picture that nobody vouches for: one decoder, a bounded cost, one kind of error."""

import contextlib
import io
import math
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from .claims import Claims, Refusal, claimed, unpacked
from .limits import LIMITS, refused
from .parts import Corrupt, Truncated, parts
from .told import Told, told, turn

if TYPE_CHECKING:
    from PIL import Image

_T = TypeVar("_T")
_SCANS = 16  # of a progressive JPEG; encoders write about ten, each more is weighed as memory
_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2}  # of memory a pixel; all else takes four
_AREA = 800 * 600  # pixels; what a preview is drawn from
_DRAWN = ("SOI", "DQT", "SOF0", "SOF1", "SOF2", "DHT", "DRI", "SOS", "EOI")
_SKIPPED = 16  # bytes of a JPEG that are read over weigh as one: reading takes time too
_DENSEST = 1032  # bytes that one of zlib's unpacks to at most
_BOMB = 1_000  # bytes in memory for each of the file's: only a single flat colour packs so well
_LIE = 10_000  # pixels for each byte: nothing packs so well, PNG's best is 8,256
_HARMLESS = 40_000_000  # pixels; a smaller lie is but a picture that lacks most of itself
_FILLER = bytes(range(1, 250))  # no marker, and nothing that draws an even grey
_LACKING = 0.05  # of a JPEG's rows; so many may be missing before it is called damaged
_DIFFERENT = 12  # of 255, on the mean; a picture and its own small one differ by about 1
_ANOTHER = "it would exhaust whoever opens it, so share another file"
_WARNINGS = threading.Lock()  # catch_warnings is one per process


@dataclass(frozen=True, slots=True)
class Look:
    """What one careful look into a picture tells; *pixels* are its width and height upright."""

    pixels: tuple[int, int]
    turn: int
    claims: Claims
    told: Told


def look(content: bytes, kind: str, name: str) -> Look:
    """Decode the first frame whole; ImageRefused if that fails or would cost too much."""

    def work() -> Look:
        claims = claimed(content, kind)
        image = _opened(claims, kind, len(content), area=_AREA)
        if kind == "PNG":
            _inflate(claims)
        image.load()
        way, (width, height) = turn(content, kind, claims.told), claims.size
        found = told(content, kind, claims.told)
        if kind == "JPEG":
            _check_end(image, claims)
            if found.small and _differs(image, found.small):
                found.people.add("a small picture that shows something else")
        return Look((height, width) if way >= 5 else (width, height), way, claims, found)

    return safely(work, name)


def afford(cost: int) -> None:
    """Raise where decoding would take *cost* bytes of memory, and that is over the limit."""
    if cost > LIMITS.decode_memory:
        raise Refusal(
            "too-many-pixels",
            f"would take about {cost // 1_000_000:,} MB to decode and may take "
            f"{LIMITS.decode_memory // 1_000_000:,}: save it with fewer pixels",
        )


def safely(work: Callable[[], _T], name: str) -> _T:
    """Run *work*; whatever it raises becomes one `ImageRefused` about *name*."""
    again = "copy or export it again from where it came from"
    try:
        return work()
    except Refusal as refusal:
        code, reason = refusal.code, str(refusal)
    except Truncated as problem:
        code, reason = "truncated", f"is cut short ({problem}): {again}"
    except Corrupt as problem:
        code, reason = "corrupt", f"is damaged ({problem}): {again}"
    except MemoryError:
        code, reason = "too-many-pixels", "takes more memory to decode than there is here"
    except Exception:  # noqa: BLE001 - Pillow raises nearly anything on damaged files
        code, reason = "corrupt", f"is damaged and can't be decoded: {again}"
    raise refused(code, f"{name} {reason}")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep Pillow's warnings about odd headers from the user, and from ``-W error``."""
    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def bare_jpeg(content: bytes, most: int) -> bytes:
    """Take a JPEG's picture out of all that is around it; nothing if it has over *most* bytes."""
    with contextlib.suppress(Truncated, Corrupt):
        drawn = (part for part in parts(content, "JPEG") if part.name in _DRAWN)
        bare = b"".join(content[start:end] for _, start, end in drawn)
        return bare if len(bare) <= most else b""
    return b""


def opened(
    content: bytes, kind: str, *, area: int, spare: int = 0
) -> tuple["Image.Image", tuple[int, int]]:
    """
    Read the header and the full size, and weigh what decoding to at least *area* would cost.

    By the one decoder there is for *kind*, and not by `Image.open`, which counts pixels alone and
    warns of 100 MP that we decode at an eighth. It is given what it needs and no more.

    Args:
        spare: bytes of memory that it may cost besides.
    """
    claims = claimed(content, kind)
    image = _opened(claims, kind, len(content), area=area, spare=spare)
    image.info["turn"] = turn(content, kind, claims.told)
    return image, claims.size


def _opened(claims: Claims, kind: str, size: int, *, area: int, spare: int = 0) -> "Image.Image":
    """Read the header; *size* is that of the whole file, which the claims are held against."""
    from PIL import GifImagePlugin, JpegImagePlugin, PngImagePlugin

    source, (width, height) = io.BytesIO(claims.core), claims.size
    shown = f"{width:,} x {height:,} pixels"
    many = Refusal(
        "too-many-scans",
        f"is drawn in {claims.scans:,} passes over {shown}, which takes too long: save it as a JPEG"
        " that is not progressive",
    )
    bomb = Refusal(
        "decompression-bomb",
        f"claims {shown} in {size:,} bytes, which no picture worth seeing does: {_ANOTHER}",
    )
    if claims.scans > LIMITS.scans:
        raise many
    if width * height > max(_LIE * size, _HARMLESS):
        raise bomb
    if kind != "JPEG":
        decoder = {"PNG": PngImagePlugin.PngImageFile, "GIF": GifImagePlugin.GifImageFile}[kind]
        with quiet():
            image = decoder(source)
        full = width * height * _BYTES.get(image.mode, 4)
        lines = 8 * height + 2 * claims.unpacked // height  # a pointer to each, two on the side
        cost = max(full, lines)
    else:
        with quiet():
            image = JpegImagePlugin.JpegImageFile(source)
        full = width * height * _BYTES.get(image.mode, 4)
        image.draft(None, scaled(image.size, area))  # libjpeg decodes at a fraction for less
        cost = max(image.width * image.height * _BYTES.get(image.mode, 4), full // _SKIPPED)
        if claims.buffered:
            # All coefficients are held at full size, and every scan goes over them once more.
            shares = [across * down for _, across, down, _ in image.layer]
            held = 2 * width * height * sum(shares) // max(shares)
            if cost + held <= LIMITS.decode_memory < cost + held * claims.scans // _SCANS:
                raise many
            cost += held * max(claims.scans, _SCANS) // _SCANS
    if cost > LIMITS.decode_memory and full > _BOMB * size:
        raise bomb
    afford(cost - spare)
    return image


def _inflate(claims: Claims) -> None:
    """Raise if a PNG's stream has less than its header needs, or far more."""
    most = 2 * claims.unpacked + 1_000_000
    if len(claims.packed) * _DENSEST < most:  # it can't be, and to unpack it takes as long again
        return
    size = sum(map(len, unpacked(claims.packed, most)))
    if size < claims.unpacked:
        raise Corrupt("it has fewer pixels than it says")
    if size == most:
        raise Refusal(
            "decompression-bomb",
            f"unpacks to far more than the {claims.unpacked:,} bytes that its pixels need: "
            f"{_ANOTHER}",
        )


def _check_end(image: "Image.Image", claims: Claims) -> None:
    """
    Raise if a JPEG's last rows are missing, which libjpeg paints in one colour without a word.

    If they are there, then bytes put behind them change nothing; else they are drawn.
    """
    from PIL import ImageChops

    last = image.crop((0, image.height - 1, *image.size))
    if claims.buffered or not last.getcolors(1):  # of several colours, so it is there
        return
    core = claims.core[:-2] + _FILLER + claims.core[-2:]
    again = _opened(replace(claims, core=core), "JPEG", len(core), area=_AREA)
    again.load()
    changed = ImageChops.difference(image, again).getbbox()
    if changed and changed[1] < (1 - _LACKING) * image.height:
        raise Corrupt("its last rows are missing")


def _differs(image: "Image.Image", small: bytes) -> bool:
    """
    Whether a small picture of *image*, with bars at its sides maybe, is that of another.

    It stays as it was when programs cut a picture, and shows what was cut off.
    """
    from PIL import ImageChops, ImageStat

    with contextlib.suppress(Exception):
        inner = _opened(claimed(small, "JPEG"), "JPEG", len(small), area=_AREA)
        inner.load()
        share = min(inner.width / image.width, inner.height / image.height)
        left = round((inner.width - image.width * share) / 2)
        top = round((inner.height - image.height * share) / 2)
        box = (left, top, inner.width - left, inner.height - top)
        pair = image.convert("L").resize((16, 16)), inner.convert("L").resize((16, 16), box=box)
        return ImageStat.Stat(ImageChops.difference(*pair)).mean[0] > _DIFFERENT
    return False


def turned(image: "Image.Image") -> int:
    """How EXIF says that what was `opened` is stored: 1 upright, 2 to 8 mirrored or turned."""
    return int(image.info.get("turn", 1))


def scaled(size: tuple[int, int], area: float) -> tuple[int, int]:
    """Give the size of the same shape that has about *area* pixels, never a larger one."""
    scale = min(1.0, math.sqrt(area / (size[0] * size[1])))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
