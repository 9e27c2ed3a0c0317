"""The sandbox as Python sees it: start it, look inside, push its clock, break it, stop it."""

import time as system_time
from collections import Counter
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from .agent import Agent
from .backend import Backend
from .clock import Clock
from .conversations import Conversation
from .faults import Faults
from .guesses import Guesses
from .journal import Journal
from .objects import StoredObject
from .routes import Route
from .server import Server
from .site import Site
from .webhooks import Webhooks

if TYPE_CHECKING:
    from .real_swift import RealSwift
    from .seed import Seeded
    from .tls import Tls


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
        if storage != "memory":
            if tls:
                raise ValueError("storage='swift' speaks plain http only: leave tls out")
            if time is not system_time.time:
                raise ValueError("storage='swift' keeps the system's time: leave time out")
        if not (account.isascii() and account.isdigit()):
            raise ValueError(f"an account is digits, not {account!r}")
        self._tls = _tls() if tls else None
        plain = Server(port)
        try:
            self._swift = _swift(storage, account, quota)
        except BaseException:
            plain.server_close()
            raise
        self._servers = [plain, *([Server(0, tls=self._tls, beside=plain)] if tls else [])]
        hosts = [f"127.0.0.1:{each.port}" for each in self._servers]
        plain.in_clear = tls
        swift, place = self._swift, dict[str, Any]()
        if swift:
            place = {"hosts": {"swift": swift.host}, "storage_key": swift.key}
            place["storage_account_path"] = swift.account_path
            place["guesses"] = Guesses(settled=swift.settles)
        site = Site(
            host=hosts[-1],
            plain_host=hosts[0] if tls else "",
            account=account,
            administrator=administrator,
            upload_seconds=upload_seconds,
            download_seconds=download_seconds,
            app_jwt_seconds=app_jwt_seconds,
            bearer_seconds=bearer_seconds,
            clock=Clock(time, held_by="Swift" if swift else ""),
            **place,
        )
        self._backend = Backend(site, sharing=sharing, quota=quota, memory=memory, swift=swift)
        self._running = True
        for server in self._servers:
            server.start(self._backend)
        self.domain_api = f"http://{hosts[0]}"
        self.domain_api_tls = site.base if tls else ""
        self.ca = self._tls.publish() if self._tls else ""
        self.account = site.account
        self.username = site.username
        self.password = site.password
        self.client_id = site.client_id
        self.client_secret = site.client_secret
        self.storage = f"http://{swift.host}" if swift else site.base
        self.storage_account_path = site.storage_account_path
        self.storage_key = site.storage_key
        self.control = self.domain_api + self._backend.control_path
        self.control_token = site.control_token
        self.clock: Clock = site.clock
        self.guesses: Guesses = site.guesses
        self.faults: Faults = self._backend.faults
        self.journal: Journal = self._backend.journal
        self.agent: Agent = self._backend.agent
        self.webhooks: Webhooks = self._backend.webhooks
        self.features: dict[str, bool] = self._backend.features.granted

    def ready_line(self) -> dict[str, str]:
        """Give what another process needs to know, the sandbox's own secrets included."""
        names = (
            "domain_api account username password client_id client_secret storage"
            " storage_account_path storage_key control control_token"
        ) + (" domain_api_tls ca" if self._tls else "")
        return {name: getattr(self, name) for name in names.split()}

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
            ValueError: *number* was used since the last reset, or a fault stood in the way.
        """
        from .seed import seed  # few need it, and starting is to be quick

        return seed(self._backend, number)

    def stop(self) -> None:
        """Stop, cut every connection and free the port; a second time does nothing."""
        if self._running:
            self._running = False
            for server in self._servers:
                server.stop()
            self.webhooks.stop()
            if self._tls:
                self._tls.withdraw()
            with self._backend.lock:
                self._backend.storage.stop()

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
