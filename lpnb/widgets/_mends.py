"""Below a form's picture: what mends it one click away, and the way back."""

from collections.abc import Callable, Iterator

import ipywidgets as ipw

from ..images import ImageFile
from ._form import WRAPS, button

# What a button says, by the method of `ImageFile` that it calls; the first does all of the others
_MENDS = {
    "fixed": "Mend all of it",
    "converted": "Convert it",
    "resized_to_fit": "Make it fit",
    "upright": "Turn it upright",
    "without_metadata": "Remove the metadata",
    "renamed": "Rename it",
}
_WAYS_BACK = {
    "undo": ("Undo", "the picture before"),
    "leave": ("Keep the one in use", "look at that again"),
}


class MendButtons(ipw.HBox):
    """
    A button for each mend that the findings about a picture name.

    Args:
        press: is called with the name of the mend, ``"undo"``, or ``"leave"`` to leave it be.
    """

    def __init__(self, press: Callable[[str], None]) -> None:
        self._press = press
        self._buttons: dict[str, ipw.Button] = {}  # made when needed: most pictures need none
        super().__init__(layout=ipw.Layout(**WRAPS))

    def offer(self, image: ImageFile, *, leave: bool) -> None:
        """Show those that *image* may need; *leave*: another one is in use."""
        back = {"undo": image.made_from is not None, "leave": leave}
        offered = {*mends(image), *(name for name, wanted in back.items() if wanted)}
        if offered and not self._buttons:
            self._buttons = dict(self._made())
            self.children = tuple(self._buttons.values())
        for name, one in self._buttons.items():
            one.layout.display = None if name in offered else "none"

    def _made(self) -> Iterator[tuple[str, ipw.Button]]:
        says = {name: (label, f"image.{name}()") for name, label in _MENDS.items()} | _WAYS_BACK
        for name, (label, tip) in says.items():
            one = button(label, tip)
            one.on_click(lambda _, name=name: self._press(name))
            yield name, one

    def focus_after(self, mend: str) -> None:
        """Lead the keyboard on from a button that is gone now."""
        shown = [name for name, one in self._buttons.items() if one.layout.display is None]
        if shown and mend not in shown:
            self._buttons[shown[-1]].focus()


def mends(image: ImageFile) -> tuple[str, ...]:
    """Name what mends *image*; all at once comes first, where there is more than one thing."""
    wanted = {each.mend for each in image.findings}
    named = tuple(name for name in _MENDS if name in wanted)
    return ("fixed", *named) if named[1:] else named


def mended(image: ImageFile, mend: str) -> ImageFile:
    """Do what a button is for; the picture itself if it needs no mending."""
    if mend == "undo":
        return image.made_from or image
    done: ImageFile = getattr(image, mend)() if mends(image) else image
    return done
