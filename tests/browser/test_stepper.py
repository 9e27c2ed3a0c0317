"""The seven steps by buttons: in JupyterLab, in Voilà, and in what is left when it was saved."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import notebook_tools
from tests.browser import axe, hands
from tests.browser.conftest import STACKS, exported, lesson_of
from tests.browser.lab import HEIGHT, WIDTH, Lab, Notebook
from tests.browser.reading import overflowing

pytestmark = pytest.mark.browser

BEGIN, FORM, VALUES, ENDING, REFUSED, WITHOUT, WITH = range(7)  # places of cells
CELLS = (
    "import lpnb\nsandbox = lpnb.Sandbox(sharing=False)\nsession = lpnb.connect(sandbox)",
    "form = lpnb.GuideStepper(session, caption='By hand')\nform",
    "print(' '.join(form.value), form.problem)",
    # a URL that ends in three seconds
    "from dataclasses import replace\n"
    "url = replace(form.value['request_upload_url'], expires=int(session.now()) + 3)\n"
    "form._guide.results = {**form.value, 'request_upload_url': url}\n"
    "form._draw()",
    "where = {'type': 'ms.PublishEvent'}\n"
    "do = {'status': 400}\n"
    "sandbox.faults.add({'where': where, 'when': 'before', 'do': do, 'times': 1})",
    "lpnb.widgets._countdown.available = lambda: False",
    "lpnb.widgets._countdown.available = lambda: True",
)


class Strip:
    """The form in a page."""

    def __init__(self, place: Any) -> None:
        self.place = place
        self.page: Page = place.page

    def button(self, name: str) -> Any:
        """A button by the beginning of its name."""
        return self.place.get_by_role("button", name=name)

    def state(self, number: int) -> Any:
        """The button that says how a step stands."""
        return self.place.locator(".lpnb-step").nth(number - 1)

    def await_states(self, *states: str) -> None:
        """Wait until the first steps stand like this."""
        for number, state in enumerate(states, 1):
            expect(self.state(number)).to_contain_text(state)


@pytest.fixture(scope="module")
def opened(lab: Lab) -> Iterator[Notebook]:
    """A notebook with a session and a stepper."""
    with lab.opened(lesson_of(*CELLS), "stepper.ipynb") as notebook:
        yield notebook


@pytest.fixture
def strip(opened: Notebook) -> Strip:
    """The stepper on show, new and untouched."""
    assert opened.run(BEGIN)
    assert opened.run(FORM)
    strip = Strip(opened.outputs(FORM))
    strip.await_states(*["waiting"] * 7)
    return strip


def printed(notebook: Notebook) -> str:
    """What a cell below says of the results and the problem."""
    assert notebook.run(VALUES)
    return "".join(notebook.cells()[VALUES]["outputs"][0]["text"]).strip()


def test_all_by_mouse(opened: Notebook, strip: Strip, page: Page, tmp_path: Path) -> None:
    """One click takes all seven; the cards are in the saved file, and in the page made of it."""
    strip.button("Run all").click()
    strip.await_states(*["done"] * 7)
    expect(strip.place.get_by_text("the very bytes that were sent.").first).to_be_visible()
    expect(strip.place.get_by_text("Download the file from storage")).to_be_visible()
    strip.state(4).click()
    expect(strip.place.get_by_text("Upload the file to storage")).to_be_visible()
    expect(strip.place.get_by_text("Download the file from storage")).to_be_hidden()
    text = opened.save()
    outputs = notebook_tools.parsed(text).cells[FORM].outputs
    page.goto(exported(text, tmp_path))

    assert 7 == len(printed(opened).split())
    assert 2 == len(outputs)
    for kind in ("text/html", "text/plain"):
        assert "Download the file from storage" in outputs[1].data[kind]
    assert page.get_by_text("Upload the file to storage").is_visible()
    assert page.get_by_text("Step 7 · Download · ✓ done").is_visible()


def test_reopened(lab: Lab, opened: Notebook, strip: Strip) -> None:
    """Opened again where nothing is trusted, the cards read as before, and fold."""
    strip.button("Run all").click()
    strip.await_states(*["done"] * 7)
    saved = notebook_tools.parsed(opened.save())
    del saved.metadata["widgets"]  # which is not saved unless somebody asks for it
    with lab.opened(saved, "stepper-reopened.ipynb") as again:
        outputs = again.outputs(FORM)
        expect(outputs.get_by_text("run the cell again to have the buttons")).to_be_visible()
        expect(outputs.get_by_text("Download the file from storage")).to_be_visible()
        outputs.get_by_text("Step 5 · Publish · ✓ done").click()
        expect(outputs.get_by_text("Publish the file in the conversation")).to_be_visible()

        assert not again.trusted()


def test_by_keyboard(opened: Notebook, strip: Strip) -> None:
    """Enter, again and again, takes the steps; other keys are no commands to JupyterLab."""
    keyboard = strip.page.keyboard
    opened.panel.locator(".jp-Cell").nth(FORM).locator(".lpnb-step").first.focus()
    hands.tab_to(strip.button("Run step 1"))
    for key in ("x", "m", "ArrowDown"):  # cut the cell, make it text, go to the next one
        keyboard.press(key)
    for number in range(1, 8):
        keyboard.press("Enter")
        strip.await_states(*["done"] * number)
    expect(strip.button("All steps are done")).to_be_focused()
    strip.state(1).press("Space")
    expect(strip.place.get_by_text("Enable file sharing")).to_be_visible()

    assert 7 == len(printed(opened).split())


def test_time_runs_out(opened: Notebook, strip: Strip, screenshots: Path) -> None:
    """The time left counts down; at its end the strip says so, and a click brings a fresh URL."""
    for number in (1, 2, 3):
        strip.button(f"Run step {number}").click()
    timer = strip.place.get_by_role("timer")
    expect(timer).to_contain_text("The upload URL lasts 0:5")
    first = timer.inner_text()
    expect(timer).not_to_have_text(first)
    strip.place.first.screenshot(path=screenshots / "stepper-counting.png")
    assert opened.run(ENDING)
    expect(timer).to_contain_text("lasts 0:0")
    strip.await_states("done", "done", "expired", "waiting")
    expect(timer).to_contain_text("✗ The upload URL has expired")
    strip.place.first.screenshot(path=screenshots / "stepper-expired.png")
    strip.button("Ask for a fresh upload URL").click()
    strip.await_states("done", "done", "done", "waiting")
    expect(timer).to_contain_text("The upload URL lasts 0:5")
    strip.button("Run all").click()
    strip.await_states(*["done"] * 7)

    assert timer.is_hidden()


def test_without_anywidget(opened: Notebook, strip: Strip) -> None:
    """Where anywidget is missing, the end stands there, and is seen all the same."""
    assert opened.run(WITHOUT)
    try:
        assert opened.run(FORM)
        for number in (1, 2, 3):
            strip.button(f"Run step {number}").click()
        expect(strip.place.get_by_text("The upload URL lasts until")).to_be_visible()
        assert opened.run(ENDING)
        strip.await_states("done", "done", "expired", "waiting")
    finally:
        assert opened.run(WITH)


def test_a_refusal(opened: Notebook, strip: Strip) -> None:
    """What fails is an alert beside the buttons and has a card; the next click tries again."""
    assert opened.run(REFUSED)
    strip.button("Run all").click()
    strip.await_states(*["done"] * 4, "refused", "waiting", "waiting")
    expect(strip.place.get_by_role("alert")).to_contain_text("✗ step 5: ")
    expect(strip.place.get_by_text("publish_file did not work")).to_be_visible()
    assert "step 5: " in printed(opened)
    strip.button("Run step 5").click()
    strip.await_states(*["done"] * 5, "waiting")

    assert (
        0 == strip.place.get_by_role("alert").count()
        or strip.place.get_by_role("alert").is_hidden()
    )


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_for_everyone(
    lab: Lab, opened: Notebook, strip: Strip, screenshots: Path, theme: str
) -> None:
    """In both themes axe-core finds nothing wrong: before, between, after a refusal, at the end."""
    lab.use_theme(theme)
    found = {}
    try:
        assert opened.run(REFUSED)
        for state, button, states in (
            ("begin", "", ["waiting"] * 7),
            ("between", "Run step 1", ["done", "waiting"]),
            ("refused", "Run all", [*["done"] * 4, "refused"]),
            ("end", "Run all", ["done"] * 7),
        ):
            if button:
                strip.button(button).click()
            strip.await_states(*states)
            found[state] = axe.violations(opened.outputs(FORM))
            with opened.at_full_length():
                opened.outputs(FORM).first.screenshot(
                    path=screenshots / f"stepper-{state}-{theme.lower()}.png"
                )
                opened.outputs(FORM).last.screenshot(
                    path=screenshots / f"stepper-cards-{state}-{theme.lower()}.png"
                )
    finally:
        lab.use_theme("Light")

    assert {state: [] for state in found} == found


@pytest.mark.parametrize("width", [400, WIDTH // 2], ids=["narrow", "at 200 %"])
def test_in_little_room(opened: Notebook, strip: Strip, width: int) -> None:
    """In a narrow window, and at twice the size, nothing of the form needs scrolling sideways."""
    strip.button("Run step 1").click()
    strip.await_states("done", "waiting")
    opened.page.set_viewport_size({"width": width, "height": HEIGHT})
    try:
        assert [] == overflowing(strip.place.first)
    finally:
        opened.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})


@pytest.mark.parametrize("name", STACKS)
def test_wherever_people_run_notebooks(places: Any, screenshots: Path, name: str) -> None:
    """On each stack the cards come as the steps are taken, unfold, and are saved where that is."""
    with places(name).run(lesson_of(*CELLS[:2]), f"stepper-{name}.ipynb") as sheet:
        outputs = sheet.outputs(FORM)
        strip = Strip(outputs)
        strip.button("Run all").click()
        strip.await_states(*["done"] * 7)
        expect(outputs.get_by_text("Download the file from storage")).to_be_visible()
        strip.state(3).click()
        expect(outputs.get_by_text("Request an upload URL")).to_be_visible()
        sheet.page.screenshot(path=screenshots / f"stepper-{name}.png")
        if isinstance(sheet, Notebook):
            saved = notebook_tools.parsed(sheet.save()).cells[FORM].outputs[1]
            assert "Request an upload URL" in saved.data["text/html"]
