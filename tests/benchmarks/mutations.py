"""The fault matrix with one safeguard less at a time: each has to turn a row red."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.matrix import mutations

from .figures import Figure


def measure() -> list[Figure]:
    """Take every safeguard away in turn; a bar is missed where no row notices it."""
    figures = list(_each())
    missed = sum(figure.passed is False for figure in figures)
    what = f"not noticed of {len(figures)} safeguards taken away"
    return [*figures, Figure(what, (float(missed),), bar=0, unit="")]


def _each() -> Iterator[Figure]:
    for mutation in mutations.MUTATIONS:
        with tempfile.TemporaryDirectory() as folder:
            found = mutations.caught(mutation, Path(folder))
        note = f"{found['row']}: {', '.join(found['wrong'])}" if found else "no row"
        yield Figure(f"not noticed: {mutation.what}", (not found,), bar=0, unit="", note=note)
