"""The form that holds the account to work with, and never a secret where it could be saved."""

import os
from collections.abc import Callable
from functools import cached_property
from typing import Any

import ipywidgets as ipw
import traitlets

from .. import render
from ..account import Account
from ..card import Card, Fact
from ..errors import InputError, LpnbError
from ._account_fields import AccountFields
from ._form import Form, line_of, row
from ._sources import FIELDS

_ABOUT = {
    "SANDBOX": "A stand-in on this computer: no account is needed, and nothing leaves it.",
    "LIVE": "A real account: pictures and messages go to LivePerson.",
}
_REAL = "LIVE: use a real account"
_WAITS = "! not in use until you press the button"


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
        # No radio buttons: JupyterLab keeps the arrow keys, with which those are used, to itself
        layout = ipw.Layout(width="auto")  # one for all, as each is a model that the page waits for
        self._real = ipw.Checkbox(description=_REAL, indent=False, layout=layout)
        checks = [ipw.Button(description="Check", layout=layout)] if on_check else []
        self._shown = ipw.HTML(layout=layout)
        super().__init__()
        self._buttons = row(*checks, self._problem)
        parts: tuple[ipw.Widget, ...] = (self._real, self._buttons, self._shown)
        self.children = parts
        self._real.observe(self._on_mode, "value")
        for check in checks:
            check.on_click(lambda _: self._ask())
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
            if mode == "LIVE":
                self._fields.sure.value = sure
                for name, value in fields.items():
                    self._fields.put(name, value)

    def submit(self) -> Account | None:
        """Take what was filled in; the value that the form holds then, new or as before."""
        with self._lock:
            problem = ""
            try:
                self.value = self._fields.account() if self._real.value else None
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

    def _held(self) -> str:
        return "SANDBOX" if self.value is None else f"LIVE account {self.value.id}"

    @cached_property
    def _fields(self) -> AccountFields:
        """The fields for LIVE, made when that is first chosen: what is small appears fast."""
        fields = AccountFields(self._on_field, self._lock)
        fields.use.on_click(lambda _: self.submit())
        self._buttons.children = (fields.use, *self._buttons.children)
        self.children = (self._real, fields, self._buttons, self._shown)
        return fields

    def _on_mode(self, change: Any) -> None:
        with self._lock:
            self.value = None  # until its button is pressed, LIVE is a wish
            problem, fields = "", self._fields
            fields.layout.display = fields.use.layout.display = None if change["new"] else "none"
            fields.forget()
            try:
                if change["new"]:
                    fields.begin(self._env_file)
            except InputError as refused:
                problem = str(refused)
            self.say(problem)
            self._draw()

    def _on_field(self) -> None:
        self._draw(_WAITS)

    def _draw(self, state: str = "", answer: Card | None = None) -> None:
        if self._real.value and self.value is None and not self.problem:
            state = _WAITS
        line = line_of(state, role="status") if state else ""
        cards = (self.card(), *([answer] if answer else ()))
        self._shown.value = line + "".join(map(render.as_html, cards))

    def _ask(self) -> None:
        """Call what was given, with the value, and show what it says."""
        account, problem, answer = self.submit(), "", None
        if self.problem or self._on_check is None:
            return
        self._draw("checking …")  # and the button is not disabled, or it would lose the focus
        try:
            answer = self._on_check(account)
        except LpnbError as failed:
            problem = str(failed)
        except Exception as failed:  # noqa: BLE001 - its text could hold anything
            problem = f"the check failed with {type(failed).__name__}"
        card = getattr(answer, "card", None)
        said = answer if isinstance(answer, str) else "checked"
        self.say(problem)
        self._draw("" if problem else f"✓ {said}", card() if card else None)
