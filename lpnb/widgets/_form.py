"""What the forms share: a frame, words that wrap, and a reading for where no widget can live."""

import html
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import ipywidgets as ipw
from IPython.core.getipython import get_ipython

from .. import lines, render
from ..card import Card

WIDE = {"description_width": "7.5em"}
WRAPS = {"flex_flow": "row wrap", "align_items": "center"}
SMALL = "font-size:92%"  # what matters less; paler would be too pale in some theme
_WHEN = f'<div style="{SMALL}">As it was when the cell ran: run it to have the form.</div>'
_lock = threading.Lock()
_made: dict[tuple[str, type], tuple[str, list[weakref.ref["Form"]]]] = {}  # by cell: its last run


class Form(ipw.VBox, ipw.ValueWidget):
    """
    A frame around fields, with a line for what went wrong; subclasses hold a typed ``value``.

    Callbacks may come on another thread while a cell runs, so whatever changes the form holds
    ``_lock``. ``problem`` is the sentence beside the button, empty while all is well.

    Running a form's cell again closes the form that it made before. All widgets of a form are among
    its children, shown or not, so that `close` finds them.
    """

    def __init__(self, **options: Any) -> None:
        self._lock = threading.RLock()
        self._problem = words("")
        self.problem = ""
        frame = {"border": "1px solid rgba(127,127,127,0.4)", "padding": "10px 14px"}
        super().__init__(layout=ipw.Layout(max_width="69em", **frame), **options)
        # by the first scripts know it, and for the others a caption with dollars is no formula
        for name in ("lpnb-form", "mathjax_ignore", "tex2jax_ignore"):
            self.add_class(name)
        _take_the_place(self)

    def say(self, problem: str) -> None:
        """Show what went wrong, or nothing; a screen reader says it at once."""
        self.problem = problem
        show(self._problem, f"✗ {problem}" if problem else "", bold=True, role="alert")

    def card(self) -> Card:
        """What the form holds, for pages that can't show widgets."""
        raise NotImplementedError

    def close(self) -> None:
        """Take the form out of the page, and all models of it out of what may be saved."""
        for part in _parts(self):
            part.close()
        super().close()
        self.__dict__.pop(
            "_repr_mimebundle_", None
        )  # which hides ours: a closed form is still read

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        live = self.comm is not None
        bundle = super()._repr_mimebundle_(**options) if live else {"text/plain": repr(self)}
        return {**bundle, "text/html": render.as_html(self.card()) + _WHEN}


def row(*parts: ipw.Widget) -> ipw.HBox:
    """Set *parts* side by side, and below each other where the page is narrow."""
    return ipw.HBox(parts, layout=ipw.Layout(**WRAPS))


def button(label: str, tooltip: str = "") -> ipw.Button:
    """Make a button as wide as its words."""
    return ipw.Button(description=label, tooltip=tooltip, layout=ipw.Layout(width="auto"))


def words(text: str, *, muted: bool = False) -> ipw.HTML:
    """Make a line of text; whatever it holds, it is escaped."""
    line = ipw.HTML(layout=ipw.Layout(margin="2px"))
    show(line, text, muted=muted)
    return line


def show(
    line: ipw.HTML, text: str, *, muted: bool = False, bold: bool = False, role: str = ""
) -> None:
    """Change what a line of `words` says; an empty one takes no room."""
    line.value = line_of(text, muted=muted, bold=bold, role=role)
    line.layout.display = None if text else "none"


def line_of(text: str, *, muted: bool = False, bold: bool = False, role: str = "") -> str:
    """
    Draw a line of text; whatever it holds, it is escaped.

    Args:
        role: ``"alert"`` or ``"status"`` for what a screen reader is to say when it appears.
    """
    look = f"{SMALL};" if muted else "font-weight:bold;" if bold else ""
    spoken = f' role="{role}"' if role else ""
    text = html.escape(lines.visible(text))
    return f'<div{spoken} style="{look}line-height:1.45;white-space:normal">{text}</div>'


def _parts(widget: ipw.Widget) -> Iterator[ipw.Widget]:
    """All models that *widget* is made of, but itself: children, and how each is laid out."""
    for value in widget.trait_values(sync=True).values():
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, ipw.Widget) and part.comm is not None:
                if not isinstance(part, Form):  # which closes what is its own
                    yield from _parts(part)
                yield part


def _take_the_place(form: Form) -> None:
    """Close the forms of this kind that an earlier run of the same cell has made."""
    cell, run = _cell()
    if not cell:
        return
    with _lock:
        last, forms = _made.get((cell, type(form)), ("", []))
        mine = [] if last != run else forms  # one run may make several
        _made[cell, type(form)] = run, [*mine, weakref.ref(form)]
    for old in (one() for one in forms if last != run):
        if old is not None:
            old.close()


def _cell() -> tuple[str, str]:
    """Which cell runs, and the message that runs it; nothing where that is not told."""
    kernel = getattr(get_ipython(), "kernel", None)
    message = kernel.get_parent() if kernel is not None else {}
    cell = (message.get("metadata") or {}).get("cellId")
    return (str(cell), str(message["header"]["msg_id"])) if cell else ("", "")
