"""A figure: many values of one measurement, their median, and the bar it is held to."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """
    What was measured.

    Args:
        what: in words.
        values: of each round; what counts is their median, the quartiles are the spread.
        bar: what the median may be at most; None where the figure is for information.
        unit: "x" for a ratio.
        note: what else to know, for instance which one was the largest.
    """

    what: str
    values: tuple[float, ...]
    _: KW_ONLY
    bar: float | None = None
    unit: str = "x"
    note: str = ""

    @property
    def median(self) -> float:
        """The value that counts."""
        return statistics.median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """The lower and the upper quartile."""
        if len(self.values) < 2:
            return self.median, self.median
        low, _, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return low, high

    @property
    def passed(self) -> bool | None:
        """Whether the bar is met; None without one."""
        return None if self.bar is None else self.median <= self.bar

    def as_dict(self) -> dict[str, Any]:
        """The figure as JSON can hold it."""
        return {
            "what": self.what,
            "median": self.median,
            "spread": self.spread,
            "rounds": len(self.values),
            "unit": self.unit,
            "bar": self.bar,
            "passed": self.passed,
            "note": self.note,
        }

    def __str__(self) -> str:
        verdict = {True: "PASS", False: "FAIL", None: ""}[self.passed]
        bar = "for information" if self.bar is None else f"bar {_number(self.bar)}"
        spread = ""
        if len(self.values) > 1:
            spread = " to ".join(map(_number, self.spread)) + f", n={len(self.values)}"
        value = f"{_number(self.median)} {self.unit}"
        row = f"{verdict:4}  {value:>14}  {bar:15}  {self.what}"
        details = "; ".join(part for part in (spread, self.note) if part)
        return row + (f" ({details})" if details else "")


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, ...]:
    """Divide round by round, as both contenders of a round met the same moment."""
    return tuple(one / other for one, other in zip(ours, theirs, strict=True))


def interleaved(
    rounds: int,
    *contenders: Callable[[], object],
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[list[float], ...]:
    """
    Time the *contenders* in turn, *rounds* times, and give each one's seconds.

    The order turns round every time, so that nobody always runs in another's wake; a first round
    is thrown away.
    """
    seconds: tuple[list[float], ...] = tuple([] for _ in contenders)
    for number in range(rounds + 1):
        order = range(len(contenders))
        for i in order if number % 2 else reversed(order):
            began = clock()
            contenders[i]()
            taken = clock() - began
            if number:
                seconds[i].append(taken)
    return seconds


def milliseconds(what: str, seconds: Sequence[float], *, bar: float | None = None) -> Figure:
    """A figure of plain times, in milliseconds."""
    return Figure(what, tuple(1000 * one for one in seconds), bar=bar, unit="ms")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or value >= 1000 else f"{value:.3g}"
