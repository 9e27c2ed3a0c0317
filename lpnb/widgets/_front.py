"""The browser's side of what ipywidgets has no widget for, where anywidget is installed."""

import importlib.util
from pathlib import Path

HERE = Path(__file__).parent / "front"


def available() -> bool:
    """Tell whether anywidget is there; where it is not, ipywidgets' own fields stand in."""
    return importlib.util.find_spec("anywidget") is not None


def script(name: str) -> str:
    """Give the module that runs in the browser, after one that guards all forms' keys."""
    return "\n".join((HERE / f"{one}.js").read_text(encoding="utf-8") for one in ("guard", name))


def style(name: str) -> str:
    """Give the style sheet of a module of that name."""
    return (HERE / f"{name}.css").read_text(encoding="utf-8")
