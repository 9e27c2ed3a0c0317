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


@pytest.mark.parametrize(("skill", "told"), [("12", "12"), (12, "12"), (-1, "-1")])
def test_skill_and_urgency(client, skill, told):
    """What is wished for at creation is known of the conversation."""
    client.create(json=[PROFILE, wish(client, skillId=skill, ttrDefName="URGENT")])
    (conversation,) = client.sandbox.conversations.values()

    assert (told, "URGENT") == (conversation.skill, conversation.ttr)


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


def warned(client):
    return " ".join(client.sandbox.journal[-1].warnings)


CREATE_FAULTS = {
    "no array of two": lambda client: [PROFILE],
    "the types are not": lambda client: [wish(client), PROFILE],
    "brandId is '87654321'": lambda client: [PROFILE, wish(client, brandId="87654321")],
    "channelType is 'VOICE'": lambda client: [PROFILE, wish(client, channelType="VOICE")],
    "ttrDefName is 'SOON'": lambda client: [PROFILE, wish(client, ttrDefName="SOON")],
    "skillId is 'sales'": lambda client: [PROFILE, wish(client, skillId="sales")],
    "skillId is None": lambda client: [PROFILE, wish(client, skillId=None)],
}


@pytest.mark.parametrize("why", CREATE_FAULTS)
def test_journal_says_why_nothing_was_created(client, why):
    """The bare Bad Request on the wire is explained in the journal, by the name of the field."""
    answer = client.create(json=CREATE_FAULTS[why](client))

    assert [400, "Bad Request"] == [answer.status_code, answer.json()["body"]["msg"]]
    assert why in warned(client)


SEND_FAULTS = {
    "the type 'ms.Nothing'": ("ms.Nothing", {}),
    "fileSize is no number": ("ms.GenerateURLForUploadFile", {"fileType": "PNG"}),
    "fileType is missing": ("ms.GenerateURLForUploadFile", {"fileSize": "1"}),
    "fileType is 'png', not one of JPG": (
        "ms.GenerateURLForUploadFile",
        {"fileSize": "1", "fileType": "png"},
    ),
    "fileSize is 9999999, 3,145,728 bytes": (
        "ms.GenerateURLForUploadFile",
        {"fileSize": "9999999", "fileType": "PNG"},
    ),
    "fileSize is 0": ("ms.GenerateURLForUploadFile", {"fileSize": 0, "fileType": "PNG"}),
    "relativePath is missing": ("ms.GenerateURLForDownloadFile", {}),
    "relativePath was never shared": (
        "ms.GenerateURLForDownloadFile",
        {"relativePath": "/v1/AUTH_async-images/12345678/x.PNG"},
    ),
    "the id of the conversation is missing": ("cm.UpdateConversationField", {}),
    "no conversation has the id 'x'": ("cm.UpdateConversationField", {"conversationId": "x"}),
    "event is missing": ("ms.PublishEvent", {"dialogId": "x"}),
    "conversationId is not dialogId": (
        "ms.PublishEvent",
        {"dialogId": "x", "conversationId": "y", "event": {}},
    ),
}


@pytest.mark.parametrize("why", SEND_FAULTS)
def test_journal_says_why_nothing_was_done(client, conversation, why):
    """So it is with every refusal of send, while the wire stays as terse as the service's."""
    answer = client.send(*SEND_FAULTS[why])

    assert [400, "Bad Request"] == [answer.status_code, answer.json()["body"]["msg"]]
    assert why in warned(client)


EVENT_FAULTS = {
    "event.message is empty": text(""),
    "event.message has 5,001 characters, 5,000": text("x" * 5001),
    "event.type 'ContentEvent' with contentType 'HostedFile'": {
        "type": "ContentEvent",
        "contentType": "HostedFile",
        "message": {},
    },
    "event.status is 'SEEN'": {"type": "AcceptStatusEvent", "status": "SEEN", "sequenceList": [0]},
    "event.sequenceList is empty": {
        "type": "AcceptStatusEvent",
        "status": "READ",
        "sequenceList": [],
    },
    "event.chatState is 'BORED'": {"type": "ChatStateEvent", "chatState": "BORED"},
    "event.message.relativePath names no object": {
        "type": "ContentEvent",
        "contentType": "hosted/file",
        "message": {},
    },
}


@pytest.mark.parametrize("why", EVENT_FAULTS)
def test_journal_says_why_nothing_was_published(client, conversation, why):
    """And with every malformed event."""
    answer = client.publish(conversation, EVENT_FAULTS[why])

    assert [400, "Bad Request"] == [answer.status_code, answer.json()["body"]["msg"]]
    assert why in warned(client)


def test_journal_keeps_a_reason_short(client, conversation):
    """A huge value is cut where the journal names it."""
    client.send("x" * 100_000, {})

    assert len(warned(client)) < 100


