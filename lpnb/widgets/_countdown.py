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

    def begin(self, what: str, ends: str, left: float | None) -> None:
        """Show until when *what* lasts; empty: nothing."""
        show(self, f"The {what} lasts until {ends}." if what else "")


def countdown(asked: Callable[[], object]) -> Any:
    """Make the line; *asked* is to call its ``begin(what, ends, left)`` anew, *left* in seconds."""
    return _counting()(asked) if available() else EndTime()


@functools.cache
def _counting() -> Any:
    import anywidget

    class Countdown(anywidget.AnyWidget):
        """Count down in the browser, which asks for the seconds left when it begins, and again."""

        _esm = script("countdown")
        what = traitlets.Unicode().tag(sync=True)
        ends = traitlets.Unicode().tag(sync=True)

        def __init__(self, asked: Callable[[], object]) -> None:
            super().__init__(layout=ipw.Layout(margin="2px"))
            self.on_msg(lambda *_: asked())

        def begin(self, what: str, ends: str, left: float | None) -> None:
            """Show until when *what* lasts; empty: nothing."""
            with self.hold_sync():
                self.what, self.ends = what, ends
            self.layout.display = None if what else "none"
            if left is not None:
                self.send({"left": left})

    return Countdown
