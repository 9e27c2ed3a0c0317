"""Drawn pictures with all that files may tell of people and places, for the tests of images."""

import random
import struct
from typing import Any

from PIL import Image, ImageCms, ImageDraw, ImageOps

from .pieces import saved

NAME = b"Anna Example"
SERIAL = b"SN-4711-0815"
PLACE = struct.pack(">6I", 52, 1, 31, 1, 123_457, 10_000)  # as EXIF writes degrees
SECRETS = (NAME, SERIAL, PLACE, "Anna Example".encode("utf-16-le"), b"52,31.2057N")


def blocks(content: bytes) -> bytes:
    pieces = [content[at : at + 255] for at in range(0, len(content), 255)]
    return b"".join(bytes([len(piece)]) + piece for piece in pieces) + b"\0"


def scene(width: int = 160, height: int = 96) -> Image.Image:
    """Colours everywhere, and no two corners alike."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width // 2, height // 4), fill="#d02010")
    draw.rectangle((width // 2, height // 2, width, height), fill="#1040e0")
    draw.ellipse((width // 4, height // 3, width // 2, height - 8), fill="#20c040")
    return image


def wide_profile() -> bytes:
    """A profile whose red and green are swapped: who does not heed it shows other colours."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(profile[128:132])
    places = {bytes(profile[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)}
    red, green = places[b"rXYZ"], places[b"gXYZ"]
    profile[red + 4 : red + 8], profile[green + 4 : green + 8] = (
        profile[green + 4 : green + 8],
        profile[red + 4 : red + 8],
    )
    at, size = struct.unpack_from(">II", profile, places[b"desc"] + 4)
    profile[at + size - 4 : at + size] = b"\0x\0y"  # no longer one that all know
    return bytes(profile)


def telling_profile(large: bytes = b"") -> bytes:
    """The same, with a name, and the serial number of a screen in a tag of its maker's own."""
    plain = wide_profile()
    count = int.from_bytes(plain[128:132])
    tags = [struct.unpack_from(">4sII", plain, 132 + 12 * n) for n in range(count)]
    text = "Anna Example".encode("utf-16-be") + NAME
    name = struct.pack(">4s4xII4sII", b"mluc", 1, 12, b"deDE", len(text), 28) + text
    data = {tag: plain[at : at + size] for tag, at, size in tags}
    data |= {b"desc": name, b"mmod": b"mmod\0\0\0\0" + SERIAL, b"meta": NAME + b"\0" * 8}
    data |= {b"D2B9": large} if large else {}
    at = 132 + 12 * len(data)
    table, body = b"", b""
    for tag, each in data.items():
        table += struct.pack(">4sII", tag, at + len(body), len(each))
        body += each + bytes(-len(each) % 4)
    head = struct.pack(">I", at + len(body)) + plain[4:48] + SERIAL[:12] + plain[60:84] + NAME
    return head + plain[len(head) : 128] + struct.pack(">I", len(data)) + table + body


def exif(turn: int) -> Image.Exif:
    made = Image.Exif()
    made[0x0112] = turn
    return made


def telling_exif(turn: int = 1) -> bytes:
    """EXIF of author, place, serial number, maker's note and a thumbnail with a comment."""
    exif = Image.Exif()
    exif[0x0112] = turn
    exif[0x013B] = NAME.decode()
    exif[0x9C9D] = "Anna Example\0".encode("utf-16-le")
    exif.get_ifd(0x8769).update({0xA431: SERIAL.decode(), 0x927C: b"MAKER\0" + SERIAL})
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.3457)})
    thumbnail = saved(scene(16, 12), "JPEG", comment=NAME)
    whole = exif.tobytes()[6:]
    order = "<" if whole[:2] == b"II" else ">"
    (first,) = struct.unpack_from(order + "I", whole, 4)
    (count,) = struct.unpack_from(order + "H", whole, first)
    link = first + 2 + 12 * count
    at = len(whole) + 2 + 2 * 12 + 4
    small = struct.pack(order + "H", 2)
    small += struct.pack(order + "HHII", 0x0201, 4, 1, at)
    small += struct.pack(order + "HHII", 0x0202, 4, 1, len(thumbnail)) + bytes(4)
    whole = whole[:link] + struct.pack(order + "I", len(whole)) + whole[link + 4 :]
    return whole + small + thumbnail


def noisy(image: Image.Image, strength: int = 40) -> Image.Image:
    """Grain that no format packs well."""
    chance = random.Random(1)  # noqa: S311 - grain, no secret
    grain = Image.frombytes("RGB", image.size, chance.randbytes(image.width * image.height * 3))
    return Image.blend(image.convert("RGB"), grain, strength / 255)


def cut_out(image: Image.Image) -> Image.Image:
    clear = image.copy()
    clear.putalpha(ImageOps.invert(Image.radial_gradient("L")).resize(image.size))
    return clear


def moving(width: int, height: int, count: int, clear: bool = False) -> list[Image.Image]:
    frames = [noisy(scene(width, height).rotate(3 * n)) for n in range(count)]
    if not clear:
        return [frame.quantize(200, Image.Quantize.FASTOCTREE) for frame in frames]
    mask = Image.radial_gradient("L").resize((width, height)).point(lambda v: 255 * (v < 150))
    for frame in frames:
        frame.putalpha(mask)
    return frames


def animated(frames: list[Image.Image], type: str = "GIF", **options: Any) -> bytes:
    return saved(frames[0], type, save_all=True, append_images=frames[1:], **options)


JPEG = saved(scene(), "JPEG", quality=90)
LAYERED = saved(scene(), "JPEG", quality=90, progressive=True)
PNG = saved(scene(), "PNG")
PALETTE = saved(scene().quantize(40), "PNG", transparency=3)
STILL = saved(scene().quantize(40), "GIF")
MOVES = [scene().rotate(turn).quantize(40) for turn in (0, 8, 16)]
GIF = saved(MOVES[0], "GIF", save_all=True, append_images=MOVES[1:], loop=2, duration=70)
APNG = saved(scene(), "PNG", save_all=True, append_images=[ImageOps.mirror(scene())], duration=90)


def in_jpeg(*segments: bytes, whole: bytes = JPEG) -> bytes:
    return whole[:20] + b"".join(segments) + whole[20:]  # after SOI and JFIF


def in_png(*chunks: bytes, whole: bytes = PNG) -> bytes:
    return whole[:33] + b"".join(chunks) + whole[33:]  # after IHDR


def in_gif(*extensions: bytes, whole: bytes = GIF) -> bytes:
    start = 13 + (3 << (whole[10] & 7) + 1)
    return whole[:start] + b"".join(extensions) + whole[start:]


def grey_profile() -> bytes:
    """A profile for grey that is no screen's: its shades are lighter than they are there."""
    curve = struct.pack(">4s4xIHxx", b"curv", 1, 256)  # linear
    white = struct.pack(">4s4x3i", b"XYZ ", 63_190, 65_536, 54_061)
    data = {b"wtpt": white, b"kTRC": curve}
    data |= {b"desc": b"desc" + bytes(8) + bytes(79), b"cprt": b"text" + bytes(5)}
    at = 132 + 12 * len(data)
    table, body = b"", b""
    for tag, each in data.items():
        table += struct.pack(">4sII", tag, at + len(body), len(each))
        body += each + bytes(-len(each) % 4)
    head = struct.pack(">I4xI4s4s4s", at + len(body), 0x02100000, b"mntr", b"GRAY", b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63_190, 65_536, 54_061)
    return head + bytes(128 - len(head)) + struct.pack(">I", len(data)) + table + body
