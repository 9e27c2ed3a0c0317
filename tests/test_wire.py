"""The wire: each call as the documentation has it, seen just before it leaves."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import lpnb
from lpnb.transport import DeadlineAdapter
from lpnb.wire import storage_path

BASE = "/api/account/12345678"
MESSAGING = f"{BASE}/messaging/consumer/conversation"
PROPERTY = f"{BASE}/configuration/setting/properties/messaging.file.sharing.enabled"


@dataclass
class Sent:
    """One request as it went to the socket."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> list[Sent]:
    """What leaves through the adapter, in order."""
    sent: list[Sent] = []
    send = DeadlineAdapter.send

    def noting(self: Any, request: Any, **kwargs: Any) -> Any:
        path, _, query = request.path_url.partition("?")
        sent.append(
            Sent(request.method, path, parse_qs(query), dict(request.headers), request.body or b"")
        )
        return send(self, request, **kwargs)

    monkeypatch.setattr(DeadlineAdapter, "send", noting)
    return sent


@pytest.fixture
def flow(
    wire: list[Sent], sandbox: lpnb.Sandbox, image: lpnb.ImageFile
) -> tuple[list[Sent], lpnb.Session]:
    """All seven steps, and what they sent."""
    sandbox.sharing = False
    session = lpnb.connect(sandbox)
    lpnb.enable_file_sharing(session, lpnb.log_in(session))
    conversation = lpnb.create_conversation(session)
    share = lpnb.share_file(session, conversation, image, caption="Ein Päckchen 📦")
    lpnb.fetch_file(session, share)
    lpnb.close_conversation(session, conversation)
    return wire, session


def test_the_calls_are_the_documented_ones(flow: tuple[list[Sent], lpnb.Session]) -> None:
    """Methods, paths and versions are the documented ones, in the documented order, no more."""
    calls = [(one.method, one.path, one.query) for one in flow[0]]
    stored = calls[10][1]

    v3 = {"v": ["3"]}
    signed = {"temp_url_sig", "temp_url_expires"}
    assert [
        ("GET", f"{BASE}/service/baseURI.json", {"version": ["1.0"]}),
        ("POST", f"{BASE}/login", {"v": ["1.3"]}),
        ("GET", PROPERTY, {"v": ["3.0"]}),
        ("PUT", PROPERTY, {"v": ["3.0"]}),
        ("GET", PROPERTY, {"v": ["3.0"]}),
        ("POST", f"{BASE}/logout", {}),
        (
            "POST",
            f"/sentinel{BASE}/app/token",
            {"v": ["1.0"], "grant_type": ["client_credentials"]},
        ),
        ("POST", f"{BASE}/consumer", {"v": ["1.0"]}),
        ("POST", MESSAGING, v3),
        ("POST", f"{MESSAGING}/send", v3),
    ] == calls[:10]
    assert ("PUT", signed) == (calls[10][0], set(calls[10][2]))
    assert [("POST", f"{MESSAGING}/send", v3)] * 2 == calls[11:13]
    assert ("GET", stored, signed) == (*calls[13][:2], set(calls[13][2]))
    assert ("POST", f"{MESSAGING}/send", v3) == calls[14]
    assert 15 == len(calls)


def test_storage_gets_no_token_and_one_slash(flow: tuple[list[Sent], lpnb.Session]) -> None:
    """To storage go the type and the bytes alone, under a path with one leading slash."""
    put, get = flow[0][10], flow[0][13]

    ours = {"Authorization", "X-LP-ON-BEHALF", "Client-Properties", "Cookie"}
    assert set() == ours & (set(put.headers) | set(get.headers))
    assert "image/jpeg" == put.headers["Content-Type"]
    assert put.path.startswith("/v1/AUTH_async-images/12345678/")


def test_each_service_gets_its_kind_of_authorization(
    flow: tuple[list[Sent], lpnb.Session],
) -> None:
    """Settings take “Bearer”, idp and messaging the bare AppJWT, the others nothing."""
    sent, session = flow
    app, consumer = session.tokens.app_jwt, session.tokens.consumer_jws
    assert app is not None
    assert consumer is not None
    messages = [sent[i] for i in (8, 9, 11, 12, 14)]

    assert all(one.headers["Authorization"].startswith("Bearer ") for one in sent[2:5])
    assert app.reveal() == sent[7].headers["Authorization"]
    assert {app.reveal()} == {one.headers["Authorization"] for one in messages}
    assert {consumer.reveal()} == {one.headers["X-LP-ON-BEHALF"] for one in messages}
    assert ['{"type": ".ClientProperties", "features": ["PHOTO_SHARING"]}'] == list(
        {one.headers["Client-Properties"] for one in messages}
    )
    assert not any("Authorization" in sent[i].headers for i in (0, 1, 5, 6))


def test_credentials_go_in_bodies(
    flow: tuple[list[Sent], lpnb.Session], sandbox: lpnb.Sandbox
) -> None:
    """Password and client secret are in the bodies, and in no query string."""
    sent = flow[0]
    form = parse_qs(sent[6].body.decode())

    assert {"username": sandbox.username, "password": sandbox.password} == sent[1].json
    assert {"client_id": [sandbox.client_id], "client_secret": [sandbox.client_secret]} == form
    assert not any(sandbox.client_secret in str(one.query) for one in sent)
    assert sent[5].headers["Cookie"].startswith("Session_id=")


def test_the_setting_is_written_on_a_condition(flow: tuple[list[Sent], lpnb.Session]) -> None:
    """The write names the revision that was read, and echoes the setting's type."""
    written = flow[0][3]

    assert written.headers["If-Match"].isdigit()
    assert {
        "id": "messaging.file.sharing.enabled",
        "type": 2,
        "propertyValue": {"value": "true"},
        "deleted": "false",
    } == written.json


