"""The one place that opens a socket: a session sends requests and keeps its tokens to itself."""

import contextlib
import hashlib
import json
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3
from requests.structures import CaseInsensitiveDict
from requests.utils import get_environ_proxies

from .account import Account, plain
from .card import Card, Fact, Shown
from .errors import AnswerTooLong, ConnectionFailed, DeadlineExceeded, InputError
from .exchange import Body, Exchange
from .retry import PATIENT, Budget, Clock, RetryPolicy, Skew
from .secret import Cover, Secret, reveal
from .transport import BROKEN_OFF, TOO_LATE, TOO_LONG, DeadlineAdapter, in_words
from .wire import DOMAIN_API, Reply, Request, known_as

_CHUNK = 262_144
_TEXT = 2_000  # characters of an answer's text that are shown
_BUILT = (
    "The sandbox is built from LivePerson's public documentation. Where that leaves something open "
    "it guesses, and the card of such an answer says so. No real account was ever tried."
)
_PERHAPS_DONE = "it may have been done all the same: look before you try again"
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


@dataclass(slots=True, repr=False)
class Tokens:
    """The two tokens that speak for a consumer, and when the first one ends (epoch seconds)."""

    app_jwt: Secret | None = None
    app_jwt_ends: float = 0.0
    consumer_jws: Secret | None = None


