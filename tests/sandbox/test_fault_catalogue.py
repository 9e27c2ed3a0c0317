"""Every fault of the catalogue, as a client on a raw socket sees it, and the world afterwards."""

import email.utils
import errno
import hashlib
import json
import re
import socket
import threading
import time
import zlib
from collections import Counter
from pathlib import Path

import pytest
from fault_catalogue import BODIES, CATALOGUE, GET, MESSAGING, PUT, Fault
from raw_wire import LONG, SHORT, Rig, Wire
from sandbox_client import PNG, Client, hosted_file

from lpnb.sandbox import Sandbox

MD5 = hashlib.md5(PNG, usedforsecurity=False).hexdigest()


@pytest.fixture
def rig(client):
    """All that raw calls need."""
    return Rig(client)


def load(rig: Rig, number: int) -> Fault:
    """Put the plan of fault *number* in force, by way of JSON."""
    fault = next(each for each in CATALOGUE if each.number == number)
    rig.sandbox.faults.load(json.loads(json.dumps({"rules": fault.rules})))
    return fault


def named(value: str) -> str:
    """Write *value* with what can't be known put in its place."""
    value = value.replace(MD5, "*")
    return "?" if re.fullmatch("(?!0{32})[0-9a-f]{32}", value) else value


def test_the_catalogue_is_whole():
    """There are forty faults, each with a plan that a sandbox takes, or a client that causes it."""
    tested = {int(name[6:8]) for name in globals() if re.match(r"test_f\d\d_", name)}
    by_calls = {fault.number for fault in CATALOGUE if fault.calls}

    assert list(range(1, 41)) == [fault.number for fault in CATALOGUE]
    assert 40 == len(tested | by_calls)
    assert {fault.number for fault in CATALOGUE if fault.client} <= tested
    assert all(bool(fault.rules) != fault.client for fault in CATALOGUE)


@pytest.mark.parametrize(
    "fault", [each for each in CATALOGUE if each.calls], ids=lambda each: f"F{each.number:02}"
)
def test_fault(rig, fault):
    """What the plan says is what is seen, call by call; every rule fires; the state is right."""
    load(rig, fault.number)
    answers = []
    for name, seen in zip(fault.calls.split(), fault.seen, strict=True):
        answers.append(rig.ask(name, seconds=SHORT if seen == "silence" else LONG))
        if name == "upload_url" and answers[-1].status == 200:
            rig.url = answers[-1].json["body"]

    assert list(fault.seen) == [str(answer) for answer in answers]
    assert fault.state == (rig.published, rig.stored)
    assert [1] * len(fault.rules) == rig.fired
    for header, values in fault.shows.items():
        assert list(values) == [named(one.headers.get(header, "-")) for one in answers]
    entries = list(rig.sandbox.journal)
    assert [answer.status for answer in answers] == [entry.status for entry in entries]


def test_f01_connection_refused(rig):
    """Nobody listens until the sandbox's clock has moved on; the port stays the same."""
    with Wire(rig.port) as open_before:
        load(rig, 1)
        with pytest.raises(ConnectionRefusedError):
            Wire(rig.port)
        rig.sandbox.clock.advance(4)
        with pytest.raises(ConnectionRefusedError):
            Wire(rig.port)
        rig.sandbox.clock.advance(1)

        assert b"" == open_before.until()
    assert "200" == str(rig.ask("look_up"))
    assert [1] == rig.fired


def test_f02_dns_failure(rig):
    """The Domain API names a host that there is not."""
    load(rig, 2)
    host = rig.ask("look_up").json["baseURI"]

    with pytest.raises(socket.gaierror):
        socket.getaddrinfo(host, 443)


def test_f08_junk_is_junk_on_the_wire(rig):
    """A 429 has no body, and the Retry-After it was told."""
    load(rig, 8)

    assert b"" == rig.ask("publish").body


def test_f09_a_new_token_is_good(rig):
    """The refusal is the service's own, lasts, and ends with a new token for that very call."""
    load(rig, 9)
    refused = [rig.ask("publish").json["body"]["errorCode"] for _ in range(2)]
    rig.tokens["Authorization"] = rig.ask("app_token").json["access_token"]

    assert [40102, 40102] == refused
    assert "200" == str(rig.ask("publish"))
    assert 1 == rig.published


