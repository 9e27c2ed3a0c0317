"""The timeline: what ran when, small however much ran, safe in any notebook, and said in words."""

import base64
import random
import re
import xml.etree.ElementTree as ET

import pytest

from lpnb import render
from lpnb.card import Card, Drawing
from lpnb.drawing import Phase, timeline

PHASES = (Phase("first", "rgb(1,2,3)"), Phase("<second>", "rgb(4,5,6)"))
SVG = "{http://www.w3.org/2000/svg}"


def bars(drawing: Drawing) -> dict[str, list[tuple[int, int, int]]]:
    """Each colour's bars, as lane, first and last column, read out of the paths."""
    found = {}
    drawn = next(ET.fromstring(drawing.svg).iter(f"{SVG}g"))  # noqa: S314 - our own
    for path in drawn:
        lane = at = 0
        bars = []
        for move, x, y, length in re.findall(r"([Mm])(\d+) (\d+)h(\d+)", path.get("d", "")):
            lane, at = (int(y), int(x)) if move == "M" else (lane, at + int(x))
            bars.append((lane, at, at + int(length)))
            at += int(length)
        found[path.get("stroke", "")] = bars
    return found


def test_bars_stand_where_their_phases_were() -> None:
    """Two runs one after the other share a lane; a third at the same time has its own."""
    drawing = timeline([(10, 12, 13), (13, 14, 18), (11, 11, 18)], PHASES, [])
    scale = 744 / 8

    assert {
        "rgb(1,2,3)": [(0, 0, round(2 * scale)), (0, round(3 * scale), round(4 * scale))],
        "rgb(4,5,6)": [
            (0, round(2 * scale), round(3 * scale)),
            (0, round(4 * scale), 744),
            (1, round(1 * scale), 744),
        ],
    } == {colour: bars(drawing)[colour] for colour in ("rgb(1,2,3)", "rgb(4,5,6)")}


def test_it_is_said_in_words() -> None:
    """The alternative text has the number, the time, how many at once, the shares and failures."""
    drawing = timeline([(0, 3, 4), (0, 3, 4)], PHASES, [4.0])

    assert (
        "Timeline of 2 files in 4 s, at most 2 at once: first 75%, <second> 25%; a cross where "
        "one failed, 1 in all"
    ) == drawing.alt


@pytest.mark.parametrize("runs", [[], [(5.0,)], [(5.0, 5.0, 5.0)]], ids=str)
def test_nothing_to_draw(runs: list[tuple[float, ...]]) -> None:
    """Without any run, or any time, there is still a picture."""
    ET.fromstring(timeline(runs, PHASES, []).svg)  # noqa: S314 - our own


@pytest.mark.parametrize("lanes", [1, 16, 400])
def test_it_stays_small(lanes: int) -> None:
    """Ten thousand runs, half of them failed, take no more than a card may: 40 KB of page."""
    chance = random.Random(1)  # noqa: S311 - no secret
    runs = []
    for number in range(10_000):
        start = number // lanes + chance.random() / 2
        runs.append((start, start + chance.random() / 3, start + 0.5))
    drawing = timeline(runs, PHASES, [run[-1] for run in runs[::2]])
    page = render.as_html(Card(title="many", drawing=drawing))

    assert len(page) < 60_000
    assert drawing.height < 600
    assert max(end for found in bars(drawing).values() for _, _, end in found) <= 744


def test_it_stands_in_an_image_with_alternative_text() -> None:
    """In HTML it is an image with a data URI, its words escaped; in text it is the words."""
    drawing = timeline([(0, 3, 4)], PHASES, [])
    card = Card(title="many", drawing=drawing)
    page = render.as_html(card)
    source = re.search(r'<img src="data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)"', page)

    assert source
    assert drawing.svg == base64.b64decode(source[1]).decode()
    assert (
        'alt="Timeline of 1 files in 4 s, at most 1 at once: first 75%, &lt;second&gt; 25%"' in page
    )
    assert "<svg" not in page
    assert "<second>" not in page
    assert "<second>" not in drawing.svg
    assert f"[drawing: {drawing.alt}]" in render.as_text(card)


def test_only_what_took_time_is_in_the_legend() -> None:
    """A phase that never took time is not explained."""
    svg = ET.fromstring(timeline([(0, 1, 1)], PHASES, []).svg)  # noqa: S314 - our own

    assert ["first"] == [one.text for one in svg.iter(f"{SVG}text") if "s" in (one.text or "")][1:]


def test_every_second_of_the_axis_is_named() -> None:
    """The axis has round numbers from nought on, however long it is."""
    texts = {}
    for seconds in (0.004, 0.7, 8.0, 3_600.0):
        svg = ET.fromstring(timeline([(0, seconds)], PHASES, []).svg)  # noqa: S314 - our own
        texts[seconds] = [one.text for one in svg.iter(f"{SVG}text")][:3]

    assert {
        0.004: ["0 s", "0.0005", "0.001"],
        0.7: ["0 s", "0.1", "0.2"],
        8.0: ["0 s", "1", "2"],
        3_600.0: ["0 s", "500", "1000"],
    } == texts


def texts(drawing: Drawing) -> list[str]:
    svg = ET.fromstring(drawing.svg)  # noqa: S314 - our own
    return [one.text or "" for one in svg.iter(f"{SVG}text")]


def test_waits_are_thin() -> None:
    """Where a run only waited its bar is a thin grey line, and its phase goes on behind it."""
    drawing = timeline([(0, 2, 10)], PHASES, waits=[[(1, 2), (4, 5)]])

    assert {
        "rgb(1,2,3)": [(0, 0, 74)],
        "rgb(4,5,6)": [(0, 149, 298), (0, 372, 744)],
        "rgb(128,128,128)": [(0, 74, 149), (0, 298, 372)],
    } == bars(drawing)
    assert "waiting" in texts(drawing)


def test_one_long_wait_does_not_squeeze_the_rest() -> None:
    """Where nobody is busy for long the time is drawn short, and how long that is is said."""
    runs = [(0, 1, 4), (1, 2, 105)]
    drawing = timeline(runs, PHASES, waits=[[], [(3, 104)]])
    first = bars(drawing)["rgb(1,2,3)"]

    assert [(0, 0, 142), (1, 142, 283)] == first  # a second is more than a sixth of it
    assert "… 100 s …" in texts(drawing)
    assert {"0 s", "1", "2", "3", "105"} <= set(texts(drawing))
    assert drawing.alt.endswith("100 s in which nobody was busy are drawn short")


def test_named_runs_have_lanes_of_their_own() -> None:
    """Where each run has a name it stands beside its lane, in the order given."""
    drawing = timeline([(2, 3, 4), (0, 1, 2)], PHASES, names=["1", "<2>"], of=3)

    assert [(0, 372, 558), (1, 0, 186)] == bars(drawing)["rgb(1,2,3)"]
    assert ["1", "<2>"] == texts(drawing)[:2]
    assert drawing.alt.startswith("Timeline of 2 of 3 files in 4 s, at most 1 at once")
