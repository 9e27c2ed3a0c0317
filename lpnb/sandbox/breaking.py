"""A call that faults break: what is done before it, to it, and to its answer, in this order."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .damage import corrupted, damaged, delivery
from .effects import EARLY, INSTEAD, together
from .faults import Breakage
from .http import Answer, Request, http_date, md5_of, read_json
from .reading import Interrupted, Severed, Stream
from .refusals import refusal
from .tempurl import read_expires
from .tokens import SPOILT

if TYPE_CHECKING:
    from .backend import Backend
    from .door import Admission

_CREDENTIALS = {
    "token": "authorization",
    "consumer": "x-lp-on-behalf",
    "url": "temp_url_sig",
    "session": "cookie",
    "secret": "client_secret",
}
_PASSING = {"advance", "expire", "delay"}  # what lets time pass, or may
_Wait = Callable[[float], object]


class Breaking:
    """Carries out what the rules that fire on a call say, with the means the backend has."""

    def __init__(self, backend: "Backend") -> None:
        self._backend = backend
        self.expired: set[str] = set()  # credentials that count no more, before their time

    def early(self, admission: "Admission", wait: _Wait) -> "Admission":
        """Break what can be broken before the body is read; faults that are not early wait."""
        if admission.service == "control":
            return admission
        backend, headers = self._backend, admission.request.headers
        body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        with backend.lock:
            broken = backend.faults.due(
                admission.service, admission.type_of(None), early=True, body=body
            )
        do = broken.at("request") if broken else {}
        self._act(do, admission, wait)
        late = not _PASSING.isdisjoint(do)
        return replace(self._again(admission, late=late), early=broken)

    def watched(self, admission: "Admission", stream: Stream, wait: _Wait) -> Stream:
        """
        Give *stream* such that reading it ends where a fault is to break it.

        Raises:
            Severed: it is not to be read at all.
        """
        broken = admission.early
        if broken is None:
            return stream
        if INSTEAD & set(broken.at("request")):
            raise Severed(self._severed(broken, admission))
        place = broken.place("upload")
        if place is None:
            return stream
        size, at = int(admission.request.headers.get("content-length", "0")), place[1]
        do = broken.at("upload")

        def reached() -> None:
            self._act(do, admission, wait)
            if INSTEAD & set(do):
                raise Severed(self._severed(broken, admission))

        left = int(at * size) if isinstance(at, float) else min(at, size or at)
        return Interrupted(stream, left, reached)

    def _severed(self, broken: Breakage, admission: "Admission") -> Answer:
        do = broken.at(*EARLY)
        answer = damaged(self._instead(do, admission, b""), do, self._backend.site.clock.now())
        return delivery(answer, broken, do, linger=True)

    def answer(
        self, broken: Breakage, admission: "Admission", content: bytes, md5: str, *, wait: _Wait
    ) -> Answer:
        """Answer a request whose body is *content* as the rules in *broken* will have it."""
        before, after = broken.at("before"), broken.at("after")
        instead = bool(INSTEAD & set(before))
        self._act(before, admission, wait)
        others = {"ignore_range": "ignore_range" in before, "late": "expire" in before}
        admission = self._again(admission, **others)
        if instead:
            answer = self._instead(before, admission, content)
        else:
            if "corrupt" in before:
                content = corrupted(content, before["corrupt"])
                md5 = md5_of(content)
            answer = self._backend.carry_out(admission, content, md5)
        now = self._backend.site.clock.now()
        if {"advance", "expire"} & set(after):  # time passes that the answer does not know of
            answer = replace(answer, headers={"Date": http_date(now), **answer.headers})
        self._act(after, admission, wait=None)
        if 200 <= after.get("status", 0) < 300:  # another good status, and the rest as it was
            body = b"" if after["status"] == 204 else answer.body
            answer = replace(answer, status=after["status"], body=body)
        elif {"status", "redirect"} & set(after):
            answer = self._instead(after, admission, content)
        do = together([before, after] if instead else [after])
        return delivery(damaged(answer, do, now), broken, do, delay=after.get("delay", 0.0))

    def renew(self, answer: Answer) -> None:
        """Let a credential count again that *answer* has given out anew."""
        self.expired = {each for each in self.expired if each.encode() not in answer.body}

    def _act(self, do: Mapping[str, Any], admission: "Admission", wait: _Wait | None) -> None:
        """Do to the world what *do* says; with no *wait* a delay is the answer's."""
        request, visit, backend = admission.request, admission.visit, self._backend
        if wait and "delay" in do:
            wait(do["delay"])
        clock, passing = backend.site.clock, do.get("advance", 0)
        if do.get("expire") == "url":
            if visit and not admission.refusal:  # it ends as any does: its time is over
                end = read_expires(request.query.get("temp_url_expires", ""))
                passing += max(0, end + 1 - clock.now())
        elif "expire" in do:
            held = request.headers.get(_CREDENTIALS[do["expire"]])
            if held:
                self.expired.add(held)
        if "change_object" in do and visit:
            with backend.lock:
                stored = backend.storage.objects.get(visit.path)
                other = corrupted(stored.content, -1) if stored else b""
                md5 = md5_of(other)
                backend.storage.answer(replace(visit, method="PUT", wishes={}), other, md5)
        if passing:
            with suppress(ValueError):  # a clock at the end of its years stays there
                clock.advance(passing)

    def _instead(self, do: Mapping[str, Any], admission: "Admission", content: bytes) -> Answer:
        status = do.get("status", 302 if "redirect" in do else 200)
        if status == 401:
            answer = self._unauthorised(admission, content)
            if answer.status == 401:
                return answer
        backend = self._backend
        payload = read_json(content) if content else None
        return refusal(backend.site, backend.storage, admission.service, status, payload)

    def _unauthorised(self, admission: "Admission", content: bytes) -> Answer:
        """Let the service itself refuse the call, all its credentials being spoilt."""
        site = self._backend.site
        for secret in (site.password, site.client_secret):
            content = content.replace(secret.encode(), SPOILT.encode())
        spoilt = self._anew(admission, _spoilt(admission.request, None))
        # The journal names the fault; that the credentials are spoilt is only how it is done.
        return replace(self._backend.carry_out(spoilt, content, ""), warnings=())

    def _again(
        self, admission: "Admission", *, ignore_range: bool = False, late: bool = False
    ) -> "Admission":
        """
        Give the admission of a request that has less to show than it came with.

        Args:
            late: whether time has passed since, which storage is to take note of.
        """
        request = _spoilt(admission.request, self.expired) if self.expired else admission.request
        if ignore_range:
            others = {name: each for name, each in request.headers.items() if name != "range"}
            request = replace(request, headers=others)
        unchanged = request == admission.request and not (late and admission.visit)
        return admission if unchanged else self._anew(admission, request)

    def _anew(self, admission: "Admission", request: Request) -> "Admission":
        if admission.visit:  # storage looks at credentials before the body is read
            return self._backend.admit(request)
        return replace(admission, request=request)


def _spoilt(request: Request, credentials: set[str] | None) -> Request:
    """Give *request* with its *credentials* changed; None: all there are."""

    def spoil(given: Mapping[str, str]) -> dict[str, str]:
        return {
            name: value + SPOILT
            if name in _CREDENTIALS.values() and (credentials is None or value in credentials)
            else value
            for name, value in given.items()
        }

    return replace(request, headers=spoil(request.headers), query=spoil(request.query))
