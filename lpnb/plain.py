"""Card to plain text, for terminals and for whoever can't show HTML."""

import math
from collections.abc import Mapping

from .card import Card, Fact, Remark, Table, Verdict
from .exchange import Exchange
from .lines import query_lines, received_lines, sent_lines, visible

VERDICTS: Mapping[Verdict, tuple[str, str, str]] = {  # icon, word, colour
    "ok": ("✓", "OK", "46,160,67"),
    "warning": ("▲", "Note", "210,153,34"),
    "refused": ("✗", "Refused", "218,54,51"),
    "plain": ("", "", "127,127,127"),
}


def as_text(card: Card, indent: str = "") -> str:
    """Draw *card* for a terminal."""
    icon, word, _ = VERDICTS[card.verdict]
    heading = " · ".join(part for part in (card.mode, card.label, card.title) if part)
    rows = [heading + (f" · {icon} {word}" if word else ""), card.summary]
    width = max((len(fact.name) for fact in card.facts), default=0)
    rows += [_fact_text(fact, width) for fact in card.facts]
    rows += _table_text(card.table) if card.table else []
    rows += [_remark_text(remark) for remark in card.talk]
    rows += [f"[drawing: {card.drawing.alt}]"] if card.drawing else []
    rows += [f"Note: {note}" for note in card.notes]
    rows += [f"{i}. {one}" for i, one in enumerate(card.exchanges[:-1], 1)]
    rows += [exchange_text(one) for one in card.exchanges[-1:]]
    rows += [as_text(part, "  ") for part in card.cards]
    lines = "\n".join(visible(row) for row in rows if row).splitlines()
    return "\n".join(indent + line for line in lines)


def _fact_text(fact: Fact, width: int) -> str:
    icon, word, _ = VERDICTS[fact.verdict]
    if not fact.value:  # a finding, which is a sentence
        mend = f"; mend: {fact.mend}" if fact.mend else ""
        return f"  {fact.name:<{width}}  {icon} {word}: {fact.meaning}{mend}"
    meter = "" if fact.share is None else f"  {_meter_text(fact.share)}"
    meant = f"  ({fact.meaning})" if fact.meaning else ""
    return f"  {fact.name:<{width}}  {icon + ' ' if icon else ''}{fact.value}{meter}{meant}"


def _meter_text(share: float) -> str:
    full = min(10, int(10 * share))
    return f"[{'#' * full}{'-' * (10 - full)}] {percent(share)}"


def percent(share: float) -> str:
    """Write how much of a limit is taken; 100 % is on it, and nothing below or above it is."""
    return f"{math.ceil(100 * share) if share > 1 else int(100 * share)} %"


def _table_text(table: Table) -> list[str]:
    lines = [table.head, *(row.cells for row in table.rows)]
    lines = [tuple(visible(cell).replace("\n", " ") for cell in line) for line in lines]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = ((f"{cell:<{width}}" for cell, width in zip(x, widths, strict=True)) for x in lines)
    return ["  " + "  ".join(line).rstrip() for line in padded]


def _remark_text(remark: Remark) -> str:
    picture = f" [picture: {remark.picture.alt}]" if remark.picture else ""
    return f"  {remark.when}  {remark.who}: {remark.text}{picture}"


def exchange_text(exchange: Exchange, *, brief: bool = False) -> str:
    """Draw *exchange* for a terminal; *brief* leaves out headers and explanations."""
    sent, received = sent_lines(exchange), received_lines(exchange)
    if brief:
        sent, received = (([], [(text, "") for text, _ in one[1]]) for one in (sent, received))
    lines = [
        (f"> {exchange.method} {exchange.url}", exchange.which),
        *((f">   {text}", note) for text, note in query_lines(exchange) if not brief),
        *((f"> {text}", note) for text, note in (*sent[0], *sent[1])),
        (f"< {answer_line(exchange)}{_duration(exchange)}", ""),
        *((f"< {text}", note) for text, note in (*received[0], *received[1])),
        *(
            [(f"(a guess of the sandbox: {exchange.guess})", "")]
            if brief and exchange.guess
            else []
        ),
    ]
    return "\n".join(visible(text + (f"   ({note})" if note else "")) for text, note in lines)


def _duration(exchange: Exchange) -> str:
    return f" · {1000 * exchange.seconds:.1f} ms" if exchange.seconds else ""


def answer_line(exchange: Exchange) -> str:
    """Give status and reason, or that there was no answer."""
    return f"{exchange.status or 'no answer'} {exchange.reason}".strip()
