"""What ran when, as a picture: lanes of coloured bars over time, in SVG of our own."""

import heapq
import html
import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from .card import Drawing

_WIDE, _EDGE, _LANE, _TOP = 744, 8, 9, 8  # pixels: the bars, beside them, each lane, above them
_CELLS = 4_000  # in all lanes together that a bar can fill, so that the picture stays small
_LANES = 48  # that are drawn
_CUT = 0.25  # of all busy time; where nobody is busy for longer, the picture is cut short
_GREY, _RED = "rgb(128,128,128)", "rgb(218,54,51)"  # grey reads on light and on dark ground

Run = Sequence[float]  # the moments at which its phases began, and at which the last one ended
Stretch = tuple[float, float]  # from a moment to another
_Span = tuple[int, float, float]  # the phase that it is of, from when to when


class Phase(NamedTuple):
    """One kind of bar."""

    label: str
    colour: str
    height: float = 0.8  # of its lane's


_WAITING = Phase("waiting", _GREY, 0.2)  # to repeat or to look


def timeline(
    runs: Sequence[Run],
    phases: Sequence[Phase],
    crosses: Sequence[float] = (),
    *,
    waits: Sequence[Sequence[Stretch]] = (),
    names: Sequence[str] = (),
    of: int = 0,
) -> Drawing:
    """
    Draw which of the *runs* was in which phase when.

    Args:
        crosses: when something went wrong.
        waits: of each run, when it only waited, in order.
        names: of each run; with them each has a lane of its own.
        of: how many there are with those that never began.
    """
    phases = (*phases, _WAITING)
    idle = waits or [()] * len(runs)
    rows: list[Sequence[_Span]]
    rows = [list(_spans(*pair, len(phases) - 1)) for pair in zip(runs, idle, strict=True)]
    packed = _lanes(sorted((row for row in rows if row), key=_when))
    lanes = ([[row] for row in rows] if names else packed)[:_LANES]
    spans = [span for row in rows for span in row]
    scale = _Scale(spans, len(phases) - 1)
    left = _EDGE + 7 * max(map(len, names), default=0)
    columns = min(_WIDE, _CELLS // max(1, len(lanes)))
    bottom = _TOP + _LANE * max(1, len(lanes))
    marks = sorted({round(scale.share(at) * _WIDE / 4) * 4 for at in crosses})
    crossed = "".join(f"M{x - 3} {bottom + 1}l6 6m0-6l-6 6" for x in marks)
    spent = [sum(end - start for of, start, end in spans if of == i) for i in range(len(phases))]
    width, height = left + _WIDE + _EDGE, bottom + 48
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11" fill="{_GREY}">'
        f'<g transform="translate({left},{_TOP + _LANE / 2}) scale({_WIDE / columns:.5g},{_LANE})">'
        f"{_bars(lanes, phases, scale, columns)}</g>{_beside(names)}"
        f'<g transform="translate({left})">'
        f'<path stroke="{_RED}" stroke-width="1.5" d="{crossed}"/>{_axis(scale, bottom + 10)}</g>'
        f"{_legend(phases, spent, bottom + 40)}</svg>"
    )
    began = f"{len(runs):,} of {of:,}" if of > len(runs) else f"{len(runs):,}"
    many = f"{began} files in {scale.seconds:.3g} s, at most {len(packed):,} at once"
    words = _in_words(phases, spent, many=many, crosses=len(crosses), cuts=scale.cuts)
    return Drawing(svg, words, width, height)


def _spans(run: Run, waits: Sequence[Stretch], idle: int) -> Iterator[_Span]:
    """Cut the phases of a *run* where it only waited, which is the phase *idle*."""
    for phase, (start, end) in enumerate(pairwise(run)):
        for wait in waits:
            begin, until = max(wait[0], start), min(wait[1], end)
            if begin < until:
                yield phase, start, begin
                yield idle, begin, until
                start = until
        yield phase, start, end


def _when(row: Sequence[_Span]) -> list[Stretch]:
    return [(start, end) for _, start, end in row]


def _lanes(rows: Iterable[Sequence[_Span]]) -> list[list[Sequence[_Span]]]:
    """Lay the sorted *rows* into as few lanes as there were at once."""
    lanes: list[list[Sequence[_Span]]] = []
    free: list[tuple[float, int]] = []  # when each lane ends
    for row in rows:
        if free and free[0][0] <= row[0][1]:
            number = heapq.heappop(free)[1]
        else:
            number = len(lanes)
            lanes.append([])
        lanes[number].append(row)
        heapq.heappush(free, (row[-1][2], number))
    return lanes


