"""Samples: drawn pictures of any size, good, odd and bad, and each is what its name says."""

import inspect
import io
import subprocess
import sys
import tracemalloc
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from PIL import Image, ImageChops, ImageOps, ImageStat, PdfParser

from lpnb import samples
from lpnb.errors import ImageRefused, InputError
from lpnb.images import ImageFile
from lpnb.samples import bad, odd
from lpnb.samples.files import filled, saved
from lpnb.samples.scene import painted

TYPES = ("JPEG", "PNG", "GIF")
# Every code there is, and what each sample has: its own first, then what can't be had without.
REFUSED = {
    "empty": ["empty"],
    "too_large": ["too-large"],
    "renamed_text": ["unsupported-type"],
    "renamed_pdf": ["unsupported-type"],
    "renamed_webp": ["unsupported-type"],
    "renamed_heic": ["unsupported-type"],
    "renamed_svg": ["unsupported-type"],
    "truncated": ["truncated"],
    "corrupt": ["corrupt"],
    "wrong_checksum": ["corrupt"],
    "decompression_bomb": ["decompression-bomb"],
    "too_many_pixels": ["too-many-pixels"],
    "too_many_frames": ["too-many-frames"],
    "too_many_scans": ["too-many-scans"],
    "metadata_bomb": ["metadata-bomb"],
}
WARNED = {
    "animation": ["animated"],
    "near_limit": ["near-limit"],
    "wrong_extension": ["extension"],
    "wrong_declaration": ["declared-type"],
    "trailing_data": ["trailing-data"],
    "polyglot": ["polyglot"],
    "rotated": ["rotated"],
    "cmyk": ["colour-space"],
    "sixteen_bit": ["colour-space"],
    "location": ["location"],
    "personal": ["personal"],
    "unsafe_name": ["unsafe-name"],
    "odd_name": ["odd-name"],
}
CODES = """
    empty too-large unsupported-type truncated corrupt decompression-bomb too-many-pixels
    too-many-frames too-many-scans metadata-bomb near-limit extension declared-type trailing-data
    polyglot animated rotated colour-space location personal unsafe-name odd-name
"""
MAKERS = {**samples.BAD, **samples.ODD}
SIZED = [name for name, make in MAKERS.items() if "size" in inspect.signature(make).parameters]
TYPED = [name for name in MAKERS if "type" in inspect.signature(MAKERS[name]).parameters]


@cache
def made(name: str) -> ImageFile:
    return MAKERS[name]()


def codes(image: ImageFile) -> list[str]:
    return [finding.code for finding in image.findings]


def opened(image: ImageFile) -> Image.Image:
    """Decode as strictly as Pillow does, by itself."""
    picture = Image.open(io.BytesIO(image.content))
    picture.load()
    return picture


@pytest.mark.parametrize("size", [1_000, 1_001, 6_000, 50_000, 300_000, 1_000_003, 3_000_000])
@pytest.mark.parametrize("type", TYPES)
def test_photos_have_the_very_size_asked_for(type: str, size: int) -> None:
    """A sample of any size is a sound picture without a finding, and its preview fits."""
    image = samples.photo(size, type=type)

    assert (type, size, ()) == (image.type, image.size, image.findings)
    assert type == opened(image).format
    assert len(image.preview().data_uri) < 30_000


@pytest.mark.parametrize(
    ("type", "more"),
    [
        ("JPEG", [12, 65_536, 65_537, 65_538, 65_540, 65_541, 131_074, 131_075]),
        ("PNG", [12, 13, 70_000]),
        ("GIF", [12, 258, *range(259, 263), 514, *range(515, 519)]),
    ],
    ids=TYPES,
)
def test_what_fills_up_is_skipped(type: Any, more: list[int]) -> None:
    """Whatever number of bytes is missing, they are filled up, and Pillow sees the same picture."""
    content = saved(painted().resize((64, 48)).convert("L"), type)
    pixels = Image.open(io.BytesIO(content)).tobytes()

    for missing in more:
        full = filled(content, type, len(content) + missing)
        assert len(content) + missing == len(full)
        assert type != "GIF" or end_of_blocks(full[len(content) - 1 :]) == missing
        assert (pixels, ()) == (
            Image.open(io.BytesIO(full)).tobytes(),
            ImageFile.read(full).findings,
        )


def end_of_blocks(extension: bytes) -> int:
    """Walk over the blocks of a GIF's extension, to where its end mark says that it ends."""
    at = 2
    while extension[at]:
        at += 1 + extension[at]
    return at + 1


