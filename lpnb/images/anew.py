"""Draw a picture's file anew where nothing less will do: turned, of another kind, or smaller."""

import contextlib
import importlib
import io
import math
from typing import TYPE_CHECKING, Any

from .claims import Refusal, claimed
from .decode import afford, opened, quiet, turned
from .kinds import sniffed
from .limits import LIMITS, TYPES
from .metadata import COLOUR, bare, dressed, exif_of, oriented, true_exif
from .parts import parts
from .refit import as_animation, as_jpeg, as_png, is_photo
from .screen import flat, in_strips, on_screen, unturned

if TYPE_CHECKING:
    from PIL import Image

# What is decoded here, and by what. Others are rare, or their decoders have a history of holes.
_DECODERS = {
    "GIF": "Gif",
    "PNG": "Png",
    "WEBP": "WebP",
    "BMP": "Bmp",
    "TIFF": "Tiff",
    "AVIF": "Avif",
}
_WEIGHTS = {"WEBP": 8, "AVIF": 8}  # bytes a pixel, where a decoder keeps the picture as well
_AREAS = (10_000_000, 2_500_000, 600_000)  # pixels to decode at least; up to four times are
_HELD = 120_000_000  # bytes for what a progressive JPEG holds only while it is decoded
_MOST = 40_000_000  # pixels of colour to hold at a time
_LONGEST = 65_000  # bytes of EXIF that come along
_SPARE = 1_000  # bytes for what says where EXIF and profile begin and end
_EIGHT = ("1", "L", "LA", "P", "RGB", "RGBA")  # the modes of no more than 8 bits a channel


def anew(content: bytes, kind: str, notes: list[str], *, upright: bool, convert: bool) -> bytes:
    """
    Decode a picture once, and encode it in as many bytes as it may have.

    Its EXIF and profile come along, as far as they hold and another type has room for them.

    Args:
        notes: of what was done, to add to.
        upright: turn it; else EXIF goes on to say how it is stored.
        convert: to 8 bits of sRGB, and to its first frame.
    """
    from PIL.JpegImagePlugin import JpegImageFile, get_sampling

    if kind not in TYPES:
        return _still(_foreign(content, kind, notes), kind, LIMITS.size, notes)
    image = _opened(content, kind)
    turn, names = turned(image), [part.name for part in parts(content, kind)]
    if upright:
        notes.append("turned upright")
    if (frames := names.count("image") + names.count("fcTL")) > 1:
        moving, kept = (b"", 1) if convert else _moving(content, kind, turn)
        notes.append(f"drawn anew: {kept:,} of its {frames:,} frames")
        if moving:
            return moving
    jpeg: dict[str, Any] = {}
    if isinstance(image, JpegImageFile):
        tables = [[min(255, step) for step in each] for each in image.quantization.values()]
        jpeg = {"sampling": max(0, get_sampling(image)), "tables": tables}
        if upright and turn >= 5:  # columns become rows
            tables[:] = [[each[n % 8 * 8 + n // 8] for n in range(64)] for each in tables]
            jpeg["sampling"] &= 2  # as Pillow does not halve colour's rows alone
    image.load()
    profile, exif = image.info.get("icc_profile", b""), exif_of(content, kind)
    image, left = (unturned(image, turn), 1) if upright else (image, turn)
    if convert or image.mode not in _EIGHT:
        notes.append("its colours became 8 bits of sRGB")
        image, profile, jpeg = in_strips(image, on_screen), b"", {}
    room = LIMITS.size - min(len(exif), _LONGEST) - len(profile) - _SPARE
    done = _still(image, kind, room, notes, **jpeg)
    now, told = sniffed(done), b""
    if now != kind or len(exif) > _LONGEST or exif == oriented(turn):
        exif = oriented(left)
    elif exif:
        exif = true_exif(exif, claimed(done, kind).size, upright=upright)
    if now == kind == "PNG" and not convert:
        told = b"".join(content[at:end] for name, at, end in parts(content, kind) if name in COLOUR)
    return dressed(done, now, exif, profile, told)


def _still(image: "Image.Image", kind: str, room: int, notes: list[str], **jpeg: Any) -> bytes:
    """Encode a picture as what it was, or as what shows it best."""
    clear = image.has_transparency_data
    if image.mode in ("LA", "RGBA"):
        clear = image.getchannel("A").histogram()[255] < image.width * image.height
    image.info = {key: image.info[key] for key in ("transparency",) if key in image.info}
    exact = kind != "JPEG" and (kind in TYPES or clear or not is_photo(image))
    if exact and (done := as_png(image, room)):
        notes.append("encoded anew as PNG" if kind == "PNG" else f"{kind} became PNG")
        return done
    factor = math.ceil(math.sqrt(image.width * image.height / _MOST))
    if clear:
        notes.append("encoded anew as PNG, with fewer pixels, as parts of it are clear")
        if image.mode != "RGBA" or factor > 1:
            image = in_strips(image, lambda strip: strip.convert("RGBA"), factor)
        return as_png(image, room, shrink=True)
    if image.mode not in ("L", "RGB") or image.info or factor > 1:
        image = in_strips(image, flat, factor)
    done, words = as_jpeg(image, room, **jpeg)
    notes.append(
        f"encoded anew as JPEG {words}" if kind == "JPEG" else f"{kind} became JPEG {words}"
    )
    return done


def _moving(content: bytes, kind: str, turn: int) -> tuple[bytes, int]:
    """Draw an animation anew, if there is time for it."""
    with quiet():
        image = _decoder(kind)(io.BytesIO(bare(content, kind)))
        return as_animation(image, kind, len(content), LIMITS.size, turn)


def _opened(content: bytes, kind: str) -> "Image.Image":
    """Open it to be decoded at the largest scale that can be afforded."""
    spare = _HELD if kind == "JPEG" else 0
    for area in _AREAS[:-1]:
        with contextlib.suppress(Refusal):
            return opened(content, kind, area=area, spare=spare)[0]
    return opened(content, kind, area=_AREAS[-1], spare=spare)[0]


def _foreign(content: bytes, kind: str, notes: list[str]) -> "Image.Image":
    """Decode what is of no type that may be shared, upright and as a screen shows it."""
    try:
        with quiet():
            image = _decoder(kind)(io.BytesIO(content))
            weight = _WEIGHTS.get(kind, 1 if image.mode in ("1", "L") else 4)
            afford(weight * image.width * image.height)
            image.load()
            if getattr(image, "is_animated", False):
                notes.append("drawn anew: the first of its frames")
            turn = image.getexif().get(0x0112, 1)
            return in_strips(unturned(image, turn), on_screen)
    except Refusal:
        raise
    except Exception:  # noqa: BLE001 - as of all decoders
        reason = f"is {kind} of a kind that can't be converted here: save it as JPEG or PNG"
        raise Refusal("unsupported-type", reason) from None


def _decoder(kind: str) -> Any:
    """Find Pillow's decoder for *kind*; what is not there, for AVIF in an old one, raises."""
    plugin = _DECODERS[kind]
    return getattr(importlib.import_module(f"PIL.{plugin}ImagePlugin"), f"{plugin}ImageFile")
