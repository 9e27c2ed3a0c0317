"""The forms, used by hand in JupyterLab, with the widgets' state saved along in the file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lpnb import samples
from tests import notebook_tools
from tests.browser.conftest import lesson_of
from tests.browser.lab import Lab, Notebook

pytestmark = pytest.mark.browser

PICTURE, VALUES = 2, 3  # places of cells

SHOW_VALUES = """
print(account.value and account.value.id, picker.value.name, picker.value.sha256, sep="|")
"""


@pytest.fixture(scope="module")
def opened(lab: Lab) -> Iterator[Notebook]:
    """A notebook with both forms."""
    cells = (
        "import lpnb",
        "account = lpnb.AccountForm()\naccount",
        "picker = lpnb.ImagePicker()\npicker",
        SHOW_VALUES,
    )
    with lab.opened(lesson_of(*cells), "forms.ipynb") as notebook:
        yield notebook


@pytest.fixture
def forms(opened: Notebook) -> Notebook:
    """Both forms on show, new and untouched."""
    assert opened.run_all()
    return opened


def values(forms: Notebook) -> list[str]:
    """What a cell below the forms gets: account id, the picture's name and SHA-256."""
    assert forms.run(VALUES)
    return "".join(forms.cells()[VALUES]["outputs"][0]["text"]).strip().split("|")


def test_sandbox_first(forms: Notebook) -> None:
    """Untouched, the forms hold no account, which is the sandbox, and a sample picture."""
    assert ["None", "parcel.jpg", samples.default().sha256] == values(forms)


def test_picture_chosen(forms: Notebook, tmp_path: Path) -> None:
    """A picture of 3 MB, chosen by the button, arrives whole and leaves no bytes in the file."""
    image = samples.photo(3_000_000, seed=2)
    file = tmp_path / "receipt.jpg"
    file.write_bytes(image.content)
    form = forms.outputs(PICTURE)
    with forms.page.expect_file_chooser() as chooser:
        form.get_by_role("button", name="Choose a picture").click()
    chooser.value.set_files(file)
    form.get_by_text("3,000,000 bytes").wait_for()
    text = forms.save()

    assert ["receipt.jpg", image.sha256] == values(forms)[1:]
    assert "AnyModel" in text
    assert [] == notebook_tools.picture_windows(text, image.content)
    assert len(text.encode()) < 150_000


def test_picture_refused(forms: Notebook, tmp_path: Path, screenshots: Path) -> None:
    """A file that is no picture is refused beside the button; the picture before it stays."""
    held = values(forms)[1:]
    file = tmp_path / "<img src=x onerror=window.__pwned=1>.png"
    file.write_text("This is a note, and no picture.")
    form = forms.outputs(PICTURE)
    with forms.page.expect_file_chooser() as chooser:
        form.get_by_role("button", name="Choose a picture").click()
    chooser.value.set_files(file)
    form.get_by_text("onerror").first.wait_for()
    form.screenshot(path=screenshots / "form-picture-refused.png")

    assert held == values(forms)[1:]
    assert form.get_by_text(f"still {held[0]!r}").is_visible()
    assert 0 == form.locator('img[src="x"]').count()


def test_picture_by_path(forms: Notebook, tmp_path: Path) -> None:
    """A path on the notebook's side does as well, with the Enter key alone."""
    image = samples.photo(20_000, type="PNG")
    file = tmp_path / "by path.png"
    file.write_bytes(image.content)
    field = forms.outputs(PICTURE).get_by_label("or its path", exact=True)
    field.fill(str(file))
    field.press("Enter")
    forms.outputs(PICTURE).get_by_text("20,000 bytes").wait_for()

    assert ["by path.png", image.sha256] == values(forms)[1:]
