"""
A strict stand-in for LivePerson's services on loopback: no account, no network, no lpnb.

It stands in for the Domain API, agentVep (login, refresh, logout), accountConfig (site
properties), sentinel, idp, the Connector's ``conversation`` and ``conversation/send``, msgHist,
and storage by Swift's temporary-URL rules; for the agent at the other end, and for webhooks to
this machine. What it guesses is the table in `guesses`; an answer that rests on a guess says so
in ``X-Sandbox-Guess``. Missing in this version: TLS, a real Swift behind it, several byte ranges
in one request, and of Swift's signatures the base64, ISO-date, prefix and address-range forms.
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
