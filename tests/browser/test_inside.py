"""What the sandbox shows of itself in JupyterLab: journal, chat, objects and its switches."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import lesson_of
from tests.browser.lab import HEIGHT, WIDTH, Lab, Notebook
from tests.browser.reading import CARD, contrasts, overflowing
from tests.browser.test_injection import HOSTILE, intruders
from tests.browser.test_lesson import READABLE, THEMES, fold, unreadable

pytestmark = pytest.mark.browser

HAPPENED = f"""
import lpnb

sandbox = lpnb.Sandbox(sharing=False)
session = lpnb.connect(sandbox, policy=lpnb.ONCE)
lpnb.enable_file_sharing(session, lpnb.log_in(session))
sandbox.seed(2)
sandbox.guesses["already_open"] = 200
sandbox.faults.add({{"where": {{"service": "swift"}}, "do": {{"status": 503, "body": "too busy"}}}})
sandbox.faults.add({{"where": {{"service": "idp", "nth": 9}}, "do": {{"reset": True}}}})
sandbox.webhooks.register("http://127.0.0.1:9")
conversation = lpnb.create_conversation(session)
sandbox.agent.accept(conversation)
for text in {HOSTILE!a}:
    try:
        lpnb.share_file(session, conversation, lpnb.samples.photo(20_000), caption=text)
    except lpnb.ServerFailed:
        pass
    sandbox.agent.say(conversation, text)
sandbox.agent.read(conversation)
sandbox.agent.type(conversation)
sandbox.webhooks.wait()
"""
SHOWN = {
    "journal": "sandbox.journal",
    "refused": "sandbox.journal.find(service='swift', status=503)",
    "entry": "sandbox.journal.find(type='ms.PublishEvent')[-1]",
    "conversations": "sandbox.conversations",
    "chat": "sandbox.conversations[conversation.id]",
    "past": "next(one for one in sandbox.conversations.values() if len(one.messages) > 2)",
    "objects": "sandbox.objects",
    "object": "list(sandbox.objects.values())[0]",
    "guesses": "sandbox.guesses",
    "faults": "sandbox.faults",
    "agent": "sandbox.agent",
    "webhooks": "sandbox.webhooks",
    "clock": "sandbox.clock",
    "sandbox": "sandbox",
}


@pytest.fixture(scope="module")
def inside(lab: Lab) -> Iterator[Notebook]:
    """A notebook that shows everything in a sandbox in which much has happened."""
    with lab.opened(lesson_of(HAPPENED, *SHOWN.values()), "inside.ipynb") as notebook:
        assert notebook.run_all()
        yield notebook


@pytest.mark.parametrize("theme", THEMES)
def test_readable(lab: Lab, inside: Notebook, screenshots: Path, theme: str) -> None:
    """Every word stands out enough in both themes, folded out too; pictures are kept of it."""
    folder = screenshots / f"inside-{theme.lower()}"
    folder.mkdir(exist_ok=True)
    lab.use_theme(theme)
    rows = []
    with inside.at_full_length():
        for place, name in enumerate(SHOWN, 1):
            card = inside.outputs(place)
            card.screenshot(path=folder / f"{name}.png")
            fold(card, open=name in ("refused", "entry"))
            rows += contrasts(card)
    with inside.at_full_length():
        for place, name in enumerate(SHOWN, 1):
            if name in ("refused", "entry"):
                inside.outputs(place).screenshot(path=folder / f"{name}-unfolded.png")
                fold(inside.outputs(place), open=False)

    assert len(rows) > 500
    assert READABLE > 4
    assert set() == unreadable(rows)


@pytest.mark.parametrize("width", [WIDTH, 820])
def test_fits(lab: Lab, inside: Notebook, width: int) -> None:
    """No view is wider than the room it has, on a narrow screen either."""
    lab.page.set_viewport_size({"width": width, "height": HEIGHT})
    wide = {}
    for place, name in enumerate(SHOWN, 1):
        card = inside.outputs(place).locator(CARD).first
        fold(card, open=True)
        wide[name] = overflowing(card)
        fold(card, open=False)
    lab.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})

    assert {} == {name: rows for name, rows in wide.items() if rows}


def test_a_row_unfolds(inside: Notebook) -> None:
    """A click on a request in the journal shows what was sent and answered."""
    refused = inside.outputs(2)
    sides = refused.locator("pre")
    before = sides.first.is_visible()

    refused.locator("summary").first.click()

    assert (False, True) == (before, sides.first.is_visible())
    assert "503 Service Unavailable" in sides.last.inner_text()
    assert "too busy" in sides.last.inner_text()


def test_hostile_texts_stay_texts(inside: Notebook) -> None:
    """Captions that would like to be markup are read in the chat as they were written."""
    for place, _ in enumerate(SHOWN, 1):
        assert [] == intruders(inside.outputs(place))
    chat = inside.outputs([*SHOWN].index("chat") + 1)

    assert HOSTILE[1] in chat.inner_text()
    assert len(HOSTILE) - 1 == chat.locator("img").count()
    assert not inside.page.evaluate("() => '__pwned' in window")
