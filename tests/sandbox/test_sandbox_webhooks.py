"""Webhooks: what is told, signed over its very bytes, in order, and again until it is taken."""

import base64
import hmac
import json
import ssl
import threading
from itertools import pairwise

import pytest
import requests
import trustme
from receiver import Receiver
from sandbox_client import PNG, hosted_file, schema, text

from lpnb.sandbox import Sandbox, webhooks
from lpnb.sandbox.notifications import CHANGE, sign

CONTENT = "ms.MessagingEventNotification.ContentEvent"
RICH = "ms.MessagingEventNotification.RichContentEvent"
ACCEPT = "ms.MessagingEventNotification.AcceptStatusEvent"
TYPING = "ms.MessagingEventNotification.ChatStateEvent"
THREAD = "lpnb-sandbox-webhooks"


@pytest.fixture
def make(sandbox):
    """Starts receivers that answer with the statuses given, then with 200."""
    running = []

    def start(*statuses, **registration):
        receiver = Receiver(*statuses)
        running.append(receiver)
        sandbox.webhooks.register(receiver.url, **registration)
        return receiver

    yield start
    for receiver in running:
        receiver.close()
    sandbox.reset()


@pytest.fixture
def receiver(make):
    """A receiver of everything, that takes everything."""
    return make()


def events(receiver):
    return [one.changes[0]["event"] for one in receiver.received if "event" in one.changes[0]]


def said(receiver):
    return [one["message"] for one in events(receiver)]


def verified(received, sandbox):
    """Check the signature as a receiver does: over the bytes, before anything is decoded."""
    digest, _, given = received.headers["x-liveperson-signature"].partition("=")
    mac = hmac.digest(sandbox.client_secret.encode(), received.body, digest)
    return given in (base64.b64encode(mac).decode(), mac.hex())


VECTOR = (
    '{"kind":"notification","type":"ms.MessagingEventNotification","body":{"changes":[{"sequence":7,'
    '"originatorId":"a1","event":{"type":"ContentEvent","contentType":"text/plain","message":'
    '"café 📎"},"dialogId":"d1"}]}}'
).encode()


@pytest.mark.parametrize(
    ("form", "signature"),
    [
        ("sha1-base64", "sha1=7zaskJidBsjnq+Kdbij2RIqDPcw="),
        ("sha1-hex", "sha1=ef36ac90989d06c8e7abe29d6e28f6448a833dcc"),
        ("sha256-base64", "sha256=sSLG1+j14OWamUaTZUfkzJxaWoiQVV63QxhTRESOqDo="),
    ],
)
def test_recorded_vector(form, signature):
    """The signatures of our notes' own example, of 216 bytes with an emoji, come out."""
    assert 216 == len(VECTOR)
    assert signature == sign("lpnb-sandbox-secret-0001", VECTOR, form)


def test_every_kind_is_as_documented(client, receiver):
    """What is told of each act of both sides satisfies its schema and verifies, in order."""
    sandbox, agent = client.sandbox, client.sandbox.agent
    conversation = client.open()
    path = client.uploaded()
    preview = "data:image/png;base64,AAAA"
    client.publish(conversation, text("é 📎"))
    client.publish(conversation, hosted_file(path, preview=preview))
    agent.accept(conversation)
    agent.type(conversation)
    agent.read(conversation)
    agent.say(conversation, "hello 👋")
    shared = agent.share(conversation, PNG, caption="a plan")
    seen = {"type": "AcceptStatusEvent", "status": "ACCESS", "sequenceList": [shared.sequence]}
    client.publish(conversation, seen)
    client.publish(conversation, {"type": "ChatStateEvent", "chatState": "GONE"})
    client.close(conversation)
    log = sandbox.webhooks.wait()

    assert [
        *(CHANGE, CONTENT, CONTENT, CHANGE, ACCEPT, TYPING, ACCEPT),
        *(CONTENT, CONTENT, ACCEPT, TYPING, CHANGE),
    ] == [attempt.notification.type for attempt in log]
    for received, attempt in zip(receiver.received, log, strict=True):
        body = json.loads(received.body)
        is_change = attempt.notification.type == CHANGE
        kind = "conversation-change" if is_change else "messaging-event"
        schema(f"webhook-{kind}.notification").validate(body)
        schema("webhook-signature.headers").validate(received.headers)
        assert verified(received, sandbox)
        assert attempt.notification.body == received.body
    assert ["CONSUMER", "CONSUMER", *5 * ["ASSIGNED_AGENT"], "CONSUMER", "CONSUMER"] == [
        one.changes[0]["originatorMetadata"]["role"]
        for one in receiver.received
        if "event" in one.changes[0]
    ]
    told = {"caption": "a receipt", "relativePath": path, "fileType": "PNG", "preview": preview}
    assert told == events(receiver)[1]["message"]


