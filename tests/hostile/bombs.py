"""Files that are small, and large once they are read: frames, scans and metadata without end."""

import struct
import zlib
from collections.abc import Iterator

from . import gifs, jpegs, pngs
from .entry import Entry, Verdict

_LIMIT = "the threat model: "


def entries() -> Iterator[Entry]:
    yield from _frames()
    yield from _scans()
    yield from _metadata()


def _frames() -> Iterator[Entry]:
    many = ("too-many-frames",)
    moving: tuple[Verdict, tuple[str, ...]] = ("warn", ("animated",))
    over: tuple[Verdict, tuple[str, ...]] = ("refuse", many)
    dot = gifs.frame(1, 1, depth=2, data=gifs.literal(b"\0", 2))
    empty = gifs.control() + dot
    large = gifs.frame(2000, 2000, depth=2, data=gifs.solid(4_000_000))
    solid = pngs.chunk(b"IDAT", pngs.zeros(pngs.raw_size(2000, 2000)))
    made = {
        "gif-500": (gifs.gif(1, 1, *[empty] * 500), moving, "500 frames"),
        "gif-501": (gifs.gif(1, 1, *[empty] * 501), over, "500 frames"),
        "gif-60000": (gifs.gif(1, 1, *[dot] * 60_000), over, "500 frames"),
        "gif-99-of-4-megapixels": (gifs.gif(2000, 2000, large, *[dot] * 98), moving, "400 Mpx"),
        "gif-101-of-4-megapixels": (gifs.gif(2000, 2000, large, *[dot] * 100), over, "400 Mpx"),
        "gif-30-large": (gifs.gif(2000, 2000, *[large] * 30), moving, "400 Mpx"),
        "gif-200-large": (gifs.gif(2000, 2000, *[large] * 200), over, "400 Mpx"),
        "apng-500": (pngs.animated(500, 1, 1), moving, "500 frames"),
        "apng-501": (pngs.animated(501, 1, 1), over, "500 frames"),
        "apng-20000": (pngs.animated(20_000, 1, 1), over, "500 frames"),
        "apng-99-of-4-megapixels": (_dots(99, solid), moving, "400 Mpx"),
        "apng-101-of-4-megapixels": (_dots(101, solid), over, "400 Mpx"),
    }
    for name, (content, (verdict, codes), limit) in made.items():
        why = f"{_LIMIT}at most {limit}"
        yield Entry(id=f"frames/{name}", content=content, verdict=verdict, codes=codes, why=why)


def _dots(frames: int, idat: bytes) -> bytes:
    """An APNG of 2000 x 2000 whose frames but the first are one pixel."""
    dot = zlib.compress(bytes(4))
    parts = [pngs.header(2000, 2000), pngs.chunk(b"acTL", struct.pack(">II", frames, 0)), b""]
    for frame in range(frames):
        side = 1 if frame else 2000
        fields = (max(0, 2 * frame - 1), side, side, 0, 0, 1, 10, 0, 0)
        parts.append(pngs.chunk(b"fcTL", struct.pack(">IIIIIHHBB", *fields)))
        data = pngs.chunk(b"fdAT", struct.pack(">I", 2 * frame) + dot)
        parts.append(data if frame else idat)
    return pngs.png(*parts)


def _scans() -> Iterator[Entry]:
    for count, factors in ((1, jpegs.GREY), (40, jpegs.GREY), (100, jpegs.COLOUR)):
        yield Entry(
            id=f"scans/{count}",
            content=jpegs.blank_scans(200, 150, count, factors=factors),
            verdict="accept",
            why=f"{_LIMIT}at most 100 scans; T.81 G.1.1.1 allows each of these",
            size=(200, 150),
        )
    for count, side in ((101, 200), (101, 8), (400, 200), (800, 3000)):
        yield Entry(
            id=f"scans/{count}-of-{side}",
            content=jpegs.blank_scans(side, side, count, factors=jpegs.COLOUR),
            verdict="refuse",
            codes=("too-many-scans",),
            why=f"{_LIMIT}at most 100 scans",
        )
    bomb = jpegs.blank_scans(4000, 4000, 2)
    scan = bomb[bomb.rindex(b"\xff\xda") : -2]
    yield Entry(
        id="scans/same-5000-times",
        content=bomb[:-2] + scan * 5000 + jpegs.EOI,
        verdict="refuse",
        codes=("too-many-scans",),
        why=f"{_LIMIT}at most 100 scans",
    )
    for count, side in ((60, 6000), (100, 8000)):
        why = "within every limit but, perhaps, that of time"
        content = jpegs.blank_scans(side, side, count)
        yield Entry(id=f"scans/{count}-of-{side}", content=content, verdict="either", why=why)


def _metadata() -> Iterator[Entry]:
    why = f"{_LIMIT}metadata inflates to at most 8 MB"
    text = {
        "ztxt": lambda size: pngs.chunk(b"zTXt", b"Comment\0\0" + pngs.zeros(size)),
        "itxt": lambda size: pngs.chunk(b"iTXt", b"Comment\0\1\0\0\0" + pngs.zeros(size)),
        "iccp": lambda size: pngs.chunk(b"iCCP", b"profile\0\0" + pngs.zeros(size)),
    }
    for name, make in text.items():
        for size, verdict in ((700_000, "accept"), (7_000_000, "accept"), (9_000_000, "refuse")):
            yield _heavy(f"{name}-{size}", make(size), verdict, why)
        yield _heavy(f"{name}-200000000", make(200_000_000), "refuse", why)
    yield _heavy("ztxt-20-of-500000", text["ztxt"](500_000) * 20, "refuse", why)
    yield _heavy("ztxt-10-of-500000", text["ztxt"](500_000) * 10, "accept", why)
    for size, verdict in ((7_000_000, "accept"), (9_000_000, "refuse")):
        behind = text["ztxt"](size)
        yield _heavy(f"ztxt-after-{size}", b"", verdict, why, after=behind)
    plain = pngs.chunk(b"tEXt", b"Comment\0" + b"x" * 2_500_000)
    yield _heavy("text-2500000", plain, "accept", "PNG 11.3.3.2: of any length")
    nothing = pngs.chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"parcel")[:-5])
    yield _heavy("ztxt-cut", nothing, "either", "decoders may ignore what they can't inflate")
    profile = [bytes([number]) for number in range(1, 31)]
    parts = [b"ICC_PROFILE\0" + number + b"\x1e" + bytes(60_000) for number in profile]
    inside = b"".join(jpegs.segment(0xE2, part) for part in parts)
    yield Entry(
        id="metadata/jpeg-profile-1800000",
        content=jpegs.jpeg(before=inside),
        verdict="accept",
        may=None,
        why="by construction: within 3 MB",
        size=(40, 24),
    )


def _heavy(name: str, chunk: bytes, verdict: Verdict, why: str, *, after: bytes = b"") -> Entry:
    return Entry(
        id=f"metadata/{name}",
        content=pngs.noisy(before=chunk, after=after),
        verdict=verdict,
        codes=("metadata-bomb",) if verdict == "refuse" else (),
        may=None if verdict == "either" else frozenset({"personal"}),
        why=why,
        size=(24, 16),
    )
