"""Publishing when answers are lost: what is sent, what is looked for, what the agent sees."""

from collections.abc import Callable
from typing import Any

import pytest

import lpnb
from lpnb import errors
from tests.virtual_clock import VirtualClock

PUBLISH = {"service": "asyncMessagingEnt", "type": "ms.PublishEvent"}
HISTORY = {"service": "msgHist"}
LOST = {"where": PUBLISH, "when": "after", "do": {"reset": True}}
NOT_READ = {"where": PUBLISH, "when": "before", "do": {"reset": True}}


class Published:
    """A stored picture about to be published by a session that looks, on a clock of its own."""

    def __init__(self, sandbox: lpnb.Sandbox, **account: Any) -> None:
        self.sandbox = sandbox
        self.clock = VirtualClock(sandbox)
        self.session = lpnb.connect(sandbox, clock=self.clock)
        self.conversation = lpnb.create_conversation(self.session)
        image = lpnb.samples.default()
        url = lpnb.request_upload_url(self.session, image)
        self.stored = lpnb.upload_file(self.session, url, image)
        self.clock.waits.clear()

    def publish(self) -> Any:
        return lpnb.publish_file(
            self.session, self.conversation, self.stored, caption="a tree", preview=None
        )

    def fault(self, *rules: dict[str, Any]) -> None:
        for rule in rules:
            self.sandbox.faults.add(rule)

    @property
    def calls(self) -> tuple[int, int]:
        """How often it was published and looked for, as the sandbox has it."""
        journal = self.sandbox.journal
        return (
            sum(one.type == "ms.PublishEvent" for one in journal),
            sum(one.service == "msgHist" for one in journal),
        )

    @property
    def messages(self) -> list[str]:
        """The paths of the files that the agent sees."""
        seen = self.sandbox.conversations[self.conversation.id].messages
        return [one.relative_path for one in seen]


@pytest.fixture
def published(sandbox: lpnb.Sandbox) -> Any:
    """A stored picture, about to be published."""
    published = Published(sandbox)
    yield published
    published.session.close()


def raised(kind: type[BaseException], call: Callable[[], Any]) -> Any:
    """Give the error of *kind* that *call* raises, which holds nothing foreign."""
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


# --- finding


def test_a_published_file_is_found(published: Published) -> None:
    """Its message is found by its path, with sequence, caption and preview, by one login."""
    image = published.stored.image
    there = lpnb.publish_file(
        published.session, published.conversation, published.stored, caption="1", preview=image
    )
    found = [
        lpnb.find_published(published.session, where, there.relative_path)
        for where in (published.conversation, published.conversation.id)
    ]

    assert [there.sequence] * 2 == [one.sequence for one in found]
    assert [("1", there.preview, None, True)] * 2 == [
        (one.caption, one.preview, one.sha256, one.found) for one in found
    ]
    assert 1 == published.sandbox.requests["agentVep"]
    assert "not compared" == lpnb.fetch_file(published.session, found[0]).comparison.outcome


def test_what_is_not_published_is_not_found(published: Published) -> None:
    """None is for a file that the conversation does not have, others or not."""
    session, conversation = published.session, published.conversation
    before = lpnb.find_published(session, conversation, published.stored.relative_path)
    published.publish()
    other = published.stored.relative_path + "x"

    assert [None, None] == [before, lpnb.find_published(session, conversation, other)]


def test_a_look_shows_only_what_was_looked_for(published: Published) -> None:
    """The card of a look has the message with the file, and counts the others."""
    published.publish()
    other = lpnb.share_file(published.session, published.conversation, published.stored.image)
    found: Any = lpnb.find_published(published.session, published.conversation, other.relative_path)
    text = str(found)

    assert "1 messages" in text
    assert published.stored.relative_path not in text
    assert "Found the file in the conversation" in text
    assert found.exchange.received.size > 500


def test_looking_needs_a_user(sandbox: lpnb.Sandbox) -> None:
    """An account without user name and password can't look, and hears what would help."""
    account = lpnb.Account(
        sandbox.account, sandbox.client_id, sandbox.client_secret, domain_api=sandbox.domain_api
    )
    session = lpnb.connect(account)

    error = raised(lpnb.CantLook, lambda: lpnb.find_published(session, "id", "/v1/a/b"))

    assert "username" in str(error)
    assert 0 == sandbox.requests["agentVep"]


def test_looking_needs_a_history(sandbox: lpnb.Sandbox) -> None:
    """An account whose domains have no message history is told so, and nobody logs in."""
    session = lpnb.connect(sandbox)
    lpnb.find_domains(session)
    del session.domains["msgHist"]

    error = raised(lpnb.CantLook, lambda: lpnb.find_published(session, "id", "/v1/a/b"))

    assert "msgHist" in str(error)
    assert 0 == sandbox.requests["agentVep"]


