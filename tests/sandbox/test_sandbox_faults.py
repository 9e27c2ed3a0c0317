"""Faults as data: what each does on the wire, when it fires, and what the report says."""

import http.client
import json
import socket
import time

import pytest
import requests
from sandbox_client import PNG, hosted_file, text

LOOKUP = {"service": "domain"}


@pytest.fixture
def look_up(client):
    """Make a plain call to the Domain API."""
    url = f"{client.account}/service/swift/baseURI.json?version=1.0"
    return lambda **changes: client.http.get(url, **changes)


def fired(sandbox):
    return [rule["fired"] for rule in sandbox.faults.report()]


@pytest.mark.parametrize(
    ("nth", "times", "statuses"),
    [
        (1, 1, [503, 200, 200, 200]),
        (2, 1, [200, 503, 200, 200]),
        (2, 2, [200, 503, 503, 200]),
        (3, None, [200, 200, 503, 503]),
    ],
)
def test_nth_and_times(sandbox, look_up, nth, times, statuses):
    """A rule fires from its nth matching call on, as often as it says."""
    rule = {"where": LOOKUP | {"nth": nth}, "do": {"status": 503}, "times": times}
    sandbox.faults.add(rule)

    assert statuses == [look_up().status_code for _ in range(4)]
    assert [rule | {"matched": 4, "fired": statuses.count(503)}] == sandbox.faults.report()


def test_status_headers_body(sandbox, look_up):
    """A fault can give any status, headers and body."""
    for body in ({"error": "é"}, "slow down", ""):
        do = {"status": 429, "headers": {"Retry-After": "2"}, "body": body}
        sandbox.faults.add({"do": do})
    answers = [look_up() for _ in range(3)]

    assert [(429, "2")] * 3 == [(one.status_code, one.headers["Retry-After"]) for one in answers]
    assert {"error": "é"} == answers[0].json()
    assert ["slow down", ""] == [one.text for one in answers[1:]]


@pytest.mark.parametrize("name", ["Date", "ETAG", "Content-Length"])
def test_header_left_out(client, name):
    """A header that is None in a rule is not sent, however it is spelt."""
    path = client.uploaded()
    client.sandbox.faults.add({"where": {"type": "GET"}, "do": {"headers": {name: None}}})
    answer = client.http.get(client.address(client.download_url(path)))

    assert name not in answer.headers
    assert PNG == answer.content


def test_wrong_length(client, look_up):
    """An answer can announce fewer bytes than it has; the connection then ends."""
    client.sandbox.faults.add({"do": {"headers": {"content-length": "5"}}})
    before = client.sandbox.connections
    sizes = [len(look_up().content) for _ in range(2)]

    assert 5 == sizes[0] < sizes[1]
    assert 2 >= client.sandbox.connections - before


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("do", [{"status": 500}, {"reset": True}, {"close": True}], ids=str)
def test_before_and_after(client, conversation, when, do):
    """Before, the call has no effect; after, it has, and only its answer is lost."""
    rule = {"where": {"service": "asyncMessagingEnt", "type": "ms.PublishEvent"}}
    client.sandbox.faults.add(rule | {"when": when, "do": do})
    if "status" in do:
        assert 500 == client.publish(conversation, text("hello")).status_code
    else:
        said = "reset" if "reset" in do else "closed"
        with pytest.raises(requests.ConnectionError, match=said):
            client.publish(conversation, text("hello"))

    messages = client.sandbox.conversations[conversation].messages
    assert {"before": 0, "after": 1}[when] == len(messages)
    assert [1] == fired(client.sandbox)
    entry = client.sandbox.journal[-1]
    assert [0, do.get("status", 0)] == [entry.fault, entry.status]


def test_where_type(client, conversation):
    """A rule for one message type leaves the others alone."""
    where = {"service": "asyncMessaging", "type": "ms.GenerateURLForDownloadFile"}
    client.sandbox.faults.add({"where": where, "do": {"status": 502}})
    path = client.uploaded()

    assert 200 == client.publish(conversation, hosted_file(path)).status_code
    body = {"relativePath": path}
    assert 502 == client.send("ms.GenerateURLForDownloadFile", body).status_code


