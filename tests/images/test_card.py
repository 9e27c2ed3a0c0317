"""The card of a picture: what it says of it, how large it is, and that it never fails."""

import io
import random
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import lpnb
from lpnb import render, samples
from lpnb.card import Card, Fact
from lpnb.errors import ImageRefused
from lpnb.images import LIMITS, Finding, ImageFile
from tests.notebook_tools import picture_windows
from tests.test_render import ALLOWED, ATTRIBUTES, Page

TURNED = Finding("rotated", "warning", "the picture is stored turned", "upright")
PLACE = Finding("location", "warning", "the picture tells where it was taken", "without_metadata")


def page(image: Any) -> Page:
    return Page(render.as_html(image.card()))


def facts(card: Card) -> dict[str, Fact]:
    return {fact.name: fact for fact in card.facts}


def pictures(shown: Page) -> list[dict[str, str | None]]:
    return [attributes for tag, attributes in shown.tags if tag == "img"]


def portrait() -> ImageFile:
    """A picture whose EXIF says that it is to be turned: stored wide, tall when upright."""
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.radial_gradient("L").resize((300, 200)).save(out, "JPEG", exif=exif)
    return ImageFile.read(out.getvalue(), name="portrait.jpg")


def grain() -> ImageFile:
    """A picture that compresses badly."""
    out, noise = io.BytesIO(), random.Random(5).randbytes(40_000)  # noqa: S311
    Image.frombytes("L", (200, 200), noise).save(out, "JPEG")
    return ImageFile.read(out.getvalue(), name="grain.jpg")


ALL = {
    "default": samples.default,
    "drawing": samples.drawing,
    "phone": samples.phone,
    "portrait": portrait,
    "grain": grain,
    **samples.ODD,
    **samples.BAD,
    "phone, fixed": lambda: samples.phone().fixed(),
    "WEBP, fixed": lambda: samples.bad.renamed_webp().fixed(),
    "CMYK, fixed": lambda: samples.odd.cmyk().fixed(),
}


def test_one_look_tells() -> None:
    """The card of a good picture has both pictures, its facts, and what will be sent, and when."""
    image = samples.default()
    preview = image.preview()
    shown = page(image)

    assert ["the picture: parcel.jpg", "the preview of parcel.jpg"] == [
        one["alt"] for one in pictures(shown)
    ]
    for words in (
        "parcel.jpg ✓ OK",
        "can be shared as it is",
        "fileTypeJPEG",
        "300,000 of 3,000,000 bytes",
        f"{len(preview.data_uri):,} of 30,000 characters",
        f"{preview.width} x {preview.height}",
        image.sha256,
        'step 3fileType "JPEG" and fileSize "300000"',
        "step 4the 300,000 bytes, unchanged",
        "step 5the preview, your caption",
        "neverthe file's name",
    ):
        assert words in shown.text


def test_meters_are_as_long_as_they_say() -> None:
    """The meters measure fileSize against 3,000,000 bytes, and the preview against 30,000."""
    image = samples.photo(2_130_000)
    found = facts(image.card())

    assert 0.71 == found["fileSize"].share
    assert len(image.preview().data_uri) / 30_000 == found["preview"].share
    assert "71 %" in page(image).text
    assert "[#######---] 71 %" in render.as_text(image.card())


@pytest.mark.parametrize(
    ("size", "verdict", "words"),
    [
        (2_999_999, "ok", "99 %"),
        (3_000_000, "ok", "100 %"),
        (3_000_001, "warning", "101 %"),
        (3_145_729, "refused", "105 %"),
    ],
)
def test_the_size_is_judged_where_it_stands(size: int, verdict: str, words: str) -> None:
    """The size has the verdict of its finding, and over 3 MB the meter says by how much."""
    card = samples.photo(size, check=False).card()

    assert verdict == facts(card)["fileSize"].verdict == card.verdict
    assert words in render.as_text(card)


