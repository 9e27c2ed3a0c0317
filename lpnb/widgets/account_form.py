"""The form that holds the account to work with, and never a secret where it could be saved."""

import os
from collections.abc import Callable
from typing import Any

import ipywidgets as ipw
import traitlets

from .. import render
from ..account import LIVE_DOMAIN_API, Account
from ..card import Card, Fact
from ..errors import InputError, LpnbError
from ..secret import Secret
from ._form import WIDE, Form, row, show, words
from ._secret_field import WIDEST, WIDTH, secret_field
from ._sources import FIELDS, Found, complaint, look_up, public_place

_ABOUT = {
    "SANDBOX": "A stand-in on this computer: no account is needed, and nothing leaves it.",
    "LIVE": "A real account: pictures and messages go to LivePerson.",
}
_HELP = (
    "User name and password are an administrator's, for step 1 only, and may stay empty. Secrets "
    "are taken out of their fields as soon as you leave them, and are never shown or saved."
)
_ELSEWHERE = (
    "This runs on {}: a computer of others, who could read what you type here. Better take an "
    "account that is for tests only, or run this on a computer of your own."
)
_WAITS = "! not in use until you press the button"
_REAL = "LIVE: use a real account"
_SURE = "I know, and want to use LIVE here"


class AccountForm(Form):
    """
    Choose SANDBOX or LIVE; ``value`` is what ``lpnb.connect`` wants: None, or an `Account`.

    It begins with SANDBOX. With LIVE, fields are filled in from the ``LPNB_*`` variables of the
    environment, else of a ``.env`` file, else of the system's keyring (service ``lpnb``, where the
    extra ``keyring`` is installed); the source stands beside each, and secrets are not shown. In
    code: ``fill(id=..., ...)`` and ``submit()``.

    Args:
        on_check: called with ``value`` by a button of its own, for instance `check_account`; a card
            or a text that it returns is shown. The form itself asks no service.
        env_file: where the variables may be too; ``.env`` in the working folder if None.
    """

    value = traitlets.Instance(Account, allow_none=True)

    def __init__(
        self,
        on_check: Callable[[Account | None], Any] | None = None,
        *,
        env_file: str | os.PathLike[str] | None = None,
    ) -> None:
        self._on_check, self._env_file = on_check, env_file
        self._given: dict[str, Secret] = {}  # what was typed, covered
        self._found: dict[str, Found] = {}  # what was there already
        # No radio buttons: JupyterLab takes the arrow keys, which alone could move between them
        self._real = ipw.Checkbox(description=_REAL, indent=False, layout={"width": "auto"})
        self._notes = {name: words("") for name, field in FIELDS.items() if not field.secret}
        self._inputs = {name: self._field(name) for name in FIELDS}
        self._elsewhere = words("")
        self._sure = ipw.Checkbox(description=_SURE, indent=False, layout={"width": "auto"})
        self._use = ipw.Button(description="Use this account", button_style="primary")
        self._check = ipw.Button(description="Check")
        self._check.layout.display = None if on_check else "none"
        self._state, self._shown, self._answer = words(""), ipw.HTML(), ipw.HTML()
        fields = (
            row(one, self._notes[name]) if name in self._notes else one
            for name, one in self._inputs.items()
        )
        self._live = ipw.VBox((words(_HELP, muted=True), *fields, self._elsewhere, self._sure))
        super().__init__()
        buttons = row(self._use, self._check, self._problem, self._state)
        self.children = (self._real, self._live, buttons, self._shown, self._answer)
        self._use.on_click(lambda _: self.submit())
        self._check.on_click(lambda _: self._ask())
        self._real.observe(self._on_mode, "value")
        self._draw()

    def fill(self, *, mode: str = "LIVE", sure: bool = False, **fields: str) -> None:
        """
        Fill in by code, as a hand would; secrets wait here, covered, and not in a widget.

        Args:
            mode: SANDBOX or LIVE.
            sure: that LIVE is meant, although this runs on a computer of others, such as Binder.
            fields: those of `Account`: ``id``, ``client_id``, ``client_secret``, ``username``,
                ``password``.

        Raises:
            InputError: there is no such field or mode.
        """
        unknown = sorted(set(fields) - set(FIELDS))
        if unknown or mode not in _ABOUT:
            raise InputError(
                f"the form has no {', '.join(unknown) or 'mode ' + repr(mode)}: "
                f"mode is SANDBOX or LIVE, the fields are {', '.join(FIELDS)}"
            )
        with self._lock:
            self._real.value = mode == "LIVE"
            self._sure.value = sure
            for name, value in fields.items():
                if FIELDS[name].secret:
                    self._take(name, Secret(value, FIELDS[name].label))
                else:
                    self._inputs[name].value = value

    def submit(self) -> Account | None:
        """Take what was filled in; the value that the form holds then, new or as before."""
        with self._lock:
            problem = ""
            try:
                self.value = self._read() if self._real.value else None
            except InputError as refused:
                problem = f"{refused}; still {self._held()}"
            self.say(problem)
            self._draw()
            value: Account | None = self.value
            return value

    def card(self) -> Card:
        """Which account the form holds."""
        account: Account | None = self.value
        mode = "SANDBOX" if account is None else "LIVE"
        facts: tuple[Fact, ...] = ()
        if account is not None:
            secrets = ["client secret", *["password"] * (account.password is not None)]
            facts = (
                Fact("domain API", account.domain_api, "where all other hosts are looked up"),
                Fact("client id", account.client_id, "of the installed application"),
                Fact("covered", " and ".join(secrets), "held, and never shown"),
            )
        return Card(title=f"In use: {self._held()}", mode=mode, summary=_ABOUT[mode], facts=facts)

    def __repr__(self) -> str:
        return f"AccountForm({self._held()})"

    def _field(self, name: str) -> Any:
        label, _, secret, rules = FIELDS[name]
        if secret:
            return secret_field(label, rules, lambda value: self._take(name, value))
        layout = ipw.Layout(width=WIDTH, max_width=WIDEST)
        field = ipw.Text(description=label, style=WIDE, layout=layout)
        field.observe(lambda _: self._changed(name), "value")
        return field

    def _held(self) -> str:
        return "SANDBOX" if self.value is None else f"LIVE account {self.value.id}"

    def _take(self, name: str, value: Secret) -> None:
        with self._lock:
            self._given[name] = value
            self._changed(name)

    def _note(self, name: str) -> None:
        """Say beside a field what is wrong with its value, else where it came from."""
        given, found, field = self._given.get(name), self._found.get(name), self._inputs[name]
        if FIELDS[name].secret:
            value, note = given or (found and found.value), found.source if found else ""
            note = f"✓ taken, {len(given.reveal()):,} characters" if given else note
        else:
            value, note = Secret(field.value), ""
            note = found.source if found and found.value.reveal() == field.value else ""
        if wrong := complaint(name, value.reveal()) if value else "":
            note = f"! {wrong}" + f" ({note})" * bool(note)
        if name in self._notes:
            show(self._notes[name], note, muted=True, role="status")
        else:
            field.note = note

    def _changed(self, name: str) -> None:
        self._note(name)
        show(self._state, _WAITS)

    def _read(self) -> Account:
        if public_place() and not self._sure.value:
            raise InputError(f"LIVE on {public_place()} wants a deliberate yes: tick “{_SURE}”")
        values: dict[str, Any] = {}
        for name, (label, _, secret, _) in FIELDS.items():
            found = self._found[name].value if name in self._found else Secret("", label)
            values[name] = self._given.get(name, found) if secret else self._inputs[name].value
        domain_api = os.environ.get("LPNB_DOMAIN_API") or LIVE_DOMAIN_API
        return Account(**values, domain_api=domain_api, ca=os.environ.get("LPNB_CA"))

    def _on_mode(self, change: Any) -> None:
        with self._lock:
            self.value = None  # until its button is pressed, LIVE is a wish
            self._given.clear()
            self._sure.value = False
            problem = ""
            try:
                self._found = look_up(self._env_file) if self._real.value else {}
            except InputError as refused:
                problem, self._found = str(refused), {}
            for name, field in self._inputs.items():
                if name in self._notes and name in self._found:
                    field.value = field.value or self._found[name].value.reveal()
                self._note(name)
            self.say(problem)
            self._draw()

    def _draw(self) -> None:
        live = self._real.value
        self._live.layout.display = self._use.layout.display = None if live else "none"
        place = public_place() if live else ""
        show(self._elsewhere, f"! {_ELSEWHERE.format(place)}" if place else "", bold=True)
        self._sure.layout.display = None if place else "none"
        show(self._state, _WAITS if live and self.value is None and not self.problem else "")
        self._shown.value, self._answer.value = render.as_html(self.card()), ""

    def _ask(self) -> None:
        """Call what was given, with the value, and show what it says."""
        account, problem, answer = self.submit(), "", None
        if self.problem or self._on_check is None:
            return
        self._check.disabled = True
        show(self._state, "checking …", role="status")
        try:
            answer = self._on_check(account)
        except LpnbError as failed:
            problem = str(failed)
        except Exception as failed:  # noqa: BLE001 - its text could hold anything
            problem = f"the check failed with {type(failed).__name__}"
        self._check.disabled = False
        said = answer if isinstance(answer, str) else "checked"
        self.say(problem)
        show(self._state, "" if problem else f"✓ {said}", role="status")
        card = getattr(answer, "card", None)
        self._answer.value = render.as_html(card()) if card else ""
