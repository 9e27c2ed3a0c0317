"""The steps, one by one and composed: what they give, what they show, what they leave behind."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

import lpnb
from lpnb import render, samples
from lpnb.errors import ConfirmationNeeded


def test_domains_are_named_as_the_service_names_them(session: lpnb.Session) -> None:
    """`find_domains` gives bare hosts by service name, and the session uses them."""
    domains = lpnb.find_domains(session)

    host = session.account.domain_api.removeprefix("http://")
    assert host == domains["swift"]
    assert {"asyncMessagingEnt", "sentinel", "idp", "swift", "agentVep"} <= set(domains)
    assert f"http://{host}" == session.base("swift")


def test_an_unknown_service_is_an_input_error(session: lpnb.Session) -> None:
    """A service that the account does not have is named in the error."""
    lpnb.find_domains(session)

    with pytest.raises(lpnb.InputError, match="'fms'"):
        session.base("fms")


def test_step_1_switches_sharing_on(session: lpnb.Session, sandbox: lpnb.Sandbox) -> None:
    """The setting was off, is on, reads back as on, and the administrator is logged out."""
    sandbox.sharing = False
    login = lpnb.log_in(session)
    sharing = lpnb.enable_file_sharing(session, login)

    read, written = (one for one in sharing.exchanges[:2])
    assert (False, True, True) == (sharing.was_enabled, sharing.enabled, sandbox.sharing)
    assert ["GET", "PUT", "GET", "POST"] == [one.method for one in sharing.exchanges]
    assert dict(read.received_headers)["ac-revision"] == dict(written.sent_headers)["If-Match"]
    assert "ac-revision" in dict(sharing.exchange.received_headers)
    with pytest.raises(lpnb.RequestRefused):
        lpnb.log_out(session, login)


def test_step_1_on_a_live_account_wants_a_deliberate_yes(sandbox: lpnb.Sandbox) -> None:
    """Nothing is sent to a LIVE account's settings unless its own id is given as the yes."""
    account = lpnb.Account(
        sandbox.account,
        sandbox.client_id,
        sandbox.client_secret,
        username=sandbox.username,
        password=sandbox.password,
        domain_api=sandbox.domain_api,
    )
    session = lpnb.connect(account)
    login = lpnb.log_in(session)
    before = len(sandbox.journal)

    for confirm in (None, "", "yes", "87654321"):
        with pytest.raises(ConfirmationNeeded, match="single sign-on"):
            lpnb.enable_file_sharing(session, login, confirm=confirm)

    assert before == len(sandbox.journal)
    assert ("LIVE", "warning") == (session.card().mode, session.card().verdict)
    assert lpnb.enable_file_sharing(session, login, confirm=sandbox.account).enabled


def test_step_1_without_a_login_tells_the_manual_path(sandbox: lpnb.Sandbox) -> None:
    """An account without an administrator's password is told where the setting is by hand."""
    account = lpnb.Account("1", "i", "s", domain_api=sandbox.domain_api)

    with pytest.raises(lpnb.InputError, match="LivePerson's own pages"):
        lpnb.log_in(lpnb.connect(account))


def test_tokens_tell_their_claims(session: lpnb.Session) -> None:
    """Both tokens are decoded for reading; the app's lasts an hour, the consumer's for ever."""
    app, consumer = lpnb.get_app_token(session), lpnb.get_consumer_token(session)

    assert session.account.id == app.claims["aud"]
    assert 3600 == app.claims["exp"] - app.claims["iat"]
    assert app.expires == app.claims["exp"]
    assert session.consumer == consumer.claims["ext_consumer_id"]
    assert "exp" not in consumer.claims
    assert 64 == len(consumer.consumer_id)


def test_a_token_near_its_end_is_renewed(session: lpnb.Session, sandbox: lpnb.Sandbox) -> None:
    """Five minutes before the app's token ends, by the service's clock, a new one is asked for."""
    first = lpnb.get_app_token(session)
    sandbox.clock.advance(3600 - 290)
    lpnb.find_domains(session)  # any answer tells the service's time

    conversation = lpnb.create_conversation(session)

    steps = [one.step for one in conversation.exchanges]
    assert ["get_app_token", "get_consumer_token", "create_conversation"] == steps
    assert first.token != session.tokens.app_jwt


def test_each_session_is_a_new_consumer(sandbox: lpnb.Sandbox) -> None:
    """Two sessions never meet each other's open conversation; a named consumer is kept."""
    one, two = lpnb.connect(sandbox), lpnb.connect(sandbox)
    lpnb.create_conversation(one)
    lpnb.create_conversation(two)

    assert one.consumer != two.consumer
    assert "ada" == lpnb.connect(sandbox, consumer="ada").consumer


