"""Steps 3 and 4 of the guide: ask where a file may be put, and put it there."""

from dataclasses import dataclass, field, replace

from ..card import Fact, Picture
from ..errors import ContentMismatch, InputError
from ..images import ImageFile
from ..session import Session
from ..wire import STORAGE, Request
from ._answer import accepted
from ._given import expect
from ._message import ask
from ._result import StepResult
from ._storage import etag_of, refuse_url
from .temporary_url import TemporaryUrl, temporary_url


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
        digest = (
            Fact("ETag", self.etag, "storage's MD5 of the bytes it got equals ours", "ok")
            if self.verified
            else Fact("ETag", self.etag or "none", "nothing to compare ours with", "warning")
        )
        return (
            Fact("relativePath", self.relative_path, "what step 5 publishes"),
            Fact("size", f"{self.size:,} bytes", "as many as were sent"),
            digest,
        )

    def pictures(self) -> tuple[Picture, ...]:
        return (Picture(self.image.content, f"{self.image.name}, as it was sent"),)

    def notes(self) -> tuple[str, ...]:
        if self.exchange.status == 201:
            return ()
        return (f"201 is documented for a stored file; storage answered {self.exchange.status}.",)


def request_upload_url(session: Session, image: ImageFile) -> TemporaryUrl:
    """
    Ask for a temporary URL that will take *image*.

    Step 3 of the guide: ``ms.GenerateURLForUploadFile`` with the file's type and its size in bytes.

    Raises:
        RequestRefused: the service takes no such file: its type, its size, or sharing is off.
        NotAuthorized: a token was refused.
    """
    expect(session=(session, Session), image=(image, ImageFile))
    reply = ask(
        session,
        "request_upload_url",
        "ms.GenerateURLForUploadFile",
        {"fileSize": str(image.size), "fileType": image.type},
        asked=f"take {image.name!r} ({image.type}, {image.size:,} bytes)",
        advice=(
            "check that file sharing is on (step 1), that the type is JPG, JPEG, PNG or GIF, and "
            "that the file has at most 3 MB; the service does not say which it was"
        ),
        origins={"fileSize": "your picture", "fileType": "your picture"},
    )
    url = temporary_url(session, reply, "PUT", (image.type, image.size))
    return replace(url, cautions=image.cautions)


def upload_file(session: Session, url: TemporaryUrl, image: ImageFile) -> StoredFile:
    """
    Put the bytes of *image* into storage at *url*, and check that storage got just these.

    Step 4 of the guide: a PUT of the raw bytes. No LivePerson token goes along.

    Raises:
        InputError: the URL was asked for another type or size.
        TemporaryUrlRejected: the URL has expired, or is not one for uploading.
        ContentMismatch: storage's digest is another than ours; do not publish this file.
    """
    expect(session=(session, Session), url=(url, TemporaryUrl), image=(image, ImageFile))
    if url.announced not in (None, (image.type, image.size)):
        kind, size = url.announced or ("", 0)
        raise InputError(
            f"this URL was asked for a {kind} of {size:,} bytes, and {image.name!r} is a "
            f"{image.type} of {image.size:,}: ask for one with request_upload_url(session, image)"
        )
    reply = session.send(
        Request(
            step="upload_file",
            service=STORAGE,
            method="PUT",
            path=url.relative_path,
            query=url.query,
            headers={"Content-Type": image.mime},
            content=image.content,
            sha256=image.sha256,
            origins={
                "relativePath": "step 3",
                "temp_url_sig": "step 3",
                "temp_url_expires": "step 3",
                "Content-Type": "your picture",
            },
        )
    )
    if reply.status == 401:
        refuse_url(session, reply, url, "request_upload_url(session, image)")
    advice = "ask for a new URL and send it again"
    if reply.status == 413:
        advice = f"it has {image.size:,} bytes: send a smaller picture"
    accepted(reply, asked=f"store {image.name!r}", advice=advice)
    etag, verified = etag_of(reply, image.md5)
    if verified is False:
        raise ContentMismatch(
            f"storage has other bytes than were sent: its digest of {image.name!r} is {etag}, ours "
            f"{image.md5}; do not publish it, ask for a new URL and upload again",
            reply.exchange,
        )
    return StoredFile(
        relative_path=url.relative_path,
        type=image.type,
        size=image.size,
        etag=etag,
        verified=verified,
        image=image,
        exchanges=reply.exchanges,
    )
