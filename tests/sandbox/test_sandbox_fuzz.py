"""Odd JSON at every door: refused or accepted, never a mistake of the sandbox's own."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sandbox_client import envelope

WORDS = st.sampled_from([
    "kind", "req", "id", "type", "body", "event", "message", "ms.PublishEvent", "ContentEvent",
    "ms.GenerateURLForUploadFile", "ms.GenerateURLForDownloadFile", "cm.UpdateConversationField",
    "hosted/file", "text/plain", "contentType", "dialogId", "conversationId", "relativePath",
    "fileType", "fileSize", "preview", "caption", "PNG", "conversationField", "field", "dialog",
    "DialogChange", "CSATRate", "sequenceList", "status", "username", "password", "csrf",
    "ext_consumer_id", "brandId",
])  # fmt: skip
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=12,
)
DOORS = ("login?v=1.3", "logout", "consumer?v=1.0", "messaging/consumer/conversation?v=3")
fuzz = settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.parametrize("door", DOORS)
@given(body=ODD)
@fuzz
def test_odd_bodies(client, door, body):
    """Whatever JSON comes, each service refuses it in order."""
    answer = client.http.post(f"{client.account}/{door}", json=body, headers=tokens(client))

    assert answer.status_code in (400, 401)


@given(
    kind=st.sampled_from(
        [
            "ms.PublishEvent",
            "ms.GenerateURLForUploadFile",
            "ms.GenerateURLForDownloadFile",
            "cm.UpdateConversationField",
        ]
    ),
    body=st.dictionaries(WORDS, ODD, max_size=6),
)
@fuzz
def test_odd_requests(client, conversation, kind, body):
    """Whatever is in a request's body, send answers by its rules."""
    bodies = [body, {"dialogId": conversation, "event": body}, {"conversationId": conversation}]
    statuses = [
        client.http.post(
            f"{client.conversation_url}/send?v=3",
            json=envelope(kind, one),
            headers=tokens(client),
        ).status_code
        for one in bodies
    ]

    assert set(statuses) <= {200, 400}


def tokens(client):
    if not hasattr(client, "known"):
        client.known = client.tokens()
    return client.known
