"""Try an account without doing anything with it: are its hosts found, does its secret work."""

from dataclasses import dataclass
from typing import Any

from .card import Card, Fact, Shown
from .retry import BRIEF, RetryPolicy
from .start import connect
from .steps.domains import Domains, find_domains
from .steps.tokens import AppToken, get_app_token

_LOGIN = "User name and password were not tried: only log_in(session) of step 1 needs them."


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked(Shown):
    """An account that answers: its hosts, and how long the app's token lives."""

    domains: Domains
    token: AppToken

    def card(self) -> Card:
        """What was found, and the cards of the two calls below it."""
        domains, token = self.domains.card(), self.token.card()
        return Card(
            title="The account answers",
            mode=domains.mode,
            verdict="ok",
            summary="its hosts are found, and its client id and client secret are accepted",
            facts=(
                *self.domains.facts(),
                Fact(
                    "AppJWT", f"lives {self.token.seconds:,} s", "lpnb asks for a new one in time"
                ),
            ),
            notes=tuple(dict.fromkeys((*domains.notes, *token.notes, _LOGIN))),
            cards=(domains, token),
        )


def check_account(target: Any = None, *, policy: RetryPolicy = BRIEF) -> Checked:
    """
    Look up the hosts of an account and ask for the app's token; nothing is changed by it.

    Before step 1 of the guide. It is what an `AccountForm` may be given for its button "Check".

    Args:
        target: as `connect` takes it: an `Account`, a `Sandbox`, or None for the sandbox.
        policy: what is repeated and when; little by default, as somebody waits.

    Raises:
        NotAuthorized: the Domain API does not know the account.
        CredentialsRefused: the client id or the client secret is wrong.
        ConnectionFailed: no whole answer came.
    """
    session = connect(target, policy=policy)
    try:
        return Checked(domains=find_domains(session), token=get_app_token(session))
    finally:
        session.close()
