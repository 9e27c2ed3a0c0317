"""The form for preview and caption, used by hand in JupyterLab."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from lpnb import samples
from tests import notebook_tools
from tests.browser import axe
from tests.browser.conftest import STACKS, lesson_of
from tests.browser.lab import HEIGHT, WIDTH, Lab, Notebook
from tests.browser.reading import contrasts, overflowing

pytestmark = pytest.mark.browser

FORM, VALUES, OTHER, WITHOUT, WITH = range(1, 6)  # places of cells
CHOICES = ("all of the picture", "a part of it", "another picture", "no preview")
ALL = [0, 0, 535, 560]
SHOW_VALUES = """
import json
held = form.value
print(json.dumps([list(form._crop.box), held and [held.width, held.height], form.caption]))
"""


@pytest.fixture(scope="module")
def opened(lab: Lab) -> Iterator[Notebook]:
    """A notebook with a picker that isn't shown, and the form that follows it."""
    cells = (
        "import lpnb\npicker = lpnb.ImagePicker(lpnb.samples.drawing())",
        "form = lpnb.PreviewForm(picker)\nform",
        SHOW_VALUES,
        "picker.value = lpnb.samples.photo(3_000_000, seed=2)",
        "lpnb.widgets._crop.available = lambda: False",
        "lpnb.widgets._crop.available = lambda: True",
    )
    with lab.opened(lesson_of(*cells), "preview.ipynb") as notebook:
        yield notebook


@pytest.fixture
def form(opened: Notebook) -> Any:
    """The form on show, new and untouched, for a picture that is clear in parts."""
    assert opened.run(0)
    assert opened.run(FORM)
    form = opened.outputs(FORM)
    form.get_by_role("radio", name=CHOICES[0]).wait_for()
    return form


def values(notebook: Notebook) -> Any:
    """What a cell below gets: the box, the preview's pixels, the caption."""
    assert notebook.run(VALUES)
    return json.loads("".join(notebook.cells()[VALUES]["outputs"][0]["text"]))


def choose(form: Any, choice: str) -> None:
    form.get_by_role("radio", name=choice).click()


def test_a_part_chosen_by_mouse(opened: Notebook, form: Any, screenshots: Path) -> None:
    """A drag over the picture chooses the part of it that becomes the preview; a click, none."""
    choose(form, CHOICES[1])
    frame = form.locator(".lpnb-crop-frame")
    expect(frame.locator("img")).to_have_js_property("naturalHeight", 320)
    frame.scroll_into_view_if_needed()
    place, mouse = frame.bounding_box(), opened.page.mouse
    mouse.move(place["x"] + 0.25 * place["width"], place["y"] + 0.5 * place["height"])
    mouse.down()
    mouse.move(place["x"] + 0.75 * place["width"], place["y"] + 0.75 * place["height"])
    mouse.up()
    form.get_by_text("(JPEG, 2").wait_for()
    mouse.click(place["x"] + 5, place["y"] + 5)
    form.screenshot(path=screenshots / "form-preview-mouse.png")
    box, pixels, _ = values(opened)

    assert [pytest.approx(one, abs=3) for one in (134, 280, 401, 420)] == box
    assert [box[2] - box[0], box[3] - box[1]] == pixels


def test_a_part_chosen_by_keyboard(opened: Notebook, form: Any) -> None:
    """With keys alone: arrows choose, sliders stop at their opposites, a button takes all again."""
    keyboard = opened.page.keyboard
    form.get_by_role("radio", name=CHOICES[0]).focus()
    keyboard.press("Tab")
    keyboard.press("Space")
    left, right = (form.get_by_label(side, exact=True) for side in ("left", "right"))
    expect(left).to_have_attribute("aria-valuetext", "0 of 535 pixels")
    for _ in CHOICES[1:]:  # ipywidgets makes a stop of each
        keyboard.press("Tab")
    assert left.evaluate("(one) => one === document.activeElement")
    keyboard.press("End")
    form.get_by_text(", 1 x 560 pixels)").wait_for()

    assert [534, 0, 535, 560] == values(opened)[0]
    right.press("Home")
    assert [534, 0, 535, 560] == values(opened)[0]
    assert "535 of 535 pixels" == right.get_attribute("aria-valuetext")
    form.get_by_role("button", name="All of it").press("Enter")
    form.get_by_text("535 x 560").wait_for()
    assert [ALL, [535, 560]] == values(opened)[:2]