@pytest.mark.parametrize("path", ["", "photo.jpg", "/v1/../x", "https://x.test/v1/a"])
def test_looking_needs_a_path(session: lpnb.Session, path: str) -> None:
    """What is no path in storage is refused before anything is sent."""
    assert "relativePath" in str(
        raised(lpnb.InputError, lambda: lpnb.find_published(session, "id", path))
    )


def test_a_wrong_password_is_tried_once(sandbox: lpnb.Sandbox) -> None:
    """A second look does not log in again, as that could lock the user out."""
    account = lpnb.Account(
        sandbox.account,
        sandbox.client_id,
        sandbox.client_secret,
        username=sandbox.username,
        password="not-the-password",
        domain_api=sandbox.domain_api,
    )
    session = lpnb.connect(account)

    raised(lpnb.CredentialsRefused, lambda: lpnb.find_published(session, "id", "/v1/a/b"))
    error = raised(lpnb.CantLook, lambda: lpnb.find_published(session, "id", "/v1/a/b"))

    assert "lock the user out" in str(error)
    assert 1 == sandbox.requests["agentVep"]


def test_a_login_that_ended_is_made_anew(published: Published) -> None:
    """Eight hours later the look logs in once more; a second refusal is an error."""
    session, conversation = published.session, published.conversation
    path = published.stored.relative_path
    lpnb.find_published(session, conversation, path)
    published.sandbox.clock.advance(8 * 3600 + 1)

    assert lpnb.find_published(session, conversation, path) is None
    assert 2 == published.sandbox.requests["agentVep"]

    published.fault({"where": HISTORY, "do": {"status": 401}, "times": None})
    raised(lpnb.NotAuthorized, lambda: lpnb.find_published(session, conversation, path))
    assert 3 == published.sandbox.requests["agentVep"]


def test_a_conversation_that_the_history_does_not_know(published: Published) -> None:
    """That is not the same as an absent file: it may only be a minute behind."""
    path = published.stored.relative_path

    error = raised(lpnb.NotFound, lambda: lpnb.find_published(published.session, "another", path))

    assert "a minute behind" in str(error)


def test_another_conversations_file_is_none_of_ours(published: Published) -> None:
    """An answer about another conversation tells nothing, though it has the file."""
    published.publish()
    do = {"patch": {"conversationHistoryRecords.0.info.conversationId": "another"}}
    published.fault({"where": HISTORY, "when": "after", "do": do})
    path = published.stored.relative_path

    raised(
        lpnb.NotFound,
        lambda: lpnb.find_published(published.session, published.conversation, path),
    )


@pytest.mark.parametrize(
    "patch",
    [
        {"_metadata.shardsStatusResult.partialResult": True},
        {"conversationHistoryRecords.0.info.isPartial": True},
    ],
    ids=["shards", "conversation"],
)
def test_a_partial_answer_does_not_say_absent(published: Published, patch: dict[str, Any]) -> None:
    """What a partial answer has is found; what it lacks may be there all the same."""
    published.publish()
    published.fault({"where": HISTORY, "when": "after", "do": {"patch": patch}, "times": None})
    look = lpnb.find_published, published.session, published.conversation

    assert look[0](*look[1:], published.stored.relative_path) is not None
    error = raised(
        lpnb.UnexpectedResponse, lambda: look[0](*look[1:], published.stored.relative_path + "x")
    )
    assert "partial" in str(error)


# --- publishing, once


AFTER = {
    "F04 reset": {"reset": True},
    "F06 500": {"status": 500},
    "F06 502": {"status": 502},
    "F06 504": {"status": 504},
    "F29 HTML": {"body": "<html><h1>502</h1></html>"},
    "F29 empty": {"body": ""},
    "F29 null": {"body": "null"},
    "F30 no code": {"patch": {"-code": None}},
    "F31 reqId": {"patch": {"reqId": "another"}},
}


@pytest.mark.parametrize("do", AFTER.values(), ids=AFTER)
def test_a_lost_answer_is_looked_for(published: Published, do: dict[str, Any]) -> None:
    """It was published, so one look finds it: no waiting, no second publishing."""
    published.fault({"where": PUBLISH, "when": "after", "do": do})
    publication = published.publish()

    assert (1, 1) == published.calls
    assert [published.stored.relative_path] == published.messages
    assert (0, "a tree", True) == (
        publication.sequence,
        publication.caption,
        publication.found,
    )
    assert published.stored.sha256 == publication.sha256
    assert [] == [one for one in published.clock.waits if one]
    assert set() == published.session.unsure
    assert "so lpnb looked in the message history: it is there" in str(publication)


