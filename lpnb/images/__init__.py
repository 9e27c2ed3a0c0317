"""Pictures to share: judged before anything is sent, mended where possible, and drawn small."""

from .file import ImageFile, thumbnail
from .limits import LIMITS, Finding, Limits
from .preview import PREVIEW_LIMIT, Preview
from .sources import received

__all__ = [
    "LIMITS",
    "PREVIEW_LIMIT",
    "Finding",
    "ImageFile",
    "Limits",
    "Preview",
    "received",
    "thumbnail",
]
