"""Step 2 of the guide: create the conversation that files are shared in, and close it again."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from .. import errors
from ..account import plain
from ..card import Fact
from ..exchange import Exchange
from ..session import Session
from ..wire import envelope
from ._answer import accepted, member, uncovered, unexpected, words
from ._given import expect
from ._history import Look, search, settled
from ._message import ask, post, verify
from ._result import StepResult
from .tokens import consumer_id, tokens_first


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation(StepResult):
    """An open conversation; its main dialog has the same id."""

    id: str
    dialog_id: str
    consumer: str
    resumed: bool = field(default=False, compare=False)  # by its id, which nobody has checked

    def check_for(self, session: Session) -> None:
        """Raise InputError unless *session* speaks for this conversation's consumer."""
        if session.consumer != self.consumer:
            raise errors.InputError(
                f"this conversation is the consumer {self.consumer!r}'s, and the session speaks "
                f"for {session.consumer!r}: use the session that created it, or create another"
            )

    def facts(self) -> tuple[Fact, ...]:
        return (
            Fact("conversationId", self.id, "keep it, to go on with resume_conversation"),
            Fact("dialogId", self.dialog_id, "where messages go; the same as conversationId"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedConversation(StepResult):
    """A conversation that takes no more messages."""

    id: str

    def facts(self) -> tuple[Fact, ...]:
        return (Fact("conversationId", self.id, "closed: the consumer may open another one now"),)


def create_conversation(
    session: Session,
    *,
    profile: Mapping[str, Any] | None = None,
    skill: str | None = None,
) -> Conversation:
    """
    Open a conversation for the *session*'s consumer.

    Step 2 of the guide: one array of two requests, ``userprofile.SetUserProfile`` first (it may be
    empty, but not missing) and then ``cm.ConsumerRequestConversation``. Each is answered by itself.

    It is not repeated blindly. Where it may have been done without a good answer, the message
    history is searched for the consumer's open conversation, of which there is one at most: what is
    there is the result; where there surely is none, a minute later, it is sent again.

    Args:
        profile: what the agent sees of the consumer, for instance ``{"firstName": "Ada"}``.
        skill: id of the skill to route to; None leaves it to the account's campaigns.

    Raises:
        ConversationAlreadyOpen: this consumer has one, and may have only one.
        NotAuthorized: a token was refused.
        OutcomeUnknown: it may have been created, and nobody can look; says how to go on.
    """
    expect(session=(session, Session), profile=(profile or {}, Mapping), skill=(skill or "", str))
    create, look = partial(_create, session, profile, skill), partial(_open, session)
    before, place = tokens_first(session), ("", session.consumer)
    said = "the conversation", "the conversation", "created"
    return settled(session, create, look, _advice, said=said, place=place, trail=before)


def _advice(look: Look) -> str:
    return (
        f"{look.why}; run create_conversation again, as a consumer has one at most. If that is "
        "refused as already open, the first try had worked; its id is lost, so connect as another "
        "consumer"
    )


def _open(session: Session) -> tuple[Conversation | None, tuple[Exchange, ...]]:
    """Search the message history for the consumer's open conversation."""
    __tracebackhide__ = True
    parts = ["consumerParticipants"]
    wanted = {"consumer": consumer_id(session), "status": ["OPEN"], "contentToRetrieve": parts}
    reply, in_part = search(session, "create_conversation", "consumer", wanted)
    if not reply.value["conversationHistoryRecords"]:
        if in_part:
            raise unexpected(reply, "it says that it is partial, so what it lacks may be there")
        return None, reply.exchanges
    id = uncovered(session, reply, "conversationHistoryRecords", 0, "info", "conversationId")
    return replace(resume_conversation(session, id), resumed=False), reply.exchanges


def _create(session: Session, profile: Mapping[str, Any] | None, skill: str | None) -> Conversation:
    __tracebackhide__ = True
    request = {"brandId": session.account.id, "channelType": "MESSAGING"}
    if skill is not None:
        request["skillId"] = skill
    profiled = envelope("userprofile.SetUserProfile", profile or {})
    messages = [profiled, envelope("cm.ConsumerRequestConversation", request)]
    type, origins = "cm.ConsumerRequestConversation", {"brandId": "your account"}
    reply = post(session, "create_conversation", messages, "", type=type, origins=origins)
    if "already has open conversation" in words(reply):
        raise errors.ConversationAlreadyOpen(
            f"the consumer {session.consumer!r} has an open conversation already, and may have one "
            "at a time (the profile was set all the same): go on in it, close it with "
            "close_conversation(session, conversation), or connect as another consumer",
            reply.exchange,
        )
    accepted(reply, asked="create a conversation")
    at = {member(reply, i, "reqId"): i for i in range(len(member(reply, kind=list)))}
    for message in messages:
        if message["id"] not in at:
            raise unexpected(reply, f"it has no answer to {message['type']}")
        verify(reply, message["id"], at[message["id"]], asked="create a conversation")
    id = uncovered(session, reply, at[messages[1]["id"]], "body", "conversationId")
    return Conversation(id=id, dialog_id=id, consumer=session.consumer, exchanges=reply.exchanges)


def resume_conversation(session: Session, id: str) -> Conversation:
    """
    Go on in the open conversation of this *id*, which `create_conversation` gave. Nothing is sent.

    The session must speak for the same consumer: ``connect(target, consumer=...)``.

    Raises:
        InputError: it can't be an id.
    """
    expect(session=(session, Session), id=(id, str))
    plain(id, "conversation's id")
    return Conversation(id=id, dialog_id=id, consumer=session.consumer, resumed=True, exchanges=())


_CLOSED = {"field": "ConversationStateField", "conversationState": "CLOSE"}


def close_conversation(session: Session, conversation: Conversation) -> ClosedConversation:
    """
    Close the *conversation*, so that its consumer may open another.

    After the guide's steps: ``cm.UpdateConversationField`` with ``ConversationStateField``.

    Raises:
        ConversationClosed: it is closed already.
        InputError: it is another consumer's.
    """
    expect(session=(session, Session), conversation=(conversation, Conversation))
    conversation.check_for(session)
    try:
        exchanges = ask(
            session,
            "close_conversation",
            "cm.UpdateConversationField",
            {"conversationId": conversation.id, "conversationField": _CLOSED},
            asked="close the conversation",
            origins={"conversationId": "step 2"},
        ).exchanges
    except errors.ConversationClosed as error:
        if error.exchange.attempt == 1:
            raise
        exchanges = error.exchanges  # an attempt before, whose answer was lost, has closed it
    return ClosedConversation(id=conversation.id, exchanges=exchanges)