def test_bodies_are_arrays_and_objects_where_documented(
    flow: tuple[list[Sent], lpnb.Session], image: lpnb.ImageFile
) -> None:
    """Creating takes an array with the profile first, every other message one object."""
    sent = flow[0]
    create, upload, publish, download, close = (sent[i].json for i in (8, 9, 11, 12, 14))
    path = sent[10].path

    assert ["userprofile.SetUserProfile", "cm.ConsumerRequestConversation"] == [
        item["type"] for item in create
    ]
    assert {"brandId": "12345678", "channelType": "MESSAGING"} == create[1]["body"]
    assert {"fileSize": str(image.size), "fileType": "JPEG"} == upload["body"]
    message = publish["body"]["event"]["message"]
    assert ("Ein Päckchen 📦", path, "JPEG") == (
        message["caption"],
        message["relativePath"],
        message["fileType"],
    )
    assert publish["body"]["dialogId"] == publish["body"]["conversationId"]
    assert len(message["preview"]) < 30_000
    assert {"relativePath": path} == download["body"]
    assert {
        "field": "ConversationStateField",
        "conversationState": "CLOSE",
    } == close["body"]["conversationField"]


def test_ids_are_unique_strings(flow: tuple[list[Sent], lpnb.Session]) -> None:
    """No two requests of the messaging service share an id."""
    sent = flow[0]
    items = [*sent[8].json, *(sent[i].json for i in (9, 11, 12, 14))]

    assert 6 == len({item["id"] for item in items})
    assert all(1 <= len(item["id"]) <= 64 for item in items)


def test_client_properties_can_be_left_out(wire: list[Sent], session: lpnb.Session) -> None:
    """Without features the header is on no call."""
    session.features = ()
    lpnb.create_conversation(session)

    assert not any("Client-Properties" in one.headers for one in wire)


def test_the_flow_takes_one_connection_and_no_other_request(
    sandbox: lpnb.Sandbox, image: lpnb.ImageFile
) -> None:
    """Counted at the server: one connection, and seven requests once the tokens are warm."""
    session = lpnb.connect(sandbox)
    lpnb.get_consumer_token(session)
    before, connections = len(sandbox.journal), sandbox.connections

    conversation = lpnb.create_conversation(session)
    lpnb.fetch_file(session, lpnb.share_file(session, conversation, image))
    lpnb.close_conversation(session, conversation)

    asked = [(one.service, one.type) for one in sandbox.journal[before:]]
    assert [
        ("asyncMessagingEnt", "cm.ConsumerRequestConversation"),
        ("asyncMessagingEnt", "ms.GenerateURLForUploadFile"),
        ("swift", "PUT"),
        ("asyncMessagingEnt", "ms.PublishEvent"),
        ("asyncMessagingEnt", "ms.GenerateURLForDownloadFile"),
        ("swift", "GET"),
        ("asyncMessagingEnt", "cm.UpdateConversationField"),
    ] == asked
    assert connections == sandbox.connections
    assert 1 == len({one.connection for one in sandbox.journal})
    assert not any(one.leaked_token for one in sandbox.journal)


def test_the_bytes_arrive_as_they_are(
    session: lpnb.Session, sandbox: lpnb.Sandbox, stored: Any, image: lpnb.ImageFile
) -> None:
    """Storage has the very bytes, under their own type, and its ETag is their MD5."""
    kept = sandbox.objects[stored.relative_path]

    assert image.content == kept.content
    assert hashlib.md5(image.content).hexdigest() == kept.etag == stored.etag  # noqa: S324
    assert stored.verified is True


HOSTILE = [
    "v1/AUTH_x/a/b",
    "//evil.test/v1/AUTH_x/a",
    "//v1/AUTH_x/a/b",
    "@evil.test/v1/a/b",
    ":80@evil.test/v1/a",
    ".evil.test/v1/a/b",
    "https://evil.test/v1/a/b",
    "/v1/AUTH_x/../../admin",
    "/v1/AUTH_x/%2e%2e/b",
    "/v1/AUTH_x/a%2Fb/c",
    "/v1/AUTH_x/./b",
    "/v1/AUTH_x//b",
    "/v1/AUTH_x/a/",
    "/v1/AUTH_x/a/b?temp_url_sig=evil",
    "/v1/AUTH_x/a/b#c",
    "/v1/AUTH_x/a\\b",
    "/v1/AUTH_x/a/b\r\nX: y",
    "/v1/AUTH_x/a/b\n",
    "/v1/AUTH_x/a/é",
    "/v1/AUTH_x/a/" + "b" * 1024,
    "/v2/AUTH_x/a/b",
    "",
]


@pytest.mark.parametrize("path", HOSTILE)
def test_a_path_that_leads_elsewhere_is_refused(path: str) -> None:
    """No path from outside changes the host, climbs, or brings a query of its own."""
    assert storage_path(path) is None


@given(st.one_of(st.text(max_size=60), st.from_regex(r"/v1/[\x00-\x7f]{1,40}", fullmatch=True)))
@example("/v1/AUTH_async-images/12345678/ab_uuid_1_01-02-2024_03-04-05-678.PNG")
def test_an_accepted_path_stays_on_its_host(path: str) -> None:
    """Whatever path is accepted, the finished URL has the configured host and that very path."""
    if storage_path(path) is not None:
        url = urlsplit(f"https://storage.test{path}?temp_url_sig=x")

        assert ("storage.test", path, "temp_url_sig=x") == (url.netloc, url.path, url.query)
