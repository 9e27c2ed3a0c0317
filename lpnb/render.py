"""Card to HTML, from the same lines as to plain text: the only module with markup in it."""

import base64
import html
from collections.abc import Iterator, Sequence
from functools import lru_cache
from urllib.parse import urlsplit

from .card import Card, Drawing, Fact, Picture, Remark, Row, Table, Verdict
from .exchange import Exchange
from .images import thumbnail
from .lines import Lines, query_lines, received_lines, sent_lines, visible
from .plain import VERDICTS, answer_line, as_text, exchange_text, percent

__all__ = ["as_html", "as_text", "exchange_html", "exchange_text"]

# Native elements and inline styles alone, as nothing else survives everywhere
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
_CODE = "background:none;padding:0"  # Lab would give each a grey box
_LONGEST = 24  # letters of a word that is not broken; what is longer would push others aside
_TABLE = "margin:8px 0 4px;border:none;border-collapse:collapse;font-size:95%"
_LINE = "border-top:1px solid rgba(127,127,127,0.2)"
_COLUMN = "display:inline-block;padding-right:12px;white-space:nowrap;font-size:95%"
_INDENT = "1.3em"
_BUBBLE = (
    "display:inline-block;text-align:left;max-width:34em;padding:6px 12px;border-radius:10px;"
    "background:rgba(127,127,127,0.13)"
)
_MUTED = "opacity:0.7"
_FIGURE = "display:inline-block;vertical-align:top;max-width:100%;margin:6px 14px 6px 0"
_NO_MATHS = "mathjax_ignore tex2jax_ignore"  # else notebooks make formulae of what is between "$"
_SHRINKS = "max-width:100%;height:auto"
_FOLD = "margin-top:4px"
_SIGN = (  # a tint behind the word, as no colour of a text reads well in both themes
    "background:rgba({},0.27);border-radius:9px;padding:0 8px;font-size:90%;font-weight:bold;"
    "white-space:nowrap"
)
_METER = (
    "display:inline-block;width:8em;padding:1px;border:1px solid rgba(127,127,127,0.8);"
    "border-radius:3px;vertical-align:middle"
)
# A border, as backgrounds are left out on paper
_USED = "display:block;border-top:0.5em solid rgba(127,127,127,0.9)"


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
        *(_picture_html(picture) for picture in card.pictures),
        _facts_html(card.facts),
        _table_html(card.table) if card.table else "",
        *(_remark_html(remark) for remark in card.talk),
        _drawing_html(card.drawing) if card.drawing else "",
        *(_note_html(note) for note in card.notes),
        *(_numbered_html(card.exchanges) if card.exchanges[1:] else ()),
        *(exchange_html(exchange) for exchange in card.exchanges if not card.exchanges[1:]),
        *(_fold(f"{_e(part.label)}: {_e(part.title)}", as_html(part)) for part in card.cards),
    ]
    box = _BOX.format(VERDICTS[card.verdict][2])
    return f'<div class="{_NO_MATHS}" style="{box}">{"".join(parts)}</div>'


def _sign_html(verdict: Verdict) -> str:
    icon, word, colour = VERDICTS[verdict]
    return f' <span style="{_SIGN.format(colour)}">{icon} {word}</span>' if word else ""


def _facts_html(facts: tuple[Fact, ...]) -> str:
    if not facts:
        return ""
    rows = []
    for fact in facts:
        code = _code(fact.value) if fact.value else ""
        meter = "" if fact.share is None else _meter_html(fact.share)
        meant = f" {_e(fact.meaning)}" if fact.meaning else ""
        if code and meant:
            meant = f' <span style="{_MUTED}">—{meant}</span>'
        mend = f' <span style="{_MUTED}">· mend:</span> {_code(fact.mend)}' if fact.mend else ""
        rows.append(
            f'<tr style="background:none"><th scope="row" style="{_CELL};white-space:nowrap">'
            f'{_e(fact.name)}</th><td style="{_CELL}">{code}{meter}{_sign_html(fact.verdict)}'
            f"{meant}{mend}</td></tr>"
        )
    return f'<table style="{_TABLE}"><tbody>{"".join(rows)}</tbody></table>'


def _meter_html(share: float) -> str:
    used = f'<span style="{_USED};width:{100 * min(share, 1):.1f}%"></span>'
    bar = f'<span style="{_METER}">{used}</span> {percent(share)}'
    return f' <span style="white-space:nowrap">{bar}</span>'


