"""EXIF, XMP and IPTC blocks written by hand: what pictures tell beside what they show."""

import struct

ARTIST, COPYRIGHT, ORIENTATION = 0x013B, 0x8298, 0x0112
OWNER, SERIAL, LENS_SERIAL, XP_AUTHOR, MAKER_NOTE = 0xA430, 0xA431, 0xA435, 0x9C9D, 0x927C
ASCII, SHORT, LONG, RATIONAL, UNDEFINED, BYTE = 2, 3, 4, 5, 7, 1
_SIZES = {BYTE: 1, ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, UNDEFINED: 1}

Tag = tuple[int, int, bytes]  # number, type, value


def text(tag: int, value: str) -> Tag:
    return tag, ASCII, value.encode() + b"\0"


def short(tag: int, value: int, order: str = "<") -> Tag:
    return tag, SHORT, struct.pack(f"{order}H", value)


def block(
    tags: list[Tag],
    *,
    inside: list[Tag] | None = None,
    place: list[Tag] | None = None,
    thumbnail: bytes = b"",
    order: str = "<",
) -> bytes:
    """
    A TIFF block of *tags*, the ones *inside* the EXIF directory and of a *place* in the GPS one.

    Args:
        order: of the bytes, "<" or ">".
    """
    tags, at = sorted(tags), 8
    pointers = [(0x8769, inside)] if inside else []
    pointers += [(0x8825, place)] if place else []
    room = 2 + 12 * (len(tags) + len(pointers)) + 4 + sum(_extra(tag) for tag in tags)
    following, later = at + room, b""
    for number, directory in pointers:
        tags.append((number, LONG, struct.pack(f"{order}I", following + len(later))))
        later += _directory(sorted(directory or []), following + len(later), order)
    after = 0
    if thumbnail:
        after = following + len(later)
        start = after + 2 + 12 * 3 + 4
        second = [short(0x0103, 6, order), (0x0201, LONG, struct.pack(f"{order}I", start))]
        second.append((0x0202, LONG, struct.pack(f"{order}I", len(thumbnail))))
        later += _directory(second, after, order) + thumbnail
    magic = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8)
    return magic + _directory(sorted(tags), at, order, after) + later


def _extra(tag: Tag) -> int:
    return len(tag[2]) if len(tag[2]) > 4 else 0


def _directory(tags: list[Tag], at: int, order: str, after: int = 0) -> bytes:
    values, entries = b"", b""
    beyond = at + 2 + 12 * len(tags) + 4
    for number, kind, value in tags:
        held = value.ljust(4, b"\0")
        if len(value) > 4:
            held = struct.pack(f"{order}I", beyond + len(values))
            values += value
        entries += struct.pack(f"{order}HHI", number, kind, len(value) // _SIZES[kind]) + held
    return struct.pack(f"{order}H", len(tags)) + entries + struct.pack(f"{order}I", after) + values


def place(order: str = "<") -> list[Tag]:
    """Somewhere: 48 degrees 8 minutes 14 seconds north, 11 34 31 east, named as well."""

    def degrees(*parts: int) -> bytes:
        return b"".join(struct.pack(f"{order}II", part, 1) for part in parts)

    return [
        (0x0001, ASCII, b"N\0"),
        (0x0002, RATIONAL, degrees(48, 8, 14)),
        (0x0003, ASCII, b"E\0"),
        (0x0004, RATIONAL, degrees(11, 34, 31)),
        (0x001C, UNDEFINED, b"ASCII\0\0\0Marienplatz-needle"),
    ]


def xmp(*properties: str) -> bytes:
    """An XMP packet with *properties* as attributes or elements, as they are given."""
    attributes = " ".join(one for one in properties if not one.startswith("<"))
    elements = "".join(one for one in properties if one.startswith("<"))
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
        'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f"{attributes}>{elements}</rdf:Description></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="w"?>'
    ).encode()


XMP_PLACE = ('exif:GPSLatitude="48,8.2333N"', 'exif:GPSLongitude="11,34.5166E"')
XMP_CREATOR = "<dc:creator><rdf:Seq><rdf:li>Erika Needle</rdf:li></rdf:Seq></dc:creator>"


def iptc(byline: str) -> bytes:
    """A Photoshop resource with an IPTC record that names who took the picture."""
    record = b"\x1c\x02\x50" + struct.pack(">H", len(byline)) + byline.encode()
    record += b"\0" * (len(record) % 2)
    return b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(record)) + record
