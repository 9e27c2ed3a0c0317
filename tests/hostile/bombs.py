"""Files that are small, and large once they are read; and some that are large, and may be."""

import struct
import zlib
from collections.abc import Iterator

from PIL import Image

from . import costs, exif, gifs, jpegs, pngs
from .drawing import quarters, saved
from .entry import Dice, Entry, Verdict

_COSTLY = ("too-many-pixels|decompression-bomb",)
_LIMIT = "the threat model: "


def entries() -> Iterator[Entry]:
    yield from _sizes()
    yield from _pixels()
    yield from _lies()
    yield from _frames()
    yield from _scans()
    yield from _metadata()
    yield from _slow()


def padded(kind: str, size: int) -> bytes:
    """A sound picture of exactly *size* bytes; what fills it up is no part of the picture."""
    if kind == "PNG":
        plain = pngs.noisy()
        return pngs.noisy(before=pngs.chunk(b"paDd", bytes(size - len(plain) - 12)))
    if kind == "JPEG":
        missing, parts = size - len(jpegs.jpeg()), []
        while missing:
            part = missing if missing <= 65537 else min(65537, missing - 4)
            parts.append(jpegs.segment(0xEB, bytes(part - 4)))
            missing -= part
        return jpegs.jpeg(before=jpegs.JFIF + b"".join(parts))
    plain = gifs.gif()
    missing, parts = size - len(plain) - 15, []
    while missing:
        part = missing if missing <= 256 else min(256, missing - 2)
        parts.append(bytes([part - 1]) + bytes(part - 1))
        missing -= part
    extension = gifs.application(b"PADDING 1.0", b"".join(parts) + b"\0")
    return gifs.gif(24, 16, extension, gifs.frame(24, 16))


def _sizes() -> Iterator[Entry]:
    labels: dict[int, tuple[Verdict, tuple[str, ...]]] = {
        2_999_999: ("accept", ()),
        3_000_000: ("accept", ()),
        3_000_001: ("warn", ("near-limit",)),
        3_145_728: ("warn", ("near-limit",)),
        3_145_729: ("refuse", ("too-large",)),
        5_000_000: ("refuse", ("too-large",)),
    }
    for kind in ("JPEG", "PNG", "GIF"):
        for size, (verdict, codes) in labels.items():
            yield Entry(
                id=f"size/{kind.lower()}-{size}",
                content=padded(kind, size),
                verdict=verdict,
                codes=codes,
                why="the tutorial's 3 MB, a MB being 1,000,000 bytes or 1,048,576",
                size=(40, 24) if kind == "JPEG" else (24, 16),
            )
    photo = saved(Image.effect_noise((1900, 1500), 90).convert("RGB"), "JPEG", quality=95)
    yield Entry(
        id="size/photo",
        content=photo,
        verdict="accept" if len(photo) <= 3_000_000 else "either",
        why="by construction: a photo's worth of grain",
        size=(1900, 1500),
    )
    noise = Dice("size").bytes(4096) * 768 + b"x"
    codes = ("too-large|unsupported-type",)
    why = "both speak against it"
    yield Entry(id="size/noise", content=noise, verdict="refuse", codes=codes, why=why)
    yield Entry(id="size/empty", content=b"", verdict="refuse", codes=("empty",), why="no byte")


