"""The sandbox as people meet it: each of its parts shows itself, and errors are lpnb's own."""

import copy
import inspect
import json
import pickle
import re
import socket
import threading
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

import lpnb
from lpnb import render
from lpnb.practice import Sandbox
from tests.test_leaks import inside, spellings
from tests.test_render import ALLOWED, ATTRIBUTES, HOSTILE, Page


@pytest.fixture
def busy(sandbox: Sandbox, image: lpnb.ImageFile) -> Sandbox:
    """A sandbox that has seen all seven steps, refusals, a fault, a switched guess and a past."""
    sandbox.sharing = False
    session = lpnb.connect(sandbox, policy=lpnb.ONCE)
    lpnb.enable_file_sharing(session, lpnb.log_in(session))
    sandbox.seed(1)
    sandbox.guesses["already_open"] = 200
    conversation = lpnb.create_conversation(session)
    sandbox.webhooks.register("http://127.0.0.1:9", retention=0)  # nothing listens there
    share = lpnb.share_file(session, conversation, image, caption="My parcel")
    lpnb.fetch_file(session, share)
    sandbox.agent.accept(conversation)
    sandbox.agent.say(conversation, "It has arrived.")
    sandbox.webhooks.wait()
    sandbox.webhooks.unregister("http://127.0.0.1:9")
    sandbox.webhooks.register(
        "http://127.0.0.1:9", types=["ms.MessagingEventNotification.ChatStateEvent"]
    )
    url = lpnb.request_upload_url(session, image)
    sandbox.clock.advance(61)
    with pytest.raises(lpnb.TemporaryUrlRejected):
        lpnb.upload_file(session, url, image)
    sandbox.faults.add({"where": {"service": "swift"}, "do": {"status": 503}})
    sandbox.faults.add({"where": {"service": "idp"}, "do": {"reset": True}})
    with pytest.raises(lpnb.ServerFailed):
        lpnb.share_file(session, conversation, image)
    return sandbox


PARTS = {
    "journal": lambda sandbox: sandbox.journal,
    "slice": lambda sandbox: sandbox.journal[-3:],
    "found": lambda sandbox: sandbox.journal.find(status=503),
    "entry": lambda sandbox: sandbox.journal[-1],
    "conversations": lambda sandbox: sandbox.conversations,
    "conversation": lambda sandbox: [*sandbox.conversations.values()][-1],
    "objects": lambda sandbox: sandbox.objects,
    "object": lambda sandbox: [*sandbox.objects.values()][-1],
    "guesses": lambda sandbox: sandbox.guesses,
    "faults": lambda sandbox: sandbox.faults,
    "agent": lambda sandbox: sandbox.agent,
    "webhooks": lambda sandbox: sandbox.webhooks,
    "clock": lambda sandbox: sandbox.clock,
    "seeded": lambda sandbox: sandbox.faults.clear() or sandbox.seed(2),
    "sandbox": lambda sandbox: sandbox,
}
SAYS = {
    "journal": ["ms.PublishEvent", "swift", "503", "fault 0", "401", "earlier requests"],
    "slice": ["3 requests"],
    "found": ["1 request\n", "fault 0"],
    "entry": ["entry", "503 Service Unavailable", "Content-Type: image/jpeg", "MD5"],
    "conversations": ["5 conversations", "It has arrived", "OPEN", "CLOSE"],
    "conversation": ["#0", "consumer", "My parcel", "picture: the preview", "ACCEPT #0", "arrived"],
    "objects": ["image/jpeg", "300,000", "min"],
    "object": ["300,000 bytes", "image/jpeg"],
    "guesses": ["already_open", "200 (default 400)", "1 switched", "DevAssist connector guide"],
    "faults": ["service swift", "status 503", "once", "never fired", "no call"],
    "agent": ["The agent", "Sam", "agent.accept(conversation)"],
    "webhooks": ["http://127.0.0.1:9", "ContentEvent", "1 endpoint,", "nobody listens there"],
    "clock": ["s from the system's", "passes"],
    "seeded": ["number 2", "4 conversations"],
    "sandbox": ["answers on this computer"],
}


