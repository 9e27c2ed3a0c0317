"""From request to answer without a socket: who may ask, which rule answers, and the faults."""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .agent import Agent
from .breaking import Breaking
from .control import Control
from .conversations import Conversations
from .domains import Domains
from .faults import MAGIC, Breakage, Faults
from .features import FeatureGrants
from .files import Files
from .history import History
from .http import Answer, Request, json_answer, read_json
from .installations import Installations
from .journal import Journal
from .logins import AgentLogins
from .messaging import Messaging
from .outage import Outage
from .properties import SiteProperties
from .routes import Call, Route, Routes
from .site import Site
from .storage import Storage
from .tokens import Tokens
from .visits import Visit
from .webhooks import Webhooks

if TYPE_CHECKING:
    from .real_swift import RealSwift


@dataclass(frozen=True, slots=True)
class Admission:
    """What the head of a request settles before its body is read."""

    request: Request
    service: str
    body_limit: int
    refusal: Answer | None = None
    route: Route | None = None
    names: dict[str, str] = field(default_factory=dict)
    visit: Visit | None = None
    early: Breakage | None = None

    def type_of(self, payload: object) -> str:
        """Give what rules and journal call it; a message's type is in its *payload*."""
        if self.route and self.route.type == "send":
            kind = payload.get("type") if isinstance(payload, dict) else None
            return kind if isinstance(kind, str) else ""
        return (self.route.type if self.route else "") or self.request.method

    @property
    def ignores_body(self) -> bool:
        """Whether the answer is due before any body, which is thrown away."""
        return bool(self.refusal or (self.visit and self.request.method != "PUT"))


