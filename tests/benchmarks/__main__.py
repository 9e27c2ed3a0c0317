"""Run one benchmark by name, or all of them; the exit status is 1 if a figure misses its bar."""

import argparse
import importlib
import json
from collections.abc import Sequence
from pathlib import Path

_NAMES = {  # name: module
    "import": "imports",
    "flow": "flow",
    "render": "rendering",
    "notebook": "notebook",
    "sandbox": "sandbox",
    "storing": "storing",
    "swift": "swift",
    "overhead": "overhead",
    "growth": "growth",
    "states": "states",
    "previews": "previews",
    "mends": "mends",
    "corpus": "corpus",
    "fuzz": "fuzz",
    "many": "many",
    "bulk": "bulk",
    "crash": "crash",
    "mutations": "mutations",
    "journey": "journey",
    "forms": "forms",
}
_COUNTED = ("swift", "growth", "states", "fuzz", "many", "bulk", "crash", "journey")


def main(argv: Sequence[str] | None = None) -> int:
    """Print the figures of the benchmarks asked for; gives the process's exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("name", choices=(*_NAMES, "all"), metavar="NAME", help=" | ".join(_NAMES))
    parser.add_argument("count", nargs="?", type=int, help="how many, where that can be chosen")
    parser.add_argument("--json", action="store_true", help="print one JSON object, and no words")
    parser.add_argument("--pictures", type=Path, help="previews: a folder of them to judge by")
    parser.add_argument("--cost", action="store_true", help="previews: CPU and memory, not looks")
    parser.add_argument(
        "--packages",
        nargs="?",
        type=Path,
        const=True,
        help="corpus: other projects' test pictures, from a folder of source packages, or pip's",
    )
    parser.add_argument("--less", action="store_true", help="corpus: intake without its checks")
    given = parser.parse_args(argv)
    if given.count is not None and given.name not in _COUNTED:
        parser.error(f"only {', '.join(_COUNTED)} take a number")
    counted = () if given.count is None else (given.count,)
    options = {
        "previews": {"pictures": given.pictures, "cost": given.cost},
        "corpus": {"others": given.packages, "less": given.less},
    }
    found, missed = {}, 0
    for name in _NAMES if given.name == "all" else (given.name,):
        module = importlib.import_module(f"tests.benchmarks.{_NAMES[name]}")
        figures = module.measure(*counted, **options.get(name, {}))
        missed += sum(figure.passed is False for figure in figures)
        found[name] = [figure.as_dict() for figure in figures]
        if not given.json:
            print(f"{name}: {module.__doc__.strip().splitlines()[0]}")
            print("\n".join(f"  {figure}" for figure in figures), flush=True)
    if given.json:
        print(json.dumps(found, indent=2))
    elif missed:
        print(f"{missed} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