def test_f05_no_answer_in_time(published: Published) -> None:
    """An answer that does not come in time is looked for as well."""
    published.session.deadline = 0.3
    published.fault({"where": PUBLISH, "when": "after", "do": {"stall": 2}})

    assert 0 == published.publish().sequence
    assert (1, 1) == published.calls
    assert 1 == len(published.messages)


def test_f33_a_connection_that_was_closed_while_idle(published: Published) -> None:
    """Whether it was read or not can't be told: it is looked for, and there is one message."""
    where = {"service": "asyncMessagingEnt"}
    published.fault({"where": where, "when": "end", "do": {"close": True}})
    lpnb.request_upload_url(published.session, published.stored.image)
    published.publish()

    assert 1 == len(published.messages)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_f07_what_was_surely_not_done_is_sent_again(published: Published, status: int) -> None:
    """Once the history has caught up and lacks it, the same path is published again."""
    published.fault({"where": PUBLISH, "do": {"status": status}})
    publication = published.publish()

    assert (2, 4) == published.calls
    assert [0, 5, 15, 45] == published.clock.waits
    assert [publication.relative_path] == published.messages
    assert not publication.found
    assert "it was not there, so it went again" in str(publication)
    sent = [one.sent.shown for one in publication.exchanges if one.step == "publish_file"]
    assert 1 == len({one["body"]["event"]["message"]["relativePath"] for one in sent})
    assert 2 == len({one["id"] for one in sent})


def test_f03_what_never_reached_the_service_is_sent_again(published: Published) -> None:
    """A request that was not read looks the same from here: it is looked for, then sent."""
    published.fault(NOT_READ)
    published.publish()

    assert (2, 4) == published.calls
    assert 1 == len(published.messages)


def test_it_is_not_published_again_for_ever(published: Published) -> None:
    """After four tries, none of them in the history, the last error says so and is definite."""
    published.fault({"where": PUBLISH, "do": {"status": 503}, "times": None})

    error = raised(lpnb.ServerFailed, published.publish)

    assert (4, 16) == published.calls
    assert "the last of 4 tries failed (503 Service Unavailable)" in str(error)
    assert 4 == sum(one.step == "publish_file" for one in error.exchanges)
    assert 16 == sum(one.step == "find_published" for one in error.exchanges)
    assert set() == published.session.unsure


def test_an_empty_budget_ends_it(published: Published) -> None:
    """In an outage that used the session's repetitions up, nothing is published again."""
    published.session.budget.left = 0
    published.fault({"where": PUBLISH, "do": {"status": 503}, "times": None})

    raised(lpnb.ServerFailed, published.publish)

    assert (1, 4) == published.calls


def test_the_history_may_be_behind(published: Published) -> None:
    """A message that the history shows a minute late is waited for, and not sent twice."""
    published.sandbox.guesses["history_lag"] = 60
    published.fault(LOST)
    publication = published.publish()

    assert (1, 4) == published.calls
    assert 1 == len(published.messages)
    assert publication.found


def test_a_brief_policy_is_patient_with_a_real_history(sandbox: lpnb.Sandbox) -> None:
    """On a LIVE account the last look is more than a minute after, whatever the policy."""
    published = Published(sandbox)
    published.session.mode, published.session.policy = "LIVE", lpnb.BRIEF
    published.fault({"where": PUBLISH, "do": {"status": 503}})
    published.publish()

    assert [0, 0.5, 1, 63.5] == published.clock.waits
    assert 1 == len(published.messages)


@pytest.mark.parametrize(
    ("do", "kind"),
    [
        ({"status": 400}, lpnb.RequestRefused),
        ({"status": 403}, lpnb.RequestRefused),
        ({"status": 404}, lpnb.NotFound),
        ({"status": 413}, lpnb.RequestRefused),
        ({"redirect": "/elsewhere"}, lpnb.RedirectRefused),
        ({"status": 400, "patch": {"body.msg": "Bad Request, Conversation is close"}},
         lpnb.ConversationClosed),
    ],
)  # fmt: skip
def test_a_refusal_is_no_open_question(
    published: Published, do: dict[str, Any], kind: type[lpnb.LpnbError]
) -> None:
    """F11, F32, F38, F39: a refused message was not published; nobody looks, nothing is sent."""
    published.fault({"where": PUBLISH, "do": do})

    raised(kind, published.publish)

    assert (1, 0) == published.calls
    assert [] == published.messages
    assert set() == published.session.unsure
    assert published.stored.relative_path in published.sandbox.objects


