"""
``import lpnb`` beside ``import requests``: CPU in fresh interpreters, a bare one taken off both.
"""

import os
import subprocess
import sys

from .figures import Figure
from .processes import ENVIRONMENT

_ROUNDS = 20
_HEAVY = ("requests", "PIL", "ipywidgets", "IPython", "http.server", "asyncio")
_LOADED = f"import sys, lpnb; print(*(name for name in {_HEAVY} if name in sys.modules))"


def measure() -> list[Figure]:
    """Start bare, lpnb and requests in turn, and divide what the imports cost."""
    statements = ("pass", "import lpnb", "import requests")
    for statement in statements:
        _cpu(statement)  # writes the bytecode files
    pairs, ours = [], []
    for _ in range(_ROUNDS):
        bare, lpnb, requests = map(_cpu, statements)
        ours.append(1000 * (lpnb - bare))
        pairs.append((lpnb - bare) / (requests - bare))
    command = [sys.executable, "-c", _LOADED]
    said = subprocess.run(command, check=True, capture_output=True, text=True, env=ENVIRONMENT)
    loaded = said.stdout.split()
    return [
        Figure("CPU of import lpnb / import requests", tuple(pairs), bar=0.05),
        Figure("CPU of import lpnb", tuple(ours), unit="ms"),
        Figure(
            f"modules of {', '.join(_HEAVY)} that import lpnb loads",
            (len(loaded),),
            bar=0,
            unit="modules",
            note=" ".join(loaded),
        ),
    ]


def _cpu(statement: str) -> float:
    """Run *statement* in a fresh interpreter; the seconds of CPU that the kernel counted for it."""
    process = os.posix_spawn(sys.executable, [sys.executable, "-c", statement], ENVIRONMENT)
    _, status, used = os.wait4(process, 0)
    assert status == 0, f"{statement} failed"
    return used.ru_utime + used.ru_stime
