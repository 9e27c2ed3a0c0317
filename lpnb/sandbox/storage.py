"""swift: objects behind temporary URLs, by OpenStack Swift's rules; in memory."""

import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_to_bytes

from . import tempurl
from .http import Answer, http_date
from .sanitise import with_remark
from .site import STORAGE_ACCOUNT_PATH, Site

_HTML = {"Content-Type": "text/html; charset=UTF-8"}
_PLAIN = {"Content-Type": "text/plain; charset=UTF-8"}
_PAGES = {
    202: ("Accepted", "The request is accepted for processing."),
    401: (
        "Unauthorized",
        "This server could not verify that you are authorized to access the document you"
        " requested.",
    ),
    403: ("Forbidden", "Access was denied to this resource."),
    404: ("Not Found", "The resource could not be found."),
    413: ("Request Entity Too Large", "The body of your request was too large for this server."),
    416: ("Requested Range Not Satisfiable", "The Range requested is not available."),
    422: ("Unprocessable Entity", "Unable to process the contained instructions"),
    500: (
        "Internal Error",
        "The server has either erred or is incapable of performing the requested operation.",
    ),
    502: ("Bad Gateway", "Bad gateway."),
    503: (
        "Service Unavailable",
        "The server is currently unavailable. Please try again at a later time.",
    ),
    504: ("Gateway Timeout", "A timeout has occurred speaking to a backend server."),
}
_CONTENT_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "txt": "text/plain",
}
_FORBIDDEN = ("x-object-manifest", "x-symlink-target", "x-copy-from")
_METHODS = "DELETE, GET, HEAD, OPTIONS, POST, PUT"


