"""The field through which a picture comes from the user's computer, by choice, drop or paste."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import anywidget
import traitlets

from . import _front

Take = Callable[[dict[str, Any]], None]  # a file: name, type that the browser told, content


@dataclass(slots=True)
class _Arriving:
    """A file of which not every piece is there yet."""

    id: str
    name: str
    type: str
    size: int
    content: bytearray = field(default_factory=bytearray, repr=False)


class DropZone(anywidget.AnyWidget):
    """
    Takes files in pieces, by messages of its own; nothing of them is in the widget's state.

    Args:
        take: what to do with each file, once it is whole.
        seen: what to do when it is on somebody's page.
        most: bytes that a file may have; the browser says so for larger ones, and sends nothing.
        about: what is to be known before choosing.
    """

    _esm = _front.script("drop")
    _css = _front.style("drop")

    accept = traitlets.Unicode().tag(sync=True)
    multiple = traitlets.Bool().tag(sync=True)
    most = traitlets.Int().tag(sync=True)
    about = traitlets.Unicode().tag(sync=True)

    def __init__(self, take: Take, seen: Callable[[], None], **traits: Any) -> None:
        self._take, self._seen = take, seen
        self._arriving: _Arriving | None = None
        self._lock = threading.RLock()
        super().__init__(**traits)
        self.on_msg(self._on_message)

    def close(self) -> None:
        """Let go of what was still arriving, too."""
        self._arriving = None
        super().close()

    def _on_message(self, _: Any, message: Any, buffers: list[Any]) -> None:
        with self._lock:
            match message:
                case {"seen": True}:
                    self._seen()
                case {"id": str(called), "stop": True}:
                    if self._arriving and self._arriving.id == called:
                        self._arriving = None
                    self.send({"id": called, "refused": "it was stopped"})
                case {"id": str(called), "at": int(at)} if len(buffers) == 1:
                    if at == 0:
                        self._arriving = self._begun(called, message)
                    self._add(called, at, memoryview(buffers[0]))

    def _begun(self, called: str, message: dict[str, Any]) -> _Arriving | None:
        """Begin with a file; another one that never became whole is forgotten."""
        match message:
            case {"name": str(name), "type": str(type), "size": int(size)}:
                return _Arriving(called, name, type, size) if size <= self.most else None
        return None

    def _add(self, called: str, at: int, piece: memoryview) -> None:
        file = self._arriving
        if (
            file is None
            or (called, at) != (file.id, len(file.content))
            or at + piece.nbytes > file.size
            or (not piece.nbytes and file.size)
        ):
            self.send({"id": called, "refused": "a piece of it went astray; choose it again"})
            return
        file.content += piece
        got = len(file.content)
        if got < file.size:
            self.send({"id": called, "got": got})
            return
        self._arriving = None
        try:
            content = bytes(file.content)
            self._take({"name": file.name, "type": file.type, "content": content})
        finally:
            self.send({"id": called, "got": got, "done": True})
