"""The main journey: a picture is picked, judged and previewed, and goes through all seven steps."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator

from lpnb import ImageFile, samples
from tests.browser import hands
from tests.browser.conftest import lesson_of
from tests.browser.lab import Chromium, Sheet
from tests.browser.stacks import Stack

BEGIN = """
import lpnb

sandbox = lpnb.Sandbox(sharing=False)
session = lpnb.connect(sandbox)
"""
ACCOUNT = "account = lpnb.AccountForm()\naccount"
PICKER = "picker = lpnb.ImagePicker()\npicker"
PREVIEW = "preview = lpnb.PreviewForm(picker)\npreview"
STEPPER = "stepper = lpnb.GuideStepper(session, preview)\nstepper"
# What the results are, as Voilà runs no cell again
TELL = """
import html, json
import ipywidgets

told = ipywidgets.HTML()

def tell(change):
    done = stepper.value
    if "download_file" in done:
        got = done["download_file"]
        message = sandbox.conversations[done["create_conversation"].id].messages[-1]
        told.value = html.escape(json.dumps({
            "name": picker.value.name, "sent": picker.value.sha256, "received": got.sha256,
            "caption": message.caption, "preview": bool(message.preview), "steps": [*done],
        }))

stepper.observe(tell, "value")
told
"""
RUN = "Run all that are left"
CELLS = (BEGIN, ACCOUNT, PICKER, PREVIEW, STEPPER, TELL)
WITHOUT_ANYWIDGET = "import sys\nsys.modules['anywidget'] = None"


@dataclass(frozen=True)
class Journey:
    """The forms of the journey, on show in some place."""

    sheet: Sheet
    chromium: Chromium

    bare: bool = False  # whether anywidget is hidden

    @property
    def account(self) -> Locator:
        """The form for the account."""
        return self._form(ACCOUNT)

    @property
    def picker(self) -> Locator:
        """The form for the picture."""
        return self._form(PICKER)

    @property
    def preview(self) -> Locator:
        """The form for preview and caption."""
        return self._form(PREVIEW)

    @property
    def stepper(self) -> Locator:
        """The form that takes the steps."""
        return self._form(STEPPER)

    def _form(self, cell: str) -> Locator:
        return self.sheet.outputs(self.bare + CELLS.index(cell)).first

    def await_picture(self, name: str) -> None:
        """Wait until the picture of that *name* is taken, judged and previewed."""
        self.picker.get_by_text(f"In use: {name}").wait_for()
        self.picker.locator('img[src^="data:image/"]').first.wait_for()
        self.preview.locator('img[src^="data:image/"]:visible').first.wait_for()

    def told(self, name: str) -> dict[str, Any]:
        """Wait for the end of the steps with the picture of that *name*; what came of them."""
        place = self._form(TELL).get_by_text(f'"name": "{name}"')
        place.wait_for()
        found: dict[str, Any] = json.loads(place.inner_text())
        return found


@contextmanager
def begun(stack: Stack, path: str, *more: str, bare: bool = False) -> Iterator[Journey]:
    """Show the forms on *stack*, as without anywidget if *bare*, with *more* cells below."""
    before = (WITHOUT_ANYWIDGET,) * bare
    with stack.run(lesson_of(*before, *CELLS, *more), path) as sheet:
        journey = Journey(sheet, stack.chromium, bare)
        journey.stepper.get_by_role("button", name=RUN).wait_for()
        yield journey


def planted(folder: Path, number: int) -> tuple[Path, ImageFile]:
    """Make a picture of that *number*, which nobody else has, in a file in *folder*."""
    image = samples.photo(200_000 + number, seed=number)
    file = folder / f"picture-{number}.jpg"
    file.write_bytes(image.content)
    return file, image


def by_mouse(journey: Journey, folder: Path, number: int = 0) -> None:
    """Go all the way with the mouse; it is an error if what comes back is not what went out."""
    file, image = planted(folder, number)
    hands.choose(journey.picker, file)
    journey.await_picture(file.name)
    journey.preview.get_by_label("caption", exact=True).fill(f"Number {number}")
    hands.press(journey.stepper, RUN)
    told = journey.told(file.name)

    assert image.sha256 == told["sent"] == told["received"]
    assert (f"Number {number}", True, 7) == (told["caption"], told["preview"], len(told["steps"]))
