"""Many files at once: each exactly once, whoever works on them and whatever ends their work."""

import itertools
import json
import multiprocessing
import pickle
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import lpnb
from lpnb import render
from lpnb.clock import Clock, Wait
from lpnb.ledger import Entry
from lpnb.session import Session
from lpnb.steps import _worker, many, resumable
from lpnb.steps.shares import Shares
from tests.benchmarks import bulk
from tests.small_pictures import small, small_png
from tests.test_leaks import Hunt
from tests.virtual_clock import VirtualClock

MESSAGING = {"service": "asyncMessagingEnt"}
UPLOAD_URL = MESSAGING | {"type": "ms.GenerateURLForUploadFile"}
PUBLISH = MESSAGING | {"type": "ms.PublishEvent"}
PUT = {"service": "swift", "type": "PUT"}


class Sharing:
    """A session with its conversation, and what the agent sees there."""

    def __init__(self, sandbox: lpnb.Sandbox, policy: lpnb.RetryPolicy = lpnb.ONCE) -> None:
        self.sandbox = sandbox
        self.session = lpnb.connect(sandbox, policy=policy, clock=VirtualClock(sandbox))
        self.conversation = lpnb.create_conversation(self.session)

    def share(self, images: Any, **options: Any) -> Shares:
        return lpnb.share_files(
            self.session, self.conversation, images, **{"progress": False} | options
        )

    @property
    def messages(self) -> list[Any]:
        """What the agent sees, in order."""
        return list(self.sandbox.conversations[self.conversation.id].messages)

    @property
    def captions(self) -> list[str]:
        return [one.caption for one in self.messages]

    def calls(self, type: str) -> int:
        """How often it was asked for so."""
        return sum(one.type == type for one in self.sandbox.journal)


@pytest.fixture
def sharing(sandbox: lpnb.Sandbox) -> Sharing:
    """A conversation of a session that repeats nothing."""
    return Sharing(sandbox)


@pytest.fixture
def environment(sandbox: lpnb.Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """What other processes build their sessions from."""
    monkeypatch.setenv("LPNB_ACCOUNT", sandbox.account)
    for name in ("client_id", "client_secret", "username", "password", "domain_api"):
        monkeypatch.setenv(f"LPNB_{name.upper()}", getattr(sandbox, name))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))


def test_all_are_shared_in_the_order_given(sharing: Sharing) -> None:
    """Each picture is a message; the items come in the order of the pictures, with receipts."""
    images = [small(number) for number in range(40)]
    shares = sharing.share(images)

    assert [one.name for one in images] == [one.name for one in shares.items]
    assert {"shared"} == {one.status for one in shares.items}
    assert [one.sha256 for one in images] == [one.receipt.sha256 for one in shares.items]
    assert {one.receipt.relative_path for one in shares.items} == {
        one.relative_path for one in sharing.messages
    }
    assert 40 == len(sharing.messages) == len({one.receipt.sequence for one in shares.items})
    assert all(one.receipt.verify(sharing.session).identical for one in shares.items[:3])


def test_pictures_come_from_anywhere(sharing: Sharing, tmp_path: Path) -> None:
    """Paths, bytes, open files and pictures are all read, each with the name that it has."""
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(small_png(number))
    with (tmp_path / "2.png").open("rb") as file:
        shares = sharing.share(
            [str(tmp_path / "0.png"), tmp_path / "1.png", file, small_png(3), small(4)]
        )

    assert ["0.png", "1.png", "2.png", "picture 4", "4.png"] == [one.name for one in shares.items]
    assert {"shared"} == {one.status for one in shares.items}


def test_captions(sharing: Sharing) -> None:
    """A picture may come with its caption; the others have the common one."""
    sharing.share([(small(1), "one"), small(2), (small_png(3), "three")], caption="all", workers=1)

    assert ["one", "all", "three"] == sharing.captions


def test_previews(sharing: Sharing) -> None:
    """Each picture's own preview goes along, or none."""
    sharing.share([small(1)])
    sharing.share([small(2)], preview=None)

    assert [True, False] == [bool(one.preview) for one in sharing.messages]