def test_large_photos_are_picture_and_not_padding() -> None:
    """Of 3 MB at most a thirtieth is filled up."""
    longest = samples.photo(3_000_000).content.count(b" " * 1_000) * 1_000

    assert longest < 100_000


def test_the_seed_decides() -> None:
    """The same seed gives the same file, another one another file."""
    first, again, other = (samples.photo(9_000, seed=seed).sha256 for seed in (3, 3, 4))

    assert first == again != other


@pytest.mark.parametrize(
    ("type", "size", "words"),
    [
        ("JPEG", 999, "1,000 or more"),
        ("GIF", 0, "1,000 or more"),
        ("TIFF", 9_000, "'TIFF': ask for JPEG, PNG, GIF"),
    ],
    ids=str,
)
def test_no_picture_is_that_small(type: str, size: int, words: str) -> None:
    """Below a thousand bytes, or as another type, there is no sample, and the words say so."""
    with pytest.raises(InputError, match=words):
        samples.photo(size, type=type)


def test_the_default_is_a_parcel() -> None:
    """Who names no picture shares 300,000 bytes called parcel.jpg, drawn once."""
    image = samples.default()

    assert ("parcel.jpg", "JPEG", 300_000, ()) == (
        image.name,
        image.type,
        image.size,
        image.findings,
    )
    assert image is samples.default()


def test_the_drawing_is_partly_clear() -> None:
    """The cut-out is a PNG that can be seen through at its corners, and is otherwise fine."""
    image = samples.drawing()

    assert ("PNG", ()) == (image.type, image.findings)
    assert (0, 255) == opened(image).getchannel("A").getextrema()


def test_the_phone_is_like_a_phone() -> None:
    """Its photo has 12 megapixels stored turned, and EXIF that tells time, place and settings."""
    image = samples.phone(2_000_001)
    picture = opened(image)
    exif = picture.getexif()

    assert (2_000_001, (3024, 4032)) == (image.size, image.pixels)
    assert ["location", "rotated"] == codes(image)
    assert ((4032, 3024), 6, "2025:11:22 10:31:07") == (picture.size, exif[0x0112], exif[0x0132])
    assert (52, "N") == (exif.get_ifd(0x8825)[2][0], exif.get_ifd(0x8825)[1])
    assert 80 == exif.get_ifd(0x8769)[0x8827]
    assert alike(ImageOps.exif_transpose(picture), painted().crop((360, 0, 1710, 1800)))
    assert 300_000 == samples.phone(300_000).size
    with pytest.raises(InputError, match="300,000 or more"):
        samples.phone(299_999)


def test_every_finding_has_a_sample() -> None:
    """There is a sample for each code, under its severity, and none without a line here."""
    assert (set(REFUSED), set(WARNED)) == (set(samples.BAD), set(samples.ODD))
    assert set(CODES.split()) == {codes[0] for codes in (*REFUSED.values(), *WARNED.values())}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_samples_are_refused(name: str) -> None:
    """A bad sample has the finding that it is there for, and is refused when read with checks."""
    image = made(name)

    assert [(code, "refused") for code in REFUSED[name]] == [
        (finding.code, finding.severity) for finding in image.findings
    ]
    with pytest.raises(ImageRefused):
        ImageFile.read(image.content, name=image.name)


@pytest.mark.parametrize("name", WARNED)
def test_odd_samples_are_shared_with_a_warning(name: str) -> None:
    """An odd sample has the one warning that it is there for, can be decoded, and may be shared."""
    image = made(name)

    assert [(code, "warning") for code in WARNED[name]] == [
        (finding.code, finding.severity) for finding in image.findings
    ]
    assert image.type == opened(image).format
    assert image.content == ImageFile.read(image.content, name=image.name).content


@pytest.mark.parametrize("name", SIZED)
def test_samples_have_the_very_size_asked_for(name: str) -> None:
    """Whatever is wrong with it, a sample has as many bytes as were asked for, and nothing else."""
    size = {"too_large": 5_000_001, "too_many_pixels": 1_200_001}.get(name, 200_001)
    image = MAKERS[name](size=size)

    assert (size, codes(made(name))) == (image.size, codes(image))


@pytest.mark.parametrize("name", SIZED)
def test_too_small_samples_say_how_small_they_can_be(name: str) -> None:
    """The smallest size is in the error's words, and can be had."""
    with pytest.raises(InputError, match=r"ask for [\d,]+ or more") as caught:
        MAKERS[name](size=5)
    least = int(str(caught.value).split()[-3].replace(",", ""))

    assert least == MAKERS[name](size=least).size


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: odd.rotated(9), "no sample has 9: ask for 1, 2, 3"),
        (lambda: odd.polyglot(also="RAR"), "'RAR': ask for ZIP, HTML"),
        (lambda: odd.unsafe_name(has="dots"), "'dots': ask for direction, control, path"),
    ],
    ids=["turn", "also", "has"],
)
def test_what_there_is_not_is_an_input_error(make: Callable[[], ImageFile], words: str) -> None:
    """Who asks for what no sample has is told what there is."""
    with pytest.raises(InputError, match=words):
        make()


