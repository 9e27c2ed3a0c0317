"""
No page from elsewhere can read from the sandbox or do anything in it, but by a signed URL.

Every attack is shown to work against a naive server first, so that it can fail.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import requests
from playwright.sync_api import Browser, Page

from lpnb.sandbox import Sandbox
from tests.browser.lab import EVIL, within

pytestmark = pytest.mark.browser

SHARING = "messaging.file.sharing.enabled"
PICTURE = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c000000000100010000020144003b"
)
# What a page can do to an address. Each gives whether it could read the answer.
ATTACKS = """
const asJson = (headers) => ({headers: {"Content-Type": "application/json", ...headers}});
const read = (answer) => answer.text().then((text) => text !== "");
const send = (given) => ({url, body, headers}, more) =>
    fetch(url, {method: "POST", body, credentials: "include", ...given(headers), ...more})
        .then(read).catch(() => false);
const loaded = (element, parts, ready) => new Promise((done) => {
    element.onload = () => done(ready());
    element.onerror = () => done(false);
    Object.assign(element, parts);
    document.body.append(element);
});
const attacks = {
    text: send(() => ({headers: {"Content-Type": "text/plain"}})),
    blind: send(() => ({mode: "no-cors"})),
    json: send(asJson),
    put: send((headers) => ({method: "PUT", ...asJson(headers)})),
    get: ({url, headers}) => fetch(url, {headers}).then(read).catch(() => false),
    form: ({url, fields}) => {
        const frame = document.createElement("iframe");
        frame.name = "frame" + Math.random();
        const form = document.createElement("form");
        Object.assign(form, {action: url, method: "POST", target: frame.name});
        for (const [name, value] of Object.entries(fields))
            form.append(Object.assign(document.createElement("input"), {name, value}));
        document.body.append(form);
        const gone = loaded(frame, {}, () => { form.submit(); });
        return gone.then(() => new Promise((done) => { frame.onload = () => done(false); }));
    },
    beacon: ({url, body}) =>
        navigator.sendBeacon(url, new Blob([body], {type: "text/plain"})) && false,
    image: ({url}) => loaded(new Image(), {src: url}, () => true),
    script: ({url}) => {
        window.leaked = undefined;
        const script = document.createElement("script");
        return loaded(script, {src: url}, () => window.leaked !== undefined);
    },
};
"""
ATTACK = (
    ATTACKS
    + """
const [targets, names] = values, found = {};
for (const target of targets)
    for (const name of names) {
        at(name + " " + target.url);
        (found[name] ??= []).push(await attacks[name](target));
    }
return found;
"""
)
EFFECTS = ("text", "blind", "json", "put", "form", "beacon")
READS = ("text", "json", "put", "get", "image", "script")
ALL = sorted({*EFFECTS, *READS})


class Naive(BaseHTTPRequestHandler):
    """Does and tells anybody anything, as many a local server does."""

    protocol_version = "HTTP/1.1"
    server: "NaiveServer"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        wanted = self.headers.get("Sec-Fetch-Dest", "")
        kind, content = {
            "document": ("text/html", b"<!doctype html><title>elsewhere</title><body>"),
            "image": ("image/gif", PICTURE),
            "script": ("text/javascript", b"window.leaked = 1"),
        }.get(wanted, ("application/json", b"{}"))
        self.server.done[self.command] += 1
        self.send_response(200)
        allowed = {"Origin": self.headers.get("Origin", "*"), "Credentials": "true"}
        allowed |= {"Headers": self.headers.get("Access-Control-Request-Headers", "")}
        allowed |= {"Methods": "GET, PUT, POST"}
        for name, value in allowed.items():
            self.send_header(f"Access-Control-Allow-{name}", value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_OPTIONS = do_POST  # noqa: N815 - the library's names

    def log_message(self, *args: object) -> None:
        pass


class NaiveServer(ThreadingHTTPServer):
    """Counts what it has done."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Naive)
        self.done: Counter[str] = Counter()  # by method


@contextmanager
def naive_server() -> Iterator[NaiveServer]:
    server = NaiveServer()
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def naive() -> Iterator[NaiveServer]:
    """What the attacks do work against."""
    with naive_server() as server:
        yield server


