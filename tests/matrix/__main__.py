"""Run rows until one does not end as it should: ``python -m tests.matrix FOLDER [ROW ...]``."""

import json
import sys
import tempfile
from pathlib import Path

import lpnb

from . import running
from .scenarios import ROWS

RED = 3  # the exit status of a row that ended otherwise: no crash has it


def main(library: Path, first: list[str]) -> int:
    """Run the rows named *first*, then all others, with lpnb from *library*; gives the status."""
    if Path(lpnb.__file__).parent.parent.resolve() != library.resolve():
        raise LookupError(f"lpnb is taken from {lpnb.__file__}, not from {library}")
    by_id = {row.id: row for row in ROWS}
    rows = [by_id.pop(id) for id in first]
    if "--only" not in sys.argv:
        rows += by_id.values()
    with lpnb.Sandbox() as sandbox:
        for row in rows:
            with tempfile.TemporaryDirectory() as folder:
                seen, expected = running.run(row, sandbox, Path(folder)), row.expected
            if seen != expected:
                wrong = {k: (v, seen[k]) for k, v in expected.items() if v != seen[k]}
                print(json.dumps({"row": row.id, "wrong": wrong}, default=str))
                return RED
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), [one for one in sys.argv[2:] if one != "--only"]))
