"""Downloading when the line breaks: what is resumed, what is fetched anew, what is on disk."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import lpnb
from tests.virtual_clock import VirtualClock

GET = {"service": "swift", "type": "GET"}
HEAD = {"service": "swift", "type": "HEAD"}


class Desk:
    """A stored picture, and a session by LivePerson's own policy that is about to fetch it."""

    def __init__(self, sandbox: lpnb.Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.clock = VirtualClock(sandbox)
        self.session = lpnb.connect(sandbox, clock=self.clock)
        lpnb.create_conversation(self.session)
        self.image = lpnb.samples.default()
        url = lpnb.request_upload_url(self.session, self.image)
        self.stored = lpnb.upload_file(self.session, url, self.image)
        self.folder = folder
        self.target = folder / "back.jpg"
        self.clock.waits.clear()

    def url(self) -> Any:
        return lpnb.request_download_url(self.session, self.stored)

    def fetch(self, **more: Any) -> Any:
        return lpnb.download_file(self.session, self.url(), path=self.target, **more)

    def fault(self, *rules: dict[str, Any]) -> None:
        for rule in rules:
            self.sandbox.faults.add(rule)

    @property
    def gets(self) -> list[tuple[int, str]]:
        """The status of each download, and the range that was asked for."""
        return [
            (one.status, one.request.headers.get("range", ""))
            for one in self.sandbox.journal
            if one.service == "swift" and one.type == "GET"
        ]

    @property
    def files(self) -> list[str]:
        return sorted(one.name for one in self.folder.iterdir())


@pytest.fixture
def desk(sandbox: lpnb.Sandbox, tmp_path: Path) -> Any:
    """A picture in storage, about to be fetched to a file."""
    desk = Desk(sandbox, tmp_path)
    yield desk
    desk.session.close()


def raised(kind: type[BaseException], call: Callable[..., Any], **more: Any) -> Any:
    """Give the error of *kind* that *call* raises, which holds nothing foreign."""
    with pytest.raises(kind) as caught:
        call(**more)
    assert type(caught.value) is kind
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


# --- whole


def test_a_download_can_be_saved(desk: Desk) -> None:
    """The file has the bytes, the result says where it is, and nothing else is left."""
    download = desk.fetch()

    assert desk.image.content == desk.target.read_bytes() == download.content
    assert desk.target == download.path
    assert ["back.jpg"] == desk.files
    assert str(desk.target) in str(download)


def test_a_bad_place_is_refused_before_anything_is_sent(desk: Desk) -> None:
    """A folder that is not there costs no call."""
    url = desk.url()
    before = len(desk.sandbox.journal)
    desk.target = desk.folder / "missing" / "back.jpg"

    with pytest.raises(lpnb.InputError, match="choose another place"):
        lpnb.download_file(desk.session, url, path=desk.target)
    assert before == len(desk.sandbox.journal)


# --- what breaks off


@pytest.mark.parametrize("how", ["close", "reset"])
def test_f23_a_cut_download_goes_on_where_it_was(desk: Desk, how: str) -> None:
    """The rest is asked for by its range, on the condition that the file is the same."""
    desk.fault({"where": GET, "when": "answer", "at": 0.5, "do": {how: True}})
    download = desk.fetch()

    (first, plain), (second, asked) = desk.gets
    assert (200, "", 206) == (first, plain, second)
    begin = int(asked.removeprefix("bytes=").removesuffix("-"))
    assert 100_000 < begin <= desk.image.size // 2
    assert desk.image.content == desk.target.read_bytes()
    assert (True, desk.image.sha256) == (download.verified, download.sha256)
    assert [5] == desk.clock.waits
    assert "the rest was asked for" in str(download)


def test_f23_a_download_that_is_cut_twice(desk: Desk) -> None:
    """Each part goes on from the one before."""
    for _ in range(2):
        desk.fault({"where": GET, "when": "answer", "at": 100_000, "do": {"close": True}})
    desk.fetch()

    statuses = [status for status, _ in desk.gets]
    assert [200, 206, 206] == statuses
    assert desk.image.content == desk.target.read_bytes()


def test_f23_what_came_outlives_a_failure_without_a_body(desk: Desk) -> None:
    """A 503 between two parts does not throw the first away."""
    desk.fault(
        {"where": GET, "when": "answer", "at": 0.5, "do": {"close": True}},
        {"where": {**GET, "nth": 2}, "do": {"status": 503}},
    )
    desk.fetch()

    assert [200, 503, 206] == [status for status, _ in desk.gets]
    assert desk.gets[1][1] == desk.gets[2][1] != ""
    assert desk.image.content == desk.target.read_bytes()


LENGTHS = {
    "short length": {"length": -9},
    "no length": {"length": None, "truncate": 100_000},
    "chunks cut": {"chunked": 1000, "truncate": 60_000},
}


@pytest.mark.parametrize("do", LENGTHS.values(), ids=LENGTHS)
def test_f24_an_answer_that_only_looks_whole(desk: Desk, do: dict[str, Any]) -> None:
    """The digest decides: what is too short is fetched again, and the file is the whole one."""
    desk.fault({"where": GET, "when": "after", "do": do})
    download = desk.fetch()

    assert download.verified
    assert 2 == len(desk.gets)
    assert desk.image.content == desk.target.read_bytes()


@pytest.mark.parametrize("do", LENGTHS.values(), ids=LENGTHS)
def test_f24_no_file_is_left_of_what_stays_cut(desk: Desk, do: dict[str, Any]) -> None:
    """Where it never comes whole, no file is there: neither the final one nor a part."""
    desk.fault({"where": GET, "when": "after", "do": do, "times": None})

    with pytest.raises((lpnb.ContentMismatch, lpnb.ConnectionFailed)):
        desk.fetch()
    assert [] == desk.files


def test_f25_a_damaged_byte(desk: Desk) -> None:
    """A wrong byte in an answer of the right length is found by the digest, and fetched again."""
    desk.fault({"where": GET, "when": "after", "do": {"corrupt": 0}})

    assert desk.image.content == desk.fetch().content
    assert [(200, ""), (200, "")] == desk.gets


def test_f25_what_stays_damaged_is_no_file(desk: Desk) -> None:
    """After four tries the old file is what it was, and the error has both digests."""
    desk.target.write_bytes(b"old")
    desk.fault({"where": GET, "when": "after", "do": {"corrupt": 0}, "times": None})

    error = raised(lpnb.ContentMismatch, desk.fetch)

    assert 4 == len(desk.gets)
    assert desk.image.md5 in str(error)
    assert (b"old", ["back.jpg"]) == (desk.target.read_bytes(), desk.files)


CUT = {"where": GET, "when": "answer", "at": 0.5, "do": {"close": True}}
MIXES = {
    "range ignored": ({"do": {"ignore_range": True}}, [200, 200]),
    "another part": ({"when": "after", "do": {"headers": {"Content-Range": "bytes 5-9/10"}}},
                     [200, 206, 200]),
    "another file's part": ({"when": "after", "do": {"etag": "0" * 32}}, [200, 206, 200]),
    "no digest": ({"when": "after", "do": {"etag": None}}, [200, 206, 200]),
    "beyond the end": ({"do": {"status": 416}}, [200, 416, 200]),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "statuses"), MIXES.values(), ids=MIXES)
