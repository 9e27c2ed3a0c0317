"""All that anybody can do, call by call: mostly right, else with one thing wrong or two."""

import hashlib
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test

from lpnb.sandbox import Sandbox

from .machine import BEGAN, Machine, Reply, Wrong, pick, request, wrongs
from .model import SHARING, Call, Login

CONSUMERS = ("Ada", "Grace", "Zoë 📎")
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PREVIEW = "data:image/png;base64,"
RATING = {
    "field": "CSATRate", "csatRate": 3, "csatResolutionConfirmation": True, "status": "FILLED",
}  # fmt: skip
STATE = {"field": "ConversationStateField", "conversationState": "CLOSE"}

TOKENS = ("oldest", "none", "Bearer", "tampered", "other kind")
SENDING = {  # what can be wrong with any request to send
    "app": TOKENS,
    "on_behalf": TOKENS,
    "envelope": (
        {"id": 3}, {"id": "1,"}, {"id": ""}, {"id": "x" * 64}, {"id": "x" * 65}, {"id": True},
        {"id": None}, {"kind": "resp"}, {"type": "ms.Nothing"}, {"type": None}, {"body": None},
        {"body": []},
    ),
}  # fmt: skip
TALKING = SENDING | {  # and with any that names a conversation
    "talk": ("closed", 0, 1, 2, "", None, "00000000-0000-4000-8000-000000000000"),
    "both": ({}, {"conversationId": "x"}),
}
PATHS = (0, 1, 2, 3, "own, never given", "", "/v1/AUTH_other/c/o", None)

CONSUMER = st.sampled_from(CONSUMERS)
SEND = {"consumer": CONSUMER, "wrong": wrongs(**SENDING)}
TALK = {"consumer": CONSUMER, "wrong": wrongs(**TALKING)}


