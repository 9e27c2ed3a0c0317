"""Pictures: what may be shared, what is refused and how, and the preview that always fits."""

import dataclasses
import hashlib
import io
import pickle
import random
import struct
import subprocess
import sys
import zlib
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from lpnb import render, samples
from lpnb.errors import ImageRefused
from lpnb.images import ImageFile, thumbnail

PREVIEW_LIMIT = 30_000  # restated here, so that a wrong constant can't agree with itself


def saved(image: Image.Image, type: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, type, **options)
    return out.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int) -> bytes:
    """A PNG that claims a size, and holds next to nothing."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + body


def codes(image: ImageFile) -> list[tuple[str, str]]:
    return [(finding.code, finding.severity) for finding in image.findings]


def refused(content: Any, **options: Any) -> ImageRefused:
    with pytest.raises(ImageRefused) as caught:
        ImageFile.read(content, **options)
    return caught.value


def sound_or_refused(content: bytes) -> None:
    """Fail unless *content* is read and previewed, or is refused without a foreign error."""
    error = None
    try:
        image = ImageFile.read(content)
    except ImageRefused as refusal:
        error = refusal
    if error is None:
        assert len(image.preview().data_uri) < PREVIEW_LIMIT
    else:
        assert error.findings
        assert None is error.__cause__ is error.__context__


GRADIENT = Image.radial_gradient("L")
SMALL = {
    "JPEG": saved(GRADIENT, "JPEG"),
    "PNG": saved(GRADIENT, "PNG"),
    "GIF": saved(GRADIENT, "GIF"),
}


@pytest.mark.parametrize(
    ("size", "found"),
    [
        pytest.param(2_999_999, [], id="under 3 MB"),
        pytest.param(3_000_000, [], id="exactly 3 MB"),
        pytest.param(3_000_001, [("near-limit", "warning")], id="over 3 MB"),
        pytest.param(3_145_728, [("near-limit", "warning")], id="exactly 3 MiB"),
        pytest.param(3_145_729, [("too-large", "refused")], id="over 3 MiB"),
    ],
)
def test_size(size: int, found: list[tuple[str, str]]) -> None:
    """Up to 3,000,000 bytes always pass, over 3,145,728 never, and between there is a warning."""
    image = samples.photo(size, check=False)

    assert size == image.size
    assert found == codes(image)


def test_too_large_says_by_how_much() -> None:
    """The message of a refusal has the name, the actual size and the limit."""
    error = refused(samples.bad.too_large().content, name="holiday.jpg")

    assert "'holiday.jpg' has 3,145,729 bytes and may have 3,145,728" in str(error)
    assert ("too-large", "refused") == (error.findings[0].code, error.findings[0].severity)


@pytest.mark.parametrize("type", SMALL)
def test_type_is_read_from_the_bytes(type: str) -> None:
    """The three documented types are known by their bytes, and nameless bytes get a name."""
    image = ImageFile.read(SMALL[type])
    ending = {"JPEG": "jpg"}.get(type, type.lower())

    assert (type, f"image/{type.lower()}") == (image.type, image.mime)
    assert (f"picture.{ending}", (256, 256), ()) == (image.name, image.pixels, image.findings)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "WEBP"),
        (b"%PDF-1.7\n", "PDF"),
        (b"<?xml version='1.0'?>\n<svg xmlns='x'/>", "SVG"),
        (saved(GRADIENT, "BMP"), "BMP"),
        (saved(GRADIENT, "TIFF"), "TIFF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        (b"<!DOCTYPE html><title>Sorry</title>", "HTML"),
        (b"Dear customer,\n", "text"),
        (b"\0\1\2\3" * 9, "unknown type"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_types_are_refused_by_name(content: bytes, word: str) -> None:
    """What is no JPEG, PNG or GIF is refused whatever its name says, and is called what it is."""
    error = refused(content, name="picture.png")

    assert word in str(error)
    assert None is error.__cause__ is error.__context__


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.999])
@pytest.mark.parametrize("type", SMALL)
def test_truncated_files_are_refused(type: str, share: float) -> None:
    """A file that lacks its end is refused as truncated, however little is missing."""
    whole = SMALL[type]
    error = refused(whole[: int(len(whole) * share)])

    assert "truncated" == error.findings[0].code
    assert None is error.__cause__ is error.__context__


def test_one_wrong_bit_in_a_png_is_found() -> None:
    """A PNG whose checksum does not fit is refused, though Pillow would draw it."""
    damaged = bytearray(SMALL["PNG"])
    damaged[len(damaged) // 2] ^= 1

    assert "corrupt" == refused(bytes(damaged)).findings[0].code


@pytest.mark.parametrize(
    ("width", "code"),
    [
        pytest.param(20_000, "corrupt", id="160 MB"),
        pytest.param(20_001, "decompression-bomb", id="more"),
    ],
)
def test_decoding_may_cost_so_much(width: int, code: str) -> None:
    """Four bytes a pixel of a claimed PNG may come to 160 MB; more is refused before decoding."""
    assert code == refused(png(width, 2_000)).findings[0].code


def test_a_hundred_megapixels_pass() -> None:
    """A plain JPEG of 100 MP is decoded at a fraction, without a word about bombs."""
    image = ImageFile.read(saved(Image.new("L", (10_000, 10_000), 128), "JPEG", quality=1))

    assert (10_000, 10_000) == image.pixels
    assert len(image.preview().data_uri) < PREVIEW_LIMIT


def test_a_jpeg_of_very_many_scans_is_refused() -> None:
    """Each scan of a progressive JPEG costs a pass, so a file with hundreds of them is refused."""
    content = saved(Image.new("RGB", (2_000, 2_000), "red"), "JPEG", progressive=True)
    last = content.rfind(b"\xff\xda")
    many = content[:-2] + content[last:-2] * 200 + content[-2:]

    assert "too-many-scans" == refused(many).findings[0].code


def with_exif(tags: dict[int, Any]) -> bytes:
    exif = Image.Exif()
    exif.update(tags)
    return saved(GRADIENT, "JPEG", exif=exif)


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (SMALL["JPEG"], "picture.png", "extension"),
        (SMALL["JPEG"], "a/b\u202e.jpg", "unsafe-name"),
        (with_exif({0x0112: 6}), "turned.jpg", "rotated"),
        (with_exif({0x8825: {2: (52.0, 31.0, 0.0)}}), "place.jpg", "location"),
        (with_exif({0x013B: "A. Person"}), "signed.jpg", "personal"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_warnings(content: bytes, name: str, code: str) -> None:
    """What may surprise someone later is a warning, and does not refuse the picture."""
    assert [(code, "warning")] == codes(ImageFile.read(content, name=name))


def test_animations_are_a_warning() -> None:
    """An animated GIF is accepted, and its preview is the first frame."""
    image = samples.animation()

    assert [("animated", "warning")] == codes(image)
    assert (320, 240) == image.pixels


@pytest.mark.parametrize(
    ("content", "name", "type"),
    [
        (b"%PDF-1.7", "bill.pdf", "PDF"),
        (b"%PDF-1.7", None, "PDF"),
        (b"no picture", "note.jpg", "JPEG"),
        (b"\0\1\2\3", "data", "PNG"),
        (SMALL["GIF"][:-9], "half.png", "GIF"),
        (b"", None, "PNG"),
    ],
)
def test_unchecked_pictures_keep_their_findings(content: bytes, name: str, type: str) -> None:
    """With ``check=False`` anything is let through, typed by bytes or name, and still judged."""
    image = ImageFile.read(content, name=name, check=False)

    assert (type, content) == (image.type, image.content)
    assert "refused" == image.findings[0].severity == image.card().verdict
    with pytest.raises(ImageRefused):
        image.preview()


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["", *SMALL]))
@example(b"", "GIF")
def test_arbitrary_bytes_raise_only_our_errors(tail: bytes, type: str) -> None:
    """Whatever the bytes, reading gives a picture or a refusal with nothing foreign in it."""
    beginning = SMALL[type][:40] if type else b""
    sound_or_refused(beginning + tail)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(list(SMALL)), st.integers(0, 10_000), st.binary(min_size=1, max_size=4))
def test_damaged_pictures_raise_only_our_errors(type: str, at: int, patch: bytes) -> None:
    """A picture with a few bytes changed is accepted and previewed, or refused, and no more."""
    content = bytearray(SMALL[type])
    at %= len(content)
    content[at : at + len(patch)] = patch
    sound_or_refused(bytes(content))


def modes() -> dict[str, bytes]:
    wide = GRADIENT.convert("I").point(lambda value: value * 256)
    clear = GRADIENT.convert("P")
    noise = Image.frombytes("RGB", (900, 700), random.Random(1).randbytes(900 * 700 * 3))  # noqa: S311
    return {
        "1x1": saved(Image.new("RGB", (1, 1))),
        "1 bit": saved(GRADIENT.convert("1")),
        "16 bit": saved(wide.convert("I;16")),
        "LA": saved(GRADIENT.convert("LA")),
        "RGBA": saved(GRADIENT.convert("RGBA")),
        "palette, clear": saved(clear, transparency=3),
        "palette, clear in shares": saved(clear, transparency=bytes(range(256))),
        "CMYK": saved(GRADIENT.convert("CMYK"), "JPEG"),
        "12:1": saved(noise.resize((3_600, 300)), "JPEG"),
        "1:900": saved(noise.resize((3, 2_700)), "JPEG"),
        "noise": saved(noise, "JPEG", quality=95),
        "noise, PNG": saved(noise),
        "15 MP": saved(GRADIENT.resize((5_000, 3_000)), compress_level=1),
        "bad profile": saved(GRADIENT, icc_profile=b"no profile"),
        "progressive": saved(noise, "JPEG", progressive=True),
    }


MODES = modes()


@pytest.mark.parametrize(("name", "content"), MODES.items(), ids=MODES)
def test_every_picture_has_a_preview_that_fits(name: str, content: bytes) -> None:
    """Whatever the mode and the shape, the preview fits, is what it says, and carries no extras."""
    image = ImageFile.read(content)
    preview = image.preview()
    drawn = Image.open(io.BytesIO(preview.content))
    drawn.load()

    assert len(preview.data_uri) < PREVIEW_LIMIT
    assert preview.data_uri.startswith(f"data:{preview.mime};base64,")
    assert (preview.width, preview.height) == drawn.size
    assert Image.MIME[drawn.format or ""] == preview.mime
    assert {"exif", "comment", "icc_profile"}.isdisjoint(drawn.info)
    assert preview is image.preview()


def test_sixteen_bits_keep_their_shades() -> None:
    """A 16-bit picture becomes an 8-bit one of the same shades, not a white one."""
    preview = ImageFile.read(MODES["16 bit"]).preview()

    assert GRADIENT.tobytes() == Image.open(io.BytesIO(preview.content)).convert("L").tobytes()


@pytest.mark.parametrize("turn", range(1, 9))
def test_previews_are_upright(turn: int) -> None:
    """However the file is turned by EXIF, the preview shows the top at the top."""
    upright = Image.new("RGB", (120, 80), "white")
    ImageDraw.Draw(upright).rectangle((0, 0, 60, 20), fill="red")
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright.transpose(Image.Transpose(undo[turn])) if turn in undo else upright
    exif = Image.Exif()
    exif[0x0112] = turn
    image = ImageFile.read(saved(stored, "JPEG", exif=exif, quality=95))
    drawn = Image.open(io.BytesIO(image.preview().content)).convert("RGB")

    assert (120, 80) == image.pixels == drawn.size
    assert [True, False, False, False] == [
        drawn.getpixel(at)[1] < 80 for at in ((5, 5), (115, 5), (5, 75), (115, 75))
    ]


def test_clear_parts_become_white() -> None:
    """Colours hidden under full transparency don't show in the preview."""
    preview = ImageFile.read(saved(Image.new("RGBA", (50, 50), (255, 0, 0, 0)))).preview()

    drawn = Image.open(io.BytesIO(preview.content)).convert("RGB")
    assert (255, 255, 255) == drawn.getpixel((25, 25))


