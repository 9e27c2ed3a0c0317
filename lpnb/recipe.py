"""How another process has a session like ours: secrets don't travel, its environment has them."""

import os
from typing import Any

from .account import Account
from .errors import InputError
from .session import Session

_made: dict[Any, Session] = {}


def session_like(account: str, domain_api: str, **options: Any) -> Session:
    """
    Give this process's session of this kind, made of the ``LPNB_…`` variables at first use.

    Raises:
        InputError: the environment lacks them, or they are for another account.
    """
    # a child that was forked must not share our connections
    key = os.getpid(), account, domain_api, *sorted(options.items())
    if key not in _made:
        own = Account.from_environment()
        if (own.id, own.domain_api) != (account, domain_api):
            raise InputError(
                f"the session is for account {account!r} at {domain_api}, and this process's "
                f"LPNB_ACCOUNT and LPNB_DOMAIN_API say {own.id!r} at {own.domain_api}: set them "
                "before its workers start"
            )
        _made.setdefault(key, Session(own, **options))
    return _made[key]
