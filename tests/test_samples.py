"""Samples: drawn pictures of any size, and the bad ones that lessons need."""

import io

import pytest
from PIL import Image

from lpnb import samples
from lpnb.errors import ImageRefused, InputError
from lpnb.images import ImageFile


@pytest.mark.parametrize("size", [6_000, 6_001, 50_000, 300_000, 1_000_003, 3_000_000])
@pytest.mark.parametrize("type", ["JPEG", "PNG"])
def test_photos_have_the_very_size_asked_for(type: str, size: int) -> None:
    """A sample of any size is a sound picture without a finding, and its preview fits."""
    image = samples.photo(size, type=type)

    assert (type, size, ()) == (image.type, image.size, image.findings)
    assert len(image.preview().data_uri) < 30_000


def test_large_photos_are_picture_and_not_padding() -> None:
    """Of 3 MB at most a thirtieth is filled up."""
    longest = samples.photo(3_000_000).content.count(b" " * 1_000) * 1_000

    assert longest < 100_000


def test_the_seed_decides() -> None:
    """The same seed gives the same file, another one another file."""
    first, again, other = (samples.photo(9_000, seed=seed).sha256 for seed in (3, 3, 4))

    assert first == again != other


@pytest.mark.parametrize(
    ("type", "size"), [("JPEG", 2_999), ("PNG", 5_999), ("TIFF", 9_000)], ids=str
)
def test_no_picture_is_that_small(type: str, size: int) -> None:
    """Below a few thousand bytes, or as another type, there is no sample, and the words say so."""
    with pytest.raises(InputError, match="JPEG from 3,000 bytes"):
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
    drawn = Image.open(io.BytesIO(image.content))

    assert ("PNG", ()) == (image.type, image.findings)
    assert (0, 255) == drawn.getchannel("A").getextrema()


def test_the_animation_moves() -> None:
    """The animated GIF has several frames."""
    drawn = Image.open(io.BytesIO(samples.animation().content))

    assert ("GIF", 4) == (drawn.format, getattr(drawn, "n_frames", 1))


@pytest.mark.parametrize("name", samples.BAD)
def test_bad_samples_are_refused(name: str) -> None:
    """Each bad sample can be made, and is refused as soon as it is read with checks."""
    bad = samples.BAD[name]()

    assert "refused" == bad.findings[0].severity
    with pytest.raises(ImageRefused):
        ImageFile.read(bad.content, name=bad.name)


def test_a_wrong_extension_is_a_warning() -> None:
    """A JPEG called .png may be shared, as its type is read from the bytes."""
    image = samples.wrong_extension()

    assert ("JPEG", "extension") == (image.type, image.findings[0].code)