class Backend:
    """Every service together, behind one lock."""

    def __init__(
        self,
        site: Site,
        *,
        sharing: bool,
        quota: int,
        memory: int,
        swift: "RealSwift | None" = None,
    ) -> None:
        self.site = site
        self.lock = threading.RLock()
        self.journal = Journal(site.known_secrets)
        self.outage = Outage(site.clock)
        self.faults = Faults(self.outage, out_of_reach="swift" if swift else None)
        self.breaking = Breaking(self)
        self.storage = swift or Storage(site, quota=quota, memory=memory)
        self.conversations = Conversations(site)
        self.domains = Domains(site)
        self.logins = AgentLogins(site, self.domains)
        self.properties = SiteProperties(site, self.logins, sharing=sharing)
        self.features = FeatureGrants(site, self.logins)
        self.webhooks = Webhooks(site, self.conversations)
        self.installations = Installations(site, self.logins, watch=self.webhooks.follow)
        self.tokens = Tokens(site, self.installations)
        expect = swift.objects.expect if swift else None
        self.files = Files(site, self.conversations, self.storage, watch=expect)
        self.messaging = Messaging(
            site,
            tokens=self.tokens,
            properties=self.properties,
            conversations=self.conversations,
            files=self.files,
        )
        self.agent = Agent(self)
        history = History(site, self.logins, self.conversations)
        settings = self.properties, self.features, self.installations
        services = self.domains, self.logins, *settings, self.tokens, self.messaging, history
        self._routes = Routes(site, (route for each in services for route in each.routes()))
        self.control_path = f"/sandbox-{secrets.token_hex(8)}"  # no service has such a path
        self._control = Control(self)
        self._hosts = {"127.0.0.1", "localhost"}
        self._origins = set()
        for base in {site.base, f"http://{site.plain_host or site.host}"}:
            port = base.rpartition(":")[2]
            self._hosts |= {f"127.0.0.1:{port}", f"localhost:{port}"}
            self._origins |= {base, base.replace("127.0.0.1", "localhost")}

    @property
    def addresses(self) -> tuple[Route, ...]:
        """Every address that is answered, but for storage's."""
        return tuple(self._routes)

    def admit(self, request: Request, *, in_clear: bool = False) -> Admission:
        """
        Settle where *request* goes, and whether its head alone is refused.

        Args:
            in_clear: whether it came over plain http though the services speak https.
        """
        limit = self.site.guesses["json_size"]
        foreign = request.headers.get("origin", "") not in ("", *self._origins)
        to_storage = _is_for_storage(request)
        if not (to_storage or request.is_readable):
            return Admission(request, "", limit, Answer(400, b"Invalid Transfer-Encoding\n"))
        if request.headers.get("host") not in self._hosts:
            # A page that has rebound its own name to loopback comes with that name.
            refusal = Answer(421, b"this host is not served here\n")
            return Admission(request, "", limit, refusal)
        if foreign and not to_storage:
            return Admission(request, "", limit, Answer(403, b"foreign Origin\n"))
        if to_storage and in_clear:
            return Admission(request, "swift", limit, self._https_only())
        if to_storage:
            visit = Visit.to(
                request.method, request.path, query=request.query, headers=request.headers
            )
            with self.lock:
                refusal_or_none = self.storage.admit(visit)
            cap = self.site.guesses["object_size"]
            return Admission(request, "swift", cap, refusal_or_none, visit=visit)
        if request.path.startswith(self.control_path):
            return Admission(request, "control", limit)
        route, names = self._routes.find(request)
        if in_clear and route and route.service != "domain":
            return Admission(request, route.service, limit, self._https_only(), route, names)
        with self.lock:
            refused = self._routes.refusal(route, names, request)
        if int(request.headers.get("content-length", "0")) > limit:
            refused = _too_large()
        service = route.service if route else ""
        return Admission(request, service, limit, refused, route, names)

    def answer(
        self,
        admission: Admission,
        content: bytes,
        md5: str,
        *,
        wait: Callable[[float], object] = time.sleep,
    ) -> Answer:
        """Answer an admitted request whose body is *content*; *wait* is how a fault delays it."""
        request = admission.request
        if admission.service == "control":
            return self._control.answer(
                request.method,
                request.path.removeprefix(self.control_path).strip("/"),
                request.headers.get("x-sandbox-token", ""),
                request.query if request.method == "GET" else read_json(content),
            )
        payload = _payload(admission, content)
        kind = admission.type_of(payload)
        broken: Breakage | None = None
        warnings: tuple[str, ...] = ()
        if kind == "ms.PublishEvent" and MAGIC in content:
            with self.lock:
                warnings = self.faults.obey(payload)
        if self.faults.rules:
            with self.lock:
                broken = self.faults.due(admission.service, kind)
        if broken:
            answer = self.breaking.answer(broken, admission, content, md5, wait=wait)
        else:
            answer = self.carry_out(admission, content, md5, payload)
        if warnings:
            answer = replace(answer, warnings=(*answer.warnings, *warnings))
        if self.breaking.expired:
            self.breaking.renew(answer)
        broken = broken or admission.early
        fault = broken.number if broken else None
        self._note(admission, kind, content, answer, md5=md5, fault=fault)
        return answer

    def cut_short(self, admission: Admission) -> Answer:
        """Answer a request whose body ended early: nothing of it takes effect."""
        if admission.visit:
            answer = self.storage.cut_short(admission.visit)
        else:
            answer = Answer(499, b"The client was disconnected during request.\n")
        self._note(admission, admission.type_of(None), b"", answer)
        return answer

    def severed(self, broken: Breakage, admission: Admission) -> Answer:
        """Answer, or not, a request that a fault has cut off: nothing of it takes effect."""
        answer = self.breaking.severed(broken, admission)
        self._note(admission, admission.type_of(None), b"", answer, fault=broken.number)
        return answer

    def not_understood(self, status: int, reason: str, connection: int) -> Answer:
        """Answer bytes that are no request."""
        answer = Answer(status, reason.encode())
        nothing = Request("", "", {}, {}, connection)
        self._note(Admission(nothing, "", 0), "", b"", answer)
        return answer

    def reset(self) -> None:
        """Begin anew with the same credentials."""
        with self.lock:
            self.site.clock.reset()
            self.site.guesses.reset()
            self.faults.clear()
            self.faults.magic = True
            self.breaking.expired.clear()
            self.conversations.reset()
            self.webhooks.reset()
            self.messaging.reset()
            self.storage.objects.clear()
            self.logins.reset()
            self.properties.reset()
            self.features.reset()
            self.installations.reset()
            self.journal.clear()

    def carry_out(
        self, admission: Admission, content: bytes, md5: str, payload: object = None
    ) -> Answer:
        """Do what was asked, with no fault in the way."""
        payload = _payload(admission, content) if payload is None else payload
        with self.lock:
            answer = self._carry_out(admission, payload, content, md5)
        unread = content and payload is None and not answer.guess
        if unread and admission.request.media_type != "application/json":
            answer = self._mention_content_type(admission, answer)
        return answer

    def _carry_out(self, admission: Admission, payload: object, content: bytes, md5: str) -> Answer:
        if admission.refusal:
            return admission.refusal
        if admission.visit:
            return self.storage.answer(admission.visit, content, md5)
        if len(content) > admission.body_limit:  # chunked: known only now
            return _too_large()
        if admission.route is None:
            return Answer(404)
        call = Call(admission.request, admission.names, payload, content)
        try:
            return admission.route.rule(call)
        except Exception:  # noqa: BLE001 - a fault of ours must not pass for a dropped connection
            import traceback  # nothing else needs it, and starting is to be quick

            said = {"sandbox": "a mistake in the sandbox itself", "trace": traceback.format_exc()}
            return json_answer(500, said)

    def _https_only(self) -> Answer:
        said = f"only the Domain API answers on plain http: ask {self.site.base}"
        status = self.site.guesses["plain_http"]
        return json_answer(status, {"sandbox": said}, guess="plain_http", warnings=(said,))

    def _mention_content_type(self, admission: Admission, answer: Answer) -> Answer:
        takes_json = admission.route is not None and admission.service != "sentinel"
        if answer.status != 400 or not takes_json:
            return answer
        given = admission.request.media_type or "missing"
        warning = f"Content-Type is {given}: the body was not read as JSON"
        return replace(answer, guess="content_type", warnings=(warning, *answer.warnings))

    def _note(
        self,
        admission: Admission,
        kind: str,
        content: bytes,
        answer: Answer,
        *,
        md5: str = "",
        fault: int | None = None,
    ) -> None:
        self.journal.add(
            admission.request,
            answer,
            service=admission.service,
            kind=kind,
            content=content,
            md5=md5,
            time=self.site.clock.now(),
            fault=fault,
        )


def _is_for_storage(request: Request) -> bool:
    signed = "temp_url_sig" in request.query or "temp_url_expires" in request.query
    return signed or request.path.lstrip("/").startswith("v1/")


def _payload(admission: Admission, content: bytes) -> object:
    reads_json = admission.request.media_type == "application/json"
    return read_json(content) if reads_json and admission.route else None


def _too_large() -> Answer:
    return Answer(413, b"more than a JSON request may have\n", guess="json_size")