def test_headers(client, receiver, conversation):
    """The account, the client id and JSON are named beside the signature."""
    client.sandbox.webhooks.wait()
    headers = receiver.received[0].headers

    assert [client.sandbox.account, client.sandbox.client_id, "application/json"] == [
        headers[name]
        for name in ("x-liveperson-account-id", "x-liveperson-client-id", "content-type")
    ]


def test_a_message(client, receiver, conversation):
    """A message has its number, its time in milliseconds, both ids, and is for all."""
    client.sandbox.clock.freeze()
    answer = client.publish(conversation, text("hi"))
    at = int(client.sandbox.clock.now() * 1000)
    client.sandbox.webhooks.wait()
    consumer = client.sandbox.conversations[conversation].consumer

    assert {
        "sequence": answer.json()["body"]["sequence"],
        "originatorId": consumer,
        "originatorMetadata": {"id": consumer, "role": "CONSUMER"},
        "serverTimestamp": at,
        "event": {"type": "ContentEvent", "contentType": "text/plain", "message": "hi"},
        "conversationId": conversation,
        "dialogId": conversation,
        "messageAudience": "ALL",
    } == receiver.received[-1].changes[0]


def test_typing_has_no_number_and_no_time(client, receiver, conversation):
    """As in the samples, typing has neither sequence nor serverTimestamp."""
    client.publish(conversation, {"type": "ChatStateEvent", "chatState": "COMPOSING"})
    client.sandbox.webhooks.wait()

    assert {"sequence", "serverTimestamp"}.isdisjoint(receiver.received[-1].changes[0])


def test_metadata_goes_along(client, receiver, conversation):
    """The metadata of a request is told with its event."""
    metadata = [{"type": "ExternalId", "id": "7"}]
    body = {"dialogId": conversation, "event": text("hi")}
    request = {"kind": "req", "id": "1", "type": "ms.PublishEvent", "body": body}
    client.send("", None, json=request | {"metadata": metadata})
    client.sandbox.webhooks.wait()

    assert metadata == receiver.received[-1].changes[0]["metadata"]


def test_conversation_changes(client, receiver):
    """A conversation is told whole at each change: opened, accepted, closed."""
    agent = client.sandbox.agent
    conversation = client.open()
    agent.accept(conversation)
    client.close(conversation)
    client.sandbox.webhooks.wait()
    details = [one.changes[0]["result"]["conversationDetails"] for one in receiver.received]

    assert [("OPEN", "OPEN", 1), ("OPEN", "OPEN", 2), ("CLOSE", "CLOSE", 2)] == [
        (each["state"], each["stage"], len(each["participants"])) for each in details
    ]
    assert {"id": agent.id, "role": "ASSIGNED_AGENT"} in details[1]["participants"]
    assert "endTs" not in details[1]
    assert ["CONSUMER", "CONSUMER", details[2]["endTs"]] == [
        details[2]["closeReason"],
        details[2]["dialogs"][0]["closedBy"],
        details[2]["dialogs"][0]["endTs"],
    ]


def test_only_the_types_asked_for(client, make, conversation):
    """An endpoint hears of the types it is registered for, and each endpoint of its own."""
    typing, content = make(types=[TYPING]), make(types=[CONTENT, CHANGE])
    client.publish(conversation, text("hi"))
    client.publish(conversation, {"type": "ChatStateEvent", "chatState": "ACTIVE"})
    client.sandbox.webhooks.wait()

    assert [["ChatStateEvent"], ["ContentEvent"]] == [
        [one.event["type"] for one in each.received] for each in (typing, content)
    ]


def test_files_may_come_as_rich_content(client, make, conversation):
    """One page files hosted files under RichContentEvent: a switch does so too."""
    rich = make(types=[RICH])
    client.sandbox.guesses["webhook_file_type"] = "RichContentEvent"
    client.publish(conversation, hosted_file(client.uploaded()))
    client.sandbox.webhooks.wait()

    schema("webhook-messaging-event.notification").validate(json.loads(rich.received[0].body))
    assert ["RichContentEvent", "hosted/file"] == [
        rich.received[0].event[name] for name in ("type", "contentType")
    ]


