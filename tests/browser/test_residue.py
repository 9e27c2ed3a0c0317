"""Nothing secret stays behind where a person used the forms and saved, widgets' state or not."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests import notebook_tools, residue
from tests.browser import hands, journey
from tests.browser.conftest import lesson_of
from tests.browser.journey import CELLS, Journey
from tests.browser.lab import Notebook, within
from tests.browser.stacks import Stack

pytestmark = pytest.mark.browser

_SAVE_STATE = """
const id = "@jupyter-widgets/jupyterlab-manager:saveWidgetState";
const {commands} = window.jupyterapp;
if (commands.isToggled(id) !== values[0]) await commands.execute(id);
await until("toggled", () => commands.isToggled(id) === values[0]);
"""
PLAIN = """
import ipywidgets
plain = [ipywidgets.Password(description="password"), ipywidgets.Text(description="secret"),
         ipywidgets.FileUpload(description="Choose a picture", tooltip="Choose")]
ipywidgets.VBox(plain)
"""


@contextmanager
def saving_state(page: Page, on: bool) -> Iterator[None]:
    """Switch the saving of widgets' state *on* or off, for as long as the block lasts."""
    within(page, _SAVE_STATE, on)
    yield
    within(page, _SAVE_STATE, True)  # as the server's settings have it


def use(begun: Journey, planted: residue.Planted, file: Path) -> None:
    """Use all forms, as a person does who has secrets to type and a picture to share."""
    fields = {"client secret": planted.client_secret, "password": planted.password}
    hands.use_live(begun.account, **{"account id": "98765432", "client id": "an-id"}, **fields)
    begun.account.get_by_text("In use: LIVE account 98765432").wait_for()
    hands.choose(begun.picker, file)
    begun.await_picture(file.name)
    hands.press(begun.stepper, journey.RUN)
    begun.told(file.name)


def saved(notebook: Any, home: Path, *, state: bool) -> None:
    """Save *notebook* by hand, and export it."""
    assert isinstance(notebook, Notebook)
    with saving_state(notebook.page, state):
        text = notebook.save()
    residue.export(notebook.root / notebook.path)
    assert state == ("widgets" in notebook_tools.parsed(text).metadata)


@pytest.fixture
def planted(tmp_path: Path) -> residue.Planted:
    """Secrets and a picture, which lies in a file."""
    planted = residue.Planted()
    (tmp_path / "planted.jpg").write_bytes(planted.image.content)
    return planted


@pytest.mark.parametrize("state", [True, False], ids=["state", "no state"])
@pytest.mark.parametrize("name", ["lab", "binder", "notebook", "bare"])
def test_nothing_stays_behind(
    places: Callable[[str], Stack],
    tmp_path: Path,
    planted: residue.Planted,
    name: str,
    state: bool,
) -> None:
    """No secret and no picture is in any file that the server, its kernel or nbconvert wrote."""
    bare, side = name == "bare", tmp_path / "secrets.json"  # without anywidget, in the newest
    stack = places("lab" if bare else name)
    path = f"residue-{name}-{state}.ipynb"
    with journey.begun(stack, path, collecting(side), bare=bare) as begun:
        use(begun, planted, tmp_path / "planted.jpg")
        assert isinstance(begun.sheet, Notebook)
        assert begun.sheet.run(len(CELLS) + bare)
        saved(begun.sheet, stack.server.home, state=state)
    held = residue.collected(side)

    assert {} == residue.left(stack.server.home, planted, held)
    assert {"client secret", "password", "AppJWT", "temp_url_sig"} <= {kind for kind, _ in held}


def test_plain_widgets_are_found(
    places: Callable[[str], Stack], tmp_path: Path, planted: residue.Planted
) -> None:
    """What plain widgets and typed code leave is found, in each kind of file that there is."""
    stack = places("lab")
    cells = (PLAIN, f"typed = {planted.password!r}", "plain[1]")
    with stack.run(lesson_of(*cells), "plain.ipynb") as sheet:
        form = sheet.outputs(0).first
        form.get_by_label("password").fill(planted.password)
        form.get_by_label("secret").fill(planted.client_secret)
        hands.choose(form, tmp_path / "planted.jpg")
        form.get_by_text("(1)").wait_for()
        saved(sheet, stack.server.home, state=True)
    left = residue.left(stack.server.home, planted)
    kinds = {Path(file).name: {hit.partition(" (")[0] for hit in left[file]} for file in left}
    everything = {"password", "client secret", "picture"}

    assert everything == kinds["plain.ipynb"] == kinds["plain.html"]
    assert everything == kinds["plain-checkpoint.ipynb"]
    assert {"password"} == kinds["history.sqlite"]


def collecting(file: Path) -> str:
    """A cell that, once it is run, writes what secrets there are into *file*."""
    code = notebook_tools.COLLECT_SECRETS.replace("PATH", repr(str(file)))
    return f"if 'account' in globals() and account.value is not None:\n    exec({code!r})"
