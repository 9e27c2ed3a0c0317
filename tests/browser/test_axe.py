"""axe-core finds nothing to mend in any form or card, in the light and in the dark."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser import axe, hands, journey
from tests.browser.conftest import STACKS, Lesson, lesson_of
from tests.browser.journey import Journey
from tests.browser.lab import Lab
from tests.browser.stacks import InLab, Stack
from tests.browser.test_lesson import ALL_VERDICTS, THEMES, fold

pytestmark = pytest.mark.browser

BAD = "<label>Name <input></label><input><a href='#'></a><p style='color:#ddd'>pale</p>"


@pytest.fixture(params=THEMES)
def theme(request: pytest.FixtureRequest, lab: Lab) -> str:
    """JupyterLab in one of its themes."""
    lab.use_theme(request.param)
    return str(request.param)


def test_axe_finds_what_is_wrong(lab: Lab) -> None:
    """A field without a label, a link without words and pale writing are found."""
    lab.use_theme("Light")
    with lab.opened(
        lesson_of(f"from IPython.display import HTML\nHTML({BAD!r})"), "bad.ipynb"
    ) as n:
        assert n.run_all()
        found = axe.violations(n.outputs(0))

    assert ["color-contrast", "label", "link-name"] == [one.split(":")[0] for one in found]


@pytest.mark.usefixtures("theme")
def test_cards(lesson: Lesson) -> None:
    """No card of the first lesson breaks a rule, folded out."""
    cards = [lesson.notebook.outputs(place) for place in lesson.cards()]
    for card in cards:
        fold(card, open=True)
    found = axe.violations(*cards)
    for card in cards:
        fold(card, open=False)

    assert len(cards) >= 12
    assert [] == found


@pytest.mark.usefixtures("theme")
def test_verdicts(lab: Lab) -> None:
    """No verdict, mode or meter of a card breaks a rule."""
    with lab.opened(lesson_of(ALL_VERDICTS), "verdicts.ipynb") as notebook:
        assert notebook.run_all()
        cards = notebook.outputs(0)

        assert cards.count() == 12
        assert [] == axe.violations(cards)


def states(begun: Journey, folder: Path) -> Iterator[str]:
    """Bring the forms into one state after the other, and name each."""
    yield "untouched"
    begun.account.get_by_role("checkbox", name="LIVE").check()
    yield "live"
    begun.account.get_by_role("button", name="Use this account").click()
    begun.account.get_by_text("✗").wait_for()
    yield "account refused"
    begun.account.get_by_role("checkbox", name="LIVE").uncheck()
    bad = folder / "note.png"
    bad.write_text("This is no picture.")
    hands.choose(begun.picker, bad)
    begun.picker.get_by_text("✗ 'note.png'").wait_for()
    yield "picture refused"
    for choice in ("a part of it", "another picture", "no preview"):
        begun.preview.get_by_role("radio", name=choice).check()
        yield choice
    begun.preview.get_by_role("radio", name="all of the picture").check()
    journey.by_mouse(begun, folder)
    yield "shared"


def test_forms(lab: Lab, theme: str, tmp_path: Path, screenshots: Path) -> None:
    """No form breaks a rule, in whatever state it is; pictures are kept of each."""
    folder = screenshots / f"forms-{theme.lower()}"
    shutil.rmtree(folder, ignore_errors=True)
    found = {}
    with journey.begun(InLab(lab), "axe.ipynb") as begun:
        forms = {
            "account": begun.account,
            "picker": begun.picker,
            "preview": begun.preview,
            "stepper": begun.stepper,
        }
        for state in states(begun, tmp_path):
            cards = begun.sheet.outputs(journey.CELLS.index(journey.STEPPER))
            found[state] = axe.violations(*forms.values(), cards)
            for name, form in forms.items():
                form.screenshot(path=folder / f"{state}-{name}.png")

    assert {state: [] for state in found} == found


@pytest.mark.parametrize("name", [name for name in STACKS if name != "lab"])
def test_forms_elsewhere(places: Callable[[str], Stack], name: str) -> None:
    """Nor does one on the other stacks."""
    with journey.begun(places(name), "axe.ipynb") as begun:
        found = axe.violations(begun.account, begun.picker, begun.preview, begun.stepper)

    assert [] == found
