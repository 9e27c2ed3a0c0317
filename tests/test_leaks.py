"""No secret in any text: planted and issued values, hunted in every channel and spelling."""

import base64
import dataclasses
import http.client
import json
import logging
import traceback
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

import lpnb
from lpnb import render

SEND = {"service": "asyncMessagingEnt", "type": "ms.GenerateURLForUploadFile"}


def spellings(secret: str) -> set[str]:
    """A secret raw, JSON-escaped, URL-encoded, in hex and in base64 at each alignment."""
    raw = secret.encode()
    aligned = (base64.b64encode(b"x" * i + raw).decode()[4:-4] for i in range(3))
    return {
        secret,
        json.dumps(secret)[1:-1],
        quote(secret, safe=""),
        quote_plus(secret),
        raw.hex(),
        *aligned,
    }


class Hunt:
    """The secrets of a session, and a look for them."""

    def __init__(self, session: lpnb.Session, *results: Any) -> None:
        tokens = session.tokens
        found: list[Any] = [session.account.client_secret, session.account.password]
        found += [tokens.app_jwt, tokens.consumer_jws]
        for result in results:
            values = [getattr(result, f.name) for f in dataclasses.fields(result)]
            found += [value for value in values if isinstance(value, lpnb.Secret)]
        self.secrets = [one.reveal() for one in found if one is not None]
        self.needles = {spelling for one in self.secrets for spelling in spellings(one)}

    def hits(self, text: str) -> list[str]:
        """Which needles are in *text*."""
        return [needle for needle in self.needles if needle in text]


@pytest.fixture
def everything(
    sandbox: lpnb.Sandbox, image: lpnb.ImageFile
) -> tuple[Hunt, lpnb.Session, list[Any]]:
    """Every result of the whole flow, and the hunt for its secrets."""
    sandbox.sharing = False
    session = lpnb.connect(sandbox)
    login = lpnb.log_in(session)
    results = [lpnb.find_domains(session), login, lpnb.enable_file_sharing(session, login)]
    results += [lpnb.get_app_token(session), lpnb.get_consumer_token(session)]
    conversation = lpnb.create_conversation(session)
    share = lpnb.share_file(session, conversation, image)
    fetch = lpnb.fetch_file(session, share)
    results += [conversation, share.url, share.stored, share.publication]
    results += [fetch.url, fetch.download, lpnb.close_conversation(session, conversation)]
    hunt = Hunt(session, *results)
    return hunt, session, [session, session.account, *results, share, fetch]


def test_the_hunt_finds_what_is_there(everything: Any) -> None:
    """The hunt knows all ten secrets of the flow, and finds a planted one in each spelling."""
    hunt = everything[0]

    assert 10 <= len(hunt.secrets)
    for secret in hunt.secrets:
        for text in (secret, json.dumps({"a": secret}), quote(secret, safe="")):
            assert hunt.hits(f"x{text}x")
        assert hunt.hits(base64.b64encode(f"user:{secret}".encode()).decode())


def inside(value: Any, name: str) -> Any:
    """An attribute, whatever it is; some of Python's own can't be read on a slotted class."""
    try:
        return getattr(value, name, None)
    except TypeError:
        return None


def texts(value: Any) -> Iterator[str]:
    """Every text that can be made of *value*."""
    yield from (repr(value), str(value), f"{value}", repr([value]), repr({"x": value}))
    yield repr([inside(value, name) for name in dir(value)])
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield repr(dataclasses.asdict(value))
        yield json.dumps(dataclasses.asdict(value), default=str)
    if hasattr(value, "card"):
        card = value.card()
        yield from (render.as_text(card), render.as_html(card), repr(card))
        yield json.dumps(value._repr_mimebundle_())
    for exchange in getattr(value, "exchanges", ()):
        yield from (exchange.as_text(), repr(exchange), str(exchange))
        yield repr(dataclasses.asdict(exchange))


def test_no_result_shows_a_secret(everything: Any) -> None:
    """No repr, dump, card or exchange of any result holds a secret in any spelling."""
    hunt, _, results = everything

    hits = {type(one).__name__: hunt.hits(text) for one in results for text in texts(one)}
    assert {name: [] for name in hits} == hits


def test_the_session_keeps_its_secrets_covered(everything: Any) -> None:
    """What hangs on a session, but for the live values in its cover, is covered too."""
    hunt, session, _ = everything

    shown = {name: value for name, value in vars(session).items() if name != "cover"}
    assert [] == hunt.hits(repr(shown) + repr(session.cover))


