"""All that has to hold, as one command: ``python -m tests``, with the seconds of each stage."""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
CODE = ("lpnb", "tests", "notebooks")
STAGES = {
    "lint": ["ruff", "check", "--no-cache", *CODE],
    "format": ["ruff", "format", "--no-cache", "--check", *CODE],
    "types": ["mypy"],
    "tests": ["pytest", "-q", "--durations=5"],
}


def main() -> int:
    """Run every stage in order; the first that fails ends it with its exit code."""
    took: dict[str, float] = {}
    for name, command in STAGES.items():
        print(f"== {name}: {' '.join(command)}", flush=True)
        start = time.monotonic()
        code = subprocess.call([sys.executable, "-m", *command], cwd=ROOT)
        took[name] = time.monotonic() - start
        if code:
            print(f"== {name} failed")
            break
    print("== seconds:", ", ".join(f"{name} {seconds:.1f}" for name, seconds in took.items()))
    return code


if __name__ == "__main__":
    sys.exit(main())
