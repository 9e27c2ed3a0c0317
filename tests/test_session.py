"""The session: what it takes from the surroundings, which is nothing, and what it keeps."""

import http.server
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import lpnb


class Witness:
    """A loopback server that should never be asked anything, and notes whatever it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(http.server.BaseHTTPRequestHandler):
            def do(self) -> None:
                asked.append(f"{self.command} {self.path} {dict(self.headers)}")
                self.send_response(200)
                self.end_headers()

            do_GET = do_POST = do_PUT = do_CONNECT = do  # noqa: N815

            def log_message(self, *_: Any) -> None: ...

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}
        )


@pytest.fixture
def witness() -> Iterator[Witness]:
    witness = Witness()
    witness.thread.start()
    yield witness
    witness.server.shutdown()
    witness.thread.join()
    witness.server.server_close()


def test_loopback_traffic_never_goes_to_a_proxy(
    sandbox: lpnb.Sandbox, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With every proxy variable set, the sandbox is asked directly."""
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, witness.url)

    lpnb.create_conversation(lpnb.connect(sandbox))

    assert [] == witness.asked


def test_a_real_account_goes_through_the_proxy_of_the_environment(
    witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a company's proxy a real host is asked through it."""
    monkeypatch.setenv("https_proxy", witness.url)
    account = lpnb.Account("1", "i", "s", domain_api="https://domains.invalid")
    session = lpnb.connect(account, policy=lpnb.ONCE)

    with pytest.raises(lpnb.ConnectionFailed):
        lpnb.find_domains(session)

    assert witness.asked
    assert witness.asked[0].startswith("CONNECT domains.invalid:443")


def test_no_proxy_is_heeded(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that the environment excepts is asked directly."""
    monkeypatch.setenv("https_proxy", witness.url)
    monkeypatch.setenv("no_proxy", "domains.invalid")
    account = lpnb.Account("1", "i", "s", domain_api="https://domains.invalid")
    session = lpnb.connect(account, policy=lpnb.ONCE)

    with pytest.raises(lpnb.ConnectionFailed):
        lpnb.find_domains(session)

    assert [] == witness.asked


def test_every_cookie_of_the_login_goes_to_the_logout(
    session: lpnb.Session, sandbox: lpnb.Sandbox
) -> None:
    """Of several cookies none is left behind."""
    two = "Session_id=one; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT, Other=two; HttpOnly"
    where = {"service": "agentVep", "type": "login"}
    sandbox.faults.add({"where": where, "when": "after", "do": {"headers": {"Set-Cookie": two}}})

    assert "Session_id=one; Other=two" == lpnb.log_in(session).cookie.reveal()


def test_a_netrc_file_replaces_no_token(
    sandbox: lpnb.Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials for the host in a netrc file do not push our tokens out."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))

    assert lpnb.create_conversation(lpnb.connect(sandbox)).id


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(
    session: lpnb.Session,
    sandbox: lpnb.Sandbox,
    conversation: Any,
    image: lpnb.ImageFile,
    witness: Witness,
    status: int,
) -> None:
    """Whatever the kind of redirect, its target is never asked, by messaging or by storage."""
    url = lpnb.request_upload_url(session, image)
    do = {"status": status, "headers": {"Location": witness.url + "/elsewhere"}}
    sandbox.faults.add({"when": "before", "do": do, "times": 2, "where": {}})

    with pytest.raises(lpnb.RedirectRefused):
        lpnb.upload_file(session, url, image)
    with pytest.raises(lpnb.RedirectRefused):
        lpnb.request_download_url(session, url.relative_path)

    assert [] == witness.asked


def test_cookies_are_not_kept(session: lpnb.Session) -> None:
    """A login's cookie goes to the logout alone, by name; no jar hands it on."""
    login = lpnb.log_in(session)

    assert "Cookie" not in dict(lpnb.get_app_token(session).exchange.sent_headers)
    assert "Cookie" in dict(lpnb.log_out(session, login).exchange.sent_headers)


def test_many_threads_share_one_session(session: lpnb.Session, image: lpnb.ImageFile) -> None:
    """Steps called at once from many threads get the tokens once, and each its own answer."""
    conversation = lpnb.create_conversation(session)
    with ThreadPoolExecutor(8) as pool:
        shares = list(pool.map(lambda _: lpnb.share_file(session, conversation, image), range(24)))

    assert 24 == len({share.relative_path for share in shares})
    assert list(range(24)) == sorted(share.publication.sequence or 0 for share in shares)


def test_cold_threads_ask_for_tokens_once(session: lpnb.Session, sandbox: lpnb.Sandbox) -> None:
    """Eight threads that all find no token ask for each token once."""
    path = "/v1/AUTH_async-images/12345678/x"

    def ask(_: int) -> None:
        with pytest.raises(lpnb.RequestRefused):
            lpnb.request_download_url(session, path)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))

    assert (1, 1) == (sandbox.requests["sentinel"], sandbox.requests["idp"])


def test_the_services_clock_counts(session: lpnb.Session, sandbox: lpnb.Sandbox) -> None:
    """Whatever our own clock says, time left is judged by the service's Date."""
    sandbox.clock.advance(-7200)
    lpnb.find_domains(session)

    assert abs(session.now() - (time.time() - 7200)) < 2


def test_a_sandbox_shows_itself(sandbox: lpnb.Sandbox) -> None:
    """A sandbox's card says where it is, and none of its invented secrets."""
    shown = str(sandbox._repr_mimebundle_())

    assert sandbox.domain_api in shown
    for secret in (sandbox.password, sandbox.client_secret, sandbox.storage_key):
        assert secret not in shown + repr(sandbox) + repr(sandbox.card())


def test_connect_starts_the_processes_own_sandbox_anew_when_it_was_stopped() -> None:
    """`connect` gives one sandbox again and again, and a new one once that was stopped."""
    first = lpnb.connect().sandbox
    again = lpnb.connect().sandbox
    first.stop()
    second = lpnb.connect()

    assert first is again
    assert first is not second.sandbox
    assert lpnb.find_domains(second)
