"""The main journey by mouse in JupyterLab, over and over: none of its runs may fail."""

import tempfile
import time
from pathlib import Path

from tests.browser import journey
from tests.browser.stacks import InLab, running_lab

from .figures import Figure

_RUNS = 50


def measure(runs: int = _RUNS) -> list[Figure]:
    """Pick, preview, take seven steps and download, each time in a notebook of its own."""
    failed, seconds = [], []
    with tempfile.TemporaryDirectory() as folder, running_lab(Path(folder) / "lab") as lab:
        for number in range(runs):
            began = time.perf_counter()
            try:
                with journey.begun(InLab(lab), f"journey-{number}.ipynb") as begun:
                    journey.by_mouse(begun, Path(folder), number)
            except Exception as error:  # noqa: BLE001 - whatever it was, it is one that failed
                failed.append(f"run {number + 1}: {type(error).__name__} {str(error)[:200]}")
            seconds.append(time.perf_counter() - began)
        strangers = lab.chromium.strangers
    return [
        Figure(
            f"of {runs} runs in a row failed",
            (len(failed),),
            bar=0,
            unit="runs",
            note="; ".join(failed),
        ),
        Figure("requests that left the machine", (len(strangers),), bar=0, unit="requests"),
        Figure("one run, with opening and closing its notebook", tuple(seconds), unit="s"),
    ]