def test_f10_login_is_refused_in_its_own_words(rig):
    """The body is the one that a wrong password gets."""
    wrong = rig.call("login").replace(
        rig.sandbox.password.encode(), b"x" * len(rig.sandbox.password)
    )
    with Wire(rig.port) as wire:
        wire.send(wrong)
        usual = wire.answer().json
    load(rig, 10)
    refused = rig.ask("login").json

    for body in (usual, refused):
        del body["error"]["time"]
    assert usual == refused


def test_f11_bodies(rig):
    """Of the three only the 400 has a body that is known, with the request's id."""
    load(rig, 11)
    answers = [rig.ask("publish") for _ in range(3)]

    assert [b"", b""] == [one.body for one in answers[:2]]
    expected = {"code": "BAD_REQUEST", "body": {"msg": "Bad Request"}, "reqId": "a-request"}
    assert expected == answers[2].json


@pytest.mark.parametrize(("number", "call"), [(12, "put"), (13, "get")])
def test_f12_f13_a_new_url_is_good(rig, number, call):
    """The refusal is storage's own, and a new URL works."""
    load(rig, number)
    refused = rig.ask(call)
    rig.url = rig.ask("upload_url").json["body"]
    rig.download = rig.ask("download_url").json["body"]

    assert b"401 Unauthorized: Temp URL invalid\n" == refused.body
    assert (call == "put" and "201") or "200" == str(rig.ask(call))


def test_f13_download_url_expired(rig):
    """A download URL is refused as expired, a new one is good."""
    test_f12_f13_a_new_url_is_good(rig, 13, "get")


def test_f14_the_answer_before_the_pause_is_dated_before_it(rig):
    """Seventy seconds pass after the answer; the next answer is dated by as much later."""
    load(rig, 14)
    before, after = (date(rig.ask("upload_url")) for _ in range(2))

    assert 70 <= after - before <= 90


def date(answer) -> float:
    return email.utils.parsedate_to_datetime(answer.headers["date"]).timestamp()


def test_f15_a_clock_is_wrong(rig):
    """Answers are dated an hour off, or not at all; URLs live as long as ever."""
    load(rig, 15)
    now = rig.sandbox.clock.now()
    ahead, behind, undated = (rig.ask("look_up") for _ in range(3))

    assert [1, -1] == [round((date(one) - now) / 3600) for one in (ahead, behind)]
    assert "date" not in undated.headers
    assert "201" == str(rig.ask("put"))


def test_f16_odd_ends(rig):
    """The URL says what the plan says of its end."""
    load(rig, 16)
    ends = [rig.ask("upload_url").json["body"]["queryParams"] for _ in range(2)]

    assert ["0", "soon"] == [each["temp_url_expires"] for each in ends]


def test_f17_the_reset_comes_at_the_byte(rig):
    """One byte short of the middle nothing happens; the next brings the reset."""
    load(rig, 17)
    request = rig.call("put")
    middle = len(request) - len(PNG) + len(PNG) // 2
    with Wire(rig.port) as wire:
        wire.send(request[: middle - 1])
        wire.until(seconds=SHORT)
        before = wire.ending
        wire.send(request[middle - 1 : middle])
        wire.until()

        assert ["silence", "RST"] == [before, wire.ending]
    assert [(0, 0)] == [(one.status, one.fault) for one in rig.sandbox.journal]
    assert not rig.stored


def test_f19_storage_keeps_what_it_was_sent_otherwise(rig):
    """The damaged byte is the one, and the Etag is of what is stored."""
    load(rig, 19)
    rig.ask("put")
    tag = rig.ask("put").headers["etag"]
    stored = rig.sandbox.objects[rig.url["relativePath"]].content

    assert [7] == [place for place in range(len(PNG)) if stored[place] != PNG[place]]
    assert hashlib.md5(stored, usedforsecurity=False).hexdigest() == tag


def test_f21_bodies(rig):
    """A 204 has no body, a 201 has the error's text."""
    load(rig, 21)

    assert [b"", b"", b"error"] == [rig.ask("put").body for _ in range(3)]


def test_f22_file_changed_while_uploading(rig):
    """Bytes that are not those of the announced digest are refused and not stored."""
    other = PNG[:-1] + b"!"
    refused = rig.ask("put", content=other, Etag=MD5)

    assert "422" == str(refused)
    assert not rig.stored
    assert "201" == str(rig.ask("put", Etag=MD5))


