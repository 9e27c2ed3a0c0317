"""
Files that no specification settles: what others say of them is in ``votes.json``.

They are written by hand, byte for byte the same with every version of Pillow, zlib and Python, so
that a vote stays what it was.
"""

import hashlib
import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

from . import gifs, jpegs, pngs
from .entry import Dice, Entry, Verdict

VOTES = Path(__file__).with_name("votes.json")
MUTANTS = 150


def entries() -> Iterator[Entry]:
    known = json.loads(VOTES.read_text()) if VOTES.exists() else {}
    for id, content in candidates():
        digest, _, votes = known.get(id, "").partition(" ")
        verdict = decided(votes) if digest == fingerprint(content) else "either"
        yield Entry(
            id=id,
            content=content,
            verdict=verdict,
            codes=("corrupt|truncated|unsupported-type",) if verdict == "refuse" else (),
            may=None,
            why=f"by vote of Pillow, Chromium and the format's tool: {votes or 'none yet'}",
        )


def decided(votes: str) -> Verdict:
    """What "+" and "-" of each voter come to: where they differ, nobody is wrong."""
    return {frozenset("+"): "accept", frozenset("-"): "refuse"}.get(frozenset(votes), "either")


def fingerprint(content: bytes) -> str:
    """So much of a digest that another file would be noticed."""
    return hashlib.sha256(content).hexdigest()[:16]


def candidates() -> Iterator[tuple[str, bytes]]:
    """All that is voted on: oddities, and mutants of sound pictures."""
    for name, content in (*_jpegs().items(), *_pngs().items(), *_gifs().items()):
        yield f"odd/{name}", content
    seeds, dice = list(sound().items()), Dice("mutants")
    for number in range(MUTANTS):
        name, content = seeds[number % len(seeds)]
        yield f"mutants/{number:03}-{name}", mutated(content, dice)


def sound() -> dict[str, bytes]:
    """Small pictures of each kind, to begin from."""
    apart = [jpegs.Scan((part,)) for part in range(3)]
    return {
        "jpeg": jpegs.jpeg(),
        "jpeg-grey-restart": jpegs.jpeg(factors=jpegs.GREY, restart=3),
        "jpeg-progressive": jpegs.progressive(),
        "jpeg-apart": jpegs.jpeg(factors=jpegs.COLOUR, script=apart),
        "png": pngs.noisy(before=pngs.chunk(b"tEXt", b"Software\0by hand")),
        "png-palette-interlaced": pngs.noisy(depth=4, colour=3, interlace=1, pieces=3),
        "png-grey": pngs.noisy(depth=2, colour=0),
        "gif": gifs.gif(),
        "gif-animated": gifs.animated(3),
        "gif-interlaced": gifs.gif(24, 16, gifs.frame(24, 16, interlaced=True, palette=3)),
    }


def mutated(content: bytes, dice: Dice) -> bytes:
    """Change one place to three; near the beginning more often, as more depends on it."""
    found = bytearray(content)
    for _ in range(1 + dice.below(3)):
        most = (len(found), min(len(found), 64), min(len(found), 400))[dice.below(3)]
        _CHANGES[dice.below(len(_CHANGES))](found, dice.below(max(1, most)), dice)
    return bytes(found)


def _flip(data: bytearray, at: int, dice: Dice) -> None:
    data[at : at + 1] = bytes(value ^ 1 << dice.below(8) for value in data[at : at + 1])


def _set(data: bytearray, at: int, dice: Dice) -> None:
    data[at : at + 1] = bytes([(0, 255, 127, dice.below(256))[dice.below(4)]])


def _delete(data: bytearray, at: int, dice: Dice) -> None:
    del data[at : at + 1 + dice.below(12)]


def _insert(data: bytearray, at: int, dice: Dice) -> None:
    data[at:at] = dice.bytes(1 + dice.below(8))


def _repeat(data: bytearray, at: int, dice: Dice) -> None:
    data[at:at] = data[at : at + 1 + dice.below(40)]


def _swap(data: bytearray, at: int, dice: Dice) -> None:
    length = 1 + dice.below(8)
    data[at : at + 2 * length] = data[at + length : at + 2 * length] + data[at : at + length]


