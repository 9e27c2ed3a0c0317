"""Conversations and what was said in them: opening, publishing, closing."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from reprlib import repr as short
from typing import Any

from .events import Event, read_event
from .site import Site
from .verdicts import Done, NotDone, let_pass

_SURVEY_STATUSES = ("FILLED", "PARTIALLY_FILLED", "SKIPPED")
CLOSED = "Bad Request, Conversation is close"
CONSUMER, AGENT = "CONSUMER", "ASSIGNED_AGENT"


@dataclass(slots=True)
class Conversation:
    """
    One conversation of one consumer; its main dialog has the same id.

    Args:
        agents: when each agent accepted it, by the agent's id.
        closed: when it ended, if it has.
        closed_by: ``CONSUMER`` or ``AGENT``.
    """

    id: str
    consumer: str
    created: float
    skill: str = "-1"
    ttr: str = "NORMAL"
    state: str = "OPEN"
    events: list[Event] = field(default_factory=list)
    agents: dict[str, float] = field(default_factory=dict)
    csat: dict[str, Any] | None = None
    closed: float | None = None
    closed_by: str = ""
    _next: int = 0

    @property
    def messages(self) -> list[Event]:
        """What people read: the texts and files, without states and typing."""
        return [event for event in self.events if event.type in ("text/plain", "hosted/file")]

    def next_sequence(self) -> int:
        """Take the next number; they start at 0 and only grow."""
        self._next += 1
        return self._next - 1


class Conversations:
    """
    All conversations, and the rules on who may say what in which.

    ``watchers`` are told of every change: of a conversation, or of an event in it.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self.watchers: list[Callable[[Conversation, Event | None], None]] = []
        self.reset()

    def reset(self) -> None:
        """Forget them all."""
        self.by_id: dict[str, Conversation] = {}
        self._of: dict[str, list[Conversation]] = {}  # by consumer: the last may be open
        self._shared: set[tuple[str, str]] = set()  # consumers, and the paths they were shown

    def of(self, consumer: str) -> list[Conversation]:
        """List the conversations of one consumer, oldest first."""
        return self._of.get(consumer, [])

    def has_open(self, consumer: str) -> bool:
        """Tell whether *consumer* has an open conversation."""
        known = self.of(consumer)
        return bool(known) and known[-1].state == "OPEN"

    def shows(self, consumer: str, path: str) -> bool:
        """Tell whether the file at *path* was shared in a conversation of *consumer*'s."""
        return (consumer, path) in self._shared

    def open(self, consumer: str, wish: dict[str, Any]) -> Done:
        """Open a conversation for *consumer*, who may have one at a time."""
        if self.has_open(consumer):
            raise NotDone(
                f"the consumer's conversation {self.of(consumer)[-1].id} is still open",
                f"Consumer request conversation failed: User {consumer} already has open"
                " conversation. Can't open another one.",
                status=self._site.guesses["already_open"],
                guess="already_open",
            )
        new = Conversation(str(uuid.uuid4()), consumer, self._site.clock.now())
        new.skill, new.ttr = str(wish.get("skillId", "-1")), wish.get("ttrDefName") or "NORMAL"
        self.by_id[new.id] = new
        self._of.setdefault(consumer, []).append(new)
        self.tell(new)
        return Done({"conversationId": new.id})

    def find(self, consumer: str, conversation_id: Any) -> Conversation:
        """Give the conversation *conversation_id*, open or not, if it is *consumer*'s."""
        if not isinstance(conversation_id, str) or not conversation_id:
            raise NotDone("the id of the conversation is missing, empty or no string")
        found = self.by_id.get(conversation_id)
        if found is None:
            status, why = self._site.guesses["unknown_conversation"], "no conversation has the id"
            raise NotDone(
                f"{why} {short(conversation_id)}", status=status, guess="unknown_conversation"
            )
        if found.consumer != consumer:
            raise NotDone(
                f"the conversation {found.id} is another consumer's",
                "Unauthorized",
                status=401,
                code="UNAUTHORIZED",
                guess="other_consumer",
            )
        return found

    def find_open(self, consumer: str, dialog_id: Any) -> Conversation:
        """Give the conversation that *dialog_id* names if it is *consumer*'s and open."""
        found = self.find(consumer, dialog_id)
        if found.state != "OPEN":
            raise NotDone("dialogId is that of a closed conversation", CLOSED)
        return found

    def change(self, consumer: str, body: dict[str, Any]) -> Done:
        """Carry out cm.UpdateConversationField; its field may be an object or an array."""
        conversation = self.find(consumer, body.get("conversationId"))
        guess = ""
        if conversation.state != "OPEN":
            why = "conversationId is that of a closed conversation"
            guess = let_pass(self._site.guesses, "change_after_close", why, CLOSED)
        fields = body.get("conversationField")
        fields = fields if isinstance(fields, list) else [fields]
        if not fields or not all(_is_change(each, conversation.id) for each in fields):
            raise NotDone(
                "conversationField is no ConversationStateField or DialogChange that closes, and"
                " no CSATRate with csatRate, csatResolutionConfirmation and status"
            )
        for each in fields:
            if each["field"] == "CSATRate":
                conversation.csat = each
                guess = guess or "rating_answer"  # the words are documented for closing only
            elif conversation.state == "OPEN":
                # The main dialog is the only one, so its end is the conversation's.
                self.close(conversation, "CONSUMER")
        return Done({"msg": "OK Conversation resolved successfully"}, guess)

    def close(self, conversation: Conversation, by: str) -> None:
        """End *conversation*, whoever wishes it."""
        conversation.state, conversation.closed_by = "CLOSE", by
        conversation.closed = self._site.clock.now()
        self.tell(conversation)

    def publish(
        self,
        conversation: Conversation,
        event: dict[str, Any],
        *,
        originator: str,
        role: str = CONSUMER,
        metadata: list[Any] | None = None,
    ) -> Event:
        """Add *event* to the open *conversation*, unless it is malformed or too long."""
        values = read_event(event, self._site.guesses)
        numbered = (
            values["type"] != "ChatStateEvent" or self._site.guesses["typing_sequence"] != "absent"
        )
        values["sequence"] = conversation.next_sequence() if numbered else None
        published = Event(
            originator=originator,
            role=role,
            time=self._site.clock.now(),
            metadata=metadata or None,
            **values,
        )
        conversation.events.append(published)
        if published.relative_path:
            self._shared.add((conversation.consumer, published.relative_path))
        self.tell(conversation, published)
        return published

    def tell(self, conversation: Conversation, event: Event | None = None) -> None:
        """Let the watchers know that *conversation* has changed, or has a new *event*."""
        for watcher in self.watchers:
            watcher(conversation, event)


def _is_change(change: Any, dialog_id: str) -> bool:
    match change:
        case {"field": "ConversationStateField", "conversationState": "CLOSE"}:
            return True
        case {"field": "DialogChange", "type": "UPDATE", "dialog": {"state": "CLOSE"} as dialog}:
            return bool(dialog.get("dialogId") == dialog_id)
        case {
            "field": "CSATRate",
            "csatRate": int(rate),
            "csatResolutionConfirmation": bool(),
            "status": str(status),
        }:
            return type(rate) is int and 1 <= rate <= 5 and status in _SURVEY_STATUSES
    return False
