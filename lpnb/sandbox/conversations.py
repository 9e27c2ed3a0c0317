"""Conversations and what was said in them: opening, publishing, closing."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from .site import Site

_FILE_TYPES = {"JPG", "JPEG", "PNG", "GIF", "IMG", "TXT", "PDF"}
_FILE_TYPES |= {"DOC", "DOCX", "XLS", "XLSX", "PPT", "PPTX"}  # with the later features
_PREVIEWS = tuple(f"data:image/{kind};base64," for kind in ("png", "jpeg", "jpg", "gif"))
_STATUSES = ("ACCEPT", "READ", "ACCESS", "NACK", "ACTION")
_CHAT_STATES = ("ACTIVE", "INACTIVE", "GONE", "COMPOSING", "PAUSE")
_SURVEY_STATUSES = ("FILLED", "PARTIALLY_FILLED", "SKIPPED")


@dataclass(frozen=True, slots=True)
class Done:
    """A request carried out: the body of its answer, and the guess it rests on, if any."""

    body: dict[str, Any]
    guess: str = ""


class NotDone(Exception):
    """A request refused: the words of the answer, its status, the guess it rests on, if any."""

    def __init__(
        self,
        message: str = "Bad Request",
        *,
        status: int = 400,
        code: str = "BAD_REQUEST",
        guess: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.guess = guess


@dataclass(frozen=True, slots=True)
class Event:
    """
    One thing that was published.

    Args:
        type: ``text/plain`` or ``hosted/file``, else ``AcceptStatusEvent`` or ``ChatStateEvent``.
        sequence: its number in the conversation; None if it took none.
        originator: the lp_consumer_id, or the agent's id.
        event: as it came, for what has no field of its own.
    """

    sequence: int | None
    type: str
    originator: str
    time: float
    text: str = ""
    caption: str = ""
    relative_path: str = ""
    file_type: str = ""
    preview: str = field(default="", repr=False)
    event: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(slots=True)
class Conversation:
    """One conversation of one consumer; its main dialog has the same id."""

    id: str
    consumer: str
    state: str = "OPEN"
    events: list[Event] = field(default_factory=list)
    csat: dict[str, Any] | None = None
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
    """All conversations, and the rules on who may say what in which."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.by_id: dict[str, Conversation] = {}

    def of(self, consumer: str) -> list[Conversation]:
        """List the conversations of one consumer, oldest first."""
        return [each for each in self.by_id.values() if each.consumer == consumer]

    def open(self, consumer: str) -> Done:
        """Open a conversation for *consumer*, who may have one at a time."""
        if any(each.state == "OPEN" for each in self.of(consumer)):
            raise NotDone(
                f"Consumer request conversation failed: User {consumer} already has open"
                " conversation. Can't open another one.",
                status=self._site.guesses["already_open"],
                guess="already_open",
            )
        new = Conversation(str(uuid.uuid4()), consumer)
        self.by_id[new.id] = new
        return Done({"conversationId": new.id})

    def find(self, consumer: str, conversation_id: Any) -> Conversation:
        """Give the open conversation *conversation_id* if it is *consumer*'s."""
        if not isinstance(conversation_id, str) or not conversation_id:
            raise NotDone
        found = self.by_id.get(conversation_id)
        if found is None:
            status = self._site.guesses["unknown_conversation"]
            raise NotDone(status=status, guess="unknown_conversation")
        if found.consumer != consumer:
            raise NotDone("Unauthorized", status=401, code="UNAUTHORIZED", guess="other_consumer")
        if found.state != "OPEN":
            raise NotDone("Bad Request, Conversation is close")
        return found

    def change(self, consumer: str, body: dict[str, Any]) -> Done:
        """Carry out cm.UpdateConversationField; its field may be an object or an array."""
        conversation = self.find(consumer, body.get("conversationId"))
        fields = body.get("conversationField")
        fields = fields if isinstance(fields, list) else [fields]
        if not fields or not all(_is_change(each, conversation.id) for each in fields):
            raise NotDone
        for each in fields:
            if each["field"] == "CSATRate":
                conversation.csat = each
            else:  # the main dialog is the only one, so its end is the conversation's
                conversation.state = "CLOSE"
        # The words are documented for closing only; a rating is answered with the same.
        return Done({"msg": "OK Conversation resolved successfully"})

    def publish(self, consumer: str, conversation: Conversation, event: dict[str, Any]) -> Event:
        """Add *event* to *conversation*, unless it is malformed or too long."""
        values: dict[str, Any] = {"originator": consumer, "event": event}
        match event:
            case {"type": "ContentEvent", "contentType": "text/plain", "message": str(text)}:
                if not text:
                    raise NotDone
                if len(text) > self._site.guesses["text_limit"]:
                    raise NotDone(guess="text_limit")
                values |= {"type": "text/plain", "text": text}
            case {"type": "ContentEvent", "contentType": "hosted/file", "message": dict(message)}:
                values |= {"type": "hosted/file"} | self._hosted_file(message)
            case {"type": "AcceptStatusEvent", "status": status, "sequenceList": list(numbers)}:
                if status not in _STATUSES or not numbers or not all(map(_is_sequence, numbers)):
                    raise NotDone
                values |= {"type": "AcceptStatusEvent"}
            case {"type": "ChatStateEvent", "chatState": state} if state in _CHAT_STATES:
                values |= {"type": "ChatStateEvent"}
            case _:
                raise NotDone
        numbered = (
            values["type"] != "ChatStateEvent" or self._site.guesses["typing_sequence"] != "absent"
        )
        values["sequence"] = conversation.next_sequence() if numbered else None
        published = Event(time=self._site.clock.now(), **values)
        conversation.events.append(published)
        return published

    def _hosted_file(self, message: dict[str, Any]) -> dict[str, Any]:
        path, kind = message.get("relativePath"), message.get("fileType")
        caption, preview = message.get("caption", ""), message.get("preview", "")
        if not all(isinstance(each, str) for each in (path, kind, caption, preview)):
            raise NotDone
        if kind not in _FILE_TYPES:
            raise NotDone
        if preview and not preview.startswith(_PREVIEWS):
            raise NotDone(guess="preview_form")
        if len(preview) > self._site.guesses["preview_limit"]:
            raise NotDone(guess="preview_limit")
        return {"relative_path": path, "file_type": kind, "caption": caption, "preview": preview}


def _is_sequence(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


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
            rated = not isinstance(rate, bool) and 1 <= rate <= 5
            return rated and status in _SURVEY_STATUSES
    return False