def test_f23_the_rest_can_be_had(rig):
    """Half of the bytes come, of the right length announced; a range gets the rest."""
    load(rig, 23)
    half = rig.ask("get")
    rest = rig.ask("get", Range=f"bytes={len(half.body)}-", **{"If-Match": MD5})

    assert str(len(PNG)) == half.headers["content-length"]
    assert "206" == str(rest)
    assert PNG == half.body + rest.body


def test_f24_lengths(rig):
    """Announced short, not announced, announced by chunks that end in their midst."""
    load(rig, 24)
    short, none, cut = (rig.ask("get") for _ in range(3))

    assert str(len(PNG) - 9) == short.headers["content-length"]
    assert not {"content-length", "transfer-encoding"} & set(none.headers)
    assert PNG[:100] == none.body
    framed = b"64\r\n" + PNG[:100] + b"\r\n64\r\n" + PNG[100:200] + b"\r\n64\r\n" + PNG[200:300]
    assert framed[:250] == cut.body


def test_f25_the_byte(rig):
    """The first byte is another, and everything else as it was."""
    load(rig, 25)
    damaged, whole = rig.ask("get"), rig.ask("get")

    assert [bytes([PNG[0] ^ 0xFF]) + PNG[1:], PNG] == [damaged.body, whole.body]
    assert [MD5, MD5] == [one.headers["etag"] for one in (damaged, whole)]


def test_f26_ranges(rig):
    """The range is ignored; is said to be another; and then the object is another."""
    load(rig, 26)
    ask = {"Range": "bytes=0-9", "If-Match": MD5}
    whole, wrong, gone = (rig.ask("get", **ask) for _ in range(3))

    assert ["200", "206", "412"] == [str(one) for one in (whole, wrong, gone)]
    assert [PNG, PNG[:10]] == [whole.body, wrong.body]
    assert "bytes 5-9/10" == wrong.headers["content-range"]
    assert [1, 1] == rig.fired
    assert MD5 != rig.sandbox.objects[rig.path].etag


def test_f27_slow_loris(rig):
    """Byte by byte with a pause after each: the head, or the body after a whole head."""
    load(rig, 27)
    for head in (b"", b"\r\n\r\n"):
        with Wire(rig.port) as wire:
            start = time.perf_counter()
            wire.send(rig.call("get"))
            got = wire.until(
                lambda got, head=head: len(got.partition(head)[2] if head else got) > 2
            )
            seconds = time.perf_counter() - start

            came = got.partition(head)[2] if head else got
            assert (PNG if head else b"HTTP/1.1").startswith(came)
            assert len(came) <= 1 + seconds / 0.2


def test_f28_giants(rig):
    """A file with blanks behind it, once plain, once packed, once packed twice."""
    load(rig, 28)
    plain, packed, twice = (rig.ask("get") for _ in range(3))
    unpacked = [
        zlib.decompress(packed.body, 31),
        zlib.decompress(zlib.decompress(twice.body, 31), 31),
    ]

    assert [5_000_000, True] == [
        len(plain.body),
        len(twice.body) < 1000 < len(packed.body) < 20_000,
    ]
    assert [10_000_000] * 2 == [len(one) for one in unpacked]
    assert all(one.startswith(PNG) and not one[len(PNG) :].strip() for one in unpacked)


def test_f29_bodies(rig):
    """Each body comes as it was given, as JSON by its name."""
    load(rig, 29)
    answers = [rig.ask("publish") for _ in BODIES]

    assert 25 == len(BODIES)
    assert [each.encode("utf-8", "surrogatepass") for each in BODIES] == [a.body for a in answers]
    assert {"application/json"} == {answer.headers["content-type"] for answer in answers}


def test_f30_f31_verdicts(rig):
    """The one member is changed, or gone; the rest is as ever."""
    load(rig, 30)
    codes = [rig.ask("publish").json for _ in range(4)]
    load(rig, 31)

    assert ["BAD_REQUEST", "gone", 200, 400] == [each.get("code", "gone") for each in codes]
    assert {"a-request"} == {each["reqId"] for each in codes}
    assert "another" == rig.ask("publish").json["reqId"]


def test_f33_idle_connection_closed(rig):
    """The answer says that the connection goes on; then it is closed."""
    load(rig, 33)
    with Wire(rig.port) as wire:
        wire.send(rig.call("publish"))
        answer = wire.answer()
        wire.until()

        assert ["200", "FIN", b""] == [str(answer), wire.ending, wire.received]
    assert "connection" not in answer.headers
    assert 1 == rig.published


