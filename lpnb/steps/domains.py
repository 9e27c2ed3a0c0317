"""Before step 1 of the guide: look up the account's domains."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from ..card import Fact
from ..exchange import Exchange
from ..session import Session
from ..wire import DOMAIN_API, Request
from ._answer import accepted, member, unexpected
from ._given import expect
from ._result import StepResult

_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")
_USED = {
    "asyncMessagingEnt": "conversations and messages: steps 2, 3, 5 and 6",
    "sentinel": "the app's token (AppJWT)",
    "idp": "the consumer's token (ConsumerJWS)",
    "swift": "storage: steps 4 and 7",
    "agentVep": "an administrator's login: step 1",
    "accountConfigReadWrite": "the account's settings: step 1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Domains(StepResult, Mapping[str, str]):
    """The account's hosts by service name: ``domains["swift"]``."""

    hosts: Mapping[str, str]

    def __getitem__(self, service: str) -> str:
        return self.hosts[service]

    def __iter__(self) -> Iterator[str]:
        return iter(self.hosts)

    def __len__(self) -> int:
        return len(self.hosts)

    def facts(self) -> tuple[Fact, ...]:
        return tuple(Fact(name, self.hosts[name], _USED[name]) for name in _USED if name in self)


def find_domains(session: Session) -> Domains:
    """
    Look up the hosts of all the account's services, and let the *session* use them.

    Before step 1 of the guide ("retrieve your domain"): the Domain API's list of all services.

    Raises:
        NotAuthorized: the Domain API does not know the account.
        UnexpectedResponse: a host that the steps need is no bare host name.
    """
    expect(session=(session, Session))
    own = session.account
    request = Request(
        step="find_domains",
        service=DOMAIN_API,
        method="GET",
        path=f"/api/account/{quote(own.id)}/service/baseURI.json",
        query={"version": "1.0"},
    )
    asked = f"list the domains of account {own.id!r}"
    reply = accepted(session.send(request), asked=asked, unauthorized="check the account id")
    hosts: dict[str, str] = {}
    for i in range(len(member(reply, "baseURIs", kind=list))):
        name, host = (member(reply, "baseURIs", i, key) for key in ("service", "baseURI"))
        if _HOST.fullmatch(host):
            hosts[name] = host
        elif name in _USED:  # what no step needs may be as it likes
            raise unexpected(reply, f"the baseURI of {name} is not a bare host name")
    session.domains_fresh = True
    session.domains = {name: f"{own.scheme}://{one}" for name, one in hosts.items()}
    return Domains(hosts=hosts, exchanges=reply.exchanges)


def domains_first(session: Session) -> tuple[Exchange, ...]:
    """Look the domains up if the *session* does not know them, or nobody answered there."""
    with session.lock:
        return () if session.domains_fresh else find_domains(session).exchanges