class Calls(Machine):
    """The rules. More of them go into classes beside this one, which `compare` puts together."""

    # --- Domain API, agentVep, accountConfig

    @rule(wrong=wrongs(name=("", "Swift", "nothing", "idp/idp")), name=st.sampled_from(["", "idp"]))
    def find_domains(self, name: str, wrong: Wrong) -> None:
        name = wrong.get("name", name)
        path = f"{self.base}/service/{name + '/' if name else ''}baseURI.json"
        self.ask(Call("GET", path, {"version": "1.0"}), wrong)

    @rule(
        wrong=wrongs(
            version=("1.1", "1.2", "2.0"),
            body=({"password": "x"}, {"username": "x"}, {"password": 5}, {"username": None}),
        )
    )
    def log_in(self, wrong: Wrong) -> None:
        body = {name: self.model.known[name] for name in ("username", "password")}
        version = {"v": wrong.get("version", "1.3")}
        sent = body | wrong.get("body", {})
        if self.ask(Call("POST", f"{self.base}/login", version, JSON, sent), wrong).status == 200:
            self.logins.append(self.model.logins[-1])

    def _login(self) -> Login:
        """A login that is good, made now if there is none."""
        good = [one for one in self.model.logins if one.until > self.model.now]
        if not good:
            self.log_in(wrong={})
        return good[-1] if good else self.model.logins[-1]

    @rule(
        what=st.sampled_from(["refresh", "logout"]),
        wrong=wrongs(login=(0, 1, 2), csrf=("", "x", 5, 0), cookie=("", "Session_id=x")),
    )
    def go_on(self, what: str, wrong: Wrong) -> None:
        login = pick(self.logins, wrong.get("login", 0)) or self._login()
        csrf = wrong.get("csrf", login.csrf)
        sent = {"csrf": self.logins[0].csrf if csrf == 0 and self.logins else csrf}
        headers = JSON | {"Cookie": wrong.get("cookie", login.cookie)}
        self.ask(Call("POST", f"{self.base}/{what}", {}, headers, sent), wrong)

    def _bearer(self, wrong: Wrong) -> str:
        form = wrong.get("bearer", "Bearer {}")
        login = self.logins[0] if form == "oldest" and self.logins else self._login()
        return str("Bearer {}" if form == "oldest" else form).format(login.bearer)

    def _settings(
        self, method: str, name: str, wrong: Wrong, headers: dict[str, str], sent: Any = None
    ) -> None:
        name = wrong.get("name", name)
        headers = headers | {"Authorization": self._bearer(wrong)}
        path = f"{self.base}/configuration/setting/properties{'/' + name if name else ''}"
        self.ask(Call(method, path, {"v": "3.0"}, headers, sent), wrong)

    PROPERTY = st.sampled_from([SHARING, "messaging.agent.file.sharing.enabled"])
    BEARERS = ("oldest", "", "{}", "Bearer x", "Bearer  {}")

    @rule(name=PROPERTY, wrong=wrongs(bearer=BEARERS, name=("", "nothing")))
    def read_property(self, name: str, wrong: Wrong) -> None:
        self._settings("GET", name, wrong, {})

    @rule(
        name=PROPERTY,
        value=st.sampled_from(["true", True, "false", "TRUE", "perhaps", {"a": 1}]),
        if_match=st.sampled_from([0, 0, 0, "-1", 1, -1, None, "*"]),
        override=st.sampled_from([False, False, True]),
        wrong=wrongs(
            bearer=BEARERS,
            name=("", "nothing"),
            body=({"id": "x"}, {"type": None}, {"propertyValue": {}}, {"propertyValue": None}),
        ),
    )
    def write_property(
        self, name: str, value: Any, if_match: Any, override: bool, wrong: Wrong
    ) -> None:
        if isinstance(if_match, int):  # the one of so many writes ago
            if_match = str(self.model.revision - if_match)
        headers = JSON | ({"If-Match": if_match} if if_match else {})
        if override:
            headers |= {"X-HTTP-Method-Override": "PUT"}
        body = {"id": name, "type": 2, "propertyValue": {"value": value}, "deleted": "false"}
        method = "POST" if override else "PUT"
        self._settings(method, name, wrong, headers, body | wrong.get("body", {}))

    @rule(wrong=wrongs(bearer=BEARERS))
    def read_features(self, wrong: Wrong) -> None:
        headers = {"Authorization": self._bearer(wrong)}
        path = f"{self.base}/configuration/provision/featureGrants"
        self.ask(Call("GET", path, {"v": "1.0"}, headers), wrong)

    @rule(
        method=st.sampled_from(["GET", "POST", "POST", "PUT", "DELETE"]),
        name=st.sampled_from(["com.example.a", "com.example.b"]),
        wrong=wrongs(
            bearer=BEARERS,
            one=(0, 1, "nothing", "own"),
            if_match=(1, -1, None, "*", "-1"),
            body=({"client_name": ""}, {"client_name": 5}, {"client_name": None}),
        ),
    )
    def administer(self, method: str, name: str, wrong: Wrong) -> None:
        """Read, install, change or remove applications, but for the first one."""
        mine = [*self.model.apps_installed][1:]
        if method in ("PUT", "DELETE") and not mine:
            method = "POST"
        which = wrong.get("one", 0)
        one = pick(mine, which) if isinstance(which, int) else which
        one = self.model.known["client_id"] if one == "own" and method == "GET" else one
        address = f"/{one or 'nothing'}" if method in ("PUT", "DELETE") or "one" in wrong else ""
        if_match = wrong.get("if_match", 0)
        if isinstance(if_match, int):
            if_match = str(self.model.app_revision - if_match)
        headers = JSON | {"Authorization": self._bearer(wrong)}
        headers |= {"If-Match": if_match} if if_match else {}
        body = {"client_name": name, "grant_types": ["client_credentials"], "scope": "msg.consumer"}
        sent = body | wrong.get("body", {}) if method in ("POST", "PUT") else None
        path = f"{self.base}/configuration/app-install/installations{address}"
        self.ask(Call(method, path, {"v": "1.0"}, headers, sent), wrong)

    # --- sentinel, idp

    @rule(
        in_form=st.sampled_from(["", "client_id client_secret", "grant_type", "all"]),
        wrong=wrongs(
            value=(
                {"client_secret": "x"}, {"client_id": ""}, {"grant_type": "password"},
                {"grant_type": ""},
            )
        ),
    )  # fmt: skip
    def get_app_token(self, in_form: str, wrong: Wrong) -> None:
        identity = list(self.model.apps_installed)[-1]  # as good as the first one
        secret = self.model.apps_installed[identity].secret
        known = {"client_id": identity, "client_secret": secret}
        values = known | {"grant_type": "client_credentials"} | wrong.get("value", {})
        form = {name: one for name, one in values.items() if name in in_form or in_form == "all"}
        query = {name: one for name, one in values.items() if name not in form}
        path = f"/sentinel{self.base}/app/token"
        self.ask(Call("POST", path, {"v": "1.0"} | query, FORM, form=form), wrong)

    def _app(self, which: str = "newest") -> str:
        """An AppJWT, got now if none is good; or what *which* says."""
        apps = self.model.apps
        if max(apps.values(), default=0) <= self.model.now:
            self.get_app_token("", {})
        newest = max(apps, key=lambda one: apps[one])
        others = {"oldest": min(apps, key=lambda one: apps[one])}
        return (others | _spoilt(newest, next(iter(self.model.consumers), ""))).get(which, newest)

    def _on_behalf(self, consumer: str, which: str) -> str:
        """The consumer's ConsumerJWS, or what *which* says."""
        others = {"oldest": next(iter(self.jws.values()))}
        return (others | _spoilt(self.jws[consumer], self._app())).get(which, self.jws[consumer])

    @rule(consumer=CONSUMER, wrong=wrongs(app=TOKENS, name=("", 5, None)))
    def get_consumer_token(self, consumer: str, wrong: Wrong) -> None:
        headers = JSON | {"Authorization": self._app(wrong.get("app", ""))}
        sent = {"ext_consumer_id": wrong.get("name", consumer)}
        reply = self.ask(Call("POST", f"{self.base}/consumer", {"v": "1.0"}, headers, sent), wrong)
        if reply.status == 201:
            self.jws[consumer] = reply.value["token"]

    # --- asyncMessagingEnt

    @initialize(consumers=st.permutations(CONSUMERS))
    def begin(self, consumers: list[str]) -> None:
        """Two consumers have a conversation, and one of them has an upload URL."""
        for consumer in consumers:
            self.get_consumer_token(consumer, {})
        for consumer in consumers[:2]:
            self.create(consumer, {})
        self.get_upload_url("100", consumers[0], {})

    def _call(self, address: str, sent: Any, consumer: str, wrong: Wrong) -> Reply:
        headers = {
            "Authorization": self._app(wrong.get("app", "")),
            "X-LP-ON-BEHALF": self._on_behalf(consumer, wrong.get("on_behalf", "")),
        }
        headers = JSON | {name: value for name, value in headers.items() if value}
        path = f"{self.base}/messaging/consumer/{address}"
        return self.ask(Call("POST", path, {"v": "3"}, headers, sent), wrong)

    def _send(self, kind: str, body: Any, consumer: str, wrong: Wrong) -> Reply:
        sent = request(kind, body) | wrong.get("envelope", {})
        return self._call("conversation/send", sent, consumer, wrong)

    @rule(
        consumer=CONSUMER,
        wrong=wrongs(
            app=TOKENS,
            on_behalf=TOKENS,
            order=((1, 0), (1,), (0, 1, 1), (0, 0), ()),
            wish=({}, {"brandId": "1"}, {"channelType": "SMS"}),
            id=("", 5, None, "x" * 65),
        ),
    )
    def create(self, consumer: str, wrong: Wrong) -> None:
        brand = {"brandId": self.model.account}
        if wish := wrong.get("wish"):
            brand |= wish
        items = [
            request("userprofile.SetUserProfile", {"firstName": consumer}, "1,"),
            request(
                "cm.ConsumerRequestConversation",
                {} if wish == {} else brand | {"ttrDefName": "NORMAL"},
                wrong.get("id", "a-wish"),
            ),
        ]
        sent = [items[i] for i in wrong.get("order", (0, 1))] or items[1]
        reply = self._call("conversation", sent, consumer, wrong)
        if reply.status == 200:
            self.talks.append(reply.value[1]["body"]["conversationId"])

    def _talk(self, consumer: str, wrong: Wrong) -> Any:
        """The consumer's open conversation, begun now if there is none; or what *wrong* says."""
        if "talk" in wrong:
            which = wrong["talk"]
            if which == "closed":
                return pick(self._talks(consumer, still_open=False), 0)
            return pick(self.talks, which) if isinstance(which, int) else which
        if not self._talks(consumer):
            self.create(consumer, {})
        return self._talks(consumer)[0]

    def _me(self, consumer: str) -> str:
        return self.model.consumers[self.jws[consumer]]

    def _talks(self, consumer: str, *, still_open: bool = True) -> list[str]:
        me = self._me(consumer)
        talks = self.model.talks.items()
        return [i for i, one in talks if one.consumer == me and one.open == still_open]

    @rule(
        change=st.sampled_from([
            STATE, [STATE], [RATING, STATE],
            {"field": "DialogChange", "type": "UPDATE", "dialog": {"state": "CLOSE"}},
            RATING, RATING | {"csatRate": 5}, [RATING | {"csatRate": 1}],
            RATING | {"csatRate": 0}, RATING | {"csatRate": 6}, RATING | {"status": "x"},
            STATE | {"conversationState": "OPEN"}, [STATE, {}], None, [], {}, "CLOSE",
        ]),
        dialog=st.sampled_from(["right", "right", "wrong", None]),
        **TALK,
    )  # fmt: skip
    def change(self, change: Any, dialog: str | None, consumer: str, wrong: Wrong) -> None:
        identity = self._talk(consumer, wrong)
        if isinstance(change, dict) and "dialog" in change and dialog:
            named = {"dialogId": identity if dialog == "right" else "x"}
            change = change | {"dialog": change["dialog"] | named}
        body = {"conversationId": identity, "conversationField": change}
        self._send("cm.UpdateConversationField", body, consumer, wrong)

    @rule(consumer=CONSUMER, then=st.sampled_from(["say", "share", "end", "upload", "download"]))
    def end(self, consumer: str, then: str) -> None:
        """Close a conversation, and go on in it as if nothing had happened."""
        path = self._path(consumer, {})
        self.change(STATE, None, consumer, {})
        closed = {"talk": "closed"}
        match then:
            case "say":
                self.say("still there?", consumer, closed)
            case "share":
                told = {"relativePath": path, "fileType": "PNG"}
                event = {"type": "ContentEvent", "contentType": "hosted/file", "message": told}
                self._publish(event, consumer, closed)
            case "end":
                self.change(STATE, None, consumer, closed)
            case "upload":
                self.get_upload_url("100", consumer, {})
            case "download":
                self.get_download_url(consumer, {})

    def _publish(self, event: Any, consumer: str, wrong: Wrong) -> None:
        identity = self._talk(consumer, wrong)
        both = wrong.get("both", {"conversationId": identity})
        body = {"dialogId": identity, "event": event} | both
        self._send("ms.PublishEvent", body, consumer, wrong)

    @rule(
        text=st.sampled_from(["hello", "x", "ü" * 5000, "x" * 5001, "", 7, None]),
        **TALK,
    )
    def say(self, text: Any, consumer: str, wrong: Wrong) -> None:
        event = {"type": "ContentEvent", "contentType": "text/plain", "message": text}
        self._publish(event, consumer, wrong)

    @rule(
        event=st.sampled_from([
            {"type": "ChatStateEvent", "chatState": "COMPOSING"},
            {"type": "AcceptStatusEvent", "status": "ACCESS", "sequenceList": [0]},
            {"type": "AcceptStatusEvent", "status": "READ", "sequenceList": [0, 1]},
            {"type": "ChatStateEvent", "chatState": "composing"},
            {"type": "AcceptStatusEvent", "status": "read", "sequenceList": [0]},
            {"type": "AcceptStatusEvent", "status": "READ", "sequenceList": []},
            {"type": "RichContentEvent", "content": {}},
            {"type": "ContentEvent", "contentType": "HostedFile", "message": {}},
            {}, "text", None,
        ]),
        **TALK,
    )  # fmt: skip
    def signal(self, event: Any, consumer: str, wrong: Wrong) -> None:
        self._publish(event, consumer, wrong)

    def _path(self, consumer: str, wrong: Wrong) -> Any:
        """The path of an object of the consumer's, uploaded now if there is none; or as said."""
        if "path" not in wrong:
            own = [path for path in self.model.objects if self._me(consumer) in path]
            if not own:
                url = self._url("PUT", consumer)
                self.visit("PUT", 100, "", consumer, {})
                return url[0]
            return own[-1]
        which = wrong["path"]
        if which == "own, never given":
            return f"/v1/AUTH_async-images/{self.model.account}/{self._me(consumer)}_uuid_x.PNG"
        return pick(list(self.model.urls), which)[0] if isinstance(which, int) else which

    def _url(self, method: str, consumer: str) -> tuple[str, ...]:
        """A URL of the consumer's that is good for *method*, got now if there is none."""
        for new in (False, True):
            if new and method == "PUT":
                if not self.model.sharing:
                    self.meddle("on")
                self._talk(consumer, {})  # after the end of all conversations there is no URL
                self.get_upload_url("100", consumer, {})
            elif new:
                self.get_download_url(consumer, {})
            for url, good in reversed(self.model.urls.items()):
                mine = self._me(consumer) in url[0] and int(url[2]) >= self.model.now
                if mine and good == method:
                    return url
        raise AssertionError

    @rule(
        message=st.sampled_from([
            {}, {"caption": "a receipt"}, {"fileType": "JPEG", "preview": PREVIEW + "AAAA"},
            {"preview": PREVIEW + "A" * (30_720 - len(PREVIEW))},
            {"preview": PREVIEW + "A" * (30_721 - len(PREVIEW))},
            {"preview": "https://example.test/"}, {"fileType": "png"}, {"fileType": None},
        ]),
        consumer=CONSUMER,
        wrong=wrongs(**TALKING, path=PATHS),
    )  # fmt: skip
    def publish_file(self, message: Any, consumer: str, wrong: Wrong) -> None:
        path = self._path(consumer, wrong)
        told = {"relativePath": path, "fileType": "PNG"} | message
        event = {"type": "ContentEvent", "contentType": "hosted/file", "message": told}
        self._publish(event, consumer, wrong)

    @rule(
        size=st.sampled_from(["100", "3145728", "3145729", 1, 3145728]),
        consumer=CONSUMER,
        wrong=wrongs(
            **SENDING,
            body=(
                {"fileSize": "0"}, {"fileSize": "-1"}, {"fileSize": None}, {"fileSize": True},
                {"fileSize": "٣"}, {"fileType": "JPEG"}, {"fileType": "png"}, {"fileType": "PDF"},
                {"fileType": None},
            ),
        ),
    )  # fmt: skip
    def get_upload_url(self, size: Any, consumer: str, wrong: Wrong) -> None:
        body = {"fileSize": size, "fileType": "PNG"} | wrong.get("body", {})
        reply = self._send("ms.GenerateURLForUploadFile", body, consumer, wrong)
        if reply.status == 200 and "on_behalf" not in wrong:
            path = reply.value["body"]["relativePath"]
            owner = self._me(consumer)
            assert path.startswith(f"/v1/AUTH_async-images/{self.model.account}/{owner}_")
            assert path.endswith(f".{body['fileType']}")

    @rule(consumer=CONSUMER, wrong=wrongs(**SENDING, path=PATHS))
    def get_download_url(self, consumer: str, wrong: Wrong) -> None:
        body = {"relativePath": self._path(consumer, wrong)}
        self._send("ms.GenerateURLForDownloadFile", body, consumer, wrong)

    # --- swift

    @rule(
        method=st.sampled_from(["PUT", "GET", "HEAD"]),
        size=st.sampled_from([100, 0, 1, 70_000]),
        etag=st.sampled_from(["", "right", "wrong"]),
        consumer=CONSUMER,
        wrong=wrongs(
            method=("GET", "HEAD", "PUT", "DELETE"),
            url=(0, 1, 2, 3),
            sign=("signature", "expiry", "no signature", "no expiry", "neither", "path", "slash"),
        ),
    )
    def visit(self, method: str, size: int, etag: str, consumer: str, wrong: Wrong) -> None:
        if "url" in wrong:
            path, signature, expires = pick([*self.model.urls][::-1], wrong["url"])
        else:
            path, signature, expires = self._url("PUT" if method == "PUT" else "GET", consumer)
        query = {"temp_url_sig": signature, "temp_url_expires": expires}
        match wrong.get("sign"):
            case "signature":
                query["temp_url_sig"] = signature[::-1]
            case "expiry":
                query["temp_url_expires"] = str(int(expires) + 1)
            case "no signature":
                del query["temp_url_sig"]
            case "no expiry":
                del query["temp_url_expires"]
            case "neither":
                query.clear()
            case "path":
                path = path[:-1] + path[-1].lower()
            case "slash":
                path = f"/{path}"
        method = wrong.get("method", method)
        content = bytes([self.asked % 256]) * size if method == "PUT" else b""
        headers = {"Content-Type": "image/png"}
        if etag and method == "PUT":
            digest = hashlib.md5(content + b"x" * (etag == "wrong"), usedforsecurity=False)
            headers["ETag"] = digest.hexdigest()
        damage = wrong.get("damage", "")
        wrong = {"damage": damage} if damage in ("origin", "host", "localhost") else {}
        self.ask(Call(method, path, query, headers, content=content), wrong)

    # --- what people and time do

    @rule(consumer=CONSUMER, what=st.sampled_from(["accept", "accept", "say", "close"]))
    def answer_as_agent(self, consumer: str, what: str) -> None:
        """Let the agent act in the newest conversation, whether that is possible or not."""
        identity = pick(self._talks(consumer) or self.talks, 0)
        agent = self.sandbox.agent
        acts = {
            "accept": lambda: agent.accept(identity),
            "say": lambda: agent.say(identity, "how can I help?"),
            "close": lambda: agent.close(identity),
        }
        done = True
        try:
            acts[what]()
        except ValueError:
            done = False
        assert self.model.act(identity, what) == done

    @rule(
        what=st.sampled_from(["URL", "AppJWT", "bearer", "session", "all"]),
        late=st.sampled_from([-1, 0, 1]),
        consumer=CONSUMER,
    )
    def outlast(self, what: str, late: int, consumer: str) -> None:
        """Use something in the second in which it ends, in the one before or after, or too late."""
        wait = {"URL": 60, "AppJWT": 3600}.get(what, 28_800) + late
        match what:
            case "URL":
                url = self._url("PUT", consumer)
                self.meddle(int(url[2]) - self.model.now + late)
                self.visit("PUT", 1, "", consumer, {"url": [*self.model.urls].index(url)})
            case "AppJWT":
                self.get_app_token("", {})
                token = list(self.model.apps)[-1]
                self.meddle(wait)
                headers = JSON | {"Authorization": token}
                sent = {"ext_consumer_id": consumer}
                self.ask(Call("POST", f"{self.base}/consumer", {"v": "1.0"}, headers, sent), {})
            case _:
                self.log_in({})
                self.meddle("reset" if what == "all" else wait)
                headers = {"Authorization": f"Bearer {self.logins[-1].bearer}"}
                path = f"{self.base}/configuration/setting/properties"
                if what == "session":
                    self.go_on("refresh", {"login": 0})
                    self.meddle(2)  # after which only a refreshed one lives
                self.ask(Call("GET", path, {"v": "3.0"}, headers), {})

    @rule(what=st.sampled_from([1, 59, 60, 61, 3540, 3600, 28_799, "on", "off", "reset"]))
    def meddle(self, what: int | str) -> None:
        """Let time pass, switch sharing as a person may, or begin anew."""
        if isinstance(what, int):
            self.sandbox.clock.advance(what)
            self.model.now += what
        elif what == "reset":
            self.sandbox.reset()
            self.model.reset()
        else:
            self.sandbox.sharing = what == "on"
            self.model.switch_sharing(on=what == "on")


def _spoilt(token: str, other: str) -> dict[str, str]:
    end = "AAA" if token[-3:] != "AAA" else "BBB"
    tampered = token[:-3] + end
    return {"none": "", "Bearer": f"Bearer {token}", "tampered": tampered, "other kind": other}


def compare(examples: int, *, steps: int = 50) -> int:
    """
    Run the machine *examples* times, so many *steps* each, and give how many calls it compared.

    Raises:
        AssertionError: the sandbox and the model differ; the shortest way there is printed.
    """
    with Sandbox(time=lambda: BEGAN) as sandbox:

        class Bound(Calls):
            pass

        Bound.sandbox = sandbox
        Machine.asked = 0
        run_state_machine_as_test(  # type: ignore[no-untyped-call]
            Bound,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                derandomize=True,
                database=None,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    return Machine.asked