def test_a_part_without_anywidget(opened: Notebook, screenshots: Path) -> None:
    """Where anywidget is missing, four numbers do."""
    assert opened.run(0)
    assert opened.run(WITHOUT)
    try:
        assert opened.run(FORM)
        form = opened.outputs(FORM)
        choose(form, CHOICES[1])
        field = form.get_by_label("right", exact=True)
        expect(field).to_have_value("535")
        field.fill("200")
        opened.page.keyboard.press("Tab")
        form.get_by_text("200 x 560").wait_for()
        form.screenshot(path=screenshots / "form-preview-numbers.png")
        assert [] == axe.violations(form)
        assert [[0, 0, 200, 560], [200, 560], ""] == values(opened)
    finally:
        assert opened.run(WITH)


def test_captions_counted_as_one_types(opened: Notebook, form: Any) -> None:
    """The count, the bubbles and the message follow each letter; Hebrew begins at the right."""
    field = form.get_by_label("caption", exact=True)
    field.press_sequentially("My parcel")
    form.get_by_text("9 characters. The documentation names no limit").wait_for()
    in_bubbles = form.locator("figure").get_by_text("My parcel").count()
    in_message = form.locator("pre").inner_text()
    field.fill("החבילה שלי, 5 ק״ג")
    form.get_by_text("17 characters.").wait_for()

    assert 2 == in_bubbles
    assert '"caption": "My parcel",' in in_message
    assert "plaintext" == field.evaluate("(one) => getComputedStyle(one).unicodeBidi")
    for bubble in form.locator("figure div[dir=auto]").all():
        assert "rtl" == bubble.evaluate("(one) => getComputedStyle(one).direction")


def test_the_next_picture(opened: Notebook, form: Any) -> None:
    """The form follows the picker, and of the picture nothing is saved but what is drawn small."""
    choose(form, CHOICES[1])
    form.get_by_label("left", exact=True).wait_for()
    assert opened.run(OTHER)
    form.get_by_text('"fileType": "JPEG"').wait_for()
    choose(form, CHOICES[1])
    text = opened.save()

    assert form.get_by_label("backdrop", exact=True).is_hidden()
    image = samples.photo(3_000_000, seed=2)
    assert [0, 0, *(image.pixels or ())] == values(opened)[0]
    assert [] == notebook_tools.picture_windows(text, image.content)


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_for_everyone(lab: Lab, opened: Notebook, form: Any, screenshots: Path, theme: str) -> None:
    """In both themes axe-core finds nothing wrong with any choice, and all texts can be read."""
    lab.use_theme(theme)
    try:
        form.get_by_label("caption", exact=True).fill("My parcel, with the label in front")
        for choice in CHOICES:
            choose(form, choice)
            name = f"form-preview-{choice.split()[0]}-{theme.lower()}.png"
            with opened.at_full_length():
                form.screenshot(path=screenshots / name)
            assert [] == axe.violations(form)
            pale = [row for row in contrasts(form) if row[0] != "style" and row[2] < 4.5]
            assert [] == pale
    finally:
        lab.use_theme("Light")


@pytest.mark.parametrize("width", [400, WIDTH // 2], ids=["narrow", "at 200 %"])
def test_in_little_room(opened: Notebook, form: Any, screenshots: Path, width: int) -> None:
    """In a narrow window, and at twice the size, nothing is cut off or needs scrolling sideways."""
    choose(form, CHOICES[1])
    opened.page.set_viewport_size({"width": width, "height": HEIGHT})
    try:
        form.locator("pre").scroll_into_view_if_needed()
        form.screenshot(path=screenshots / f"form-preview-{width}.png")
        assert [] == [row for row in overflowing(form) if row[0] != "textarea"]
    finally:
        opened.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})


@pytest.mark.parametrize("name", [name for name in STACKS if name != "lab"])
def test_wherever_people_run_notebooks(places: Any, screenshots: Path, name: str) -> None:
    """On each other stack a part is chosen, and what is typed shows beside it."""
    cells = "import lpnb", "lpnb.PreviewForm(lpnb.samples.drawing())"
    with places(name).run(lesson_of(*cells), f"preview-{name}.ipynb") as sheet:
        form = sheet.outputs(FORM)
        choose(form, CHOICES[1])
        left = form.get_by_label("left", exact=True)
        expect(left).to_have_attribute("aria-valuetext", "0 of 535 pixels")
        left.press("End")
        form.get_by_text(", 1 x 560 pixels)").wait_for()
        form.get_by_label("caption", exact=True).fill("My parcel")
        expect(form.locator("figure").get_by_text("My parcel")).to_have_count(2)
        sheet.page.screenshot(path=screenshots / f"form-preview-{name}.png")
