"""One file, cut off anywhere and shared again with the same ledger: on from there, never twice."""

import pickle
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

import lpnb
from lpnb.session import Session
from tests.small_pictures import small
from tests.test_leaks import Hunt
from tests.virtual_clock import VirtualClock

MESSAGING = {"service": "asyncMessagingEnt"}
UPLOAD_URL = MESSAGING | {"type": "ms.GenerateURLForUploadFile"}
PUBLISH = MESSAGING | {"type": "ms.PublishEvent"}
PUT = {"service": "swift", "type": "PUT"}


class Resuming:
    """A picture, a ledger, and sessions of one consumer that share the one with the other."""

    def __init__(self, sandbox: lpnb.Sandbox) -> None:
        self.sandbox = sandbox
        self.ledger = lpnb.Ledger()
        self.image = small(1)
        self.bare = self.session(lpnb.ONCE)
        self.conversation = lpnb.create_conversation(self.bare)

    def session(self, policy: lpnb.RetryPolicy, *, user: bool = True) -> lpnb.Session:
        """As another process would have it, with or without a user to look with."""
        sandbox = self.sandbox
        account = lpnb.Account(
            sandbox.account,
            sandbox.client_id,
            sandbox.client_secret,
            username=sandbox.username if user else None,
            password=sandbox.password if user else None,
            domain_api=sandbox.domain_api,
            consumer="ada",
        )
        return lpnb.connect(account, policy=policy, clock=VirtualClock(sandbox))

    def share(self, session: lpnb.Session | None = None, **options: Any) -> Any:
        """Share it, if nothing is in the way."""
        return lpnb.share_file(
            session or self.bare, self.conversation, self.image, ledger=self.ledger, **options
        )

    def fail(self, *rules: dict[str, Any]) -> type[lpnb.LpnbError]:
        """Try to share it with these faults, and give how it failed."""
        for rule in rules:
            self.sandbox.faults.add(rule)
        with pytest.raises(lpnb.LpnbError) as failed:
            self.share()
        return failed.type

    @property
    def stage(self) -> str:
        """How far the ledger says that it has come."""
        return self.ledger.entries()[0].stage

    @property
    def calls(self) -> dict[str, int]:
        """How often each of the three calls was made."""
        made = Counter(one.type for one in self.sandbox.journal)
        return {
            "URL": made[UPLOAD_URL["type"]],
            "PUT": made["PUT"],
            "publish": made[PUBLISH["type"]],
        }

    @property
    def messages(self) -> list[str]:
        """The paths of the files that the agent sees."""
        seen = self.sandbox.conversations[self.conversation.id].messages
        return [one.relative_path for one in seen]


@pytest.fixture
def resuming(sandbox: lpnb.Sandbox) -> Resuming:
    """A picture that was not shared yet, and a ledger that knows nothing."""
    return Resuming(sandbox)


def test_a_shared_file_is_not_shared_again(resuming: Resuming) -> None:
    """With the same ledger nothing is sent the second time, and the receipt is the same."""
    first = resuming.share()
    resuming.sandbox.journal.clear()
    second = resuming.share(resuming.session(lpnb.ONCE))

    assert first.receipt == second.receipt
    assert first.publication.sequence == second.publication.sequence
    assert second.url is None
    assert not resuming.sandbox.journal
    assert 1 == len(resuming.messages)


def test_another_ledger_knows_nothing_of_it(resuming: Resuming) -> None:
    """Without the ledger, or in another conversation, it is shared once more."""
    resuming.share()
    lpnb.share_file(resuming.bare, resuming.conversation, resuming.image)
    assert 2 == len(resuming.messages)
    other = lpnb.connect(resuming.sandbox, policy=lpnb.ONCE)
    conversation = lpnb.create_conversation(other)
    lpnb.share_file(other, conversation, resuming.image, ledger=resuming.ledger)

    assert 1 == len(resuming.sandbox.conversations[conversation.id].messages)


