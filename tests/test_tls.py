"""TLS: a real account's hosts are believed only with a certificate that is trusted."""

import http.server
import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

import lpnb


class Silent(http.server.ThreadingHTTPServer):
    """A server that keeps a failed handshake to itself."""

    def handle_error(self, *_: Any) -> None: ...


@pytest.fixture
def serve() -> Iterator[Callable[[Any], tuple[str, list[str]]]]:
    """Serve the domain list over TLS with a certificate; gives the base URL and what was asked."""
    running: list[tuple[Silent, threading.Thread]] = []

    def start(certificate: Any) -> tuple[str, list[str]]:
        asked: list[str] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                body = json.dumps({"baseURIs": []}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None: ...

        server = Silent(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        running.append((server, thread))
        return f"https://127.0.0.1:{server.server_address[1]}", asked

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca(authority: trustme.CA, tmp_path: Path) -> Path:
    """The file of the authority that the account names."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


def test_a_named_authority_is_trusted(serve: Any, authority: trustme.CA, ca: Path) -> None:
    """With the authority's file as the account's ca, its server is asked over https."""
    url, asked = serve(authority.issue_cert("127.0.0.1"))
    session = lpnb.connect(lpnb.Account("1", "i", "s", domain_api=url, ca=ca))

    assert 0 == len(lpnb.find_domains(session))
    assert ["/api/account/1/service/baseURI.json?version=1.0"] == asked
    session.close()


@pytest.mark.parametrize("why", ["unknown authority", "no ca", "other host"])
def test_any_other_certificate_is_refused_before_anything_is_sent(
    serve: Any, authority: trustme.CA, ca: Path, why: str
) -> None:
    """An unknown authority, or a certificate for another host, gets not one byte of a request."""
    issuer = trustme.CA() if why == "unknown authority" else authority
    url, asked = serve(issuer.issue_cert("10.1.2.3" if why == "other host" else "127.0.0.1"))
    named = None if why == "no ca" else ca
    session = lpnb.connect(lpnb.Account("1", "i", "s", domain_api=url, ca=named))

    with pytest.raises(lpnb.ConnectionFailed, match="certificate is not trusted"):
        lpnb.find_domains(session)

    assert [] == asked
    session.close()


def test_a_real_account_s_way_ends_well_in_a_sandbox_that_speaks_tls() -> None:
    """With the ready line's base URL and authority, ``lpnb share --account env`` needs no more."""
    with lpnb.Sandbox(tls=True) as sandbox:
        environment = {
            "LPNB_ACCOUNT": sandbox.account,
            "LPNB_CLIENT_ID": sandbox.client_id,
            "LPNB_CLIENT_SECRET": sandbox.client_secret,
            "LPNB_DOMAIN_API": sandbox.domain_api_tls,
            "LPNB_CA": sandbox.ca,
        }
        done = subprocess.run(
            [sys.executable, "-m", "lpnb", "share", "--account", "env", "--json"],
            env=dict(os.environ) | environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
    report = json.loads(done.stdout)

    assert (0, True) == (done.returncode, report["identical"])
    assert {"https"} == {step["url"].partition(":")[0] for step in report["steps"]}
