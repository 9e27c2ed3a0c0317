"""Our storage beside a real Swift: the same generated requests to both, and who answers how."""

import statistics
import time

from hypothesis import HealthCheck, Phase, given, settings

from tests.swift_cases import BATCH, batches, differences
from tests.swift_rows import DIFFERENCES, ROWS
from tests.swift_wire import Pair, Reply, Wire, side_by_side

from .figures import Figure, milliseconds

CASES = 5_000


def measure(cases: int = CASES) -> list[Figure]:
    """Compare on about *cases* requests; the same number always means the same requests."""
    try:
        with side_by_side() as pair:
            return _measured(pair, cases)
    except ValueError as problem:
        return [Figure(f"not compared: {problem}", (0,), unit="")]


def _measured(pair: Pair, cases: int) -> list[Figure]:
    found: list[str] = []
    pair.ours, pair.theirs = (_Timed(wire) for wire in (pair.ours, pair.theirs))

    @settings(
        max_examples=-(-cases // BATCH),
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(batches())
    def compare(batch):
        found.extend(differences(batch, pair))

    compare()
    for difference in found[:10]:
        print(difference)
    taken = pair.ours.seconds, pair.theirs.seconds
    listed = f"{len(DIFFERENCES)} differences are deliberate, {len(ROWS)} rows are tests"
    return [
        Figure(
            f"requests answered otherwise than by Swift, of {len(pair.cases):,} different ones",
            (len(found),),
            bar=0,
            unit="",
            note=listed,
        ),
        milliseconds("our answer", [statistics.median(taken[0])]),
        milliseconds("Swift's answer", [statistics.median(taken[1])]),
    ]


class _Timed(Wire):
    """A connection that notes how long each answer took."""

    def __init__(self, wire: Wire) -> None:
        super().__init__(wire.port)
        self.seconds: list[float] = []

    def ask(self, request: bytes, *, finish: bool = False) -> Reply:
        began = time.perf_counter()
        reply = super().ask(request, finish=finish)
        self.seconds.append(time.perf_counter() - began)
        return reply