@pytest.mark.parametrize("type", TYPES)
@pytest.mark.parametrize("name", TYPED)
def test_samples_are_of_every_type(name: str, type: str) -> None:
    """A sample of another type has the same findings; what rests on EXIF can't be had as GIF."""
    if type == "GIF" and name in ("rotated", "location", "personal"):
        with pytest.raises(InputError, match="'GIF': ask for JPEG, PNG"):
            MAKERS[name](type=type)
    else:
        image = MAKERS[name](type=type)

        assert (type, codes(made(name))) == (image.type, codes(image))


def test_samples_are_the_same_every_time() -> None:
    """Another process makes the same bytes."""
    code = (
        "from lpnb import samples\n"
        "for name, make in {**samples.BAD, **samples.ODD}.items(): print(name, make().sha256)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert [f"{name} {made(name).sha256}" for name in MAKERS] == run.stdout.splitlines(), run.stderr


# What follows asks others than lpnb whether the samples are what they say.


@pytest.mark.parametrize("make", [bad.truncated, bad.corrupt], ids=["truncated", "corrupt"])
@pytest.mark.parametrize("type", TYPES)
def test_broken_pictures_can_not_be_decoded(type: str, make: Callable[..., ImageFile]) -> None:
    """Pillow knows the picture by its head, and fails to decode it."""
    image = make(type=type)

    assert type == Image.open(io.BytesIO(image.content)).format
    with pytest.raises(OSError, match=r"truncated|data stream"):
        opened(image)


def test_of_a_wrong_checksum_nothing_else_is_wrong() -> None:
    """Pillow shows the PNG, and finds fault with it when asked to."""
    image = made("wrong_checksum")

    assert "PNG" == opened(image).format
    with pytest.raises(SyntaxError, match="bad header checksum"):
        Image.open(io.BytesIO(image.content)).verify()


def test_the_bomb_is_one() -> None:
    """Pillow calls the small file a bomb, and making and judging it take little memory."""
    made("truncated")  # so that the scene is painted
    tracemalloc.start()
    image = bad.decompression_bomb(5_000)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 4_000_000
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(image.content))


def chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at < len(content):
        end = at + 8 + int.from_bytes(content[at : at + 4])
        yield content[at + 4 : at + 8], content[at + 8 : end]
        at = end + 4


def unpacked(data: bytes) -> int:
    """Count what *data* inflates to, a little at a time."""
    inflate, count = zlib.decompressobj(), 0
    while data:
        count += len(inflate.decompress(data, 1_000_000))
        data = inflate.unconsumed_tail
    assert inflate.eof
    return count


def test_too_many_pixels_are_all_there() -> None:
    """The poster is a whole PNG of 48 megapixels, and no lie."""
    image = made("too_many_pixels")
    picture = Image.open(io.BytesIO(image.content))
    picture.verify()
    data = b"".join(body for name, body in chunks(image.content) if name == b"IDAT")

    assert ((8_000, 6_000), "RGB") == (picture.size, picture.mode)
    assert 6_000 * (1 + 3 * 8_000) == unpacked(data)


def test_the_text_of_the_metadata_bomb_is_long() -> None:
    """Its text inflates to over 8 MB, which Pillow refuses to unpack."""
    image = made("metadata_bomb")
    text = next(body for name, body in chunks(image.content) if name == b"zTXt")

    assert unpacked(text.split(b"\0\0", 1)[1]) > 8_000_000
    with pytest.raises(ValueError, match="too large"):
        opened(image)


def test_too_many_frames_are_all_there() -> None:
    """Pillow counts over 500 frames, and in them a light blinks."""
    picture = opened(made("too_many_frames"))
    lights = []
    for frame in (0, 1, 2, 499, 500):
        picture.seek(frame)
        lights.append(picture.convert("RGB").getpixel((24, 24)))

    assert 501 == getattr(picture, "n_frames", 1)
    assert lights[0] == lights[2] == lights[4] != lights[1] == lights[3]


def test_too_many_scans_are_one_picture() -> None:
    """There are over 100 scans, and Pillow decodes them to the parcel."""
    image = made("too_many_scans")

    assert image.content.count(b"\xff\xda") > 100
    assert alike(opened(image), opened(samples.default()))