def test_no_log_line_has_a_secret(
    sandbox: lpnb.Sandbox,
    image: lpnb.ImageFile,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With every logger at DEBUG, and http.client's own printing on, nothing secret is said."""
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    with caplog.at_level(logging.DEBUG):
        session = lpnb.connect(sandbox)
        login = lpnb.log_in(session)
        lpnb.enable_file_sharing(session, login)
        share = lpnb.share_file(session, lpnb.create_conversation(session), image)
        fetch = lpnb.fetch_file(session, share)
    hunt = Hunt(session, login, share.url, fetch.url)

    assert "temp_url_expires" in caplog.text  # the lines are there, and covered
    assert [] == hunt.hits(caplog.text)
    assert [] == hunt.hits("".join(capfd.readouterr()))


ECHO = "<p>You sent {0} as {1}, password={2}, {3}"
FAULTS: dict[str, dict[str, Any]] = {
    "reset": {"reset": True},
    "close": {"close": True},
    "truncated": {"truncate": 40},
    "too long": {"body_bytes": 2_000_000},
    "refused": {"status": 401, "body": "{}"},
    "failed": {"status": 500, "body": ""},
    "redirected": {"status": 302, "headers": {"Location": "http://127.0.0.1:1/?t={0}"}},
    "no JSON": {"status": 200, "body": ECHO},
    "echoed": {"status": 400, "body": ECHO, "headers": {"X-Echo": "{0} {1}"}},
    "echoed in JSON": {
        "status": 400,
        "body": {"body": {"msg": ECHO}, "{0}": ["{1}", {"a": "{2}"}]},
    },
    "wrong shape": {"status": 200, "body": {"code": "OK", "reqId": "{0}", "body": {"x": "{1}"}}},
    "bad path": {"patch": {"body.relativePath": "//evil.test/{0}"}},
    "bad signature": {"patch": {"body.queryParams.temp_url_sig": "{0} "}},
    "code": {"patch": {"code": "{0}"}},
    "media type": {"status": 200, "body": "x", "headers": {"Content-Type": "text/plain; a={2}"}},
    "header's name": {"status": 400, "body": "", "headers": {"{2}": "x"}},
    "path": {"patch": {"body.relativePath": "/v1/AUTH_x/{2}/y"}},
    "bad end": {"patch": {"body.queryParams.temp_url_expires": "{0}"}},
}


def filled(value: Any, secrets: list[str]) -> Any:
    """Put the live *secrets* where the fault has places for them."""
    if isinstance(value, dict):
        return {filled(name, secrets): filled(one, secrets) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, secrets) for one in value]
    return value.format(*secrets) if isinstance(value, str) and "{0" in value + "{0" else value


@pytest.mark.parametrize("fault", FAULTS)
def test_no_error_shows_a_secret(
    session: lpnb.Session,
    sandbox: lpnb.Sandbox,
    conversation: Any,
    image: lpnb.ImageFile,
    fault: str,
) -> None:
    """Not even an answer that repeats our secrets gets them into an error, or its locals."""
    hunt = Hunt(session)
    tokens = (session.tokens.app_jwt, session.tokens.consumer_jws)
    live = [*tokens, session.account.password, session.account.client_secret]
    secrets = [one.reveal() for one in live if one is not None]
    sandbox.faults.add({"where": SEND, "when": "after", "do": filled(FAULTS[fault], secrets)})

    with pytest.raises(lpnb.LpnbError) as caught:
        lpnb.request_upload_url(session, image)
    error = caught.value

    ours = traceback.TracebackException.from_exception(error, capture_locals=True)
    ours.stack = traceback.StackSummary.from_list(
        frame for frame in ours.stack if "/lpnb/" in frame.filename
    )
    assert [] == hunt.hits("".join(ours.format()))
    assert [] == hunt.hits(reachable(error, 3))
    assert error.__cause__ is None
    assert error.__context__ is None


def reachable(value: Any, depth: int) -> str:
    """The texts of everything that can be reached from *value* in *depth* steps."""
    shown = [repr(value), str(value)]
    if depth:
        names = [n for n in dir(value) if not n.startswith("__") or n in ("__notes__", "__dict__")]
        found = [inside(value, name) for name in names]
        if isinstance(value, tuple | list):
            found += list(value)
        if isinstance(value, dict):
            found += [*value, *value.values()]
        shown += [reachable(one, depth - 1) for one in found if not callable(one)]
    return "\n".join(shown)


def test_no_result_repeats_a_secret(session: lpnb.Session, sandbox: lpnb.Sandbox) -> None:
    """An id or a revision that is one of our secrets gets into no result."""
    sandbox.sharing = False
    login = lpnb.log_in(session)
    consumer = lpnb.get_consumer_token(session).token.reveal()
    where = {"service": "asyncMessagingEnt"}
    patch = {"patch": {"1.body.conversationId": consumer}}
    sandbox.faults.add({"where": where, "when": "after", "do": patch})
    with pytest.raises(lpnb.UnexpectedResponse, match="repeats a secret"):
        lpnb.create_conversation(session)
    where = {"service": "accountConfigReadWrite", "type": "GET", "nth": 2}
    revision = {"headers": {"ac-revision": login.bearer.reveal()}}
    sandbox.faults.add({"where": where, "when": "after", "do": revision})

    sharing = lpnb.enable_file_sharing(session, login)

    assert [] == Hunt(session, login).hits("".join(texts(sharing)))


def test_a_connection_error_does_not_quote_the_url(
    session: lpnb.Session, sandbox: lpnb.Sandbox, upload_url: Any, image: lpnb.ImageFile
) -> None:
    """When storage is gone, the error has the path but not the signature."""
    session.domains["swift"] = "http://127.0.0.1:9"  # nothing listens on the discard port
    hunt = Hunt(session, upload_url)

    with pytest.raises(lpnb.ConnectionFailed) as caught:
        lpnb.upload_file(session, upload_url, image)

    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert upload_url.relative_path in "".join(caught.value.__notes__)
    assert [] == hunt.hits("".join(caught.value.__notes__) + str(caught.value))
    assert [] == hunt.hits("".join(line for line in shown.format() if "hunt" not in line))