@pytest.fixture
def live() -> Iterator[Sandbox]:
    """A sandbox with a conversation in it."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def foreign(browser: Browser) -> Iterator[Page]:
    """
    A page from another port of this machine.

    That is as near as a stranger gets: its requests would even bring the sandbox's cookies.
    """
    context = browser.new_context()
    with naive_server() as elsewhere:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{elsewhere.server_port}/")
        yield page
    context.close()


@pytest.fixture
def rebound(browser: Browser) -> Iterator[Any]:
    """Opens a page that came from elsewhere, but whose name has since been bound to a port here."""
    context = browser.new_context()

    def opened(port: int) -> Page:
        page = context.new_page()
        address = f"http://{EVIL}:{port}/page"
        page.route(address, lambda route: route.fulfill(body="<body>", content_type="text/html"))
        page.goto(address)
        return page

    yield opened
    context.close()


class Insider:
    """Everything that is secret, as if the page had learnt it; and what is in the sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.account = f"{sandbox.domain_api}/api/account/{sandbox.account}"
        app = requests.post(
            f"{sandbox.domain_api}/sentinel/api/account/{sandbox.account}/app/token?v=1.0",
            {"grant_type": "client_credentials", **self._known("client_id", "client_secret")},
            timeout=20,
        ).json()["access_token"]
        self.tokens = {"Authorization": app}
        consumer = self._post("consumer?v=1.0", {"ext_consumer_id": "Ada"})
        self.tokens["X-LP-ON-BEHALF"] = consumer["token"]
        opened = self._post("messaging/consumer/conversation?v=3", self._creation())
        self.talk = opened[1]["body"]["conversationId"]
        self.login = self._post("login?v=1.3", self._known("username", "password"))

    def _known(self, *names: str) -> dict[str, str]:
        return {name: getattr(self.sandbox, name) for name in names}

    def _post(self, path: str, body: Any) -> Any:
        url = f"{self.account}/{path}"
        return requests.post(url, json=body, headers=self.tokens, timeout=20).json()

    def _creation(self) -> list[Any]:
        wish = {"brandId": self.sandbox.account}
        return [
            {"kind": "req", "id": "1", "type": "userprofile.SetUserProfile", "body": {}},
            {"kind": "req", "id": "2", "type": "cm.ConsumerRequestConversation", "body": wish},
        ]

    def signed(self, kind: str, body: Any) -> str:
        """A URL of storage that the service has given."""
        sent = {"kind": "req", "id": "1", "type": kind, "body": body}
        given = self._post("messaging/consumer/conversation/send?v=3", sent)["body"]
        return f"{self.sandbox.storage}{given['relativePath']}?{urlencode(given['queryParams'])}"

    def targets(self, base: str, *, control: bool = False) -> list[dict[str, Any]]:
        """Every address there is, or all of *control*'s, with what would do something there."""
        event = {"type": "ContentEvent", "contentType": "text/plain", "message": "hello"}
        said = {"dialogId": self.talk, "event": event}
        bodies: dict[str, Any] = {
            "login": self._known("username", "password"),
            "consumer": {"ext_consumer_id": "Grace"},
            "conversation": self._creation(),
            "send": {"kind": "req", "id": "1", "type": "ms.PublishEvent", "body": said},
            "refresh": {"csrf": self.login["csrf"]},
            "logout": {"csrf": self.login["csrf"]},
            SHARING: {"id": SHARING, "type": 2, "propertyValue": {"value": "false"}},
            "clock": {"advance": 3600},
            "guesses": {"already_open": 200},
            "faults": {"do": {"status": 500}},
        }
        fields = {
            "grant_type": "client_credentials",
            **self._known("client_id", "client_secret", "username", "password"),
        }
        found = []
        for path, query in self._switches() if control else self._addresses():
            tokens = self.tokens | {"X-Sandbox-Token": self.sandbox.control_token, "If-Match": "-1"}
            if "/configuration/" in path:
                tokens["Authorization"] = f"Bearer {self.login['bearer']}"
            body = json.dumps(bodies.get(path.rpartition("/")[2], {}))
            url = f"{base}{path}{query}"
            found.append({"url": url, "body": body, "headers": tokens, "fields": fields})
        return found

    def _addresses(self) -> list[tuple[str, str]]:
        found = {}
        for route in self.sandbox.addresses:
            name = SHARING if "/properties" in route.path else "swift"
            path = route.path.format(account=self.sandbox.account, name=name)
            found[path] = f"?{route.version}={route.versions[-1]}" if route.versions else ""
        return [*found.items(), (f"/v1/AUTH_async-images/{self.sandbox.account}/x", "")]

    def _switches(self) -> list[tuple[str, str]]:
        control = urlsplit(self.sandbox.control).path
        switches = ["clock", "faults", "guesses", "journal", "conversations", "objects", "reset"]
        return [(f"{control}/{name}", "") for name in switches]

    def state(self) -> Any:
        """All that somebody could have changed, or added to."""
        sandbox = self.sandbox
        return (
            {i: (one.state, len(one.events)) for i, one in sandbox.conversations.items()},
            set(sandbox.objects),
            sandbox.sharing,
            round(sandbox.clock.ahead),
            dict(sandbox.guesses),
            sandbox.faults.report(),
            set(sandbox._backend.logins._expiry),
        )


