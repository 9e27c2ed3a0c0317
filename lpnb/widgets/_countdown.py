"""How long a temporary URL lasts still: counted down in the browser, else the time of its end."""

import functools
from collections.abc import Callable
from typing import Any

import ipywidgets as ipw
import traitlets

from ._form import show
from ._front import available, script


class EndTime(ipw.HTML):
    """Say when it ends; nothing counts."""

    def begin(self, what: str, ends: str) -> None:
        """Show until when *what* lasts; empty: nothing."""
        show(self, f"The {what} lasts until {ends}." if what else "")


def countdown(left: Callable[[], float | None]) -> Any:
    """Make the line: it has ``begin(what, ends)``; *left* tells the seconds whenever asked."""
    return _counting()(left) if available() else EndTime()


@functools.cache
def _counting() -> Any:
    import anywidget

    class Countdown(anywidget.AnyWidget):
        """Count down in the browser, which asks for the seconds left when it begins."""

        _esm = script("countdown")
        what = traitlets.Unicode().tag(sync=True)
        ends = traitlets.Unicode().tag(sync=True)

        def __init__(self, left: Callable[[], float | None]) -> None:
            super().__init__(layout=ipw.Layout(margin="2px"))
            self._left = left
            self.on_msg(lambda *_: self._tell())

        def begin(self, what: str, ends: str) -> None:
            """Show until when *what* lasts; empty: nothing."""
            with self.hold_sync():
                self.what, self.ends = what, ends
            self.layout.display = None if what else "none"
            self._tell()

        def _tell(self) -> None:
            left = self._left()
            if left is not None:
                self.send({"left": left})

    return Countdown
