"""Sound pictures of every mode and option: whoever refuses one of them is wrong."""

from collections.abc import Iterator
from typing import Any

from PIL import Image, ImageCms

from . import exif, gifs, jpegs, pngs
from .drawing import CORNERS, SIZE, quarters, saved, stored
from .entry import Colour, Entry

_PILLOW = "by construction: written by Pillow's encoder"
_HAND = "by construction: written from the format's specification"
_DEEP = ("colour-space",)

Corners = tuple[Colour, Colour, Colour, Colour]


def entries() -> Iterator[Entry]:
    yield from _jpegs()
    yield from _turned()
    yield from _pngs()
    yield from _gifs()
    yield from _odd_sizes()


def _control(name: str, content: bytes, why: str = _PILLOW, **label: Any) -> Entry:
    codes = label.get("codes")
    return Entry(
        id=f"controls/{name}",
        content=content,
        verdict="warn" if codes else "accept",
        why=why,
        **label,
    )


def _greys() -> Corners:
    values = [round(0.299 * r + 0.587 * g + 0.114 * b) for r, g, b in CORNERS]
    a, b, c, d = [(value, value, value) for value in values]
    return a, b, c, d


def _jpegs() -> Iterator[Entry]:
    picture, profile = quarters(), ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    shown: dict[str, Any] = {"size": SIZE, "corners": CORNERS}
    options: dict[str, dict[str, Any]] = {
        "plain": {},
        "quality-10": {"quality": 10},
        "quality-100": {"quality": 100, "subsampling": 0},
        "halved-across": {"subsampling": 1},
        "optimized": {"optimize": True},
        "progressive": {"progressive": True},
        "progressive-444": {"progressive": True, "subsampling": 0, "optimize": True},
        "restart-blocks": {"restart_marker_blocks": 2},
        "restart-rows-progressive": {"restart_marker_rows": 1, "progressive": True},
        "dpi": {"dpi": (300, 300)},
        "keep-rgb": {"keep_rgb": True},
        "qtables": {"qtables": [[9] * 64, [17] * 64]},
        "profile": {"icc_profile": profile.tobytes()},
    }
    for name, option in options.items():
        yield _control(f"jpeg-{name}", saved(picture, "JPEG", **option), **shown)
    for name, progressive in (("jpeg-grey", False), ("jpeg-grey-progressive", True)):
        grey = saved(picture.convert("L"), "JPEG", progressive=progressive)
        yield _control(name, grey, size=SIZE, corners=_greys())
    cmyk = saved(picture.convert("CMYK"), "JPEG", quality=95)
    yield _control("jpeg-cmyk", cmyk, codes=_DEEP, **shown)
    mono = saved(picture.convert("1"), "JPEG")
    yield _control("jpeg-bilevel", mono, size=SIZE)
    noted = saved(picture, "JPEG", comment=b"parcel 17")
    yield _control("jpeg-comment", noted, may=frozenset({"personal"}), **shown)
    factors = {"grey": jpegs.GREY, "444": jpegs.COLOUR, "420": jpegs.HALVED}
    factors |= {"grey-2x2": ((2, 2),), "411": ((4, 1), (1, 1), (1, 1))}
    for name, factor in factors.items():
        apart = [jpegs.Scan((part,)) for part in range(len(factor))]
        made = {
            "": jpegs.jpeg(factors=factor),
            "-restart": jpegs.jpeg(factors=factor, restart=2),
            "-progressive": jpegs.progressive(factors=factor),
            "-apart": jpegs.jpeg(factors=factor, script=apart),
        }
        for variant, content in made.items():
            yield _control(f"jpeg-hand-{name}{variant}", content, _HAND, size=(40, 24))
    extended = jpegs.jpeg(kind=0xC1)
    yield _control("jpeg-extended-sequential", extended, f"{_HAND}, T.81 4.11", size=(40, 24))
    bare = jpegs.jpeg(before=b"")
    yield _control("jpeg-without-jfif", bare, f"{_HAND}; JFIF is optional", size=(40, 24))
    filled = jpegs.jpeg(before=b"\xff" * 40 + jpegs.JFIF + b"\xff\xff")
    clause = f"{_HAND}; T.81 B.1.1.2: fill bytes may precede any marker"
    yield _control("jpeg-fill-bytes", filled, clause, size=(40, 24))
    many = b"".join(jpegs.segment(0xE0 + i, b"application %d" % i) for i in (2, 3, 7, 11, 15))
    yield _control("jpeg-many-segments", jpegs.jpeg(before=many), _HAND, size=(40, 24))
    markers = jpegs.jpeg(before=jpegs.segment(0xEF, b"\xff\xd8\xff\xd9\xff\xda\xff\xc2\0\x04" * 9))
    clause = f"{_HAND}; T.81 B.1.1.4: what is in a segment is no marker"
    yield _control("jpeg-markers-inside-segment", markers, clause, size=(40, 24))
    small = saved(quarters((24, 16)), "JPEG")
    thumb = jpegs.segment(0xE1, b"Exif\0\0" + exif.block([], thumbnail=small))
    yield _control(
        "jpeg-exif-thumbnail",
        jpegs.jpeg(before=thumb),
        f"{_HAND}; the small picture is of something else",
        size=(40, 24),
        needles=(small,),
        may=frozenset({"personal"}),
    )


