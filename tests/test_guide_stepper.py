"""The stepper: seven steps by buttons or code, what it says of them, and what it keeps."""

import html
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import ipywidgets as ipw
import pytest

import lpnb
from lpnb import samples
from lpnb.clock import Clock
from lpnb.steps._result import utc
from lpnb.widgets import GuideStepper, ImagePicker, PreviewForm, _countdown, guide_stepper
from lpnb.widgets._guide import (
    ASK,
    ASK_BACK,
    CONVERSATION,
    DOWNLOAD,
    PUBLISH,
    SHARING,
    STEPS,
    UPLOAD,
)

OTHER = samples.photo(9_000, seed=8)
DONE = ["done"] * 7


def states(form: GuideStepper) -> list[str]:
    """How the steps stand, as the strip says it in words."""
    return [button.description.split()[-1] for button in form._strip.values()]


def press(form: GuideStepper, button: ipw.Button) -> None:
    """Press a button, and wait for what it began."""
    button.click()
    if form._thread is not None:
        form._thread.join()


def plain(markup: str) -> str:
    """What a person reads of it."""
    return html.unescape(re.sub(r"<[^>]+>", "", markup))


def pass_time(session: lpnb.Session, seconds: float) -> None:
    """Move this computer's clock, by which time left is judged between answers."""
    now = session.clock.time
    session.clock.time = lambda: now() + seconds  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def no_other_widgets() -> Iterator[None]:
    """Each test sees its own widgets only."""
    yield
    for widget in list(ipw.widgets.widget._instances.values()):
        widget.close()


@pytest.fixture
def picker() -> ImagePicker[lpnb.ImageFile]:
    """A picker that holds a small picture."""
    return ImagePicker(samples.photo(20_000))


@pytest.fixture
def form(session: lpnb.Session, picker: Any) -> GuideStepper:
    """A stepper whose buttons nobody has pressed, for the picker's picture."""
    return GuideStepper(session, picker, caption="My parcel")


@pytest.fixture
def live(sandbox: lpnb.Sandbox) -> Iterator[lpnb.Session]:
    """A session that takes the sandbox for a real account."""
    account = lpnb.Account(
        sandbox.account,
        sandbox.client_id,
        sandbox.client_secret,
        username=sandbox.username,
        password=sandbox.password,
        domain_api=sandbox.domain_api,
    )
    session = lpnb.connect(account, policy=lpnb.ONCE)
    yield session
    session.close()


def test_nothing_is_done_untouched(form: GuideStepper, sandbox: lpnb.Sandbox) -> None:
    """A stepper that nobody touches has asked for nothing, and says so."""
    assert ({}, "", None) == (form.value, form.problem, form.error)
    assert ["waiting"] * 7 == states(form)
    assert 0 == len(sandbox.journal)


def test_all_seven_steps(form: GuideStepper, picker: Any, sandbox: lpnb.Sandbox) -> None:
    """`submit` takes all that are left, and gives the results by the functions' names."""
    sandbox.sharing = False
    results = form.submit()
    message = sandbox.conversations[results[CONVERSATION].id].messages[0]

    assert list(STEPS) == list(results)
    assert results == form.value == form.results
    assert (DONE, "") == (states(form), form.problem)
    assert sandbox.sharing
    assert picker.value.content == results[DOWNLOAD].content
    assert ("My parcel", picker.value.preview().data_uri) == (message.caption, message.preview)
    assert "the very bytes" in plain(form._status.value)
    assert results == form.submit()


def test_one_step_at_a_time(form: GuideStepper) -> None:
    """The first button names the next step and takes it, and the strip tells how all stand."""
    for count, name in enumerate(STEPS, 1):
        assert f"Run step {count}:" in form._next.description
        press(form, form._next)
        assert [*["done"] * count, *["waiting"] * (7 - count)] == states(form)
        assert name == list(form.value)[-1]

    assert "All steps are done" == form._next.description
    press(form, form._next)
    assert DONE == states(form)