@pytest.mark.parametrize("form", ["sha1-base64", "sha1-hex", "sha256-base64", "sha256-hex"])
def test_forms_of_the_signature(client, receiver, conversation, form):
    """Digest and encoding can be switched; each verifies over the bytes."""
    client.sandbox.guesses["webhook_signature"] = form
    client.publish(conversation, text("café 📎"))
    client.sandbox.webhooks.wait()
    received = receiver.received[-1]
    digest, _, encoding = form.partition("-")
    _, _, value = received.headers["x-liveperson-signature"].partition("=")

    assert verified(received, client.sandbox)
    assert received.headers["x-liveperson-signature"].startswith(f"{digest}=")
    assert ("hex" == encoding) == all(letter in "0123456789abcdef" for letter in value)
    assert "café 📎".encode() in received.body


def retries(sandbox):
    """Let every retry fall due, one after the other, and give the times of the attempts."""
    log = sandbox.webhooks.wait()
    while log[-1].again is not None:
        sandbox.clock.set(log[-1].again - 0.001)
        assert len(log) == len(sandbox.webhooks.wait()), "it was tried too early"
        sandbox.clock.set(log[-1].again)
        log = sandbox.webhooks.wait()
    return [attempt.time for attempt in log]


def test_gaps_double(client, make, conversation):
    """Retries come after 2, 4, 8 ... seconds, at most 300, within the retention, and no sooner."""
    client.sandbox.clock.freeze()
    make(*100 * [500], retention=1500)
    client.publish(conversation, text("hi"))
    times = retries(client.sandbox)

    assert [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300] == pytest.approx(
        [later - sooner for sooner, later in pairwise(times)]
    )
    last = client.sandbox.webhooks.log[-1]
    assert (12, 500, None, False) == (last.number, last.status, last.again, last.ok)


@pytest.mark.parametrize(("retention", "attempts"), [(1.9, 1), (2, 2), (5.9, 2), (6, 3), (0, 1)])
def test_retention(client, make, conversation, retention, attempts):
    """What would be tried after the retention is given up."""
    client.sandbox.clock.freeze()
    make(*9 * [500], retention=retention)
    client.publish(conversation, text("hi"))

    assert attempts == len(retries(client.sandbox))


def test_old_retries(client, make, conversation):
    """Without a retention it is tried again as often as max_retries says, every 30 seconds."""
    client.sandbox.clock.freeze()
    make(*9 * [500], retention=0, max_retries=2)
    client.publish(conversation, text("hi"))
    times = retries(client.sandbox)

    assert [30, 30] == pytest.approx([times[1] - times[0], times[2] - times[1]])


@pytest.mark.parametrize("status", [200, 201])
def test_taken(client, make, conversation, status):
    """200 and 201 end it."""
    make(status)
    client.publish(conversation, text("hi"))

    assert [(1, status, True, None)] == [
        (one.number, one.status, one.ok, one.again) for one in client.sandbox.webhooks.wait()
    ]


@pytest.mark.parametrize("status", [202, 204, 301, 400, 401, 404, 503])
def test_not_taken(client, make, conversation, status):
    """Any other status is tried again, and the second answer ends it."""
    client.sandbox.clock.freeze()
    receiver = make(status)
    client.publish(conversation, text("hi"))
    client.sandbox.webhooks.wait()
    client.sandbox.clock.advance(2)
    log = client.sandbox.webhooks.wait()

    assert [(1, status), (2, 200)] == [(one.number, one.status) for one in log]
    assert receiver.received[0].body == receiver.received[1].body
    assert receiver.received[0].headers == receiver.received[1].headers


def test_order_holds_in_a_conversation(client, make, conversation):
    """What follows in the same conversation waits for what failed; other conversations don't."""
    other = client.open("Grace")
    client.sandbox.clock.freeze()
    receiver = make(500)
    client.publish(conversation, text("one"))
    client.sandbox.webhooks.wait()
    client.publish(conversation, text("two"))
    client.publish(other, text("elsewhere"), consumer="Grace")
    client.sandbox.webhooks.wait()
    before = said(receiver)
    client.sandbox.clock.advance(2)
    client.sandbox.webhooks.wait()

    assert ["one", "elsewhere"] == before
    assert ["one", "elsewhere", "one", "two"] == said(receiver)


