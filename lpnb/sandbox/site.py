"""The one account ("site") the sandbox stands in for: its credentials, its time, its guesses."""

import hmac
import secrets
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from .clock import Clock
from .guesses import Guesses

_ISSUED = 5_000  # the newest bearers and signatures, more than the journal's requests can get
STORAGE_ACCOUNT_PATH = "/v1/AUTH_async-images"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """
    What all the rules need to know; the secrets are drawn afresh at every start.

    Args:
        host: ``127.0.0.1:PORT``, where every service is found but those in *hosts*.
        plain_host: where the Domain API answers on plain http, if *host* speaks https.
        control_host: where the sandbox's own switches are.
        administrator: whether the one user may change site properties.
    """

    host: str
    plain_host: str = ""
    control_host: str = ""
    hosts: Mapping[str, str] = field(default_factory=dict)
    storage_account_path: str = STORAGE_ACCOUNT_PATH
    account: str
    administrator: bool
    upload_seconds: int
    download_seconds: int
    app_jwt_seconds: int
    bearer_seconds: int
    clock: Clock
    username: str = "admin@sandbox.test"
    guesses: Guesses = field(default_factory=Guesses)
    client_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    password: str = field(default_factory=lambda: invent("password"), repr=False)
    client_secret: str = field(default_factory=lambda: invent("client-secret"), repr=False)
    storage_key: str = field(default_factory=lambda: invent("storage-key"), repr=False)
    control_token: str = field(default_factory=lambda: invent("control-token"), repr=False)
    token_key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    issued: deque[str] = field(default_factory=lambda: deque(maxlen=_ISSUED), repr=False)

    def known_secrets(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Give what the journal covers wherever it turns up: what lasts, and what was issued."""
        lasting = self.password, self.client_secret, self.storage_key, self.control_token
        return lasting, tuple(self.issued)

    @property
    def base(self) -> str:
        """The services' host with its scheme."""
        return f"{'https' if self.plain_host else 'http'}://{self.host}"


def invent(what: str) -> str:
    """Draw a new secret, of a shape that a scan for leaks finds."""
    return f"sandbox-{what}-{secrets.token_hex(16)}"


def same(given: str, secret: str) -> bool:
    """Compare in a time that does not tell how much of *given* is right."""
    return hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), secret.encode("utf-8", "surrogatepass")
    )
