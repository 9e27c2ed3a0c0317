"""The picker: a picture from anywhere, always one that may be shared, and mends one click away."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ipywidgets as ipw
import pytest
from PIL import Image

from lpnb import samples
from lpnb.errors import ImageRefused, InputError
from lpnb.images import LIMITS, ImageFile
from lpnb.widgets import ImagePicker, _front
from lpnb.widgets._drop import DropZone
from lpnb.widgets._mends import mends
from lpnb.widgets._sample_menu import SAMPLES
from lpnb.widgets._zone import MOST
from tests.pieces import saved
from tests.small_pictures import small

PNG, JPEG = (saved(Image.radial_gradient("L"), kind) for kind in ("PNG", "JPEG"))
PIECE = 512 * 1024
ASTRAY = "a piece of it went astray; choose it again"
HOSTILE = "<img src=x onerror=alert(1)>.png"


def inside(form: ipw.Widget, kind: type) -> list[Any]:
    """All widgets of *kind* in *form*, in the order in which they are seen."""
    found = [form] if isinstance(form, kind) else []
    return found + [one for part in getattr(form, "children", ()) for one in inside(part, kind)]


def seen(form: ipw.Widget, kind: type) -> list[Any]:
    """Those of *kind* in *form* that are not hidden, nor in something hidden."""
    if form.layout.display == "none":
        return []
    found = [form] if isinstance(form, kind) else []
    return found + [one for part in getattr(form, "children", ()) for one in seen(part, kind)]


def text(form: ipw.Widget) -> str:
    """All that can be read in *form*."""
    return " ".join(line.value for line in seen(form, ipw.HTML))


def offered(form: ipw.Widget) -> list[str]:
    """What the buttons say, but those that are always there."""
    labels = [button.description for button in seen(form, ipw.Button)]
    return [label for label in labels if label not in ("Read it", "Draw it")]


def press(form: ipw.Widget, label: str) -> None:
    """Click the one button that says *label*."""
    (button,) = (one for one in seen(form, ipw.Button) if one.description == label)
    button.click()


def arrive(picker: Any, name: str, content: bytes, type: str = "") -> list[Any]:
    """Do what the browser does with a file that was chosen; give the kernel's answers, if any."""
    if uploads := inside(picker, ipw.FileUpload):
        file = {"name": name, "type": type, "size": len(content), "content": memoryview(content)}
        uploads[0].value = ({**file, "last_modified": datetime.now(UTC)},)
        return []
    with Conversation(picker) as browser:
        about = {"name": name, "type": type, "size": len(content)}
        for at in range(0, max(1, len(content)), PIECE):
            browser.say({"id": "one", "at": at, **about}, content[at : at + PIECE])
    return browser.answers


class Conversation:
    """What the browser says to the drop zone of *picker*, and is answered."""

    def __init__(self, picker: Any) -> None:
        (self.zone,) = inside(picker, DropZone)
        self.answers: list[Any] = []

    def say(self, message: Any, *pieces: bytes) -> None:
        """Send a message, with its buffers as a kernel gets them."""
        self.zone._handle_custom_msg(message, [memoryview(piece) for piece in pieces])

    def __enter__(self) -> "Conversation":
        self.zone.send = self.answers.append
        return self

    def __exit__(self, *_: object) -> None:
        del self.zone.send


def state() -> str:
    """All that could be saved of all widgets."""
    return json.dumps(ipw.Widget.get_manager_state(), default=str)


@pytest.fixture(autouse=True)
def no_other_widgets() -> Iterator[None]:
    """Each test sees its own widgets only."""
    yield
    ipw.Widget.close_all()