def test_one_failure_stops_no_other(sharing: Sharing, tmp_path: Path) -> None:
    """Each that fails has its reason in a line, and all the others are shared."""
    sharing.sandbox.faults.add({"where": PUT | {"nth": 2}, "do": {"status": 507}})
    images = [small(0), small(1), b"no picture", tmp_path / "missing.png", small(4)]
    shares = sharing.share(images, workers=1)

    assert ["shared", "failed", "failed", "failed", "shared"] == [x.status for x in shares.items]
    assert ["ServerFailed", "ImageRefused", "InputError"] == [
        str(one.error).partition(":")[0] for one in shares.failed
    ]
    assert [None, None] == [one.error for one in shares.shared]
    assert 2 == len(sharing.messages)


def test_the_same_picture_twice_is_two_messages(sharing: Sharing) -> None:
    """Equal pictures are told apart by their order, so that captions and reruns fit."""
    ledger = lpnb.Ledger()
    images = [(small(1), "first"), (small_png(1), "second"), small(2)]
    first = sharing.share(images, ledger=ledger)
    again = sharing.share(images, ledger=ledger)

    assert ["", "first", "second"] == sorted(sharing.captions)
    assert [one.receipt for one in first.items] == [one.receipt for one in again.items]
    said = {one.relative_path: one.caption for one in sharing.messages}
    assert ["first", "second", ""] == [said[one.receipt.relative_path] for one in again.items]
    assert 3 == len(sharing.messages)


def test_running_again_shares_the_rest(sharing: Sharing) -> None:
    """With the same ledger a second run shares what failed, and a third one nothing."""
    ledger = lpnb.Ledger()
    images = [small(number) for number in range(12)]
    sharing.sandbox.faults.add({"where": PUT, "do": {"status": 500}, "times": 5})
    runs = [sharing.share(images, ledger=ledger) for _ in range(3)]

    assert [5, 0, 0] == [len(run.failed) for run in runs]
    assert 12 == len(sharing.messages)
    assert 17 == sharing.calls("PUT")
    assert "of these before  12" in str(runs[2])


def test_a_ledger_keeps_conversations_apart(sandbox: lpnb.Sandbox) -> None:
    """One ledger serves two conversations, and each gets all of its pictures."""
    one, other, ledger = Sharing(sandbox), Sharing(sandbox), lpnb.Ledger()
    images = [small(number) for number in range(5)]
    one.share(images, ledger=ledger)
    other.share(images, ledger=ledger)

    assert (5, 5) == (len(one.messages), len(other.messages))


def test_open_outcomes_are_unknown_and_found_later(sandbox: lpnb.Sandbox) -> None:
    """Where nobody looked, what may have been published is unknown; a run that looks finds it."""
    bare, ledger = Sharing(sandbox), lpnb.Ledger()
    images = [small(number) for number in range(4)]
    lost = {"where": PUBLISH, "do": {"reset": True}, "times": 1}
    sandbox.faults.add(lost | {"when": "after"})
    sandbox.faults.add(lost | {"when": "before", "where": PUBLISH | {"nth": 3}})
    first = bare.share(images, ledger=ledger, workers=1)
    assert ["unknown", "shared", "unknown", "shared"] == [one.status for one in first.items]
    assert all("ConnectionFailed" in str(one.error) for one in first.unknown)
    looking = lpnb.connect(
        sandbox, consumer=bare.session.consumer, policy=lpnb.BRIEF, clock=VirtualClock(sandbox)
    )
    second = lpnb.share_files(looking, bare.conversation, images, ledger=ledger, progress=False)

    assert {"shared"} == {one.status for one in second.items}
    assert 4 == len(bare.messages)


class Counted:
    """Pictures made one by one, and how many were taken at most before others were done."""

    def __init__(self, sharing: Sharing, count: int) -> None:
        self.ahead, self._sharing, self._count = 0, sharing, count

    def __iter__(self) -> Iterator[bytes]:
        for number in range(self._count):
            self.ahead = max(self.ahead, number - len(self._sharing.messages))
            yield small_png(number)


@pytest.mark.parametrize("in_order", [False, True])
def test_pictures_are_taken_as_there_is_work(sharing: Sharing, in_order: bool) -> None:
    """However many there are, only so many are in memory, as they are taken one by one."""
    images = Counted(sharing, 60)
    shares = sharing.share(images, workers=3, in_order=in_order)

    assert 60 == len(shares.shared)
    assert images.ahead <= 6


