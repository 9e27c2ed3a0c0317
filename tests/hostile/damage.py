"""Sound pictures cut short or broken in one place that the specification forbids."""

import struct
import zlib
from collections.abc import Iterator

from . import gifs, jpegs, pngs
from .drawing import quarters, saved
from .entry import Entry

_LADDER = (1, 5, 10, 25, 40, 55, 70, 80, 90, 95, 98, 99)  # per cent that are left
_BROKEN = ("truncated|corrupt",)


def entries() -> Iterator[Entry]:
    yield from _ladder()
    yield from _cut()
    yield from _incomplete()
    for name, content, clause in (*_pngs(), *_jpegs(), *_gifs()):
        yield Entry(
            id=f"broken/{name}",
            content=content,
            verdict="refuse",
            codes=("corrupt|truncated|unsupported-type",),
            why=f"by construction: {clause}",
        )


def _whole() -> dict[str, bytes]:
    picture = quarters((160, 120))
    return {
        "baseline": saved(picture, "JPEG", quality=90),
        "progressive": jpegs.progressive(120, 96),
        "png": saved(picture, "PNG", compress_level=0),
        "interlaced-png": pngs.noisy(60, 50, interlace=1),
        "gif": saved(picture.quantize(16), "GIF"),
        "animated-gif": gifs.animated(6, 30, 20),
    }


_ENDS = {
    "baseline": "T.81 B.2.1: an image ends in EOI",
    "progressive": "T.81 B.2.1: an image ends in EOI",
    "png": "PNG 5.6: IEND shall be last",
    "interlaced-png": "PNG 5.6: IEND shall be last",
    "gif": "GIF89a 27: the trailer is required",
    "animated-gif": "GIF89a 27: the trailer is required",
}