@pytest.fixture(params=["ours", "ipywidgets"])
def made(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Makes pickers with our own field for files, and with ipywidgets'."""
    monkeypatch.setattr(_front, "available", lambda: request.param == "ours")
    return ImagePicker


@pytest.fixture
def picker(made: Callable[..., Any]) -> Any:
    """A picker that nobody has touched."""
    return made()


@pytest.fixture
def several(made: Callable[..., Any]) -> Any:
    """A picker of several pictures that nobody has touched."""
    return made(multiple=True)


@pytest.fixture
def pictures() -> list[ImageFile]:
    """Three to pick, of which the second tells of a place and the third is cut short."""
    return [samples.photo(9_000), samples.odd.location(20_000), samples.bad.truncated(9_000)]


@pytest.fixture
def folder(tmp_path: Path, pictures: list[ImageFile]) -> Path:
    """The three, in files."""
    for image in pictures:
        (tmp_path / image.name).write_bytes(image.content)
    return tmp_path


def test_it_begins_with_a_sample(picker: Any) -> None:
    """An untouched picker holds a picture that may be shared."""
    assert samples.default() is picker.submit() is picker.value
    assert "" == picker.problem


def test_several_begin_with_a_sample(several: Any) -> None:
    """An untouched picker of several holds one."""
    assert (samples.default(),) == several.submit() == several.value


def test_the_sample_waits_to_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making and showing the form draws nothing; a page that shows it does, and so does a cell."""
    drawn: list[ImageFile] = []

    def draw() -> ImageFile:
        drawn.append(samples.photo(9_000, name="slow.jpg"))
        return drawn[-1]

    monkeypatch.setattr(samples, "default", draw)
    looked_at, taken = ImagePicker(), ImagePicker()
    bundle = looked_at._repr_mimebundle_()

    assert [] == drawn
    assert "In use: a sample" in bundle["text/html"]
    assert "ImagePicker(a sample)" == repr(looked_at)
    Conversation(looked_at).say({"seen": True})
    assert "In use: slow.jpg" in text(looked_at)
    assert drawn == [looked_at.value]
    assert "slow.jpg" == taken.submit().name


def test_a_file_arrives(picker: Any) -> None:
    """A file from the computer becomes the value, and is not in any widget's state."""
    image = samples.photo(1_300_000, seed=8)
    answers = arrive(picker, "mine.jpg", image.content)

    assert ("mine.jpg", image.content) == (picker.value.name, picker.value.content)
    assert [512 * 1024, 1024 * 1024, 1_300_000] == [one["got"] for one in answers] or not answers
    assert [{"id": "one", "got": 1_300_000, "done": True}] == answers[2:] or not answers
    assert all(() == one.value for one in inside(picker, ipw.FileUpload))
    picker.value = samples.drawing()  # or the card would name it
    assert "mine.jpg" not in state()


def test_the_same_file_arrives_again(picker: Any) -> None:
    """A file that was replaced by another can be chosen again."""
    for name, content in (("a.jpg", JPEG), ("b.png", PNG), ("a.jpg", JPEG)):
        arrive(picker, name, content)
        assert (name, content) == (picker.value.name, picker.value.content)


def test_the_declared_type_counts(picker: Any) -> None:
    """What the browser takes a file for is compared with what it is."""
    arrive(picker, "a.jpg", JPEG, "image/png")

    assert ["declared-type"] == [finding.code for finding in picker.value.findings]


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": 1},
        {"id": "another", "at": 4},
        {"at": 4, "piece": b""},
        {"at": 4, "piece": PNG},
        {"at": 0, "size": MOST + 1},
        {"at": 0, "size": "large"},
        {"at": 0, "size": -1},
        {"at": 0, "name": None},
    ],
    ids=str,
)
def test_astray(wrong: dict[str, Any]) -> None:
    """A piece that does not belong is refused with words, and the next file arrives as ever."""
    picker = ImagePicker()
    about = {"id": "one", "name": "a.png", "type": "", "size": len(PNG)}
    with Conversation(picker) as browser:
        browser.say({**about, "at": 0}, PNG[:4])
        piece = wrong.get("piece", PNG[4:])
        browser.say({**about, **{name: wrong[name] for name in wrong if name != "piece"}}, piece)

    assert [{"id": "one", "got": 4}] == browser.answers[:1]
    assert [ASTRAY] == [one["refused"] for one in browser.answers[1:]]
    assert samples.default() is picker.value
    arrive(picker, "b.png", PNG)
    assert "b.png" == picker.value.name


def test_no_messages() -> None:
    """What is no message of the field's is no message at all, or refused if it is of a file."""
    picker = ImagePicker()
    with Conversation(picker) as browser:
        for message in ({}, None, "text", {"id": 1, "at": 0}, {"id": "one", "at": None}, []):
            browser.say(message, PNG)
        browser.say({"id": "one", "at": 0, "name": "a.png", "type": "", "size": len(PNG)})

    assert 2 * [{"id": "one", "refused": ASTRAY}] == browser.answers
    assert samples.default() is picker.value


def test_stopped() -> None:
    """A file that somebody stops is forgotten, also if its last piece comes all the same."""
    picker = ImagePicker()
    about = {"id": "one", "name": "a.png", "type": "", "size": len(PNG)}
    with Conversation(picker) as browser:
        browser.say({**about, "at": 0}, PNG[:4])
        browser.say({"id": "one", "stop": True})
        browser.say({**about, "at": 4}, PNG[4:])

    assert [{"id": "one", "got": 4}, {"id": "one", "refused": "it was stopped"}] == browser.answers[
        :2
    ]
    assert samples.default() is picker.value


