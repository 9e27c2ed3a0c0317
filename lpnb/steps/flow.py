"""The guide's numbered list, as code: sharing is steps 3 to 5, fetching is steps 6 and 7."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from ..card import Card, Shown
from ..images import ImageFile, Preview
from ..session import Session
from ._given import expect
from ._result import StepResult
from .comparison import Comparison
from .conversation import Conversation
from .download import Download, download_file, request_download_url
from .publish import preview_uri, publish_file
from .published import Publication
from .temporary_url import TemporaryUrl
from .upload import StoredFile, request_upload_url, upload_file

Watch = Callable[[StepResult], object]
AUTO: Final = "auto"  # let share_file make the picture's own preview


def ignore(result: StepResult) -> None:
    """Watch nothing: the default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share(Shown):
    """A picture that an agent can see now, and the three results that led there."""

    url: TemporaryUrl
    stored: StoredFile
    publication: Publication

    @property
    def relative_path(self) -> str:
        """The file's place in storage."""
        return self.stored.relative_path

    @property
    def sha256(self) -> str:
        """Of the bytes that were sent."""
        return self.stored.sha256

    def card(self) -> Card:
        """The outcome, and the three cards below it."""
        return Card(
            title=f"Shared {self.stored.image.name}",
            label="Steps 3 to 5",
            mode=self.publication.exchange.mode,
            verdict="ok",
            summary="uploaded to storage, and published in the conversation",
            facts=(*self.stored.facts()[1:], *self.publication.facts()),
            notes=(*self.url.notes(), *self.publication.notes()),
            cards=(self.url.card(), self.stored.card(), self.publication.card()),
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
) -> Share:
    """
    Share *image* in the *conversation*: steps 3 to 5 of the guide, one after the other.

    Args:
        preview: `AUTO` makes the picture's own, None sends none, and `publish_file` says what else.
        watch: is called with each step's result; ``watch=display`` shows the cards as they come.

    Raises:
        LpnbError: whatever a step raises; the steps before it stand.
    """
    expect(image=(image, ImageFile), conversation=(conversation, Conversation))
    conversation.check_for(session)  # before anything is uploaded that could not be published
    uri = preview_uri(image if preview == AUTO else preview)
    url = request_upload_url(session, image)
    watch(url)
    stored = upload_file(session, url, image)
    watch(stored)
    publication = publish_file(session, conversation, stored, caption=caption, preview=uri)
    watch(publication)
    return Share(url=url, stored=stored, publication=publication)


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
    url = request_download_url(session, shared.publication if isinstance(shared, Share) else shared)
    watch(url)
    download = download_file(session, url)
    watch(download)
    sent = None if isinstance(shared, str) else shared.sha256
    return Fetch(url=url, download=download, comparison=download.compare(sent))
