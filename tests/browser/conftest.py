"""One JupyterLab and one Chromium for all browser tests, and the first lesson, run in them."""

import functools
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Browser, Page

from tests import notebook_tools
from tests.browser import lab as rooms
from tests.browser import stacks

SCREENSHOTS = Path(__file__).parent.parent.parent / "screenshots"  # git ignores them


@dataclass(frozen=True)
class Lesson:
    """A notebook after its run in JupyterLab: still open there, and as it was saved."""

    notebook: rooms.Notebook
    succeeded: bool
    cells: list[dict[str, Any]]
    text: str

    def cards(self) -> dict[int, str]:
        """The first line in words of each output that is HTML and no form, by its cell's place."""
        found = {}
        for place, cell in enumerate(self.cells):
            for output in cell.get("outputs", ()):
                data = output.get("data", {})
                if "text/html" in data and not any("widget-view" in kind for kind in data):
                    found[place] = "".join(data["text/plain"]).splitlines()[0]
        return found


def lacking(reason: str) -> NoReturn:
    """Skip what can't be tested here, or fail where it must be."""
    if os.environ.get("LPNB_REQUIRE_BROWSER") == "1":
        pytest.fail(f"{reason}, and LPNB_REQUIRE_BROWSER asks for it")
    pytest.skip(reason)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """
    Leave to a sweep, which ``LPNB_SWEEP=1`` asks for, what was seen in the newest JupyterLab.

    The main journey is taken on every stack all the same.
    """
    if os.environ.get("LPNB_SWEEP") == "1":
        return
    left = [item for item in items if _is_swept(item)]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]


def _is_swept(item: pytest.Item) -> bool:
    elsewhere = {*STACKS[1:], "bare"} & set(re.split(r"[\[\]-]", item.name))
    everywhere = item.name.startswith(("test_by_mouse", "test_nothing_leaves_the_machine"))
    return Path(__file__).parent in item.path.parents and bool(elsewhere) and not everywhere


# Package scope: Playwright holds the thread's event loop, which tests elsewhere may need


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rooms.Server]:
    if rooms.CHROMIUM is None:
        lacking("Chromium is not installed: Debian has it as the package chromium")
    server = rooms.Server(tmp_path_factory.mktemp("lab"))
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="package")
def browser(server: rooms.Server) -> Iterator[Browser]:
    with rooms.started_browser() as browser:
        yield browser


@pytest.fixture(scope="package")
def lab(server: rooms.Server, browser: Browser) -> rooms.Lab:
    """JupyterLab, in a browser window of its own."""
    server.wait()
    return rooms.Lab(server, rooms.Chromium(browser))


@pytest.fixture(scope="package")
def reader(browser: Browser) -> rooms.Chromium:
    """A window for pages that are only read."""
    return rooms.Chromium(browser)


STACKS = ("lab", "binder", "notebook", "voila")


@pytest.fixture(scope="package")
def binder(
    server: rooms.Server, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[rooms.Lab]:
    """JupyterLab as Binder has it, with Binder's kernel, in a window of its own."""
    try:
        python = stacks.binder_python()
    except subprocess.CalledProcessError as failed:
        lacking(f"pip could not make Binder's environment: {failed}")
    older = rooms.Server(tmp_path_factory.mktemp("binder"), python)
    try:
        older.wait()
        yield rooms.Lab(older, rooms.Chromium(browser))
    finally:
        older.stop()


@pytest.fixture(scope="package")
def places(request: pytest.FixtureRequest) -> Callable[[str], stacks.Stack]:
    """What gives a stack by its name, started when it is first asked for."""

    @functools.cache
    def named(name: str) -> stacks.Stack:
        if name in ("lab", "binder"):
            return stacks.InLab(request.getfixturevalue(name))
        server: rooms.Server = request.getfixturevalue("server")
        server.wait()
        kind = {"notebook": stacks.InNotebook, "voila": stacks.InVoila}[name]
        return kind(server, rooms.Chromium(request.getfixturevalue("browser")))

    return named


@pytest.fixture(scope="package")
def screenshots() -> Path:
    """The folder of pictures that a person may want to look at after the tests."""
    SCREENSHOTS.mkdir(exist_ok=True)
    return SCREENSHOTS


@pytest.fixture
def page(reader: rooms.Chromium) -> Iterator[Page]:
    """An empty page in the reader's window."""
    reader.errors.clear()
    page = reader.page()
    yield page
    page.close()


@pytest.fixture(scope="package")
def lesson(lab: rooms.Lab) -> Iterator[Lesson]:
    """The first lesson, after all its cells were run in JupyterLab and it was saved."""
    path = notebook_tools.NOTEBOOKS[0]
    with lab.opened(path.read_text(encoding="utf-8"), path.name) as notebook:
        succeeded = notebook.run_all()
        text = notebook.save()
        yield Lesson(notebook, succeeded, notebook.cells(), text)


def lesson_of(*sources: str) -> Any:
    """A notebook of these code cells, for the kernel that every Jupyter has."""
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    cells = [notebook_tools.code(source, f"cell-{i}") for i, source in enumerate(sources)]
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def exported(text: str, folder: Path) -> str:
    """Give the address of the page that nbconvert makes of a notebook's file."""
    page = folder / "exported.html"
    page.write_text(HTMLExporter().from_notebook_node(notebook_tools.parsed(text))[0], "utf-8")
    return page.as_uri()
