"""The form that holds the picture to share, or several."""

from collections.abc import Sequence
from typing import Any, Generic, Literal, TypeVar, overload

import ipywidgets as ipw
import traitlets

from .. import render, samples
from ..card import Card
from ..errors import ImageRefused, InputError
from ..images import ImageFile
from . import _front
from ._form import Form, button, row, show
from ._listing import Listing
from ._mends import MendButtons, mended
from ._pictures import BEGIN, list_card, one_card, reasons
from ._sample_menu import SAMPLES, SampleMenu
from ._zone import zone

_V = TypeVar("_V")
_MOST_PICTURES = 100


class ImagePicker(Form, Generic[_V]):
    """
    Choose a picture; ``value`` is always an `ImageFile` that may be shared.

    It comes by button, drop or paste, from a path on the notebook's side, or is one of the samples.
    It begins with a sample. What is refused leaves ``value`` as it was, ``problem`` says why, and
    what can be mended is mended by a click. In code: ``fill(path=...)``, ``fill(content=...,
    name=...)`` or ``fill(sample=...)``, and ``submit()``.

    Args:
        value: the picture to begin with.
        multiple: take several; ``value`` is a tuple of them then, with one at least.
    """

    value: Any = traitlets.TraitType()

    @overload
    def __init__(
        self: "ImagePicker[ImageFile]",
        value: ImageFile | None = None,
        *,
        multiple: Literal[False] = False,
    ) -> None: ...

    @overload
    def __init__(
        self: "ImagePicker[tuple[ImageFile, ...]]",
        value: Sequence[ImageFile] | None = None,
        *,
        multiple: Literal[True],
    ) -> None: ...

    def __init__(self, value: Any = None, *, multiple: bool = False) -> None:
        self._multiple = multiple
        self._picked: tuple[ImageFile, ...] = ()  # refused ones too; none until somebody picks
        self._at = 0  # which of those on show is looked at
        self._stand_in: ImageFile | None = None  # the sample, until there is something better
        self._given: list[tuple[Any, str | None]] = []
        look = {
            "style": {"description_width": "6.5em"},
            "layout": ipw.Layout(width="26em", max_width="calc(100% - 4px)"),
        }
        self._path = ipw.Text(
            description="or its path",
            placeholder="pictures/receipt.jpg",
            continuous_update=False,
            **look,
        )
        self._list = None
        if multiple:
            self._list = Listing(self._on_look, self._on_remove, self._on_mend_all)
        self._look = ipw.HTML()
        self._mends = MendButtons(self._on_mend)
        super().__init__(**({} if value is None else {"value": value}))
        read = button("Read it", "read the file at that path")
        self.children = (
            *zone(self._on_files, self._on_seen, multiple=multiple),
            row(self._path, read),
            SampleMenu(self._on_sample, **look),
            self._problem,
            *([self._list] if self._list else []),
            self._look,
            self._mends,
        )
        self._path.observe(self._on_path, "value")
        read.on_click(self._on_path)
        self.observe(self._on_value, "value")
        if value is None and _front.available():
            self._look.value = render.as_html(BEGIN)  # the browser tells when it is looked at
        else:
            self._draw()

    def fill(
        self, *, path: Any = None, content: Any = None, name: str | None = None, sample: str = ""
    ) -> None:
        """
        Give the picture in code, as a hand would.

        Args:
            path: of the file; with ``multiple=True`` a list of them, too.
            content: the bytes, or whatever else `ImageFile.read` takes, and its *name*.
            sample: its name, such as ``"photo"`` or ``"too_large"``.
        """
        if (path is not None) + (content is not None) + bool(sample) != 1:
            raise InputError("give the picture's path, its content or a sample's name, one of them")
        if sample and sample not in SAMPLES:
            raise InputError(f"there is no sample {sample!r}: ask for {', '.join(SAMPLES)}")
        given = SAMPLES[sample]() if sample else content if path is None else path
        several = given if self._multiple and isinstance(given, list | tuple) else [given]
        with self._lock:
            self._given = [(one, name) for one in several]

    def submit(self) -> _V:
        """Take what was filled in; what the form holds then, new or as before."""
        with self._lock:
            given, self._given = self._given, []
            if given:
                self._take(*given)
            held: _V = self.value
            return held

    def card(self) -> Card:
        """What the form holds: a look, as the next cell shows all there is to know."""
        if not self._drawn:
            return BEGIN
        held = self._held()
        return list_card(held) if held[1:] else self._card_of(held[0])

    def __repr__(self) -> str:
        if not self._drawn:
            return "ImagePicker(a sample)"
        held = self._held()
        first, more = held[0], f" and {len(held) - 1} more" * bool(held[1:])
        return f"ImagePicker({first.name!r}, {first.type}, {first.size:,} bytes{more})"

    @property
    def _drawn(self) -> bool:
        """Whether there is a picture yet: drawing the sample takes longer than showing the form."""
        return bool(self.trait_has_value("value"))

    @traitlets.default("value")
    def _first(self) -> Any:
        self._stand_in = samples.default()
        return (self._stand_in,) if self._multiple else self._stand_in

    @traitlets.validate("value")
    def _valid(self, proposal: Any) -> Any:
        """Hold what may be shared, and nothing else."""
        wanted = proposal["value"]
        if not self._multiple:
            return ImageFile.read(wanted)
        held = tuple(map(ImageFile.read, wanted if isinstance(wanted, list | tuple) else [wanted]))
        if not 0 < len(held) <= _MOST_PICTURES:
            raise InputError(f"the form holds 1 to {_MOST_PICTURES} pictures, not {len(held)}")
        return held

    def _held(self) -> tuple[ImageFile, ...]:
        held: tuple[ImageFile, ...] = self.value if self._multiple else (self.value,)
        return held

    def _shown(self) -> tuple[ImageFile, ...]:
        return self._picked or self._held()

    def _take(self, *given: tuple[Any, str | None]) -> bool:
        """Look into what was given: what may be shared is held, the rest is shown with why not."""
        fresh: list[ImageFile] = []
        problems: list[str] = []
        for source, name in given:
            try:
                fresh.append(ImageFile.read(source, name=name, check=False))
            except InputError as error:
                problems.append(str(error))
        fresh = [*dict.fromkeys(fresh)]
        kept = [one for one in self._picked if one not in fresh] if self._multiple else []
        fresh, over = fresh[: _MOST_PICTURES - len(kept)], len(kept) + len(fresh) - _MOST_PICTURES
        if over > 0:
            problems.append(f"the form holds {_MOST_PICTURES} pictures at most: {over} left out")
        if any(one is self._stand_in for one in fresh):
            self._stand_in = None  # somebody wants it
        if fresh:
            looked_at = next(filter(reasons, fresh), fresh[-1])
            self._put([*kept, *fresh], looked_at)
        self._complain(problems, fresh)
        return not self.problem

    def _put(self, pictures: Sequence[ImageFile], looked_at: ImageFile) -> None:
        """Show *pictures*, and hold those that may be shared; if none may, what was held before."""
        good = [one for one in pictures if not reasons(one) and one is not self._stand_in]
        if good:
            self._picked = tuple(one for one in pictures if one is not self._stand_in)
            self.value = tuple(good) if self._multiple else good[-1]
        elif self._multiple:
            self._picked = (*self._held(), *(one for one in pictures if reasons(one)))
        else:
            self._picked = tuple(pictures)
        self._at = next(i for i, one in enumerate(self._picked) if one is looked_at)
        self._draw()

    def _complain(self, problems: Sequence[str], fresh: Sequence[ImageFile]) -> None:
        """Say what is wrong, at length in ``problem`` and in short where the card says it all."""
        refused = [one for one in fresh if reasons(one)]
        still = "" if self._multiple else f"; still {self._held()[0].name!r}"
        still *= bool(problems or refused)
        self.say("; ".join([*problems, *map(reasons, refused)]) + still)
        if refused:
            named = ", ".join(repr(one.name) for one in refused)
            told = "; ".join([*problems, f"{named} can't be shared, for what is told below"])
            show(self._problem, f"✗ {told}{still}", bold=True, role="alert")

    def _tell(self, what: str) -> None:
        """Say what takes its time; what came of it is said in the same place."""
        show(self._problem, what, muted=True, role="status")

    def _on_seen(self) -> None:
        with self._lock:
            self._draw()

    def _on_files(self, files: Sequence[Any]) -> None:
        with self._lock:
            self._take(*((file, None) for file in files))

    def _on_path(self, _: Any) -> None:
        with self._lock:
            path = self._path.value.strip()
            if path:
                self._tell("looking at it …")
                if self._take((path, None)):
                    self._path.value = ""

    def _on_sample(self, name: str) -> None:
        with self._lock:
            self._tell("drawing it …")
            self._take((SAMPLES[name](), None))

    def _on_look(self, at: int) -> None:
        with self._lock:
            self._at = at
            self._draw()

    def _on_remove(self) -> None:
        with self._lock:
            left = [one for i, one in enumerate(self._shown()) if i != self._at]
            if all(map(reasons, left)):
                self._complain(["the form holds one picture at least: choose another first"], [])
            else:
                self._put(left, left[min(self._at, len(left) - 1)])
                self._complain([], [])

    def _on_mend_all(self) -> None:
        with self._lock:
            self._mend("fixed", range(len(self._shown())))

    def _on_mend(self, name: str) -> None:
        with self._lock:
            if name == "leave":
                self._put(self._held(), self.value)
                self._complain([], [])
            else:
                self._mend(name, [self._at])
            self._mends.focus_after(name)

    def _mend(self, name: str, places: Sequence[int]) -> None:
        pictures, problems = list(self._shown()), []
        self._tell("mending it …")
        for i in places:
            try:
                pictures[i] = mended(pictures[i], name)
            except ImageRefused as refused:
                problems.append(str(refused))
        self._put(pictures, pictures[self._at])
        self._complain(problems, [] if problems else [pictures[i] for i in places])

    def _on_value(self, _: Any) -> None:
        """Show what was set by code; what was picked is shown already."""
        with self._lock:
            if self._held() != tuple(one for one in self._picked if not reasons(one)):
                self._picked, self._at, self._stand_in = self._held(), 0, None
                self._draw()

    def _draw(self) -> None:
        shown = self._shown()
        image = shown[self._at]
        self._look.value = render.as_html(self._card_of(image))
        self._mends.offer(image, leave=not self._multiple and bool(reasons(image)))
        if self._list:
            self._list.show(shown, self._at)

    def _card_of(self, image: ImageFile) -> Card:
        return one_card(image, used=any(image is one for one in self._held()))
