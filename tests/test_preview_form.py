"""The form for preview and caption: what it holds, what it shows, and what is sent of it."""

import html
import json
import re
import threading
from collections.abc import Iterator
from typing import Any

import ipywidgets as ipw
import pytest

import lpnb
from lpnb import samples
from lpnb.widgets import ImagePicker, PreviewForm, _agent_view, _crop

OTHER = samples.photo(9_000, seed=8)
PAYLOAD = "</pre><img src=x onerror=alert(1)>\u202e"


def said(form: PreviewForm) -> str:
    """All that the form's lines say, as a person reads it."""
    parts = [form._seen, form._size, form._count, form._sent, form._problem]
    return html.unescape(re.sub(r"<[^>]+>", "", " ".join(part.value for part in parts)))


def message(form: PreviewForm) -> Any:
    """The JSON in the form's last part, its explanations left out."""
    text = re.sub(r"<i>.*?</i>", "", form._sent.value)
    found = re.search(r"<pre[^>]*>(.*)</pre>", text, re.DOTALL)
    return json.loads(html.unescape(found[1])) if found else None


@pytest.fixture(autouse=True)
def no_other_widgets() -> Iterator[None]:
    """Each test sees its own widgets only."""
    yield
    ipw.Widget.close_all()


@pytest.fixture
def picker() -> ImagePicker:
    """A picker that nobody has touched."""
    return ImagePicker()


@pytest.fixture(params=[True, False], ids=["anywidget", "ipywidgets alone"])
def form(
    request: pytest.FixtureRequest, picker: ImagePicker, monkeypatch: pytest.MonkeyPatch
) -> PreviewForm:
    """A form for the picker's picture, with anywidget and without."""
    monkeypatch.setattr(_crop, "available", lambda: request.param)
    return PreviewForm(picker)


def test_it_begins_with_all_of_the_picture(form: PreviewForm) -> None:
    """An untouched form holds the picture's own preview, and no caption."""
    assert samples.default().preview() == form.value
    assert ("", "") == (form.caption, form.problem)
    assert form.submit() is form.value


def test_it_takes_a_picture_alone() -> None:
    """A picture will do instead of a picker, and a sample where none is given."""
    assert OTHER.preview() == PreviewForm(OTHER).value
    assert samples.default().preview() == PreviewForm().value


@pytest.mark.parametrize("what", ["a.jpg", (OTHER,)], ids=["a path", "many"])
def test_it_wants_one_picture(what: Any) -> None:
    """What is no picture, or several, is refused in words."""
    with pytest.raises(lpnb.InputError, match="one picture"):
        PreviewForm(what)


def test_it_follows_the_picker(form: PreviewForm, picker: ImagePicker) -> None:
    """Another picture has its own preview, and the caption stays."""
    form.fill(box=(0, 0, 50, 50), caption="My parcel")
    picker.value = OTHER

    assert OTHER.preview() == form.value
    assert "My parcel" == form.caption


def test_no_preview_stays_none(form: PreviewForm, picker: ImagePicker) -> None:
    """Who wants no preview has none with the next picture either."""
    form.fill(preview="none")
    picker.value = OTHER

    assert None is form.value
    assert "No preview" in said(form)
    form.fill(preview="all")
    assert OTHER.preview() == form.value


