"""
Every error lpnb raises, in one tree.

::

    LpnbError
    ├── InputError                    refused here, before anything was sent
    │   ├── ImageRefused              the picture can't be shared; has .findings
    │   ├── CantLook                  what is in a conversation can't be read from here
    │   ├── NotSaved                  the file came whole, and can't be written; has .download
    │   └── ConfirmationNeeded        a change to a LIVE account wants a deliberate yes
    ├── LedgerFailed                  a ledger could not be read or written
    ├── OutcomeUnknown                it may or may not have been done; has .exchange, .stored
    ├── ConnectionFailed              no whole answer came back; has .exchange
    │   └── DeadlineExceeded          the answer took longer than the session allows in all
    └── ServiceError                  an answer came and was not the hoped-for one; has .exchange
        ├── RequestRefused            4xx: the service understood and said no
        │   ├── CredentialsRefused    login, sentinel or idp did not accept who we said we are
        │   ├── NotAuthorized         a token was missing, expired or wrong; has .error_code
        │   ├── ConversationAlreadyOpen   one consumer has one open conversation
        │   ├── ConversationClosed    files go into open conversations only
        │   ├── TemporaryUrlRejected  expired, altered, or signed for the other method
        │   ├── NotFound              nothing under this address, id or path
        │   ├── RevisionConflict      somebody changed the setting since it was read
        │   └── TooManyRequests       the service asks for a pause
        ├── ServerFailed              5xx: the service failed, and may or may not have acted
        ├── UnexpectedResponse        not what is documented: no JSON, wrong shape, other reqId
        │   ├── RedirectRefused       a redirect could carry tokens to another host
        │   └── AnswerTooLong         more bytes than this answer may have
        └── ContentMismatch           stored or received bytes differ from their digest

Each message says what happened, to which thing, and what to do next. The exchange is shown as a
note under the traceback. None of them holds a foreign error or a secret.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .exchange import Exchange


class LpnbError(Exception):
    """The root of everything lpnb raises on purpose; ``.exchanges`` is what led to it, if any."""

    exchanges: tuple["Exchange", ...] = ()


class InputError(LpnbError, ValueError):
    """What was given can't be used; nothing was sent."""


class ImageRefused(InputError):
    """
    The picture can't be shared; ``.findings`` says why, each with a code and a sentence.

    ``.image`` is the picture all the same, as ``check=False`` gives it, unless it could not be
    read.
    """

    def __init__(self, message: str, findings: tuple[Any, ...] = (), image: Any = None) -> None:
        super().__init__(message)
        self.findings = findings
        self.image = image


class ConfirmationNeeded(InputError):
    """An administrator's act on a LIVE account was not confirmed with the account's id."""


class CantLook(InputError):
    """What is in a conversation can't be read: nobody to log in as, or no history to read."""


class NotSaved(InputError):
    """
    The file came whole, and can't be written where it should be; ``.download`` has it still.
    """

    def __init__(self, message: str, download: Any) -> None:
        super().__init__(message)
        self.download = download


class LedgerFailed(LpnbError):
    """A ledger could not be read or written, so nothing was done that it should have announced."""


class ExchangeError(LpnbError):
    """
    What the errors with an exchange share: they keep it, and show it as a note.

    ``.exchange`` is the last; ``.exchanges`` holds what had to be asked first and all attempts too.
    """

    def __init__(self, message: str, exchange: "Exchange") -> None:
        super().__init__(f"{message}; {exchange.given_up}" if exchange.given_up else message)
        self.exchange = exchange
        self.exchanges = exchange.all
        for one in exchange.earlier:
            if one.step == exchange.step:
                self.add_note(str(one))
        self.add_note(exchange.as_text(brief=True))


class OutcomeUnknown(ExchangeError):
    """
    What must not be done twice was sent, and nothing tells whether it was done.

    The message says what to check, and how to go on. ``.stored`` is the file that was to be
    published, ``.conversation`` where; both are None where it was not about a file.
    """

    stored: Any = None
    conversation: Any = None


class ConnectionFailed(ExchangeError):
    """No whole answer came back, so whether the service acted is known only from ``.exchange``."""


class DeadlineExceeded(ConnectionFailed):
    """The answer took longer in all than the session's deadline."""


class ServiceError(ExchangeError):
    """An answer came, and it was not the hoped-for one; ``.exchange`` has both sides."""


class RequestRefused(ServiceError):
    """The service understood the request and refused it (4xx)."""


class CredentialsRefused(RequestRefused):
    """Login, sentinel or idp did not accept the name, the password or the secret."""


class NotAuthorized(RequestRefused):
    """
    A token was missing, expired or wrong; ``.error_code`` is LivePerson's own stable number.
    """

    def __init__(
        self, message: str, exchange: "Exchange", *, error_code: int | None = None
    ) -> None:
        super().__init__(message, exchange)
        self.error_code = error_code


class ConversationAlreadyOpen(RequestRefused):
    """This consumer has an open conversation already, and may have only one."""


class ConversationClosed(RequestRefused):
    """The conversation is closed; files and messages go into open ones only."""


class TemporaryUrlRejected(RequestRefused):
    """Storage refused the temporary URL: expired, altered, or signed for the other method."""


class NotFound(RequestRefused):
    """There is nothing under this address, id or path."""


class RevisionConflict(RequestRefused):
    """Somebody changed the setting between our reading and our writing it."""


class TooManyRequests(RequestRefused):
    """The service asks for a pause (429)."""


class ServerFailed(ServiceError):
    """The service failed (5xx); it may have acted all the same."""


class UnexpectedResponse(ServiceError):
    """The answer is not what is documented: no JSON, another shape, another request's id."""


class RedirectRefused(UnexpectedResponse):
    """The answer redirects, and following it could carry tokens to another host."""


class AnswerTooLong(UnexpectedResponse):
    """The answer has more bytes than this one may have, so reading stopped."""


class ContentMismatch(ServiceError):
    """The bytes that were stored or received do not match their digest."""
