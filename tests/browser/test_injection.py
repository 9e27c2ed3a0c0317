"""Whatever a hostile file or server says stays text, wherever a card is shown."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page

from tests import notebook_tools
from tests.browser.conftest import exported, lesson_of
from tests.browser.lab import Chromium, Lab, Notebook, within
from tests.browser.payloads import PAYLOADS, TURNED
from tests.browser.stacks import InLab, Stack

pytestmark = pytest.mark.browser

HOSTILE = [  # one of each kind, for where there is no room for all
    PAYLOADS[4],
    '"><script>window.__pwned=1</script>',
    "</pre></details><script>window.__pwned=1</script>",
    "' onmouseover='window.__pwned=1' x='",
    "</code><svg onload=window.__pwned=1>",
    "<iframe srcdoc='<script>parent.__pwned=1</script>'></iframe>",
    "<a href='javascript:window.__pwned=1'>here</a>",
    "<style onload=window.__pwned=1></style>",
    TURNED,
]
SHOW_CARDS = """
from lpnb.card import Card, Fact, Picture, Shown
from lpnb.exchange import Body, Exchange

DRAWN = lpnb.samples.drawing().content

class Hostile(Shown):
    def __init__(self, text):
        self.text = text

    def card(self, depth=0):
        text = self.text
        host = text.translate({ord("["): None, ord("]"): None})  # else it is no URL
        body = Body("json", text, 1, {text: [text, {"caption": text}]})
        exchange = Exchange(
            step=text, service=text, mode=text, method=text, type=text,
            url=f"http://{host}/{text}?{text}={text}", origins={text: text, "caption": text},
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
            pictures=(picture, Picture(DRAWN, text)),
            exchanges=(exchange, other), notes=(text,),
            cards=() if depth else (self.card(1),),
        )
"""
# The same through the library: names, captions, and answers that came from outside
SHARE = """
session = lpnb.connect()
conversation = lpnb.create_conversation(session)
content = lpnb.samples.photo(20_000).content

def named(text, content=content):
    return lpnb.ImageFile.read(content, name=text.replace("/", "|") + ".jpg", check=False)

for text in hostile[:3]:
    image = named(text)
    display(image, lpnb.share_file(session, conversation, image, caption="\\n".join(hostile)))
session.sandbox.faults.add({"where": {"type": "ms.GenerateURLForUploadFile"}, "do": {
    "status": 400,
    "headers": {f"X-{i}": one for i, one in enumerate(hostile) if one.isprintable()},
    "body": {"body": {"msg": " ".join(hostile)}, **{one: [one] for one in hostile}},
}})
try:
    lpnb.request_upload_url(session, image)
except lpnb.ServiceError as error:
    display(error.exchange)
"""
FORMS = """
import os, pathlib

def press(form, name):
    for part in getattr(form, "children", ()):
        if getattr(part, "description", "") == name:
            part.click()
        press(part, name)

pictures = [named(text) for text in hostile]
picker = lpnb.ImagePicker(pictures, multiple=True)
for text in hostile:
    picker.fill(content=b"no picture", name=text.replace("/", "|"))
    picker.submit()
