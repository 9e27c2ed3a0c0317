"""The sandbox as people meet it: the stand-in services, which know nothing of lpnb, shown."""

from .card import Card, Fact, Shown
from .sandbox import Sandbox as _Services


class Sandbox(_Services, Shown):
    """
    A stand-in for LivePerson's services on this computer; see `lpnb.sandbox` for its powers.

    It starts when it is made, is a context manager, and is what ``lpnb.connect()`` uses.
    """

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
