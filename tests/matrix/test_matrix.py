"""The whole matrix: each row ends as the catalogue demands."""

from pathlib import Path

import pytest

import lpnb

from . import mutations, running
from .scenarios import ROWS, Row


@pytest.mark.off_schema
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_the_matrix(row: Row, sandbox: lpnb.Sandbox, tmp_path: Path) -> None:
    """Outcome, calls, waits, messages and objects are the row's, and its faults all happened."""
    assert row.expected == running.run(row, sandbox, tmp_path)


def test_the_matrix_has_every_fault() -> None:
    """All forty faults are there, no row has another's name, and mutations name rows that are."""
    ids = [row.id for row in ROWS]

    assert set(range(1, 41)) == {row.fault for row in ROWS}
    assert len(ids) == len(set(ids)) >= 120
    assert {one.row for one in mutations.MUTATIONS} <= set(ids)


def test_each_safeguard_can_still_be_taken_away() -> None:
    """Every mutation finds its piece of the source, once, and leaves a program."""
    for mutation in mutations.MUTATIONS:
        compile(mutations.without(mutation), mutation.file, "exec")

    assert len(mutations.MUTATIONS) >= 20


@pytest.mark.parametrize("what", mutations.QUICK)
def test_a_safeguard_less_is_noticed(what: str, tmp_path: Path) -> None:
    """Without it its row ends otherwise; `python -m tests.benchmarks mutations` tries them all."""
    (mutation,) = (one for one in mutations.MUTATIONS if one.what == what)

    found = mutations.caught(mutation, tmp_path, only=True)

    assert found is not None
    assert mutation.row == found["row"]