def test_f34_disk_full(rig):
    """A client whose disk is full can ask for the bytes again."""
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here")
    with pytest.raises(OSError, match="space") as caught:
        full.write_bytes(rig.ask("get").body)

    assert errno.ENOSPC == caught.value.errno
    assert PNG == rig.ask("get").body


def test_f35_interrupted_upload(rig):
    """A client that goes in mid-upload has stored nothing, and can begin again."""
    with Wire(rig.port) as wire:
        wire.send(rig.call("put")[:-100])
    deadline = time.monotonic() + LONG
    while not rig.sandbox.journal and time.monotonic() < deadline:
        time.sleep(0.001)

    assert [(499, None)] == [(one.status, one.fault) for one in rig.sandbox.journal]
    assert not rig.stored
    assert "201" == str(rig.ask("put"))


def test_f36_kernel_restart(rig):
    """A client that has forgotten all but ids and paths goes on where it was."""
    rig.ask("put")
    again = Rig.__new__(Rig)
    again.client, again.sandbox, again.port = Client(rig.sandbox), rig.sandbox, rig.port
    again.conversation, again.path = rig.conversation, rig.url["relativePath"]
    with again.client.http:
        again.tokens = again.client.tokens()

    assert "200" == str(again.ask("publish"))
    again.download = again.ask("download_url").json["body"]
    assert PNG == again.ask("get").body


def test_f37_two_notebooks(client):
    """Two clients at once, each as a consumer of its own: no message goes astray."""
    conversations = {name: client.open(name) for name in ("Ada", "Bob")}
    paths = {name: client.uploaded(consumer=name) for name in conversations}
    two = {name: Client(client.sandbox) for name in conversations}

    def notebook(name: str) -> None:
        tokens = client.tokens(name)
        for number in range(20):
            event = hosted_file(paths[name], caption=f"{name} {number}")
            two[name].publish(conversations[name], event, headers=tokens)

    threads = [threading.Thread(target=notebook, args=[name]) for name in conversations]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    for each in two.values():
        each.http.close()

    for name, identity in conversations.items():
        messages = client.sandbox.conversations[identity].messages
        assert [f"{name} {number}" for number in range(20)] == [one.caption for one in messages]


def test_f38_the_words(rig):
    """The refusal is in the words of a closed conversation; the upload is kept."""
    load(rig, 38)

    assert "201" == str(rig.ask("put"))
    assert "Bad Request, Conversation is close" == rig.ask("publish").json["body"]["msg"]


@pytest.mark.parametrize("seed", [1, 2])
def test_f40_bulk(seed):
    """The same seed breaks the same calls; another one others; the state is what the plan says."""
    runs = [bulk(seed, clients=1), bulk(seed, clients=1), bulk(seed + 10, clients=1)]

    assert runs[0] == runs[1] != runs[2]
    statuses = Counter(status for _, _, status, fault in runs[0] if fault is not None)
    assert {0, 200, 201, 401, 503} == set(statuses)
    assert 20 < statuses.total() < 80


def test_f40_counts_do_not_depend_on_threads():
    """Three clients at once meet as many faults of each service as one does."""
    counts = [
        Counter((service, fault) for service, _, _, fault in bulk(3, clients=clients))
        for clients in (1, 3)
    ]
    gets = [{key: n for key, n in each.items() if key[0] == "swift"} for each in counts]

    assert counts[0].total() == counts[1].total()
    assert gets[0] == gets[1]


def bulk(seed: int, *, clients: int) -> list[tuple[str, str, int, int | None]]:
    """Give the journal of three hundred calls under the plan of F40."""
    with Sandbox() as sandbox:
        client = Client(sandbox)
        with client.http:
            rig = Rig(client)
        sandbox.faults.load({"seed": seed, "rules": CATALOGUE[39].rules})

        def notebook() -> None:
            for _ in range(360 // 3 // clients):
                for name in ("publish", "get", "get"):
                    rig.ask(name)
            for _ in range(120 // clients):
                rig.ask("put")

        threads = [threading.Thread(target=notebook) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return [(each.service, each.type, each.status, each.fault) for each in sandbox.journal]


def test_plans_name_the_services_that_there_are():
    """What the catalogue says of services and types is what the sandbox knows."""
    assert "swift" == PUT["service"] == GET["service"]
    assert "asyncMessagingEnt" == MESSAGING["service"]
