"""A message laid out in lines, each with what is to be said of it, for both kinds of drawing."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .exchange import Body, Exchange
from .glossary import meaning
from .wire import STORAGE

Lines = list[tuple[str, str]]  # a text, and its explanation

_MOST_LINES = 120  # of one body that are shown
# Direction marks and control characters can make a text read as another: they are spelt out
_HIDDEN = {
    code: f"\\u{code:04x}"
    for code in (
        *(c for c in range(32) if c not in (9, 10)),
        *range(0x7F, 0xA0),
        0x061C,
        *(0x200B, 0x200C, 0x200E, 0x200F, 0x2028, 0x2029, 0xFEFF),
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
        *range(0xD800, 0xE000),  # half a pair, which no file and no page takes
    )
}
_HIDES = re.compile(f"[{re.escape(''.join(map(chr, _HIDDEN)))}]")


def visible(text: str) -> str:
    """Spell out the characters in *text* that would hide or turn around others."""
    hides = not (text.isascii() and text.isprintable()) and _HIDES.search(text)
    return text.translate(_HIDDEN) if hides else text


def json_lines(
    value: Any,
    origins: Mapping[str, str],
    name: str = "",
    parent: str = "",
    lead: str = "",
    tail: str = "",
) -> Iterator[tuple[str, str]]:
    """Lay a JSON *value* out in lines, each with what is to be said of it."""
    note = said(name, parent, origins) if lead.strip() else ""
    pad = " " * (len(lead) - len(lead.lstrip()))
    if isinstance(value, dict) and value:
        yield f"{lead}{{", note
        last = len(value) - 1
        for i, (key, one) in enumerate(value.items()):
            begin = f"{pad}  {json.dumps(key, ensure_ascii=False)}: "
            yield from json_lines(one, origins, key, name, begin, "" if i == last else ",")
        yield f"{pad}}}{tail}", ""
    elif isinstance(value, list) and value:
        yield f"{lead}[", note
        for i, one in enumerate(value):
            comma = "" if i == len(value) - 1 else ","
            yield from json_lines(one, origins, name, parent, f"{pad}  ", comma)
        yield f"{pad}]{tail}", ""
    else:
        yield f"{lead}{json.dumps(value, ensure_ascii=False)}{tail}", note


def said(name: str, parent: str, origins: Mapping[str, str]) -> str:
    """What there is to say of *name*: where its value came from, and what it means."""
    origin = origins.get(name, "")
    parts = (f"from {origin}" if origin else "", meaning(name, parent))
    return " · ".join(part for part in parts if part)


def sent_lines(exchange: Exchange) -> tuple[Lines, Lines]:
    """Lay out the head and the body of the request."""
    return _message_lines(exchange, exchange.sent_headers, exchange.sent, exchange.origins)


def received_lines(exchange: Exchange) -> tuple[Lines, Lines]:
    """Lay out the head and the body of the answer."""
    return _message_lines(exchange, exchange.received_headers, exchange.received, {})


def _message_lines(
    exchange: Exchange,
    headers: tuple[tuple[str, str], ...],
    body: Body,
    origins: Mapping[str, str],
) -> tuple[Lines, Lines]:
    service = exchange.service  # a name may mean something else at another service
    head = [(f"{name}: {value}", said(name, service, origins)) for name, value in headers]
    return head, _body_lines(body, service, origins)


def _body_lines(body: Body, service: str, origins: Mapping[str, str]) -> Lines:
    if body.kind == "json":
        lines = list(json_lines(body.shown, origins, service))
        if len(lines) > _MOST_LINES:
            cut = len(lines) - _MOST_LINES
            lines = [*lines[:_MOST_LINES], (f"… {cut:,} more lines", "")]
        return lines
    if body.kind == "form":
        return [(f"{n}={v}", said(n, "", origins)) for n, v in body.shown.items()]
    if body.kind == "text":
        return [(line, "") for line in str(body.shown).splitlines()[:_MOST_LINES]]
    if body.kind == "binary":
        kind = body.media_type or "unknown type"
        return [(f"{body.size:,} bytes, {kind}", f"SHA-256 {body.sha256}")]
    return []


def query_lines(exchange: Exchange) -> Lines:
    """Lay out the path and the query's parameters that have something to be said of them."""
    address, _, query = exchange.url.partition("?")  # a mask's "#" begins no fragment here
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    rows = [(f"{n} = {v}", said(n, "", exchange.origins)) for n, _, v in pairs]
    if exchange.service == STORAGE:
        rows.insert(
            0, (f"path = /{address.split('/', 3)[3]}", said("relativePath", "", exchange.origins))
        )
    return rows
