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
    image = samples.drawing()
    file = tmp_path / "keys.png"
    file.write_bytes(image.content)
    begun.account.get_by_role("checkbox").first.focus()
    button = begun.picker.get_by_role("button", name="Choose a picture")
    hands.tab_to(button)
    with begun.sheet.page.expect_file_chooser() as chooser:
        begun.sheet.page.keyboard.press("Enter")
    chooser.value.set_files(file)
    begun.await_picture(file.name)
    hands.tab_to(begun.steps.get_by_role("button", name="Run the seven steps"))
    begun.sheet.page.keyboard.press("Enter")
    told = begun.told(file.name)

    assert image.sha256 == told["sent"] == told["received"]


VOILA_ASKS = ("fontawesome-free@", "/mathjax/")  # for its own page, whatever is on it


def test_nothing_leaves_the_machine(begun: Journey) -> None:
    """No form asks any other machine for anything; Voilà itself asks for fonts and MathJax."""
    voila = "/voila/" in begun.sheet.page.url
    strangers = begun.chromium.strangers
    own = [url for url in strangers if voila and any(part in url for part in VOILA_ASKS)]

    assert own == strangers
