"""
What each service answers and remembers, worked out once more from our notes on LivePerson.

It shares no code with lpnb. It knows only what it has been handed: a token, a conversation, a URL
is good if an earlier answer brought it, and so needs no cryptography to be judged.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import ANY

NEEDED = [  # by the flow, and by who switches file sharing on
    *("accountConfigReadOnly", "accountConfigReadWrite", "agentVep", "asyncMessaging"),
    *("asyncMessagingEnt", "idp", "sentinel", "swift"),
]
FEATURES = [
    "Common.Async_Messaging",
    *("Messaging.Agent_File_Sharing", "Messaging.Agent_File_Sharing_V2"),
]
VERSIONS = {  # of the parts of accountConfig; some of its clients say none
    "setting": ("3.0",),
    "provision": ("1.0", "2.0", None),
    "app-install": ("1.0", "1", "2.0", None),
}
SHARING = "messaging.file.sharing.enabled"
BAD_REQUEST = {"code": "BAD_REQUEST", "body": {"msg": "Bad Request"}}
CLOSED = {"code": "BAD_REQUEST", "body": {"msg": "Bad Request, Conversation is close"}}
FILE_TYPES = [
    "JPG",
    "JPEG",
    "PNG",
    "GIF",
    "IMG",
    "TXT",
    "PDF",
]
MOST = 3 * 1024 * 1024
HOUR = 3600


@dataclass(frozen=True)
class Call:
    """One request; *json* is sent as such whatever the Content-Type says."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    json: Any = None
    form: dict[str, str] = field(default_factory=dict)
    content: bytes = b""

    @property
    def payload(self) -> Any:
        """What a service that reads JSON gets to read."""
        return self.json if self.headers.get("Content-Type") == "application/json" else None


@dataclass(frozen=True)
class Expected:
    """
    What must come back.

    Args:
        body: JSON whose members must be in the answer with these values, or bytes, or None for
            whatever it likes.
        learn: takes the answer's JSON and headers, to remember what only they can tell.
    """

    status: int
    body: Any = None
    headers: dict[str, Any] = field(default_factory=dict)
    learn: Callable[[Any, Any], object] | None = None


class With:
    """Equal to every list that has these items among others."""

    def __init__(self, items: list[Any]) -> None:
        self._items = items

    def __eq__(self, other: object) -> bool:
        return isinstance(other, list) and all(item in other for item in self._items)

    def __repr__(self) -> str:
        return f"With({self._items})"

    __hash__ = None  # type: ignore[assignment]


@dataclass
class Talk:
    """A conversation."""

    consumer: str
    open: bool = True
    rating: Any = None
    next: int = 0
    accepted: bool = False
    heard: int = 0  # messages of the consumer's
    messages: list[tuple[Any, ...]] = field(default_factory=list)


@dataclass
class Application:
    """An installed application; of the first one nobody has said the name."""

    name: str
    secret: str


@dataclass
class Login:
    """A session of the one user."""

    cookie: str
    csrf: str
    bearer: str
    until: int


