"""The account form, used by hand in JupyterLab, with the widgets' state saved along in the file."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, WebSocket

from tests import notebook_tools
from tests.browser import axe
from tests.browser.conftest import STACKS, lesson_of
from tests.browser.lab import Chromium, Lab, Notebook
from tests.browser.stacks import Stack

pytestmark = pytest.mark.browser

FORM, VALUE, PROCESS = 2, 3, 4  # places of cells
SECRETS = {
    "client secret": "client/secret+of 33 letters, typed",
    "password": 'pass"word\\typed & é',
}
WITHOUT_ANYWIDGET = """
import lpnb.widgets._front
lpnb.widgets._front.available = lambda: False
"""
SHOW_VALUE = """
secrets = (form.value.client_secret, form.value.password) if form.value else ()
print(form.value and form.value.id, *(one and one.reveal()[::-1] for one in secrets), sep="|")
"""  # backwards, so that the search for secrets in the file finds no secret here


@pytest.fixture(scope="module")
def frames(lab: Lab) -> Iterator[list[str]]:
    """What the page and the kernel have told each other, message by message."""
    heard: list[str] = []

    def note(frame: str | bytes) -> None:
        heard.append(frame if isinstance(frame, str) else frame.decode(errors="replace"))

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", note)
        socket.on("framereceived", note)

    lab.page.on("websocket", listen)
    yield heard
    lab.page.remove_listener("websocket", listen)


@pytest.fixture(scope="module", params=["anywidget", "ipywidgets"])
def opened(request: pytest.FixtureRequest, lab: Lab, frames: list[str]) -> Iterator[Notebook]:
    """A notebook with the form, with anywidget and without."""
    cells = (
        "import lpnb",
        "" if request.param == "anywidget" else WITHOUT_ANYWIDGET,
        "form = lpnb.AccountForm(lpnb.check_account)\nform",
        SHOW_VALUE,
        "import os\nprint(os.getpid())",
    )
    with lab.opened(lesson_of(*cells), f"account-{request.param}.ipynb") as notebook:
        notebook.kind = request.param  # type: ignore[attr-defined]
        yield notebook


@pytest.fixture
def notebook(opened: Notebook) -> Notebook:
    """The form on show, new and untouched."""
    assert opened.run_all()
    return opened


@pytest.fixture
def form(notebook: Notebook) -> Any:
    """What a person sees of the form, with LIVE chosen."""
    form = notebook.outputs(FORM)
    form.get_by_role("checkbox", name="LIVE").click()
    form.get_by_label("client secret", exact=True).wait_for()
    return form


def value(notebook: Notebook) -> list[str]:
    """What a cell below the form gets: the account's id, and its secrets."""
    assert notebook.run(VALUE)
    words = "".join(notebook.cells()[VALUE]["outputs"][0]["text"]).strip().split("|")
    return [words[0], *(word[::-1] for word in words[1:])]


def models(text: str) -> int:
    """How many widget models a saved notebook holds."""
    saved = notebook_tools.parsed(text).metadata.get("widgets", {})
    return sum(len(one["state"]) for one in saved.values())


def left(form: Any) -> list[str]:
    """What stands in the fields of the secrets."""
    return [form.get_by_label(label, exact=True).input_value() for label in SECRETS]


def shoot(form: Any, screenshots: Path, name: str) -> None:
    form.last.screenshot(path=screenshots / f"account-{name}.png")


