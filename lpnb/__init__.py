"""
Run, understand and rely on LivePerson's Connector API file sharing, in a notebook.

Begin with ``session = lpnb.connect()``, which talks to a sandbox on this computer. Then take the
guide's seven steps one by one, each a function that shows its request and its response, or
`share_file` and `fetch_file` for all of them at once.
"""

TYPE_CHECKING = False  # spelt out, as importing typing would cost more than all of this module
if TYPE_CHECKING:
    from . import samples
    from .account import Account
    from .errors import (
        AnswerTooLong,
        ConfirmationNeeded,
        ConnectionFailed,
        ContentMismatch,
        ConversationAlreadyOpen,
        ConversationClosed,
        CredentialsRefused,
        DeadlineExceeded,
        ImageRefused,
        InputError,
        LpnbError,
        NotAuthorized,
        NotFound,
        RedirectRefused,
        RequestRefused,
        RevisionConflict,
        ServerFailed,
        ServiceError,
        TemporaryUrlRejected,
        TooManyRequests,
        UnexpectedResponse,
    )
    from .exchange import Exchange
    from .images import ImageFile
    from .practice import Sandbox
    from .preview import Preview
    from .secret import Secret
    from .session import Session
    from .start import connect
    from .steps.account import enable_file_sharing, log_in, log_out
    from .steps.conversation import close_conversation, create_conversation
    from .steps.domains import find_domains
    from .steps.download import download_file, request_download_url
    from .steps.flow import AUTO, fetch_file, share_file
    from .steps.publish import publish_file
    from .steps.tokens import get_app_token, get_consumer_token
    from .steps.upload import request_upload_url, upload_file
    from .widgets import AccountForm, ImagePicker

_ERRORS = (
    "AnswerTooLong ConfirmationNeeded ConnectionFailed ContentMismatch ConversationAlreadyOpen "
    "ConversationClosed CredentialsRefused DeadlineExceeded ImageRefused InputError LpnbError "
    "NotAuthorized NotFound RedirectRefused RequestRefused RevisionConflict ServerFailed "
    "ServiceError TemporaryUrlRejected TooManyRequests UnexpectedResponse"
)
_ROOMS = {  # where each public name is found when it is first asked for
    "account": "Account",
    "errors": _ERRORS,
    "exchange": "Exchange",
    "images": "ImageFile",
    "preview": "Preview",
    "practice": "Sandbox",
    "secret": "Secret",
    "session": "Session",
    "start": "connect",
    "steps.account": "enable_file_sharing log_in log_out",
    "steps.conversation": "close_conversation create_conversation",
    "steps.domains": "find_domains",
    "steps.download": "download_file request_download_url",
    "steps.flow": "AUTO fetch_file share_file",
    "steps.publish": "publish_file",
    "steps.tokens": "get_app_token get_consumer_token",
    "steps.upload": "request_upload_url upload_file",
    "widgets": "AccountForm ImagePicker",
}
_WHERE = {name: room for room, names in _ROOMS.items() for name in names.split()}
_MODULES = ("samples", "widgets")

__all__ = sorted((*_WHERE, *_MODULES))


def __getattr__(name: str) -> object:
    import importlib

    if name == "__version__":
        import importlib.metadata

        return importlib.metadata.version("lpnb")
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
