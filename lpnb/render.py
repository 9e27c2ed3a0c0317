"""Card to plain text and to HTML, from the same lines: the only module with markup in it."""

import html
from collections.abc import Iterator, Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from .card import Card, Fact, Picture, Verdict
from .exchange import Exchange
from .images import thumbnail
from .lines import Lines, query_lines, received_lines, sent_lines, visible

_VERDICTS: Mapping[Verdict, tuple[str, str, str]] = {  # icon, word, colour
    "ok": ("✓", "OK", "46,160,67"),
    "warning": ("▲", "Note", "210,153,34"),
    "refused": ("✗", "Refused", "218,54,51"),
    "plain": ("", "", "127,127,127"),
}

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


def exchange_text(exchange: Exchange, *, brief: bool = False) -> str:
    """Draw *exchange* for a terminal; *brief* leaves out headers and explanations."""
    sent, received = sent_lines(exchange), received_lines(exchange)
    if brief:
        sent, received = (([], [(text, "") for text, _ in one[1]]) for one in (sent, received))
    lines = [
        (f"> {exchange.method} {exchange.url}", ""),
        *((f">   {text}", note) for text, note in query_lines(exchange) if not brief),
        *((f"> {text}", note) for text, note in (*sent[0], *sent[1])),
        (f"< {_answer(exchange)} · {1000 * exchange.seconds:.1f} ms", ""),
        *((f"< {text}", note) for text, note in (*received[0], *received[1])),
        *(
            [(f"(a guess of the sandbox: {exchange.guess})", "")]
            if brief and exchange.guess
            else []
        ),
    ]
    return "\n".join(visible(text + (f"   ({note})" if note else "")) for text, note in lines)


def _answer(exchange: Exchange) -> str:
    return f"{exchange.status or 'no answer'} {exchange.reason}".strip()


# --- HTML: native elements and inline styles alone, as nothing else survives everywhere

_BOX = (
    "border:1px solid rgba(127,127,127,0.35);border-left:5px solid rgba({},0.9);border-radius:6px;"
    "padding:10px 14px;margin:4px 0 10px;max-width:64em;line-height:1.45"
)
_PILL = (
    "border:1px solid {colour};border-radius:9px;padding:0 8px;margin-right:8px;font-size:85%;"
    "font-weight:bold"
)
_MODES = {"SANDBOX": "rgba(56,132,255,0.85)", "LIVE": "rgba(218,54,51,0.95)"}
_PRE = (
    "margin:4px 0 8px;padding:8px 10px;background:rgba(127,127,127,0.1);border-radius:4px;"
    "font-family:monospace;white-space:pre-wrap;word-break:normal;overflow-wrap:break-word;"
    "font-size:90%;line-height:1.5"
)
_CELL = "text-align:left;vertical-align:top;padding:2px 14px 2px 0"
_CODE = "background:none;padding:0;word-break:break-all"  # Lab would give each a grey box
_MUTED = "opacity:0.7"
_FOLD = "margin-top:4px"
_SIGN = (  # a tint behind the word, as no colour of a text reads well in both themes
    "background:rgba({},0.27);border-radius:9px;padding:0 8px;font-size:90%;font-weight:bold;"
    "white-space:nowrap"
)


def as_html(card: Card) -> str:
    """Draw *card* for a notebook: no script, no style block, everything from outside escaped."""
    mode = _MODES.get(card.mode)
    head = "".join(
        (
            f'<span style="{_PILL.format(colour=mode)}">{_e(card.mode)}</span>' if mode else "",
            f'<span style="{_MUTED}">{_e(card.label)} ·</span> ' if card.label else "",
            f'<b style="font-size:110%">{_e(card.title)}</b>',
            _sign_html(card.verdict),
        )
    )
    parts = [
        f"<div>{head}</div>",
        f'<div style="{_MUTED}">{_e(card.summary)}</div>' if card.summary else "",
        _facts_html(card.facts),
        *(_picture_html(picture) for picture in card.pictures),
        *(_note_html(note) for note in card.notes),
        *(_numbered_html(card.exchanges) if card.exchanges[1:] else ()),
        *(exchange_html(exchange) for exchange in card.exchanges if not card.exchanges[1:]),
        *(
            f'<details style="{_FOLD}"><summary>{_e(part.label)}: {_e(part.title)}'
            f"</summary>{as_html(part)}</details>"
            for part in card.cards
        ),
    ]
    return f'<div style="{_BOX.format(_VERDICTS[card.verdict][2])}">{"".join(parts)}</div>'