def test_giving_up_lets_the_next_go(client, make, conversation):
    """When one is given up, the next of its conversation is tried."""
    client.sandbox.clock.freeze()
    receiver = make(500, retention=1)
    for message in ("one", "two"):
        client.publish(conversation, text(message))
    client.sandbox.webhooks.wait()

    assert ["one", "two"] == said(receiver)


def test_retries_come_by_themselves(client, make, conversation):
    """With the clock running nobody has to move it."""
    receiver = make(500)
    client.publish(conversation, text("hi"))
    receiver.next()
    client.sandbox.webhooks.wait()
    client.sandbox.clock.advance(1.9)
    receiver.next()

    assert [1, 2] == [one.number for one in client.sandbox.webhooks.wait()]


def test_nobody_there(client, conversation):
    """A port where nobody listens is an error in the log, and is tried again."""
    receiver = Receiver()
    receiver.close()
    client.sandbox.webhooks.register(receiver.url)
    client.sandbox.clock.freeze()
    client.publish(conversation, text("hi"))
    attempt = client.sandbox.webhooks.wait()[-1]

    assert (0, 1, receiver.url) == (attempt.status, attempt.number, attempt.endpoint)
    assert "nobody listens there" == attempt.error
    assert pytest.approx(attempt.time + 2) == attempt.again


def test_slow_answer(client, receiver, conversation, monkeypatch):
    """No answer within the time, which is five seconds, is a failure."""
    webhooks = client.sandbox.webhooks
    usual = webhooks.timeout
    webhooks.wait()
    monkeypatch.setattr(webhooks, "timeout", 0.05)
    receiver.gate.clear()
    client.publish(conversation, text("hi"))
    attempt = webhooks.wait()[-1]

    assert 5.0 == usual
    assert (0, True) == (attempt.status, "imeout" in attempt.error)


def test_a_slow_receiver_slows_nobody(client, receiver, conversation):
    """While a receiver holds its answer back, the API answers, and the order is kept."""
    client.sandbox.webhooks.wait()
    receiver.gate.clear()
    client.publish(conversation, text("first"))
    receiver.next()  # the opening
    receiver.next()
    headers = client.tokens()
    statuses = [
        client.publish(conversation, text(str(number)), headers=headers).status_code
        for number in range(10)
    ]
    held = len(receiver.received)
    receiver.gate.set()
    client.sandbox.webhooks.wait()

    assert 10 * [200] == statuses
    assert 2 == held  # the opening, and the first message
    assert ["first", *map(str, range(10))] == said(receiver)


def test_a_receiver_may_answer_back(client, receiver, conversation):
    """A receiver that looks inside and publishes before it answers is not in anyone's way."""
    client.sandbox.webhooks.wait()
    headers = client.tokens()

    def answer_back():
        receiver.on_arrival = lambda: None
        assert client.sandbox.conversations[conversation].messages
        client.sandbox.agent.accept(conversation)
        client.publish(conversation, text("you too"), headers=headers)

    receiver.on_arrival = answer_back
    client.publish(conversation, text("hello"), headers=headers)
    client.sandbox.webhooks.wait()

    assert ["hello", "you too"] == [one["message"] for one in events(receiver) if "message" in one]


def test_wait_is_not_for_ever(client, receiver, conversation):
    """Who waits is told when it takes too long."""
    client.sandbox.webhooks.wait()
    receiver.gate.clear()
    client.publish(conversation, text("hi"))
    with pytest.raises(TimeoutError, match="still under way"):
        client.sandbox.webhooks.wait(0.01)

    receiver.gate.set()
    assert client.sandbox.webhooks.wait()


def test_resend(client, receiver, conversation):
    """What was sent can be sent again, byte for byte, whatever was switched since."""
    client.publish(conversation, text("hi 📎"))
    last = client.sandbox.webhooks.wait()[-1]
    client.sandbox.guesses["webhook_signature"] = "sha256-hex"
    client.sandbox.webhooks.resend(last)
    client.sandbox.webhooks.resend(last.notification)
    client.sandbox.webhooks.wait()
    copies = receiver.received[-3:]

    assert 3 * [last.notification.body] == [one.body for one in copies]
    assert 1 == len({one.headers["x-liveperson-signature"] for one in copies})