def _turned() -> Iterator[Entry]:
    for order, name in (("<", "intel"), (">", "motorola")):
        for turn in range(1, 9):
            note = exif.block([exif.short(exif.ORIENTATION, turn, order)], order=order)
            content = saved(stored(turn), "JPEG", exif=b"Exif\0\0" + note, quality=90)
            yield _control(
                f"orientation-{turn}-{name}",
                content,
                f"{_PILLOW}; EXIF 2.3, tag 274",
                codes=("rotated",) if turn > 1 else (),
                size=SIZE,
                corners=CORNERS,
            )
    for turn in (0, 9, 4000):
        note = exif.block([exif.short(exif.ORIENTATION, turn)])
        content = saved(quarters(), "JPEG", exif=b"Exif\0\0" + note, quality=90)
        why = f"{_PILLOW}; EXIF 2.3, tag 274: other values are reserved"
        yield _control(f"orientation-{turn}", content, why, size=SIZE, corners=CORNERS)
    note = exif.block([exif.short(exif.ORIENTATION, 6)])
    turned = saved(stored(6), "PNG", exif=b"Exif\0\0" + note)
    why = f"{_PILLOW}; PNG third edition 11.3.4.5, and so does Chromium"
    shown: dict[str, Any] = {"size": SIZE, "corners": CORNERS}
    yield _control("orientation-6-png", turned, why, codes=("rotated",), **shown)
    plain = saved(quarters(), "JPEG")
    packet = b"http://ns.adobe.com/xap/1.0/\0" + exif.xmp('tiff:Orientation="6"')
    why = f"{_PILLOW}; viewers turn by EXIF alone, and so does Chromium"
    beside = plain[:2] + jpegs.segment(0xE1, packet) + plain[2:]
    yield _control("orientation-6-xmp", beside, why, may=frozenset({"rotated"}), **shown)


