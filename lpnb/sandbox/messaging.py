"""asyncMessagingEnt: who is asking, in which envelope, and what is then done."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from .conversations import Conversations, Done, NotDone
from .files import Files
from .http import Answer, json_answer, read_json
from .properties import SiteProperties
from .routes import ACCOUNT, Call, Route
from .site import Site
from .tokens import Tokens

_SERVICE = "asyncMessagingEnt"
_CONVERSATION = f"{ACCOUNT}/messaging/consumer/conversation"
_FEATURES = {"CO_BROWSE", "CO_APP", "PHOTO_SHARING", "SECURE_FORMS", "AUTO_MESSAGES"}
_FEATURES |= {"RICH_CONTENT", "QUICK_REPLIES", "MULTI_DIALOG"}
_CLIENT_TYPES = (".ClientProperties", ".ams.headers.ClientProperties", "ClientProperties")
_TTR_NAMES = (None, "NORMAL", "URGENT", "PRIORITIZED", "CUSTOM")
_REFUSALS = {
    40001: ("Missing parameter", "brandId is not present"),
    40102: ("AppJWT is invalid", "AUTHORIZATION header is expired or not valid"),
    40103: ("ConsumerJWS is invalid", "X_ON_BEHALF_HEADER is not valid"),
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
        consumer = self._consumer(call)
        if isinstance(consumer, Answer):
            return consumer
        refusal, warnings = self._check_client(consumer, call, at_creation=True)
        if refusal:
            return refusal
        items = call.payload if isinstance(call.payload, list) else []
        if len(items) < 2 or not all(map(_is_envelope, items)):
            return _refused(NotDone())
        types = [item["type"] for item in items]
        if types != ["userprofile.SetUserProfile", "cm.ConsumerRequestConversation"]:
            return _refused(NotDone(guess="create_body"), items[0]["id"])
        profile, wish = items
        if "brandId" not in wish["body"]:
            return self._auth_refusal(40001, self._site.guesses["missing_brand"])
        if not self._is_wish(wish["body"]):
            return _refused(NotDone(guess="create_body"), wish["id"])
        done = _item("OK", {"msg": "OK User Profile set successfully"}, profile["id"])
        try:
            opened = self._conversations.open(consumer)
        except NotDone as no:  # the profile has been set all the same
            answer = [done, _item(no.code, {"msg": str(no)}, wish["id"])]
            return json_answer(no.status, answer, guess=no.guess, warnings=warnings)
        answer = [done, _item("OK", opened.body, wish["id"])]
        return json_answer(200, answer, warnings=warnings)

    def send(self, call: Call) -> Answer:
        """Answer ``conversation/send``: one request, one answer that echoes its id."""
        consumer, payload = self._consumer(call), call.payload
        if isinstance(consumer, Answer):
            return consumer
        refusal, warnings = self._check_client(consumer, call, at_creation=False)
        if refusal:
            return refusal
        if not _is_envelope(payload):
            return _refused(NotDone(), payload.get("id") if isinstance(payload, dict) else None)
        try:
            done = self._carry_out(consumer, payload["type"], payload["body"])
        except NotDone as no:
            return _refused(no, payload["id"], warnings)
        item = _item("OK", done.body, payload["id"])
        return json_answer(200, item, guess=done.guess, warnings=warnings)

    def _carry_out(self, consumer: str, kind: str, body: dict[str, Any]) -> Done:
        match kind:
            case "ms.GenerateURLForUploadFile":
                return self._files.upload_url(consumer, body, sharing=self._properties.sharing)
            case "ms.GenerateURLForDownloadFile":
                return self._files.download_url(consumer, body)
            case "ms.PublishEvent":
                return self._publish(consumer, body)
            case "cm.UpdateConversationField":
                return self._conversations.change(consumer, body)
        raise NotDone

    def _publish(self, consumer: str, body: dict[str, Any]) -> Done:
        dialog_id, event = body.get("dialogId"), body.get("event")
        if not isinstance(event, dict) or body.get("conversationId", dialog_id) != dialog_id:
            raise NotDone
        conversation = self._conversations.find(consumer, dialog_id)
        guess, message = "", event.get("message")
        if event.get("contentType") == "hosted/file" and isinstance(message, dict):
            guess = self._files.check_published(consumer, str(message.get("relativePath")))
        sequence = self._conversations.publish(consumer, conversation, event).sequence
        if sequence is None:
            return Done({}, "typing_sequence")
        return Done({"sequence": sequence}, guess)

    def _consumer(self, call: Call) -> str | Answer:
        app_jwt, on_behalf = call.header("authorization"), call.header("x-lp-on-behalf")
        # AppJWT first: no source says which of two missing tokens is named.
        if not app_jwt:
            return self._auth_refusal(40105)
        if self._tokens.app_claims(app_jwt) is None:
            guess = "bearer_prefix" if app_jwt.startswith("Bearer ") else ""
            return self._auth_refusal(40102, guess=guess)
        if not on_behalf:
            return self._auth_refusal(40104)
        claims = self._tokens.consumer_claims(on_behalf)
        return str(claims["lp_consumer_id"]) if claims else self._auth_refusal(40103)

    def _auth_refusal(self, error_code: int, status: int = 401, *, guess: str = "") -> Answer:
        title, details = _REFUSALS[error_code]
        return json_answer(
            status,
            {
                "kind": "resp",
                "code": status,
                "body": {"title": title, "details": details, "errorCode": error_code},
                "type": ".ReqBody$ErrorResp",
            },
            guess=guess or ("missing_brand" if error_code == 40001 else ""),
        )

    def _check_client(
        self, consumer: str, call: Call, *, at_creation: bool
    ) -> tuple[Answer | None, tuple[str, ...]]:
        faults, sent = [], call.header("client-properties")
        if sent is not None and not _is_client_properties(sent):
            faults.append("Client-Properties are not of the published schema")
        if at_creation:
            self._client_properties[consumer] = sent or ""
        elif sent is not None and sent != self._client_properties.get(consumer, sent):
            faults.append("Client-Properties differ from those at creation")
        if faults and self._site.guesses["client_properties"] == "refused":
            return _refused(NotDone(guess="client_properties")), ()
        return None, tuple(faults)

    def _is_wish(self, body: dict[str, Any]) -> bool:
        return (
            body["brandId"] == self._site.account
            and body.get("channelType", "MESSAGING") == "MESSAGING"
            and body.get("ttrDefName") in _TTR_NAMES
        )

    def reset(self) -> None:
        """Forget which Client-Properties anyone sent."""
        self._client_properties.clear()


def _is_envelope(item: Any) -> bool:
    match item:
        case {"kind": "req", "id": identity, "type": str(), "body": dict()}:
            return _is_id(identity)
    return False


def _is_id(identity: Any) -> bool:
    if isinstance(identity, str):
        return 1 <= len(identity) <= 64
    return isinstance(identity, int) and not isinstance(identity, bool) and identity >= 0


def _item(code: str, body: dict[str, Any], identity: Any) -> dict[str, Any]:
    item: dict[str, Any] = {"code": code, "body": body}
    return item | {"reqId": str(identity)} if _is_id(identity) else item


def _refused(no: NotDone, identity: Any = None, warnings: tuple[str, ...] = ()) -> Answer:
    body = _item(no.code, {"msg": str(no) or "Bad Request"}, identity)
    return json_answer(no.status, body, guess=no.guess, warnings=warnings)


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