def test_previews_drop_comments() -> None:
    """A comment in a small JPEG, which Pillow would carry along, is not in its preview."""
    image = ImageFile.read(saved(GRADIENT, "JPEG", comment=b"my secret place"))

    assert b"secret" in image.content
    assert b"secret" not in image.preview().content


@pytest.mark.parametrize("name", MODES)
def test_thumbnails_are_small(name: str) -> None:
    """A thumbnail for a card has at most 8 KB, and the size that was asked for."""
    drawn = thumbnail(MODES[name])

    assert drawn is not None
    assert len(drawn[0]) <= 8 * 1024
    assert max(drawn[1:]) <= 160


def test_no_thumbnail_of_what_is_no_picture() -> None:
    """Bytes that are no picture, or a broken one, have no thumbnail, and nothing is raised."""
    assert [None, None, None] == [thumbnail(c) for c in (b"", b"<svg/>", SMALL["GIF"][:50])]


def test_digests_are_those_of_the_bytes() -> None:
    """SHA-256 and MD5 are of the content, in hex."""
    image = ImageFile.read(SMALL["PNG"])

    assert hashlib.sha256(SMALL["PNG"]).hexdigest() == image.sha256 == image.sha256
    assert hashlib.md5(SMALL["PNG"]).hexdigest() == image.md5  # noqa: S324 - as storage does