def _pixels() -> Iterator[Entry]:
    """Sound pictures of every size in pixels, judged by ruling 9 alone."""
    why = "ruling 9: what decoding would cost"
    shapes = (
        (6000, 6000, 8, 2),
        (7600, 7600, 8, 2),
        (12000, 12000, 8, 2),
        (6000, 6000, 8, 6),
        (6600, 6600, 8, 6),
        (12000, 12000, 8, 3),
        (13000, 13000, 8, 3),
        (12000, 12000, 1, 0),
        (20000, 20000, 1, 0),
        (40000, 40000, 1, 3),
        (6000, 6000, 16, 0),
        (14000, 14000, 16, 0),
        (8000, 8000, 16, 6),
        (1, 160_000, 8, 2),
        (160_000, 200, 8, 0),
        (60_000, 60_000, 2, 3),
        (6300, 6300, 16, 2),
        (6300, 6300, 16, 6),
        (8000, 8000, 8, 4),
        (30_000, 1, 8, 2),
        (1, 30_000, 8, 0),
        (1, 70_000, 8, 2),
        (2, 300_000, 8, 0),
        (70_000, 2, 8, 3),
        (1, 35_000_000, 8, 2),
        (1, 100_000_000, 8, 0),
        (3, 40_000_000, 1, 3),
        (35_000_000, 1, 8, 2),
        (150_000_000, 1, 8, 0),
    )
    for width, height, depth, colour in shapes:
        thin = max(width, height) > 1_000_000  # every row costs, and every column twice
        label = costs.of_png(width, height, depth=depth, colour=colour)
        yield _weighed(
            f"png-{width}x{height}-{colour}-{depth}",
            pngs.blank(width, height, depth=depth, colour=colour),
            "either" if thin else label,
            why,
            (width, height),
            codes=("colour-space",) if depth == 16 else (),
        )
    for name, colour, chunk in (
        ("palette", 3, pngs.chunk(b"tRNS", b"\x40")),
        ("grey", 0, pngs.chunk(b"tRNS", b"\0\0")),
    ):
        content = pngs.blank(12_000, 12_000, colour=colour, before=chunk)
        yield _weighed(f"png-clear-{name}", content, "accept", why, (12_000, 12_000))
    for width, height in ((1, 70_000), (70_000, 1)):
        data = pngs.chunk(b"IDAT", zlib.compress(pngs.drawn(width, height)))
        content = pngs.png(pngs.header(width, height), data)
        yield _weighed(f"png-grain-{width}x{height}", content, "accept", why, (width, height))
    content = pngs.blank(12_000, 12_000, colour=3, interlace=1)
    yield _weighed("png-interlaced", content, "accept", why, (12_000, 12_000))
    for side in (6000, 12000, 12700, 14000, 40000):
        picture = gifs.frame(side, side, depth=2, data=gifs.solid(side * side))
        verdict = costs.of_gif(side, side)
        size = (side, side)
        yield _weighed(f"gif-{side}", gifs.gif(side, side, picture), verdict, why, size)
    for width, height, factors in (
        (10_000, 10_000, jpegs.GREY),
        (10_000, 10_000, jpegs.HALVED),
        (16_320, 12_240, jpegs.HALVED),
        (65_000, 1000, jpegs.COLOUR),
        (65_500, 1, jpegs.GREY),
        (1, 65_500, jpegs.HALVED),
        (9000, 9000, ((1, 1),) * 4),
    ):
        content = jpegs.blank(width, height, factors=factors)
        verdict = costs.of_jpeg(width, height, factors)
        name = f"jpeg-{width}x{height}-{len(factors)}"
        codes = ("colour-space",) if len(factors) == 4 else ()
        yield _weighed(name, content, verdict, why, (width, height), codes=codes)
    for width, height, factors, scans in (
        (5000, 4000, jpegs.HALVED, 10),
        (7000, 7000, jpegs.GREY, 10),
        (10_000, 10_000, jpegs.GREY, 10),
        (6000, 6000, jpegs.COLOUR, 1),
        (9000, 9000, jpegs.HALVED, 6),
        (30_000, 30_000, jpegs.GREY, 2),
    ):
        content = jpegs.blank_scans(width, height, scans, factors=factors)
        verdict = costs.of_jpeg(width, height, factors, coefficients=True)
        name = f"jpeg-progressive-{width}x{height}-{len(factors)}-{scans}"
        yield _weighed(name, content, verdict, why, (width, height))
    apart = jpegs.blank(9000, 9000, factors=jpegs.GREY)
    wide = jpegs.frame(9000, 9000, jpegs.COLOUR)
    apart = apart.replace(jpegs.frame(9000, 9000, jpegs.GREY), wide)
    scan = apart[apart.index(b"\xff\xda") : -2]
    more = [scan.replace(b"\xff\xda\0\x08\1\1", b"\xff\xda\0\x08\1%c" % part) for part in (2, 3)]
    yield _weighed(
        "jpeg-apart-9000x9000",
        apart[:-2] + b"".join(more) + jpegs.EOI,
        costs.of_jpeg(9000, 9000, jpegs.COLOUR, coefficients=True),
        why,
        (9000, 9000),
    )
    huge = jpegs.blank(65_000, 11_500)
    yield Entry(
        id="pixels/jpeg-747-megapixels",
        content=huge,
        verdict="either",
        why="memory speaks for it, time may not",
    )


