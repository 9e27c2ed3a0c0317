"""The form that holds the account to work with, and never a secret for longer than a click."""

import os
from collections.abc import Callable
from typing import Any

import ipywidgets as ipw
import traitlets

from ..account import LIVE_DOMAIN_API, Account
from ..card import Card, Fact
from ..errors import InputError, LpnbError
from ..secret import Secret
from ._form import WIDE, Form, row, show, words

_FIELDS = {  # parameter of Account: label, variable, whether it is a secret
    "id": ("account id", "LPNB_ACCOUNT", False),
    "client_id": ("client id", "LPNB_CLIENT_ID", False),
    "client_secret": ("client secret", "LPNB_CLIENT_SECRET", True),
    "username": ("user name", "LPNB_USERNAME", False),
    "password": ("password", "LPNB_PASSWORD", True),
}
_ABOUT = {
    "SANDBOX": "A stand-in on this computer: no account is needed, and nothing leaves it.",
    "LIVE": (
        "A real account: pictures and messages go to LivePerson. User name and password are for "
        "step 1 only, and may stay empty. Secrets are taken by the button and then cleared here."
    ),
}


class AccountForm(Form):
    """
    Choose SANDBOX or LIVE; ``value`` is what ``lpnb.connect`` wants: None, or an `Account`.

    It begins with SANDBOX. Fields begin with what the ``LPNB_*`` environment variables hold; of
    secrets only the variable's name is shown. In code: ``fill(id=..., ...)`` and ``submit()``.

    Args:
        on_check: called with ``value`` by a button of its own; what it returns as text is shown.
            The form itself asks no service.
    """

    value = traitlets.Instance(Account, allow_none=True)

    def __init__(self, on_check: Callable[[Account | None], Any] | None = None) -> None:
        self._on_check = on_check
        self._given: dict[str, str] = {}
        self._mode = ipw.RadioButtons(options=list(_ABOUT), description="work with", style=WIDE)
        self._about, self._state = words(_ABOUT["SANDBOX"], muted=True), words("")
        layout = ipw.Layout(width="26em")  # one for all: each is a model, and saved as one
        self._inputs = {name: _field(name, layout) for name in _FIELDS}
        rows = [
            row(field, words(hint, muted=True)) if hint else field
            for field, hint in zip(self._inputs.values(), map(_hint, _FIELDS), strict=True)
        ]
        self._use = ipw.Button(description="Use this account", button_style="primary")
        check = ipw.Button(description="Check")
        check.layout.display = None if on_check else "none"
        self._live = ipw.VBox(rows)
        super().__init__()
        buttons = row(self._use, check, self._problem)
        self.children = (self._mode, self._about, self._live, buttons, self._state)
        self._use.on_click(lambda _: self.submit())
        check.on_click(lambda _: self._check())
        self._mode.observe(self._on_mode, "value")
        self._show_mode()

    def fill(self, *, mode: str = "LIVE", **fields: str) -> None:
        """
        Fill in by code, as a hand would: *fields* are those of `Account`, *mode* SANDBOX or LIVE.

        Secrets wait here, covered, and not in a widget, whose state could be saved.
        """
        unknown = sorted(set(fields) - set(_FIELDS))
        if unknown or mode not in _ABOUT:
            raise InputError(
                f"the form has no {', '.join(unknown) or 'mode ' + repr(mode)}: "
                f"mode is SANDBOX or LIVE, the fields are {', '.join(_FIELDS)}"
            )
        with self._lock:
            self._mode.value = mode
            for name, value in fields.items():
                label, _, secret = _FIELDS[name]
                if secret:
                    self._given[name] = Secret(value, label)
                else:
                    self._inputs[name].value = value

    def submit(self) -> Account | None:
        """Take what was filled in; the value that the form holds then, new or as before."""
        with self._lock:
            problem = ""
            try:
                self.value = None if self._mode.value == "SANDBOX" else self._read()
            except InputError as refused:
                problem = f"{refused}; still {self._held()}"
            finally:
                self._given.clear()
                for name, (_, _, secret) in _FIELDS.items():
                    if secret:
                        self._inputs[name].value = ""
            self.say(problem)
            self._show_mode()
            value: Account | None = self.value
            return value

    def card(self) -> Card:
        """Which account the form holds."""
        return Card(title="Account", facts=(Fact("in use", self._held()),))

    def __repr__(self) -> str:
        return f"AccountForm({self._held()})"

    def _held(self) -> str:
        return "SANDBOX" if self.value is None else f"LIVE account {self.value.id}"

    def _read(self) -> Account:
        values = {name: field.value for name, field in self._inputs.items()}
        for name, (label, variable, secret) in _FIELDS.items():
            if secret:
                found = self._given.get(name) or values[name] or os.environ.get(variable, "")
                values[name] = Secret(found, label)
        domain_api = os.environ.get("LPNB_DOMAIN_API") or LIVE_DOMAIN_API
        return Account(**values, domain_api=domain_api, ca=os.environ.get("LPNB_CA"))

    def _on_mode(self, change: Any) -> None:
        with self._lock:
            self.value = None  # until its button is pressed, LIVE is a wish
            self.say("")
            self._show_mode()

    def _show_mode(self) -> None:
        live = self._mode.value == "LIVE"
        self._live.layout.display = self._use.layout.display = None if live else "none"
        show(self._about, _ABOUT[self._mode.value], muted=True)
        waiting = live and self.value is None
        show(self._state, f"In use: {self._held()}" + ", until you press the button" * waiting)

    def _check(self) -> None:
        account, problem, answer = self.submit(), "", None
        if self.problem or self._on_check is None:
            return
        try:
            answer = self._on_check(account)
        except LpnbError as failed:
            problem = str(failed)
        except Exception as failed:  # noqa: BLE001 - its text could hold anything
            problem = f"the check failed with {type(failed).__name__}"
        self.say(problem)
        said = answer if isinstance(answer, str) else "checked"
        show(self._state, f"In use: {self._held()}" + ("" if problem else f"; {said}"))


def _field(name: str, layout: ipw.Layout) -> Any:
    label, variable, secret = _FIELDS[name]
    kind = ipw.Password if secret else ipw.Text
    begin = "" if secret else os.environ.get(variable, "")
    return kind(begin, description=label, style=WIDE, layout=layout)


def _hint(name: str) -> str:
    """Say where the field's value comes from; nothing if it comes from a hand."""
    _, variable, secret = _FIELDS[name]
    if not os.environ.get(variable):
        return ""
    return f"leave empty to take {variable}" if secret else f"from {variable}"