def test_crafted_bytes(client, receiver):
    """Any bytes go out as they are, rightly signed unless otherwise wished."""
    deliver = client.sandbox.webhooks.deliver
    deliver(b"\xff not even JSON")
    deliver({"kind": "notification"}, sign="some other secret")
    deliver({"kind": "notification"}, sign=False)
    deliver(b"{}", headers={"x-liveperson-client-id": None, "X-Extra": "1"})
    client.sandbox.webhooks.wait()
    right, wrong, unsigned, changed = receiver.received

    assert b"\xff not even JSON" == right.body
    assert [True, False] == [verified(one, client.sandbox) for one in (right, wrong)]
    assert "x-liveperson-signature" not in unsigned.headers
    assert b'{"kind":"notification"}' == unsigned.body
    assert ["1", False] == [changed.headers["x-extra"], "x-liveperson-client-id" in changed.headers]


def test_crafted_out_of_order(client, receiver, conversation):
    """Duplicates and another order are made from what was sent."""
    for message in ("one", "two"):
        client.publish(conversation, text(message))
    log = client.sandbox.webhooks.wait()
    for attempt in (log[-1], log[-2], log[-2]):
        client.sandbox.webhooks.resend(attempt)
    client.sandbox.webhooks.wait()

    assert ["one", "two", "two", "one", "one"] == said(receiver)


def test_crafted_is_sent_once(client, make):
    """What was crafted is not tried again when it is refused, as a forgery should be."""
    make(401)
    client.sandbox.webhooks.deliver(b"{}", sign="wrong")

    assert [(401, None)] == [(one.status, one.again) for one in client.sandbox.webhooks.wait()]


def test_crafted_for_one(client, make):
    """A crafted delivery can be for one endpoint; without any it is refused."""
    with pytest.raises(ValueError, match="no endpoint is registered at any URL"):
        client.sandbox.webhooks.deliver(b"{}")
    first, second = make(types=[CONTENT]), make()
    client.sandbox.webhooks.deliver(b"{}", url=first.url)
    client.sandbox.webhooks.wait()

    assert [1, 0] == [len(first.received), len(second.received)]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hook",
        "http://127.0.0.1@example.com/",
        "http://example.com#127.0.0.1",
        "http://127.0.0.1.example.com/",
        "http://10.0.0.1/",
        "http://0.0.0.0/",
        "ftp://127.0.0.1/",
        "//127.0.0.1/",
        "127.0.0.1:80",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1/\r\nHost: x",
        "http://127.0.0.1/é",
        "",
    ],
)
def test_only_this_machine(sandbox, url):
    """Nothing but http and https on loopback is ever reached."""
    with pytest.raises(ValueError, match=r"endpoint|machine|Port"):
        sandbox.webhooks.register(url)

    assert () == sandbox.webhooks.endpoints


@pytest.mark.parametrize(
    "more",
    [
        {"types": ["ms.MessagingEventNotification.AccpetStatusEvent"]},  # misspelt on one page
        {"types": []},
        {"retention": -1},
        {"retention": 259_201},
        {"max_retries": 6},
    ],
    ids=str,
)
def test_registrations_in_range(sandbox, more):
    """Types, retention and retries are those that are documented."""
    with pytest.raises(ValueError, match=r"types of notifications|tried again"):
        sandbox.webhooks.register("http://127.0.0.1:9/", **more)


def test_redirects_are_not_followed(client, make, conversation):
    """A redirect is an answer like any other."""
    first, elsewhere = make(302, types=[CONTENT]), make(types=[TYPING])
    client.publish(conversation, text("hi"))

    assert [302] == [one.status for one in client.sandbox.webhooks.wait()]
    assert [1, 0] == [len(first.received), len(elsewhere.received)]


@pytest.fixture
def install(client):
    """Installs an application with webhooks, or changes the one of this id, as administrator."""
    given = {"username": client.sandbox.username, "password": client.sandbox.password}
    login = client.http.post(f"{client.account}/login", json=given).json()
    headers = {"Authorization": f"Bearer {login['bearer']}", "If-Match": "-1"}
    installations = f"{client.account}/configuration/app-install/installations"

    def put(webhooks, identity="", **more):
        manifest = {"client_name": "a connector", "grant_types": ["client_credentials"]}
        manifest |= {"scope": "msg.consumer", "capabilities": {"webhooks": webhooks}} | more
        method, url = (
            ("PUT", f"{installations}/{identity}") if identity else ("POST", installations)
        )
        answer = client.http.request(
            method, url, json=manifest, headers=headers, params={"v": "1.0"}
        )
        assert answer.ok, answer.text
        return answer.json()

    return put


