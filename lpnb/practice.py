"""The sandbox as people meet it: the stand-in services, which know nothing of lpnb, shown."""

from collections.abc import Mapping
from typing import Any

from .card import Card, Fact, Shown
from .errors import InputError
from .sandbox import Sandbox as _Services
from .views.base import asking
from .views.contents import Conversations, Objects, SeededView
from .views.journal import JournalView
from .views.party import AgentView, WebhooksView
from .views.switches import ClockView, FaultsView, GuessesView


class Sandbox(_Services, Shown):
    """
    A stand-in for LivePerson's services on this computer; see `lpnb.sandbox` for its powers.

    It starts when it is made, is a context manager, and is what ``lpnb.connect()`` uses.

    Args:
        port: 0 takes a free one.
        storage: ``"memory"``, ``"swift"`` for a real one, or where an existing Swift is.
        sharing: whether file sharing is switched on at the start.
        more: see `lpnb.sandbox.Sandbox`.

    Raises:
        InputError: it can't be had this way, for instance because the port is taken.
    """

    def __init__(
        self,
        *,
        tls: bool = False,
        port: int = 0,
        storage: str | Mapping[str, str] = "memory",
        sharing: bool = True,
        **more: Any,
    ) -> None:
        try:
            super().__init__(tls=tls, port=port, storage=storage, sharing=sharing, **more)
        except (ValueError, OSError, OverflowError) as error:
            problem = f"no sandbox can start like this: {error}"
        else:
            self._show_what_is_inside()
            return
        raise InputError(problem)

    def _show_what_is_inside(self) -> None:
        views: Any = {
            "clock": ClockView,
            "faults": FaultsView,
            "guesses": GuessesView,
            "journal": JournalView,
        }
        for name, view in views.items():
            setattr(self, name, view(getattr(self, name)))

    def seed(self, number: int = 1) -> Any:
        """Make a believable past: conversations with texts and pictures; see `lpnb.sandbox`."""
        return SeededView(asking(super().seed, number))

    @property
    def agent(self) -> Any:
        """The other party of every conversation."""
        return AgentView(super().agent)

    @property
    def webhooks(self) -> Any:
        """Who tells endpoints on this machine what happens."""
        return WebhooksView(super().webhooks)

    @property
    def conversations(self) -> Any:
        """The conversations by id, oldest first."""
        return Conversations(super().conversations)

    @property
    def objects(self) -> Any:
        """The stored objects by relative path."""
        found = Objects(super().objects)
        found.now = self.clock.now()
        return found

    def card(self) -> Card:
        """Where it is, and what it holds."""
        return Card(
            title="The sandbox",
            mode="SANDBOX",
            verdict="plain" if self.stopped else "ok",
            summary="stopped" if self.stopped else "answers on this computer, and only here",
            facts=(
                Fact("domain API", self.domain_api, "all other hosts are looked up here"),
                Fact("account", self.account, "the only one it knows"),
                Fact("file sharing", "on" if self.sharing else "off", "what step 1 switches on"),
                Fact("conversations", f"{len(self.conversations):,}", "since it started"),
                Fact("objects", f"{len(self.objects):,}", "files that lie in its storage"),
                Fact("journal", f"{len(self.journal):,}", "the newest requests it answered"),
            ),
        )
