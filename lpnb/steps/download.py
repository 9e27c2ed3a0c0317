"""Steps 6 and 7 of the guide: ask where a published file may be fetched, and fetch it."""

import hashlib
import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..card import Fact, Picture
from ..errors import ContentMismatch, NotSaved
from ..exchange import Exchange
from ..session import Session
from ..wire import Instead, Reply, Request
from ._answer import accepted, unexpected
from ._given import expect, expect_path
from ._result import StepResult
from ._saving import check_place, write_whole
from ._storage import Transfer, etag_fact, etag_of, refuse_url
from .comparison import Comparison, compare
from .published import Publication
from .temporary_url import TemporaryUrl, temporary_url
from .upload import StoredFile

DOWNLOAD_LIMIT = 10_485_760  # bytes; documented files have at most 3 MB, later ones 5 MB
_RANGE = re.compile(r"bytes ([0-9]{1,15})-[0-9]{1,15}/[0-9]{1,15}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Download(StepResult):
    """
    A file as it came back.

    ``.verified`` is True where its bytes match storage's digest, and None where there was none.
    """

    content: bytes = field(repr=False)
    sha256: str
    mime: str
    etag: str
    verified: bool | None
    path: Path | None = None  # where it was saved

    @property
    def exchange(self) -> Exchange:
        """The download itself, though storage may have been asked for the file's size after it."""
        return next(one for one in reversed(self.exchanges) if one.method == "GET")

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.content)

    def facts(self) -> tuple[Fact, ...]:
        good = "storage's MD5 equals that of the bytes that arrived"
        return (
            *((Fact("saved as", str(self.path), "whole"),) if self.path else ()),
            Fact("size", f"{self.size:,} bytes", "as many as arrived"),
            Fact("SHA-256", self.sha256, "of the bytes that arrived"),
            etag_fact(self.etag, good if self.verified else "", "no digest to compare with"),
        )

    def pictures(self) -> tuple[Picture, ...]:
        return (Picture(self.content, "the picture that came back"),)

    def notes(self) -> tuple[str, ...]:
        parts = [one for one in self.exchanges if dict(one.sent_headers).get("Range")]
        if not parts or self.exchange.status != 206:
            return ()
        return ("The connection broke off, so the rest was asked for, and put to what had come.",)

    def compare(self, sent_sha256: str | None) -> Comparison:
        """
        Compare with what was sent, by its SHA-256; None where that is not known.

        Raises:
            InputError: *sent_sha256* is no SHA-256 in hex.
        """
        return compare(self.content, self.sha256, sent_sha256, verified=self.verified)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """
        Write the bytes to *path*, whole or not at all, and give the path.

        Raises:
            InputError: nothing can be written there; the reason is given.
            NotSaved: writing failed, for instance as the disk is full.
        """
        mode, target = check_place(path), Path(path)
        reason = write_whole(target, self.content, mode)
        if not reason:
            return target
        raise NotSaved(
            f"can't write {str(target)[:200]}: {reason}; the file came whole and is kept as "
            "error.download: choose another place for it with its save(path)",
            self,
        )


def request_download_url(session: Session, stored: StoredFile | Publication | str) -> TemporaryUrl:
    """
    Ask for a temporary URL that gives a file back.

    Step 6 of the guide: ``ms.GenerateURLForDownloadFile`` with the file's relative path.

    Args:
        stored: a stored file, its publication, or the ``relativePath`` of a message.

    Raises:
        InputError: the text is no relative path.
        RequestRefused: the service gives no such file to this consumer.
        UnexpectedResponse: it is no URL into storage, or malformed; it was asked for twice.
    """
    expect(session=(session, Session))
    path = expect_path(getattr(stored, "relative_path", stored))
    origin = {Publication: "step 5", StoredFile: "step 4"}.get(type(stored), "you")
    return temporary_url(
        session,
        "GET",
        step="request_download_url",
        type="ms.GenerateURLForDownloadFile",
        body={"relativePath": path},
        asked="give a download URL",
        advice="check that the file was published in a conversation of this consumer",
        origins={"relativePath": origin},
    )


