"""
A step's card as HTML beside an escaped ``<pre>`` of the same exchanges, in CPU and in bytes.

Cards are drawn without their pictures. The ``<pre>`` has the exchange alone, with its bodies
indented: the facts and explanations that a card adds are its own expense.
"""

import html
import json
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import lpnb
from lpnb import render, samples
from lpnb.card import Card
from lpnb.exchange import Body, Exchange

from .figures import Figure, interleaved, ratios

_ROUNDS = 40
_REPEATS = 20  # of one drawing, so that the clock's own grain does not show
_MOST_TIMES = 8
_MOST_BYTES = 16_384


def measure() -> list[Figure]:
    """Draw every step's card; judge that of step 5, and the largest and costliest of the others."""
    drawn = {name: _Drawn(name, card) for name, card in _cards()}
    publication = drawn.pop("publish_file")
    largest = max(drawn.values(), key=lambda one: one.size)
    costliest = max(drawn.values(), key=lambda one: one.cost("", None).median)
    return [
        publication.cost("the card of step 5", _MOST_TIMES),
        publication.weight("the card of step 5", _MOST_BYTES),
        largest.cost("the largest other card", _MOST_TIMES),
        largest.weight("the largest other card", _MOST_BYTES),
        costliest.cost("the costliest other card", _MOST_TIMES),
        costliest.weight("the costliest other card", _MOST_BYTES),
    ]


class _Drawn:
    """One card, drawn many times, with its ``<pre>`` in turn."""

    def __init__(self, name: str, card: Card) -> None:
        self.name = name
        self.size = len(render.as_html(card).encode())
        self.least = len(_as_pre(card.exchanges).encode())
        self.seconds = interleaved(
            _ROUNDS,
            lambda: [render.as_html(card) for _ in range(_REPEATS)],
            lambda: [_as_pre(card.exchanges) for _ in range(_REPEATS)],
            clock=time.process_time,
        )

    def cost(self, what: str, bar: float | None) -> Figure:
        """The CPU of drawing it, as a ratio."""
        note = f"{self.name}, {1000 * statistics.median(self.seconds[0]) / _REPEATS:.2f} ms"
        return Figure(f"CPU of {what} / its <pre>", ratios(*self.seconds), bar=bar, note=note)

    def weight(self, what: str, bar: float | None) -> Figure:
        """The bytes of its HTML."""
        note = f"{self.name}, {self.size / self.least:.1f} times its <pre>"
        return Figure(f"HTML of {what}", (self.size,), bar=bar, unit="bytes", note=note)


def _cards() -> Iterator[tuple[str, Card]]:
    """Every step's card, by the step's name, without its pictures; one call per card."""
    with lpnb.Sandbox(sharing=False) as sandbox:
        session = lpnb.connect(sandbox)
        for result in _steps(session):
            yield result.exchange.step, replace(result.card(), pictures=())
        session.close()


def _steps(session: lpnb.Session) -> Iterator[Any]:
    image = samples.default()
    yield lpnb.find_domains(session)
    login = lpnb.log_in(session)
    yield login
    yield lpnb.enable_file_sharing(session, login)
    yield lpnb.get_app_token(session)
    yield lpnb.get_consumer_token(session)
    conversation = lpnb.create_conversation(session)
    yield conversation
    url = lpnb.request_upload_url(session, image)
    yield url
    stored = lpnb.upload_file(session, url, image)
    yield stored
    yield lpnb.publish_file(
        session, conversation, stored, caption="My parcel", preview=image.preview()
    )
    url = lpnb.request_download_url(session, stored)
    yield url
    yield lpnb.download_file(session, url)
    yield lpnb.close_conversation(session, conversation)


def _as_pre(exchanges: tuple[Exchange, ...]) -> str:
    return "".join(
        f"<details><summary>{html.escape(str(one))}</summary>"
        f"<pre>{html.escape(_as_plain(one))}</pre></details>"
        for one in exchanges
    )


def _as_plain(exchange: Exchange) -> str:
    return "\n".join(
        (
            f"{exchange.method} {exchange.url}",
            *(f"{name}: {value}" for name, value in exchange.sent_headers),
            _body(exchange.sent),
            f"{exchange.status} {exchange.reason}",
            *(f"{name}: {value}" for name, value in exchange.received_headers),
            _body(exchange.received),
        )
    )


def _body(body: Body) -> str:
    if body.kind == "json":
        return json.dumps(body.shown, indent=2, ensure_ascii=False)
    if body.kind == "form":
        return "\n".join(f"{name}={value}" for name, value in body.shown.items())
    if body.kind == "text":
        return str(body.shown)
    return f"{body.size:,} bytes, {body.media_type}, SHA-256 {body.sha256}"
