"""Mends: each gives a new picture that is better in one respect, and as good in all others."""

import dataclasses
import functools
import io
import math
import random
import re
import struct
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageChops, ImageCms, ImageOps, ImageStat, JpegImagePlugin

from lpnb import samples
from lpnb.errors import ImageRefused
from lpnb.images import ImageFile
from lpnb.images.mend import plain_name
from lpnb.images.parts import parts
from tests.drawn import (
    animated,
    cut_out,
    exif,
    grey_profile,
    in_jpeg,
    in_png,
    moving,
    noisy,
    scene,
    telling_exif,
    wide_profile,
)
from tests.pieces import chunk, saved, segment

SIZE = 3_000_000  # restated here, so that a wrong constant can't agree with itself
MENDS = ("resized_to_fit", "converted", "without_metadata", "upright", "renamed", "fixed")
UNDO = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # how to store a picture that EXIF turns


def turned(image: Image.Image, turn: int) -> Image.Image:
    """Store *image* as a camera does that was held so."""
    return image.transpose(Image.Transpose(UNDO[turn])) if turn > 1 else image


def seen(content: bytes) -> Image.Image:
    """The first frame as a viewer shows it: upright, in sRGB, on white."""
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        upright = ImageOps.exif_transpose(image)
        if image.mode.startswith("I"):
            upright = upright.convert("I").point(lambda value: value / 257).convert("L")
        profile = image.info.get("icc_profile")
        if profile:
            wanted = ImageCms.createProfile("sRGB")
            upright = ImageCms.profileToProfile(
                upright, io.BytesIO(profile), wanted, outputMode="RGB"
            )
        clear = upright.convert("RGBA")
    white = Image.new("RGBA", clear.size, "white")
    return Image.alpha_composite(white, clear).convert("RGB")


def apart(one: Image.Image, other: Image.Image) -> float:
    """How far two pictures of one size are apart: the root of the mean square difference."""
    squares = ImageStat.Stat(ImageChops.difference(one, other)).sum2
    return math.sqrt(sum(squares) / len(squares) / (one.width * one.height))


def alike(one: bytes, other: bytes, most: float = 5) -> None:
    """Fail unless both show the same picture, at whatever size."""
    small, large = sorted((seen(one), seen(other)), key=lambda image: image.width)
    assert abs(small.width / small.height - large.width / large.height) < 0.03
    assert apart(small.resize((60, 40)), large.resize((60, 40))) < most


@functools.cache
def large() -> Image.Image:
    return noisy(scene(1_500, 1_100), 60)


@functools.cache
def grainy(width: int, height: int) -> Image.Image:
    return noisy(scene(width, height), 90).quantize(256, Image.Quantize.FASTOCTREE)


def blinking(count: int) -> list[Image.Image]:
    return [Image.new("1", (9, 9), n % 2) for n in range(count)]


def flipping() -> list[Image.Image]:
    return [scene(), ImageOps.flip(scene())]


@functools.cache
def small(type: str) -> bytes:
    return (
        saved(scene(), type, exif=exif(6)) if type not in ("GIF", "BMP") else saved(scene(), type)
    )


WIDE = {"icc_profile": wide_profile()}
GREY = grey_profile()
DEEP = scene(90, 60).convert("I").point(lambda value: value * 257).convert("I;16")


def deep_png() -> bytes:
    """Red, green and blue of 16 bits, which Pillow does not write."""
    row = b"\0" + struct.pack(">HHH", 60_000, 20_000, 1_000) * 50
    header = struct.pack(">IIBBBBB", 50, 40, 16, 2, 0, 0, 0)
    pixels = zlib.compress(row * 40)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def stacked(image: Image.Image, quality: int = 85) -> bytes:
    """A photo with everything that a phone leaves in it."""
    content = saved(turned(image.convert("RGB"), 6), "JPEG", quality=quality, **WIDE)
    return in_jpeg(segment(0xE1, b"Exif\0\0" + telling_exif(6)), whole=content) + b"and more"


