"""The ledger: whoever works on a file has it alone, and what is noted outlives its process."""

import os
import pickle
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import lpnb
from lpnb import render
from lpnb.ledger import Claim, Entry, entries, store
from lpnb.steps.receipt import Receipt
from tests.test_leaks import Hunt

NEW = Entry(
    account="12345678",
    conversation="a-conversation",
    sha256="ab" * 32,
    name="parcel.png",
    size=70,
)
PATH = "/v1/AUTH_async-images/12345678/a-file.PNG"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "shared.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[lpnb.Ledger]:
    """A ledger on disk, empty."""
    with lpnb.Ledger(path) as ledger:
        yield ledger


def taken(ledger: lpnb.Ledger, **other: Any) -> Claim:
    """The claim on a file that nobody else has."""
    claim = ledger.claim(replace(NEW, **other))
    assert claim is not None
    return claim


def elsewhere(code: str, *arguments: object, **options: Any) -> "subprocess.Popen[str]":
    """Run *code* in another process, where ``ledger`` is the one at the first argument."""
    head = "import os, sys, time, lpnb\nfrom lpnb.ledger import Entry\n"
    head += "ledger = lpnb.Ledger(sys.argv[1])\n"
    words = [sys.executable, "-c", head + textwrap.dedent(code), *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stdin": subprocess.PIPE, "text": True} | options
    return subprocess.Popen(words, **pipes)


HOLD = f"""
    claim = ledger.claim({replace(NEW, name="theirs.png")!r})
    print("held" if claim else "busy", flush=True)
    sys.stdin.read()
"""


def test_what_is_noted_outlives_the_ledger(path: Path) -> None:
    """What one ledger noted of a file, another one at the same path knows."""
    with lpnb.Ledger(path) as ledger, taken(ledger) as claim:
        claim.note(stage="stored", relative_path=PATH, etag="e", md5="e", stored=7.5)
        claim.note(stage="shared", sequence=3, published=8.25)

    expected = replace(
        NEW,
        stage="shared",
        relative_path=PATH,
        etag="e",
        md5="e",
        stored=7.5,
        published=8.25,
        sequence=3,
    )
    assert [expected] == lpnb.Ledger(path).entries()
    assert expected == lpnb.Ledger(path).entry(NEW)


@pytest.mark.parametrize("where", ["memory", "disk"])
def test_a_file_is_in_one_hand_at_a_time(where: str, path: Path) -> None:
    """A file that is claimed can't be claimed again, by whichever thread, until it is let go."""
    ledger = lpnb.Ledger(path if where == "disk" else None)
    with taken(ledger):
        assert ledger.claim(NEW) is None
    with taken(ledger):
        pass


def test_another_ledger_of_the_same_process_is_another_hand(path: Path) -> None:
    """Two ledgers at one path don't claim the same file, though one process has both."""
    one, other = lpnb.Ledger(path), lpnb.Ledger(path)
    with taken(one):
        assert other.claim(NEW) is None
    with taken(other):
        assert one.claim(NEW) is None


def test_occurrences_conversations_and_accounts_are_apart(ledger: lpnb.Ledger) -> None:
    """The same bytes again, in another conversation or account, are other files."""
    others: list[dict[str, Any]] = [{"occurrence": 2}, {"conversation": "b"}, {"account": "1"}]
    with taken(ledger):
        for other in others:
            claim = taken(ledger, **other)
            claim.note(stage="stored", relative_path=claim.entry.conversation)

        assert 4 == len(ledger.entries())
        assert ["b"] == [one.relative_path for one in ledger.entries("b")]


def test_a_living_process_keeps_its_file(ledger: lpnb.Ledger, path: Path) -> None:
    """What another process that lives has in hand, nobody gets; when it has ended, one does."""
    with elsewhere(HOLD, path) as other:
        assert other.stdout
        assert "held" == other.stdout.readline().strip()

        assert ledger.claim(NEW) is None
        other.communicate()
    with taken(ledger) as claim:
        assert "theirs.png" == claim.entry.name


def test_a_killed_process_frees_its_file_at_once(ledger: lpnb.Ledger, path: Path) -> None:
    """What a process had in hand when it was killed is free at once, as far as it had come."""
    code = HOLD.replace("print", "claim.note(stage='publishing', relative_path='/v1/x'); print")
    with elsewhere(code, path) as other:
        assert other.stdout
        assert other.stdout.readline()
        other.kill()
    left = list(path.parent.glob("*.lock"))
    with taken(ledger) as claim:
        assert ("publishing", "/v1/x") == (claim.entry.stage, claim.entry.relative_path)
        assert not left[0].exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_does_not_keep_its_parents_files(ledger: lpnb.Ledger, path: Path) -> None:
    """A process is dead when it is dead, even if a child that it forked lives on."""
    code = """
        claim = ledger.claim({})
        child = os.fork()
        os.write(1, b"%d\\n" % child)
        time.sleep(60)
    """
    with elsewhere(code.format(NEW), path) as other:
        assert other.stdout
        child = max(int(other.stdout.readline()) for _ in range(2))  # both say so: it is 0 there
        assert ledger.claim(NEW) is None
        other.kill()
        other.wait()
        try:
            taken(ledger).__exit__(None, None, None)
        finally:
            os.kill(child, signal.SIGKILL)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_can_use_the_ledger(ledger: lpnb.Ledger) -> None:
    """A child that was forked uses the ledger on its own, and takes nothing from its parent."""
    held = taken(ledger)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            other = ledger.claim(replace(NEW, occurrence=2))
            with other:  # type: ignore[union-attr]
                other.note(stage="stored")  # type: ignore[union-attr]
            status = 0 if ledger.claim(NEW) is None else 2
        finally:
            os._exit(status)

    assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    held.note(stage="stored")
    assert ["stored", "stored"] == [one.stage for one in ledger.entries()]


def test_who_lost_the_file_may_not_write(ledger: lpnb.Ledger, path: Path) -> None:
    """If somebody removes what shows that we live, and another takes our file, we are told."""
    claim = taken(ledger)
    next(path.parent.glob("*.lock")).unlink()
    with lpnb.Ledger(path) as other, taken(other):
        with pytest.raises(lpnb.LedgerFailed, match="another process's now"):
            claim.note(stage="publishing", durable=True)

        assert "new" == claim.entry.stage


def test_many_open_a_new_ledger_at_once(path: Path) -> None:
    """Eight processes that open a ledger where none is get one and the same."""
    code = (
        "new = Entry(account='a', conversation='c', sha256=sys.argv[2])\n"
        "with ledger.claim(new) as claim: claim.note(stage='stored')"
    )
    runs = [elsewhere(code, path, number) for number in range(8)]

    assert [0] * 8 == [run.communicate() and run.returncode for run in runs]
    assert [str(i) for i in range(8)] == sorted(one.sha256 for one in lpnb.Ledger(path).entries())


def test_an_intent_is_on_disk_before_it_is_acted_on(
    ledger: lpnb.Ledger, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A durable note returns after the log that has it was synced; others don't wait for that."""
    synced = []

    def sync(file: int) -> None:
        synced.append(os.pread(file, 1 << 20, 0))

    monkeypatch.setattr(store.os, "fsync", sync)
    with taken(ledger) as claim:
        claim.note(stage="stored", relative_path=PATH)
        assert [] == synced
        claim.note(stage="publishing", durable=True)

        assert [True] == [b"publishing" + PATH.encode() in log for log in synced]


def test_a_ledger_in_a_network_does_without_the_log(path: Path) -> None:
    """For several machines no memory is shared: no log, each commit synced, for all who open it."""
    with lpnb.Ledger(path, network=True) as ledger, taken(ledger) as claim:
        claim.note(stage="publishing", durable=True)
        for one in (ledger, lpnb.Ledger(path), pickle.loads(pickle.dumps(ledger))):  # noqa: S301
            found = [
                one._store.run(lambda db, what=what: db.execute(f"PRAGMA {what}").fetchone()[0])
                for what in ("journal_mode", "synchronous")
            ]
            assert ["delete", 2] == found
        assert not path.with_name(f"{path.name}-wal").exists()
        assert "publishing" == lpnb.Ledger(path).entries()[0].stage


def test_processes_share_a_ledger_in_a_network(path: Path) -> None:
    """Processes that write at once wait for each other, without a log too."""
    lpnb.Ledger(path, network=True).close()
    code = (
        "for number in range(20):\n"
        "    new = Entry(account='a', conversation=sys.argv[2], sha256=str(number))\n"
        "    with ledger.claim(new) as claim: claim.note(stage='stored', durable=True)"
    )
    runs = [elsewhere(code, path, number) for number in range(4)]

    assert [0] * 4 == [run.communicate() and run.returncode for run in runs]
    assert 80 == len(lpnb.Ledger(path).entries())


def test_one_sync_serves_all_who_wait(ledger: lpnb.Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a slow disk syncs, others write, and the next sync is for all of them."""
    begun, go_on, syncs = threading.Event(), threading.Event(), []

    def sync(file: int) -> None:
        syncs.append(file)
        begun.set()
        go_on.wait()

    monkeypatch.setattr(store.os, "fsync", sync)
    claims = [taken(ledger, occurrence=i) for i in range(9)]
    first, *others = (
        threading.Thread(target=claim.note, kwargs={"durable": True, "stage": "publishing"})
        for claim in claims
    )
    first.start()
    begun.wait()
    for thread in others:
        thread.start()
    while sum(one.stage == "publishing" for one in ledger.entries()) < 9:
        pass
    go_on.set()
    for thread in (first, *others):
        thread.join()

    assert 2 == len(syncs)


def test_what_is_not_written_is_not_announced(ledger: lpnb.Ledger) -> None:
    """When the disk is full a note fails, and the claim stays as it was."""
    claim = taken(ledger)
    ledger._store.run(lambda db: db.execute("PRAGMA max_page_count = 1").fetchall())
    with pytest.raises(lpnb.LedgerFailed, match="disk is full") as failed:
        claim.note(stage="stored", relative_path="/" + "x" * 100_000)

    assert "new" == claim.entry.stage
    assert (None, None) == (failed.value.__cause__, failed.value.__context__)


def test_a_failed_sync_stops_the_one_who_waits(
    ledger: lpnb.Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk can't sync, nobody is told that it did."""

    def sync(file: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(store.os, "fsync", sync)
    claim = taken(ledger)
    with pytest.raises(lpnb.LedgerFailed, match="Input/output error"):
        claim.note(stage="publishing", durable=True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\r\n\x1a\n" * 200, "not a database"),
        (None, "another program's database"),
        ("folder", "unable to open|directory"),
    ],
    ids=["a picture", "another program's", "a folder"],
)
def test_what_is_no_ledger_is_refused(content: Any, said: str, path: Path) -> None:
    """A file that is no ledger is refused as input, and left as it is."""
    if content == "folder":
        path.mkdir()
    elif content is None:
        with sqlite3.connect(path) as db:
            db.execute("CREATE TABLE theirs (a)")
        db.close()
    else:
        path.write_bytes(content)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(lpnb.InputError, match=said) as refused:
        lpnb.Ledger(path)

    assert before == (path.read_bytes() if path.is_file() else b"")
    assert (None, None) == (refused.value.__cause__, refused.value.__context__)


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    """A ledger in a folder that is not there is refused with its path."""
    with pytest.raises(lpnb.InputError, match=r"missing/shared\.db.*choose another place"):
        lpnb.Ledger(tmp_path / "missing" / "shared.db")


@pytest.mark.skipif(os.name == "nt", reason="there are no modes here")
def test_only_its_owner_may_read_it(ledger: lpnb.Ledger, path: Path) -> None:
    """The names of customers' files are for nobody else who uses the machine."""
    taken(ledger)
    modes = {stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}

    assert {0o600} == modes


def test_closing_leaves_the_file_alone(path: Path) -> None:
    """After it was closed there is one file, which the ledger opens again when it is used."""
    ledger = lpnb.Ledger(path)
    with taken(ledger):
        pass
    ledger.close()

    assert [path] == list(path.parent.iterdir())
    assert 1 == len(ledger.entries())


def test_what_the_dead_left_is_swept(path: Path) -> None:
    """Who opens a ledger removes the files of processes that ended with nothing in hand."""
    lpnb.Ledger(path).close()
    dead = path.with_name(f"{path.name}-{'0' * 32}.lock")
    dead.touch()
    with elsewhere(HOLD, path) as living:
        assert living.stdout
        assert living.stdout.readline()
        lpnb.Ledger(path).close()

        assert 1 == len(list(path.parent.glob("*.lock")))
        assert not dead.exists()
        living.communicate()


def test_a_ledger_is_pickled_as_its_path(ledger: lpnb.Ledger, path: Path) -> None:
    """In another process a pickled ledger is that process's own at the same path, once only."""
    pickled = pickle.dumps(ledger)
    copies = [pickle.loads(pickled) for _ in range(2)]  # noqa: S301 - our own

    assert path == copies[0].path
    assert copies[0] is copies[1]
    assert copies[0] is not ledger
    assert len(pickled) < len(str(path)) + 200


def test_a_pickled_ledger_opens_when_it_is_used(tmp_path: Path) -> None:
    """Where its path is no good, who uses a ledger that was sent is told, not who receives it."""
    (tmp_path / "there").mkdir()
    pickled = pickle.dumps(lpnb.Ledger(tmp_path / "there" / "shared.db"))
    (tmp_path / "there").rename(tmp_path / "gone")
    arrived = pickle.loads(pickled.replace(b"there", b"where"))  # noqa: S301 - our own

    with pytest.raises(lpnb.InputError, match="no ledger can be kept"):
        arrived.entries()


def test_few_ledgers_stay_open_that_were_sent(tmp_path: Path) -> None:
    """A process that is sent ever new ledgers keeps the newest one only."""
    for number in range(20):
        pickle.loads(pickle.dumps(lpnb.Ledger(tmp_path / f"{number}.db")))  # noqa: S301 - our own

    assert [tmp_path / "19.db"] == list(entries._sent_here)


def test_a_ledger_in_memory_is_not_pickled() -> None:
    """A ledger in memory says that it can't travel, and what to do."""
    with pytest.raises(lpnb.InputError, match="give it a path"):
        pickle.dumps(lpnb.Ledger())


def test_names_that_are_no_text_can_be_noted(ledger: lpnb.Ledger) -> None:
    """A file name with bytes that are no UTF-8 is kept with question marks for them."""
    name = os.fsdecode(b"caf\xe9.png")
    with taken(ledger, name=name):
        pass

    assert ["caf?.png"] == [one.name for one in ledger.entries()]


def test_what_was_in_the_way_is_noted(ledger: lpnb.Ledger) -> None:
    """A claim that ends in an error of ours keeps its words; the next one clears them."""
    claim, problem = taken(ledger), lpnb.InputError("no such thing")
    claim.note(stage="stored")
    claim.__exit__(type(problem), problem, None)

    assert ["no such thing"] == [one.error for one in ledger.entries()]
    with taken(ledger):
        pass
    assert [("stored", "")] == [(one.stage, one.error) for one in ledger.entries()]


def test_settling_an_open_outcome(ledger: lpnb.Ledger, path: Path) -> None:
    """Who has looked says whether a file is there; what is not open, or in hand, is not settled."""
    with taken(ledger) as claim:
        claim.note(stage="publishing", relative_path=PATH)
        with pytest.raises(lpnb.InputError, match="whose outcome is open"):
            ledger.settle(PATH, published=True)
    ledger.settle(PATH, published=False)
    assert "stored" == ledger.entries()[0].stage
    with pytest.raises(lpnb.InputError):
        ledger.settle(PATH, published=True)
    with taken(ledger) as claim:
        claim.note(stage="publishing")
    ledger.settle(PATH, published=True)

    assert "shared" == ledger.entries()[0].stage


def test_settling_what_a_dead_process_left(ledger: lpnb.Ledger, path: Path) -> None:
    """A file whose process was killed in publishing can be settled."""
    code = HOLD.replace("print", f"claim.note(stage='publishing', relative_path={PATH!r}); print")
    with elsewhere(code, path) as other:
        assert other.stdout
        assert other.stdout.readline()
        other.kill()
    ledger.settle(PATH, published=True)

    assert "shared" == ledger.entries()[0].stage


def test_a_ledger_shows_itself(ledger: lpnb.Ledger) -> None:
    """Its card counts by stage and lists what is not shared, foreign names escaped."""
    for number, stage in enumerate(("shared", "shared", "publishing", "stored")):
        with taken(ledger, occurrence=number, name=f"<b>{number}.png") as claim:
            claim.note(stage=stage)
    text, page = str(ledger), render.as_html(ledger.card())

    assert "shared      2" in text
    assert "<b>2.png" in text
    assert "<b>0.png" not in text
    assert "&lt;b&gt;3.png" in page
    assert "<b>3.png" not in page


def test_a_receipt_is_of_a_shared_file(ledger: lpnb.Ledger) -> None:
    """A receipt is made of an entry that is shared, and of no other."""
    with taken(ledger) as claim:
        claim.note(stage="stored", relative_path=PATH)
        with pytest.raises(lpnb.InputError, match=r"'parcel\.png' is stored, not shared"):
            Receipt.of(claim.entry)
        claim.note(stage="shared", sequence=5)

    assert 5 == Receipt.of(ledger.entries()[0]).sequence


def test_no_secret_and_no_picture_in_the_file(
    session: lpnb.Session, conversation: Any, image: lpnb.ImageFile, ledger: lpnb.Ledger, path: Path
) -> None:
    """Of all that a share uses, neither its secrets nor its bytes get into the ledger's files."""
    share = lpnb.share_file(session, conversation, image, ledger=ledger)
    texts = [one.read_bytes().decode("latin-1") for one in path.parent.iterdir()]
    hunt = Hunt(session, share.url)

    assert 4 <= len(hunt.secrets)
    assert [] == [hit for text in texts for hit in hunt.hits(text)]
    assert any(share.relative_path in text for text in texts)
    for start in range(0, image.size, 4096):
        assert not any(image.content[start : start + 32].decode("latin-1") in t for t in texts)
