"""The first lesson in a real browser: run in JupyterLab, reopened, exported, and under Voilà."""

from itertools import zip_longest
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page

from tests import notebook_tools
from tests.browser.conftest import Lesson, exported, lesson_of
from tests.browser.lab import HEIGHT, WIDTH, Chromium, Lab
from tests.browser.reading import CARD, contrasts, makeup, meters, overflowing

pytestmark = pytest.mark.browser

READABLE = 4.5  # the contrast that WCAG asks of ordinary text
THEMES = ["Light", "Dark"]
UNFOLDED = ["step-1", "step-3", "step-4", "step-5"]


def lacks(heading: str, seen: str) -> list[str]:
    """Which parts of a card's *heading* are not among the words that were *seen*."""
    return [part for part in heading.split(" · ") if part not in seen]


def fold(card: Locator, *, open: bool) -> None:
    """Fold everything on *card* in or out."""
    card.locator("details").evaluate_all(
        "(all, open) => all.forEach((d) => { d.open = open; })", open
    )


def test_run_all(lesson: Lesson) -> None:
    """All cells run by one command, and none of them fails."""
    assert lesson.succeeded


def test_cards_visible(lesson: Lesson) -> None:
    """Every card can be seen, with its mode, its step, its title and how it went."""
    cards = lesson.cards()
    seen = {place: lesson.notebook.outputs(place) for place in cards}

    assert len(cards) >= 12
    assert [] == [place for place in cards if not seen[place].is_visible()]
    assert {} == {
        place: missing
        for place, heading in cards.items()
        if (missing := lacks(heading, seen[place].inner_text()))
    }


def test_forms_visible(lesson: Lesson) -> None:
    """Both forms are there as widgets, with labels that name their fields."""
    panel = lesson.notebook.panel

    assert panel.get_by_role("checkbox", name="LIVE").is_visible()
    assert panel.get_by_role("button", name="Choose a picture").is_visible()
    assert panel.get_by_label("or its path", exact=True).is_visible()


def test_nothing_leaves_the_machine(lab: Lab, lesson: Lesson) -> None:
    """Neither JupyterLab nor a lesson asks any other machine for anything."""
    assert [] == lab.chromium.strangers


@pytest.mark.parametrize("theme", THEMES)
def test_screenshots(lab: Lab, lesson: Lesson, screenshots: Path, theme: str) -> None:
    """Each card and the whole notebook can be looked at afterwards, in both themes."""
    places = {cell["id"]: i for i, cell in enumerate(lesson.cells) if cell.get("outputs")}
    folder = screenshots / theme.lower()
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()

    lab.use_theme(theme)
    for name in UNFOLDED:
        fold(lesson.notebook.outputs(places[name]), open=True)
    with lesson.notebook.at_full_length():
        for name in UNFOLDED:
            card = lesson.notebook.outputs(places[name])
            card.screenshot(path=folder / f"{name}-unfolded.png")
            fold(card, open=False)
        for name, place in places.items():
            lesson.notebook.outputs(place).screenshot(path=folder / f"{name}.png")
        lesson.notebook.panel.screenshot(path=folder / "whole-notebook.png")

    assert len(places) + len(UNFOLDED) + 1 == len([*folder.glob("*.png")])


def unreadable(rows: list[tuple[str, str, float]]) -> set[tuple[str, str, float]]:
    """Keep those of the texts that stand out too little, with their contrasts."""
    return {(tag, words, round(value, 1)) for tag, words, value in rows if value < READABLE}


@pytest.mark.parametrize("theme", THEMES)
def test_contrast(lab: Lab, lesson: Lesson, theme: str) -> None:
    """Every word on every card stands out enough from what is behind it, in both themes."""
    lab.use_theme(theme)
    rows = [row for place in lesson.cards() for row in contrasts(lesson.notebook.outputs(place))]

    assert len(rows) > 200
    assert set() == unreadable(rows)


ALL_VERDICTS = """
from lpnb.card import Card, Fact, Shown

class Example(Shown):
    def __init__(self, verdict, mode):
        self.verdict, self.mode = verdict, mode

    def card(self):
        facts = [Fact(one, "a value", "what it means", one, share=0.5) for one in VERDICTS]
        facts += [Fact(one, "", "what was found", one, mend="image.fixed()") for one in VERDICTS]
        return Card(
            title="A title", label="Step 3", mode=self.mode, verdict=self.verdict,
            summary="how it went", facts=tuple(facts), notes=("A note.",),
        )

VERDICTS = ("ok", "warning", "refused", "plain")
display(*(Example(verdict, mode) for verdict in VERDICTS for mode in ("SANDBOX", "LIVE", "")))
"""