def test_caption_and_preview_of_their_form(
    session: lpnb.Session, sandbox: lpnb.Sandbox, picker: Any
) -> None:
    """Given the form for both, the message has its caption and just its preview, or none."""
    preview = PreviewForm(picker, caption="From the form")
    preview.fill(box=(0, 0, 40, 30))
    form = GuideStepper(session, preview)
    results = form.submit()
    first = sandbox.conversations[results[CONVERSATION].id].messages[0]
    preview.fill(preview="none")
    form._guide.start_over()
    results = form.submit()
    second = sandbox.conversations[results[CONVERSATION].id].messages[0]

    assert picker.value.preview(box=(0, 0, 40, 30)).data_uri == first.preview
    assert ("From the form", "") == (second.caption, second.preview)


def test_another_picture_begins_at_step_3(form: GuideStepper, picker: Any) -> None:
    """A picture that is chosen later is the one that is sent, to a place of its own."""
    press(form, form._all)
    before = form.value
    picker.value = OTHER
    asked = form._next.description
    results = form.submit()

    assert "Run step 3: Upload URL" == asked
    assert DONE == states(form)
    assert OTHER.content == results[DOWNLOAD].content
    assert before[CONVERSATION] is results[CONVERSATION]
    assert before[UPLOAD].relative_path != results[UPLOAD].relative_path


def test_a_picture_between_url_and_upload(form: GuideStepper, picker: Any) -> None:
    """A URL that was asked for another picture is not used."""
    for _ in range(3):
        press(form, form._next)
    picker.value = OTHER

    assert "Another picture was chosen" in plain(form._status.value)
    assert OTHER.size == form.submit()[UPLOAD].size
    assert "" == form.problem


def test_a_refusal_is_told(form: GuideStepper, sandbox: lpnb.Sandbox) -> None:
    """What fails is said beside the buttons and on its card; the next try goes on from there."""
    where = {"type": "ms.PublishEvent"}
    sandbox.faults.add({"where": where, "when": "before", "do": {"status": 400}, "times": 1})
    press(form, form._all)

    assert ["done"] * 4 + ["refused", "waiting", "waiting"] == states(form)
    assert isinstance(form.error, lpnb.RequestRefused)
    assert form.problem == f"step 5: {form.error}"
    assert PUBLISH not in form.value
    assert "publish_file did not work" in plain(form._cards.value)
    assert "✗ Refused" in plain(form._cards.value)
    form.submit()
    assert (DONE, "", None) == (states(form), form.problem, form.error)


def test_a_url_that_has_ended(form: GuideStepper, session: lpnb.Session) -> None:
    """Its end is seen by the service's clock; its button asks for a fresh one, and so does next."""
    for _ in range(3):
        press(form, form._next)
    old = form.value[ASK]
    assert "Ask for a fresh upload URL" == form._fresh.description
    assert None is form._fresh.layout.display
    pass_time(session, 61)
    form._draw()
    assert ["done", "done", "expired"] == states(form)[:3]
    press(form, form._fresh)
    fresh = form.value[ASK]
    assert ["done", "done", "done", "waiting"] == states(form)[:4]
    assert old.relative_path != fresh.relative_path
    pass_time(session, 61)
    form.submit()

    assert DONE == states(form)
    assert fresh.relative_path != form.value[UPLOAD].relative_path
    assert "none" == form._fresh.layout.display


def test_the_end_is_seen_by_itself(form: GuideStepper) -> None:
    """When the URL ends, the strip says so though nobody did anything; what was used has no end."""
    for _ in range(6):
        press(form, form._next)
    guide = form._guide
    url = guide.results[ASK_BACK]
    ends = guide.session.now() + 0.2
    guide.results = {**guide.results, ASK_BACK: replace(url, expires=ends)}
    form._draw()
    timer = form._timer
    assert timer is not None
    assert "done" == states(form)[5]
    timer.join(30)

    assert [*["done"] * 5, "expired", "waiting"] == states(form)


def test_starting_over_closes_the_conversation(form: GuideStepper, sandbox: lpnb.Sandbox) -> None:
    """All begins anew, in a new conversation, as a consumer may have one open only."""
    first = form.submit()[CONVERSATION]
    press(form, form._over)

    assert ({}, ["waiting"] * 7) == (form.value, states(form))
    assert "CLOSE" == sandbox.conversations[first.id].state
    assert first.id != form.submit()[CONVERSATION].id


