"""A file as a message in the conversation, and the look that tells whether it is there."""

import base64
import re
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple
from urllib.parse import quote

from .. import errors
from ..card import Card, Fact, Picture
from ..exchange import Exchange
from ..session import Session
from ..wire import Reply, Request, storage_path
from ._answer import accepted, member, unexpected
from ._given import expect
from ._result import StepResult
from .account import Login, log_in
from .conversation import Conversation
from .domains import domains_first

DATA_URI = re.compile(r"data:image/(?:png|jpeg|gif);base64,([A-Za-z0-9+/]+={0,2})")
NO_CAPTION = (
    "It has no caption. A few words on what the picture shows help the agent, and whoever can't "
    'see it: caption="…"'
)
_NO_PREVIEW = "Without a preview the agent sees a symbol until the file is opened."
HISTORY_LAG = 60  # seconds that the history may be behind: “an inherent delay of up to 1 minute”
_HISTORY = "msgHist"
_LIMIT = 67_108_864  # bytes of an answer: the whole conversation comes, previews and all


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication(StepResult):
    """
    A file as a message: the agent sees its preview and caption, and may download it.

    ``.sequence`` is the message's number in the dialog, or None where the service gave none.
    ``.found`` is True where no answer told of it, and the message was found in the conversation;
    ``.looked`` tells of that look.
    """

    sequence: int | None
    relative_path: str
    caption: str
    sha256: str | None  # of the file that was sent; None where only the message is known
    preview: bytes | None = field(repr=False)
    found: bool = False
    looked: str = field(default="", repr=False, compare=False)

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
            *((self.looked,) if self.looked else ()),
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
    expect(session=(session, Session), relative_path=(relative_path, str))
    if storage_path(relative_path) is None:
        raise errors.InputError(
            f"{relative_path[:80]!r} is no relativePath: take it from step 3 or 4"
        )
    where = conversation.id if isinstance(conversation, Conversation) else conversation
    expect(conversation=(where, str))
    return _look(session, where, relative_path)[0]


class Look(NamedTuple):
    """What looking came to: found; or surely not there; or *why* it is still not known."""

    found: Publication | None
    why: str
    hopeless: bool  # looking once more would not tell either
    waited: float
    exchanges: tuple[Exchange, ...]


def look_until_sure(session: Session, conversation: str, relative_path: str) -> Look:
    """
    Look until the file is found, or so long after that the history has caught up.

    A service that acts on a message minutes after it was sent would still go unnoticed; nothing
    is documented of such.
    """
    waits = list(session.policy.looks)
    lacking = HISTORY_LAG + 5 - sum(waits)
    if session.mode == "LIVE" and lacking > 0:  # however brief the policy is, that is how late
        waits.append(lacking)
    found, why, hopeless, waited = None, "", False, 0.0
    exchanges: tuple[Exchange, ...] = ()
    for wait in waits:
        session.clock.wait(wait, "looking whether it was published, as no good answer came")
        waited += wait
        try:
            (found, seen), why = _look(session, conversation, relative_path), ""
        except errors.LpnbError as error:
            seen, why = error.exchanges, str(error)
            passing = isinstance(error, errors.NotFound | errors.TooManyRequests)
            refused = isinstance(error, errors.CantLook | errors.RequestRefused)
            hopeless = refused and not passing
        exchanges += seen
        if found or hopeless:
            break
    return Look(found, why, hopeless, waited, exchanges)


def _look(
    session: Session, conversation: str, relative_path: str
) -> tuple[Publication | None, tuple[Exchange, ...]]:
    __tracebackhide__ = True
    before = domains_first(session)
    if _HISTORY not in session.domains:
        raise errors.CantLook(
            f"the account has no message history ({_HISTORY}) among its domains: ask LivePerson "
            "for it"
        )
    login, logged_in = _login(session)
    reply = session.send(_search(session, login, conversation), (*before, *logged_in))
    if reply.status == 401:
        login, logged_in = _login(session, ended=login)
        before = (*reply.exchanges, *logged_in)
        reply = session.send(_search(session, login, conversation), before)
    accepted(
        reply,
        asked="search the conversation",
        advice=f"the user {login.username!r} may not read conversations; ask an administrator",
        unauthorized="its login was not accepted; run log_in(session) to see why",
    )
    return _read(session, reply, conversation, relative_path)


def _search(session: Session, login: Login, conversation: str) -> Request:
    account = quote(session.account.id)
    return Request(
        step="find_published",
        service=_HISTORY,
        method="POST",
        path=f"/messaging_history/api/account/{account}/conversations/conversation/search",
        query={"source": "lpnb"},  # who asks, in at most 20 characters: required
        headers={"Authorization": login.bearer.prefixed("Bearer ")},
        json={"conversationId": conversation, "contentToRetrieve": ["messageRecords"]},
        origins={"Authorization": "log_in", "conversationId": "step 2"},
        limit=_LIMIT,
    )


def _login(session: Session, ended: Login | None = None) -> tuple[Login, tuple[Exchange, ...]]:
    """Give the session's login, which is made at first use; *ended* is worth nothing any more."""
    __tracebackhide__ = True
    with session.lock:
        kept = session.tokens.login
        if isinstance(kept, Login) and kept is not ended:
            return kept, ()
        if not (session.account.username and session.account.password):
            raise errors.CantLook(
                "reading a conversation needs a user of the account: give Account a username and "
                "a password"
            )
        if isinstance(kept, str):  # a second try could lock the user out
            raise errors.CantLook(f"{kept}: mend that, and connect again")
        try:
            kept = session.tokens.login = log_in(session)
        except errors.CredentialsRefused as refused:
            session.tokens.login = str(refused)
            raise
        return kept, kept.exchanges


def _read(
    session: Session, reply: Reply, conversation: str, relative_path: str
) -> tuple[Publication | None, tuple[Exchange, ...]]:
    """Find the file in the history's answer, which has the whole conversation or says otherwise."""
    __tracebackhide__ = True
    known, messages = False, list[Any]()
    partial = False
    match reply.value:
        case {"_metadata": {"shardsStatusResult": {"partialResult": True}}}:
            partial = True
    for record in member(reply, "conversationHistoryRecords", kind=list):
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
    file, sequence = there[0]["messageData"]["file"], there[0].get("seq")
    known = isinstance(sequence, int) and not isinstance(sequence, bool)
    found = Publication(
        sequence=sequence if known else None,
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