def test_what_had_to_be_asked_first_is_shown(session: lpnb.Session) -> None:
    """A step that needed domains and tokens first carries their exchanges, and says so."""
    conversation = lpnb.create_conversation(session)

    steps = [one.step for one in conversation.exchanges]
    assert ["find_domains", "get_app_token", "get_consumer_token", "create_conversation"] == steps
    assert "3 calls were made first" in render.as_text(conversation.card())


def test_a_temporary_url_says_what_it_is_good_for(upload_url: Any) -> None:
    """Path, method and end are plain; the signature comes out by name only."""
    url = upload_url.reveal()

    assert "PUT" == upload_url.method
    assert 59 <= upload_url.seconds <= 60
    assert upload_url.relative_path in url
    assert upload_url.signature.reveal() in url
    assert upload_url.signature.reveal() not in repr(upload_url)


def test_the_agent_sees_the_published_file(
    session: lpnb.Session, sandbox: lpnb.Sandbox, conversation: Any, stored: Any, image: Any
) -> None:
    """The conversation holds the caption, the path and the very preview, under the sequence."""
    preview = image.preview()
    publication = lpnb.publish_file(
        session, conversation, stored, caption="Ein Päckchen 📦", preview=preview
    )

    message = sandbox.conversations[conversation.id].messages[-1]
    assert publication.sequence == message.sequence
    assert ("Ein Päckchen 📦", stored.relative_path) == (message.caption, message.relative_path)
    assert preview.data_uri == message.preview
    assert preview.content == publication.preview


@pytest.mark.parametrize("make", [samples.photo, samples.drawing, samples.animation])
def test_every_type_comes_back_byte_for_byte(session: lpnb.Session, make: Any) -> None:
    """A JPEG, a transparent PNG and a moving GIF make the whole way and are identical."""
    image = make()
    conversation = lpnb.create_conversation(session)
    share = lpnb.share_file(session, conversation, image)
    fetch = lpnb.fetch_file(session, share)

    assert "identical" == fetch.comparison.outcome
    assert image.content == fetch.content
    assert hashlib.sha256(image.content).hexdigest() == fetch.sha256 == share.sha256


def test_compositions_call_the_watcher_for_each_step(
    session: lpnb.Session, conversation: Any, image: Any
) -> None:
    """`watch` sees the three results of sharing and the two of fetching as they come."""
    seen: list[Any] = []
    share = lpnb.share_file(session, conversation, image, watch=seen.append)
    fetch = lpnb.fetch_file(session, share.relative_path, watch=seen.append)

    assert [share.url, share.stored, share.publication, fetch.url, fetch.download] == seen
    assert "not compared" == fetch.comparison.outcome


@pytest.mark.parametrize("preview", [None, "data:image/png;base64,iVBORw0KGgo="], ids=str)
def test_a_preview_may_be_left_out_or_be_ones_own(
    session: lpnb.Session, sandbox: lpnb.Sandbox, conversation: Any, image: Any, preview: str | None
) -> None:
    """None sends no preview; a data URI is sent as it is."""
    lpnb.share_file(session, conversation, image, preview=preview)

    assert (preview or "") == sandbox.conversations[conversation.id].messages[-1].preview


def test_a_preview_may_be_of_another_picture_or_of_a_part(
    session: lpnb.Session, sandbox: lpnb.Sandbox, conversation: Any, image: Any
) -> None:
    """A picture given as the preview is made small; what `preview()` gives goes as it is."""
    other, part = samples.drawing(), image.preview(box=(0, 0, 300, 200))
    for preview, uri in ((other, other.preview().data_uri), (part, part.data_uri)):
        lpnb.share_file(session, conversation, image, preview=preview)

        assert uri == sandbox.conversations[conversation.id].messages[-1].preview


def test_a_preview_that_is_too_long_stops_before_the_upload(
    session: lpnb.Session, conversation: Any, image: Any
) -> None:
    """Sharing with a preview over the limit is refused before any step is taken."""
    long = lpnb.Preview(b"x" * 24_000, "image/png", 9, 9)
    seen: list[Any] = []
    with pytest.raises(lpnb.InputError, match="32,022 characters"):
        lpnb.share_file(session, conversation, image, preview=long, watch=seen.append)

    assert [] == seen


