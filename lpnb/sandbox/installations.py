"""accountConfig's installed applications: where a client id and its secret come from."""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .http import Answer, json_answer
from .logins import AgentLogins, check_revision, refused
from .notifications import TYPES
from .routes import ACCOUNT, CONFIG, Call, Route
from .site import Site, invent

_INSTALLATIONS = f"{ACCOUNT}/configuration/app-install/installations"
_VERSIONS = ("1.0", "1", "2.0", "")  # each is in use by some client
_FIRST = {
    "client_name": "com.example.lpnb",
    "description": "the sandbox's own",
    "grant_types": ["client_credentials"],
    "scope": "msg.consumer",
}
# The service takes https only; what listens on this machine may do without.
_ENDPOINT = re.compile(r"https://.+|http://(127\.0\.0\.1|localhost)([:/].*)?")


@dataclass(frozen=True, slots=True)
class Application:
    """An installed application; its *manifest* is what the administrator wrote."""

    client_id: str
    client_secret: str = field(repr=False)
    issued: int
    manifest: Mapping[str, Any] = field(repr=False)  # a webhook's headers may hold a secret

    @property
    def enabled(self) -> bool:
        """Whether it may do anything."""
        return bool(self.manifest.get("enabled", True))

    def row(self) -> dict[str, Any]:
        """Write it as the service does."""
        return {
            "enabled": True,
            **self.manifest,  # but for what no administrator writes:
            "id": self.client_id,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "client_id_issued_at": self.issued,
            "client_secret_expires_at": 0,
            "deleted": False,
        }


class Installations:
    """
    Lists, installs, changes and removes applications, for administrators.

    Args:
        watch: called with all enabled applications now and after every change, by who delivers
            their webhooks; gives by client id what will not be delivered, and why.
    """

    def __init__(
        self,
        site: Site,
        logins: AgentLogins,
        *,
        watch: Callable[[Sequence[Application]], Mapping[str, Sequence[str]]],
    ) -> None:
        self._site = site
        self._logins = logins
        self._watch = watch
        self.reset()

    def reset(self) -> None:
        """Keep the application of the start, and no other."""
        site = self._site
        first = Application(site.client_id, site.client_secret, int(site.clock.now()), _FIRST)
        self._applications = {first.client_id: first}
        self._revision = 0
        self._changed()

    def find(self, client_id: str) -> Application | None:
        """Give the application of this id, if it is installed."""
        return self._applications.get(client_id)

    def routes(self) -> Iterator[Route]:
        """Name the addresses of all applications and of one."""
        one = f"{_INSTALLATIONS}/{{name}}"
        for method, path, rule in (
            ("GET", _INSTALLATIONS, self.read),
            ("POST", _INSTALLATIONS, self.install),
            ("GET", one, self.read),
            ("PUT", one, self.change),
            ("DELETE", one, self.remove),
        ):
            yield Route(CONFIG, method, path, rule, _VERSIONS)

    def read(self, call: Call) -> Answer:
        """Answer with one application, or with all when none is named."""
        self._check(call)
        rows = {name: each.row() for name, each in self._applications.items()}
        return self._answer(200, rows[call.name] if call.name else list(rows.values()))

    def install(self, call: Call) -> Answer:
        """Install an application and invent its id and secret."""
        self._check(call)
        self._check_manifest(call)
        now, secret = int(self._site.clock.now()), invent("client-secret")
        guess = "installation_created"
        new = Application(str(uuid.uuid4()), secret, now, call.payload)
        return self._put(new, self._site.guesses[guess], guess)

    def change(self, call: Call) -> Answer:
        """Change an application; its id and secret stay."""
        self._check(call, changes=True)
        self._check_manifest(call)
        old, guess = self._applications[call.name], "installation_change"
        kept = old.manifest if self._site.guesses[guess] == "merged" else {}
        return self._put(replace(old, manifest={**kept, **call.payload}), 200, guess)

    def remove(self, call: Call) -> Answer:
        """Remove an application: no token is issued to it from now on."""
        self._check(call, changes=True)
        del self._applications[call.name]
        self._changed()
        status = self._site.guesses["installation_removed"]
        return replace(self._answer(status, None, "installation_removed"), body=b"")

    def _put(self, application: Application, status: int, guess: str) -> Answer:
        self._applications[application.client_id] = application
        silent = self._changed().get(application.client_id, ())
        return replace(self._answer(status, application.row(), guess), warnings=tuple(silent))

    def _changed(self) -> Mapping[str, Sequence[str]]:
        self._revision += 1
        return self._watch([each for each in self._applications.values() if each.enabled])

    def _answer(self, status: int, found: Any, guess: str = "") -> Answer:
        headers = {"ac-revision": str(self._revision)}
        return json_answer(status, found, headers=headers, guess=guess)

    def _check(self, call: Call, *, changes: bool = False) -> None:
        # The pages say that one needs an administrator; reading shows secrets too.
        self._logins.check(call, administrators=True)
        if call.name and call.name not in self._applications:
            raise refused(self._site, 404, "No such application")
        if changes:
            check_revision(self._site, call, self._revision)

    def _check_manifest(self, call: Call) -> None:
        site, manifest = self._site, call.payload if isinstance(call.payload, dict) else {}
        merges = bool(call.name) and site.guesses["installation_change"] == "merged"
        name = manifest.get("client_name", merges)
        others = (each.manifest for key, each in self._applications.items() if key != call.name)
        wrong = next(_faults(manifest), "") if name else "client_name"
        if wrong:
            guess, said = "installation_body", f"{wrong} is missing or not as documented"
            raise refused(site, site.guesses[guess], said, guess=guess)
        if any(name == other["client_name"] for other in others):
            guess = "installation_name"
            raise refused(site, site.guesses[guess], "client_name is taken", guess=guess)


def _text(most: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and len(value) <= most


def _some_of(*known: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(each in known for each in value)


_RULES: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("client_name", "display_name", "scope"), _text(128)),
    **dict.fromkeys(("logo_uri", "entry_uri"), _text(1024)),
    "description": _text(256),
    "grant_types": _some_of("client_credentials", "authorization_code", "refresh_token"),
    "response_types": _some_of("code", "token", "id_token", "id_token token"),
    "enabled": lambda value: isinstance(value, bool),
    "capabilities": lambda value: (
        isinstance(value, dict) and isinstance(value.get("webhooks", {}), dict)
    ),
}


def _faults(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Name what in a *manifest* breaks a documented rule."""
    yield from (name for name in _RULES if name in manifest and not _RULES[name](manifest[name]))
    webhooks = manifest.get("capabilities", {}).get("webhooks", {})
    yield from (kind for kind in webhooks if not _is_webhook(kind, webhooks[kind]))


def _is_webhook(kind: str, webhook: Any) -> bool:
    match webhook:
        case {"retention_time": int(seconds)} if kind == "retry":
            return 2 <= seconds <= 259_200
        case {"endpoint": str(endpoint)} if kind in TYPES:
            headers, retries = webhook.get("headers", []), webhook.get("max_retries", 0)
            return (
                _ENDPOINT.fullmatch(endpoint) is not None
                and (type(retries) is int and retries in range(6))
                and isinstance(headers, list)
                and all(
                    isinstance(each, dict) and {"header_name", "header_value"} <= set(each)
                    for each in headers
                )
            )
    return False
