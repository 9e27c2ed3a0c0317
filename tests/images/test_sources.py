"""Where pictures come from: paths, bytes, files, Pillow, arrays and pickers, all by one door."""

import io
import math
import os
import struct
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import ipywidgets as ipw
import pytest
from PIL import Image

from lpnb.errors import InputError
from lpnb.images import ImageFile
from lpnb.widgets import ImagePicker
from tests.pieces import saved


def refused(source: Any, **options: Any) -> str:
    """What the error says that *source* gives; it must hold nothing foreign."""
    with pytest.raises(InputError) as caught:
        ImageFile.read(source, **options)
    assert None is caught.value.__cause__ is caught.value.__context__
    return str(caught.value)


def drawn(image: ImageFile) -> Image.Image:
    return Image.open(io.BytesIO(image.content))


GRADIENT = Image.radial_gradient("L")
PNG, JPEG = saved(GRADIENT), saved(GRADIENT, "JPEG")


def test_paths_bytes_and_files(tmp_path: Path) -> None:
    """Paths, bytes and binary files of any kind are read, and are named if they can be."""
    path = tmp_path / "receipt.png"
    path.write_bytes(PNG)
    found = {ImageFile.read(path), ImageFile.read(str(path)), ImageFile.read(os.fspath(path))}
    for place, buffering in ((path, -1), (path, 0), (os.fsencode(path), -1)):
        with open(place, "rb", buffering=buffering) as file:  # noqa: PTH123 - bytes are no Path
            found.add(ImageFile.read(file))
    nameless = {ImageFile.read(kind(PNG)) for kind in (bytes, bytearray, memoryview, io.BytesIO)}

    assert {("receipt.png", PNG)} == {(image.name, image.content) for image in found}
    assert {("picture.png", PNG)} == {(image.name, image.content) for image in nameless}


class Uploaded(io.BytesIO):
    """A file as web frameworks give it."""

    filename = "folder/receipt.png"
    content_type = "image/jpeg; charset=binary"


def test_files_of_web_frameworks() -> None:
    """A file's own name, less its folder, is taken, and the type it is declared to be compared."""
    image = ImageFile.read(Uploaded(PNG))

    assert "receipt.png" == image.name
    assert ["declared-type"] == [finding.code for finding in image.findings]


class Dripping(io.RawIOBase):
    """A file that gives a few bytes at a time, and says nothing of its end."""

    def __init__(self, content: bytes, piece: int) -> None:
        self.inside, self.piece = io.BytesIO(content), piece

    def read(self, size: int = -1) -> bytes:
        return self.inside.read(min(size, self.piece))


def test_files_are_read_to_their_end() -> None:
    """A file that gives less than was asked for is asked again, though not for ever."""
    assert PNG == ImageFile.read(Dripping(PNG, 100)).content
    assert "smaller pieces" in refused(Dripping(bytes(20_000), 1))


class Endless(io.RawIOBase):
    def read(self, size: int = -1) -> bytes:
        return bytes(1 << 20)


def test_endless_files_are_left_alone() -> None:
    """No more than 64 MB and a bit are read, whatever there is."""
    assert "may have 3,145,728" in refused(Endless())
    assert "may have 3,145,728" in refused(memoryview(bytes(1 << 10)).cast("B").obj * 65_537)


class Broken(io.RawIOBase):
    def read(self, size: int = -1) -> bytes:
        raise RuntimeError("the disk is gone")


class Blocked(io.RawIOBase):
    def read(self, size: int = -1) -> Any:
        return None


class Lost(os.PathLike[str]):
    def __fspath__(self) -> str:
        raise ZeroDivisionError


class Strange(OSError):
    strerror = 5  # type: ignore[assignment]


class Stranger(io.RawIOBase):
    def read(self, size: int = -1) -> bytes:
        raise Strange


class Liar:
    @property
    def __class__(self) -> Any:
        raise RuntimeError("whatever is asked")


class Unreadable:
    def __getattr__(self, name: str) -> Any:
        raise MemoryError(name)


class Itself:
    @property
    def value(self) -> Self:
        return self


def closed() -> Any:
    file = io.BytesIO(PNG)
    file.close()
    return file


def released() -> Any:
    view = memoryview(PNG)
    view.release()
    return view