_CHANGES: tuple[Callable[[bytearray, int, Dice], None], ...] = (
    _flip,
    _flip,
    _set,
    _set,
    _delete,
    _insert,
    _repeat,
    _swap,
)


def _jpegs() -> dict[str, bytes]:
    sound = jpegs.jpeg()
    frame = jpegs.frame(40, 24, jpegs.HALVED)
    grey = jpegs.jpeg(factors=jpegs.GREY)
    deep = jpegs.jpeg(kind=0xC1, depth=12, factors=jpegs.GREY)
    number = jpegs.segment(0xDC, struct.pack(">H", 24))
    restarts = jpegs.jpeg(factors=jpegs.GREY, restart=3)
    scan = sound.index(b"\xff\xda")
    adobe = [jpegs.segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([way])) for way in (0, 1, 2)]
    four = ((1, 1),) * 4
    return {
        "jpeg-12-bit": deep,
        "jpeg-height-later": grey.replace(
            jpegs.frame(40, 24, jpegs.GREY), jpegs.frame(40, 0, jpegs.GREY)
        ).replace(jpegs.EOI, number + jpegs.EOI),
        "jpeg-height-0": sound.replace(frame, jpegs.frame(40, 0, jpegs.HALVED)),
        "jpeg-fewer-rows": sound.replace(frame, jpegs.frame(40, 8, jpegs.HALVED)),
        "jpeg-one-more-row": sound.replace(frame, jpegs.frame(40, 33, jpegs.HALVED)),
        "jpeg-standard-tables": sound.replace(jpegs.TABLES, b""),
        "jpeg-quantization-0": sound.replace(jpegs.quantization(), jpegs.quantization(0)),
        "jpeg-junk-between-segments": jpegs.jpeg(before=jpegs.JFIF + b"junk that is no marker"),
        "jpeg-zeros-between-segments": jpegs.jpeg(before=jpegs.JFIF + bytes(9)),
        "jpeg-restarts-in-disorder": restarts.replace(b"\xff\xd1", b"\xff\xd5", 1),
        "jpeg-restart-missing": restarts.replace(b"\xff\xd0", b"", 1),
        "jpeg-restarts-undeclared": restarts.replace(jpegs.segment(0xDD, b"\0\3"), b"", 1),
        "jpeg-marker-in-data": sound[: scan + 40] + b"\xff\xe0\0\4hi" + sound[scan + 40 :],
        "jpeg-extra-data-before-end": sound[:-2] + bytes(50) + jpegs.EOI,
        "jpeg-two-components": jpegs.jpeg(factors=((1, 1), (1, 1))),
        "jpeg-four-components": jpegs.jpeg(factors=four),
        "jpeg-four-adobe-0": jpegs.jpeg(factors=four, before=adobe[0]),
        "jpeg-four-adobe-2": jpegs.jpeg(factors=four, before=adobe[2]),
        "jpeg-three-adobe-0": jpegs.jpeg(factors=jpegs.COLOUR, before=adobe[0]),
        "jpeg-three-adobe-1": jpegs.jpeg(factors=jpegs.COLOUR, before=adobe[1]),
        "jpeg-five-components": jpegs.jpeg(factors=((1, 1),) * 5),
        "jpeg-sampled-4-by-4": jpegs.jpeg(factors=((4, 4), (1, 1), (1, 1))),
        "jpeg-sampled-3-by-1": jpegs.jpeg(factors=((3, 1), (1, 1), (1, 1))),
        "jpeg-sampled-3-and-2": jpegs.jpeg(factors=((3, 2), (2, 1), (1, 1))),
        "jpeg-dc-only": jpegs.jpeg(kind=0xC2, script=[jpegs.Scan((0, 1, 2), 0, 0)]),
        "jpeg-one-component-missing": jpegs.jpeg(
            factors=jpegs.COLOUR, script=[jpegs.Scan((0,)), jpegs.Scan((1,))]
        ),
        "jpeg-component-twice": jpegs.jpeg(
            factors=jpegs.COLOUR, script=[jpegs.Scan((part,)) for part in (0, 1, 2, 2)]
        ),
        "jpeg-two-beginnings": jpegs.SOI + sound,
        "jpeg-exif-broken": jpegs.jpeg(
            before=jpegs.segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff")
        ),
        "jpeg-adobe-short": jpegs.jpeg(before=jpegs.segment(0xEE, b"Adobe")),
        "jpeg-jfif-short": jpegs.jpeg(before=jpegs.segment(0xE0, b"JFIF\0")),
        "jpeg-jfif-density-0": jpegs.jpeg(before=jpegs.JFIF[:-6] + bytes(6)),
        "jpeg-profile-part-missing": jpegs.jpeg(
            before=jpegs.segment(0xE2, b"ICC_PROFILE\0\2\3" + bytes(200))
        ),
        "jpeg-jfif-thumbnail-cut": jpegs.jpeg(before=jpegs.JFIF[:-2] + b"\x20\x20"),
    }