@pytest.mark.parametrize(
    ("where", "status", "stage", "calls"),
    [
        (UPLOAD_URL, 503, "new", {"URL": 2, "PUT": 1, "publish": 1}),
        (PUT, 503, "new", {"URL": 2, "PUT": 2, "publish": 1}),
        (PUBLISH, 429, "stored", {"URL": 1, "PUT": 1, "publish": 2}),
        (PUBLISH, 401, "stored", {"URL": 1, "PUT": 1, "publish": 2}),
        (PUBLISH, 400, "new", {"URL": 2, "PUT": 2, "publish": 2}),
        (PUBLISH, 404, "new", {"URL": 2, "PUT": 2, "publish": 2}),
    ],
    ids=["no URL", "no upload", "too many", "no token", "refused", "not found"],
)
def test_what_succeeded_is_not_redone(
    resuming: Resuming, where: Any, status: int, stage: str, calls: dict[str, int]
) -> None:
    """It goes on where it stopped; what may be gone from storage is uploaded anew."""
    resuming.fail({"where": where, "do": {"status": status}, "when": "before"})
    assert stage == resuming.stage
    share = resuming.share(resuming.session(lpnb.ONCE))

    assert calls == resuming.calls
    assert [share.relative_path] == resuming.messages
    assert "shared" == resuming.stage


def test_a_closed_conversation_leaves_it_stored(resuming: Resuming) -> None:
    """After a refusal that has nothing to do with the file, it stays uploaded."""
    assert lpnb.ConversationClosed is resuming.fail(
        {"where": PUBLISH, "do": {"status": 400, "patch": {"body.msg": "Conversation is close"}}}
    )

    assert "stored" == resuming.stage


LOST = {"where": PUBLISH, "when": "after", "do": {"reset": True}}
NOT_READ = {"where": PUBLISH, "when": "before", "do": {"reset": True}}


@pytest.mark.parametrize("do", [{"reset": True}, {"status": 500}, {"body": "<html>"}], ids=str)
def test_an_open_outcome_is_looked_for(resuming: Resuming, do: dict[str, Any]) -> None:
    """What was published without a good answer is found by the next run, not sent again."""
    resuming.fail({"where": PUBLISH, "when": "after", "do": do})
    assert "publishing" == resuming.stage
    share = resuming.share(resuming.session(lpnb.BRIEF))

    assert {"URL": 1, "PUT": 1, "publish": 1} == resuming.calls
    assert [share.relative_path] == resuming.messages
    assert share.publication.found
    assert (1, None) == (len(resuming.messages), share.receipt.published)


def test_what_is_surely_absent_is_published_under_its_path(resuming: Resuming) -> None:
    """What did not reach the service is published by the next run, after it looked."""
    resuming.fail(NOT_READ)
    assert "publishing" == resuming.stage
    share = resuming.share(resuming.session(lpnb.BRIEF))

    assert {"URL": 1, "PUT": 1, "publish": 2} == resuming.calls
    assert [share.relative_path] == resuming.messages


@pytest.mark.parametrize("published", [True, False])
def test_who_cannot_look_is_told_what_to_do(resuming: Resuming, published: bool) -> None:
    """Where reading is impossible nothing is sent again, until somebody has said how it is."""
    resuming.fail(LOST if published else NOT_READ)
    blind = resuming.session(lpnb.BRIEF, user=False)
    for _ in range(2):
        with pytest.raises(lpnb.CantLook, match=r"ledger\.settle"):
            resuming.share(blind)
    assert "publishing" == resuming.stage
    path = resuming.ledger.entries()[0].relative_path
    resuming.ledger.settle(path, published=published)
    share = resuming.share(blind)

    assert {"URL": 1, "PUT": 1, "publish": 1 if published else 2} == resuming.calls
    assert [path] == resuming.messages == [share.relative_path]


def test_a_mistake_leaves_an_open_outcome_open(resuming: Resuming) -> None:
    """What is refused before anything is sent does not make an open outcome a settled one."""
    resuming.fail(LOST)
    with pytest.raises(lpnb.InputError):
        resuming.share(resuming.session(lpnb.BRIEF), caption=7)

    assert "publishing" == resuming.stage


def test_the_bare_protocol_does_not_publish_blindly(resuming: Resuming) -> None:
    """A session whose policy never looks leaves an open outcome open."""
    resuming.fail(LOST)
    with pytest.raises(lpnb.CantLook, match="no looks"):
        resuming.share()

    assert 1 == resuming.calls["publish"]
    assert "publishing" == resuming.stage


