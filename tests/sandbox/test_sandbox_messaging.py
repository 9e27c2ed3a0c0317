"""conversation and conversation/send against a live sandbox: envelopes, refusals, messages."""

import re

import pytest
from sandbox_client import envelope, schema, text

PROFILE = envelope("userprofile.SetUserProfile", {}, "1,")


def wish(client, **body):
    told = {"brandId": client.sandbox.account, "channelType": "MESSAGING"} | body
    return envelope("cm.ConsumerRequestConversation", told, 2)


def test_create(client):
    """A new conversation is answered item by item, ids echoed as strings."""
    body = [PROFILE, wish(client)]
    schema("conversation-create.request").validate(body)
    answer = client.create(json=body)

    schema("conversation-create.response").validate(answer.json())
    assert 200 == answer.status_code
    assert {
        "code": "OK",
        "body": {"msg": "OK User Profile set successfully"},
        "reqId": "1,",
    } == answer.json()[0]
    assert ["OK", "2"] == [answer.json()[1][name] for name in ("code", "reqId")]
    assert [answer.json()[1]["body"]["conversationId"]] == list(client.sandbox.conversations)
    assert "X-Sandbox-Guess" not in answer.headers


def test_second_open_conversation(client, conversation):
    """A second open conversation is a 400 whose body is still an array of two."""
    answer = client.create()
    first, second = answer.json()

    schema("conversation-create.response").validate(answer.json())
    assert [400, "OK", "BAD_REQUEST"] == [answer.status_code, first["code"], second["code"]]
    assert re.fullmatch(
        r"Consumer request conversation failed: User [0-9a-f]{64} already has open conversation\."
        r" Can't open another one\.",
        second["body"]["msg"],
    )


def test_already_open_status_is_switchable(client, conversation):
    """Whether that refusal comes as HTTP 400 or 200 can be chosen."""
    client.sandbox.guesses["already_open"] = 200

    assert 200 == client.create().status_code


def test_conversations_of_two_consumers(client, conversation):
    """Each consumer has an open conversation of their own."""
    assert 200 == client.create("Grace").status_code


def test_open_again_after_close(client, conversation):
    """Once the first is closed, a second conversation opens."""
    client.close(conversation)

    assert 200 == client.create().status_code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Authorization": None}, 40105),
        ({"Authorization": None, "X-LP-ON-BEHALF": None}, 40105),
        ({"Authorization": "Bearer {}"}, 40102),
        ({"Authorization": "{}x"}, 40102),
        ({"X-LP-ON-BEHALF": None}, 40104),
        ({"X-LP-ON-BEHALF": "Bearer {}"}, 40103),
        ({"X-LP-ON-BEHALF": "{}x"}, 40103),
    ],
    ids=str,
)
@pytest.mark.parametrize("act", ["create", "send"])
def test_token_refusals(client, conversation, change, code, act):
    """Each fault of the two tokens has its own errorCode, in the same 401 envelope."""
    headers = client.tokens()
    for name, value in change.items():
        headers[name] = value and value.format(headers[name])
    act = {
        "create": lambda: client.create(headers=headers),
        "send": lambda: client.close(conversation, headers=headers),
    }[act]
    answer = act()

    schema("auth-error.response").validate(answer.json())
    assert [401, code] == [answer.status_code, answer.json()["body"]["errorCode"]]
    assert ["resp", 401, ".ReqBody$ErrorResp"] == [
        answer.json()[name] for name in ("kind", "code", "type")
    ]


def test_expired_app_jwt(client, conversation):
    """An hour later the AppJWT is refused with 40102, and the ConsumerJWS is still good."""
    headers = client.tokens()
    client.sandbox.clock.advance(3600)
    stale = client.close(conversation, headers=headers)
    headers["Authorization"] = client.app_jwt()

    assert 40102 == stale.json()["body"]["errorCode"]
    assert 200 == client.close(conversation, headers=headers).status_code


def test_brand_id_is_required(client):
    """A missing brandId has the errorCode 40001."""
    answer = client.create(json=[PROFILE, envelope("cm.ConsumerRequestConversation", {})])

    schema("auth-error.response").validate(answer.json())
    assert [400, 40001] == [answer.status_code, answer.json()["body"]["errorCode"]]
    assert "brandId" in answer.headers["X-Sandbox-Guess"]


@pytest.mark.parametrize(
    "make",
    [
        lambda client: [],
        lambda client: [PROFILE],
        lambda client: [wish(client), PROFILE],
        lambda client: [PROFILE, PROFILE],
        lambda client: wish(client),
        lambda client: {},
        lambda client: None,
        lambda client: [PROFILE, wish(client), envelope("ms.PublishEvent", {})],
        lambda client: [PROFILE | {"kind": "resp"}, wish(client)],
        lambda client: [PROFILE | {"id": ""}, wish(client)],
        lambda client: [PROFILE | {"id": True}, wish(client)],
        lambda client: [PROFILE | {"body": None}, wish(client)],
        lambda client: [PROFILE, wish(client, brandId="87654321")],
        lambda client: [PROFILE, wish(client, channelType="VOICE")],
        lambda client: [PROFILE, wish(client, ttrDefName="SOON")],
    ],
)
def test_malformed_create(client, make):
    """A body that is not profile then wish, each well-formed, opens nothing."""
    answer = client.create(json=make(client))

    schema("send-error.response").validate(answer.json())
    assert [400, "Bad Request"] == [answer.status_code, answer.json()["body"]["msg"]]
    assert {} == client.sandbox.conversations


