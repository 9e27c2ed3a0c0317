"""The account form: where values come from, what is said of them, and no secret that stays."""

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ipywidgets as ipw
import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

import lpnb
from lpnb.account import Account
from lpnb.errors import ConfirmationNeeded, InputError
from lpnb.widgets import AccountForm, _front, _sources

NEEDLE = "needle-31415926"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzY29wZSI6Im1zZy5jb25zdW1lciJ9.c2lnbmF0dXJl"


def inside(form: ipw.Widget, kind: type) -> list[Any]:
    """All widgets of *kind* in *form*, in the order in which they are seen."""
    found = [form] if isinstance(form, kind) else []
    return found + [one for part in getattr(form, "children", ()) for one in inside(part, kind)]


def field(form: AccountForm, label: str) -> Any:
    """The text field with this label."""
    return next(one for one in inside(form, ipw.Text) if one.description == label)


def secret_field(form: AccountForm, label: str) -> Any:
    """The field for a secret: ours, or ipywidgets' own, by its label."""
    for one in inside(form, ipw.DOMWidget):
        if getattr(one, "label", getattr(one, "description", "")) == label:
            return one
    raise LookupError(label)


def type_secret(form: AccountForm, label: str, secret: str) -> None:
    """Do what the browser does when somebody leaves a field that a secret was typed into."""
    one = secret_field(form, label)
    if isinstance(one, ipw.Password):
        one.value = secret
    else:
        one._handle_custom_msg({"secret": secret}, [])


def button(form: AccountForm, label: str) -> ipw.Button:
    return next(one for one in inside(form, ipw.Button) if one.description == label)


def box(form: AccountForm, begin: str) -> ipw.Checkbox:
    return next(one for one in inside(form, ipw.Checkbox) if one.description.startswith(begin))


def said(form: ipw.Widget) -> str:
    """All that the form says, notes beside its fields included, but for what is hidden."""
    if form.layout.display == "none":
        return ""
    own = form.value if isinstance(form, ipw.HTML) else getattr(form, "note", "")
    return " ".join([own, *map(said, getattr(form, "children", ()))])


def state() -> str:
    """All that could be saved of all widgets."""
    return json.dumps(ipw.Widget.get_manager_state(), default=str)


def hidden(form: AccountForm) -> str:
    """All that a debugger sees of what the form holds."""
    return repr(vars(form)) + repr(vars(form._fields))


class Drawer(KeyringBackend):
    """A stand-in for the system's keyring."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}
        self.asked = 0
        self.problem: Exception | None = None

    def get_password(self, service: str, username: str) -> str | None:
        self.asked += 1
        if self.problem:
            raise self.problem
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password


@pytest.fixture(autouse=True)
def drawer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Drawer]:
    """An empty keyring, an empty folder to work in, no variables, and no widgets of other tests."""
    for name in os.environ:
        if name.startswith(("LPNB_", "BINDER_", "COLAB_", "JUPYTERHUB_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    before, drawer = keyring.get_keyring(), Drawer()
    keyring.set_keyring(drawer)
    yield drawer
    keyring.set_keyring(before)
    ipw.Widget.close_all()


@pytest.fixture(params=["anywidget", "ipywidgets"])
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AccountForm:
    """A form that nobody has touched, with anywidget and without."""
    monkeypatch.setattr(_front, "available", lambda: request.param == "anywidget")
    return AccountForm()


# --- the value


def test_it_begins_with_the_sandbox(form: AccountForm) -> None:
    """An untouched form holds what ``connect`` takes for the sandbox."""
    assert None is form.value
    assert None is form.submit()
    assert "AccountForm(SANDBOX)" == repr(form)


def test_without_anywidget_passwords_are_ipywidgets(form: AccountForm) -> None:
    """The two secrets have fields of ours, or ipywidgets' own where anywidget is missing."""
    form.fill()
    own = inside(form, ipw.Password)

    assert (0 if _front.available() else 2) == len(own)