def test_starting_over_where_it_is_closed_already(
    form: GuideStepper, session: lpnb.Session
) -> None:
    """A conversation that somebody has closed is no obstacle."""
    lpnb.close_conversation(session, form.submit()[CONVERSATION])
    press(form, form._over)

    assert ({}, "") == (form.value, form.problem)


def test_starting_over_may_fail(form: GuideStepper, sandbox: lpnb.Sandbox) -> None:
    """As long as the conversation can't be closed, nothing is forgotten, and the reason is said."""
    form.submit()
    where = {"type": "cm.UpdateConversationField"}
    sandbox.faults.add({"where": where, "when": "before", "do": {"status": 500}, "times": 1})
    press(form, form._over)

    assert list(STEPS) == list(form.value)
    assert "step 2: " in form.problem
    press(form, form._over)
    assert ({}, "") == (form.value, form.problem)


def test_a_live_account_is_left_as_it_is(live: lpnb.Session, sandbox: lpnb.Sandbox) -> None:
    """Unless its id is typed, step 1 is skipped, and nobody is even logged in for it."""
    sandbox.sharing = False
    form = GuideStepper(live)
    press(form, form._next)

    assert ["skipped", "done"] == states(form)[:2]
    assert None is form.children[1].layout.display
    assert "LIVE: 1 of 7 steps are done, step 1 is skipped." == plain(form._status.value)
    assert SHARING not in form.value
    assert not sandbox.sharing


def test_a_live_account_wants_its_id(live: lpnb.Session, sandbox: lpnb.Sandbox) -> None:
    """A wrong id is refused before anything is sent; with the right one sharing is switched on."""
    sandbox.sharing = False
    form = GuideStepper(live)
    form.fill(confirm="1")
    form.submit()
    assert isinstance(form.error, lpnb.ConfirmationNeeded)
    assert "'1' is not the id of the LIVE account" in form.problem
    assert (0, "refused") == (len(sandbox.journal), states(form)[0])
    form.fill(confirm=live.account.id)
    form.submit()

    assert (DONE, True) == (states(form), sandbox.sharing)


def test_a_wrong_id_may_be_taken_back(live: lpnb.Session, sandbox: lpnb.Sandbox) -> None:
    """With the field empty again step 1 is skipped, and the others are taken."""
    form = GuideStepper(live)
    form.fill(confirm="1")
    form.submit()
    form.fill(confirm="")
    before = form.problem, states(form)[0], plain(form._cards.value)
    form.submit()

    assert "" == before[0]
    assert "skipped" == before[1]
    assert "No step was taken yet" in before[2]
    assert ["skipped", *["done"] * 6] == states(form)


def test_the_sandbox_asks_for_no_id(form: GuideStepper) -> None:
    """Where there is nothing to be careful with, there is no field for it."""
    assert "none" == form.children[1].layout.display
    assert "SANDBOX" in plain(form._status.value)


def test_an_open_conversation_is_gone_on_in(session: lpnb.Session) -> None:
    """Given a conversation, step 2 is done."""
    conversation = lpnb.create_conversation(session)
    form = GuideStepper(session, conversation=conversation)

    assert ["waiting", "done"] == states(form)[:2]
    assert form.submit()[CONVERSATION] is conversation
    assert DONE == states(form)


@pytest.mark.parametrize("what", ["a.jpg", (OTHER,), 5], ids=str)
def test_it_wants_one_picture(session: lpnb.Session, form: GuideStepper, what: Any) -> None:
    """What is no picture, or several, is refused in words."""
    with pytest.raises(lpnb.InputError, match="one picture"):
        GuideStepper(session, what)
    with pytest.raises(lpnb.InputError, match="one picture"):
        form.fill(image=what)


def test_it_wants_a_session(sandbox: lpnb.Sandbox) -> None:
    """A mix-up is refused, and says what to give."""
    with pytest.raises(lpnb.InputError, match=r"lpnb.connect\(\)"):
        GuideStepper(sandbox)  # type: ignore[arg-type]


def test_it_is_filled_in_by_code(form: GuideStepper, picker: Any, sandbox: lpnb.Sandbox) -> None:
    """Another picture and another caption may be given at any time."""
    form.fill(image=OTHER, caption="Other")
    results = form.submit()
    message = sandbox.conversations[results[CONVERSATION].id].messages[0]

    assert ("Other", OTHER.content) == (message.caption, results[DOWNLOAD].content)
    picker.value = samples.photo(8_000, seed=3)
    assert DONE == states(form)


