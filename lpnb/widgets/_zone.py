"""How a file comes from the user's computer, and what may come."""

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as ipw

from ..images import LIMITS
from . import _front
from ._form import row, words

MOST = 32_000_000  # bytes of a file; of a larger photo the inside isn't looked into either
_TYPES = [kind for kind, _ in LIMITS.types]
_MENDABLE = ("WEBP", "BMP", "TIFF", "AVIF")
_ACCEPT = ",".join(f"image/{kind.lower()}" for kind in (*_TYPES, *_MENDABLE))
_ABOUT = (
    f"It takes {', '.join(_TYPES[:-1])} and {_TYPES[-1]} of up to {LIMITS.size / 1e6:g} MB. "
    f"A larger one, up to {MOST / 1e6:g} MB, or {', '.join(_MENDABLE[:-1])} or {_MENDABLE[-1]}, "
    "can be made fit here by a click."
)
_VANISHES = (
    "Files over about 10 MB never arrive by the button, and nothing happens: give their path."
)


def zone(
    take: Callable[[Sequence[Any]], None], seen: Callable[[], None], *, multiple: bool
) -> tuple[ipw.Widget, ...]:
    """
    Make the field for files: ours, or where anywidget is not installed, ipywidgets' own.

    Args:
        take: gets the files that came, as mappings with name, type and content.
        seen: is called when our field is on somebody's page.
    """
    if _front.available():
        from ._drop import DropZone

        options = {"accept": _ACCEPT, "multiple": multiple, "most": MOST, "about": _ABOUT}
        return (DropZone(lambda file: take([file]), seen, **options),)

    def taken(change: Any) -> None:
        if files := change["new"]:
            upload.value = ()  # else all of the file stays in the widget's state
            take(files)

    upload = ipw.FileUpload(
        accept=_ACCEPT,
        multiple=multiple,
        description="Choose pictures" if multiple else "Choose a picture",
        tooltip="Choose from your computer",
        layout=ipw.Layout(width="auto"),
    )
    upload.observe(taken, "value")
    return row(upload), words(f"{_ABOUT} {_VANISHES}", muted=True)