# What is wrong with it: its bytes, and its name.
BAD: dict[str, Callable[[], tuple[bytes, str]]] = {
    "large JPEG": lambda: (saved(large(), "JPEG", quality=98, subsampling=0), "a.jpg"),
    "large photo as PNG": lambda: (saved(large(), "PNG", compress_level=1), "a.png"),
    "large drawing as PNG": lambda: (saved(scene(1_500, 900), "PNG", compress_level=0), "a.png"),
    "large, clear in parts": lambda: (saved(cut_out(large()), "PNG", compress_level=1), "a.png"),
    "large, of a palette": lambda: (saved(grainy(2_400, 1_800), "PNG", compress_level=1), "a.png"),
    "large still GIF": lambda: (saved(grainy(2_400, 1_800), "GIF"), "a.gif"),
    "large animation": lambda: (animated(moving(400, 300, 80)), "a.gif"),
    "large, moving, clear": lambda: (animated(moving(400, 300, 80, True), disposal=2), "a.gif"),
    "large APNG": lambda: (animated(moving(300, 200, 30, True), "PNG", exif=exif(6)), "a.png"),
    "just over 3 MB": lambda: (samples.photo(3_000_001).content, "a.jpg"),
    "over 3 MB by what follows": lambda: (saved(scene(), "JPEG") + b"film" * 800_000, "a.jpg"),
    "WEBP": lambda: (saved(turned(noisy(scene()), 6), "WEBP", exif=exif(6), **WIDE), "a.webp"),
    "WEBP, clear in parts": lambda: (saved(cut_out(scene()), "WEBP", lossless=True), "a.webp"),
    "moving WEBP": lambda: (animated(flipping(), "WEBP"), "a.webp"),
    "AVIF": lambda: (saved(noisy(scene()), "AVIF"), "a.avif"),
    "BMP": lambda: (saved(scene(), "BMP"), "a.bmp"),
    "TIFF": lambda: (saved(turned(scene(), 8), "TIFF", exif=exif(8)), "a.tif"),
    "TIFF of print": lambda: (saved(scene().convert("CMYK"), "TIFF"), "a.tif"),
    "TIFF of one bit": lambda: (saved(scene().convert("1"), "TIFF", compression="group4"), "a"),
    "large BMP": lambda: (saved(noisy(scene(1_200, 900)), "BMP"), "a.bmp"),
    "CMYK": lambda: (saved(scene().convert("CMYK"), "JPEG", quality=95), "a.jpg"),
    "16 bits of grey": lambda: (saved(DEEP, "PNG"), "a.png"),
    "16 bits of colour": lambda: (deep_png(), "a.png"),
    "too many frames": lambda: (animated(blinking(600)), "a.gif"),
    "from a phone": lambda: (stacked(scene(600, 400)), "a.jpg"),
    "from a phone, large": lambda: (stacked(grainy(2_400, 1_800), 98), "../a\u202egpj.png"),
    "turned PNG": lambda: (saved(turned(scene(), 8), "PNG", exif=exif(8), **WIDE), "a.png"),
    "turned APNG": lambda: (animated(flipping(), "PNG", exif=exif(3), **WIDE), "a.png"),
    "a wrong ending": lambda: (saved(scene(), "GIF"), "a.jpeg"),
    "a web page": lambda: (saved(scene(), "JPEG") + b"<html><script>", "a.jpg"),
}


@functools.cache
def bad(wrong: str) -> tuple[bytes, str]:
    return BAD[wrong]()


