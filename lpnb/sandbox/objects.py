"""What storage holds: objects by path, in memory as far as that goes, then in a folder."""

import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from io import FileIO
from typing import TYPE_CHECKING, Any

from .clock import Clock

if TYPE_CHECKING:
    from pathlib import Path

_SEGMENT = 16 * 1024 * 1024  # a file this large is not added to


class _Segment:
    """A file that many objects share, since making one takes longer than writing to it."""

    def __init__(self, path: "Path") -> None:
        self.path = path
        self.size = 0
        self._file = path.open("xb", buffering=0)
        weakref.finalize(self, _discard, self._file, path).atexit = False

    def add(self, content: bytes) -> "_Spilled":
        offset, self.size = self.size, self.size + len(content)
        if self._file.write(content) < len(content):
            raise OSError("the disk is full")
        return _Spilled(self, offset, len(content))

    def close(self) -> None:
        self._file.close()


def _discard(file: FileIO, path: "Path") -> None:
    file.close()
    path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Spilled:
    """Bytes in a file; it is removed when nobody holds any of its bytes any more."""

    segment: _Segment
    offset: int
    size: int

    def read(self) -> bytes:
        try:
            with self.segment.path.open("rb") as file:
                file.seek(self.offset)
                return file.read(self.size)
        except FileNotFoundError:
            raise ValueError(
                "these bytes lay in the sandbox's temporary folder, which is gone since it was"
                " reset or stopped: read them before"
            ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """
    The bytes under one path, and what is remembered about them.

    Args:
        created: when it was stored, or its metadata last changed.
        headers: what else comes with every download.
        body: the bytes, or where on disk they are.
    """

    size: int
    etag: str
    content_type: str
    created: float
    headers: Mapping[str, str] = field(repr=False)
    body: "bytes | _Spilled" = field(repr=False)

    @property
    def content(self) -> bytes:
        """The bytes themselves; from disk, if there were too many for memory."""
        return self.body if isinstance(self.body, bytes) else self.body.read()

    @property
    def size_in_memory(self) -> int:
        """How many of its bytes lie in memory: all or none."""
        return self.size if isinstance(self.body, bytes) else 0

    def is_due(self, now: float) -> bool:
        """Tell whether its X-Delete-At has come."""
        return int(self.headers.get("X-Delete-At", now + 1)) <= now


class Objects(Mapping[str, StoredObject]):
    """
    The objects by path, but for those whose time is over.

    Args:
        quota: how many bytes are held in all.
        memory: how many of them in memory; an object beyond that goes into a temporary folder.
    """

    def __init__(self, clock: Clock, *, quota: int, memory: int) -> None:
        self._clock = clock
        self._quota = quota
        self._memory = memory
        self._by_path: dict[str, StoredObject] = {}
        self._held = self._held_in_memory = self._segments = 0
        self._folder: Any = None  # tempfile is imported by those who need it
        self._segment: weakref.ref[_Segment] | None = None  # its objects keep it alive

    def __getitem__(self, path: str) -> StoredObject:
        stored = self._by_path[path]
        if "X-Delete-At" in stored.headers and stored.is_due(self._clock.now()):
            raise KeyError(path)
        return stored

    def __iter__(self) -> Iterator[str]:
        return (path for path in self._by_path if path in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def has_room(self, path: str, size: int) -> bool:
        """Tell whether *size* bytes may be put under *path*, in place of what is there."""
        there = self._by_path.get(path)
        return self._held - (there.size if there else 0) + size <= self._quota

    def put(self, path: str, content: bytes, **about: Any) -> None:
        """Keep *content* and what is known *about* it, in place of what is there."""
        size, there = len(content), self._by_path.get(path)
        freed = there.size_in_memory if there else 0
        fits = self._held_in_memory - freed + size <= self._memory
        stored = StoredObject(size=size, body=content if fits else self._spill(content), **about)
        self.remove(path)
        self._by_path[path] = stored
        self._held += size
        self._held_in_memory += stored.size_in_memory

    def change(self, path: str, **about: Any) -> None:
        """Remember other things about the object under *path*."""
        self._by_path[path] = replace(self[path], **about)

    def remove(self, path: str) -> None:
        """Forget what is under *path*, if anything is."""
        if stored := self._by_path.pop(path, None):
            self._held -= stored.size
            self._held_in_memory -= stored.size_in_memory

    def clear(self) -> None:
        """Forget everything, on disk too."""
        self._by_path.clear()
        self._held = self._held_in_memory = 0
        self.close()

    def close(self) -> None:
        """Remove the temporary folder."""
        if self._segment and (segment := self._segment()):
            segment.close()
        self._segment = None
        if self._folder:
            self._folder.cleanup()
            self._folder = None

    def _spill(self, content: bytes) -> _Spilled:
        segment, self._segment = self._segment() if self._segment else None, None
        if segment and segment.size >= _SEGMENT:
            segment.close()
            segment = None
        if segment is None:
            segment = _Segment(self._place() / f"{self._segments:x}")
            self._segments += 1
        spilled = segment.add(content)
        self._segment = weakref.ref(segment)  # after an error the next one begins another
        return spilled

    def _place(self) -> "Path":
        from pathlib import Path  # starting is quicker without these two
        from tempfile import TemporaryDirectory

        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="lpnb-", ignore_cleanup_errors=True)
        return Path(self._folder.name)
