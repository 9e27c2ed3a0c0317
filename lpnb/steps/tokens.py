"""Before step 2 of the guide: the two tokens that every conversation and message needs."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from ..card import Fact
from ..errors import CantLook, CredentialsRefused
from ..exchange import Exchange
from ..secret import Secret
from ..session import Session
from ..wire import Instead, Reply, Request
from ._answer import accepted, error_code, token, words
from ._given import expect
from ._result import StepResult, clock, utc
from .domains import domains_first

APP, CONSUMER = "Authorization", "X-LP-ON-BEHALF"  # the headers that the two tokens stand in
_CONSUMER_REFUSED = 40103  # any other 401 is put down to the app's token, which does end
_LAST = 253_370_764_800  # the last year that can be written as a date begins
_CLAIMS = {
    "aud": "for whom: the account",
    "azp": "the installed application, your client id",
    "scope": "what it allows: speaking for consumers",
    "iss": "who issued it",
    "iat": "issued at",
    "exp": "ends at",
    "account_id": "the account",
    "ext_consumer_id": "the consumer's id in your system",
    "lp_consumer_id": "the same consumer's id at LivePerson; begins the storage path of uploads",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AppToken(StepResult):
    """The AppJWT: says that the calls come from the installed Connector application."""

    token: Secret
    claims: Mapping[str, Any]
    expires: float
    seconds: int

    def facts(self) -> tuple[Fact, ...]:
        ends = f"{utc(self.expires)}, {self.seconds:,} s after the answer"
        return (
            Fact("AppJWT", str(self.token), "sent bare, without “Bearer”, in Authorization"),
            Fact("ends", ends, "lpnb asks for a new one five minutes before"),
            *_claim_facts(self.claims),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerToken(StepResult):
    """The ConsumerJWS: says for which consumer the calls speak. It never ends."""

    token: Secret
    claims: Mapping[str, Any]
    consumer_id: str

    def facts(self) -> tuple[Fact, ...]:
        return (
            Fact("ConsumerJWS", str(self.token), "sent in X-LP-ON-BEHALF; it has no end"),
            *_claim_facts(self.claims),
        )


def get_app_token(session: Session) -> AppToken:
    """
    Get the app's token for the account's client id and secret, and let the *session* use it.

    Before step 2 of the guide: sentinel's AppJWT, API version 1.0. The secret goes in the body, as
    query strings land in logs.

    Raises:
        CredentialsRefused: the client id or the client secret is wrong.
    """
    expect(session=(session, Session))
    before = domains_first(session)
    own = session.account
    request = Request(
        step="get_app_token",
        service="sentinel",
        method="POST",
        path=f"/sentinel/api/account/{quote(own.id)}/app/token",
        query={"v": "1.0", "grant_type": "client_credentials"},
        form={"client_id": own.client_id, "client_secret": own.client_secret},
        origins={"client_id": "your account", "client_secret": "your account"},
    )
    reply = session.send(request, before)
    # a 400 that is no JSON is not sentinel's: plain http, say, to a port that speaks TLS
    if reply.status == 401 or (reply.status == 400 and reply.value is not None):
        raise CredentialsRefused(
            f"sentinel refused the client id {own.client_id!r} with its secret "
            f"({reply.status}{words(reply)}): copy both again from the application's installation",
            reply.exchange,
        )
    accepted(reply, asked="give the app's token")
    secret = token(reply, "access_token", "AppJWT")
    claims = _claims(secret)
    whole, left = _life(session, claims, reply.value.get("expires_in"))
    ends = session.now() + left
    with session.lock:
        session.tokens.app_jwt, session.tokens.app_jwt_ends = secret, ends
        session.tokens.app_jwt_serves = ends - _early(whole)
    session.cover.learn(secret, keep=True)
    return AppToken(
        token=secret,
        claims=claims,
        expires=_moment(claims.get("exp")) or ends,
        seconds=round(left),
        exchanges=reply.exchanges,
    )


def get_consumer_token(session: Session) -> ConsumerToken:
    """
    Get the token for the *session*'s consumer, and let the session use it.

    Before step 2 of the guide: idp's ConsumerJWS, API version 1.0, with the AppJWT bare.

    Raises:
        NotAuthorized: idp did not accept the app's token.
    """
    expect(session=(session, Session))
    before = app_token_first(session)
    request = Request(
        step="get_consumer_token",
        service="idp",
        method="POST",
        path=f"/api/account/{quote(session.account.id)}/consumer",
        query={"v": "1.0"},
        headers={APP: ""},
        json={"ext_consumer_id": session.consumer},
        origins={APP: "get_app_token", "ext_consumer_id": "your session"},
    )
    reply = session.send(with_tokens(session, request), before)
    accepted(
        reply,
        asked="give the consumer's token",
        unauthorized="the app's token is not valid any more; run get_app_token(session) again",
    )
    secret = token(reply, "token", "ConsumerJWS")
    claims = _claims(secret)
    with session.lock:
        session.tokens.consumer_jws = secret
    session.cover.learn(secret, keep=True)
    return ConsumerToken(
        token=secret,
        claims=claims,
        consumer_id=str(claims.get("lp_consumer_id", "")),
        exchanges=reply.exchanges,
    )


def app_token_first(session: Session) -> tuple[Exchange, ...]:
    """Get the app's token if the *session* has none, or one that is about to end."""
    with session.lock:
        tokens = session.tokens
        if tokens.app_jwt and session.now() < tokens.app_jwt_serves:
            return domains_first(session)
        return get_app_token(session).exchanges


