"""Files at the border of what may be shared: in bytes, in pixels, and in what they claim."""

import zlib
from collections.abc import Iterator

from PIL import Image

from . import costs, gifs, jpegs, pngs
from .drawing import saved
from .entry import Dice, Entry, Verdict

_COSTLY = ("too-many-pixels|decompression-bomb",)


def entries() -> Iterator[Entry]:
    yield from _sizes()
    yield from _pixels()
    yield from _lies()


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
