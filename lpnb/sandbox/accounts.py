"""The account itself: its domains, its agent's logins (agentVep) and its site properties."""

import secrets
import uuid
from typing import Any

from .http import Answer, json_answer
from .site import Site

SERVICES = (
    "accountConfigReadOnly",
    "accountConfigReadWrite",
    "agentVep",
    "asyncMessaging",
    "asyncMessagingEnt",
    "idp",
    "sentinel",
    "swift",
)
CONSUMER_SHARING = "messaging.file.sharing.enabled"
AGENT_SHARING = "messaging.agent.file.sharing.enabled"
PREVIEW_MASKING = "messaging.file.sharing.preview.masking.text"
_STATUS_NAMES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    412: "PRECONDITION_FAILED",
}


class Domains:
    """Answers the Domain API: which host serves what."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def entries(self) -> list[dict[str, str]]:
        """List every service the sandbox has, each at its one host."""
        site = self._site
        return [
            {"service": name, "account": site.account, "baseURI": site.host} for name in SERVICES
        ]

    def find(self, account: str, service: str = "") -> Answer:
        """Answer for one *service*, or for all when it is empty; names are case-sensitive."""
        if account != self._site.account:
            return self.refusal(401)
        if not service:
            return json_answer(200, {"baseURIs": self.entries()})
        for entry in self.entries():
            if entry["service"] == service:
                return json_answer(200, entry)
        return Answer(self._site.guesses["unknown_service"], guess="unknown_service")

    def refusal(self, status: int) -> Answer:
        """Refuse with a body nobody has documented."""
        body = self._site.guesses["domain_error_body"].encode()
        return Answer(status, body, guess="domain_error_body")


class AgentLogins:
    """agentVep: one user, who logs in, refreshes and logs out."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._sessions: dict[str, tuple[str, str]] = {}  # Session_id: (csrf, bearer)
        self._expiry: dict[str, float] = {}  # bearer: when it ends

    def log_in(self, account: str, payload: Any, domains: list[dict[str, str]]) -> Answer:
        """Answer a login; the domain list comes with it."""
        site = self._site
        given = payload if isinstance(payload, dict) else {}
        username, password = given.get("username"), given.get("password")
        if not isinstance(username, str) or not isinstance(password, str):
            return settings_error(site, 400, "Malformed login request")
        right = secrets.compare_digest(
            password.encode("utf-8", "surrogatepass"), site.password.encode()
        )
        if account != site.account or username != site.username or not right:
            words = site.guesses["login_refusal"]
            return settings_error(site, 401, words, guess="login_refusal")
        session_id, csrf, bearer = (secrets.token_hex(32) for _ in range(3))
        self._sessions[session_id] = (csrf, bearer)
        self._expiry[bearer] = site.clock.now() + site.bearer_seconds
        body = self._login_body(csrf, bearer, domains)
        # All services share one host here; the path keeps the cookie away from storage.
        cookie = f"Session_id={session_id}; Path=/api/account/{account}; HttpOnly"
        return json_answer(200, body, headers={"Set-Cookie": cookie})

    def _login_body(self, csrf: str, bearer: str, domains: list[dict[str, str]]) -> dict[str, Any]:
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
            "csdsCollectionResponse": {"baseURIs": domains},
            "accountData": {"agentGroupsData": {"items": [], "revision": 0}},
            "sessionTTl": str(site.bearer_seconds * 1000),  # spelt so, and a string
            "bearer": bearer,
        }

    def refresh(self, account: str, session_id: str, payload: Any) -> Answer:
        """Keep a session alive: its bearer's time begins anew."""
        bearer = self._bearer_of(account, session_id, payload)
        if bearer is None:
            return self._csrf_refusal()
        self._expiry[bearer] = self._site.clock.now() + self._site.bearer_seconds
        return Answer(200)

    def log_out(self, account: str, session_id: str, payload: Any) -> Answer:
        """End a session: its bearer is worth nothing from now on."""
        bearer = self._bearer_of(account, session_id, payload)
        if bearer is None:
            return self._csrf_refusal()
        del self._sessions[session_id], self._expiry[bearer]
        return Answer(200)

    def allows(self, authorization: str) -> bool:
        """Tell whether *authorization* is ``Bearer`` and a bearer that still lives."""
        scheme, _, bearer = authorization.partition(" ")
        return scheme == "Bearer" and self._expiry.get(bearer, 0.0) > self._site.clock.now()

    def reset(self) -> None:
        """Forget every session."""
        self._sessions.clear()
        self._expiry.clear()

    def _bearer_of(self, account: str, session_id: str, payload: Any) -> str | None:
        csrf, bearer = self._sessions.get(session_id, ("", ""))
        given = payload.get("csrf") if isinstance(payload, dict) else None
        matches = account == self._site.account and bool(csrf) and given == csrf
        return bearer if matches and self.allows(f"Bearer {bearer}") else None

    def _csrf_refusal(self) -> Answer:
        return settings_error(self._site, 401, "CSRF token invalid!", guess="")


