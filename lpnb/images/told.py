"""What a picture's metadata tells of place and people: read part by part, and never trusted."""

import contextlib
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from .claims import unpacked
from .limits import LIMITS
from .parts import Part, body

_READ = 200  # documents; more are only measured, and each is thought to have a bit more than it has
_EACH = 1_000  # bytes
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_TIFF = {b"II*\0": "<", b"MM\0*": ">"}
_SIZES = (0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8)  # of EXIF's types, in bytes
_MOST = 500  # fields of one directory that are read, and bytes of one field
_TURN, _EXIF, _GPS, _NEXT = 0x0112, 0x8769, 0x8825, -1
_SMALL = (0x0201, 0x0202)  # where a second, small picture is, and how many bytes it has
_GPS_FIELDS = (2, 4, 20, 22, 28)  # coordinates, those of the destination, area
_EXIF_PEOPLE = {0x010E: "ImageDescription", 0x013B: "Artist", 0x8298: "Copyright"}
_EXIF_PEOPLE |= {0x9286: "UserComment", 0x9C9C: "XPComment", 0x9C9D: "XPAuthor"}
_EXIF_PEOPLE |= {0xA430: "CameraOwnerName", 0xA431: "BodySerialNumber", 0xA435: "LensSerialNumber"}
_IPTC_PEOPLE = {80: "By-line", 110: "Credit", 116: "Copyright", 118: "Contact"}
_IPTC_PEOPLE |= {120: "Caption", 122: "Writer"}
_IPTC_PLACES = (26, 27, 90, 92, 95, 100, 101)
_XMP_PLACES = re.compile("GPSLatitude|GPSLongitude|City|Sublocation|Location|State|Country")
_XMP_PEOPLE = re.compile(  # whatever their namespace
    "Artist|BodySerialNumber|CameraOwnerName|CaptionWriter|Credit|LensSerialNumber|OwnerName"
    "|PersonDisplayName|PersonInImage|SerialNumber|creator|description|rights"
)
_PLAIN_KEYS = re.compile(r"(?i)(software|creation time|date:|exif:|icc:|png:|jpeg:|tiff:)")
_SIGNED = re.compile(  # what cameras and programs write by themselves
    rb"(?i)(created|generated|converted|edited|written) (with|using)|(optimi[sz]ed|compressed) by"
    rb"|software|gimp|photoshop|imagemagick|gd-jpeg|lavc|lead tech|intel\(r\)|handmade"
    rb"|digital camera|sony dsc|dcim|screenshot"
)


@dataclass(slots=True)
class Told:
    """
    What tells of place and of people, in words, and how many bytes all of it unpacks to.

    Args:
        small: EXIF's picture of the picture, which may be older than the latter.
    """

    place: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)
    size: int = 0
    small: bytes = b""


def told(content: bytes, kind: str, among: list[Part]) -> Told:
    """Read what metadata tells *among* the parts; no more than the limit for it is unpacked."""
    found, number = Told(), 0
    for part in among:
        with contextlib.suppress(Exception):  # odd metadata is no reason to refuse
            for reader, data in _DOCUMENTS[kind](content, part, LIMITS.metadata + 1 - found.size):
                found.size += _EACH + (len(data) if len(data) > part.end - part.start else 0)
                number += 1
                if number <= _READ:
                    reader(data, found)
        if found.size > LIMITS.metadata:
            break
    return found


def turn(content: bytes, kind: str, among: list[Part]) -> int:
    """How EXIF says the picture is stored: 1 upright, 2 to 8 mirrored or turned."""
    found = (body(content, part, kind) for part in among if part.name in ("APP1", "eXIf"))
    return next((turn_of(data) for data in found if _tiff(data)[:4] in _TIFF), 1)


def turn_of(exif: bytes) -> int:
    """Find the turn in EXIF alone."""
    data = _tiff(exif)
    if not (order := _TIFF.get(data[:4])):
        return 1
    way = _number(order, _directory(data, order, data[4:8]).get(_TURN, b""))
    return way if 1 <= way <= 8 else 1


def _tiff(exif: bytes) -> bytes:
    return exif.removeprefix(b"Exif\0\0")


_Reader = Callable[[bytes, Told], None]
_Documents = Iterator[tuple[_Reader, bytes]]


def _of_jpeg(content: bytes, part: Part, room: int) -> _Documents:
    data = body(content, part, "JPEG") if part.name in ("APP1", "APP13", "COM") else b""
    if part.name == "COM":
        yield _text("a comment"), data
    elif data.startswith(b"Exif\0"):
        yield _exif, data[6:]
    elif data.startswith(_XMP):
        yield _xmp, data[len(_XMP) :]
    elif data.startswith(b"Photoshop 3.0\0"):
        yield _photoshop, data[14:]


def _of_gif(content: bytes, part: Part, room: int) -> _Documents:
    if part.name == "comment":
        yield _text("a comment"), body(content, part, "GIF", most=_MOST)
    elif part.name == "XMP DataXMP":  # it lies there bare, with a tail that ends it as blocks
        yield _xmp, content[part.start + 14 : part.end]