def test_secrets_typed(notebook: Notebook, form: Any, screenshots: Path) -> None:
    """Typed secrets arrive whole, leave their fields at once, and never get into the file."""
    kind = notebook.kind  # type: ignore[attr-defined]
    form.get_by_label("account id", exact=True).fill("98765432")
    form.get_by_label("client id", exact=True).fill("a-client-id")
    form.get_by_label("user name", exact=True).fill("admin")
    for label, secret in SECRETS.items():
        form.get_by_label(label, exact=True).fill(secret)
        form.get_by_label(label, exact=True).press("Tab")
        form.get_by_text(f"✓ taken, {len(secret)} characters").wait_for()
    taken, saved = left(form), notebook.save()
    shoot(form, screenshots, f"{kind}-filled")
    form.get_by_role("button", name="Use this account", exact=True).click()
    form.get_by_text("In use: LIVE account 98765432").wait_for()
    shoot(form, screenshots, f"{kind}-in-use")
    text = notebook.save()

    assert ["", ""] == taken
    assert ["", ""] == left(form)
    assert ["98765432", *SECRETS.values()] == value(notebook)
    assert ("PasswordModel" in text) == (kind == "ipywidgets")
    assert ("lpnb-secret" in text) == (kind == "anywidget")
    assert [] == notebook_tools.leaks(saved + text, SECRETS.items())


@pytest.mark.parametrize("opened", ["anywidget"], indirect=True)
def test_a_secret_travels_once(notebook: Notebook, form: Any, frames: list[str]) -> None:
    """A secret is in one message to the kernel, which changes no model, and in no answer."""
    secret = "travels/once+and for all"
    field = form.get_by_label("client secret", exact=True)
    field.press_sequentially(secret)
    field.press("Enter")
    form.get_by_text("✓ taken, 24 characters").wait_for()
    assert notebook.run(VALUE)
    told = [frame for frame in frames if secret[:20] in frame]

    assert 1 == len(told)
    assert '"method":"custom"' in told[0]


@pytest.mark.parametrize("opened", ["anywidget"], indirect=True)
def test_the_kernel_is_slow(notebook: Notebook, form: Any) -> None:
    """A secret is said to be on its way until the kernel has taken it."""
    process = int("".join(notebook.cells()[PROCESS]["outputs"][0]["text"]))
    field = form.get_by_label("password", exact=True)
    for secret in ("first", "other"):  # of which there is the same to say
        os.kill(process, signal.SIGSTOP)
        try:
            field.fill(secret)
            field.press("Enter")
            form.get_by_text("on its way: the kernel takes it when it is free").wait_for()
            taken_already = form.get_by_text("✓ taken, 5 characters").count()
        finally:
            os.kill(process, signal.SIGCONT)
        form.get_by_text("✓ taken, 5 characters").wait_for()

        assert 0 == taken_already


def test_the_button_follows_what_is_typed(notebook: Notebook, form: Any) -> None:
    """A secret that is still in its field when the button is pressed is taken before that."""
    form.get_by_label("account id", exact=True).fill("98765432")
    form.get_by_label("client id", exact=True).fill("a-client-id")
    form.get_by_label("client secret", exact=True).fill(SECRETS["client secret"])
    form.get_by_role("button", name="Use this account", exact=True).click()
    form.get_by_text("In use: LIVE account 98765432").wait_for()

    assert ["98765432", SECRETS["client secret"]] == value(notebook)[:2]


def test_keyboard_alone(notebook: Notebook) -> None:
    """The fields follow each other by the Tab key, and the button is pressed by Space."""
    page, form = notebook.page, notebook.outputs(FORM)
    form.get_by_role("checkbox", name="LIVE").focus()
    page.keyboard.press("Space")
    form.get_by_label("client secret", exact=True).wait_for()
    for text in ("98765432", "an-id", SECRETS["client secret"], "admin", SECRETS["password"]):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    form.get_by_text("In use: LIVE account 98765432").wait_for()

    assert ["98765432", *SECRETS.values()] == value(notebook)


