"""The sandbox as Python sees it: start it, look inside, push its clock, break it, stop it."""

import contextlib
import threading
import time as system_time
from collections import Counter
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from .backend import Backend
from .clock import Clock
from .conversations import Conversation
from .guesses import Guesses
from .objects import StoredObject
from .routes import Route
from .server import Server
from .site import Site

if TYPE_CHECKING:
    from .agent import Agent
    from .real_swift import RealSwift
    from .seed import Seeded
    from .tls import Tls
    from .webhooks import Webhooks


class Sandbox:
    """
    Start a stand-in for LivePerson's services on this machine, reachable from nowhere else.

    Args:
        tls: whether the services speak https, with a certificate from an authority made for this
            start; its file is ``.ca``. The Domain API answers on plain http too.
        port: 0 takes a free one; with *tls* the Domain API's on plain http.
        storage: ``"memory"`` is our own; ``"swift"`` starts a real OpenStack Swift, which keeps
            the system's time and is spoken to directly, past journal and faults; the ``url``,
            ``account_path`` and ``key`` of an existing Swift use that one, which needs a container
            with the account's id.
        sharing: whether file sharing is switched on at the start.
        account: the one account that exists, in digits.
        administrator: whether the one user may change the account's settings.
        upload_seconds: how long an upload URL lives; likewise the other lifetimes.
        quota: how many bytes storage holds before it refuses more.
        memory: how many of them in memory; objects beyond that go into a temporary folder, which
            `reset` and `stop` remove.
        time: where the clock takes its time from.
    """

    def __init__(
        self,
        *,
        tls: bool = False,
        port: int = 0,
        storage: str | Mapping[str, str] = "memory",
        sharing: bool = True,
        account: str = "12345678",
        administrator: bool = True,
        upload_seconds: int = 60,
        download_seconds: int = 60,
        app_jwt_seconds: int = 3600,
        bearer_seconds: int = 28_800,
        quota: int = 512 * 1024 * 1024,
        memory: int = 64 * 1024 * 1024,
        time: Callable[[], float] = system_time.time,
    ) -> None:
        _check(storage, account, tls=tls, time=time)
        self._tls = _tls() if tls else None
        with contextlib.ExitStack() as undo:  # what has begun ends again if the rest can't
            plain = undo.enter_context(Server(port))
            self._swift = _swift(storage, account, quota)
            if self._swift:
                undo.callback(self._swift.stop)
            self._servers = [plain]
            if self._tls:
                plain.in_clear = True
                self._servers.append(undo.enter_context(Server(0, tls=self._tls, beside=plain)))
            self._control = undo.enter_context(Server(0))  # apart, so that no outage shuts it
            hosts = [f"127.0.0.1:{each.port}" for each in (*self._servers, self._control)]
            site = Site(
                host=hosts[-2],
                plain_host=hosts[0] if tls else "",
                control_host=hosts[-1],
                account=account,
                administrator=administrator,
                upload_seconds=upload_seconds,
                download_seconds=download_seconds,
                app_jwt_seconds=app_jwt_seconds,
                bearer_seconds=bearer_seconds,
                clock=Clock(time, held_by="Swift" if self._swift else ""),
                **_settled_by(self._swift),
            )
            self._backend = Backend(
                site, sharing=sharing, quota=quota, memory=memory, swift=self._swift
            )
            self._tell_where(site, f"http://{hosts[0]}")
            undo.pop_all()
        self._hand_out(self._backend)
        self._running = True
        for server in self._servers:
            server.start(self._backend)
        self._control.start_control(self._backend)

    def _tell_where(self, site: Site, domain_api: str) -> None:
        self.domain_api = domain_api
        self.domain_api_tls = site.base if self._tls else ""
        self.ca = self._tls.publish() if self._tls else ""
        self.account = site.account
        self.username = site.username
        self.password = site.password
        self.client_id = site.client_id
        self.client_secret = site.client_secret
        self.storage = f"http://{self._swift.host}" if self._swift else site.base
        self.storage_account_path = site.storage_account_path
        self.storage_key = site.storage_key
        self.control = f"http://{site.control_host}{self._backend.control_path}"
        self.control_token = site.control_token

    def _hand_out(self, backend: Backend) -> None:
        self.clock = backend.site.clock
        self.guesses = backend.site.guesses
        self.faults = backend.faults
        self.journal = backend.journal
        self.features = backend.features.granted

    def ready_line(self) -> dict[str, str]:
        """Give what another process needs to know, the sandbox's own secrets included."""
        names = (
            "domain_api account username password client_id client_secret storage"
            " storage_account_path storage_key control control_token"
        ) + (" domain_api_tls ca" if self._tls else "")
        return {name: getattr(self, name) for name in names.split()}

    @property
    def agent(self) -> "Agent":
        """The other party of every conversation."""
        return self._backend.agent

    @property
    def webhooks(self) -> "Webhooks":
        """Who tells endpoints on this machine what happens."""
        return self._backend.webhooks

    @property
    def conversations(self) -> dict[str, Conversation]:
        """The conversations by id, oldest first."""
        with self._backend.lock:
            return dict(self._backend.conversations.by_id)

    @property
    def objects(self) -> Mapping[str, StoredObject]:
        """The stored objects by relative path; a real Swift is asked each time."""
        if self._swift:
            return self._swift.objects
        with self._backend.lock:
            return dict(self._backend.storage.objects)

    @property
    def addresses(self) -> tuple[Route, ...]:
        """Every address that is answered, but for storage's."""
        return tuple(self._backend.routes)

    @property
    def connections(self) -> int:
        """How many TCP connections have been accepted since the start; reset keeps the count."""
        return sum(server.accepted for server in self._servers)

    @property
    def requests(self) -> Counter[str]:
        """How many requests each service has had since the start or the last reset."""
        with self._backend.lock:
            return Counter(self._backend.journal.requests)

    @property
    def stopped(self) -> bool:
        """Whether nobody answers any more."""
        return not self._running

    @property
    def sharing(self) -> bool:
        """Whether the site property that lets consumers share files is on."""
        return self._backend.properties.sharing

    @sharing.setter
    def sharing(self, enabled: bool) -> None:
        with self._backend.lock:
            self._backend.properties.sharing = enabled

    def reset(self) -> None:
        """Forget everything that happened; credentials, tokens and port stay good."""
        self._backend.reset()

    def seed(self, number: int = 1) -> "Seeded":
        """
        Make a believable past: conversations, open and closed, with texts and pictures.

        Raises:
            ValueError: *number* was used since the last reset, or a guess stood in the way.
        """
        from .seed import seed  # few need it, and starting is to be quick

        return seed(self._backend, number)

    def stop(self) -> None:
        """Stop, cut every connection and free the port; a second time does nothing."""
        if self._running:
            self._running = False
            ends = [
                threading.Thread(target=server.stop) for server in (*self._servers, self._control)
            ]
            for end in ends:  # side by side, as each waits for its own loop
                end.start()
            for end in ends:
                end.join()
            self._backend.stop()
            if self._tls:
                self._tls.withdraw()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "stopped" if self.stopped else "running"
        return f"<Sandbox at {self.domain_api}, account {self.account}, {state}>"


