"""accountConfig's site properties: read with a revision, written only by who knows it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from .http import Answer, json_answer
from .logins import AgentLogins, check_revision, refused
from .routes import ACCOUNT, CONFIG, Call, Route
from .site import Site

_PROPERTIES = f"{ACCOUNT}/configuration/setting/properties"
CONSUMER_SHARING = "messaging.file.sharing.enabled"
AGENT_SHARING = "messaging.agent.file.sharing.enabled"
PREVIEW_MASKING = "messaging.file.sharing.preview.masking.text"
_FILTERS = {"groups", "context_type", "context_id", "context_cascading", "source"}


class SiteProperties:
    """accountConfig's settings: read with a revision, written only by who knows it."""

    def __init__(self, site: Site, logins: AgentLogins, *, sharing: bool) -> None:
        self._site = site
        self._logins = logins
        self._at_start = sharing
        self.reset()

    def reset(self) -> None:
        """Return to the settings of the start."""
        text = "true" if self._at_start else "false"
        values: dict[str, Any] = {CONSUMER_SHARING: text, AGENT_SHARING: text, PREVIEW_MASKING: ""}
        self._types: dict[str, Any] = {}  # as written; until then the guessed number
        self._values = values
        self._revision = 1

    @property
    def sharing(self) -> bool:
        """Whether consumers may share files."""
        return self._is_on(CONSUMER_SHARING)

    @sharing.setter
    def sharing(self, enabled: bool) -> None:
        self._values[CONSUMER_SHARING] = "true" if enabled else "false"
        self._revision += 1

    @property
    def agent_sharing(self) -> bool:
        """Whether agents may."""
        return self._is_on(AGENT_SHARING)

    def _is_on(self, name: str) -> bool:
        value = self._values[name]
        return value is True or (isinstance(value, str) and value.lower() == "true")

    def routes(self) -> Iterator[Route]:
        """Name the addresses of all properties and of one."""
        yield Route(CONFIG, "GET", _PROPERTIES, self.read, ("3.0",))
        yield Route(CONFIG, "GET", f"{_PROPERTIES}/{{name}}", self.read, ("3.0",))
        yield Route(CONFIG, "PUT", f"{_PROPERTIES}/{{name}}", self.write, ("3.0",))

    def read(self, call: Call) -> Answer:
        """Answer with one property, or with all when none is named."""
        self._check(call)
        found = self._row(call.name) if call.name else [self._row(each) for each in self._values]
        filters = sorted(_FILTERS & set(call.request.query))
        if not filters:
            return self._answer(found)
        said = f"{', '.join(filters)}: no filter is applied here"
        return replace(self._answer(found), guess="read_filters", warnings=(said,))

    def write(self, call: Call) -> Answer:
        """Store a property if If-Match is the revision, or ``-1``."""
        name, payload = call.name, call.payload
        self._check(call, administrators=True)
        if not _is_property(payload, name):
            raise refused(self._site, 400, "Malformed property")
        check_revision(self._site, call, self._revision)
        self._values[name] = payload["propertyValue"]["value"]
        self._types[name] = payload["type"]
        self._revision += 1
        return self._answer(self._row(name))

    def _row(self, name: str) -> dict[str, Any]:
        kind = self._types.get(name, self._site.guesses["property_type"])
        value = {"value": self._values[name]}
        return {"id": name, "type": kind, "propertyValue": value, "deleted": False}

    def _answer(self, found: Any) -> Answer:
        revision = {"ac-revision": str(self._revision)}
        return json_answer(200, found, headers=revision, guess="property_type")

    def _check(self, call: Call, *, administrators: bool = False) -> None:
        self._logins.check(call, administrators=administrators)
        if call.name and call.name not in self._values:
            raise refused(self._site, 404, "No such property")


def _is_property(payload: Any, name: str) -> bool:
    if not isinstance(payload, dict) or payload.get("id") != name:
        return False
    value, kind = payload.get("propertyValue"), payload.get("type")
    if not isinstance(value, dict) or "value" not in value:
        return False
    return type(kind) in (int, str)
