"""The server itself: starting, stopping, who may knock, and what the journal and control tell."""

import base64
import contextlib
import gc
import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from operator import itemgetter
from urllib.parse import urlsplit

import pytest
from sandbox_client import PNG, Client, hosted_file, text

from lpnb.sandbox import Sandbox

READY = {
    "domain_api",
    "account",
    "username",
    "password",
    "client_id",
    "client_secret",
    "storage",
    "storage_account_path",
    "storage_key",
    "control",
    "control_token",
}


def port_of(sandbox):
    return int(sandbox.domain_api.rpartition(":")[2])


def test_ready_line(sandbox):
    """The ready line has the eleven keys, and each is an attribute."""
    assert READY == set(sandbox.ready_line())
    assert sandbox.ready_line() == {name: getattr(sandbox, name) for name in READY}
    assert f"http://127.0.0.1:{port_of(sandbox)}" == sandbox.domain_api
    assert "/v1/AUTH_async-images" == sandbox.storage_account_path


def test_stop_frees_the_port():
    """A stopped sandbox answers no more, cuts kept connections, and its port is free."""
    sandbox = Sandbox()
    port = port_of(sandbox)
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/")
    connection.getresponse().read()
    sandbox.stop()
    sandbox.stop()

    assert sandbox.stopped
    assert b"" == connection.sock.recv(1)
    connection.close()
    with Sandbox(port=port) as again:
        assert port == port_of(again)


def test_what_has_begun_ends_if_the_rest_cant(monkeypatch):
    """A sandbox that can't start leaves no socket open: an open one would be a warning here."""

    def fail(*_, **__):
        raise OSError("no more")

    monkeypatch.setattr("lpnb.sandbox.facade.Backend", fail)
    with pytest.raises(OSError, match="no more"):
        Sandbox()
    gc.collect()


def test_port_in_use(sandbox):
    """A port that is taken is an OSError, not a second listener."""
    with pytest.raises(OSError, match="in use"):
        Sandbox(port=port_of(sandbox))


def test_account_is_an_argument():
    """Another account's id can be stood in for, if it is digits."""
    with Sandbox(account="987") as sandbox:
        assert "987" == sandbox.ready_line()["account"]
    with pytest.raises(ValueError, match="digits"):
        Sandbox(account="../x")


def test_loopback_only(sandbox):
    """The listening socket is bound to 127.0.0.1."""
    with socket.socket() as one:
        one.settimeout(0.5)
        assert one.connect_ex(("127.0.0.2", port_of(sandbox)))


def test_one_connection(client, conversation):
    """A whole flow over one session takes one connection, and requests are counted by service."""
    before = client.sandbox.connections
    path = client.uploaded()
    client.publish(conversation, hosted_file(path))
    client.http.get(client.address(client.download_url(path)))

    assert 0 == client.sandbox.connections - before
    assert 2 == client.sandbox.requests["swift"]
    assert 4 == client.sandbox.requests["asyncMessagingEnt"]


def ask(sandbox, method="GET", path="/", *, port=0, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port or port_of(sandbox))
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, answer.headers, content


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:{}", 404),
        ("localhost:{}", 404),
        ("127.0.0.1", 404),
        ("localhost", 404),
        ("127.0.0.1:1", 421),
        ("example.test:{}", 421),
        ("example.test", 421),
        ("", 421),
    ],
)
def test_host(sandbox, host, status):
    """Only this machine's own names are served, so a rebound name gets nothing."""
    assert status == ask(sandbox, Host=host.format(port_of(sandbox)))[0]


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://example.test", 403),
        ("null", 403),
        ("http://127.0.0.1:1", 403),
        ("http://127.0.0.1:{}", 404),
        ("http://localhost:{}", 404),
    ],
)
def test_origin(sandbox, origin, status):
    """A page from elsewhere is refused at every service but storage."""
    given = origin.format(port_of(sandbox))

    assert status == ask(sandbox, "POST", "/", Origin=given)[0]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 200),
        ({"path": "/reset"}, 404),
        ({"Host": "example.test"}, 421),
        ({"Host": "127.0.0.1:1"}, 421),
        ({"Origin": "https://example.test"}, 403),
        ({"Origin": "{sandbox.domain_api}"}, 403),
        ({"X_Sandbox_Token": "wrong"}, 403),
    ],
)
def test_who_may_knock_at_control(client, conversation, changes, status):
    """Control has a port and an origin of its own, and says as JSON why not; none is journaled."""
    sandbox, control = client.sandbox, urlsplit(client.sandbox.control)
    sandbox.journal.clear()
    given = {"path": f"{control.path}/reset", "X_Sandbox_Token": sandbox.control_token}
    given |= {name: value.format(sandbox=sandbox) for name, value in changes.items()}
    answer = ask(sandbox, "POST", port=control.port, **given)

    assert status == answer[0]
    assert (status == 200) == ("error" not in (json.loads(answer[2]) or {}))
    assert (status == 200) == (not sandbox.conversations)
    assert [] == list(sandbox.journal)