def test_one_that_is_no_preview_is_refused_here(
    session: lpnb.Session, conversation: Any, stored: Any
) -> None:
    """A preview that is too long, or no picture's data URI, is an input error with its size."""
    for preview, words in (
        ("https://evil.test/x.png", "data URI"),
        ("data:image/svg+xml;base64,AAAA", "data URI"),
        ("data:image/png;base64," + "A" * 30_720, "30,742 characters"),
    ):
        with pytest.raises(lpnb.InputError, match=words):
            lpnb.publish_file(session, conversation, stored, preview=preview)


def test_three_outcomes_are_told_apart(
    session: lpnb.Session, sandbox: lpnb.Sandbox, conversation: Any, image: Any
) -> None:
    """Identical, matching storage's digest only, and matching nothing are different verdicts."""
    share = lpnb.share_file(session, conversation, image)
    sandbox.guesses["stored_bytes"] = "re-encoded"
    anew = lpnb.share_file(session, conversation, image)
    sandbox.guesses["stored_bytes"] = "unchanged"
    identical, encoded = lpnb.fetch_file(session, share), lpnb.fetch_file(session, anew)
    sandbox.faults.add(
        {"where": {"service": "swift", "type": "GET"}, "when": "after", "do": {"etag": "none"}}
    )
    unverified = lpnb.fetch_file(session, anew)

    outcomes = [one.comparison.outcome for one in (identical, encoded, unverified)]
    assert ["identical", "storage digest only", "mismatch"] == outcomes


def test_a_download_is_saved_whole_or_not_at_all(
    session: lpnb.Session, conversation: Any, image: Any, tmp_path: Any
) -> None:
    """The saved file has the bytes; a place that can't be written is named, and stays empty."""
    download = lpnb.fetch_file(session, lpnb.share_file(session, conversation, image)).download
    saved = download.save(tmp_path / "back.jpg")

    (tmp_path / "link.jpg").symlink_to(saved)
    (tmp_path / "kept.jpg").touch(mode=0o600)
    download.save(tmp_path / "kept.jpg")

    for bad in ("missing/back.jpg", "link.jpg", "", "x" * 300, "/dev/null"):
        with pytest.raises(lpnb.InputError, match="choose another place"):
            download.save(tmp_path / bad if bad else bad)
    assert image.content == saved.read_bytes()
    assert 0o600 == (tmp_path / "kept.jpg").stat().st_mode & 0o777
    assert Path("/dev/null").is_char_device()
    assert {"back.jpg", "link.jpg", "kept.jpg"} == {one.name for one in tmp_path.iterdir()}


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (lambda s, c, u, f, i: lpnb.share_file(s, c, "photo.jpg"), "ImageFile.read"),
        (lambda s, c, u, f, i: lpnb.request_upload_url(s, "photo.jpg"), "ImageFile.read"),
        (lambda s, c, u, f, i: lpnb.upload_file(s, i, u), "request_upload_url"),
        (lambda s, c, u, f, i: lpnb.publish_file(s, c, u), "upload_file"),
        (lambda s, c, u, f, i: lpnb.publish_file(s, f, c), "create_conversation"),
        (lambda s, c, u, f, i: lpnb.publish_file(s, c, f, caption=3), "quotes"),
        (lambda s, c, u, f, i: lpnb.publish_file(s, c, f, preview=3), "preview"),
        (lambda s, c, u, f, i: lpnb.request_download_url(s, 3), "relativePath"),
        (lambda s, c, u, f, i: lpnb.download_file(s, "/v1/x"), "request_download_url"),
        (lambda s, c, u, f, i: lpnb.create_conversation(i), "connect"),
        (lambda s, c, u, f, i: lpnb.close_conversation(s, "id"), "create_conversation"),
        (lambda s, c, u, f, i: lpnb.enable_file_sharing(s, None), "log_in"),
        (lambda s, c, u, f, i: lpnb.find_domains("12345678"), "connect"),
    ],
)
def test_a_mix_up_is_named_before_anything_is_sent(
    session: lpnb.Session,
    sandbox: lpnb.Sandbox,
    conversation: Any,
    upload_url: Any,
    stored: Any,
    image: Any,
    mistake: Any,
    words: str,
) -> None:
    """A value of the wrong kind is an input error that says how to get the right one."""
    before = len(sandbox.journal)

    with pytest.raises(lpnb.InputError, match=words):
        mistake(session, conversation, upload_url, stored, image)
    assert before == len(sandbox.journal)


def test_a_url_is_for_the_file_it_was_asked_for(session: lpnb.Session, upload_url: Any) -> None:
    """Another type or size than was announced is refused here."""
    with pytest.raises(lpnb.InputError, match=r"asked for a JPEG of 300,000 bytes"):
        lpnb.upload_file(session, upload_url, samples.drawing())


