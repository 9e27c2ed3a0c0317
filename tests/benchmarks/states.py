"""
Every call in any order, beside the reference model of tests/states: how many answers differ.

``python -m tests.benchmarks states N`` runs the machine N times; the tests run it less often.
"""

import sys

from tests.states.calls import compare

from .figures import Figure

_RUNS = 1500


def measure(runs: int = _RUNS) -> list[Figure]:
    """Run the machine; the shortest way to each difference goes to stderr."""
    differences, note = 0, f"{runs} runs"
    try:
        note = f"{compare(runs):,} calls in {note}"
    except AssertionError as error:
        print(error, file=sys.stderr)
        differences = 1
    except BaseExceptionGroup as errors:
        print(*errors.exceptions, sep="\n", file=sys.stderr)
        differences = len(errors.exceptions)
    what = "ways to an answer or a state unlike the model's"
    return [Figure(what, (float(differences),), bar=0, unit="", note=note)]