def test_f26_parts_are_never_mixed(desk: Desk, rule: dict[str, Any], statuses: list[int]) -> None:
    """What is not the very rest of the same file is thrown away, and the whole asked for."""
    desk.fault(CUT, {"where": {**GET, "nth": 2}, **rule})
    download = desk.fetch()

    assert statuses == [status for status, _ in desk.gets]
    assert desk.image.content == desk.target.read_bytes()
    assert download.verified


def test_f26_another_file_by_now(desk: Desk) -> None:
    """A file that changed between two parts is a 412, and comes whole as it is now."""
    desk.fault(CUT, {"where": {**GET, "nth": 2}, "when": "before", "do": {"change_object": True}})
    download = desk.fetch()

    assert [200, 412, 200] == [status for status, _ in desk.gets]
    now = desk.sandbox.objects[desk.stored.relative_path].content
    assert now == desk.target.read_bytes() != desk.image.content
    assert "storage digest only" == download.compare(desk.image.sha256).outcome


# --- the URL's life


def test_f13_an_ended_url_is_renewed(desk: Desk) -> None:
    """Storage's 401 brings a new URL for the same path."""
    url = desk.url()
    desk.fault({"where": GET, "do": {"expire": "url"}})
    download = lpnb.download_file(desk.session, url)

    assert desk.image.content == download.content
    assert [401, 200] == [status for status, _ in desk.gets]


