"""The other party, shown: the agent, and what webhooks have told whom."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any

from ..card import Card, Fact, Row
from ..errors import InputError
from ..exchange import Exchange
from .base import ROWS, View, asking, cut, many, plain_card, table_card, time_of
from .journal import body_of


class AgentView(View):
    """The agent."""

    def share(
        self,
        conversation: Any,
        image: Any,
        *,
        file_type: str = "",
        caption: str = "",
        preview: str = "",
    ) -> Any:
        """Upload and publish *image*, an `ImageFile` or bytes; see `lpnb.sandbox.agent.Agent`."""
        if callable(getattr(image, "preview", None)):
            file_type, preview = file_type or image.type, preview or image.preview().data_uri
            image = image.content
        elif not isinstance(image, bytes):
            raise InputError(
                f"a picture to share is an ImageFile or bytes, not {type(image).__name__}:"
                " ImageFile.read(path) makes one"
            )
        given: dict[str, Any] = {"file_type": file_type, "caption": caption, "preview": preview}
        return asking(self._inside.share, conversation, image, **given)

    def card(self) -> Card:
        """Who it is, and what it can do."""
        acts = "accept, type, read, say, share, download, close"
        return plain_card(
            "The agent",
            Fact("name", self.name),
            Fact("id", self.id, "the originatorId of what it says"),
            Fact("acts", acts, "each takes a conversation, as in agent.accept(conversation)"),
        )


class WebhooksView(View):
    """The webhooks."""

    def card(self) -> Card:
        """Who is told, and how each attempt went, newest last."""
        log = self.log
        shown = log[-ROWS:]
        dated = len({time_of(one.time)[:10] for one in shown}) > 1
        facts = (Fact("endpoint", one.url, f"{len(one.types)} types") for one in self.endpoints)
        sent = self.shown(shown)
        rows = tuple(_attempt_row(*each, dated=dated) for each in zip(shown, sent, strict=True))
        head = ("time", "endpoint", "type", "attempt", "status", "again at")
        card = table_card("Webhooks", head, rows, len(log), "attempts", ".log")
        summary = f"{many(len(self.endpoints), 'endpoints')}, {card.summary}"
        return replace(card, facts=tuple(facts), summary=summary)


def _attempt_row(attempt: Any, sent: Any, *, dated: bool) -> Row:
    told = attempt.notification
    known = attempt.status in HTTPStatus._value2member_map_
    exchange = Exchange(
        step="",
        service="",
        mode="SANDBOX",
        method="POST",
        type=told.type,
        url=attempt.endpoint,
        sent_headers=tuple(sent.headers.items()),
        sent=body_of(sent, len(told.body)),
        status=attempt.status or None,
        reason=HTTPStatus(attempt.status).phrase if known else attempt.error,
    )
    begin = 0 if dated else 11
    cells = (
        time_of(attempt.time)[begin:],
        cut(attempt.endpoint, 40),
        told.type.rpartition(".")[2] or "(crafted)",
        str(attempt.number),
        str(attempt.status or attempt.error.partition(":")[0]),
        time_of(attempt.again)[begin:] if attempt.again else "",
    )
    return Row(cells=cells, signs={4: "ok" if attempt.ok else "refused"}, exchange=exchange)