@pytest.mark.parametrize("wrong", BAD)
def test_fixed_leaves_nothing_to_mend(wrong: str) -> None:
    """After all mends no finding names one, the picture is the same, and it may be shared."""
    content, name = bad(wrong)
    before = ImageFile.read(content, name=name, check=False)
    after = before.fixed()

    assert [] == [each for each in after.findings if each.mend or each.severity == "refused"]
    assert before.findings
    assert after.size <= SIZE
    assert after is after.fixed()
    assert after == ImageFile.read(after.content, name=after.name)
    assert (before, content) == (after.made_from, before.content)
    assert after.mends
    assert all(isinstance(each, str) and each for each in after.mends)
    alike(content, after.content)


@pytest.mark.parametrize("mend", MENDS)
@pytest.mark.parametrize("type", ["JPEG", "PNG", "GIF"])
def test_what_needs_no_mend_is_given_back(type: str, mend: str) -> None:
    """A mend that has nothing to do gives the picture itself, unchanged byte for byte."""
    image = ImageFile.read(saved(scene(), type))
    content = bytes(image.content)

    assert image is getattr(image, mend)()
    assert content == image.content


def test_the_sample_photo_is_sent_as_it_is() -> None:
    """The picture that is shared by default has no mend, and none is made."""
    image = samples.default()

    assert image is image.fixed()
    assert (None, ()) == (image.made_from, image.mends)


@pytest.mark.parametrize("mend", ["without_metadata", "upright", "resized_to_fit", "fixed"])
@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("type", ["JPEG", "PNG"])
def test_what_was_up_stays_up(type: str, turn: int, mend: str) -> None:
    """However a picture is stored, each mend leaves it as it is to be seen, in its colours."""
    upright, options = scene(150, 100), {}
    if mend == "resized_to_fit":
        upright = large() if type == "JPEG" else scene(1_200, 900)
        options = {"quality": 98, "subsampling": 0} if type == "JPEG" else {"compress_level": 0}
    content = saved(turned(upright, turn), type, exif=exif(turn), **WIDE, **options)
    before = ImageFile.read(content, check=False)
    after = getattr(before, mend)()

    assert upright.size == before.pixels == after.pixels
    assert (after is before) == (turn == 1 and mend in ("upright", "fixed"))
    assert (turn > 1 and mend in ("without_metadata", "resized_to_fit")) == (
        "rotated" in {finding.code for finding in after.findings}
    )
    alike(content, after.content, 4)


def test_another_type_stands_and_looks_as_the_one_before() -> None:
    """A PNG that becomes JPEG to fit is turned as it was, and has the same profile."""
    content = saved(turned(large(), 6), "PNG", exif=exif(6), compress_level=1, **WIDE)
    after = ImageFile.read(content, check=False).resized_to_fit()
    with Image.open(io.BytesIO(after.content)) as image:
        kept = image.getexif()[0x0112], image.info["icc_profile"]

    assert ("JPEG", "picture.jpg", (6, WIDE["icc_profile"])) == (after.type, after.name, kept)
    alike(content, after.content, 4)


@pytest.mark.parametrize("quality", [60, 85, 96])
@pytest.mark.parametrize("sampling", [0, 1, 2])
@pytest.mark.parametrize("turn", [3, 6])
def test_upright_neither_swells_nor_suffers(quality: int, sampling: int, turn: int) -> None:
    """A JPEG that was turned has the quality it had, and next to the same size."""
    drawn = noisy(scene(331, 217), 20)
    content = saved(
        turned(drawn, turn), "JPEG", quality=quality, subsampling=sampling, exif=exif(turn)
    )
    after = ImageFile.read(content).upright()
    with Image.open(io.BytesIO(after.content)) as image:
        kept = JpegImagePlugin.get_sampling(image)

    assert (0 if sampling == 1 and turn == 6 else sampling) == kept
    assert len(after.content) < (1.12 if kept != sampling else 1.04) * len(content)
    assert apart(drawn, seen(after.content)) < 1.5 * apart(drawn, seen(content)) + 0.5