def test_closed_while_arriving() -> None:
    """A form that is closed keeps nothing of a file that was half there."""
    picker = ImagePicker()
    browser = Conversation(picker)
    browser.say({"id": "one", "name": "a", "type": "", "size": 9, "at": 0}, b"half")
    browser.zone.close()

    assert ("", b"") == browser.zone._arriving


def test_a_path(picker: Any, folder: Path) -> None:
    """A path typed into the field becomes the value, and the field is free again."""
    (field,) = inside(picker, ipw.Text)
    field.value = f"  {folder / 'parcel.jpg'} "

    assert ("parcel.jpg", 9_000) == (picker.value.name, picker.value.size)
    assert "" == field.value


def test_a_path_again(picker: Any, tmp_path: Path) -> None:
    """A path where nothing is stays in the field; when something is there, the button reads it."""
    path = tmp_path / "late.png"
    (field,) = inside(picker, ipw.Text)
    field.value = str(path)
    assert "late.png' can't be read (no such file" in picker.problem
    assert str(path) == field.value
    path.write_bytes(PNG)
    press(picker, "Read it")

    assert ("late.png", "", "") == (picker.value.name, field.value, picker.problem)
    press(picker, "Read it")
    assert "late.png" == picker.value.name


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"<b onclick=x>no</b>", "text"), (b"\0\1", "unknown"), (b"", "empty"), (b"note", "text")],
)
def test_a_bad_pick_changes_nothing(picker: Any, content: bytes, word: str) -> None:
    """What is refused leaves the value alone; why is told, and its name is shown as a text."""
    before = picker.value
    arrive(picker, HOSTILE, content)

    assert before is picker.value
    assert word in picker.problem
    assert picker.problem.endswith("; still 'parcel.jpg'")
    assert "✗" in text(picker)
    assert "can&#x27;t be shared, for what is told below; still &#x27;parcel" in text(picker)
    assert "Not taken: &lt;img" in text(picker)
    assert "<img src=x" not in text(picker)


def test_a_good_pick_takes_the_complaint_away(picker: Any) -> None:
    """The sentence about a bad pick goes with the next good one."""
    arrive(picker, "bad.png", b"bad")
    arrive(picker, "good.jpg", JPEG)

    assert "" == picker.problem
    assert "✗" not in text(picker)


def test_the_one_in_use_can_be_kept(picker: Any) -> None:
    """After a bad pick one click shows what is in use again."""
    arrive(picker, "bad.png", b"bad")
    assert ["Keep the one in use"] == offered(picker)
    press(picker, "Keep the one in use")

    assert "In use: parcel.jpg" in text(picker)
    assert ("", []) == (picker.problem, offered(picker))


def test_what_is_refused_can_be_mended(picker: Any) -> None:
    """A picture that is too large is not taken; the button makes one of it that is, and back."""
    image = samples.bad.too_large()
    arrive(picker, image.name, image.content)
    assert samples.default() is picker.value
    assert ["Make it fit", "Keep the one in use"] == offered(picker)
    assert "image.resized_to_fit()" == seen(picker, ipw.Button)[2].tooltip
    press(picker, "Make it fit")

    assert picker.value.size <= LIMITS.size
    assert image.content == picker.value.made_from.content
    assert ["before", "after"] == [one.below for one in picker.card().pictures]
    assert ("", ["Undo"]) == (picker.problem, offered(picker))
    mended = picker.value
    press(picker, "Undo")
    assert "Not taken: too-large.jpg" in text(picker)
    assert "✗" in text(picker)
    assert mended is picker.value


@pytest.mark.parametrize("name", [name for name in SAMPLES if name not in samples.BAD])
def test_what_is_warned_of_can_be_mended(name: str) -> None:
    """Each mend that a finding names has a button; the first of them leaves none to be named."""
    picker = ImagePicker()
    picker.fill(sample=name)
    image = picker.submit()
    labels = offered(picker)

    assert len(mends(image)) == len(labels)
    assert ("Mend all of it" in labels) == (len({one.mend for one in image.findings} - {""}) > 1)
    if labels:
        press(picker, labels[0])
        assert () == mends(picker.value)
        assert image is picker.value.made_from
        press(picker, "Undo")
        assert image is picker.value


