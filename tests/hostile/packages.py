"""Pictures that other projects test themselves with, out of their source packages."""

import re
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from .entry import Entry, kind_of

_TOO_LARGE = 3_145_728  # bytes


def _all_below(*folders: str) -> Callable[[PurePosixPath, bytes], Iterator[tuple[str, bytes]]]:
    def found(path: PurePosixPath, content: bytes) -> Iterator[tuple[str, bytes]]:
        inside = PurePosixPath(*path.parts[1:])
        if any(inside.is_relative_to(folder) for folder in folders):
            yield str(inside), content

    return found


def _suite(path: PurePosixPath, content: bytes) -> Iterator[tuple[str, bytes]]:
    """The part of PngSuite that pypng has, in hexadecimal, as a module."""
    if path.name == "pngsuite.py":
        for name, digits in re.findall(rb"'(\w+)': _dehex\(b\"\"\"([\s0-9a-f]+)\"\"\"", content):
            yield f"{name.decode()}.png", bytes.fromhex(digits.decode())
    elif path.suffix == ".png":
        yield path.name, content


_PACKAGES = {
    "pillow": _all_below("Tests/images", "Tests/icc"),
    "pypng": _suite,
    "hachoir": _all_below("tests/files"),
    "filetype": _all_below("tests/fixtures", "tests/benchmark"),
}
NAMES = tuple(_PACKAGES)


def downloaded(folder: Path) -> None:
    """Have pip put the source packages into *folder*; who is not to be had is not there then."""
    for name in NAMES:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--no-binary", name, "--dest", str(folder), name]
        subprocess.run(command, check=False, stdout=sys.stderr)


def pictures(folder: Path) -> dict[str, dict[str, bytes]]:
    """Every file of every source package in *folder*, by package with its version, and by path."""
    found = {}
    for archive in sorted(folder.glob("*.tar.gz")):
        package = archive.name.removesuffix(".tar.gz")
        chosen = _PACKAGES.get(package.rpartition("-")[0])
        if chosen is None:
            continue
        files = {}
        with tarfile.open(archive) as tar:
            for member in tar:
                if member.isfile() and (file := tar.extractfile(member)) is not None:
                    files |= dict(chosen(PurePosixPath(member.name), file.read()))
        found[package] = files
    return found


def by_construction(id: str, content: bytes) -> Entry | None:
    """Label what needs no vote: of another type, empty or too large."""
    if not content:
        code, why = "empty", "it has no byte"
    elif len(content) > _TOO_LARGE:
        code, why = "too-large|unsupported-type", f"it has more than {_TOO_LARGE} bytes"
    elif not kind_of(content):
        code, why = "unsupported-type", "it has no signature of JPEG, PNG or GIF"
    else:
        return None
    name = PurePosixPath(id).name
    return Entry(id=id, content=content, name=name, verdict="refuse", codes=(code,), why=why)