@pytest.mark.parametrize("type", ["RGB", "RGBA", "P", "L", "LA", "1"])
def test_upright_loses_nothing_of_a_png(type: str) -> None:
    """A PNG that was turned has the very pixels that it had."""
    image = cut_out(scene()).convert(type) if "A" in type else scene().convert(type)
    content = saved(turned(image, 6), "PNG", exif=exif(6))
    after = ImageFile.read(content).upright()

    assert 0 == apart(seen(content), seen(after.content))
    assert ("turned upright",) == after.mends[:1]


def test_upright_keeps_what_exif_tells_but_for_the_turn() -> None:
    """Author, place and maker's note come along; the orientation and the thumbnail are over."""
    exif_before = telling_exif(6)
    content = in_jpeg(
        segment(0xE1, b"Exif\0\0" + exif_before), whole=saved(turned(scene(), 6), "JPEG")
    )
    after = ImageFile.read(content).upright()
    with Image.open(io.BytesIO(after.content)) as image:
        tags = image.getexif()
        inner = dict(tags.get_ifd(0x8769))
        thumbnail = tags.get_ifd(ExifTags.IFD.IFD1)

    assert (1, "Anna Example") == (tags[0x0112], tags[0x013B])
    assert b"MAKER\0SN-4711-0815" == inner[0x927C]
    assert {"location", "personal"} == {finding.code for finding in after.findings}
    assert {} == dict(thumbnail)
    assert 1 == after.content.count(b"\xff\xd8\xff")


@pytest.mark.parametrize("mend", ["upright", "resized_to_fit"])
def test_exif_says_what_size_it_is(mend: str) -> None:
    """EXIF repeats the size, and tells that of the picture drawn anew."""
    made = exif(6)
    made.get_ifd(0x8769).update({0xA002: 9, 0xA003: 9})
    stored = turned(noisy(scene(3_000, 2_000), 200) if mend != "upright" else scene(), 6)
    content = saved(stored, "JPEG", quality=95, exif=made)
    after = getattr(ImageFile.read(content, check=False), mend)()
    with Image.open(io.BytesIO(after.content)) as image:
        told = image.getexif().get_ifd(0x8769)

        assert image.size == (told[0xA002], told[0xA003]) != (9, 9)
    assert len(content) > SIZE or mend == "upright"


def test_upright_keeps_what_a_png_says_of_its_colours() -> None:
    """Chunks of gamma and the like come along, as the pixels are what they were."""
    gamma = chunk(b"gAMA", (100_000).to_bytes(4))
    content = in_png(gamma, whole=saved(scene(), "PNG", exif=exif(3)))
    after = ImageFile.read(content).upright()

    assert gamma in after.content
    assert 1 == after.content.count(b"gAMA")


def test_upright_keeps_all_pixels_of_a_large_progressive_jpeg() -> None:
    """Though decoding such a one takes more memory than others, it is drawn at full size."""
    large = Image.new("RGB", (6_000, 4_100), "#345")
    before = ImageFile.read(saved(large, "JPEG", progressive=True, exif=exif(3)))
    after = before.upright()

    assert ((6_000, 4_100), []) == (after.pixels, [each.code for each in after.findings])
    assert before.pixels == after.pixels


def test_a_huge_jpeg_is_turned_at_half_its_size() -> None:
    """Where there is no memory for all pixels, half the width and height are turned."""
    before = ImageFile.read(saved(Image.new("L", (9_000, 8_000)), "JPEG", exif=exif(3)))
    after = before.upright()

    assert (4_500, 4_000) == after.pixels
    assert "made 4500 x 4000 pixels of 9000 x 8000" in after.mends


