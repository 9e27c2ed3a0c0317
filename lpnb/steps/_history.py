"""The message history, which tells what was done of what nobody answered, up to a minute late."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

from .. import errors
from ..exchange import Exchange
from ..session import Session
from ..wire import Reply, Request
from ._answer import accepted, member, outcome
from ._message import is_open
from ._result import StepResult
from .account import Login, log_in
from .domains import domains_first

HISTORY_LAG = 60  # seconds that the history may be behind: “an inherent delay of up to 1 minute”
_HISTORY = "msgHist"
_ORIGINS = {"Authorization": "log_in", "conversationId": "step 2", "consumer": "get_consumer_token"}
_T = TypeVar("_T", bound=StepResult)
_LIMIT = 67_108_864  # bytes of an answer: the whole conversation comes, previews and all


class Look(NamedTuple):
    """What looking came to: found; or surely not there; or *why* it is still not known."""

    found: Any
    why: str
    hopeless: bool  # looking once more would not tell either
    waited: float
    exchanges: tuple[Exchange, ...]


def look_until_sure(
    session: Session,
    look: Callable[[], tuple[Any, tuple[Exchange, ...]]],
    what: str,
) -> Look:
    """
    Look until something is found, or so long after that the history has caught up.

    A service that acts on a message minutes after it was sent would still go unnoticed; nothing
    is documented of such.

    Args:
        what: is looked for, in words.
    """
    waits = list(session.policy.looks)
    lacking = HISTORY_LAG + 5 - sum(waits)
    if session.mode == "LIVE" and lacking > 0:  # however brief the policy is, that is how late
        waits.append(lacking)
    found, why, hopeless, waited = None, "", False, 0.0
    exchanges: tuple[Exchange, ...] = ()
    for wait in waits:
        session.clock.wait(wait, f"look for {what}", "no good answer came to it")
        waited += wait
        try:
            (found, seen), why = look(), ""
        except errors.LpnbError as error:
            seen, why = error.exchanges, str(error)
            passing = isinstance(error, errors.NotFound | errors.TooManyRequests)
            refused = isinstance(error, errors.CantLook | errors.RequestRefused)
            hopeless = refused and not passing
        exchanges += seen
        if found or hopeless:
            break
    return Look(found, why, hopeless, waited, exchanges)


def settled(
    session: Session,
    act: Callable[[], _T],
    look: Callable[[], tuple[_T | None, tuple[Exchange, ...]]],
    advice: Callable[[Look], str],
    *,
    said: tuple[str, str, str],
    place: tuple[str, str],
    trail: tuple[Exchange, ...] = (),
) -> _T:
    """
    Do once what must not be done twice: while its outcome is open, look before it is done again.

    Args:
        act: does it.
        look: tells once whether it was done.
        advice: says what to do where looking did not tell.
        said: what is looked for, what it is about, and what is done with that.
        place: stands in ``session.unsure`` while its outcome is open, also if somebody interrupts.
        trail: what had to be asked first.
    """
    __tracebackhide__ = True
    problem: Any = None
    what, name, verb = said
    waited, looked, tries, unsure = 0.0, "", 0, session.unsure
    while True:
        if place in unsure and session.policy.looks:
            now = look_until_sure(session, look, what)
            trail, waited = (*trail, *now.exchanges), waited + now.waited
            if now.found or now.hopeless or not now.why:
                unsure.discard(place)
            why = "No good answer came" if problem else "An earlier try was interrupted"
            long = f", waiting {waited:g} s in all" if waited else ""
            found = "it is there" if now.found else "it was not there, so it went again"
            looked = f"{why}, so lpnb looked in the message history{long}: {found}."
            if now.found:
                done: _T = now.found
                return replace(done, looked=looked, exchanges=trail)
            tried = problem and (tries > len(session.policy.waits) or not session.budget.take())
            if now.why or tried:
                error = _unsettled(problem, tries, advice(now) if now.why else "", name, verb)
                error.exchanges = trail
                raise error
        unsure.add(place)
        tries += 1
        try:
            done = act()
        except errors.LpnbError as error:
            trail = error.exchanges = (*trail, *error.exchanges)
            if not is_open(error) or not session.policy.looks:
                unsure.discard(place)
                raise
            problem = error
        else:
            unsure.discard(place)
            return replace(done, looked=looked, exchanges=(*trail, *done.exchanges))


def _unsettled(
    problem: Any, tries: int, advice: str, name: str, verb: str
) -> errors.ExchangeError | errors.CantLook:
    """Give the error for what may have been done or, without *advice*, surely was not."""
    if problem is None:
        return errors.CantLook(
            f"an earlier try was interrupted, so {name} may have been {verb}; {advice}"
        )
    if advice:
        return errors.OutcomeUnknown(
            f"whether {name} was {verb} is not known ({outcome(problem)}), and looking for it did "
            f"not tell: {advice}",
            problem.exchange,
        )
    failed: errors.ExchangeError = type(problem)(
        f"{name} was not {verb}: the last of {tries} tries failed ({outcome(problem)}), and the "
        f"message history does not have it; run {problem.exchange.step} again later",
        problem.exchange,
    )
    return failed


def search(session: Session, step: str, by: str, wanted: Mapping[str, Any]) -> tuple[Reply, bool]:
    """
    Ask for the conversations that are *wanted*, *by* conversation or consumer.

    Returns:
        The answer with its ``conversationHistoryRecords``, and whether it says that it is partial.
    """
    __tracebackhide__ = True
    before = domains_first(session)
    if _HISTORY not in session.domains:
        raise errors.CantLook(
            f"the account has no message history ({_HISTORY}) among its domains: ask LivePerson "
            "for it"
        )
    ended = None
    while True:
        login, logged_in = _login(session, ended)
        request = Request(
            step=step,
            service=_HISTORY,
            method="POST",
            path=f"/messaging_history/api/account/{quote(session.account.id)}/conversations/{by}"
            "/search",
            query={"source": "lpnb"},  # who asks, in at most 20 characters: required
            headers={"Authorization": login.bearer.prefixed("Bearer ")},
            json=wanted,
            origins=_ORIGINS,
            limit=_LIMIT,
        )
        reply = session.send(request, (*before, *logged_in))
        if reply.status != 401 or ended:
            break
        ended, before = login, reply.exchanges
    accepted(
        reply,
        asked="search the conversation",
        advice=f"the user {login.username!r} may not read conversations; ask an administrator",
        unauthorized="its login was not accepted; run log_in(session) to see why",
    )
    member(reply, "conversationHistoryRecords", kind=list)
    match reply.value:
        case {"_metadata": {"shardsStatusResult": {"partialResult": True}}}:
            return reply, True
    return reply, False


def _login(session: Session, ended: Login | None) -> tuple[Login, tuple[Exchange, ...]]:
    """Give the session's login, which is made at first use; *ended* is worth nothing any more."""
    __tracebackhide__ = True
    with session.lock:
        kept = session.tokens.login
        if isinstance(kept, Login) and kept is not ended:
            return kept, ()
        if not (session.account.username and session.account.password):
            raise errors.CantLook(
                "reading a conversation needs a user of the account: give Account a username and "
                "a password"
            )
        if isinstance(kept, str):  # a second try could lock the user out
            raise errors.CantLook(f"{kept}: mend that, and connect again")
        try:
            kept = session.tokens.login = log_in(session)
        except errors.CredentialsRefused as refused:
            session.tokens.login = str(refused)
            raise
        return kept, kept.exchanges
