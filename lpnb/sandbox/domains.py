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
        """List every service the sandbox has, each at its one host."""
        site = self._site
        return [
            {"service": name, "account": site.account, "baseURI": site.host} for name in SERVICES
        ]

    def routes(self) -> Iterator[Route]:
        """Name the addresses of both forms: every service, and one by its name."""
        for path in (f"{_SERVICE}/baseURI.json", f"{_SERVICE}/{{name}}/baseURI.json"):
            yield Route("domain", "GET", path, self.find, ("1.0",), "version", refuse=self._refusal)

    def find(self, call: Call) -> Answer:
        """Answer for one service, or for all when none is named; names are case-sensitive."""
        if call.account != self._site.account:
            return self._refusal(401)
        if not call.name:
            return json_answer(200, {"baseURIs": self.entries()})
        for entry in self.entries():
            if entry["service"] == call.name:
                return json_answer(200, entry)
        return Answer(self._site.guesses["unknown_service"], guess="unknown_service")

    def _refusal(self, status: int) -> Answer:
        body = self._site.guesses["domain_error_body"].encode()
        return Answer(status, body, guess="domain_error_body")
