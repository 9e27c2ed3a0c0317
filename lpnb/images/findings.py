"""Say what there is to say of a picture, before anything is sent."""

import re

from ..errors import ImageRefused
from .decode import look
from .kinds import supported
from .limits import LIMITS, Finding, quoted, refused, too_large

_SEEN = {  # the claims of `Look` that are worth a warning
    "animated": "the picture moves: agents and its preview may show the first frame only",
    "rotated": "the picture is stored turned, with a note for viewers: some will show it so",
    "location": "the picture tells where it was taken: remove its metadata if that is private",
    "personal": "the picture names its author, owner or camera: remove its metadata if private",
}
_PLAIN_NAME = r"[^\s./\\:*?\"<>|][^/\\:*?\"<>|]{0,119}(?<![\s.])"
_ODD_NAME = ("odd-name", "the file name is long or has characters that some systems refuse")


def examined(content: bytes, name: str) -> tuple[tuple[Finding, ...], tuple[int, int] | None]:
    """Collect what there is to say about the picture, the worst first, and its pixels."""
    shown, most = quoted(name), LIMITS.size_refused
    warnings = [] if name.isprintable() and re.fullmatch(_PLAIN_NAME, name) else [_ODD_NAME]
    if LIMITS.size < len(content) <= most:
        text = f"{len(content):,} bytes are over 3 MB if a MB is 1,000,000: they may be refused"
        warnings.append(("near-limit", text))
    try:
        if len(content) > most:
            raise refused("too-large", too_large(shown, len(content)))
        kind = supported(content, shown)
        seen = look(content, kind, shown)
    except ImageRefused as error:
        return (*error.findings, *_as_warnings(warnings)), None
    if "." in name and ending(name) not in dict(LIMITS.types)[kind]:
        warnings.append(("extension", f"the name ends in .{ending(name)}, the bytes are {kind}"))
    warnings += [(code, text) for code, text in _SEEN.items() if getattr(seen, code)]
    return _as_warnings(warnings), seen.pixels


def _as_warnings(pairs: list[tuple[str, str]]) -> tuple[Finding, ...]:
    return tuple(Finding(code, "warning", message) for code, message in pairs)


def ending(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""
