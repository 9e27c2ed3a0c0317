"""Say what there is to say of a picture, before anything is sent."""

import re
import unicodedata
from collections.abc import Iterator

from ..errors import ImageRefused
from .claims import Claims
from .decode import Look, look
from .kinds import sniffed, supported
from .limits import LIMITS, TYPES, Finding, finding, quoted, too_large

_PLAIN_NAME = r"[^\s./\\:*?\"<>|][^/\\:*?\"<>|]{0,119}(?<![\s.])"
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")  # control, direction and line characters
_JOINERS = "\u200c\u200d"  # hidden too, but emoji and some scripts are written with them
_ALIASES = {"image/jpg": "JPEG", "image/pjpeg": "JPEG", "image/x-png": "PNG", "image/apng": "PNG"}
_UNDECLARED = ("", "application/octet-stream", "binary/octet-stream")
_LOOKED_INTO = {"JPEG": 32_000_000, "PNG": 8_000_000, "GIF": 8_000_000}  # bytes, for time
_OTHERS = re.compile(  # what programs look for anywhere in a file, in small letters
    rb"pk\x03\x04|%pdf-|rar!\x1a\x07|7z\xbc\xaf\x27|\x7felf|this program cannot be run"
    rb"|<(!doctype html|html|script|svg|\?php)\b"
)
_COLOURS = {
    "CMYK": "the colours are those of print (CMYK), which screens show differently or not at all",
    "16 bits": "the colours have 16 bits, of which screens show 8: the rest only takes up room",
}


def examined(
    content: bytes, name: str, declared: str = ""
) -> tuple[tuple[Finding, ...], tuple[int, int] | None]:
    """
    Collect what there is to say about the picture, the worst first, and its pixels.

    Args:
        declared: the media type that came with it, if one did.
    """
    shown, pixels = quoted(name), None
    found = [*_of_size(len(content), shown), *_of_name(name)]
    if len(content) <= _LOOKED_INTO.get(sniffed(content), len(content)):
        try:
            kind = supported(content, shown)
            seen = look(content, kind, shown)
        except ImageRefused as error:
            found += error.findings
        else:
            pixels = seen.pixels
            found += _of_type(kind, name, declared.partition(";")[0].strip().lower())
            found += _of_look(content, kind, seen, shown)
    return tuple(sorted(found, key=lambda each: (each.severity, not each.private))), pixels


def ending(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def _of_size(size: int, shown: str) -> Iterator[Finding]:
    if size > LIMITS.size_refused:
        yield finding("too-large", too_large(shown, size), "refused")
    elif size > LIMITS.size:
        text = f"{size:,} bytes are over 3 MB if a MB is 1,000,000: they may be refused"
        yield finding("near-limit", text)


def _of_name(name: str) -> Iterator[Finding]:
    hidden = (unicodedata.category(one) in _HIDDEN and one not in _JOINERS for one in name)
    if any(hidden) or "/" in name or "\\" in name or name in (".", ".."):
        text = "the file name has hidden characters or is a path: it may mislead whoever reads it"
        yield finding("unsafe-name", text)
    elif not re.fullmatch(_PLAIN_NAME, name):
        text = "the file name is long or has characters that some systems refuse"
        yield finding("odd-name", text)


def _of_type(kind: str, name: str, declared: str) -> Iterator[Finding]:
    if "." in name and ending(name) not in TYPES[kind]:
        yield finding("extension", f"the name ends in {quoted(ending(name))}, the bytes are {kind}")
    if declared not in _UNDECLARED and _ALIASES.get(declared, declared) not in (
        kind,
        f"image/{kind.lower()}",
    ):
        text = f"it came as {quoted(declared)}, the bytes are {kind}: what it is sent as"
        yield finding("declared-type", text)


def _of_look(content: bytes, kind: str, seen: Look, shown: str) -> Iterator[Finding]:
    claims, told = seen.claims, seen.told
    pixels = claims.frames * seen.pixels[0] * seen.pixels[1]
    if claims.frames > LIMITS.frames or (claims.frames > 1 and pixels > LIMITS.frame_pixels):
        text = (
            f"{shown} has {claims.frames:,} frames of {seen.pixels[0]:,} x {seen.pixels[1]:,} "
            f"pixels and may have {LIMITS.frames}, of {LIMITS.frame_pixels // 1_000_000} megapixels"
            ": share a part of the animation, or its first frame"
        )
        yield finding("too-many-frames", text, "refused")
    elif claims.frames > 1:
        yield finding("animated", "the picture moves: its preview shows the first frame only")
    if told.size > LIMITS.metadata:
        text = (
            f"{shown} has metadata that unpacks to over {LIMITS.metadata // 1_000_000} MB, or is in"
            " thousands of pieces, which only serves to exhaust programs: share it without"
        )
        yield finding("metadata-bomb", text, "refused")
    yield from _behind(content, kind, claims)
    if seen.turn > 1:
        text = "the picture is stored turned, with a note for viewers: some will show it so"
        yield finding("rotated", text)
    if claims.colour:
        yield finding("colour-space", _COLOURS[claims.colour])
    for code, what, things in (
        ("location", "tells where it was taken", told.place),
        ("personal", "tells more than is seen", told.people),
    ):
        if things:
            text = f"the metadata {what} ({_listed(things)}): remove it if that is private"
            yield finding(code, text)


def _behind(content: bytes, kind: str, claims: Claims) -> Iterator[Finding]:
    """Tell what follows the picture, and what else the file may be taken for."""
    tail = content[claims.end :]
    inside = b"".join(content[start:end] for _, start, end in claims.told)
    camera = kind == "JPEG" and (b"MPF\0" in inside or tail[4:8] == b"ftyp" or b"SEFT" in tail[-8:])
    other = "" if camera else sniffed(tail).replace("text", "")
    if found := _OTHERS.search((tail + inside).lower()):
        other = sniffed((tail + inside)[found.start() :]).replace("text", "") or "a program"
    if other:
        text = f"there is {other} in the file as well: some programs may take it for that"
        yield finding("polyglot", text)
    elif tail.strip(b"\0\t\r\n "):
        whose = " of the camera's own, such as a second picture or a film," if camera else ""
        text = f"{len(tail):,} bytes{whose} follow the picture: they are sent, and seldom seen"
        yield finding("trailing-data", text)


def _listed(things: set[str]) -> str:
    shown = sorted(things)
    return ", ".join(shown[:5]) + (f" and {len(shown) - 5} more" if len(shown) > 5 else "")
