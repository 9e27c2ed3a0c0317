"""The main journey on every stack, with mouse and keyboard."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lpnb import samples
from tests.browser import hands, journey
from tests.browser.conftest import STACKS
from tests.browser.journey import Journey
from tests.browser.stacks import Stack

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", params=STACKS)
def begun(request: pytest.FixtureRequest, places: Callable[[str], Stack]) -> Iterator[Journey]:
    """The forms of the journey, untouched, on one stack after the other."""
    with journey.begun(places(request.param), "journey.ipynb") as one:
        yield one


def test_by_mouse(begun: Journey, tmp_path: Path) -> None:
    """A picture chosen with the mouse is judged, previewed, shared, and comes back the same."""
    journey.by_mouse(begun, tmp_path)


def test_by_keyboard(begun: Journey, tmp_path: Path) -> None:
    """The same goes without a mouse."""
    by_keyboard(begun, tmp_path, 1)


def test_dropped(begun: Journey, tmp_path: Path) -> None:
    """A picture dragged here from a folder of the system is taken."""
    file, image = journey.planted(tmp_path, 2)
    hands.drop(begun.picker.locator(".lpnb-drop"), file)
    begun.await_picture(file.name)
    hands.press(begun.stepper, journey.RUN)
    told = begun.told(file.name)

    assert image.sha256 == told["sent"] == told["received"]


def test_pasted(begun: Journey) -> None:
    """A picture that another program copied is taken from the clipboard."""
    hands.paste(hands.chooser(begun.picker), samples.drawing().content)
    begun.await_picture("pasted-1.png")
    hands.press(begun.stepper, journey.RUN)
    told = begun.told("pasted-1.png")

    assert told["sent"] == told["received"]


def test_without_anywidget(places: Callable[[str], Stack], tmp_path: Path) -> None:
    """Where anywidget is not installed, mouse and keyboard lead as far."""
    with journey.begun(places("binder"), "bare.ipynb", bare=True) as begun:
        assert 0 == begun.picker.locator(".lpnb-drop").count()
        journey.by_mouse(begun, tmp_path)
        by_keyboard(begun, tmp_path, 1)


def by_keyboard(begun: Journey, folder: Path, number: int) -> None:
    """Go from the first field of the first form to the end without a mouse."""
    file, image = journey.planted(folder, number)
    page = begun.sheet.page
    begun.account.get_by_role("checkbox").first.focus()
    hands.tab_to(hands.chooser(begun.picker))
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(file)
    begun.await_picture(file.name)
    hands.tab_to(begun.preview.get_by_label("caption", exact=True))
    page.keyboard.press("Control+a")
    page.keyboard.type("By keys")
    # ipywidgets holds letters back until the kernel has answered to those before
    begun.preview.get_by_text("7 characters").wait_for()
    hands.tab_to(begun.stepper.get_by_role("button", name=journey.RUN))
    page.keyboard.press("Enter")
    told = begun.told(file.name)

    assert image.sha256 == told["sent"] == told["received"]
    assert "By keys" == told["caption"]


VOILA_ASKS = ("fontawesome-free@", "/mathjax/")  # for its own page, whatever is on it


def test_nothing_leaves_the_machine(begun: Journey) -> None:
    """No form asks any other machine for anything; Voilà itself asks for fonts and MathJax."""
    voila = "/voila/" in begun.sheet.page.url
    strangers = begun.chromium.strangers
    own = [url for url in strangers if voila and any(part in url for part in VOILA_ASKS)]

    assert own == strangers
