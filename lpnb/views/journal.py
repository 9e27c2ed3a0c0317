"""The journal, shown: a line for each request, which unfolds to both sides of it."""

import json
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from ..card import Card, Fact, Row, Shown
from ..exchange import Body, Exchange
from .base import LONGEST, ROWS, View, asking, cut, plain_card, table_card, time_of

_HOST = re.compile(r"[\w.-]+(?::\d{1,5})?", re.ASCII)


class EntryView(View):
    """One entry of the journal."""

    def card(self) -> Card:
        """What was asked and answered."""
        return plain_card(
            f"Journal, entry {self.number}",
            Fact("time", time_of(self.time), "on the sandbox's clock"),
            Fact("service", self.service or "none", "" if self.service else "no address matched"),
            *((Fact("remarks", said, "", "warning"),) if (said := self._remarks()) else ()),
            exchanges=(self.exchange(),),
        )

    def row(self, *, dated: bool) -> Row:
        """It in one line, which unfolds."""
        sizes = f"{self.request_size:,} → {self.response_size:,}"
        refused = self.status >= 400 or not self.status
        said = self._remarks()
        cells = (
            time_of(self.time)[0 if dated else 11 :],
            self.service or "(none)",
            cut(self.type or self.method or "(unreadable)", 28),
            str(self.status or "no answer"),
            sizes,
            cut(said, 60),
        )
        signs = ({3: "refused"} if refused else {}) | ({5: "warning"} if said else {})
        return Row(cells=cells, signs=signs, exchange=self.exchange())  # type: ignore[arg-type]

    def exchange(self) -> Exchange:
        """It as a client would have seen it."""
        answer, request = self.answer, self.request
        known = self.status in HTTPStatus._value2member_map_
        return Exchange(
            step="",
            service=self.service,
            mode="SANDBOX",
            method=self.method,
            type=self.type,
            url=_url(request.headers.get("host", ""), self.path),
            sent_headers=tuple((_title(name), one) for name, one in request.headers.items()),
            sent=body_of(request, self.request_size),
            status=self.status or None,
            reason=HTTPStatus(self.status).phrase if known else "",
            received_headers=tuple(answer.headers.items()),
            received=body_of(answer, self.response_size),
        )

    def _remarks(self) -> str:
        said = (
            self.fault_words,
            f"guess {self.guess}" if self.guess else "",
            "a token was sent to storage" if self.leaked_token else "",
            *self.warnings,
        )
        return "; ".join(filter(None, said))


def _url(host: str, path: str) -> str:
    """Put together what was asked, be it ever so odd."""
    known = host if _HOST.fullmatch(host) else "unknown-host"
    return f"http://{known}/{path.removeprefix('/')}"


class Entries(Shown, list[Any]):
    """Some entries of the journal."""

    title = "Journal"

    def card(self) -> Card:
        """Them as a table, newest last."""
        head = ("time", "service", "type", "status", "bytes", "remarks")
        dated = len({time_of(entry.time)[:10] for entry in self[-ROWS:]}) > 1
        rows = tuple(entry.row(dated=dated) for entry in self[-ROWS:])
        return table_card("Journal", head, rows, len(self), "requests", "journal[:-30] or find()")


class JournalView(View):
    """The journal."""

    def __len__(self) -> int:
        return len(self._inside)

    def __iter__(self) -> Iterator[EntryView]:
        return map(EntryView, self._inside)

    def __getitem__(self, index: int | slice) -> Any:
        found = self._inside[index]
        return Entries(map(EntryView, found)) if isinstance(found, list) else EntryView(found)

    def find(self, **wanted: Any) -> Entries:
        """Give the entries of which all this holds; see `lpnb.sandbox.journal.Journal.find`."""
        return Entries(map(EntryView, asking(self._inside.find, **wanted)))

    def since(self, mark: int) -> Entries:
        """Give the entries that came after *mark*, which is what ``.mark`` was then."""
        return Entries(map(EntryView, asking(self._inside.since, mark)))

    def card(self) -> Card:
        """The newest entries."""
        shown: Card = self[:].card()
        return shown


def _title(name: str) -> str:
    return "X-LP-ON-BEHALF" if name == "x-lp-on-behalf" else name.title()


def body_of(message: Any, size: int) -> Body:
    """Give the body of one side of an entry, cut to what is looked at."""
    if not size or not (message.body or message.md5):
        return Body()
    if not message.body:
        digest = f", MD5 {message.md5}" if message.md5 else ""
        return Body("text", shown=f"({size:,} bytes of {message.type or 'unknown type'}{digest})")
    try:
        return Body("json", message.type, size, _short(json.loads(message.body)))
    except (ValueError, RecursionError):
        begin = message.body[: 3 * LONGEST]
        more = f"… ({size:,} bytes in all)" if len(message.body) > len(begin) else ""
        return Body("text", message.type, size, begin + more)


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return {cut(name, LONGEST): _short(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_short(one) for one in value]
    return cut(value, LONGEST) if isinstance(value, str) else value
