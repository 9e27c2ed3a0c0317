"""What notebook tests share: running a notebook for real, and searching what it left behind."""

import ast
import base64
import html
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import nbformat
from nbclient import NotebookClient
from nbstripout import strip_output

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SECONDS = 60  # for one cell; a notebook that waits longer is stuck

# --- a world of its own


def own_environment(home: Path) -> dict[str, str]:
    """Give the variables that keep Jupyter, IPython and the proxies of this machine out of it."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("JUPYTER", "IPYTHON", "LPNB_", "VOILA"))
        and not name.upper().endswith("_PROXY")
    }
    folders = {
        "HOME": home,
        "IPYTHONDIR": home / "ipython",
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "MPLCONFIGDIR": home / "matplotlib",
    }
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    return {
        **kept,
        **{name: str(folder) for name, folder in folders.items()},
        "JUPYTER_PLATFORM_DIRS": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


# --- notebooks


def read(path: Path) -> Any:
    """Read a notebook's file, and refuse one that is malformed."""
    return parsed(path.read_text(encoding="utf-8"))


def parsed(text: str) -> Any:
    """Read a notebook, and refuse one that is malformed."""
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    return notebook


def code(source: str, id: str = "added") -> Any:
    """A code cell."""
    return nbformat.v4.new_code_cell(source, id=id)


def written(notebook: Any) -> str:
    """The file that saving *notebook* would give."""
    return nbformat.writes(notebook) + "\n"


def stripped(text: str) -> str:
    """The file without outputs, counts and widget state, as notebooks are committed."""
    notebook = parsed(text)
    bare = strip_output(
        notebook,
        keep_output=False,
        keep_count=False,
        keep_id=True,
        extra_keys=["metadata.language_info", "metadata.widgets"],
    )
    return written(bare)


def execute(
    notebook: Any, environment: dict[str, str], *, again: bool = False, last: str = ""
) -> None:
    """
    Run *notebook* in a fresh kernel, in place, and store the widgets' state in it.

    Args:
        again: run all cells once more in the same kernel; the copies have "-again" in their ids.
        last: code to run at the end, which leaves no trace in the notebook.
    """
    if again:
        copies = [nbformat.from_dict({**cell, "id": f"{cell.id}-again"}) for cell in notebook.cells]
        notebook.cells.extend(copies)
    if last:
        notebook.cells.append(code(last, "last"))
    client = NotebookClient(
        notebook,
        timeout=SECONDS,
        kernel_name="python3",
        store_widget_state=True,
        record_timing=False,
        allow_errors=True,  # each is an output of its cell, and no test lets one pass
        resources={"metadata": {"path": environment["HOME"]}},
    )
    client.execute(env=environment)
    if last:
        del notebook.cells[-1]


def outputs(notebook: Any) -> Iterator[tuple[str, Any]]:
    """Each output with the id of its cell."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            yield cell.id, output


def shows_something(source: str) -> bool:
    """Whether a cell's last line is an expression, so that it is there to be looked at."""
    body = ast.parse(source).body
    return bool(body) and isinstance(body[-1], ast.Expr) and not source.rstrip().endswith(";")


CHOOSE_LARGE_PICTURE = """
from lpnb import samples
picker.fill(content=samples.photo(3_000_000).content, name="large.jpg")
_ = picker.submit()
"""

# --- secrets

COLLECT_SECRETS = """
def _collect_secrets(path):
    import gc, json
    import lpnb
    from lpnb.secret import Secret

    found = [[one.kind, one.reveal()] for one in gc.get_objects() if isinstance(one, Secret)]
    for one in gc.get_objects():
        if isinstance(one, lpnb.Sandbox):
            line = one.ready_line()
            names = ("password", "client_secret", "storage_key", "control_token")
            found += [[f"sandbox {name}", line[name]] for name in names]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(found, file)

_collect_secrets(PATH)
del _collect_secrets
"""