@pytest.mark.parametrize(
    ("wrong", "type", "least"),
    [
        ("large JPEG", "JPEG", 1.0),
        ("large photo as PNG", "JPEG", 1.0),
        ("large drawing as PNG", "PNG", 1.0),
        ("large, clear in parts", "PNG", 0.5),
        ("large, of a palette", "JPEG", 1.0),
        ("large still GIF", "JPEG", 0.8),
        ("large animation", "GIF", 0.5),
        ("large, moving, clear", "GIF", 0.5),
        ("large APNG", "PNG", 0.5),
    ],
)
def test_fitting_loses_as_few_pixels_as_can_be(wrong: str, type: str, least: float) -> None:
    """Too large a picture is coded more coarsely first, and shrunk only if that is not enough."""
    content, name = bad(wrong)
    before = ImageFile.read(content, name=name, check=False)
    after = before.resized_to_fit()
    with Image.open(io.BytesIO(content)) as old, Image.open(io.BytesIO(after.content)) as new:
        share = math.sqrt(new.width * new.height / (old.width * old.height))
        frames = getattr(old, "n_frames", 1), getattr(new, "n_frames", 1)

    assert len(content) > SIZE >= after.size
    assert type == after.type
    assert least <= share
    assert share == 1 or after.size > 0.75 * SIZE or wrong == "large APNG"
    assert frames[0] == frames[1]
    alike(content, after.content)


def test_very_large_pictures_shrink() -> None:
    """Noise that no quality makes fit loses pixels, and most of the room is used."""
    noise = noisy(Image.new("RGB", (2_400, 1_600)), 255)
    after = ImageFile.read(saved(noise, "JPEG", quality=90), check=False).resized_to_fit()

    assert 0.8 * SIZE < after.size <= SIZE
    assert after.pixels is not None
    assert abs(after.pixels[0] / after.pixels[1] - 1.5) < 0.01


def grain(size: int) -> bytes:
    """Bytes that nothing packs, the same each time."""
    return random.Random(1).randbytes(size)  # noqa: S311


@pytest.mark.parametrize(("type", "mode", "side"), [("BMP", "RGB", 600), ("PNG", "RGB", 1_100)])
def test_noise_is_encoded_too(
    capfd: pytest.CaptureFixture[str], type: str, mode: str, side: int
) -> None:
    """A JPEG of noise takes over a byte a pixel, more than its best coding has room for."""
    noise = Image.frombytes(mode, (side, side), grain(3 * side * side))
    image = ImageFile.read(saved(noise, type), check=False).fixed()

    assert ("JPEG", (side, side)) == (image.type, image.pixels)
    assert "" == capfd.readouterr().err


def test_metadata_goes_before_pixels_do() -> None:
    """Where a picture fits without what is around it, that is cut away and no pixel changes."""
    content, name = bad("over 3 MB by what follows")
    after = ImageFile.read(content, name=name, check=False).resized_to_fit()

    assert saved(scene(), "JPEG") == after.content


def test_animations_go_on_as_long() -> None:
    """A smaller animation shows each of its frames for as long as before, and repeats as often."""
    frames = moving(400, 300, 40)
    content = animated(frames, duration=[50 + 10 * n for n in range(40)], loop=3)
    after = ImageFile.read(content, check=False).resized_to_fit()
    with Image.open(io.BytesIO(after.content)) as image:
        loops, durations = image.info["loop"], []
        for n in range(image.n_frames):
            image.seek(n)
            durations.append(image.info["duration"])

    assert (3, [50 + 10 * n for n in range(40)]) == (loops, durations)


@pytest.mark.parametrize(
    ("times", "left", "type"),
    [
        pytest.param(3, 10, "GIF", id="few"),
        pytest.param(10, 16, "GIF", id="many"),
        pytest.param(17, 1, "PNG", id="very many"),
    ],
)
def test_animations_of_many_pixels_lose_frames(times: int, left: int, type: str) -> None:
    """Where there is no time to draw each frame some go, or all but the first, and it is said."""
    grain = noisy(scene(2_000, 1_500), 255).quantize(256, Image.Quantize.FASTOCTREE)
    marked = [grain.copy() for _ in range(3)]
    for n, frame in enumerate(marked):
        frame.paste(n, (9, 9, 99, 99))
    content = animated([grain, *marked], duration=40, loop=0)
    start = [part.start for part in parts(content, "GIF")]
    content = content[: start[4]] + content[start[4] : start[10]] * times + b";"
    after = ImageFile.read(content, check=False).resized_to_fit()
    with Image.open(io.BytesIO(after.content)) as image:
        frames = getattr(image, "n_frames", 1)
        time = [image.seek(n) or image.info.get("duration", 0) for n in range(frames)]

    assert (type, left) == (after.type, frames)
    assert type == "PNG" or sum(time) == 40 * (3 * times + 1)
    assert any("frame" in each for each in after.mends)


