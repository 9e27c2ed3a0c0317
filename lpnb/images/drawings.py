"""Make a file of what is drawn already: Pillow's images, and arrays such as NumPy's."""

from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .decode import afford, safely
from .limits import LIMITS
from .screen import flat, in_strips, on_screen, unturned, written
from .told import turn_of

if TYPE_CHECKING:
    from PIL import Image

_BAND = 16 << 20  # bytes that are taken at a time
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_FLOATS = {"<f4": "F;32F", ">f4": "F;32BF", "<f8": "F;64F", ">f8": "F;64BF"}  # Pillow's names
_BOOL = bytes([0, *([255] * 255)])
_SAMPLE = 1_000_000  # pixels that are packed to see how much all of them would take
_SIDE = 65_500  # pixels; JPEG has no more


def encoded(image: "Image.Image") -> bytes:
    """Write a Pillow *image* upright and bare: as PNG, or as JPEG where that is over 3 MB."""

    def work() -> bytes:
        afford(image.height * (4 * image.width + 8))
        exif, plain = image.info.get("exif"), image
        if image.mode not in _MODES.values() or image.info:
            plain = in_strips(image, on_screen)
        plain = unturned(plain, turn_of(exif) if isinstance(exif, bytes) else 1)
        content = written(plain, "PNG") if _packs_well(plain) else b""
        if 0 < len(content) <= LIMITS.size or max(plain.size) > _SIDE:
            return content or written(plain, "PNG")
        return written(
            in_strips(plain, flat) if plain.mode == "RGBA" else plain, "JPEG", quality=90
        )

    return safely(work, "the picture")


def _packs_well(image: "Image.Image") -> bool:
    """Whether a PNG of the picture may have room, by a few of its rows: to find out takes long."""
    rows = _SAMPLE // (8 * image.width) + 1
    tops = range(0, max(1, image.height - rows), max(1, image.height // 8))
    bands = [image.crop((0, top, image.width, min(top + rows, image.height))) for top in tops]
    packed = sum(len(written(band, "PNG")) for band in bands)
    return packed * image.height <= 1.5 * LIMITS.size * sum(band.height for band in bands)


def drawn(array: Any) -> "Image.Image":
    """
    Draw what has ``__array_interface__``: rows, columns, and channels unless it is grey.

    Raises:
        InputError: it is no picture, or holds other numbers than the types for pictures do.
    """
    from PIL import Image

    interface = array.__array_interface__
    shape, kind = interface["shape"], str(interface["typestr"])
    sizes = [size for size in shape if type(size) is int and 0 < size < 1 << 32]
    if len(sizes) != len(shape) or len(sizes) not in (2, 3) or (*sizes, 1)[2] not in _MODES:
        raise InputError(
            f"an array of shape {tuple(shape)!r:.80} is no picture: it should have rows and "
            "columns, and 3 or 4 channels at the end unless it is grey"
        )
    if kind[1:] not in ("b1", "u1", "u2", "f2", "f4", "f8"):
        raise InputError(
            f"an array of type {kind!r:.20} is no picture: give array.astype('uint8'), or floats "
            "from 0 to 1"
        )
    height, width, channels = (*sizes, 1)[:3]
    safely(lambda: afford(height * (4 * width + 8)), "the picture")
    half, kind = kind[1:] == "f2", "<f4" if kind[1:] == "f2" else kind
    samples, mode = width * channels, _MODES[channels]
    image = Image.new(mode, (width, height))
    rows = max(1, _BAND // (samples * int(kind[2])))
    for top in range(0, height, rows):
        band, count = array[top : top + rows], min(rows, height - top)
        raw = (band.astype(kind) if half else band).tobytes()
        if type(raw) is not bytes or len(raw) != count * samples * int(kind[2]):
            raise InputError("the array holds other bytes than its shape says: copy it first")
        band = Image.frombytes(mode, (width, count), _eight_bits(raw, kind, (samples, count)))
        image.paste(band, (0, top))
    return image


def _eight_bits(raw: bytes, kind: str, size: tuple[int, int]) -> bytes:
    """Bring each sample to one byte; floats may go from 0 to 1."""
    from PIL import Image

    if kind[1:] == "b1":
        return raw.translate(_BOOL)
    if kind[1] == "u":
        return raw if kind[2] == "1" else raw[kind[0] == "<" :: 2]
    plane = Image.frombytes("F", size, raw, "raw", _FLOATS[kind])
    low, high = plane.getextrema()
    if not (-1e-6 <= low <= high <= 1 + 1e-6):  # type: ignore[operator]
        raise InputError(
            f"floats from 0 to 1 are expected, and the array's go from {low} to {high}: divide "
            "them, or give array.astype('uint8')"
        )
    return plane.point(lambda value: value * 255 + 0.5).convert("L").tobytes()
