"""The machine: it asks the sandbox and the model alike, and compares what comes of it."""

import http.client
import json
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from lpnb.sandbox import Sandbox

from .model import Call, Login, Model

BEGAN = 1_700_000_000  # when the sandbox's day begins: its clock moves only when told
DAMAGE = (  # to a request as a whole, whichever it is
    "account", "version", "no version", "text/plain", "method", "slash", "double slash", "origin",
    "own origin", "host", "localhost",
)  # fmt: skip

Wrong = dict[str, Any]


def wrongs(**kinds: Any) -> st.SearchStrategy[Wrong]:
    """Draw what is wrong with a call, by its kind: mostly nothing, else one thing or two."""
    choices: list[tuple[str, Any]] = []
    for name, values in ({"damage": DAMAGE} | kinds).items():
        choices += [(name, value) for value in values] * max(1, 12 // len(values))
    one = st.sampled_from(choices)
    return st.tuples(st.sampled_from((0, 0, 0, 0, 1, 1, 2)), one, one).map(
        lambda drawn: dict(drawn[1 : 1 + drawn[0]])
    )


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Any
    content: bytes

    @property
    def value(self) -> Any:
        """The JSON in it, or None."""
        return json.loads(self.content) if self.content else None


class Machine(RuleBasedStateMachine):
    """
    What rules are made with; ``sandbox`` is the one they are tried on.

    A rule builds a `Call` and asks it. What is good at the time is what the model holds good.
    """

    sandbox: ClassVar[Sandbox]
    asked: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.sandbox.reset()
        known = self.sandbox.ready_line()
        port = urlsplit(known["domain_api"]).port
        self.model = Model({**known, "port": str(port)}, BEGAN)
        self.base = f"/api/account/{known['account']}"
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.jws: dict[str, str] = {}  # each consumer's newest
        self.logins: list[Login] = []  # all that ever were, as the lists below
        self.talks: list[str] = []

    def teardown(self) -> None:
        self.http.close()

    def ask(self, call: Call, wrong: Wrong) -> Reply:
        """Send *call*, and fail unless what comes back is what the model says."""
        call = self._damaged(call, wrong.get("damage", ""))
        expected = self.model.answer(call)
        reply = self._exchange(call)
        Machine.asked += 1
        what = f"{call}\n{reply}\n{expected}"
        assert expected.status == reply.status, what
        assert formatdate(self.model.now, usegmt=True) == reply.headers["Date"], what
        for name, value in expected.headers.items():
            assert value == reply.headers[name], what
        if isinstance(expected.body, bytes):
            assert expected.body == reply.content, what
        elif expected.body is not None:
            assert "application/json;charset=UTF-8" == reply.headers["Content-Type"], what
            assert fits(expected.body, reply.value), what
        if expected.learn:
            expected.learn(reply.value, reply.headers)
        return reply

    def _exchange(self, call: Call) -> Reply:
        url = call.path + ("?" + urlencode(call.query) if call.query else "")
        body = call.content
        if call.json is not None:
            body = json.dumps(call.json).encode()
        elif call.form:
            body = urlencode(call.form).encode()
        self.http.request(call.method, url, body, call.headers)
        with self.http.getresponse() as answer:
            return Reply(answer.status, answer.headers, answer.read())

    def _damaged(self, call: Call, damage: str) -> Call:
        def with_headers(**headers: str) -> Call:
            return replace(call, headers=call.headers | headers)

        match damage:
            case "account":
                return replace(call, path=call.path.replace(self.model.account, "87654321", 1))
            case "version" | "no version":
                name = "version" if "version" in call.query else "v"
                query = {k: v for k, v in call.query.items() if k != name}
                return replace(call, query=query | ({name: "9"} if damage == "version" else {}))
            case "text/plain":
                return replace(with_headers(**{"Content-Type": "text/plain"}), form={})
            case "method":
                return replace(call, method="DELETE" if call.method == "GET" else "GET")
            case "slash":
                return replace(call, path=call.path + "/")
            case "double slash":
                return replace(call, path="/" + call.path)
            case "origin":
                return with_headers(Origin="https://example.test")
            case "own origin":
                return with_headers(Origin=f"http://localhost:{self.model.known['port']}")
            case "host" | "localhost":
                return with_headers(Host="localhost" if damage == "localhost" else "example.test")
        return call

    @invariant()
    def same_state(self) -> None:
        """Conversations, messages, sequences, ratings, objects, settings and time are the same."""
        sandbox, model = self.sandbox, self.model
        assert {
            identity: (one.consumer, one.open, one.rating, one.messages)
            for identity, one in model.talks.items()
        } == {
            identity: (
                *(one.consumer, one.state == "OPEN", one.csat),
                [(m.sequence, m.type, m.text, m.caption, m.relative_path) for m in one.messages],
            )
            for identity, one in sandbox.conversations.items()
        }
        assert model.objects == {path: one.content for path, one in sandbox.objects.items()}
        assert (model.sharing, model.now) == (sandbox.sharing, sandbox.clock.now())


def pick(found: list[Any], nth: int) -> Any:
    """The newest but *nth*, going round; None if there is nothing."""
    return found[-1 - nth % len(found)] if found else None


def request(kind: str, body: Any, identity: Any = "a-request") -> dict[str, Any]:
    """Wrap *body* as every messaging request is."""
    return {"kind": "req", "id": identity, "type": kind, "body": body}


def fits(expected: Any, actual: Any) -> bool:
    """Whether all that is *expected* is in *actual*; a list may not be longer."""
    if isinstance(expected, dict):
        members = isinstance(actual, dict) and expected.keys() <= actual.keys()
        return members and all(fits(one, actual[name]) for name, one in expected.items())
    if isinstance(expected, list):
        same = isinstance(actual, list) and len(expected) == len(actual)
        return same and all(map(fits, expected, actual))
    return bool(expected == actual) and isinstance(expected, bool) == isinstance(actual, bool)