def test_refused(notebook: Notebook, form: Any, screenshots: Path) -> None:
    """An account that can't be is refused by an alert; what was typed waits, but in no field."""
    form.get_by_label("account id", exact=True).fill("no number!")
    form.get_by_text("! an account id has only letters").wait_for()
    form.get_by_label("client id", exact=True).fill("an-id")
    for label, secret in SECRETS.items():
        form.get_by_label(label, exact=True).fill(secret)
    form.get_by_role("button", name="Use this account", exact=True).click()
    alert = form.get_by_role("alert").filter(has_text="the account id may hold")
    alert.wait_for()
    shoot(form, screenshots, f"{notebook.kind}-refused")  # type: ignore[attr-defined]
    fields, text = left(form), notebook.save()
    form.get_by_label("account id", exact=True).fill("1234")
    form.get_by_role("button", name="Use this account", exact=True).click()
    form.get_by_text("In use: LIVE account 1234").wait_for()

    assert ["", ""] == fields
    assert [] == notebook_tools.leaks(text, SECRETS.items())
    assert ["1234", *SECRETS.values()] == value(notebook)


@pytest.mark.parametrize("opened", ["anywidget"], indirect=True)
def test_said_while_typing(notebook: Notebook, form: Any) -> None:
    """What a secret can't be is said before it is taken; on the way there the kernel hears none."""
    field = form.get_by_label("client secret", exact=True)
    field.press_sequentially("Bearer abc")
    note = form.get_by_text("! it begins with a word of a header")
    note.wait_for()
    described = field.evaluate(
        "(one) => document.getElementById(one.getAttribute('aria-describedby')).textContent"
    )
    field.fill("a right one ")
    form.get_by_text("! there is a blank at an end").wait_for()
    field.fill("a right one")
    note_after = note.count()
    sent = value(notebook)

    assert described.startswith("! it begins")
    assert 0 == note_after
    assert ["None"] == sent
    assert "" == field.input_value()  # it was left when the cell below was run


def test_check(notebook: Notebook, screenshots: Path) -> None:
    """The check shows which hosts were found and how long the token lives."""
    form = notebook.outputs(FORM)
    form.get_by_role("button", name="Check", exact=True).click()
    form.get_by_text("The account answers").wait_for()
    shoot(form, screenshots, f"{notebook.kind}-checked")  # type: ignore[attr-defined]

    assert form.get_by_text("asyncMessagingEnt").first.is_visible()
    assert form.get_by_text("lives 3,").is_visible()


@pytest.mark.parametrize("width", [400, 640], ids=["narrow", "200 percent"])
def test_narrow(notebook: Notebook, form: Any, screenshots: Path, width: int) -> None:
    """In a narrow window, which is what zooming in makes of it, no field is cut off."""
    page, whole = notebook.page, notebook.page.viewport_size
    page.set_viewport_size({"width": width, "height": 900})
    form.get_by_label("account id", exact=True).fill("no number! " * 3)
    shoot(form, screenshots, f"{notebook.kind}-{width}")  # type: ignore[attr-defined]
    edge = right(form.locator(".widget-vbox").first)
    ends = [right(form.get_by_label(label, exact=True)) for label in ("account id", *SECRETS)]
    page.set_viewport_size(whole)

    assert max(ends) < edge


def right(one: Locator) -> float:
    box = one.bounding_box()
    assert box
    return box["x"] + box["width"]


def test_axe_finds_nothing(lab: Lab, notebook: Notebook, form: Any) -> None:
    """The filled, refused and checked form breaks no rule of accessibility, in either theme."""
    found = {}
    form.get_by_label("account id", exact=True).fill("12 34")
    form.get_by_label("client id", exact=True).fill("an-id")
    form.get_by_label("client secret", exact=True).fill("secret")
    form.get_by_role("button", name="Use this account", exact=True).click()
    form.get_by_role("alert").filter(has_text="account id").wait_for()
    for theme in ("Dark", "Light"):
        lab.use_theme(theme)
        found[f"{theme}, refused"] = axe.violations(form)
    form.get_by_role("checkbox", name="LIVE").click()
    form.get_by_role("button", name="Check", exact=True).click()
    form.get_by_text("The account answers").wait_for()
    for theme in ("Dark", "Light"):
        lab.use_theme(theme)
        found[f"{theme}, checked"] = axe.violations(form)

    assert {state: [] for state in found} == found


