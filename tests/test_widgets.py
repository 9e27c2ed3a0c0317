"""Forms: always a valid value, words for what went wrong, and no bytes that stay."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ipywidgets as ipw
import pytest

from lpnb import samples
from lpnb.errors import InputError
from lpnb.widgets import AccountForm, ImagePicker


def inside(form: ipw.Widget, kind: type) -> list[Any]:
    """All widgets of *kind* in *form*, in the order in which they are seen."""
    found = [form] if isinstance(form, kind) else []
    return found + [one for part in getattr(form, "children", ()) for one in inside(part, kind)]


def upload(picker: ImagePicker, name: str, content: bytes) -> None:
    """Do what the browser does when a file was chosen."""
    file = {"name": name, "type": "", "size": len(content), "content": memoryview(content)}
    inside(picker, ipw.FileUpload)[0].value = ({**file, "last_modified": datetime.now(UTC)},)


@pytest.fixture(autouse=True)
def no_other_widgets() -> Iterator[None]:
    """Each test sees its own widgets only."""
    yield
    ipw.Widget.close_all()


@pytest.fixture
def picker() -> ImagePicker:
    """A picker that nobody has touched."""
    return ImagePicker()


@pytest.fixture
def form() -> AccountForm:
    """An account form that nobody has touched."""
    return AccountForm()


def test_the_picker_begins_with_a_sample(picker: ImagePicker) -> None:
    """An untouched picker holds a picture that may be shared."""
    assert samples.default() is picker.value
    assert "" == picker.problem


def test_the_picker_takes_an_upload_and_lets_go(picker: ImagePicker) -> None:
    """An uploaded file becomes the value, and does not stay in the widget's state."""
    upload(picker, "mine.jpg", samples.photo(9_000, seed=8).content)

    assert ("mine.jpg", 9_000) == (picker.value.name, picker.value.size)
    assert () == inside(picker, ipw.FileUpload)[0].value


def test_the_picker_takes_a_path(picker: ImagePicker, tmp_path: Path) -> None:
    """A path typed into the field becomes the value, and the field is free again."""
    path = tmp_path / "receipt.png"
    path.write_bytes(samples.drawing().content)
    field = inside(picker, ipw.Text)[0]
    field.value = str(path)

    assert "receipt.png" == picker.value.name
    assert "" == field.value


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"<b onclick=x>no</b>", "text"), (b"\0\1", "unknown"), (b"", "empty"), (b"note", "text")],
)
def test_a_bad_pick_changes_nothing(picker: ImagePicker, content: bytes, word: str) -> None:
    """What is refused leaves the value alone, and the reason stands beside the button."""
    before = picker.value
    upload(picker, "<img src=x onerror=alert(1)>.png", content)
    said = [line.value for line in inside(picker, ipw.HTML)]

    assert before is picker.value
    assert word in picker.problem
    assert any("✗" in line for line in said)
    assert not any("<img src=x" in line for line in said)


def test_the_picker_is_filled_in_by_code(picker: ImagePicker, tmp_path: Path) -> None:
    """Content or a path given in code is taken by submit, which returns the value."""
    path = tmp_path / "a.jpg"
    path.write_bytes(samples.photo(5_000).content)
    picker.fill(content=samples.photo(4_000).content, name="b.jpg")

    assert "b.jpg" == picker.submit().name
    picker.fill(path=path)
    assert "b.jpg" == picker.value.name
    assert picker.submit() is picker.value
    assert "a.jpg" == picker.value.name
    assert picker.submit() is picker.value


def test_the_picker_shows_a_short_card(picker: ImagePicker) -> None:
    """The form shows the picture, and what was found; the rest is for the next cell."""
    picker.fill(content=samples.animation().content, name="moves.gif")
    picker.submit()
    card = picker.card()

    assert ("In use: moves.gif", "warning") == (card.title, card.verdict)
    assert (["animated"], 1, None) == (
        [fact.name for fact in card.facts],
        len(card.pictures),
        card.table,
    )


def test_the_picker_wants_one_source(picker: ImagePicker) -> None:
    """Neither path nor content, or both, is refused in words."""
    with pytest.raises(InputError, match="one of the two"):
        picker.fill()
    with pytest.raises(InputError, match="one of the two"):
        picker.fill(path="a", content=b"b")


def test_a_good_pick_takes_the_complaint_away(picker: ImagePicker) -> None:
    """The sentence about a bad pick goes with the next good one."""
    upload(picker, "bad.png", b"bad")
    upload(picker, "good.jpg", samples.photo(9_000).content)

    assert "" == picker.problem


def test_forms_are_short_in_print(picker: ImagePicker, form: AccountForm) -> None:
    """A form's repr is one short line, and there is a reading for pages without widgets."""
    assert "ImagePicker('parcel.jpg', JPEG, 300,000 bytes)" == repr(picker)
    assert "AccountForm(SANDBOX)" == repr(form)
    for one in (picker, form):
        bundle = one._repr_mimebundle_()
        assert {"text/plain", "text/html"} < set(bundle)
        assert len(bundle["text/html"]) < 16_000


def test_the_upload_button_has_a_tooltip(picker: ImagePicker) -> None:
    """The button says what it does, and offers pictures only."""
    button = inside(picker, ipw.FileUpload)[0]

    assert "Choose a picture from your computer" == button.tooltip
    assert "image/png" in button.accept


def test_forms_can_be_used_from_many_threads(picker: ImagePicker) -> None:
    """Callbacks on several threads at once leave one of the pictures and no mixture."""
    contents = [samples.photo(5_000, seed=seed).content for seed in range(6)]
    threads = [
        threading.Thread(target=upload, args=(picker, f"{i}.jpg", content))
        for i, content in enumerate(contents)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert picker.value.content in contents
    assert () == inside(picker, ipw.FileUpload)[0].value
