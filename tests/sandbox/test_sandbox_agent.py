"""The other party: what an agent does is seen by the consumer, and follows the rules."""

import base64
import dataclasses
from types import SimpleNamespace

import pytest
from sandbox_client import PNG, Client, hosted_file, text

from lpnb.sandbox import Sandbox

PREVIEW = "data:image/png;base64," + base64.b64encode(b"small").decode()
SHARING = "messaging.agent.file.sharing.enabled"


@pytest.fixture
def agent(sandbox):
    """The sandbox's agent."""
    return sandbox.agent


@pytest.fixture
def accepted(agent, conversation):
    """An open conversation that the agent has accepted."""
    agent.accept(conversation)
    return conversation


def told(event):
    return event.sequence, event.type, event.role


def test_acts_take_numbers_in_the_conversation(client, agent, conversation):
    """Accepting, reading, saying and sharing take numbers among the consumer's; typing has none."""
    client.publish(conversation, text("hello"))
    agent.accept(conversation)
    typing = agent.type(conversation)
    events = [
        agent.read(conversation),
        agent.say(conversation, "hi"),
        agent.share(conversation, PNG),
    ]
    last = client.publish(conversation, text("bye"))

    assert (None, "ChatStateEvent", "COMPOSING") == (typing.sequence, typing.type, typing.status)
    assert [
        (0, "text/plain", "CONSUMER"),
        (1, "AcceptStatusEvent", "ASSIGNED_AGENT"),
        (None, "ChatStateEvent", "ASSIGNED_AGENT"),
        (2, "AcceptStatusEvent", "ASSIGNED_AGENT"),
        (3, "text/plain", "ASSIGNED_AGENT"),
        (4, "hosted/file", "ASSIGNED_AGENT"),
        (5, "text/plain", "CONSUMER"),
    ] == [told(event) for event in agent_events(client, conversation)]
    assert events == agent_events(client, conversation)[3:6]
    assert {agent.id} == {event.originator for event in (typing, *events)}
    assert 5 == last.json()["body"]["sequence"]


def agent_events(client, conversation):
    return client.sandbox.conversations[conversation].events


def test_accept_and_read_name_what_they_mean(client, agent, conversation):
    """Accept and read each name the consumer's messages that are new to them, and no others."""
    client.publish(conversation, text("one"))
    client.publish(conversation, {"type": "ChatStateEvent", "chatState": "COMPOSING"})
    agent.accept(conversation)
    agent.say(conversation, "mine")
    client.publish(conversation, text("two"))
    first = agent.read(conversation)
    client.publish(conversation, text("three"))
    second = agent.read(conversation)

    accept = agent_events(client, conversation)[2]
    assert [("ACCEPT", (0,)), ("READ", (0, 3)), ("READ", (5,))] == [
        (event.status, event.sequences) for event in (accept, first, second)
    ]
    assert agent.read(conversation) is None


def test_accepting_twice_changes_nothing(client, agent, conversation):
    """The second time gives what the first gave."""
    client.publish(conversation, text("hello"))

    assert agent.accept(conversation) == agent.accept(SimpleNamespace(id=conversation))
    assert 2 == len(agent_events(client, conversation))


@pytest.mark.parametrize(
    ("content", "kind"),
    [(PNG, "PNG"), (b"\xff\xd8\xff\xe0 and more", "JPEG"), (b"GIF89a and more", "GIF")],
)
def test_consumer_fetches_what_the_agent_shared(client, agent, accepted, content, kind):
    """A file of the agent's lies under the agent's name, and the consumer may download it."""
    event = agent.share(accepted, content, caption="a plan", preview=PREVIEW)
    fetched = client.http.get(client.address(client.download_url(event.relative_path)))

    assert [200, content] == [fetched.status_code, fetched.content]
    assert event.relative_path.rpartition("/")[2].startswith(f"{agent.id}_uuid_")
    assert event.relative_path.endswith(f".{kind}")
    assert ("a plan", PREVIEW, kind) == (event.caption, event.preview, event.file_type)


def test_another_consumer_does_not_fetch_it(client, agent, accepted):
    """What an agent shared in one conversation is not for the consumer of another."""
    path = agent.share(accepted, PNG).relative_path
    body = {"relativePath": path}

    assert 400 == client.send("ms.GenerateURLForDownloadFile", body, consumer="Grace").status_code


def test_agent_downloads_what_the_consumer_shared(client, agent, accepted):
    """Without a path it is the newest file; by path or publication it is that one."""
    paths = [client.uploaded(content) for content in (PNG, PNG + b"2")]
    for path in paths:
        client.publish(accepted, hosted_file(path))
    agent.share(accepted, PNG + b"mine")
    first = client.sandbox.conversations[accepted].messages[0]

    assert [PNG + b"2", PNG, PNG] == [
        agent.download(accepted, shared).content for shared in (None, paths[0], first)
    ]
    newest = agent.download(accepted)
    stored = client.sandbox.objects[paths[1]]
    assert (paths[1], stored.etag, "image/png") == (
        newest.relative_path,
        newest.etag,
        newest.content_type,
    )


def test_download_in_a_closed_conversation(client, agent, accepted):
    """Both sides may still download when the conversation is closed."""
    path = client.uploaded()
    client.publish(accepted, hosted_file(path))
    agent.close(accepted)

    assert PNG == agent.download(accepted).content


