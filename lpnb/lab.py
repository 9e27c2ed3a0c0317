"""The tutorials in JupyterLab, on a working copy."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

from .errors import InputError


def open_lab(folder: Path, *, browser: bool) -> NoReturn:
    """
    Copy the tutorials to *folder* and let JupyterLab take this process's place.

    Raises:
        InputError: JupyterLab is not installed, or the copy can't be made.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise InputError("JupyterLab is not installed here: pip install 'lpnb[lab]'")
    try:
        for one in sorted(_tutorials().rglob("*")):
            copy = folder / one.relative_to(_tutorials())
            if one.is_file() and ".ipynb_checkpoints" not in one.parts and not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(one, copy)  # what you changed in an earlier copy stays
    except OSError as error:
        reason = error.strerror
    else:
        first = min(folder.glob("*.ipynb"))
        print(f"lpnb: the tutorials are in {folder}; begin with {first.name}", file=sys.stderr)
        here = [
            f"--ServerApp.root_dir={folder.resolve()}",
            f"--LabApp.default_url=/lab/tree/{first.name}",
        ]
        command = [sys.executable, "-m", "jupyterlab", *here, *["--no-browser"] * (not browser)]
        os.execv(sys.executable, command)  # noqa: S606 - JupyterLab takes this process's place
    raise InputError(f"can't copy the tutorials to {folder}: {reason}; name another folder")


def _tutorials() -> Path:
    """The notebooks: packed into the wheel, or beside the package in a checkout."""
    packed = Path(__file__).parent / "_notebooks"
    return packed if packed.is_dir() else Path(__file__).parent.parent / "notebooks"