@pytest.fixture
def elsewhere():
    """A receiver that nobody has registered."""
    receiver = Receiver()
    yield receiver
    receiver.close()


def test_installed_application(client, elsewhere, install, conversation):
    """The webhooks of an application get its own id, signature and headers, with its retention."""
    told = {
        "endpoint": elsewhere.url,
        "headers": [{"header_name": "X-Mine", "header_value": "yes"}],
    }
    app = install({CONTENT: told, "retry": {"retention_time": 60}})
    client.publish(conversation, text("café 📎"))
    client.sandbox.webhooks.wait()
    (received,) = elsewhere.received
    mac = hmac.digest(app["client_secret"].encode(), received.body, "sha1")

    assert [(app["client_id"], (CONTENT,), 60)] == [
        (one.app, one.types, one.retention) for one in client.sandbox.webhooks.endpoints
    ]
    assert [app["client_id"], f"sha1={base64.b64encode(mac).decode()}", "yes"] == [
        received.headers[name]
        for name in ("x-liveperson-client-id", "x-liveperson-signature", "x-mine")
    ]
    assert app["client_secret"] not in repr(client.sandbox.webhooks.endpoints)


def test_changed_application(client, receiver, elsewhere, install):
    """What an application no longer wants, or a disabled one wanted, is told no more."""
    webhooks = client.sandbox.webhooks

    def types():
        return [one.types for one in webhooks.endpoints if one.app]

    app = install({CONTENT: {"endpoint": elsewhere.url}, TYPING: {"endpoint": elsewhere.url}})
    first = sorted(types())
    install({TYPING: {"endpoint": elsewhere.url}}, app["client_id"])
    second = types()
    install({TYPING: {"endpoint": elsewhere.url}}, app["client_id"], enabled=False)

    assert [[(TYPING,), (CONTENT,)], [(TYPING,)], []] == [first, second, types()]
    assert [receiver.url] == [one.url for one in webhooks.endpoints]


@pytest.mark.parametrize(
    "webhook",
    [
        {"endpoint": "https://example.com/hook"},
        {"endpoint": "https://127.0.0.1@example.com/hook"},
        {"endpoint": "http://127.0.0.1:99999/"},
        {"endpoint": "http://127.0.0.1/", "headers": [{"header_name": [], "header_value": 1}]},
    ],
    ids=str,
)
def test_installed_but_not_reached(client, install, webhook):
    """A manifest may name what the sandbox doesn't reach: it is installed, and told nothing."""
    app = install({CONTENT: webhook})

    assert webhook == app["capabilities"]["webhooks"][CONTENT]
    assert () == client.sandbox.webhooks.endpoints


def test_what_cannot_be_sent(client, receiver):
    """A delivery that can't even be written is an error in the log, and the next goes out."""
    for headers in ({"X-Odd": "a\r\nb"}, {"X-Odd": {}}):
        client.sandbox.webhooks.deliver(b"{}", headers=headers)
    client.sandbox.webhooks.deliver(b"{}")

    assert [(0, True), (0, True), (200, False)] == [
        (one.status, bool(one.error)) for one in client.sandbox.webhooks.wait()
    ]


def test_reset_forgets_the_endpoints(client, receiver, conversation):
    """After a reset nobody is told anything, and the log is empty."""
    client.sandbox.webhooks.wait()
    receiver.statuses = 9 * [500]
    client.publish(conversation, text("hi"))
    client.sandbox.webhooks.wait()
    client.sandbox.reset()
    known = len(receiver.received)
    client.sandbox.clock.advance(2)
    client.publish(client.open(), text("hi"))

    assert [] == client.sandbox.webhooks.wait()
    assert known == len(receiver.received)
    assert () == client.sandbox.webhooks.endpoints


def test_reset_while_one_is_under_way(client, receiver, conversation):
    """What is under way at a reset is not in the log of what comes after."""
    client.sandbox.webhooks.wait()
    receiver.gate.clear()
    client.publish(conversation, text("old"))
    receiver.next()
    receiver.next()
    client.sandbox.reset()
    client.sandbox.webhooks.register(receiver.url, types=[CONTENT])
    receiver.gate.set()
    client.publish(client.open(), text("new"))
    receiver.next()

    assert [b"new" in one.notification.body for one in client.sandbox.webhooks.wait()] == [True]