one = lpnb.ImagePicker(named(" ".join(hostile)))
one.fill(content=b"no picture", name=" ".join(hostile))
one.submit()
preview = lpnb.PreviewForm(one, caption="\\n".join(hostile))
file = pathlib.Path(hostile[4].replace("/", "|") + ".env")
lines = (f'LPNB_{name}="{text}"' for name in ("ACCOUNT", "CLIENT_ID") for text in hostile[4:5])
file.write_text("\\n".join(lines))
os.environ["LPNB_DOMAIN_API"] = " ".join(hostile).replace("\\0", "")
account = lpnb.AccountForm(on_check=lambda account: " ".join(hostile), env_file=file)
account.fill(id=hostile[5], client_id=hostile[6], client_secret="x")
account.submit()
press(account, "Check")
checked = lpnb.AccountForm(on_check=lambda account: Hostile(" ".join(hostile)))
press(checked, "Check")
stepper = lpnb.GuideStepper(lpnb.connect(), preview)
stepper.submit()
assert not stepper.problem, stepper.problem
display(picker, one, preview, account, checked, stepper)
"""
SENTINEL = "<img src=x onerror=window.__sentinel=1>"  # shown raw, so that it must fire
HALF = len(PAYLOADS) // 2  # JupyterLab shows the first 50 outputs of a cell
CELLS = (
    f"import lpnb, lpnb.render\nfrom IPython.display import HTML, display\nhostile = {PAYLOADS!a}",
    SHOW_CARDS,
    f"for text in hostile[:{HALF}]:\n    display(Hostile(text))",
    f"for text in hostile[{HALF}:]:\n    display(Hostile(text))",
    SHARE,
    FORMS,
    f"HTML({SENTINEL!r})",
)
CARDS, SHARED, SHOWN = (2, 3), 4, 5  # places of cells


@pytest.fixture(scope="module", params=["lab", "binder"])
def jupyter(request: pytest.FixtureRequest, places: Callable[[str], Stack]) -> Lab:
    """JupyterLab at its newest, and as Binder has it."""
    stack = places(request.param)
    assert isinstance(stack, InLab)
    return stack.lab


@pytest.fixture(scope="module")
def shown(jupyter: Lab) -> Iterator[Notebook]:
    """A notebook in JupyterLab, run, that shows every hostile text wherever it could be."""
    with jupyter.opened(lesson_of(*CELLS), "hostile.ipynb") as notebook:
        assert notebook.run_all(), notebook.cells()
        yield notebook


@pytest.fixture(scope="module")
def saved(shown: Notebook) -> str:
    """The same as a file, with the state of its widgets."""
    text = shown.save()
    assert "widgets" in notebook_tools.parsed(text).metadata
    return text


def caught(page: Page) -> tuple[bool, bool]:
    """Wait until the sentinel has fired; whether it and the hostile scripts have left a mark."""
    within(page, 'await until("sentinel", () => window.__sentinel);')
    marks = page.evaluate("() => [window.__sentinel === 1, '__pwned' in window]")
    return marks[0], marks[1]


def intruders(place: Locator) -> list[str]:
    """Name the elements and attributes in *place* that no card or form is made of."""
    found: list[str] = place.evaluate_all(
        """(roots) => roots.flatMap((root) => [...root.querySelectorAll("*")]).filter((one) =>
            ["SCRIPT", "SVG", "IFRAME", "A", "OBJECT", "EMBED", "LINK", "META", "BASE", "FORM",
             "MATH", "MJX-CONTAINER", "TEMPLATE", "VIDEO", "AUDIO", "MARQUEE", "BODY"]
                .includes(one.tagName.toUpperCase())
            || one.tagName === "STYLE" && !one.textContent.includes(".lpnb-")  // anywidget's
            || one.tagName === "IMG" && !/^(data:image|$)/.test(one.getAttribute("src") ?? "x")
            || [...one.attributes].some((attribute) => attribute.name.startsWith("on")),
        ).map((one) => one.outerHTML.slice(0, 80))"""
    )
    return found


def everything(notebook: Notebook) -> list[str]:
    """All intruders in all outputs of the notebook but the sentinel's."""
    return [one for place in (*CARDS, SHARED, SHOWN) for one in intruders(notebook.outputs(place))]


def test_there_are_enough(shown: Notebook) -> None:
    """Sixty texts and more, each different, are shown as they were written on each card."""
    cards = [shown.outputs(place) for place in CARDS]

    assert 60 <= len(set(PAYLOADS)) == sum(one.count() for one in cards)
    assert PAYLOADS[0] in (cards[0].first.text_content() or "")


def test_live(shown: Notebook) -> None:
    """In JupyterLab, where nothing is sanitised, no hostile text becomes markup or runs."""
    assert (True, False) == caught(shown.page)
    assert [] == everything(shown)
    texts = shown.outputs(SHOWN).all_text_contents()
    assert 7 == len(texts)  # the stepper shows its cards below itself
    assert [5] == [i for i, text in enumerate(texts) if PAYLOADS[4] not in text]


def test_direction_marks(shown: Notebook) -> None:
    """Characters that would turn a text around are spelt out instead."""
    last = shown.outputs(CARDS[-1]).last.text_content() or ""

    assert "\\u202egnp" in last
    assert set() == {"\u202e", "\u2066", "\u200f", "\u061c"} & set(last)


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "untrusted"])
def test_reopened(jupyter: Lab, saved: str, trusted: bool) -> None:
    """Nor does one when the saved notebook is opened again, trusted or from elsewhere."""
    notebook = notebook_tools.parsed(saved)
    if not trusted:
        notebook.metadata["from"] = "elsewhere"  # so that the signature made on saving doesn't hold
    within(jupyter.page, "delete window.__sentinel; delete window.__pwned;")
    with jupyter.opened(notebook, f"reopened-{trusted}.ipynb") as again:
        shown = again.trusted()
        again.outputs(SHOWN).last.wait_for()
        found = everything(again)
        marks = (
            caught(jupyter.page)
            if trusted
            else (False, jupyter.page.evaluate("() => '__pwned' in window"))
        )

    assert (trusted, (trusted, False)) == (shown, marks)
    assert [] == found


def test_exported_page(saved: str, reader: Chromium, page: Page, tmp_path: Path) -> None:
    """In the page that nbconvert makes no hostile text becomes markup or runs."""
    page.goto(exported(saved, tmp_path))
    outputs = page.locator(".jp-OutputArea-output").filter(has_text="SANDBOX")

    assert (True, False) == caught(page)
    assert outputs.count() >= len(PAYLOADS)
    assert [] == intruders(outputs)
    assert [] == reader.errors


def test_voila(places: Callable[[str], Stack]) -> None:
    """Nor in Voilà, which sanitises nothing either."""
    with places("voila").run(lesson_of(*CELLS), "hostile-voila.ipynb") as sheet:
        sheet.outputs(SHOWN).last.wait_for()

        assert (True, False) == caught(sheet.page)
        assert [] == [one for i in (*CARDS, SHARED, SHOWN) for one in intruders(sheet.outputs(i))]
