"""msgHist: an account finds its conversations by time, by id and by consumer."""

import re

import pytest
from sandbox_client import PNG, hosted_file, schema, text

MINUTE = 60_000
HISTORY = "messaging_history/api/account"


@pytest.fixture
def search(client):
    """A search as the logged-in user; gives the answer."""
    sandbox = client.sandbox
    login = client.http.post(
        f"{client.account}/login",
        json={"username": sandbox.username, "password": sandbox.password},
    ).json()
    headers = {"Authorization": f"Bearer {login['bearer']}"}

    def ask(where, body, headers=headers, **query):
        url = f"{sandbox.domain_api}/{HISTORY}/{sandbox.account}/conversations{where}/search"
        given = {"source": "lpnb_tests"} | query
        return client.http.post(url, json=body, headers=headers, params=given)

    return ask


def ids(answer):
    records = answer.json()["conversationHistoryRecords"]
    return [record["info"]["conversationId"] for record in records]


def now(client):
    return int(client.sandbox.clock.now() * 1000)


def around(client, minutes=1):
    return {"start": {"from": now(client) - minutes * MINUTE, "to": now(client) + MINUTE}}


def test_file_records(client, search, conversation):
    """Files of both sides are records with their path, and can be downloaded by it."""
    agent = client.sandbox.agent
    path = client.uploaded()
    preview = "data:image/png;base64,AAAA"
    client.publish(conversation, hosted_file(path, caption="é 📎", preview=preview))
    agent.accept(conversation)
    sent = agent.share(conversation, PNG + b"2", caption="a plan")
    answer = search("/conversation", {"conversationId": conversation})
    records = answer.json()["conversationHistoryRecords"][0]["messageRecords"]

    for record in records:
        schema("history-hosted-file.record").validate(record)
    assert "sample" in answer.headers["X-Sandbox-Guess"]
    assert [("Consumer", 0), ("Agent", sent.sequence)] == [
        (record["sentBy"], record["seq"]) for record in records
    ]
    told = {"caption": "é 📎", "relativePath": path, "fileType": "PNG", "preview": preview}
    assert told == records[0]["messageData"]["file"]
    fetched = [
        client.http.get(
            client.address(client.download_url(record["messageData"]["file"]["relativePath"]))
        )
        for record in records
    ]
    assert [PNG, PNG + b"2"] == [answer.content for answer in fetched]


def test_text_records_and_statuses(client, search, conversation):
    """Texts, and who accepted and read them, are told with ids and times."""
    client.sandbox.clock.freeze()
    client.sandbox.clock.set(1_472_483_659.564)
    headers = client.tokens()
    client.publish(conversation, text("hello"), headers=headers)
    client.sandbox.agent.accept(conversation)
    client.sandbox.clock.reset()
    answer = search("/conversation", {"conversationId": conversation})
    record = answer.json()["conversationHistoryRecords"][0]
    message, status = record["messageRecords"][0], record["messageStatuses"][0]

    assert message == message | {
        "type": "TEXT_PLAIN",
        "messageData": {"msg": {"text": "hello"}},
        "messageId": f"ms::conv:{conversation}::msg:0",
        "time": "2016-08-29 15:14:19.564+0000",
        "timeL": 1_472_483_659_564,
        "sentBy": "Consumer",
    }
    assert [message["messageId"], "ACCEPT", "Agent"] == [
        status[name] for name in ("messageId", "messageDeliveryStatus", "participantType")
    ]
    assert [client.sandbox.agent.id] == [one["agentId"] for one in record["agentParticipants"]]
    assert message["participantId"] == record["consumerParticipants"][0]["participantId"]


def test_open_and_closed(client, search, conversation):
    """An open conversation has no end yet; a closed one has, and who closed it."""
    other = client.open("Grace")
    client.sandbox.agent.accept(other)
    client.sandbox.agent.close(other)
    answer = search("/conversation", {"conversationIds": [conversation, other]})
    infos = [record["info"] for record in answer.json()["conversationHistoryRecords"]]

    assert [("OPEN", "undefined", -1, "IN_QUEUE"), ("CLOSE", "AGENT", True, "ACTIVE")] == [
        (
            info["status"],
            info["closeReason"],
            info["endTimeL"] if info["endTimeL"] < 0 else info["endTimeL"] >= info["startTimeL"],
            info["latestQueueState"],
        )
        for info in infos
    ]


def test_by_consumer(client, search):
    """A consumer's conversations are found by lp_consumer_id and status, the oldest first."""
    first = client.open()
    client.close(first)
    second = client.open()
    client.open("Grace")
    consumer = client.sandbox.conversations[first].consumer

    def found(*status):
        return ids(search("/consumer", {"consumer": consumer, "status": list(status)}))

    assert [[first, second], [second], [first]] == [
        found("OPEN", "CLOSE"),
        found("OPEN"),
        found("CLOSE"),
    ]
    assert [] == ids(search("/consumer", {"consumer": "nobody", "status": ["OPEN"]}))


def test_by_time(client, search):
    """A range finds what began in it, widened to whole ten minutes on both sides."""
    clock = client.sandbox.clock
    clock.freeze()
    clock.set(1_700_000_400)  # a whole ten minutes
    conversation = client.open()
    began = now(client)
    clock.reset()

    def found(first, last):
        return ids(
            search("", {"start": {"from": began + first * MINUTE, "to": began + last * MINUTE}})
        )

    assert [conversation] == found(0, 0)
    assert [conversation] == found(9, 9)  # from is rounded down
    assert [] == found(10, 20)
    assert [] == found(-30, -20)
    assert [conversation] == found(-20, -9)  # to is rounded up