def test_one_of_two_mends() -> None:
    """A click on one mend leaves the other to be clicked, and each can be undone."""
    picker = ImagePicker(samples.phone(400_000))
    press(picker, "Remove the metadata")

    assert ["rotated"] == [finding.code for finding in picker.value.findings]
    assert ["Turn it upright", "Undo"] == offered(picker)
    press(picker, "Turn it upright")
    assert () == picker.value.findings
    press(picker, "Undo")
    press(picker, "Undo")
    assert ["location", "rotated"] == [finding.code for finding in picker.value.findings]


def test_a_mend_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where mending turns out to be impossible, the reason is told and nothing has changed."""
    picker = ImagePicker(image := samples.odd.rotated())

    def fail(image: ImageFile) -> ImageFile:
        raise ImageRefused("no room left in it", (), image)

    monkeypatch.setattr(ImageFile, "upright", fail)
    press(picker, "Turn it upright")

    assert "no room left in it; still 'turned.jpg'" == picker.problem
    assert image is picker.value


def test_filled_in_by_code(picker: Any, folder: Path) -> None:
    """Content, a path or a sample given in code is taken by submit, which returns the value."""
    picker.fill(content=JPEG, name="b.jpg")

    assert "b.jpg" == picker.submit().name
    picker.fill(path=folder / "home.jpg")
    assert "b.jpg" == picker.value.name
    assert picker.submit() is picker.value
    assert "home.jpg" == picker.value.name
    assert picker.submit() is picker.value
    picker.fill(sample="drawing")
    assert "cut-out.png" == picker.submit().name
    picker.fill(sample="too_large")
    assert "cut-out.png" == picker.submit().name
    assert "may have 3,145,728" in picker.problem


def test_it_wants_one_source(picker: Any) -> None:
    """None of path, content and sample, or two of them, is refused in words; so is no sample."""
    for wrong in ({}, {"path": "a", "content": b"b"}, {"path": "a", "sample": "photo"}):
        with pytest.raises(InputError, match="one of them"):
            picker.fill(**wrong)
    with pytest.raises(InputError, match="no sample 'x': ask for photo, drawing, phone, "):
        picker.fill(sample="x")
    picker.fill(path=["a", "b"])
    picker.submit()
    assert "2 pictures were chosen: choose one" in picker.problem


def test_the_menu_of_samples(picker: Any) -> None:
    """Walking the menu says what each sample is, and only the button draws it; again, too."""
    (menu,) = inside(picker, ipw.Dropdown)
    menu.value = "too_large"

    assert "A sound picture of one byte more than can be shared<" in text(picker)
    assert samples.default() is picker.value
    menu.value = "drawing"
    for _ in range(2):
        press(picker, "Draw it")
        assert "cut-out.png" == picker.value.name
        picker.value = samples.default()
    assert {"good: photo", "odd: sixteen bit", "bad: empty"} < {label for label, _ in menu.options}
    assert len(samples.BAD) + len(samples.ODD) + 3 == len(menu.options)


def test_limits_come_first(picker: Any) -> None:
    """Types and sizes are told before anything is chosen, and what the button can't do."""
    told = text(picker)
    for zone in inside(picker, DropZone):
        told += zone.about
    (field,) = inside(picker, DropZone) + inside(picker, ipw.FileUpload)

    assert "JPEG, PNG and GIF of up to 3 MB" in told
    assert "up to 32 MB" in told
    assert isinstance(field, ipw.FileUpload) == ("over about 10 MB never arrive" in told)
    assert {"image/jpeg", "image/png", "image/gif"} < set(field.accept.split(","))


def test_set_by_code(picker: Any) -> None:
    """What a cell sets is shown; what may not be shared, or is no picture, can't be set."""
    picker.value = samples.drawing()

    assert "In use: cut-out.png" in text(picker)
    with pytest.raises(ImageRefused, match="too-large"):
        picker.value = samples.bad.too_large()
    with pytest.raises(InputError, match="a picture is"):
        picker.value = None
    assert "cut-out.png" == picker.value.name


def test_a_short_card(picker: Any) -> None:
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


def test_short_in_print(picker: Any, several: Any, pictures: list[ImageFile]) -> None:
    """The form's repr is one short line, and there is a reading for pages without widgets."""
    picker.fill(sample="drawing")
    picker.submit()
    several.fill(content=pictures)
    several.submit()

    assert "ImagePicker('cut-out.png', PNG, 23,475 bytes)" == repr(picker)
    assert "ImagePicker('parcel.jpg', JPEG, 9,000 bytes and 1 more)" == repr(several)
    for form in (picker, several):
        bundle = form._repr_mimebundle_()
        assert {"text/plain", "text/html"} < set(bundle)
        assert len(bundle["text/html"]) < 16_000


