"""What a fault makes of an answer: its bytes, its headers, and how they are put on the wire."""

import base64
import json
import math
import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .effects import LATE, LOSES
from .faults import Breakage
from .http import Answer, Delivery, http_date

_BLANKS = b" " * 2**20


def damaged(answer: Answer, do: Mapping[str, Any], now: float) -> Answer:
    """Give *answer* with everything done to it that *do* says; *now* is what dates it."""
    body, headers, warnings = answer.body, dict(answer.headers), answer.warnings
    if "body" in do:
        body, headers["Content-Type"] = _body(do["body"])
    if "raw" in do:
        body, headers["Content-Type"] = base64.b64decode(do["raw"]), "application/octet-stream"
    if "patch" in do:
        try:
            body = _patched(body, do["patch"])
        except (LookupError, TypeError, ValueError, AttributeError):
            warnings += ("a fault's patch does not fit this answer, and is left out",)
    if "corrupt" in do:
        body = corrupted(body, do["corrupt"])
    if "bomb" in do:
        layers = do["bomb"].get("layers", 1)
        body = _bomb(body, do["bomb"]["bytes"], layers)
        headers["Content-Encoding"] = ", ".join(["gzip"] * layers)
    size = max(len(body), do.get("body_bytes", 0))
    if "etag" in do:
        headers["Etag"] = (do["etag"] or "").replace("{etag}", headers.get("Etag", ""))
    if "date" in do:
        headers["Date"] = "" if do["date"] is None else http_date(now + do["date"])
    if "redirect" in do:
        headers["Location"] = do["redirect"]
    for name, value in do.get("headers", {}).items():
        own = next((each for each in headers if each.lower() == name.lower()), name.title())
        headers[own] = "" if value is None else str(value)
    if "length" in do:
        wrong = do["length"]
        headers["Content-Length"] = (
            str(max(0, size + wrong)) if isinstance(wrong, int) else wrong or ""
        )
    if "chunked" in do:
        headers |= {"Transfer-Encoding": "chunked", "Content-Length": ""}
    drip = do.get("drip")
    delivery = Delivery(
        drip=(drip["bytes"], drip.get("seconds", 0), drip.get("at", "body")) if drip else None,
        padding=size - len(body),
        chunk=do.get("chunked", 0),
    )
    return replace(answer, headers=headers, body=body, warnings=warnings, delivery=delivery)


def delivery(
    answer: Answer,
    broken: Breakage,
    do: Mapping[str, Any],
    *,
    delay: float = 0.0,
    linger: bool = False,
) -> Answer:
    """Give *answer* with the way it ends: not at all, lost by *do*, or at its place."""
    how = answer.delivery
    if ending := _ending(do):
        how = replace(how, **ending, truncate=do.get("truncate"))
    elif place := broken.place(*LATE):
        late = broken.at(*LATE)
        ending = _ending(late)
        pause = late.get("delay", 0) + ending.pop("pause", 0)
        at = math.inf if place[0] == "end" else place[1]
        how = replace(how, **ending, pause=pause, truncate=at, in_head=place[0] == "head")
    return replace(answer, delivery=replace(how, delay=delay, linger=linger))


def _ending(do: Mapping[str, Any]) -> dict[str, Any]:
    if not (LOSES | {"truncate"}) & set(do):
        return {}
    given = do.get("refuse", 0)
    return {
        "ending": "reset" if "reset" in do else "close",
        "pause": do.get("stall", 0),
        "refuse": math.inf if given is True else given,
    }


def corrupted(body: bytes, offset: int) -> bytes:
    """Give *body* with one byte changed: the one at *offset*, or the nearest there is."""
    if not body:
        return body
    at = max(-len(body), min(offset, len(body) - 1))
    changed = bytearray(body)
    changed[at] ^= 0xFF
    return bytes(changed)


def _body(given: Any) -> tuple[bytes, str]:
    if isinstance(given, str):
        return given.encode("utf-8", "surrogatepass"), "text/plain; charset=UTF-8"
    return json.dumps(given).encode(), "application/json;charset=UTF-8"


def _patched(body: bytes, changes: Mapping[str, Any]) -> bytes:
    """Set values by dotted paths (``body.queryParams.temp_url_expires``, ``1.code``, ``-code``)."""
    whole: Any = {"": json.loads(body)}
    for path, value in changes.items():
        *steps, last = ["", *path.removeprefix("-").split(".")] if path else [""]
        place = whole
        for step in steps:
            place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
        key = int(last) if isinstance(place, list) else last
        if path.startswith("-"):
            del place[key]  # a minus takes the member away
        else:
            place[key] = value
    return json.dumps(whole[""]).encode()


def _bomb(body: bytes, size: int, layers: int) -> bytes:
    """Pack *body*, made up with blanks to *size*, so that it stays the JSON it was."""
    packer = zlib.compressobj(wbits=31)  # 31: as gzip
    pieces = [packer.compress(body)]
    left = size - len(body)
    while left > 0:
        pieces.append(packer.compress(_BLANKS[:left]))
        left -= len(_BLANKS)
    packed = b"".join([*pieces, packer.flush()])
    return packed if layers == 1 else _bomb(packed, 0, layers - 1)
