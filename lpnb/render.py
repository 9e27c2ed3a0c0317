"""Card to plain text and to HTML, from the same lines: the only module with markup in it."""

import html
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from .card import Card, Fact, Picture, Verdict
from .exchange import Body, Exchange
from .glossary import meaning
from .images import thumbnail
from .wire import STORAGE

_MOST_LINES = 120  # of one body that are shown
_VERDICTS: Mapping[Verdict, tuple[str, str, str]] = {  # icon, word, colour that suits both themes
    "ok": ("✓", "OK", "rgba(46,160,67,0.9)"),
    "warning": ("▲", "Note", "rgba(210,153,34,0.95)"),
    "refused": ("✗", "Refused", "rgba(218,54,51,0.9)"),
    "plain": ("", "", "rgba(127,127,127,0.6)"),
}
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
    )
}


def visible(text: str) -> str:
    """Spell out the characters in *text* that would hide or turn around others."""
    return text if text.isascii() and text.isprintable() else text.translate(_HIDDEN)


# --- lines: a body as (text, explanation) pairs, for both kinds of drawing


def json_lines(value: Any, origins: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Lay a JSON *value* out in lines, each with what is to be said of it."""
    yield from _value_lines(value, "", "", "", "", origins)


def _value_lines(
    value: Any, lead: str, tail: str, name: str, parent: str, origins: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    note = said(name, parent, origins) if lead.strip() else ""
    pad = " " * (len(lead) - len(lead.lstrip()))
    if isinstance(value, dict) and value:
        yield f"{lead}{{", note
        last = len(value) - 1
        for i, (key, one) in enumerate(value.items()):
            begin = f"{pad}  {json.dumps(key, ensure_ascii=False)}: "
            yield from _value_lines(one, begin, "" if i == last else ",", key, name, origins)
        yield f"{pad}}}{tail}", ""
    elif isinstance(value, list) and value:
        yield f"{lead}[", note
        for i, one in enumerate(value):
            comma = "" if i == len(value) - 1 else ","
            yield from _value_lines(one, f"{pad}  ", comma, name, parent, origins)
        yield f"{pad}]{tail}", ""
    else:
        yield f"{lead}{json.dumps(value, ensure_ascii=False)}{tail}", note


def said(name: str, parent: str, origins: Mapping[str, str]) -> str:
    """What there is to say of *name*: where its value came from, and what it means."""
    origin = origins.get(name, "")
    parts = (f"from {origin}" if origin else "", meaning(name, parent))
    return " · ".join(part for part in parts if part)


def body_lines(body: Body, origins: Mapping[str, str]) -> list[tuple[str, str]]:
    """Lay out what a message carried."""
    if body.kind == "json":
        lines = list(json_lines(body.shown, origins))
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


def head_lines(
    headers: tuple[tuple[str, str], ...], origins: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Lay out headers."""
    return [(f"{name}: {value}", said(name, "", origins)) for name, value in headers]


def query_lines(exchange: Exchange) -> list[tuple[str, str]]:
    """Lay out the path and the query's parameters that have something to be said of them."""
    url = urlsplit(exchange.url)
    pairs = [pair.partition("=") for pair in url.query.split("&") if pair]
    rows = [(f"{n} = {v}", said(n, "", exchange.origins)) for n, _, v in pairs]
    if exchange.service == STORAGE:
        rows.insert(0, (f"path = {url.path}", said("relativePath", "", exchange.origins)))
    return rows


# --- plain text


def as_text(card: Card, indent: str = "") -> str:
    """Draw *card* for a terminal."""
    icon, word, _ = _VERDICTS[card.verdict]
    heading = " · ".join(part for part in (card.mode, card.label, card.title) if part)
    rows = [heading + (f" · {icon} {word}" if word else ""), card.summary]
    width = max((len(fact.name) for fact in card.facts), default=0)
    rows += [_fact_text(fact, width) for fact in card.facts]
    rows += [f"Note: {note}" for note in card.notes]
    rows += [exchange_text(exchange) for exchange in card.exchanges]
    rows += [as_text(part, "  ") for part in card.cards]
    lines = "\n".join(visible(row) for row in rows if row).splitlines()
    return "\n".join(indent + line for line in lines)


def _fact_text(fact: Fact, width: int) -> str:
    icon = _VERDICTS[fact.verdict][0]
    meant = f"  ({fact.meaning})" if fact.meaning else ""
    return f"  {fact.name:<{width}}  {icon + ' ' if icon else ''}{fact.value}{meant}"


def exchange_text(exchange: Exchange) -> str:
    """Draw *exchange* for a terminal."""
    rows = [f"> {exchange.method} {exchange.url}"]
    for lead, headers, body, origins in (
        ("> ", exchange.sent_headers, exchange.sent, exchange.origins),
        ("< ", exchange.received_headers, exchange.received, {}),
    ):
        if lead == "< ":
            rows.append(f"< {_answer(exchange)} · {1000 * exchange.seconds:.1f} ms")
        for text, note in (*head_lines(headers, origins), *body_lines(body, origins)):
            rows.append(lead + text + (f"   ({note})" if note else ""))
    return "\n".join(map(visible, rows))


def _answer(exchange: Exchange) -> str:
    return f"{exchange.status or 'no answer'} {exchange.reason}".strip()


# --- HTML: native elements and inline styles alone, as nothing else survives everywhere

_BOX = (
    "border:1px solid rgba(127,127,127,0.35);border-left:5px solid {colour};border-radius:6px;"
    "padding:10px 14px;margin:4px 0 10px;max-width:64em;line-height:1.45"
)
_PILL = (
    "border:1px solid {colour};border-radius:9px;padding:0 8px;margin-right:8px;font-size:85%;"
    "font-weight:bold"
)
_MODES = {"SANDBOX": "rgba(56,132,255,0.85)", "LIVE": "rgba(218,54,51,0.95)"}
_PRE = (
    "margin:4px 0 8px;padding:8px 10px;background:rgba(127,127,127,0.1);border-radius:4px;"
    "white-space:pre-wrap;word-break:break-word;font-size:90%;line-height:1.5"
)
_CELL = "text-align:left;vertical-align:top;padding:2px 14px 2px 0;white-space:normal"
_CODE = "background:none;padding:0;word-break:break-all"  # Lab would give each a grey box
_MUTED = "opacity:0.68"
_FOLD = "margin-top:4px"


def as_html(card: Card) -> str:
    """Draw *card* for a notebook: no script, no style block, everything from outside escaped."""
    icon, word, colour = _VERDICTS[card.verdict]
    mode = _MODES.get(card.mode)
    head = "".join(
        (
            f'<span style="{_PILL.format(colour=mode)}">{_e(card.mode)}</span>' if mode else "",
            f'<span style="{_MUTED}">{_e(card.label)}</span> ' if card.label else "",
            f'<b style="font-size:110%">{_e(card.title)}</b>',
            f' <span style="color:{colour};font-weight:bold">{icon} {word}</span>' if word else "",
        )
    )
    parts = [
        f"<div>{head}</div>",
        f'<div style="{_MUTED}">{_e(card.summary)}</div>' if card.summary else "",
        _facts_html(card.facts),
        *(_picture_html(picture) for picture in card.pictures),
        *(_note_html(note) for note in card.notes),
        *(_numbered_html(card.exchanges) if card.exchanges[1:] else ()),
        *(_exchange_html(exchange) for exchange in card.exchanges if not card.exchanges[1:]),
        *(
            f'<details style="{_FOLD}"><summary>{_e(part.label)}: {_e(part.title)}'
            f"</summary>{as_html(part)}</details>"
            for part in card.cards
        ),
    ]
    return f'<div style="{_BOX.format(colour=colour)}">{"".join(parts)}</div>'


def _facts_html(facts: tuple[Fact, ...]) -> str:
    if not facts:
        return ""
    rows = []
    for fact in facts:
        icon, word, colour = _VERDICTS[fact.verdict]
        sign = f'<span style="color:{colour}" title="{word}">{icon} {word}</span> ' if icon else ""
        meant = f' <span style="{_MUTED}">{_e(fact.meaning)}</span>' if fact.meaning else ""
        rows.append(
            f'<tr style="background:none"><th scope="row" style="{_CELL};white-space:nowrap">'
            f'{_e(fact.name)}</th><td style="{_CELL}">{sign}<code style="{_CODE}">'
            f"{_e(fact.value)}</code>"
            f"{meant}</td></tr>"
        )
    style = "margin:8px 0 4px;border:none;border-collapse:collapse;font-size:95%"
    return f'<table style="{style}"><tbody>{"".join(rows)}</tbody></table>'


def _picture_html(picture: Picture) -> str:
    drawn = thumbnail(picture.content)
    if drawn is None:
        return _note_html(f"{picture.alt}: these bytes can't be drawn")
    uri, width, height = drawn
    return (
        '<figure style="display:inline-block;margin:6px 14px 6px 0">'
        f'<img src="{uri}" width="{width}" height="{height}" alt="{_e(picture.alt)}">'
        f'<figcaption style="{_MUTED};font-size:85%">{_e(picture.alt)}</figcaption></figure>'
    )


def _note_html(note: str) -> str:
    style = "margin:6px 0;padding:4px 10px;border-left:3px solid rgba(210,153,34,0.8)"
    return f'<div style="{style}">{_e(note)}</div>'


def _numbered_html(exchanges: tuple[Exchange, ...]) -> Iterator[str]:
    for i, one in enumerate(exchanges, 1):
        step = f" ({one.step})" if one.step != exchanges[-1].step else ""
        line = f"{one.method} {urlsplit(one.url).path}"
        yield (
            f'<details style="{_FOLD}"><summary>{i}. {_e(one.service)}{_e(step)}: '
            f'<code style="{_CODE}">{_e(line)}</code> → {_e(_answer(one))}</summary>'
            f'<div style="margin-left:1.2em">{_exchange_html(one)}</div></details>'
        )


def _exchange_html(exchange: Exchange) -> str:
    url = urlsplit(exchange.url)
    sent = head_lines(exchange.sent_headers, exchange.origins)
    received = head_lines(exchange.received_headers, {})
    return (
        f'<details style="{_FOLD}"><summary>Request <code style="{_CODE}">'
        f"{_e(exchange.method)} {_e(url.path)}</code></summary>"
        f"{_pre([(exchange.url, ''), *query_lines(exchange)])}{_pre(sent)}"
        f"{_pre(body_lines(exchange.sent, exchange.origins))}</details>"
        f'<details style="{_FOLD}"><summary>Response <code style="{_CODE}">'
        f"{_e(_answer(exchange))}</code></summary>"
        f"{_pre(received)}{_pre(body_lines(exchange.received, {}))}</details>"
    )


def _pre(lines: Any) -> str:
    rows = [
        _e(text) + (f'  <i style="{_MUTED}">{_e(note)}</i>' if note else "") for text, note in lines
    ]
    joined = "\n".join(rows)
    return f'<pre style="{_PRE}">{joined}</pre>' if rows else ""


def _e(text: str) -> str:
    return html.escape(visible(text), quote=True)