def test_fields_are_made_when_they_are_wanted() -> None:
    """Of a form that stays with the sandbox there are few models, so that it appears at once."""
    form = AccountForm(lpnb.check_account)
    few = len(ipw.Widget.get_manager_state()["state"])
    form.fill()

    assert few < 18
    assert few + 20 < len(ipw.Widget.get_manager_state()["state"])


def test_it_gives_an_account(form: AccountForm) -> None:
    """Filled in by code, LIVE gives an `Account` with its secrets covered, and back again None."""
    form.fill(id="123", client_id="app", client_secret=NEEDLE, username="admin", password=NEEDLE)
    account = form.submit()

    assert isinstance(account, Account)
    assert account is form.value
    assert ("123", "app", NEEDLE) == (account.id, account.client_id, account.client_secret.reveal())
    assert ("admin", NEEDLE) == (account.username, account.password.reveal())
    assert "AccountForm(LIVE account 123)" == repr(form)
    form.fill(mode="SANDBOX")
    assert None is form.value


def test_live_is_a_wish_until_the_button(form: AccountForm) -> None:
    """Choosing LIVE, or changing a field, says that the button has not been pressed."""
    box(form, "LIVE").value = True
    assert "not in use until" in said(form)
    form.fill(id="123", client_id="app", client_secret="secret")
    button(form, "Use this account").click()
    assert "not in use until" not in said(form)
    field(form, "account id").value = "124"

    assert "not in use until" in said(form)
    assert "123" == form.value.id


def test_a_bad_account_is_told_in_words(form: AccountForm) -> None:
    """What is missing is said beside the button, with what the form holds instead."""
    form.fill(id="123")

    assert None is form.submit()
    assert "the client id is empty: fill it in; still SANDBOX" == form.problem


def test_unknown_fields_are_refused(form: AccountForm) -> None:
    """A misspelt field or mode is an error that lists the right ones."""
    with pytest.raises(InputError, match=r"no pasword.*client_secret"):
        form.fill(pasword="x")
    with pytest.raises(InputError, match="SANDBOX or LIVE"):
        form.fill(mode="TEST")


# --- secrets


def test_typed_secrets_are_taken_at_once(form: AccountForm) -> None:
    """A secret leaves its field as soon as it is typed; what is said of it is how long it is."""
    form.fill()
    type_secret(form, "client secret", NEEDLE)
    type_secret(form, "password", f"{NEEDLE}!")

    assert NEEDLE not in state() + repr(form) + hidden(form) + said(form)
    assert "✓ taken, 15 characters" in said(form)
    assert "✓ taken, 16 characters" in said(form)


def test_typed_secrets_are_used(form: AccountForm) -> None:
    """Whether the account is refused or taken, what was typed need not be typed again."""
    form.fill(id="not an id", client_id="app", username="admin")
    type_secret(form, "client secret", NEEDLE)
    type_secret(form, "password", f"{NEEDLE}!")
    assert None is form.submit()
    field(form, "account id").value = "123"
    account = form.submit()

    assert (NEEDLE, f"{NEEDLE}!") == (account.client_secret.reveal(), account.password.reveal())
    assert NEEDLE not in state() + repr(form) + form.problem


def test_going_back_to_the_sandbox_forgets_secrets(form: AccountForm) -> None:
    """Nothing that was typed for LIVE is left when SANDBOX is chosen."""
    form.fill(id="123", client_id="app", client_secret=NEEDLE)
    form.fill(mode="SANDBOX")
    form.fill()

    assert None is form.submit()
    assert "the client secret is empty" in form.problem


def test_secrets_filled_in_by_code_meet_no_widget(form: AccountForm) -> None:
    """A secret given to ``fill`` is in no widget's state, not even before submit."""
    form.fill(id="123", client_id="app", client_secret=NEEDLE)

    assert NEEDLE not in state() + hidden(form)


@pytest.mark.parametrize("content", [None, [], {}, {"secret": 7}, {"secret": ""}, {"other": "x"}])
def test_a_strange_message_is_no_secret(content: Any) -> None:
    """What is not a secret, from a page that does as it likes, changes nothing."""
    form = AccountForm()
    form.fill()
    secret_field(form, "password")._handle_custom_msg(content, [])

    assert "✓ taken" not in said(form)


