"""One call to the messaging service: both tokens, one envelope, an answer in either dialect."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from .. import errors
from ..exchange import Exchange
from ..session import Session
from ..wire import Reply, Request, envelope
from ._answer import ACCEPTING, ONCE, accepted, member, refused, unexpected, words
from .tokens import APP, CONSUMER, tokens_first, with_tokens

CONVERSATION = "/messaging/consumer/conversation"


def ask(
    session: Session,
    step: str,
    type: str,
    body: Mapping[str, Any],
    *,
    asked: str,
    advice: str = "",
    origins: Mapping[str, str] | None = None,
    before: tuple[Exchange, ...] = (),
) -> Reply:
    """
    Send one request to the send endpoint and give the reply, which has a ``body``.

    Raises:
        ConversationClosed: the service says so, in the words the documentation has for it.
        RequestRefused: or the error that the status stands for.
        UnexpectedResponse: the answer is not to this request, or not of the documented shape.
    """
    __tracebackhide__ = True
    message = envelope(type, body)
    id = message["id"]

    def flawed(reply: Reply) -> bool:  # another request's id, as after a mix-up on the connection
        given = reply.value.get("reqId") if isinstance(reply.value, dict) else None
        return isinstance(given, str) and given != id

    origins = origins or {}
    reply = post(
        session, step, message, "/send", type=type, origins=origins, before=before, flawed=flawed
    )
    if reply.status == 400 and "conversation is close" in words(reply).lower():
        raise errors.ConversationClosed(
            f"the Connector API refused to {asked}: the conversation is closed; create a new one "
            "with create_conversation(session)",
            reply.exchange,
        )
    accepted(reply, asked=asked, advice=advice)
    verify(reply, id, asked=asked, advice=advice)
    return reply


def post(
    session: Session,
    step: str,
    message: Any,
    path: str,
    *,
    type: str,
    origins: Mapping[str, str],
    before: tuple[Exchange, ...] = (),
    flawed: Callable[[Reply], bool] | None = None,
) -> Reply:
    """Send *message* with the session's tokens, getting them first where they are missing."""
    __tracebackhide__ = True
    before = (*before, *tokens_first(session))
    headers = dict.fromkeys((APP, CONSUMER), "")
    if session.features:
        features = {"type": ".ClientProperties", "features": list(session.features)}
        headers["Client-Properties"] = json.dumps(features)
    request = Request(
        step=step,
        service="asyncMessagingEnt",
        method="POST",
        path=f"/api/account/{quote(session.account.id)}{CONVERSATION}{path}",
        query={"v": "3"},
        headers=headers,
        json=message,
        type=type,
        origins={APP: "get_app_token", CONSUMER: "get_consumer_token", **origins},
        once=type in ONCE,
        flawed=flawed,
    )
    return session.send(with_tokens(session, request), before)


def is_open(error: errors.LpnbError) -> bool:
    """Whether what must not be done twice may have been done, though no good answer came."""
    unclear = errors.ConnectionFailed | errors.ServerFailed | errors.UnexpectedResponse
    if not isinstance(error, unclear) or isinstance(error, errors.RedirectRefused):
        return False  # a refusal, and a redirect too, says that it was not done
    return error.exchange.type in ONCE and error.exchange.reached


def verify(reply: Reply, request_id: str, *at: int, asked: str, advice: str = "") -> None:
    """
    Check that the answer, or its item *at* a place, says yes to this very request.

    Two dialects exist: a string code ``"OK"``, and the WebSocket's integer 200.
    """
    __tracebackhide__ = True
    if member(reply, *at, "code", kind=(str, int)) not in ACCEPTING:
        raise refused(reply, asked, advice)
    if member(reply, *at, "reqId") != request_id:
        raise unexpected(reply, "its reqId is not the id that was sent: it answers another request")
    member(reply, *at, "body", kind=dict)
