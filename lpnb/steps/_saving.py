"""Writing a file whole or not at all."""

import os
import stat
import uuid
from pathlib import Path

from ..errors import InputError


def write_whole(target: Path, content: bytes, mode: int | None) -> str:
    """
    Put a file with *content* at *target*, where until the last moment stays what was there.

    It grows beside it, as ``.lpnb-….part``, which is removed if something goes wrong; only who
    kills the process leaves it behind. Gives the reason why it can't be written, or nothing.
    """
    partial = target.with_name(f".lpnb-{uuid.uuid4().hex}.part")
    try:
        try:
            with partial.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())  # or a power cut could leave the name without the bytes
            if mode is not None:
                partial.chmod(mode)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        return error.strerror or "it can't be written"
    return ""


def check_place(place: str | os.PathLike[str]) -> int | None:
    """
    Check that a file can be saved at *place*; give the mode of the one that is there, if any.

    Raises:
        InputError: it can't; the reason is given.
    """
    if not isinstance(place, str | os.PathLike):
        raise InputError(
            f"a file is saved at a path, not at something of type {type(place).__name__}"
        )
    mode, path = None, Path(place)
    reason = "" if os.access(path.parent, os.W_OK) else "its folder is missing or can't be written"
    try:
        mode = path.lstat().st_mode
        if not stat.S_ISREG(mode):
            reason = "a link, a folder or a device is there"
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no file can have this name"
    if reason:
        raise InputError(f"can't save {str(path)[:80]!r} ({reason}): choose another place")
    return None if mode is None else stat.S_IMODE(mode)
