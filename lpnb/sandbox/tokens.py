"""sentinel and idp: the AppJWT and the ConsumerJWS, made and checked."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from .http import Answer, json_answer
from .installations import Installations
from .routes import ACCOUNT, Call, Route
from .site import Site, same

_APP_HEADER = {"kid": "appjwt-13-05-17", "typ": "JWT", "alg": "RS256"}
_GRANT = "client_credentials"
_MOST_KNOWN = 1000
_NOT_OURS = "the account in the path is another"
_CONSUMER_HEADER = {"typ": "JWT", "alg": "RS256"}
SPOILT = "-expired"  # after a credential: a fault makes it one that nobody gave out


class Tokens:
    """Issues both tokens of the Connector API and knows its own again."""

    def __init__(self, site: Site, installations: Installations) -> None:
        self._site = site
        self._installations = installations
        self._known: dict[str, dict[str, Any]] = {}  # verified already: each call brings two

    def routes(self) -> Iterator[Route]:
        """Name the addresses of sentinel and idp."""
        path = f"/sentinel{ACCOUNT}/app/token"
        yield Route("sentinel", "POST", path, self.issue_app_token, ("1.0",))
        yield Route("idp", "POST", f"{ACCOUNT}/consumer", self.issue_consumer_token, ("1.0",))

    def issue_app_token(self, call: Call) -> Answer:
        """Answer sentinel's ``app/token``; its parameters may be in query, form, or both."""
        site, parameters = self._site, {**call.form, **call.request.query}
        if parameters.get("grant_type") != _GRANT:
            return self._oauth_refusal(400, "unsupported_grant_type")
        application = self._installations.find(parameters.get("client_id", ""))
        secret = parameters.get("client_secret", "")
        known = application and same(secret, application.client_secret)
        if call.account != site.account or not (application and known):
            return self._oauth_refusal(site.guesses["sentinel_refusal"], "invalid_client")
        if not application.enabled and site.guesses["disabled_application"] == "refused":
            status = site.guesses["sentinel_refusal"]
            return json_answer(status, {"error": "invalid_client"}, guess="disabled_application")
        if _GRANT not in application.manifest.get("grant_types", [_GRANT]):
            return self._oauth_refusal(400, "unauthorized_client")
        now = int(site.clock.now())
        claims = {
            "aud": site.account,
            "azp": application.client_id,
            "scope": application.manifest.get("scope", "msg.consumer"),
            "iss": "Sentinel",
            "exp": now + site.app_jwt_seconds,
            "iat": now,
        }
        body: dict[str, Any] = {
            "access_token": self._sign(_APP_HEADER, claims),
            "token_type": "Bearer",
        }
        if site.guesses["expires_in"] == "absent":  # as in the Connector's own sample
            return json_answer(200, body)
        seconds = site.app_jwt_seconds
        body["expires_in"] = str(seconds) if site.guesses["expires_in"] == "string" else seconds
        return json_answer(200, body, guess="expires_in")

    def issue_consumer_token(self, call: Call) -> Answer:
        """Answer idp's ``consumer``: the same external id always gives the same consumer."""
        account, payload = call.account, call.payload
        authorization = call.header("authorization") or ""
        if account != self._site.account or self.app_claims(authorization) is None:
            why = self.why_not(authorization) if account == self._site.account else _NOT_OURS
            return replace(self._idp_refusal(401), warnings=(why,))
        consumer = payload.get("ext_consumer_id") if isinstance(payload, dict) else None
        if not isinstance(consumer, str) or not consumer:
            return self._idp_refusal(400)
        digest = hashlib.sha256((account + consumer).encode("utf-8", "surrogatepass"))
        claims = {
            "account_id": account,
            "ext_consumer_id": consumer,
            "lp_consumer_id": digest.hexdigest(),
        }
        return json_answer(201, {"token": self._sign(_CONSUMER_HEADER, claims)})

    def app_claims(self, token: str) -> dict[str, Any] | None:
        """Give the claims of an AppJWT that is ours and still good, or None."""
        if token.startswith("Bearer ") and self._site.guesses["bearer_prefix"] == "accepted":
            token = token.removeprefix("Bearer ")
        claims = self._verified(token)
        if claims is None or claims.get("aud") != self._site.account:
            return None
        gone = self._installations.find(claims["azp"]) is None
        if gone and self._site.guesses["removed_application"] == "tokens end":
            return None
        return claims if claims["exp"] > self._site.clock.now() else None

    def consumer_claims(self, token: str) -> dict[str, Any] | None:
        """Give the claims of a ConsumerJWS that is ours, or None; it never expires."""
        claims = self._verified(token)
        return claims if claims and claims.get("account_id") == self._site.account else None

    def why_not(self, token: str, *, app: bool = True) -> str:
        """Say in a sentence why *token* is no good AppJWT, or no good ConsumerJWS."""
        name, other = ("AppJWT", "ConsumerJWS") if app else ("ConsumerJWS", "AppJWT")
        if not token:
            return f"the {name} is missing"
        if token.endswith(SPOILT):
            return f"a fault has let the {name} run out"
        claims = self._verified(token.removeprefix("Bearer "))
        if claims is None:
            return f"the {name} is not of this sandbox, or was altered"
        if app is not ("aud" in claims):
            return f"this is the {other}, where the {name} belongs"
        if app and (late := self._site.clock.now() - claims["exp"]) >= 0:
            return f"the {name} ran out {late:,.0f} seconds ago"
        if app and self.app_claims(token.removeprefix("Bearer ")) is None:
            return f"the application of the {name} was removed"
        return f'"Bearer " stands in front of the {name}: leave it out'

    def _sign(self, header: Mapping[str, str], claims: Mapping[str, Any]) -> str:
        signed = f"{_encode(_json(header))}.{_encode(_json(claims))}"
        return f"{signed}.{_encode(self._signature(signed))}"

    def _signature(self, signed: str) -> bytes:
        # The header says RS256, as LivePerson's does; what follows is an HMAC that only the
        # sandbox can check. To a client, which has no business checking it, it is opaque bytes.
        return hmac.digest(self._site.token_key, signed.encode(), "sha256")

    def _verified(self, token: str) -> dict[str, Any] | None:
        if token in self._known:
            return self._known[token]
        signed, _, signature = token.rpartition(".")
        if not same(signature, _encode(self._signature(signed))):
            return None
        claims: dict[str, Any] = json.loads(_decode(signed.partition(".")[2]))
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[token] = claims
        return claims

    def _oauth_refusal(self, status: int, error: str) -> Answer:
        return json_answer(status, {"error": error}, guess="sentinel_refusal")

    def _idp_refusal(self, status: int) -> Answer:
        code = self._site.guesses["idp_refusal"]
        return json_answer(status, {"internalErrorCode": code}, guess="idp_refusal")


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