def test_where_at_storage(client):
    """At storage the type is the method."""
    client.sandbox.faults.add({"where": {"service": "swift", "type": "GET"}, "do": {"status": 503}})
    path = client.uploaded()

    assert 503 == client.http.get(client.address(client.download_url(path))).status_code


@pytest.mark.parametrize("when", ["before", "after"])
def test_delay(sandbox, look_up, when):
    """An answer can be held up."""
    sandbox.faults.add({"when": when, "do": {"delay": 0.1}})
    start = time.perf_counter()

    assert 200 == look_up().status_code
    assert 0.1 <= time.perf_counter() - start


@pytest.mark.parametrize("at", ["head", "body"])
def test_drip(sandbox, look_up, at):
    """An answer can dribble in, byte by byte."""
    usual = look_up().content
    sandbox.faults.add({"do": {"drip": {"bytes": 20, "seconds": 0.05, "at": at}}})
    start = time.perf_counter()
    answer = look_up(stream=True)
    head = time.perf_counter() - start

    assert usual == answer.content
    whole = time.perf_counter() - start
    assert len(usual) // 20 * 0.05 <= whole
    assert (at == "head") == (head > whole / 6)


def test_stop_does_not_wait_for_faults():
    """A sandbox stops at once though an answer is being delayed and another drips."""
    from lpnb.sandbox import Sandbox

    sandbox = Sandbox()
    sandbox.faults.add({"do": {"delay": 60}})
    sandbox.faults.add({"where": {"nth": 2}, "do": {"drip": {"bytes": 1, "seconds": 60}}})
    port = int(sandbox.domain_api.split(":")[-1])
    connections = [http.client.HTTPConnection("127.0.0.1", port) for _ in range(2)]
    for one in connections:
        one.request("GET", "/")
        assert any(sandbox.journal or time.sleep(0.001) for _ in range(10_000))
    start = time.perf_counter()
    sandbox.stop()

    assert time.perf_counter() - start < 30  # and not the minute of either fault
    for one in connections:
        one.close()