def _pngs() -> dict[str, bytes]:
    head = pngs.header(24, 16)
    idat = pngs.chunk(b"IDAT", pngs.literal(pngs.drawn(24, 16)))
    data = pngs.literal(pngs.drawn(24, 16))
    few = pngs.header(24, 16, depth=4, colour=3)
    indices = pngs.chunk(b"IDAT", pngs.literal(pngs.drawn(24, 16, depth=4, colour=3)))
    more = pngs.chunk(b"IDAT", pngs.literal(pngs.drawn(24, 30)))
    palette = pngs.chunk(b"PLTE", bytes(range(48)))

    def made(*chunks: bytes) -> bytes:
        return pngs.png(head, *chunks)

    return {
        "png-ancillary-crc": made(pngs.chunk(b"tEXt", b"Software\0x", crc=1), idat),
        "png-gamma-crc": made(pngs.chunk(b"gAMA", bytes(4), crc=1), idat),
        "png-end-with-data": pngs.SIGNATURE + head + idat + pngs.chunk(b"IEND", b"more"),
        "png-two-ends": made(idat) + pngs.END,
        "png-adler-wrong": made(pngs.chunk(b"IDAT", data[:-4] + b"\1\2\3\4")),
        "png-adler-missing": made(pngs.chunk(b"IDAT", data[:-4])),
        "png-more-after-zlib": made(pngs.chunk(b"IDAT", data + b"more")),
        "png-more-rows": made(more),
        "png-idat-apart": made(
            pngs.chunk(b"IDAT", data[:500]),
            pngs.chunk(b"tEXt", b"a\0b"),
            pngs.chunk(b"IDAT", data[500:]),
        ),
        "png-empty-idats": made(*[pngs.chunk(b"IDAT")] * 3, idat, *[pngs.chunk(b"IDAT")] * 3),
        "png-palette-short": pngs.png(few, pngs.chunk(b"PLTE", bytes(9)), indices),
        "png-palette-long": pngs.png(few, pngs.chunk(b"PLTE", bytes(60)), indices),
        "png-palette-not-thirds": pngs.png(few, pngs.chunk(b"PLTE", bytes(47)), indices),
        "png-palette-empty": pngs.png(few, pngs.chunk(b"PLTE"), indices),
        "png-palette-after": pngs.png(few, indices, palette),
        "png-palette-twice": pngs.png(few, palette, palette, indices),
        "png-palette-of-rgb": made(palette, idat),
        "png-transparency-long": pngs.png(few, palette, pngs.chunk(b"tRNS", bytes(40)), indices),
        "png-transparency-short-rgb": made(pngs.chunk(b"tRNS", b"\0"), idat),
        "png-transparency-of-rgba": pngs.png(
            pngs.header(24, 16, colour=6),
            pngs.chunk(b"tRNS", bytes(6)),
            pngs.chunk(b"IDAT", pngs.literal(pngs.drawn(24, 16, colour=6))),
        ),
        "png-name-not-letters": made(pngs.chunk(b"a1b2", b"x"), idat),
        "png-reserved-bit": made(pngs.chunk(b"abcd", b"x"), idat),
        "png-gamma-0": made(pngs.chunk(b"gAMA", bytes(4)), idat),
        "png-gamma-short": made(pngs.chunk(b"gAMA", b"\0"), idat),
        "png-chromaticities-short": made(pngs.chunk(b"cHRM", bytes(5)), idat),
        "png-resolution-short": made(pngs.chunk(b"pHYs", b"\0"), idat),
        "png-resolution-0": made(pngs.chunk(b"pHYs", bytes(8) + b"\1"), idat),
        "png-profile-cut": made(pngs.chunk(b"iCCP", b"x\0\0" + pngs.literal(bytes(40))[:20]), idat),
        "png-profile-no-name": made(pngs.chunk(b"iCCP", bytes(3)), idat),
        "png-text-no-keyword": made(pngs.chunk(b"tEXt", b""), idat),
        "png-text-packed-oddly": made(pngs.chunk(b"zTXt", b"a\0\7abc"), idat),
        "png-international-short": made(pngs.chunk(b"iTXt", b"a\0"), idat),
        "png-exif-short": made(pngs.chunk(b"eXIf", b"II"), idat),
        "png-window-small": made(pngs.chunk(b"IDAT", b"\x08\x1d" + data[2:])),
        "png-zlib-dictionary": made(pngs.chunk(b"IDAT", b"\x78\xbb" + data[2:])),
        "png-header-long": pngs.png(pngs.chunk(b"IHDR", head[8:21] + b"\0"), idat),
        "png-frames-but-no-control": made(pngs.chunk(b"fcTL", bytes(26)), idat),
        "png-frame-data-cut": pngs.animated(2).replace(b"fdAT", b"fdaT"),
        "png-animation-short": made(pngs.chunk(b"acTL", b"\0"), idat),
    }


