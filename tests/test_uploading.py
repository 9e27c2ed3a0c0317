"""Uploading when storage fails: what is sent again, what is renewed, what is never published."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import lpnb
from lpnb import samples
from tests.virtual_clock import VirtualClock

PUT = {"service": "swift", "type": "PUT"}
UPLOAD_URL = {"service": "asyncMessagingEnt", "type": "ms.GenerateURLForUploadFile"}
DOWNLOAD_URL = {"service": "asyncMessagingEnt", "type": "ms.GenerateURLForDownloadFile"}


class Desk:
    """A session by LivePerson's own policy on a clock of its own, and what the sandbox saw."""

    def __init__(self, sandbox: lpnb.Sandbox, **more: Any) -> None:
        self.sandbox = sandbox
        self.clock = VirtualClock(sandbox, **more)
        self.session = lpnb.connect(sandbox, clock=self.clock)
        self.conversation = lpnb.create_conversation(self.session)
        self.image = samples.default()

    def url(self) -> Any:
        return lpnb.request_upload_url(self.session, self.image)

    def upload(self, url: Any) -> Any:
        return lpnb.upload_file(self.session, url, self.image)

    def fault(self, *rules: dict[str, Any]) -> None:
        for rule in rules:
            self.sandbox.faults.add(rule)

    def calls(self, *types: str) -> list[int]:
        """How often each of *types* was asked for."""
        seen = [one.type for one in self.sandbox.journal]
        return [seen.count(one) for one in types]

    @property
    def stored(self) -> dict[str, bytes]:
        return {path: one.content for path, one in self.sandbox.objects.items()}


@pytest.fixture
def desk(sandbox: lpnb.Sandbox) -> Any:
    """A session that repeats and renews, with an open conversation."""
    desk = Desk(sandbox)
    yield desk
    desk.session.close()


def raised(kind: type[BaseException], call: Callable[..., Any], *arguments: Any) -> Any:
    """Give the error of *kind* that *call* raises, which holds nothing foreign."""
    with pytest.raises(kind) as caught:
        call(*arguments)
    assert type(caught.value) is kind
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


ASKED, SENT, WEIGHED = "ms.GenerateURLForUploadFile", "PUT", "HEAD"


# --- the URL's life


def test_f12_an_ended_url_is_renewed(desk: Desk) -> None:
    """Storage's 401 brings a new URL, and the result has the path that was really used."""
    url = desk.url()
    desk.fault({"where": PUT, "do": {"expire": "url"}})
    stored = desk.upload(url)

    assert [2, 2] == desk.calls(ASKED, SENT)
    assert {stored.relative_path: desk.image.content} == desk.stored
    assert url.relative_path != stored.relative_path
    assert [401, 201] == [one.status for one in stored.exchanges if one.method == "PUT"]
    assert "the relativePath is a new one too" in str(stored)


def test_f12_only_the_new_path_is_published(desk: Desk) -> None:
    """Shared with an ended URL, the agent sees one message with the second path."""
    desk.fault({"where": PUT, "do": {"expire": "url"}})
    share = lpnb.share_file(desk.session, desk.conversation, desk.image)

    messages = desk.sandbox.conversations[desk.conversation.id].messages
    assert [share.stored.relative_path] == [one.relative_path for one in messages]
    assert share.url.relative_path != share.relative_path == share.publication.relative_path


def test_f12_a_url_is_renewed_twice_at_most(desk: Desk) -> None:
    """Where every URL is refused there are three tries, then the error; nothing is stored."""
    url = desk.url()
    desk.fault({"where": PUT, "do": {"status": 401}, "times": None})

    error = raised(lpnb.TemporaryUrlRejected, desk.upload, url)

    assert [3, 3] == desk.calls(ASKED, SENT)
    assert 3 == sum(one.method == "PUT" for one in error.exchanges)
    assert {} == desk.stored


def test_f14_a_pause_is_noticed_before_anything_is_sent(desk: Desk) -> None:
    """Seventy seconds later the URL is known to have ended: storage never says 401."""
    url = desk.url()
    desk.clock.sleep(70)
    stored = desk.upload(url)

    assert [2, 1] == desk.calls(ASKED, SENT)
    assert -12 < url.seconds_left(desk.session) < -8
    assert [201] == [one.status for one in stored.exchanges if one.method == "PUT"]


@pytest.mark.parametrize("wrong", [3600.0, -3600.0, -1.7e9], ids=["ahead", "behind", "1970"])
def test_f15_a_wrong_clock_here_does_not_matter(sandbox: lpnb.Sandbox, wrong: float) -> None:
    """Time left is judged by the service's clock: no call is made that would not be made."""
    desk = Desk(sandbox, wrong=wrong)
    url = desk.url()
    left = url.seconds_left(desk.session)
    desk.upload(url)

    assert 57 < left < 62
    assert [1, 1] == desk.calls(ASKED, SENT)
    assert "by this computer's clock" in str(url)


