"""Every refusal and failure, provoked on the wire: which error it is, and that it helps."""

import inspect
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

import lpnb
from lpnb import errors, samples

SEND = {"service": "asyncMessagingEnt", "type": "ms.GenerateURLForUploadFile"}


def refused(
    kind: type[lpnb.LpnbError], words: str, call: Callable[..., Any], *arguments: Any, **more: Any
) -> Any:
    """Run *call*, and give its error once it is sure that it is ours, whole, and of some help."""
    with pytest.raises(kind) as caught:
        call(*arguments, **more)
    error: Any = caught.value
    assert re.search(words, str(error)), str(error)
    assert type(error) is kind
    assert error.__cause__ is None
    assert error.__context__ is None
    if isinstance(error, errors.ExchangeError):
        assert error.exchange.method in error.__notes__[0]
        assert error.exchange.url in error.__notes__[0]
    return error


def account_of(sandbox: lpnb.Sandbox, **changes: Any) -> lpnb.Account:
    """The sandbox's account, with *changes*, as a real one would be given."""
    values = {
        "id": sandbox.account,
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
        "username": sandbox.username,
        "password": sandbox.password,
        "domain_api": sandbox.domain_api,
    }
    return lpnb.Account(**(values | changes))


# --- who we are


def test_a_wrong_password(sandbox: lpnb.Sandbox) -> None:
    """A wrong password is refused once, is not tried again, and names the user."""
    session = lpnb.connect(account_of(sandbox, password="not-the-password"))

    refused(lpnb.CredentialsRefused, "admin.*lock the user out", lpnb.log_in, session)

    assert 1 == sandbox.requests["agentVep"]


def test_a_wrong_client_secret(sandbox: lpnb.Sandbox) -> None:
    """sentinel's refusal names the client id, and says where to get the right ones."""
    session = lpnb.connect(account_of(sandbox, client_secret="not-the-secret"))

    refused(lpnb.CredentialsRefused, "copy both again", lpnb.get_app_token, session)


def test_an_unknown_account(sandbox: lpnb.Sandbox) -> None:
    """The Domain API does not know the account, and the error says to check its id."""
    session = lpnb.connect(account_of(sandbox, id="87654321"))

    refused(lpnb.NotAuthorized, "check the account id", lpnb.find_domains, session)


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ("app_jwt missing", 40105, "get_app_token"),
        ("app_jwt altered", 40102, "get_app_token"),
        ("consumer_jws missing", 40104, "get_consumer_token"),
        ("consumer_jws altered", 40103, "get_consumer_token"),
    ],
)
def test_a_missing_or_altered_token(
    session: lpnb.Session, conversation: Any, image: Any, change: str, code: int, words: str
) -> None:
    """Each token problem carries LivePerson's own code and names the step that mends it."""
    name, what = change.split()
    token = getattr(session.tokens, name)
    broken = "" if what == "missing" else token.reveal()[:-4] + "AAAA"
    wrong = Blank() if what == "missing" else lpnb.Secret(broken, name)
    setattr(session.tokens, name, wrong)

    error = refused(lpnb.NotAuthorized, words, lpnb.request_upload_url, session, image)

    assert code == error.error_code


class Blank(lpnb.Secret):
    """A token that is there for the session, and is nothing on the wire."""

    __slots__ = ()

    def __new__(cls) -> "Blank":
        return super().__new__(cls, "")

    def __bool__(self) -> bool:
        return True


def test_an_expired_token(
    session: lpnb.Session, sandbox: lpnb.Sandbox, conversation: Any, image: Any
) -> None:
    """An hour later the app's token is refused as expired; the next call brings a new one."""
    sandbox.clock.advance(3601)

    error = refused(lpnb.NotAuthorized, "expired", lpnb.request_upload_url, session, image)

    assert 40102 == error.error_code
    assert "PUT" == lpnb.request_upload_url(session, image).method


def test_a_login_that_may_not_change_settings() -> None:
    """A user without the privilege is told so, the setting stays, and the login is ended."""
    with lpnb.Sandbox(sharing=False, administrator=False) as sandbox:
        session = lpnb.connect(sandbox)
        login = lpnb.log_in(session)

        refused(lpnb.RequestRefused, "may not", lpnb.enable_file_sharing, session, login)

        assert not sandbox.sharing
        assert "logout" == sandbox.journal[-1].type