def tokens_first(session: Session) -> tuple[Exchange, ...]:
    """Get whichever of the two tokens the *session* lacks."""
    with session.lock:
        before = app_token_first(session)
        if session.tokens.consumer_jws:
            return before
        return (*before, *get_consumer_token(session).exchanges)


def with_tokens(
    session: Session, request: Request, renewed: frozenset[str] = frozenset()
) -> Request:
    """Give *request* with the session's tokens; each that is refused is renewed, once."""
    tokens = session.tokens
    used = {
        name: token or ""
        for name, token in ((APP, tokens.app_jwt), (CONSUMER, tokens.consumer_jws))
        if name in request.headers
    }

    def again(reply: Reply) -> Instead | None:
        if reply.status != 401:
            return None
        refused = CONSUMER if error_code(reply) == _CONSUMER_REFUSED else APP
        if refused in renewed or refused not in used:
            return None
        exchanges = _renew(session, refused, used[refused])
        return with_tokens(session, request, renewed | {refused}), exchanges

    return replace(request, headers={**request.headers, **used}, again=again)


def _renew(session: Session, name: str, refused: str) -> tuple[Exchange, ...]:
    """Get a token anew, unless another thread has done so while ours was being refused."""
    with session.lock:
        tokens = session.tokens
        if refused is not (tokens.app_jwt if name == APP else tokens.consumer_jws):
            return ()
        return (get_app_token if name == APP else get_consumer_token)(session).exchanges


def consumer_id(session: Session) -> str:
    """
    Give LivePerson's own id of the session's consumer, as the ConsumerJWS tells it.

    Raises:
        CantLook: it does not.
    """
    secret = session.tokens.consumer_jws
    found = _claims(secret).get("lp_consumer_id") if secret else None
    if not isinstance(found, str):
        raise CantLook("the ConsumerJWS does not tell the consumer's id at LivePerson")
    return found


def _claims(secret: Secret) -> Mapping[str, Any]:
    """Decode what the token says of itself; it is for reading, so it is not verified."""
    part = [*secret.reveal().split("."), ""][1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return {}  # opaque to us, and that is its right
    return claims if isinstance(claims, dict) else {}


def _life(session: Session, claims: Mapping[str, Any], expires_in: object) -> tuple[float, float]:
    """Give how long the token lasts and how much of it is left: by its claims, else the answer."""
    issued, ends = (_moment(claims.get(name)) for name in ("iat", "exp"))
    seconds = str(expires_in)
    whole = float(seconds) if re.fullmatch(r"[1-9][0-9]{0,8}", seconds) else 3600.0
    whole = ends - issued if ends > issued > 0 else whole
    left = ends - session.now() if ends else whole
    # where a clock is wrong, a new token seems to be over, or to last for years
    return whole, left if _early(whole) < left <= whole else whole


def _early(whole: float) -> float:
    """Seconds before its end that a token is renewed: five minutes of an hour, as is advised."""
    return min(300.0, whole / 12)


def _moment(claim: object) -> float:
    """Give epoch seconds that can be written as a date, else 0."""
    fits = type(claim) in (int, float) and 0 < claim < _LAST  # type: ignore[operator]
    return float(claim) if fits else 0.0  # type: ignore[arg-type]


def _claim_facts(claims: Mapping[str, Any]) -> tuple[Fact, ...]:
    def readable(name: str, value: Any) -> str:
        if name in ("iat", "exp") and _moment(value):
            return f"{value} ({clock(_moment(value))})"
        return str(value)

    return tuple(Fact(f"claim {n}", readable(n, v), _CLAIMS.get(n, "")) for n, v in claims.items())