@pytest.mark.parametrize("wrong", [3600.0, -3600.0])
def test_f15_without_the_services_time_storage_decides(sandbox: lpnb.Sandbox, wrong: float) -> None:
    """Where no answer has a Date nobody knows what is left, and the URL is just used."""
    sandbox.faults.add({"where": {}, "when": "after", "do": {"date": None}, "times": None})
    desk = Desk(sandbox, wrong=wrong)
    url = desk.url()
    left = url.seconds_left(desk.session)
    desk.upload(url)

    assert left is None
    assert [1, 1] == desk.calls(ASKED, SENT)


@pytest.mark.parametrize(("left", "asked"), [(36, 1), (24, 2)])
def test_a_url_that_ends_before_the_file_is_there_is_renewed(
    desk: Desk, left: int, asked: int
) -> None:
    """At 15 KB/s 300 KB take 20 s, and some are to be left: 36 s are enough, 24 are not."""
    url = desk.url()
    desk.session.upload_speed = 15_000
    desk.clock.sleep(60 - left)
    stored = desk.upload(url)

    assert [asked, 1] == desk.calls(ASKED, SENT)
    assert (asked == 1) == (url.relative_path == stored.relative_path)


def test_a_line_too_slow_for_any_url_is_tried_all_the_same(desk: Desk) -> None:
    """Where no URL lives as long as the upload takes, a fresh one is not thrown away."""
    url = desk.url()
    desk.session.upload_speed = 1_000
    desk.upload(url)

    assert [1, 1] == desk.calls(ASKED, SENT)


def test_the_speed_is_measured(desk: Desk) -> None:
    """An upload tells how fast the line is; one of a few bytes tells nothing."""
    small = samples.drawing()
    lpnb.upload_file(desk.session, lpnb.request_upload_url(desk.session, small), small)
    before = desk.session.upload_speed
    stored = desk.upload(desk.url())

    assert small.size < 65_536 < desk.image.size
    assert before is None
    assert desk.image.size / stored.exchange.seconds == desk.session.upload_speed


def test_a_put_is_not_repeated_when_its_url_has_ended(desk: Desk) -> None:
    """Storage fails until the URL is over: the next attempt goes to a new one, without a 401."""
    url = desk.url()
    desk.clock.sleep(40)
    desk.fault({"where": PUT, "do": {"status": 503}, "times": 3})
    stored = desk.upload(url)

    statuses = [one.status for one in stored.exchanges if one.method == "PUT"]
    assert [503, 503, 503, 201] == statuses
    assert [40, 5, 10, 15] == desk.clock.waits
    assert 2 == desk.calls(ASKED)[0]
    assert url.relative_path != stored.relative_path


@pytest.mark.parametrize("end", ["0", "soon"])
@pytest.mark.parametrize("where", [UPLOAD_URL, DOWNLOAD_URL], ids=["upload", "download"])
def test_f16_a_url_that_was_never_good_is_asked_for_again(
    desk: Desk, where: dict[str, str], end: str
) -> None:
    """An end that is no moment is asked for once more; the second time is an error."""
    path = desk.upload(desk.url()).relative_path

    def ask() -> Any:
        if where is UPLOAD_URL:
            return desk.url()
        return lpnb.request_download_url(desk.session, path)

    before = desk.calls(where["type"])[0]
    do = {"patch": {"body.queryParams.temp_url_expires": end}}
    desk.fault({"where": where, "when": "after", "do": do})
    url = ask()
    desk.fault({"where": where, "when": "after", "do": do, "times": 2})
    error = raised(lpnb.UnexpectedResponse, ask)

    assert url.seconds_left(desk.session) > 50
    assert before + 4 == desk.calls(where["type"])[0]
    assert 2 == sum(one.type == where["type"] for one in error.exchanges)


PAST = {"patch": {"body.queryParams.temp_url_expires": "1000000000"}}


def test_f16_a_url_that_has_ended_already(desk: Desk) -> None:
    """Whether it is the end or the Date that is wrong, storage knows: its 401 brings another."""
    desk.fault({"where": UPLOAD_URL, "when": "after", "do": PAST})
    stored = desk.upload(desk.url())

    assert [2, 2] == desk.calls(ASKED, SENT)
    assert [401, 201] == [one.status for one in stored.exchanges if one.method == "PUT"]