def test_control_is_on_no_port_of_the_services(sandbox):
    """The control path is nothing there, and control's port answers for no service."""
    control, token = urlsplit(sandbox.control), {"X_Sandbox_Token": sandbox.control_token}
    base_uri = f"/api/account/{sandbox.account}/service/baseURI.json?version=1.0"

    assert 404 == ask(sandbox, path=f"{control.path}/clock", **token)[0]
    assert 200 == ask(sandbox, path=base_uri)[0]
    assert 404 == ask(sandbox, path=base_uri, port=control.port, **token)[0]


@pytest.mark.parametrize(
    ("method", "path", "nearest", "differences"),
    [
        (
            "GET",
            "/api/account/1/login",
            "POST /api/account/{account}/login (agentVep)",
            ["the method is GET, not POST"],
        ),
        (
            "POST",
            "/api/account/1/Consumer?v=1.0",
            "POST /api/account/{account}/consumer (idp)",
            ["segment 4 of the path is 'Consumer', not 'consumer'"],
        ),
        (
            "POST",
            "/api/account/1/messaging/consumer/conversation/send/?v=3",
            "POST /api/account/{account}/messaging/consumer/conversation/send (asyncMessagingEnt)",
            ["the path has 8 segments, not 7"],
        ),
        (
            "POST",
            "//api/account/1/login",
            "POST /api/account/{account}/login (agentVep)",
            None,
        ),
    ],
)
def test_why_nothing_matched(sandbox, method, path, nearest, differences):
    """An unknown request is a 404 that names the nearest route and what differs."""
    status, _, content = ask(sandbox, method, path)

    assert [404, nearest] == [status, json.loads(content)["nearest"]]
    assert differences in (None, json.loads(content)["differences"])


def test_why_nothing_matched_tells_no_secret(client):
    """The explanation and the journal show no value of the query."""
    answer = client.http.post(f"{client.account}/app/token?v=1.0&client_secret=PLANTED")

    assert "PLANTED" not in answer.text
    assert "/app/token?v=1.0&client_secret=[covered" in client.sandbox.journal[-1].path
    assert "PLANTED" not in repr(client.sandbox.journal[-1])


@pytest.mark.parametrize(("size", "status"), [(1_048_576, 401), (1_048_577, 413)])
def test_json_size(client, size, status):
    """A JSON body has at most 1 MiB."""
    url = f"{client.conversation_url}/send?v=3"
    answer = client.http.post(url, data=b" " * size, headers={"Content-Type": "application/json"})

    assert status == answer.status_code


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/2.0\r\n\r\n", b"400"),
        (b"GET /a b HTTP/1.1\r\n\r\n", b"400"),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 9000 + b"\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * 101 + b"\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n\r\n", b"421"),
    ],
)
def test_unreadable_requests(sandbox, request_bytes, status):
    """What is no request gets an answer all the same, and the connection ends."""
    with socket.create_connection(("127.0.0.1", port_of(sandbox))) as one:
        one.settimeout(5)
        one.sendall(request_bytes)
        answer = one.recv(100)

    assert status == answer.split()[1]


def test_http_1_0(sandbox):
    """An HTTP/1.0 client gets its answer and the end of the connection."""
    with socket.create_connection(("127.0.0.1", port_of(sandbox))) as one:
        one.settimeout(5)
        one.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
        answer = b""
        while piece := one.recv(4096):
            answer += piece

    assert b"Connection: close" in answer
    assert answer.endswith(b"}")


def test_pipelined_requests(sandbox):
    """Two requests in one packet get two answers in order."""
    port = port_of(sandbox)
    one_request = f"GET /{{}} HTTP/1.1\r\nHost: localhost:{port}\r\n{{}}\r\n"
    both = one_request.format("a", "") + one_request.format("b", "Connection: close\r\n")
    with socket.create_connection(("127.0.0.1", port)) as one:
        one.settimeout(5)
        one.sendall(both.encode())
        answer = b""
        while piece := one.recv(4096):
            answer += piece

    assert 2 == answer.count(b"HTTP/1.1 404 Not Found")


def test_slow_connections_do_not_block(client):
    """With 200 connections that say nothing, others are still served."""
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            idle = stack.enter_context(
                socket.create_connection(("127.0.0.1", port_of(client.sandbox)))
            )
            idle.sendall(b"GET / HT")

        assert client.consumer_jws()


