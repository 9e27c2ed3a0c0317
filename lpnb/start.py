"""Where a session begins: the one room that knows both the client and the sandbox."""

import atexit
import threading
from typing import Any

from .account import Account
from .clock import Clock, Told
from .errors import InputError
from .retry import PATIENT, RetryPolicy
from .session import Session

_lock = threading.Lock()
_own: list[Any] = []  # this process's sandbox, once it has been asked for


def connect(
    target: Any = None,
    *,
    consumer: str | None = None,
    policy: RetryPolicy | None = None,
    clock: Clock | None = None,
    on_wait: Told | None = None,
) -> Session:
    """
    Give a ready `Session`: with the sandbox by default, with a real account when given one.

    Nothing is sent yet. A real account is never taken from the environment by itself:
    ``connect(Account.from_environment())`` says so.

    Args:
        target: an `Account`, a `Sandbox`, or None for this process's own sandbox, which starts at
            first use.
        consumer: the external consumer id to speak as. Each session has a new one by default, so
            that no earlier one's open conversation is in the way.
        policy: what is repeated and when: `PATIENT`, LivePerson's own rules, by default; `BRIEF`
            waits less, and `ONCE` repeats nothing.
        clock: where time and waiting come from; the computer's own by default.
        on_wait: is called before each wait with its ``.seconds`` and ``.text``. By default a line
            says it, below a notebook's cell or in a terminal. A *clock* of your own knows itself.

    Raises:
        InputError: *target* is none of these.
    """
    rules: dict[str, Any] = {"policy": policy or PATIENT, "clock": clock or Clock(on_wait)}
    if isinstance(target, Account):
        return Session(target, mode="LIVE", consumer=consumer, **rules)
    from .sandbox import Sandbox

    sandbox = _own_sandbox() if target is None else target
    if not isinstance(sandbox, Sandbox):
        raise InputError(
            f"connect takes an Account, a Sandbox, or nothing at all, not a {type(target).__name__}"
        )
    account = Account(
        sandbox.account,
        sandbox.client_id,
        sandbox.client_secret,
        username=sandbox.username,
        password=sandbox.password,
        domain_api=sandbox.domain_api_tls or sandbox.domain_api,
        ca=sandbox.ca or None,
    )
    return Session(account, mode="SANDBOX", sandbox=sandbox, consumer=consumer, **rules)


def _own_sandbox() -> Any:
    from .practice import Sandbox

    with _lock:
        if not _own or _own[0].stopped:
            sandbox = Sandbox()
            _own[:] = [sandbox]
            atexit.register(sandbox.stop)
        return _own[0]
