"""What metadata tells: place and people, wherever files keep them, and nothing else."""

import random
import struct
import zlib
from collections.abc import Callable

import pytest
from PIL import Image

from lpnb.images import ImageFile
from tests.pieces import chunk, saved, segment, with_parts

NOISE = Image.frombytes("RGB", (96, 64), random.Random(1).randbytes(96 * 64 * 3))  # noqa: S311
JPEG, PNG, GIF = saved(NOISE, "JPEG"), saved(NOISE), saved(NOISE.quantize(16), "GIF")


def findings(content: bytes) -> dict[str, tuple[str, str]]:
    """Severity and message by code."""
    found = ImageFile.read(content, check=False).findings
    return {each.code: (each.severity, each.message) for each in found}


def exif(*fields: tuple[int, int, bytes], order: str = "<", below: int = 0) -> bytes:
    """EXIF of one directory, or of one *below* it, that the tag so called points to."""
    head = b"II*\0\x08\0\0\0" if order == "<" else b"MM\0*\0\0\0\x08"
    if below:
        head += struct.pack(f"{order}HHHII4x", 1, below, 4, 1, 26)
    at, rows, values = len(head) + 2 + 12 * len(fields) + 4, b"", b""
    for tag, kind, value in fields:
        count = len(value) // {1: 1, 2: 1, 3: 2, 5: 8, 7: 1}[kind]
        place = value.ljust(4, b"\0")
        if len(value) > 4:
            place, values = struct.pack(f"{order}I", at + len(values)), values + value
        rows += struct.pack(f"{order}HHI", tag, kind, count) + place
    return head + struct.pack(f"{order}H", len(fields)) + rows + bytes(4) + values


def xmp(inside: str) -> bytes:
    names = ("exif", "dc", "photoshop", "aux", "mwg-rs")
    spaces = " ".join(f'xmlns:{name}="http://example.org/{name}/"' for name in names)
    spaces = spaces.replace("http://example.org/mwg-rs/", "http://example.org/regions/")
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    return f'<rdf:RDF xmlns:rdf="{rdf}" {spaces}>{inside}</rdf:RDF>'.encode()


def iptc(number: int, text: bytes) -> bytes:
    charset = b"\x1c\1\x5a\0\3\x1b%G"
    data = charset + b"\x1c\2" + struct.pack(">BH", number, len(text)) + text
    block = b"8BIM\4\4\0\0" + struct.pack(">I", len(data)) + data + bytes(len(data) % 2)
    return b"Photoshop 3.0\0" + b"8BIM\4\x25\3abc" + struct.pack(">I", 1) + b"x\0" + block


PLACE = (2, 5, struct.pack("<6I", 52, 1, 31, 1, 0, 1))
XMP = b"http://ns.adobe.com/xap/1.0/\0"
TOLD = [
    ("location", "EXIF", lambda: segment(0xE1, b"Exif\0\0" + exif(PLACE, below=0x8825))),
    ("location", "PNG eXIf", lambda: chunk(b"eXIf", exif(PLACE, below=0x8825))),
    (
        "location",
        "XMP attribute",
        lambda: segment(0xE1, XMP + xmp('<rdf:Description exif:GPSLatitude="52,31N"/>')),
    ),
    (
        "location",
        "XMP element",
        lambda: segment(0xE1, XMP + xmp("<photoshop:City>Berlin</photoshop:City>")),
    ),
    ("location", "IPTC city", lambda: segment(0xED, iptc(90, b"Berlin"))),
    (
        "personal",
        "EXIF artist",
        lambda: segment(0xE1, b"Exif\0\0" + exif((0x013B, 2, b"A. Person\0"))),
    ),
    (
        "personal",
        "Motorola",
        lambda: segment(0xE1, b"Exif\0\0" + exif((0x013B, 2, b"A. Person\0"), order=">")),
    ),
    (
        "personal",
        "EXIF serial number",
        lambda: segment(0xE1, b"Exif\0\0" + exif((0xA431, 2, b"00421\0"), below=0x8769)),
    ),
    (
        "personal",
        "XPAuthor",
        lambda: segment(0xE1, b"Exif\0\0" + exif((0x9C9D, 1, "Ada".encode("utf-16-le")))),
    ),
    (
        "personal",
        "XMP creator",
        lambda: segment(
            0xE1,
            XMP + xmp("<dc:creator><rdf:Seq><rdf:li>A. Person</rdf:li></rdf:Seq></dc:creator>"),
        ),
    ),
    (
        "personal",
        "a face",
        lambda: segment(0xE1, XMP + xmp('<rdf:Description mwg-rs:Name="Ada"/>')),
    ),
    ("personal", "IPTC by-line", lambda: segment(0xED, iptc(80, b"A. Person"))),
    ("personal", "comment", lambda: segment(0xFE, b"my secret place")),
    ("personal", "tEXt", lambda: chunk(b"tEXt", b"Author\0A. Person")),
    ("personal", "zTXt", lambda: chunk(b"zTXt", b"Author\0\0" + zlib.compress(b"A. Person"))),
    (
        "personal",
        "iTXt",
        lambda: chunk(b"iTXt", b"Author\0\1\0en\0\0" + zlib.compress(b"A. Person")),
    ),
    (
        "location",
        "PNG XMP",
        lambda: chunk(
            b"iTXt",
            b"XML:com.adobe.xmp\0\0\0\0\0" + xmp('<rdf:Description exif:GPSLatitude="52,31N"/>'),
        ),
    ),
    (
        "location",
        "raw profile",
        lambda: chunk(
            b"tEXt",
            b"Raw profile type exif\0\nexif\n  80\n" + exif(PLACE, below=0x8825).hex().encode(),
        ),
    ),
    ("personal", "GIF comment", lambda: b"!\xfe\x09A. Person\0"),
    (
        "personal",
        "GIF XMP",
        lambda: (
            b"!\xff\x0bXMP DataXMP"
            + xmp("<dc:creator>A. Person</dc:creator>")
            + b"\1"
            + bytes(range(255, -1, -1))
            + b"\0"
        ),
    ),
]


