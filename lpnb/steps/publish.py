"""Step 5 of the guide: show the stored file to the agent, as a message in the conversation."""

from dataclasses import replace
from functools import partial
from typing import Any

from .. import errors
from ..images import LIMITS, ImageFile, Preview
from ..session import Session
from ._answer import whole_number
from ._given import expect
from ._history import Look, settled
from ._message import ask
from .conversation import Conversation
from .published import DATA_URI, Publication, look, preview_bytes
from .upload import StoredFile

_ORIGINS = {
    "dialogId": "step 2",
    "conversationId": "step 2",
    "relativePath": "step 4",
    "fileType": "step 3",
    "caption": "you",
    "preview": "your picture",
}


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
    place = conversation.id, path
    try:
        published = settled(
            session,
            partial(_publish, session, conversation, stored, message, content),
            partial(look, session, *place),
            partial(_advice, stored),
            said=("the message", repr(stored.image.name), "published"),
            place=place,
        )
    except errors.OutcomeUnknown as unknown:
        unknown.stored, unknown.conversation = stored, conversation
        raise
    return replace(published, sha256=stored.sha256)


def _publish(
    session: Session,
    conversation: Conversation,
    stored: StoredFile,
    message: Any,
    preview: bytes | None,
) -> Publication:
    __tracebackhide__ = True
    resumed = conversation.resumed  # by its id, so that this may be wrong
    reply = ask(
        session,
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
        origins=_ORIGINS,
    )
    return Publication(
        sequence=whole_number(reply.value["body"].get("sequence")),
        relative_path=stored.relative_path,
        caption=message["caption"],
        sha256=None,
        preview=preview,
        exchanges=reply.exchanges,
    )


def _advice(stored: StoredFile, look: Look) -> str:
    again = "if not, run" if look.hopeless else "or let lpnb look before it sends: run"
    return (
        f"{look.why}; check in the agent's window whether the file is there (relativePath "
        f"{stored.relative_path}): if it is, all is done; {again} publish_file with the same "
        "stored file again"
    )


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