@pytest.mark.parametrize("step", ["request_upload_url", "upload_file", "publish_file"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_interrupt_anywhere(
    resuming: Resuming, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    """Interrupted before or after any call, the next run shares it exactly once."""
    send = Session.send

    def interrupted(self: Session, request: Any, before: Any = ()) -> Any:
        if request.step == step and when == "before":
            raise KeyboardInterrupt
        reply = send(self, request, before)
        if request.step == step:
            raise KeyboardInterrupt
        return reply

    with monkeypatch.context() as patch:
        patch.setattr(Session, "send", interrupted)
        with pytest.raises(KeyboardInterrupt):
            resuming.share()
    share = resuming.share(resuming.session(lpnb.BRIEF))

    assert [share.relative_path] == resuming.messages


def test_the_intent_comes_before_the_request(
    resuming: Resuming, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the request to publish goes out, the ledger says so already, with the path."""
    send, noted = Session.send, []

    def watched(self: Session, request: Any, before: Any = ()) -> Any:
        if request.step == "publish_file":
            entry = resuming.ledger.entries()[0]
            noted.append((entry.stage, entry.relative_path))
        return send(self, request, before)

    monkeypatch.setattr(Session, "send", watched)
    share = resuming.share()

    assert [("publishing", share.relative_path)] == noted


def test_without_its_intent_nothing_is_published(
    resuming: Resuming, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the ledger can't be written when it is time to publish, nothing is published."""

    def full(self: Any) -> None:
        raise lpnb.LedgerFailed("the disk is full")

    monkeypatch.setattr("lpnb.ledger.store.Store.flush", full)
    with pytest.raises(lpnb.LedgerFailed):
        resuming.share()

    assert {"URL": 1, "PUT": 1, "publish": 0} == resuming.calls


def test_steps_of_an_earlier_run_show_themselves(resuming: Resuming) -> None:
    """A share that was continued says which steps an earlier run took; only its own are watched."""
    resuming.fail({"where": PUBLISH, "do": {"status": 429}})
    seen: list[Any] = []
    share = resuming.share(watch=seen.append)
    again = resuming.share(watch=seen.append)

    assert [share.publication] == seen
    assert "An earlier run" in str(share)
    assert "Known from an earlier run" in str(share.stored)
    assert share.stored.verified
    assert share.sha256 == again.sha256 == resuming.image.sha256
    assert "Known from an earlier run" in str(again.publication)
    with pytest.raises(lpnb.InputError, match="known from an earlier run"):
        _ = again.publication.exchange


def test_a_conversation_can_be_resumed(resuming: Resuming) -> None:
    """After a restart a conversation is had again by its id, without a call."""
    session = resuming.session(lpnb.ONCE)
    conversation = lpnb.resume_conversation(session, resuming.conversation.id)
    resuming.sandbox.journal.clear()
    assert resuming.conversation == conversation
    assert conversation.id in str(conversation)
    assert not resuming.sandbox.journal
    share = lpnb.share_file(session, conversation, resuming.image)

    assert [share.relative_path] == resuming.messages


@pytest.fixture
def receipt(resuming: Resuming) -> Iterator[Any]:
    """What was left of a share."""
    return resuming.share().receipt


def test_a_receipt_states_what_was_shared(resuming: Resuming, receipt: Any) -> None:
    """Name, size, digests, path, conversation, sequence and times; no secret, and it travels."""
    session = resuming.bare
    now = session.now()
    seen = resuming.sandbox.conversations[resuming.conversation.id].messages[0]
    shown = str(receipt)

    assert (resuming.image.name, resuming.image.size) == (receipt.name, receipt.size)
    assert (resuming.image.sha256, resuming.image.md5) == (receipt.sha256, receipt.md5)
    assert (seen.relative_path, seen.sequence) == (receipt.relative_path, receipt.sequence)
    assert resuming.conversation.id == receipt.conversation
    assert all(abs(now - at) < 5 for at in (receipt.stored, receipt.published))
    assert receipt == pickle.loads(pickle.dumps(receipt))  # noqa: S301 - our own
    assert receipt.sha256 in shown
    assert receipt.relative_path in shown
    assert [] == Hunt(session).hits(shown + repr(receipt))


def test_a_receipt_verifies_itself(resuming: Resuming, receipt: Any) -> None:
    """The file is fetched again and compared; one that is gone, or another one, does not pass."""
    found = receipt.verify(resuming.bare)
    assert found.identical
    assert resuming.image.content == found.content
    resuming.sandbox.faults.add(
        {"where": {"service": "swift", "type": "GET"}, "do": {"status": 404}}
    )
    with pytest.raises(lpnb.NotFound):
        receipt.verify(resuming.bare)
    other = lpnb.share_file(resuming.bare, resuming.conversation, small(2)).receipt
    swapped = pickle.loads(  # noqa: S301 - our own
        pickle.dumps(receipt).replace(receipt.relative_path.encode(), other.relative_path.encode())
    )

    assert "storage digest only" == swapped.verify(resuming.bare).outcome
