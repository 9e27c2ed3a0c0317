"""What can be said in a conversation: read from a request, kept in parts, and told to others."""

from dataclasses import dataclass, field
from reprlib import repr as short
from typing import Any

from .guesses import Guesses
from .verdicts import NotDone

_FILE_TYPES = {"JPG", "JPEG", "PNG", "GIF", "IMG", "TXT", "PDF"}  # of pages and schema together
_PREVIEWS = tuple(f"data:image/{kind};base64," for kind in ("png", "jpeg", "jpg", "gif"))
_STATUSES = ("ACCEPT", "READ", "ACCESS", "NACK", "ACTION")
_CHAT_STATES = ("ACTIVE", "INACTIVE", "GONE", "COMPOSING", "PAUSE")


@dataclass(frozen=True, slots=True)
class Event:
    """
    One thing that was published; its parts are kept once, not also as they came.

    Args:
        type: ``text/plain`` or ``hosted/file``, else ``AcceptStatusEvent`` or ``ChatStateEvent``.
        sequence: its number in the conversation; None if it took none.
        originator: the lp_consumer_id, or the agent's id.
        status: what an AcceptStatusEvent says of *sequences*, or a ChatStateEvent of the sender.
        metadata: the request's, if it had any.
    """

    sequence: int | None
    type: str
    originator: str
    role: str
    time: float
    text: str = ""
    caption: str = ""
    relative_path: str = ""
    file_type: str = ""
    preview: str = field(default="", repr=False)
    status: str = ""
    sequences: tuple[int, ...] = ()
    metadata: list[Any] | None = None


def read_event(event: dict[str, Any], guesses: Guesses) -> dict[str, Any]:
    """Give the parts of an *event* as it comes in a request, unless it is malformed or too long."""
    match event:
        case {"type": "ContentEvent", "contentType": "text/plain", "message": str(text)}:
            if not text:
                raise NotDone("event.message is empty")
            if len(text) > (limit := guesses["text_limit"]):
                why = f"event.message has {len(text):,} characters, {limit:,} are allowed"
                raise NotDone(why, guess="text_limit")
            return {"type": "text/plain", "text": text}
        case {"type": "ContentEvent", "contentType": "hosted/file", "message": dict(message)}:
            return {"type": "hosted/file"} | _hosted_file(message, guesses)
        case {"type": "AcceptStatusEvent", "status": status, "sequenceList": list(numbers)}:
            if status not in _STATUSES:
                raise NotDone(f"event.status is {short(status)}, not one of {_STATUSES}")
            if not numbers or not all(map(_is_sequence, numbers)):
                raise NotDone("event.sequenceList is empty or has what is no sequence")
            return {"type": "AcceptStatusEvent", "status": status, "sequences": tuple(numbers)}
        case {"type": "ChatStateEvent", "chatState": state}:
            if state not in _CHAT_STATES:
                raise NotDone(f"event.chatState is {short(state)}, not one of {_CHAT_STATES}")
            return {"type": "ChatStateEvent", "status": state}
    kind, content = short(event.get("type")), short(event.get("contentType"))
    raise NotDone(f"event.type {kind} with contentType {content} and these fields is not known")


def _hosted_file(message: dict[str, Any], guesses: Guesses) -> dict[str, Any]:
    path, kind = message.get("relativePath"), message.get("fileType")
    caption, preview = message.get("caption", ""), message.get("preview", "")
    if not all(isinstance(each, str) for each in (path, kind, caption, preview)):
        raise NotDone("relativePath, fileType, caption or preview of event.message is no string")
    if kind not in _FILE_TYPES and kind not in guesses["file_types"]:  # as for its upload
        raise NotDone(f"event.message.fileType is {short(kind)}: no known type in capitals")
    if preview and not preview.startswith(_PREVIEWS):
        why = "event.message.preview is no data URI of a PNG, JPEG or GIF in base64"
        raise NotDone(why, guess="preview_form")
    if len(preview) > (limit := guesses["preview_limit"]):
        why = f"event.message.preview has {len(preview):,} characters, {limit:,} are allowed"
        raise NotDone(why, guess="preview_limit")
    return {"relative_path": path, "file_type": kind, "caption": caption, "preview": preview}


def as_sent(event: Event) -> dict[str, Any]:
    """Give *event* as others hear of it."""
    told: dict[str, Any] = {"type": "ContentEvent", "contentType": event.type}
    match event.type:
        case "text/plain":
            return told | {"message": event.text}
        case "hosted/file":
            message = {"caption": event.caption, "relativePath": event.relative_path}
            preview = {"preview": event.preview} if event.preview else {}
            return told | {"message": message | {"fileType": event.file_type} | preview}
        case "AcceptStatusEvent":
            numbers = list(event.sequences)
            return {"type": event.type, "status": event.status, "sequenceList": numbers}
    return {"type": event.type, "chatState": event.status}


def _is_sequence(value: Any) -> bool:
    return type(value) is int and value >= 0  # True is no number
