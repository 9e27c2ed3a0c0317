"""States of the world that tests begin in; every message of every test is held to its schema."""

import importlib.util
import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import lpnb
from lpnb import samples
from lpnb.session import Session
from tests import wire_schemas

_SET_BY_PEOPLE = ("proxy", "PROXY", "LPNB_", "REQUESTS_CA", "CURL_CA", "SSL_CERT", "NETRC")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests don't depend on the proxies and accounts of whoever runs them."""
    for name in list(os.environ):
        if any(part in name for part in _SET_BY_PEOPLE) and name != "LPNB_REQUIRE_BROWSER":
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def held_to_schemas(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Hold each request, and each answer that no fault has touched, to the schemas."""
    send = Session.send
    strict = request.node.get_closest_marker("off_schema") is None

    def checked(self: Session, request: Any, before: Any = ()) -> Any:
        if strict:
            wire_schemas.check_request(request)
        reply = send(self, request, before)
        if self.sandbox is not None and not self.sandbox.faults.report():
            wire_schemas.check_reply(request, reply)
        return reply

    monkeypatch.setattr(Session, "send", checked)


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[lpnb.Sandbox]:
    with lpnb.Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: lpnb.Sandbox) -> lpnb.Sandbox:
    """A sandbox in which nothing has happened yet, with file sharing on."""
    running_sandbox.reset()
    running_sandbox.sharing = True
    return running_sandbox


@pytest.fixture(scope="session")
def running_swift() -> Iterator[lpnb.Sandbox]:
    reason = ""
    if sys.platform != "linux":
        reason = "a real Swift runs on Linux only"
    elif importlib.util.find_spec("swift") is None:
        reason = "OpenStack Swift is not installed: it comes with lpnb[dev]"
        if os.environ.get("LPNB_REQUIRE_BROWSER") == "1":
            pytest.fail(f"{reason}, and nothing may be skipped here")
    if reason:
        pytest.skip(reason)
    with lpnb.Sandbox(storage="swift") as sandbox:
        yield sandbox


@pytest.fixture
def swift_sandbox(running_swift: lpnb.Sandbox) -> lpnb.Sandbox:
    """A sandbox whose storage is a real OpenStack Swift, empty."""
    running_swift.reset()
    running_swift.sharing = True
    return running_swift


@pytest.fixture
def session(sandbox: lpnb.Sandbox) -> Iterator[lpnb.Session]:
    """A session that has sent nothing yet, and takes each step once: the bare protocol."""
    session = lpnb.connect(sandbox, policy=lpnb.ONCE)
    yield session
    session.close()


@pytest.fixture(scope="session")
def image() -> lpnb.ImageFile:
    """A picture that may be shared."""
    return samples.default()


@pytest.fixture
def conversation(session: lpnb.Session) -> Any:
    """An open conversation, with the tokens warm."""
    return lpnb.create_conversation(session)


@pytest.fixture
def upload_url(session: lpnb.Session, conversation: Any, image: lpnb.ImageFile) -> Any:
    """A temporary URL that takes the picture."""
    return lpnb.request_upload_url(session, image)


@pytest.fixture
def stored(session: lpnb.Session, upload_url: Any, image: lpnb.ImageFile) -> Any:
    """The picture in storage, not published yet."""
    return lpnb.upload_file(session, upload_url, image)
