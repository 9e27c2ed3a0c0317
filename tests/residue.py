"""What the use of the forms leaves behind in a folder: every file of it is searched."""

import json
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbconvert import HTMLExporter

from lpnb import ImageFile, samples
from tests import notebook_tools


@dataclass(frozen=True)
class Planted:
    """Secrets that nobody else has, and a picture as it comes from nowhere else."""

    client_secret: str = field(default_factory=lambda: f"{secrets.token_hex(8)}/of+a client")
    password: str = field(default_factory=lambda: f'pass"{secrets.token_hex(8)}\\typed & é')
    seed: int = field(default_factory=lambda: secrets.randbelow(1_000_000))

    @property
    def image(self) -> ImageFile:
        """The picture, whose pixels are noise."""
        return samples.photo(150_000, seed=self.seed)

    @property
    def needles(self) -> list[Sequence[str]]:
        """The secrets, by their kinds."""
        return [("client secret", self.client_secret), ("password", self.password)]


def export(notebook: Path) -> None:
    """Make a page of a *notebook*, beside it, as ``nbconvert --to html`` does."""
    page, _ = HTMLExporter().from_filename(str(notebook))
    notebook.with_suffix(".html").write_text(page, encoding="utf-8")


def left(home: Path, planted: Planted, more: Iterable[Sequence[str]] = ()) -> dict[str, set[str]]:
    """Name, for each file in *home* that has any, the secrets and pictures found in it."""
    content, needles = planted.image.content, [*planted.needles, *more]
    found = {}
    for file, text in _texts(home):
        hits = set(notebook_tools.leaks(text, needles))
        hits |= {f"picture ({how})" for how, _ in notebook_tools.picture_windows(text, content)}
        if hits:
            found[str(file.relative_to(home))] = hits
    return found


def collected(file: Path) -> list[Sequence[str]]:
    """All secrets that a kernel held, as `notebook_tools.COLLECT_SECRETS` wrote them."""
    pairs: list[Sequence[str]] = json.loads(file.read_text(encoding="utf-8"))
    return pairs


def _texts(home: Path) -> Iterator[tuple[Path, str]]:
    for file in sorted(home.rglob("*")):
        if not file.is_file():
            continue
        if file.read_bytes()[:15] == b"SQLite format 3":
            with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
                yield file, "\n".join(database.iterdump())
        yield file, file.read_text(encoding="utf-8", errors="replace")
