"""asyncMessagingEnt: who is asking, in which envelope, and what is then done."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from reprlib import repr as short
from typing import Any

from .conversations import Conversations
from .files import Files
from .http import Answer, json_answer, read_json
from .properties import SiteProperties
from .routes import ACCOUNT, Call, Refused, Route
from .site import Site
from .tokens import Tokens
from .verdicts import Done, NotDone

_SERVICE = "asyncMessagingEnt"
_CONVERSATION = f"{ACCOUNT}/messaging/consumer/conversation"
_FEATURES = {"CO_BROWSE", "CO_APP", "PHOTO_SHARING", "SECURE_FORMS", "AUTO_MESSAGES"}
_FEATURES |= {"RICH_CONTENT", "QUICK_REPLIES", "MULTI_DIALOG"}
_CLIENT_TYPES = (".ClientProperties", ".ams.headers.ClientProperties", "ClientProperties")
_TTR_NAMES = (None, "NORMAL", "URGENT", "PRIORITIZED", "CUSTOM")
_SKILL = re.compile("-1|[0-9]{1,10}")
_REFUSALS = {
    40001: ("Missing parameter", "Brand Id is missing"),
    40102: ("Invalid AppJWT", "AppJWT has expired or is invalid"),
    40103: ("Invalid ConsumerJWS", "ConsumerJWS is invalid"),
    40104: ("ConsumerJWS is missing", "X_ON_BEHALF_HEADER is not present"),
    40105: ("AppJWT is missing", "AUTHORIZATION header is not present"),
}


class Messaging:
    """Answers the Connector's two endpoints, ``conversation`` and ``conversation/send``."""

    def __init__(
        self,
        site: Site,
        *,
        tokens: Tokens,
        properties: SiteProperties,
        conversations: Conversations,
        files: Files,
    ) -> None:
        self._site = site
        self._tokens = tokens
        self._properties = properties
        self._conversations = conversations
        self._files = files
        self._client_properties: dict[str, str] = {}  # by consumer, as sent at creation

    def routes(self) -> Iterator[Route]:
        """Name the addresses of both endpoints."""
        kind = "cm.ConsumerRequestConversation"
        yield Route(_SERVICE, "POST", _CONVERSATION, self.create, ("3",), type=kind)
        yield Route(_SERVICE, "POST", f"{_CONVERSATION}/send", self.send, ("3",), type="send")

    def create(self, call: Call) -> Answer:
        """Answer ``conversation``: an array of two, each item with a verdict of its own."""
        return self._answer(call, self._create, at_creation=True)

    def send(self, call: Call) -> Answer:
        """Answer ``conversation/send``: one request, one answer that echoes its id."""
        return self._answer(call, self._send, at_creation=False)

    def _answer(
        self, call: Call, carry_out: Callable[[str, Any], Answer], *, at_creation: bool
    ) -> Answer:
        consumer = self._consumer(call)
        warnings: tuple[str, ...] = ()
        try:
            warnings = self._check_client(consumer, call, at_creation=at_creation)
            answer = carry_out(consumer, call.payload)
        except NotDone as no:
            body = _item(no.code, {"msg": no.words}, _identity(call.payload))
            answer = json_answer(no.status, body, guess=no.guess, warnings=(str(no),))
        return replace(answer, warnings=warnings + answer.warnings) if warnings else answer

    def _create(self, consumer: str, payload: Any) -> Answer:
        items = payload if isinstance(payload, list) else []
        if len(items) < 2 or not all(map(_is_envelope, items)):
            raise NotDone("the body is no array of two requests with kind, id, type and body")
        types = [item["type"] for item in items]
        if types != ["userprofile.SetUserProfile", "cm.ConsumerRequestConversation"]:
            why = "the types are not SetUserProfile, then ConsumerRequestConversation"
            raise NotDone(why, guess="create_body")
        profile, wish = items
        if "brandId" not in wish["body"]:
            status = self._site.guesses["missing_brand"]
            return _refusal(40001, status, guess="missing_brand")
        self._check_wish(wish["body"])
        done = _item("OK", {"msg": "OK User Profile set successfully"}, profile["id"])
        try:
            opened = self._conversations.open(consumer, wish["body"])
        except NotDone as no:  # the profile has been set all the same
            answer = [done, _item(no.code, {"msg": no.words}, wish["id"])]
            return json_answer(no.status, answer, guess=no.guess, warnings=(str(no),))
        return json_answer(200, [done, _item("OK", opened.body, wish["id"])])

    def _send(self, consumer: str, payload: Any) -> Answer:
        if not _is_envelope(payload):
            raise NotDone("the body is no object with kind, id, type and body as documented")
        done = self._carry_out(consumer, payload)
        return json_answer(200, _item("OK", done.body, payload["id"]), guess=done.guess)

    def _carry_out(self, consumer: str, request: dict[str, Any]) -> Done:
        body = request["body"]
        match request["type"]:
            case "ms.GenerateURLForUploadFile":
                return self._files.upload_url(consumer, body, sharing=self._properties.sharing)
            case "ms.GenerateURLForDownloadFile":
                return self._files.download_url(consumer, body)
            case "ms.PublishEvent":
                return self._publish(consumer, body, request.get("metadata"))
            case "cm.UpdateConversationField":
                return self._conversations.change(consumer, body)
        raise NotDone(f"the type {short(request['type'])} is none that this endpoint knows")

    def _publish(self, consumer: str, body: dict[str, Any], metadata: list[Any] | None) -> Done:
        dialog_id, event = body.get("dialogId"), body.get("event")
        if not isinstance(event, dict):
            raise NotDone("event is missing or no object")
        if body.get("conversationId", dialog_id) != dialog_id:
            raise NotDone("conversationId is not dialogId, as it is for the main dialog")
        conversation = self._conversations.find_open(consumer, dialog_id)
        guess, message = "", event.get("message")
        if event.get("contentType") == "hosted/file" and isinstance(message, dict):
            guess = self._files.check_published(consumer, str(message.get("relativePath")))
        published = self._conversations.publish(
            conversation, event, originator=consumer, metadata=metadata
        )
        if published.sequence is None:
            return Done({}, "typing_sequence")
        return Done({"sequence": published.sequence}, guess)

    def _consumer(self, call: Call) -> str:
        app_jwt, on_behalf = call.header("authorization"), call.header("x-lp-on-behalf")
        # AppJWT first: no source says which of two missing tokens is named.
        if not app_jwt:
            raise Refused(_refusal(40105))
        if self._tokens.app_claims(app_jwt) is None:
            guess = "bearer_prefix" if app_jwt.startswith("Bearer ") else ""
            raise Refused(_refusal(40102, guess=guess, why=self._tokens.why_not(app_jwt)))
        if not on_behalf:
            raise Refused(_refusal(40104))
        claims = self._tokens.consumer_claims(on_behalf)
        if claims is None:
            raise Refused(_refusal(40103, why=self._tokens.why_not(on_behalf, app=False)))
        return str(claims["lp_consumer_id"])

    def _check_client(self, consumer: str, call: Call, *, at_creation: bool) -> tuple[str, ...]:
        sent = call.header("client-properties")
        if at_creation:
            self._client_properties[consumer] = sent or ""
        if sent is None:
            return ()
        faults = []
        if not _is_client_properties(sent):
            faults.append("Client-Properties are not of the published schema")
        if sent != self._client_properties.get(consumer, sent):
            faults.append("Client-Properties differ from those at creation")
        if faults and self._site.guesses["client_properties"] == "refused":
            raise NotDone(faults[0], guess="client_properties")
        return tuple(faults)

    def _check_wish(self, body: dict[str, Any]) -> None:
        wrong = {
            "brandId": body["brandId"] != self._site.account,
            "channelType": body.get("channelType", "MESSAGING") != "MESSAGING",
            "ttrDefName": body.get("ttrDefName") not in _TTR_NAMES,
            "skillId": not _SKILL.fullmatch(str(body.get("skillId", "-1"))),
        }
        for name, is_wrong in wrong.items():
            if is_wrong:
                raise NotDone(f"{name} is {short(body.get(name))}", guess="create_body")

    def reset(self) -> None:
        """Forget which Client-Properties anyone sent."""
        self._client_properties.clear()