class Session(Shown):
    """
    A connection to one account: sends every request, owns the tokens, covers the secrets.

    Made by `connect`. Steps take it as their first argument.

    Args:
        account: whom to speak for.
        mode: ``"SANDBOX"`` or ``"LIVE"``, in words on every card.
        sandbox: the `Sandbox` behind it, or None; no step reads it.
        features: what ``Client-Properties`` declares, on every messaging call the same; empty
            leaves the header out.
        deadline: seconds that one answer may take in all.
        policy: what is repeated and when; LivePerson's own rules by default.
        clock: where time and waiting come from.
    """

    def __init__(
        self,
        account: Account,
        *,
        mode: str = "LIVE",
        sandbox: Any = None,
        consumer: str | None = None,
        features: tuple[str, ...] = ("PHOTO_SHARING",),
        deadline: float = 30.0,
        policy: RetryPolicy = PATIENT,
        clock: Clock | None = None,
    ) -> None:
        self.account = account
        self.mode = mode
        self.sandbox = sandbox
        given = consumer if consumer is not None else account.consumer
        self.consumer = plain(given, "consumer") if given is not None else f"lpnb-{uuid.uuid4()}"
        self.features = features
        self.deadline = deadline
        self.policy = policy
        self.clock = clock or Clock()
        self.budget = Budget()
        self.skew: Skew | None = None  # of the service's clock; None before the first answer
        self.domains: dict[str, str] = {}
        self.tokens = Tokens()
        self.lock = threading.RLock()  # forms call from other threads than cells do
        self.cover = Cover()
        for secret in (account.client_secret, account.password):
            self.cover.learn(secret, keep=True)
        self._http = requests.Session()
        self._http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._http.mount("http://", DeadlineAdapter())
        self._http.mount("https://", DeadlineAdapter())

    def now(self) -> float:
        """The service's own time in epoch seconds, as its last ``Date`` told it."""
        return self.clock.time() + (self.skew.seconds if self.skew else 0.0)

    def base(self, service: str) -> str:
        """The base URL of *service*, without a slash at the end."""
        if service == DOMAIN_API:
            return self.account.domain_api
        if service not in self.domains:
            raise InputError(
                f"the account's domains have no service {service!r}: look at "
                "find_domains(session), and ask LivePerson whether the account has it"
            )
        return self.domains[service]

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def send(self, request: Request, before: tuple[Exchange, ...] = ()) -> Reply:
        """
        Send *request* and give the whole answer, whatever its status; *before* is what led to it.

        Raises:
            ConnectionFailed: no whole answer came, `DeadlineExceeded` if it took too long.
            AnswerTooLong: it has more bytes than the request allows.
        """
        __tracebackhide__ = True
        reply = self._attempt(
            request, before
        )  # apart, so that no traceback's locals hold what was sent
        if not reply.failure:
            return reply
        exchange = reply.exchange
        who = known_as(request.service)
        where = f"{request.step} got no whole answer from {who} at {exchange.host}"
        if reply.failure == TOO_LATE:
            advice = _PERHAPS_DONE if request.once else "try again"
            raise DeadlineExceeded(
                f"{where} within {self.deadline:g} s: {advice}, or set session.deadline higher",
                exchange,
            )
        if reply.failure == TOO_LONG:
            raise AnswerTooLong(
                f"{exchange.host} answered {request.step} with more than {request.limit:,} bytes, "
                "so reading stopped: check that the host is right",
                exchange,
            )
        advice = "see that the sandbox or server there still runs, and what it speaks"
        if not self.account.loopback:
            advice = "check the network, then run the step again"
        if reply.failure == BROKEN_OFF:
            advice = _PERHAPS_DONE if request.once else "run the step again"
        raise ConnectionFailed(f"{where}: {reply.failure}; {advice}", exchange)

    def _attempt(self, request: Request, earlier: tuple[Exchange, ...]) -> Reply:
        base, body = self.base(request.service), request.body()
        started, status, content, failure = time.perf_counter(), None, b"", ""
        headers: Mapping[str, str] = {}
        try:
            with self._open(request, request.target(base), body) as response:
                status, headers = response.status_code, response.headers
                pieces, size = [], 0
                for piece in response.raw.stream(_CHUNK, decode_content=True):
                    pieces.append(piece)
                    size += len(piece)
                    if size > request.limit:
                        failure = TOO_LONG
                        break
                content = b"".join(pieces)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as e:
            failure = in_words(e)
        seconds = time.perf_counter() - started
        if "Date" in headers:
            self._learn_time(headers["Date"])
        cover = self.cover
        received_headers = tuple((cover.text(n), cover.header(n, v)) for n, v in headers.items())
        cookies = headers.get("Set-Cookie", "")
        headers = CaseInsensitiveDict(received_headers)  # a step may show what it reads there
        value, received = _read_body(cover, headers.get("Content-Type", ""), content)
        exchange = Exchange(
            step=request.step,
            service=request.service,
            mode=self.mode,
            method=request.method,
            url=request.target(base, shown=True),
            type=request.type,
            origins=request.origins,
            sent_headers=tuple((n, cover.header(n, v)) for n, v in request.all_headers.items()),
            sent=_sent_body(cover, request, len(body or b"")),
            status=status,
            reason=failure or _PHRASES.get(status or 0, ""),
            received_headers=received_headers,
            received=received,
            seconds=seconds,
            guess=headers.get("X-Sandbox-Guess", ""),
            earlier=earlier,
        )
        return Reply(status or 0, headers, content, value, exchange, cookies, failure=failure)

    def _open(self, request: Request, url: str, body: bytes | None) -> requests.Response:
        headers = {name: reveal(value) for name, value in request.all_headers.items()}
        # prepared apart from the session, which would let netrc replace our Authorization
        prepared = requests.Request(request.method, url, headers, data=body).prepare()
        return self._http.send(
            prepared,
            stream=True,
            allow_redirects=False,
            timeout=urllib3.Timeout(total=self.deadline),
            verify=self.account.ca or True,
            # loopback traffic is nothing for a proxy
            proxies={} if self.account.loopback else get_environ_proxies(url),
        )

    def _learn_time(self, date: str) -> None:
        # where the date can't be read, what we knew stays
        with contextlib.suppress(ValueError, TypeError, OverflowError):
            self.skew = Skew(parsedate_to_datetime(date).timestamp() - self.clock.time(), 1.0)

    def __repr__(self) -> str:
        return f"<Session {self.mode} account {self.account.id} at {self.account.domain_api}>"

    def card(self) -> Card:
        """The account, where it is, and whether this is play or the real thing."""
        live = self.mode == "LIVE"
        return Card(
            title="Connected to a real account" if live else "Connected to the sandbox",
            mode=self.mode,
            verdict="warning" if live else "ok",
            summary=(
                "every step now acts on this LivePerson account"
                if live
                else "a stand-in for LivePerson's services on this computer: nothing leaves it"
            ),
            facts=(
                Fact("account", self.account.id, "the account (site) number, in every URL"),
                Fact("domain API", self.account.domain_api, "where all other hosts are looked up"),
                Fact("consumer", self.consumer, "the external consumer id this session speaks as"),
                Fact("client id", self.account.client_id, "of the installed application"),
                Fact("client secret", str(self.account.client_secret), "covered: never shown"),
            ),
            notes=() if live else (_BUILT,),
        )


def _sent_body(cover: Cover, request: Request, size: int) -> Body:
    if request.json is not None:
        return Body("json", "application/json", size, cover.value(request.json))
    if request.form is not None:
        shown = {name: cover.header("", value) for name, value in request.form.items()}
        return Body("form", "application/x-www-form-urlencoded", size, shown)
    if request.content is None:
        return Body()
    return Body("binary", request.headers.get("Content-Type", ""), size, sha256=request.sha256)


def _read_body(cover: Cover, media_type: str, content: bytes) -> tuple[Any, Body]:
    size = len(content)
    if not content:
        return None, Body(media_type=media_type)
    if content[:1] in b"{[" or "json" in media_type:
        try:
            value = json.loads(content)
        except (ValueError, RecursionError):
            pass  # then it is text, whatever it says it is
        else:
            return value, Body("json", media_type, size, cover.value(value))
    if media_type.startswith(("text/", "application/xml")) or "json" in media_type:
        text = cover.text(content[:20_000].decode("utf-8", "backslashreplace"))
        more = f"… ({size:,} bytes in all)" if len(text) > _TEXT else ""
        return None, Body("text", media_type, size, text[:_TEXT] + more)
    return None, Body("binary", media_type, size, sha256=hashlib.sha256(content).hexdigest())
