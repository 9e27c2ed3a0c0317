"""
Run, understand and rely on LivePerson's Connector API file sharing, in a notebook.

Begin with ``session = lpnb.connect()``, which talks to a sandbox on this computer. Then take the
guide's seven steps one by one, each a function that shows its request and its response, or
`share_file` and `fetch_file` for all of them at once.
"""

TYPE_CHECKING = False  # spelt out, as importing typing would cost more than all of this module
if TYPE_CHECKING:
    from . import samples, widgets
    from .account import Account
    from .check import check_account
    from .errors import (
        AnswerTooLong,
        CantLook,
        ConfirmationNeeded,
        ConnectionFailed,
        ContentMismatch,
        ConversationAlreadyOpen,
        ConversationClosed,
        CredentialsRefused,
        DeadlineExceeded,
        ImageRefused,
        InputError,
        LedgerFailed,
        LpnbError,
        NotAuthorized,
        NotFound,
        NotSaved,
        OutcomeUnknown,
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
    from .images import Finding, ImageFile, Preview
    from .ledger import Ledger
    from .practice import Sandbox
    from .retry import BRIEF, ONCE, PATIENT, RetryPolicy
    from .secret import Secret
    from .session import Session
    from .start import connect
    from .steps.account import enable_file_sharing, log_in, log_out
    from .steps.conversation import close_conversation, create_conversation, resume_conversation
    from .steps.domains import find_domains
    from .steps.download import download_file, request_download_url
    from .steps.flow import AUTO, fetch_file, share_file
    from .steps.many import share_files
    from .steps.publish import publish_file
    from .steps.published import find_published
    from .steps.receipt import Receipt
    from .steps.tokens import get_app_token, get_consumer_token
    from .steps.upload import request_upload_url, upload_file
    from .widgets import AccountForm, GuideStepper, ImagePicker, PreviewForm

    __version__: str

__all__ = [
    "AUTO",
    "BRIEF",
    "ONCE",
    "PATIENT",
    "Account",
    "AccountForm",
    "AnswerTooLong",
    "CantLook",
    "ConfirmationNeeded",
    "ConnectionFailed",
    "ContentMismatch",
    "ConversationAlreadyOpen",
    "ConversationClosed",
    "CredentialsRefused",
    "DeadlineExceeded",
    "Exchange",
    "Finding",
    "GuideStepper",
    "ImageFile",
    "ImagePicker",
    "ImageRefused",
    "InputError",
    "Ledger",
    "LedgerFailed",
    "LpnbError",
    "NotAuthorized",
    "NotFound",
    "NotSaved",
    "OutcomeUnknown",
    "Preview",
    "PreviewForm",
    "Receipt",
    "RedirectRefused",
    "RequestRefused",
    "RetryPolicy",
    "RevisionConflict",
    "Sandbox",
    "Secret",
    "ServerFailed",
    "ServiceError",
    "Session",
    "TemporaryUrlRejected",
    "TooManyRequests",
    "UnexpectedResponse",
    "check_account",
    "close_conversation",
    "connect",
    "create_conversation",
    "download_file",
    "enable_file_sharing",
    "fetch_file",
    "find_domains",
    "find_published",
    "get_app_token",
    "get_consumer_token",
    "log_in",
    "log_out",
    "publish_file",
    "request_download_url",
    "request_upload_url",
    "resume_conversation",
    "samples",
    "share_file",
    "share_files",
    "upload_file",
    "widgets",
]

_ROOMS = {  # where a public name is found when it is first asked for; all others are errors
    "account": "Account",
    "check": "check_account",
    "exchange": "Exchange",
    "images": "Finding ImageFile Preview",
    "ledger": "Ledger",
    "practice": "Sandbox",
    "retry": "BRIEF ONCE PATIENT RetryPolicy",
    "secret": "Secret",
    "session": "Session",
    "start": "connect",
    "steps.account": "enable_file_sharing log_in log_out",
    "steps.conversation": "close_conversation create_conversation resume_conversation",
    "steps.domains": "find_domains",
    "steps.download": "download_file request_download_url",
    "steps.flow": "AUTO fetch_file share_file",
    "steps.many": "share_files",
    "steps.publish": "publish_file",
    "steps.published": "find_published",
    "steps.receipt": "Receipt",
    "steps.tokens": "get_app_token get_consumer_token",
    "steps.upload": "request_upload_url upload_file",
    "widgets": "AccountForm GuideStepper ImagePicker PreviewForm",
}
_WHERE = {name: room for room, names in _ROOMS.items() for name in names.split()}
_MODULES = ("samples", "widgets")


def __getattr__(name: str) -> object:
    import importlib

    if name == "__version__":
        import importlib.metadata

        return importlib.metadata.version("lpnb")
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = _WHERE.get(name, "errors")
    value = getattr(importlib.import_module(f"{__name__}.{room}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
