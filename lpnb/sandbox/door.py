"""Who is let in: what the head of a request settles before anybody reads its body."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .faults import Breakage
from .http import Answer, Request, json_answer
from .routes import Route
from .visits import Visit, is_signed

if TYPE_CHECKING:
    from .backend import Backend


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


class Door:
    """Lets in who speaks to this machine by its own names, and finds whom a request is for."""

    def __init__(self, backend: "Backend", *bases: str) -> None:
        self._backend = backend
        self._hosts = {"127.0.0.1", "localhost"}
        self._origins = set()
        for base in bases:
            port = base.rpartition(":")[2]
            self._hosts |= {f"127.0.0.1:{port}", f"localhost:{port}"}
            self._origins |= {base, base.replace("127.0.0.1", "localhost")}

    def admit(self, request: Request, *, in_clear: bool = False) -> Admission:
        """
        Settle where *request* goes, and whether its head alone is refused.

        Args:
            in_clear: whether it came over plain http though the services speak https.
        """
        backend, guesses = self._backend, self._backend.site.guesses
        limit = guesses["json_size"]
        to_storage = _is_for_storage(request)
        if stranger := self._stranger(request, to_storage=to_storage):
            return Admission(request, "", limit, stranger)
        if to_storage and in_clear:
            return Admission(request, "swift", limit, self._https_only())
        if to_storage:
            visit = Visit.to(
                request.method, request.path, query=request.query, headers=request.headers
            )
            with backend.lock:
                refused = backend.storage.admit(visit)
            return Admission(request, "swift", guesses["object_size"], refused, visit=visit)
        route, names = backend.routes.find(request)
        service = route.service if route else ""
        if in_clear and service not in ("", "domain"):
            refused = self._https_only()
        elif int(request.headers.get("content-length", "0")) > limit:
            refused = too_large()
        else:
            refused = backend.routes.refusal(route, names, request)
        return Admission(request, service, limit, refused, route, names)

    def _stranger(self, request: Request, *, to_storage: bool) -> Answer | None:
        """Refuse what no service is to see at all, or give None."""
        if not (to_storage or request.is_readable):
            return Answer(400, b"Invalid Transfer-Encoding\n")
        # A page that has rebound its own name to loopback comes with that name.
        if request.headers.get("host") not in self._hosts:
            return Answer(421, b"this host is not served here\n")
        if request.headers.get("origin", "") not in ("", *self._origins) and not to_storage:
            return Answer(403, b"foreign Origin\n")
        return None

    def _https_only(self) -> Answer:
        said = f"only the Domain API answers on plain http: ask {self._backend.site.base}"
        status = self._backend.site.guesses["plain_http"]
        return json_answer(status, {"sandbox": said}, guess="plain_http", warnings=(said,))


class ControlDoor(Door):
    """Lets in who asks below the control path, and nobody else: it has a port of its own."""

    def admit(self, request: Request, *, in_clear: bool = False) -> Admission:
        """Settle whether *request* is for control; *in_clear* is as good as not."""
        limit = 2 * self._backend.site.guesses["object_size"]  # a picture in base64, and its words
        refused = self._stranger(request, to_storage=False)
        if not (refused or request.path.startswith(f"{self._backend.control_path}/")):
            refused = Answer(404, b"only the sandbox's switches are here, below their path")
        if not refused and int(request.headers.get("content-length", "0")) > limit:
            refused = too_large()
        if refused:
            said = {"error": refused.body.decode().strip()}
            refused = json_answer(refused.status, said)
        return Admission(request, "control", limit, refused)


def _is_for_storage(request: Request) -> bool:
    return is_signed(request.query) or request.path.lstrip("/").startswith("v1/")


def too_large() -> Answer:
    """Refuse a body that no service reads."""
    return Answer(413, b"more than a JSON request may have\n", guess="json_size")
