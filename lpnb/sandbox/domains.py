"""The Domain API: which host serves what."""

from collections.abc import Iterator

from .http import Answer, json_answer
from .routes import ACCOUNT, Call, Route
from .site import Site

SERVICES = (
    "accountConfigReadOnly",
    "accountConfigReadWrite",
    "agentVep",
    "asyncMessaging",
    "asyncMessagingEnt",
    "idp",
    "msgHist",
    "sentinel",
    "swift",
)
_SERVICE = f"{ACCOUNT}/service"


class Domains:
    """Answers the Domain API: which host serves what."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def entries(self) -> list[dict[str, str]]:
        """List every service the sandbox has, and its host."""
        site = self._site
        return [
            {"service": name, "account": site.account, "baseURI": site.hosts.get(name, site.host)}
            for name in SERVICES
        ]

    def routes(self) -> Iterator[Route]:
        """Name the addresses of both forms: every service, and one by its name."""
        for path in (f"{_SERVICE}/baseURI.json", f"{_SERVICE}/{{name}}/baseURI.json"):
            yield Route("domain", "GET", path, self.find, ("1.0",), "version", refuse=self._refusal)

    def find(self, call: Call) -> Answer:
        """Answer for one service, or for all when none is named; names are case-sensitive."""
        if call.account != self._site.account:
            return self._refusal(401, f"the account is not {self._site.account}")
        if not call.name:
            return json_answer(200, {"baseURIs": self.entries()})
        for entry in self.entries():
            if entry["service"] == call.name:
                return json_answer(200, entry)
        status, known = self._site.guesses["unknown_service"], ", ".join(SERVICES)
        said = f"no service is called {call.name!r}; there are {known}"
        return Answer(status, guess="unknown_service", warnings=(said,))

    def _refusal(self, status: int, why: str) -> Answer:
        body = self._site.guesses["domain_error_body"].encode()
        return Answer(status, body, guess="domain_error_body", warnings=(why,))
