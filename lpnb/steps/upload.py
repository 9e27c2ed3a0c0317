"""Steps 3 and 4 of the guide: ask where a file may be put, and put it there."""

from dataclasses import dataclass, field, replace

from ..card import Fact, Picture
from ..errors import ContentMismatch, InputError
from ..exchange import Exchange
from ..images import ImageFile
from ..session import Session
from ..wire import Request
from ._answer import accepted, unexpected
from ._given import expect
from ._result import StepResult, newest
from ._storage import Transfer, etag_fact, etag_of, measure, refuse_url
from .temporary_url import TemporaryUrl, temporary_url

_UNVERIFIED = "no digest to compare ours with; the size was compared, where storage told it"
_STORED = (201, 200, 202)  # the first is documented; a gateway in between may say the others


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile(StepResult):
    """
    A file that lies in storage, and that nobody in the conversation knows of yet.

    ``.verified`` is True where storage's own digest of what it got equals ours, and None where it
    gave no digest to compare.
    """

    relative_path: str
    type: str
    size: int
    etag: str
    verified: bool | None
    image: ImageFile = field(repr=False, compare=False)

    @property
    def sha256(self) -> str:
        """Of the bytes that were sent."""
        return self.image.sha256

    def facts(self) -> tuple[Fact, ...]:
        good = "storage's MD5 of the bytes it got equals ours"
        return (
            Fact("relativePath", self.relative_path, "what step 5 publishes"),
            Fact("size", f"{self.size:,} bytes", "as many as were sent"),
            etag_fact(self.etag, good if self.verified else "", _UNVERIFIED),
        )

    def pictures(self) -> tuple[Picture, ...]:
        return (Picture(self.image.content, f"{self.image.name}, as it was sent"),)

    @property
    def exchange(self) -> Exchange:
        """The upload itself, though storage may have been asked for the file's size after it."""
        return newest(one for one in self.exchanges if one.method == "PUT")

    def notes(self) -> tuple[str, ...]:
        notes = []
        if any(one.step == "request_upload_url" for one in self.exchanges):
            notes.append(
                "The URL had ended, or would have before the file was there: a new one was asked "
                "for, so the relativePath is a new one too."
            )
        if self.exchanges and self.exchange.status != 201:
            said = self.exchange.status
            notes.append(f"201 is documented for a stored file; storage answered {said}.")
        return tuple(notes)


def request_upload_url(session: Session, image: ImageFile) -> TemporaryUrl:
    """
    Ask for a temporary URL that will take *image*.

    Step 3 of the guide: ``ms.GenerateURLForUploadFile`` with the file's type and its size in bytes.

    Raises:
        RequestRefused: the service takes no such file: its type, its size, or sharing is off.
        NotAuthorized: a token was refused.
        UnexpectedResponse: it is no URL into storage, or malformed; it was asked for twice.
    """
    expect(session=(session, Session), image=(image, ImageFile))
    url = temporary_url(
        session,
        "PUT",
        (image.type, image.size),
        step="request_upload_url",
        type="ms.GenerateURLForUploadFile",
        body={"fileSize": str(image.size), "fileType": image.type},
        asked=f"take {image.name!r} ({image.type}, {image.size:,} bytes)",
        advice="check that file sharing is on (step 1), that the type is JPG, JPEG, PNG or GIF, "
        "and that the file has at most 3 MB; the service does not say which it was",
        origins={"fileSize": "your picture", "fileType": "your picture"},
    )
    return replace(url, cautions=image.cautions)


def upload_file(session: Session, url: TemporaryUrl, image: ImageFile) -> StoredFile:
    """
    Put the bytes of *image* into storage at *url*, and check that storage got just these.

    Step 4 of the guide: a PUT of the raw bytes. No LivePerson token goes along. The same bytes may
    be sent again while the URL lives. Where it has ended, or would before they are all there, a
    new one is asked for; it has a new path, and the result has the path that was really used.

    Raises:
        InputError: the URL was asked for another type or size.
        TemporaryUrlRejected: the URL has expired, or is not one for uploading.
        ContentMismatch: storage's digest is another than ours; do not publish this file.
        UnexpectedResponse: storage did not say that the file is stored.
    """
    expect(session=(session, Session), url=(url, TemporaryUrl), image=(image, ImageFile))
    if url.announced not in (None, (image.type, image.size)):
        kind, size = url.announced or ("", 0)
        raise InputError(
            f"this URL was asked for a {kind} of {size:,} bytes, and {image.name!r} is a "
            f"{image.type} of {image.size:,}: ask for one with request_upload_url(session, image)"
        )
    upload = _Upload(session, url, image)
    request, before = upload.first()
    reply = session.send(request, before)
    if reply.status == 401:
        refuse_url(session, reply, upload.url, "request_upload_url(session, image)")
    large = f"it has {image.size:,} bytes: send a smaller picture"
    advice = large if reply.status == 413 else "ask for a new URL and send it again"
    accepted(reply, asked=f"store {image.name!r}", advice=advice)
    if reply.status not in _STORED:
        raise unexpected(reply, "201 is documented for a stored file")
    measure(session, reply.exchange)
    etag, verified, said = upload.compared(reply, image.size, image.md5)
    if verified is False:
        raise ContentMismatch(
            f"storage has other bytes than were sent: its digest of {image.name!r} is "
            f"{etag or 'not given, and its size another'}, ours {image.md5}; do not publish it, "
            "ask for a new URL and upload again",
            said.exchange,
        )
    return StoredFile(
        relative_path=upload.url.relative_path,
        type=image.type,
        size=image.size,
        etag=etag,
        verified=verified,
        image=image,
        exchanges=said.exchanges,
    )


class _Upload(Transfer):
    def __init__(self, session: Session, url: TemporaryUrl, image: ImageFile) -> None:
        super().__init__(session, url, "upload_file", image.size)
        self._image = image

    def ask(self) -> TemporaryUrl:
        return request_upload_url(self.session, self._image)

    def request(self) -> Request:
        image = self._image
        return self.about(
            "PUT",
            headers={"Content-Type": image.mime},
            content=image.content,
            sha256=image.sha256,
            origins={"Content-Type": "your picture"},
            again=lambda reply: self.renewed(refused=reply.status == 401),
            flawed=lambda reply: reply.status in _STORED and etag_of(reply, image.md5)[1] is False,
        )