def test_themes(lab: Lab, notebook: Notebook, form: Any, screenshots: Path) -> None:
    """Both kinds of fields look alike, in both themes: as high, as wide, in the same colours."""
    look = """(one) => { const style = getComputedStyle(one), box = one.getBoundingClientRect();
        return JSON.stringify([box.width, box.height, box.x, style.color, style.backgroundColor,
        style.borderColor, style.fontSize].map((v) => Number.isFinite(v) ? Math.round(v) : v)); }"""
    looks = {}
    for theme in ("Dark", "Light"):
        lab.use_theme(theme)
        shoot(form, screenshots, f"{notebook.kind}-{theme.lower()}")  # type: ignore[attr-defined]
        for label in ("account id", "client secret"):
            looks[theme, label] = json.loads(form.get_by_label(label, exact=True).evaluate(look))

    assert looks["Light", "account id"] == looks["Light", "client secret"]
    assert looks["Dark", "account id"] == looks["Dark", "client secret"]
    assert looks["Dark", "account id"] != looks["Light", "account id"]


def test_a_form_that_is_made_again_leaves_no_models(notebook: Notebook) -> None:
    """However often a form's cell is run, the saved file holds the models of one form."""
    once = models(notebook.save())
    for _ in range(3):
        assert notebook.run(FORM)
    often = models(notebook.save())

    assert once > 10
    assert once == often


def test_nothing_left_the_machine(lab: Lab, opened: Notebook) -> None:
    """The page asked nobody else for anything, and none of its scripts failed."""
    assert [] == lab.chromium.strangers
    assert [] == lab.chromium.errors


A_SERVICE = """
import os
import lpnb

sandbox = lpnb.Sandbox()
os.environ["LPNB_DOMAIN_API"] = sandbox.domain_api
os.environ["LPNB_ACCOUNT"], os.environ["LPNB_CLIENT_ID"] = sandbox.account, sandbox.client_id
print(sandbox.client_secret)
"""


@pytest.mark.parametrize("name", STACKS)
def test_on_each_stack(places: Callable[[str], Stack], name: str, screenshots: Path) -> None:
    """With keys alone, wherever it runs, a typed secret is taken, and its account answers."""
    cells = (A_SERVICE, "form = lpnb.AccountForm(lpnb.check_account)\nform")
    with places(name).run(lesson_of(*cells), "account.ipynb") as sheet:
        form, keyboard = sheet.outputs(1), sheet.page.keyboard
        form.get_by_role("checkbox", name="LIVE").focus()
        keyboard.press("Space")
        form.get_by_text("from LPNB_CLIENT_ID").wait_for()
        form.get_by_label("client secret", exact=True).focus()
        keyboard.type(sheet.outputs(0).inner_text().strip())
        keyboard.press("Enter")
        form.get_by_text("✓ taken").wait_for()
        check = form.get_by_role("button", name="Check", exact=True)
        check.focus()
        keyboard.press("Space")
        form.get_by_text("The account answers").wait_for()
        shoot(form, screenshots, f"stack-{name}")

        assert check.evaluate("(one) => one === document.activeElement")
        assert form.get_by_text("In use: LIVE account").is_visible()
        assert form.get_by_text("lives 3,").is_visible()


def test_the_kernel_was_restarted(lab: Lab, browser: Browser) -> None:
    """A secret that no kernel can take leaves its field all the same, and that is said."""
    alone = Lab(lab.server, Chromium(browser))  # where Lab may complain about the restart itself
    with alone.opened(lesson_of("import lpnb\nlpnb.AccountForm()"), "restarted.ipynb") as notebook:
        assert notebook.run_all()
        form = notebook.outputs(0)
        form.get_by_role("checkbox", name="LIVE").click()
        field = form.get_by_label("password", exact=True)
        field.wait_for()
        notebook._do('at("restart"); await panel.sessionContext.session.kernel.restart();')
        field.fill(SECRETS["password"])
        field.press("Enter")
        form.get_by_text("! not taken, as the kernel does not know this form any more").wait_for()
        left = field.input_value()

    assert "" == left
    assert not any("Cannot send" in error for error in alone.chromium.errors)