@pytest.mark.parametrize(
    ("wrong", "type", "words"),
    [
        ("WEBP", "JPEG", "WEBP became JPEG of quality 92"),
        ("WEBP, clear in parts", "PNG", "WEBP became PNG"),
        ("moving WEBP", "JPEG", "the first of its frames"),
        ("AVIF", "JPEG", "AVIF became JPEG"),
        ("BMP", "PNG", "BMP became PNG"),
        ("TIFF of one bit", "PNG", "TIFF became PNG"),
        ("CMYK", "JPEG", "8 bits of sRGB"),
        ("16 bits of colour", "PNG", "8 bits of sRGB"),
        ("too many frames", "PNG", "1 of its 600 frames"),
    ],
)
def test_converted(wrong: str, type: str, words: str) -> None:
    """Photos become JPEG; drawings, and what is clear in parts, PNG; and it is said."""
    content, name = bad(wrong)
    after = ImageFile.read(content, name=name, check=False).converted()

    assert type == after.type
    assert f"a.{'jpg' if type == 'JPEG' else 'png'}" == after.name
    assert any(words in each for each in after.mends)
    assert after is after.converted()


@pytest.mark.parametrize("type", ["WEBP", "TIFF", "PNG"])
def test_converted_colours_are_those_of_the_profile(type: str) -> None:
    """What is converted shows the colours that its profile meant, and needs none any more."""
    image = scene() if type != "PNG" else DEEP
    content = saved(image, type, **({"icc_profile": GREY} if type == "PNG" else WIDE))
    after = ImageFile.read(content, check=False).converted()
    with Image.open(io.BytesIO(after.content)) as found:
        profile = found.info.get("icc_profile")

    assert None is profile
    alike(content, after.content, 4)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (saved(scene(), "JPEG")[:-200], "cut short"),
        (b"\0\0\0\x18ftypheic" + bytes(99), "HEIC.*phone"),
        (b"%PDF-1.7\n", "PDF.*screenshot"),
        (b"<svg xmlns='x'/>", "SVG.*browser"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "WEBP"),
        (b"\0\1\2\3" * 9, "unknown"),
    ],
)
@pytest.mark.parametrize("mend", [mend for mend in MENDS if mend != "renamed"])
def test_what_can_not_be_mended_is_refused_in_words(content: bytes, words: str, mend: str) -> None:
    """Where there is no mend the refusal says what is wrong, and what to do instead."""
    image = ImageFile.read(content, name="a.png", check=False)
    with pytest.raises(ImageRefused, match=words) as caught:
        getattr(image, mend)()

    assert image is caught.value.image
    assert re.search("save|copy|export|open", str(caught.value))
    assert None is caught.value.__cause__ is caught.value.__context__


def test_a_refused_picture_is_at_hand_to_be_fixed() -> None:
    """The error for a picture that can be mended has it, and mended it is not refused."""
    content, name = bad("large photo as PNG")
    with pytest.raises(ImageRefused) as caught:
        ImageFile.read(content, name=name)
    after = caught.value.image.fixed()

    assert after == ImageFile.read(after.content, name=after.name)