class _Scale:
    """
    Where a moment stands: long *cuts*, in which nobody was busy, are drawn short.

    Else one long wait would squeeze all the rest into a corner.
    """

    def __init__(self, spans: Iterable[_Span], idle: int) -> None:
        self.begin = end = 0.0
        busy: list[Stretch] = []
        for phase, start, until in sorted(spans, key=lambda span: span[1:]):
            self.begin, end = (self.begin if end else start), max(end, until)
            if phase != idle and busy and start <= busy[-1][1]:
                busy[-1] = busy[-1][0], max(busy[-1][1], until)
            elif phase != idle:
                busy.append((start, until))
        work = sum(until - start for start, until in busy)
        self.seconds = end - self.begin
        gaps = [(one[1], other[0]) for one, other in pairwise(busy)]
        self.cuts = [(a, b) for a, b in gaps if b - a > _CUT * work]
        self._short = work / max(20, 2 * len(self.cuts))
        self.drawn = self.seconds - sum(b - a - self._short for a, b in self.cuts) or 1.0

    def share(self, at: float) -> float:
        """How far to the right the moment *at* is, from 0 to 1."""
        left = at - self.begin
        for a, b in self.cuts:
            left -= max(0.0, min(1.0, (at - a) / (b - a))) * (b - a - self._short)
        return left / self.drawn


def _bars(
    lanes: Sequence[Sequence[Sequence[_Span]]],
    phases: Sequence[Phase],
    scale: _Scale,
    columns: int,
) -> str:
    """Draw each phase as one path; what is shorter than half a column is lost."""
    paths: dict[int, list[str]] = {phase: [] for phase in range(len(phases))}
    for number, lane in enumerate(lanes):
        ends: dict[int, int] = {}  # of the newest bar in this lane, by phase
        for phase, begin, until in (span for row in lane for span in row):
            start, end = (round(scale.share(at) * columns) for at in (begin, until))
            if start < end:
                move = f"m{start - ends[phase]} 0" if phase in ends else f"M{start} {number}"
                paths[phase].append(f"{move}h{end - start}")
                ends[phase] = end
    return "".join(
        f'<path stroke="{phases[phase].colour}" stroke-width="{phases[phase].height}" '
        f'd="{"".join(parts)}"/>'
        for phase, parts in paths.items()
    )


def _beside(names: Sequence[str]) -> str:
    return "".join(
        f'<text x="{_EDGE / 2}" y="{_TOP + _LANE * (place + 1) - 1}" font-size="9">'
        f"{html.escape(name)}</text>"
        for place, name in enumerate(names[:_LANES])
    )


def _axis(scale: _Scale, y: int) -> str:
    sizes = (m * 10.0**e for e in range(-4, 9) for m in (1, 2, 5))
    size = next(size for size in sizes if scale.drawn / size < 9)
    parts = [f'<path stroke="{_GREY}" d="M0 {y}h{_WIDE}"/>']
    taken: list[float] = []
    for a, b in scale.cuts:
        x = scale.share((a + b) / 2) * _WIDE
        parts.append(f'<path stroke="{_GREY}" d="M{x - 5:.5g} {y + 3}l4-6m2 6l4-6"/>')
        if all(abs(x - other) > 70 for other in taken):
            parts.append(_label(x, y, f"… {b - a:.3g} s …"))
            taken.append(x)
    edges = [0.0, *(at - scale.begin for cut in scale.cuts for at in cut), scale.seconds]
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        for i in range(math.ceil(first / size), int(last / size) + 1):
            x = scale.share(scale.begin + i * size) * _WIDE
            parts.append(f'<path stroke="{_GREY}" d="M{x:.5g} {y}v4"/>')
            if all(abs(x - other) > 45 for other in taken):
                parts.append(_label(x, y, f"{i * size:.4g}" + (" s" if i == 0 else "")))
    return "".join(parts)


def _label(x: float, y: int, text: str) -> str:
    anchor = "start" if x < 1 else "middle" if x < _WIDE - 12 else "end"
    return f'<text x="{x:.5g}" y="{y + 15}" text-anchor="{anchor}">{text}</text>'


def _legend(phases: Sequence[Phase], spent: Sequence[float], y: int) -> str:
    parts, x = [], float(_EDGE)
    for phase, seconds in zip(phases, spent, strict=True):
        if seconds:
            line = f'stroke-width="{10 * phase.height:g}" d="M{x:g} {y - 4}h12"'
            parts.append(f'<path stroke="{phase.colour}" {line}/>')
            parts.append(f'<text x="{x + 17:g}" y="{y}">{html.escape(phase.label)}</text>')
            x += 34 + 6 * len(phase.label)
    return "".join(parts)


def _in_words(
    phases: Sequence[Phase],
    spent: Sequence[float],
    *,
    many: str,
    crosses: int,
    cuts: Sequence[Stretch],
) -> str:
    whole = sum(spent) or 1.0
    pairs = zip(phases, spent, strict=True)
    shares = ", ".join(f"{phase.label} {one / whole:.0%}" for phase, one in pairs if one)
    failed = f"; a cross where one failed, {crosses:,} in all" if crosses else ""
    idle = sum(b - a for a, b in cuts)
    short = f"; {idle:.3g} s in which nobody was busy are drawn short" if cuts else ""
    return f"Timeline of {many}{': ' + shares if shares else ''}{failed}{short}"