def spellings(secret: str) -> dict[str, str]:
    """How *secret* may be written in a file, by the name of the encoding."""
    raw = secret.encode()
    once = json.dumps(secret)[1:-1]
    found = {
        "raw": secret,
        "JSON": once,
        "JSON, kept characters": json.dumps(secret, ensure_ascii=False)[1:-1],
        "JSON in JSON": json.dumps(once)[1:-1],
        "JSON in a page's script": once.replace("/", r"\/"),
        "Python": repr(secret)[1:-1],
        "Python, in JSON": json.dumps(repr(secret)[1:-1], ensure_ascii=False)[1:-1],
        "URL": quote(secret, safe=""),
        "URL with +": quote_plus(secret),
        "HTML": html.escape(secret),
        "hex": raw.hex(),
        "HEX": raw.hex().upper(),
    }
    for before in range(3):  # bytes in front of it shift the letters, so there are three alignments
        letters = base64.b64encode(bytes(before) + raw + bytes(3)).decode()
        first, last = -(-8 * before // 6), 8 * (before + len(raw)) // 6
        found[f"base64 +{before}"] = letters[first:last]
        found[f"base64 +{before}, URL"] = letters[first:last].translate({43: 45, 47: 95})
    return found


def pieces(secret: str) -> set[str]:
    """The parts of *secret* that must not be seen either: what is left of it when it is cut."""
    value = secret.removeprefix("Bearer ").removeprefix("Basic ")
    found = {secret, value}
    if value.startswith("eyJ"):  # a token's head and claims are no secret, its signature is
        found.add(value.rpartition(".")[2])
    elif "=" in value.rstrip("="):  # a cookie
        found.add(value.partition("=")[2])
    for one in tuple(found):
        if len(one) >= 40 and not one.startswith("eyJ"):
            found |= {one[:20], one[-20:]}
    return {one for one in found if len(one) >= 6}


def leaks(text: str, secrets: Iterable[Sequence[str]]) -> list[str]:
    """Name each of the *secrets*, pairs of kind and value, that *text* has in any spelling."""
    texts = (text, "\n".join(_strings(text)), _squeezed(text))
    return sorted(
        {
            f"{kind} ({how})"
            for kind, secret in secrets
            for piece in pieces(secret)
            for how, spelt in spellings(piece).items()
            if any(spelt in one for one in texts)
        }
    )


# --- a picture's bytes

_WINDOW = 64  # bytes
_BLOCK = 32  # every window of 64 bytes has a whole block of 32 in it
_HEX = re.compile(rf"[0-9a-fA-F]{{{2 * _WINDOW},}}")
_BASE64 = re.compile(rf"[A-Za-z0-9+/_-]{{{_WINDOW * 4 // 3},}}")


def picture_windows(text: str, content: bytes) -> list[tuple[str, int]]:
    """
    Find where *text* has 64 successive bytes of the picture *content*, in any of three spellings.

    Windows of hardly any different bytes prove nothing, and neither do a JPEG's tables, which
    every JPEG of the same encoder has: they are left out.
    """
    start = content.find(b"\xff\xda") if content.startswith(b"\xff\xd8") else 0
    body = content[start:]
    blocks = {body[i : i + _BLOCK]: i for i in range(0, len(body) - _BLOCK + 1, _BLOCK)}
    found = []
    for how, blob in _decoded(text):
        for i in range(len(blob) - _BLOCK + 1):
            at = blocks.get(blob[i : i + _BLOCK])
            if at is not None and _common(blob, i, body, at) >= _WINDOW:
                found.append((how, start + at))
    return found


def _common(blob: bytes, i: int, body: bytes, at: int) -> int:
    """How many bytes around both places are the same; 0 if they are nearly all one value."""
    first = 0
    while (
        first < _WINDOW and i > first and at > first and blob[i - first - 1] == body[at - first - 1]
    ):
        first += 1
    last = 0
    while (
        last < _WINDOW and blob[i + last : i + last + 1] == body[at + last : at + last + 1] != b""
    ):
        last += 1
    same = blob[i - first : i + last]
    return len(same) if len(set(same)) > 8 else 0


def _decoded(text: str) -> Iterator[tuple[str, bytes]]:
    yield "raw", text.encode("utf-8", "surrogatepass")
    yield "raw", "\n".join(_strings(text)).encode("latin-1", "replace")
    squeezed = _squeezed(text)
    for run in _HEX.findall(squeezed):
        for parity in range(2):
            even = run[parity:]
            yield "hex", bytes.fromhex(even[: len(even) // 2 * 2])
    for run in _BASE64.findall(squeezed):
        standard = run.replace("-", "+").replace("_", "/")
        for before in range(4):  # a run may have letters in front that are not of it
            part = standard[before:]
            yield "base64", base64.b64decode(part[: len(part) // 4 * 4])


def _squeezed(text: str) -> str:
    """Give *text* without what breaks long base64 and hex into lines, in JSON or out of it."""
    return re.sub(r'(\\[nrt]|[\s",\\])+', "", text)


def _strings(text: str) -> Iterator[str]:
    try:
        waiting = [json.loads(text)]
    except ValueError:
        return
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            if one and all(isinstance(item, str) for item in one):
                yield "".join(one)
            else:
                waiting += one