def test_contrast_of_verdicts(lab: Lab) -> None:
    """Each verdict and mode, on a card and on a fact, stands out enough in both themes."""
    found = {}
    with lab.opened(lesson_of(ALL_VERDICTS), "verdicts.ipynb") as notebook:
        assert notebook.run_all()
        for theme in THEMES:
            lab.use_theme(theme)
            cards = notebook.outputs(0)
            found[theme] = [row for i in range(cards.count()) for row in contrasts(cards.nth(i))]

    assert {"✓ OK", "▲ Note", "✗ Refused"} <= {words for _, words, _ in found["Dark"]}
    assert {theme: set() for theme in THEMES} == {t: unreadable(rows) for t, rows in found.items()}


@pytest.mark.parametrize("width", [WIDTH, 820])
def test_fits(lab: Lab, lesson: Lesson, width: int) -> None:
    """No card is wider than the room it has, folded out or not, on a narrow screen either."""
    lab.page.set_viewport_size({"width": width, "height": HEIGHT})
    wide = {}
    for place, heading in lesson.cards().items():
        card = lesson.notebook.outputs(place).locator(CARD).first
        fold(card, open=True)
        wide[heading] = overflowing(card)
        fold(card, open=False)
    lab.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})

    assert {} == {heading: rows for heading, rows in wide.items() if rows}


@pytest.mark.parametrize("theme", THEMES)
def test_picture(lab: Lab, lesson: Lesson, screenshots: Path, theme: str) -> None:
    """A picture's card is read on a phone too: both pictures, and meters as long as they say."""
    place = next(place for place, cell in enumerate(lesson.cells) if cell["id"] == "picture")
    card = lesson.notebook.outputs(place).locator(CARD).first
    lab.use_theme(theme)
    lab.page.set_viewport_size({"width": 400, "height": HEIGHT})
    card.screenshot(path=screenshots / f"picture-{theme.lower()}-narrow.png")
    wide, drawn, words = overflowing(card), meters(card), card.inner_text()
    shown = card.locator("img").evaluate_all("(all) => all.map((one) => [one.alt, one.width])")
    lab.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})

    assert [] == wide
    assert ["10 %", "99 %"] == [said for said, _ in drawn]
    # 99.8 % reads 99, and a pixel is a percent
    assert [10, 99] == pytest.approx([share for _, share in drawn], abs=2)
    assert [["the picture: parcel.jpg", 112], ["the preview of parcel.jpg", 200]] == shown
    assert "what will be sent" in words


def test_folds_out(lesson: Lesson) -> None:
    """A click on Request or Response shows what was sent or answered, another hides it."""
    place = next(place for place, cell in enumerate(lesson.cells) if cell["id"] == "step-3")
    card = lesson.notebook.outputs(place)
    fold = card.locator("summary", has_text="Response").last
    inside = fold.locator("xpath=..").locator("pre").last
    before = inside.is_visible()

    fold.click()
    after = inside.is_visible()
    words = inside.inner_text()
    fold.click()

    assert (False, True, False) == (before, after, inside.is_visible())
    assert "relativePath" in words


def test_reopened_untrusted(lab: Lab, lesson: Lesson) -> None:
    """A saved lesson from elsewhere shows its cards whole before anything in it was run."""
    stranger = notebook_tools.parsed(lesson.text)
    stranger.metadata["from"] = "elsewhere"  # so that the signature made on saving doesn't hold

    with lab.opened(stranger, "untrusted.ipynb") as notebook:
        trusted = notebook.trusted()
        seen = {place: notebook.outputs(place).inner_text() for place in lesson.cards()}
        kept = {place: makeup(notebook.outputs(place)) for place in lesson.cards()}
    live = {place: makeup(lesson.notebook.outputs(place)) for place in lesson.cards()}
    pairs = [pair for place in live for pair in zip_longest(live[place], kept[place])]

    assert not trusted
    assert {} == {p: m for p, heading in lesson.cards().items() if (m := lacks(heading, seen[p]))}
    assert [] == [(was, now) for was, now in pairs if was != now]


def test_exported(lesson: Lesson, reader: Chromium, page: Page, tmp_path: Path) -> None:
    """The page that nbconvert makes shows every card, fails in no script, names its pictures."""
    page.goto(exported(lesson.text, tmp_path))
    seen = page.inner_text("body")

    assert [] == reader.errors
    assert [] == [part for heading in lesson.cards().values() for part in lacks(heading, seen)]
    assert page.locator("img").count() >= 4
    assert [] == page.eval_on_selector_all("img", "(all) => all.filter((one) => !one.alt)")


def test_voila(lab: Lab, lesson: Lesson, reader: Chromium, page: Page, screenshots: Path) -> None:
    """Voilà runs the lesson and shows the forms and every card."""
    headings = list(lesson.cards().values())
    page.goto(lab.server.page("voila/render", lesson.notebook.path))
    last = headings[-1].split(" · ")[-2]
    page.get_by_text(last, exact=True).last.wait_for()
    page.get_by_role("button", name="Choose a picture").wait_for()
    seen = page.inner_text("body")
    page.set_viewport_size({"width": WIDTH, "height": 7000})  # as it scrolls inside itself
    page.screenshot(path=screenshots / "voila.png")

    assert [] == reader.errors
    assert [] == [part for heading in headings for part in lacks(heading, seen)]
