"""The one place that opens a socket: a session sends requests and keeps its tokens to itself."""

import threading
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any, NoReturn

from requests.structures import CaseInsensitiveDict

from .account import Account, plain
from .card import Card, Fact, Shown
from .clock import Clock
from .errors import AnswerTooLong, ConnectionFailed, DeadlineExceeded, InputError
from .exchange import Exchange
from .retry import PATIENT, Budget, Course, RetryPolicy, Skew, epoch
from .secret import Cover, Secret
from .transport import BROKEN_OFF, NO_HOST, NOBODY, TOO_LATE, TOO_LONG, Wire
from .wire import DOMAIN_API, Reply, Request, known_as, read_body, sent_body

_BUILT = (
    "The sandbox is built from LivePerson's public documentation. Where that leaves something open "
    "it guesses, and the card of such an answer says so. No real account was ever tried."
)
_PERHAPS_DONE = "it may have been done all the same: look before you try again"
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


@dataclass(slots=True, repr=False)
class Tokens:
    """
    The two tokens that speak for a consumer.

    The first one ends, and *serves* until shortly before, so that no call meets its end: both in
    epoch seconds by the service's clock.

    *login* is what `find_published` reads with: an administrator's login, or why there is none.
    """

    app_jwt: Secret | None = None
    app_jwt_ends: float = 0.0
    app_jwt_serves: float = 0.0
    consumer_jws: Secret | None = None
    login: Any = None


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
        self.upload_speed: float | None = None  # bytes a second; None before the first upload
        # conversation and path of what was published with an outcome that nobody knows
        self.unsure: set[tuple[str, str]] = set()
        self.domains: dict[str, str] = {}
        self.domains_fresh = False  # else the next step looks them up, as hosts may move
        self.tokens = Tokens()
        self.lock = threading.RLock()  # forms call from other threads than cells do
        self.cover = Cover()
        for secret in (account.client_secret, account.password):
            self.cover.learn(secret, keep=True)
        self._wire = Wire(ca=account.ca, loopback=account.loopback)

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
        self._wire.close()

    def send(self, request: Request, before: tuple[Exchange, ...] = ()) -> Reply:
        """
        Send *request*, again if the policy says so, and give the whole answer, whatever its status.

        Args:
            before: what had to be asked first.

        Raises:
            ConnectionFailed: no whole answer came, `DeadlineExceeded` if it took too long.
            AnswerTooLong: it has more bytes than the request allows.
        """
        __tracebackhide__ = True
        course = Course(self.policy, self.clock, self.budget, before)
        following: Request | None = request
        while following is not None:
            request, seconds = following, course.seconds(self.deadline)
            reply = self._attempt(request, course, seconds)
            following = course.next(request, reply)
        if course.given_up:
            reply = replace(reply, exchange=replace(reply.exchange, given_up=course.given_up))
        if reply.failure:
            self._fail(request, reply, seconds)
        return reply

    def _fail(self, request: Request, reply: Reply, seconds: float) -> NoReturn:
        __tracebackhide__ = True
        exchange = reply.exchange
        self.domains_fresh = self.domains_fresh and reply.failure not in (NO_HOST, NOBODY)
        where = (
            f"{request.step} got no whole answer from {known_as(request.service)} at "
            f"{exchange.host}"
        )
        unsure = request.once and exchange.reached
        if reply.failure == TOO_LATE:
            advice = _PERHAPS_DONE if unsure else "try again"
            raise DeadlineExceeded(
                f"{where} within {seconds:g} s: {advice}, or set session.deadline higher", exchange
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
        if reply.failure == NO_HOST:
            advice = "check the network, and the host with find_domains(session)"
        if reply.failure == BROKEN_OFF:
            advice = _PERHAPS_DONE if unsure else "run the step again"
        raise ConnectionFailed(f"{where}: {reply.failure}; {advice}", exchange)

    def _attempt(self, request: Request, course: Course, seconds: float) -> Reply:
        """Send once; apart, so that no traceback's locals hold what was sent."""
        base, body = self.base(request.service), request.body()
        sent_headers = request.all_headers
        began = self.clock.time()
        answer = self._wire.ask(
            request.method,
            request.target(base),
            sent_headers,
            body,
            limit=request.limit,
            seconds=seconds,
        )
        if "Date" in answer.headers and "Age" not in answer.headers:  # with an age it is a copy's
            self._learn_time(answer.headers["Date"], began, answer.head)
        cover = self.cover
        received_headers = tuple(
            (cover.text(n), cover.header(n, v)) for n, v in answer.headers.items()
        )
        headers = CaseInsensitiveDict(received_headers)  # a step may show what it reads there
        value, received = read_body(cover, headers.get("Content-Type", ""), answer.content)
        exchange = Exchange(
            step=request.step,
            service=request.service,
            mode=self.mode,
            method=request.method,
            url=request.target(base, shown=True),
            type=request.type,
            origins=request.origins,
            sent_headers=tuple((n, cover.header(n, v)) for n, v in sent_headers.items()),
            sent=sent_body(cover, request, len(body or b"")),
            status=answer.status,
            reason=answer.failure or _PHRASES.get(answer.status or 0, ""),
            received_headers=received_headers,
            received=received,
            seconds=answer.seconds,
            guess=headers.get("X-Sandbox-Guess", ""),
            attempt=course.attempt,
            waited=course.waited,
            reached=answer.sent,
            earlier=course.earlier,
        )
        reply = Reply(
            answer.status or 0,
            headers,
            answer.content,
            value,
            exchange,
            answer.headers.get("Set-Cookie", ""),
            failure=answer.failure,
            reused=answer.reused,
        )
        if request.flawed and not answer.failure and request.flawed(reply):
            self._wire.drop_last()
            return replace(reply, flawed=True)
        return reply

    def _learn_time(self, date: str, began: float, seconds: float) -> None:
        """Compare clocks: the answer was dated, to the second, while we waited for it."""
        dated = epoch(date)
        if dated is None:
            return  # what we knew stays
        ahead = dated + 0.5 - (began + seconds / 2)
        skew, old = Skew(ahead, 0.5 + seconds / 2), self.skew
        # a slow answer tells less than is known, unless it tells that the clock was moved
        if not old or skew.within <= max(1.0, old.within) or not skew.agrees(old):
            self.skew = skew

    def _standing(self) -> tuple[Fact, ...]:
        """How the tokens, the clocks and the repeating stand."""
        tokens, left = self.tokens, self.tokens.app_jwt_ends - self.now()
        ends = datetime.fromtimestamp(tokens.app_jwt_ends, UTC)
        app = f"until {ends:%H:%M:%S} UTC, {max(0.0, left):,.0f} s from now"
        waits = ", ".join(f"{one:g}" for one in self.policy.waits)
        return (
            Fact("AppJWT", app if tokens.app_jwt else "none yet", "renewed five minutes before"),
            Fact("ConsumerJWS", "it has no end" if tokens.consumer_jws else "none yet"),
            Fact(
                "service's clock",
                str(self.skew or "not known yet"),
                "from the Date of its answers; time left is judged by it",
            ),
            Fact(
                "repetitions",
                f"after {waits} s, {int(self.budget.left)} left" if waits else "none",
                "of calls that fail without being refused; each success gives a tenth of one back",
            ),
        )

    def __reduce__(self) -> Any:
        from .recipe import session_like  # which makes sessions

        names = ("mode", "consumer", "features", "deadline", "policy")
        options = {name: getattr(self, name) for name in names}
        return partial(session_like, **options), (self.account.id, self.account.domain_api)

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
                *self._standing(),
            ),
            notes=() if live else (_BUILT,),
        )