class Model:
    """The account as the notes have it; ``answer`` is all that happens to it."""

    def __init__(self, credentials: dict[str, str], now: int) -> None:
        self.known = credentials
        self.account = credentials["account"]
        self.began = now
        self.apps: dict[str, int] = {}  # AppJWT: until when
        self.consumers: dict[str, str] = {}  # ConsumerJWS: lp_consumer_id
        self.urls: dict[tuple[str, ...], str] = {}  # path, signature, expiry: method
        self.reset()

    def reset(self) -> None:
        """Tokens and URLs outlive it: they are signed, not remembered."""
        self.now = self.began
        self.talks: dict[str, Talk] = {}
        self.objects: dict[str, bytes] = {}
        self.logins: list[Login] = []
        self.revision = 1
        self.app_revision = 1
        secret = self.known["client_secret"]
        self.apps_installed = {self.known["client_id"]: Application("", secret)}
        self.properties: dict[str, Any] = {
            SHARING: "true",
            "messaging.agent.file.sharing.enabled": "true",
            "messaging.file.sharing.preview.masking.text": "",
        }

    @property
    def sharing(self) -> bool:
        """Whether consumers may share files: the string and the boolean both count."""
        return str(self.properties[SHARING]).lower() == "true"

    def switch_sharing(self, *, on: bool) -> None:
        """As a person does in the user interface."""
        self.properties[SHARING] = "true" if on else "false"
        self.revision += 1

    def answer(self, call: Call) -> Expected:
        """Give what must come of *call*, and remember what it does."""
        local = f"127.0.0.1:{self.known['port']}", f"localhost:{self.known['port']}"
        if call.headers.get("Host", local[0]) not in (*local, "127.0.0.1", "localhost"):
            return Expected(421)
        if "temp_url_sig" in call.query or "temp_url_expires" in call.query or "/v1/" in call.path:
            return self._storage(call)
        origins = [f"http://{name}" for name in local]
        if call.headers.get("Origin", origins[0]) not in origins:
            return Expected(403)
        method = call.method
        if method == "POST":
            method = call.headers.get("X-HTTP-Method-Override", method)
        found = re.fullmatch("(/sentinel)?/api/account/([^/]*)/(.*)", call.path)
        expected = found and self._service(call, method, *found.groups(""))
        return expected or Expected(404)

    def _service(
        self, call: Call, method: str, prefix: str, account: str, rest: str
    ) -> Expected | None:
        version = call.query.get("v")
        match method, prefix, *rest.split("/"):
            case "GET", "", "service", *name, "baseURI.json":
                return self._domains(call, account, name)
            case "POST", "", "login" if version in (None, "", "1.1", "1.2", "1.3"):
                return self._log_in(call, account)
            case "POST", "", ("refresh" | "logout") as what:
                return self._go_on(call, account, what)
            case _, "", "configuration", what, *_ if version not in VERSIONS.get(what, ()):
                known = method in ("GET", "PUT", "POST", "DELETE") and _is_setting(method, rest)
                return Expected(400) if known else None
            case "GET", "", "configuration", "provision", "featureGrants":
                return self._features(call, account)
            case _, "", "configuration", "app-install", "installations", *name if _is_setting(
                method, rest
            ):
                return self._installations(call, account, method, name[0] if name else "")
            case "GET", "", "configuration", "setting", "properties":
                return self._properties(call, account, "")
            case "GET" | "PUT", "", "configuration", "setting", "properties", name:
                return self._properties(call, account, name, writes=method == "PUT")
            case "POST", "/sentinel", "app", "token" if version == "1.0":
                return self._app_token(call, account)
            case "POST", "", "consumer" if version == "1.0":
                return self._consumer_token(call, account)
            case "POST", "", "messaging", "consumer", "conversation", *what if (
                what in ([], ["send"]) and version == "3" and account == self.account
            ):
                return self._messaging(call, self._send if what else self._create)
        return None

    # --- Domain API, agentVep, accountConfig

    def _domains(self, call: Call, account: str, name: list[str]) -> Expected:
        if len(name) > 1:
            return Expected(404)
        if call.query.get("version") != "1.0":
            return Expected(400)
        if account != self.account:
            return Expected(401)
        host = f"127.0.0.1:{self.known['port']}"
        if not name:
            rows = {"account": self.account, "baseURI": host}
            return Expected(200, {"baseURIs": With([rows | {"service": each} for each in NEEDED])})
        if name[0] not in NEEDED:
            return Expected(404)
        return Expected(200, {"service": name[0], "account": self.account, "baseURI": host})

    def _log_in(self, call: Call, account: str) -> Expected:
        match call.payload:
            case {"username": str(username), "password": str(password)}:
                given = account, username, password
            case _:
                return _unsettled(400)
        if given != (self.account, self.known["username"], self.known["password"]):
            return _unsettled(401)

        def learn(body: Any, headers: Any) -> None:
            cookie = headers["Set-Cookie"].partition(";")[0]
            login = Login(cookie, body["csrf"], body["bearer"], self.now + 8 * HOUR)
            self.logins.append(login)

        return Expected(
            200,
            {
                "bearer": ANY,
                "csrf": ANY,
                "sessionTTl": str(8 * HOUR * 1000),
                "config": {"loginName": self.known["username"]},
                "csdsCollectionResponse": {"baseURIs": ANY},
            },
            {"Set-Cookie": ANY},
            learn=learn,
        )

    def _go_on(self, call: Call, account: str, what: str) -> Expected:
        csrf = call.payload.get("csrf") if isinstance(call.payload, dict) else None
        for login in self.logins:
            session = login.cookie == call.headers.get("Cookie") and login.csrf == csrf
            if session and account == self.account and login.until > self.now:
                if what == "logout":
                    self.logins.remove(login)
                else:
                    login.until = self.now + 8 * HOUR
                return Expected(200, b"")
        return _unsettled(401)

    def _properties(self, call: Call, account: str, name: str, *, writes: bool = False) -> Expected:
        if not self._is_administrator(call, account):
            return _unsettled(401)
        if name and name not in self.properties:
            return _unsettled(404)
        if writes:
            match call.payload:
                case {"id": wanted, "type": int() | str(), "propertyValue": {"value": value}} if (
                    wanted == name
                ):
                    pass
                case _:
                    return _unsettled(400)
            if call.headers.get("If-Match") not in ("-1", str(self.revision)):
                return _unsettled(412)
            self.properties[name] = value
            self.revision += 1
        rows = [
            {"id": one, "type": ANY, "propertyValue": {"value": value}}
            for one, value in self.properties.items()
            if name in ("", one)
        ]
        revision = {"ac-revision": str(self.revision)}
        return Expected(200, rows[0] if name else rows, revision)

    def _is_administrator(self, call: Call, account: str) -> bool:
        good = [f"Bearer {each.bearer}" for each in self.logins if each.until > self.now]
        return account == self.account and call.headers.get("Authorization") in good

    def _features(self, call: Call, account: str) -> Expected:
        if not self._is_administrator(call, account):
            return _unsettled(401)
        granted = [{"compoundFeatureID": name, "value": {"value": True}} for name in FEATURES]
        rows = {"accountList": [{"itemsCollection": {"data": granted}}]}
        return Expected(200, {"appDataList": [{"accountList": rows}]})

    def _installations(self, call: Call, account: str, method: str, name: str) -> Expected:
        if not self._is_administrator(call, account):
            return _unsettled(401)
        if name and name not in self.apps_installed:
            return _unsettled(404)
        changes = bool(name) and method != "GET"
        if changes and call.headers.get("If-Match") not in ("-1", str(self.app_revision)):
            return _unsettled(412)
        if method == "DELETE":
            del self.apps_installed[name]
            self.app_revision += 1
            return Expected(200, b"")
        if method == "GET":
            rows = [self._application(one) for one in self.apps_installed]
            found = self._application(name) if name else rows
            return Expected(200, found, {"ac-revision": str(self.app_revision)})
        manifest = call.payload
        wanted = manifest.get("client_name") if isinstance(manifest, dict) else None
        if not isinstance(wanted, str) or not wanted:
            return _unsettled(400)
        if any(one.name == wanted for key, one in self.apps_installed.items() if key != name):
            return _unsettled(409)
        self.app_revision += 1
        if changes:
            self.apps_installed[name].name = wanted
            return Expected(200, self._application(name))

        def learn(body: Any, _: Any) -> None:
            self.apps_installed[body["client_id"]] = Application(wanted, body["client_secret"])

        return Expected(201, {"client_name": wanted, "client_secret": ANY}, learn=learn)

    def _application(self, identity: str) -> dict[str, str]:
        one = self.apps_installed[identity]
        told = {"id": identity, "client_id": identity, "client_secret": one.secret}
        return told | {"client_name": one.name or ANY}

    # --- sentinel, idp

    def _app_token(self, call: Call, account: str) -> Expected:
        given = call.form | call.query
        if given.get("grant_type") != "client_credentials":
            return Expected(400, {"error": "unsupported_grant_type"})
        application = self.apps_installed.get(given.get("client_id", ""))
        known = application is not None and application.secret == given.get("client_secret")
        if account != self.account or not known:
            return Expected(401, {"error": "invalid_client"})
        until = self.now + HOUR
        learn = lambda body, _: self.apps.update({body["access_token"]: until})  # noqa: E731
        return Expected(200, {"access_token": ANY, "token_type": "Bearer"}, learn=learn)

    def _consumer_token(self, call: Call, account: str) -> Expected:
        authorization = call.headers.get("Authorization", "")
        if account != self.account or self.apps.get(authorization, 0) <= self.now:
            return Expected(401, {"internalErrorCode": ANY})
        match call.payload:
            case {"ext_consumer_id": str(external)} if external:
                digest = hashlib.sha256((self.account + external).encode()).hexdigest()
            case _:
                return Expected(400, {"internalErrorCode": ANY})
        learn = lambda body, _: self.consumers.update({body["token"]: digest})  # noqa: E731
        return Expected(201, {"token": ANY}, learn=learn)

    # --- asyncMessagingEnt

    def _messaging(self, call: Call, then: Callable[[str, Any], Expected]) -> Expected:
        app, on_behalf = call.headers.get("Authorization"), call.headers.get("X-LP-ON-BEHALF")
        if not app:
            return _auth(40105)
        if self.apps.get(app, 0) <= self.now:
            return _auth(40102)
        if not on_behalf:
            return _auth(40104)
        if on_behalf not in self.consumers:
            return _auth(40103)
        return then(self.consumers[on_behalf], call.payload)

    def _create(self, consumer: str, items: Any) -> Expected:
        if not isinstance(items, list) or len(items) < 2 or not all(map(_is_request, items)):
            return Expected(400, BAD_REQUEST)
        profile, wish = items[:2]
        kinds = [item["type"] for item in items]
        if kinds != ["userprofile.SetUserProfile", "cm.ConsumerRequestConversation"]:
            return Expected(400, BAD_REQUEST)
        if "brandId" not in wish["body"]:
            return _auth(40001)
        if (
            wish["body"]["brandId"] != self.account
            or wish["body"].get("channelType", "MESSAGING") != "MESSAGING"
        ):
            return Expected(400, BAD_REQUEST)
        done = _ok({"msg": "OK User Profile set successfully"}, profile)
        if any(talk.open and talk.consumer == consumer for talk in self.talks.values()):
            words = (
                f"Consumer request conversation failed: User {consumer} already has open"
                " conversation. Can't open another one."
            )
            refused = _ok({"msg": words}, wish) | {"code": "BAD_REQUEST"}
            return Expected(400, [done, refused])

        def learn(body: Any, _: Any) -> None:
            self.talks[body[1]["body"]["conversationId"]] = Talk(consumer)

        return Expected(200, [done, _ok({"conversationId": ANY}, wish)], learn=learn)

    def _send(self, consumer: str, sent: Any) -> Expected:
        if not _is_request(sent):
            return Expected(400, BAD_REQUEST)
        body = sent["body"]
        match sent["type"]:
            case "ms.GenerateURLForUploadFile":
                answer = self._upload_url(consumer, body)
            case "ms.GenerateURLForDownloadFile":
                answer = self._download_url(consumer, body)
            case "ms.PublishEvent":
                answer = self._publish(consumer, body)
            case "cm.UpdateConversationField":
                answer = self._update(consumer, body)
            case _:
                answer = Expected(400, BAD_REQUEST)
        body = {"code": "OK"} | answer.body | {"reqId": str(sent["id"])}
        return Expected(answer.status, body, learn=answer.learn)

    def _talk(self, consumer: str, identity: Any) -> Talk | Expected:
        talk = self.talks.get(identity) if isinstance(identity, str) else None
        if talk is None:
            return Expected(400, BAD_REQUEST)
        if talk.consumer != consumer:
            return Expected(401, {"code": ANY})
        return talk if talk.open else Expected(400, CLOSED)

    def _upload_url(self, consumer: str, body: Any) -> Expected:
        size, kind = body.get("fileSize"), body.get("fileType")
        if isinstance(size, str) and re.fullmatch("[0-9]+", size):
            size = int(size)
        right = type(size) is int and 1 <= size <= MOST
        if not right or kind not in ("JPG", "JPEG", "PNG", "GIF") or not self.sharing:
            return Expected(400, BAD_REQUEST)
        mine = [talk.open for talk in self.talks.values() if talk.consumer == consumer]
        if mine and not any(mine):
            return Expected(400, CLOSED)
        return self._url("PUT")

    def _download_url(self, consumer: str, body: Any) -> Expected:
        path = body.get("relativePath")
        shared = [
            message[-1]
            for talk in self.talks.values()
            for message in talk.messages
            if talk.consumer == consumer
        ]
        if not path or not (self._owned(consumer, path) or path in shared):
            return Expected(400, BAD_REQUEST)
        return self._url("GET", path)

    def _owned(self, consumer: str, path: Any) -> bool:
        start = f"/v1/AUTH_async-images/{self.account}/{consumer}_"
        return isinstance(path, str) and path.startswith(start) and not re.search("[?#]", path)

    def _url(self, method: str, path: Any = ANY) -> Expected:
        expires = str(self.now + 60)

        def learn(answer: Any, _: Any) -> None:
            body = answer["body"]
            signature = body["queryParams"]["temp_url_sig"]
            self.urls[body["relativePath"], signature, expires] = method

        query = {"temp_url_sig": ANY, "temp_url_expires": expires}
        return Expected(200, {"body": {"relativePath": path, "queryParams": query}}, learn=learn)

    def _publish(self, consumer: str, body: Any) -> Expected:
        identity, event = body.get("dialogId"), body.get("event")
        if body.get("conversationId", identity) != identity or not isinstance(event, dict):
            return Expected(400, BAD_REQUEST)
        talk = self._talk(consumer, identity)
        if isinstance(talk, Expected):
            return talk
        match event:
            case {"type": "ContentEvent", "contentType": "text/plain", "message": str(text)} if (
                1 <= len(text) <= 5000
            ):
                talk.messages.append((talk.next, "text/plain", text, "", ""))
            case {"type": "ContentEvent", "contentType": "hosted/file", "message": dict(message)}:
                path, caption = message.get("relativePath"), message.get("caption", "")
                preview = message.get("preview", "")
                fitting = re.match("(data:image/(png|jpeg|jpg|gif);base64,|$)", preview)
                if (
                    not self._owned(consumer, path)
                    or message.get("fileType") not in FILE_TYPES
                    or not fitting
                    or len(preview) > 30 * 1024
                ):
                    return Expected(400, BAD_REQUEST)
                talk.messages.append((talk.next, "hosted/file", "", caption, path))
            case {"type": "AcceptStatusEvent", "status": status, "sequenceList": [_, *_]} if (
                status in ("ACCEPT", "READ", "ACCESS", "NACK", "ACTION")
            ):
                pass
            case {"type": "ChatStateEvent", "chatState": state} if state in (
                "ACTIVE",
                "INACTIVE",
                "GONE",
                "COMPOSING",
                "PAUSE",
            ):
                return Expected(200, {"body": {}})  # typing takes no number
            case _:
                return Expected(400, BAD_REQUEST)
        talk.heard += event["type"] == "ContentEvent"
        talk.next += 1
        return Expected(200, {"body": {"sequence": talk.next - 1}})

    def _update(self, consumer: str, body: Any) -> Expected:
        talk = self._talk(consumer, body.get("conversationId"))
        if isinstance(talk, Expected):
            return talk
        changes = body.get("conversationField")
        changes = changes if isinstance(changes, list) else [changes]
        closes, rating = False, talk.rating
        for change in changes:
            match change:
                case {"field": "ConversationStateField", "conversationState": "CLOSE"}:
                    closes = True
                case {"field": "DialogChange", "type": "UPDATE", "dialog": {"state": "CLOSE"}} if (
                    change["dialog"].get("dialogId") == body["conversationId"]
                ):
                    closes = True
                case {
                    "field": "CSATRate",
                    "csatRate": 1 | 2 | 3 | 4 | 5,
                    "csatResolutionConfirmation": True | False,
                    "status": "FILLED" | "PARTIALLY_FILLED" | "SKIPPED",
                }:
                    rating = change
                case _:
                    return Expected(400, BAD_REQUEST)
        if not changes:
            return Expected(400, BAD_REQUEST)
        talk.rating, talk.open = rating, not closes
        return Expected(200, {"body": {"msg": ANY}})

    # --- the other party, who needs no HTTP

    def act(self, identity: str, what: str) -> bool:
        """Accept, say something in, or close a conversation; gives whether an agent may."""
        talk = self.talks.get(identity)
        if talk is None or not talk.open or not (talk.accepted or what == "accept"):
            return False
        if what == "accept":
            talk.next += not talk.accepted and talk.heard > 0  # says which ones it has taken on
            talk.accepted = True
        elif what == "say":
            talk.messages.append((talk.next, "text/plain", "how can I help?", "", ""))
            talk.next += 1
        else:
            talk.open = False
        return True

    # --- swift

    def _storage(self, call: Call) -> Expected:
        if not {"temp_url_sig", "temp_url_expires"} & set(call.query):
            return Expected(401)
        signature, expires = (call.query.get(f"temp_url_{name}", "") for name in ("sig", "expires"))
        allowed = self.urls.get((call.path, signature, expires))
        rides = call.method == "HEAD"  # wherever another method is allowed
        if allowed is None or int(expires) < self.now or not (rides or call.method == allowed):
            return Expected(401, None if rides else b"401 Unauthorized: Temp URL invalid\n")
        if call.method == "PUT":
            digest = hashlib.md5(call.content, usedforsecurity=False).hexdigest()
            if len(call.content) > MOST:
                return Expected(413)
            if call.headers.get("ETag", digest) != digest:
                return Expected(422)
            self.objects[call.path] = call.content
            return Expected(201, b"", {"Etag": digest})
        if call.path not in self.objects:
            return Expected(404)
        content = self.objects[call.path]
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        about = {"Etag": digest, "Content-Length": str(len(content))}
        return Expected(200, None if rides else content, about)


