"""Mend what the findings complain of: a new picture each time, and a sentence for what was done."""

import re
import unicodedata
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from ..errors import ImageRefused
from .anew import anew
from .decode import safely
from .kinds import sniffed
from .limits import LIMITS, TYPES, Finding, quoted
from .metadata import bare
from .parts import parts
from .told import turn as turn_in

if TYPE_CHECKING:
    from .file import ImageFile

_I = TypeVar("_I", bound="ImageFile")
_ENDINGS = {ending for known in TYPES.values() for ending in known}
_ENDINGS |= {"webp", "bmp", "tif", "tiff", "avif", "heic", "heif", "pdf", "svg", "txt", "html"}
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|(com|lpt)[0-9¹²³])(\..*)?")  # names Windows keeps
_MANY = 100_000  # parts to look for EXIF among
_LONGEST = 100, 200  # characters of a name, and bytes


def fixed(image: _I) -> _I:
    """Do all that the findings name, until they name no more."""
    done = image
    notes: tuple[str, ...] = ()
    for _ in range(3):  # a mend may bring to light what another one is for
        wanted = {finding.mend for finding in done.findings} - {""}
        wanted |= {"upright"} if done.pixels is None else set()  # it was not looked into
        if not wanted or (after := mended(done, *wanted)) is done:
            break
        done, notes = after, notes + after.mends
    _check(done, *done.findings)
    return done if done is image else replace(done, made_from=image, mends=notes)


def mended(image: _I, *wanted: str, name: str = "") -> _I:
    """
    Do what is *wanted*, each a method of `ImageFile`; *image* itself if there is nothing to do.

    First goes what costs no quality. What is left is done at once, so that the picture is encoded
    anew once at most.

    Raises:
        ImageRefused: it can't be mended.
    """
    notes: list[str] = []
    content, called = image.content, image.name
    if {*wanted} != {"renamed"}:
        _check(image, *(each for each in image.findings if not each.mend))
        try:
            content = safely(lambda: _worked(image, {*wanted}, notes), quoted(called))
        except ImageRefused as error:
            error.image = image
            raise
    kind = sniffed(content)
    if "renamed" in wanted:
        called = plain_name(str(name) or called, kind)
    elif kind != sniffed(image.content):
        called = "".join(_split(called, kind))
    if called != image.name:
        notes.append(f"renamed from {quoted(image.name)} to {quoted(called)}")
    if not notes:
        return image
    after = type(image).read(content, name=called, check=False)
    if {*wanted} != {"renamed"}:
        _check(after, *(each for each in after.findings if not each.mend))
    if image.pixels and after.pixels and image.pixels != after.pixels:
        notes.append("made {} x {} pixels of {} x {}".format(*after.pixels, *image.pixels))
    return replace(after, made_from=image, mends=tuple(notes))


def plain_name(name: str, kind: str) -> str:
    """Make a file name that every system takes, with an ending for what the file is."""
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    name = "".join(letter for letter in " ".join(name.split()) if letter.isprintable())
    stem, ending = _split(re.sub(r'[:*?"<>|]+', "-", name).strip(" ."), kind)
    stem = stem[: _LONGEST[0]].encode()[: _LONGEST[1]].decode(errors="ignore").strip(" .")
    stem += "-" * bool(_DEVICES.fullmatch(stem))
    return (stem or "picture") + ending


def _split(name: str, kind: str) -> tuple[str, str]:
    """Part a name from its ending, which is another if the file is not what it says."""
    stem, _, ending = name.rpartition(".")
    known = TYPES.get(kind, (ending.lower(),))
    if stem and ending.lower() in known:
        return stem, f".{ending}"
    return stem if ending.lower() in _ENDINGS else name, f".{known[0]}" if kind in TYPES else ""


def _check(image: "ImageFile", *findings: Finding) -> None:
    """Raise if one of *findings* is a reason to refuse *image*."""
    reasons = [each.message for each in findings if each.severity == "refused"]
    if reasons:
        raise ImageRefused("; ".join(reasons), image.findings, image)


def _worked(image: "ImageFile", wanted: set[str], notes: list[str]) -> bytes:
    """Do what changes the bytes; the same bytes if there is nothing to do."""
    content, kind = image.content, sniffed(image.content)
    strip = "without_metadata" in wanted
    fit = "resized_to_fit" in wanted and len(content) > LIMITS.size
    turn = 1
    if kind in TYPES:
        turn = turn_in(content, kind, [*islice(parts(content, kind), _MANY)])
    if kind in TYPES and (strip or fit):
        least = bare(content, kind, turn)
        if least != content and (strip or len(least) <= LIMITS.size):
            fewer = len(content) - len(least)
            plainer = "left blank in its colour profile what tells no colour"
            less = f"left out what is not the picture: {fewer:,} bytes"
            notes.append(less if fewer > 0 else plainer)
            content, fit = least, fit and len(least) > LIMITS.size
    upright = "upright" in wanted and turn > 1
    convert = any(finding.mend == "converted" for finding in image.findings)
    if fit or upright or (convert and "converted" in wanted) or kind not in TYPES:
        return anew(content, kind, notes, upright=upright, convert=convert)
    return content
