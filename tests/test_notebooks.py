"""The notebooks as files, and as they are run: nothing left over, nothing fails, nothing leaks."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from nbconvert import HTMLExporter

from lpnb import samples
from tests import notebook_tools as tools

LARGEST_FILE = 250_000  # bytes of an executed notebook, with a picture of 3 MB
LARGEST_OUTPUT = 60_000
MEETS = {  # the secrets that a call brings along; a scan that lacks one has proved nothing
    "connect(": {"client secret", "password", "sandbox storage_key", "sandbox control_token"},
    "log_in(": {"bearer", "csrf", "cookie"},
    "create_conversation(": {"AppJWT", "ConsumerJWS"},
    "request_upload_url(": {"temp_url_sig"},
    "share_file(": {"temp_url_sig"},
}


@dataclass(frozen=True)
class Run:
    """What is left of one run: the notebook, its file as saved, and the secrets that were used."""

    notebook: Any
    text: str
    secrets: list[list[str]]


def run(path: Path, home: Path, *, again: bool = False, extra: dict[str, str] | None = None) -> Run:
    """Run the notebook at *path*, with cells of *extra* code behind those of the given ids."""
    notebook = tools.read(path)
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        if extra and cell.id in extra:
            cells.append(tools.code(extra[cell.id], f"{cell.id}-extra"))
    notebook.cells = cells
    side = home / "secrets.json"
    last = tools.COLLECT_SECRETS.replace("PATH", repr(str(side)))
    tools.execute(notebook, tools.own_environment(home), again=again, last=last)
    secrets = json.loads(side.read_text()) if side.exists() else []
    return Run(notebook, tools.written(notebook), secrets)


@pytest.fixture(scope="module", params=tools.NOTEBOOKS, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture(scope="module")
def executed(path: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The notebook after a run in a fresh kernel, untouched."""
    return run(path, tmp_path_factory.mktemp("once"))


@pytest.fixture(scope="module")
def executed_twice(path: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The notebook after another fresh kernel has run all its cells, and then all of them again."""
    return run(path, tmp_path_factory.mktemp("twice"), again=True)


@pytest.fixture(scope="module")
def executed_large(path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The notebook after a run in which somebody has chosen a picture of 3 MB."""
    choices = {
        cell.id: tools.CHOOSE_LARGE_PICTURE
        for cell in tools.read(path).cells
        if cell.cell_type == "code" and "ImagePicker(" in cell.source
    }
    if not choices:
        pytest.skip("no picture is chosen in this notebook")
    return run(path, tmp_path_factory.mktemp("large"), extra=choices)


def exported(notebook: Any) -> str:
    """The page that nbconvert makes of *notebook*."""
    return HTMLExporter().from_notebook_node(notebook)[0]


def test_committed_stripped(path: Path) -> None:
    """A committed notebook is byte for byte what stripping it gives."""
    text = path.read_text()

    assert tools.stripped(text) == text


def test_committed_without_results(path: Path) -> None:
    """A committed notebook has no outputs, counts or widgets' state, and ids on its cells."""
    notebook = tools.read(path)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]

    assert [] == [cell.id for cell in code if cell.outputs or cell.execution_count is not None]
    assert "widgets" not in notebook.metadata
    assert (4, 5) == (notebook.nbformat, notebook.nbformat_minor)
    assert len(notebook.cells) == len({cell["id"] for cell in notebook.cells})


def test_stripped_again(path: Path, executed: Run) -> None:
    """Stripping an executed notebook gives the committed file back, byte for byte."""
    assert path.read_text() == tools.stripped(executed.text)


def test_runs_without_error(executed: Run, executed_twice: Run) -> None:
    """A notebook runs from top to bottom untouched, in two fresh kernels and twice in one."""
    shown = [*tools.outputs(executed.notebook), *tools.outputs(executed_twice.notebook)]

    assert [] == [(name, out.evalue) for name, out in shown if out.output_type == "error"]


def test_shows_what_it_ends_in(executed: Run) -> None:
    """Every cell that ends in an expression shows something."""
    code = [cell for cell in executed.notebook.cells if cell.cell_type == "code"]

    assert [] == [
        cell.id for cell in code if tools.shows_something(cell.source) and not cell.outputs
    ]


def test_shows_text_and_html(executed: Run) -> None:
    """Everything shown has words for a terminal and HTML for a page that is only read."""
    shown = [(name, out.data) for name, out in tools.outputs(executed.notebook) if "data" in out]

    assert shown
    assert [] == [name for name, data in shown if not data.get("text/plain", "").strip()]
    assert [] == [name for name, data in shown if not data.get("text/html", "").strip()]


