"""The field through which a picture comes from the user's computer, by choice, drop or paste."""

import threading
from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from . import _front

Take = Callable[[dict[str, Any]], None]  # a file: name, type that the browser told, content
_ASTRAY = "a piece of it went astray; choose it again"


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
        self._arriving = ("", bytearray())  # the id of a file, and what is there of it
        self._lock = threading.RLock()
        super().__init__(**traits)
        self.on_msg(self._on_message)

    def close(self) -> None:
        """Let go of what was still arriving, too."""
        self._arriving = ("", bytearray())
        super().close()

    def _on_message(self, _: Any, message: Any, buffers: list[Any]) -> None:
        with self._lock:
            match message:
                case {"seen": True}:
                    self._seen()
                case {"id": str(called), "stop": True}:
                    self._refuse(called, "it was stopped")
                case {
                    "id": str(called),
                    "name": str(name),
                    "type": str(type),
                    "size": int(size),
                    "at": int(at),
                } if len(buffers) == 1:
                    self._add(called, {"name": name, "type": type}, size, at, buffers[0])
                case {"id": str(called)}:
                    self._refuse(called, _ASTRAY)

    def _refuse(self, called: str, why: str) -> None:
        if self._arriving[0] == called:
            self._arriving = ("", bytearray())
        self.send({"id": called, "refused": why})

    def _add(self, called: str, file: dict[str, Any], size: int, at: int, piece: Any) -> None:
        """Take the next piece of a file; the first lets go of another that never became whole."""
        if at == 0:
            self._arriving = (called, bytearray())
        owner, content = self._arriving
        got = at + memoryview(piece).nbytes
        fits = at < got <= size <= self.most or got == size == 0
        if (owner, len(content)) != (called, at) or not fits:
            self._refuse(called, _ASTRAY)
            return
        content += piece
        if got < size:
            self.send({"id": called, "got": got})
            return
        self._arriving = ("", bytearray())
        try:
            self._take({**file, "content": bytes(content)})
        finally:
            self.send({"id": called, "got": got, "done": True})