class SiteProperties:
    """accountConfig's settings: read with a revision, written only by who knows it."""

    def __init__(self, site: Site, logins: AgentLogins, *, sharing: bool) -> None:
        self._site = site
        self._logins = logins
        self._at_start = sharing
        self.reset()

    def reset(self) -> None:
        """Return to the settings of the start."""
        text = "true" if self._at_start else "false"
        values: dict[str, Any] = {CONSUMER_SHARING: text, AGENT_SHARING: text, PREVIEW_MASKING: ""}
        self._types: dict[str, Any] = {}  # as written; until then the guessed number
        self._values = values
        self._revision = 1

    @property
    def sharing(self) -> bool:
        """Whether consumers may share files."""
        value = self._values[CONSUMER_SHARING]
        return value is True or (isinstance(value, str) and value.lower() == "true")

    @sharing.setter
    def sharing(self, enabled: bool) -> None:
        self._values[CONSUMER_SHARING] = "true" if enabled else "false"
        self._revision += 1

    def read(self, account: str, authorization: str, name: str = "") -> Answer:
        """Answer with one property, or with all when *name* is empty."""
        refusal = self._refusal(account, authorization, name)
        if refusal:
            return refusal
        found = self._row(name) if name else [self._row(each) for each in self._values]
        return self._answer(found)

    def write(
        self, account: str, authorization: str, name: str, if_match: str | None, payload: Any
    ) -> Answer:
        """Store *payload* as property *name* if *if_match* is the revision, or ``-1``."""
        site = self._site
        refusal = self._refusal(account, authorization, name)
        if refusal:
            return refusal
        if not site.administrator:
            return settings_error(site, 403, "Privileges do not cover account settings")
        if not _is_property(payload, name):
            return settings_error(site, 400, "Malformed property")
        if if_match is None:
            status = site.guesses["missing_if_match"]
            return settings_error(site, status, "If-Match is missing", guess="missing_if_match")
        if if_match not in ("-1", str(self._revision)):
            status = site.guesses["stale_if_match"]
            return settings_error(site, status, "Revision is stale", guess="stale_if_match")
        self._values[name] = payload["propertyValue"]["value"]
        self._types[name] = payload["type"]
        self._revision += 1
        return self._answer(self._row(name))

    def _row(self, name: str) -> dict[str, Any]:
        kind = self._types.get(name, self._site.guesses["property_type"])
        value = {"value": self._values[name]}
        return {"id": name, "type": kind, "propertyValue": value, "deleted": False}

    def _answer(self, found: Any) -> Answer:
        revision = {"ac-revision": str(self._revision)}
        return json_answer(200, found, headers=revision, guess="property_type")

    def _refusal(self, account: str, authorization: str, name: str) -> Answer | None:
        if account != self._site.account or not self._logins.allows(authorization):
            return settings_error(self._site, 401, "Bearer is missing, unknown or expired")
        if name and name not in self._values:
            return settings_error(self._site, 404, "No such property")
        return None


def settings_error(
    site: Site, status: int, message: str, *, guess: str = "settings_error"
) -> Answer:
    """Refuse in the envelope of agentVep and its family."""
    error = {
        "time": int(site.clock.now() * 1000),
        "message": message,
        "internalCode": site.guesses["settings_error"],
        "responseStatus": _STATUS_NAMES.get(status, "BAD_REQUEST"),
    }
    return json_answer(status, {"error": error}, guess=guess)


def _is_property(payload: Any, name: str) -> bool:
    if not isinstance(payload, dict) or payload.get("id") != name:
        return False
    value, kind = payload.get("propertyValue"), payload.get("type")
    if not isinstance(value, dict) or "value" not in value:
        return False
    return isinstance(kind, int | str) and not isinstance(kind, bool)
