"""Samples: drawn pictures of any size, good, odd and bad, and each is what its name says."""

import io
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageOps, ImageStat

from lpnb import samples
from lpnb.errors import ImageRefused, InputError
from lpnb.images import ImageFile
from lpnb.samples.files import filled, saved
from lpnb.samples.scene import painted

TYPES = ("JPEG", "PNG", "GIF")


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
    assert ["rotated", "location"] == codes(image)
    assert ((4032, 3024), 6, "2025:11:22 10:31:07") == (picture.size, exif[0x0112], exif[0x0132])
    assert (52, "N") == (exif.get_ifd(0x8825)[2][0], exif.get_ifd(0x8825)[1])
    assert 80 == exif.get_ifd(0x8769)[0x8827]
    assert alike(ImageOps.exif_transpose(picture), painted().crop((360, 0, 1710, 1800)))
    assert 300_000 == samples.phone(300_000).size
    with pytest.raises(InputError, match="300,000 or more"):
        samples.phone(299_999)


@pytest.mark.parametrize("name", samples.BAD)
def test_bad_samples_are_refused(name: str) -> None:
    """Each bad sample can be made, and is refused as soon as it is read with checks."""
    bad = samples.BAD[name]()

    assert "refused" == bad.findings[0].severity
    with pytest.raises(ImageRefused):
        ImageFile.read(bad.content, name=bad.name)


def test_a_wrong_extension_is_a_warning() -> None:
    """A JPEG called .png may be shared, as its type is read from the bytes."""
    image = samples.odd.wrong_extension()

    assert ("JPEG", "extension") == (image.type, image.findings[0].code)


def alike(one: Image.Image, other: Image.Image) -> bool:
    """Whether two pictures of a shape show the same, as far as can be seen from far."""
    pair = [image.convert("RGB").resize((64, 48)) for image in (one, other)]
    return max(ImageStat.Stat(ImageChops.difference(*pair)).mean) < 6