def _sign_html(verdict: Verdict) -> str:
    icon, word, colour = _VERDICTS[verdict]
    return f' <span style="{_SIGN.format(colour)}">{icon} {word}</span>' if word else ""


def _facts_html(facts: tuple[Fact, ...]) -> str:
    if not facts:
        return ""
    rows = []
    for fact in facts:
        code = f'<code style="{_CODE}">{_e(fact.value)}</code>' if fact.value else ""
        dash = "— " if code and fact.meaning else ""
        meant = f' <span style="{_MUTED}">{dash}{_e(fact.meaning)}</span>' if fact.meaning else ""
        rows.append(
            f'<tr style="background:none"><th scope="row" style="{_CELL};white-space:nowrap">'
            f'{_e(fact.name)}</th><td style="{_CELL}">{code}{_sign_html(fact.verdict)}'
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
        f'<img src="{uri}" width="{width}" height="{height}" alt="{_attribute(picture.alt)}">'
        f'<figcaption style="{_MUTED};font-size:85%">{_e(picture.alt)}</figcaption></figure>'
    )


def _note_html(note: str) -> str:
    style = "margin:6px 0;padding:4px 10px;border-left:3px solid rgba(210,153,34,0.8)"
    return f'<div style="{style}">{_e(note)}</div>'


def _numbered_html(exchanges: tuple[Exchange, ...]) -> Iterator[str]:
    for i, one in enumerate(exchanges, 1):
        step = f" ({one.step})" if one.step != exchanges[-1].step else ""
        line = f"{one.method} {_end_of(urlsplit(one.url).path)}"
        yield (
            f'<details style="{_FOLD}"><summary>{i}. {_e(one.service)}{_e(step)}: '
            f'<code style="{_CODE}">{_e(line)}</code> → {_e(_answer(one))}</summary>'
            f'<div style="margin-left:1.2em">{exchange_html(one)}</div></details>'
        )


def _end_of(path: str) -> str:
    """Give *path*, or of a long one its end: the whole URL is inside."""
    last = path.rpartition("/")[2]
    return path if len(path) <= 64 else f"…/{last}" if len(last) <= 48 else f"…{last[-48:]}"


def exchange_html(exchange: Exchange) -> str:
    """Draw *exchange* for a notebook: request and answer, folded."""
    sent, received = sent_lines(exchange), received_lines(exchange)
    return (
        f'<details style="{_FOLD}"><summary>Request <code style="{_CODE}">'
        f"{_e(exchange.method)} {_e(_end_of(urlsplit(exchange.url).path))}</code></summary>"
        f"{_pre([(exchange.url, ''), *query_lines(exchange)], *sent)}</details>"
        f'<details style="{_FOLD}"><summary>Response <code style="{_CODE}">'
        f"{_e(_answer(exchange))}</code></summary>"
        f"{_pre(*received)}</details>"
    )


@lru_cache(maxsize=512)  # the same few hundred lines, on card after card
def _explanation_html(note: str) -> str:
    return f'  <i style="{_MUTED}">{_e(note)}</i>'


def _pre(*parts: Lines) -> str:
    """Draw the parts of a message below each other, with an empty line between them, as in HTTP."""
    blank = [("", "")]
    lines = [line for part in parts if part for line in (*blank, *part)][1:]
    rows = []
    for text, note in lines:
        row = _e(text) + _explanation_html(note) if note else _e(text)
        if len(text) + len(note) > 80:  # it wraps, and goes on further in
            deep = 0.6 * (len(text) - len(text.lstrip()) + 4)
            style = f"padding-left:{deep:.1f}em;text-indent:-{deep:.1f}em"
            row = f'<div style="{style}">{row}</div>'
        else:
            row += "\n"
        rows.append(row)
    return f'<pre style="{_PRE}">{"".join(rows)}</pre>' if rows else ""


def _e(text: str) -> str:
    """Make *text* fit to stand between tags."""
    return html.escape(visible(text), quote=False)


def _attribute(text: str) -> str:
    """Make *text* fit to stand in quotes inside a tag."""
    return html.escape(visible(text), quote=True)
