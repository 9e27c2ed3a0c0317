"""Parts: where each piece of a JPEG, PNG or GIF is, whatever state the file is in."""

import random
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from lpnb.images.parts import Corrupt, Part, Truncated, body, parts
from tests.pieces import chunk, saved, segment


def names(content: bytes, kind: str) -> list[str]:
    return [part.name for part in parts(content, kind)]


NOISE = Image.frombytes("RGB", (64, 48), random.Random(1).randbytes(64 * 48 * 3))  # noqa: S311
FRAMES = [NOISE.rotate(turn).quantize(16) for turn in (0, 9, 18)]
INFO = PngImagePlugin.PngInfo()
INFO.add_text("Author", "A. Person", zip=True)
FILES = {
    "JPEG": ("JPEG", saved(NOISE, "JPEG", comment=b"hello")),
    "progressive": ("JPEG", saved(NOISE, "JPEG", progressive=True)),
    "restarts": ("JPEG", saved(NOISE, "JPEG", restart_marker_blocks=1)),
    "PNG": ("PNG", saved(NOISE, "PNG", pnginfo=INFO)),
    "APNG": ("PNG", saved(FRAMES[0], "PNG", save_all=True, append_images=FRAMES[1:])),
    "GIF": ("GIF", saved(FRAMES[0], "GIF", comment=b"hello " * 99)),
    "animated": (
        "GIF",
        saved(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:], loop=0),
    ),
}


def walked(content: bytes, kind: str) -> tuple[list[Part], str]:
    """All parts there are, in order and without a gap, and how the walk ended."""
    found: list[Part] = []
    ended = "whole"
    try:
        for part in parts(content, kind):
            found.append(part)  # noqa: PERF402 - those before an error count
    except (Truncated, Corrupt) as problem:
        ended = type(problem).__name__.lower()
    assert [0, *(part.end for part in found)][: len(found)] == [part.start for part in found]
    assert all(part.start < part.end <= len(content) for part in found)
    return found, ended


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("JPEG", "SOI APP0 COM DQT DQT SOF0 DHT DHT DHT DHT SOS EOI"),
        ("restarts", "SOI APP0 DQT DQT SOF0 DHT DHT DHT DHT DRI SOS EOI"),
        ("PNG", "signature IHDR zTXt IDAT IEND"),
        ("APNG", "signature IHDR acTL fcTL IDAT fcTL fdAT fcTL fdAT IEND"),
        ("GIF", "header comment image trailer"),
        ("animated", "header NETSCAPE2.0 image" + " control image" * 2 + " trailer"),
    ],
)
def test_parts_have_the_names_of_the_format(file: str, expected: str) -> None:
    """Each part is called what its format calls it, and the last one is the picture's end."""
    kind, content = FILES[file]

    assert expected.split() == names(content, kind)


@pytest.mark.parametrize("file", FILES)
def test_the_picture_ends_where_it_ends(file: str) -> None:
    """What follows a picture, even a second one, is no part of it."""
    kind, content = FILES[file]

    for tail in (b"", b"\0" * 9, b"tail;\xff\xd9", content):
        found, ended = walked(content + tail, kind)
        assert ("whole", len(content)) == (ended, found[-1].end)


@pytest.mark.parametrize("file", FILES)
def test_a_file_cut_anywhere_is_no_whole_one(file: str) -> None:
    """Wherever a file is cut, its walk ends in a word for it, and in the right one."""
    kind, content = FILES[file]
    ends = [walked(content[:at], kind)[1] for at in range(len(content))]

    assert "whole" not in ends
    assert ends.count("truncated") == len(ends)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(list(FILES)), st.integers(0, 10_000), st.binary(max_size=6))
@example("GIF", 0, b"")
def test_damaged_files_are_walked_to_some_end(file: str, at: int, patch: bytes) -> None:
    """Whatever bytes are changed, parts stay in order and inside the file."""
    kind, content = FILES[file]
    at %= len(content)

    walked(content[:at] + patch + content[at + len(patch) :], kind)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(["JPEG", "PNG", "GIF"]), st.binary(max_size=300))
def test_any_bytes_are_walked_to_some_end(kind: str, content: bytes) -> None:
    """The walk needs no picture: any bytes give parts, an end, or one of the two words."""
    walked(content, kind)