def test_a_refusal_after_an_open_question_shows_both(published: Published) -> None:
    """The conversation closes between two publishings: the error has the whole story."""
    closed = {"status": 400, "patch": {"body.msg": "Bad Request, Conversation is close"}}
    published.fault({"where": PUBLISH, "do": {"status": 503}}, {"where": PUBLISH, "do": closed})

    error = raised(lpnb.ConversationClosed, published.publish)

    assert [503, 400] == [one.status for one in error.exchanges if one.step == "publish_file"]


# --- where nobody can tell


def without_user(published: Published) -> None:
    """Take the user's password away: what is said can't be read any more."""
    object.__setattr__(published.session.account, "password", None)


def test_without_reading_the_outcome_is_unknown(published: Published) -> None:
    """It is not sent again; the error has the file and says what to check, and how to go on."""
    without_user(published)
    published.fault(LOST)

    error = raised(lpnb.OutcomeUnknown, published.publish)

    assert (1, 0) == published.calls
    assert 1 == len(published.messages)
    assert (published.stored, published.conversation) == (error.stored, error.conversation)
    assert "publish_file" == error.exchange.step
    for words in ("broke off", "username", "agent's window", published.stored.relative_path):
        assert words in str(error)


def test_whoever_was_told_to_check_may_publish_again(published: Published) -> None:
    """After an unknown outcome that can't be looked for, the next run is a deliberate yes."""
    without_user(published)
    published.fault(NOT_READ)
    raised(lpnb.OutcomeUnknown, published.publish)

    published.publish()

    assert 1 == len(published.messages)


REFUSALS = {
    "F11 403": ({"status": 403}, 1),
    "F07 503": ({"status": 503}, 4),
    "F29 HTML": ({"body": "<html>"}, 4),
}


@pytest.mark.parametrize(("do", "looks"), REFUSALS.values(), ids=REFUSALS)
def test_a_look_that_fails_tells_nothing(
    published: Published, do: dict[str, Any], looks: int
) -> None:
    """A refused look is not repeated, a failed one is; neither is taken for an absence."""
    published.fault(LOST, {"where": HISTORY, "do": do, "times": None})

    error = raised(lpnb.OutcomeUnknown, published.publish)

    assert 1 == published.calls[0]
    assert looks <= published.calls[1]
    assert looks == len({one.at for one in error.exchanges if one.attempt == 1} & {
        one.at for one in error.exchanges if one.step == "find_published"
    })  # fmt: skip


def test_running_it_again_looks_first(published: Published) -> None:
    """After looking failed, the same cell run again looks before it sends, and finds it."""
    published.fault(LOST, {"where": HISTORY, "do": {"body": ""}, "times": None})
    raised(lpnb.OutcomeUnknown, published.publish)
    published.sandbox.faults.clear()
    publication = published.publish()

    assert publication.found
    assert 1 == published.calls[0] == len(published.messages)