def download_file(
    session: Session,
    url: TemporaryUrl,
    *,
    limit: int = DOWNLOAD_LIMIT,
    path: str | os.PathLike[str] | None = None,
) -> Download:
    """
    Fetch a file from storage at *url*, and check it against storage's own digest.

    Step 7 of the guide: a GET. No LivePerson token goes along. A download that breaks off goes on
    where it was, if the file is still the same; what arrives damaged is fetched again; where the
    URL has ended, a new one is asked for.

    Args:
        limit: bytes that the file may have.
        path: where to save it as well. A file that is there is replaced only by a whole one.

    Raises:
        InputError: nothing can be saved at *path*; nothing was sent.
        NotSaved: the file came, and can't be written; the error has it.
        TemporaryUrlRejected: the URL has expired, or is not one for downloading.
        NotFound: there is no such file in storage.
        AnswerTooLong: it has more bytes than *limit*.
        ContentMismatch: what arrived is not what storage has.
    """
    expect(session=(session, Session), url=(url, TemporaryUrl), limit=(limit, int))
    if path is not None:
        check_place(path)
    fetch = _Fetch(session, url, limit)
    request, before = fetch.first()
    reply = session.send(request, before)
    if reply.status == 401:
        refuse_url(session, reply, fetch.url, "request_download_url(session, stored)")
    accepted(reply, asked="give the file", advice="it was never uploaded, or has been removed")
    content, md5 = fetch.content, fetch.md5
    if content is None:
        raise unexpected(reply, "200 is documented for a whole file, or 206 for the part asked for")
    etag, verified, said = fetch.compared(reply, len(content), md5)
    if verified is False:
        raise ContentMismatch(
            f"what arrived is not what storage has: its digest is {etag or 'not given'}, that of "
            f"the {len(content):,} bytes here {md5}; ask for a new URL and download again",
            said.exchange,
        )
    if path is not None and verified is None and "Content-Length" not in said.headers:
        raise unexpected(said, "it has neither a digest nor a length, so it may not be whole")
    download = Download(
        content=content,
        sha256=(content is reply.content and reply.exchange.received.sha256)
        or hashlib.sha256(content).hexdigest(),
        mime=reply.headers.get("Content-Type", ""),
        etag=etag,
        verified=verified,
        exchanges=said.exchanges,
    )
    return download if path is None else replace(download, path=download.save(path))


class _Fetch(Transfer):
    def __init__(self, session: Session, url: TemporaryUrl, limit: int) -> None:
        super().__init__(session, url, "download_file")
        self._limit = limit
        self._came, self._etag = b"", ""  # the file's beginning, and the ETag of all of it
        self.content: bytes | None = None  # all of it
        self.md5 = ""

    def ask(self) -> TemporaryUrl:
        return request_download_url(self.session, self.url.relative_path)

    def _next(self, reply: Reply) -> Instead | None:
        if reply.status == 401:
            return self.renewed(refused=True)
        if not reply.failure and reply.status < 500:
            self._came = b""  # a whole answer to be repeated: damaged, or another file by now
        elif reply.status in (200, 206):
            etag = reply.headers.get("ETag", "")
            good = etag and not etag.startswith("W/") and "Content-Encoding" not in reply.headers
            self._came, self._etag = (self._joined(reply) if good else None) or b"", etag
        return self.renewed() or (self.request(), ())

    def _joined(self, reply: Reply) -> bytes | None:
        """Give the file as far as it has come with *reply*; None: that is no part of it."""
        if reply.status == 200:
            return reply.content
        part = _RANGE.fullmatch(reply.headers.get("Content-Range", ""))
        fits = part and self._came and int(part[1]) == len(self._came)
        same = reply.status == 206 and reply.headers.get("ETag", "") == self._etag
        return self._came + reply.content if fits and same else None

    def _is_damaged(self, reply: Reply) -> bool:
        """Keep what came, and tell whether it is other than storage says."""
        self.content = None
        if reply.status not in (200, 206):
            return reply.status in (412, 416) and bool(self._came)
        self.content = self._joined(reply)
        if self.content is None:
            return True
        self.md5 = hashlib.md5(self.content, usedforsecurity=False).hexdigest()
        return etag_of(reply, self.md5)[1] is False

    def request(self) -> Request:
        rest = {"Range": f"bytes={len(self._came)}-", "If-Match": self._etag}
        return self.about(
            "GET",
            headers=rest if self._came else {},
            limit=self._limit - len(self._came),
            again=self._next,
            flawed=self._is_damaged,
        )
