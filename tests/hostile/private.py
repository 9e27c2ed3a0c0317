"""Pictures that tell where and by whom they were taken: nothing of that may be in a preview."""

import zlib
from collections.abc import Iterator

from . import exif, gifs, jpegs, pngs
from .drawing import CORNERS, SIZE, quarters, saved, stored
from .entry import Entry

_WHO = b"Erika Needle"
_WHERE = b"Marienplatz-needle"


def entries() -> Iterator[Entry]:
    for name, content, codes, needles, clause in (*_jpegs(), *_others()):
        yield Entry(
            id=f"private/{name}",
            content=content,
            verdict="warn" if codes else "accept",
            codes=codes,
            may=frozenset({"location", "personal", "rotated"}),
            why=f"by construction: {clause}",
            needles=needles,
            size=SIZE,
            corners=CORNERS,
        )


_Row = tuple[str, bytes, tuple[str, ...], tuple[bytes, ...], str]


def _jpegs() -> Iterator[_Row]:
    def with_exif(block: bytes, turn: int = 1) -> bytes:
        return saved(stored(turn), "JPEG", quality=92, exif=b"Exif\0\0" + block)

    def before(marker: int, body: bytes) -> bytes:
        plain = saved(quarters(), "JPEG", quality=92)
        return plain[:2] + jpegs.segment(marker, body) + plain[2:]

    for order, name in (("<", "intel"), (">", "motorola")):
        place = exif.block([], place=exif.place(order), order=order)
        yield f"jpeg-gps-{name}", with_exif(place), ("location",), (_WHERE,), "EXIF 4.6.6"
    turn = [exif.short(exif.ORIENTATION, 6), exif.text(exif.ARTIST, _WHO.decode())]
    both = exif.block(turn, place=exif.place())
    codes = ("location", "personal", "rotated")
    yield "jpeg-gps-artist-rotated", with_exif(both, 6), codes, (_WHERE, _WHO), "EXIF 4.6"
    persons = {
        "artist": exif.block([exif.text(exif.ARTIST, _WHO.decode())]),
        "owner": exif.block([], inside=[exif.text(exif.OWNER, _WHO.decode())]),
        "serial": exif.block([], inside=[exif.text(exif.SERIAL, _WHO.decode())]),
        "windows-author": exif.block(
            [(exif.XP_AUTHOR, exif.BYTE, _WHO.decode().encode("utf-16-le") + b"\0\0")]
        ),
    }
    for name, block in persons.items():
        needle = _WHO if name != "windows-author" else _WHO.decode().encode("utf-16-le")
        clause = "EXIF 4.6.4 and 4.6.5: who made it, or with which camera"
        yield f"jpeg-{name}", with_exif(block), ("personal",), (needle,), clause
    others = {
        "copyright": exif.block([exif.text(exif.COPYRIGHT, _WHO.decode())]),
        "maker-note": exif.block([], inside=[(exif.MAKER_NOTE, exif.UNDEFINED, b"N\0" + _WHO * 9)]),
        "lens": exif.block([], inside=[exif.text(exif.LENS_SERIAL, _WHO.decode())]),
    }
    for name, block in others.items():
        yield f"jpeg-{name}", with_exif(block), (), (_WHO,), "whether that is private is open"
    thumb = saved(quarters((40, 30)).rotate(180), "JPEG", comment=_WHO)
    block = exif.block([], thumbnail=thumb)
    yield "jpeg-thumbnail", with_exif(block), (), (_WHO,), "shows what may have been cropped"
    packet = b"http://ns.adobe.com/xap/1.0/\0"
    where = before(0xE1, packet + exif.xmp(*exif.XMP_PLACE))
    yield "jpeg-xmp-gps", where, ("location",), (b"48,8.2333N",), "XMP part 2, EXIF schema"
    who = before(0xE1, packet + exif.xmp(exif.XMP_CREATOR))
    yield "jpeg-xmp-creator", who, ("personal",), (_WHO,), "XMP part 1, 8.3: dc:creator"
    record = before(0xED, exif.iptc(_WHO.decode()))
    yield "jpeg-iptc-byline", record, ("personal",), (_WHO,), "IPTC IIM 2:80"
    yield "jpeg-comment", before(0xFE, b"by " + _WHO), (), (_WHO,), "a comment may be anything"


def _others() -> Iterator[_Row]:
    def with_chunk(name: bytes, body: bytes) -> bytes:
        plain = saved(quarters(), "PNG")
        return plain[:33] + pngs.chunk(name, body) + plain[33:]

    place = exif.block([], place=exif.place())
    artist = exif.block([exif.text(exif.ARTIST, _WHO.decode())])
    clause = "PNG third edition 11.3.4.5"
    yield "png-exif-gps", with_chunk(b"eXIf", place), ("location",), (_WHERE,), clause
    yield "png-exif-artist", with_chunk(b"eXIf", artist), ("personal",), (_WHO,), clause
    author = with_chunk(b"tEXt", b"Author\0" + _WHO)
    yield "png-author", author, ("personal",), (_WHO,), "PNG 11.3.3.1: keyword Author"
    packed = with_chunk(b"zTXt", b"Author\0\0" + zlib.compress(_WHO))
    yield "png-author-packed", packed, ("personal",), (_WHO,), "PNG 11.3.3.1: keyword Author"
    inter = with_chunk(b"iTXt", b"Author\0\0\0\0\0" + _WHO)
    yield "png-author-international", inter, ("personal",), (_WHO,), "PNG 11.3.3.1: Author"
    noted = with_chunk(b"tEXt", b"Comment\0by " + _WHO)
    yield "png-comment", noted, (), (_WHO,), "a comment may be anything"
    packet = b"XML:com.adobe.xmp\0\0\0\0\0"
    where = with_chunk(b"iTXt", packet + exif.xmp(*exif.XMP_PLACE))
    yield "png-xmp-gps", where, ("location",), (b"48,8.2333N",), "XMP part 3, 1.1.5"
    who = with_chunk(b"iTXt", packet + exif.xmp(exif.XMP_CREATOR))
    yield "png-xmp-creator", who, ("personal",), (_WHO,), "XMP part 3, 1.1.5"
    plain = saved(quarters().quantize(8), "GIF")
    at = 13 + (3 << (plain[10] & 7) + 1)
    noted = plain[:at] + gifs.comment(b"by " + _WHO) + plain[at:]
    yield "gif-comment", noted, (), (_WHO,), "a comment may be anything"
    tail = bytes([1, *range(255, -1, -1), 0])  # XMP part 3, 1.1.2: the packet is its own sub-blocks
    inside = gifs.application(b"XMP DataXMP", exif.xmp(*exif.XMP_PLACE) + tail)
    where = plain[:at] + inside + plain[at:]
    yield "gif-xmp-gps", where, ("location",), (b"48,8.2333N",), "XMP part 3, 1.1.2"
