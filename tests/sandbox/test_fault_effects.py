"""Each kind of effect on the raw wire, at each moment, and how rules act together."""

import email.utils
import json
import socket
import ssl
import threading
import time

import pytest
import requests
from raw_wire import SHORT, Rig, Wire
from sandbox_client import PNG, hosted_file, text

from lpnb.sandbox import Sandbox
from lpnb.sandbox.recipes import FAULTS


@pytest.fixture
def rig(client):
    """All that raw calls need."""
    return Rig(client)


# --- endings, at every moment


MOMENTS = {
    "request": ({"when": "request"}, False, "{0}"),
    "upload": ({"when": "upload", "at": 10}, False, "{0}"),
    "before": ({"when": "before"}, False, "{0}"),
    "after": ({"when": "after"}, True, "{0}"),
    "head": ({"when": "head", "at": 12}, True, "12 bytes of a head, {0}"),
    "answer": ({"when": "answer", "at": 0}, True, "201"),
    "end": ({"when": "end"}, True, "201"),
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(
    ("do", "seen"),
    [({"reset": True}, "RST"), ({"close": True}, "FIN"), ({"stall": 5}, "silence")],
    ids=["reset", "close", "stall"],
)
def test_endings_of_an_upload(rig, moment, do, seen):
    """A reset is a RST, a close a FIN, a stall silence; until the effect nothing is stored."""
    where, stored, form = MOMENTS[moment]
    rig.add(do, "swift", "PUT", **where)
    with Wire(rig.port) as wire:
        wire.send(rig.call("put"))
        if "head" in form:
            wire.until(lambda got: len(got) == 12)
        answer = wire.answer(seconds=SHORT if seen == "silence" and form != "201" else 20)
        if form == "201":
            wire.until(seconds=SHORT if seen == "silence" else 20)
            ended = wire.ending
        else:
            ended = answer.ending

        assert [form.format(ended), seen] == [str(answer), ended]
    assert stored == rig.stored
    assert [1] == rig.fired


def test_close_in_a_long_upload_is_no_reset(rig):
    """A client that goes on sending after the close sees a FIN, and no RST for its trouble."""
    rig.add({"close": True}, "swift", "PUT", when="upload", at=10)
    with Wire(rig.port) as wire:
        wire.socket.sendall(rig.call("put", content=PNG * 5000)[:1000])
        wire.until()

        assert ["FIN", b""] == [wire.ending, wire.received]
        wire.socket.sendall(PNG * 40_000)  # 15 MB: more than buffers take
    assert not rig.stored


def test_status_in_a_long_upload_can_be_read(rig):
    """A client that sends all it has, and reads only then, still gets its answer."""
    rig.add({"status": 503}, "swift", "PUT", when="upload", at=10)
    with Wire(rig.port) as wire:
        wire.socket.sendall(rig.call("put", content=PNG * 40_000))  # 15 MB

        assert "503" == str(wire.answer())


@pytest.mark.parametrize("size", [100, 2_000_000])
def test_reset_at_a_byte_of_a_download(rig, size):
    """Exactly so many bytes arrive before the RST, also when they are many."""
    rig.add({"body_bytes": 2_500_000}, "swift", "GET")
    rig.add({"reset": True}, "swift", "GET", when="answer", at=size)

    assert f"200, {size} of 2500000, RST" == str(rig.ask("get"))


def test_delay_in_mid_answer(rig):
    """After a pause at its byte the answer goes on, and so does the connection."""
    rig.add({"delay": 1}, "swift", "GET", when="answer", at=0.25)
    with Wire(rig.port) as wire:
        wire.send(rig.call("get"))
        quarter = wire.until(lambda got: got.endswith(PNG[: len(PNG) // 4]))
        start = time.perf_counter()
        whole = wire.answer()
        wire.send(rig.call("get"))

        assert 0.5 < time.perf_counter() - start
        assert [PNG[: len(PNG) // 4], PNG] == [quarter.partition(b"\r\n\r\n")[2], whole.body]
        assert "200" == str(wire.answer())


def test_delay_in_mid_upload(rig):
    """An upload that is held up is stored all the same; a URL that ends meanwhile is still good."""
    rig.add({"delay": 0.1, "advance": 70}, "swift", "PUT", when="upload", at=1.0)

    assert "201" == str(rig.ask("put"))
    assert rig.stored


@pytest.mark.parametrize("at", [0, 40, 0.0])
def test_cut_in_a_chunked_upload(rig, at):
    """Of a chunked body the bytes count as they are on the wire; nothing is stored."""
    rig.add({"reset": True}, "swift", "PUT", when="upload", at=at)
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(PNG), PNG)
    chunked = {"Content-Length": "", "Transfer-Encoding": "chunked"}
    head = rig.request("PUT", rig.target(rig.url), headers=chunked)
    cut = int(at)
    with Wire(rig.port) as wire:
        wire.send((head + body)[: len(head) + cut - 1])
        wire.until(seconds=SHORT)
        early = wire.ending
        wire.send((head + body)[len(head) + cut - 1 : len(head) + cut])
        wire.until()

        assert ["silence", "RST"] == [early, wire.ending]
    assert not rig.stored
    assert rig.path in rig.sandbox.objects
    with Wire(rig.port) as wire:
        wire.send(head + body)
        assert "201" == str(wire.answer())


def test_no_body_is_no_upload(rig):
    """What happens in an upload does not happen to a call that has no body."""
    rig.add({"reset": True}, when="upload", at=0.5)

    assert "200" == str(rig.ask("look_up"))
    assert [0] == rig.fired
    assert "RST" == str(rig.ask("put"))


@pytest.mark.parametrize(("when", "more"), [("request", {}), ("upload", {"at": 10})])
def test_answer_to_a_request_that_is_not_read(rig, when, more):
    """A status before or in mid-upload comes as storage's own, then the connection ends."""
    rig.add({"status": 503, "headers": {"Retry-After": "1"}}, "swift", "PUT", when=when, **more)
    with Wire(rig.port) as wire:
        wire.send(rig.call("put")[:-20])
        answer = wire.answer()
        wire.until()

    assert ["503", "FIN", "1"] == [str(answer), wire.ending, answer.headers["retry-after"]]
    assert b"<html><h1>Service Unavailable</h1>" in answer.body
    assert not rig.stored


def test_expect_continue_is_not_answered_before_a_reset(rig):
    """A reset before the body is read comes instead of "100 Continue"."""
    rig.add({"reset": True}, "swift", "PUT", when="request")
    with Wire(rig.port) as wire:
        wire.send(rig.call("put", Expect="100-continue")[: -len(PNG)])

        assert ["", "RST"] == [wire.until().decode(), wire.ending]


def test_the_same_connection_goes_on(rig):
    """A fault of one answer is none of the next on the same connection."""
    rig.add({"status": 503, "body": "busy"}, "swift", "GET")
    rig.add({"chunked": 100}, "swift", "GET")
    with Wire(rig.port) as wire:
        seen = []
        for _ in range(3):
            wire.send(rig.call("get"))
            seen.append(str(wire.answer()))

    assert ["503", "200", "200"] == seen
    assert 1 == len({entry.connection for entry in rig.sandbox.journal})


@pytest.mark.parametrize(
    ("do", "length"),
    [
        ({"body_bytes": 5000}, "5000"),
        ({"truncate": 10}, str(len(PNG))),
        ({"length": 7}, str(len(PNG) + 7)),
        ({"length": "abc"}, "abc"),
        ({"chunked": 50}, "-"),
        ({"status": 500}, "125"),
        ({"etag": None}, str(len(PNG))),
    ],
    ids=str,
)
def test_head_has_no_body(rig, do, length):
    """A HEAD is answered with the head of what GET would get, broken or not, and no body."""
    rig.add(do, "swift", "HEAD", when="after")
    with Wire(rig.port) as wire:
        wire.send(rig.call("head"))
        answer = wire.answer(head_only=True)
        wire.send(rig.call("look_up"))
        wire.until(lambda got: got.endswith(b"}"))

    assert [length, b""] == [answer.headers.get("content-length", "-"), answer.body]
    assert wire.received.startswith(b"HTTP/1.1 200") or not wire.received


@pytest.mark.parametrize(
    ("length", "seen"),
    [(5, "200, 388 of 393, FIN"), ("abc", "200, 388 of abc, FIN"), ("-1", "200, 388 of -1, FIN")],
)
def test_wrong_lengths(rig, length, seen):
    """A length too long or none at all is announced, and the connection ends after the body."""
    rig.add({"length": length}, "swift", "GET")

    assert seen == str(rig.ask("get"))


def test_refused_until_lifted(rig):
    """Connections are refused for good, others are cut; control takes new ones, and lifts it."""
    token = {"X-Sandbox-Token": rig.sandbox.control_token}
    url = f"{rig.sandbox.control}/faults"
    rule = {"when": "connect", "do": {"refuse": True}}
    with Wire(rig.port) as idle:
        assert 200 == requests.post(url, json=rule, headers=token, timeout=9).status_code
        idle.until()
        assert "FIN" == idle.ending
        rig.sandbox.clock.advance(10**6)
        with pytest.raises(ConnectionRefusedError):
            Wire(rig.port)
        with socket.socket() as thief, pytest.raises(OSError, match="in use"):
            thief.bind(("127.0.0.1", rig.port))  # the port stays ours
        assert 200 == requests.delete(url, headers=token, timeout=9).status_code

    assert "200" == str(rig.ask("look_up"))


def test_refused_for_a_while_of_real_time():
    """The time of the sandbox passes by itself too; a stop in the meantime is in order."""
    before = set(threading.enumerate())
    with Sandbox() as sandbox:
        port = int(sandbox.domain_api.rpartition(":")[2])
        sandbox.faults.add({"when": "connect", "do": {"refuse": 1}})
        with pytest.raises(ConnectionRefusedError):
            Wire(port)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                Wire(port).socket.close()
            except ConnectionRefusedError:
                time.sleep(0.01)
            else:
                break
        else:
            pytest.fail("nobody listens any more")
        sandbox.faults.add({"when": "connect", "do": {"refuse": 60}})
    left = [one for one in set(threading.enumerate()) - before if one.name == "lpnb-sandbox"]

    assert [] == left


def test_refused_while_time_stands_still(rig):
    """On a frozen clock nobody listens until it is moved."""
    rig.sandbox.clock.freeze()
    rig.add({"refuse": 0.01}, "swift", "GET", when="end")
    answer = rig.ask("get")
    with pytest.raises(ConnectionRefusedError):
        Wire(rig.port)
    rig.sandbox.clock.advance(1)

    assert ["200", "200"] == [str(answer), str(rig.ask("get"))]


@pytest.mark.parametrize("do", [{"reset": True}, {"close": True}], ids=str)
def test_endings_over_tls(do):
    """Over TLS the same bytes come, then the end without a goodbye; both ports can be shut."""
    with Sandbox(tls=True) as sandbox:
        trusted = ssl.create_default_context(cafile=sandbox.ca)
        ports = [int(each.rpartition(":")[2]) for each in (sandbox.storage, sandbox.domain_api)]
        path = f"/api/account/{sandbox.account}/service/swift/baseURI.json?version=1.0"
        sandbox.faults.add({"when": "answer", "at": 10, "do": do})
        raw = socket.create_connection(("127.0.0.1", ports[0]), timeout=20)
        with trusted.wrap_socket(
            raw, server_hostname="127.0.0.1", suppress_ragged_eofs=False
        ) as one:
            one.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{ports[0]}\r\n\r\n".encode())
            got = b""
            while not got.partition(b"\r\n\r\n")[2][9:]:
                got += one.recv(1000)
            with pytest.raises((ssl.SSLEOFError, ConnectionResetError)):
                one.recv(1000)

        assert 10 == len(got.partition(b"\r\n\r\n")[2])
        sandbox.faults.add({"when": "connect", "do": {"refuse": 5}})
        for port in ports:
            with pytest.raises(ConnectionRefusedError):
                Wire(port)


# --- credentials, time, objects


def test_expired_credentials(rig):
    """A consumer's token, a bearer, and both URLs end when told to; what is given anew is good."""
    rig.add({"expire": "consumer"}, "asyncMessagingEnt")
    body = rig.ask("publish").json["body"]
    rig.tokens = rig.client.tokens()

    assert 40103 == body["errorCode"]
    assert "200" == str(rig.ask("publish"))
    bearer = rig.ask("login").json["bearer"]
    rig.add({"expire": "token"}, "accountConfigReadWrite")
    path = f"/api/account/{rig.sandbox.account}/configuration/setting/properties?v=3.0"
    read = rig.request("GET", path, headers={"Authorization": f"Bearer {bearer}"})
    with Wire(rig.port) as wire:
        wire.send(read)
        assert 401 == wire.answer().status


@pytest.mark.parametrize(("when", "first"), [("request", "401"), ("before", "401"), ("end", None)])
def test_when_a_url_expires(rig, when, first):
    """A URL that has expired is refused from then on, at whichever moment it did."""
    if first is None:
        with pytest.raises(ValueError, match="end"):
            rig.add({"expire": "url"}, when=when)
        return
    rig.add({"expire": "url"}, "swift", "PUT", when=when)

    assert [first, "401"] == [str(rig.ask("put")) for _ in range(2)]
    assert not rig.stored


def test_a_url_that_expires_after_its_use(rig):
    """After the effect it is the next use that is refused."""
    rig.add({"expire": "url"}, "swift", "PUT", when="after")

    assert ["201", "401"] == [str(rig.ask("put")) for _ in range(2)]


@pytest.mark.parametrize("name", ["upload-expired", "download-expired"])
def test_a_url_that_is_said_to_have_ended_has(rig, name):
    """By the answer's own date its end is past, and a URL that is given now is good."""
    rig.sandbox.faults.add(name)
    call, url = ("put", rig.url) if name.startswith("up") else ("get", rig.download)
    answer = rig.ask(call)
    date = email.utils.parsedate_to_datetime(answer.headers["date"]).timestamp()

    assert 401 == answer.status
    assert int(url["queryParams"]["temp_url_expires"]) < date
    assert b"Temp URL invalid" in answer.body
    rig.url = rig.client.upload_url(headers=rig.tokens)
    assert "201" == str(rig.ask("put"))


@pytest.mark.parametrize("call", ["put", "get"])
def test_time_passes_before_storage_judges(rig, call):
    """What passes at the request's head counts; what passes while the body comes does not."""
    rig.add({"advance": 61}, "swift", when="request")

    assert 401 == rig.ask(call).status
    rig.sandbox.clock.reset()
    rig.add({"advance": 61}, "swift", when="before")
    assert 200 <= rig.ask(call).status < 300


def test_no_time_passes_beyond_the_clock(rig):
    """Where the clock can't go, it stays, and the call is answered all the same."""
    latest = rig.sandbox.clock.set(253_402_214_000)
    rig.add({"advance": 10**9}, "domain")

    assert "200" == str(rig.ask("look_up"))
    assert 60 > rig.sandbox.clock.now() - latest


def test_reset_forgets_what_expired(rig):
    """A reset of the sandbox makes expired tokens good again, as they are not reset otherwise."""
    rig.add({"expire": "token"}, "asyncMessagingEnt")
    rig.ask("publish")
    rig.sandbox.faults.magic = False
    rig.sandbox.reset()

    assert 400 == rig.ask("publish").status  # the token is good, the conversation gone
    assert rig.sandbox.faults.magic


# --- what services say


@pytest.mark.parametrize(
    ("call", "service", "status", "said"),
    [
        ("publish", "asyncMessagingEnt", 401, b'"errorCode":40102'),
        ("publish", "asyncMessagingEnt", 502, b'"errorCode":50201'),
        ("publish", "asyncMessagingEnt", 502, b'"reqId":"a-request"'),
        ("publish", "asyncMessagingEnt", 429, b""),
        ("login", "agentVep", 401, b"Login failed"),
        ("login", "agentVep", 500, b'"responseStatus":"INTERNAL_SERVER_ERROR"'),
        ("login", "agentVep", 503, b'"responseStatus":"SERVICE_UNAVAILABLE"'),
        ("app_token", "sentinel", 401, b'{"error":"invalid_client"}'),
        ("app_token", "sentinel", 400, b'{"error":"invalid_request"}'),
        ("look_up", "domain", 401, b""),
        ("put", "swift", 401, b"401 Unauthorized: Temp URL invalid\n"),
        ("get", "swift", 404, b"<h1>Not Found</h1>"),
        ("put", "swift", 413, b"<h1>Request Entity Too Large</h1>"),
        ("put", "swift", 507, b""),
    ],
)
def test_a_service_refuses_in_its_own_words(rig, call, service, status, said):
    """A status without a body has the body that the service gives, and its headers."""
    rig.add({"status": status}, service)
    answer = rig.ask(call)

    assert status == answer.status
    assert said in answer.body if said else answer.body == b""
    assert ("x-trans-id" in answer.headers) == (service == "swift")
    assert [0, False] == [rig.published, rig.stored]


def test_server_failure_without_a_body(rig):
    """Whether a 5xx of messaging has a body is a guess, and can be switched."""
    rig.add({"status": 502}, "asyncMessagingEnt", times=2)
    first = rig.ask("publish")
    rig.sandbox.guesses["server_failure"] = "empty"
    second = rig.ask("publish")

    assert [True, b""] == [b"50201" in first.body, second.body]
    assert {"x-sandbox-guess"} <= set(first.headers) & set(second.headers)


# --- several rules


def test_rules_act_together(rig):
    """Rules that do different things to one call all act on it."""
    rig.add({"headers": {"X-One": "1"}}, "swift", "GET")
    rig.add({"headers": {"X-Two": "2"}, "etag": "odd"}, "swift", "GET")
    rig.add({"corrupt": 1}, "swift", "GET")
    rig.add({"close": True}, "swift", "GET", when="answer", at=10)
    answer = rig.ask("get")

    assert ["1", "2", "odd"] == [answer.headers[name] for name in ("x-one", "x-two", "etag")]
    assert [PNG[:1], 10] == [answer.body[:1], len(answer.body)]
    assert PNG[1] ^ 0xFF == answer.body[1]
    assert [1] * 4 == rig.fired
    assert [0] == [entry.fault for entry in rig.sandbox.journal]


@pytest.mark.parametrize(
    ("first", "second", "seen"),
    [
        ({"do": {"status": 500}}, {"do": {"status": 502}}, ["500", "502"]),
        ({"do": {"reset": True}}, {"do": {"close": True}}, ["RST", "FIN"]),
        ({"do": {"reset": True}}, {"do": {"etag": "odd"}}, ["RST", "200"]),
        ({"do": {"etag": "odd"}}, {"do": {"reset": True}, "when": "after"}, ["200", "RST"]),
        ({"do": {"close": True}}, {"do": {"corrupt": 0}}, ["FIN", "200"]),
        ({"do": {"status": 500}}, {"do": {"ignore_range": True}}, ["500", "200"]),
        ({"do": {"headers": {"Etag": "1"}}}, {"do": {"headers": {"etag": "2"}}}, ["200", "200"]),
    ],
    ids=str,
)
def test_rules_that_clash(rig, first, second, seen):
    """Of two rules that can't both act the first does, and the second on the next call."""
    for rule in (first, second):
        rig.sandbox.faults.add({"where": {"service": "swift", "type": "GET"}} | rule)

    assert seen == [str(rig.ask("get")) for _ in range(2)]
    assert [0, 1] == [entry.fault for entry in rig.sandbox.journal]
    assert [1, 1] == rig.fired


def test_before_and_after_together(rig):
    """A status instead of the call, and then even that answer is cut."""
    rig.add({"status": 500, "body": "0123456789"}, "swift", "PUT")
    rig.add({"truncate": 4}, "swift", "PUT", when="after")

    assert "500, 4 of 10, FIN" == str(rig.ask("put"))
    assert not rig.stored


# --- plans


def test_a_plan_is_json(rig):
    """What is in force can be written as JSON and loaded: the seed, the rules, bytes and all."""
    plan = {
        "seed": 7,
        "rules": [
            {"name": "odd bytes", "do": {"body": b"\xff\x00"}, "where": {"service": "domain"}},
            {"do": {"status": 500}, "rate": 0.5, "times": 3},
            {"when": "upload", "at": 1.0, "do": {"stall": 1}},
        ],
    }
    faults = rig.sandbox.faults
    faults.load(plan)
    first = json.dumps(faults.plan())
    faults.add({"do": {"status": 500}})
    faults.load(json.loads(first))

    assert first == json.dumps(faults.plan())
    assert {"raw": "/wA="} == faults.plan()["rules"][0]["do"]
    assert b"\xff\x00" == rig.ask("look_up").body


def test_a_plan_is_taken_whole_or_not_at_all(rig):
    """A plan with one meaningless rule changes nothing."""
    rig.add({"status": 500})
    with pytest.raises(ValueError, match="statsu"):
        rig.sandbox.faults.load({"rules": [{"do": {"status": 1_00}}, {"do": {"statsu": 1}}]})

    assert [{"status": 500}] == [rule["do"] for rule in rig.sandbox.faults.report()]


def test_plans_by_control(rig):
    """Over HTTP a rule, a name and a whole plan are taken; bytes are no trouble to the report."""
    url = f"{rig.sandbox.control}/faults"
    headers = {"X-Sandbox-Token": rig.sandbox.control_token}
    rig.sandbox.faults.add({"do": {"body": b"\xff"}})
    statuses = []
    plan = {"rules": [{"do": {"status": 500}}], "seed": 3}
    for given in ({"do": {"status": 1000}}, "upload-cut", "no such", plan, ["rules"], None):
        requests.post(url, json=given, headers=headers, timeout=9)
        report = requests.get(url, headers=headers, timeout=9).json()
        statuses.append([each.get("name") for each in report])

    assert [[None], [None, "upload-cut"], [None, "upload-cut"], [None], [None], [None]] == statuses
    assert {"rules": [{"do": {"status": 500}}], "seed": 3} == rig.sandbox.faults.plan()
    assert [] == list(rig.sandbox.journal)


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ({"when": "upload", "do": {"reset": True}}, "at"),
        ({"when": "upload", "at": 1.5, "do": {"reset": True}}, "fraction"),
        ({"when": "after", "at": 5, "do": {"reset": True}}, "takes no at"),
        ({"when": "end", "do": {"status": 500}}, "end"),
        ({"when": "connect", "do": {"reset": True}}, "connect"),
        ({"when": "request", "do": {"reset": True}, "where": {"type": "ms.PublishEvent"}}, "nth"),
        ({"do": {"status": 500}, "rate": 2}, "rate"),
        ({"do": {"status": 500}, "rate": 0.5, "seed": "x"}, "seed"),
        ({"do": {"status": 500}, "times": True}, "times is a number"),
        ({"do": {"status": 500}, "rate": True}, "rate is a number"),
        ({"do": {"status": 500}, "where": {"nth": True}}, "nth is a number"),
        ({"do": {"status": 500}, "seed": False}, "seed is a whole number"),
        ({"do": {"stall": float("inf")}}, "stall"),
        ({"do": {"status": 500}, "where": {"type": 7}}, "type"),
        ({"do": {"status": 500}, "where": {"service": ["swift"]}}, "service"),
        ({"do": {"delay": True}}, "delay"),
        ({"do": {"delay": -1}}, "delay"),
        ({"do": {"raw": "?"}}, "raw"),
        ({"do": {"expire": "all"}}, "expire"),
        ({"do": {"bomb": {"bytes": 10, "layers": 3}}}, "bomb"),
        ({"do": {"body": {1, 2}}}, "JSON"),
        ({"do": {"reset": False}}, "reset"),
        ("no-such-fault", "download-cut"),
        ("donwload-cut", "called 'donwload-cut'; did you mean download-cut[?] there are publish"),
        ({"do": {"reset": True}, "where": {"service": "s3"}}, "'s3'; there are domain, .*swift"),
        ({"do": {"reset": True}, "where": {"service": "Swift"}}, "did you mean swift"),
    ],
    ids=str,
)
def test_more_meaningless_rules(sandbox, rule, named):
    """A rule that can't happen is refused when it is given, not when it is due."""
    with pytest.raises(ValueError, match=named):
        sandbox.faults.add(rule)

    assert [] == sandbox.faults.report()


def test_chance_by_seed(rig):
    """Chance hits the same calls for the same seed, about as many as the rate says."""

    def hits(seed: int) -> list[int]:
        rule = {"do": {"status": 500}, "rate": 0.2, "where": {"service": "domain"}}
        rig.sandbox.faults.load({"seed": seed, "rules": [rule, {**rule, "do": {"status": 501}}]})
        with Wire(rig.port) as wire:
            seen = []
            for _ in range(200):
                wire.send(rig.call("look_up"))
                seen.append(wire.answer().status)
        return seen

    first, again, other = hits(1), hits(1), hits(2)

    assert first == again != other
    assert 20 <= first.count(500) <= 60
    assert 10 <= first.count(501) <= 60  # a stream of its own, or it would never come to act


def test_chance_does_not_mix_services(rig):
    """What happens to the calls to one service does not depend on those to another in between."""

    def hits(order: list[str]) -> list[int]:
        rig.sandbox.faults.load({"rules": [{"do": {"status": 500}, "rate": 0.5}]})
        return [rig.ask(name).status for name in order]

    mixed = hits(["get", "look_up"] * 20)

    assert hits(["get"] * 20) == mixed[::2]
    assert {200, 500} == set(mixed[::2])


def test_without_rules_nothing_is_asked(rig, monkeypatch):
    """A call on which no rule is in force asks no rule."""
    monkeypatch.setattr(type(rig.sandbox.faults), "due", None)
    monkeypatch.setattr(type(rig.sandbox.faults), "obey", None)

    assert ["200", "201", "200"] == [str(rig.ask(name)) for name in ("publish", "put", "get")]


# --- faults by name


@pytest.mark.parametrize("name", FAULTS)
def test_named_faults(sandbox, name):
    """Each has a sentence, is a good rule, and survives a round of JSON."""
    faults = sandbox.faults
    faults.add(name)
    faults.load(json.loads(json.dumps(faults.plan())))

    assert [name] == [rule["name"] for rule in faults.report()]
    assert FAULTS[name].sentence.endswith(".")
    assert name == name.lower().replace(" ", "-")


def say(rig: Rig, event: dict) -> str:
    body = rig.event(event)
    answer = rig.client.send("ms.PublishEvent", body, headers=rig.tokens)
    return str(answer.status_code)


def test_magic_text(rig):
    """A text that names a fault of publishing meets it itself; the next does not."""
    asked = [say(rig, text(words)) for words in ("please #fault false-failure", "thanks")]

    assert ["500", "200"] == asked
    assert [2, [1]] == [rig.published, rig.fired]


def test_magic_caption(rig):
    """A caption arms what is about downloads for the next download."""
    told = hosted_file(rig.path, caption="#fault download-cut #fault no-etag!")

    assert "200" == say(rig, told)
    assert [0, 0] == rig.fired
    assert "200, 194 of 388, FIN" == str(rig.ask("get"))
    assert "etag" not in rig.ask("put").headers
    assert [1, 1] == rig.fired


@pytest.mark.parametrize(
    "said",
    ["#Fault: closed", "#fault   closed.", "#FAULT CLOSED", "#fault:closed", "#fault :\tClosed!"],
)
def test_spellings_of_magic(rig, said):
    """Case, blanks and a colon do not matter."""
    assert "400" == say(rig, text(f"It is so. {said}"))
    assert [1] == rig.fired


@pytest.mark.parametrize("said", ["#faultless", "#fault", "#fault: ", "#fault -", "fault closed"])
def test_no_magic(rig, said):
    """A word that only begins so, or no name at all, is just said."""
    assert "200" == say(rig, text(said))
    assert ([], ()) == (rig.sandbox.faults.report(), rig.sandbox.journal[-1].warnings)


def test_unknown_magic(rig):
    """An unknown name is answered as ever; the journal says which names there are."""
    assert "200" == say(rig, text("#fault nosuch"))

    (warning,) = rig.sandbox.journal[-1].warnings
    assert "'nosuch'" in warning
    assert "download-cut" in warning
    assert [] == rig.fired


def test_magic_can_be_switched_off(rig):
    """With magic off, a caption is a caption."""
    rig.sandbox.faults.magic = False

    assert ["200", "200"] == [say(rig, text(f"#fault {name}")) for name in ("too-many", "nosuch")]
    assert [] == rig.sandbox.faults.report()
    assert () == rig.sandbox.journal[-1].warnings


def test_magic_is_for_messages_only(rig):
    """What looks like magic elsewhere is none."""
    assert "201" == str(rig.ask("put", content=b"#fault download-cut"))
    assert [] == rig.sandbox.faults.report()
