"""The previews that ours is measured against, written as their authors would, in Pillow."""

import io
from collections.abc import Callable

from PIL import Image, ImageCms, ImageOps

ROOM = 22_482  # bytes of JPEG whose data URI stays under 30,000 characters
_SIDE = 800
_QUALITY = range(70, 93)
# "Custom tables": those that mozjpeg numbers 3 and takes unless told otherwise, from N. Robidoux's
# study for ImageMagick, scaled as libjpeg scales its own; brightness and colour share them.
_ROBIDOUX = (
    *(16, 16, 16, 18, 25, 37, 56, 85),
    *(16, 17, 20, 27, 34, 40, 53, 75),
    *(16, 20, 24, 31, 43, 62, 91, 135),
    *(18, 27, 31, 40, 53, 74, 106, 156),
    *(25, 34, 43, 53, 69, 94, 131, 189),
    *(37, 40, 62, 74, 94, 124, 169, 238),
    *(56, 53, 91, 106, 131, 169, 226, 311),
    *(85, 75, 135, 156, 189, 238, 311, 418),
)


def plain(image: Image.Image) -> Image.Image:
    """Give *image* upright, in sRGB, eight bits a channel, on white; but for size, as it looks."""
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        picture = image.convert("RGBA")
        image = Image.new("RGB", image.size, "white")
        image.paste(picture, mask=picture.getchannel("A"))
    elif image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("RGB")
    if profile:
        try:
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            wanted = ImageCms.createProfile("sRGB")
            image = ImageCms.profileToProfile(image, given, wanted, outputMode="RGB") or image
        except ImageCms.PyCMSError:
            pass  # a profile for another mode, or a broken one
    image = image if image.mode == "L" else image.convert("RGB")
    image.info = {}
    return image


def hundred_pixels(content: bytes) -> bytes:
    """As LivePerson's sample does: 100 pixels wide, as JPEG, whatever the bytes come to."""
    image = plain(Image.open(io.BytesIO(content)))
    small = image.resize((100, max(1, round(image.height * 100 / image.width))), _LANCZOS)
    return saved(small, quality=100)


def fitted(content: bytes) -> bytes:
    """
    Fit at quality 70: the best simple strategy known before.

    A small original goes as it is, a drawing of few colours as an exact palette, and all else as
    the largest JPEG of quality 70, by Robidoux's tables, that fits; better where 800 pixels do.
    """
    image = Image.open(io.BytesIO(content))
    upright = image.getexif().get(0x0112, 1) == 1
    still = getattr(image, "n_frames", 1) == 1
    ordinary = image.format in ("JPEG", "PNG") and max(image.size) <= 2 * _SIDE
    if len(content) <= ROOM and upright and still and ordinary:
        return content
    if image.format != "JPEG" and image.width * image.height <= 1_000_000:
        exact = palette(plain(image))
        if exact and len(exact) <= ROOM:
            return exact
    return _fit(_drafted(image))


def palette(image: Image.Image) -> bytes:
    """Write a PNG that loses nothing, if there are 256 colours or fewer; else nothing."""
    colours = image.convert("RGB").getcolors(256)
    if colours is None:
        return b""
    few = image if image.mode == "L" else image.quantize(len(colours))
    if few.convert("RGB").tobytes() != image.convert("RGB").tobytes():
        return b""
    out = io.BytesIO()
    few.save(out, "PNG", optimize=True)
    return out.getvalue()


def _drafted(image: Image.Image) -> Image.Image:
    share = min(1.0, _SIDE / max(image.size))
    image.draft(None, (round(image.width * share), round(image.height * share)))
    factor = max(image.size) // (2 * _SIDE)
    image = plain(image)
    return image.reduce(factor) if factor > 1 else image


def _fit(image: Image.Image) -> bytes:
    most = side = min(_SIDE, max(image.size))
    side = min(side, 480)
    for _ in range(6):
        small = _at(image, side)
        content = robidoux(small, _QUALITY[0])
        if len(content) <= ROOM and (side == most or len(content) >= 0.94 * ROOM):
            break
        side = max(1, min(most, int(side * (0.98 * ROOM / len(content)) ** (1 / 1.55))))
    while len(content) > ROOM:
        side = int(side * 0.95)
        small = _at(image, side)
        content = robidoux(small, _QUALITY[0])
    if side < most:
        return content
    return best_quality(lambda quality: robidoux(small, quality), _QUALITY) or content


def best_quality(encode: Callable[[int], bytes], qualities: range) -> bytes:
    """Bisect for the best of *qualities* whose bytes fit; empty where none does."""
    content, low, high = b"", qualities[0] - 1, qualities[-1] + 1
    while high - low > 1:
        middle = (low + high) // 2
        better = encode(middle)
        if len(better) <= ROOM:
            low, content = middle, better
        else:
            high = middle
    return content


def _at(image: Image.Image, side: int) -> Image.Image:
    share = side / max(image.size)
    if share >= 1:
        return image
    size = max(1, round(image.width * share)), max(1, round(image.height * share))
    return image.resize(size, _LANCZOS)


def robidoux(image: Image.Image, quality: int) -> bytes:
    """Write JPEG by Robidoux's tables at what libjpeg calls *quality*."""
    percent = 5_000 // quality if quality < 50 else 200 - 2 * quality
    table = [min(255, max(1, (value * percent + 50) // 100)) for value in _ROBIDOUX]
    return saved(image, qtables=[table, table])


def saved(image: Image.Image, **options: object) -> bytes:
    """Write JPEG as small as Pillow can without loss: optimized and progressive."""
    out = io.BytesIO()
    image.save(out, "JPEG", optimize=True, progressive=True, **options)
    return out.getvalue()


_LANCZOS = Image.Resampling.LANCZOS