def test_many_threads(sandbox):
    """Eight clients at once lose nothing and mix nothing up."""
    failures = []

    def share(number):
        client = Client(sandbox)
        with client.http:
            conversation = client.open(f"consumer {number}")
            for turn in range(5):
                content = PNG + f"{number}/{turn}".encode()
                path = client.uploaded(content, consumer=f"consumer {number}")
                client.publish(conversation, hosted_file(path), consumer=f"consumer {number}")
                if sandbox.objects[path].content != content:
                    failures.append(path)

    threads = [threading.Thread(target=share, args=(number,)) for number in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert [] == failures
    assert 40 == len(sandbox.objects)
    assert [[0, 1, 2, 3, 4]] * 8 == [
        [message.sequence for message in one.messages] for one in sandbox.conversations.values()
    ]


def test_reset(client, conversation):
    """A reset forgets what happened and keeps credentials and port."""
    before = client.sandbox.ready_line()
    client.uploaded()
    client.sandbox.clock.advance(1000)
    client.sandbox.faults.add({"do": {"status": 500}})
    client.sandbox.guesses["idp_refusal"] = "1"
    client.sandbox.sharing = False
    client.sandbox.reset()

    assert [{}, {}, [], [], "9007"] == [
        client.sandbox.conversations,
        client.sandbox.objects,
        list(client.sandbox.journal),
        client.sandbox.faults.report(),
        client.sandbox.guesses["idp_refusal"],
    ]
    assert 5 > abs(client.sandbox.clock.now() - time.time())
    assert client.sandbox.sharing
    assert before == client.sandbox.ready_line()


def test_guesses(sandbox):
    """Each guess has one ASCII sentence and a source; names and values are checked."""
    for name in sandbox.guesses:
        guess = sandbox.guesses.about(name)
        assert guess.sentence.isascii()
        assert guess.sentence.endswith(".")
        assert guess.source
        assert not guess.choices or guess.choices[0] == guess.default

    with pytest.raises(ValueError, match="no guess is called 'nothing'"):
        sandbox.guesses["nothing"] = 1
    with pytest.raises(ValueError, match="'refused'"):
        sandbox.guesses["bearer_prefix"] = "perhaps"
    with pytest.raises(ValueError, match="takes int"):
        sandbox.guesses["sharing_off"] = "400"


def test_control(client, conversation):
    """The control routes show and switch what Python can, given the token."""
    path = client.uploaded()
    client.publish(conversation, hosted_file(path))
    sandbox, token = client.sandbox, {"X-Sandbox-Token": client.sandbox.control_token}

    def get(name):
        return client.http.get(f"{sandbox.control}/{name}", headers=token).json()

    def post(name, value):
        return client.http.post(f"{sandbox.control}/{name}", headers=token, json=value)

    assert path == get("conversations")[0]["events"][0]["relative_path"]
    assert "_next" not in get("conversations")[0]
    assert len(PNG) == get("objects")[path]["size"]
    assert "swift" in [entry["service"] for entry in get("journal")]
    assert 200 == post("clock", {"advance": 3600}).status_code
    assert 3595 < get("clock")["now"] - time.time() < 3605
    assert 200 == post("guesses", {"already_open": 200}).status_code
    assert 200 == get("guesses")["already_open"]
    assert [400] * 4 == [
        post(name, value).status_code
        for name, value in (
            ("clock", {}),
            ("clock", {"advance": True}),
            ("guesses", {"nothing": 1}),
            ("guesses", None),
        )
    ]
    assert 200 == post("reset", None).status_code
    assert {} == get("objects")
    assert [] == get("journal")


@pytest.fixture
def control(client):
    """Ask control for something; gives status and JSON."""
    token = {"X-Sandbox-Token": client.sandbox.control_token}

    def ask_control(method, name, **given):
        url = f"{client.sandbox.control}/{name}"
        answer = client.http.request(method, url, headers=token, timeout=9, **given)
        return answer.status_code, answer.json()

    return ask_control


def test_agent_by_control(client, conversation, control):
    """Over control the agent does all that it does in Python."""

    def act(do, **given):
        body = {"do": do, "conversation": conversation} | given
        status, row = control("POST", "agent", json=body)
        assert (200, do) == (status, do), row
        return row

    client.publish(conversation, hosted_file(client.uploaded()))
    act("accept")
    content = base64.b64encode(PNG).decode()

    assert "COMPOSING" == act("type")["status"]
    assert ["READ", None] == [act("read")["status"], act("read")]
    assert "Hello" == act("say", text="Hello")["text"]
    assert ("PNG", "Here") == itemgetter("file_type", "caption")(
        act("share", content=content, caption="Here")
    )
    assert content == act("download")["content"]
    assert "closed" == act("close")["what"]


def test_webhooks_by_control(client, conversation, control):
    """Over control an endpoint is registered, what it was told is read, and it is forgotten."""
    url, kind = "http://127.0.0.1:9/", "ms.MessagingEventNotification.ContentEvent"

    assert (200, {"url": url, "types": [kind]}) == control(
        "POST", "webhooks", json={"url": url, "types": [kind]}
    )
    client.publish(conversation, text("Anybody there?"))
    client.sandbox.webhooks.wait()
    (row,) = control("GET", "webhooks")[1]
    assert (url, kind, 0, 1) == itemgetter("endpoint", "type", "status", "number")(row)
    assert "Anybody there?" in row["body"]
    assert (200, None) == control("DELETE", "webhooks", json={"url": url})
    assert () == client.sandbox.webhooks.endpoints


@pytest.mark.parametrize(
    ("method", "name", "body", "words"),
    [
        ("POST", "seed", 5, "seed takes"),
        ("POST", "seed", {"number": "1"}, "whole number, not '1'"),
        ("POST", "seed", {"numbr": 1}, "seed takes"),
        ("GET", "journal?since=soon", None, "since is the number of an entry, not 'soon'"),
        ("POST", "guesses", None, "guesses takes"),
        ("POST", "faults", 5, "a rule is a mapping"),
        ("POST", "agent", {"do": "dance", "conversation": "x"}, "accept, type, read, say"),
        ("POST", "agent", {"do": "say", "conversation": "x"}, 'say takes "text"'),
        ("POST", "agent", {"do": "say", "conversation": "x", "text": 1}, "must be text"),
        ("POST", "agent", {"do": "share", "conversation": "x", "content": "?"}, "no base64"),
        ("POST", "agent", {"do": "read", "conversation": "x"}, "no conversation has the id 'x'"),
        ("POST", "webhooks", {"url": "http://127.0.0.1:9", "types": [[]]}, "webhooks takes"),
        ("POST", "webhooks", {"url": "http://example.test"}, "not on this machine"),
        ("DELETE", "webhooks", None, "are ended by"),
    ],
)
def test_control_says_what_is_wrong(control, method, name, body, words):
    """What control can't do is a 400 with an error in words of its own."""
    status, said = control(method, name, json=body)

    assert 400 == status
    assert words in said["error"]


@pytest.mark.parametrize("token", [{}, {"X-Sandbox-Token": "wrong"}], ids=["none", "wrong"])
def test_control_wants_its_token(client, conversation, token):
    """Without the token nothing is shown or done."""
    answers = [
        client.http.get(f"{client.sandbox.control}/journal", headers=token),
        client.http.post(f"{client.sandbox.control}/reset", headers=token),
    ]

    assert [403, 403] == [one.status_code for one in answers]
    assert client.sandbox.conversations


def test_control_has_no_effects_by_get(client, conversation):
    """GET changes nothing, and an unknown switch is a 404."""
    token = {"X-Sandbox-Token": client.sandbox.control_token}

    assert 404 == client.http.get(f"{client.sandbox.control}/reset", headers=token).status_code
    assert client.sandbox.conversations


def test_importing_is_cheap():
    """Importing the package loads no server until a sandbox is made, and nothing else of lpnb."""
    code = (
        "import sys, importlib.util as u, pathlib, types\n"
        "room = pathlib.Path('lpnb/sandbox')\n"
        "lpnb = types.ModuleType('lpnb'); lpnb.__path__ = ['lpnb']; sys.modules['lpnb'] = lpnb\n"
        "import lpnb.sandbox\n"
        "assert not {'http.server', 'socketserver', 'asyncio'} & set(sys.modules)\n"
        "lpnb.sandbox.Sandbox().stop()\n"
        "others = {name for name in sys.modules if name.startswith('lpnb.')}\n"
        "assert all(name.startswith('lpnb.sandbox') for name in others), others\n"
        "assert not {'requests', 'PIL', 'asyncio', 'ssl', 'trustme'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True)

    assert (0, b"") == (done.returncode, done.stderr)


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_as_a_process(name):
    """As a process it prints one line once it answers, and ends well when told to."""
    command = [sys.executable, "-m", "lpnb.sandbox", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        ready = json.loads(process.stdout.readline())
        connection = http.client.HTTPConnection("127.0.0.1", ready["domain_api"].split(":")[-1])
        url = f"/api/account/{ready['account']}/service/baseURI.json?version=1.0"
        connection.request("GET", url)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        process.send_signal(name)
        rest, errors = process.communicate(timeout=10)

    assert READY == set(ready)
    assert 200 == answer.status
    assert (0, b"", b"") == (process.returncode, rest, errors)


def test_process_refuses_in_one_line(sandbox):
    """What can't be had is one line on stderr and exit status 2."""
    command = [sys.executable, "-m", "lpnb.sandbox", "--json"]
    for more in (["--port", "70000"], ["--port", str(port_of(sandbox))]):
        done = subprocess.run([*command, *more], capture_output=True, text=True)

        assert (2, "", 1) == (done.returncode, done.stdout, done.stderr.count("\n"))