@pytest.mark.parametrize("part", PARTS)
def test_each_part_shows_itself(busy: Sandbox, part: str) -> None:
    """In plain text and in HTML alike there is what one would look for, in harmless markup."""
    shown = PARTS[part](busy)._repr_mimebundle_()
    page = Page(shown["text/html"])

    for said in SAYS[part]:
        assert said in shown["text/plain"] + "\n"
    for said in SAYS[part]:
        if "picture" not in said:
            assert said.strip() in page.text
    assert {tag for tag, _ in page.tags} <= ALLOWED | {"br", "thead"}
    for tag, attributes in page.tags:
        assert set(attributes) <= ATTRIBUTES
        assert "var(" not in (attributes.get("style") or "")
        if tag == "img":
            assert (attributes["src"] or "").startswith(("data:image/jpeg", "data:image/png"))
            assert attributes["alt"]


def test_a_conversation_draws_its_previews_anew(busy: Sandbox) -> None:
    """The picture in the chat is one that we encoded, not the bytes that somebody sent."""
    talk = [*busy.conversations.values()][-1]
    sent = talk.messages[0].preview
    drawn = re.findall(r'src="([^"]+)"', talk._repr_mimebundle_()["text/html"])

    assert 1 == len(drawn)
    assert sent.startswith("data:image/")
    assert sent != drawn[0]


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_from_outside_stay_texts(
    session: lpnb.Session, sandbox: Sandbox, conversation: Any, image: lpnb.ImageFile, text: str
) -> None:
    """A caption, a header or a fault's body is read as text wherever it is shown."""
    lpnb.share_file(session, conversation, image, caption=text)
    sandbox.faults.add({"where": {"type": text}, "do": {"status": 500, "body": text}})
    sandbox.faults.add({"do": {"status": 500, "body": text}})
    with pytest.raises(lpnb.ServiceError):
        lpnb.request_upload_url(session, image)
    parts = (sandbox.journal, sandbox.conversations, sandbox.conversations[conversation.id])

    for part in (*parts, sandbox.faults, sandbox.journal[-1]):
        page = Page(part._repr_mimebundle_()["text/html"])
        assert {tag for tag, _ in page.tags} <= ALLOWED | {"br", "thead"}
        assert text in page.text or text[:40] in page.text


def test_what_is_much_is_cut(sandbox: Sandbox, session: lpnb.Session, conversation: Any) -> None:
    """Hundreds of requests stay a card of reasonable size, which says what it leaves out."""
    preview = lpnb.samples.default().preview()
    image = lpnb.samples.photo(5_000)
    for _ in range(25):
        lpnb.share_file(session, conversation, image, preview=preview, caption="x" * 2_000)
    journal = sandbox.journal._repr_mimebundle_()["text/html"]
    chat = sandbox.conversations[conversation.id]._repr_mimebundle_()["text/html"]

    assert len(journal) < 200_000
    assert f"{len(sandbox.journal) - 30} earlier requests are not shown" in journal
    assert len(chat) < 200_000
    assert "(2,000 characters)" in chat


def test_the_contract(busy: Sandbox) -> None:
    """What programs take from the sandbox is there, shown or not."""
    identity, talk = [*busy.conversations.items()][-1]
    message = talk.messages[0]
    stored = busy.objects[message.relative_path]
    busy.faults.clear()

    assert (0, "hosted/file", "My parcel") == (message.sequence, message.type, message.caption)
    assert message.preview.startswith("data:image/")
    assert (300_000, 32) == (len(stored.content), len(stored.etag))
    assert [] == busy.faults.report()
    assert busy.clock.advance(60) == pytest.approx(busy.clock.now(), abs=5)
    assert ["swift"] == [one.service for one in busy.journal[-1:]]
    assert busy.journal[-1] == busy.journal[-1]
    assert identity in busy.conversations
    assert {name: busy.guesses[name] for name in busy.guesses} == dict(busy.guesses)
    assert "advance" in dir(busy.clock)
    assert pickle.loads(pickle.dumps(stored)).content == stored.content  # noqa: S301 - our own