def test_items_hold_neither_bytes_nor_exchanges(sharing: Sharing) -> None:
    """What is left of each picture is small, however large the picture was."""
    large = [small_png(number) + b"\0" * 300_000 for number in range(20)]
    sharing.sandbox.faults.add({"where": PUT, "do": {"status": 500}, "times": 5})
    shares = sharing.share(large)

    assert 15 == len(shares.shared)
    assert len(pickle.dumps(shares)) < 20 * 1_000


def test_no_secret_in_what_is_left(sharing: Sharing) -> None:
    """Neither the result, pickled or shown, nor a task on its way to a worker holds a secret."""
    sharing.sandbox.faults.add({"where": PUT, "do": {"status": 500}, "times": 2})
    shares = sharing.share([small(number) for number in range(6)])
    hunt = Hunt(sharing.session)
    texts = [str(shares), repr(shares), render.as_html(shares.card())]
    texts += [
        pickle.dumps(one).decode("latin-1")
        for one in (shares, sharing.session, sharing.conversation)
    ]

    assert [] == [hit for text in texts for hit in hunt.hits(text)]


def test_more_than_so_many_are_never_under_way(sharing: Sharing) -> None:
    """No more than *workers* pictures are worked on at a time."""
    sharing.sandbox.faults.add(
        {"where": PUT, "when": "before", "do": {"delay": 0.01}, "times": None}
    )
    shares = sharing.share([small(number) for number in range(30)], workers=4)
    edges = sorted(
        edge for one in shares.items for edge in ((one.moments[0], 1), (one.moments[-1], -1))
    )
    counts = [sum(step for _, step in edges[: i + 1]) for i in range(len(edges))]

    assert 4 == max(counts)