def alike(one: Image.Image, other: Image.Image) -> bool:
    """Whether two pictures of a shape show the same, as far as can be seen from far."""
    pair = [image.convert("RGB").resize((64, 48)) for image in (one, other)]
    return max(ImageStat.Stat(ImageChops.difference(*pair)).mean) < 6


@pytest.mark.parametrize("type", ["JPEG", "PNG"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_rotated_samples_are_upright_when_the_note_is_heeded(turn: int, type: str) -> None:
    """However it is stored, Pillow turns the picture upright, and only the first one is so."""
    image = odd.rotated(turn, type=type)
    stored, upright = opened(image), opened(samples.photo(50_000))

    assert (["rotated"] if turn > 1 else []) == codes(image)
    assert turn == stored.getexif().get(0x0112)
    assert alike(ImageOps.exif_transpose(stored), upright)
    assert (turn == 1) == (stored.size[0] > stored.size[1] and alike(stored, upright))


def test_colour_spaces() -> None:
    """Pillow opens the one as CMYK and the other as 16 bits of grey, and both show the parcel."""
    pair = [opened(made(name)) for name in ("cmyk", "sixteen_bit")]
    shades = pair[1].convert("I").point(lambda value: value / 256).convert("L")
    parcel = opened(samples.default())

    assert ["CMYK", "I;16"] == [picture.mode for picture in pair]
    assert alike(pair[0], parcel)
    assert alike(shades, parcel.convert("L"))


@pytest.mark.parametrize("type", ["JPEG", "PNG"])
def test_metadata(type: str) -> None:
    """Pillow reads the place from one, and from the other names and a number, and nothing else."""
    place, person = (opened(make(type=type)).getexif() for make in (odd.location, odd.personal))

    assert ((52, 22, 26.4), "N") == (place.get_ifd(0x8825)[2], place.get_ifd(0x8825)[1])
    assert "Ada Example" == person[0x013B] == person.get_ifd(0x8769)[0xA430]
    assert "0042-1815" == person.get_ifd(0x8769)[0xA431]
    assert ({0x8825}, {0x013B, 0x8769}) == (set(place), set(person))


@pytest.mark.parametrize("type", TYPES)
def test_polyglots_are_two_things(type: str) -> None:
    """Python's own readers find the archive, or the script, in what Pillow shows as a picture."""
    archive, page = odd.polyglot(type=type), odd.polyglot(also="HTML", type=type)
    found = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, _: found.append(tag)  # type: ignore[method-assign]
    parser.feed(page.content.decode("latin-1"))

    assert ["note.txt"] == zipfile.ZipFile(io.BytesIO(archive.content)).namelist()
    assert "script" in found
    assert [type, type] == [opened(image).format for image in (archive, page)]
    assert codes(archive) == codes(page)


@pytest.mark.parametrize("type", TYPES)
def test_trailing_data_is_behind_the_end(type: str) -> None:
    """What is cut off behind the format's end mark leaves a picture without a finding."""
    image = odd.trailing_data(type=type)
    end = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xae\x42\x60\x82", "GIF": b"\0;"}[type]
    picture, _, tail = image.content.rpartition(end)

    assert b"\r\n------" == tail[:8]
    assert () == ImageFile.read(picture + end).findings


def test_names() -> None:
    """By Unicode's own table, the unsafe names have what they are named for."""
    turned, control, path = (odd.unsafe_name(has=has) for has in ("direction", "control", "path"))

    assert ("Cf", "Cc") == tuple(
        next(kind for kind in map(unicodedata.category, image.name) if kind[0] == "C")
        for image in (turned, control)
    )
    assert path.name.startswith("../")
    assert [["unsafe-name"]] * 3 == [codes(image) for image in (turned, control, path)]


def test_renamed_files_are_what_they_are() -> None:
    """Other readers take each for what it is, whatever its name says."""
    svg = ET.fromstring(made("renamed_svg").content)  # noqa: S314 - our own
    pdf = PdfParser.PdfParser(buf=bytearray(made("renamed_pdf").content))
    webp, heic, text = (made(f"renamed_{kind}") for kind in ("webp", "heic", "text"))

    assert ("{http://www.w3.org/2000/svg}svg", 3) == (svg.tag, len(svg))
    assert 1 == len(pdf.pages)
    assert "WEBP" == opened(webp).format
    assert alike(opened(webp), opened(samples.default()))
    assert b"ftypheic" == heic.content[4:12]
    assert "This is a note" in text.content.decode("ascii")
