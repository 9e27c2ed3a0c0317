"""What may be shared, and what is said of a picture that may not, or that may surprise someone."""

from dataclasses import dataclass
from typing import Literal

from ..errors import ImageRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """
    What may be shared. Source: the Connector API's file sharing tutorial, for the first four.

    It says "up to 3MB" and "under 30KB" without saying what a KB is, so we read both strictly:
    *size* always passes, up to *size_refused* is a warning, and all of the preview's text counts:
    ours stays under *preview*, one of your own may have *preview_refused*.

    Args:
        types: the ``fileType`` values with the endings that file names have for them.
        decode_memory: our own, as those below, so that a small file can't take the memory and the
            minutes of whoever opens it: bytes to decode it, at the scale that is used.
        frames, frame_pixels: of an animation, and the pixels of all of them.
        scans: passes in which a progressive JPEG is drawn.
        metadata: bytes that it unpacks to.
    """

    types: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("JPEG", ("jpg", "jpeg", "jpe", "jfif")),
        ("PNG", ("png",)),
        ("GIF", ("gif",)),
    )
    size: int = 3_000_000
    size_refused: int = 3_145_728
    preview: int = 30_000
    preview_refused: int = 30_720
    decode_memory: int = 160_000_000
    frames: int = 500
    frame_pixels: int = 400_000_000
    scans: int = 100
    metadata: int = 8_000_000


LIMITS = Limits()
TYPES = dict(LIMITS.types)
Severity = Literal["refused", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """
    What was noticed about a picture; *severity* says whether it may be shared all the same.

    Args:
        mend: the method of `ImageFile` that takes it away, where there is one.
    """

    code: str
    severity: Severity
    message: str
    mend: str = ""

    @property
    def private(self) -> bool:
        """Whether it is about place or people, which nothing takes back once it was shared."""
        return self.code in ("location", "personal")

    @property
    def typed(self) -> str:
        """What to type against it, for instance ``"image.upright()"``; empty if nothing helps."""
        return f"image.{self.mend}()" if self.mend else ""


_MENDS = {
    "converted": ("too-many-frames", "colour-space"),
    "renamed": ("extension", "unsafe-name", "odd-name"),
    "resized_to_fit": ("too-large", "near-limit"),
    "upright": ("rotated",),
    "without_metadata": ("metadata-bomb", "trailing-data", "polyglot", "location", "personal"),
}


def finding(
    code: str, message: str, severity: Severity = "warning", *, mend: str | None = None
) -> Finding:
    """Make a finding that knows its mend: the usual one of its *code*, unless *mend* is given."""
    usual = next((mend for mend, codes in _MENDS.items() if code in codes), "")
    return Finding(code, severity, message, usual if mend is None else mend)


def refused(code: str, message: str, *, mend: str | None = None) -> ImageRefused:
    """Make the error for the one thing that speaks against a picture."""
    return ImageRefused(message, (finding(code, message, "refused", mend=mend),))


def too_large(what: str, size: int) -> str:
    return (
        f"{what} has {size:,} bytes and may have {LIMITS.size_refused:,} (documented: 3 MB): make "
        "it smaller, or save it as JPEG of lower quality"
    )


def quoted(name: str) -> str:
    """Make a name fit to stand in a sentence: control and direction characters are spelt out."""
    return repr(name if len(name) <= 60 else f"{name[:40]}…{name[-16:]}")
