"""The guide's numbered list, as code: sharing is steps 3 to 5, fetching is steps 6 and 7."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from ..card import Card, Shown
from ..images import ImageFile, Preview
from ..ledger import Entry, Ledger
from ..session import Session
from ._given import expect
from .comparison import Comparison
from .conversation import Conversation
from .download import Download, download_file, request_download_url
from .publish import preview_uri
from .published import Publication
from .receipt import Receipt
from .resumable import Watch, claimed, ignore, publish_once, upload_once
from .temporary_url import TemporaryUrl
from .upload import StoredFile

AUTO: Final = "auto"  # let share_file make the picture's own preview


@dataclass(frozen=True, slots=True, kw_only=True)
class Share(Shown):
    """
    A picture that an agent can see now, the three results that led there, and what to keep.

    ``.url`` is None where an earlier run with the same ledger had uploaded it.
    """

    url: TemporaryUrl | None
    stored: StoredFile
    publication: Publication
    receipt: Receipt

    @property
    def relative_path(self) -> str:
        """The file's place in storage."""
        return self.stored.relative_path

    @property
    def sha256(self) -> str:
        """Of the bytes that were sent."""
        return self.stored.sha256

    def card(self) -> Card:
        """The outcome, and the cards below it of the steps that were taken for it."""
        results = (self.url, self.stored, self.publication)
        taken = [one for one in results if one is not None and one.exchanges]
        noted = [note for one in taken if one is not self.stored for note in one.notes()]
        if len(taken) < 3:
            noted.append("An earlier run took the steps that are not below: the ledger says so.")
        return Card(
            title=f"Shared {self.stored.image.name}",
            label="Steps 3 to 5",
            mode=taken[-1].exchange.mode if taken else "",
            verdict="ok",
            summary="uploaded to storage, and published in the conversation",
            facts=(*self.stored.facts()[1:], *self.publication.facts()),
            notes=tuple(noted),
            cards=tuple(one.card() for one in taken),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch(Shown):
    """A file that came back, the results that led there, and how it compares with what was sent."""

    url: TemporaryUrl
    download: Download
    comparison: Comparison

    @property
    def content(self) -> bytes:
        """The bytes that arrived."""
        return self.download.content

    @property
    def sha256(self) -> str:
        """Of the bytes that arrived."""
        return self.download.sha256

    def card(self) -> Card:
        """The verdict, and the two cards below it."""
        return replace(
            self.comparison.card(),
            title="Fetched the file back",
            label="Steps 6 and 7",
            mode=self.download.exchange.mode,
            cards=(self.url.card(), self.download.card()),
        )


def share_file(
    session: Session,
    conversation: Conversation,
    image: ImageFile,
    *,
    caption: str = "",
    preview: Preview | ImageFile | str | None = AUTO,
    watch: Watch = ignore,
    ledger: Ledger | None = None,
) -> Share:
    """
    Share *image* in the *conversation*: steps 3 to 5 of the guide, one after the other.

    Args:
        preview: `AUTO` makes the picture's own, None sends none, and `publish_file` says what else.
        watch: is called with each step's result; ``watch=display`` shows the cards as they come.
        ledger: notes how far it has come. Run again with the same one, after whatever happened, it
            goes on where it stopped, and a picture that is shared is not shared again.

    Raises:
        LpnbError: whatever a step raises; the steps before it stand.
    """
    expect(
        session=(session, Session),
        image=(image, ImageFile),
        conversation=(conversation, Conversation),
        caption=(caption, str),
        watch=(watch, Callable),
        ledger=(ledger, Ledger | None),
    )
    conversation.check_for(session)  # before anything is uploaded that could not be published
    small = image.preview() if preview == AUTO else preview
    preview_uri(small)
    entry = Entry(
        account=session.account.id,
        conversation=conversation.id,
        sha256=image.sha256,
        name=image.name,
        size=image.size,
    )
    with claimed(session, entry, ledger) as claim:
        url, stored = upload_once(session, image, claim, watch)
        publication = publish_once(
            session, conversation, stored, claim, caption=caption, preview=small, watch=watch
        )
        receipt = Receipt.of(claim.entry)
    return Share(url=url, stored=stored, publication=publication, receipt=receipt)


def fetch_file(
    session: Session,
    shared: Share | Publication | StoredFile | str,
    *,
    watch: Watch = ignore,
) -> Fetch:
    """
    Fetch a *shared* file back, and compare: steps 6 and 7 of the guide, one after the other.

    Args:
        shared: what was shared, or the ``relativePath`` of a message.
        watch: is called with each step's result.

    Raises:
        LpnbError: whatever a step raises.
    """
    expect(session=(session, Session), watch=(watch, Callable))
    url = request_download_url(session, shared.publication if isinstance(shared, Share) else shared)
    watch(url)
    download = download_file(session, url)
    watch(download)
    sent = None if isinstance(shared, str) else shared.sha256
    return Fetch(url=url, download=download, comparison=download.compare(sent))