def _gifs() -> dict[str, bytes]:
    frame = gifs.frame(24, 16)
    pixels = bytes(range(8)) * 48
    drawn = gifs.literal(pixels, 3)
    return {
        "gif-no-palette": gifs.gif(24, 16, colours=0),
        "gif-index-beyond-palette": gifs.gif(24, 16, colours=2),
        "gif-more-pixels": gifs.gif(24, 16, gifs.frame(24, 16, data=gifs.literal(pixels * 2, 3))),
        "gif-one-row-missing": gifs.gif(
            24, 16, gifs.frame(24, 16, data=gifs.literal(pixels[:-24], 3))
        ),
        "gif-no-clear-code-first": gifs.gif(
            24,
            16,
            gifs.frame(24, 16, data=gifs.packed([(0, 4)] * 6 + [(9, 4)])),
        ),
        "gif-no-end-code": gifs.gif(24, 16, gifs.frame(24, 16, data=drawn[:-1])),
        "gif-data-after-end-code": gifs.gif(24, 16, gifs.frame(24, 16, data=drawn + bytes(40))),
        "gif-unknown-extension": gifs.gif(24, 16, b"!\x42" + gifs.blocks(b"hello"), frame),
        "gif-text-extension": gifs.gif(
            24, 16, b"!\x01\x0c" + bytes(12) + gifs.blocks(b"hi"), frame
        ),
        "gif-junk-before-frame": gifs.gif(24, 16, b"\x77\x78", frame),
        "gif-zeros-before-frame": gifs.gif(24, 16, bytes(6), frame),
        "gif-junk-after-frame": gifs.gif(24, 16, frame, b"\x77\x78"),
        "gif-control-short": gifs.gif(24, 16, b"!\xf9\1\0\0", frame),
        "gif-control-long": gifs.gif(24, 16, b"!\xf9\x06" + bytes(6) + b"\0", frame),
        "gif-87a-with-extensions": gifs.gif(24, 16, gifs.control(), frame, version=b"GIF87a"),
        "gif-frame-of-no-width": gifs.gif(24, 16, gifs.frame(0, 16), frame),
        "gif-second-frame-broken": gifs.gif(24, 16, frame, frame[:12] + b"\x0c\0"),
        "gif-application-short": gifs.gif(24, 16, b"!\xff\x03abc\0", frame),
        "gif-netscape-cut": gifs.gif(
            24, 16, gifs.application(b"NETSCAPE2.0", b"\x01\x01\0"), frame
        ),
        "gif-transparent-beyond": gifs.gif(24, 16, gifs.control(clear=200), frame),
        "gif-code-size-1": gifs.gif(
            24, 16, gifs.frame(24, 16, depth=1, data=gifs.literal(bytes(24 * 16), 1))
        ),
    }
