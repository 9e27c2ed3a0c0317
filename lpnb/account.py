"""Who we are to LivePerson: an account's id, its covered secrets, where its domains are found."""

import os
import re
from dataclasses import dataclass, field
from typing import Self

from .errors import InputError
from .secret import Secret

LIVE_DOMAIN_API = "https://api.liveperson.net"
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_BASE_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?/?"
)


@dataclass(frozen=True, slots=True, init=False)
class Account:
    """
    A LivePerson account and what is needed to speak for it.

    Args:
        id: the account (site) number.
        client_id: of the installed Connector application; not a secret.
        client_secret: of the same application; kept covered.
        username: the administrator's login name, for step 1 only.
        password: the administrator's, for step 1 only; kept covered.
        domain_api: base URL of the Domain API; plain http is for loopback only.
        ca: file with the certificate authority to trust instead of the public ones.
        consumer: the external consumer id to speak as; None makes a new one for each session.

    Raises:
        InputError: a value can't be what it is meant to be; it is named, secrets are not shown.
    """

    id: str
    client_id: str
    client_secret: Secret
    username: str | None
    password: Secret | None
    domain_api: str
    ca: str | None
    consumer: str | None = field(default=None)

    def __init__(
        self,
        id: str,
        client_id: str,
        client_secret: str,
        *,
        username: str | None = None,
        password: str | None = None,
        domain_api: str = LIVE_DOMAIN_API,
        ca: str | os.PathLike[str] | None = None,
        consumer: str | None = None,
    ) -> None:
        values = {
            "id": _checked(id, r"[A-Za-z0-9_]{1,64}", "account id", "letters, digits, underscore"),
            "client_id": plain(client_id, "client id"),
            "client_secret": Secret(plain(client_secret, "client secret"), "client secret"),
            "username": plain(username, "user name") if username else None,
            "password": Secret(password, "password") if password else None,
            "domain_api": _base_url(domain_api),
            "ca": _file(ca) if ca else None,
            "consumer": plain(consumer, "consumer") if consumer else None,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    def from_environment(cls) -> Self:
        """
        Read the account from ``LPNB_ACCOUNT``, ``LPNB_CLIENT_ID``, ``LPNB_CLIENT_SECRET`` and,
        where set, ``LPNB_USERNAME``, ``LPNB_PASSWORD``, ``LPNB_DOMAIN_API``, ``LPNB_CA``.

        Raises:
            InputError: one of the first three is missing; its name is given.
        """
        needed = ("LPNB_ACCOUNT", "LPNB_CLIENT_ID", "LPNB_CLIENT_SECRET")
        missing = [name for name in needed if not os.environ.get(name)]
        if missing:
            raise InputError(
                f"the environment lacks {', '.join(missing)}: set "
                f"{'it' if len(missing) == 1 else 'them'}, or use the sandbox, which needs none"
            )
        one, two, three = (os.environ[name] for name in needed)
        return cls(
            one,
            two,
            three,
            username=os.environ.get("LPNB_USERNAME"),
            password=os.environ.get("LPNB_PASSWORD"),
            domain_api=os.environ.get("LPNB_DOMAIN_API") or LIVE_DOMAIN_API,
            ca=os.environ.get("LPNB_CA"),
        )

    @property
    def scheme(self) -> str:
        """The scheme of the services' hosts: https, but on loopback the Domain API's own."""
        return self.domain_api.partition(":")[0] if self.loopback else "https"

    @property
    def loopback(self) -> bool:
        """Whether the Domain API is on this very machine."""
        parts = _BASE_URL.fullmatch(self.domain_api)
        return parts is not None and parts["host"] in _LOOPBACK


def _checked(value: object, pattern: str, what: str, allowed: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"the {what} is text, not {type(value).__name__}: put it in quotes")
    if not re.fullmatch(pattern, value):
        raise InputError(f"the {what} may hold {allowed}: check it for blanks and pasted line ends")
    return value


def plain(value: object, what: str) -> str:
    """Let through what can stand in a header or a form; never repeat *value*, it may be secret."""
    if not isinstance(value, str) or not value:
        raise InputError(f"the {what} is empty: fill it in")
    shown = value.reveal() if isinstance(value, Secret) else value
    if shown.strip() != shown or any(ord(c) < 32 or ord(c) == 127 for c in shown):
        raise InputError(f"the {what} has blanks at an end or a line break in it: paste it again")
    if shown.startswith("Bearer "):
        raise InputError(f"the {what} begins with 'Bearer ': leave that word out")
    return value


def _file(path: str | os.PathLike[str]) -> str:
    if not os.path.isfile(path):  # noqa: PTH113 - any kind of path
        raise InputError(f"there is no file {os.fspath(path)!r} with an authority: check ca")
    return os.fspath(path)


def _base_url(value: object) -> str:
    """Let a scheme with a host through; never repeat *value*, it may hold a password."""
    parts = _BASE_URL.fullmatch(value) if isinstance(value, str) else None
    if parts is None:
        raise InputError(
            "the Domain API's base URL is a scheme and a host, like https://api.liveperson.net: "
            "leave out all else"
        )
    if parts["scheme"] == "http" and parts["host"] not in _LOOPBACK:
        raise InputError(
            f"{parts['host']} would be spoken to in the clear: use https (http is for loopback)"
        )
    return parts[0].rstrip("/")