def test_a_part_of_the_picture(form: PreviewForm, picker: ImagePicker) -> None:
    """A box in pixels is what is shown of the picture; the fields say the same."""
    width, height = picker.value.pixels or (0, 0)
    box = (width // 4, height // 4, width // 2, height // 2)
    form.fill(box=box)

    assert picker.value.preview(box=box) == form.value
    assert box == tuple(form._crop.box)
    assert None is form._crop.layout.display
    form.fill(preview="all")
    assert "none" == form._crop.layout.display


def test_a_part_begins_with_all(form: PreviewForm, picker: ImagePicker) -> None:
    """Choosing a part offers all of this picture, and then of the next."""
    for image in (picker.value, OTHER):
        picker.value = image
        form.fill(preview="part")
        assert (0, 0, *(image.pixels or ())) == tuple(form._crop.box)
        form.fill(box=(0, 0, 20, 20))


def test_a_part_in_numbers(picker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where anywidget is missing, a number that is typed changes one side and no other."""
    monkeypatch.setattr(_crop, "available", lambda: False)
    form = PreviewForm(picker)
    form.fill(preview="part")
    form._crop._fields[0].value = 5
    width, height = picker.value.pixels

    assert (5, 0, width, height) == form._crop.box
    assert picker.value.preview(box=(5, 0, width, height)) == form.value


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"box": (5, 5, 99_999, 9)}, "is not a part"), ({"backdrop": "colourless"}, "is no colour")],
    ids=["box", "colour"],
)
def test_what_cant_be_made_changes_nothing(
    form: PreviewForm, picker: ImagePicker, wrong: dict[str, Any], words: str
) -> None:
    """A wrong part or colour leaves the preview, in words; the next picture has its own."""
    held = form.value
    form.fill(**wrong)

    assert held is form.value
    assert words in form.problem
    assert "still as before" in said(form)
    picker.value = OTHER
    assert (OTHER.preview(), "") == (form.value, form.problem)


def test_a_picture_of_its_own(form: PreviewForm, picker: ImagePicker) -> None:
    """Another picture may be the preview; the file that is sent stays the same."""
    form.fill(picture=samples.drawing())

    assert samples.drawing().preview() == form.value
    assert "JPEG" == message(form)["message"]["fileType"]
    form._other.children[0].value = OTHER
    assert OTHER.preview() == form.value
    picker.value = samples.photo(8_000, seed=3)
    assert picker.value.preview() == form.value


def test_nobody_waits_for_the_other(picker: Any) -> None:
    """A hand on the preview's own picker, and code at the same time, don't lock each other out."""
    form = PreviewForm(picker)
    form.fill(preview="another")
    own = form._other.children[0]
    held, filled = threading.Event(), threading.Event()

    def by_hand() -> None:
        with own._lock:  # as it is while a file comes in
            held.set()
            filled.wait(0.3)  # it can't be yet
            form._draw()

    def by_code() -> None:
        assert held.wait(30)
        form.fill(picture=OTHER)
        filled.set()

    threads = [threading.Thread(target=work, daemon=True) for work in (by_hand, by_code)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert [False, False] == [thread.is_alive() for thread in threads]
    assert OTHER.preview() == form.value


def test_a_bad_picture_of_its_own_changes_nothing(form: PreviewForm) -> None:
    """What is no picture is refused before anything is filled in, and the form still works."""
    held = form.value
    with pytest.raises(lpnb.ImageRefused):
        form.fill(picture=b"no picture", caption="x")

    assert (held, "") == (form.value, form.caption)
    form.fill(preview="none")
    assert None is form.value


def test_what_is_unknown_is_refused(form: PreviewForm) -> None:
    """A choice that there is not, or a caption that is no text, is an error in words."""
    with pytest.raises(lpnb.InputError, match="all, part, another, none"):
        form.fill(preview="some")
    with pytest.raises(lpnb.InputError, match="quotes"):
        form.fill(caption=5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("image", "matters"),
    [
        (samples.drawing(), True),
        (samples.photo(20_000, type="PNG"), False),
        (samples.default(), False),
    ],
    ids=["cut out", "PNG without", "JPEG"],
)
def test_the_backdrop_is_offered_where_it_matters(image: lpnb.ImageFile, matters: bool) -> None:
    """A colour is asked for only where something is transparent, and it is what lies behind."""
    form = PreviewForm(image)

    assert matters == (form._backdrop.layout.display is None)
    form.fill(backdrop="black")
    assert matters == (image.preview() != form.value)
    assert image.preview(backdrop="black") == form.value
    form.fill(preview="none")
    assert "none" == form._backdrop.layout.display


def test_what_cant_be_decoded_has_no_preview() -> None:
    """A picture that the service is to refuse goes without a preview, and that is said."""
    broken = lpnb.ImageFile.read(b"\xff\xd8\xff\xe0 broken", name="a.jpg", check=False)
    form = PreviewForm(broken)

    assert None is form.value
    assert "so there is no preview" in form.problem


def test_what_is_shown_is_what_is_sent(
    session: lpnb.Session, sandbox: lpnb.Sandbox, conversation: Any, stored: Any
) -> None:
    """The message that the form shows is the one that the service gets, but for what is cut."""
    form = PreviewForm(stored.image, caption="Påket “1”\nof 2")
    lpnb.publish_file(session, conversation, stored, caption=form.caption, preview=form.submit())
    got = sandbox.conversations[conversation.id].messages[0]
    shown = message(form)["message"]

    assert {"caption", "relativePath", "fileType", "preview"} == set(shown)
    assert (got.caption, got.file_type) == (shown["caption"], shown["fileType"])
    assert got.preview.startswith(shown["preview"].rstrip("…"))
    assert f"{len(got.preview):,} characters in all" in said(form)
    assert len(form._sent.value) < 4_000


def test_without_a_preview_none_is_sent(form: PreviewForm) -> None:
    """The message has no preview at all then, not an empty one."""
    form.fill(preview="none")

    assert {"caption", "relativePath", "fileType"} == set(message(form)["message"])


@pytest.mark.parametrize(
    ("caption", "words"),
    [
        ("", "0 characters. A few words help"),
        (" ", "1 character. A few words help"),
        ("hello", "5 characters. The documentation names no limit"),
        ("x" * 5_000, "5,000 characters. The documentation names no limit for a caption. "),
        ("x" * 5_001, "Note: a guide of LivePerson's ends texts at 5,000"),
    ],
    ids=len,
)
def test_captions_are_counted(form: PreviewForm, caption: str, words: str) -> None:
    """The count follows what is typed, with what is known of a limit."""
    form._caption.value = caption

    assert caption == form.caption
    assert words in said(form) + " "
    assert ("Note:" in said(form)) == (len(caption) > 5_000)


def test_the_size_is_held_against_the_limit(form: PreviewForm) -> None:
    """All of the data URI counts: the number, the limit and a native meter say how much."""
    assert form.value is not None
    size = len(form.value.data_uri)

    assert f"✓ OK: {size:,} of 30,000 characters" in said(form)
    assert f'<meter min="0" max="1" value="{size / 30_000}"' in form._size.value
    large = lpnb.Preview(bytes(30_000), "image/png", 9, 9)
    assert "✗ Refused: 40,022 of 30,000 characters (PNG, 9 x 9 pixels)" in _agent_view.meter(large)


def test_what_is_typed_stays_text(form: PreviewForm) -> None:
    """A caption that looks like markup, or would turn the text around, is shown as it is."""
    form.fill(caption=PAYLOAD)
    shown = form._seen.value + form._sent.value + form._repr_mimebundle_()["text/html"]

    assert "<img src=x" not in shown
    assert "\u202e" not in shown
    assert PAYLOAD.replace("\u202e", "\\u202e") in said(form)
    assert PAYLOAD == form.caption


def test_the_caption_stands_for_the_picture(form: PreviewForm) -> None:
    """It is the picture's alternative text, and may run from right to left."""
    form.fill(caption="החבילה שלי")

    assert 2 == form._seen.value.count('alt="החבילה שלי"')
    assert 2 == form._seen.value.count('<div dir="auto"')


def test_it_is_short_in_print(form: PreviewForm) -> None:
    """Its repr is one short line, and a small picture stands where no widget can live."""
    form.fill(caption="My parcel")
    bundle = form._repr_mimebundle_()

    assert re.fullmatch(
        r"PreviewForm\('parcel.jpg', \d+ x \d+ pixels, caption 'My parcel'\)", repr(form)
    )
    assert "My parcel" in bundle["text/html"]
    assert len(bundle["text/html"]) < 16_000
    form.fill(preview="none")
    assert "no preview" in repr(form)
    assert "No preview of parcel.jpg" in form._repr_mimebundle_()["text/html"]


def test_a_closed_form_lets_the_picker_go(form: PreviewForm, picker: ImagePicker) -> None:
    """After it was closed, the picker's next picture is none of its business."""
    held = form.value
    form.close()
    picker.value = OTHER

    assert held is form.value


def test_it_can_be_used_from_many_threads(form: PreviewForm, picker: ImagePicker) -> None:
    """Callbacks on several threads at once leave a preview of the picture that is there."""
    images = [samples.photo(5_000, seed=seed) for seed in range(4)]

    def use(image: lpnb.ImageFile) -> None:
        picker.value = image
        form.fill(box=(0, 0, 9, 9))
        form.fill(preview="all", caption=image.name)

    threads = [threading.Thread(target=use, args=(image,)) for image in images]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert picker.value.preview() == form.value
    assert "" == form.problem
