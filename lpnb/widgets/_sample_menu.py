"""A menu of samples, for who has no picture at hand or wants to see what is refused."""

import inspect
from collections.abc import Callable
from typing import Any

import ipywidgets as ipw

from .. import samples
from ..images import ImageFile
from ._form import WRAPS, button, show, words

_GOOD: dict[str, Callable[[], ImageFile]] = {
    "photo": samples.default,
    "drawing": samples.drawing,
    "phone": samples.phone,
}
SAMPLES: dict[str, Callable[[], ImageFile]] = {**_GOOD, **samples.ODD, **samples.BAD}


class SampleMenu(ipw.HBox):
    """
    Says of each sample what it is; only the button draws it, as one walks the menu by key.

    Args:
        draw: gets the name of the sample to draw.
    """

    def __init__(self, draw: Callable[[str], None], **look: Any) -> None:
        options = [(_called(name), name) for name in SAMPLES]
        self._menu = ipw.Dropdown(options=options, description="or a sample", **look)
        self._told = words("", muted=True)
        press = button("Draw it", "draw this sample")
        super().__init__((self._menu, press, self._told), layout=ipw.Layout(**WRAPS))
        press.on_click(lambda _: draw(self._menu.value))
        self._menu.observe(self._tell, "value")
        self._tell()

    def _tell(self, _: Any = None) -> None:
        told = (inspect.getdoc(SAMPLES[self._menu.value]) or "").partition("\n")[0]
        show(self._told, told.partition(", or ")[0].removesuffix("."), muted=True)


def _called(name: str) -> str:
    kind = "good" if name in _GOOD else "odd" if name in samples.ODD else "bad"
    return f"{kind}: {name.replace('_', ' ')}"
