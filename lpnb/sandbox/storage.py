"""swift: objects behind temporary URLs, by OpenStack Swift's rules."""

import math
import secrets
from dataclasses import replace
from urllib.parse import quote

from . import downloads, tempurl, uploads
from .http import Answer, http_date
from .objects import Objects
from .pages import HTML, RULES, page, said
from .sanitise import with_remark
from .site import STORAGE_ACCOUNT_PATH, Site
from .visits import Visit

_FORBIDDEN = ("x-object-manifest", "x-symlink-target", "x-copy-from")
_READABLE = (
    "cache-control, content-language, content-type, etag, expires, last-modified, pragma,"
    " x-openstack-request-id, x-timestamp, x-trans-id"
)


class Storage:
    """
    Decides what each visit gets.

    A visit is first admitted by its head alone, as Swift does: a URL that expires while the body
    is on its way is still good.
    """

    def __init__(self, site: Site, *, quota: int, memory: int) -> None:
        self._site = site
        self.objects = Objects(site.clock, quota=quota, memory=memory)

    def admit(self, visit: Visit) -> Answer | None:
        """Refuse by the head of the request, or give None."""
        if visit.method == "OPTIONS" or not visit.is_signed:
            refusal = _misplaced(visit) or _unauthorised(visit)
        else:
            refusal = self._refusal(visit)
        return refusal and self._marked(refusal)

    def _refusal(self, visit: Visit) -> Answer | None:
        key, now = self._site.storage_key, self._site.clock.now()
        try:
            valid = tempurl.is_valid(key, visit.method, visit.path, visit.query, now)
        except UnicodeError:
            return _NO_TEXT
        if not valid:
            return _invalid(tempurl.why_not(key, visit.method, visit.path, visit.query, now))
        if not self._is_known(visit):
            return _invalid(f"storage has no account but {STORAGE_ACCOUNT_PATH}")
        if visit.method not in ("GET", "HEAD"):
            for name in visit.wishes:
                if name in _FORBIDDEN:
                    text = f"The header '{name.title()}' is not allowed in this tempurl"
                    return said(400, text, html=True)
        if not visit.is_text:
            return _NO_TEXT
        if visit.method == "PUT" and (refusal := _condition_on_upload(visit)):
            return refusal
        if visit.parts[3] != self._site.account:  # there is nothing in it
            return None if visit.method in ("GET", "HEAD") else page(404)
        if not visit.names_object:
            return _invalid("the path ends before any object")
        match visit.method:
            case "POST":
                wishes = visit.wishes
                return uploads.refused_metadata(wishes) or uploads.refused_delete_at(wishes, now)
            case "PUT":
                largest = self._site.guesses["object_size"]
                refusal = uploads.refused_upload(visit, now, largest=largest)
                return refusal or self._already_there(visit)
        return None

    def _is_known(self, visit: Visit) -> bool:
        return visit.path.startswith(STORAGE_ACCOUNT_PATH + "/")

    def _already_there(self, visit: Visit) -> Answer | None:
        taken = "if-none-match" in visit.wishes and visit.path in self.objects
        return page(412) if taken else None

    def answer(self, visit: Visit, content: bytes, md5: str) -> Answer:
        """Carry out an admitted visit; *md5* is the hex digest of *content*."""
        match visit.method:
            case "PUT":
                answer = self._put(visit, content, md5)
            case "GET" | "HEAD":
                answer = downloads.download(visit, self.objects.get(visit.path))
            case "OPTIONS":
                answer = self._options(visit)
            case _ if visit.path not in self.objects:
                answer = page(404)
            case "POST":
                answer = self._post(visit)
            case _:
                self.objects.remove(visit.path)
                answer = Answer(204, b"", HTML, RULES)
        return self._marked(self._shared(visit, answer))

    def _put(self, visit: Visit, content: bytes, md5: str) -> Answer:
        if len(content) > self._site.guesses["object_size"]:  # chunked: known only now
            return page(413, guess="object_size")
        if refusal := self._already_there(visit):  # by now
            return refusal
        now = self._site.clock.now()
        modified = {"Last-Modified": http_date(math.ceil(now))}
        if downloads.unquoted(visit.wishes.get("etag", "")) not in ("", md5):
            return page(422, modified)
        if not self.objects.has_room(visit.path, len(content)):
            return said(413, "Upload exceeds quota.", html=True)
        guess, etag = "", md5
        if self._site.guesses["stored_bytes"] == "re-encoded":
            # The sender hears the digest of what was sent; later readers meet other bytes.
            content, etag = with_remark(content)
            guess = "stored_bytes"
        try:
            self.objects.put(
                visit.path,
                content,
                etag=etag,
                content_type=uploads.media_type(visit.wishes, visit.path),
                created=now,
                headers=uploads.remembered(visit.wishes, now),
            )
        except OSError:  # the disk is full, or the folder is gone
            return page(503)
        return Answer(201, b"", HTML | {"Etag": md5} | modified, guess)

    def _post(self, visit: Visit) -> Answer:
        now = self._site.clock.now()
        self.objects.change(
            visit.path,
            content_type=visit.wishes.get("content-type") or self.objects[visit.path].content_type,
            created=now,
            headers=uploads.remembered(visit.wishes, now),
        )
        return page(202)

    def refuse(self, status: int) -> Answer:
        """Refuse as storage does with *status*, for whatever reason."""
        return self._marked(page(status))

    def stop(self) -> None:
        """Let go of every object, and of the folder that some may lie in."""
        self.objects.close()

    def _options(self, visit: Visit) -> Answer:
        methods = _methods(visit)
        if visit.names_object:  # COPY is there for who has a token; no temporary URL allows it
            methods = ("COPY", *methods)
        allowed = {"Allow": ", ".join(methods)}
        container = "/".join(visit.parts[3:4])
        if "origin" not in visit.wishes or not container:
            return Answer(200, b"", HTML | allowed, RULES)
        known = self._is_known(visit) and container == self._site.account
        wanted = visit.wishes.get("access-control-request-method", "")
        if self._site.guesses["storage_cors"] != "open" or not known or wanted not in methods:
            why = "no web page may ask this: the guess storage_cors, the container, or the method"
            return replace(page(401, allowed, guess="storage_cors"), warnings=(why,))
        allowed["Access-Control-Allow-Origin"] = "*"
        allowed["Access-Control-Allow-Methods"] = ", ".join(methods)
        if asked := visit.wishes.get("access-control-request-headers"):
            allowed["Access-Control-Allow-Headers"] = asked
            allowed["Vary"] = "Access-Control-Request-Headers"
        return Answer(200, b"", allowed, "storage_cors")

    def _shared(self, visit: Visit, answer: Answer) -> Answer:
        """Let web pages read *answer* if it is a good one."""
        good = answer.status < 400 and visit.method != "OPTIONS"
        if not (good and "origin" in visit.wishes and self._site.guesses["storage_cors"] == "open"):
            return answer
        own = [name.lower() for name in answer.headers if name.startswith("X-Object-Meta-")]
        readable = {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": ", ".join([_READABLE, *own]),
        }
        return replace(answer, headers={**answer.headers, **readable}, guess="storage_cors")

    def _marked(self, answer: Answer) -> Answer:
        """Give *answer* a transaction's number, as Swift does with each."""
        number = f"tx{secrets.token_hex(11)[:21]}-{int(self._site.clock.now()):010x}"
        marks = {"X-Trans-Id": number, "X-Openstack-Request-Id": number}
        return replace(answer, headers={**answer.headers, **marks})