def test_what_only_looks_like_the_end_of_a_jpeg() -> None:
    """A thumbnail in a segment, zeros after 255 and restarts in a scan end no picture."""
    _, thumbnail = FILES["JPEG"]
    _, content = FILES["restarts"]
    whole = content[:2] + segment(0xE1, b"Exif\0\0" + thumbnail) + content[2:]

    assert ["SOI", "APP1", "APP0"] == names(whole, "JPEG")[:3]
    assert ("whole", len(whole)) == (walked(whole, "JPEG")[1], walked(whole, "JPEG")[0][-1].end)
    assert "truncated" == walked(whole[:-2], "JPEG")[1]
    assert b"\xff\xd0" in content


def test_fill_bytes_and_junk_are_told_apart_from_parts() -> None:
    """Bytes before a marker that decoders skip are no part of the segment that follows."""
    _, content = FILES["JPEG"]
    odd = content[:2] + b"\xff\xff\xff" + content[2:20] + b"ab\xff\0" + content[20:]

    assert [("junk", 2, 5), ("APP0", 5, 23), ("junk", 23, 27)] == list(parts(odd, "JPEG"))[1:4]
    assert "whole" == walked(odd, "JPEG")[1]


def test_segments_between_scans_are_parts() -> None:
    """A progressive JPEG may carry metadata between its scans; the walk goes on after it."""
    _, content = FILES["progressive"]
    second = [part.start for part in parts(content, "JPEG") if part.name == "SOS"][1]
    odd = content[:second] + segment(0xED, b"between") + content[second:]

    assert names(content, "JPEG") == [name for name in names(odd, "JPEG") if name != "APP13"]
    assert "APP13" in names(odd, "JPEG")


@pytest.mark.parametrize(
    ("kind", "content", "ended"),
    [
        pytest.param("JPEG", b"\xff\xd8\xff\xe0\0\1ab\xff\xd9", "corrupt", id="length under 2"),
        pytest.param("JPEG", b"\xff\xd8\xff\xe0\xff\xffab\xff\xd9\0\0", "corrupt", id="too long"),
        pytest.param("PNG", FILES["PNG"][1][:8] + b"\0\0\0\1I AT" * 9, "corrupt", id="no name"),
        pytest.param(
            "PNG",
            FILES["PNG"][1].replace(b"\0\0\0\x0dIHDR", b"\x7f\0\0\0IHDR"),
            "corrupt",
            id="length past a whole end",
        ),
        pytest.param("PNG", b"", "truncated", id="nothing"),
        pytest.param("GIF", b"GIF89a", "truncated", id="a few bytes"),
    ],
)
def test_corrupt_is_not_truncated(kind: str, content: bytes, ended: str) -> None:
    """Bytes that can't be right are told apart from bytes that are missing."""
    assert ended == walked(content, kind)[1]


@pytest.mark.parametrize(
    ("file", "part", "expected"),
    [("JPEG", "COM", b"hello"), ("GIF", "comment", b"hello " * 99), ("PNG", "IEND", b"")],
)
def test_the_body_is_what_a_part_holds(file: str, part: str, expected: bytes) -> None:
    """Markers, lengths, sub-blocks and checksums are taken off a part."""
    kind, content = FILES[file]
    found = next(each for each in parts(content, kind) if each.name == part)

    assert expected == body(content, found, kind)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        pytest.param("JPEG", b"\xff\xd8" + b"\xff\xfe\0\2" * 750_000, id="comments"),
        pytest.param("JPEG", b"\xff\xd8" + b"\xff" * 3_000_000, id="fill bytes"),
        pytest.param("JPEG", b"\xff\xd8" + b"\xff\xda\0\2" + b"\xff\0" * 1_500_000, id="a scan"),
        pytest.param("PNG", FILES["PNG"][1][:8] + chunk(b"tEXt", b"") * 250_000, id="chunks"),
        pytest.param("GIF", FILES["GIF"][1][:13] + b"!\xfe\0" * 1_000_000, id="extensions"),
        pytest.param("GIF", FILES["GIF"][1][:13] + b"!\xfe" + b"\1a" * 1_500_000, id="blocks"),
        pytest.param("GIF", b"GIF89a" + bytes(3_000_000), id="zeros"),
    ],
)
def test_three_megabytes_of_parts_take_no_time(kind: str, content: bytes) -> None:
    """The walk is linear: the worst 3 MB there are cost under two seconds, held in nothing."""
    start = time.process_time()
    with pytest.raises((Truncated, Corrupt)):
        for _ in parts(content, kind):
            pass

    assert time.process_time() - start < 2
