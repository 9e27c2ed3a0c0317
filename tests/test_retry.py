"""What is repeated, after what wait, and what never is: each rule of the policy as data."""

import base64
import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from types import SimpleNamespace
from typing import Any

import pytest

import lpnb
from lpnb import cli, transport
from lpnb.clock import Clock, Wait
from lpnb.retry import Budget, Course, RetryPolicy
from lpnb.steps._message import ask
from lpnb.wire import Reply, Request
from tests.virtual_clock import VirtualClock

MESSAGING = {"service": "asyncMessagingEnt"}
SEND = {**MESSAGING, "type": "ms.GenerateURLForUploadFile"}
LATER = "Sun, 06 Nov 2044 08:49:37 GMT"
BUSY = "429 Too Many Requests"


@pytest.fixture
def clock(sandbox: lpnb.Sandbox) -> VirtualClock:
    """A clock on which waiting takes no time."""
    return VirtualClock(sandbox)


@pytest.fixture
def session(sandbox: lpnb.Sandbox, clock: VirtualClock) -> Iterator[lpnb.Session]:
    """A session with LivePerson's own policy, its tokens and connections new."""
    session = lpnb.connect(sandbox, clock=clock)
    yield session
    session.close()


@pytest.fixture
def warm(session: lpnb.Session, conversation: Any) -> lpnb.Session:
    """The session with its tokens, a conversation, and no connection that was used before."""
    session.close()
    return session


def statuses(exchanges: Any, step: str) -> list[int | None]:
    return [one.status for one in exchanges if one.step == step]


def publish(session: lpnb.Session, conversation: Any) -> Any:
    """One request that must not be done twice, without the looking that step 5 adds to it."""
    event = {"type": "ContentEvent", "contentType": "text/plain", "message": "Hello"}
    place = {"dialogId": conversation.dialog_id, "conversationId": conversation.id}
    return ask(session, "publish_file", "ms.PublishEvent", {**place, "event": event}, asked="say")


# --- the policy, row by row ---


@dataclass
class Row:
    """
    One rule: what the service does, and what the policy makes of it.

    Args:
        does: to each call in turn.
        waits: seconds before each repetition.
        ends: status of each attempt; None: no whole answer came.
        says: a part of the error's message; empty: it worked in the end.
    """

    id: str
    does: list[dict[str, Any]]
    waits: list[float]
    ends: list[int | None]
    says: str = ""
    when: str | None = None
    policy: dict[str, Any] = field(default_factory=dict)


def fails(*numbers: int, **headers: str) -> list[dict[str, Any]]:
    return [{"status": one, "headers": headers} for one in numbers]


def after(value: str) -> list[dict[str, Any]]:
    return fails(429, **{"Retry-After": value})


ROWS = [
    Row("5xx", fails(500, 502, 504), [5, 10, 15], [500, 502, 504, 200]),
    Row("4 x 5xx", fails(*[503] * 4), [5, 10, 15], [503] * 4, "given up after 4 attempts in 30 s"),
    Row("503 with a wish", fails(503, **{"Retry-After": "20"}), [20], [503, 200]),
    Row("503 with a small wish", fails(503, **{"Retry-After": "2"}), [5], [503, 200]),
    Row("503 with a huge wish", fails(503, **{"Retry-After": "999"}), [60], [503, 200]),
    Row("429", fails(429), [1], [429, 200]),
    Row("429 in seconds", after("2"), [2], [429, 200]),
    Row("429 with a fraction", after("2.5"), [2.5], [429, 200]),
    Row("429 for less than a second", after("0"), [1], [429, 200]),
    Row("429 with junk", after("soon"), [1], [429, 200]),
    Row("429 negative", after("-1"), [1], [429, 200]),
    Row("429 huge", after("999999999"), [60], [429, 200]),
    Row("429 endless", after("9" * 5000), [1], [429, 200]),
    Row("429 for ever", after("90") * 4, [60], [429] * 2, "one call may take 120 s in all"),
    Row("429 until a date gone by", after("Sun, 06 Nov 1994 08:49:37 GMT"), [1], [429, 200]),
    Row("429 until a date far off", after(LATER), [60], [429, 200]),
    Row("429 again and again", fails(*[429] * 4), [1, 1, 1], [429] * 4, "after 4 attempts in 3 s"),
    Row("reset", [{"reset": True}] * 3, [5, 10, 15], [None, None, None, 200], when="request"),
    Row("reset after the deed", [{"reset": True}], [5], [None, 200], when="after"),
    Row("an answer that is cut", [{"truncate": 30}], [5], [200, 200], when="after"),
    Row("a damaged answer", [{"headers": {"Content-Encoding": "gzip"}}], [5], [200, 200]),
    Row("an outage of 12 s", [{"refuse": 12}], [5, 10], [None, None, 200], when="connect"),
    Row("an outage", [{"refuse": 99}], [5, 10, 15], [None] * 4, "4 attempts", when="connect"),
    Row("another's answer", [{"patch": {"reqId": "another"}}], [], [200, 200]),
    Row("always another's", [{"patch": {"reqId": "x"}}] * 4, [], [200] * 4, "another request"),
    *(Row(str(one), fails(one), [], [one], "refused") for one in (400, 403, 404, 413, 451)),
    Row("a redirect", [{"redirect": "/elsewhere"}], [], [302], "never followed"),
    Row("HTML", [{"body": "<html>"}], [], [200], "not JSON"),
    Row("no reqId", [{"patch": {"-reqId": None}}], [], [200], "reqId"),
    Row("a refusal in words", [{"patch": {"code": "BAD_REQUEST"}}], [], [200], "refused"),
    Row("too long", [{"body_bytes": 2_000_000}], [], [200], "1,048,576 bytes"),
    Row("ONCE", fails(503), [], [503], "run the step again later", policy={"waits": ()}),
    Row("ONCE, 429", fails(429), [], [429], "refused", policy={"waits": ()}),
    Row("5xx and then no", fails(503, 404), [5], [503, 404], "404"),
    Row(
        "a short deadline",
        fails(*[503] * 4),
        [5],
        [503] * 2,
        "given up after 2 attempts in 5 s, as the next would be 10 s later and one call may take ",
        policy={"deadline": 15},
    ),
    Row("other waits", fails(503, 503), [1, 2], [503, 503, 200], policy={"waits": (1, 2, 3)}),
    Row("a shorter cap", after("60"), [3], [429, 200], policy={"longest": 3}),
]


