"""GIF written by hand, from the specification, so that anything in it can be wrong."""

import struct

from .entry import Dice

TRAILER = b";"
_MOST = 1 << 12  # codes


def blocks(data: bytes, size: int = 255) -> bytes:
    """Sub-blocks of *size* bytes, and the empty one that ends them."""
    parts = (data[i : i + size] for i in range(0, len(data), size))
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def screen(
    width: int, height: int, *, colours: int = 8, version: bytes = b"GIF89a", seed: int | str = 0
) -> bytes:
    """Header, logical screen and global palette; none where *colours* is 0."""
    bits = max(1, (colours - 1).bit_length())
    flags = 0x80 | (bits - 1) << 4 | bits - 1 if colours else 0
    palette = Dice(seed).bytes(3 << bits) if colours else b""
    return version + struct.pack("<HHBBB", width, height, flags, 0, 0) + palette


def packed(codes: list[tuple[int, int]]) -> bytes:
    """Codes, each with its number of bits, the lowest bit first."""
    bits = count = 0
    out = bytearray()
    for code, length in codes:
        bits, count = bits | code << count, count + length
        while count >= 8:
            out.append(bits & 255)
            bits, count = bits >> 8, count - 8
    return bytes(out) + (bytes([bits]) if count else b"")


def literal(pixels: bytes, depth: int) -> bytes:
    """LZW that clears its table before a code could grow: every pixel is itself."""
    clear, codes = 1 << depth, []
    for at, pixel in enumerate(pixels):
        if at % (clear - 2 or 1) == 0:
            codes.append((clear, depth + 1))
        codes.append((pixel, depth + 1))
    return packed([*codes, (clear + 1, depth + 1)])


def solid(pixels: int, depth: int = 2) -> bytes:
    """LZW of so many pixels of colour 0, as small as it gets: each code is a pixel longer."""
    clear, codes, bits = 1 << depth, [], depth + 1
    while pixels:
        codes.append((clear, bits))
        longest, bits = 1, depth + 1
        while pixels and clear + longest < _MOST - 2:
            length = min(longest, pixels)
            codes.append((clear + length if length > 1 else 0, bits))
            pixels -= length
            longest += 1
            bits = max(depth + 1, (clear + longest).bit_length())
    return packed([*codes, (clear + 1, bits)])


def frame(
    width: int,
    height: int,
    *,
    left: int = 0,
    top: int = 0,
    depth: int = 3,
    interlaced: bool = False,
    palette: int = 0,
    data: bytes | None = None,
    seed: int | str = 0,
) -> bytes:
    """An image descriptor, a *palette* of so many bits if any, and random pixels or *data*."""
    flags = (0x80 | palette - 1 if palette else 0) | (0x40 if interlaced else 0)
    colours = Dice("palette").bytes(3 << palette) if palette else b""
    if data is None:
        dice = Dice(seed)
        data = literal(bytes(dice.below(1 << depth) for _ in range(width * height)), depth)
    place = struct.pack("<HHHHB", left, top, width, height, flags)
    return b"," + place + colours + bytes([depth]) + blocks(data)


def control(*, delay: int = 10, clear: int | None = None, disposal: int = 0) -> bytes:
    """A graphic control extension; *clear* is the transparent colour."""
    flags = disposal << 2 | (clear is not None)
    return b"!\xf9\x04" + struct.pack("<BHB", flags, delay, clear or 0) + b"\0"


def comment(text: bytes, size: int = 255) -> bytes:
    return b"!\xfe" + blocks(text, size)


def application(name: bytes, data: bytes) -> bytes:
    return b"!\xff\x0b" + name + data


def gif(width: int = 24, height: int = 16, *parts: bytes, **options: object) -> bytes:
    """A sound picture of one frame, or of *parts*."""
    inside = b"".join(parts) if parts else frame(width, height)
    return screen(width, height, **options) + inside + TRAILER  # type: ignore[arg-type]


def animated(frames: int, width: int = 8, height: int = 8) -> bytes:
    """As many *frames*, each of random pixels, that repeat for ever."""
    forever = application(b"NETSCAPE2.0", b"\x03\x01\0\0\0")
    parts = (control() + frame(width, height, seed=number) for number in range(frames))
    return gif(width, height, forever, *parts)