def _weighed(
    name: str,
    content: bytes,
    verdict: Verdict,
    why: str,
    size: tuple[int, int],
    *,
    codes: tuple[str, ...] = (),
) -> Entry:
    label = {"refuse": ("refuse", _COSTLY), "either": ("either", ())}
    found = label.get(verdict, ("warn" if codes else "accept", codes))
    return Entry(
        id=f"pixels/{name}", content=content, verdict=found[0], codes=found[1], why=why, size=size
    )


def _lies() -> Iterator[Entry]:
    """Headers that claim more, or less, than there is."""
    tiny = zlib.compress(bytes(73 * 16))
    claims = {
        "png-claims-60000": pngs.png(pngs.header(60000, 60000), pngs.chunk(b"IDAT", tiny)),
        "png-claims-2-31": pngs.png(pngs.header(2**31 - 1, 2**31 - 1), pngs.chunk(b"IDAT", tiny)),
        "png-claims-2-31-wide": pngs.png(pngs.header(2**31, 1), pngs.chunk(b"IDAT", tiny)),
        "png-claims-wide": pngs.png(pngs.header(2**31 - 1, 1), pngs.chunk(b"IDAT", tiny)),
        "png-claims-39-megapixels": pngs.png(pngs.header(6200, 6200), pngs.chunk(b"IDAT", tiny)),
        "gif-claims-65535": gifs.screen(65535, 65535)
        + gifs.frame(65535, 65535, depth=2, data=b"\x44\x01")
        + gifs.TRAILER,
        "jpeg-claims-60000": jpegs.jpeg().replace(
            jpegs.frame(40, 24, jpegs.HALVED), jpegs.frame(60000, 60000, jpegs.HALVED)
        ),
        "jpeg-grey-claims-65500": jpegs.blank(65_500, 65_500)[:300] + jpegs.EOI,
        "jpeg-grey-claims-65500-without-data": jpegs.blank(65_500, 65_500)[:100] + jpegs.EOI,
        "jpeg-grey-claims-20000": jpegs.blank(20_000, 20_000)[:3000] + jpegs.EOI,
        "jpeg-progressive-claims-60000": jpegs.progressive().replace(
            jpegs.frame(40, 24, jpegs.HALVED, kind=0xC2),
            jpegs.frame(60000, 60000, jpegs.HALVED, kind=0xC2),
        ),
    }
    for name, content in claims.items():
        yield Entry(
            id=f"lies/{name}",
            content=content,
            verdict="refuse",
            codes=("corrupt|truncated|too-many-pixels|decompression-bomb",),
            why="by construction: there is less data than the header claims pixels",
        )
    inside = gifs.gif(10, 10, gifs.frame(24, 16))
    for name, content in {
        "gif-frame-beyond-screen": inside,
        "gif-frame-outside": gifs.gif(24, 16, gifs.frame(24, 16, left=100, top=100)),
        "gif-screen-0": gifs.gif(0, 0, gifs.frame(24, 16)),
        "gif-screen-65535": gifs.gif(65535, 65535, gifs.frame(24, 16)),
        "png-inflates-to-a-gigabyte": pngs.png(
            pngs.header(24, 16), pngs.chunk(b"IDAT", pngs.zeros(1_000_000_000))
        ),
        "jpeg-arithmetic": jpegs.arithmetic(40, 24),
        "jpeg-arithmetic-progressive": jpegs.arithmetic(40, 24, kind=0xCA),
        "jpeg-arithmetic-claims-65500": jpegs.arithmetic(65_500, 65_500),
        "jpeg-arithmetic-claims-9000-progressive": jpegs.arithmetic(9000, 9000, kind=0xCA),
        "apng-claims-600-frames": pngs.animated(3, said=600),
        "apng-claims-2-31-frames": pngs.animated(2, said=2**31 - 1),
        "apng-claims-no-frames": pngs.animated(2, said=0),
    }.items():
        why = "decoders disagree on what that means, or do from one build to the next"
        yield Entry(id=f"lies/{name}", content=content, verdict="either", why=why)


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