def test_f16_urls_that_have_all_ended_already(desk: Desk) -> None:
    """After three of them the error says when the last one ended."""
    desk.fault({"where": UPLOAD_URL, "when": "after", "do": PAST, "times": None})

    error = raised(lpnb.TemporaryUrlRejected, lambda: desk.upload(desk.url()))

    assert "it ended at 01:46:40 UTC" in str(error)
    assert [3, 3] == desk.calls(ASKED, SENT)


# --- what reached storage


@pytest.mark.parametrize(
    "fault",
    [
        {"when": "upload", "at": 0.5, "do": {"reset": True}},
        {"when": "after", "do": {"reset": True}},
        {"when": "after", "do": {"status": 503}},
        {"when": "before", "do": {"status": 500}},
    ],
    ids=["F17 mid-upload", "F18 stored", "F06 stored", "F07"],
)
def test_f17_f18_the_same_put_is_repeated(desk: Desk, fault: dict[str, Any]) -> None:
    """The bytes go once more, from the first one, to the same URL: one object, with our digest."""
    url = desk.url()
    desk.fault({"where": PUT, **fault})
    stored = desk.upload(url)

    assert [1, 2] == desk.calls(ASKED, SENT)
    assert {url.relative_path: desk.image.content} == desk.stored
    assert (desk.image.md5, True) == (stored.etag, stored.verified)
    assert desk.clock.waits == ([] if "reset" in fault["do"] else [5])


@pytest.mark.parametrize("do", [{"etag": "0" * 32}, {"corrupt": 7}], ids=["ETag", "bytes"])
def test_f19_a_damaged_upload_is_repeated(desk: Desk, do: dict[str, Any]) -> None:
    """Another digest than ours is no upload: the same bytes are sent again."""
    when = "after" if "etag" in do else "before"
    desk.fault({"where": PUT, "when": when, "do": do})
    url = desk.url()
    stored = desk.upload(url)

    assert [1, 2] == desk.calls(ASKED, SENT)
    assert {url.relative_path: desk.image.content} == desk.stored
    assert stored.verified


def test_f19_what_stays_damaged_is_never_published(desk: Desk) -> None:
    """Storage that keeps other bytes each time ends in an error, and the agent sees nothing."""
    desk.fault({"where": PUT, "when": "after", "do": {"etag": "0" * 32}, "times": 9})

    raised(
        lpnb.ContentMismatch, lpnb.share_file, desk.session, desk.conversation, desk.image
    )  # fmt: skip

    assert [4] == desk.calls(SENT)
    assert [] == desk.sandbox.conversations[desk.conversation.id].messages


@pytest.mark.parametrize("etag", ['"{etag}"', 'W/"{etag}"', "{etag}"])
def test_f20_a_digest_in_quotes_is_one(desk: Desk, etag: str) -> None:
    """Quotes and a W/ around it do not hide the digest, and nothing more is asked."""
    desk.fault({"where": PUT, "when": "after", "do": {"etag": etag}})
    stored = desk.upload(desk.url())

    assert (desk.image.md5, True) == (stored.etag, stored.verified)
    assert [1, 0] == desk.calls(SENT, WEIGHED)


@pytest.mark.parametrize("etag", ["{etag}-2", None, ""], ids=str)
def test_f20_where_no_digest_comes_storage_is_asked(desk: Desk, etag: str | None) -> None:
    """Without an MD5 in the answer one HEAD asks for it."""
    desk.fault({"where": PUT, "when": "after", "do": {"etag": etag}})
    stored = desk.upload(desk.url())

    assert (desk.image.md5, True) == (stored.etag, stored.verified)
    assert [1, 1] == desk.calls(SENT, WEIGHED)
    assert "PUT" == stored.exchange.method


HEAD = {"service": "swift", "type": "HEAD"}
NO_DIGEST = {"where": {"service": "swift"}, "when": "after", "do": {"etag": None}, "times": None}


def test_f20_without_any_digest_the_size_decides(desk: Desk) -> None:
    """A file that storage has no digest of is marked unverified if its size is right."""
    desk.fault(NO_DIGEST)
    stored = desk.upload(desk.url())

    assert (None, "") == (stored.verified, stored.etag)
    assert [1, 1] == desk.calls(SENT, WEIGHED)
    assert "the size was compared" in str(stored)


def test_f20_another_size_is_no_upload(desk: Desk) -> None:
    """A file that has another size in storage is not ours."""
    desk.fault(NO_DIGEST, {"where": HEAD, "when": "after", "do": {"length": -1}})

    error = raised(lpnb.ContentMismatch, desk.upload, desk.url())

    assert "its size another" in str(error)


