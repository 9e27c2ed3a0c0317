"""Metadata: what tells of people and places goes, wherever it is; the picture stays as it is."""

import io
import re
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageOps

from lpnb.errors import ImageRefused
from lpnb.images import ImageFile
from lpnb.images.metadata import plain_profile
from tests.drawn import (
    APNG,
    GIF,
    JPEG,
    LAYERED,
    NAME,
    PALETTE,
    PLACE,
    PNG,
    SECRETS,
    SERIAL,
    STILL,
    blocks,
    in_gif,
    in_jpeg,
    in_png,
    scene,
    telling_exif,
    telling_profile,
    wide_profile,
)
from tests.pieces import chunk, saved, segment

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description exif:GPSLatitude="52,31.2057N"'
    b' dc:creator="Anna Example"/></x:xmpmeta>'
)
IPTC = (
    b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + struct.pack(">I", 17) + b"\x1c\x02\x50\0\x0c" + NAME
)


def profiled(profile: bytes) -> bytes:
    return segment(0xE2, b"ICC_PROFILE\0\1\1" + profile)


TINY = saved(scene(16, 12), "JPEG", comment=NAME)
PLANTED = {
    "EXIF": in_jpeg(segment(0xE1, b"Exif\0\0" + telling_exif())),
    "EXIF, turned": in_jpeg(segment(0xE1, b"Exif\0\0" + telling_exif(6))),
    "XMP": in_jpeg(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)),
    "more XMP": in_jpeg(segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + XMP)),
    "IPTC": in_jpeg(segment(0xED, IPTC)),
    "comment": in_jpeg(segment(0xFE, NAME)),
    "comment of a scan": LAYERED[:-2] + segment(0xFE, NAME) + LAYERED[-2:],
    "comment between scans": LAYERED.replace(b"\xff\xda", segment(0xFE, NAME) + b"\xff\xda"),
    "JFIF's thumbnail": b"\xff\xd8" + segment(0xE0, JPEG[6:18] + b"\2\2" + NAME) + JPEG[20:],
    "JFIF's other thumbnail": in_jpeg(segment(0xE0, b"JFXX\0\x10" + TINY)),
    "other pictures": in_jpeg(segment(0xE2, b"MPF\0" + SERIAL)) + TINY,
    "a maker's segment": in_jpeg(segment(0xEB, b"JP\0\1" + NAME), segment(0xE9, SERIAL)),
    "Adobe's segment": in_jpeg(segment(0xEE, b"Adobe\0\x64\0\0\0\0\1" + NAME)),
    "between segments": in_jpeg(NAME),
    "after a JPEG": JPEG + NAME,
    "a film after a JPEG": JPEG + b"\0\0\0\x18ftypmp42" + PLACE,
    "a JPEG's profile": in_jpeg(profiled(telling_profile())),
    "half a profile": in_jpeg(segment(0xE2, b"ICC_PROFILE\0\1\2" + NAME)),
    "PNG's text": in_png(chunk(b"tEXt", b"Author\0" + NAME)),
    "PNG's packed text": in_png(chunk(b"zTXt", b"Author\0\0" + zlib.compress(NAME))),
    "PNG's XMP": in_png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)),
    "PNG's EXIF": in_png(chunk(b"eXIf", telling_exif())),
    "PNG's EXIF, turned": in_png(chunk(b"eXIf", telling_exif(8))),
    "PNG's raw profile": in_png(chunk(b"tEXt", b"Raw profile type iptc\0" + NAME.hex().encode())),
    "text after the pixels": PNG[:-12] + chunk(b"tEXt", b"Author\0" + NAME) + PNG[-12:],
    "a private chunk": in_png(chunk(b"cAmr", SERIAL), whole=PALETTE),
    "a palette's name": in_png(chunk(b"sPLT", NAME + b"\0\x08")),
    "a profile's name": in_png(chunk(b"iCCP", NAME + b"\0\0" + zlib.compress(wide_profile()))),
    "a PNG's profile": in_png(chunk(b"iCCP", b"x\0\0" + zlib.compress(telling_profile()))),
    "no profile": in_png(chunk(b"iCCP", b"x\0\0" + zlib.compress(NAME))),
    "after a PNG": PNG + NAME,
    "text in an APNG": in_png(chunk(b"tEXt", b"Author\0" + NAME), whole=APNG),
    "GIF's comment": in_gif(b"!\xfe" + blocks(NAME)),
    "comment of a still GIF": in_gif(b"!\xfe" + blocks(NAME), whole=STILL),
    "comment after a frame": GIF[:-1] + b"!\xfe" + blocks(NAME) + b";",
    "GIF's XMP": in_gif(b"!\xff\x0bXMP DataXMP" + blocks(XMP)),
    "GIF's text": in_gif(b"!\x01\x0c" + bytes(12) + blocks(NAME)),
    "a program's extension": in_gif(b"!\xff\x0bACMECAM 1.0" + blocks(SERIAL)),
    "more of the loop": GIF.replace(b"\3\1\2\0\0", b"\3\1\2\0" + blocks(NAME)),
    "after a GIF": GIF + NAME,
}