def test_several_arrive(several: Any, pictures: list[ImageFile]) -> None:
    """Several are held as they came; what may not be shared is listed, and left out."""
    for image in pictures:
        arrive(several, image.name, image.content)

    assert ["parcel.jpg", "home.jpg"] == [image.name for image in several.value]
    assert "'broken.jpg' is cut short (the end is missing): copy or export it again from where" in (
        several.problem
    )
    for told in ("In use: 2 pictures", "1 can't be shared", "Not taken: broken.jpg"):
        assert told in text(several)
    assert ["Remove it", "Mend all pictures"] == offered(several)
    assert [
        "1. parcel.jpg: ✓ OK",
        "2. home.jpg: ▲ 1 to note",
        "3. broken.jpg: ✗ refused",
    ] == [label for label, _ in inside(several, ipw.Dropdown)[-1].options]


def test_the_first_takes_the_samples_place(several: Any, pictures: list[ImageFile]) -> None:
    """The sample stays while all that came is refused; the first good one takes its place."""
    arrive(several, "broken.jpg", pictures[2].content)

    assert (samples.default(),) == several.value
    assert "In use: 1 picture<" in text(several)
    arrive(several, "a.jpg", JPEG)
    assert ["a.jpg"] == [image.name for image in several.value]
    assert "parcel.jpg" not in text(several)


def test_a_wanted_sample_stays(several: Any) -> None:
    """The sample that the form begins with is held along with others if somebody asks for it."""
    assert samples.default() is several.value[0]
    press(several, "Draw it")
    arrive(several, "a.jpg", JPEG)

    assert ["parcel.jpg", "a.jpg"] == [image.name for image in several.value]


def test_the_same_once(several: Any) -> None:
    """A file that is there already is not held twice."""
    for name, content in (("a.jpg", JPEG), ("b.png", PNG), ("a.jpg", JPEG)):
        arrive(several, name, content)

    assert ["b.png", "a.jpg"] == [image.name for image in several.value]
    several.fill(content=2 * [samples.photo(5_000)])
    assert ["b.png", "a.jpg", "parcel.jpg"] == [image.name for image in several.submit()]


def test_looked_at_and_removed(several: Any, folder: Path) -> None:
    """The menu chooses which one is looked at; it can be removed, but one always stays."""
    several.fill(path=[*folder.iterdir()])
    several.submit()
    menu = inside(several, ipw.Dropdown)[-1]
    menu.value = next(place for label, place in menu.options if "home" in label)

    assert "In use: home.jpg" in text(several)
    assert "Remove the metadata" in offered(several)
    press(several, "Remove it")
    assert ["parcel.jpg"] == [image.name for image in several.value]
    menu.value = next(place for label, place in menu.options if "parcel" in label)
    press(several, "Remove it")
    assert "the form holds one picture at least: choose another first" == several.problem
    assert ["parcel.jpg"] == [image.name for image in several.value]


def test_all_are_mended(several: Any, pictures: list[ImageFile]) -> None:
    """One click mends all that can be; of the others the reason is told again."""
    several.fill(content=[*pictures, samples.bad.renamed_webp()])
    several.submit()
    press(several, "Mend all pictures")

    assert [(), (), ()] == [image.findings for image in several.value]
    assert ["parcel.jpg", "home.jpg", "download.jpg"] == [image.name for image in several.value]
    assert several.value[0] is pictures[0]
    assert "cut short" in several.problem


def test_not_too_many(several: Any) -> None:
    """The form says how many pictures it holds at most, and leaves the others."""
    several.fill(content=[small(number) for number in range(101)])
    several.submit()

    assert 100 == len(several.value)
    assert "the form holds 100 pictures at most: 1 left out" == several.problem
    with pytest.raises(InputError, match="1 to 100 pictures, not 0"):
        several.value = ()


def test_many_threads(picker: Any) -> None:
    """Callbacks on several threads at once leave one of the pictures and no mixture."""
    contents = [samples.photo(5_000, seed=seed).content for seed in range(6)]
    threads = [
        threading.Thread(target=picker._on_files, args=([{"name": "a.jpg", "content": content}],))
        for content in contents
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert picker.value.content in contents
    assert f"{picker.value.size:,} bytes" in text(picker)


def test_without_anywidget() -> None:
    """Where anywidget is not installed the form works all the same."""
    code = (
        "import sys; sys.modules['anywidget'] = None; import ipywidgets, lpnb;"
        "picture = lpnb.ImagePicker().submit();"
        "print('FileUploadModel' in str(ipywidgets.Widget.get_manager_state()), picture)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert run.stdout.startswith("True parcel.jpg"), run.stderr
