"""Get a picture's bytes from wherever they are."""

import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import InputError
from .decode import opened, safely, turned
from .drawings import drawn, encoded
from .kinds import sniffed
from .limits import LIMITS, TYPES, quoted, refused, too_large
from .screen import unturned

_READ_AT_MOST = 64 << 20  # bytes; what is larger is no picture for this service, whatever it is
_READS = 10_000  # calls; a file that comes in smaller pieces than this makes of it never ends
_WANTED = (
    "a picture is a path, bytes, a binary file, a Pillow image, an array, a picker or its value, "
    "not {}"
)


class Received(NamedTuple):
    """What arrived: bytes, what they are called, declared to be, and if so which picture it is."""

    content: bytes
    name: str = ""
    declared: str = ""
    image: Any = None


def received(source: Any) -> Received:
    """Read *source* whole, and say what it is called, if it is called anything."""
    shown = "the picture"
    try:
        shown = quoted(os.fsdecode(source)) if isinstance(source, str | os.PathLike) else shown
        return _received(source)
    except OSError as problem:
        said = problem.strerror
        reason = said.lower() if isinstance(said, str) else type(problem).__name__
    except InputError:
        raise
    except Exception as problem:  # noqa: BLE001 - a source is someone else's code
        reason = type(problem).__name__
    raise InputError(f"{shown} can't be read ({reason}): check that it is there and may be read")


def _received(source: Any) -> Received:
    from .file import ImageFile

    if isinstance(source, ImageFile):
        return Received(source.content, source.name, image=source)
    pillow = sys.modules.get("PIL.Image")  # who has an image of Pillow's has imported it
    if pillow and isinstance(source, pillow.Image):
        return Received(encoded(_bounded(source)))
    if isinstance(source, bytes | bytearray | memoryview):
        return Received(_whole(source))
    if isinstance(source, str | os.PathLike):
        return _of_path(Path(os.fsdecode(source)).expanduser())
    if hasattr(source, "read"):
        return _of_file(source)
    if hasattr(source, "__array_interface__"):
        return Received(encoded(drawn(source)))
    return _of_picker(source)


def _whole(content: Any) -> bytes:
    view = memoryview(content)
    if view.nbytes > _READ_AT_MOST:
        raise refused("too-large", too_large("the picture", view.nbytes), mend="")
    return view.tobytes()


def _of_path(path: Path) -> Received:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):  # reading a pipe or a device may never end
        raise InputError(f"{quoted(str(path))} is not a file: give the path of a picture")
    if status.st_size > _READ_AT_MOST:
        raise refused("too-large", too_large(quoted(path.name), status.st_size), mend="")
    with path.open("rb") as file:
        return Received(_whole(file.read(_READ_AT_MOST + 1)), path.name)


def _of_file(source: Any) -> Received:
    pieces, left = [], _READ_AT_MOST + 1
    for _ in range(_READS):
        piece = source.read(left)
        if not isinstance(piece, bytes | bytearray | memoryview):
            raise InputError("the file gives text: open it with mode 'rb'")
        pieces.append(_whole(piece))
        left -= len(pieces[-1])
        if not pieces[-1] or left <= 0:
            break
    else:
        raise InputError("the file comes in ever smaller pieces: give its bytes")
    name = getattr(source, "name", None) or getattr(source, "filename", None)
    called = Path(os.fsdecode(name)).name if isinstance(name, str | bytes) else ""
    return Received(_whole(b"".join(pieces)), called, _text(getattr(source, "content_type", "")))


def _of_picker(source: Any) -> Received:
    """Take the one file out of a picker, ours or ipywidgets', or out of the value of either."""
    listed = isinstance(source, tuple | list | Mapping)
    wanted = source if listed else getattr(source, "value", None)
    if isinstance(wanted, tuple | list):
        if len(wanted) != 1:
            many = f"{len(wanted)} pictures were chosen" if wanted else "no picture was chosen yet"
            raise InputError(f"{many}: choose one, and run this again")
        (wanted,) = wanted
    if isinstance(wanted, Mapping) and "content" in wanted:
        name, declared = _text(wanted.get("name")), _text(wanted.get("type"))
        return Received(_whole(wanted["content"]), name, declared)
    from .file import ImageFile

    if isinstance(wanted, ImageFile):
        return _received(wanted)
    raise InputError(_WANTED.format(type(source).__name__))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _bounded(image: Any) -> Any:
    """Replace an *image* whose file was not decoded yet by the same one, decoded our way."""
    file = getattr(image, "fp", None)
    if not file or not getattr(image, "tile", None) or image.tell():
        return image
    at = file.tell()
    file.seek(0)
    content = _of_file(file).content
    file.seek(at)
    kind = sniffed(content)
    if kind not in TYPES:
        return image
    return safely(lambda: _drawn_whole(content, kind), "the picture")


def _drawn_whole(content: bytes, kind: str) -> Any:
    image, _ = opened(content, kind, area=LIMITS.decode_memory)
    return unturned(image, turned(image))