# --- where values come from


def test_the_environment_fills_in(form: AccountForm, monkeypatch: pytest.MonkeyPatch) -> None:
    """With LIVE, fields begin with the environment's values; of secrets only the source is said."""
    values = {"ACCOUNT": "123", "CLIENT_ID": "app", "CLIENT_SECRET": NEEDLE}
    for name, value in values.items():
        monkeypatch.setenv(f"LPNB_{name}", value)
    monkeypatch.setenv("LPNB_DOMAIN_API", "http://127.0.0.1:9")
    assert "LPNB_" not in said(form)
    form.fill()

    assert "from LPNB_ACCOUNT" in said(form)
    assert "All of it goes to http://127.0.0.1:9, from LPNB_DOMAIN_API" in said(form)
    assert "from LPNB_CLIENT_SECRET" == secret_note(form, "client secret")
    assert "LPNB_PASSWORD" not in said(form)
    assert NEEDLE not in state()
    assert None is form.value
    account = form.submit()
    assert (NEEDLE, "http://127.0.0.1:9") == (account.client_secret.reveal(), account.domain_api)


def secret_note(form: AccountForm, label: str) -> str:
    """What is said beside the field of a secret."""
    one = secret_field(form, label)
    noted = [holder for holder in inside(form, ipw.DOMWidget) if hasattr(holder, "note")]
    return str(next(h.note for h in noted if one in (h, *getattr(h, "children", ()))))


