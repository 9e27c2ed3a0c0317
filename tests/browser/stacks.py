"""Where people run notebooks: JupyterLab at its newest and Binder's, Notebook 7, and Voilà."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.browser.lab import (
    PANEL,
    READY,
    SECONDS,
    Chromium,
    Lab,
    Notebook,
    Server,
    Sheet,
    started_browser,
    within,
)

ROOT = Path(__file__).parent.parent.parent
# What repo2docker 2026.4.0 freezes for Python 3.11 to 3.13, where it matters to a form
_BINDER = (
    "jupyterlab==4.4.9",
    "notebook==7.4.7",
    "jupyter_server==2.17.0",
    "ipykernel==7.0.1",
    "tornado==6.5.2",
)


def binder_python() -> str:
    """Give the Python of an environment as Binder makes it; the first call takes a minute."""
    ours = ROOT / "binder" / "requirements.txt"
    made_of = "\n".join((sys.version, *_BINDER, ours.read_text(), str(ROOT)))
    home = ROOT / "build" / f"binder-{hashlib.sha256(made_of.encode()).hexdigest()[:8]}"
    python, made = home / "bin" / "python", home / "made"
    if not made.exists():
        for old in home.parent.glob("binder-*"):
            shutil.rmtree(old)
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*install, *_BINDER, "-r", ours], cwd=ROOT, check=True)
        made.touch()
    return str(python)


@contextmanager
def running_lab(home: Path) -> Iterator[Lab]:
    """Run JupyterLab at its newest, and a browser that shows it, for as long as the block."""
    server = Server(home)
    try:
        with started_browser() as browser:
            server.wait()
            yield Lab(server, Chromium(browser))
    finally:
        server.stop()


_STARTED = """
await until("application", () => window.jupyterapp);
at("restored");
await window.jupyterapp.restored;
const open = () => [...window.jupyterapp.shell.widgets("main")];
await until("panel", () => open().some((one) => one.context?.path === values[0]));
"""


class InLab:
    """JupyterLab, each notebook in a tab of it."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.server = lab.server
        self.chromium = lab.chromium

    @contextmanager
    def run(self, notebook: Any, path: str) -> Iterator[Sheet]:
        """Open *notebook* and run all of it."""
        with self.lab.opened(notebook, path) as opened:
            assert opened.run_all()
            yield opened


class _InPages:
    """Each notebook in a page of its own."""

    def __init__(self, server: Server, chromium: Chromium) -> None:
        self.server = server
        self.chromium = chromium


class InNotebook(_InPages):
    """Notebook 7."""

    @contextmanager
    def run(self, notebook: Any, path: str) -> Iterator[Sheet]:
        """Open *notebook* and run all of it."""
        self.server.put(notebook, path)
        page = self.chromium.page()
        page.goto(self.server.page("notebooks", path))
        within(page, _STARTED + PANEL + READY, path)
        opened = Notebook(page, self.server.root, path)
        assert opened.run_all()
        yield opened
        opened.shut_down()
        page.close()


class InVoila(_InPages):
    """Voilà, which runs a notebook for whoever opens its page, and shows no code."""

    @contextmanager
    def run(self, notebook: Any, path: str) -> Iterator[Sheet]:
        """Open *notebook*, which runs all of it."""
        self.server.put(notebook, path)
        page = self.chromium.page()
        page.goto(self.server.page("voila/render", path), timeout=1000 * SECONDS)
        yield Sheet(page, "body")
        page.close()


Stack = InLab | InNotebook | InVoila