@pytest.mark.parametrize(
    ("metadata", "status"),
    [([{"type": "ExternalId", "id": "1"}], 200), ([], 200), ({}, 400), ([1], 400)],
)
@pytest.mark.parametrize("kind", ["publish", "close", "upload"])
def test_metadata(client, conversation, metadata, status, kind):
    """Each request may bring metadata, an array of objects."""
    kinds = {
        "publish": ("ms.PublishEvent", {"dialogId": conversation, "event": text("hello")}),
        "close": ("cm.UpdateConversationField", closing(conversation)),
        "upload": ("ms.GenerateURLForUploadFile", {"fileSize": 1, "fileType": "PNG"}),
    }
    client.strict = kind != "upload"  # its schema is that of what to send: fileSize as a string
    request = envelope(*kinds[kind]) | {"metadata": metadata}

    assert status == client.send("", None, json=request).status_code


def closing(conversation):
    state = {"field": "ConversationStateField", "conversationState": "CLOSE"}
    return {"conversationId": conversation, "conversationField": state}


def test_an_array_of_changes(client, conversation):
    """An array may rate and close at once; one bad item and nothing happens."""
    rating = {
        "field": "CSATRate",
        "csatRate": 4,
        "csatResolutionConfirmation": False,
        "status": "PARTIALLY_FILLED",
    }
    state = closing(conversation)["conversationField"]
    body = {"conversationId": conversation, "conversationField": [rating, state]}
    bad = body | {"conversationField": [rating, {"field": "CSATRate"}]}
    first = client.send("cm.UpdateConversationField", bad)
    untouched = client.sandbox.conversations[conversation].csat
    second = client.send("cm.UpdateConversationField", body)

    assert [400, None, 200] == [first.status_code, untouched, second.status_code]
    closed = client.sandbox.conversations[conversation]
    assert ("CLOSE", "CONSUMER", rating) == (closed.state, closed.closed_by, closed.csat)


def test_changes_after_close_are_a_guess(client, conversation):
    """A closed conversation refuses a second close, which is a guess; a switch lets it pass."""
    client.close(conversation)
    refused = client.close(conversation)
    client.sandbox.guesses["change_after_close"] = "accepted"
    closed = client.sandbox.conversations[conversation].closed
    accepted = client.close(conversation)

    assert [400, 200] == [refused.status_code, accepted.status_code]
    for answer in (refused, accepted):
        assert "closed conversation takes a change" in answer.headers["X-Sandbox-Guess"]
    assert closed == client.sandbox.conversations[conversation].closed


def test_the_answer_to_a_rating_is_a_guess(client, conversation):
    """Only the words that answer a close are documented."""
    field = {
        "field": "CSATRate",
        "csatRate": 5,
        "csatResolutionConfirmation": True,
        "status": "FILLED",
    }
    body = {"conversationId": conversation, "conversationField": field}
    rated, closed = client.send("cm.UpdateConversationField", body), client.close(conversation)

    assert "rating" in rated.headers["X-Sandbox-Guess"]
    assert "X-Sandbox-Guess" not in closed.headers


def test_what_is_kept_of_an_event(client, conversation):
    """An event is kept in its parts, and its text only once."""
    status = {"type": "AcceptStatusEvent", "status": "NACK", "sequenceList": [3, 4]}
    for event in (text("once"), status):
        client.publish(conversation, event)
    said, nack = client.sandbox.conversations[conversation].events
    parts = [getattr(said, name) for name in said.__slots__]

    assert 1 == sum("once" in str(part) for part in parts)
    assert ("NACK", (3, 4), "CONSUMER") == (nack.status, nack.sequences, nack.role)


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


@pytest.mark.parametrize(
    ("code", "change", "words"),
    [
        (40102, {"Authorization": "x"}, ("Invalid AppJWT", "AppJWT has expired or is invalid")),
        (40103, {"X-LP-ON-BEHALF": "x"}, ("Invalid ConsumerJWS", "ConsumerJWS is invalid")),
        (
            40104,
            {"X-LP-ON-BEHALF": None},
            ("ConsumerJWS is missing", "X_ON_BEHALF_HEADER is not present"),
        ),
        (
            40105,
            {"Authorization": None},
            ("AppJWT is missing", "AUTHORIZATION header is not present"),
        ),
        (40001, {}, ("Missing parameter", "Brand Id is missing")),
    ],
)
def test_the_words_of_the_five_refusals(client, code, change, words):
    """Title and details are those of LivePerson's error codes page."""
    headers = {name: v for name, v in (client.tokens() | change).items() if v}
    body = [
        envelope("userprofile.SetUserProfile", {}),
        envelope("cm.ConsumerRequestConversation", {}),
    ]
    refusal = client.create(headers=headers, json=body).json()["body"]

    assert (code, *words) == (refusal["errorCode"], refusal["title"], refusal["details"])