@pytest.mark.parametrize("name", ALL)
def test_cards_are_small_and_plain(name: str) -> None:
    """Any picture's card takes at most 22 KB, 7 KB of it without pictures, in plain elements."""
    image = ALL[name]()
    html = render.as_html(image.card())
    shown = Page(html)

    assert len(html) <= 22_528
    assert len(re.sub(r'src="data:[^"]*"', "", html)) <= 7_168
    assert {tag for tag, _ in shown.tags} <= ALLOWED
    assert {name for _, attributes in shown.tags for name in attributes} <= ATTRIBUTES
    assert all(one["alt"] for one in pictures(shown))
    assert [] == picture_windows(html, image.content)


def test_findings_come_first_with_what_to_type() -> None:
    """Each finding has its sign, word, sentence and mend; a refusal stands before a warning."""
    worst = Finding("too-large", "refused", "it is too large", "resized_to_fit")
    image = replace(samples.default(), findings=(worst, TURNED))

    text = render.as_text(image.card())
    assert ["too-large", "rotated"] == [fact.name for fact in image.card().facts[:2]]
    assert "too-large  ✗ Refused: it is too large; mend: image.resized_to_fit()" in text
    assert "rotated    ▲ Note: the picture is stored turned; mend: image.upright()" in text


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        (samples.bad.empty, ("empty", "begins with", "nothing", "unknown", "as JPEG, by its name")),
        (samples.bad.renamed_text, ("unsupported-type", "54 68 69 73", "This is a no")),
        (samples.bad.truncated, ("cut short", "ff d8 ff", "200,000 of")),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_can_not_be_drawn_is_described(sample: Any, words: tuple[str, ...]) -> None:
    """A refused picture that nothing can draw says why, what it is, and how it begins."""
    shown = page(sample())

    assert "✗ Refused" in shown.text
    assert [] == pictures(shown)
    assert "what will be sent" not in shown.text
    for one in words:
        assert one in shown.text


def test_a_refused_picture_is_shown_where_it_can_be() -> None:
    """A picture that is only too large is seen, as it can be decoded."""
    assert 2 == len(pictures(page(samples.bad.too_large())))


def test_a_refusal_has_the_card_with_it() -> None:
    """The error that refuses a picture has the picture, whose card shows every reason."""
    with pytest.raises(ImageRefused) as caught:
        ImageFile.read(samples.bad.too_large().content, name="a/b.png")
    card = caught.value.image.card()

    assert ["too-large", "unsafe-name"] == [fact.name for fact in card.facts[:2]]
    assert "refused" == card.verdict


def test_the_worst_comes_first() -> None:
    """Of what may be shared all the same, that comes first which can't be taken back later."""
    card = samples.phone().card()

    assert ["location", "rotated"] == [fact.name for fact in card.facts[:2]]


def test_before_and_after() -> None:
    """A mended picture shows both, what was done, what is gone, and the sizes before."""
    before = replace(samples.photo(2_000_000), findings=(TURNED, PLACE))
    done = ("turned upright", "its metadata was left out")
    after = replace(samples.photo(1_000_000), made_from=before, mends=done)
    shown = page(after)

    assert ["before", "after", "the preview of"] == [
        re.split(": | parcel", one["alt"] or "")[0] for one in pictures(shown)
    ]
    for words in (
        "Mended · parcel.jpg",
        *done,
        "gonerotated, location ✓ OK",
        "1,000,000 of 3,000,000 bytes",
        "before: 2,000,000",
        "before: {} x {}".format(*(before.pixels or ())),
    ):
        assert words in shown.text


def test_a_mend_is_shown_as_it_was_made() -> None:
    """What `fixed` did to a phone's photo, and that nothing is left to do, stands on its card."""
    before = samples.phone()
    card = before.fixed().card()

    assert ("Mended", "ok") == (card.label, card.verdict)
    assert "location, rotated" == facts(card)["gone"].value
    assert f"before: {before.size:,}" == facts(card)["fileSize"].meaning
    assert ["before", "after"] == [one.below for one in card.pictures[:2]]


def test_what_can_not_be_drawn_has_no_before() -> None:
    """Of a picture converted from another type one sees what it became, and its size before."""
    before = samples.bad.renamed_webp()
    card = before.fixed().card()

    assert "the picture" == card.pictures[0].below
    assert f"before: {before.size:,}" == facts(card)["fileSize"].meaning


