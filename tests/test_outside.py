"""What a newcomer meets first: README, Binder, the wheel, and that nothing private is in them."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ALLOWED = {
    "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", ".gitignore",
    "lpnb", "notebooks", "tests", "binder", ".ci",
}  # fmt: skip


def committed() -> list[Path]:
    """The files that git knows of."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def test_each_readme_command_is_one_line() -> None:
    """Two lines to paste after cloning: one runs the main job, one the tests."""
    lines = [line.strip() for line in README.splitlines() if line.startswith("    python3 -m venv")]

    assert ["lpnb share", "python -m tests"] == [
        re.sub(r".*\.venv/bin/", "", line.split("&&")[-1].strip()) for line in lines
    ]


def test_the_readme_says_what_nobody_tried() -> None:
    """README says in words that no real account was ever tried."""
    assert "no real account" in README.lower()


def test_pictures_in_the_readme_are_there_and_small() -> None:
    """Each picture that README shows is committed, has a text of its own, and is at most 150 KB."""
    shown = re.findall(r"!\[([^\]]*)\]\((notebooks/img/[^)]+)\)", README)

    assert shown
    for text, path in shown:
        assert text
        assert (ROOT / path).stat().st_size <= 150_000


def test_binder_pins_what_the_project_allows() -> None:
    """Binder's pins satisfy pyproject's bounds, and the project itself is installed."""
    lines = (ROOT / "binder" / "requirements.txt").read_text().splitlines()
    pins = {
        one.name: str(next(iter(one.specifier)).version)
        for one in map(Requirement, [line for line in lines if "==" in line])
    }
    needed = {one.name: one.specifier for one in map(Requirement, PROJECT["dependencies"])}

    assert "-e .[forms]" in lines
    assert lines[0].startswith("#")  # without a first comment the one line could be misread
    assert set(needed) <= set(pins)
    assert all(pins[name] in specifier for name, specifier in needed.items())
    python = (ROOT / "binder" / "runtime.txt").read_text().strip()
    assert python.removeprefix("python-") in PROJECT["requires-python"]


def test_the_top_level_is_as_agreed() -> None:
    """Nothing lies at the top that a newcomer need not see."""
    assert {path.relative_to(ROOT).parts[0] for path in committed()} <= ALLOWED


@pytest.mark.skipif(sys.platform == "win32", reason="paths as on the machines it is built on")
def test_no_private_path_is_committed() -> None:
    """No committed text names a folder of somebody's machine."""
    private = re.compile(r"/(?:work|root|farm|home|Users)/\w|/tmp/\w")
    texts = [path for path in committed() if path.suffix not in (".png", ".jpg") and path.exists()]

    found = {str(p): m[0] for p in texts if (m := private.search(p.read_text())) is not None}
    assert {} == {name: hit for name, hit in found.items() if not name.endswith("test_outside.py")}


def test_the_wheel_has_the_library_and_its_tutorials(tmp_path: Path) -> None:
    """A wheel carries the package, py.typed and the tutorials, and nothing else."""
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "-w", str(tmp_path), str(ROOT)], check=True, capture_output=True)
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()

    assert {"lpnb/py.typed", "lpnb/sandbox/server.py"} <= set(names)
    assert any(re.fullmatch(r"lpnb/_notebooks/01-.*\.ipynb", name) for name in names)
    assert all(name.startswith("lpnb") for name in names)
    assert not any("test" in name or ".ipynb_checkpoints" in name for name in names)