def _slow() -> Iterator[Entry]:
    """Nothing in these is forbidden, but who reads without care takes minutes or gigabytes."""
    many = struct.pack("<H", 5000) + b"".join(
        struct.pack("<HHII", tag, exif.BYTE, 60_000, 8) for tag in range(5000)
    )
    claims = b"II*\0\x08\0\0\0" + many
    loop = b"II*\0\x08\0\0\0" + struct.pack("<H", 1) + struct.pack("<HHII", 0x8769, 4, 1, 8)
    loop += struct.pack("<I", 8)
    mega = (
        b"II*\0\x08\0\0\0"
        + struct.pack("<H", 65535)
        + b"".join(struct.pack("<HHII", tag, exif.BYTE, 2_000_000, 8) for tag in range(65535))
    )
    first = b"\xff\xe1\x00\x08Exif\0\0"
    adobe = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0\0\0\0\0" * 5000
    dot = b",\0\0\0\0\1\0\1\0\0\2"
    made = {
        "gif-comment-by-byte": gifs.gif(
            24, 16, gifs.comment(b"x" * 1_400_000, 1), gifs.frame(24, 16)
        ),
        "gif-picture-by-byte": gifs.gif(
            1000,
            1000,
            b","
            + struct.pack("<HHHHBB", 0, 0, 1000, 1000, 0, 3)
            + gifs.blocks(gifs.literal(bytes(1_000_000), 3), 1),
        ),
        "gif-empty-comments": gifs.gif(24, 16, b"!\xfe\0" * 900_000, gifs.frame(24, 16)),
        "gif-comments": gifs.gif(24, 16, b"!\xfe\1x\0" * 550_000, gifs.frame(24, 16)),
        "gif-controls": gifs.gif(24, 16, gifs.control() * 350_000, gifs.frame(24, 16)),
        "gif-codes-after-end": gifs.gif(1, 1, dot + gifs.blocks(b"\x44\1" + bytes(2_900_000))),
        "gif-zeros-between": gifs.gif(24, 16, gifs.frame(24, 16) + bytes(2_900_000)),
        "png-empty-chunks": pngs.noisy(before=pngs.chunk(b"prVt") * 240_000),
        "png-empty-chunks-after": pngs.noisy(after=pngs.chunk(b"prVt") * 240_000),
        "png-empty-idats": pngs.noisy(before=pngs.chunk(b"IDAT") * 240_000),
        "png-idat-by-byte": pngs.noisy(250, 250, pieces=10**6),
        "png-texts": pngs.noisy(
            before=b"".join(pngs.chunk(b"tEXt", b"%d\0x" % n) for n in range(120_000))
        ),
        "png-exif-overlapping": pngs.noisy(before=pngs.chunk(b"eXIf", mega + bytes(1_300_000))),
        "png-exif-loop": pngs.noisy(before=pngs.chunk(b"eXIf", loop)),
        "png-packed-texts": pngs.noisy(
            before=pngs.chunk(b"zTXt", b"a\0\0" + zlib.compress(b"x")) * 120_000
        ),
        "png-xmp-unclosed": pngs.noisy(before=_packet(b"<dc:creator>" * 240_000)),
        "png-xmp-packed": pngs.noisy(before=_packet(b"<dc:creator> " * 500_000, packed=True)),
        "png-xmp-spaces": pngs.noisy(before=_packet(b"<dc:creator" + b" " * 2_900_000)),
        "png-xmp-quotes": pngs.noisy(before=_packet(b"GPSLatitude='" * 220_000)),
        "png-xmp-deep": pngs.noisy(before=_packet(b"<a>" * 900_000)),
        "png-raw-profile": pngs.noisy(
            before=pngs.chunk(b"tEXt", b"Raw profile type exif\0\nexif\n 9\n" + b"0" * 2_900_000)
        ),
        "jpeg-tail-of-signatures": jpegs.jpeg() + b"PK\3\4" * 700_000,
        "jpeg-tail-of-pictures": jpegs.jpeg() + b"\xff\xd8\xff" * 900_000,
        "jpeg-tail-of-tags": jpegs.jpeg() + b"<html <svg <!-- " * 180_000,
        "png-tail-of-comments": pngs.noisy() + b"<!---->" * 400_000,
        "gif-junk": gifs.gif(24, 16, gifs.frame(24, 16) + b"\x99" * 2_900_000),
        "gif-junk-and-comments": gifs.gif(24, 16, b"\x99!\xfe\0" * 700_000, gifs.frame(24, 16)),
        "gif-applications": gifs.gif(
            24, 16, gifs.application(b"NETSCAPE2.0", b"\0") * 190_000, gifs.frame(24, 16)
        ),
        "jpeg-markers-alone": jpegs.jpeg(before=b"\xff\x01" * 1_400_000),
        "jpeg-junk-between": jpegs.jpeg(before=b"\xff\xfe\0\2x" * 590_000),
        "jpeg-xmp-segments": jpegs.jpeg(
            before=jpegs.segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<a") * 80_000
        ),
        "jpeg-profile-segments": jpegs.jpeg(
            before=b"".join(
                jpegs.segment(0xE2, b"ICC_PROFILE\0" + bytes([n % 255 + 1, 255]))
                for n in range(160_000)
            )
        ),
        "jpeg-empty-comments": jpegs.jpeg(before=b"\xff\xfe\0\2" * 740_000),
        "jpeg-exif-segments": jpegs.jpeg(before=first * 290_000),
        "jpeg-photoshop": jpegs.jpeg(before=jpegs.segment(0xED, adobe) * 48),
        "jpeg-fill": jpegs.jpeg(before=b"\xff" * 2_990_000 + jpegs.JFIF),
        "jpeg-tables": jpegs.jpeg(before=jpegs.quantization() * 43_000),
        "jpeg-restart-each-block": _restarted(7000),
        "jpeg-exif-overlapping": jpegs.jpeg(
            before=jpegs.segment(0xE1, b"Exif\0\0" + claims + bytes(4000))
        ),
        "jpeg-exif-loop": jpegs.jpeg(before=jpegs.segment(0xE1, b"Exif\0\0" + loop)),
        "jpeg-stuffing-after": jpegs.jpeg()[:-2] + b"\xff\0" * 1_400_000 + jpegs.EOI,
        "jpeg-restarts-after": jpegs.jpeg()[:-2] + b"\xff\xd0" * 1_400_000 + jpegs.EOI,
    }
    why = "nothing in it is forbidden: to refuse it is as right as to take it in time"
    for name, content in made.items():
        yield Entry(id=f"slow/{name}", content=content, verdict="either", why=why)
    picture = saved(quarters((900, 700)), "JPEG", quality=100)
    fill = picture[:2] + b"\xff" * 200_000 + picture[2:]
    clause = "T.81 B.1.1.2: any marker may be preceded by any number of fill bytes"
    yield Entry(id="slow/fill-of-a-photo", content=fill, verdict="accept", why=clause)


def _restarted(side: int) -> bytes:
    """A grey baseline picture with a restart marker after every block."""
    blocks = (side // 8) ** 2
    eight = b"".join(b"\x3f\xff" + bytes([0xD0 + number]) for number in range(8))
    data = (eight * (blocks // 8 + 1))[: 3 * blocks - 2]
    plain = jpegs.blank(side, side)
    scan = plain.index(b"\xff\xda")
    interval = jpegs.segment(0xDD, b"\0\1")
    return plain[:scan] + interval + plain[scan : scan + 10] + data + jpegs.EOI


def _packet(xmp: bytes, *, packed: bool = False) -> bytes:
    """An XMP chunk of PNG."""
    data = zlib.compress(xmp, 9) if packed else xmp
    return pngs.chunk(b"iTXt", b"XML:com.adobe.xmp\0" + bytes([packed]) + b"\0\0\0" + data)