def test_many_hands_take_each_step_once(form: GuideStepper, sandbox: lpnb.Sandbox) -> None:
    """Whoever presses or submits at the same time, the steps are taken in order, each once."""
    threads = [threading.Thread(target=form.submit) for _ in range(4)]
    for button in (form._all, form._next, form._all):
        button.click()
    for thread in threads:
        thread.start()
    for thread in [*threads, form._thread]:
        assert thread is not None
        thread.join()

    assert (DONE, "") == (states(form), form.problem)
    assert 1 == len(sandbox.conversations)
    assert 1 == len(sandbox.conversations[form.value[CONVERSATION].id].messages)


def test_buttons_wait_while_a_step_runs(
    form: GuideStepper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a step is on its way the strip says so, and the cell below need not wait for it."""
    begun, go = threading.Event(), threading.Event()

    def slow(session: Any, image: Any) -> Any:
        begun.set()
        assert go.wait(30)
        raise lpnb.InputError("late")

    monkeypatch.setattr("lpnb.widgets._guide.request_upload_url", slow)
    form._all.click()
    assert begun.wait(30)
    during = states(form), set(form.value)
    form._over.click()
    go.set()
    assert form._thread is not None
    form._thread.join()

    assert (["done", "done", "running", *["waiting"] * 4], {SHARING, CONVERSATION}) == during
    assert "step 3: late" == form.problem
    assert {SHARING, CONVERSATION} == set(form.value)


def test_a_wait_is_told_and_can_be_stopped(session: lpnb.Session) -> None:
    """Before a step is repeated the form says what for, and a button ends the wait and the step."""
    fault = {"where": {"service": "swift", "type": "PUT"}, "do": {"status": 503}, "times": 9}
    session.sandbox.faults.add(fault)
    session.policy, session.clock = lpnb.PATIENT, Clock()
    form = GuideStepper(session)
    waiting = threading.Event()
    form._status.observe(lambda change: "Now waiting" in change["new"] and waiting.set(), "value")
    form._all.click()
    assert waiting.wait(30)
    shown = form._stop.layout.display
    form._stop.click()
    assert form._thread is not None
    form._thread.join(4)

    assert not form._thread.is_alive()
    assert (None, "none") == (shown, form._stop.layout.display)
    assert ([*["done"] * 3, *["waiting"] * 4], "") == (states(form), form.problem)


def test_another_form_goes_on_in_the_open_conversation(
    sandbox: lpnb.Sandbox, session: lpnb.Session
) -> None:
    """A form whose cell runs again has no conversation to open: the one before left it open."""
    GuideStepper(session).submit()
    form = GuideStepper(session)
    again = form.submit()

    assert (DONE, "") == (states(form), form.problem)
    assert 2 == len(sandbox.conversations[again[CONVERSATION].id].messages)
    form._guide.start_over()
    assert {} == GuideStepper(session).value


def test_cards_unfold(form: GuideStepper) -> None:
    """The card of the last step is open; a step's button opens its own, and folds it again."""
    form.submit()
    assert ["Step 7"] == re.findall(r"<details open[^>]*><summary>(Step \d)", form._cards.value)
    form._strip[UPLOAD].click()
    assert ["Step 4"] == re.findall(r"<details open[^>]*><summary>(Step \d)", form._cards.value)
    assert "▾ 4 Upload" in form._strip[UPLOAD].description
    form._strip[UPLOAD].click()
    assert [] == re.findall(r"<details open[^>]*><summary>(Step \d)", form._cards.value)


class Shown:
    """A stand-in for the notebook: what was displayed, and what became of it."""

    def __init__(self) -> None:
        self.outputs: list[dict[str, str]] = []

    def __call__(self, data: dict[str, str], *, raw: bool, display_id: bool = False) -> Any:
        self.outputs.append(data)
        return self if display_id else None

    def update(self, data: dict[str, str], *, raw: bool) -> None:
        self.outputs[-1] = data


def test_cards_are_output_of_the_cell(form: GuideStepper, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shown in a cell, the cards are an output below the form, in HTML and in words."""
    shown = Shown()
    monkeypatch.setattr(guide_stepper, "_display", shown)
    form._ipython_display_()
    first = dict(shown.outputs[1])
    form.submit()

    assert "application/vnd.jupyter.widget-view+json" in shown.outputs[0]
    assert "No step was taken yet" in first["text/plain"]
    for kind in ("text/plain", "text/html"):
        assert "Download the file from storage" in shown.outputs[1][kind]
    assert "" == form._cards.value
    assert 2 == len(shown.outputs)


def test_in_voila_the_form_has_the_cards(
    form: GuideStepper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There an output never changes, so that the cards are in the form."""
    shown = Shown()
    monkeypatch.setattr(guide_stepper, "_display", shown)
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    form._ipython_display_()
    form.submit()

    assert 1 == len(shown.outputs)
    assert "Download the file from storage" in form._cards.value


@pytest.mark.parametrize("there", [True, False], ids=["anywidget", "ipywidgets alone"])
def test_the_url_end_is_told(
    session: lpnb.Session, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    """Beside the buttons stands until when the URL lasts, and how many seconds that is still."""
    monkeypatch.setattr(_countdown, "available", lambda: there)
    form = GuideStepper(session)
    sent: list[Any] = []
    form._left.send = sent.append
    for _ in range(3):
        press(form, form._next)
    url = form.value[ASK]
    line, moment = form._left, utc(url.expires)[11:]

    if there:
        assert ("upload URL", moment) == (line.what, line.ends)
        assert all(50 < one["left"] <= 60 for one in sent)
        sent.clear()
        line._handle_custom_msg({"ask": "left"}, [])
        assert 50 < sent[-1]["left"] <= url.seconds_left(session) + 1
    else:
        assert f"The upload URL lasts until {moment}." in plain(line.value)
    press(form, form._next)
    assert "none" == form._left.layout.display


def test_a_closed_form_lets_go(form: GuideStepper, picker: Any) -> None:
    """Closed, it counts no more, follows no picture, and leaves no model of its own."""
    for _ in range(3):
        press(form, form._next)
    timer = form._timer
    assert timer is not None
    form.close()
    picker.value = OTHER
    timer.join(30)

    assert "Another" not in plain(form._status.value)
    own = [*form._strip.values(), form._next, form._status, form._left, form._confirm]
    assert all(widget.comm is None for widget in own)
    assert form._guide.take(ASK)
    assert None is form._timer
    assert form.submit()[DOWNLOAD].content == OTHER.content


def test_a_closed_form_leaves_nothing(session: lpnb.Session) -> None:
    """Closing closes all models that it is made of."""
    before = set(ipw.Widget.get_manager_state()["state"])
    form = GuideStepper(session)
    made = set(ipw.Widget.get_manager_state()["state"]) - before
    form.close()

    assert len(made) > 20
    assert before == set(ipw.Widget.get_manager_state()["state"])


def test_nothing_secret_is_shown(form: GuideStepper, session: lpnb.Session) -> None:
    """Neither the widgets' state nor the cards hold a password, a token or a signature."""
    form.submit()
    account, urls = session.account, (form.value[ASK], form.value[ASK_BACK])
    secrets = [account.client_secret, account.password, *(url.signature for url in urls)]
    secrets += [session.tokens.app_jwt, session.tokens.consumer_jws]
    said = json.dumps(ipw.Widget.get_manager_state(), default=str) + str(form._shown) + repr(form)

    assert [] == [one for one in secrets if one is None or one.reveal() in said]


def test_what_is_given_stays_text(session: lpnb.Session) -> None:
    """A file's name or a caption that looks like markup is shown as it is."""
    name = "<img src=x onerror=alert(1)>.jpg"
    form = GuideStepper(session, lpnb.ImageFile.read(OTHER.content, name=name), caption=name)
    form.submit()

    assert "<img src=x" not in form._cards.value + form._status.value
    assert name in plain(form._cards.value)


def test_it_is_short_in_print(form: GuideStepper) -> None:
    """Its repr is one short line, and words stand in for its buttons where no widget can live."""
    assert "GuideStepper(SANDBOX: 0 of 7 steps are done.)" == repr(form)
    assert "run the cell again" in form._repr_mimebundle_()["text/html"]
