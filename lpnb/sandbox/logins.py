"""agentVep: the one user's logins, and how its family refuses."""

import secrets
import uuid
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from .domains import Domains
from .http import Answer, json_answer
from .routes import ACCOUNT, Call, Refused, Route
from .site import Site, same

_STATUS_NAMES = {each.value: each.name for each in HTTPStatus}


class AgentLogins:
    """agentVep: one user, who logs in, refreshes and logs out."""

    def __init__(self, site: Site, domains: Domains) -> None:
        self._site = site
        self._domains = domains
        self._sessions: dict[str, tuple[str, str]] = {}  # Session_id: (csrf, bearer)
        self._expiry: dict[str, float] = {}  # bearer: when it ends

    def routes(self) -> Iterator[Route]:
        """Name the addresses of login, refresh and logout."""
        for kind, rule, versions in (
            ("login", self.log_in, ("", "1.1", "1.2", "1.3")),
            ("refresh", self.refresh, ()),
            ("logout", self.log_out, ()),
        ):
            yield Route("agentVep", "POST", f"{ACCOUNT}/{kind}", rule, versions, type=kind)

    def log_in(self, call: Call) -> Answer:
        """Answer a login; the domain list comes with it."""
        site, account = self._site, call.account
        given = call.payload if isinstance(call.payload, dict) else {}
        username, password = given.get("username"), given.get("password")
        if not isinstance(username, str) or not isinstance(password, str):
            raise refused(site, 400, "Malformed login request")
        known = account == site.account and username == site.username
        if not (known and same(password, site.password)):
            words = site.guesses["login_refusal"]
            raise refused(site, 401, words, guess="login_refusal")
        session_id, csrf, bearer = (secrets.token_hex(32) for _ in range(3))
        site.issued.extend((session_id, csrf, bearer))
        self._sessions[session_id] = (csrf, bearer)
        self._expiry[bearer] = site.clock.now() + site.bearer_seconds
        body = self._login_body(csrf, bearer)
        # All services share one host here; the path keeps the cookie away from storage.
        cookie = f"Session_id={session_id}; Path=/api/account/{account}; HttpOnly"
        return json_answer(200, body, headers={"Set-Cookie": cookie})

    def _login_body(self, csrf: str, bearer: str) -> dict[str, Any]:
        site = self._site
        return {
            "csrf": csrf,
            "wsuk": "0",
            "config": {
                "loginName": site.username,
                "userId": "1",
                "userPid": str(uuid.uuid5(uuid.NAMESPACE_DNS, site.username)),
                "userPrivileges": [],
                "serverCurrentTime": int(site.clock.now() * 1000),
                "timeDiff": 0,
                "serverTimeZoneName": "UTC",
                "serverTimeGMTDiff": 0,
                "isLPA": False,
                "isAdmin": site.administrator,
                "accountTimeZoneId": "UTC",
            },
            "csdsCollectionResponse": {"baseURIs": self._domains.entries()},
            "accountData": {"agentGroupsData": {"items": [], "revision": 0}},
            "sessionTTl": str(site.bearer_seconds * 1000),  # spelt so, and a string
            "bearer": bearer,
        }

    def refresh(self, call: Call) -> Answer:
        """Keep a session alive: its bearer's time begins anew."""
        self._expiry[self._bearer_of(call)] = self._site.clock.now() + self._site.bearer_seconds
        return Answer(200)

    def log_out(self, call: Call) -> Answer:
        """End a session: its bearer is worth nothing from now on."""
        del self._expiry[self._bearer_of(call)], self._sessions[call.session_id]
        return Answer(200)

    def check(self, call: Call, *, administrators: bool = False) -> None:
        """
        Look for a bearer that still lives.

        Raises:
            Refused: *call* has none, or may not do what *administrators* do.
        """
        scheme, _, bearer = (call.header("authorization") or "").partition(" ")
        if call.account != self._site.account or scheme != "Bearer" or not self._lives(bearer):
            raise refused(self._site, 401, "Bearer is missing, unknown or expired")
        if administrators and not self._site.administrator:
            raise refused(self._site, 403, "Privileges do not cover account settings")

    def reset(self) -> None:
        """Forget every session."""
        self._sessions.clear()
        self._expiry.clear()

    def _lives(self, bearer: str) -> bool:
        return self._expiry.get(bearer, 0.0) > self._site.clock.now()

    def _bearer_of(self, call: Call) -> str:
        csrf, bearer = self._sessions.get(call.session_id, ("", ""))
        given = call.payload.get("csrf") if isinstance(call.payload, dict) else None
        matches = call.account == self._site.account and bool(csrf) and given == csrf
        if not (matches and self._lives(bearer)):
            raise refused(self._site, 401, "CSRF token invalid!", guess="")
        return bearer


def check_revision(site: Site, call: Call, revision: int) -> None:
    """
    Look for an If-Match of *revision* or ``-1``, which always passes.

    Raises:
        Refused: *call* has another one, or none.
    """
    given = call.header("if-match")
    if given is None:
        guess = "missing_if_match"
        raise refused(site, site.guesses[guess], "If-Match is missing", guess=guess)
    if given not in ("-1", str(revision)):
        guess = "stale_if_match"
        raise refused(site, site.guesses[guess], "Revision is stale", guess=guess)


def refused(site: Site, status: int, message: str, *, guess: str = "settings_error") -> Refused:
    """Make what is raised to refuse by `settings_error`."""
    return Refused(settings_error(site, status, message, guess=guess))


def settings_error(
    site: Site, status: int, message: str, *, guess: str = "settings_error"
) -> Answer:
    """Refuse in the envelope of agentVep and its family."""
    error = {
        "time": int(site.clock.now() * 1000),
        "message": message,
        "internalCode": site.guesses["settings_error"],
        "responseStatus": _STATUS_NAMES.get(status, "INTERNAL_SERVER_ERROR"),
    }
    return json_answer(status, {"error": error}, guess=guess)