BAD: dict[str, tuple[Callable[[Sandbox], Any], str]] = {
    "fault": (lambda s: s.faults.add({"were": {}}), r"has no were; it has at, do"),
    "fault's service": (
        lambda s: s.faults.add({"where": {"service": "ipd"}, "do": {"status": 500}}),
        "'ipd'",
    ),
    "clock": (lambda s: s.clock.advance("61"), "'61': it takes seconds, as a number"),
    "clock's time": (lambda s: s.clock.set(float("nan")), "nan"),
    "guess": (lambda s: s.guesses["nope"], "no guess is called 'nope'; there are "),
    "near guess": (lambda s: s.guesses["already-opened"], "did you mean already_open[?] there are"),
    "guess's value": (
        lambda s: s.guesses.__setitem__("expires_in", 5),
        "one of 'absent', 'string', 'number', not 5",
    ),
    "guess to forget": (lambda s: s.guesses.__delitem__("nope"), "no guess is called 'nope'"),
    "criterion": (lambda s: s.journal.find(state=200), "no state; it has number, service"),
    "mark": (lambda s: s.journal.since(10_000), "since the last reset they go to"),
    "conversation": (lambda s: s.conversations["nope"], "no conversation is 'nope'; there are"),
    "object": (lambda s: s.objects["nope"], "no object is 'nope'; there are"),
    "seed": (lambda s: s.seed("one"), "whole number, not 'one'"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_arguments_are_input_errors(busy: Sandbox, what: str) -> None:
    """What can't be used raises lpnb's own error, which says what can, and hides no other."""
    act, words = BAD[what]
    with pytest.raises(lpnb.InputError, match=words) as caught:
        act(busy)

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_parts_explain_themselves(sandbox: Sandbox) -> None:
    """A method of any part keeps its name, signature and docstring, as help() shows them."""
    share = sandbox.agent.share

    assert ("share", "add") == (share.__name__, sandbox.faults.add.__name__)
    assert ["conversation", "image", "file_type"] == [*inspect.signature(share).parameters][:3]
    assert "Put *rule*" in inspect.getdoc(sandbox.faults.add)


def test_assignments_reach_the_inside(sandbox: Sandbox) -> None:
    """What is set on a part is set in the sandbox, and a slip of the pen is no new attribute."""
    sandbox.faults.magic = False
    sandbox.webhooks.timeout = 1
    sandbox.agent.name = "Zoe"

    assert sandbox._backend.faults.magic is False
    assert 1 == sandbox._backend.webhooks.timeout
    assert "<Agent Zoe>" == repr(sandbox._backend.agent)
    with pytest.raises(AttributeError, match="no magik"):
        sandbox.faults.magik = False


def test_wrappers_hide_from_tracebacks(sandbox: Sandbox) -> None:
    """The wrapper's own frames ask IPython to be left out."""
    with pytest.raises(lpnb.InputError) as caught:
        sandbox.faults.add("nope")
    frames = [each.frame for each in caught.traceback if each.path.name == "base.py"]

    assert 2 == len(frames)
    assert all(frame.f_locals.get("__tracebackhide__") for frame in frames)


def test_unknown_names(sandbox: Sandbox) -> None:
    """Of many names the error gives the one that was meant, or how many there are."""
    sandbox.seed(1)
    sandbox.seed(2)
    names = [*sandbox.conversations]
    with pytest.raises(lpnb.InputError, match=f"did you mean '{names[0]}'"):
        sandbox.conversations[names[0][:-1]]
    with pytest.raises(KeyError, match=f"there are 8, the newest '{names[-1]}'$"):
        sandbox.conversations["nope"]

    assert sandbox.conversations.get("nope") is None


def test_agent_shares_an_image(sandbox: Sandbox, image: lpnb.ImageFile) -> None:
    """The agent shares what a consumer would, with its type and preview; a path is refused."""
    conversation = lpnb.create_conversation(lpnb.connect(sandbox))
    sandbox.agent.accept(conversation)
    event = sandbox.agent.share(conversation, image, caption="Like this?")

    assert (image.type, "Like this?") == (event.file_type, event.caption)
    assert image.preview().data_uri == event.preview
    assert image.content == sandbox.objects[event.relative_path].content
    assert "GIF" == sandbox.agent.share(conversation, b"GIF89a").file_type
    with pytest.raises(lpnb.InputError, match="ImageFile or bytes, not str"):
        sandbox.agent.share(conversation, "parcel.png")


def test_webhooks_unfold(busy: Sandbox) -> None:
    """An attempt unfolds to the POST with its signature; what an installation adds is covered."""
    busy.webhooks.deliver(
        {"sent": "again"}, headers={"Authorization": "Bearer planted-secret", "x-own": "mine"}
    )
    busy.webhooks.wait()
    table = busy.webhooks.card().table
    assert table is not None
    exchange = table.rows[-1].exchange
    shown = dict(exchange.sent_headers)

    assert ("POST", "nobody listens there") == (exchange.method, exchange.reason)
    assert {"sent": "again"} == exchange.sent.shown
    assert {"x-liveperson-signature", "x-own"} <= shown.keys()
    assert "planted-secret" not in busy.webhooks._repr_mimebundle_()["text/html"]


def control(sandbox: Sandbox, name: str) -> str:
    """Give what control answers."""
    request = urllib.request.Request(
        f"{sandbox.control}/{name}", headers={"X-Sandbox-Token": sandbox.control_token}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request) as answer:
        return str(answer.read(), "utf-8")


def test_no_part_shows_a_secret(busy: Sandbox) -> None:
    """No text of any part, card, dump or answer of control has a secret in any spelling."""
    site = busy._backend.site
    secrets = [*site.issued, busy.password, busy.client_secret, busy.storage_key]
    secrets += [busy.control_token, *busy._backend.tokens._known]
    needles = {spelling for one in secrets for spelling in spellings(one)}
    texts = {name: control(busy, name) for name in ("journal", "conversations", "objects")}
    texts |= {name: control(busy, name) for name in ("faults", "guesses", "clock")}
    for name, part in PARTS.items():
        shown = part(busy)
        texts[name] = "\n".join(
            (
                *(repr(shown), str(shown), f"{shown}", repr([shown])),
                repr([inside(shown, each) for each in dir(shown) if not _is_open(each)]),
                json.dumps(shown._repr_mimebundle_()),
                *(repr(shown.card()), render.as_html(shown.card())),
            )
        )
    texts["entries"] = repr([*busy.journal]) + repr(copy.copy(busy.journal))
    texts["pickled"] = pickle.dumps(busy.journal).decode("latin-1")

    assert len(secrets) > 15
    hits = {name: [one for one in needles if one in said] for name, said in texts.items()}
    assert {name: [] for name in texts} == hits


def _is_open(name: str) -> bool:
    """Tell whether *name* is where a program is meant to find a secret of the sandbox."""
    return name.startswith("_") or name in (
        *("password", "client_secret", "storage_key", "control_token", "ready_line"),
    )


def test_a_reset_among_requests(sandbox: Sandbox, image: lpnb.ImageFile) -> None:
    """While others ask, a reset is a reset: nobody gets a 500, and the rules hold afterwards."""
    statuses: list[int | None] = []
    stop = threading.Event()

    def share() -> None:
        while not stop.is_set():
            try:
                session = lpnb.connect(sandbox)
                lpnb.share_file(session, lpnb.create_conversation(session), image)
            except lpnb.ServiceError as error:
                statuses.append(error.exchange.status)

    others = [threading.Thread(target=share) for _ in range(3)]
    for one in others:
        one.start()
    for number in range(12):
        sandbox.reset()
        sandbox.seed(number)
    stop.set()
    for one in others:
        one.join()
    sandbox.reset()

    assert not [status for status in statuses if status is None or status >= 500]
    assert ({}, {}, 0, [], 0) == (
        sandbox.conversations,
        sandbox.objects,
        len(sandbox.journal),
        sandbox.faults.report(),
        sandbox.requests.total(),
    )
    assert abs(sandbox.clock.ahead) < 0.01


@pytest.mark.parametrize(
    "head",
    [
        "GET /x HTTP/1.1\r\nHost: [evil",
        "GET * HTTP/1.1\r\nHost: {host}",
        "GET x HTTP/1.1\r\nHost: a b",
    ],
)
def test_odd_requests_can_be_shown(head: str) -> None:
    """Whatever stood in a request's head, the journal shows it."""
    with lpnb.Sandbox() as sandbox:
        host = sandbox.domain_api.removeprefix("http://")
        with socket.create_connection(("127.0.0.1", int(host.partition(":")[2])), 5) as wire:
            wire.sendall((head.format(host=host) + "\r\n\r\n").encode())
            wire.recv(1000)
        entry = sandbox.journal[-1]

        assert "Journal" in str(sandbox.journal)
        assert "text/html" in entry._repr_mimebundle_()


def test_half_a_character_can_be_shown() -> None:
    """A lone surrogate in a text is spelt out: no page and no file takes it as it is."""
    with lpnb.Sandbox() as sandbox:
        session = lpnb.connect(sandbox)
        conversation = lpnb.create_conversation(session)
        sandbox.agent.accept(conversation)
        sandbox.agent.say(conversation, "\ud800 half")
        shown = sandbox.conversations[conversation.id]._repr_mimebundle_()

        assert all("\\ud800 half" in str(one.encode(), "utf-8") for one in shown.values())


def test_remarks_name_the_fault(sandbox: Sandbox) -> None:
    """Beside an entry stands the name of the rule that fired, if it has one."""
    sandbox.faults.add("login-refused")
    with pytest.raises(lpnb.LpnbError):
        lpnb.log_in(lpnb.connect(sandbox))

    assert "fault login-refused" in sandbox.journal[-1]._repr_mimebundle_()["text/plain"]
