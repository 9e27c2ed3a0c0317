"""The picker used by hand: choice, drop and paste, slow links, mends, and no trace of what came."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from lpnb import samples
from lpnb.images import ImageFile
from lpnb.widgets._sample_menu import SAMPLES
from tests import notebook_tools
from tests.browser import axe, hands
from tests.browser.conftest import lesson_of
from tests.browser.lab import HEIGHT, WIDTH, Lab, Notebook
from tests.browser.reading import contrasts, overflowing
from tests.browser.test_lesson import THEMES, unreadable

pytestmark = pytest.mark.browser

PICKER, SEVERAL, FALLBACK, VALUES, BUSY = 1, 2, 3, 4, 5  # places of cells
CELLS = (
    "import lpnb\nfrom pathlib import Path\nfrom time import sleep",
    "picker = lpnb.ImagePicker()\npicker",
    "several = lpnb.ImagePicker(multiple=True)\nseveral",
    "from lpnb.widgets import _front\nthere, _front.available = _front.available, lambda: False\n"
    "plain = lpnb.ImagePicker()\n_front.available = there\nplain",
    "for form in (picker.value, *several.value, plain.value): print(form.name, form.sha256)",
    "while not Path('go').exists(): sleep(0.02)",
)
HOSTILE = "<img src=x onerror=window.__pwned=1>.jpg"
RIGHT_TO_LEFT = "صورة.jpg"


@pytest.fixture(scope="module")
def opened(lab: Lab) -> Iterator[Notebook]:
    """A notebook with the three pickers."""
    with lab.opened(lesson_of(*CELLS), "pickers.ipynb") as notebook:
        yield notebook


@pytest.fixture
def notebook(opened: Notebook) -> Notebook:
    """The same, with all forms new and untouched."""
    for place in (0, PICKER, SEVERAL, FALLBACK):
        assert opened.run(place)
    opened.outputs(PICKER).get_by_text("In use: parcel.jpg").wait_for()
    return opened


@pytest.fixture
def form(notebook: Notebook) -> Locator:
    """The picker of one picture."""
    return notebook.outputs(PICKER)


@pytest.fixture
def several(notebook: Notebook) -> Locator:
    """The picker of several."""
    return notebook.outputs(SEVERAL)


def written(folder: Path, image: ImageFile, name: str = "") -> Path:
    """Put *image* into a file."""
    file = folder / (name or image.name)
    file.write_bytes(image.content)
    return file


def values(notebook: Notebook) -> list[list[str]]:
    """What a cell below gets: name and SHA-256 of each picture of the three forms."""
    assert notebook.run(VALUES)
    lines = "".join(notebook.cells()[VALUES]["outputs"][0]["text"]).splitlines()
    return [line.rsplit(" ", 1) for line in lines]


def field(form: Locator) -> Locator:
    """Where files are chosen, dropped and pasted."""
    return form.get_by_label("Choose a picture")


def zone(form: Locator) -> Locator:
    return form.locator(".lpnb-drop")


def status(form: Locator) -> Locator:
    """What the field says of the file that came last."""
    return zone(form).get_by_role("status")


def test_chosen_twice(notebook: Notebook, form: Locator, tmp_path: Path) -> None:
    """A file is taken, and after another picture the same file is taken again."""
    file = written(tmp_path, image := samples.photo(700_000, seed=3), "mine.jpg")
    for _ in range(2):
        hands.choose(form, file)
        form.get_by_text("In use: mine.jpg").wait_for()
        assert "" == field(form).input_value()  # else the system's dialog would change nothing
        assert ["mine.jpg", image.sha256] == values(notebook)[0]
        hands.press(form, "Draw it")
        form.get_by_text("In use: parcel.jpg").wait_for()


def test_dropped(notebook: Notebook, form: Locator, tmp_path: Path) -> None:
    """A file that is dropped on the field is taken; two are refused there, with the reason."""
    file = written(tmp_path, image := samples.photo(90_000, seed=4), "dropped.jpg")
    hands.drop(zone(form), file, written(tmp_path, samples.drawing()))
    expect(status(form)).to_have_text(
        "✗ 2 files were dropped, and this form takes one: choose one."
    )
    hands.drop(zone(form), file)
    form.get_by_text("In use: dropped.jpg").wait_for()

    assert ["dropped.jpg", image.sha256] == values(notebook)[0]


def test_pasted(notebook: Notebook, form: Locator) -> None:
    """After a click into the field a picture is pasted by key; the notebook is left alone."""
    cells = len(notebook.cells())
    zone(form).click(position={"x": 5, "y": 5})
    expect(field(form)).to_be_focused()
    hands.paste(field(form), samples.drawing().content)
    form.get_by_text("In use: pasted-1.png").wait_for()
    page = notebook.page
    page.evaluate("() => navigator.clipboard.writeText('words')")
    page.keyboard.press("Control+v")
    expect(status(form)).to_have_text("✗ What was pasted is no file: save the picture first.")
    page.keyboard.type("xvdd")  # which in Lab would cut, paste and delete cells

    assert cells == len(notebook.cells())
    assert "pasted-1.png" == values(notebook)[0][0]


def test_far_too_large(notebook: Notebook, form: Locator, tmp_path: Path) -> None:
    """A film is refused in the browser with a sentence; nothing of it is sent."""
    file = tmp_path / RIGHT_TO_LEFT.replace("jpg", "mov")
    with file.open("wb") as out:
        out.truncate(32_000_001)
    hands.choose(form, file)
    expect(status(form)).to_contain_text("has 32 MB, and over 32 MB no file is taken here")

    assert file.name == status(form).locator("bdi").inner_text()
    assert "parcel.jpg" == values(notebook)[0][0]


@pytest.mark.parametrize("stop", [False, True], ids=["goes-on", "stopped"])
def test_a_slow_link(notebook: Notebook, form: Locator, tmp_path: Path, stop: bool) -> None:
    """While a cell runs, the form says what it waits for; it goes on by itself, or is stopped."""
    file = written(tmp_path, samples.photo(2_900_000, seed=5), "slow.jpg")
    go = notebook.root / "go"
    go.unlink(missing_ok=True)
    notebook.begin(BUSY)
    hands.choose(form, file)
    progress = form.get_by_role("progressbar", name="sent to the kernel")
    expect(progress).to_be_visible()
    expect(status(form)).to_have_text("Sending slow.jpg …")
    expect(status(form)).to_contain_text("No answer yet. If the kernel is busy with a cell")
    if stop:
        hands.press(form, "Stop")
        expect(field(form)).to_be_focused()
    go.touch()
    outcome = "✗ slow.jpg was not taken: it was stopped." if stop else "slow.jpg has arrived;"
    expect(status(form)).to_contain_text(outcome)
    expect(progress).to_be_hidden()

    assert ("parcel.jpg" if stop else "slow.jpg") == values(notebook)[0][0]
    hands.choose(form, written(tmp_path, samples.drawing()))
    form.get_by_text("In use: cut-out.png").wait_for()


def test_keys_stay_in_the_form(notebook: Notebook) -> None:
    """Letters and arrows in any form are no commands to Lab; elsewhere they still are."""
    cells = len(notebook.cells())
    for place in (PICKER, FALLBACK):
        notebook.outputs(place).get_by_role("button", name="Read it").focus()
        notebook.page.keyboard.type("dd")
        notebook.outputs(place).get_by_label("or a sample", exact=True).focus()
        notebook.page.keyboard.type("odd")
    assert cells == len(notebook.cells())
    notebook.panel.locator(".jp-Cell").nth(BUSY).locator(".jp-InputPrompt").click()
    notebook.page.keyboard.type("dd")
    notebook.page.wait_for_function(
        "(count) => document.querySelectorAll("
        "'.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell').length === count",
        arg=cells - 1,
    )
    notebook.page.keyboard.type("z")

    notebook.panel.locator(".jp-Cell").nth(BUSY).wait_for()


def test_mended_by_keyboard(notebook: Notebook, form: Locator) -> None:
    """With keys alone a bad sample is drawn, refused, mended; the focus goes where one goes on."""
    keyboard = notebook.page.keyboard
    field(form).focus()
    menu = form.get_by_label("or a sample", exact=True)
    hands.tab_to(menu)
    for _ in range([*SAMPLES].index("polyglot")):
        keyboard.press("ArrowDown")
    expect(menu.locator("option:checked")).to_have_text("odd: polyglot")
    hands.tab_to(form.get_by_role("button", name="Draw it"))
    keyboard.press("Enter")
    form.get_by_text("there is ZIP in the file as well").wait_for()
    hands.tab_to(form.get_by_role("button", name="Remove the metadata"))
    keyboard.press("Enter")
    expect(form.get_by_role("button", name="Undo")).to_be_focused()
    form.get_by_text("left out what is not the picture").wait_for()
    for caption in ("before", "after"):
        assert form.get_by_text(caption, exact=True).is_visible()
    keyboard.press("Enter")

    expect(form.get_by_role("button", name="Remove the metadata")).to_be_focused()


def test_several(notebook: Notebook, several: Locator, tmp_path: Path) -> None:
    """Several are chosen at once and dropped one more; what is refused is listed, and mended."""
    files = [
        written(tmp_path, samples.photo(600_000, seed=6), RIGHT_TO_LEFT),
        written(tmp_path, samples.bad.renamed_webp()),
        written(tmp_path, samples.odd.location()),
    ]
    several.get_by_label("Choose pictures").set_input_files(files[:2])
    several.get_by_text("In use: 1 picture").wait_for()
    expect(status(several)).to_have_text("2 of 2 files have arrived.")
    hands.drop(zone(several), files[2])
    several.get_by_text("In use: home.jpg").wait_for()
    zone(several).evaluate(
        """zone => {
            const files = new DataTransfer();
            for (const size of [33e6, 9])
                files.items.add(new File([new Uint8Array(size)], `${size}.jpg`));
            zone.dispatchEvent(new DragEvent("drop", {dataTransfer: files, bubbles: true}));
        }"""
    )
    expect(status(several)).to_contain_text("1 of 2 files have arrived.✗ 33000000.jpg has 33 MB")
    several.get_by_label("look at").select_option(label="2. download.jpg: ✗ refused")
    several.get_by_text("Not taken: download.jpg").wait_for()
    hands.press(several, "Mend all pictures")
    several.get_by_text("In use: 3 pictures").wait_for()
    hands.press(several, "Remove it")
    several.get_by_text("In use: 2 pictures").wait_for()

    assert [RIGHT_TO_LEFT, "home.jpg"] == [name for name, _ in values(notebook)[1:3]]


def test_without_anywidget(notebook: Notebook, tmp_path: Path) -> None:
    """ipywidgets' own button takes a picture as well, and says what it can't do."""
    form = notebook.outputs(FALLBACK)
    file = written(tmp_path, image := samples.photo(50_000, seed=7), "plain.jpg")
    told = form.get_by_text("Files over about 10 MB never arrive by the button")
    hands.choose(form, file)
    form.get_by_text("In use: plain.jpg").wait_for()

    assert told.is_visible()
    assert ["plain.jpg", image.sha256] == values(notebook)[-1]


def test_hostile_names(notebook: Notebook, form: Locator, tmp_path: Path) -> None:
    """A name that would like to be markup is read as it is, on the way, taken or refused."""
    for image in (samples.photo(30_000), samples.bad.truncated(30_000)):
        hands.choose(form, written(tmp_path, image, HOSTILE))
        expect(status(form)).to_have_text(f"{HOSTILE} has arrived; what was found is told below.")
        word = "Not taken" if image.findings else "In use"
        form.get_by_text(f"{word}: {HOSTILE}").wait_for()

    assert 0 == form.locator("img[src=x]").count()
    assert not notebook.page.evaluate("() => '__pwned' in window")


def test_nothing_stays(notebook: Notebook, form: Locator, several: Locator, tmp_path: Path) -> None:
    """Saved with the widgets' state, the notebook has small pictures only, and none replaced."""
    image, other = samples.photo(2_000_000, seed=8), samples.photo(40_000, seed=9)
    hands.choose(form, written(tmp_path, image, "needle-name.jpg"))
    form.get_by_text("In use: needle-name.jpg").wait_for()
    several.get_by_label("Choose pictures").set_input_files(written(tmp_path, image, "kept.jpg"))
    several.get_by_text("In use: kept.jpg").wait_for()
    hands.choose(form, written(tmp_path, other, "other.jpg"))
    form.get_by_text("In use: other.jpg").wait_for()
    text = notebook.save()

    assert "AnyModel" in text
    assert "kept.jpg" in text  # so that the search below can fail
    assert "needle-name" not in text
    for sent in (image, other):
        assert [] == notebook_tools.picture_windows(text, sent.content)


