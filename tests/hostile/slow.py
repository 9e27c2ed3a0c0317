"""Files in which nothing is forbidden, but who reads without care takes minutes or gigabytes."""

import struct
import zlib
from collections.abc import Iterator

from . import exif, gifs, jpegs, pngs
from .drawing import quarters, saved
from .entry import Entry


def entries() -> Iterator[Entry]:
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
