"""The form that holds the picture to share."""

from dataclasses import replace
from typing import Any

import ipywidgets as ipw
import traitlets

from .. import render, samples
from ..card import Card
from ..errors import InputError
from ..images import ImageFile
from ._form import Form, row, words

_ACCEPT = "image/jpeg,image/png,image/gif,.jpg,.jpeg,.png,.gif"
_HELP = (
    "JPEG, PNG or GIF, up to 3 MB. The button takes a file from your computer; files over about "
    "10 MB never arrive that way, and nothing happens. A path is one on the notebook's side."
)


class ImagePicker(Form):
    """
    Choose a picture by button or by path; ``value`` is always an `ImageFile` that may be shared.

    It begins with a drawn sample. A picture that is refused leaves ``value`` as it was, and
    ``problem`` says why. In code: ``fill(path=...)`` or ``fill(content=..., name=...)``, and
    ``submit()``.
    """

    value = traitlets.Instance(ImageFile)

    def __init__(self, value: ImageFile | None = None) -> None:
        tooltip = "Choose a picture from your computer"
        self._upload = ipw.FileUpload(
            accept=_ACCEPT, multiple=False, description="Choose a picture", tooltip=tooltip
        )
        self._upload.layout.width = "auto"
        self._path = ipw.Text(
            description="or its path",
            placeholder="pictures/receipt.jpg, then Enter",
            continuous_update=False,
            style={"description_width": "initial"},
            layout=ipw.Layout(width="28em"),
        )
        self._shown = ipw.HTML()
        self._given: tuple[Any, str | None] | None = None
        super().__init__(value=samples.default() if value is None else value)
        fields = row(self._upload, self._path, self._problem)
        self.children = (fields, words(_HELP, muted=True), self._shown)
        self._upload.observe(self._on_upload, "value")
        self._path.observe(self._on_path, "value")
        self.observe(self._draw, "value")
        self._draw()

    def fill(self, *, path: Any = None, content: Any = None, name: str | None = None) -> None:
        """Give the picture in code, as a hand would: its *path*, or its *content* and *name*."""
        if (path is None) == (content is None):
            raise InputError("give the picture's path or its content, one of the two")
        with self._lock:
            self._given = (content if path is None else path, name)

    def submit(self) -> ImageFile:
        """Take what was filled in; the picture that the form holds then, new or as before."""
        with self._lock:
            given, self._given = self._given, None
            if given is not None:
                self._take(*given)
            return self._held()

    def card(self) -> Card:
        """The picture that the form holds: a look, as the next cell shows all there is to know."""
        image = self._held()
        card = image.card()
        return replace(
            card,
            title=f"In use: {image.name}",
            summary=f"{image.type}, {image.size:,} bytes; {card.summary}",
            facts=tuple(fact for fact in card.facts if not fact.value),
            pictures=card.pictures[:1],
            table=None,
        )

    def __repr__(self) -> str:
        image = self._held()
        return f"ImagePicker({image.name!r}, {image.type}, {image.size:,} bytes)"

    def _held(self) -> ImageFile:
        held: ImageFile = self.value
        return held

    def _take(self, source: Any, name: str | None) -> bool:
        problem = ""
        try:
            self.value = ImageFile.read(source, name=name)
        except InputError as refused:
            problem = f"{refused}; still {self._held().name!r}"
        self.say(problem)
        return not problem

    def _on_upload(self, change: Any) -> None:
        with self._lock:
            if files := change["new"]:
                self._upload.value = ()  # else all of the file stays in the widget's state
                self._take(files[0], None)

    def _on_path(self, change: Any) -> None:
        with self._lock:
            if change["new"].strip() and self._take(change["new"].strip(), None):
                self._path.value = ""

    def _draw(self, change: Any = None) -> None:
        self._shown.value = render.as_html(self.card())
