"""What all forms share: a cell that runs again, what is left when a form is closed, and words."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import ipywidgets as ipw
import pytest

import lpnb
from lpnb.widgets import AccountForm, GuideStepper, ImagePicker, PreviewForm, _form, _front

ACCOUNT = lpnb.Account("12345678", "app", "secret")
FORMS = [AccountForm, ImagePicker, PreviewForm, GuideStepper]


def models() -> set[str]:
    """The ids of all models that could be saved."""
    return set(ipw.Widget.get_manager_state()["state"])


def opened(kind: type[_form.Form]) -> _form.Form:
    """Make a form, and open what it makes only when it is wanted."""
    form = GuideStepper(lpnb.connect(ACCOUNT)) if kind is GuideStepper else kind()
    if isinstance(form, AccountForm):
        form.fill()
    return form


class Kernel:
    """A stand-in for the kernel: it tells which cell runs."""

    def __init__(self) -> None:
        self.runs = 0
        self.parent: dict[str, Any] = {}

    def get_parent(self) -> dict[str, Any]:
        return self.parent

    def run(self, cell: str | None) -> None:
        """Begin to run a cell; None: from where cells have no id."""
        self.runs += 1
        metadata = {} if cell is None else {"cellId": cell}
        self.parent = {"header": {"msg_id": f"run-{self.runs}"}, "metadata": metadata}


@pytest.fixture(autouse=True)
def no_other_widgets() -> Iterator[None]:
    """Each test sees its own widgets only."""
    yield
    ipw.Widget.close_all()


@pytest.fixture(params=["anywidget", "ipywidgets"])
def anywidget(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forms are made with anywidget, and without."""
    monkeypatch.setattr(_front, "available", lambda: request.param == "anywidget")


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """A kernel in which forms seem to be made."""
    kernel = Kernel()
    monkeypatch.setattr(_form, "get_ipython", lambda: SimpleNamespace(kernel=kernel))
    monkeypatch.setattr(_form, "_made", {})
    return kernel


@pytest.mark.usefixtures("anywidget")
@pytest.mark.parametrize("kind", FORMS)
def test_a_closed_form_leaves_nothing(kind: type[_form.Form]) -> None:
    """Closing a form closes all that it is made of; it is still read, and closed again in vain."""
    before = models()
    form = opened(kind)
    made = models() - before
    form.close()
    form.close()

    assert len(made) > 5
    assert before == models()
    assert {"text/plain", "text/html"} == set(form._repr_mimebundle_())
    assert kind.__name__ in form._repr_mimebundle_()["text/plain"]


@pytest.mark.usefixtures("anywidget")
@pytest.mark.parametrize("kind", FORMS)
def test_running_a_cell_again_leaves_no_old_models(kernel: Kernel, kind: type[_form.Form]) -> None:
    """The form that a cell made in its last run is closed when it makes one in the next."""
    kernel.run("cell")
    old = opened(kind)
    count = len(models())
    kernel.run("cell")
    new = opened(kind)

    assert None is old.comm
    assert None is not new.comm
    assert count == len(models())


def test_only_what_the_cell_made_before_is_closed(kernel: Kernel) -> None:
    """Forms of the same run, of another cell, of another kind, and of no cell stay."""
    kernel.run("one")
    first, second, other_kind = AccountForm(), AccountForm(), ImagePicker()
    kernel.run("two")
    other_cell = AccountForm()
    kernel.run(None)
    no_cell, again = AccountForm(), AccountForm()
    kernel.run("one")
    last = AccountForm()
    kept = (other_kind, other_cell, no_cell, again, last)

    assert [None, None] == [first.comm, second.comm]
    assert all(one.comm is not None for one in kept)


def test_a_closed_form_can_still_be_used(kernel: Kernel) -> None:
    """What a cell kept of a form that was closed goes on to work: its value, by code."""
    kernel.run("cell")
    old = AccountForm()
    kernel.run("cell")
    AccountForm()
    old.fill(id="123", client_id="app", client_secret="secret")

    assert "123" == old.submit().id


def test_what_went_wrong_is_spoken() -> None:
    """The sentence beside the button is an alert, for who does not see it appear."""
    form = AccountForm()
    form.say("no <b>")

    assert "no <b>" == form.problem
    assert 'role="alert"' in form._problem.value
    assert "no &lt;b&gt;" in form._problem.value
    form.say("")
    assert "none" == form._problem.layout.display


def test_nothing_is_too_pale() -> None:
    """What matters less is smaller, and not paler: contrast is the theme's own."""
    line = _form.words("beside", muted=True)

    assert "opacity" not in line.value
    assert "font-size" in line.value


def test_a_form_that_follows_another_leaves_it(kernel: Kernel) -> None:
    """The picker that a preview form was given is not closed with it: it is no part of that."""
    kernel.run("picker")
    picker = ImagePicker()
    kernel.run("preview")
    PreviewForm(picker)
    kernel.run("preview")
    PreviewForm(picker)

    assert None is not picker.comm