def _ladder() -> Iterator[Entry]:
    for name, content in _whole().items():
        for share in _LADDER:
            left = content[: max(8, len(content) * share // 100)]
            yield Entry(
                id=f"truncated/{name}-{share}",
                content=left,
                verdict="refuse",
                codes=("truncated",),
                why=f"by construction: {_ENDS[name]}",
            )


def _cut() -> Iterator[Entry]:
    whole = _whole()
    jpeg, png, gif = whole["baseline"], whole["png"], whole["gif"]
    inside = saved(quarters((40, 30)), "JPEG")
    thumb = jpegs.segment(0xE1, b"Exif\0\0II*\0" + inside)
    cuts = {
        "jpeg-last-byte": (jpeg[:-1], "EOI has two bytes"),
        "jpeg-no-eoi": (jpeg[:-2], _ENDS["baseline"]),
        "jpeg-signature-only": (b"\xff\xd8\xff", _ENDS["baseline"]),
        "jpeg-soi-eoi": (b"\xff\xd8\xff\xd9", "there is no frame"),
        "jpeg-whole-thumbnail-cut-picture": (
            jpeg[:2] + thumb + jpeg[2 : len(jpeg) // 2],
            "the only EOI is in a segment",
        ),
        "jpeg-header-and-closed": (jpeg[: jpeg.index(b"\xff\xda")] + jpegs.EOI, "there is no scan"),
        "jpeg-zero-filled": (
            jpeg[: len(jpeg) // 2].ljust(len(jpeg), b"\0"),
            "a download that stopped: no EOI",
        ),
        "jpeg-cut-and-followed": (
            jpeg[: len(jpeg) // 2] + inside,
            "a second picture begins inside the first",
        ),
        "progressive-first-scan-only": (
            (found := whole["progressive"])[
                : found.index(b"\xff\xda", found.index(b"\xff\xda") + 2)
            ],
            _ENDS["progressive"],
        ),
        "png-signature-only": (pngs.SIGNATURE, _ENDS["png"]),
        "png-last-byte": (png[:-1], _ENDS["png"]),
        "png-no-iend": (png[:-12], _ENDS["png"]),
        "png-zero-filled": (png[: len(png) // 2].ljust(len(png), b"\0"), "checksums differ"),
        "png-no-idat": (pngs.png(pngs.header(24, 16)), "PNG 5.6: IDAT is required"),
        "png-empty-idat": (
            pngs.png(pngs.header(24, 16), pngs.chunk(b"IDAT")),
            "PNG 10.1: no zlib stream",
        ),
        "gif-signature-only": (b"GIF89a", _ENDS["gif"]),
        "gif-no-trailer": (gif[:-1], _ENDS["gif"]),
        "gif-screen-only": (gifs.screen(24, 16), _ENDS["gif"]),
        "gif-no-picture": (gifs.screen(24, 16) + gifs.TRAILER, "nothing to show"),
        "gif-zero-filled": (gif[: len(gif) // 2].ljust(len(gif), b"\0"), _ENDS["gif"]),
        "gif-animated-between-frames": (
            gifs.animated(3)[: -1 - len(gifs.frame(8, 8)) - 8],
            _ENDS["gif"],
        ),
    }
    for name, (content, clause) in cuts.items():
        yield Entry(
            id=f"cut/{name}",
            content=content,
            verdict="refuse",
            codes=_BROKEN,
            why=f"by construction: {clause}",
        )


def _incomplete() -> Iterator[Entry]:
    """Well-formed, but for pixels that are not there: decoders leave them grey or black."""
    jpeg, few = _whole()["baseline"], pngs.zeros(8 * 73)
    frame = jpegs.frame(40, 24, jpegs.HALVED)
    made = {
        "jpeg-cut-and-closed": jpeg[: len(jpeg) // 2] + jpegs.EOI,
        "jpeg-claims-double": jpegs.jpeg().replace(frame, jpegs.frame(80, 48, jpegs.HALVED)),
        "png-half-idat": pngs.png(pngs.header(24, 16), pngs.chunk(b"IDAT", few)),
    }
    for name, content in made.items():
        why = "by the specification it is broken, and most decoders, or all, show it"
        yield Entry(id=f"incomplete/{name}", content=content, verdict="either", why=why)


def _flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def _pngs() -> Iterator[tuple[str, bytes, str]]:
    head, idat = pngs.header(24, 16), pngs.chunk(b"IDAT", pngs.literal(pngs.drawn(24, 16)))
    raw = pngs.drawn(24, 16)
    sound = pngs.png(head, idat)
    for name in (b"IHDR", b"IDAT", b"IEND"):
        at = sound.index(name)
        size = struct.unpack(">I", sound[at - 4 : at])[0]
        clause = f"PNG 5.3: the checksum of {name.decode()} differs"
        yield f"png-crc-{name.decode().lower()}", _flipped(sound, at + 4 + size), clause
    illegal = {
        "depth-3": pngs.header(24, 16, depth=3),
        "depth-0": pngs.header(24, 16, depth=0),
        "depth-16-palette": pngs.header(24, 16, depth=16, colour=3),
        "depth-4-rgb": pngs.header(24, 16, depth=4),
        "colour-5": pngs.header(24, 16, colour=5),
        "colour-255": pngs.header(24, 16, colour=255),
        "compression-1": pngs.header(24, 16, compression=1),
        "filtering-1": pngs.header(24, 16, filtering=1),
        "interlace-2": pngs.header(24, 16, interlace=2),
        "width-0": pngs.header(0, 16),
        "height-0": pngs.header(24, 0),
    }
    for name, wrong in illegal.items():
        yield f"png-{name}", pngs.png(wrong, idat), "PNG 11.2.1: not among the allowed values"
    yield "png-ihdr-short", pngs.png(pngs.chunk(b"IHDR", head[8:20]), idat), "PNG 11.2.1: 13 bytes"
    yield "png-ihdr-missing", pngs.png(idat), "PNG 5.6: IHDR shall be first"
    yield "png-ihdr-second", pngs.png(idat, head), "PNG 5.6: IHDR shall be first"
    yield (
        "png-palette-missing",
        pngs.png(
            pngs.header(24, 16, colour=3),
            pngs.chunk(b"IDAT", pngs.literal(pngs.drawn(24, 16, colour=3))),
        ),
        "PNG 11.2.2: PLTE shall appear for colour type 3",
    )
    yield (
        "png-unknown-critical",
        pngs.png(head, pngs.chunk(b"CRIT", b"needed"), idat),
        "PNG 13.3: an unknown critical chunk shall be an error",
    )
    yield (
        "png-filter-5",
        pngs.png(head, pngs.chunk(b"IDAT", zlib.compress(b"\5" + raw[1:]))),
        "PNG 9.2: filter types are 0 to 4",
    )
    yield (
        "png-deflate-broken",
        pngs.png(head, pngs.chunk(b"IDAT", b"\x78\x9c\x07" + bytes(60))),
        "RFC 1951 3.2.3: block type 3 is an error",
    )
    yield (
        "png-no-zlib-header",
        pngs.png(head, pngs.chunk(b"IDAT", pngs.literal(raw)[2:])),
        "PNG 10.1: a zlib stream",
    )
    yield (
        "png-length-beyond-end",
        sound.replace(idat[:4], b"\x7f\xff\xff\xff", 1),
        "PNG 5.3: the chunk is longer than the file",
    )
    yield (
        "png-length-negative",
        sound.replace(idat[:4], b"\xff\xff\xff\xff", 1),
        "PNG 5.3: a length shall not exceed 2^31-1",
    )
    yield (
        "png-crlf-translated",
        sound.replace(b"\r\n", b"\n"),
        "PNG 5.2: the signature detects such transfers",
    )
    yield "png-7-bit", bytes(value & 127 for value in sound), "PNG 5.2: the signature detects it"
    yield (
        "png-apple",
        pngs.png(pngs.chunk(b"CgBI", b"\x50\0\x20\2"), head, idat),
        "PNG 5.6: IHDR shall be first; CgBI is Apple's own",
    )


def _jpegs() -> Iterator[tuple[str, bytes, str]]:
    sound = jpegs.jpeg()
    quant = jpegs.quantization()
    frame = jpegs.frame(40, 24, jpegs.HALVED)
    scan = sound.index(b"\xff\xda")
    yield "jpeg-no-frame", sound.replace(frame, b""), "T.81 B.2.1: a frame header is required"
    yield "jpeg-two-frames", sound.replace(frame, frame * 2), "T.81 B.2.1: one frame header"
    yield "jpeg-no-quantization", sound.replace(quant, b""), "T.81 B.2.4.1: the table is not there"
    yield "jpeg-frame-after-scan", jpegs.SOI + sound[scan:-2] + frame + jpegs.EOI, "T.81 B.2.1"
    yield (
        "jpeg-width-0",
        sound.replace(frame, jpegs.frame(0, 24, jpegs.HALVED)),
        "T.81 B.2.2: X > 0",
    )
    yield "jpeg-no-components", sound.replace(frame, jpegs.frame(40, 24, ())), "T.81 B.2.2: Nf > 0"
    yield (
        "jpeg-sampling-0",
        sound.replace(frame, jpegs.frame(40, 24, ((0, 0), (1, 1), (1, 1)))),
        "T.81 B.2.2: factors are 1 to 4",
    )
    yield (
        "jpeg-sampling-5",
        sound.replace(frame, jpegs.frame(40, 24, ((5, 5), (1, 1), (1, 1)))),
        "T.81 B.2.2: factors are 1 to 4",
    )
    yield (
        "jpeg-depth-0",
        sound.replace(frame, jpegs.frame(40, 24, jpegs.HALVED, depth=0)),
        "T.81 B.2.2: 8 or 12 bits",
    )
    yield (
        "jpeg-frame-length",
        sound.replace(frame, frame[:2] + b"\0\x02" + frame[4:]),
        "T.81 B.2.2: the frame header's length",
    )
    yield (
        "jpeg-segment-length-0",
        jpegs.jpeg(before=jpegs.segment(0xE5, b"abc", length=0)),
        "T.81 B.1.1.4: a length has 2 bytes itself",
    )
    yield (
        "jpeg-segment-beyond-end",
        jpegs.jpeg(before=jpegs.segment(0xE5, b"abc", length=65535)),
        "T.81 B.1.1.4: the segment is longer than the file",
    )
    wrong = bytes([0x10, *([255] * 16)]) + bytes(255)
    yield (
        "jpeg-huffman-overfull",
        sound.replace(jpegs.TABLES, jpegs.segment(0xC4, wrong) + jpegs.TABLES[:40]),
        "T.81 C.2: more codes than there can be",
    )
    yield (
        "jpeg-scan-of-unknown-part",
        sound[:scan] + sound[scan:].replace(b"\3\1\0\2\0\3\0", b"\3\1\0\2\0\x09\0", 1),
        "T.81 B.2.3: Cs shall be a component of the frame",
    )
    yield "jpeg-lossless", sound.replace(b"\xff\xc0", b"\xff\xc3", 1), "lossless; data are not"
    yield "jpeg-hierarchical", sound.replace(b"\xff\xc0", b"\xff\xc5", 1), "T.81 J: without DHP"
    yield "jpeg-utf-8", sound.decode("latin-1").encode(), "read as text and written as UTF-8"
    yield (
        "jpeg-lossy-text",
        sound.decode("utf-8", "replace").encode(),
        "read as UTF-8: bytes are replaced",
    )


def _gifs() -> Iterator[tuple[str, bytes, str]]:
    for depth in (0, 9, 12, 255):
        content = gifs.gif(24, 16, gifs.frame(24, 16)[:10] + bytes([depth]) + b"\2\x04\x05\0")
        yield f"gif-code-size-{depth}", content, "GIF89a 22 and F: the code size is 2 to 8"
    place = struct.pack("<HHHHB", 0, 0, 24, 16, 0)
    yield "gif-no-pixels", gifs.gif(24, 16, b"," + place + b"\3\0"), "GIF89a F: no code at all"
    yield (
        "gif-bad-codes",
        gifs.gif(24, 16, b"," + place + b"\3" + gifs.blocks(b"\xff" * 200)),
        "GIF89a F: the first code after a clear code can't be unknown",
    )
    yield (
        "gif-half-the-pixels",
        gifs.gif(24, 16, gifs.frame(24, 16, data=gifs.literal(bytes(24 * 8), 3))),
        "half of the rows",
    )
    yield "gif-88", b"GIF88a" + gifs.gif()[6:], "GIF89a 17: versions are 87a and 89a"
    yield (
        "gif-junk-blocks",
        gifs.screen(24, 16) + b"\x99\x98\x97" * 30 + gifs.TRAILER,
        "GIF89a appendix B: no such block, and no picture",
    )
