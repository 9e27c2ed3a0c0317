"""What each service says with a status that a fault calls for: its own words where it has any."""

from typing import TYPE_CHECKING, Any

from .http import Answer, json_answer, phrase
from .logins import settings_error
from .site import Site
from .storage import Storage

if TYPE_CHECKING:
    from .real_swift import RealSwift

_SETTINGS = ("agentVep", "accountConfigReadWrite")
_OAUTH = {400: "invalid_request", 401: "invalid_client"}


def refusal(
    site: Site, storage: "Storage | RealSwift", service: str, status: int, payload: Any
) -> Answer:
    """Answer with *status* as *service* does; where nothing is known of a body, with none."""
    if status == 429 or status < 400:
        return Answer(status)  # whether a 429 has a body is open
    words = phrase(status)
    if service == "swift":
        return storage.refuse(status)
    if service == "asyncMessagingEnt":
        return _messaging(site, status, words, payload)
    if service in _SETTINGS:
        words = site.guesses["login_refusal"] if (service, status) == ("agentVep", 401) else words
        return settings_error(site, status, words)
    if service == "sentinel":
        said = _OAUTH.get(status, "server_error" if status >= 500 else words)
        return json_answer(status, {"error": said}, guess="sentinel_refusal")
    if service == "idp":
        code = site.guesses["idp_refusal"]
        return json_answer(status, {"internalErrorCode": code}, guess="idp_refusal")
    if service == "domain":
        body = site.guesses["domain_error_body"].encode()
        return Answer(status, body, guess="domain_error_body")
    return Answer(status)


def _messaging(site: Site, status: int, words: str, payload: Any) -> Answer:
    identity = payload.get("id") if isinstance(payload, dict) else None
    echo = {"reqId": str(identity)} if identity is not None else {}
    if status == 400:
        return json_answer(400, {"code": "BAD_REQUEST", "body": {"msg": "Bad Request"}, **echo})
    if status < 500 or site.guesses["server_failure"] == "empty":
        return Answer(status, guess="server_failure" if status >= 500 else "")
    # One such code is documented, 50201; the others are made by its rule.
    body = {"title": words, "details": words, "errorCode": status * 100 + 1}
    answer = {"kind": "resp", "code": status, "body": body, "type": ".ReqBody$ErrorResp", **echo}
    return json_answer(status, answer, guess="server_failure")
