"""
JPEG written by hand, from the specification, so that anything in it can be wrong.

What is drawn are random coefficients: a sound file needs no transform.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .entry import Dice

SOI, EOI = b"\xff\xd8", b"\xff\xd9"
JFIF = b"\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
# Every code of a table has the same length, which any decoder must take.
_DC = range(16)
_AC = (*(run << 4 for run in range(16)), *(run << 4 | s for run in range(16) for s in range(1, 11)))
GREY = ((1, 1),)
COLOUR = ((1, 1), (1, 1), (1, 1))
HALVED = ((2, 2), (1, 1), (1, 1))

Block = list[int]


class Scan(NamedTuple):
    """Which components, which coefficients, and the bits before and after: Ss, Se, Ah and Al."""

    parts: tuple[int, ...]
    first: int = 0
    last: int = 63
    before: int = 0
    after: int = 0


class Layer(NamedTuple):
    """One component: how often it is sampled, and its coefficients by row and column."""

    across: int
    down: int
    rows: list[list[Block]]


def segment(marker: int, body: bytes = b"", *, length: int | None = None) -> bytes:
    """A marker with its body; *length* instead of the right one."""
    length = len(body) + 2 if length is None else length
    return struct.pack(">BBH", 0xFF, marker, length) + body


def frame(
    width: int, height: int, factors: Sequence[tuple[int, int]], *, kind: int = 0xC0, depth: int = 8
) -> bytes:
    parts = b"".join(bytes([i + 1, h << 4 | v, 0]) for i, (h, v) in enumerate(factors))
    return segment(kind, struct.pack(">BHHB", depth, height, width, len(factors)) + parts)


def quantization(value: int = 8) -> bytes:
    return segment(0xDB, b"\0" + bytes([value]) * 64)


def huffman(where: int, symbols: Sequence[int], length: int) -> bytes:
    """A table of codes that are all *length* bits long, but for none that is all ones."""
    counts = [len(symbols) if i == length else 0 for i in range(1, 17)]
    return segment(0xC4, bytes([where, *counts, *symbols]))


TABLES = huffman(0x00, _DC, 5) + huffman(0x10, _AC, 8)


def start(scan: Scan) -> bytes:
    parts = b"".join(bytes([part + 1, 0]) for part in scan.parts)
    tail = bytes([scan.first, scan.last, scan.before << 4 | scan.after])
    return segment(0xDA, bytes([len(scan.parts)]) + parts + tail)


class _Bits:
    """Entropy-coded data, with a zero after every 0xFF."""

    def __init__(self) -> None:
        self._text: list[str] = []

    def add(self, value: int, length: int) -> None:
        if length:
            self._text.append(f"{value & (1 << length) - 1:0{length}b}")

    def symbol(self, table: Sequence[int], length: int, symbol: int) -> None:
        self.add(table.index(symbol), length)

    def number(self, value: int, length: int) -> None:
        self.add(value if value >= 0 else value - 1, length)

    def done(self) -> bytes:
        text = "".join(self._text)
        text += "1" * (-len(text) % 8)
        self._text = []
        data = int(text, 2).to_bytes(len(text) // 8, "big") if text else b""
        return data.replace(b"\xff", b"\xff\0")


def layers(
    width: int, height: int, factors: Sequence[tuple[int, int]], *, seed: int | str = 0
) -> list[Layer]:
    """Random coefficients that a picture could have, a few for each block."""
    dice, most = Dice(seed), (max(h for h, _ in factors), max(v for _, v in factors))
    units = -(-width // (8 * most[0])), -(-height // (8 * most[1]))
    found = []
    for h, v in factors:
        rows = [[_block(dice) for _ in range(units[0] * h)] for _ in range(units[1] * v)]
        found.append(Layer(h, v, rows))
    return found


def _block(dice: Dice) -> Block:
    block = [0] * 64
    block[0] = dice.below(160) - 80
    for _ in range(6):
        block[1 + dice.below(20)] = dice.below(15) - 7
    block[1 + dice.below(63)] = 1
    return block


def jpeg(
    width: int = 40,
    height: int = 24,
    factors: Sequence[tuple[int, int]] = HALVED,
    *,
    script: Sequence[Scan] = (),
    kind: int = 0xC0,
    depth: int = 8,
    restart: int = 0,
    before: bytes = JFIF,
    seed: int | str = 0,
) -> bytes:
    """
    A sound picture.

    Args:
        factors: how often each component is sampled, across and down.
        script: the scans; one of all components unless given.
        kind: the frame's marker, 0xC2 for progressive.
        restart: after how many units a restart marker comes.
        before: segments in front.
    """
    most = max(h for h, _ in factors), max(v for _, v in factors)
    drawn = layers(width, height, factors, seed=seed)
    out = [SOI, before, quantization(), frame(width, height, factors, kind=kind, depth=depth)]
    out.append(TABLES + (segment(0xDD, struct.pack(">H", restart)) if restart else b""))
    for scan in script or [Scan(tuple(range(len(factors))))]:
        units = list(_units(width, height, drawn, most, scan))
        out += [start(scan), _coded(units, scan, restart, progressive=kind == 0xC2)]
    return b"".join(out) + EOI


def _units(
    width: int, height: int, drawn: Sequence[Layer], most: tuple[int, int], scan: Scan
) -> Iterator[list[tuple[int, Block]]]:
    """What is coded together, in order: blocks, each with the number of its component."""
    if len(scan.parts) == 1:
        (part,) = scan.parts
        h, v, rows = drawn[part]
        across = -(-width * h // (8 * most[0]))
        for row in rows[: -(-height * v // (8 * most[1]))]:
            yield from ([(part, block)] for block in row[:across])
        return
    first = drawn[0]
    for down in range(len(first.rows) // first.down):
        for right in range(len(first.rows[0]) // first.across):
            yield [
                (part, drawn[part].rows[down * v + y][right * h + x])
                for part in scan.parts
                for h, v in [drawn[part][:2]]
                for y in range(v)
                for x in range(h)
            ]


def _coded(
    units: list[list[tuple[int, Block]]], scan: Scan, restart: int, *, progressive: bool
) -> bytes:
    out, bits, last = [], _Bits(), dict.fromkeys(scan.parts, 0)
    for number, unit in enumerate(units):
        if restart and number and number % restart == 0:
            out += [bits.done(), bytes([0xFF, 0xD0 + (number // restart - 1) % 8])]
            last = dict.fromkeys(scan.parts, 0)
        for part, block in unit:
            if scan.first == 0 and not scan.before:
                value = block[0] >> scan.after
                _difference(bits, value - last[part])
                last[part] = value
            elif scan.first == 0:
                bits.add(block[0] >> scan.after, 1)
            if not progressive or scan.first:
                code = _refined if scan.before else _sparse
                code(bits, block, max(1, scan.first), scan.last, scan.after)
    return b"".join([*out, bits.done()])


def _difference(bits: _Bits, value: int) -> None:
    length = abs(value).bit_length()
    bits.symbol(_DC, 5, length)
    bits.number(value, length)


def _sparse(bits: _Bits, block: Block, first: int, last: int, after: int) -> None:
    run = 0
    for at in range(first, last + 1):
        size = abs(block[at]) >> after
        if not size:
            run += 1
            continue
        while run > 15:
            bits.symbol(_AC, 8, 0xF0)
            run -= 16
        bits.symbol(_AC, 8, run << 4 | size.bit_length())
        bits.number(size if block[at] > 0 else -size, size.bit_length())
        run = 0
    if run:
        bits.symbol(_AC, 8, 0)


def _refined(bits: _Bits, block: Block, first: int, last: int, after: int) -> None:
    """One more bit of each coefficient: those that were there before, and new ones."""
    run, more = 0, []
    new = [at for at in range(first, last + 1) if abs(block[at]) >> after == 1]
    for at in range(first, last + 1):
        size = abs(block[at]) >> after
        if not size:
            run += 1
            continue
        while run > 15 and at <= (new[-1] if new else 0):
            bits.symbol(_AC, 8, 0xF0)
            run -= 16
            more = _flushed(bits, more)
        if size > 1:
            more.append(size & 1)
            continue
        bits.symbol(_AC, 8, run << 4 | 1)
        bits.add(block[at] > 0, 1)
        more, run = _flushed(bits, more), 0
    if run or more:
        bits.symbol(_AC, 8, 0)
        _flushed(bits, more)


def _flushed(bits: _Bits, more: list[int]) -> list[int]:
    for bit in more:
        bits.add(bit, 1)
    return []


def progressive_script(components: int) -> list[Scan]:
    """What encoders do: DC, then bands of AC, then a bit more of both."""
    every = tuple(range(components))
    return [
        Scan(every, 0, 0, 0, 1),
        *(Scan((part,), 1, 5, 0, 1) for part in every),
        *(Scan((part,), 6, 63, 0, 1) for part in every),
        Scan(every, 0, 0, 1, 0),
        *(Scan((part,), 1, 63, 1, 0) for part in every),
    ]


def progressive(
    width: int = 40,
    height: int = 24,
    factors: Sequence[tuple[int, int]] = HALVED,
    *,
    seed: int | str = 0,
    **options: int,
) -> bytes:
    """A sound progressive picture, with successive approximation."""
    script = progressive_script(len(factors))
    return jpeg(width, height, factors, script=script, kind=0xC2, seed=seed, **options)


_ONE_BIT = huffman(0x00, [0], 1) + huffman(0x10, [0], 1)


def blank(width: int, height: int, *, factors: Sequence[tuple[int, int]] = GREY) -> bytes:
    """A baseline picture of one grey, of any size at once: two zero bits a block."""
    most = max(h for h, _ in factors), max(v for _, v in factors)
    units = -(-width // (8 * most[0])) * -(-height // (8 * most[1]))
    bits = 2 * units * (sum(h * v for h, v in factors) if len(factors) > 1 else 1)
    data = bytes(bits // 8) + (bytes([255 >> bits % 8]) if bits % 8 else b"")
    head = JFIF + quantization() + frame(width, height, factors) + _ONE_BIT
    return SOI + head + start(Scan(tuple(range(len(factors))))) + data + EOI


def blank_scans(
    width: int, height: int, scans: int, *, factors: Sequence[tuple[int, int]] = GREY
) -> bytes:
    """
    A progressive picture of one grey with so many *scans*, all of them as the specification allows.

    Each component can have 63 bands of one coefficient, each first coded and then refined 13 times.
    """
    most = max(h for h, _ in factors), max(v for _, v in factors)
    wide, high = -(-width // (8 * most[0])), -(-height // (8 * most[1]))
    blocks = wide * high * (sum(h * v for h, v in factors) if len(factors) > 1 else 1)
    every = tuple(range(len(factors)))
    data = bytes(blocks // 8) + (bytes([255 >> blocks % 8]) if blocks % 8 else b"")
    out = [SOI, JFIF, quantization(), frame(width, height, factors, kind=0xC2)]
    out += [huffman(0x00, [0], 1), TABLES[len(huffman(0x00, _DC, 5)) :], start(Scan(every, 0, 0))]
    out.append(data)
    todo = [
        Scan((part,), band, band, bit + 1 if bit < 13 else 0, bit)
        for bit in range(13, -1, -1)
        for part in every
        for band in range(1, 64)
    ]
    for scan in todo[: scans - 1]:
        h, v = factors[scan.parts[0]]
        left = -(-width * h // (8 * most[0])) * -(-height * v // (8 * most[1]))
        bits = _Bits()
        while left:
            length = min(14, left.bit_length() - 1)
            run = min(left, (2 << length) - 1)
            bits.symbol(_AC, 8, length << 4)
            bits.add(run - (1 << length), length)
            left -= run
        out += [start(scan), bits.done()]
    return b"".join(out) + EOI


def arithmetic(width: int, height: int, *, kind: int = 0xC9) -> bytes:
    """
    A grey picture coded arithmetically, in a few bytes however large it is.

    To such a decoder zeros are data: no difference from block to block, at least in DC alone.
    """
    scan = start(Scan((0,), 0, 0 if kind == 0xCA else 63))
    return SOI + quantization() + frame(width, height, GREY, kind=kind) + scan + bytes(8) + EOI
