"""A share that can be cut off anywhere: what is done is noted at once, and never done again."""

import time
from collections.abc import Callable
from dataclasses import replace

from .. import errors
from ..clock import Wait, pause
from ..images import ImageFile, Preview
from ..ledger import Claim, Entry, Ledger
from ..session import Session
from ._message import is_open
from ._result import StepResult
from .conversation import Conversation
from .publish import publish_file
from .published import Publication
from .temporary_url import TemporaryUrl
from .upload import StoredFile, request_upload_url, upload_file

Watch = Callable[[StepResult], object]
_PATIENCE = 300.0  # seconds that a file in somebody else's hands is waited for
_INTERVAL = 0.1
_SETTLE = (
    "with a ledger of yours, tell that with ledger.settle(relative_path, published=True) or False, "
    "then run it again"
)


def ignore(result: StepResult) -> None:
    """Watch nothing: the default."""


def claimed(session: Session, entry: Entry, ledger: Ledger | None) -> Claim:
    """
    Take the file of *entry* in hand; wait while another process, or a thread, has it.

    Raises:
        LpnbError: it has it for very long.
    """
    if ledger is None:
        return Claim(entry)
    end = 0.0
    while (claim := ledger.claim(entry)) is None:
        if not end:
            end = time.monotonic() + _PATIENCE
            why = f"another process, or thread, has {entry.name!r} in hand"
            session.clock.say(Wait(_PATIENCE, f"waiting {_PATIENCE:g} s at most", why))
        elif time.monotonic() > end:
            raise errors.LpnbError(
                f"{entry.name!r} has been in another process's hands for {_PATIENCE:g} s: see what "
                "that does, and run again"
            )
        pause(_INTERVAL)
    return claim


def upload_once(
    session: Session, image: ImageFile, claim: Claim, watch: Watch = ignore
) -> tuple[TemporaryUrl | None, StoredFile]:
    """Take steps 3 and 4, if no earlier run has; then there is no URL."""
    done = claim.entry
    if done.stage != "new":
        return None, StoredFile(
            relative_path=done.relative_path,
            type=image.type,
            size=done.size,
            etag=done.etag,
            verified=done.etag.lower() == done.md5 or None,
            image=image,
            exchanges=(),
        )
    url = request_upload_url(session, image)
    watch(url)
    stored = upload_file(session, url, image)
    claim.note(
        stage="stored",
        relative_path=stored.relative_path,
        etag=stored.etag,
        md5=image.md5,
        stored=session.now(),
    )
    watch(stored)
    return url, stored


def publish_once(
    session: Session,
    conversation: Conversation,
    stored: StoredFile,
    claim: Claim,
    *,
    caption: str,
    preview: Preview | ImageFile | str | None,
    watch: Watch = ignore,
) -> Publication:
    """
    Take step 5, if no earlier run has.

    That it is about to be taken is on disk before the request goes out. Where a run ended there,
    the conversation is looked at first, as `publish_file` does after an outcome that is not known.
    """
    done = claim.entry
    if done.stage == "shared":
        return Publication(
            sequence=done.sequence,
            relative_path=done.relative_path,
            caption=caption,
            sha256=done.sha256,
            preview=None,
            exchanges=(),
        )
    if done.stage == "publishing":
        if not session.policy.looks:
            raise errors.CantLook(
                f"an earlier publishing of {done.name!r} was interrupted, and may have been done; "
                "this session's policy has no looks: connect with another"
            )
        session.unsure.add((conversation.id, stored.relative_path))
    claim.note(durable=True, stage="publishing")
    try:
        publication = publish_file(session, conversation, stored, caption=caption, preview=preview)
    except (errors.OutcomeUnknown, errors.CantLook) as error:
        if claim.ledger is not None:
            error.args = (f"{error}; {_SETTLE}",)
        raise
    except errors.InputError:
        claim.note(stage=done.stage)  # nothing was sent
        raise
    except errors.LpnbError as error:
        # without looks, publish_file has not made sure
        if session.policy.looks or not (isinstance(error, errors.ExchangeError) and is_open(error)):
            # what storage has lost, or never had, is uploaded anew
            lost = type(error) in (errors.RequestRefused, errors.NotFound)
            claim.note(stage="new" if lost else "stored")
        raise
    claim.entry = replace(  # written with the end of the claim, which comes next
        claim.entry,
        stage="shared",
        sequence=publication.sequence,
        published=None if publication.found else session.now(),
    )
    watch(publication)
    return publication
