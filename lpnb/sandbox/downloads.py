"""What a download's headers ask for: only if changed, only a part, under another name."""

import math
import secrets
from collections.abc import Mapping
from urllib.parse import quote

from .http import Answer, http_date
from .objects import StoredObject
from .pages import HTML, RULES, page
from .tempurl import read_expires
from .visits import Visit

_MOST_RANGES, _MOST_OVERLAPS, _MOST_UNSORTED = 50, 2, 8


def download(visit: Visit, stored: StoredObject | None) -> Answer:
    """Answer GET or HEAD of what is *stored*, if anything is."""
    method, query, wishes = visit.method, visit.query, visit.wishes
    if stored is None:
        if "*" in tags(wishes.get("if-match", "")):
            return Answer(412, b"", HTML, RULES)
        return Answer(404, b"", HTML, RULES) if method == "HEAD" else page(404)
    modified = math.ceil(stored.created)
    headers = {
        "Content-Type": stored.content_type,
        **stored.headers,
        "Etag": stored.etag,
        "Last-Modified": http_date(modified),
        "X-Timestamp": f"{stored.created:.5f}",
    }
    status = _condition(wishes, stored.etag, modified)
    if status == 412:
        return Answer(412, b"", headers | HTML, RULES)
    headers["Accept-Ranges"] = "bytes"
    if status == 304:
        return Answer(304, b"", headers, RULES)
    asked = wishes.get("range", "") if method == "GET" else ""
    parts = _ranges(asked, stored.size) if asked else None
    if parts == []:
        headers["Content-Range"] = f"bytes */{stored.size}"
        return Answer(416, page(416).body, headers, RULES)
    content = stored.content
    if parts and len(parts) == 1:
        first, end = parts[0]
        headers["Content-Range"] = f"bytes {first}-{end - 1}/{stored.size}"
        content = content[first:end]
    elif parts:
        headers["Content-Type"], content = _multipart(content, parts, stored.content_type)
    named = stored.headers.get("Content-Disposition", "")
    headers["Content-Disposition"] = _disposition(query, visit.path, named)
    headers["Expires"] = http_date(read_expires(query["temp_url_expires"]))
    plain = method == "GET" and not asked
    return Answer(206 if parts else 200, content, headers, "" if plain else RULES)


def tags(value: str) -> set[str]:
    """Read the entity tags of If-Match or If-None-Match, quoted or bare."""
    return {unquoted(each.strip()) for each in value.split(",") if each.strip()}


def unquoted(tag: str) -> str:
    """Take the quotes from an entity tag, if it has them."""
    return tag[1:-1] if len(tag) > 1 and tag[0] == tag[-1] == '"' else tag


def _condition(wishes: Mapping[str, str], etag: str, modified: int) -> int:
    """Give 304 or 412 if that is what the conditions come to, else 0."""
    if {"*", etag} & tags(wishes.get("if-none-match", "")):
        return 304
    if "if-match" in wishes and not {"*", etag} & tags(wishes["if-match"]):
        return 412
    since, until = (_date(wishes.get(f"if-{name}-since")) for name in ("modified", "unmodified"))
    if since is not None and modified <= since:
        return 304
    return 412 if until is not None and modified > until else 0


def _ranges(asked: str, size: int) -> list[tuple[int, int]] | None:
    """
    Read ``bytes=``, as half-open pairs within *size*; None if it is to be ignored.

    What lies wholly beyond is left out, and so is everything once there are too many, as an
    answer to a request that is meant to be costly.
    """
    unit, _, specs = asked.replace(" ", "").partition("=")
    found = []
    try:
        pairs = [_first_and_last(spec) for spec in specs.split(",")]
    except ValueError:
        return None
    if unit.lower() != "bytes":
        return None
    for first, last in pairs:
        if first is None:
            if last:
                found.append((max(0, size - last), size))
        elif first < size:
            found.append((first, size if last is None else min(last + 1, size)))
    overlaps = sum(
        a < c < b or a < d < b or c < a < d or c < b < d
        for number, (a, b) in enumerate(found[: _MOST_RANGES + 1])
        for c, d in found[number + 1 : _MOST_RANGES + 1]
    )
    unsorted = found != sorted(found) and len(found) >= _MOST_UNSORTED
    if len(found) > _MOST_RANGES or overlaps > _MOST_OVERLAPS or unsorted:
        return []
    return found if size or not found else None


def _first_and_last(spec: str) -> tuple[int | None, int | None]:
    first, dash, last = spec.partition("-")
    if not dash or not (first or last) or (last and not last.isdigit()):
        raise ValueError
    pair = int(first) if first else None, int(last) if last else None
    if pair[0] is not None and pair[1] is not None and pair[1] < pair[0]:
        raise ValueError
    return pair


def _multipart(
    content: bytes, parts: list[tuple[int, int]], content_type: str
) -> tuple[str, bytes]:
    """Put several *parts* of *content* into one body, and give its Content-Type and it."""
    boundary = secrets.token_hex(16)
    pieces = []
    for first, end in parts:
        place = f"bytes {first}-{end - 1}/{len(content)}"
        head = f"--{boundary}\r\nContent-Type: {content_type}\r\nContent-Range: {place}\r\n\r\n"
        pieces += [head.encode("latin-1", "replace"), content[first:end], b"\r\n"]
    pieces.append(f"--{boundary}--".encode())
    return f"multipart/byteranges;boundary={boundary}", b"".join(pieces)


def _disposition(query: Mapping[str, str], path: str, stored: str) -> str:
    """Say under which name, and whether at all, a browser is to save the object."""
    name = query.get("filename")
    kind = "inline" if "inline" in query else "attachment"
    if kind == "inline" and not name:
        return kind
    if not name and stored:
        return stored
    name = name or path.rstrip("/").rpartition("/")[2]
    return f"{kind}; filename=\"{quote(name, safe=' /')}\"; filename*=UTF-8''{quote(name)}"


def _date(text: str | None) -> float | None:
    if text is None:
        return None
    from datetime import UTC, datetime
    from email.utils import parsedate  # costs more to import than all of this module

    try:
        parts = parsedate(text)
        return None if parts is None else datetime(*parts[:6], tzinfo=UTC).timestamp()
    except (ValueError, TypeError, IndexError):
        return None