def _table_html(table: Table) -> str:
    if any(row.exchange for row in table.rows):
        return _folding_html(table)
    pictured = any(row.picture for row in table.rows)
    heads = "".join(f'<th scope="col" style="{_CELL}">{_e(one)}</th>' for one in table.head)
    rows = []
    for row in table.rows:
        cells = "".join(
            f'<td style="{_CELL}">{_cell_html(row, i)}</td>' for i in range(len(row.cells))
        )
        small = f'<td style="{_CELL}">{_small_html(row.picture, 40)}</td>' if pictured else ""
        rows.append(f'<tr style="background:none;{_LINE}">{small}{cells}</tr>')
    return (
        f'<table style="{_TABLE}"><thead><tr>{"<td></td>" if pictured else ""}{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _folding_html(table: Table) -> str:
    """Draw rows that unfold: no table, as what unfolds is wider than any of its cells."""
    cells = [table.head, *(row.cells for row in table.rows)]
    widths = [0.6 * max(map(len, column)) + 0.8 for column in zip(*cells, strict=True)]
    widths[-1] = 0  # nothing stands to its right; without words it takes no line of its own

    def line(shown: Sequence[str]) -> str:
        return "".join(
            f'<span style="{_COLUMN};min-width:{width:.1f}em">{one}</span>'
            for one, width in zip(shown, widths, strict=True)
        )

    parts = [f'<div style="margin:8px 0 2px {_INDENT};font-weight:bold">{line(table.head)}</div>']
    for row in table.rows:
        drawn = line([_cell_html(row, i) for i in range(len(row.cells))])
        inside = _both_html(row.exchange) if row.exchange else ""
        style = f"list-style-position:outside;margin-left:{_INDENT};padding:2px 0"
        parts.append(
            f'<details style="{_LINE}"><summary style="{style}">{drawn}</summary>'
            f'<div style="margin-left:{_INDENT}">{inside}</div></details>'
        )
    return "".join(parts)


def _cell_html(row: Row, place: int) -> str:
    text, sign = _e(row.cells[place]), row.signs.get(place)
    style = _SIGN.format(VERDICTS[sign][2]) if sign else ""
    if not sign and len(text) < 12:
        style = "white-space:nowrap"
    elif not sign and max(map(len, text.split())) > 23:  # or it pushes others out of the card
        style = "word-break:break-word"
    return f'<span style="{style}">{text}</span>' if style else text


def _both_html(exchange: Exchange) -> str:
    """Draw request and answer one below the other."""
    url = [(f"{exchange.method} {exchange.url}", ""), *query_lines(exchange)]
    answer = [(answer_line(exchange), "")]
    return _pre(url, *sent_lines(exchange)) + _pre(answer, *received_lines(exchange))


def _remark_html(remark: Remark) -> str:
    align = "left" if remark.left else "right"
    text = _e(remark.text).replace("\n", "<br>")
    if remark.aside:
        said = f'<i style="{_MUTED};font-size:90%">{_e(remark.who)} {text} · {_e(remark.when)}</i>'
        return f'<div style="text-align:{align};margin:2px 4px">{said}</div>'
    head = f'<b>{_e(remark.who)}</b> <span style="{_MUTED};font-size:85%">{_e(remark.when)}</span>'
    picture = f"<div>{_small_html(remark.picture, 160)}</div>" if remark.picture else ""
    return (
        f'<div style="text-align:{align};margin:6px 0"><div style="{_BUBBLE}">{head}'
        f"{picture}<div{_direction(text)}>{text}</div></div></div>"
    )


def _small_html(picture: Picture | None, side: int) -> str:
    drawn = thumbnail(picture.content, side) if picture else None
    if picture is None or drawn is None:
        return f'<i style="{_MUTED}">{_e(picture.alt)}: can\'t be drawn</i>' if picture else ""
    return _image(drawn, picture.alt)


def _picture_html(picture: Picture) -> str:
    drawn = picture.drawn or thumbnail(picture.content, picture.side)
    if drawn is None:
        return _note_html(f"{picture.alt}: these bytes can't be drawn")
    below = f'<figcaption style="{_MUTED};font-size:85%">{_e(picture.below or picture.alt)}'
    return f'<figure style="{_FIGURE}">{_image(drawn, picture.alt)}{below}</figcaption></figure>'


def _drawing_html(drawing: Drawing) -> str:
    """Draw it as an image: an untrusted notebook keeps that, and an svg element it does not."""
    uri = f"data:image/svg+xml;base64,{base64.b64encode(drawing.svg.encode()).decode()}"
    drawn = _image((uri, drawing.width, drawing.height), drawing.alt)
    return f'<div style="margin:8px 0;overflow-x:auto">{drawn}</div>'


def _image(drawn: tuple[str, int, int], alt: str) -> str:
    uri, width, height = drawn
    size = f'width="{width}" height="{height}"'
    return f'<img src="{uri}" {size} alt="{_attribute(alt)}" style="{_SHRINKS}">'


def _note_html(note: str) -> str:
    style = "margin:6px 0;padding:4px 10px;border-left:3px solid rgba(210,153,34,0.8)"
    return f'<div style="{style}">{_e(note)}</div>'


def _numbered_html(exchanges: tuple[Exchange, ...]) -> Iterator[str]:
    for i, one in enumerate(exchanges, 1):
        step = f" ({one.step})" if one.step != exchanges[-1].step else ""
        which = f" ({one.which})" if one.which else ""
        line = f"{one.method} {_end_of(urlsplit(one.url).path)}"
        yield _fold(
            f"{i}. {_e(one.service)}{_e(step)}: {_code(line)}{which} → {_e(answer_line(one))}",
            f'<div style="margin-left:1.2em">{exchange_html(one)}</div>',
        )


def _end_of(path: str) -> str:
    """Give *path*, or of a long one its end: the whole URL is inside."""
    last = path.rpartition("/")[2]
    return path if len(path) <= 64 else f"…/{last}" if len(last) <= 48 else f"…{last[-48:]}"


def exchange_html(exchange: Exchange) -> str:
    """Draw *exchange* for a notebook: request and answer, folded."""
    sent, received = sent_lines(exchange), received_lines(exchange)
    line = f"{exchange.method} {_end_of(urlsplit(exchange.url).path)}"
    request = _pre([(exchange.url, ""), *query_lines(exchange)], *sent)
    return _fold(f"Request {_code(line)}", request) + _fold(
        f"Response {_code(answer_line(exchange))}", _pre(*received)
    )


def _fold(summary: str, inside: str) -> str:
    return f'<details style="{_FOLD}"><summary>{summary}</summary>{inside}</details>'


def _code(text: str) -> str:
    broken = ";word-break:break-all" if max(map(len, text.split()), default=0) > _LONGEST else ""
    return f'<code{_direction(text)} style="{_CODE}{broken}">{_e(text)}</code>'


def _direction(text: str) -> str:
    return "" if text.isascii() else ' dir="auto"'  # it may run from right to left


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