def test_reset_is_a_reset(sandbox):
    """A reset is a RST, not an orderly end."""
    sandbox.faults.add({"do": {"reset": True}})
    port = int(sandbox.domain_api.split(":")[-1])
    with socket.create_connection(("127.0.0.1", port)) as one:
        one.sendall(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        with pytest.raises(ConnectionResetError):
            one.recv(100)


def test_truncate(client):
    """A download can end early though its full length was announced."""
    path = client.uploaded()
    client.sandbox.faults.add({"where": {"type": "GET"}, "do": {"truncate": 10}})
    answer = client.http.get(client.address(client.download_url(path)), stream=True)

    assert str(len(PNG)) == answer.headers["Content-Length"]
    assert PNG[:10] == answer.raw.read(10)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        answer.content  # noqa: B018 - reading is the act


def test_patch(client, conversation):
    """Values deep in a JSON answer can be changed, also in an array, also whole."""
    add = client.sandbox.faults.add
    send = {"service": "asyncMessagingEnt"}
    add({"where": send, "do": {"patch": {"body.queryParams.temp_url_expires": "0", "new": [1]}}})
    answer = client.send("ms.GenerateURLForUploadFile", {"fileSize": "1", "fileType": "PNG"}).json()
    client.close(conversation)
    add({"where": send, "do": {"patch": {"1.code": "ODD"}}})
    created = client.create().json()
    add({"where": send, "do": {"patch": {"": None}}})

    assert ["0", [1]] == [answer["body"]["queryParams"]["temp_url_expires"], answer["new"]]
    assert ["OK", "ODD"] == [item["code"] for item in created]
    assert client.create().json() is None


def test_patch_that_does_not_fit(sandbox, look_up):
    """A patch whose path leads nowhere leaves the answer as it is, and the journal says so."""
    good = look_up().json()
    sandbox.faults.add({"do": {"patch": {"service.deep.er": 1}}})
    answer = look_up()

    assert (200, good) == (answer.status_code, answer.json())
    assert "patch does not fit" in sandbox.journal[-1].warnings[0]


def test_a_patch_of_an_answer_without_body(client, conversation):
    """Of two captions' faults the status stands, and its answer has nothing to patch."""
    answer = client.publish(conversation, text("#fault too-many #fault other-answer"))

    assert (429, b"", "2") == (answer.status_code, answer.content, answer.headers["Retry-After"])
    assert "patch does not fit" in client.sandbox.journal[-1].warnings[0]


def test_over_long_body(sandbox, look_up):
    """A body can be made far longer than it should be, and stays JSON."""
    sandbox.faults.add({"do": {"body_bytes": 1_000_000}})
    answer = look_up()

    assert [1_000_000, "swift"] == [len(answer.content), answer.json()["service"]]
    assert "1000000" == answer.headers["Content-Length"]


@pytest.mark.parametrize("offset", [0, 5, -1, 10**9])
def test_damaged_download(client, offset):
    """One byte of a download can be damaged while length and Etag stay."""
    path = client.uploaded()
    client.sandbox.faults.add({"where": {"type": "GET"}, "do": {"corrupt": offset}})
    answer = client.http.get(client.address(client.download_url(path)))

    assert len(PNG) == len(answer.content)
    assert 1 == sum(one != other for one, other in zip(PNG, answer.content, strict=True))
    assert client.sandbox.objects[path].etag == answer.headers["Etag"]


def test_wrong_etag(client):
    """Storage can be made to name another Etag."""
    client.sandbox.faults.add({"where": {"type": "PUT"}, "do": {"etag": "0" * 32}})

    assert "0" * 32 == client.put(client.upload_url()).headers["Etag"]


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ({}, "do"),
        ({"do": {}}, "do"),
        ({"do": {"statsu": 500}}, "statsu"),
        ({"do": {"status": 500}, "wher": {}}, "wher"),
        ({"do": {"status": 500}, "where": {"srvice": "swift", "x": 1}}, "srvice, x"),
        ({"do": {"status": 500}, "where": {"service": "Swift"}}, "Swift"),
        ({"do": {"status": 500}, "when": "during"}, "during"),
        ({"do": {"status": "500"}}, "status"),
        ({"do": {"truncate": 1}, "when": "before"}, "before"),
        ({"do": {"drip": {"bytes": 0}}}, "drip"),
        ({"do": {"drip": {"byte": 1}}}, "byte"),
        ({"do": {"drip": 1}}, "drip"),
        ({"do": {"status": 500}, "times": 0}, "times"),
        ({"do": {"status": 500}, "where": {"nth": 0}}, "nth"),
        ([], "rule"),
    ],
    ids=str,
)
def test_meaningless_rules(sandbox, rule, named):
    """A rule with a word that has no meaning is refused, naming it."""
    with pytest.raises(ValueError, match=named):
        sandbox.faults.add(rule)

    assert [] == sandbox.faults.report()


def test_clear(sandbox, look_up):
    """Cleared rules do nothing."""
    sandbox.faults.add({"do": {"status": 500}})
    sandbox.faults.clear()

    assert [200, []] == [look_up().status_code, sandbox.faults.report()]


def test_rules_do_not_touch_control(sandbox, client):
    """No rule breaks the control routes, which take rules as JSON too."""
    token = {"X-Sandbox-Token": sandbox.control_token}
    rule = {"do": {"status": 500}, "times": None}
    added = client.http.post(f"{sandbox.control}/faults", headers=token, json=rule)
    report = client.http.get(f"{sandbox.control}/faults", headers=token)
    wrong = client.http.post(f"{sandbox.control}/faults", headers=token, json={"do": 1})

    assert [200, 200, 400] == [one.status_code for one in (added, report, wrong)]
    assert [rule | {"matched": 0, "fired": 0}] == json.loads(report.content)
