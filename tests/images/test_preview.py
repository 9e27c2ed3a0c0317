"""Previews: whatever the picture, small enough, upright, in the right colours, and bare."""

import io
import random
import struct
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms, ImageStat, PngImagePlugin

from lpnb import samples
from lpnb.errors import ImageRefused, InputError
from lpnb.images import ImageFile
from lpnb.images.fitting import largest
from lpnb.images.preview import Preview, make_preview

PREVIEW_LIMIT = 30_000  # restated here, so that a wrong constant can't agree with itself
CORNERS = ("#e02020", "#20a020", "#2020e0", "#f0f0f0")  # left and right at the top, then below
UNDO = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # EXIF's turns, as Pillow's transpositions back
MODES = ("RGB", "L", "1", "P", "RGBA", "LA", "I;16", "CMYK")


def saved(image: Image.Image, type: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, type, **options)
    return out.getvalue()


def quartered(width: int, height: int, grain: int = 0) -> Image.Image:
    """A picture with a colour in each quarter, grainy if so wanted."""
    image = Image.new("RGB", (width, height))
    for i, colour in enumerate(CORNERS):
        left, top = width // 2 * (i % 2), height // 2 * (i // 2)
        image.paste(colour, (left, top, width if i % 2 else width // 2, height))
    if grain:
        chance = random.Random(width)  # noqa: S311 - grain, no secret
        noise = Image.frombytes("L", (width, height), chance.randbytes(width * height))
        noise = noise.point(lambda value: value * grain // 255)
        image = ImageChops.add(image, noise.convert("RGB"), offset=-grain // 2)
    return image


def stored(image: Image.Image, type: str, turn: int, **options: Any) -> bytes:
    """Save *image* so that EXIF's *turn* makes it upright."""
    exif = Image.Exif()
    exif[0x0112] = turn
    image = image.transpose(Image.Transpose(UNDO[turn])) if turn in UNDO else image
    return saved(image, type, exif=exif, **options)


def drawn(preview: Preview) -> Image.Image:
    """Decode a preview, after a look at all that must hold of each."""
    image = Image.open(io.BytesIO(preview.content))
    image.load()

    assert len(preview.data_uri) < PREVIEW_LIMIT
    assert preview.data_uri.startswith(f"data:{image.get_format_mimetype()};base64,")
    assert (preview.width, preview.height) == image.size
    assert {"exif", "comment", "icc_profile", "xmp"}.isdisjoint(image.info)
    return image.convert("RGB")


def far(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    width=st.integers(1, 1_200),
    height=st.integers(1, 1_200),
    mode=st.sampled_from(MODES),
    turn=st.integers(1, 8),
    grain=st.sampled_from([0, 40, 400]),
)
@example(width=1, height=1, mode="RGB", turn=6, grain=0)
@example(width=2_400, height=200, mode="RGB", turn=1, grain=400)
@example(width=20_000, height=1, mode="L", turn=1, grain=400)
@example(width=1, height=20_000, mode="RGB", turn=8, grain=400)
@example(width=70_000, height=1, mode="P", turn=1, grain=400)
@example(width=212, height=283, mode="P", turn=1, grain=40)
def test_any_picture_has_an_upright_preview_that_fits(
    width: int, height: int, mode: str, turn: int, grain: int
) -> None:
    """Whatever its size, mode, turn and grain, each quarter's colour is where it belongs."""
    whole = quartered(width, height, grain)
    plain = whole.convert("L").convert("I").point(lambda value: value * 256)
    image = plain.convert("I;16") if mode == "I;16" else whole.convert(mode)
    content = stored(image, "JPEG" if mode == "CMYK" else "PNG", turn)
    shown = drawn(ImageFile.read(content).preview())

    if min(width, height) >= 64:
        like = {"I;16": "L", "LA": "L", "P": "RGB"}.get(mode, mode)
        wanted = whole.convert(like).convert("RGB").resize((2, 2), Image.Resampling.BOX)
        found = shown.resize((2, 2), Image.Resampling.BOX)
        away = [
            far(wanted.getpixel(at), found.getpixel(at)) for at in ((0, 0), (1, 0), (0, 1), (1, 1))
        ]
        assert max(away) <= (40 if mode == "P" else 12), away


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_box_is_cut_from_the_picture_as_it_is_seen(turn: int) -> None:
    """However the file is stored, a box in pixels of the upright picture shows that part alone."""
    image = ImageFile.read(stored(quartered(1_200, 800, 9), "JPEG", turn, quality=90))
    shown = drawn(image.preview(box=(600, 0, 1_200, 400)))

    assert (600, 400) == shown.size
    assert far((0x20, 0xA0, 0x20), shown.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))) < 12


def test_a_small_box_of_a_large_picture_is_sharp() -> None:
    """A part is decoded as large as it is, where the whole would have been decoded smaller."""
    image = ImageFile.read(saved(quartered(4_000, 3_000), "JPEG"))

    assert (400, 300) == drawn(image.preview(box=(100, 100, 500, 400))).size
    assert drawn(image.preview()).width < 4_000


@pytest.mark.parametrize(
    "box",
    [(0, 0, 0, 9), (5, 5, 4, 9), (-1, 0, 9, 9), (0, 0, 257, 9), (0, 0, float("nan"), 9), "abc", 7],
)
def test_a_box_must_lie_in_the_picture(box: Any) -> None:
    """A box that is empty or sticks out is refused, and the message has the picture's size."""
    image = ImageFile.read(saved(Image.radial_gradient("L")))
    with pytest.raises(InputError, match="256 x 256") as caught:
        image.preview(box=box)

    assert None is caught.value.__cause__ is caught.value.__context__


@pytest.mark.parametrize(
    ("backdrop", "seen"), [("white", (255, 255, 255)), ("#204060", (32, 64, 96))]
)
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "large"])
def test_the_backdrop_is_seen_through_transparency(
    backdrop: str, seen: tuple[int, ...], mode: str
) -> None:
    """Behind what is transparent lies the backdrop, whatever colour hides there."""
    size = (2_000, 1_500) if mode == "large" else (60, 40)
    clear = Image.new("RGBA", size, (255, 0, 0, 0))
    if mode == "P":
        content = saved(Image.new("P", size), transparency=0)
    else:
        content = saved(clear.convert("RGBA" if mode == "large" else mode))
    shown = drawn(ImageFile.read(content).preview(backdrop=backdrop))

    assert far(seen, shown.getpixel((shown.width // 2, shown.height // 2))) <= 2


@pytest.mark.parametrize("backdrop", ["reddish", 7])
def test_an_unknown_colour_is_refused(backdrop: Any) -> None:
    """A backdrop that is no colour is our own error."""
    with pytest.raises(InputError, match=f"{backdrop!r} is no colour") as caught:
        samples.drawing().preview(backdrop=backdrop)

    assert None is caught.value.__cause__ is caught.value.__context__


def test_previews_are_kept_for_each_wish() -> None:
    """The same wish gives the same object again, another one does not."""
    image = samples.drawing()

    assert image.preview(backdrop="red") is image.preview(backdrop="red")
    assert image.preview(backdrop="red") != image.preview()


def test_an_animation_shows_its_first_frame() -> None:
    """Of a picture that moves, the first frame is the preview."""
    frames = [Image.new("RGB", (90, 60), colour) for colour in ("#203090", "#f0f000")]
    content = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])

    assert far((0x20, 0x30, 0x90), drawn(ImageFile.read(content).preview()).getpixel((45, 30))) < 3


def profile() -> bytes:
    """A colour profile with the primaries of Display P3 and gamma 2.2, in as few tags as pass."""

    def number(value: float) -> bytes:
        return struct.pack(">i", round(value * 65_536))

    def xyz(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(map(number, values))

    curve = b"curv" + struct.pack(">IIH", 0, 1, round(2.2 * 256)) + b"\0\0"
    text = b"desc" + struct.pack(">II", 0, 5) + b"wide\0" + b"\0" * 83
    tags = {
        b"desc": text,
        b"wtpt": xyz(0.9642, 1, 0.8249),
        b"rXYZ": xyz(0.5151, 0.2412, -0.0011),
        b"gXYZ": xyz(0.2920, 0.6922, 0.0419),
        b"bXYZ": xyz(0.1571, 0.0666, 0.7841),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    at, table, data = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, body in tags.items():
        table += name + struct.pack(">II", at + len(data), len(body))
        data += body + b"\0" * (-len(body) % 4)
    head = struct.pack(">I4sI4s4s4s", at + len(data), b"", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + b"\0" * 28
    return (head + xyz(0.9642, 1, 0.8249)[8:]).ljust(128, b"\0") + table + data


@pytest.mark.parametrize(
    ("wide", "seen"), [((200, 80, 80), (218, 67, 74)), ((80, 200, 80), (0, 205, 55))]
)
@pytest.mark.parametrize("grain", [0, 60], ids=["exact", "jpeg"])
def test_colours_of_a_wide_profile_are_translated(
    wide: tuple[int, ...], seen: tuple[int, ...], grain: int
) -> None:
    """A colour of Display P3 becomes the same colour in sRGB, and the profile is left behind."""
    image = Image.new("RGB", (400, 300), wide)
    if grain:
        image.paste(quartered(400, 100, 400), (0, 0))
    shown = drawn(ImageFile.read(saved(image, icc_profile=profile())).preview())

    assert far(seen, shown.getpixel((shown.width // 2, shown.height * 2 // 3))) <= 6


SECRET = b"Harbour Street 7"


@pytest.mark.parametrize("size", [(60, 40), (300, 200), (900, 700)])
@pytest.mark.parametrize("type", ["JPEG", "PNG", "GIF"])
def test_nothing_is_told_that_is_not_seen(type: str, size: tuple[int, int]) -> None:
    """EXIF, XMP, comments and texts of the original stay out, however the preview is made."""
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", SECRET.decode())
    options: dict[str, Any] = {
        "JPEG": {"exif": exif, "comment": SECRET, "xmp": b"<x>" + SECRET},
        "PNG": {"exif": exif, "pnginfo": text},
        "GIF": {"comment": SECRET},
    }[type]
    image = ImageFile.read(saved(quartered(*size, 50), type, **options))

    assert SECRET in image.content
    assert SECRET not in image.preview().content


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"progressive": True},
        {"restart_marker_blocks": 3},
        {"subsampling": 0},
        {"icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()},
    ],
    ids=lambda options: "".join(options) or "plain",
)
def test_a_jpeg_that_is_small_already_loses_nothing(options: dict[str, Any]) -> None:
    """A JPEG that fits without what is around the picture keeps each pixel, and loses the rest."""
    # Progressive, few bytes hold so many pixels that a preview of them is decoded at a half.
    image = quartered(1_500, 1_400) if "progressive" in options else quartered(300, 200, 60)
    content = saved(image, "JPEG", quality=60, comment=SECRET * 4_000, **options) + SECRET
    preview = ImageFile.read(content).preview()

    assert Image.open(io.BytesIO(content)).tobytes() == drawn(preview).tobytes()
    assert SECRET not in preview.content


@pytest.mark.parametrize("mode", ["turned", "wide", "CMYK"])
def test_a_small_jpeg_is_drawn_anew_if_it_must_be(mode: str) -> None:
    """A turn, a profile and inks would go with what is around a picture, so they are heeded."""
    image = quartered(120, 80)
    content = {
        "turned": stored(image, "JPEG", 6),
        "wide": saved(image, "JPEG", icc_profile=profile()),
        "CMYK": saved(image.convert("CMYK"), "JPEG"),
    }[mode]
    shown = drawn(ImageFile.read(content).preview())

    assert (120, 80) == shown.size
    assert shown.tobytes() != Image.open(io.BytesIO(content)).convert("RGB").tobytes()


def test_a_drawing_of_few_colours_is_exact() -> None:
    """Not a pixel of a chart changes."""
    image = quartered(1_400, 900)
    preview = ImageFile.read(saved(image)).preview()

    assert "image/png" == preview.mime
    assert image.tobytes() == drawn(preview).tobytes()


@pytest.mark.parametrize(
    ("size", "most"),
    [
        ((4_000, 3_000), (800, 600)),
        ((3_000, 4_000), (600, 800)),
        ((5_120, 2_880), (800, 450)),
        ((6_000, 500), (2_400, 200)),
        ((1_200, 9_000), (253, 1_897)),
        ((300, 200), (300, 200)),
        ((60_000, 1), (10_000, 1)),
    ],
)
def test_the_largest_preview(size: tuple[int, int], most: tuple[int, int]) -> None:
    """Ordinary shapes are 800 pixels wide at most, extreme ones have the same area."""
    assert most == largest(size)


def test_previews_look_better_than_a_hundred_pixels() -> None:
    """Enlarged, a preview is far closer to its picture than LivePerson's 100 pixels are."""
    image = samples.default()
    whole = Image.open(io.BytesIO(image.content)).convert("RGB").resize((800, 600))
    sample = Image.open(io.BytesIO(saved(whole.resize((100, 75)), "JPEG", quality=95)))
    ours, theirs = (
        sum(ImageStat.Stat(ImageChops.difference(big.resize((800, 600)), whole)).mean)
        for big in (drawn(image.preview()), sample)
    )

    assert ours < theirs * 0.7


def test_the_room_is_used() -> None:
    """A preview of a photo takes nearly all that may be sent."""
    assert 29_000 < len(samples.default().preview().data_uri) < PREVIEW_LIMIT


def test_damage_is_our_own_error() -> None:
    """Bytes that can't be decoded are refused, with nothing foreign in the error."""
    with pytest.raises(ImageRefused) as caught:
        make_preview(b"\xff\xd8\xff\xe0 no picture", "JPEG", "x.jpg")

    assert None is caught.value.__cause__ is caught.value.__context__


@pytest.mark.parametrize("size", [(1, 200_000), (200_000, 2)])
def test_thin_pictures_have_a_preview(size: tuple[int, int]) -> None:
    """A picture longer than JPEG can be has a preview all the same, and it is thin too."""
    preview = drawn(ImageFile.read(saved(Image.new("L", size, 90), "PNG")).preview())

    assert max(preview.size) <= 65_500
    assert (size[0] < size[1]) == (preview.width < preview.height)


def test_one_colour_is_turned_too() -> None:
    """A small JPEG of one colour looks the same in every row, but is kept only if it is upright."""
    content = stored(Image.new("RGB", (40, 24), "navy"), "JPEG", 6)

    assert (40, 24) == drawn(ImageFile.read(content).preview()).size


def test_what_browsers_do_not_show_is_drawn_anew() -> None:
    """A small JPEG goes into the preview as it is, but not with segments of other ways to code."""
    content = saved(quartered(80, 60), "JPEG")
    quaint = content[:2] + b"\xff\xcc\0\4\0\x10" + content[2:]  # conditions for arithmetic coding

    assert b"\xff\xcc" not in ImageFile.read(quaint).preview().content
