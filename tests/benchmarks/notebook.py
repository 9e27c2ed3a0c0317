"""The first notebook, run for real with a picture of 3 MB: what its file grows to."""

import json
import tempfile
from pathlib import Path
from typing import Any

import nbformat

from lpnb import samples
from tests import notebook_tools

from .figures import Figure


def measure() -> list[Figure]:
    """Run the notebook as a reader does who chooses a large picture; weigh the saved file."""
    path = notebook_tools.NOTEBOOKS[0]
    notebook = _with_picture(notebook_tools.read(path))
    with tempfile.TemporaryDirectory() as folder:
        notebook_tools.execute(notebook, notebook_tools.own_environment(Path(folder)))
    text = nbformat.writes(notebook)
    sizes = {
        f"cell {cell_id}": len(json.dumps(output, ensure_ascii=False).encode())
        for cell_id, output in notebook_tools.outputs(notebook)
    }
    largest = max(sizes, key=sizes.__getitem__)
    state = len(json.dumps(notebook.metadata.get("widgets", {})).encode())
    assert "3,000,000" in text, "the large picture was not chosen"
    windows = notebook_tools.picture_windows(text, samples.photo(3_000_000).content)
    return [
        Figure(f"{path.name}, executed", (len(text.encode()),), bar=250_000, unit="bytes"),
        Figure("its largest output", (sizes[largest],), bar=60_000, unit="bytes", note=largest),
        Figure("its widgets' saved state", (state,), unit="bytes"),
        Figure(
            "64-byte windows of the picture in it",
            (len(windows),),
            bar=0,
            unit="windows",
            note=", ".join(sorted({how for how, _ in windows})),
        ),
    ]


def _with_picture(notebook: Any) -> Any:
    """Choose the large picture in a cell of its own, behind the one that shows the picker."""
    at = next(i for i, cell in enumerate(notebook.cells) if "ImagePicker(" in cell.source)
    choice = notebook_tools.code(notebook_tools.CHOOSE_LARGE_PICTURE, id="choice")
    notebook.cells.insert(at + 1, choice)
    return notebook