def test_f35_an_interrupted_publishing_is_looked_for(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C passes on; the cell run again finds that it was published, and sends nothing."""
    interrupt_after_sending(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        published.publish()
    monkeypatch.undo()
    publication = published.publish()

    assert publication.found
    assert 1 == published.calls[0] == len(published.messages)


def test_f35_an_interrupt_that_cant_be_looked_for(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first run after it sends nothing and says what to check; the second one publishes."""
    interrupt_after_sending(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        published.publish()
    monkeypatch.undo()
    without_user(published)

    error = raised(lpnb.CantLook, published.publish)

    assert "was interrupted" in str(error)
    assert 1 == published.calls[0]
    published.publish()
    assert 2 == published.calls[0]


def test_f35_an_interrupt_while_waiting_to_look(sandbox: lpnb.Sandbox) -> None:
    """Ctrl-C while it waits for the history passes on; run again, it looks before it sends."""
    published = Published(sandbox)
    published.sandbox.guesses["history_lag"] = 60
    published.fault(LOST)
    sleep = published.clock.sleep

    def interrupted(seconds: float) -> None:
        if seconds:
            raise KeyboardInterrupt
        sleep(seconds)

    published.clock.sleep = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        published.publish()
    published.clock.sleep = sleep  # type: ignore[method-assign]

    found = published.publish()

    assert found.found
    assert "waiting 65 s in all: it is there" in str(found)
    assert 1 == published.calls[0] == len(published.messages)


def interrupt_after_sending(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise KeyboardInterrupt as soon as an answer has begun."""

    def stop(*arguments: Any, **more: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("lpnb.session.read_body", stop)


def test_the_bare_protocol_does_none_of_it(published: Published) -> None:
    """With the policy that takes each step once, the error is the step's own."""
    published.session.policy = lpnb.ONCE
    published.fault(LOST)

    raised(lpnb.ConnectionFailed, published.publish)

    assert (1, 0) == published.calls


def test_f01_what_surely_was_not_sent_is_no_question(published: Published) -> None:
    """Where nobody listens nothing was published: the error is plain, and nobody looks."""
    published.session.policy = lpnb.RetryPolicy(waits=())
    published.session.domains["asyncMessagingEnt"] = "http://127.0.0.1:9"

    raised(errors.ConnectionFailed, published.publish)

    assert (0, 0) == published.calls
    assert set() == published.session.unsure


# --- creating a conversation


CREATE = {"service": "asyncMessagingEnt", "type": "cm.ConsumerRequestConversation"}


def test_a_conversation_whose_creation_was_not_answered(sandbox: lpnb.Sandbox) -> None:
    """It is not created blindly again, but found among the consumer's, where the history has it."""
    session = lpnb.connect(sandbox, clock=VirtualClock(sandbox))
    sandbox.guesses["history_lag"] = 60
    sandbox.faults.add({"where": CREATE, "when": "after", "do": {"reset": True}})
    conversation = lpnb.create_conversation(session)

    assert [conversation.id] == list(sandbox.conversations)
    assert "waiting 65 s in all: it is there" in str(conversation)
    assert lpnb.share_file(session, conversation, lpnb.samples.default()).relative_path


def test_a_conversation_that_nobody_can_look_for(sandbox: lpnb.Sandbox) -> None:
    """Without a user it stays open; run again it is refused where the first try had worked."""
    account = lpnb.Account(
        sandbox.account, sandbox.client_id, sandbox.client_secret, domain_api=sandbox.domain_api
    )
    session = lpnb.connect(account, clock=VirtualClock(sandbox))
    sandbox.faults.add({"where": CREATE, "when": "after", "do": {"reset": True}})

    error = raised(lpnb.OutcomeUnknown, lambda: lpnb.create_conversation(session))

    assert 1 == len(sandbox.conversations)
    assert (None, None) == (error.stored, error.conversation)
    assert "create_conversation again" in str(error)
    raised(lpnb.ConversationAlreadyOpen, lambda: lpnb.create_conversation(session))
    assert 1 == len(sandbox.conversations)


@pytest.mark.parametrize(
    "do", [{"reset": True}, {"status": 503}, {"body": "<html>", "status": 200}], ids=str
)
def test_a_conversation_that_was_not_created(sandbox: lpnb.Sandbox, do: dict[str, Any]) -> None:
    """It is sent again where the history surely does not have it."""
    clock = VirtualClock(sandbox)
    session = lpnb.connect(sandbox, clock=clock)
    sandbox.faults.add({"where": CREATE, "when": "before", "do": do})
    conversation = lpnb.create_conversation(session)

    assert [conversation.id] == list(sandbox.conversations)
    assert [0, 5, 15, 45] == clock.waits
    assert "it was not there, so it went again" in str(conversation)


def test_a_conversation_that_never_gets_an_answer(sandbox: lpnb.Sandbox) -> None:
    """After as many tries as the policy has, it is surely not there, and the last error says so."""
    session = lpnb.connect(sandbox, clock=VirtualClock(sandbox))
    sandbox.faults.add({"where": CREATE, "when": "before", "do": {"status": 503}, "times": 9})

    error = raised(lpnb.ServerFailed, lambda: lpnb.create_conversation(session))

    tries = [one for one in error.exchanges if one.type == CREATE["type"]]
    assert 4 == len(tries)
    assert "the conversation was not created: the last of 4 tries" in str(error)
    assert not sandbox.conversations


@pytest.mark.parametrize(
    ("do", "policy", "kind"),
    [
        ({"status": 403}, lpnb.PATIENT, lpnb.RequestRefused),
        ({"redirect": "/elsewhere"}, lpnb.PATIENT, lpnb.RedirectRefused),
        ({"status": 503}, lpnb.ONCE, lpnb.ServerFailed),
    ],
)
def test_a_conversation_that_was_refused(
    sandbox: lpnb.Sandbox, do: dict[str, Any], policy: Any, kind: type[lpnb.LpnbError]
) -> None:
    """A refusal leaves nothing open; the bare protocol has the error as it is."""
    session = lpnb.connect(sandbox, clock=VirtualClock(sandbox), policy=policy)
    sandbox.faults.add({"where": CREATE, "do": do})

    raised(kind, lambda: lpnb.create_conversation(session))
