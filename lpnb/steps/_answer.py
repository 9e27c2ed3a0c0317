"""Reading an answer: give what was hoped for, or raise the error that says what to do instead."""

import re
from collections.abc import Mapping
from typing import Any, NoReturn

from .. import errors
from ..secret import Secret
from ..session import Session
from ..wire import Reply, known_as

ACCEPTING = ("OK", 200)  # a yes in the two dialects
# twice is not the same as once, and no id tells the service that it is the same again
ONCE = ("ms.PublishEvent", "cm.ConsumerRequestConversation")
_TAG = re.compile(r"<[^<>]*>")
_TOKEN = re.compile(r"[\x21-\x7e]+")


def accepted(reply: Reply, *, asked: str, advice: str = "", unauthorized: str = "") -> Reply:
    """
    Give *reply* back if its status is one of success, else raise what it means.

    Args:
        asked: what was asked for, to finish "... refused to".
        advice: what to do next where the status alone can't tell.
        unauthorized: what to do next after a 401.
    """
    __tracebackhide__ = True
    if not 200 <= reply.status < 300:
        _refuse(reply, asked, advice, unauthorized)
    return reply


def _refuse(reply: Reply, asked: str, advice: str, unauthorized: str) -> NoReturn:
    __tracebackhide__ = True
    exchange, status = reply.exchange, reply.status
    what = _no(reply, asked)
    if 300 <= status < 400:
        raise errors.RedirectRefused(
            f"{exchange.host} answered {exchange.step} with a redirect ({status}), which is never "
            "followed, as it could carry tokens elsewhere: check the domain",
            exchange,
        )
    if status == 401:
        raise errors.NotAuthorized(
            f"{what}: {_REMEDIES.get(error_code(reply)) or unauthorized or _CHECK}",
            exchange,
            error_code=error_code(reply),
        )
    if status == 404:
        raise errors.NotFound(f"{what}: {advice or 'check the account id and the path'}", exchange)
    if status == 429:
        raise errors.TooManyRequests(f"{what}: wait a few seconds before the next try", exchange)
    if status >= 500:
        raise errors.ServerFailed(
            f"{known_as(exchange.service)} failed to {asked} ({status}{words(reply)})"
            + (
                ", and may have done it all the same: look before you try again"
                if exchange.type in ONCE
                else ": run the step again later"
            ),
            exchange,
        )
    raise refused(reply, asked, advice)


def refused(reply: Reply, asked: str, advice: str) -> errors.RequestRefused:
    """The error for a refusal that nothing more is known of than its words."""
    return errors.RequestRefused(
        f"{_no(reply, asked)}: {advice or 'look at the exchange for why'}", reply.exchange
    )


def _no(reply: Reply, asked: str) -> str:
    return f"{known_as(reply.exchange.service)} refused to {asked} ({reply.status}{words(reply)})"


# LivePerson's stable error codes for the messaging endpoints, and what helps against each
_REMEDIES: Mapping[int | None, str] = {
    40102: "the app's token has expired or is not valid; run get_app_token(session) again",
    40103: "the consumer's token is not valid; run get_consumer_token(session) again",
    40104: "the consumer's token is missing; run get_consumer_token(session) first",
    40105: "the app's token is missing; run get_app_token(session) first",
}
_CHECK = "check which credentials this session was connected with"


def error_code(reply: Reply) -> int | None:
    """LivePerson's own stable number for the refusal, where the answer has one."""
    body = reply.value.get("body") if isinstance(reply.value, dict) else None
    code = body.get("errorCode") if isinstance(body, dict) else None
    return code if isinstance(code, int) else None


def words(reply: Reply) -> str:
    """The service's own words for a refusal, covered, in any of the shapes they come in."""
    shown = reply.exchange.received.shown
    if isinstance(shown, list):  # one verdict for each item: the first refusal counts
        items = (one for one in shown if isinstance(one, dict))
        shown = next((one for one in items if one.get("code") not in ACCEPTING), None)
    said: Any = ""
    match shown:
        case str():
            said = " ".join(_TAG.sub(" ", shown).split())[:200]  # storage and proxies send pages
        case (
            ({"body": {"msg": str(said)}} | {"body": {"details": str(said)}})
            | ({"body": {"title": str(said)}} | {"msg": str(said)} | {"details": str(said)})
            | ({"title": str(said)} | {"error": {"message": said}} | {"error_description": said})
            | ({"error": said} | {"internalErrorCode": said} | {"body": said})
        ):
            said = "" if said is None else str(said)
    return f", {said!r}" if said else ""


def outcome(error: errors.ExchangeError) -> str:
    """Say in a few words what came back."""
    if isinstance(error, errors.UnexpectedResponse):
        return f"the answer, {error.exchange.status}, is not as documented"
    return f"{error.exchange.status or ''} {error.exchange.reason}".strip()


def unexpected(reply: Reply, problem: str) -> errors.UnexpectedResponse:
    """The error for an answer that is not what is documented: *problem* says in what."""
    exchange, body = reply.exchange, reply.exchange.received
    found = f"{body.kind} of {body.size:,} bytes" + (
        f", declared as {body.media_type}" if body.media_type else ""
    )
    return errors.UnexpectedResponse(
        f"{known_as(exchange.service)} at {exchange.host} answered with {reply.status}, but "
        f"{problem} ({found}): check that this host is the service, and look at the exchange",
        exchange,
    )


def member(reply: Reply, *path: str | int, kind: type | tuple[type, ...] = str) -> Any:
    """
    Give what stands at *path* in the answer's JSON, of the type *kind*.

    Raises:
        UnexpectedResponse: it is not there, or of another type.
    """
    __tracebackhide__ = True
    value, problem = _find(reply.value, path, kind)
    if problem:
        raise unexpected(reply, problem)
    return value


def _find(value: Any, path: tuple[str | int, ...], kind: Any) -> tuple[Any, str]:
    """Give what stands at *path*, or what is wrong with it: apart, as the rest may be secret."""
    where = ".".join(map(str, path)) or "the whole"
    if value is None:
        return None, "the answer is not JSON"
    for at in path:
        if isinstance(at, str):
            there = isinstance(value, dict) and at in value
        else:
            there = isinstance(value, list) and at < len(value)
        if not there:
            return None, f"it lacks {where}"
        value = value[at]
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        return None, f"{where} has another type than is documented"
    return value, ""


def whole_number(value: object) -> int | None:
    """Give *value* if it is a whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def uncovered(session: Session, reply: Reply, *path: str | int) -> str:
    """Give the text at *path*, which is going to be shown, if it repeats no secret."""
    if session.cover.text(member(reply, *path)) != member(reply, *path):
        raise unexpected(reply, f"its {path[-1]} repeats a secret")
    return str(member(reply, *path))


def token(reply: Reply, name: str, kind: str) -> Secret:
    """Give the token called *name* in *reply*, fit to stand in a header."""
    secret = Secret(member(reply, name), kind)
    if not _TOKEN.fullmatch(secret.reveal()):
        raise unexpected(reply, f"{name} can't be a token")
    return secret