def test_a_setting_that_somebody_else_changed(session: lpnb.Session, sandbox: lpnb.Sandbox) -> None:
    """A stale revision is its own error; the setting is not overwritten."""
    sandbox.sharing = False
    login = lpnb.log_in(session)
    sandbox.faults.add(
        {
            "where": {"service": "accountConfigReadWrite", "type": "GET", "nth": 1},
            "when": "after",
            "do": {"headers": {"ac-revision": "0"}},
            "times": 1,
        }
    )

    refused(lpnb.RevisionConflict, "run the step again", lpnb.enable_file_sharing, session, login)

    assert not sandbox.sharing


def test_a_setting_without_a_revision(session: lpnb.Session, sandbox: lpnb.Sandbox) -> None:
    """Where no revision is given, nothing is written: it could only be written unconditionally."""
    sandbox.sharing = False
    login = lpnb.log_in(session)
    where = {"service": "accountConfigReadWrite", "type": "GET"}
    sandbox.faults.add({"where": where, "when": "after", "do": {"headers": {"ac-revision": None}}})

    refused(lpnb.UnexpectedResponse, "ac-revision", lpnb.enable_file_sharing, session, login)

    assert not sandbox.sharing


@pytest.mark.parametrize("host", ["", "https://x.test", "x.test/path", "u@x.test", "x.test:port"])
def test_a_domain_that_is_no_bare_host(
    session: lpnb.Session, sandbox: lpnb.Sandbox, host: str
) -> None:
    """A malformed host matters where a step needs it, and nowhere else."""
    entries = {"service": "unused", "account": "1", "baseURI": host}
    do = {"patch": {"baseURIs.0": entries}}
    sandbox.faults.add({"where": {"service": "domain"}, "when": "after", "do": do, "times": 1})
    lpnb.find_domains(session)
    do = {"patch": {"baseURIs.0": entries | {"service": "swift"}}}
    sandbox.faults.add({"where": {"service": "domain"}, "when": "after", "do": do, "times": 1})

    refused(lpnb.UnexpectedResponse, "baseURI of swift", lpnb.find_domains, session)


# --- conversations


def test_a_second_open_conversation(session: lpnb.Session, sandbox: lpnb.Sandbox) -> None:
    """A consumer's second conversation is refused, and the error names the three ways on."""
    first = lpnb.create_conversation(session)

    refused(
        lpnb.ConversationAlreadyOpen,
        "go on in it, close it with .* or connect as another consumer",
        lpnb.create_conversation,
        session,
    )
    lpnb.close_conversation(session, first)

    assert first.id != lpnb.create_conversation(session).id


def test_already_open_in_the_other_dialect(session: lpnb.Session, sandbox: lpnb.Sandbox) -> None:
    """Integer codes say the same as words do."""
    lpnb.create_conversation(session)
    do = {"patch": {"0.code": 200, "1.code": 400}}
    sandbox.faults.add({"where": {"service": "asyncMessagingEnt"}, "when": "after", "do": do})

    refused(lpnb.ConversationAlreadyOpen, "already", lpnb.create_conversation, session)


