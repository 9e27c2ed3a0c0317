"""What ran when, as a picture: lanes of coloured bars over time, in SVG of our own."""

import heapq
import html
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from .card import Drawing

_WIDE, _EDGE, _LANE, _TOP = 744, 8, 9, 8  # pixels: the bars, beside them, each lane, above them
_CELLS = 4_000  # in all lanes together that a bar can fill, so that the picture stays small
_LANES = 48  # that are drawn
_GREY, _RED = "rgb(128,128,128)", "rgb(218,54,51)"  # grey reads on light and on dark ground

Run = Sequence[float]  # the moments at which its phases began, and at which the last one ended


class Phase(NamedTuple):
    """One kind of bar."""

    label: str
    colour: str


def timeline(runs: Sequence[Run], phases: Sequence[Phase], crosses: Sequence[float]) -> Drawing:
    """Draw which of the *runs* was in which phase when, and *crosses* at what went wrong."""
    runs = sorted(runs, key=tuple)
    begin = min((run[0] for run in runs), default=0.0)
    seconds = max((run[-1] for run in runs), default=0.0) - begin or 1.0
    lanes, spent = _lanes(runs), [sum(_lasted(run, i) for run in runs) for i in range(len(phases))]
    shown = lanes[:_LANES] or [[]]
    columns = min(_WIDE, _CELLS // len(shown))
    scale = f"{_WIDE / columns:.5g},{_LANE}"
    bottom = _TOP + _LANE * len(shown)
    marks = sorted({round((at - begin) / seconds * _WIDE / 4) * 4 for at in crosses})
    crossed = "".join(f"M{_EDGE + x - 3} {bottom + 1}l6 6m0-6l-6 6" for x in marks)
    width, height = _WIDE + 2 * _EDGE, bottom + 48
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11" fill="{_GREY}">'
        f'<g transform="translate({_EDGE},{_TOP + _LANE / 2}) scale({scale})">'
        f"{_bars(shown, phases, begin, seconds / columns)}</g>"
        f'<path stroke="{_RED}" stroke-width="1.5" d="{crossed}"/>'
        f"{_axis(seconds, bottom + 10)}{_legend(phases, spent, bottom + 40)}</svg>"
    )
    many = f"{len(runs):,} files in {seconds:.3g} s, at most {len(lanes):,} at once"
    words = _in_words(phases, spent, many=many, crosses=len(crosses))
    return Drawing(svg, words, width, height)


def _lanes(runs: Sequence[Run]) -> list[list[Run]]:
    """Lay the sorted *runs* into as few lanes as there were at once."""
    lanes: list[list[Run]] = []
    free: list[tuple[float, int]] = []  # when each lane ends
    for run in runs:
        if free and free[0][0] <= run[0]:
            number = heapq.heappop(free)[1]
        else:
            number = len(lanes)
            lanes.append([])
        lanes[number].append(run)
        heapq.heappush(free, (run[-1], number))
    return lanes


def _bars(
    lanes: Sequence[Sequence[Run]], phases: Sequence[Phase], begin: float, column: float
) -> str:
    """Draw each phase as one path; what is shorter than half a *column* of seconds is lost."""
    paths: dict[int, list[str]] = {phase: [] for phase in range(len(phases))}
    for number, lane in enumerate(lanes):
        ends: dict[int, int] = {}  # of the newest bar in this lane, by phase
        for run in lane:
            edges = [round((at - begin) / column) for at in run]
            for phase, (start, end) in enumerate(pairwise(edges)):
                if start < end:
                    move = f"m{start - ends[phase]} 0" if phase in ends else f"M{start} {number}"
                    paths[phase].append(f"{move}h{end - start}")
                    ends[phase] = end
    return "".join(
        f'<path stroke="{phases[phase].colour}" stroke-width="0.8" d="{"".join(parts)}"/>'
        for phase, parts in paths.items()
    )


def _axis(seconds: float, y: int) -> str:
    sizes = (m * 10.0**e for e in range(-4, 9) for m in (1, 2, 5))
    size = next(size for size in sizes if seconds / size < 9)
    parts = [f'<path stroke="{_GREY}" d="M{_EDGE} {y}h{_WIDE}"/>']
    for i in range(int(seconds / size) + 1):
        x = i * size / seconds * _WIDE
        anchor = "start" if i == 0 else "middle" if x < _WIDE - 12 else "end"
        text = f"{i * size:.4g}" + (" s" if i == 0 else "")
        parts.append(f'<path stroke="{_GREY}" d="M{_EDGE + x:.5g} {y}v4"/>')
        parts.append(f'<text x="{_EDGE + x:.5g}" y="{y + 15}" text-anchor="{anchor}">{text}</text>')
    return "".join(parts)


def _legend(phases: Sequence[Phase], spent: Sequence[float], y: int) -> str:
    parts, x = [], float(_EDGE)
    for phase, seconds in zip(phases, spent, strict=True):
        if seconds:
            parts.append(f'<path stroke="{phase.colour}" stroke-width="8" d="M{x:g} {y - 4}h12"/>')
            parts.append(f'<text x="{x + 17:g}" y="{y}">{html.escape(phase.label)}</text>')
            x += 34 + 6 * len(phase.label)
    return "".join(parts)


def _lasted(run: Run, phase: int) -> float:
    return run[phase + 1] - run[phase] if phase + 1 < len(run) else 0.0


def _in_words(phases: Sequence[Phase], spent: Sequence[float], *, many: str, crosses: int) -> str:
    whole = sum(spent) or 1.0
    pairs = zip(phases, spent, strict=True)
    shares = ", ".join(f"{phase.label} {one / whole:.0%}" for phase, one in pairs if one)
    failed = f"; a cross where one failed, {crosses:,} in all" if crosses else ""
    return f"Timeline of {many}{': ' + shares if shares else ''}{failed}"
