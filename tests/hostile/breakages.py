"""
Checks of intake taken away one by one: for each of them the corpus must find something.

Each is a piece of the source and what stands there instead; a test sees that the piece is there.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Breakage:
    """
    One check less.

    Args:
        file: of lpnb, where *there* stands once and makes way for *instead*.
    """

    what: str
    file: str
    there: str
    instead: str


BREAKAGES = (
    Breakage(
        "frames are not counted",
        "images/findings.py",
        "if claims.frames > LIMITS.frames or (",
        "if False and (",
    ),
    Breakage(
        "scans are not counted",
        "images/decode.py",
        "if claims.scans > LIMITS.scans:",
        "if False:",
    ),
    Breakage(
        "cost is not weighed",
        "images/decode.py",
        "    if cost > LIMITS.decode_memory:\n        raise Refusal(",
        "    if False:\n        raise Refusal(",
    ),
    Breakage(
        "rows and lines of a PNG cost nothing",
        "images/decode.py",
        "cost = max(full, lines)",
        "cost = full",
    ),
    Breakage(
        "a PNG's checksums are not compared",
        "images/claims.py",
        "content[part.end - 4 : part.end] == check",
        "True",
    ),
    Breakage(
        "any critical chunk of PNG will do",
        "images/claims.py",
        "not (sound and known)",
        "not sound",
    ),
    Breakage(
        "metadata may inflate as it likes",
        "images/findings.py",
        "if told.size > LIMITS.metadata:",
        "if False:",
    ),
    Breakage(
        "a JPEG needs no end",
        "images/parts.py",
        'raise _cut(content, b"\\xff\\xd9")',
        "return",
    ),
    Breakage(
        "a PNG needs no end",
        "images/parts.py",
        'raise _cut(content, b"IEND\\xaeB`\\x82")',
        "return",
    ),
    Breakage(
        "a GIF needs no end",
        "images/parts.py",
        'raise _cut(content, b"\\0;")',
        "return",
    ),
    Breakage(
        "only OSError is expected of decoders",
        "images/decode.py",
        "except Exception:  # noqa: BLE001 - Pillow raises nearly anything",
        "except OSError:  # Pillow raises nearly anything",
    ),
    Breakage(
        "only the headers of PNG and GIF are read",
        "images/decode.py",
        "        image.load()\n        way, ",
        "        way, ",
    ),
    Breakage(
        "3 MB may be 5",
        "images/findings.py",
        "if size > LIMITS.size_refused:",
        "if size > 2 * LIMITS.size_refused:",
    ),
    Breakage(
        "directions of text in names are not seen",
        "images/findings.py",
        '_HIDDEN = ("Cc", "Cf", ',
        '_HIDDEN = ("Cc", ',
    ),
    Breakage(
        "endings are not compared with the bytes",
        "images/findings.py",
        'if "." in name and ending(name) not in',
        'if name == "" and ending(name) not in',
    ),
    Breakage(
        "orientation is not heeded",
        "images/told.py",
        "return way if 1 <= way <= 8 else 1",
        "return 1",
    ),
    Breakage(
        "previews pass all segments on",
        "images/decode.py",
        " if part.name in _DRAWN)",
        ")",
    ),
)


def broken(breakage: Breakage, folder: Path, *, library: Path = ROOT) -> Path:
    """Copy lpnb into *folder* without one check; gives the folder to take lpnb from."""
    shutil.copytree(library / "lpnb", folder / "lpnb", ignore=shutil.ignore_patterns("__pycache__"))
    file = folder / "lpnb" / breakage.file
    text = file.read_text()
    if text.count(breakage.there) != 1:
        raise LookupError(f"{breakage.file} has no longer what {breakage.what!r} takes away")
    file.write_text(text.replace(breakage.there, breakage.instead))
    return folder