@pytest.mark.off_schema
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_the_policy(
    warm: lpnb.Session,
    sandbox: lpnb.Sandbox,
    clock: VirtualClock,
    image: lpnb.ImageFile,
    row: Row,
) -> None:
    """Each row is kept to the second, and the error or result has every attempt."""
    warm.policy = replace(warm.policy, **row.policy)
    for do in row.does:
        when = {"when": row.when} if row.when else {}
        where = MESSAGING if row.when in ("request", "connect") else SEND
        sandbox.faults.add(
            {"do": do, **({"where": where} if row.when != "connect" else {}), **when}
        )
    try:
        ended: Any = lpnb.request_upload_url(warm, image)
    except lpnb.LpnbError as error:
        ended = error

    assert (row.waits, row.ends) == (clock.waits, statuses(ended.exchanges, "request_upload_url"))
    assert isinstance(ended, lpnb.LpnbError) == bool(row.says), ended
    assert row.says in str(ended)
    assert [1 + i for i in range(len(row.ends))] == [one.attempt for one in ended.exchanges]
    assert sum(row.waits) == sum(one.waited for one in ended.exchanges)
    assert ended.exchange is ended.exchanges[-1]


def test_an_end_of_waiting_by_the_services_own_clock(
    warm: lpnb.Session, sandbox: lpnb.Sandbox, clock: VirtualClock, image: lpnb.ImageFile
) -> None:
    """A date in Retry-After is compared with the date of that answer, whatever our clock says."""
    sandbox.clock.set(1_000_000_000)
    sandbox.clock.freeze()
    date = {"Retry-After": "Sun, 09 Sep 2001 01:47:05 GMT"}
    sandbox.faults.add({"where": SEND, "do": {"status": 429, "headers": date}})
    lpnb.get_app_token(warm)

    lpnb.request_upload_url(warm, image)

    assert [25.0] == clock.waits


CALLS: dict[str, tuple[str, str | None, Callable[..., Any]]] = {
    "find_domains": ("domain", None, lambda s, **_: lpnb.find_domains(s)),
    "log_in": ("agentVep", "login", lambda s, **_: lpnb.log_in(s)),
    "get_app_token": ("sentinel", None, lambda s, **_: lpnb.get_app_token(s)),
    "get_consumer_token": ("idp", None, lambda s, **_: lpnb.get_consumer_token(s)),
    "request_upload_url": (
        "asyncMessagingEnt",
        "ms.GenerateURLForUploadFile",
        lambda s, image, **_: lpnb.request_upload_url(s, image),
    ),
    "upload_file": (
        "swift",
        "PUT",
        lambda s, image, url, **_: lpnb.upload_file(s, url, image),
    ),
    "request_download_url": (
        "asyncMessagingEnt",
        "ms.GenerateURLForDownloadFile",
        lambda s, stored, **_: lpnb.request_download_url(s, stored),
    ),
    "download_file": (
        "swift",
        "GET",
        lambda s, stored, **_: lpnb.download_file(s, lpnb.request_download_url(s, stored)),
    ),
    "close_conversation": (
        "asyncMessagingEnt",
        "cm.UpdateConversationField",
        lambda s, talk, **_: lpnb.close_conversation(s, talk),
    ),
}


