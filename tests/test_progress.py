"""The bar: real in a notebook and in a terminal, nowhere else, and never a warning."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests import notebook_tools as tools

ROOT = Path(__file__).parents[1]
SHARE = """
import lpnb
from tests.small_pictures import small, small_png

session = lpnb.connect()
conversation = lpnb.create_conversation(session)
images = [small(number) for number in range(12)] + [b"no picture"]
shares = lpnb.share_files(session, conversation, images{options})
"""


def run(stderr: int, options: str = "") -> "subprocess.Popen[bytes]":
    """Share a dozen pictures in another process."""
    words = [sys.executable, "-W", "error", "-c", SHARE.format(options=options)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(words, stderr=stderr, stdout=subprocess.PIPE, env=environment)


@pytest.mark.parametrize(("options", "shown"), [("", True), (", progress=False", False)])
def test_a_bar_in_a_terminal(options: str, shown: bool) -> None:
    """In a terminal a bar of characters runs to its end, unless none is wanted."""
    termios = pytest.importorskip("termios")
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    with run(theirs, options) as process:
        os.close(theirs)
        said = b"".join(_read(ours))
    os.close(ours)

    assert 0 == process.returncode
    assert shown == (b"sharing: 100%" in said and b"13/13" in said and b"1 not shared" in said)
    assert shown or b"" == said


def _read(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            piece = os.read(terminal, 65_536)
        except OSError:  # nobody has the other end any more
            return
        if not piece:
            return
        yield piece


def test_no_bar_where_nobody_looks() -> None:
    """Into a file or a pipe nothing is written."""
    with run(subprocess.PIPE) as process:
        said = process.communicate()

    assert (b"", b"") == said
    assert 0 == process.returncode


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A notebook in which a dozen were shared, run without anybody watching."""
    notebook = nbformat.v4.new_notebook()
    head = (
        f"import sys, warnings\nwarnings.simplefilter('error')\nsys.path.insert(0, {str(ROOT)!r})\n"
    )
    notebook.cells = [
        tools.code(head + SHARE.format(options=""), "share"),
        tools.code("shares", "show"),
    ]
    home = tmp_path_factory.mktemp("home")
    tools.execute(notebook, tools.own_environment(home))
    return notebook


def test_a_bar_in_a_notebook(notebook: Any) -> None:
    """In a notebook the bar is the notebook's own, full at the end, and nothing warns."""
    shown = [output for id, output in tools.outputs(notebook) if id == "share"]
    states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    bars = [one["state"] for one in states.values() if one["model_name"] == "FloatProgressModel"]

    assert ["display_data"] == [output.output_type for output in shown]
    assert "application/vnd.jupyter.widget-view+json" in shown[0].data
    assert [(13, 13)] == [(one["value"], one["max"]) for one in bars]


def test_the_card_in_a_notebook(notebook: Any) -> None:
    """The result shows itself with its failures and the timeline, in a page of moderate size."""
    (shown,) = [output for id, output in tools.outputs(notebook) if id == "show"]
    page = shown.data["text/html"]

    assert "Shared 12 of 13 files" in page
    assert "ImageRefused" in page
    assert 'src="data:image/svg+xml;base64,' in page
    assert len(page) < 45_000