def attack(page: Page, targets: list[dict[str, Any]], names: list[str] = ALL) -> dict[str, bool]:
    """Let *page* try everything on all *targets*; gives by which attacks anything was read."""
    found = within(page, ATTACK, targets, names)
    return {name: any(read) for name, read in found.items()}


def accepted(sandbox: Sandbox) -> Counter[tuple[str, str]]:
    """What was answered with anything but a refusal."""
    return Counter((one.service, one.method) for one in sandbox.journal if one.status < 400)


def test_foreign_page(foreign: Page, live: Sandbox, naive: NaiveServer) -> None:
    """A foreign page that knows all secrets reads nothing and changes nothing."""
    insider = Insider(live)
    control = attack(foreign, [insider.targets(f"http://127.0.0.1:{naive.server_port}")[0]])
    before, state, good = len(live.journal), insider.state(), accepted(live)
    targets = insider.targets(live.domain_api)
    switches = insider.targets(live.control.rpartition("/")[0], control=True)
    read = attack(foreign, targets + switches)
    tried = list(live.journal)[before:]

    assert {name: name in READS for name in ALL} == control
    assert len(EFFECTS) == naive.done["POST"] + naive.done["PUT"]
    assert dict.fromkeys(ALL, False) == read
    assert state == insider.state()
    # Images and scripts come without an Origin: what asks for no secret answers, to be read by none
    assert {("domain", "GET"), ("swift", "OPTIONS")} == set(accepted(live) - good)
    assert len(tried) > 5 * len(targets)


def test_rebound_name(rebound: Any, live: Sandbox, naive: NaiveServer) -> None:
    """A name that has been bound to this machine afterwards opens nothing either."""
    insider = Insider(live)
    names = ["json", "text", "put", "get"]
    base = f"http://{EVIL}:{naive.server_port}"
    control = attack(rebound(naive.server_port), [insider.targets(base)[0]], names)
    port = urlsplit(live.domain_api).port
    before, state, good = len(live.journal), insider.state(), accepted(live)
    targets = insider.targets(f"http://{EVIL}:{port}")
    attack(rebound(port), targets, names)
    tried = list(live.journal)[before:]
    port = urlsplit(live.control).port
    switches = insider.targets(f"http://{EVIL}:{port}", control=True)
    attack(rebound(port), switches, names)

    assert dict.fromkeys(names, True) == control
    assert {421} == {one.status for one in tried}
    assert len(tried) >= 3 * len(targets)
    assert state == insider.state()
    assert good == accepted(live)


def test_signed_object(foreign: Page, live: Sandbox) -> None:
    """By a signed URL any page may put and get an object, as the demo's page does."""
    insider = Insider(live)
    wish = {"fileSize": str(len(PICTURE)), "fileType": "GIF"}
    url = insider.signed("ms.GenerateURLForUploadFile", wish)
    put = within(
        foreign,
        """const [url, content] = values;
        const sent = {method: "PUT", body: new Uint8Array(content)};
        const answer = await fetch(url, {...sent, headers: {"Content-Type": "image/gif"}});
        return [answer.status, answer.headers.get("etag")];""",
        *(url, list(PICTURE)),
    )
    path = urlsplit(url).path
    download = insider.signed("ms.GenerateURLForDownloadFile", {"relativePath": path})
    got = within(
        foreign,
        """const answer = await fetch(values[0]);
        return [answer.status, [...new Uint8Array(await answer.arrayBuffer())]];""",
        download,
    )

    assert [201, live.objects[path].etag] == put
    assert [200, list(PICTURE)] == got
    assert 1 == accepted(live)["swift", "OPTIONS"]