ACTS = {
    "type": lambda agent, where: agent.type(where),
    "read": lambda agent, where: agent.read(where),
    "say": lambda agent, where: agent.say(where, "hi"),
    "share": lambda agent, where: agent.share(where, PNG),
    "download": lambda agent, where: agent.download(where),
    "close": lambda agent, where: agent.close(where),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_agent_who_has_not_accepted(client, agent, conversation, act):
    """Every act in a conversation that was not accepted is refused, and leaves nothing."""
    client.publish(conversation, hosted_file(client.uploaded()))

    with pytest.raises(ValueError, match=r"Agent not allowed: Sam has not accepted"):
        act(agent, conversation)

    assert 1 == len(agent_events(client, conversation)) == len(client.sandbox.objects)
    assert "OPEN" == client.sandbox.conversations[conversation].state


@pytest.mark.parametrize("name", ["accept", *sorted(set(ACTS) - {"download"})])
def test_closed_conversation(client, agent, accepted, name):
    """Nothing is added to a closed conversation."""
    client.publish(accepted, text("hello"))
    client.close(accepted)
    before = list(agent_events(client, accepted))

    with pytest.raises(ValueError, match="is closed"):
        ACTS.get(name, lambda agent, where: agent.accept(where))(agent, accepted)

    assert before == agent_events(client, accepted)


def test_closed_before_it_was_accepted(client, agent, conversation):
    """Of a conversation that is closed nobody is told to accept it."""
    client.close(conversation)
    for act in (agent.say, agent.download):
        with pytest.raises(ValueError, match="is closed") as caught:
            act(conversation, "Hello")

        assert "accept(" not in str(caught.value)


def test_close(client, agent, accepted):
    """An agent's close ends the conversation, and the consumer may open another."""
    turn = agent.close(accepted)
    late = client.publish(accepted, text("late"))

    assert (accepted, "closed", agent.id) == (turn.conversation, turn.what, turn.agent)
    assert [400, "Bad Request, Conversation is close"] == [
        late.status_code,
        late.json()["body"]["msg"],
    ]
    assert "AGENT" == client.sandbox.conversations[accepted].closed_by
    assert 200 == client.create().status_code


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (lambda agent, where: agent.share(where, b"just words"), "fileType is ''"),
        (lambda agent, where: agent.share(where, PNG, file_type="PDF"), "fileType is 'PDF'"),
        (lambda agent, where: agent.share(where, b""), "fileType"),
        (lambda agent, where: agent.share(where, b"", file_type="PNG"), "fileSize is 0"),
        (lambda agent, where: agent.share(where, PNG * 9000), "fileSize is .* bytes are allowed"),
        (lambda agent, where: agent.share(where, PNG, preview="<svg>"), "preview is no data URI"),
        (lambda agent, where: agent.say(where, ""), "message is empty"),
        (lambda agent, where: agent.say(where, "x" * 5001), "5,001 characters"),
        (lambda agent, where: agent.type(where, "BORED"), "chatState is 'BORED'"),
        (lambda agent, where: agent.download(where), "no file that the consumer shared"),
        (lambda agent, where: agent.download(where, "/v1/x"), "/v1/x is no file"),
        (lambda agent, where: agent.say("nowhere", "hi"), "no conversation has the id 'nowhere'"),
    ],
)
def test_refusals_say_why(agent, accepted, act, why):
    """What is not possible is refused in words that name what was wrong."""
    with pytest.raises(ValueError, match=why):
        act(agent, accepted)


def test_sharing_switched_off_for_agents(client, agent, accepted):
    """Agents have a site property of their own; the consumer's may stay on."""
    login = client.http.post(
        f"{client.account}/login",
        json={"username": client.sandbox.username, "password": client.sandbox.password},
    ).json()
    value = {"id": SHARING, "type": 2, "propertyValue": {"value": "false"}, "deleted": "false"}
    client.http.put(
        f"{client.account}/configuration/setting/properties/{SHARING}?v=3.0",
        json=value,
        headers={"Authorization": f"Bearer {login['bearer']}", "If-Match": "-1"},
    ).raise_for_status()

    with pytest.raises(ValueError, match="site property for file sharing is off"):
        agent.share(accepted, PNG)
    assert {} == client.sandbox.objects
    assert client.uploaded()


def test_the_agent_meets_the_same_storage(client, agent, accepted):
    """The agent's file goes through storage's own rules, such as its size limit."""
    client.sandbox.guesses["object_size"] = 10

    with pytest.raises(ValueError, match=r"storage refuses to PUT .*413"):
        agent.share(accepted, PNG)


def test_the_agents_urls_expire_too():
    """An agent's upload is admitted by its signature, like any other."""
    with Sandbox(upload_seconds=-1) as sandbox:
        client = Client(sandbox)
        with client.http:
            conversation = client.open()
        sandbox.agent.accept(conversation)

        with pytest.raises(ValueError, match=r"storage refuses to PUT .*401"):
            sandbox.agent.share(conversation, PNG)


def test_rows_are_frozen(client, agent, accepted):
    """What the acts give can't be changed."""
    client.publish(accepted, hosted_file(client.uploaded()))
    rows = [agent.accept(accepted), agent.say(accepted, "hi"), agent.download(accepted)]

    for row in rows:
        with pytest.raises(dataclasses.FrozenInstanceError):
            row.__setattr__(dataclasses.fields(row)[0].name, "")


def test_reset_keeps_the_agent(client, agent, accepted):
    """After a reset the agent is the same person, with no conversations."""
    identity = agent.id
    client.sandbox.reset()

    with pytest.raises(ValueError, match="no conversation"):
        agent.say(accepted, "hi")
    assert identity == agent.accept(client.open()).agent