@pytest.mark.parametrize("content", [b"", b"{", b"null", b"\xff\xfe", b"[" * 100_000])
def test_body_that_is_no_json(client, content):
    """A body that can't be read is a Bad Request, not a dropped connection."""
    headers = client.tokens() | {"Content-Type": "application/json"}
    answer = client.send("", None, json=None, data=content, headers=headers)

    assert [400, "Bad Request"] == [answer.status_code, answer.json()["body"]["msg"]]


def test_other_content_type(client, conversation):
    """A body that is not declared as JSON is not read as JSON; that is a guess."""
    headers = client.tokens() | {"Content-Type": "text/plain"}
    answer = client.close(conversation, headers=headers)

    assert 400 == answer.status_code
    assert "Content-Type" in answer.headers["X-Sandbox-Guess"]
    assert "text/plain" in client.sandbox.journal[-1].warnings[0]


@pytest.mark.parametrize("query", [{}, {"v": "2"}, {"v": "3.0"}, {"version": "3"}])
def test_wrong_version(client, conversation, query):
    """Any v but 3 is a 404, which says so."""
    answer = client.close(conversation, params=query)

    assert 404 == answer.status_code
    assert [f"v is '{query.get('v', '')}', not 3"] == answer.json()["differences"]


def test_wrong_account(client):
    """A mistyped account is a 404 at the messaging endpoints."""
    client.conversation_url = client.conversation_url.replace(client.sandbox.account, "1")

    assert 404 == client.create().status_code


@pytest.mark.parametrize(
    ("identity", "echo"), [("a" * 64, "a" * 64), ("3", "3"), (3, "3"), (0, "0"), ("é 📎", "é 📎")]
)
def test_id_is_echoed(client, conversation, identity, echo):
    """The request's id comes back as a string."""
    body = {"dialogId": conversation, "event": text("hello")}
    answer = client.send("", None, json=envelope("ms.PublishEvent", body, identity))

    assert [200, echo] == [answer.status_code, answer.json()["reqId"]]


@pytest.mark.parametrize("identity", ["a" * 65, "", None, -1, 1.5, True, []])
def test_malformed_id(client, conversation, identity):
    """An id is a string of 1 to 64 characters or a whole number."""
    body = {"dialogId": conversation, "event": text("hello")}
    answer = client.send("", None, json=envelope("ms.PublishEvent", body, identity))

    assert [400, []] == [
        answer.status_code,
        client.sandbox.conversations[conversation].messages,
    ]


@pytest.mark.parametrize("kind", ["", "ms.Nothing", "cm.ConsumerRequestConversation"])
def test_unknown_type(client, kind):
    """A type that send does not know is a Bad Request with the id."""
    answer = client.send(kind, {})

    assert [400, "a-request"] == [answer.status_code, answer.json()["reqId"]]


def test_send_takes_no_array(client, conversation):
    """send takes one object, not an array of one."""
    body = {"dialogId": conversation, "event": text("hello")}

    assert 400 == client.send("", None, json=[envelope("ms.PublishEvent", body)]).status_code


def test_sequences(client, conversation):
    """Sequences begin at 0 and grow with every content and status event, not with typing."""
    status = {"type": "AcceptStatusEvent", "status": "READ", "sequenceList": [0]}
    typing = {"type": "ChatStateEvent", "chatState": "COMPOSING"}
    answers = [
        client.publish(conversation, event) for event in (text("one"), typing, status, text("two"))
    ]

    assert [0, None, 1, 2] == [one.json()["body"].get("sequence") for one in answers]
    messages = client.sandbox.conversations[conversation].messages
    assert [(0, "text/plain", "one"), (2, "text/plain", "two")] == [
        (one.sequence, one.type, one.text) for one in messages
    ]


@pytest.mark.parametrize(
    ("size", "status"), [(1, 200), (4999, 200), (5000, 200), (5001, 400), (0, 400)]
)
def test_text_limit(client, conversation, size, status):
    """A text has 1 to 5000 characters, however many bytes they take."""
    assert status == client.publish(conversation, text("é" * size)).status_code


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"type": "ContentEvent"},
        {"type": "ContentEvent", "contentType": "text/plain", "message": 1},
        {"type": "ContentEvent", "contentType": "HostedFile", "message": {}},
        {"type": "AcceptStatusEvent", "status": "SEEN", "sequenceList": [0]},
        {"type": "AcceptStatusEvent", "status": "READ", "sequenceList": []},
        {"type": "AcceptStatusEvent", "status": "READ", "sequenceList": [-1]},
        {"type": "AcceptStatusEvent", "status": "READ", "sequenceList": [True]},
        {"type": "ChatStateEvent", "chatState": "BORED"},
        {"type": "ChatStateEvent", "chatState": {}},
    ],
    ids=str,
)
def test_malformed_event(client, conversation, event):
    """An event of no known form is a Bad Request."""
    assert 400 == client.publish(conversation, event).status_code


