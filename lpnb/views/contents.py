"""What lies in the sandbox, shown: conversations as chats, objects with their pictures."""

from base64 import b64decode
from typing import Any

from ..card import Card, Fact, Picture, Remark, Row
from .base import (
    LONGEST,
    ROWS,
    MappingView,
    View,
    cut,
    end_of,
    not_shown,
    plain_card,
    table_card,
    time_of,
)


class ConversationView(View):
    """One conversation."""

    def card(self) -> Card:
        """It as a chat."""
        shown = self.events[-ROWS:]
        return plain_card(
            "Conversation",
            Fact("id", self.id),
            Fact("state", self.state),
            Fact("consumer", self.consumer, "the lp_consumer_id"),
            *((Fact("begins", time_of(shown[0].time)),) if shown else ()),
            talk=tuple(self._remark(event) for event in shown),
            notes=not_shown(len(self.events) - len(shown), "ones", ".events"),
        )

    def _remark(self, event: Any) -> Remark:
        own = event.originator == self.consumer
        number = "" if event.sequence is None else f"#{event.sequence} · "
        text, picture = cut(event.text, LONGEST), None
        if event.type == "hosted/file":
            named = f"{event.file_type} {end_of(event.relative_path)}"
            text = f"{cut(event.caption, LONGEST)}\n{named}".strip()
            picture = _picture(event.preview)
        elif event.type != "text/plain":
            numbers = ", ".join(f"#{one}" for one in event.sequences)
            text = f"{event.status}{f' {numbers}' if numbers else ''}"
        return Remark(
            who="consumer" if own else f"agent {cut(event.originator, 12)}",
            when=f"{number}{time_of(event.time)[11:]}",
            text=text,
            picture=picture,
            left=own,
            aside=event.type not in ("text/plain", "hosted/file"),
        )


class Conversations(MappingView):
    """The conversations by id."""

    kind, view = "conversation", ConversationView

    def card(self) -> Card:
        """Them as a table, newest last."""
        head = ("id", "consumer", "state", "messages", "last")
        rows = tuple(_conversation_row(one) for one in [*self.values()][-ROWS:])
        where = "conversations[id]"
        return table_card("Conversations", head, rows, len(self), "conversations", where)


def _conversation_row(one: Any) -> Row:
    last = one.messages[-1] if one.messages else None
    said = (last.text or last.caption or last.file_type) if last else "nothing was said"
    open_or_not = {2: "ok"} if one.state == "OPEN" else {}
    cells = (one.id, cut(one.consumer, 12), one.state, str(len(one.messages)), cut(said, 50))
    return Row(cells=cells, signs=open_or_not)  # type: ignore[arg-type]


class ObjectView(View):
    """One stored object."""

    def card(self) -> Card:
        """What it is, and the picture."""
        content = self.content
        return plain_card(
            "Stored object",
            Fact("size", f"{len(content):,} bytes"),
            Fact("type", self.content_type),
            Fact("etag", self.etag, "MD5 of the bytes"),
            Fact("stored", time_of(self.created)),
            pictures=(Picture(content, "the stored bytes"),),
        )


class Objects(MappingView):
    """The stored objects by relative path."""

    kind, view = "object", ObjectView
    now = 0.0

    def card(self) -> Card:
        """Them as a table, newest last."""
        head = ("path", "size", "type", "etag", "age")
        rows = tuple(self._row(path, self[path]) for path in [*self][-ROWS:])
        return table_card("Stored objects", head, rows, len(self), "objects", "objects[path]")

    def _row(self, path: str, one: Any) -> Row:
        content, age = one.content, _age(self.now - one.created)
        cells = (end_of(path), f"{len(content):,}", one.content_type, one.etag, age)
        return Row(cells=cells, picture=Picture(content, "a stored file"))


class SeededView(View):
    """The past that was made."""

    def card(self) -> Card:
        """Who talked, and what there is to look at now."""
        facts = (Fact(name, one, "the conversation's id") for name, one in self.consumers.items())
        made = f"{len(self.consumers)} conversations and {len(self.objects)} stored files"
        said = f"{made}: see .conversations, .objects and .journal"
        return plain_card(f"The past, number {self.number}", *facts, summary=said)


def _picture(preview: str) -> Picture | None:
    """Take the picture out of a data URI; what gets drawn is encoded anew."""
    try:
        return Picture(b64decode(preview.partition(",")[2]), "the preview") if preview else None
    except ValueError:
        return Picture(b"", "the preview")


def _age(seconds: float) -> str:
    """Give a duration in the largest unit that fits."""
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(0, seconds):.0f} s"