def _is_setting(method: str, rest: str) -> bool:
    """Whether accountConfig has this address."""
    match method, *rest.split("/")[1:]:
        case ("GET", "setting", "properties") | ("GET" | "PUT", "setting", "properties", _):
            return True
        case ("GET", "provision", "featureGrants"):
            return True
        case ("GET" | "POST", "app-install", "installations"):
            return True
        case ("GET" | "PUT" | "DELETE", "app-install", "installations", _):
            return True
    return False


def _is_request(item: Any) -> bool:
    match item:
        case {"kind": "req", "id": str(identity), "type": str(), "body": dict()}:
            return 1 <= len(identity) <= 64
        case {"kind": "req", "id": int(number), "type": str(), "body": dict()}:
            return type(number) is int and number >= 0
    return False


def _ok(body: Any, request: Any) -> dict[str, Any]:
    return {"code": "OK", "body": body, "reqId": str(request["id"])}


def _auth(code: int) -> Expected:
    status = code // 100  # the first three digits
    body = {"errorCode": code}
    return Expected(
        status, {"kind": "resp", "code": status, "body": body, "type": ".ReqBody$ErrorResp"}
    )


def _unsettled(status: int) -> Expected:
    """Refuse as agentVep and accountConfig do."""
    names = {400: "BAD_REQUEST", 401: "UNAUTHORIZED", 404: "NOT_FOUND", 409: ANY, 412: ANY}
    return Expected(status, {"error": {"message": ANY, "responseStatus": names[status]}})