def test_publish_needs_its_dialog(client, conversation):
    """A dialogId is required, known, and that of the conversation named beside it."""
    event = text("hello")
    bodies = [
        {"event": event},
        {"dialogId": "unknown", "event": event},
        {"dialogId": conversation, "conversationId": "another", "event": event},
        {"dialogId": [], "event": event},
    ]

    assert [400] * 4 == [client.send("ms.PublishEvent", body).status_code for body in bodies]


def test_conversation_of_another_consumer(client, conversation):
    """Another consumer's conversation is a 401."""
    answer = client.publish(conversation, text("hello"), consumer="Grace")

    schema("send-error.response").validate(answer.json())
    assert 401 == answer.status_code


def test_closed_conversation(client, conversation):
    """After close, publishing and closing are refused in LivePerson's words."""
    done = client.close(conversation)
    answers = [client.publish(conversation, text("late")), client.close(conversation)]

    assert [200, "OK Conversation resolved successfully"] == [
        done.status_code,
        done.json()["body"]["msg"],
    ]
    assert [(400, "Bad Request, Conversation is close")] * 2 == [
        (one.status_code, one.json()["body"]["msg"]) for one in answers
    ]
    assert "CLOSE" == client.sandbox.conversations[conversation].state


@pytest.mark.parametrize("shape", ["object", "array", "dialog"])
def test_ways_to_close(client, conversation, shape):
    """A close may be an object, an array, or the end of the main dialog."""
    state = {"field": "ConversationStateField", "conversationState": "CLOSE"}
    field = {
        "object": state,
        "array": [state],
        "dialog": {
            "field": "DialogChange",
            "type": "UPDATE",
            "dialog": {"dialogId": conversation, "state": "CLOSE", "closedCause": "done"},
        },
    }[shape]
    body = {"conversationId": conversation, "conversationField": field}
    schema("update-conversation-field.request").validate(
        envelope("cm.UpdateConversationField", body)
    )

    assert 200 == client.send("cm.UpdateConversationField", body).status_code
    assert "CLOSE" == client.sandbox.conversations[conversation].state


@pytest.mark.parametrize(("rate", "status"), [(0, 400), (1, 200), (5, 200), (6, 400), (True, 400)])
def test_rating(client, conversation, rate, status):
    """A rating is a whole number from 1 to 5, and closes nothing."""
    field = {
        "field": "CSATRate",
        "csatRate": rate,
        "csatResolutionConfirmation": True,
        "status": "FILLED",
    }
    body = {"conversationId": conversation, "conversationField": field}

    assert status == client.send("cm.UpdateConversationField", body).status_code
    assert "OPEN" == client.sandbox.conversations[conversation].state


@pytest.mark.parametrize("field", [None, [], {}, "CLOSE", {"field": "ConversationStateField"}])
def test_malformed_change(client, conversation, field):
    """A change that is none of the known three is a Bad Request."""
    body = {"conversationId": conversation, "conversationField": field}

    assert 400 == client.send("cm.UpdateConversationField", body).status_code


ALL_FEATURES = (
    '"CO_BROWSE","CO_APP","PHOTO_SHARING","SECURE_FORMS","AUTO_MESSAGES","RICH_CONTENT",'
    '"QUICK_REPLIES","MULTI_DIALOG"'
)
CLIENT = '{"type":".ClientProperties","features":["PHOTO_SHARING"]}'


@pytest.mark.parametrize(
    ("at_creation", "later", "warnings"),
    [
        (CLIENT, CLIENT, 0),
        (*2 * [CLIENT.replace('"PHOTO_SHARING"', ALL_FEATURES)], 0),
        (CLIENT, None, 0),
        (None, CLIENT, 1),
        (CLIENT, CLIENT.replace("PHOTO_SHARING", "AUTO_MESSAGES"), 1),
        ("{", "{", 1),
        (*2 * [CLIENT.replace("PHOTO_SHARING", "FILE_SHARING")], 1),
    ],
)
def test_client_properties(client, at_creation, later, warnings):
    """Client-Properties that are faulty or change are let pass and noted in the journal."""
    client.create(headers=client.tokens() | {"Client-Properties": at_creation})
    conversation = next(iter(client.sandbox.conversations))
    answer = client.publish(
        conversation, text("hi"), headers=client.tokens() | {"Client-Properties": later}
    )

    assert 200 == answer.status_code
    assert warnings == len(client.sandbox.journal[-1].warnings)


def test_client_properties_are_switchable(client):
    """The sandbox can be made to refuse faulty Client-Properties."""
    client.sandbox.guesses["client_properties"] = "refused"

    assert 400 == client.create(headers=client.tokens() | {"Client-Properties": "{"}).status_code