@pytest.mark.parametrize("do", [{"status": 401}, {"reset": True}], ids=str)
def test_f20_a_size_that_cant_be_had_is_no_error(desk: Desk, do: dict[str, Any]) -> None:
    """Whether the HEAD works or not, the file is stored, and said to be unverified."""
    desk.fault({"where": HEAD, "do": do, "times": None}, NO_DIGEST)  # the first one is obeyed

    assert desk.upload(desk.url()).verified is None
    assert 0 < desk.sandbox.faults.report()[0]["fired"]


@pytest.mark.parametrize("status", [200, 202])
def test_f21_another_word_for_stored_needs_the_digest(desk: Desk, status: int) -> None:
    """200 and 202 are taken for 201 where the digest is ours, and said so."""
    desk.fault({"where": PUT, "when": "after", "do": {"status": status}})
    stored = desk.upload(desk.url())

    assert stored.verified
    assert f"storage answered {status}" in str(stored)


@pytest.mark.parametrize("do", [{"status": 204}, {"status": 206}], ids=str)
def test_f21_what_says_nothing_of_storing_is_no_upload(desk: Desk, do: dict[str, Any]) -> None:
    """Any other status of success is an unexpected answer: nothing is published."""
    desk.fault({"where": PUT, "when": "after", "do": do})

    raised(lpnb.UnexpectedResponse, desk.upload, desk.url())


def test_f21_a_201_with_an_errors_text_is_judged_by_its_digest(desk: Desk) -> None:
    """What counts is the digest, not the words below it."""
    desk.fault({"where": PUT, "when": "after", "do": {"body": "error"}})

    assert desk.upload(desk.url()).verified


def test_f22_a_file_that_changes_meanwhile(desk: Desk, tmp_path: Any) -> None:
    """What is sent is what was read and judged, whatever becomes of the file on disk."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(desk.image.content)
    image = lpnb.ImageFile.read(path)
    url = lpnb.request_upload_url(desk.session, image)
    path.write_bytes(b"something else")
    stored = lpnb.upload_file(desk.session, url, image)

    sent = next(iter(desk.stored.values()))
    assert hashlib.sha256(sent).hexdigest() == stored.sha256 == image.sha256


def test_f39_too_large_for_storage(desk: Desk) -> None:
    """A 413 is final: the size is named, nothing is repeated."""
    desk.fault({"where": PUT, "do": {"status": 413}})

    error = raised(lpnb.RequestRefused, desk.upload, desk.url())

    assert "300,000 bytes: send a smaller picture" in str(error)
    assert [1, 1] == desk.calls(ASKED, SENT)


# --- the rest


@pytest.mark.parametrize("half", [0.0, 0.5], ids=["before", "mid-upload"])
def test_f35_an_interrupted_upload(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, half: float
) -> None:
    """Ctrl-C passes on, nothing is stored, and the next cell works with the same URL."""
    url = desk.url()
    send = lpnb.transport._Plain.send  # type: ignore[attr-defined]

    def interrupted(self: Any, data: Any) -> None:
        if isinstance(data, bytes) and len(data) > 100_000:
            send(self, data[: int(len(data) * half)])
            raise KeyboardInterrupt
        send(self, data)

    with monkeypatch.context() as patch:
        patch.setattr("lpnb.transport._Plain.send", interrupted)
        with pytest.raises(KeyboardInterrupt):
            desk.upload(url)
    before = dict(desk.stored)

    assert {} == before
    assert url.relative_path == desk.upload(url).relative_path


def test_a_url_for_the_other_method_is_not_renewed(desk: Desk) -> None:
    """A mistake is not mended behind the caller's back."""
    stored = desk.upload(desk.url())
    url = lpnb.request_download_url(desk.session, stored)

    raised(lpnb.TemporaryUrlRejected, desk.upload, url)

    assert [1, 2] == desk.calls(ASKED, SENT)


def test_the_bare_protocol_renews_nothing(desk: Desk) -> None:
    """With the policy that takes each step once, the refusal is shown as it is."""
    desk.session.policy = lpnb.ONCE
    url = desk.url()
    desk.clock.sleep(70)

    raised(lpnb.TemporaryUrlRejected, desk.upload, url)

    assert [1, 1] == desk.calls(ASKED, SENT)


def test_a_renewal_that_fails_tells_the_whole_story(desk: Desk) -> None:
    """If no new URL is to be had, that is the error, with the refused upload before it."""
    url = desk.url()
    desk.fault({"where": PUT, "do": {"status": 401}}, {"where": UPLOAD_URL, "do": {"status": 400}})

    error = raised(lpnb.RequestRefused, desk.upload, url)

    assert [401, 400] == [one.status for one in error.exchanges][-2:]


def test_a_url_without_a_life_is_used(desk: Desk) -> None:
    """A URL whose answer had no Date is judged by what is left of it alone."""
    url = replace(desk.url(), seconds=None)

    assert url.relative_path == desk.upload(url).relative_path