def test_already_open_is_known_whatever_the_status(
    session: lpnb.Session, sandbox: lpnb.Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal is in the second item; an HTTP 200 around it does not hide it."""
    lpnb.create_conversation(session)
    sandbox.guesses["already_open"] = 200
    try:
        refused(lpnb.ConversationAlreadyOpen, "already", lpnb.create_conversation, session)
    finally:
        sandbox.guesses["already_open"] = 400


@pytest.mark.parametrize("step", ["publish_file", "close_conversation"])
def test_a_closed_conversation(
    session: lpnb.Session, conversation: Any, stored: Any, step: str
) -> None:
    """Nothing more goes into a closed conversation, and the error says to create one."""
    lpnb.close_conversation(session, conversation)
    more = (stored,) if step == "publish_file" else ()

    refused(
        lpnb.ConversationClosed,
        "create_conversation",
        getattr(lpnb, step),
        session,
        conversation,
        *more,
    )


# --- files


def test_sharing_switched_off(
    session: lpnb.Session, sandbox: lpnb.Sandbox, conversation: Any, image: Any
) -> None:
    """With sharing off no upload URL is given, and step 1 is among the things to check."""
    sandbox.sharing = False

    error = refused(lpnb.RequestRefused, "step 1", lpnb.request_upload_url, session, image)

    assert "not documented" in error.exchange.guess
    assert "a guess of the sandbox" in error.__notes__[0]


@pytest.mark.off_schema
@pytest.mark.parametrize("what", ["wrong type", "over-size"])
def test_a_file_that_the_service_does_not_take(
    session: lpnb.Session, conversation: Any, image: Any, what: str
) -> None:
    """The service refuses a PDF and a file over 3 MB; the error names type, size and limits."""
    bad = {
        "wrong type": replace(image, type="PDF", name="report.pdf"),
        "over-size": samples.bad.too_large(3_500_000),
    }[what]

    error = refused(lpnb.RequestRefused, "at most 3 MB", lpnb.request_upload_url, session, bad)

    assert bad.name in str(error)
    assert f"{bad.size:,}" in str(error)


def test_an_expired_upload_url(
    session: lpnb.Session, sandbox: lpnb.Sandbox, upload_url: Any, image: Any
) -> None:
    """A minute later the URL is refused; the error says when it ended, and how to get another."""
    sandbox.clock.advance(61)

    error = refused(
        lpnb.TemporaryUrlRejected,
        "it ended at .* UTC.*request_upload_url",
        lpnb.upload_file,
        session,
        upload_url,
        image,
    )

    assert "Temp URL invalid" in str(error)
    assert {} == dict(sandbox.objects)


def test_an_expired_download_url(session: lpnb.Session, sandbox: lpnb.Sandbox, stored: Any) -> None:
    """Downloading too late names the step that gives a new URL."""
    url = lpnb.request_download_url(session, stored)
    sandbox.clock.advance(61)

    refused(
        lpnb.TemporaryUrlRejected,
        "it ended at .*request_download_url",
        lpnb.download_file,
        session,
        url,
    )


def test_urls_that_a_fault_lets_end(
    session: lpnb.Session, sandbox: lpnb.Sandbox, upload_url: Any, image: Any, stored: Any
) -> None:
    """The faults of that name are what a pause would be: the error says when the URL ended."""
    download_url = lpnb.request_download_url(session, stored)
    ended = lpnb.TemporaryUrlRejected, "it ended at "
    sandbox.faults.add("download-expired")

    refused(*ended, lpnb.download_file, session, download_url)
    sandbox.clock.reset()
    sandbox.faults.add("upload-expired")
    refused(*ended, lpnb.upload_file, session, upload_url, image)


def test_a_url_for_the_other_method(session: lpnb.Session, stored: Any, image: Any) -> None:
    """A download URL takes no upload, and an upload URL gives no download."""
    download_url = lpnb.request_download_url(session, stored)
    upload_url = lpnb.request_upload_url(session, image)

    refused(
        lpnb.TemporaryUrlRejected,
        "signed for GET, not for PUT",
        lpnb.upload_file,
        session,
        download_url,
        image,
    )
    refused(
        lpnb.TemporaryUrlRejected,
        "signed for PUT, not for GET",
        lpnb.download_file,
        session,
        upload_url,
    )


def test_an_altered_url(session: lpnb.Session, upload_url: Any, image: Any) -> None:
    """A URL that lasts still, but whose signature was changed, is told from an expired one."""
    altered = replace(upload_url, signature=lpnb.Secret("0" * 40))

    refused(
        lpnb.TemporaryUrlRejected,
        "path or signature was altered",
        lpnb.upload_file,
        session,
        altered,
        image,
    )


def test_a_file_that_is_not_there(session: lpnb.Session, upload_url: Any) -> None:
    """A download URL for a path that was never uploaded ends in storage's 404."""
    url = lpnb.request_download_url(session, upload_url.relative_path)

    refused(lpnb.NotFound, "never uploaded", lpnb.download_file, session, url)


def test_a_path_of_ones_own(session: lpnb.Session) -> None:
    """A text that is no relative path is refused before anything is sent."""
    refused(
        lpnb.InputError, "no relativePath", lpnb.request_download_url, session, "https://evil.test"
    )


def test_storage_that_keeps_other_bytes(
    session: lpnb.Session, sandbox: lpnb.Sandbox, upload_url: Any, image: Any
) -> None:
    """When storage's digest is not ours the upload fails, so that nobody publishes it."""
    sandbox.faults.add(
        {"where": {"service": "swift", "type": "PUT"}, "when": "after", "do": {"etag": "0" * 32}}
    )

    refused(lpnb.ContentMismatch, "do not publish", lpnb.upload_file, session, upload_url, image)


def test_a_byte_that_changed_on_the_way(
    session: lpnb.Session, sandbox: lpnb.Sandbox, stored: Any
) -> None:
    """A download with one byte changed is refused, though its length is right."""
    url = lpnb.request_download_url(session, stored)
    sandbox.faults.add(
        {"where": {"service": "swift", "type": "GET"}, "when": "after", "do": {"corrupt": 100}}
    )

    refused(lpnb.ContentMismatch, "download again", lpnb.download_file, session, url)


def test_a_download_that_is_longer_than_allowed(session: lpnb.Session, stored: Any) -> None:
    """Reading stops at the limit, which the caller may set."""
    url = lpnb.request_download_url(session, stored)

    error = refused(
        lpnb.AnswerTooLong, "1,000 bytes", lpnb.download_file, session, url, limit=1_000
    )

    assert error.exchange.received.size < 300_000


def test_a_download_that_breaks_off(
    session: lpnb.Session, sandbox: lpnb.Sandbox, stored: Any
) -> None:
    """A download that ends early is no download."""
    url = lpnb.request_download_url(session, stored)
    sandbox.faults.add(
        {"where": {"service": "swift", "type": "GET"}, "when": "after", "do": {"truncate": 1000}}
    )

    refused(lpnb.ConnectionFailed, "broke off", lpnb.download_file, session, url)


# --- answers


@pytest.mark.parametrize(
    ("do", "kind", "words"),
    [
        ({"status": 429, "body": ""}, lpnb.TooManyRequests, "wait"),
        ({"status": 500, "body": ""}, lpnb.ServerFailed, "run the step again later"),
        ({"status": 503, "body": "<h1>busy</h1>\n<p>so</p>"}, lpnb.ServerFailed, "503, 'busy so'"),
        ({"status": 403, "body": "{}"}, lpnb.RequestRefused, "403"),
        ({"status": 404, "body": ""}, lpnb.NotFound, "404"),
        ({"status": 302, "headers": {"Location": "/x"}}, lpnb.RedirectRefused, "never followed"),
        ({"status": 307, "headers": {"Location": "//evil.test"}}, lpnb.RedirectRefused, "redirect"),
        ({"status": 200, "body": "<html>hello"}, lpnb.UnexpectedResponse, "not JSON"),
        ({"status": 200, "body": ""}, lpnb.UnexpectedResponse, "not JSON"),
        ({"status": 200, "body": "[" * 100_000}, lpnb.UnexpectedResponse, "not JSON"),
        ({"status": 200, "body": "null"}, lpnb.UnexpectedResponse, "not JSON"),
        ({"status": 200, "body": "[]"}, lpnb.UnexpectedResponse, "lacks code"),
        ({"status": 200, "body": '{"code": true}'}, lpnb.UnexpectedResponse, "another type"),
        ({"patch": {"code": "MAYBE"}}, lpnb.RequestRefused, "refused to take"),
        ({"patch": {"reqId": "another"}}, lpnb.UnexpectedResponse, "another request"),
        ({"patch": {"body": []}}, lpnb.UnexpectedResponse, "body has another type"),
        ({"patch": {"body.relativePath": "//evil.test/x"}}, lpnb.UnexpectedResponse, "plain path"),
        ({"patch": {"body.relativePath": 7}}, lpnb.UnexpectedResponse, "another type"),
        ({"patch": {"body.queryParams.temp_url_sig": "x y"}}, lpnb.UnexpectedResponse, "malformed"),
        ({"patch": {"body.queryParams.temp_url_expires": "soon"}}, lpnb.UnexpectedResponse, "malf"),
        ({"body_bytes": 2_000_000}, lpnb.AnswerTooLong, "1,048,576 bytes"),
        ({"reset": True}, lpnb.ConnectionFailed, "broke off"),
        ({"close": True}, lpnb.ConnectionFailed, "broke off"),
    ],
    ids=str,
)
def test_an_answer_that_is_not_as_documented(
    session: lpnb.Session,
    sandbox: lpnb.Sandbox,
    conversation: Any,
    image: Any,
    do: dict[str, Any],
    kind: type[lpnb.LpnbError],
    words: str,
) -> None:
    """Whatever comes back, it is one of our errors, with the exchange, and nothing is followed."""
    sandbox.faults.add({"where": SEND, "when": "after", "do": do})

    refused(kind, words, lpnb.request_upload_url, session, image)

    assert [1] == [rule["fired"] for rule in sandbox.faults.report()]


@pytest.mark.parametrize("patch", [{"code": 200}, {"reqId": None}], ids=["dialect", "no reqId"])
def test_the_other_dialect(
    session: lpnb.Session, sandbox: lpnb.Sandbox, conversation: Any, image: Any, patch: Any
) -> None:
    """The WebSocket's integer 200 means yes as well; an answer without reqId is refused."""
    sandbox.faults.add({"where": SEND, "when": "after", "do": {"patch": patch}})

    if "code" in patch:
        assert "PUT" == lpnb.request_upload_url(session, image).method
    else:
        refused(lpnb.UnexpectedResponse, "reqId", lpnb.request_upload_url, session, image)


@pytest.mark.parametrize("at", ["head", "body"])
def test_an_answer_that_drips(
    session: lpnb.Session, sandbox: lpnb.Sandbox, conversation: Any, image: Any, at: str
) -> None:
    """The deadline is for the whole answer: one that drips for ever is given up in time."""
    session.deadline = 0.5
    drip = {"bytes": 1, "seconds": 0.05, "at": at}
    sandbox.faults.add({"where": SEND, "when": "after", "do": {"drip": drip}})

    error = refused(lpnb.DeadlineExceeded, "within 0.5 s", lpnb.request_upload_url, session, image)

    assert 0.4 < error.exchange.seconds < 5


def test_an_answer_that_comes_in_pieces_in_time(
    session: lpnb.Session, sandbox: lpnb.Sandbox, conversation: Any, image: Any
) -> None:
    """An answer in many small pieces is whole all the same."""
    drip = {"bytes": 40, "seconds": 0.001, "at": "head"}
    sandbox.faults.add({"where": SEND, "when": "after", "do": {"drip": drip}})

    assert "PUT" == lpnb.request_upload_url(session, image).method


def test_the_session_goes_on_after_an_error(
    session: lpnb.Session, sandbox: lpnb.Sandbox, conversation: Any, image: Any
) -> None:
    """After a broken connection the next call works, on a new one."""
    sandbox.faults.add({"where": SEND, "when": "after", "do": {"reset": True}, "times": 1})
    refused(lpnb.ConnectionFailed, "broke off", lpnb.request_upload_url, session, image)

    assert "PUT" == lpnb.request_upload_url(session, image).method


@pytest.mark.parametrize("name", ["answer-lost", "publish-lost"])
def test_a_publish_without_an_answer(
    session: lpnb.Session, sandbox: lpnb.Sandbox, conversation: Any, image: Any, name: str
) -> None:
    """Nobody can tell whether it was published: the error says to look before trying again."""
    stored = lpnb.upload_file(session, lpnb.request_upload_url(session, image), image)
    sandbox.faults.add(name)
    words = "may have been done all the same: look"

    refused(lpnb.ConnectionFailed, words, lpnb.publish_file, session, conversation, stored)


def test_too_large_for_storage(
    session: lpnb.Session, sandbox: lpnb.Sandbox, conversation: Any, image: Any
) -> None:
    """A 413 does not ask for the same bytes once more."""
    url = lpnb.request_upload_url(session, image)
    sandbox.faults.add("too-large")

    refused(lpnb.RequestRefused, "send a smaller picture", lpnb.upload_file, session, url, image)


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_an_unreachable_host(closed_port: int) -> None:
    """Where nothing answers, the error names the service and the host."""
    account = lpnb.Account("1", "i", "s3cret", domain_api=f"http://127.0.0.1:{closed_port}")
    session = lpnb.connect(account, policy=lpnb.ONCE)

    error = refused(
        lpnb.ConnectionFailed, f"127.0.0.1:{closed_port}: nothing", lpnb.find_domains, session
    )

    assert error.exchange.status is None


def test_a_host_that_does_not_exist() -> None:
    """A name that no one knows is said to be none."""
    account = lpnb.Account("1", "i", "s3cret", domain_api="https://no-such-host.invalid")

    session = lpnb.connect(account, policy=lpnb.ONCE)

    refused(lpnb.ConnectionFailed, "no such host", lpnb.find_domains, session)


def test_a_host_that_says_nothing() -> None:
    """A host that takes the call and never answers is given up at the deadline."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        account = lpnb.Account("1", "i", "s", domain_api=f"http://127.0.0.1:{port}")
        session = lpnb.connect(account, policy=lpnb.ONCE)
        session.deadline = 0.3

        refused(lpnb.DeadlineExceeded, "within 0.3 s", lpnb.find_domains, session)


def test_a_host_that_speaks_no_tls() -> None:
    """https to a host without it is refused, and not tried in the clear."""
    said: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def answer() -> None:
            caller, _ = plain.accept()
            with caller:
                said.append(caller.recv(65_536))
                caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        domain_api = f"https://127.0.0.1:{plain.getsockname()[1]}"
        account = lpnb.Account("1", "i", "s3cret-value", domain_api=domain_api)
        session = lpnb.connect(account, policy=lpnb.ONCE)

        refused(lpnb.ConnectionFailed, "no secure connection", lpnb.find_domains, session)
        thread.join()

    assert b"GET" not in said[0]


def test_a_host_that_falls_silent_in_the_middle() -> None:
    """What is left of the deadline counts, not a new one since the last byte."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            caller, _ = server.accept()
            with caller:
                caller.recv(65_536)
                done.wait(1.5)
                caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")
                done.wait(10)

        thread = threading.Thread(target=answer)
        thread.start()
        port = server.getsockname()[1]
        account = lpnb.Account("1", "i", "s", domain_api=f"http://127.0.0.1:{port}")
        session = lpnb.connect(account, policy=lpnb.ONCE)
        session.deadline = 2.0

        error = refused(lpnb.DeadlineExceeded, "within 2 s", lpnb.find_domains, session)
        done.set()
        thread.join()

    assert error.exchange.seconds < 3.0  # and not the 3.5 s of a deadline begun anew


@pytest.mark.parametrize(
    "line", [b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{", b""]
)
def test_a_host_that_speaks_no_http(line: bytes) -> None:
    """What is no HTTP at all ends in our error too."""
    with socket.create_server(("127.0.0.1", 0)) as odd:

        def answer() -> None:
            caller, _ = odd.accept()
            with caller:
                caller.recv(65_536)
                caller.sendall(line)

        thread = threading.Thread(target=answer)
        thread.start()
        port = odd.getsockname()[1]
        account = lpnb.Account("1", "i", "s", domain_api=f"http://127.0.0.1:{port}")
        session = lpnb.connect(account, policy=lpnb.ONCE)

        with pytest.raises(lpnb.LpnbError) as caught:
            lpnb.find_domains(session)
        thread.join()

    assert isinstance(caught.value, lpnb.ConnectionFailed | lpnb.UnexpectedResponse)
    assert caught.value.__context__ is None


# --- the errors themselves


def test_the_tree_is_drawn_as_it_is() -> None:
    """The docstring's tree names each error class once, at its depth."""
    drawn = [line for line in (errors.__doc__ or "").splitlines() if "──" in line]
    classes = {
        name: kind
        for name, kind in vars(errors).items()
        if inspect.isclass(kind) and issubclass(kind, lpnb.LpnbError)
    }
    shown = {line.split("── ")[1].split()[0]: line.index("──") // 4 for line in drawn}
    hidden = {errors.LpnbError, errors.ExchangeError}

    depths = {
        name: sum(one in classes.values() and one not in hidden for one in kind.__mro__)
        for name, kind in classes.items()
        if kind not in hidden
    }
    assert depths == shown


def test_every_error_is_public() -> None:
    """Each class of the tree can be caught by a name in `lpnb`."""
    names = {
        name
        for name, kind in vars(errors).items()
        if inspect.isclass(kind) and issubclass(kind, lpnb.LpnbError)
    }

    assert names - {"ExchangeError"} <= set(lpnb.__all__)


def test_the_exchange_shows_under_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """In IPython the refused request and its answer stand right below the usual traceback."""
    shell = InteractiveShell.instance()
    try:
        shell.run_cell(
            "import lpnb\n"
            "session = lpnb.connect()\n"
            "conversation = lpnb.create_conversation(session)\n"
            "lpnb.create_conversation(session)\n"
        )
    finally:
        InteractiveShell.clear_instance()

    shown = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    error, _, below = shown.partition("ConversationAlreadyOpen: ")
    assert "create_conversation(session)" in error
    assert "> POST http://127.0.0.1" in below
    assert "already has open conversation" in below


def test_bad_samples_are_refused_before_anything_is_sent() -> None:
    """The deliberately bad pictures raise no foreign error, and say what is wrong."""
    assert samples.bad.empty().findings