def _pngs() -> Iterator[Entry]:
    picture = quarters()
    shown: dict[str, Any] = {"size": SIZE, "corners": CORNERS}
    clear = picture.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(SIZE).point(lambda value: 255 - value // 2))
    few = picture.quantize(8)
    modes = {
        "rgb": (picture, {}, shown),
        "rgb-optimized": (picture, {"optimize": True}, shown),
        "rgb-stored": (picture, {"compress_level": 0}, shown),
        "rgb-dpi": (picture, {"dpi": (300, 300)}, shown),
        "rgb-transparent-colour": (picture, {"transparency": (1, 2, 3)}, shown),
        "rgba": (clear, {}, {"size": SIZE}),
        "opaque": (picture.convert("RGBA"), {}, shown),
        "grey": (picture.convert("L"), {}, {"size": SIZE, "corners": _greys()}),
        "grey-alpha": (clear.convert("LA"), {}, {"size": SIZE}),
        "bilevel": (picture.convert("1"), {}, {"size": SIZE}),
        "palette": (few, {}, shown),
        "palette-2-bits": (few, {"bits": 4}, shown),
        "palette-transparent": (few, {"transparency": 7}, {"size": SIZE}),
    }
    for name, (image, options, label) in modes.items():
        yield _control(f"png-{name}", saved(image, "PNG", **options), **label)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    yield _control("png-profile", saved(picture, "PNG", icc_profile=profile), **shown)
    deep = picture.convert("L").convert("I").point(lambda value: value * 257).convert("I;16")
    yield _control("png-16-bit", saved(deep, "PNG"), codes=_DEEP, size=SIZE, corners=_greys())
    for colour, depths in pngs.DEPTHS.items():
        for depth in depths:
            for interlace in (0, 1):
                name = f"png-hand-{colour}-{depth}{'-interlaced' * interlace}"
                content = pngs.noisy(21, 13, depth=depth, colour=colour, interlace=interlace)
                codes = _DEEP if depth == 16 else ()
                yield _control(name, content, _HAND, codes=codes, size=(21, 13))
    for width, height in ((1, 1), (3, 2), (5, 1)):
        content = pngs.noisy(width, height, interlace=1)
        clause = f"{_HAND}; PNG 8.2: passes may be empty"
        yield _control(f"png-interlaced-{width}x{height}", content, clause, size=(width, height))
    pieces = pngs.noisy(pieces=60)
    yield _control("png-many-idat", pieces, f"{_HAND}; PNG 11.2.3: any split", size=(24, 16))
    plain = (
        pngs.chunk(b"gAMA", (45455).to_bytes(4, "big"))
        + pngs.chunk(b"sRGB", b"\0")
        + pngs.chunk(b"bKGD", b"\0\1\0\2\0\3")
        + pngs.chunk(b"pHYs", b"\0\0\x0b\x13\0\0\x0b\x13\1")
        + pngs.chunk(b"tIME", b"\x07\xe8\1\2\3\4\5")
        + pngs.chunk(b"tEXt", b"Software\0by hand")
        + pngs.chunk(b"prVt", b"a private chunk")
    )
    yield _control("png-every-chunk", pngs.noisy(before=plain), _HAND, size=(24, 16))
    profile = pngs.chunk(b"iCCP", b"broken\0\0" + pngs.literal(b"no profile at all"))
    clause = f"{_HAND}; PNG 11.3.2.3: a decoder may ignore a profile"
    yield _control("png-odd-profile", pngs.noisy(before=profile), clause, size=(24, 16))
    moving = f"{_HAND}, PNG third edition 11.3.5"
    yield _control("png-animated", pngs.animated(3), moving, codes=("animated",), size=(8, 8))
    one = frozenset({"animated"})
    yield _control("png-animated-once", pngs.animated(1), moving, may=one, size=(8, 8))


def _gifs() -> Iterator[Entry]:
    picture = quarters().quantize(8)
    grey = quarters().convert("L")
    yield _control("gif-plain", saved(picture, "GIF"), size=SIZE, corners=CORNERS)
    straight = saved(picture, "GIF", interlace=0)
    yield _control("gif-not-interlaced", straight, size=SIZE, corners=CORNERS)
    yield _control("gif-grey", saved(grey, "GIF"), size=SIZE, corners=_greys())
    yield _control("gif-bilevel", saved(grey.convert("1"), "GIF"), size=SIZE)
    yield _control("gif-transparent", saved(picture, "GIF", transparency=7), size=SIZE)
    frames = [quarters((48, 32)).rotate(turn).quantize(8) for turn in (0, 90, 180)]
    moving = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=80, loop=0)
    yield _control("gif-animated", moving, codes=("animated",), size=(48, 32), corners=CORNERS)
    hand = {
        "87a": gifs.gif(version=b"GIF87a"),
        "89a": gifs.gif(),
        "interlaced": gifs.gif(24, 16, gifs.frame(24, 16, interlaced=True)),
        "local-palette": gifs.gif(24, 16, gifs.frame(24, 16, palette=3), colours=0),
        "both-palettes": gifs.gif(24, 16, gifs.frame(24, 16, palette=3)),
        "256-colours": gifs.gif(24, 16, gifs.frame(24, 16, depth=8), colours=256),
        "2-colours": gifs.gif(24, 16, gifs.frame(24, 16, depth=2), colours=4),
        "transparent": gifs.gif(24, 16, gifs.control(clear=3) + gifs.frame(24, 16)),
        "small-frame": gifs.gif(24, 16, gifs.frame(9, 7, left=3, top=4)),
        "solid": gifs.gif(300, 200, gifs.frame(300, 200, depth=2, data=gifs.solid(60_000))),
        "tiny-blocks": gifs.gif(
            24,
            16,
            b"," + b"\0\0\0\0\x18\0\x10\0\0\3" + gifs.blocks(gifs.literal(bytes(24 * 16), 3), 1),
        ),
    }
    for name, content in hand.items():
        size = (300, 200) if name == "solid" else (24, 16)
        yield _control(f"gif-hand-{name}", content, f"{_HAND}, GIF89a", size=size)
    said = gifs.gif(24, 16, gifs.comment(b"parcel 17"), gifs.frame(24, 16))
    may = frozenset({"personal"})
    yield _control("gif-comment", said, f"{_HAND}, GIF89a 24", size=(24, 16), may=may)
    every = [gifs.control(disposal=i) + gifs.frame(24, 16, seed=i) for i in range(4)]
    content = gifs.gif(24, 16, *every)
    yield _control("gif-hand-disposals", content, f"{_HAND}, GIF89a 23", codes=("animated",))


def _odd_sizes() -> Iterator[Entry]:
    for kind in ("JPEG", "PNG", "GIF"):
        for size in ((1, 1), (1, 900), (900, 1), (7, 5), (4000, 20)):
            image = quarters(size) if size != (1, 1) else Image.new("RGB", (1, 1), "navy")
            name = f"{kind.lower()}-{size[0]}x{size[1]}"
            yield _control(name, saved(image, kind), size=size)