@pytest.mark.parametrize(("code", "where", "part"), TOLD, ids=[each[1] for each in TOLD])
def test_what_metadata_tells(code: str, where: str, part: Callable[[], bytes]) -> None:
    """Places and people are found wherever files keep them, and are not repeated in the message."""
    made = part()
    content = JPEG if made[0] == 0xFF else GIF if made[:1] == b"!" else PNG
    found = findings(with_parts(content, made))

    assert [(code, "warning")] == [(each, severity) for each, (severity, _) in found.items()]
    assert not any(word in found[code][1] for word in ("Person", "Berlin", "00421", "52"))


@pytest.mark.parametrize(
    "made",
    [
        segment(0xFE, b"CREATOR: gd-jpeg v1.0 (using IJG JPEG v62), quality = 90"),
        segment(0xFE, b" " * 500),
        segment(0xFE, b""),
        segment(0xE1, b"Exif\0\0" + exif((0x010F, 2, b"ACME\0"), (0x013B, 2, b"    \0"))),
        segment(0xE1, b"Exif\0\0" + exif((0x010E, 2, b"SONY DSC\0"))),
        segment(0xE1, b"Exif\0\0" + exif((0, 1, bytes([2, 3, 0, 0])), below=0x8825)),
        segment(0xE1, XMP + xmp("<dc:creator> </dc:creator>")),
        segment(0xE1, XMP + b"<broken"),
        segment(0xE1, b"GPSLatitude Author"),
        chunk(b"tEXt", b"Software\0Paint"),
        chunk(b"tEXt", b"date:create\x002024-01-01"),
        chunk(b"tEXt", b"Comment\0Created with GIMP"),
        chunk(b"abCd", b"GPSLatitude and an Author"),
    ],
    ids=range(13),
)
def test_what_metadata_does_not_tell(made: bytes) -> None:
    """What programs and cameras write by themselves, blanks and look-alikes are no warnings."""
    assert {} == findings(with_parts(JPEG if made[0] == 0xFF else PNG, made))


@pytest.mark.parametrize(
    ("box", "found"),
    [
        pytest.param((0, 0, 600, 400), [], id="all of it"),
        pytest.param((300, 0, 600, 200), ["personal"], id="a part of it"),
    ],
)
def test_a_small_picture_inside_may_show_what_was_cut_off(
    box: tuple[int, int, int, int], found: list[str]
) -> None:
    """EXIF's small picture, with bars maybe, is looked at: after a crop it shows what was cut."""
    scene = Image.linear_gradient("L").rotate(30).resize((600, 400))
    small = Image.new("L", (160, 120))
    small.paste(scene.resize((160, 107)), (0, 6))
    inside = saved(small, "JPEG")
    fields = struct.pack("<HHII", 0x0201, 4, 1, 44) + struct.pack(
        "<HHII", 0x0202, 4, 1, len(inside)
    )
    note = b"II*\0\x08\0\0\0\0\0\x0e\0\0\0" + struct.pack("<H", 2) + fields + bytes(4) + inside
    content = with_parts(saved(scene.crop(box), "JPEG"), segment(0xE1, b"Exif\0\0" + note))

    assert found == list(findings(content))


@pytest.mark.parametrize("turn", range(10))
def test_turns(turn: int) -> None:
    """EXIF's turns 2 to 8 are a warning, in JPEG and PNG, and change what width and height are."""
    note = exif((0x0112, 3, struct.pack("<H", turn)))

    for content in (
        with_parts(JPEG, segment(0xE1, b"Exif\0\0" + note)),
        with_parts(PNG, chunk(b"eXIf", note)),
    ):
        assert (["rotated"] if 2 <= turn <= 8 else []) == list(findings(content))
        assert ((64, 96) if 5 <= turn <= 8 else (96, 64)) == ImageFile.read(content).pixels