@pytest.mark.parametrize("do", [{"status": 503}, {"reset": True}], ids=["503", "reset"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", CALLS)
def test_every_safe_call_is_repeated(
    warm: lpnb.Session,
    sandbox: lpnb.Sandbox,
    clock: VirtualClock,
    conversation: Any,
    image: lpnb.ImageFile,
    call: str,
    when: str,
    do: dict[str, Any],
) -> None:
    """Whether it had been done or not, each call that may be repeated is, and works."""
    url = lpnb.request_upload_url(warm, image)
    world = {"image": image, "url": url, "talk": conversation}
    world["stored"] = lpnb.upload_file(warm, lpnb.request_upload_url(warm, image), image)
    warm.close()
    service, type, function = CALLS[call]
    where = {"service": service, **({"type": type} if type else {})}
    sandbox.faults.add({"where": where, "when": when, "do": do})

    result = function(warm, **world)

    on_used_connection = call == "download_file" and "reset" in do
    assert ([] if on_used_connection else [5]) == clock.waits
    assert [1] == [rule["fired"] for rule in sandbox.faults.report()]
    assert [1, 2] == [one.attempt for one in result.exchanges if one.step == call]


def test_what_is_sent_again_is_the_same(
    warm: lpnb.Session, sandbox: lpnb.Sandbox, image: lpnb.ImageFile
) -> None:
    """An upload that was cut in its middle is sent again from its first byte."""
    url = lpnb.request_upload_url(warm, image)
    warm.close()
    where = {"service": "swift", "type": "PUT"}
    sandbox.faults.add({"where": where, "when": "upload", "at": 0.5, "do": {"reset": True}})

    stored = lpnb.upload_file(warm, url, image)

    assert (2, True) == (len(stored.exchanges), stored.verified)
    assert image.content == sandbox.objects[stored.relative_path].content


def test_a_setting_that_was_written_after_all(
    session: lpnb.Session, sandbox: lpnb.Sandbox, clock: VirtualClock
) -> None:
    """Where the first write was done and its answer lost, the second's 412 is no conflict."""
    sandbox.sharing = False
    login = lpnb.log_in(session)
    session.close()
    where = {"service": "accountConfigReadWrite", "type": "PUT"}
    sandbox.faults.add({"where": where, "when": "after", "do": {"status": 502}})

    sharing = lpnb.enable_file_sharing(session, login)

    assert (True, False, [5]) == (sharing.enabled, sharing.was_enabled, clock.waits)
    assert 412 in [one.status for one in sharing.exchanges]


def test_the_login_waits_longer(
    session: lpnb.Session, sandbox: lpnb.Sandbox, clock: VirtualClock
) -> None:
    """After a 429 the login service gets five seconds at least."""
    do = {"status": 429, "headers": {"Retry-After": "2"}}
    sandbox.faults.add({"where": {"service": "agentVep"}, "do": do})

    lpnb.log_in(session)

    assert [5] == clock.waits


def test_a_name_that_nobody_knows_is_asked_for_once_more() -> None:
    """No such host: one repetition, after a second, and the error says where to look."""
    clock = VirtualClock()
    account = lpnb.Account("1", "i", "s3cret", domain_api="https://no-such-host.invalid")

    with pytest.raises(
        lpnb.ConnectionFailed, match=r"find_domains.*given up after 2 att"
    ) as caught:
        lpnb.find_domains(lpnb.connect(account, clock=clock))

    assert ([1], 2) == (clock.waits, len(caught.value.exchanges))


# --- what must not be done twice ---


@dataclass
class Deed:
    """What happens to a publish, how often it is sent, and how often it was done in the end."""

    id: str
    rule: dict[str, Any]
    sent: int
    done: int
    works: bool = True


PUBLISH = {**MESSAGING, "type": "ms.PublishEvent"}
DEEDS = [
    Deed("429", {"where": PUBLISH, "do": {"status": 429}}, 2, 1),
    Deed("token ended", {"where": PUBLISH, "do": {"expire": "token"}}, 2, 1),
    Deed("refused", {"when": "connect", "do": {"refuse": 3}}, 2, 1),
    Deed("500", {"where": PUBLISH, "do": {"status": 500}}, 1, 0, works=False),
    Deed("503", {"where": PUBLISH, "do": {"status": 503}}, 1, 0, works=False),
    Deed(
        "500 after", {"where": PUBLISH, "when": "after", "do": {"status": 500}}, 1, 1, works=False
    ),
    Deed("reset", {"where": PUBLISH, "do": {"reset": True}}, 1, 0, works=False),
    Deed(
        "reset after", {"where": PUBLISH, "when": "after", "do": {"reset": True}}, 1, 1, works=False
    ),
    Deed("another's", {"where": PUBLISH, "do": {"patch": {"reqId": "x"}}}, 1, 1, works=False),
]


@pytest.mark.parametrize("fresh", [True, False], ids=["new connection", "used connection"])
@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.id)
def test_what_must_not_be_done_twice(
    session: lpnb.Session, sandbox: lpnb.Sandbox, conversation: Any, deed: Deed, fresh: bool
) -> None:
    """A publish goes out again only where the first surely was not done; so it is done once."""
    if fresh:
        session.close()
    sandbox.faults.add(deed.rule)
    try:
        ended: Any = publish(session, conversation)
    except lpnb.LpnbError as error:
        ended = error

    assert deed.works != isinstance(ended, lpnb.LpnbError)
    assert deed.sent == len(statuses(ended.exchanges, "publish_file"))
    assert deed.done == len(sandbox.conversations[conversation.id].messages)
    assert ended.exchange.reached


def test_a_publish_that_nobody_read(
    session: lpnb.Session, sandbox: lpnb.Sandbox, conversation: Any
) -> None:
    """It is sent again only if the break came while it was being sent: either way never twice."""
    sandbox.faults.add({"where": MESSAGING, "when": "request", "do": {"reset": True}})
    try:
        ended: Any = publish(session, conversation)
    except lpnb.ConnectionFailed as error:
        ended = error

    sent_again = len(ended.exchanges) == 2
    assert sent_again != isinstance(ended, lpnb.ConnectionFailed)
    assert sent_again != ended.exchanges[0].reached
    assert sent_again == len(sandbox.conversations[conversation.id].messages)


def test_what_did_not_get_out_whole_was_not_done(
    session: lpnb.Session,
    sandbox: lpnb.Sandbox,
    conversation: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A publish whose last bytes could not be handed over is sent again, and is there once."""
    send, broken = HTTPConnection.send, []

    def breaking(self: Any, data: Any) -> None:
        if not broken and b"PublishEvent" in bytes(data):
            broken.append(True)
            send(self, data[: len(data) // 2])
            raise ConnectionResetError
        send(self, data)

    monkeypatch.setattr(HTTPConnection, "send", breaking)
    reply = publish(session, conversation)

    assert [False, True] == [one.reached for one in reply.exchanges]
    assert 1 == len(sandbox.conversations[conversation.id].messages)


# --- connections ---


def test_what_no_secure_connection_could_carry_was_not_done() -> None:
    """A publish to a host that refuses connections over TLS as well is sent again."""
    with lpnb.Sandbox(tls=True) as sandbox:
        session = lpnb.connect(sandbox, clock=VirtualClock(sandbox))
        conversation = lpnb.create_conversation(session)
        sandbox.faults.add({"when": "connect", "do": {"refuse": 3}})

        reply = publish(session, conversation)
        session.close()

    assert [False, True] == [one.reached for one in reply.exchanges]


def test_an_idle_connection_that_was_closed_is_nothing(
    session: lpnb.Session,
    sandbox: lpnb.Sandbox,
    clock: VirtualClock,
    conversation: Any,
    image: lpnb.ImageFile,
) -> None:
    """On a used connection the first break is repeated at once; on a new one it is waited for."""
    session.close()
    lpnb.request_upload_url(session, image)
    sandbox.faults.add({"where": MESSAGING, "when": "request", "do": {"reset": True}, "times": 2})

    url = lpnb.request_upload_url(session, image)

    assert [0, 0, 5] == [one.waited for one in url.exchanges]
    assert [5] == clock.waits
    assert "2nd attempt, at once" == url.exchanges[1].which


def test_only_one_idle_connection_is_taken_for_closed(
    session: lpnb.Session, clock: VirtualClock
) -> None:
    """Where the next idle one breaks too, it is the service, and it is waited for."""
    domains = lpnb.find_domains(session)
    broken = Reply(0, {}, b"", None, domains.exchange, failure=transport.BROKEN_OFF, reused=True)
    request = Request(step="find_domains", service="domain", method="GET", path="/")
    course = Course(session.policy, clock, session.budget)
    waited = []
    for _ in range(3):
        course.next(request, broken)
        waited.append(course.waited)

    assert [0, 5, 10] == waited


def test_a_connection_that_was_closed_after_its_answer_is_not_used(
    session: lpnb.Session, sandbox: lpnb.Sandbox, clock: VirtualClock, conversation: Any
) -> None:
    """What is known to be closed is left alone: even a publish takes a new connection."""
    sandbox.faults.add("idle-closed")
    publish(session, conversation)
    time.sleep(0.05)  # the end has to arrive

    assert 1 == len(publish(session, conversation).exchanges)
    assert [] == clock.waits


def test_a_connection_out_of_step_is_left(
    session: lpnb.Session, sandbox: lpnb.Sandbox, conversation: Any, image: lpnb.ImageFile
) -> None:
    """After an answer to another request its connection carries no other one."""
    lpnb.request_upload_url(session, image)
    before = sandbox.connections
    sandbox.faults.add({"where": SEND, "when": "after", "do": {"patch": {"reqId": "another"}}})

    lpnb.request_upload_url(session, image)

    assert before + 1 == sandbox.connections


def test_as_many_threads_as_share_a_session_keep_a_connection_each(
    session: lpnb.Session, sandbox: lpnb.Sandbox, conversation: Any, image: lpnb.ImageFile
) -> None:
    """A second burst of 64 calls at once needs no new connection."""
    together = threading.Barrier(64)

    def call(_: int) -> None:
        together.wait()
        lpnb.request_upload_url(session, image)

    opened = []
    sandbox.faults.add({"where": SEND, "when": "after", "do": {"delay": 0.3}, "times": 64})
    with ThreadPoolExecutor(64) as pool:
        for _ in range(2):
            list(pool.map(call, range(64)))
            opened.append(sandbox.connections)

    assert opened[0] == opened[1]


def test_an_interrupt_while_waiting_passes_on(sandbox: lpnb.Sandbox, image: lpnb.ImageFile) -> None:
    """Ctrl-C ends the wait at once, and the session can be used on."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    session = lpnb.connect(sandbox, clock=VirtualClock(sandbox, interrupt=interrupt))
    lpnb.create_conversation(session)
    sandbox.faults.add({"where": SEND, "do": {"status": 503}})
    with pytest.raises(KeyboardInterrupt):
        lpnb.request_upload_url(session, image)

    assert 1 == lpnb.request_upload_url(session, image).exchange.attempt


def test_an_interrupt_in_mid_upload_passes_on(
    session: lpnb.Session,
    sandbox: lpnb.Sandbox,
    upload_url: Any,
    image: lpnb.ImageFile,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is stored of half a file, and the same session stores the whole one after it."""
    send = HTTPConnection.send

    def interrupted(self: Any, data: Any) -> None:
        if len(data) > 100_000:
            send(self, data[: len(data) // 2])
            raise KeyboardInterrupt
        send(self, data)

    monkeypatch.setattr(HTTPConnection, "send", interrupted)
    with pytest.raises(KeyboardInterrupt):
        lpnb.upload_file(session, upload_url, image)
    monkeypatch.undo()

    assert {} == dict(sandbox.objects)
    assert lpnb.upload_file(session, upload_url, image).verified


def test_an_interrupt_in_mid_download_leaves_no_half_read_connection(
    session: lpnb.Session,
    sandbox: lpnb.Sandbox,
    stored: Any,
    image: lpnb.ImageFile,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is left of the file on the connection is never read as the next answer."""
    url = lpnb.request_download_url(session, stored)
    readinto = transport._Until.readinto
    reads = []

    def interrupted(self: Any, buffer: Any) -> int | None:
        reads.append(len(buffer))
        if len(reads) > 2:
            raise KeyboardInterrupt
        return readinto(self, memoryview(buffer)[:30_000])

    monkeypatch.setattr(transport._Until, "readinto", interrupted)
    with pytest.raises(KeyboardInterrupt):
        lpnb.download_file(session, url)
    monkeypatch.undo()
    before = sandbox.connections

    assert lpnb.fetch_file(session, stored).comparison.identical
    assert sandbox.connections > before


# --- the deadline and the budget ---


def test_a_silent_service_is_left_by_the_policys_deadline(
    sandbox: lpnb.Sandbox, image: lpnb.ImageFile
) -> None:
    """Attempts that each run into their own deadline end with that of all of them together."""
    session = lpnb.connect(sandbox, policy=RetryPolicy(waits=(0.1,) * 9, deadline=2))
    lpnb.create_conversation(session)
    session.deadline = 0.6
    sandbox.faults.add({"where": SEND, "when": "before", "do": {"stall": 5}, "times": 9})
    began = time.monotonic()

    with pytest.raises(lpnb.DeadlineExceeded, match="one call may take 2 s") as caught:
        lpnb.request_upload_url(session, image)

    assert 3 <= len(caught.value.exchanges) <= 4
    assert time.monotonic() - began < 3.1


def test_no_attempt_outlasts_the_policys_deadline(
    sandbox: lpnb.Sandbox, image: lpnb.ImageFile
) -> None:
    """Where one attempt could take longer than all may, the deadline of all counts."""
    session = lpnb.connect(sandbox, policy=RetryPolicy(deadline=1))
    lpnb.create_conversation(session)
    sandbox.faults.add({"where": SEND, "when": "before", "do": {"stall": 9}})

    with pytest.raises(lpnb.DeadlineExceeded, match="within 1 s"):
        lpnb.request_upload_url(session, image)


def test_an_outage_is_not_hammered(
    session: lpnb.Session, sandbox: lpnb.Sandbox, conversation: Any, image: lpnb.ImageFile
) -> None:
    """When everything fails, 200 calls are 250 requests and not 800, and each error says so."""
    asked = sandbox.requests["asyncMessagingEnt"]
    sandbox.faults.add({"where": SEND, "do": {"status": 503}, "times": None})
    errors = []
    for _ in range(200):
        with pytest.raises(lpnb.ServerFailed, match="given up after") as caught:
            lpnb.request_upload_url(session, image)
        errors.append(str(caught.value))

    assert 250 == sandbox.requests["asyncMessagingEnt"] - asked
    assert 184 == sum("none is repeated any more" in one for one in errors)
    assert session.budget.empty


def test_success_fills_the_budget_again(
    session: lpnb.Session, sandbox: lpnb.Sandbox, conversation: Any, image: lpnb.ImageFile
) -> None:
    """Ten calls that work pay for one repetition; it never grows beyond what it began with."""
    session.budget.left = 0.0
    for _ in range(11):
        lpnb.request_upload_url(session, image)
    sandbox.faults.add({"where": SEND, "do": {"status": 503}})

    assert 2 == len(lpnb.request_upload_url(session, image).exchanges)
    assert session.budget.empty
    session.budget.left = 49.95
    lpnb.request_upload_url(session, image)
    assert session.budget.most == session.budget.left


def test_many_threads_share_the_budget() -> None:
    """No repetition is given out twice."""
    budget = Budget(100)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: budget.take(), range(400)))

    assert (100, True) == (sum(taken), budget.empty)


# --- tokens ---


@pytest.mark.parametrize("which", ["token", "consumer"])
def test_a_token_that_has_ended_is_renewed_once(
    session: lpnb.Session,
    sandbox: lpnb.Sandbox,
    clock: VirtualClock,
    conversation: Any,
    image: lpnb.ImageFile,
    which: str,
) -> None:
    """The 401 that says which token it was is followed by a new one and by the same call, once."""
    service = {"token": "sentinel", "consumer": "idp"}[which]
    step = {"token": "get_app_token", "consumer": "get_consumer_token"}[which]
    sandbox.faults.add({"where": SEND, "do": {"expire": which}})

    url = lpnb.request_upload_url(session, image)

    assert [
        ("request_upload_url", 401),
        (step, url.exchanges[1].status),
        ("request_upload_url", 200),
    ] == [(one.step, one.status) for one in url.exchanges]
    assert [1, 1, 2] == [one.attempt for one in url.exchanges]
    assert (2, []) == (sandbox.requests[service], clock.waits)


def test_both_tokens_that_have_ended_are_renewed(
    session: lpnb.Session, sandbox: lpnb.Sandbox, conversation: Any, image: lpnb.ImageFile
) -> None:
    """Each has its own 401, and its own renewal."""
    for one in ("token", "consumer"):
        sandbox.faults.add({"where": SEND, "do": {"expire": one}})
        sandbox.faults.rules[-1].matched = 0

    assert 3 == lpnb.request_upload_url(session, image).exchange.attempt


@pytest.mark.parametrize("which", ["token", "consumer"])
def test_a_token_that_is_refused_again_is_an_error(
    session: lpnb.Session,
    sandbox: lpnb.Sandbox,
    conversation: Any,
    image: lpnb.ImageFile,
    which: str,
) -> None:
    """A second 401 ends it: nothing is asked for in a loop."""
    sandbox.faults.add({"where": SEND, "do": {"expire": which}, "times": None})

    with pytest.raises(lpnb.NotAuthorized, match="asked for anew was refused as well") as caught:
        lpnb.request_upload_url(session, image)

    assert [401, 401] == statuses(caught.value.exchanges, "request_upload_url")
    assert 3 == sandbox.requests["sentinel"] + sandbox.requests["idp"]


def test_an_ended_token_at_idp_is_renewed(session: lpnb.Session, sandbox: lpnb.Sandbox) -> None:
    """The ConsumerJWS is asked for with the AppJWT, so its 401 means that one."""
    lpnb.get_app_token(session)
    sandbox.faults.add({"where": {"service": "idp"}, "do": {"expire": "token"}})

    token = lpnb.get_consumer_token(session)

    assert [401, 201] == statuses(token.exchanges, "get_consumer_token")
    assert 2 == sandbox.requests["sentinel"]


def test_a_policy_without_renewal_shows_the_refusal(
    session: lpnb.Session, sandbox: lpnb.Sandbox, conversation: Any, image: lpnb.ImageFile
) -> None:
    """With ``renew=False`` the 401 is an error at once."""
    session.policy = replace(lpnb.PATIENT, renew=False)
    sandbox.faults.add({"where": SEND, "do": {"expire": "token"}})

    with pytest.raises(lpnb.NotAuthorized) as caught:
        lpnb.request_upload_url(session, image)

    assert (1, 40102) == (len(caught.value.exchanges), caught.value.error_code)


@pytest.mark.parametrize("which", ["token", "consumer"])
def test_a_burst_of_threads_renews_a_token_once(
    session: lpnb.Session,
    sandbox: lpnb.Sandbox,
    conversation: Any,
    image: lpnb.ImageFile,
    which: str,
) -> None:
    """Sixteen threads that all meet the ended token make one renewal, and all their calls work."""
    service = {"token": "sentinel", "consumer": "idp"}[which]
    sandbox.faults.add({"where": SEND, "do": {"expire": which}})
    sandbox.faults.add({"where": {"service": service}, "do": {"delay": 0.2}, "times": None})
    session.policy = lpnb.ONCE
    with pytest.raises(lpnb.NotAuthorized):
        lpnb.request_upload_url(session, image)
    session.policy = lpnb.PATIENT
    together = threading.Barrier(16)

    def call(_: int) -> Any:
        together.wait()
        return lpnb.request_upload_url(session, image)

    with ThreadPoolExecutor(16) as pool:
        urls = list(pool.map(call, range(16)))

    assert 3 == sandbox.requests["sentinel"] + sandbox.requests["idp"]
    assert 2 in {url.exchange.attempt for url in urls}


@pytest.mark.parametrize("what", ["password", "client_secret"])
def test_wrong_credentials_are_never_tried_again(
    sandbox: lpnb.Sandbox, clock: VirtualClock, what: str
) -> None:
    """A wrong password or secret is one request, as more could lock the user out."""
    account = lpnb.Account(
        sandbox.account,
        sandbox.client_id,
        sandbox.client_secret if what == "password" else "not-the-secret",
        username=sandbox.username,
        password="not-the-password",
        domain_api=sandbox.domain_api,
    )
    session = lpnb.connect(account, clock=clock)

    with pytest.raises(lpnb.CredentialsRefused):
        lpnb.log_in(session) if what == "password" else lpnb.create_conversation(session)

    assert 1 == sandbox.requests["agentVep"] + sandbox.requests["sentinel"]
    assert [] == clock.waits


def test_a_renewal_that_fails_keeps_what_led_to_it(
    session: lpnb.Session, sandbox: lpnb.Sandbox, conversation: Any, image: lpnb.ImageFile
) -> None:
    """Where sentinel is down as well, the error is sentinel's, and has the 401 before it."""
    sandbox.faults.add({"where": SEND, "do": {"expire": "token"}})
    sandbox.faults.add({"where": {"service": "sentinel"}, "do": {"status": 503}, "times": None})

    with pytest.raises(lpnb.ServerFailed) as caught:
        lpnb.request_upload_url(session, image)

    assert [401, 503, 503, 503, 503] == [one.status for one in caught.value.exchanges]


def test_a_token_is_used_until_shortly_before_its_end(
    session: lpnb.Session, sandbox: lpnb.Sandbox, clock: VirtualClock, image: lpnb.ImageFile
) -> None:
    """Of an hour the token serves 55 minutes, by the service's clock."""
    lpnb.create_conversation(session)
    asked = []
    for seconds in (3200, 200):
        clock.sleep(seconds)
        lpnb.request_upload_url(session, image)
        asked.append(sandbox.requests["sentinel"])

    assert [1, 2] == asked


def test_a_short_token_is_not_asked_for_on_every_call() -> None:
    """A token that lasts two minutes serves for nearly all of them."""
    with lpnb.Sandbox(app_jwt_seconds=120) as sandbox:
        clock = VirtualClock(sandbox)
        session = lpnb.connect(sandbox, clock=clock)
        asked = []
        for seconds in (0, 100, 15):
            clock.sleep(seconds)
            lpnb.get_consumer_token(session)
            asked.append(sandbox.requests["sentinel"])
        session.close()

    assert [1, 1, 2] == asked


@pytest.mark.parametrize("claims", [{"exp": 10**30}, {"exp": "soon"}, {"exp": -1, "iat": 5}, {}])
def test_a_token_with_odd_claims_is_used_for_an_hour(
    session: lpnb.Session, sandbox: lpnb.Sandbox, claims: Any
) -> None:
    """What can't be read as a time says nothing about the token's end, and breaks no card."""
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    patch = {"patch": {"access_token": f"eyJhbGciOiJub25lIn0.{part}.c2lnbmF0dXJl"}}
    sandbox.faults.add({"where": {"service": "sentinel"}, "when": "after", "do": patch})

    token = lpnb.get_app_token(session)

    assert 3600 == token.seconds
    assert abs(token.expires - session.now() - 3600) < 2
    assert "ends" in str(token)


# --- clocks ---


@pytest.mark.parametrize("date", ["true", "an hour ahead", "an hour behind", "none"])
@pytest.mark.parametrize("wrong", [0, 3600, -3600, -time.time()], ids=["", "+1 h", "-1 h", "1970"])
def test_a_wrong_clock_changes_nothing(
    sandbox: lpnb.Sandbox, image: lpnb.ImageFile, wrong: float, date: str
) -> None:
    """Whatever our clock or the service's Date say, all steps work, with no call more."""
    shift = {"an hour ahead": 3600, "an hour behind": -3600, "none": None}
    if date in shift:
        sandbox.faults.add({"when": "after", "do": {"date": shift[date]}, "times": None})
    session = lpnb.connect(sandbox, clock=VirtualClock(sandbox, wrong=wrong))
    conversation = lpnb.create_conversation(session)

    share = lpnb.share_file(session, conversation, image)
    fetch = lpnb.fetch_file(session, share)

    assert fetch.comparison.identical
    assert (1, 1, 2) == tuple(sandbox.requests[one] for one in ("sentinel", "idp", "swift"))
    assert (session.skew is None) == (date == "none")


@pytest.mark.parametrize("wrong", [0.0, 3600.0, -7200.25])
def test_the_skew_is_measured(sandbox: lpnb.Sandbox, wrong: float) -> None:
    """The difference of the clocks lies within what is stated, which is half a second and a bit."""
    session = lpnb.connect(sandbox, clock=VirtualClock(sandbox, wrong=wrong))
    before = session.skew
    lpnb.find_domains(session)

    assert before is None
    assert session.skew is not None
    assert abs(session.skew.seconds + wrong) <= session.skew.within + 0.01
    assert 0.5 <= session.skew.within < 1
    assert abs(session.now() - time.time()) <= session.skew.within + 0.01


@pytest.mark.parametrize("fraction", [0.02, 0.98])
def test_a_date_tells_no_more_than_its_second(sandbox: lpnb.Sandbox, fraction: float) -> None:
    """At a second's begin as at its end, the truth lies within what is stated."""
    sandbox.clock.freeze()
    sandbox.clock.set(1_900_000_000 + fraction)
    session = lpnb.connect(sandbox)
    lpnb.find_domains(session)
    ahead = sandbox.clock.now() - time.time()

    assert session.skew is not None
    assert abs(session.skew.seconds - ahead) <= session.skew.within + 0.01


def test_a_slow_answer_tells_less_than_is_known(
    session: lpnb.Session, sandbox: lpnb.Sandbox
) -> None:
    """What was learnt from a quick answer stays, unless a slow one proves that a clock moved."""
    lpnb.find_domains(session)
    quick = session.skew
    sandbox.faults.add({"where": {"service": "domain"}, "do": {"delay": 1.2}, "times": 2})
    lpnb.find_domains(session)
    slow = session.skew
    sandbox.clock.advance(100)
    lpnb.find_domains(session)

    assert quick == slow
    assert session.skew is not None
    assert 98 < session.skew.seconds < 102


def test_a_copy_has_an_old_date(session: lpnb.Session, sandbox: lpnb.Sandbox) -> None:
    """An answer out of a cache says so by its age, and its Date is not believed."""
    do = {"headers": {"Age": "600"}, "date": -600}
    sandbox.faults.add({"where": {"service": "domain"}, "when": "after", "do": do})

    lpnb.find_domains(session)

    assert session.skew is None


# --- what can be seen of it ---


def test_a_card_shows_each_attempt(
    warm: lpnb.Session, sandbox: lpnb.Sandbox, image: lpnb.ImageFile
) -> None:
    """The attempts are numbered, each with its wait and its end, in text and in HTML."""
    for status in (503, 429):
        sandbox.faults.add({"where": SEND, "do": {"status": status}})
    shown = lpnb.request_upload_url(warm, image)._repr_mimebundle_()

    note = "It did not work at once: 2nd attempt, after 5 s; 3rd attempt, after 1 s. Each"
    assert note in shown["text/plain"]
    for words in ("503 Service", BUSY, "(2nd attempt, after 5 s)", "(3rd attempt, after 1 s)"):
        assert words in shown["text/plain"]
        assert words in shown["text/html"]


def test_an_error_shows_each_attempt(
    warm: lpnb.Session, sandbox: lpnb.Sandbox, image: lpnb.ImageFile
) -> None:
    """The notes under a traceback have a line for each attempt, and the last one whole."""
    sandbox.faults.add({"where": SEND, "do": {"status": 503}, "times": 4})

    with pytest.raises(lpnb.ServerFailed) as caught:
        lpnb.request_upload_url(warm, image)
    notes = caught.value.__notes__

    assert 4 == len(notes)
    assert "(2nd attempt, after 5 s) → 503 Service Unavailable" in notes[1]
    assert "4th attempt, after 15 s" in notes[3]


def test_the_sessions_card_tells_how_things_stand(
    session: lpnb.Session, sandbox: lpnb.Sandbox, clock: VirtualClock
) -> None:
    """Time left on the token, the clocks' difference, and what is repeated, are on the card."""
    empty = str(session)
    lpnb.create_conversation(session)
    about_right = str(session)
    clock.sleep(600)
    sandbox.clock.advance(3600 - 600)
    lpnb.find_domains(session)
    facts = {fact.name: fact.value for fact in session.card().facts}

    assert "none yet" in empty
    assert "not known yet" in empty
    assert "like ours, give or take 0.5 s" in about_right
    assert facts["AppJWT"].endswith((" UTC, 0 s from now", " UTC, 1 s from now"))
    assert facts["service's clock"].startswith(("2,999.", "3,000."))
    assert "ahead of ours, give or take 0.5 s" in facts["service's clock"]
    assert "after 5, 10, 15 s, 50 left" == facts["repetitions"]


def test_the_command_line_says_that_it_waits() -> None:
    """``lpnb share`` waits briefly in the sandbox, says so, and lists every attempt."""
    from tests.test_cli import run

    done = run("share", "--json", "--fault", "too-many")
    report = json.loads(done.stdout)

    assert (0, True) == (done.returncode, report["identical"])
    assert (
        "lpnb: waiting 2 s to repeat publish_file, as the answer was 429 Too Many Requests"
        in done.stderr
    )
    assert "(2nd attempt, after 2 s)" in done.stderr
    assert 429 in [step["status"] for step in report["steps"]]


@pytest.mark.parametrize("given", [[], ["--account", "env"]], ids=["sandbox", "account"])
def test_the_command_line_waits_as_long_as_it_should(
    given: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Briefly in the sandbox, and as LivePerson asks for with a real account."""
    options: dict[str, Any] = {}

    def connect(target: Any, **more: Any) -> Any:
        options.update(more)
        raise lpnb.InputError("far enough")

    monkeypatch.setattr("lpnb.start.connect", connect)
    for name in ("ACCOUNT", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.setenv(f"LPNB_{name}", "1")
    cli.main(["share", *given])

    assert (lpnb.PATIENT if given else lpnb.BRIEF) is options["policy"]


# --- the policy as data ---


def test_the_default_is_what_liveperson_asks_for() -> None:
    """The numbers of their retry recommendations, and nothing repeated where that is asked."""
    assert ((5, 10, 15), 1, 5) == (lpnb.PATIENT.waits, lpnb.PATIENT.pause, lpnb.PATIENT.login_pause)
    assert sum(lpnb.BRIEF.waits) < lpnb.PATIENT.waits[0]
    assert ((), False) == (lpnb.ONCE.waits, lpnb.ONCE.renew)


@pytest.mark.parametrize(
    "given",
    [{"waits": (5, -1)}, {"waits": ("5",)}, {"pause": float("nan")}, {"deadline": float("inf")}],
    ids=str,
)
def test_a_policy_takes_seconds_only(given: Any) -> None:
    """What can't be waited for is refused when the policy is made."""
    with pytest.raises(lpnb.InputError, match="takes seconds"):
        RetryPolicy(**given)


def test_a_clock_can_be_watched() -> None:
    """Whoever wants to know of waits is told before each, and then it is waited."""
    told: list[Wait] = []
    clock = Clock(told.append)
    began = clock.monotonic()
    clock.wait(0.02, "drink tea", "it is hot")
    clock.wait(0, "do nothing", "so")

    assert ["waiting 0.02 s to drink tea, as it is hot"] == [str(one) for one in told]
    assert clock.monotonic() - began >= 0.02
    assert abs(clock.time() - time.time()) < 1


def test_a_wait_says_what_it_is_for(sandbox: lpnb.Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever connects may be told of each wait: how long, before what, and why."""
    told: list[str] = []
    slept: list[float] = []
    monkeypatch.setattr("lpnb.clock.pause", slept.append)
    session = lpnb.connect(sandbox, policy=lpnb.BRIEF, on_wait=lambda wait: told.append(wait.text))
    sandbox.faults.add({"where": {"service": "sentinel"}, "do": {"status": 503}})
    sandbox.faults.add({"where": SEND, "do": {"status": 429, "headers": {"Retry-After": "2"}}})
    lpnb.create_conversation(session)
    lpnb.request_upload_url(session, lpnb.samples.default())
    session.close()

    assert [
        "waiting 0.5 s to repeat get_app_token, as the answer was 503 Service Unavailable",
        "waiting 2 s to repeat request_upload_url, as the answer was 429 Too Many Requests",
    ] == told
    assert [0.5, 2] == slept


@pytest.mark.parametrize("where", ["notebook", "terminal", "file"])
def test_a_wait_is_said_where_somebody_sits(
    where: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a notebook a wait is said below the cell, not as an error; in a terminal on stderr."""
    shell = SimpleNamespace(kernel=1) if where == "notebook" else None
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: where == "terminal")
    clock = Clock()
    clock.say(Wait(5, "waiting 5 s", "so it is"))
    clock.say(Wait(0.5, "waiting 0.5 s", "so it is"))  # nobody notices
    said = capsys.readouterr()

    assert ("lpnb: waiting 5 s, as so it is\n" * (where == "notebook")) == said.out
    assert ("lpnb: waiting 5 s, as so it is\n" * (where == "terminal")) == said.err


def test_domains_are_looked_up_again_where_nobody_answers(
    warm: lpnb.Session, sandbox: lpnb.Sandbox, image: lpnb.ImageFile
) -> None:
    """A host that has moved is found by the next step, which asks the Domain API once more."""
    url = lpnb.request_upload_url(warm, image)
    old, asked = warm.domains["swift"], sandbox.requests["domain"]
    with socket.create_server(("127.0.0.1", 0)) as gone:
        moved = f"http://127.0.0.1:{gone.getsockname()[1]}"
    warm.domains["swift"] = moved
    with pytest.raises(lpnb.ConnectionFailed):
        lpnb.upload_file(warm, url, image)
    assert asked == sandbox.requests["domain"]
    lpnb.upload_file(warm, lpnb.request_upload_url(warm, image), image)
    lpnb.request_upload_url(warm, image)

    assert old == warm.domains["swift"]
    assert asked + 1 == sandbox.requests["domain"]
