"""What steps 4 and 7 share: storage's digest, and its one refusal that has many causes."""

import re
from typing import NoReturn

from ..errors import TemporaryUrlRejected
from ..session import Session
from ..wire import Reply
from ._answer import words
from ._result import clock
from .temporary_url import TemporaryUrl

_MD5 = re.compile(r"[0-9a-f]{32}")


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
