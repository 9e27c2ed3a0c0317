"""Open a picture that nobody vouches for: one decoder, a bounded cost, one kind of error."""

import contextlib
import io
import math
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from .limits import LIMITS, refused
from .parts import Corrupt, Truncated, parts

if TYPE_CHECKING:
    from PIL import Image

_T = TypeVar("_T")
_SCANS = 16  # of a progressive JPEG; encoders write about ten, each more is weighed as memory
_BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2}  # of memory a pixel; all else takes four
_PERSONAL = (0x013B, 0x9C9D, 0xA430, 0xA431)  # EXIF: artist, author, owner, serial number
_AREA = 800 * 600  # pixels; what a preview is drawn from
_DRAWN = {"DHT", "DAC", "DQT", "DRI", "SOS", *(f"SOF{n}" for n in range(16))}
_WARNINGS = threading.Lock()  # catch_warnings is one per process


@dataclass(frozen=True, slots=True)
class Look:
    """What one careful look into a picture tells; *pixels* are its width and height upright."""

    pixels: tuple[int, int]
    animated: bool
    rotated: bool
    location: bool
    personal: bool


def look(content: bytes, kind: str, name: str) -> Look:
    """Decode the first frame whole; ImageRefused if that fails or would cost too much."""

    def work() -> Look:
        from PIL import PngImagePlugin

        for _ in parts(content, kind):
            pass
        if kind == "PNG":
            with _quiet():  # every checksum
                PngImagePlugin.PngImageFile(io.BytesIO(content)).verify()
        image, (width, height) = opened(content, kind, area=_AREA)
        image.load()
        turn, exif, animated = turned(image), {}, False
        with _quiet(), contextlib.suppress(Exception):  # odd metadata is no reason to refuse
            animated = bool(getattr(image, "is_animated", False))
            whole = image.getexif()
            exif = {**whole, **whole.get_ifd(0x8769), **whole.get_ifd(0x8825)}
        return Look(
            (height, width) if turn >= 5 else (width, height),
            animated,
            turn > 1,
            0x0002 in exif or b"GPSLatitude" in content,  # as EXIF and as XMP spell it
            any(exif.get(tag) for tag in _PERSONAL) or "Author" in image.info,
        )

    return safely(work, name)


class _Costly(Exception):
    """Decoding would take more memory, or more passes, than is allowed."""


def afford(cost: int) -> None:
    """Raise where decoding would take *cost* bytes of memory, and that is over the limit."""
    if cost > LIMITS.decode_memory:
        raise _Costly(
            f"would take about {cost // 1_000_000:,} MB to decode and may take "
            f"{LIMITS.decode_memory // 1_000_000:,}: save it with fewer pixels"
        )


def safely(work: Callable[[], _T], name: str) -> _T:
    """Run *work*; whatever it raises becomes one `ImageRefused` about *name*."""
    try:
        return work()
    except _Costly as costly:
        code, reason = "decode-cost", str(costly)
    except Exception as problem:  # noqa: BLE001 - Pillow raises nearly anything on damaged files
        cut = isinstance(problem, Truncated)
        code, reason = "damaged", "is cut short" if cut else "is damaged and can't be decoded"
        reason += ": copy or export it again from where it came from"
    raise refused(code, f"{name} {reason}")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep Pillow's warnings about odd headers from the user, and from ``-W error``."""
    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _first_scan(content: bytes) -> int:
    return next(part.start for part in parts(content, "JPEG") if part.name == "SOS")


def bare_jpeg(content: bytes, most: int) -> bytes:
    """Take a JPEG's picture out of all that is around it; nothing if it has over *most* bytes."""
    out = b"\xff\xd8"
    with contextlib.suppress(Truncated, Corrupt):
        for name, start, end in parts(content, "JPEG"):
            if name == "EOI":
                out += content[start:end]
                return out if len(out) <= most else b""
            if name in _DRAWN:
                out += content[start:end]
            if len(out) > most:
                break
    return b""


def opened(content: bytes, kind: str, *, area: int) -> tuple["Image.Image", tuple[int, int]]:
    """
    Read the header and the full size, and weigh what decoding to at least *area* would cost.

    By the one decoder there is for *kind*, and not by `Image.open`, which counts pixels alone and
    warns of 100 MP that we decode at an eighth.
    """
    from PIL import GifImagePlugin, JpegImagePlugin, PngImagePlugin

    source = io.BytesIO(content)
    if kind != "JPEG":
        decoder = {"PNG": PngImagePlugin.PngImageFile, "GIF": GifImagePlugin.GifImageFile}[kind]
        with _quiet():
            image = decoder(source)
        afford(image.width * image.height * _BYTES.get(image.mode, 4))
        return image, image.size
    with _quiet():
        jpeg = JpegImagePlugin.JpegImageFile(source)
    full = jpeg.size
    jpeg.draft(None, scaled(full, area))  # libjpeg decodes at a half, quarter or eighth for less
    cost = jpeg.width * jpeg.height * _BYTES.get(jpeg.mode, 4)
    at = _first_scan(content)
    if "progressive" in jpeg.info or content[at + 4] < len(jpeg.layer):
        # All coefficients are held at full size, and every scan goes over them once more.
        shares = [across * down for _, across, down, _ in jpeg.layer]
        held = 2 * full[0] * full[1] * sum(shares) // max(shares)
        scans = content.count(b"\xff\xda", at)
        cost += held * max(scans, _SCANS) // _SCANS
    afford(cost)
    return jpeg, full


def turned(image: "Image.Image") -> int:
    """How EXIF says the picture is stored: 1 upright, 2 to 8 mirrored or turned."""
    with _quiet(), contextlib.suppress(Exception):
        turn = int(image.getexif().get(0x0112, 1))
        return turn if 1 <= turn <= 8 else 1
    return 1


def scaled(size: tuple[int, int], area: float) -> tuple[int, int]:
    """Give the size of the same shape that has about *area* pixels, never a larger one."""
    scale = min(1.0, math.sqrt(area / (size[0] * size[1])))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