def test_prints_nothing_else(executed: Run) -> None:
    """No cell prints; what there is to see is shown."""
    kinds = {out.output_type for _, out in tools.outputs(executed.notebook)}

    assert set() == kinds - {"execute_result", "display_data"}


# --- secrets


def test_no_secret_in_file(path: Path, executed: Run, executed_twice: Run) -> None:
    """No secret of a run is in its saved file, metadata and widgets' state included."""
    text = path.read_text()
    met = {kind for call, kinds in MEETS.items() if call in text for kind in kinds}

    assert met
    assert set() == met - {kind for kind, _ in executed.secrets}
    assert [] == tools.leaks(executed.text, executed.secrets)
    assert [] == tools.leaks(executed_twice.text, executed_twice.secrets)


def test_no_secret_in_page(executed: Run) -> None:
    """No secret of the run is in the page that nbconvert makes of it."""
    assert [] == tools.leaks(exported(executed.notebook), executed.secrets)


@pytest.fixture
def planted() -> Any:
    """A notebook to plant things in."""
    return tools.read(tools.NOTEBOOKS[0])


SECRET = 'p/ss+wörd "<&>" of\\ 33 letters'


@pytest.mark.parametrize("how", tools.spellings(SECRET))
def test_finds_planted_secret(planted: Any, how: str) -> None:
    """The scan finds a secret in each spelling, wherever in the file it was planted."""
    planted.metadata["widgets"] = {"state": [f"xx{tools.spellings(SECRET)[how]}yy"]}

    found = tools.leaks(tools.written(planted), [["planted", SECRET]])

    assert [] != found


@pytest.mark.parametrize("before", range(3))
def test_finds_planted_base64(planted: Any, before: int) -> None:
    """The scan finds a secret inside what was base64 encoded as a whole, also in broken lines."""
    whole = base64.encodebytes(b"=" * (50 + before) + SECRET.encode() + b"and more").decode()
    planted.cells[0].source += whole

    found = tools.leaks(tools.written(planted), [["planted", SECRET]])

    assert [f"planted (base64 +{(50 + before) % 3})"] == [one for one in found if "URL" not in one]


def test_finds_cut_secret() -> None:
    """The scan finds what is left of a long secret when it is cut in the middle."""
    secret = base64.b64encode(bytes(range(60))).decode()

    assert [] != tools.leaks(f"{secret[:30]}…", [["planted", secret]])


def test_finds_signature_alone() -> None:
    """The scan finds a token's signature without the rest, but takes no claims for secret."""
    token = "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiIxMjM0NSJ9.c2lnbmF0dXJlIG9mIHRoZSB0b2tlbg"

    assert [] != tools.leaks(token[-38:], [["AppJWT", token]])
    assert [] == tools.leaks(token[:30], [["AppJWT", token]])


# --- sizes


def test_small_file(executed_large: Run) -> None:
    """A run with a picture of 3 MB leaves a file of less than 250 KB, no output over 60 KB."""
    sizes = {
        name: len(json.dumps(out).encode()) for name, out in tools.outputs(executed_large.notebook)
    }

    assert {} == {name: size for name, size in sizes.items() if size >= LARGEST_OUTPUT}
    assert len(executed_large.text.encode()) < LARGEST_FILE


def test_no_picture_in_file(executed_large: Run) -> None:
    """No 64 bytes of a chosen picture of 3 MB are in the saved file, whatever the spelling."""
    content = samples.photo(3_000_000).content

    assert "3,000,000" in executed_large.text
    assert [] == tools.picture_windows(executed_large.text, content)


WINDOW = slice(1_234_567, 1_234_567 + 64)


@pytest.mark.parametrize("before", range(3))
@pytest.mark.parametrize("how", ["raw", "hex", "base64"])
def test_finds_planted_window(planted: Any, how: str, before: int) -> None:
    """The search finds 64 bytes of a picture in each spelling, at any alignment."""
    content = samples.photo(3_000_000).content
    window = bytes(before) + content[WINDOW] + bytes(3)
    spelt = {
        "raw": window.decode("latin-1"),
        "hex": window.hex()[before % 2 :],
        "base64": base64.encodebytes(window).decode(),
    }[how]
    planted.metadata["widgets"] = {"state": f"{{{spelt}}}"}

    found = tools.picture_windows(tools.written(planted), content)

    assert {how} == {one for one, _ in found}
