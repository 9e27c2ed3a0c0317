"""Steps 6 and 7 of the guide: ask where a published file may be fetched, and fetch it."""

import hashlib
import os
import re
import stat
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..card import Card, Fact, Picture, Shown
from ..errors import ContentMismatch, InputError
from ..exchange import Exchange
from ..session import Session
from ..wire import STORAGE, Reply, Request, storage_path
from ._answer import accepted, unexpected
from ._given import expect
from ._message import ask
from ._result import StepResult
from ._storage import etag_of, refuse_url
from .published import Publication
from .temporary_url import TemporaryUrl, temporary_url
from .upload import StoredFile

DOWNLOAD_LIMIT = 10_485_760  # bytes; documented files have at most 3 MB, later ones 5 MB


Outcome = Literal["identical", "storage digest only", "mismatch", "not compared"]
_SHA256 = re.compile(r"[0-9a-f]{64}")
_OUTCOMES: Mapping[Outcome, str] = {
    "identical": "the bytes that came back are the very bytes that were sent",
    "storage digest only": (
        "the bytes match storage's own digest, but not the file that was sent: the service may "
        "have encoded the picture anew, as LivePerson says it does for safety (or the digest to "
        "compare with is another file's)"
    ),
    "mismatch": "the bytes match neither the file that was sent nor a digest of storage",
    "not compared": "the file that was sent is not known here, so there is nothing to compare with",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Shown):
    """
    What was sent beside what came back; ``.outcome`` is one of four verdicts, `meaning` says it.
    """

    outcome: Outcome
    sent_sha256: str | None
    received_sha256: str
    content: bytes = field(repr=False, compare=False)

    @property
    def identical(self) -> bool:
        """Whether the very bytes came back that were sent."""
        return self.outcome == "identical"

    @property
    def meaning(self) -> str:
        """The outcome in a sentence."""
        return _OUTCOMES[self.outcome]

    def card(self) -> Card:
        """The verdict with both digests, and the picture."""
        return Card(
            title=f"Compared: {self.outcome}",
            verdict="ok" if self.identical else "warning",
            summary=self.meaning,
            facts=(
                Fact("sent", self.sent_sha256 or "not known here", "SHA-256 of the bytes we sent"),
                Fact("received", self.received_sha256, "SHA-256 of the bytes that came back"),
            ),
            pictures=(Picture(self.content, "the picture that came back"),),
        )


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

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.content)

    def facts(self) -> tuple[Fact, ...]:
        return (
            Fact("size", f"{self.size:,} bytes", "as many as arrived"),
            Fact("SHA-256", self.sha256, "of the bytes that arrived"),
            Fact("ETag", self.etag, "storage's MD5 equals that of the bytes that arrived", "ok")
            if self.verified
            else Fact("ETag", self.etag or "none", "no digest to compare with", "warning"),
        )

    def pictures(self) -> tuple[Picture, ...]:
        return (Picture(self.content, "the picture that came back"),)

    def compare(self, sent_sha256: str | None) -> Comparison:
        """
        Compare with what was sent, by its SHA-256; None where that is not known.

        Raises:
            InputError: *sent_sha256* is no SHA-256 in hex.
        """
        if sent_sha256 is not None and not _SHA256.fullmatch(sent_sha256):
            raise InputError("compare takes a SHA-256, 64 hex digits: take image.sha256")
        outcome: Outcome = "storage digest only" if self.verified else "mismatch"
        if sent_sha256 is None:
            outcome = "not compared"
        elif sent_sha256 == self.sha256:
            outcome = "identical"
        return Comparison(
            outcome=outcome,
            sent_sha256=sent_sha256,
            received_sha256=self.sha256,
            content=self.content,
        )

    def save(self, path: str | os.PathLike[str]) -> Path:
        """
        Write the bytes to *path*, whole or not at all, and give the path.

        Raises:
            InputError: it can't be written there; the reason is given.
        """
        target = Path(path)
        mode = check_place(target)
        partial = target.with_name(f".{uuid.uuid4()}.part")
        try:
            try:
                partial.write_bytes(self.content)
                if mode is not None:
                    partial.chmod(mode)
                partial.replace(target)
            finally:
                partial.unlink(missing_ok=True)
        except OSError as error:
            reason = error.strerror
        else:
            return target
        raise InputError(f"can't write {target}: {reason}; choose another place")


def check_place(path: Path) -> int | None:
    """
    Check that a file can be saved at *path*; give the mode of the one that is there, if any.

    Raises:
        InputError: it can't; the reason is given.
    """
    mode = None
    reason = "" if os.access(path.parent, os.W_OK) else "its folder is missing or can't be written"
    try:
        mode = path.lstat().st_mode
        if not stat.S_ISREG(mode):
            reason = "a link, a folder or a device is there"
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no file can have this name"
    if reason:
        raise InputError(f"can't save {str(path)[:80]!r} ({reason}): choose another place")
    return None if mode is None else stat.S_IMODE(mode)


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
    path = getattr(stored, "relative_path", stored)
    if storage_path(path) is None:
        shown = repr(path[:80]) if isinstance(path, str) else f"a {type(path).__name__}"
        raise InputError(
            f"{shown} is no relativePath: take it from step 3, 4 or 5 or from "
            "a message; it begins with /v1/"
        )
    origin = {Publication: "step 5", StoredFile: "step 4"}.get(type(stored), "you")

    def asking(before: tuple[Exchange, ...]) -> Reply:
        return ask(
            session,
            "request_download_url",
            "ms.GenerateURLForDownloadFile",
            {"relativePath": path},
            asked="give a download URL",
            advice="check that the file was published in a conversation of this consumer",
            origins={"relativePath": origin},
            before=before,
        )

    return temporary_url(session, asking, "GET")


def download_file(session: Session, url: TemporaryUrl, *, limit: int = DOWNLOAD_LIMIT) -> Download:
    """
    Fetch a file from storage at *url*, and check it against storage's own digest.

    Step 7 of the guide: a GET. No LivePerson token goes along.

    Args:
        limit: bytes that the file may have.

    Raises:
        TemporaryUrlRejected: the URL has expired, or is not one for downloading.
        NotFound: there is no such file in storage.
        AnswerTooLong: it has more bytes than *limit*.
        ContentMismatch: what arrived is not what storage has.
    """
    expect(session=(session, Session), url=(url, TemporaryUrl))
    reply = session.send(
        Request(
            step="download_file",
            service=STORAGE,
            method="GET",
            path=url.relative_path,
            query=url.query,
            origins={
                "relativePath": "step 6",
                "temp_url_sig": "step 6",
                "temp_url_expires": "step 6",
            },
            limit=limit,
        )
    )
    if reply.status == 401:
        refuse_url(session, reply, url, "request_download_url(session, stored)")
    accepted(reply, asked="give the file", advice="it was never uploaded, or has been removed")
    if reply.status != 200:
        raise unexpected(reply, "200 is documented for a whole file")
    md5 = hashlib.md5(reply.content, usedforsecurity=False).hexdigest()
    etag, verified = etag_of(reply, md5)
    if verified is False:
        raise ContentMismatch(
            f"what arrived is not what storage has: its digest is {etag}, that of the "
            f"{len(reply.content):,} bytes here {md5}; ask for a new URL and download again",
            reply.exchange,
        )
    return Download(
        content=reply.content,
        sha256=reply.exchange.received.sha256 or hashlib.sha256(reply.content).hexdigest(),
        mime=reply.headers.get("Content-Type", ""),
        etag=etag,
        verified=verified,
        exchanges=reply.exchanges,
    )