def _refusal(error_code: int, status: int = 401, *, guess: str = "", why: str = "") -> Answer:
    title, details = _REFUSALS[error_code]
    body = {"title": title, "details": details, "errorCode": error_code}
    refusal = {"kind": "resp", "code": status, "body": body, "type": ".ReqBody$ErrorResp"}
    return json_answer(status, refusal, guess=guess, warnings=(why,) if why else ())


def _is_envelope(item: Any) -> bool:
    match item:
        case {"kind": "req", "id": identity, "type": str(), "body": dict()}:
            metadata = item.get("metadata", [])
            known = isinstance(metadata, list) and all(isinstance(each, dict) for each in metadata)
            return known and _is_id(identity)
    return False


def _is_id(identity: Any) -> bool:
    if isinstance(identity, str):
        return 1 <= len(identity) <= 64
    return type(identity) is int and identity >= 0  # True is no number


def _item(code: str, body: dict[str, Any], identity: Any) -> dict[str, Any]:
    item: dict[str, Any] = {"code": code, "body": body}
    return item | {"reqId": str(identity)} if _is_id(identity) else item


def _identity(payload: Any) -> Any:
    item = payload[-1] if isinstance(payload, list) and payload else payload
    return item.get("id") if isinstance(item, dict) else None


@lru_cache(maxsize=64)
def _is_client_properties(sent: str) -> bool:
    value = read_json(sent.encode("utf-8", "surrogatepass"))
    if not isinstance(value, dict) or value.get("type") not in _CLIENT_TYPES:
        return False
    features = value.get("features", [])
    if not isinstance(features, list) or not all(isinstance(each, str) for each in features):
        return False
    others = (given for name, given in value.items() if name != "features")
    return set(features) <= _FEATURES and all(isinstance(each, str) for each in others)
