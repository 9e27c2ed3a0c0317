"""The form that holds the small picture and the caption that are published with a file."""

import contextlib
from collections.abc import Iterator
from typing import Any

import ipywidgets as ipw
import traitlets

from .. import samples
from ..card import Card, Fact, Picture
from ..errors import ImageRefused, InputError
from ..images import ImageFile, Preview
from . import _agent_view as view
from ._crop import crop
from ._form import WIDE, Form, row, words
from .image_picker import ImagePicker

_CHOICES = {
    "all": "all of the picture",
    "part": "a part of it",
    "another": "another picture",
    "none": "no preview",
}
_COLOURS = ("white", "black", "#f1f3f4", "#2b2d31", "gray")
_GUESS = "As an agent's window may show it; how it really looks is our guess."
_SHOWN = 200  # pixels in the reading for pages without widgets


class PreviewForm(Form):
    """
    Choose what the agent sees beside a file: ``value`` is the `Preview` or None, ``caption`` words.

    It begins with all of the picture, and no caption. Where it was given a picker it follows it.
    In code: ``fill(caption=..., preview=...)``, where *preview* is "all", "part", "another" or
    "none", and ``submit()``.

    Args:
        image: an `ImagePicker` for one picture, or an `ImageFile`; None takes a drawn sample.
    """

    value = traitlets.Instance(Preview, allow_none=True)
    caption = traitlets.Unicode()
    _followed: Any = None  # the picker, until this is closed

    def __init__(self, image: Any = None, *, caption: str = "") -> None:
        self._source: Any = samples.default() if image is None else image
        if not isinstance(self.image, ImageFile):
            raise InputError("the preview is of one picture: give an ImagePicker for one, or it")
        self._busy = False
        self._cropped: ImageFile | None = None  # the picture that the fields for a part show
        self._clear: tuple[ImageFile | None, bool] = (None, False)
        self._choice = ipw.RadioButtons(
            options=[(label, name) for name, label in _CHOICES.items()],
            description="preview",
            tooltip="Choose what the agent sees",
            layout=ipw.Layout(width="auto"),
        )
        self._crop, self._other = crop(), ipw.VBox()
        layout = ipw.Layout(width="min(20em, 98%)", display="none")
        self._backdrop = ipw.Combobox(
            value="white", options=_COLOURS, description="backdrop", style=WIDE, layout=layout
        )
        self._caption = ipw.Textarea(
            placeholder="what the picture shows, in a few words",
            description="caption",
            rows=2,
            style=WIDE,
            layout=ipw.Layout(width="min(30em, 98%)"),
        )
        self._caption.add_class("lpnb-caption")
        self._seen, self._size, self._sent, self._count = (ipw.HTML() for _ in range(4))
        super().__init__(caption=caption)
        fields = (self._choice, self._crop, self._other, self._backdrop, self._caption)
        left = ipw.VBox((*fields, self._count, self._size, self._problem))
        right = ipw.VBox((self._seen, words(_GUESS, muted=True)))
        for part, width in ((left, "24em"), (right, "40em")):
            part.layout.flex, part.layout.min_width = f"1 1 {width}", "0"
        left.layout.padding = "0 12px 0 0"
        top = row(left, right)
        top.layout.align_items = "flex-start"
        self.children = (top, self._sent)
        traitlets.link((self, "caption"), (self._caption, "value"))
        self.observe(self._draw, "caption")
        self._crop.observe(self._update, "box")
        for field in (self._choice, self._backdrop):
            field.observe(self._update, "value")
        if self._source is not self.image:
            self._followed = self._source
            self._followed.observe(self._on_picture, "value")
        self._on_picture()

    @property
    def image(self) -> ImageFile:
        """The picture that is to be published."""
        image: ImageFile = getattr(self._source, "value", self._source)
        return image

    def fill(
        self,
        *,
        caption: str | None = None,
        preview: str | None = None,
        box: tuple[int, int, int, int] | None = None,
        picture: Any = None,
        backdrop: str | None = None,
    ) -> None:
        """
        Fill in by code, as a hand would; what is left out stays.

        Args:
            preview: "all", "part", "another" or "none"; *box* and *picture* say it as well.
            box: the part to show: left, top, right and bottom in pixels.
            picture: another one, as `ImageFile.read` takes it.
            backdrop: the colour behind what is transparent.
        """
        preview = "part" if box is not None else "another" if picture is not None else preview
        if preview is not None and preview not in _CHOICES:
            raise InputError(f"preview is one of {', '.join(_CHOICES)}, not {preview!r}")
        if not isinstance(caption, str | None):
            raise InputError("the caption is no text: put quotes around it")
        if picture is not None:
            other = ImageFile.read(picture)
            with self._lock:
                own = self._another()
            own.value = other  # not under our lock, as the picker has one, and then wants ours
        with self._lock, self._together():
            if preview is not None:
                self._choice.value = preview
            if box is not None:
                self._cropping().box = box
            if backdrop is not None:
                self._backdrop.value = backdrop
            if caption is not None:
                self.caption = caption

    def submit(self) -> Preview | None:
        """Give the preview that the form holds."""
        with self._lock:
            value: Preview | None = self.value
            return value

    def card(self) -> Card:
        """What the agent will see."""
        held = self.value
        facts = (held.meter("data URI", "all of the text counts"),) if held else ()
        said = self.caption.strip()
        shown = Picture(held.content, said or "the preview", "", _SHOWN) if held else None
        return Card(
            title=f"Preview of {self.image.name}" if held else f"No preview of {self.image.name}",
            facts=(Fact("caption", self.caption or "none"), *facts),
            pictures=(shown,) if shown else (),
        )

    def __repr__(self) -> str:
        held = self.value
        size = f"{held.width} x {held.height} pixels" if held else "no preview"
        return f"PreviewForm({self.image.name!r}, {size}, caption {self.caption!r})"

    def close(self) -> None:
        """Follow the picker no longer, and close what is inside."""
        followed, self._followed = self._followed, None
        if followed is not None:
            followed.unobserve(self._on_picture, "value")
        super().close()

    def _on_picture(self, change: Any = None) -> None:
        with self._lock, self._together():
            if self._choice.value != "none":  # a part, or another picture, was for the last one
                self._choice.value = "all"
            if self.problem:  # of a colour that is none, maybe
                self._backdrop.value = _COLOURS[0]

    @contextlib.contextmanager
    def _together(self) -> Iterator[None]:
        """Change several fields, and then look at them once."""
        self._busy = True
        try:
            yield
        finally:
            self._busy = False
        self._update()

    def _cropping(self) -> Any:
        """Give the fields for a part of the picture, which draw it when they are first needed."""
        if self._cropped is not self.image:
            self._cropped = self.image
            self._crop.show(self.image)
        return self._crop

    def _another(self) -> ImagePicker[ImageFile]:
        """Give the picker for a picture of the preview's own, made when it is first asked for."""
        if not self._other.children:
            picker = ImagePicker(self.image)
            picker.observe(self._update, "value")
            self._other.children = (picker,)
        found: ImagePicker[ImageFile] = self._other.children[0]
        return found

    def _update(self, change: Any = None) -> None:
        """Make the preview as the fields say; what can't be made leaves it as it was."""
        with self._lock:
            if self._busy:
                return
            choice, problem = self._choice.value, ""
            shown = self._another().value if choice == "another" else self.image
            for field, there in (
                (self._crop, choice == "part"),
                (self._other, choice == "another"),
                (self._backdrop, choice != "none" and self._is_clear(shown)),
            ):
                field.layout.display = None if there else "none"
            try:
                box = tuple(self._cropping().box) if choice == "part" else None
                backdrop = self._backdrop.value.strip()
                made = None if choice == "none" else shown.preview(box=box, backdrop=backdrop)
                self.value = made
            except ImageRefused as refused:
                self.value, problem = None, f"{refused}; so there is no preview"
            except InputError as refused:
                problem = f"{refused}; still as before"
            self.say(problem)
            self._draw()

    def _is_clear(self, image: ImageFile) -> bool:
        """Whether it matters what is behind *image*."""
        if self._clear[0] is not image:
            clear = False
            if image.type != "JPEG" and image.pixels:
                clear = image.preview() != image.preview(backdrop="black")
            self._clear = image, clear
        return self._clear[1]

    def _draw(self, change: Any = None) -> None:
        with self._lock:
            held, words = self.value, self.caption
            self._seen.value = view.bubbles(held, words)
            self._size.value = view.meter(held)
            self._count.value = view.counted(words)
            self._sent.value = view.sent(held, words, self.image.type)
