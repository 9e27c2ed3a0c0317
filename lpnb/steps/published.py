"""A file as a message in the conversation, and the look that tells whether it is there."""

import base64
import re
from dataclasses import dataclass, field, replace
from typing import Any

from .. import errors
from ..card import Card, Fact, Picture
from ..exchange import Exchange
from ..session import Session
from ._answer import unexpected, whole_number
from ._given import expect, expect_path
from ._history import search
from ._result import StepResult
from .conversation import Conversation

DATA_URI = re.compile(r"data:image/(?:png|jpeg|gif);base64,([A-Za-z0-9+/]+={0,2})")
NO_CAPTION = (
    "It has no caption. A few words on what the picture shows help the agent, and whoever can't "
    'see it: caption="…"'
)
_NO_PREVIEW = "Without a preview the agent sees a symbol until the file is opened."


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication(StepResult):
    """
    A file as a message: the agent sees its preview and caption, and may download it.

    ``.sequence`` is the message's number in the dialog, or None where the service gave none.
    ``.found`` is True where no answer told of it, and the message was found in the conversation.
    """

    sequence: int | None
    relative_path: str
    caption: str
    sha256: str | None  # of the file that was sent; None where only the message is known
    preview: bytes | None = field(repr=False)
    found: bool = False

    def card(self) -> Card:
        """What is in the conversation now, whether an answer told of it or the history."""
        card = StepResult.card(self)  # no super(): a class with slots is made twice
        return replace(card, title="Found the file in the conversation") if self.found else card

    def facts(self) -> tuple[Fact, ...]:
        shown = "none" if self.sequence is None else str(self.sequence)
        return (
            Fact("sequence", shown, "the message's number in the dialog"),
            Fact("caption", self.caption or "none", "what the agent reads beside the picture"),
            Fact("relativePath", self.relative_path, "what steps 6 and 7 fetch"),
        )

    def pictures(self) -> tuple[Picture, ...]:
        if self.preview is None:
            return ()
        what = "the preview that the agent sees"
        return (Picture(self.preview, self.caption.strip() or what, what),)

    def notes(self) -> tuple[str, ...]:
        return (
            *StepResult.notes(self),
            *((_NO_PREVIEW,) if self.preview is None else ()),
            *((NO_CAPTION,) if not self.caption.strip() else ()),
        )


def find_published(
    session: Session, conversation: Conversation | str, relative_path: str
) -> Publication | None:
    """
    Look in the *conversation* for the message with the file at *relative_path*; None: not there.

    Beside step 5 of the guide, which does not know it: the search by conversation id of
    LivePerson's Messaging Interactions API (service ``msgHist``). It wants a user of the account,
    so the account's user name and password are needed; the session logs in once and keeps the
    login. Documented: the history may be up to a minute behind, so None means only that the file
    was not there a minute ago. Guesses, as no real account was ever tried: that an administrator
    may read every conversation, and that ``seq`` is the number that publishing gives.

    Args:
        conversation: from step 2, or its id.
        relative_path: of the file, from step 3 or 4.

    Raises:
        InputError: the text is no relative path.
        CantLook: the account has no user name and password, or no message history.
        CredentialsRefused: the user name or password is wrong; it is not tried again.
        NotFound: the history does not know the conversation, or not yet.
        UnexpectedResponse: the answer is not whole, and the file is not in what came.
    """
    where = conversation.id if isinstance(conversation, Conversation) else conversation
    expect(session=(session, Session), conversation=(where, str))
    return look(session, where, expect_path(relative_path))[0]


def look(
    session: Session, conversation: str, relative_path: str
) -> tuple[Publication | None, tuple[Exchange, ...]]:
    """Look once, and give the message with the file, and what was exchanged."""
    __tracebackhide__ = True
    wanted = {"conversationId": conversation, "contentToRetrieve": ["messageRecords"]}
    reply, partial = search(session, "find_published", "conversation", wanted)
    known, messages = False, list[Any]()
    for record in reply.value["conversationHistoryRecords"]:
        match record:
            case {"info": {"conversationId": id} as info, "messageRecords": [*said]}:
                if id == conversation:
                    known, messages = True, messages + said
                    partial = partial or info.get("isPartial") is True
    if not known:
        raise errors.NotFound(
            f"the message history does not know the conversation {conversation!r} (it may be a "
            "minute behind): wait, then look again",
            reply.exchange,
        )
    there = [one for one in messages if _path(one) == relative_path]
    if not there and partial:
        raise unexpected(reply, "it says that it is partial, so what it lacks may be there")
    left_out = f"{len(messages) - len(there)} messages"  # as long as the conversation is
    shown = session.cover.value({"messageRecords": there, "left out here": left_out})
    exchange = replace(reply.exchange, received=replace(reply.exchange.received, shown=shown))
    if not there:
        return None, exchange.all
    file = there[0]["messageData"]["file"]
    found = Publication(
        sequence=whole_number(there[0].get("seq")),
        relative_path=relative_path,
        caption=session.cover.text(str(file.get("caption") or "")),
        sha256=None,
        preview=preview_bytes(file.get("preview")),
        found=True,
        exchanges=exchange.all,
    )
    return found, exchange.all


def _path(message: Any) -> Any:
    """Give the path of the file in *message*, if it has one."""
    match message:
        case {"messageData": {"file": {"relativePath": path}}}:
            return path
    return None


def preview_bytes(uri: object) -> bytes | None:
    """Give the bytes that a preview's data URI holds, where it is one."""
    parts = DATA_URI.fullmatch(str(uri))
    try:
        return base64.b64decode(parts[1]) if parts else None
    except ValueError:  # its length is that of no base64
        return None