def test_by_end(client, search, conversation):
    """A range of ends leaves out what is open, and accepts numbers as text."""
    body = around(client)
    body["end"] = {name: str(value) for name, value in body["start"].items()}
    before = ids(search("", body))
    client.close(conversation)

    assert [[], [conversation]] == [before, ids(search("", body))]


def test_pages(client, search):
    """Pages have the documented size, the count of all, and a link to the next."""
    opened = [client.open(f"consumer {number}") for number in range(7)]
    answer = search("", around(client), offset=2, limit=3).json()

    assert opened[2:5] == [
        one["info"]["conversationId"] for one in answer["conversationHistoryRecords"]
    ]
    assert 7 == answer["_metadata"]["count"]
    assert {"partialResult": False} == answer["_metadata"]["shardsStatusResult"]
    assert answer["_metadata"]["next"]["href"].startswith(client.sandbox.domain_api)
    assert answer["_metadata"]["next"]["href"].endswith("limit=3&offset=5")
    last = search("", around(client), offset=5).json()
    assert [opened[5:], "next" in last["_metadata"]] == [
        [one["info"]["conversationId"] for one in last["conversationHistoryRecords"]],
        False,
    ]


def test_order(client, search):
    """The newest come first if that is asked."""
    opened = []
    for number in range(3):
        client.sandbox.clock.advance(1)
        opened.append(client.open(f"consumer {number}"))

    assert opened[::-1] == ids(search("", around(client, 9), sort="start:desc"))
    assert opened == ids(search("", around(client, 9), sort="start:asc"))


def test_only_what_is_wanted(client, search, conversation):
    """contentToRetrieve leaves the other parts of a record out."""
    body = {"conversationId": conversation, "contentToRetrieve": ["messageRecords", "sdes"]}

    assert [{"info", "messageRecords"}] == [
        set(record) for record in search("/conversation", body).json()["conversationHistoryRecords"]
    ]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}, "app jwt"])
def test_authorisation(client, search, conversation, headers):
    """Only the bearer of a login is let in; an AppJWT is for the Connector."""
    if headers == "app jwt":
        headers = {"Authorization": f"Bearer {client.app_jwt()}"}
    answer = search("/conversation", {"conversationId": conversation}, headers=headers)

    schema("ac-error.response").validate(answer.json())
    assert 401 == answer.status_code


@pytest.mark.parametrize(
    ("where", "body", "query", "why"),
    [
        ("", {}, {}, "start has no from and to"),
        ("", {"start": {"from": 1}}, {}, "start has no from and to"),
        ("", {"start": {"from": "now", "to": 2}}, {}, "'now' is no number"),
        ("", {"start": {"from": 1, "to": "9" * 400}}, {}, "is no number"),
        ("", {"start": {"from": 0, "to": 93 * 86_400_000}}, {}, "longer range"),
        ("", {"start": {"from": 0, "to": 1}, "status": ["DONE"]}, {}, "status"),
        ("", {"start": {"from": 0, "to": 1}, "status": "OPEN"}, {}, "status"),
        ("", {"start": {"from": 0, "to": 1}, "status": [{}]}, {}, "status"),
        ("", {"start": {"from": 0, "to": 1}, "end": {}}, {}, "end has no from and to"),
        ("", {"start": {"from": 0, "to": 1}}, {"limit": "101"}, "limit is 101"),
        ("", {"start": {"from": 0, "to": 1}}, {"limit": "-1"}, "no number"),
        ("", {"start": {"from": 0, "to": 1}}, {"offset": "x"}, "no number"),
        ("", {"start": {"from": 0, "to": 1}}, {"sort": "start"}, "sort"),
        ("/conversation", {}, {}, "conversationId"),
        ("/conversation", {"conversationIds": [1]}, {}, "conversationId"),
        ("/conversation", {"conversationIds": ["x"] * 101}, {}, "101 ids"),
        ("/consumer", {"consumer": "x"}, {}, "status is missing"),
        ("/consumer", {"status": ["OPEN"]}, {}, "consumer"),
        ("/consumer", [], {}, "JSON object"),
    ],
)
def test_faulty_searches(client, search, where, body, query, why):
    """A search that breaks a documented rule is refused, in a guessed form that says why."""
    answer = search(where, body, **query)

    schema("ac-error.response").validate(answer.json())
    assert 400 == answer.status_code
    assert re.search(why, answer.json()["error"]["message"])
    assert "not documented" in answer.headers["X-Sandbox-Guess"]


def test_odd_values_are_borne(client, search, conversation):
    """Values that no page describes make no mistake of the sandbox's."""
    body = {"conversationId": conversation, "contentToRetrieve": [{}, 1], "\ud800": 1}
    odd = [search("/conversation", body), search("", around(client) | {"keyword": "x"})]

    assert [200, 200] == [answer.status_code for answer in odd]
    assert "'keyword' is not stood in for" in client.sandbox.journal[-1].warnings[0]


def test_source_is_asked_for(client, search, conversation):
    """A missing or long source is noted, and refused if the switch says so."""
    body = {"conversationId": conversation}
    noted = search("/conversation", body, source="x" * 21)
    warnings = client.sandbox.journal[-1].warnings
    client.sandbox.guesses["history_source"] = "refused"
    refused = search("/conversation", body, source="")

    assert [200, 400] == [noted.status_code, refused.status_code]
    assert "source" in warnings[0]


@pytest.mark.parametrize(("version", "status"), [("1", 200), ("2", 200), ("3", 404)])
def test_version(search, conversation, version, status):
    """v is 1 or 2, or left out."""
    assert (
        status == search("/conversation", {"conversationId": conversation}, v=version).status_code
    )