def test_https(client, make, tmp_path):
    """An endpoint may speak https, with the authority named that vouches for it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    receiver = Receiver()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    receiver.server.socket = context.wrap_socket(receiver.server.socket, server_side=True)
    url = receiver.url.replace("http://127.0.0.1", "https://localhost")
    webhooks = client.sandbox.webhooks
    webhooks.register(url, ca=str(tmp_path / "ca.pem"))
    trusted = webhooks.deliver(b"{}")
    webhooks.wait()
    client.sandbox.reset()
    webhooks.register(url)
    webhooks.deliver(b"{}")
    log = webhooks.wait()
    receiver.close()

    assert [1, 1] == [len(trusted), len(receiver.received)]
    assert "certificate" in log[-1].error.lower()


def threads():
    return [thread for thread in threading.enumerate() if thread.name == THREAD]


def test_no_thread_before_a_registration_and_none_after_the_end():
    """A thread runs from the first registration until the sandbox stops, which is at once."""
    before, receiver = threads(), Receiver()
    with Sandbox() as sandbox:
        sandbox.webhooks.unregister(receiver.url)
        sandbox.reset()
        idle = threads()
        sandbox.webhooks.register(receiver.url)
        sandbox.webhooks.register(receiver.url, types=[CHANGE])
        (new,) = set(threads()) - set(before)
        sandbox.webhooks.deliver(b"{}")
        sandbox.webhooks.wait()
    new.join(5)
    receiver.close()

    assert before == idle == threads()
    assert 1 == len(sandbox.webhooks.log)
    with pytest.raises(ValueError, match="stopped"):
        sandbox.webhooks.register(receiver.url)
    sandbox.reset()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_stopping_cuts_what_is_under_way(scheme, tmp_path):
    """A receiver that does not answer holds up nobody's end."""
    before, receiver = threads(), Receiver()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    if scheme == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        receiver.server.socket = context.wrap_socket(receiver.server.socket, server_side=True)
    receiver.gate.clear()
    with Sandbox() as sandbox:
        url = receiver.url.replace("http:", f"{scheme}:")
        sandbox.webhooks.register(url, ca=str(tmp_path / "ca.pem"))
        sandbox.webhooks.deliver(b"{}")
        receiver.next()
        (thread,) = set(threads()) - set(before)
    thread.join(1)
    alive = thread.is_alive()
    receiver.close()

    assert not alive


def test_the_newest_wait(client, make, conversation, monkeypatch):
    """For a receiver that is down so many wait; older ones are given up, and the log says so."""
    monkeypatch.setattr(webhooks, "_KEPT", 3)
    client.sandbox.clock.freeze()
    receiver = make(*9 * [500])
    for message in "abcde":
        client.publish(conversation, text(message))
        client.sandbox.webhooks.wait()
    log = client.sandbox.webhooks.log
    receiver.statuses.clear()
    client.sandbox.clock.advance(2)
    client.sandbox.webhooks.wait()

    assert [("a", 500), ("a", 0), ("b", 500), ("b", 0), ("c", 500)] == [
        (json.loads(one.notification.body)["body"]["changes"][0]["event"]["message"], one.status)
        for one in log
    ]
    assert "given up: 3 newer ones wait" == log[1].error
    assert [*"ab", *"ccde"] == said(receiver)


def test_nothing_secret_shows(client, receiver, conversation):
    """Neither the secret nor signatures are in what the rows show."""
    log = client.sandbox.webhooks.wait()
    shown = repr([log, client.sandbox.webhooks.endpoints, client.sandbox.webhooks])

    assert client.sandbox.client_secret not in shown
    assert "sha1=" not in shown


def test_switching_over_http(client, receiver, conversation):
    """The form of the signature can be switched from another process, too."""
    sandbox = client.sandbox
    requests.post(
        f"{sandbox.control}/guesses",
        json={"webhook_signature": "sha256-hex"},
        headers={"X-Sandbox-Token": sandbox.control_token},
        timeout=5,
    ).raise_for_status()
    client.publish(conversation, text("hi"))
    sandbox.webhooks.wait()

    assert receiver.received[-1].headers["x-liveperson-signature"].startswith("sha256=")
