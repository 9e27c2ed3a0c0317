"""Who is at work on a ledger, and whether they still live, however their process ended."""

import glob
import os
import uuid
import weakref
from pathlib import Path


class Owner:
    """
    Whoever works on a ledger's files: known by a file beside it, locked until its process ends.

    The system frees the lock, whatever ends the process. The file is made, looked at and removed
    inside a write transaction of the ledger, so that nobody takes it for a dead one's before it is
    locked.
    """

    def __init__(self, path: Path | None) -> None:
        self.id = uuid.uuid4().hex
        self._file = self._path = None
        if path is not None:
            self._path = _beside(path, self.id)
            self._file = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        self.leave = weakref.finalize(self, _leave, self._file, self._path, os.getpid())
        if self._file is not None and not _locked(self._file):
            self.leave()
            raise OSError(0, "its disk can't lock files")

    @staticmethod
    def lives(path: Path, owner: str) -> bool:
        """Whether the process of this *owner* still runs; what a dead one left is removed."""
        place = _beside(path, owner)
        try:
            file = os.open(place, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            if not _locked(file):
                return True
        finally:
            os.close(file)
        place.unlink(missing_ok=True)
        return False

    @staticmethod
    def sweep(path: Path) -> None:
        """Remove what dead processes have left beside the ledger."""
        for place in path.parent.glob(f"{glob.escape(path.name)}-*.lock"):
            Owner.lives(path, place.stem[len(path.name) + 1 :])


def _beside(path: Path, owner: str) -> Path:
    return path.with_name(f"{path.name}-{owner}.lock")


def _leave(file: int | None, path: Path | None, process: int) -> None:
    if file is not None and path is not None:
        if os.getpid() == process:  # a child gives back its copy, and the lock stays its parent's
            path.unlink(missing_ok=True)
        os.close(file)


def _locked(file: int) -> bool:
    """Lock *file* until it is closed, if nobody else has."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