def test_anothers_conversation_is_refused_before_anything_is_uploaded(
    sandbox: lpnb.Sandbox, conversation: Any, stored: Any, image: Any
) -> None:
    """A session shares nothing in the conversation of another's consumer."""
    other = lpnb.connect(sandbox)
    before = len(sandbox.journal)

    for step in (
        lambda: lpnb.share_file(other, conversation, image),
        lambda: lpnb.publish_file(other, conversation, stored),
        lambda: lpnb.close_conversation(other, conversation),
    ):
        with pytest.raises(lpnb.InputError, match="the session speaks for"):
            step()
    assert before == len(sandbox.journal)


def test_a_login_is_used_once(session: lpnb.Session) -> None:
    """Step 1 logs out, so a second use is told to log in again."""
    login = lpnb.log_in(session)
    lpnb.enable_file_sharing(session, login)

    with pytest.raises(lpnb.NotAuthorized, match="run log_in"):
        lpnb.enable_file_sharing(session, login)


def test_only_a_digest_is_compared(session: lpnb.Session, stored: Any) -> None:
    """What is no SHA-256 is not taken for another file's."""
    download = lpnb.fetch_file(session, stored).download

    with pytest.raises(lpnb.InputError, match="64 hex digits"):
        download.compare("abc")


def test_results_are_inert(session: lpnb.Session, stored: Any, upload_url: Any) -> None:
    """Results can't be changed, compare by value, and have short texts without bytes."""
    with pytest.raises(AttributeError):
        stored.etag = "x"

    assert upload_url == upload_url
    assert len(repr(stored)) < 600
    assert len(repr(session)) < 100


MIXED_UP: dict[str, tuple[Any, str]] = {
    "watch": (
        lambda s, c, i: lpnb.share_file(s, c, i, watch=5),
        "watch should be of type Callable",
    ),
    "fetch": (lambda s, c, i: lpnb.fetch_file(s, "/v1/a/b", watch=5), "watch should be"),
    "caption": (lambda s, c, i: lpnb.share_file(s, c, i, caption="\ud83d"), "half a character"),
    "profile": (lambda s, c, i: lpnb.create_conversation(s, profile=5), "profile should be"),
    "skill": (lambda s, c, i: lpnb.create_conversation(s, skill=5), "skill should be"),
    "blank id": (lambda s, c, i: lpnb.resume_conversation(s, " x"), "conversation's id has blanks"),
    "ledger": (lambda s, c, i: lpnb.Ledger(5), "a ledger is kept at a path"),
    "sample": (lambda s, c, i: samples.photo("5000"), "whole number of bytes, not '5000'"),
    "phone": (lambda s, c, i: samples.phone("5000"), "whole number of bytes"),
}


@pytest.mark.parametrize("call", MIXED_UP)
def test_a_mix_up_is_an_input_error(
    session: lpnb.Session, conversation: Any, image: Any, sandbox: lpnb.Sandbox, call: str
) -> None:
    """What can't be used is refused in words before anything is sent, with nothing foreign."""
    sandbox.journal.clear()
    mix_up, said = MIXED_UP[call]
    with pytest.raises(lpnb.InputError, match=said) as caught:
        mix_up(session, conversation, image)

    assert (None, None) == (caught.value.__cause__, caught.value.__context__)
    assert not sandbox.journal


def test_where_to_save_is_a_path(session: lpnb.Session, conversation: Any, image: Any) -> None:
    """A download is saved at a path, not at a number."""
    share = lpnb.share_file(session, conversation, image)
    url = lpnb.request_download_url(session, share.stored)

    for wrong in ({"path": 5}, {"limit": "5"}):
        with pytest.raises(lpnb.InputError, match="of type"):
            lpnb.download_file(session, url, **wrong)


def test_a_wrong_id_is_thought_of(session: lpnb.Session, image: Any) -> None:
    """Where a conversation was resumed by its id, a refusal says to check that first."""
    conversation = lpnb.resume_conversation(session, "nonsense")
    with pytest.raises(lpnb.RequestRefused, match="check the conversation's id, which nobody has"):
        lpnb.share_file(session, conversation, image)


def test_printed_results_are_short(session: lpnb.Session, conversation: Any, image: Any) -> None:
    """In text the calls before the last have a line each, as nothing can be folded there."""
    share = lpnb.share_file(session, conversation, image)
    found = lpnb.find_published(session, conversation, share.relative_path)
    lines = str(found).splitlines()

    assert ["1. log_in: POST"] == [line[:15] for line in lines if line[:1] == "1"]
    assert len(lines) < 60
    assert max(map(len, lines)) < 400
