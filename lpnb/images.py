"""Pictures as this service takes them: read from anywhere, looked into once, refused in words."""

import hashlib
import os
import re
import stat
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from .card import Card, Fact, Picture, Shown
from .decode import LIMITS, Finding, look
from .errors import ImageRefused, InputError
from .preview import Preview, colour, encoded, make_preview, make_thumbnail, shares

_READ_AT_MOST = 64 << 20  # bytes; what is larger is no picture for this service, whatever it is
_KINDS = {  # how files begin
    "JPEG": rb"\xff\xd8\xff",
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "GIF": rb"GIF8[79]a",
    "WEBP": rb"RIFF....WEBP",
    "PDF": rb"%PDF-",
    "BMP": rb"BM....\0\0\0\0",
    "TIFF": rb"II\*\0|MM\0\*",
    "AVIF": rb"....ftypavi[fs]",
    "HEIC": rb"....ftyp(hei|hev|mif|msf)",
    "SVG": rb"(?i)\s*(<\?xml.*?>\s*|<!--.*?-->\s*|<!doctype svg.*?>\s*)*<svg",
    "HTML": rb"(?i)\s*<(!doctype html|html|head|body|script)",
    "text": rb"[\t\n\r\x20-\x7e\x80-\xff]+\Z",
}
_SEEN = {  # the claims of `Look` that are worth a warning
    "animated": "the picture moves: agents and its preview may show the first frame only",
    "rotated": "the picture is stored turned, with a note for viewers: some will show it so",
    "location": "the picture tells where it was taken: remove its metadata if that is private",
    "personal": "the picture names its author, owner or camera: remove its metadata if private",
}
_PLAIN_NAME = r"[^\s./\\:*?\"<>|][^/\\:*?\"<>|]{0,119}(?<![\s.])"
_ODD_NAME = ("odd-name", "the file name is long or has characters that some systems refuse")


@dataclass(frozen=True, slots=True)
class ImageFile(Shown):
    """
    A picture to share: its bytes, and what is worth knowing before they are sent.

    Args:
        name: of the file; shown, and never sent.
        type: the ``fileType`` of step 3, from the bytes and not from the name.
        pixels: width and height of the picture upright; None if it was not decoded.
        findings: what was noticed, each refused or a warning.
    """

    name: str
    type: str
    content: bytes = field(repr=False)
    pixels: tuple[int, int] | None = None
    findings: tuple[Finding, ...] = ()
    _kept: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def read(cls, source: Any, *, name: str | None = None, check: bool = True) -> Self:
        """
        Read a picture from a path, bytes, a binary file or a Pillow image, and look into it.

        Args:
            check: False lets through what the service should refuse; a type that the bytes don't
                tell is then taken from the name's ending.

        Raises:
            ImageRefused: the picture can't be shared; ``.findings`` has every reason.
            InputError: there is nothing to read from *source*.
        """
        content, found = _received(source)
        kind = _sniffed(content)
        ending = {"JPEG": "jpg", "text": "txt", "": "png"}.get(kind, kind.lower())
        name = str(name or found or f"picture.{ending}").encode("utf-8", "replace").decode()
        findings, pixels = _examined(content, name)
        reasons = [finding.message for finding in findings if finding.severity == "refused"]
        if check and reasons:
            raise ImageRefused("; ".join(reasons), findings)
        if kind not in dict(LIMITS.types):
            given = _ending(name)
            kind = next((kind for kind, known in LIMITS.types if given in known), given.upper())
        return cls(name, kind or "PNG", content, pixels, findings)

    @property
    def size(self) -> int:
        """The number of bytes, ``fileSize`` in step 3."""
        return len(self.content)

    @property
    def mime(self) -> str:
        """The media type, for the upload's header."""
        known = self.type in dict(LIMITS.types)
        return f"image/{self.type.lower()}" if known else "application/octet-stream"

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes, in hex: two files with the same one are the same file."""
        return self._digest("sha256")

    @property
    def md5(self) -> str:
        """MD5 of the bytes, in hex: what storage answers as the ETag."""
        return self._digest("md5")

    def _digest(self, name: str) -> str:
        if name not in self._kept:
            self._kept[name] = hashlib.new(name, self.content, usedforsecurity=False).hexdigest()
        return str(self._kept[name])

    def preview(
        self,
        *,
        box: tuple[float, float, float, float] | None = None,
        backdrop: str = "white",
    ) -> Preview:
        """
        Make the small picture that is published with the file in step 5.

        Args:
            box: the part to show, as left, top, right and bottom in pixels of the picture upright.
            backdrop: the colour behind what is transparent, by name or as ``#rrggbb``.

        Raises:
            ImageRefused: the bytes can't be decoded; possible with ``check=False`` only.
            InputError: there is no such part, or no such colour.
        """
        key = f"preview of {box} on {backdrop}"
        if key not in self._kept:
            name = _quoted(self.name)
            kind = _supported(self.content, name)
            part = shares(box, self.pixels)
            self._kept[key] = make_preview(
                self.content, kind, name, box=part, backdrop=colour(backdrop)
            )
        made: Preview = self._kept[key]
        return made

    def card(self) -> Card:
        """The picture small, what is sent of it, its preview's size, and every finding."""
        facts = [
            Fact("fileType", self.type, "from the bytes, not from the name"),
            Fact("fileSize", f"{self.size:,} bytes"),
            Fact("SHA-256", self.sha256),
        ]
        pictures: tuple[Picture, ...] = ()
        if self.pixels:
            small = self.preview()
            facts.insert(2, Fact("pixels", "{} x {}".format(*self.pixels)))
            facts.append(Fact("preview", f"{small.width} x {small.height}, {small.used}"))
            pictures = (Picture(small.content, f"the picture {self.name}"),)
        facts += [Fact(each.code, "", each.message, each.severity) for each in self.findings]
        verdicts = {each.severity for each in self.findings}
        return Card(
            title=self.name,
            verdict="refused" if "refused" in verdicts else "warning" if verdicts else "ok",
            facts=tuple(facts),
            pictures=pictures,
        )


