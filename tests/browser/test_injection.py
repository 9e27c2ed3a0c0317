"""Whatever a hostile file or server says stays text, wherever a card is shown."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page

from tests.browser.conftest import exported, lesson_of
from tests.browser.lab import Chromium, Lab, Notebook, within

pytestmark = pytest.mark.browser

HOSTILE = [
    "<img src=x onerror=window.__pwned=1>",
    '"><script>window.__pwned=1</script>',
    "</pre></details><script>window.__pwned=1</script>",
    "' onmouseover='window.__pwned=1' x='",
    "</code><svg onload=window.__pwned=1>",
    "<iframe srcdoc='<script>parent.__pwned=1</script>'></iframe>",
    "<a href='javascript:window.__pwned=1'>here</a>",
    "<style onload=window.__pwned=1></style>",
    "gpj.\u202egnp.exe \u2066\u200f\u061c",
]
SHOW_CARDS = """
from lpnb.card import Card, Fact, Picture, Shown
from lpnb.exchange import Body, Exchange

class Hostile(Shown):
    def __init__(self, text):
        self.text = text

    def card(self, depth=0):
        text = self.text
        body = Body("json", text, 1, {text: [text, {"caption": text}]})
        exchange = Exchange(
            step=text, service=text, mode=text, method=text, url=f"http://{text}/{text}?{text}={text}",
            type=text, origins={text: text, "caption": text},
            sent_headers=((text, text),), sent=body,
            status=400, reason=text, guess=text,
            received_headers=((text, text),), received=Body("text", text, 1, text),
        )
        form = Body("form", text, 1, {text: text})
        other = Exchange(
            step=text, service="swift", mode="SANDBOX", method=text, url=f"http://h/{text}",
            sent=form, received=Body("binary", text, 1, None, text),
        )
        picture = Picture(b"GIF89a" + text.encode(), text)
        return Card(
            title=text, label=text, mode="SANDBOX", verdict="refused", summary=text,
            facts=(Fact(text, text, text, "warning"), Fact("caption", text)),
            pictures=(picture, Picture(lpnb.samples.drawing().content, text)),
            exchanges=(exchange, other), notes=(text,),
            cards=() if depth else (self.card(1),),
        )
"""
# The same through the library: names, captions and an answer that came from outside
SHARE = """
session = lpnb.connect()
conversation = lpnb.create_conversation(session)
content = lpnb.samples.photo(20_000).content
for text in (hostile[0], hostile[2], hostile[-1]):
    image = lpnb.ImageFile.read(content, name=text.replace("/", "|") + ".jpg")
    display(image, lpnb.share_file(session, conversation, image, caption=text))
"""
SENTINEL = "<img src=x onerror=window.__sentinel=1>"  # shown raw, so that it must fire


@pytest.fixture(scope="module")
def shown(lab: Lab) -> Iterator[Notebook]:
    """A notebook in JupyterLab, run, that shows every hostile text in every place of a card."""
    hostile = lesson_of(
        "import lpnb\nfrom IPython.display import HTML, display",
        SHOW_CARDS,
        f"for text in {HOSTILE!a}:\n    display(Hostile(text))",
        f"hostile = {HOSTILE!a}\n{SHARE}",
        f"HTML({SENTINEL!r})",
    )
    with lab.opened(hostile, "hostile.ipynb") as notebook:
        assert notebook.run_all()
        yield notebook


def caught(page: Page) -> tuple[bool, bool]:
    """Wait until the sentinel has fired; whether it and the hostile scripts have left a mark."""
    within(page, 'await until("sentinel", () => window.__sentinel);')
    marks = page.evaluate("() => [window.__sentinel === 1, '__pwned' in window]")
    return marks[0], marks[1]


def intruders(place: Locator) -> list[str]:
    """Name the elements and attributes in *place* that no card is made of."""
    found: list[str] = place.evaluate_all(
        """(roots) => roots.flatMap((root) => [...root.querySelectorAll("*")]).filter((one) =>
            ["SCRIPT", "SVG", "IFRAME", "STYLE", "A", "OBJECT"].includes(one.tagName.toUpperCase())
            || one.tagName === "IMG" && !one.src.startsWith("data:image/")
            || [...one.attributes].some((attribute) => attribute.name.startsWith("on")),
        ).map((one) => one.outerHTML.slice(0, 80))"""
    )
    return found


def test_live(shown: Notebook) -> None:
    """In JupyterLab, where nothing is sanitised, no hostile text becomes markup or runs."""
    cards, shared = shown.outputs(2), shown.outputs(3)

    assert (True, False) == caught(shown.page)
    assert len(HOSTILE) == cards.count()
    assert [] == intruders(cards)
    assert [] == intruders(shared)
    assert HOSTILE[0] in cards.first.inner_text()


def test_direction_marks(shown: Notebook) -> None:
    """Characters that would turn a text around are spelt out instead."""
    last = shown.outputs(2).last.text_content() or ""

    assert "\\u202egnp" in last
    assert set() == {"\u202e", "\u2066", "\u200f", "\u061c"} & set(last)


def test_exported_page(shown: Notebook, reader: Chromium, page: Page, tmp_path: Path) -> None:
    """In the page that nbconvert makes no hostile text becomes markup or runs."""
    page.goto(exported(shown.save(), tmp_path))
    outputs = page.locator(".jp-OutputArea-output").filter(has_text="SANDBOX")

    assert (True, False) == caught(page)
    assert outputs.count() >= len(HOSTILE)
    assert [] == intruders(outputs)
    assert [] == reader.errors
