"""What an upload's headers must be like, and what of them is remembered."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from .http import Answer
from .pages import said
from .visits import Visit

if TYPE_CHECKING:
    from mimetypes import MimeTypes

_NAME, _META_NAME, _META_VALUE, _META_COUNT, _META_SIZE = 1024, 128, 256, 90, 4096
_META, _SHOWN_META = "x-object-meta-", "x-object-meta-public-"
_SHOWN = frozenset(
    [
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "expires",
        "x-robots-tag",
    ]
)
_LAST_TIME = 9_999_999_999


def refused_upload(visit: Visit, now: float, *, largest: int) -> Answer | None:
    """Refuse a PUT by its headers, or give None."""
    wishes, name = visit.wishes, visit.parts[4]
    coding, length = wishes.get("transfer-encoding", ""), wishes.get("content-length")
    if "," in coding:
        text = "Unsupported Transfer-Coding header value specified in Transfer-Encoding header"
        return said(501, text)
    if coding and coding.lower() != "chunked":
        return said(400, "Invalid Transfer-Encoding header value")
    if length and not coding and int(length) > largest:
        return said(413, "Your request is too large.", guess="object_size")
    if coding != "chunked" and (coding or not length):
        return said(411, "Missing Content-Length header.")
    if (size := len(name)) > _NAME:
        return said(400, f"Object name length of {size} longer than {_NAME}")
    kind = wishes.get("content-type", "")
    if refusal := refused_delete_at(wishes, now):
        return refusal
    try:
        kind.encode("latin-1").decode()
    except UnicodeDecodeError:
        return said(400, "Invalid Content-Type")
    if refusal := refused_metadata(wishes):
        return refusal
    if any(each.lstrip().startswith("swift_") for each in kind.split(";")[1:]):
        text = "Invalid Content-Type, swift_* is not a valid parameter name."
        return said(400, text, html=True)
    return None


def refused_metadata(wishes: Mapping[str, str]) -> Answer | None:
    """Refuse names and values of metadata beyond Swift's limits, or give None."""
    count = size = 0
    for header, value in wishes.items():
        if not header.startswith(_META):
            continue
        name = header.removeprefix(_META).title()
        count, size = count + 1, size + len(name) + len(value)
        if not name:
            return said(400, "Metadata name cannot be empty")
        if len(name) > _META_NAME:
            return said(400, f"Metadata name too long: {_META}{name}")
        if len(value) > _META_VALUE:
            return said(400, f"Metadata value longer than {_META_VALUE}: {_META}{name}")
        if count > _META_COUNT:
            return said(400, f"Too many metadata items; max {_META_COUNT}")
        if size > _META_SIZE:
            return said(400, f"Total metadata too large; max {_META_SIZE}")
    return None


def refused_delete_at(wishes: Mapping[str, str], now: float) -> Answer | None:
    """Refuse a time of deletion that is none, or over; or give None."""
    for name in ("X-Delete-After", "X-Delete-At"):
        if name.lower() in wishes:
            try:
                over = _delete_at(wishes, now) <= now
            except ValueError:
                return said(400, f"Non-integer {name}")
            return said(400, f"{name} in past") if over else None
    return None


def _delete_at(wishes: Mapping[str, str], now: float) -> int:
    """Give the second in which the object is to vanish."""
    after = wishes.get("x-delete-after")
    at = int(wishes["x-delete-at"]) if after is None else int(now) + int(after)
    return min(max(0, at), _LAST_TIME)


def remembered(wishes: Mapping[str, str], now: float) -> dict[str, str]:
    """Give the headers that come with every download from now on; private metadata never does."""
    shown = {
        name.title(): value
        for name, value in wishes.items()
        if name in _SHOWN or name.startswith(_SHOWN_META)
    }
    if "x-delete-at" in wishes or "x-delete-after" in wishes:
        shown["X-Delete-At"] = f"{_delete_at(wishes, now):010}"
    return shown


def media_type(wishes: Mapping[str, str], path: str) -> str:
    """Give the Content-Type of an upload, by its name if it brings none."""
    given, asked = wishes.get("content-type"), wishes.get("x-detect-content-type", "")
    if given and asked.lower() not in ("1", "on", "t", "true", "y", "yes"):
        return given
    return _media_types().guess_type(path)[0] or "application/octet-stream"


@cache
def _media_types() -> "MimeTypes":
    from mimetypes import MimeTypes

    table = MimeTypes()  # what Python knows, whatever this machine has on disk
    table.add_type("image/webp", ".webp")
    return table