HOSTILE: dict[str, Callable[[], Any]] = {
    "missing": lambda: "nowhere/at/all.jpg",
    "nul": lambda: "a\0b",
    "endless name": lambda: "x" * 5_000,
    "surrogates": lambda: "\udcff\ud800.jpg",
    "nobody's": lambda: "~nobody-there/x.jpg",
    "folder": lambda: ".",
    "device": lambda: "/dev/zero",
    "path that raises": Lost,
    "text": lambda: io.StringIO("text"),
    "broken": Broken,
    "blocked": Blocked,
    "strange error": Stranger,
    "closed": closed,
    "released": released,
    "liar": Liar,
    "unreadable": Unreadable,
    "itself": Itself,
    "number": lambda: 3,
    "none": lambda: None,
    "list": lambda: [1, 2],
    "nothing chosen": lambda: (),
    "two chosen": lambda: ({"content": PNG}, {"content": PNG}),
    "no content": lambda: ({"name": "x.png"},),
    "content of text": lambda: {"content": "text"},
}


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("check", [True, False])
def test_what_can_not_be_read(what: str, check: bool) -> None:
    """Whatever happens while reading is an `InputError` of one line, and nothing foreign."""
    assert "\n" not in refused(HOSTILE[what](), check=check)


def test_pipes_are_not_opened(tmp_path: Path) -> None:
    """A pipe at a path is refused at once: to open it would wait for somebody to write."""
    os.mkfifo(tmp_path / "pipe.png")

    assert "is not a file" in refused(tmp_path / "pipe.png")


@pytest.mark.parametrize("name", [b"x.png", 7, Path("x.png")], ids=str)
def test_a_name_is_text(name: Any) -> None:
    """A name that is no text is refused, so that it can't fail later."""
    assert "name" in refused(PNG, name=name)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "F"])
def test_pillow_images_become_png(mode: str) -> None:
    """An image of any of Pillow's modes becomes a picture without findings, under its name."""
    image = ImageFile.read(GRADIENT.convert(mode), name="mine.png")

    assert ("mine.png", "PNG", (256, 256), ()) == (
        image.name,
        image.type,
        image.pixels,
        image.findings,
    )


@pytest.mark.parametrize("load", [True, False])
def test_pillow_images_are_turned_and_bare(load: bool) -> None:
    """An image that was opened by Pillow comes upright and without metadata, decoded or not yet."""
    exif = Image.Exif()
    exif.update({0x0112: 6, 0x013B: "A. Person"})
    wide = Image.new("RGB", (40, 20), "red")
    source = Image.open(io.BytesIO(saved(wide, "JPEG", exif=exif, comment=b"A. Person")))
    if load:
        source.load()
    image = ImageFile.read(source)

    assert ((20, 40), ()) == (image.pixels, image.findings)
    assert b"Person" not in image.content


def test_pillow_images_are_decoded_our_way() -> None:
    """A hostile file that Pillow has opened, and not decoded yet, is refused as the file is."""
    content = saved(Image.new("RGB", (600, 600), "red"), "JPEG", progressive=True)
    scan = content[content.rfind(b"\xff\xda") : -2]

    assert "passes" in refused(Image.open(io.BytesIO(content[:-2] + scan * 200 + content[-2:])))


def test_noisy_drawings_become_jpeg() -> None:
    """What is over 3 MB as PNG becomes a JPEG, and what is clear in it white."""
    noise = Image.effect_noise((1500, 1500), 200).convert("RGB")
    clear = noise.copy()
    clear.putalpha(0)

    assert ["JPEG", "JPEG"] == [ImageFile.read(image).type for image in (noise, clear)]
    assert (255, 255, 255) == drawn(ImageFile.read(clear)).getpixel((700, 700))


class Numbers:
    """An array as NumPy's is seen from outside: rows of rows, of as many channels."""

    def __init__(self, code: str, typestr: str, shape: tuple[Any, ...], values: list[Any]) -> None:
        self._code, self._values = code, values
        self.__array_interface__ = {"version": 3, "typestr": typestr, "shape": shape}

    def __getitem__(self, rows: slice) -> "Numbers":
        interface = self.__array_interface__
        _, *rest = shape = interface["shape"]
        size = math.prod(rest)
        start, stop, _ = rows.indices(shape[0])
        values = self._values[start * size : stop * size]
        return Numbers(self._code, interface["typestr"], (stop - start, *rest), values)

    def astype(self, typestr: str) -> "Numbers":
        shape = self.__array_interface__["shape"]
        return Numbers(typestr.replace("4", ""), typestr, shape, self._values)

    def tobytes(self) -> bytes:
        return struct.pack(f"{self._code[0]}{len(self._values)}{self._code[1:]}", *self._values)


