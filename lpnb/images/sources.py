"""Get a picture's bytes from wherever they are."""

import os
import stat
import sys
from pathlib import Path
from typing import Any

from ..errors import InputError
from .limits import quoted, refused, too_large
from .preview import encoded

_READ_AT_MOST = 64 << 20  # bytes; what is larger is no picture for this service, whatever it is


def received(source: Any) -> tuple[bytes, str]:
    """Read *source* whole, and say what it is called, if it is called anything."""
    pillow = sys.modules.get("PIL.Image")  # who has an image of Pillow's has imported it
    if pillow and isinstance(source, pillow.Image):
        return encoded(source), ""
    try:
        content, name = _bytes(source)
    except OSError as problem:
        reason = (problem.strerror or type(problem).__name__).lower()
    except InputError:
        raise
    except Exception as problem:  # noqa: BLE001 - a file object is someone else's code
        reason = type(problem).__name__
    else:
        if len(content) > _READ_AT_MOST:
            what = quoted(name) if name else "the picture"
            raise refused("too-large", too_large(what, len(content)))
        return content, name
    what = quoted(str(source)) if isinstance(source, str | Path) else "the picture"
    raise InputError(f"{what} can't be read ({reason}): check that it is there and may be read")


def _bytes(source: Any) -> tuple[bytes, str]:
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source), ""
    if isinstance(source, str | os.PathLike):
        path = Path(os.fsdecode(source)).expanduser()
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # reading a pipe or a device may never end
            raise InputError(f"{quoted(str(source))} is not a file: give the path of a picture")
        if status.st_size > _READ_AT_MOST:
            raise refused("too-large", too_large(quoted(path.name), status.st_size))
        with path.open("rb") as file:
            return file.read(_READ_AT_MOST + 1), path.name
    if not hasattr(source, "read"):
        raise InputError(
            "a picture is read from a path, bytes, a binary file or a Pillow image, not from "
            f"{type(source).__name__}"
        )
    content = source.read(_READ_AT_MOST + 1)
    if not isinstance(content, bytes | bytearray | memoryview):
        raise InputError("the file gives text: open it with mode 'rb'")
    name = getattr(source, "name", "")
    return bytes(content), Path(name).name if isinstance(name, str) else ""
