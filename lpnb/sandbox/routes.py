"""Which request is for which service: the table of addresses, and why nothing in it matched."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from .http import Answer, Request, json_answer, read_form
from .site import Site

ACCOUNT = "/api/account/{account}"
CONFIG = "accountConfigReadWrite"  # the read-only name is the same host


@dataclass(frozen=True, slots=True)
class Call:
    """A request that found its route; *names* are the variable parts of the path."""

    request: Request
    names: Mapping[str, str]
    payload: Any
    content: bytes

    @property
    def account(self) -> str:
        """The account in the path."""
        return self.names["account"]

    @property
    def name(self) -> str:
        """The service or property in the path, empty if it has none."""
        return self.names.get("name", "")

    @property
    def session_id(self) -> str:
        """The cookie of a login, empty if there is none."""
        cookies = (each.strip() for each in (self.header("cookie") or "").split(";"))
        return dict(each.partition("=")[::2] for each in cookies).get("Session_id", "")

    @property
    def form(self) -> dict[str, str]:
        """The body, if it is a form."""
        is_form = self.request.media_type == "application/x-www-form-urlencoded"
        return read_form(self.content.decode("utf-8", "replace")) if is_form else {}

    def header(self, name: str) -> str | None:
        """One header, or None."""
        return self.request.headers.get(name)


class Refused(Exception):
    """A call refused, wherever in its rule that turns out: with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Route:
    """
    One address of one service.

    Args:
        versions: what the parameter *version* may say; "" if it may be left out, empty if
            nobody looks.
        act: the rule, which may raise `Refused`.
        refuse: how a wrong version is refused, where that is not the usual way.
        type: what fault rules and the journal call it; the method if empty.
    """

    service: str
    method: str
    path: str
    act: Callable[[Call], Answer]
    versions: tuple[str, ...] = ()
    version: str = "v"
    type: str = ""
    refuse: Callable[[int, str], Answer] | None = None

    def rule(self, call: Call) -> Answer:
        """Answer *call*, be it with what was refused."""
        try:
            return self.act(call)
        except Refused as refused:
            return refused.answer

    def names(self, path: str) -> dict[str, str] | None:
        """Give the variable parts if *path* fits."""
        mine, theirs = self.path.split("/"), path.split("/")
        if len(mine) != len(theirs):
            return None
        pairs = list(zip(mine, theirs, strict=True))
        if any(own != given and not own.startswith("{") for own, given in pairs):
            return None
        return {own[1:-1]: unquote(given) for own, given in pairs if own.startswith("{")}

    def differences(self, request: Request) -> list[str]:
        """Say in words how *request* differs from this route."""
        mine, theirs = self.path.split("/"), request.path.split("/")
        said = []
        if self.method != request.method:
            said.append(f"the method is {request.method}, not {self.method}")
        if len(mine) != len(theirs):
            said.append(f"the path has {len(theirs) - 1} segments, not {len(mine) - 1}")
        for number, (own, given) in enumerate(zip(mine, theirs, strict=False)):
            if own != given and not own.startswith("{"):
                said.append(f"segment {number} of the path is {given!r}, not {own!r}")
        return said


class Routes:
    """The whole table, put together from what each service names."""

    def __init__(self, site: Site, table: Iterable[Route]) -> None:
        self._site = site
        self._table = tuple(table)
        self._at = lru_cache(maxsize=256)(self._look_up)  # a client asks the same few addresses

    def __iter__(self) -> Iterator[Route]:
        return iter(self._table)

    def find(self, request: Request) -> tuple[Route | None, dict[str, str]]:
        """Give the route *request* fits, or None."""
        override = request.headers.get("x-http-method-override")
        if override and request.method == "POST":
            found = self._at(override, request.path)
            if found[0] and found[0].service == CONFIG:  # no other is known to take this form
                return found
        return self._at(request.method, request.path)

    def _look_up(self, method: str, path: str) -> tuple[Route | None, dict[str, str]]:
        for route in self._table:
            names = route.names(path) if route.method == method else None
            if names is not None:
                return route, names
        return None, {}

    def refusal(
        self, route: Route | None, names: Mapping[str, str], request: Request
    ) -> Answer | None:
        """Refuse what no route fits, and what fits but for its version or account."""
        if route is None:
            return self._why_nothing_matched(request)
        given = request.query.get(route.version, "")
        messaging = route.service == "asyncMessagingEnt"
        if route.versions and given not in route.versions:
            wanted = " or ".join(version or "nothing" for version in route.versions)
            said = [f"{route.version} is {given!r}, not {wanted}"]
            if route.refuse:
                return route.refuse(400, said[0])
            if messaging:  # 404 is documented for this endpoint
                return _no_match(404, route, said)
            guess = "settings_version" if route.service == CONFIG else "unknown_version"
            return _no_match(self._site.guesses[guess], route, said, guess)
        if messaging and names["account"] != self._site.account:
            return _no_match(404, route, [f"the account is not {self._site.account}"])
        return None

    def _why_nothing_matched(self, request: Request) -> Answer:
        given = request.path.lower().split("/")

        from difflib import SequenceMatcher  # starting is quicker without

        def likeness(route: Route) -> tuple[float, bool]:
            own = route.path.lower().split("/")
            return SequenceMatcher(None, own, given).ratio(), route.method == request.method

        nearest = max(self._table, key=likeness)
        return _no_match(404, nearest, nearest.differences(request))


def _no_match(status: int, route: Route, differences: list[str], guess: str = "") -> Answer:
    nothing = "nothing matched this request"
    nearest = f"{route.method} {route.path} ({route.service})"
    body = {"sandbox": nothing, "nearest": nearest, "differences": differences}
    why = f"{nothing}; the nearest is {nearest}, but {' and '.join(differences)}"
    return json_answer(status, body, guess=guess, warnings=(why,))
