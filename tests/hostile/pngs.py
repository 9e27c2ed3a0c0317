"""PNG written by hand, from the specification, so that anything in it can be wrong."""

import struct
import zlib

from .entry import Dice

SIGNATURE = b"\x89PNG\r\n\x1a\n"
END = struct.pack(">I", 0) + b"IEND" + struct.pack(">I", zlib.crc32(b"IEND"))
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # samples a pixel, by colour type
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
ADAM7 = (*PASSES, (0, 1, 1, 2))  # left, top, and the steps right and down


def chunk(name: bytes, body: bytes = b"", *, crc: int | None = None) -> bytes:
    """One chunk; *crc* instead of the right one."""
    crc = zlib.crc32(name + body) if crc is None else crc
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", crc)


def header(
    width: int,
    height: int,
    *,
    depth: int = 8,
    colour: int = 2,
    interlace: int = 0,
    compression: int = 0,
    filtering: int = 0,
) -> bytes:
    fields = (width, height, depth, colour, compression, filtering, interlace)
    return chunk(b"IHDR", struct.pack(">IIBBBBB", *fields))


def png(*chunks: bytes) -> bytes:
    """The signature, the *chunks*, and IEND."""
    return SIGNATURE + b"".join(chunks) + END


def row_bytes(width: int, depth: int, colour: int) -> int:
    return -(-width * depth * CHANNELS[colour] // 8)


def raw_size(width: int, height: int, *, depth: int = 8, colour: int = 2) -> int:
    """How many bytes IDAT inflates to, filter bytes included, if it is not interlaced."""
    return height * (1 + row_bytes(width, depth, colour))


def drawn(
    width: int,
    height: int,
    *,
    depth: int = 8,
    colour: int = 2,
    interlace: int = 0,
    seed: int | str = 0,
) -> bytes:
    """Scan lines with every filter in turn and random bytes: any of them is a picture."""
    dice, lines = Dice(seed), []
    steps = ADAM7 if interlace else ((0, 0, 1, 1),)
    for left, top, right, down in steps:
        across, rows = -(-(width - left) // right), -(-(height - top) // down)
        if across > 0 and rows > 0:
            line = row_bytes(across, depth, colour)
            lines += [bytes([row % 5]) + dice.bytes(line) for row in range(rows)]
    return b"".join(lines)


def literal(data: bytes) -> bytes:
    """
    Deflate *data* without finding repetitions: one block of fixed codes.

    Compressors differ by version, and then so would the bytes that were voted on.
    """
    bits, count, out = 0b011, 3, bytearray(b"\x78\x01")
    for value in data:
        code, length = (0x30 + value, 8) if value < 144 else (0x190 + value - 144, 9)
        code = int(f"{code:0{length}b}"[::-1], 2)
        bits, count = bits | code << count, count + length
        while count >= 8:
            out.append(bits & 255)
            bits, count = bits >> 8, count - 8
    count += 7  # the end of the block is seven zeros
    while count > 0:
        out.append(bits & 255)
        bits, count = bits >> 8, count - 8
    return bytes(out) + struct.pack(">I", zlib.adler32(data))


def zeros(count: int) -> bytes:
    """What *count* zeros compress to, without compressing them all."""
    piece = 1 << 20
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(piece)) + packer.flush(zlib.Z_FULL_FLUSH)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    rest = packer.compress(bytes(count % piece)) + packer.flush()
    checksum = (count % 65521) << 16 | 1  # Adler-32 of so many zeros
    return b"\x78\xda" + block * (count // piece) + rest + struct.pack(">I", checksum)


def blank(
    width: int,
    height: int,
    *,
    depth: int = 8,
    colour: int = 2,
    interlace: int = 0,
    before: bytes = b"",
) -> bytes:
    """A picture of zeros, of any size at once; *before* are chunks in front of its IDAT."""
    size = 0
    for left, top, right, down in ADAM7 if interlace else ((0, 0, 1, 1),):
        across, rows = -(-(width - left) // right), -(-(height - top) // down)
        size += raw_size(across, rows, depth=depth, colour=colour)
    palette = chunk(b"PLTE", b"\x20\x40\x60" * 2) if colour == 3 else b""
    head = header(width, height, depth=depth, colour=colour, interlace=interlace)
    return png(head, palette, before, chunk(b"IDAT", zeros(size)))


def noisy(
    width: int = 24,
    height: int = 16,
    *,
    depth: int = 8,
    colour: int = 2,
    interlace: int = 0,
    before: bytes = b"",
    after: bytes = b"",
    pieces: int = 1,
    seed: int | str = 0,
) -> bytes:
    """A sound picture; *before* and *after* are chunks around its IDAT, which has *pieces*."""
    options = {"depth": depth, "colour": colour, "interlace": interlace}
    data = literal(drawn(width, height, **options, seed=seed))
    palette = chunk(b"PLTE", Dice("palette").bytes(3 << depth)) if colour == 3 else b""
    size = -(-len(data) // pieces)
    idat = b"".join(chunk(b"IDAT", data[i : i + size]) for i in range(0, len(data), size))
    return png(header(width, height, **options), palette, before, idat, after)


def animated(frames: int, width: int = 8, height: int = 8, *, said: int | None = None) -> bytes:
    """An APNG of *frames* whose control chunk says that there are as many, or as *said*."""
    control = struct.pack(">II", frames if said is None else said, 0)
    data = zlib.compress(drawn(width, height))
    parts, number = [header(width, height), chunk(b"acTL", control)], 0
    for frame in range(frames):
        fields = (number, width, height, 0, 0, 1, 10, 0, 0)
        parts.append(chunk(b"fcTL", struct.pack(">IIIIIHHBB", *fields)))
        number += 1
        if frame:
            parts.append(chunk(b"fdAT", struct.pack(">I", number) + data))
            number += 1
        else:
            parts.append(chunk(b"IDAT", data))
    return png(*parts)
