"""The other party, shown: the agent, and what webhooks have told whom."""

from dataclasses import replace
from typing import Any

from ..card import Card, Fact, Row
from ..errors import InputError
from .base import ROWS, View, asking, cut, many, plain_card, table_card, time_of


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
        facts = (Fact("endpoint", one.url, f"{len(one.types)} types") for one in self.endpoints)
        rows = tuple(_attempt_row(one) for one in log[-ROWS:])
        head = ("time", "endpoint", "type", "attempt", "status", "again at")
        card = table_card("Webhooks", head, rows, len(log), "attempts", ".log")
        summary = f"{many(len(self.endpoints), 'endpoints')}, {card.summary}"
        return replace(card, facts=tuple(facts), summary=summary)


def _attempt_row(attempt: Any) -> Row:
    cells = (
        time_of(attempt.time)[11:],
        cut(attempt.endpoint, 40),
        attempt.notification.type.rpartition(".")[2] or "(crafted)",
        str(attempt.number),
        str(attempt.status or attempt.error.partition(":")[0]),
        time_of(attempt.again)[11:] if attempt.again else "",
    )
    return Row(cells=cells, signs={4: "ok" if attempt.ok else "refused"})