def test_bytes_stay_out_of_sight() -> None:
    """Neither repr nor card of a picture or its preview shows the bytes."""
    image = ImageFile.read(SMALL["JPEG"], name="x.jpg")

    assert "ImageFile(name='x.jpg', type='JPEG', pixels=(256, 256), findings=())" == repr(image)
    assert "x00" not in repr(image.preview())
    assert "SHA-256" in render.as_text(image.card())
    assert "data URI" in render.as_text(image.preview().card())


def test_pictures_travel_to_other_processes() -> None:
    """A picture can be pickled, for workers that make previews."""
    image = ImageFile.read(SMALL["JPEG"])

    assert image == pickle.loads(pickle.dumps(image))  # noqa: S301 - our own


def test_previews_travel_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """A preview that was made once is not made again in the process that the picture goes to."""
    image = ImageFile.read(SMALL["JPEG"])
    made = image.preview()
    arrived = pickle.loads(pickle.dumps(image))  # noqa: S301 - our own
    monkeypatch.setattr("lpnb.images.file.make_preview", None)

    assert made == arrived.preview()


def test_a_mended_picture_travels_without_the_one_before() -> None:
    """What a picture was made from changes neither its repr nor its worth, nor is it pickled."""
    before = ImageFile.read(SMALL["JPEG"])
    after = dataclasses.replace(before, made_from=before, mends=("nothing was done",))
    arrived = pickle.loads(pickle.dumps(after))  # noqa: S301 - our own

    assert (before, repr(before)) == (after, repr(after))
    assert (after, None, after.mends) == (arrived, arrived.made_from, arrived.mends)
    assert len(pickle.dumps(after)) < len(before.content) + 500


def test_pillow_is_loaded_when_it_is_needed() -> None:
    """Importing the room does not load Pillow; Lab users who share no picture don't wait for it."""
    code = "import sys, lpnb.images; print('PIL' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert "False" == run.stdout.strip(), run.stderr