def test_in_order(sharing: Sharing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Published in the order given, though the first upload is the last; the others ran ahead."""
    send, others = Session.send, threading.Barrier(4)

    def held(self: Session, request: Any, before: Any = ()) -> Any:
        reply = None
        if request.content != small_png(0):
            reply = send(self, request, before)
        if request.step == "upload_file" and len(uploads) < 4:
            uploads.append(request.content)
            others.wait()
        return reply or send(self, request, before)

    uploads: list[bytes] = []
    monkeypatch.setattr(Session, "send", held)
    images = [(small(number), str(number)) for number in range(20)]
    shares = sharing.share(images, in_order=True, workers=4)
    order = [one.type for one in sharing.sandbox.journal if one.type in ("PUT", PUBLISH["type"])]

    assert list(map(str, range(20))) == sharing.captions
    assert list(range(20)) == [one.receipt.sequence for one in shares.items]
    assert order.index(PUBLISH["type"]) >= 4


def test_in_order_what_fails_is_left_out(sharing: Sharing) -> None:
    """A picture that fails does not hold up those behind it, at whatever step it fails."""
    faults = sharing.sandbox.faults
    faults.add({"where": PUT | {"nth": 3}, "do": {"status": 500}})
    faults.add({"where": PUBLISH | {"nth": 4}, "do": {"status": 429}})
    images = [(small(number), str(number)) for number in range(8)]
    shares = sharing.share([*images, b"no picture"], in_order=True, workers=1)

    assert ["2", "4"] == [one.name[0] for one in shares.failed[:2]]
    assert ["0", "1", "3", "5", "6", "7"] == sharing.captions


def test_in_order_again(sharing: Sharing) -> None:
    """Stored by one run and published by the next, each still comes in its turn and once."""
    ledger = lpnb.Ledger()
    images = [(small(number), str(number)) for number in range(6)]
    sharing.sandbox.faults.add({"where": PUBLISH, "do": {"status": 429}, "times": 6})
    assert 6 == len(sharing.share(images, ledger=ledger, in_order=True).failed)
    shares = sharing.share(images, ledger=ledger, in_order=True)

    assert 6 == len(shares.shared)
    assert list("012345") == sharing.captions
    assert 6 == sharing.calls("PUT")


@pytest.mark.parametrize("in_order", [False, True])
def test_an_outage_ends_it_early(sandbox: lpnb.Sandbox, in_order: bool) -> None:
    """When the session's repetitions are used up the rest is not tried, and says so."""
    sharing = Sharing(sandbox, lpnb.BRIEF)
    sandbox.faults.add({"where": UPLOAD_URL, "do": {"status": 503}, "times": None})
    images = iter([small(number) for number in range(200)])
    shares = sharing.share(images, workers=4, in_order=in_order)
    untried = [one for one in shares.failed if str(one.error).startswith("not tried: ")]

    assert 200 == len(shares.failed)
    assert "199.png" == shares.items[-1].name
    assert len(untried) > 150
    assert sharing.calls(UPLOAD_URL["type"]) < 100
    assert "repetitions are used up" in str(untried[0].error)
    assert "stopped early: " in str(shares)


def test_a_closed_conversation_ends_it_early(sharing: Sharing) -> None:
    """What can't succeed for any of them is not tried for each of them."""
    sharing.sandbox.agent.accept(sharing.conversation)
    sharing.sandbox.agent.close(sharing.conversation)
    shares = sharing.share([small(number) for number in range(50)], workers=2)

    assert 50 == len(shares.failed)
    assert sharing.calls(UPLOAD_URL["type"]) < 10
    assert "the conversation is closed" in shares.stopped


def test_wrong_credentials_are_not_tried_for_each(sandbox: lpnb.Sandbox) -> None:
    """A client secret that is wrong is sent by as many as work at once, and then no more."""
    account = lpnb.Account(
        sandbox.account, sandbox.client_id, "wrong", domain_api=sandbox.domain_api
    )
    session = lpnb.connect(account, policy=lpnb.ONCE)
    conversation = lpnb.resume_conversation(session, "none")
    shares = lpnb.share_files(
        session, conversation, [small(number) for number in range(50)], workers=2, progress=False
    )
    asked = sum(one.service == "sentinel" for one in sandbox.journal)

    assert 50 == len(shares.failed)
    assert asked <= 4
    assert "CredentialsRefused" in str(shares.items[0].error)


def test_a_ledger_that_fails_ends_it(sharing: Sharing, tmp_path: Path) -> None:
    """When the ledger can't be written nothing is published, and the rest is not tried."""
    with lpnb.Ledger(tmp_path / "shared.db") as ledger:
        ledger._store.run(lambda db: db.execute("PRAGMA max_page_count = 6").fetchall())
        shares = sharing.share([small(number) for number in range(400)], ledger=ledger, workers=2)

    assert "disk is full" in shares.stopped
    assert len(sharing.messages) == len(shares.shared) + len(shares.unknown)
    assert len(sharing.messages) < 100


@pytest.mark.parametrize("in_order", [False, True])
def test_an_interrupt_is_followed_by_the_rest(sharing: Sharing, in_order: bool) -> None:
    """Interrupted in the middle, what is under way ends cleanly, and the second run goes on."""
    ledger = lpnb.Ledger()

    def interrupted() -> Iterator[lpnb.ImageFile]:
        for number in range(30):
            if number == 15:
                raise KeyboardInterrupt
            yield small(number)

    with pytest.raises(KeyboardInterrupt):
        sharing.share(interrupted(), ledger=ledger, workers=4, in_order=in_order)
    before, asked = len(sharing.messages), sharing.calls("PUT")
    time.sleep(0.05)
    assert (before, asked) == (len(sharing.messages), sharing.calls("PUT"))
    assert {"stored", "shared", "new"} >= {one.stage for one in ledger.entries()}
    shares = sharing.share(
        [small(number) for number in range(30)], ledger=ledger, in_order=in_order
    )

    assert 30 == len(shares.shared) == len(sharing.messages)
    assert 30 == sharing.calls("PUT")


def test_an_interrupt_waits_for_no_more_than_a_step(
    sharing: Sharing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an interrupt, a worker does not begin another step."""
    send, uploading, ended = Session.send, threading.Barrier(5), threading.Event()

    def held(self: Session, request: Any, before: Any = ()) -> Any:
        if request.step == "upload_file":
            uploading.wait()
            ended.wait()
        return send(self, request, before)

    def interrupted() -> Iterator[lpnb.ImageFile]:
        yield from (small(number) for number in range(4))
        uploading.wait()
        threading.Timer(0.1, ended.set).start()
        raise KeyboardInterrupt

    monkeypatch.setattr(Session, "send", held)

    with pytest.raises(KeyboardInterrupt):
        sharing.share(interrupted(), workers=4)

    assert 4 == sharing.calls("PUT")
    assert 0 == sharing.calls(PUBLISH["type"])


def test_control_c(sharing: Sharing, environment: None, tmp_path: Path) -> None:
    """A real SIGINT ends the process soon, with a ledger that the next run goes on with."""
    command = _command(sharing, tmp_path / "shared.db", 0, 60)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout
        assert b"begin" in run.stdout.readline()
        while len(sharing.messages) < 10:
            time.sleep(0.002)
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=20)

    assert b"KeyboardInterrupt" in said
    assert 60 > len(sharing.messages)
    assert {"shared": 60, "problems": []} == _finished(command)
    assert 60 == len(sharing.messages)


def _command(sharing: Sharing, ledger: Path, first: int, count: int) -> list[str]:
    place = (sharing.conversation.id, sharing.session.consumer)
    return [sys.executable, "-m", "tests.many_run", str(ledger), *place, str(first), str(count)]


def _finished(command: list[str]) -> dict[str, Any]:
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "" == run.stderr
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.parametrize("seed", range(3))
def test_killed_and_run_again(
    sharing: Sharing, environment: None, tmp_path: Path, seed: int
) -> None:
    """Killed at a random moment, the next run with the same ledger loses none and doubles none."""
    command = _command(sharing, tmp_path / "shared.db", 0, 40)
    killed_at = random.Random(seed).uniform(0, 30)  # noqa: S311 - no secret
    with subprocess.Popen(command, stdout=subprocess.PIPE) as run:
        assert run.stdout
        assert b"begin" in run.stdout.readline()
        while len(sharing.messages) < killed_at:
            pass
        run.kill()
    assert -signal.SIGKILL == run.returncode
    assert {"shared": 40, "problems": []} == _finished(command)

    assert 40 == len(sharing.messages) == len({one.relative_path for one in sharing.messages})


def test_two_processes_on_one_ledger(sharing: Sharing, environment: None, tmp_path: Path) -> None:
    """Two at once, with some pictures in common: all are shared, and none twice."""
    ledger = tmp_path / "shared.db"
    runs = [
        subprocess.Popen(_command(sharing, ledger, first, 30), stdout=subprocess.PIPE, text=True)
        for first in (0, 20)
    ]
    said = [json.loads(run.communicate()[0].splitlines()[-1]) for run in runs]

    assert [{"shared": 30, "problems": []}] * 2 == said
    assert 50 == len(sharing.messages)


@pytest.mark.parametrize("reading", [True, False])
def test_in_bulk_with_faults(reading: bool) -> None:
    """With 3 % faults of each kind none is lost or twice; without reading none in silence."""
    found = bulk.run(80, 1, reading=reading)

    assert found["faults"] > 10
    assert {0} == {found[name] for name in ("unreported", "twice", "damaged", "unverified")}
    assert not reading or 0 == found["lost"] + found["unknown"]


@pytest.fixture
def processes(environment: None) -> Iterator[ProcessPoolExecutor]:
    """Two processes that share nothing with this one."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, spawn) as executor:
        yield executor


@pytest.mark.parametrize("in_order", [False, True])
def test_other_processes_work(
    sharing: Sharing,
    processes: Executor,
    in_order: bool,
) -> None:
    """A process pool shares them; each process makes one session from its environment."""
    images = [
        (small(number) if number % 2 else small_png(number), str(number)) for number in range(20)
    ]
    shares = sharing.share(images, executor=processes, in_order=in_order, workers=4)
    tokens = sum(one.service == "sentinel" for one in sharing.sandbox.journal)

    assert 20 == len(shares.shared) == len(sharing.messages)
    assert sorted(map(str, range(20))) == sorted(sharing.captions)
    assert not in_order or list(map(str, range(20))) == sharing.captions
    assert tokens <= 3


def test_a_pool_of_ones_own_threads(sharing: Sharing) -> None:
    """A pool that was given stays open, and uses the session as it is."""
    with ThreadPoolExecutor(2) as executor:
        shares = sharing.share([small(number) for number in range(5)], executor=executor)
        assert 7 == executor.submit(lambda: 7).result()

    assert 5 == len(shares.shared)


def test_processes_without_an_environment_say_so(
    sharing: Sharing, processes: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a process can't build its session, the items say why, and no more are tried."""
    monkeypatch.setenv("LPNB_ACCOUNT", "")
    shares = sharing.share([small(number) for number in range(30)], executor=processes, workers=2)

    assert "the environment lacks LPNB_ACCOUNT" in shares.stopped
    assert 30 == len(shares.failed)
    assert not sharing.messages


def test_another_accounts_environment_is_not_used(
    sharing: Sharing, environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session is not rebuilt from the credentials of another account, or of another place."""
    pickled = pickle.dumps(sharing.session)
    assert pickle.loads(pickled) is pickle.loads(pickled)  # noqa: S301 - our own
    monkeypatch.setenv("LPNB_ACCOUNT", "999")
    monkeypatch.setattr("lpnb.recipe._made", {})

    with pytest.raises(lpnb.InputError, match=r"account '12345678'.*say '999'"):
        pickle.loads(pickled)  # noqa: S301 - our own


def test_a_pickled_session_is_built_anew(sharing: Sharing, environment: None) -> None:
    """A session that travels speaks for the same consumer, with secrets from the environment."""
    session = pickle.loads(pickle.dumps(sharing.session))  # noqa: S301 - our own

    assert sharing.session is not session
    assert (sharing.session.consumer, sharing.session.policy) == (session.consumer, session.policy)
    assert "SANDBOX" == session.mode
    assert lpnb.share_file(session, sharing.conversation, small(1)).relative_path


def test_a_ledger_in_memory_does_not_serve_processes(sharing: Sharing, processes: Executor) -> None:
    """Who gives processes a ledger in memory is told before anything is sent."""
    with pytest.raises(lpnb.InputError, match="give it a path"):
        sharing.share([small(1)], executor=processes, ledger=lpnb.Ledger())


class Broken(Executor):
    """An executor that loses the third picture, after its work was done or instead of it."""

    def __init__(self, *, after: bool) -> None:
        self._after, self._count = after, 0

    def submit(self, work: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        self._count += 1
        future: Future[Any] = Future()
        if self._count == 5:
            raise RuntimeError("cannot schedule new futures after shutdown")
        done = work(*given, **named) if self._count != 3 or self._after else None
        if self._count == 3:
            future.set_exception(MemoryError("secret"))
        else:
            future.set_result(done)
        return future


@pytest.mark.parametrize("after", [True, False])
def test_lost_workers(sharing: Sharing, environment: None, after: bool) -> None:
    """What became of a picture whose worker was lost, the ledger tells, even a run's own."""
    shares = sharing.share([small(number) for number in range(8)], executor=Broken(after=after))
    lost = shares.items[2]

    assert ("shared" if after else "failed") == lost.status
    assert after or "its worker was lost (MemoryError)" in str(lost.error)
    assert 4 == len(shares.failed) - (0 if after else 1)
    assert "the executor takes no work (RuntimeError)" == shares.stopped
    assert len(sharing.messages) == len(shares.shared)


@pytest.mark.parametrize(
    ("room", "name", "status"),
    [
        (_worker, "upload_once", "failed"),
        (resumable, "publish_file", "unknown"),
        (_worker, "publish_once", "shared"),
    ],
)
def test_what_nobody_foresaw(
    sharing: Sharing, monkeypatch: pytest.MonkeyPatch, room: Any, name: str, status: str
) -> None:
    """A thread that runs out of memory costs its picture alone, and how far that came is told."""
    taken, count = getattr(room, name), itertools.count()

    def take(*given: Any, **named: Any) -> Any:
        result = taken(*given, **named)
        if next(count) == 1:
            raise MemoryError("secret")
        return result

    monkeypatch.setattr(room, name, take)
    shares = sharing.share([small(number) for number in range(3)], workers=1)
    item = shares.items[1]

    assert ["shared", status, "shared"] == [one.status for one in shares.items]
    assert ("MemoryError" in str(item.error)) == (status != "shared")
    assert "secret" not in str(item)


def test_a_process_that_dies_is_not_fatal(
    sharing: Sharing, processes: Executor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a worker is killed, nothing is lost: the next run shares what it had in hand."""
    executor: Any = processes
    executor.submit(int).result()
    sharing.sandbox.faults.add({"where": PUBLISH | {"nth": 4}, "when": "after", "do": {"delay": 1}})
    ledger = lpnb.Ledger(tmp_path / "shared.db")

    def images() -> Iterator[lpnb.ImageFile]:
        for number in range(12):
            if number == 8:
                for process in list(executor._processes.values()):
                    process.kill()
            yield small(number)

    first = sharing.share(images(), executor=executor, ledger=ledger, workers=2)
    looking = lpnb.connect(
        sharing.sandbox,
        consumer=sharing.session.consumer,
        policy=lpnb.BRIEF,
        clock=VirtualClock(sharing.sandbox),
    )
    second = lpnb.share_files(
        looking, sharing.conversation, map(small, range(12)), ledger=ledger, progress=False
    )

    assert len(first.shared) < 12
    assert 12 == len(second.shared) == len(sharing.messages)


def test_dask(sharing: Sharing, environment: None, tmp_path: Path) -> None:
    """Dask's executor shares them on a cluster of separate processes, with one ledger on disk."""
    code = """
import json, os, sys, lpnb
from distributed import Client, LocalCluster
from tests.benchmarks import bulk
from tests.small_pictures import small

if __name__ == "__main__":
    path, conversation, consumer = sys.argv[1:]
    account = lpnb.Account.from_environment()
    session = lpnb.connect(account, consumer=consumer, policy=lpnb.BRIEF)
    conversation = lpnb.resume_conversation(session, conversation)
    ledger = lpnb.Ledger(path)
    options = {"ledger": ledger, "workers": 6, "progress": False}
    images = [small(number) for number in range(24)]
    with (
        LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        executor = client.get_executor()
        pids = set(client.run(os.getpid).values())
        runs = [lpnb.share_files(session, conversation, part, executor=executor, **options)
                for part in (images[:16], images, images)]
    print(json.dumps([[len(run.shared) for run in runs], len(pids), os.getpid() in pids]))
"""
    script = tmp_path / "on_dask.py"
    script.write_text(code)
    place = [str(tmp_path / "shared.db"), sharing.conversation.id, sharing.session.consumer]
    run = subprocess.run(
        [sys.executable, str(script), *place], capture_output=True, text=True, timeout=120
    )

    assert [[16, 24, 24], 2, False] == json.loads(run.stdout.splitlines()[-1]), run.stderr
    assert 24 == len(sharing.messages) == sharing.calls("PUT")


@pytest.mark.parametrize(
    ("images", "options", "said"),
    [
        ("photo.jpg", {}, "put them into a list"),
        (b"bytes", {}, "put them into a list"),
        (small(1), {}, "put them into a list"),
        (7, {}, "put them into a list"),
        ({"a.png": small_png(1)}, {}, "images are a dict, whose keys would be taken"),
        ([], {"workers": 0}, "workers is a number from 1 on"),
        ([], {"preview": b"x"}, "preview is AUTO or None"),
        ([], {"ledger": "shared.db"}, "lpnb.Ledger"),
        ([], {"executor": 4}, "executor should be of type Executor"),
        ([], {"caption": None}, "caption should be of type str"),
    ],
)
def test_mixed_up_arguments(sharing: Sharing, images: Any, options: Any, said: str) -> None:
    """A mix-up is refused with what to do, before anything is sent."""
    sharing.sandbox.journal.clear()
    with pytest.raises(lpnb.InputError, match=re.escape(said)):
        sharing.share(images, **options)

    assert not sharing.sandbox.journal


def test_another_consumers_conversation_is_refused(sandbox: lpnb.Sandbox) -> None:
    """Nothing is uploaded for a conversation that is not the session's."""
    one, other = Sharing(sandbox), Sharing(sandbox)
    with pytest.raises(lpnb.InputError, match="use the session that created it"):
        lpnb.share_files(one.session, other.conversation, [small(1)])


def test_a_caption_is_text(sharing: Sharing) -> None:
    """What stands beside a picture and is no caption is refused, and stops no other picture."""
    shares = sharing.share([(small(1), 5), (small(2), "half \ud800"), (small(3), "whole")])

    assert "of type str, and is of type int" in str(shares.items[0].error)
    assert "half a character" in str(shares.items[1].error)
    assert ["whole"] == sharing.captions


def test_none_at_all(sharing: Sharing) -> None:
    """No pictures make an empty result, which shows itself."""
    shares = sharing.share([])

    assert () == shares.items
    assert "No files were given" in str(shares)


def test_connections_are_kept(sharing: Sharing) -> None:
    """Sixteen workers open about sixteen connections, however many files they share."""
    before = sharing.sandbox.connections
    sharing.share([small(number) for number in range(100)], workers=16)

    assert sharing.sandbox.connections - before <= 17


class Told(Clock):
    """A clock that waits in truth, and keeps what was said of waits."""

    def __init__(self) -> None:
        super().__init__()
        self.said, self.waiting = list[str](), threading.Event()

    def say(self, wait: Wait) -> None:
        super().say(wait)
        self.said.append(wait.text)
        self.waiting.set()


def test_an_interrupt_ends_waits(sandbox: lpnb.Sandbox) -> None:
    """Ctrl-C sits out no wait, and what may have been published is still to be looked for."""
    sandbox.guesses["history_lag"] = 60
    sandbox.faults.add({"where": PUBLISH, "when": "after", "do": {"status": 503}})
    session = lpnb.connect(sandbox, clock=(clock := Told()))
    conversation, ledger = lpnb.create_conversation(session), lpnb.Ledger()

    def interrupted() -> Iterator[lpnb.ImageFile]:
        yield small(1)
        assert clock.waiting.wait(20)
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        lpnb.share_files(session, conversation, interrupted(), ledger=ledger, progress=False)

    assert time.monotonic() - began < 4  # it would look again after 5 seconds
    assert ["publishing"] == [one.stage for one in ledger.entries()]
    assert "waiting 5 s to look for the message, as no good answer came to it" in clock.said[0]


def test_an_interrupt_waits_for_nobody_elses_file(sandbox: lpnb.Sandbox) -> None:
    """A file that somebody else has in hand is waited for, which is said, and Ctrl-C ends it."""
    session = lpnb.connect(sandbox, clock=(clock := Told()))
    conversation, ledger = lpnb.create_conversation(session), lpnb.Ledger()
    place = {"account": session.account.id, "conversation": conversation.id}
    assert ledger.claim(Entry(**place, sha256=small(1).sha256))

    def interrupted() -> Iterator[lpnb.ImageFile]:
        yield small(1)
        assert clock.waiting.wait(20)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lpnb.share_files(session, conversation, interrupted(), ledger=ledger, progress=False)

    assert (
        "waiting 300 s at most, as another process, or thread, has '1.png' in hand" in clock.said[0]
    )


def test_the_bar_tells_of_waits(sandbox: lpnb.Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the bar stands which file waits, how long and before what, until it is done."""
    said: list[str] = []
    bar = SimpleNamespace(
        update=lambda: None, set_postfix_str=lambda text, refresh: said.append(text)
    )
    monkeypatch.setattr(many, "_bar", lambda *_, **__: nullcontext(bar))
    sandbox.faults.add({"where": PUT, "do": {"status": 503}})
    image = lpnb.ImageFile.read(small_png(1), name="\x1b[31m1.png")
    Sharing(sandbox, lpnb.PATIENT).share([image])

    assert [
        "'\\x1b[31m1.png': waiting 5 s to repeat upload_file",
        "",
    ] == [text for text, _ in itertools.groupby(said)]


def test_it_says_that_it_waited_and_looked(sandbox: lpnb.Sandbox) -> None:
    """Table, facts and timeline tell who waited, how long, and that the conversation was read."""
    sandbox.guesses["history_lag"] = 60
    sandbox.faults.add({"where": PUBLISH, "when": "after", "do": {"status": 503}})
    shares = Sharing(sandbox, lpnb.PATIENT).share([small(1), small(2)], workers=1)
    text = str(shares)

    assert 65 == round(shares.items[0].waited)
    assert "No good answer came" in shares.items[0].note
    assert "waiting 65 s in all: it is there." in text
    assert re.search(r"looked for +1 +\(no good answer", text)
    assert re.search(r"waited +1 +\(before repeating or looking, 65 s at most\)", text)
    assert "waiting 100%" in text
    assert "s in which nobody was busy are drawn short" in text


def test_files_are_told_apart_by_number(sharing: Sharing) -> None:
    """Files of one name have numbers, in the table and beside the timeline."""
    images = [lpnb.ImageFile.read(small_png(number), name="same.png") for number in range(3)]
    card = sharing.share([*images, b"no picture"]).card()

    assert card.table
    assert card.drawing
    assert ["1", "2", "3", "4"] == [row.cells[0] for row in card.table.rows]
    assert re.findall(r'font-size="9">(\d)<', card.drawing.svg) == ["1", "2", "3", "4"]


def test_a_second_run_has_no_rate(sharing: Sharing) -> None:
    """Where nothing was to be done no files a second are told, and no timeline is drawn."""
    ledger = lpnb.Ledger()
    sharing.share([small(1)], ledger=ledger)
    card = sharing.share([small(1)], ledger=ledger).card()

    assert card.drawing is None
    assert ["shared", "of these before", "ledger"] == [fact.name for fact in card.facts]
