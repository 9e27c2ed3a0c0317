"""What a webhook carries: the notification of an event or of a conversation, and its signature."""

import base64
import hmac
from typing import Any

from .conversations import AGENT, CONSUMER, Conversation
from .events import Event, as_sent
from .http import to_json
from .site import Site

CHANGE = "cqm.ExConversationChangeNotification"
_EVENT = "ms.MessagingEventNotification"
TYPES = (
    CHANGE,
    f"{_EVENT}.ContentEvent",
    f"{_EVENT}.RichContentEvent",
    f"{_EVENT}.AcceptStatusEvent",
    f"{_EVENT}.ChatStateEvent",
)


def told_of(site: Site, conversation: Conversation, event: Event | None) -> tuple[str, bytes]:
    """Give the type and the bytes of what is told of *event*, or else of *conversation*."""
    if event is None:
        return CHANGE, _wrapped(CHANGE, {"type": "UPSERT", "result": _result(site, conversation)})
    told = as_sent(event)
    if event.type == "hosted/file":
        told["type"] = site.guesses["webhook_file_type"]
    change: dict[str, Any] = {
        "originatorId": event.originator,
        "originatorMetadata": {"id": event.originator, "role": event.role},
        "event": told,
        "conversationId": conversation.id,
        "dialogId": conversation.id,
    }
    if event.sequence is not None:
        change = {"sequence": event.sequence, **change}
    if event.type != "ChatStateEvent":
        change |= {"serverTimestamp": _milliseconds(event.time), "messageAudience": "ALL"}
    if event.metadata:
        change["metadata"] = event.metadata
    return f"{_EVENT}.{told['type']}", _wrapped(_EVENT, change)


def headers_for(site: Site, client_id: str, body: bytes, secret: str | None) -> dict[str, str]:
    """Give the headers that go with *body*: signed with *secret*, or not at all if None."""
    headers = {"x-liveperson-account-id": site.account, "x-liveperson-client-id": client_id}
    if secret is not None:
        headers["x-liveperson-signature"] = sign(secret, body, site.guesses["webhook_signature"])
    return headers


def sign(secret: str, body: bytes, form: str) -> str:
    """Sign the very bytes that are sent; *form* is a digest and an encoding."""
    name, _, encoding = form.partition("-")
    digest = hmac.digest(secret.encode(), body, name)
    return f"{name}={digest.hex() if encoding == 'hex' else base64.b64encode(digest).decode()}"


def _wrapped(kind: str, change: dict[str, Any]) -> bytes:
    return to_json({"kind": "notification", "body": {"changes": [change]}, "type": kind})


def _result(site: Site, conversation: Conversation) -> dict[str, Any]:
    created = _milliseconds(conversation.created)
    people = [{"id": each, "role": AGENT} for each in conversation.agents]
    people.append({"id": conversation.consumer, "role": CONSUMER})
    dialog: dict[str, Any] = {
        "dialogId": conversation.id,
        "participantsDetails": [each | {"state": "ACTIVE"} for each in people],
        "dialogType": "MAIN",
        "channelType": "MESSAGING",
        "state": conversation.state,
        "creationTs": created,
    }
    details: dict[str, Any] = {
        "skillId": conversation.skill,
        "participants": people,
        "dialogs": [dialog],
        "brandId": site.account,
        "state": conversation.state,
        "stage": conversation.state,
        "startTs": created,
        "ttr": {"ttrType": conversation.ttr, "value": 600},
    }
    if conversation.closed is not None:
        end = {"endTs": _milliseconds(conversation.closed)}
        dialog |= end | {"closedBy": conversation.closed_by}
        details |= end | {"closeReason": conversation.closed_by}
    result = {"convId": conversation.id, "effectiveTTR": created + 600_000}
    return result | {"conversationDetails": details}


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)
