"""Step 5 of the guide: show the stored file to the agent, as a message in the conversation."""

from dataclasses import replace
from functools import partial
from typing import Any

from .. import errors
from ..exchange import Exchange
from ..images import LIMITS, ImageFile, Preview
from ..session import Session
from ._answer import outcome
from ._given import expect
from ._history import Look, look_until_sure
from ._message import ask, is_open
from .conversation import Conversation
from .published import DATA_URI, Publication, look, preview_bytes
from .upload import StoredFile


def publish_file(
    session: Session,
    conversation: Conversation,
    stored: StoredFile,
    *,
    caption: str = "",
    preview: Preview | ImageFile | str | None = None,
) -> Publication:
    """
    Publish a *stored* file in the *conversation*.

    Step 5 of the guide: ``ms.PublishEvent`` with a ``ContentEvent`` of content type
    ``hosted/file``. The file type is the one that step 3 declared.

    No id tells the service that it is asked again, so this is never repeated blindly. Where it may
    have been done without a good answer, the conversation is looked at as `find_published` does:
    what is there is the result; what is surely not there, a minute later, is sent again under the
    same path. So it is, too, when a publishing that was interrupted is run again.

    Args:
        caption: what the agent reads beside the picture; it doubles as its alternative text.
        preview: ``image.preview()``, a picture to make one of, or a data URI of your own under
            30 KB as text; None sends none.

    Raises:
        InputError: the preview is no picture's data URI, or too long, or the conversation is
            another consumer's.
        ConversationClosed: the conversation takes no more messages.
        RequestRefused: the service found the message wanting.
        OutcomeUnknown: it may have been done, and looking did not tell; says what to check.
        CantLook: it was interrupted before, and can't be looked for; nothing was sent this time.
    """
    expect(
        session=(session, Session),
        conversation=(conversation, Conversation),
        stored=(stored, StoredFile),
        caption=(caption, str),
    )
    conversation.check_for(session)
    uri = preview_uri(preview)
    path = stored.relative_path
    message = {"caption": caption, "relativePath": path, "fileType": stored.type}
    if uri is not None:
        message["preview"] = uri
    content = preview.content if isinstance(preview, Preview) else preview_bytes(uri)
    return _Publishing(session, conversation, stored, message, content).done()


