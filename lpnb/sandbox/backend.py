"""From request to answer without a socket: who may ask, which rule answers, and the faults."""

import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .breaking import Breaking
from .control import Control
from .conversations import Conversations
from .domains import Domains
from .door import Admission, ControlDoor, Door, too_large
from .faults import MAGIC, Breakage, Faults
from .features import FeatureGrants
from .files import Files
from .history import History
from .http import Answer, json_answer, read_json
from .installations import Application, Installations
from .journal import Journal
from .logins import AgentLogins
from .messaging import Messaging
from .outage import Outage
from .properties import SiteProperties
from .routes import Call, Routes
from .site import Site
from .storage import Storage
from .tokens import Tokens

if TYPE_CHECKING:
    from .agent import Agent
    from .real_swift import RealSwift
    from .webhooks import Webhooks


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
        self.faults = Faults(self.outage, real_swift=swift is not None)
        self.breaking = Breaking(self)
        self.storage = swift or Storage(site, quota=quota, memory=memory)
        self.conversations = Conversations(site)
        self.domains = Domains(site)
        self.logins = AgentLogins(site, self.domains)
        self.properties = SiteProperties(site, self.logins, sharing=sharing)
        self.features = FeatureGrants(site, self.logins)
        self._webhooks: Webhooks | None = None
        self.installations = Installations(site, self.logins, watch=self._deliver)
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
        self._agent: Agent | None = None
        history = History(site, self.logins, self.conversations)
        settings = self.properties, self.features, self.installations
        services = self.domains, self.logins, *settings, self.tokens, self.messaging, history
        self.routes = Routes(site, (route for each in services for route in each.routes()))
        self.control_path = f"/sandbox-{secrets.token_hex(8)}"  # no service has such a path
        self._control = Control(self)
        bases = {site.base, f"http://{site.plain_host or site.host}"}
        self.admit = Door(self, *bases).admit
        self.admit_to_control = ControlDoor(self, f"http://{site.control_host}").admit

    @property
    def agent(self) -> "Agent":
        """The other party; made when someone asks, as starting is to be quick."""
        from .agent import Agent

        with self.lock:
            self._agent = self._agent or Agent(self)
            return self._agent

    @property
    def webhooks(self) -> "Webhooks":
        """Who tells others what happens; made when someone asks."""
        from .webhooks import Webhooks

        with self.lock:
            self._webhooks = self._webhooks or Webhooks(self.site, self.conversations)
            return self._webhooks

    def _deliver(self, applications: Sequence[Application]) -> Mapping[str, Sequence[str]]:
        asked = any("capabilities" in each.manifest for each in applications)
        return self.webhooks.follow(applications) if asked or self._webhooks else {}

    def stop(self) -> None:
        """Tell nobody anything more, and let go of what is stored."""
        self.webhooks.stop()
        with self.lock:
            self.storage.stop()

    def answer(
        self, admission: Admission, content: bytes, md5: str, *, wait: Callable[[float], object]
    ) -> Answer:
        """Answer an admitted request whose body is *content*; *wait* is how a fault delays it."""
        request = admission.request
        if admission.service == "control":
            return admission.refusal or self._control.answer(
                request.method,
                request.path.removeprefix(self.control_path).strip("/"),
                request.headers.get("x-sandbox-token", ""),
                request.query if request.method == "GET" else read_json(content),
            )
        payload = _payload(admission, content)
        kind = admission.type_of(payload)
        broken: Breakage | None = None
        warnings: tuple[str, ...] = ()
        if kind == "ms.PublishEvent" and MAGIC in content.lower():
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
        self._note(admission, kind, answer, broken or admission.early, content, md5)
        return answer

    def answer_unbroken(self, admission: Admission, content: bytes, md5: str) -> Answer:
        """Answer an admitted request; no rule is about it, and so none is used up."""
        payload = _payload(admission, content)
        answer = self.carry_out(admission, content, md5, payload)
        self._note(admission, admission.type_of(payload), answer, None, content, md5)
        return answer

    def unread(self, admission: Admission, answer: Answer | None = None) -> Answer:
        """
        Answer a request that was not read to its end: nothing of it takes effect.

        Args:
            answer: what to say, unless the client itself has ended it.
        """
        if answer is None and admission.visit:
            answer = self.storage.refuse(499)
        answer = answer or Answer(499, b"The client was disconnected during request.\n")
        self._note(admission, admission.type_of(None), answer, admission.early)
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
            if self._webhooks:
                self._webhooks.reset()
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
        if answer.status == 400 and content and payload is None and not answer.guess:
            answer = self._mention_content_type(admission, answer)
        return answer

    def _carry_out(self, admission: Admission, payload: object, content: bytes, md5: str) -> Answer:
        if admission.refusal:
            return admission.refusal
        if admission.visit:
            return self.storage.answer(admission.visit, content, md5)
        if len(content) > admission.body_limit:  # chunked: known only now
            return too_large()
        if admission.route is None:
            return Answer(404)
        call = Call(admission.request, admission.names, payload, content)
        try:
            return admission.route.rule(call)
        except Exception:  # noqa: BLE001 - a fault of ours must not pass for a dropped connection
            import traceback  # nothing else needs it, and starting is to be quick

            said = {"sandbox": "a mistake in the sandbox itself", "trace": traceback.format_exc()}
            return json_answer(500, said)

    def _mention_content_type(self, admission: Admission, answer: Answer) -> Answer:
        given, takes_json = admission.request.media_type, admission.service != "sentinel"
        if given == "application/json" or admission.route is None or not takes_json:
            return answer
        warning = f"Content-Type is {given or 'missing'}: the body was not read as JSON"
        return replace(answer, guess="content_type", warnings=(warning, *answer.warnings))

    def _note(
        self,
        admission: Admission,
        kind: str,
        answer: Answer,
        broken: Breakage | None,
        content: bytes = b"",
        md5: str = "",
    ) -> None:
        if admission.service == "control":
            return
        self.journal.add(
            admission.request,
            answer,
            service=admission.service,
            kind=kind,
            content=content,
            md5=md5,
            time=self.site.clock.now(),
            fault=broken.number if broken else None,
            fault_name=broken.name if broken else "",
        )


def _payload(admission: Admission, content: bytes) -> object:
    reads_json = admission.request.media_type == "application/json"
    return read_json(content) if reads_json and admission.route else None