def thumbnail(content: bytes, side: int = 160) -> tuple[str, int, int] | None:
    """
    Draw *content* small, encoded anew, for a card: a data URI of a few KB, width and height.

    None where the bytes are no picture, or none that can be decoded safely.
    """
    try:
        return make_thumbnail(content, _supported(content, "the picture"), side)
    except ImageRefused:
        return None


def _received(source: Any) -> tuple[bytes, str]:
    """Read *source* whole, and say what it is called, if it is called anything."""
    pillow = sys.modules.get("PIL.Image")  # who has an image of Pillow's has imported it
    if pillow and isinstance(source, pillow.Image):
        return encoded(source), ""
    try:
        content, name = _bytes(source)
    except OSError as problem:
        reason = (problem.strerror or type(problem).__name__).lower()
    except InputError:
        raise
    except Exception as problem:  # noqa: BLE001 - a file object is someone else's code
        reason = type(problem).__name__
    else:
        if len(content) > _READ_AT_MOST:
            what = _quoted(name) if name else "the picture"
            raise _refused("too-large", _too_large(what, len(content)))
        return content, name
    what = _quoted(str(source)) if isinstance(source, str | Path) else "the picture"
    raise InputError(f"{what} can't be read ({reason}): check that it is there and may be read")


def _bytes(source: Any) -> tuple[bytes, str]:
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source), ""
    if isinstance(source, str | os.PathLike):
        path = Path(os.fsdecode(source)).expanduser()
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # reading a pipe or a device may never end
            raise InputError(f"{_quoted(str(source))} is not a file: give the path of a picture")
        if status.st_size > _READ_AT_MOST:
            raise _refused("too-large", _too_large(_quoted(path.name), status.st_size))
        with path.open("rb") as file:
            return file.read(_READ_AT_MOST + 1), path.name
    if not hasattr(source, "read"):
        raise InputError(
            "a picture is read from a path, bytes, a binary file or a Pillow image, not from "
            f"{type(source).__name__}"
        )
    content = source.read(_READ_AT_MOST + 1)
    if not isinstance(content, bytes | bytearray | memoryview):
        raise InputError("the file gives text: open it with mode 'rb'")
    name = getattr(source, "name", "")
    return bytes(content), Path(name).name if isinstance(name, str) else ""


def _sniffed(content: bytes) -> str:
    head = content[:1024]
    return next((kind for kind, begin in _KINDS.items() if re.match(begin, head, re.S)), "")


def _supported(content: bytes, name: str) -> str:
    """Tell the type the bytes are of, if it is one that may be shared; *name* is for the error."""
    kind = _sniffed(content)
    if kind in dict(LIMITS.types):
        return kind
    if not content:
        message, code = f"{name} is empty: save or copy it again", "empty"
    else:
        what = f"{kind}, which is" if kind else "of an unknown type,"
        allowed = ", ".join(known for known, _ in LIMITS.types)
        message = f"{name} is {what} not shared here: save it as one of {allowed}"
        code = "unsupported-type"
    raise _refused(code, message)


def _examined(content: bytes, name: str) -> tuple[tuple[Finding, ...], tuple[int, int] | None]:
    """Collect what there is to say about the picture, the worst first, and its pixels."""
    quoted, most = _quoted(name), LIMITS.size_refused
    warnings = [] if name.isprintable() and re.fullmatch(_PLAIN_NAME, name) else [_ODD_NAME]
    if LIMITS.size < len(content) <= most:
        text = f"{len(content):,} bytes are over 3 MB if a MB is 1,000,000: they may be refused"
        warnings.append(("near-limit", text))
    try:
        if len(content) > most:
            raise _refused("too-large", _too_large(quoted, len(content)))
        kind = _supported(content, quoted)
        seen = look(content, kind, quoted)
    except ImageRefused as refused:
        return (*refused.findings, *_as_warnings(warnings)), None
    if "." in name and _ending(name) not in dict(LIMITS.types)[kind]:
        warnings.append(("extension", f"the name ends in .{_ending(name)}, the bytes are {kind}"))
    warnings += [(code, text) for code, text in _SEEN.items() if getattr(seen, code)]
    return _as_warnings(warnings), seen.pixels


def _too_large(what: str, size: int) -> str:
    return (
        f"{what} has {size:,} bytes and may have {LIMITS.size_refused:,} (documented: 3 MB): make "
        "it smaller, or save it as JPEG of lower quality"
    )


def _as_warnings(pairs: list[tuple[str, str]]) -> tuple[Finding, ...]:
    return tuple(Finding(code, "warning", message) for code, message in pairs)


def _refused(code: str, message: str) -> ImageRefused:
    return ImageRefused(message, (Finding(code, "refused", message),))


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def _quoted(name: str) -> str:
    """Make a name fit to stand in a sentence: control and direction characters are spelt out."""
    return repr(name if len(name) <= 60 else f"{name[:40]}…{name[-16:]}")