def test_what_is_typed_comes_first(form: AccountForm, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that is typed takes the place of one that was found, and its note goes."""
    monkeypatch.setenv("LPNB_ACCOUNT", "123")
    monkeypatch.setenv("LPNB_CLIENT_SECRET", "of the environment")
    form.fill(client_id="app")
    field(form, "account id").value = "456"
    type_secret(form, "client secret", NEEDLE)
    account = form.submit()

    assert ("456", NEEDLE) == (account.id, account.client_secret.reveal())
    assert "from LPNB_" not in said(form)


def test_a_file_fills_in(form: AccountForm, tmp_path: Path) -> None:
    """``.env`` in the working folder is read as a shell would, and nothing of it is exported."""
    (tmp_path / ".env").write_text(
        "# for tests\nOTHER=(what it likes\nLPNB_ACCOUNT=123 # mine\n"
        f"export LPNB_CLIENT_ID = 'app # 1'\nLPNB_CLIENT_SECRET=\"{NEEDLE}#'\"\nLPNB_PASSWORD=\n"
    )
    form.fill()
    account = form.submit()

    assert ("123", "app # 1", f"{NEEDLE}#'") == (
        account.id,
        account.client_id,
        account.client_secret.reveal(),
    )
    assert None is account.password
    assert "from LPNB_CLIENT_SECRET in .env" == secret_note(form, "client secret")
    assert NEEDLE not in state() + hidden(form) + repr(os.environ)


def test_a_file_is_named(tmp_path: Path) -> None:
    """Another file is read where it is named, instead of the one in the working folder."""
    (tmp_path / ".env").write_text("LPNB_ACCOUNT=1")
    (tmp_path / "two.env").write_text("\ufeffLPNB_ACCOUNT=2\r\n", encoding="utf-8")
    form = AccountForm(env_file=tmp_path / "two.env")
    form.fill()

    assert "2" == field(form, "account id").value
    assert "from LPNB_ACCOUNT in two.env" in said(form)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file"),
        (f"LPNB_ACCOUNT=1\nLPNB_PASSWORD='{NEEDLE}".encode(), "line 2 of 'my.env' is not LPNB_"),
        (f"LPNB_PASSWORD {NEEDLE}".encode(), "line 1"),
        (f"LPNB_PASSWORD=#{NEEDLE}".encode(), "line 1"),
        (b"LPNB_ACCOUNT=\xff", "no UTF-8"),
        (b"#" * 70_000, "65,536 bytes"),
    ],
    ids=["missing", "open quote", "no equals", "hash", "binary", "large"],
)
def test_a_bad_file_is_told_in_words(tmp_path: Path, content: bytes | None, words: str) -> None:
    """A file that can't be read is named beside the button; no line of it is repeated."""
    if content is not None:
        (tmp_path / "my.env").write_bytes(content)
    form = AccountForm(env_file=tmp_path / "my.env")
    form.fill()

    assert words in form.problem
    assert "my.env" in form.problem
    assert NEEDLE not in state() + form.problem


def test_the_keyring_fills_in(form: AccountForm, drawer: Drawer) -> None:
    """The system's keyring is looked into for LIVE, and for LIVE only."""
    keyring.set_password(_sources.SERVICE, "LPNB_CLIENT_SECRET", NEEDLE)
    form.submit()
    assert 0 == drawer.asked
    form.fill(id="123", client_id="app")

    assert NEEDLE == form.submit().client_secret.reveal()
    assert "from LPNB_CLIENT_SECRET in the system's keyring" == secret_note(form, "client secret")
    assert NEEDLE not in state() + hidden(form)


def test_a_locked_keyring_is_an_empty_one(form: AccountForm, drawer: Drawer) -> None:
    """Whatever a keyring fails with, the form goes on without it."""
    drawer.problem = KeyringLocked(NEEDLE)
    form.fill(id="123")

    assert "" == form.problem
    assert NEEDLE not in state()


def test_the_nearest_source_wins(
    form: AccountForm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment comes before the file, and the file before the keyring."""
    for name in ("LPNB_ACCOUNT", "LPNB_CLIENT_ID", "LPNB_USERNAME"):
        keyring.set_password(_sources.SERVICE, name, "keyring")
    (tmp_path / ".env").write_text("LPNB_ACCOUNT=file\nLPNB_CLIENT_ID=file")
    monkeypatch.setenv("LPNB_ACCOUNT", "environment")
    form.fill()
    values = [field(form, label).value for label in ("account id", "client id", "user name")]

    assert ["environment", "file", "keyring"] == values


# --- what is said while one types


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("id", "12345678", ""),
        ("id", "le12_34", ""),
        ("id", "1234 ", "blank at an end"),
        ("id", "12-34", "letters, digits and underscores"),
        ("id", "me@example.org", "e-mail"),
        ("id", "https://12345678.example.org", "URL"),
        ("id", JWT, "token, not like the account id"),
        ("client_id", "0f3c-4d", ""),
        ("client_id", "Bearer 0f3c", "leave that out"),
        ("client_id", "0f\n3c", "line break"),
        ("client_secret", "s3cr3t/of+33", ""),
        ("client_secret", f"Bearer {JWT}", "leave that out"),
        ("client_secret", JWT, "a token, not like the client secret"),
        ("client_secret", " s", "blank at an end"),
        ("username", "admin@example.org", ""),
        ("password", " as it likes ", ""),
        ("password", JWT, "a token"),
    ],
)
def test_what_can_not_be_right_is_said(name: str, value: str, words: str) -> None:
    """What is wrong with a value is said in words, and no right one is complained about."""
    complaint = _sources.complaint(name, value)

    assert bool(words) == bool(complaint)
    assert words in complaint
    assert value not in complaint


def test_notes_come_and_go(form: AccountForm) -> None:
    """A complaint stands beside its field while it holds."""
    form.fill(mode="LIVE")
    field(form, "account id").value = "12 34"
    assert "! an account id has only" in said(form)
    field(form, "account id").value = "1234"
    type_secret(form, "client secret", JWT)

    assert "! an account id has only" not in said(form)
    assert secret_note(form, "client secret").startswith("! this looks like a token")
    assert "(✓ taken, 66 characters)" in secret_note(form, "client secret")
    assert JWT not in state()


# --- LIVE on a computer of others


@pytest.mark.parametrize(
    ("variable", "place"),
    [
        ("BINDER_LAUNCH_HOST", "Binder"),
        ("COLAB_RELEASE_TAG", "Google Colab"),
        ("JUPYTERHUB_API_URL", "a shared hub"),
    ],
)
def test_others_computers_want_a_yes(
    form: AccountForm, monkeypatch: pytest.MonkeyPatch, variable: str, place: str
) -> None:
    """LIVE is not used on a public computer before somebody says that it is meant."""
    monkeypatch.setenv(variable, "something")
    monkeypatch.setenv("JUPYTERHUB_USER", "jo")  # Binder is a hub too
    values = {"id": "123", "client_id": "app", "client_secret": NEEDLE}
    form.fill(**values)
    assert f"This runs on {place}: a computer of others" in said(form)
    assert None is form.submit()
    assert "wants a deliberate yes" in form.problem
    box(form, "I know").value = True

    assert "123" == form.submit().id
    form.fill(mode="SANDBOX")
    assert "a computer of others" not in said(form)
    form.fill(**values)
    assert None is form.submit()
    form.fill(sure=True)
    assert "123" == form.submit().id


def test_ones_own_computer_wants_none(form: AccountForm) -> None:
    """Where no variable tells of a public computer, LIVE asks for no more than the account."""
    form.fill()

    assert "none" == box(form, "I know").layout.display
    assert "a computer of others" not in said(form)


# --- the check


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("all is well", "all is well"),
        (None, "checked"),
        (ConfirmationNeeded("say the id"), "say the id"),
        (RuntimeError(NEEDLE), "the check failed with RuntimeError"),
    ],
    ids=str,
)
def test_the_check_is_the_callers(outcome: Any, words: str) -> None:
    """The check button calls what was given, with the value, and puts its outcome into words."""
    asked = []

    def check(account: Account | None) -> Any:
        asked.append(account)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    form = AccountForm(check)
    button(form, "Check").click()

    assert [None] == asked
    assert words in said(form)
    assert NEEDLE not in state()


def test_no_check_no_button(form: AccountForm) -> None:
    """Without something to call there is no button for it."""
    form.fill()

    assert ["Use this account"] == [one.description for one in inside(form, ipw.Button)]


def test_what_is_refused_is_not_checked(form: AccountForm) -> None:
    """An account that can't be is refused before anything is asked."""
    asked: list[Any] = []
    form = AccountForm(asked.append)
    form.fill(id="12 34")
    button(form, "Check").click()

    assert [] == asked
    assert "account id" in form.problem


def test_the_check_shows_hosts_and_life(sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `check_account` the form shows which hosts were found, how long the token lives."""
    monkeypatch.setenv("LPNB_DOMAIN_API", sandbox.domain_api)
    form = AccountForm(lpnb.check_account)
    form.fill(id=sandbox.account, client_id=sandbox.client_id, client_secret=sandbox.client_secret)
    os.environ["LPNB_DOMAIN_API"] = sandbox.domain_api
    button(form, "Check").click()
    shown = said(form)

    assert "" == form.problem
    assert "The account answers" in shown
    assert "sentinel" in shown
    assert "asyncMessagingEnt" in shown
    assert "lives 3,6" in shown or "lives 3,5" in shown
    assert sandbox.client_secret not in state()


def test_a_refused_check_is_told_in_words(sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong secret is named as such beside the button, and no card of success is left."""
    monkeypatch.setenv("LPNB_DOMAIN_API", sandbox.domain_api)
    form = AccountForm(lpnb.check_account)
    form.fill(id=sandbox.account, client_id=sandbox.client_id, client_secret=NEEDLE)
    button(form, "Check").click()

    assert "sentinel refused the client id" in form.problem
    assert "The account answers" not in said(form)
    assert NEEDLE not in state()


def test_it_can_be_used_from_many_threads(form: AccountForm) -> None:
    """Callbacks on several threads while a cell submits give whole accounts, and in the end one."""
    form.fill(id="123", client_id="app", client_secret="0" * 20)
    seen = []

    def use(number: int) -> None:
        type_secret(form, "client secret", str(number) * 20)
        seen.append(form.submit())

    threads = [threading.Thread(target=use, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    secrets = {account.client_secret.reveal() for account in seen}

    assert "" == form.problem
    assert secrets <= {str(number) * 20 for number in range(1, 9)}
    assert form.value.client_secret.reveal() in secrets