@pytest.mark.parametrize(
    ("code", "typestr", "values"),
    [
        pytest.param("=?", "|b1", [False, True], id="bool"),
        pytest.param("=B", "|u1", [0, 255], id="8 bits"),
        pytest.param("<H", "<u2", [0, 65535], id="16 bits"),
        pytest.param(">H", ">u2", [255, 65280], id="16 bits, most significant first"),
        pytest.param("<f", "<f4", [0.0, 1.0], id="floats"),
        pytest.param(">d", ">f8", [0.001, 0.999], id="floats, most significant first"),
        pytest.param("<e", "<f2", [0.0, 1.0], id="halves"),
    ],
)
@pytest.mark.parametrize(("tail", "mode"), [((), "L"), ((1,), "L"), ((3,), "RGB"), ((4,), "RGBA")])
def test_arrays(code: str, typestr: str, values: list[Any], tail: Any, mode: str) -> None:
    """Arrays of the usual types and shapes become the same picture, of 8 bits."""
    dark, light = ([value] * math.prod(tail) for value in values)
    image = ImageFile.read(Numbers(code, typestr, (2, 3, *tail), (dark * 2 + light) * 2))
    light_here = [0, 0, 255] * 2

    assert ("PNG", (3, 2)) == (image.type, image.pixels)
    assert mode == drawn(image).mode
    assert light_here == list(drawn(image).getchannel(0).tobytes())


@pytest.mark.parametrize(
    ("shape", "typestr", "words"),
    [
        ((4,), "|u1", "shape (4,)"),
        ((), "|u1", "shape ()"),
        ((3, 8, 8), "|u1", "channels at the end"),
        ((8, 8, 2), "|u1", "channels"),
        ((0, 8), "|u1", "shape (0, 8)"),
        ((-1, 8), "|u1", "shape (-1, 8)"),
        ((True, 8), "|u1", "shape (True, 8)"),
        ((1 << 40, 1 << 40), "|u1", "no picture"),
        ((9_000, 9_000), "|u1", "MB to decode"),
        ((40_000_000, 1), "|u1", "MB to decode"),
        ((8, 8), "<i8", "astype('uint8')"),
        ((8, 8), "<c8", "astype('uint8')"),
        ((8, 8), "?" * 5_000, "astype('uint8')"),
        ((9, 9), "|u1", "other bytes than its shape says"),
        (3, "|u1", "TypeError"),
    ],
    ids=str,
)
def test_arrays_that_are_no_picture(shape: Any, typestr: str, words: str) -> None:
    """An array of another shape or type, or whose shape lies, is refused, and says what to do."""
    said = refused(Numbers("=B", typestr, shape, [0] * 64))

    assert words in said
    assert len(said) < 300


@pytest.mark.parametrize("wrong", [255.0, -1.0, math.inf, math.nan])
def test_floats_go_from_0_to_1(wrong: float) -> None:
    """Floats on another scale are refused rather than cut off."""
    assert "from 0 to 1" in refused(Numbers("=d", "<f8", (1, 2), [wrong, 0.5]))


def chosen(content: bytes = PNG, name: str = "a.png", type: str = "image/png") -> dict[str, Any]:
    return {
        "name": name,
        "type": type,
        "size": len(content),
        "content": memoryview(content),
        "last_modified": datetime.now(UTC),
    }


def test_pickers() -> None:
    """A picker, its value, and what is in its value are all the picture that was chosen."""
    upload, ours = ipw.FileUpload(), ImagePicker(ImageFile.read(PNG, name="a.png"))
    upload.value = (chosen(),)
    sources = (upload, upload.value, upload.value[0], ours, ours.value, (ours.value,))

    assert {("a.png", PNG)} == {
        (image.name, image.content) for image in map(ImageFile.read, sources)
    }
    assert "no picture was chosen yet" in refused(ipw.FileUpload())


def test_pictures_pass_through() -> None:
    """A picture that was read already stays what it is, unless it should have another name."""
    image = ImageFile.read(PNG, name="a.png")
    bad = ImageFile.read(PNG[:-1], check=False)

    assert image is ImageFile.read(image) is ImageFile.read(image, name="a.png")
    assert ("b.jpg", ["extension"]) == (
        (other := ImageFile.read(image, name="b.jpg")).name,
        [finding.code for finding in other.findings],
    )
    assert bad is ImageFile.read(bad, check=False)
    assert "cut short" in refused(bad)


@pytest.mark.parametrize(
    ("type", "found"),
    [
        ("image/png", []),
        ("IMAGE/PNG; charset=binary", []),
        ("image/x-png", []),
        ("", []),
        ("application/octet-stream", []),
        ("image/jpeg", ["declared-type"]),
        ("text/html", ["declared-type"]),
        ("x" * 10_000, ["declared-type"]),
    ],
)
def test_the_declared_type_is_compared(type: str, found: list[str]) -> None:
    """A media type that is not that of the bytes is a warning; none at all says nothing."""
    image = ImageFile.read(chosen(type=type))

    assert found == [finding.code for finding in image.findings]
    assert all(len(finding.message) < 200 for finding in image.findings)


def test_the_form_compares_the_declared_type() -> None:
    """What the browser takes a file for is compared when it is chosen in the form, too."""
    picker = ImagePicker()
    picker.fill(content=chosen(JPEG, "a.png"))
    picker.submit()

    assert {"extension", "declared-type"} == {each.code for each in picker.value.findings}