def _of_png(content: bytes, part: Part, room: int) -> _Documents:
    if part.name == "eXIf":
        yield _exif, body(content, part, "PNG")
    if part.name not in ("tEXt", "zTXt", "iTXt", "iCCP"):
        return
    key, _, data = body(content, part, "PNG").partition(b"\0")
    packed = part.name in ("zTXt", "iCCP")
    data = data[1:] if packed else data
    if part.name == "iTXt":
        packed, data = data[:1] == b"\1", data[2:].split(b"\0", 2)[2]
    if packed:
        data = b"".join(unpacked(data, room))
    name = key.decode("latin-1")
    if name == "XML:com.adobe.xmp":
        yield _xmp, data
    elif name.startswith("Raw profile type "):  # ImageMagick's: a name, a length, hexadecimals
        raw = bytes.fromhex(data.split(None, 2)[2].decode("latin-1"))
        yield _RAW.get(name[17:].lower(), _nothing), raw.removeprefix(b"Exif\0\0")
    else:
        plain = part.name == "iCCP" or _PLAIN_KEYS.match(name)
        yield _nothing if plain else _text(f"the text {name[:20]!r}"), data


def _nothing(data: bytes, found: Told) -> None:
    """Take note of the size alone."""


def _text(what: str) -> _Reader:
    def read(data: bytes, found: Told) -> None:
        if _worded(data):
            found.people.add(what)

    return read


def _worded(data: bytes) -> bool:
    """Whether somebody's words are in it: not blank, and no program's own."""
    data = data[:_MOST].replace(b"\0", b"")
    return len(re.findall(rb"[^\W_]|[\x80-\xff]", data)) > 2 and not _SIGNED.search(data)


def _exif(data: bytes, found: Told) -> None:
    order = _TIFF[data[:4]]
    first = _directory(data, order, data[4:8])
    more = _directory(data, order, first.get(_EXIF, b""))
    for tag, value in (*first.items(), *more.items()):
        if tag in _EXIF_PEOPLE and _worded(value):
            found.people.add(_EXIF_PEOPLE[tag])
    second = _directory(data, order, first.get(_NEXT, b""))
    start, size = (_number(order, second.get(tag, b"")) for tag in _SMALL)
    found.small = found.small or data[start : start + size]
    where = _directory(data, order, first.get(_GPS, b""))
    if any(where.get(tag, b"").strip(b"\0 ") for tag in _GPS_FIELDS):
        found.place.add("GPS")


def _number(order: str, value: bytes) -> int:
    return int.from_bytes(value, "little" if order == "<" else "big")


def _directory(data: bytes, order: str, pointer: bytes) -> dict[int, bytes]:
    """Read the fields of the directory that *pointer* points to, as far as they are there."""
    fields: dict[int, bytes] = {}
    at = _number(order, pointer)
    with contextlib.suppress(struct.error):
        count = struct.unpack_from(f"{order}H", data, at)[0] if pointer else 0
        for entry in range(at + 2, at + 2 + 12 * min(count, _MOST), 12):
            tag, kind, number = struct.unpack_from(f"{order}HHI", data, entry)
            size = number * (_SIZES[kind] if kind < len(_SIZES) else 0)
            start = entry + 8 if size <= 4 else _number(order, data[entry + 8 : entry + 12])
            fields[tag] = data[start : start + min(size, _MOST)]
        fields[_NEXT] = data[at + 2 + 12 * count : at + 6 + 12 * count] if pointer else b""
    return fields


def _xmp(data: bytes, found: Told) -> None:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True  # else words may come in parts
    inside: list[str] = []

    def seen(name: str, value: str) -> None:
        local = name.rpartition(" ")[2]
        named = _XMP_PEOPLE.fullmatch(local) or name.endswith("/regions/ Name")  # of a face
        if named and _worded(value.encode()):
            found.people.add(local)
        if _XMP_PLACES.fullmatch(local) and value.strip():
            found.place.add(local)

    def start(name: str, attributes: dict[str, str]) -> None:
        inside.append(name)
        for attribute, value in attributes.items():
            seen(attribute, value)

    def text(value: str) -> None:
        for name in inside[-6:]:
            seen(name, value)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: inside.pop()
    parser.CharacterDataHandler = text
    parser.EntityDeclHandler = _entity
    parser.Parse(data[:1_000_000])


def _entity(*_: object) -> None:
    raise ValueError("XMP has no entities; bombs have")


def _photoshop(data: bytes, found: Told) -> None:
    at = 0
    while data.startswith(b"8BIM", at):
        start = at + 6 + (data[at + 6] + 2) // 2 * 2
        code, size = data[at + 4 : at + 6], int.from_bytes(data[start : start + 4])
        at = start + 4 + size + size % 2
        if code == b"\4\4":
            _iptc(data[start + 4 : at], found)


def _iptc(data: bytes, found: Told) -> None:
    at = 0
    while data.startswith(b"\x1c", at):
        record, field, size = struct.unpack_from(">BBH", data, at + 1)
        value = data[at + 5 : at + 5 + size]
        at += 5 + size
        if record != 2:
            continue
        if field in _IPTC_PEOPLE and _worded(value):
            found.people.add(_IPTC_PEOPLE[field])
        if field in _IPTC_PLACES and value.strip():
            found.place.add("an address")


_RAW: dict[str, _Reader] = {"exif": _exif, "app1": _exif, "iptc": _photoshop, "xmp": _xmp}
_DOCUMENTS = {"JPEG": _of_jpeg, "PNG": _of_png, "GIF": _of_gif}
