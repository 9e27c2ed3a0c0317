"""A field for one secret, which goes straight into a covered object and is blanked."""

from collections.abc import Callable
from functools import cache
from typing import Any

import ipywidgets as ipw
import traitlets

from ..secret import Secret
from . import _front
from ._form import WIDE, WRAPS, show, words
from ._sources import Rules

WIDTH, WIDEST = "31em", "calc(100% - 4px)"  # of a field, which has margins


def secret_field(label: str, rules: Rules, take: Callable[[Secret], None]) -> Any:
    """
    Make a field that gives to *take* what is typed, and shows its ``note`` beside it.

    Where anywidget is, the secret goes by a message, and no model ever holds it. Else it is
    ipywidgets' own field, whose model holds it until the kernel blanks it at once.

    Args:
        rules: what to say while somebody types: regular expressions and sentences.
    """
    make: Any = _typed() if _front.available() else _Password
    field = make(label=label, rules=[list(rule) for rule in rules])
    field.take = lambda value: take(Secret(value, label))
    return field


class _Password(ipw.HBox):
    """The field where there is no anywidget; it can check only what it has taken."""

    note = traitlets.Unicode()

    def __init__(self, *, label: str, rules: object) -> None:
        self.take: Callable[[str], None]
        layout = ipw.Layout(width=WIDTH, max_width=WIDEST)
        self._input = ipw.Password(
            description=label, continuous_update=False, style=WIDE, layout=layout
        )
        self._said = words("")
        super().__init__((self._input, self._said), layout=ipw.Layout(**WRAPS))
        self._input.observe(self._on_value, "value")
        self.observe(lambda _: show(self._said, self.note, muted=True, role="status"), "note")

    def _on_value(self, change: Any) -> None:
        if value := change["new"]:
            self._input.value = ""
            self.take(value)


@cache
def _typed() -> type:
    """Make the class of the field where there is anywidget, which is loaded for it only."""
    import anywidget

    class SecretField(anywidget.AnyWidget):
        _esm = _front.script("secret")
        _css = _front.style("secret")
        label = traitlets.Unicode().tag(sync=True)
        rules: Any = traitlets.List().tag(sync=True)
        note = traitlets.Unicode().tag(sync=True)

        def __init__(self, **options: Any) -> None:
            self.take: Callable[[str], None]
            super().__init__(**options)
            self.on_msg(self._on_secret)

        def _on_secret(self, widget: object, content: Any, buffers: object) -> None:
            value = content.pop("secret", None) if isinstance(content, dict) else None
            if value and isinstance(value, str):
                self.take(value)
                self.send({})  # says that it was

    return SecretField
