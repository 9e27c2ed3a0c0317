"""What the forms share: a frame, words that wrap, and a reading for where no widget can live."""

import html
import threading
from typing import Any

import ipywidgets as ipw

from .. import lines, render
from ..card import Card

WIDE = {"description_width": "7.5em"}


class Form(ipw.VBox, ipw.ValueWidget):
    """
    A frame around fields, with a line for what went wrong; subclasses hold a typed ``value``.

    Callbacks may come on another thread while a cell runs, so whatever changes the form holds
    ``_lock``. ``problem`` is the sentence beside the button, empty while all is well.
    """

    def __init__(self, **options: Any) -> None:
        self._lock = threading.RLock()
        self._problem = words("")
        self.problem = ""
        frame = {"border": "1px solid rgba(127,127,127,0.4)", "padding": "10px 14px"}
        super().__init__(layout=ipw.Layout(max_width="69em", **frame), **options)

    def say(self, problem: str) -> None:
        """Show what went wrong, or nothing."""
        self.problem = problem
        show(self._problem, f"✗ {problem}" if problem else "", bold=True)

    def card(self) -> Card:
        """What the form holds, for pages that can't show widgets."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = super()._repr_mimebundle_(**options)
        return {**bundle, "text/html": render.as_html(self.card())}


def row(*parts: ipw.Widget) -> ipw.HBox:
    """Set *parts* side by side, and below each other where the page is narrow."""
    return ipw.HBox(parts, layout=ipw.Layout(flex_flow="row wrap", align_items="center"))


def words(text: str, *, muted: bool = False) -> ipw.HTML:
    """Make a line of text; whatever it holds, it is escaped."""
    line = ipw.HTML(layout=ipw.Layout(margin="2px"))
    show(line, text, muted=muted)
    return line


def show(line: ipw.HTML, text: str, *, muted: bool = False, bold: bool = False) -> None:
    """Change what a line of `words` says; an empty one takes no room."""
    look = "opacity:0.75;" if muted else "font-weight:bold;" if bold else ""
    text = html.escape(lines.visible(text))
    line.value = f'<div style="{look}line-height:1.45;white-space:normal">{text}</div>'
    line.layout.display = None if text else "none"
