"""What steps 4 and 7 share: how long a URL lasts, storage's digest, and its one kind of refusal."""

import re
from typing import Any, NoReturn

from ..card import Fact
from ..errors import ExchangeError, TemporaryUrlRejected
from ..exchange import Exchange
from ..session import Session
from ..wire import STORAGE, Instead, Reply, Request
from ._answer import words
from ._result import clock
from .domains import domains_first
from .temporary_url import TemporaryUrl

RENEWALS = 2  # how often one step asks for a new URL, if the policy lets it
_MARGIN = 5.0  # seconds: the service tells its time in whole ones, and requests take theirs
_SPEED = 100_000.0  # bytes a second, as long as no upload was measured: a slow line's
_TELLING = 65_536  # bytes from which on an upload tells of the line, not of the answer's delay
_MD5 = re.compile(r"[0-9a-f]{32}")


class Transfer:
    """One file on its way to or from storage, over the URLs that it takes."""

    def __init__(self, session: Session, url: TemporaryUrl, step: str, size: int = 0) -> None:
        self.session, self.url = session, url
        self._step, self._size = step, size
        method = "PUT" if step == "upload_file" else "GET"
        self._renewals = RENEWALS if session.policy.renew and url.method == method else 0

    def request(self) -> Request:
        """Give what is to be sent now."""
        raise NotImplementedError

    def about(self, method: str, **more: Any) -> Request:
        """Give a request about the file, with no LivePerson token."""
        step = "step 3" if self.url.method == "PUT" else "step 6"
        names = ("relativePath", "temp_url_sig", "temp_url_expires")
        return Request(
            step=self._step,
            service=STORAGE,
            method=method,
            path=self.url.relative_path,
            query=self.url.query,
            origins={**dict.fromkeys(names, step), **more.pop("origins", {})},
            **more,
        )

    def ask(self) -> TemporaryUrl:
        """Ask for a new URL."""
        raise NotImplementedError

    def first(self) -> Instead:
        """Give what to send first, with what had to be asked for it."""
        return self.renewed() or (self.request(), domains_first(self.session))

    def renewed(self, *, refused: bool = False) -> Instead | None:
        """Ask for a new URL if storage *refused* this one, or it would end too soon."""
        if not self._renewals or not (refused or self._ends_too_soon()):
            return None
        self._renewals -= 1
        self.url = self.ask()
        return self.request(), self.url.exchanges

    def _ends_too_soon(self) -> bool:
        left, life = self.url.seconds_left(self.session), self.url.seconds
        if left is None or (life is not None and life <= 0):
            return False  # its end and its answer's Date contradict: only storage can tell
        needed = _MARGIN + self._size / (self.session.upload_speed or _SPEED)
        # where no URL lives long enough, a fresh one is as good as it gets
        return left < (needed if life is None else min(needed, life / 2))

    def compared(self, reply: Reply, size: int, md5: str) -> tuple[str, bool | None, Reply]:
        """
        Compare what storage says with *size* and *md5*; where *reply* has no digest, ask for it.

        A URL for PUT or GET is good for HEAD too (OpenStack Swift's rule; a guess for LivePerson).

        Returns:
            Storage's ETag; whether it agrees, or None if only the size does, if anything was said
            of it; and the last reply.
        """
        etag, agrees = etag_of(reply, md5)
        if agrees is not None or not self.session.policy.looks:
            return etag, agrees, reply
        try:
            said = self.session.send(self.about("HEAD"), reply.exchanges)
        except ExchangeError:
            return etag, None, reply
        told, agrees = etag_of(said, md5) if said.status == 200 else ("", None)
        length = said.headers.get("Content-Length", "") if said.status == 200 else ""
        if agrees is None and length.isdecimal() and int(length) != size:
            agrees = False
        return told or etag, agrees, said


def measure(session: Session, exchange: Exchange) -> None:
    """Learn from an upload how fast the line is."""
    if exchange.sent.size >= _TELLING and exchange.seconds > 0:
        session.upload_speed = exchange.sent.size / exchange.seconds


def etag_fact(etag: str, good: str, bad: str) -> Fact:
    """Show storage's digest: *good* says what agrees with it, or *bad* why it tells nothing."""
    return Fact("ETag", etag, good, "ok") if good else Fact("ETag", etag or "none", bad, "warning")


def etag_of(reply: Reply, md5: str) -> tuple[str, bool | None]:
    """Give storage's ETag, and whether it says *md5*; None where it is no MD5 at all."""
    etag = reply.headers.get("ETag", "").removeprefix("W/").strip('"')
    return etag, etag.lower() == md5 if _MD5.fullmatch(etag.lower()) else None


def refuse_url(session: Session, reply: Reply, url: TemporaryUrl, remedy: str) -> NoReturn:
    """Raise for a 401 of storage, which says the same of expired, altered and mistaken URLs."""
    __tracebackhide__ = True
    method, now = reply.exchange.method, session.now()
    if url.method != method:
        why = f"the URL is signed for {url.method}, not for {method}"
    elif now >= url.expires:
        why = f"it ended at {clock(url.expires)}, and the service's clock says {clock(now)}"
    else:
        why = f"it lasts until {clock(url.expires)}, so its path or signature was altered"
    raise TemporaryUrlRejected(
        f"storage refused the temporary URL (401{words(reply)}): {why}; ask for a new one with "
        f"{remedy}",
        reply.exchange,
    )