@dataclass(frozen=True, slots=True)
class StoredObject:
    """The bytes under one path, and what is remembered about them."""

    content: bytes = field(repr=False)
    etag: str
    content_type: str
    created: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """
    One request to storage, in plain values.

    Args:
        path: decoded, every slash in place.
        wishes: the headers storage looks at, by lower-case name.
    """

    method: str
    path: str
    query: Mapping[str, str]
    wishes: Mapping[str, str]

    @classmethod
    def to(
        cls, method: str, path: str, *, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> "Visit | None":
        """Decode *path*, or give None when it can't be one."""
        try:
            decoded = unquote_to_bytes(path.encode("latin-1")).decode()
        except UnicodeDecodeError:
            return None
        return (
            None
            if "\0" in decoded
            else cls(method=method, path=decoded, query=query, wishes=headers)
        )


class Storage:
    """
    Keeps the objects and decides what each visit gets.

    A visit is first admitted by its head alone, as Swift does: a URL that expires while the body
    is on its way is still good.
    """

    def __init__(self, site: Site, *, quota: int) -> None:
        self._site = site
        self._quota = quota
        self._container = f"{STORAGE_ACCOUNT_PATH}/{site.account}/"
        self.objects: dict[str, StoredObject] = {}

    def admit(self, visit: Visit | None) -> Answer | None:
        """Refuse by the head of the request, or give None."""
        if visit is None:
            return self._finish(Answer(412, b"Invalid UTF8 or contains NULL", _PLAIN))
        if visit.method == "OPTIONS":
            return None  # the signature is not asked of preflights
        signature, expires = (visit.query.get(f"temp_url_{name}") for name in ("sig", "expires"))
        if signature is None and expires is None:
            realm = {"Www-Authenticate": f'Swift realm="{STORAGE_ACCOUNT_PATH[4:]}"'}
            return self._finish(_page(401, realm), guess="")
        key, now = self._site.storage_key, self._site.clock.now()
        parts = visit.path.split("/", 4)
        known = parts[:2] == ["", "v1"] and "/".join(parts[:3]) == STORAGE_ACCOUNT_PATH
        named = known and len(parts) == 5 and parts[3] and parts[4].strip("/")
        if not named or not tempurl.is_valid(
            key, visit.method, visit.path, signature or "", expires or "", now
        ):
            realm = {"Www-Authenticate": 'Swift realm="unknown"'}
            body = b"401 Unauthorized: Temp URL invalid\n"
            return self._finish(Answer(401, body, _HTML | realm), guess="")
        if not visit.path.startswith(self._container):
            return self._finish(_page(404))
        return self._admit_body(visit) if visit.method in ("PUT", "POST") else None

    def _admit_body(self, visit: Visit) -> Answer | None:
        for name in _FORBIDDEN:
            if name in visit.wishes:
                text = f"The header '{name.title()}' is not allowed in this tempurl"
                return self._finish(Answer(400, text.encode(), _HTML))
        length = visit.wishes.get("content-length")
        if visit.method != "PUT" or "transfer-encoding" in visit.wishes:
            return None
        if length is None:
            return self._finish(Answer(411, b"Missing Content-Length header.", _PLAIN))
        if int(length) > self._site.guesses["object_size"]:
            return self._finish(Answer(413, b"Your request is too large.", _PLAIN), "object_size")
        if visit.wishes.get("if-none-match", "*") != "*":
            return self._finish(Answer(400, b"If-None-Match only supports *", _PLAIN))
        return None

    def answer(self, visit: Visit, content: bytes, md5: str) -> Answer:
        """Carry out an admitted visit; *md5* is the hex digest of *content*."""
        match visit.method:
            case "PUT":
                return self._put(visit, content, md5)
            case "GET" | "HEAD":
                return self._get(visit)
            case "POST" | "DELETE" if visit.path in self.objects:
                if visit.method == "POST":
                    return self._finish(_page(202))
                del self.objects[visit.path]
                return self._finish(Answer(204))
            case "OPTIONS":
                return self._options(visit)
        return self._finish(_page(404))

    def _put(self, visit: Visit, content: bytes, md5: str) -> Answer:
        if len(content) > self._site.guesses["object_size"]:  # chunked: known only now
            return self._finish(_page(413), "object_size")
        if "if-none-match" in visit.wishes and visit.path in self.objects:
            return self._finish(Answer(412))
        claimed = visit.wishes.get("etag", md5).strip('"')
        if claimed.lower() != md5:
            return self._finish(_page(422))
        others = sum(len(each.content) for path, each in self.objects.items() if path != visit.path)
        if others + len(content) > self._quota:
            return self._finish(Answer(413, b"Upload exceeds quota.", _HTML))
        extension = visit.path.rpartition(".")[2].lower()
        kind = visit.wishes.get("content-type") or _CONTENT_TYPES.get(
            extension, "application/octet-stream"
        )
        now = self._site.clock.now()
        guess, etag = "", md5
        if self._site.guesses["stored_bytes"] == "re-encoded":
            # The sender hears the digest of what was sent; later readers meet other bytes.
            content, etag = with_remark(content)
            guess = "stored_bytes"
        self.objects[visit.path] = StoredObject(content, etag, kind, now)
        headers = {"Etag": md5, "Last-Modified": http_date(math.ceil(now))}
        return self._finish(self._for_pages(visit, Answer(201, b"", _HTML | headers)), guess)

    def _get(self, visit: Visit) -> Answer:
        stored = self.objects.get(visit.path)
        if stored is None:
            return self._finish(_page(404))
        headers = {
            "Content-Type": stored.content_type,
            "Etag": stored.etag,
            "Last-Modified": http_date(math.ceil(stored.created)),
            "X-Timestamp": f"{stored.created:.5f}",
            "Accept-Ranges": "bytes",
        }
        if stored.etag in _tags(visit, "if-none-match"):
            return self._finish(Answer(304, b"", headers))
        if "if-match" in visit.wishes and not {stored.etag, "*"} & _tags(visit, "if-match"):
            return self._finish(Answer(412, b"", headers))
        size = len(stored.content)
        extra = {
            "Content-Disposition": _disposition(visit),
            "Expires": http_date(int(visit.query["temp_url_expires"])),
        }
        asked = visit.wishes.get("range", "") if visit.method == "GET" else ""
        part = _byte_range(asked, size)
        if part is None:
            whole = Answer(200, stored.content, headers | extra)
            guess = "" if visit.method == "GET" and not asked else "storage_rules"
            return self._finish(self._for_pages(visit, whole), guess)
        if part[0] >= part[1]:
            page = _page(416)
            refused = headers | {"Content-Range": f"bytes */{size}"}
            return self._finish(Answer(416, page.body, refused))
        headers |= extra | {"Content-Range": f"bytes {part[0]}-{part[1] - 1}/{size}"}
        piece = Answer(206, stored.content[slice(*part)], headers)
        return self._finish(self._for_pages(visit, piece))

    def refuse(self, status: int) -> Answer:
        """Refuse as storage does with *status*, for whatever reason."""
        return self._finish(_page(status) if status in _PAGES else Answer(status, b"", _HTML))

    def _options(self, visit: Visit) -> Answer:
        allowed = {"Allow": _METHODS}
        if "origin" not in visit.wishes or "access-control-request-method" not in visit.wishes:
            return self._finish(Answer(200, b"", allowed))
        if self._site.guesses["storage_cors"] != "open":
            return self._finish(_page(401, allowed), "storage_cors")
        allowed["Access-Control-Allow-Origin"] = "*"
        allowed["Access-Control-Allow-Methods"] = _METHODS
        if asked := visit.wishes.get("access-control-request-headers"):
            allowed["Access-Control-Allow-Headers"] = asked
        return self._finish(Answer(200, b"", allowed), "storage_cors")

    def _for_pages(self, visit: Visit, answer: Answer) -> Answer:
        """Let web pages read a good answer; a refusal never says they may."""
        if "origin" not in visit.wishes or self._site.guesses["storage_cors"] != "open":
            return answer
        readable = {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": "etag, last-modified, x-timestamp, x-trans-id",
        }
        return Answer(answer.status, answer.body, {**answer.headers, **readable}, "storage_cors")

    def _finish(self, answer: Answer, guess: str = "storage_rules") -> Answer:
        transaction = f"tx{secrets.token_hex(11)[:21]}-{int(self._site.clock.now()):010x}"
        marks = {"X-Trans-Id": transaction, "X-Openstack-Request-Id": transaction}
        headers = {**answer.headers, **marks}
        return Answer(answer.status, answer.body, headers, guess or answer.guess)


def _page(status: int, headers: Mapping[str, str] | None = None) -> Answer:
    title, text = _PAGES[status]
    body = f"<html><h1>{title}</h1><p>{text}</p></html>".encode()
    return Answer(status, body, _HTML | dict(headers or {}))


def _tags(visit: Visit, name: str) -> set[str]:
    return {tag.strip().strip('"') for tag in visit.wishes.get(name, "").split(",")}


def _disposition(visit: Visit) -> str:
    name = visit.query.get("filename")
    kind = "inline" if "inline" in visit.query else "attachment"
    if kind == "inline" and not name:
        return kind
    name = name or visit.path.rstrip("/").rpartition("/")[2]
    return f"{kind}; filename=\"{quote(name, safe=' /')}\"; filename*=UTF-8''{quote(name)}"


def _byte_range(asked: str, size: int) -> tuple[int, int] | None:
    """Read one ``bytes=`` range as a half-open pair, empty if beyond the end; None: the whole."""
    unit, _, spec = asked.partition("=")
    first, dash, last = spec.strip().partition("-")
    numbers = all(each == "" or (each.isascii() and each.isdigit()) for each in (first, last))
    if unit.strip() != "bytes" or not dash or not numbers or not first + last:
        return None  # several ranges at once are not stood in for
    if not first:
        return (max(0, size - int(last)), size) if int(last) else (size, size)
    if last and int(last) < int(first):
        return None
    return int(first), min(size, int(last) + 1 if last else size)