_NO_TEXT = said(412, "Invalid UTF8 or contains NULL", html=True)


def _invalid(why: str) -> Answer:
    headers = HTML | {"Www-Authenticate": 'Swift realm="unknown"'}
    return Answer(401, b"401 Unauthorized: Temp URL invalid\n", headers, warnings=(why,))


def _misplaced(visit: Visit) -> Answer | None:
    """Refuse what is no address at all, before anyone asks who is visiting."""
    if not visit.is_text:
        return _NO_TEXT
    parts = visit.parts
    if parts[0] or "" in parts[1:-1] or visit.path == "/":
        return page(404)
    if len(parts) < 3 or not parts[2]:
        return said(412, "Bad URL", html=True)
    if parts[1] not in ("v1", "v1.0"):
        return page(400)
    if visit.method not in (methods := _methods(visit)):
        return page(405, {"Allow": ", ".join(methods)})
    return None


def _methods(visit: Visit) -> tuple[str, ...]:
    in_container = len(visit.parts) > 3 and visit.parts[3]
    return ("GET", "HEAD", "OPTIONS", "POST", *(("DELETE", "PUT") if in_container else ()))


def _unauthorised(visit: Visit) -> Answer | None:
    if visit.method == "OPTIONS" and visit.parts[2].startswith("AUTH_"):
        return None
    if visit.method == "PUT" and visit.names_object and (refusal := _condition_on_upload(visit)):
        return refusal
    realm = "unknown" if visit.parts[2] in ("auth", "v1.0") else quote(visit.parts[2])
    why = "the URL lacks temp_url_sig and temp_url_expires"
    if visit.is_signed:
        why = "no account of storage's is called so"
    refusal = page(401, {"Www-Authenticate": f'Swift realm="{realm}"'}, guess="")
    return replace(refusal, warnings=(why,))


def _condition_on_upload(visit: Visit) -> Answer | None:
    given = visit.wishes.get("if-none-match")
    if given is None or "*" in downloads.tags(given):
        return None
    return said(400, "If-None-Match only supports *")
