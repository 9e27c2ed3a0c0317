"""The fields of a real account: what they begin with, what is said beside each, what they hold."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import ipywidgets as ipw

from ..account import LIVE_DOMAIN_API, Account
from ..errors import InputError
from ..secret import Secret
from ._form import WIDE, button, row, show, words
from ._secret_field import WIDEST, WIDTH, secret_field
from ._sources import FIELDS, Found, complaint, look_up, public_place

_HELP = (
    "User name and password are an administrator's, for step 1 only, and may stay empty. Secrets "
    "are taken out of their fields as soon as you leave them, and are never shown or saved."
)
_ELSEWHERE = (
    "This runs on {}: a computer of others, who could read what you type here. Better take an "
    "account that is for tests only, or run this on a computer of your own."
)
_SURE = "I know, and want to use LIVE here"


class AccountFields(ipw.VBox):
    """
    The fields of an `Account`; of the secrets only that they were taken, and how long they are.

    ``use`` is the button to take them; it stands elsewhere, among others.

    Args:
        changed: is called when any of them has.
        lock: to hold while they do.
    """

    def __init__(self, changed: Callable[[], None], lock: AbstractContextManager[object]) -> None:
        self._changed, self._lock = changed, lock
        self._given: dict[str, Secret] = {}  # what was typed, covered
        self._found: dict[str, Found] = {}  # what was there already
        self._notes = {name: words("") for name, field in FIELDS.items() if not field.secret}
        self._inputs = {name: self._input(name) for name in FIELDS}
        self.use = button("Use this account")
        self.use.button_style = "primary"
        self._where, self._elsewhere = words("", muted=True), words("")
        self.sure = ipw.Checkbox(description=_SURE, indent=False, layout={"width": "auto"})
        rows = (
            row(one, self._notes[name]) if name in self._notes else one
            for name, one in self._inputs.items()
        )
        super().__init__((words(_HELP, muted=True), *rows, self._where, self._elsewhere, self.sure))

    def begin(self, env_file: str | os.PathLike[str] | None) -> None:
        """
        Fill in what is found, where nothing was typed yet.

        Raises:
            InputError: the file can't be read; nothing is filled in then.
        """
        place, domain_api = public_place(), os.environ.get("LPNB_DOMAIN_API")
        show(self._elsewhere, f"! {_ELSEWHERE.format(place)}" if place else "", bold=True)
        self.sure.layout.display = None if place else "none"
        where = f"All of it goes to {domain_api}, from LPNB_DOMAIN_API." if domain_api else ""
        show(self._where, where)
        self._found = look_up(env_file)
        for name, field in self._inputs.items():
            if name in self._notes and name in self._found:
                field.value = field.value or self._found[name].value.reveal()
            self._note(name)

    def forget(self) -> None:
        """Let go of all secrets, typed or found, and of the yes to a computer of others."""
        self._given.clear()
        self._found.clear()
        self.sure.value = False
        for name in FIELDS:
            self._note(name)

    def put(self, name: str, value: str) -> None:
        """Fill in one field by code; a secret waits here, covered, and not in a widget."""
        if FIELDS[name].secret:
            self._take(name, Secret(value, FIELDS[name].label))
        else:
            self._inputs[name].value = value

    def account(self) -> Account:
        """
        Make an account of what is filled in.

        Raises:
            InputError: it can't be one, or this computer is others' and nobody said yes to that.
        """
        if public_place() and not self.sure.value:
            raise InputError(f"LIVE on {public_place()} wants a deliberate yes: tick “{_SURE}”")
        values: dict[str, Any] = {}
        for name, (label, _, secret, _) in FIELDS.items():
            found = self._found[name].value if name in self._found else Secret("", label)
            values[name] = self._given.get(name, found) if secret else self._inputs[name].value
        domain_api = os.environ.get("LPNB_DOMAIN_API") or LIVE_DOMAIN_API
        return Account(**values, domain_api=domain_api, ca=os.environ.get("LPNB_CA"))

    def _input(self, name: str) -> Any:
        label, _, secret, rules = FIELDS[name]
        if secret:
            return secret_field(label, rules, lambda value: self._take(name, value))
        layout = ipw.Layout(width=WIDTH, max_width=WIDEST)
        field = ipw.Text(description=label, style=WIDE, layout=layout)
        field.observe(lambda _: self._on_change(name), "value")
        return field

    def _take(self, name: str, value: Secret) -> None:
        with self._lock:
            self._given[name] = value
            self._on_change(name)

    def _on_change(self, name: str) -> None:
        with self._lock:
            self._note(name)
            self._changed()

    def _note(self, name: str) -> None:
        """Say beside a field what is wrong with its value, else where it came from."""
        given, found, field = self._given.get(name), self._found.get(name), self._inputs[name]
        note = found.source if found else ""
        if FIELDS[name].secret:
            value = given or (found.value if found else Secret(""))
            note = f"✓ taken, {len(given.reveal()):,} characters" if given else note
        else:
            value = Secret(field.value)
            note = note if found and found.value.reveal() == field.value else ""
        if wrong := complaint(name, value.reveal()) if value else "":
            note = f"! {wrong}" + f" ({note})" * bool(note)
        if name in self._notes:
            show(self._notes[name], note, muted=True, role="status")
        else:
            field.note = note