def _check(
    storage: str | Mapping[str, str], account: str, *, tls: bool, time: Callable[[], float]
) -> None:
    if storage != "memory" and tls:
        raise ValueError("storage='swift' speaks plain http only: leave tls out")
    if storage != "memory" and time is not system_time.time:
        raise ValueError("storage='swift' keeps the system's time: leave time out")
    if not (account.isascii() and account.isdigit()):
        raise ValueError(f"an account is digits, not {account!r}")


def _settled_by(swift: "RealSwift | None") -> dict[str, Any]:
    """Give what of the site a real Swift decides."""
    if swift is None:
        return {}
    return {
        "hosts": {"swift": swift.host},
        "storage_account_path": swift.account_path,
        "storage_key": swift.key,
        "guesses": Guesses(settled=swift.settles),
    }


def _tls() -> "Tls":
    from .tls import Tls  # ssl alone takes longer to import than all the rest

    return Tls()


def _swift(storage: str | Mapping[str, str], account: str, quota: int) -> "RealSwift | None":
    if storage == "memory":
        return None
    from .real_swift import RealSwift  # the sandbox starts quicker without

    if storage == "swift":
        return RealSwift.start(account, quota=quota)
    if isinstance(storage, Mapping):
        return RealSwift.at(storage, account)
    raise ValueError(f"storage is 'memory', 'swift' or an existing Swift, not {storage!r}")