def test_f13_a_url_is_renewed_twice_at_most(desk: Desk) -> None:
    """Where every URL is refused there are three tries, then the error."""
    desk.fault({"where": GET, "do": {"status": 401}, "times": None})

    raised(lpnb.TemporaryUrlRejected, desk.fetch)

    assert 3 == len(desk.gets)
    assert [] == desk.files


def test_f14_a_pause_is_noticed_before_anything_is_sent(desk: Desk) -> None:
    """Seventy seconds later the URL is known to have ended: storage never says 401."""
    url = desk.url()
    desk.clock.sleep(70)
    lpnb.download_file(desk.session, url)

    assert [(200, "")] == desk.gets


def test_a_url_that_ends_between_two_parts_is_renewed(desk: Desk) -> None:
    """The rest is fetched with a new URL."""
    url = desk.url()
    desk.clock.sleep(50)
    desk.fault(CUT, {"where": {**GET, "nth": 2}, "do": {"status": 503}})
    download = lpnb.download_file(desk.session, url)

    assert [200, 503, 206] == [status for status, _ in desk.gets]
    assert desk.image.content == download.content


# --- bounds


def test_f27_an_answer_that_drips_is_given_up(desk: Desk) -> None:
    """The deadline is for the whole answer; nothing is left on disk."""
    desk.session.deadline, desk.session.policy = 0.3, lpnb.ONCE
    for at in ("head", "body"):
        drip = {"bytes": 1, "seconds": 0.02, "at": at}
        desk.fault({"where": GET, "when": "after", "do": {"drip": drip}})

        error = raised(lpnb.DeadlineExceeded, desk.fetch)

        assert 0.2 < error.exchange.seconds < 2
    assert [] == desk.files


BOMBS = {
    "plain": {"body_bytes": 20_000_000},
    "gzip": {"bomb": {"bytes": 50_000_000}},
    "gzip twice": {"bomb": {"bytes": 50_000_000, "layers": 2}},
}


@pytest.mark.parametrize("do", BOMBS.values(), ids=BOMBS)
def test_f28_a_giant_is_not_read(desk: Desk, do: dict[str, Any]) -> None:
    """Reading stops at the limit, after decoding; nothing is repeated, nothing is left."""
    desk.fault({"where": GET, "when": "after", "do": do, "times": None})

    error = raised(lpnb.AnswerTooLong, desk.fetch, limit=400_000)

    assert error.exchange.received.size < 2_000_000
    assert 1 == len(desk.gets)
    assert [] == desk.files


def test_f28_the_limit_is_for_all_parts_together(desk: Desk) -> None:
    """A file that comes in two parts may not be longer than one that comes whole."""
    desk.fault(CUT)

    raised(lpnb.AnswerTooLong, desk.fetch, limit=desk.image.size - 1)


def test_f20_a_download_without_a_digest(desk: Desk) -> None:
    """One HEAD asks for it; the file is saved once it agrees."""
    desk.fault({"where": GET, "when": "after", "do": {"etag": None}})
    download = desk.fetch()

    assert download.verified
    assert ["back.jpg"] == desk.files
    assert "GET" == download.exchange.method


def test_f20_without_any_digest_the_size_decides(desk: Desk) -> None:
    """What has the right size is saved and marked unverified; what is shorter is no file."""
    none = {"where": {"service": "swift"}, "when": "after", "do": {"etag": None}, "times": None}
    desk.fault(none)
    unverified = desk.fetch().verified
    desk.target.unlink()
    desk.fault({"where": GET, "when": "after", "do": LENGTHS["no length"]})

    raised(lpnb.ContentMismatch, desk.fetch)

    assert unverified is None
    assert [] == desk.files


