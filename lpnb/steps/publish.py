"""Step 5 of the guide: show the stored file to the agent, as a message in the conversation."""

import base64
import re
from dataclasses import dataclass, field

from ..card import Fact, Picture
from ..errors import InputError
from ..images import LIMITS, ImageFile, Preview
from ..session import Session
from ._given import expect
from ._message import ask
from ._result import StepResult
from .conversation import Conversation
from .upload import StoredFile

_DATA_URI = re.compile(r"data:image/(?:png|jpeg|gif);base64,([A-Za-z0-9+/]+={0,2})")
_NO_PREVIEW = "Without a preview the agent sees a symbol until the file is opened."
NO_CAPTION = (
    "It has no caption. A few words on what the picture shows help the agent, and whoever can't "
    'see it: caption="…"'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication(StepResult):
    """
    A file as a message: the agent sees its preview and caption, and may download it.

    ``.sequence`` is the message's number in the dialog, or None where the service gave none.
    """

    sequence: int | None
    relative_path: str
    caption: str
    sha256: str
    preview: bytes | None = field(repr=False)

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
            *((_NO_PREVIEW,) if self.preview is None else ()),
            *((NO_CAPTION,) if not self.caption.strip() else ()),
        )


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

    Args:
        caption: what the agent reads beside the picture; it doubles as its alternative text.
        preview: ``image.preview()``, a picture to make one of, or a data URI of your own under
            30 KB as text; None sends none.

    Raises:
        InputError: the preview is no picture's data URI, or too long, or the conversation is
            another consumer's.
        ConversationClosed: the conversation takes no more messages.
        RequestRefused: the service found the message wanting.
    """
    expect(
        session=(session, Session),
        conversation=(conversation, Conversation),
        stored=(stored, StoredFile),
        caption=(caption, str),
    )
    conversation.check_for(session)
    uri = preview_uri(preview)
    message = {
        "caption": caption,
        "relativePath": stored.relative_path,
        "fileType": stored.type,
    }
    if uri is not None:
        message["preview"] = uri
    reply = ask(
        session,
        "publish_file",
        "ms.PublishEvent",
        {
            "dialogId": conversation.dialog_id,
            "conversationId": conversation.id,
            "event": {
                "type": "ContentEvent",
                "contentType": "hosted/file",
                "message": message,
            },
        },
        asked=f"publish {stored.image.name!r}",
        advice=(
            "the documentation says: check your file size and that it is not corrupted; check also "
            "that it was uploaded (step 4) and that the preview is under 30 KB"
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
        caption=caption,
        sha256=stored.image.sha256,
        preview=base64.b64decode(uri.partition(",")[2]) if uri is not None else None,
        exchanges=reply.exchanges,
    )


def preview_uri(preview: Preview | ImageFile | str | None) -> str | None:
    """Give a preview, however it was given, as its data URI; InputError if it can't be one."""
    if preview is None:
        return None
    if isinstance(preview, ImageFile):
        preview = preview.preview()
    uri = preview.data_uri if isinstance(preview, Preview) else preview
    if not _DATA_URI.fullmatch(str(uri)):
        raise InputError(
            "the preview is not the data URI of a PNG, JPEG or GIF: take image.preview()"
        )
    if len(uri) > LIMITS.preview_refused:
        raise InputError(
            f"the preview has {len(uri):,} characters as a data URI, and may have "
            f"{LIMITS.preview_refused:,} "
            "(“under 30 KB”): take image.preview(), which fits"
        )
    return uri