def test_all_is_done_in_one_encoding() -> None:
    """A photo that is turned, private and misnamed loses no more by `fixed` than by `upright`."""
    content, _ = bad("from a phone")
    image = ImageFile.read(content, name="a\u202eb.png")

    assert 0 == apart(seen(image.fixed().content), seen(image.upright().content))
    assert b"Exif" not in image.fixed().content
    assert [
        "left out what is not the picture: 9,9 bytes",
        "turned upright",
        "encoded anew as JPEG of the same quality",
        "renamed from 'a\\u202eb.png' to 'ab.jpg'",
    ] == [
        re.sub(r"[\d,]+", "9,9", each) if "left" in each else each for each in image.fixed().mends
    ]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("parcel.JPG", "parcel.JPG"),
        ("parcel", "parcel.jpg"),
        ("parcel.png", "parcel.jpg"),
        ("scan.2024.05", "scan.2024.05.jpg"),
        ("../../etc/parcel.jpg", "parcel.jpg"),
        ("C:\\pictures\\parcel.jpg", "parcel.jpg"),
        ("folder/", "picture.jpg"),
        ("...", "picture.jpg"),
        (".jpg", "picture.jpg"),
        ("", "picture.jpg"),
        ("a\u202egpj.exe", "agpj.exe.jpg"),
        ("cafe\u0301.jpg", "caf\u00e9.jpg"),
        ("con.jpg", "con-.jpg"),
        ("LPT1", "LPT1-.jpg"),
        ("a\tb\n c .jpg", "a b c.jpg"),
        ('what? "this": <that>|*.jpg', "what- -this- -that-.jpg"),
        ("x" * 500 + ".jpg", "x" * 100 + ".jpg"),
        ("\u20ac" * 100 + ".jpeg", "\u20ac" * 66 + ".jpeg"),
    ],
)
def test_renamed(name: str, plain: str) -> None:
    """A name is plain afterwards, on every system, and its ending is that of the bytes."""
    image = ImageFile.read(saved(scene(), "JPEG"), name="x.jpg")
    after = dataclasses.replace(image, name=name).renamed()

    assert plain == after.name
    assert image.content == after.content
    assert () == after.findings
    assert after is after.renamed()


def test_renamed_as_wished() -> None:
    """A name can be given, and is made plain; and said is what it was and is."""
    image = ImageFile.read(saved(scene(), "GIF"), name="a.gif")
    after = image.renamed("my parcel")

    assert ("my parcel.gif", ("renamed from 'a.gif' to 'my parcel.gif'",)) == (
        after.name,
        after.mends,
    )
    empty = ImageFile.read(b"", check=False)

    assert "broken.png" == empty.renamed("so/broken.png").name


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(max_size=300))
def test_any_name_can_be_made_plain(name: str) -> None:
    """Whatever a name is, the plain one is no path, hides nothing, and stays as it is."""
    plain = plain_name(name, "PNG")

    assert plain == plain_name(plain, "PNG")
    assert plain.isprintable()
    assert not set(plain) & set('/\\:*?"<>|')
    assert plain.lower().endswith(".png")
    assert 0 < len(plain) <= 120
    assert len(plain.encode()) < 255
    assert () == ImageFile.read(small("PNG"), name=plain).without_metadata().upright().findings


@settings(max_examples=120, deadline=None, derandomize=True)
@given(
    st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "TIFF", "AVIF", "BMP"]),
    st.sampled_from(MENDS),
    st.integers(0, 10_000),
    st.binary(min_size=1, max_size=4),
)
def test_damaged_pictures_raise_only_our_errors(
    type: str, mend: str, at: int, patch: bytes
) -> None:
    """Whatever is damaged, a mend gives a picture or a refusal in words, with nothing foreign."""
    content = bytearray(small(type))
    at %= len(content)
    content[at : at + len(patch)] = patch
    image = ImageFile.read(bytes(content), check=False)
    error = None
    try:
        after = getattr(image, mend)()
    except ImageRefused as refusal:
        error = refusal
    if error is None:
        assert after is image or after.made_from is image
    else:
        assert error.findings
        assert error.image is not None
        assert None is error.__cause__ is error.__context__
