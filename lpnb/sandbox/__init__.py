"""
A strict stand-in for LivePerson's services on loopback: no account, no network, no lpnb.

It stands in for the Domain API, agentVep (login, refresh, logout), accountConfig (site
properties, feature grants, installed applications), sentinel, idp, the Connector's
``conversation`` and ``conversation/send``, msgHist, and storage by Swift's temporary-URL rules, or
a real Swift; for the agent at the other end, and for webhooks to this machine; over https too.
What it guesses is the table in `guesses`; an answer that rests on a guess says so in
``X-Sandbox-Guess``. ``lpnb sandbox --about`` lists what is emulated, guessed and missing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .facade import Sandbox

__all__ = ["Sandbox"]


def __getattr__(name: str) -> Any:
    if name == "Sandbox":  # lazily: looking at this package must not cost a server's imports
        from .facade import Sandbox

        return Sandbox
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