def test_f24_what_may_not_be_whole_is_no_file(desk: Desk) -> None:
    """With neither digest nor length from anywhere nothing is saved."""
    desk.fault(
        {"where": GET, "when": "after", "do": {"etag": None, "length": None}, "times": None},
        {"where": HEAD, "do": {"reset": True}, "times": None},
    )

    error = raised(lpnb.UnexpectedResponse, desk.fetch)

    assert "may not be whole" in str(error)
    assert [] == desk.files
    assert lpnb.download_file(desk.session, desk.url()).verified is None


# --- the disk


def test_f34_a_full_disk(desk: Desk) -> None:
    """The old file stays, no part is left, and the error has the file that came."""
    resource = pytest.importorskip("resource")
    desk.target.write_bytes(b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        error = raised(lpnb.NotSaved, desk.fetch)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert (b"old", ["back.jpg"]) == (desk.target.read_bytes(), desk.files)
    assert desk.image.content == error.download.content
    assert "error.download" in str(error)
    other = error.download.save(desk.folder / "other.jpg")
    assert desk.image.content == other.read_bytes()


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
@pytest.mark.parametrize("how", ["no space", "Ctrl-C"])
def test_f34_f35_nothing_is_left_wherever_it_stops(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, step: str, how: str
) -> None:
    """At each step of saving an error or Ctrl-C leaves the old file, and nothing beside it."""
    problem: BaseException = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    problem = KeyboardInterrupt() if how == "Ctrl-C" else problem

    def stop(*arguments: Any) -> Any:
        raise problem

    desk.target.write_bytes(b"old")
    with monkeypatch.context() as patch:
        if step == "write":
            patch.setattr("lpnb.steps._saving.Path.open", full_files(problem))
        else:
            where = "os.fsync" if step == "fsync" else "Path.replace"
            patch.setattr(f"lpnb.steps._saving.{where}", stop)
        with pytest.raises(lpnb.NotSaved if how == "no space" else KeyboardInterrupt):
            desk.fetch()

    assert (b"old", ["back.jpg"]) == (desk.target.read_bytes(), desk.files)
    assert desk.image.content == desk.fetch().path.read_bytes()


def full_files(problem: BaseException) -> Callable[..., Any]:
    """Open files that take the first hundred bytes, and then raise *problem*."""
    true_open = Path.open

    def opened(self: Path, mode: str = "r", **more: Any) -> Any:
        file = true_open(self, mode, **more)
        if "b" in mode:
            write = file.write

            class Full:
                def __enter__(self) -> "Full":
                    return self

                def __exit__(self, *about: object) -> None:
                    file.close()

                def write(self, content: bytes) -> None:
                    write(content[:100])
                    file.flush()
                    raise problem

            return Full()
        return file

    return opened


def test_f36_a_killed_process_leaves_the_old_file(desk: Desk) -> None:
    """kill -9 in the middle of saving: the old file is whole, the rest is known by its name."""
    desk.target.write_bytes(b"old")
    script = f"""
import os, signal
from pathlib import Path
from lpnb.steps import _saving
_saving.os.fsync = lambda number: os.kill(os.getpid(), signal.SIGKILL)
_saving.write_whole(Path({str(desk.target)!r}), bytes(300_000), None)
"""
    run = subprocess.run([sys.executable, "-c", script], check=False)
    left = [name for name in desk.files if name != "back.jpg"]

    assert -signal.SIGKILL == run.returncode
    assert b"old" == desk.target.read_bytes()
    assert 1 == len(left)
    assert left[0].startswith(".lpnb-")
    assert left[0].endswith(".part")
    assert desk.image.content == desk.fetch().path.read_bytes()


def test_f35_an_interrupted_download(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while bytes arrive passes on; nothing is on disk, and the next cell works."""
    with monkeypatch.context() as patch:
        patch.setattr("lpnb.session.read_body", stopped)
        with pytest.raises(KeyboardInterrupt):
            desk.fetch()
    before = desk.files

    assert [] == before
    assert desk.image.content == desk.fetch().path.read_bytes()


def stopped(*arguments: Any) -> Any:
    """Be interrupted."""
    raise KeyboardInterrupt


def test_the_bare_protocol_resumes_nothing(desk: Desk) -> None:
    """With the policy that takes each step once, a cut download is an error at once."""
    desk.session.policy = lpnb.ONCE
    desk.fault(CUT)

    raised(lpnb.ConnectionFailed, desk.fetch)

    assert 1 == len(desk.gets)