class _Publishing:
    """One message on its way, from the first try until its outcome is known."""

    def __init__(
        self,
        session: Session,
        conversation: Conversation,
        stored: StoredFile,
        message: Any,
        preview: bytes | None,
    ) -> None:
        self._session, self._conversation = session, conversation
        self._stored, self._message, self._preview = stored, message, preview
        self._place = conversation.id, stored.relative_path
        self._trail: tuple[Exchange, ...] = ()
        self._error: Any = None
        self._tries = 0
        self._look: Look | None = None  # the newest, with the seconds of all

    def done(self) -> Publication:
        """Publish; while the outcome is open, look before anything is sent again."""
        __tracebackhide__ = True
        unsure, policy = self._session.unsure, self._session.policy
        while True:
            if self._place in unsure and policy.looks:
                found = self._looked()
                if found:
                    return found
            unsure.add(self._place)  # until its outcome is known, also if somebody interrupts
            self._tries += 1
            try:
                publication = self._publish()
            except errors.LpnbError as problem:
                self._trail = problem.exchanges = (*self._trail, *problem.exchanges)
                if not is_open(problem) or not policy.looks:
                    unsure.discard(self._place)
                    raise
                self._error = problem
            else:
                unsure.discard(self._place)
                self._trail += publication.exchanges
                return self._whole(publication)

    def _whole(self, publication: Publication) -> Publication:
        """Give it with all that was done for it."""
        why = "No good answer came to the" if self._error else "An earlier try was interrupted at"
        return replace(
            publication,
            sha256=self._stored.sha256,
            looked=self._look.told(f"{why} publishing") if self._look else "",
            exchanges=self._trail,
        )

    def _looked(self) -> Publication | None:
        """Give what an earlier try has done, or None if it may be made again."""
        __tracebackhide__ = True
        session = self._session
        at = partial(look, session, *self._place)
        now, before = look_until_sure(session, at, "the message"), self._look
        self._look = now._replace(waited=now.waited + (before.waited if before else 0.0))
        self._trail += now.exchanges
        if now.found or now.hopeless or not now.why:
            session.unsure.discard(self._place)
        if now.found:
            return self._whole(now.found)
        if now.why:
            raise self._unknown(now)
        if self._error and (self._tries > len(session.policy.waits) or not session.budget.take()):
            raise self._failed()
        return None

    def _publish(self) -> Publication:
        __tracebackhide__ = True
        conversation, stored, message = self._conversation, self._stored, self._message
        resumed = conversation.resumed  # by its id, so that this may be wrong
        reply = ask(
            self._session,
            "publish_file",
            "ms.PublishEvent",
            {
                "dialogId": conversation.dialog_id,
                "conversationId": conversation.id,
                "event": {"type": "ContentEvent", "contentType": "hosted/file", "message": message},
            },
            asked=f"publish {stored.image.name!r}",
            advice=(
                ("check the conversation's id, which nobody has yet; " if resumed else "")
                + "the documentation says: check your file size and that it is not corrupted; "
                "check also that it was uploaded (step 4) and that the preview is under 30 KB"
            ),
            origins={
                "dialogId": "step 2",
                "conversationId": "step 2",
                "relativePath": "step 4",
                "fileType": "step 3",
                "caption": "you",
                "preview": "your picture",
            },
        )
        sequence = reply.value["body"].get("sequence")
        known = isinstance(sequence, int) and not isinstance(sequence, bool)
        return Publication(
            sequence=sequence if known else None,
            relative_path=stored.relative_path,
            caption=message["caption"],
            sha256=None,
            preview=self._preview,
            exchanges=reply.exchanges,
        )

    def _unknown(self, look: Look) -> errors.LpnbError:
        name, error = repr(self._stored.image.name), self._error
        again = "if not, run" if look.hopeless else "or let lpnb look before it sends: run"
        advice = (
            f"{look.why}; check in the agent's window whether the file is there (relativePath "
            f"{self._stored.relative_path}): if it is, all is done; {again} publish_file with the "
            "same stored file again"
        )
        if error is None:
            return errors.CantLook(
                f"an earlier publishing of {name} was interrupted, and may have been done; {advice}"
            )
        unknown = errors.OutcomeUnknown(
            f"whether {name} was published is not known ({outcome(error)}), and looking for it did "
            f"not tell: {advice}",
            error.exchange,
        )
        unknown.exchanges = self._trail
        unknown.stored, unknown.conversation = self._stored, self._conversation
        return unknown

    def _failed(self) -> errors.LpnbError:
        failed: errors.LpnbError = type(self._error)(
            f"{self._stored.image.name!r} was not published: the last of {self._tries} tries "
            f"failed ({outcome(self._error)}), and the conversation's history does not have it; "
            "run publish_file again later",
            self._error.exchange,
        )
        failed.exchanges = self._trail
        return failed


def preview_uri(preview: Preview | ImageFile | str | None) -> str | None:
    """Give a preview, however it was given, as its data URI; InputError if it can't be one."""
    if preview is None:
        return None
    if isinstance(preview, ImageFile):
        preview = preview.preview()
    uri = preview.data_uri if isinstance(preview, Preview) else preview
    if not isinstance(preview, Preview) and not DATA_URI.fullmatch(str(uri)):
        raise errors.InputError(
            "the preview is not the data URI of a PNG, JPEG or GIF: take image.preview()"
        )
    if len(uri) > LIMITS.preview_refused:
        raise errors.InputError(
            f"the preview has {len(uri):,} characters as a data URI, and may have "
            f"{LIMITS.preview_refused:,} "
            "(“under 30 KB”): take image.preview(), which fits"
        )
    return uri
