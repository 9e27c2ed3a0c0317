"""Fields for a part of a picture: over the picture where anywidget is, numbers where it is not."""

import functools
from typing import Any

import ipywidgets as ipw
import traitlets

from ..images import ImageFile, thumbnail
from ._form import WIDE, row, words
from ._front import available, script, style

Box = tuple[int, int, int, int]
_SIDES = ("left", "top", "right", "bottom")
_SIDE = 320  # pixels of the picture to choose on


class NumberCrop(ipw.VBox):
    """Four numbers; ``box`` is in pixels of the picture upright."""

    box = traitlets.Tuple()

    def __init__(self) -> None:
        layout = ipw.Layout(width="15em")
        fields = [
            ipw.BoundedIntText(description=side, style=WIDE, layout=layout) for side in _SIDES
        ]
        super().__init__((words("The part to show, in pixels"), row(*fields)))
        self._fields, self._drawing = fields, False
        for field in fields:
            field.observe(self._read, "value")
        self.observe(self._draw, "box")

    def show(self, image: ImageFile) -> None:
        """Offer all of *image*."""
        width, height = image.pixels or (1, 1)
        self._drawing = True
        for field, most in zip(self._fields, (width, height) * 2, strict=True):
            field.max = most
        self._drawing = False
        self.box = (0, 0, width, height)

    def _read(self, change: Any) -> None:
        if not self._drawing:
            self.box = tuple(field.value for field in self._fields)

    def _draw(self, change: Any) -> None:
        self._drawing = True
        for field, value in zip(self._fields, self.box, strict=True):
            field.value = value
        self._drawing = False


def crop() -> Any:
    """Make the fields: they have ``box``, and ``show(image)``."""
    return _sliders()() if available() else NumberCrop()


@functools.cache
def _sliders() -> Any:
    import anywidget

    class Crop(anywidget.AnyWidget):
        """Sliders, and a drag over the picture; ``box`` is in pixels of the picture upright."""

        _esm, _css = script("crop"), style("crop")
        picture = traitlets.Unicode().tag(sync=True)
        pixels = traitlets.List([1, 1]).tag(sync=True)
        box = traitlets.List([0, 0, 1, 1]).tag(sync=True)

        def show(self, image: ImageFile) -> None:
            """Offer all of *image*."""
            drawn = thumbnail(image.content, _SIDE)
            with self.hold_sync():
                self.pixels = list(image.pixels or (1, 1))
                self.picture = drawn[0] if drawn else ""
                self.box = [0, 0, *self.pixels]

    return Crop