def test_each_mend_that_is_named_is_there() -> None:
    """Whatever a card says to type can be typed, for every sample there is."""
    images = [make() for make in (*samples.ODD.values(), *samples.BAD.values())]
    typed = {fact.mend for image in images for fact in image.card().facts if fact.mend}

    assert 5 == len(typed)
    for one in typed:
        assert callable(getattr(ImageFile, one.removeprefix("image.").removesuffix("()")))


def test_before_is_drawn_as_it_lay() -> None:
    """Of a picture that was turned upright one sees that it was not."""
    before = portrait()
    upright = replace(before, made_from=before, findings=(), mends=("turned upright",))
    sizes = [(one["width"], one["height"]) for one in pictures(page(upright))]

    assert [("112", "75"), ("75", "112")] == sizes[:2]


def test_a_mended_picture_from_elsewhere_says_so() -> None:
    """Where the picture before is not at hand, the card still says what was done."""
    image = replace(samples.default(), mends=("turned upright",))

    assert "turned upright" in page(image).text
    assert 2 == len(pictures(page(image)))


@pytest.mark.parametrize("name", ["חבילה שלי.jpg", "طرد.jpg", "包裹.jpg", "Päckchen 📦.jpg"])
def test_names_from_everywhere(name: str) -> None:
    """The card shows a name as it is, whatever its letters and their direction."""
    shown = page(replace(samples.default(), name=name))

    assert shown.text.startswith(f"{name} ✓ OK")
    assert f"the picture: {name}" == pictures(shown)[0]["alt"]


def test_what_is_private_is_said_in_the_row_of_the_upload() -> None:
    """Where the bytes tell of a place, the row about sending them says so too."""
    image = replace(samples.default(), findings=(PLACE,))

    assert "unchanged, with what they tell of place or people" in page(image).text
    assert image.cautions == ("the picture tells where it was taken (image.without_metadata())",)
    assert () == replace(image, findings=(TURNED,)).cautions


SEEDS = [make().content[:3_000] for make in samples.BAD.values()] + [portrait().content]


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.sampled_from(SEEDS), st.integers(0, 2_999), st.binary(max_size=8), st.text(max_size=30))
def test_any_bytes_have_a_card(content: bytes, place: int, more: bytes, name: str) -> None:
    """Whatever the bytes and the name are, there is a card, and it is drawn in both ways."""
    spoilt = content[:place] + more + content[place + len(more) :]
    card = ImageFile.read(spoilt, name=name, check=False).card()

    render.as_text(card)
    Page(render.as_html(card))


def test_the_preview_is_shown_as_it_is() -> None:
    """The card of a preview draws just the bytes that the agent gets, with the meter."""
    preview = samples.default().preview()
    shown = page(preview)

    assert [preview.data_uri] == [one["src"] for one in pictures(shown)]
    assert f"{len(preview.data_uri):,} of {LIMITS.preview:,} characters" in shown.text
    assert "99 % ✓ OK" in shown.text


def test_what_is_private_is_said_before_it_is_sent(
    session: lpnb.Session, conversation: Any, image: ImageFile
) -> None:
    """The card of step 3, and that of the whole share, point out what tells of place or people."""
    telling = replace(image, findings=(PLACE,))
    seen: list[str] = []
    lpnb.share_file(session, conversation, image, watch=lambda step: seen.append(str(step)))
    share = lpnb.share_file(
        session, conversation, telling, watch=lambda step: seen.append(str(step))
    )

    words = f"Note: {telling.cautions[0]}"
    assert [False, True] == [words in seen[0], words in seen[3]]
    assert telling.cautions[0] in share.card().notes


@pytest.mark.parametrize("caption", ["", "  ", "My parcel"])
def test_a_caption_is_the_alternative_text(
    session: lpnb.Session, conversation: Any, stored: Any, image: ImageFile, caption: str
) -> None:
    """The card of step 5 takes the caption as alternative text, and says if there is none."""
    published = lpnb.publish_file(
        session, conversation, stored, caption=caption, preview=image.preview()
    )
    shown = page(published)

    given = bool(caption.strip())
    assert given == ("It has no caption. A few words" not in shown.text)
    assert [caption if given else "the preview that the agent sees"] == [
        one["alt"] for one in pictures(shown)
    ]
