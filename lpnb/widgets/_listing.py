"""Above the picture looked at, where a form holds several: all of them, to choose from."""

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as ipw

from .. import render
from ..images import ImageFile
from ._form import button, row
from ._mends import mends
from ._pictures import list_card, listed


class Listing(ipw.VBox):
    """
    Lists pictures, and lets one of them be looked at or removed, and all be mended.

    Args:
        look: is called with the place of the picture to look at.
        remove: takes off the one that is looked at; *mend* mends all.
    """

    def __init__(
        self, look: Callable[[int], None], remove: Callable[[], None], mend: Callable[[], None]
    ) -> None:
        self._look, self._showing = look, False
        self._table = ipw.HTML()
        self._which = ipw.Dropdown(
            description="look at",
            style={"description_width": "initial"},
            layout=ipw.Layout(width="26em", max_width="calc(100% - 4px)"),
        )
        take_off = button("Remove it", "take this picture off the list")
        self._mend = button("Mend all pictures", "image.fixed(), for each that needs it")
        self._which.observe(self._on_which, "value")
        take_off.on_click(lambda _: remove())
        self._mend.on_click(lambda _: mend())
        super().__init__((self._table, row(self._which, take_off, self._mend)))

    def show(self, images: Sequence[ImageFile], at: int) -> None:
        """List *images*, of which the one at *at* is looked at; a single one needs no list."""
        self._showing = True  # only a hand's choice counts
        self._which.options = [(listed(i, one), i) for i, one in enumerate(images)]
        self._which.value = at
        self._showing = False
        self._table.value = render.as_html(list_card(images))
        self.layout.display = None if images[1:] else "none"
        self._mend.layout.display = None if any(map(mends, images)) else "none"

    def _on_which(self, change: Any) -> None:
        if not self._showing:
            self._look(change["new"])