@pytest.fixture
def used(notebook: Notebook, form: Locator, several: Locator, tmp_path: Path) -> Notebook:
    """The forms with much to show: a mended picture, three of which one is refused, the plain."""
    hands.choose(form, written(tmp_path, samples.phone(400_000)))
    hands.press(form, "Mend all of it")
    form.get_by_role("button", name="Undo").wait_for()
    files = [
        written(tmp_path, samples.photo(20_000), RIGHT_TO_LEFT),
        written(tmp_path, samples.odd.location(20_000)),
        written(tmp_path, samples.bad.too_large()),
    ]
    several.get_by_label("Choose pictures").set_input_files(files)
    several.get_by_text("Not taken: too-large.jpg").wait_for()
    return notebook


FORMS = {"picker": PICKER, "several": SEVERAL, "without-anywidget": FALLBACK}


@pytest.mark.parametrize("theme", THEMES)
def test_for_everyone(lab: Lab, used: Notebook, screenshots: Path, theme: str) -> None:
    """Axe finds nothing to complain of, and every word stands out, in both themes."""
    lab.use_theme(theme)
    forms = {name: used.outputs(place).first for name, place in FORMS.items()}
    with used.at_full_length():
        for name, form in forms.items():
            form.screenshot(path=screenshots / f"form-{name}-{theme.lower()}.png")
    complaints = axe.violations(*forms.values())
    pale = {one for form in forms.values() for one in unreadable(contrasts(form))}
    lab.use_theme("Light")

    assert [] == complaints
    assert set() == pale


@pytest.mark.parametrize("width", [400, 640, WIDTH])
def test_fits(used: Notebook, screenshots: Path, width: int) -> None:
    """Nothing is cut off in a narrow window, nor at 200 %, which is half the width."""
    used.page.set_viewport_size({"width": width, "height": HEIGHT})
    wide = {name: overflowing(used.outputs(place)) for name, place in FORMS.items()}
    used.outputs(SEVERAL).screenshot(path=screenshots / f"form-several-{width}.png")
    used.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})

    assert {} == {name: rows for name, rows in wide.items() if rows}