def unpacked(content: bytes) -> Iterator[bytes]:
    """The bytes, and whatever in them looks like a zlib stream: no format is known here."""
    yield content
    for found in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", content):
        stream = zlib.decompressobj()
        try:
            yield stream.decompress(content[found.start() :], 1_000_000)
        except zlib.error:
            continue


def told(content: bytes) -> set[bytes]:
    """Which of the secrets are in a file, in any spelling."""
    texts = list(unpacked(content))
    spelt = {each: (each, each.hex().encode(), each[::-1]) for each in SECRETS}
    return {
        each for each, ways in spelt.items() if any(way in text for way in ways for text in texts)
    }


def shown(content: bytes) -> list[tuple[Any, ...]]:
    """Each frame as a viewer sees it: upright, with its colours, for so long."""
    frames = []
    with Image.open(io.BytesIO(content)) as image:
        for n in range(getattr(image, "n_frames", 1)):
            image.seek(n)
            image.load()
            frame = ImageOps.exif_transpose(image)
            if profile := image.info.get("icc_profile"):
                wanted = ImageCms.createProfile("sRGB")
                try:
                    changed = ImageCms.profileToProfile(frame, io.BytesIO(profile), wanted)
                except ImageCms.PyCMSError:
                    changed = None
                frame = changed or frame
            kept = {key: image.info.get(key) for key in ("duration", "loop", "transparency")}
            frames.append((frame.size, frame.convert("RGBA").tobytes(), kept))
    return frames


@pytest.mark.filterwarnings("ignore:Image appears to be a malformed MPO")
@pytest.mark.parametrize("place", PLANTED)
def test_nothing_tells_of_people_and_places(place: str) -> None:
    """Wherever a name, a serial number or coordinates are, they go; what is seen stays."""
    before = ImageFile.read(PLANTED[place], check=False)
    after = before.without_metadata()

    assert told(before.content)
    assert set() == told(after.content)
    assert shown(before.content) == shown(after.content)
    assert (before, before.type) == (after.made_from, after.type)
    assert 1 == len(after.mends)
    assert after is after.without_metadata()


@pytest.mark.parametrize("place", ["a JPEG's profile", "a PNG's profile"])
def test_profiles_keep_what_they_say_of_colour(place: str) -> None:
    """A profile without names shows the same colours, which are not those without a profile."""
    after = ImageFile.read(PLANTED[place]).without_metadata()
    bare = JPEG if after.type == "JPEG" else PNG

    assert shown(PLANTED[place]) == shown(after.content) != shown(bare)


def test_profiles_of_any_size_are_kept() -> None:
    """A profile that takes several segments of a JPEG is whole afterwards, but for the names."""
    large = bytes(range(256)) * 600
    content = saved(scene(), "JPEG", icc_profile=telling_profile(large), comment=NAME)
    after = ImageFile.read(content).without_metadata()
    with Image.open(io.BytesIO(after.content)) as image:
        kept = image.info["icc_profile"]

    assert len(kept) == len(telling_profile(large))
    assert large in kept
    assert set() == told(after.content)
    assert shown(content) == shown(after.content) != shown(JPEG)


@pytest.mark.parametrize("profile", [b"", NAME * 20, wide_profile()[:128] + bytes(400)])
def test_what_is_no_profile_is_left_out(profile: bytes) -> None:
    """A profile that tells no colour does not come along, as nobody heeds it."""
    assert b"" == plain_profile(profile)


@pytest.mark.parametrize("file", [JPEG, LAYERED, PNG, PALETTE, APNG, STILL, GIF])
def test_what_tells_nothing_stays_as_it_is(file: bytes) -> None:
    """A picture without metadata is given back itself."""
    image = ImageFile.read(file)

    assert image is image.without_metadata()


@pytest.mark.parametrize("turn", range(2, 9))
@pytest.mark.parametrize("type", ["JPEG", "PNG"])
def test_the_orientation_alone_stays(type: str, turn: int) -> None:
    """Of EXIF the orientation is kept, so that the picture stands as it stood."""
    exif = telling_exif(turn)
    content = (
        in_jpeg(segment(0xE1, b"Exif\0\0" + exif))
        if type == "JPEG"
        else in_png(chunk(b"eXIf", exif))
    )
    after = ImageFile.read(content).without_metadata()
    with Image.open(io.BytesIO(after.content)) as image:
        left = dict(image.getexif())

    assert {0x0112: turn} == left
    assert type == "PNG" or b"JFIF" == after.content[6:10]  # which has to come first
    assert shown(content) == shown(after.content)
    assert ["rotated"] == [finding.code for finding in after.findings]


def test_a_bomb_of_text_is_defused() -> None:
    """Text that unpacks to more than anyone takes goes unread, and the picture may be shared."""
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(9_000_000), 9))
    image = ImageFile.read(in_png(bomb), check=False)
    after = image.without_metadata()

    assert ["metadata-bomb"] == [finding.code for finding in image.findings]
    assert (PNG, ()) == (after.content, after.findings)


def test_very_many_pieces_end_in_words() -> None:
    """A file of very many comments is not walked to its end, and says what to do."""
    image = ImageFile.read(GIF[:-1] + b"!\xfe\1x\0" * 300_100 + b";", check=False)
    with pytest.raises(ImageRefused, match="save it anew") as caught:
        image.without_metadata()

    assert None is caught.value.__cause__ is caught.value.__context__
