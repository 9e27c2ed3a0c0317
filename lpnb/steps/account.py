"""Step 1 of the guide, for administrators: log in, enable file sharing, log out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from .. import errors
from ..card import Fact
from ..exchange import Exchange
from ..secret import COOKIE, Secret
from ..session import Session
from ..wire import Request
from ._answer import accepted, member, token, unexpected, words
from ._given import expect
from ._result import StepResult
from .domains import domains_first

SHARING_PROPERTY = "messaging.file.sharing.enabled"
MANUAL_PATH = (
    "An account that logs in by single sign-on has no such password: there an administrator "
    "switches file sharing on in LivePerson's own pages. For consumers in a web window: engagement "
    "window studio, menu elements, the send-image entry, then publish the window again (a "
    "connector needs no window setting). For agents: Agent Workspace configuration, file sharing, "
    "and the agent permission to send local files, which is off by default"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login(StepResult):
    """An administrator's login: the bearer for account settings, all of it covered."""

    username: str
    bearer: Secret
    csrf: Secret
    cookie: Secret

    def facts(self) -> tuple[Fact, ...]:
        return (
            Fact("username", self.username, "the administrator who is logged in"),
            Fact("bearer", str(self.bearer), "opens the account's settings; sent as “Bearer …”"),
            Fact("csrf", str(self.csrf), "needed to refresh and to log out"),
        )


def log_in(session: Session) -> Login:
    """
    Log the account's administrator in, with the user name and password of its `Account`.

    Step 1 of the guide: agentVep's login, version 1.3. `log_out` or `enable_file_sharing` ends it.

    Raises:
        InputError: the account was made without a user name or password.
        CredentialsRefused: the user name or password is wrong; there is no second try.
    """
    expect(session=(session, Session))
    username, password = session.account.username, session.account.password
    if not username or not password:
        raise errors.InputError(
            "step 1 needs an administrator's user name and password: give them to Account, or skip "
            f"the step if sharing is on already. {MANUAL_PATH}"
        )
    before = domains_first(session)
    request = Request(
        step="log_in",
        service="agentVep",
        method="POST",
        path=f"/api/account/{quote(session.account.id)}/login",
        query={"v": "1.3"},
        json={"username": username, "password": password},
        origins={"username": "your account", "password": "your account"},
    )
    reply = session.send(request, before)
    if reply.status in (400, 401):
        raise errors.CredentialsRefused(
            f"the login service (agentVep) refused to log {username!r} in "
            f"({reply.status}{words(reply)}): check the name and the password, as repeated tries "
            "can lock the user out",
            reply.exchange,
        )
    accepted(reply, asked=f"log {username!r} in", advice="ask LivePerson about this user")
    cookies = COOKIE.findall(reply.cookies)
    login = Login(
        username=username,
        bearer=token(reply, "bearer", "bearer"),
        csrf=token(reply, "csrf", "csrf"),
        cookie=Secret("; ".join(name.strip(", ") + value for name, value in cookies), "cookie"),
        exchanges=reply.exchanges,
    )
    for secret in (login.bearer, login.csrf, login.cookie):
        session.cover.learn(secret, keep=True)
    return login


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedOut(StepResult):
    """The end of an administrator's login."""


def log_out(session: Session, login: Login, *, step: str = "log_out") -> LoggedOut:
    """
    End an administrator's *login*, as the service's documentation asks for.

    Step 1 of the guide: agentVep's logout, with the login's csrf and cookie.

    Raises:
        RequestRefused: the login has ended already.
    """
    expect(session=(session, Session), login=(login, Login))
    request = Request(
        step=step,
        service="agentVep",
        method="POST",
        path=f"/api/account/{quote(session.account.id)}/logout",
        headers={"Cookie": login.cookie},
        json={"csrf": login.csrf},
        origins={"csrf": "log_in", "Cookie": "log_in"},
    )
    reply = session.send(request)
    accepted(reply, asked="log out", advice="the login has ended already")
    return LoggedOut(exchanges=reply.exchanges)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSharing(StepResult):
    """The account's file sharing setting, as it was read back after it was written."""

    enabled: bool
    was_enabled: bool
    revision: str
    notices: tuple[str, ...] = field(default=(), repr=False)

    @property
    def exchange(self) -> Exchange:
        """The setting read back: the proof, though the logout came after it."""
        return next(o for o in reversed(self.exchanges) if o.service == "accountConfigReadWrite")

    def facts(self) -> tuple[Fact, ...]:
        on = {True: "on", False: "off"}
        return (
            Fact(SHARING_PROPERTY, on[self.enabled], "read back after the write", "ok"),
            Fact("before", on[self.was_enabled], "what the setting was when it was read first"),
            Fact("revision", self.revision, "ac-revision: the state the next write must name"),
        )

    def notes(self) -> tuple[str, ...]:
        return self.notices


def enable_file_sharing(
    session: Session, login: Login, *, confirm: str | None = None
) -> FileSharing:
    """
    Switch consumers' file sharing on for the whole account, and log the administrator out.

    Step 1 of the guide, site property ``messaging.file.sharing.enabled``: read it, write it on the
    condition that nobody changed it since (``If-Match``), read it back. The *login* is over
    afterwards, however it went.

    Args:
        confirm: on a LIVE account its id, as the deliberate yes to changing it for everybody.

    Raises:
        ConfirmationNeeded: the account is LIVE and *confirm* is not its id; nothing was sent.
        NotFound: the account has no such setting; LivePerson must add it.
        RevisionConflict: somebody else changed the setting meanwhile.
        UnexpectedResponse: the setting did not read back as on.
    """
    expect(session=(session, Session), login=(login, Login))
    account = session.account.id
    if session.mode == "LIVE" and confirm != account:
        given = "" if confirm is None else f"; {confirm!r} is not its id"
        raise errors.ConfirmationNeeded(
            f"this switches file sharing on for everybody who uses the LIVE account {account}"
            f"{given}: to do it, call enable_file_sharing(session, login, confirm={account!r}). "
            f"{MANUAL_PATH}"
        )
    try:
        was, row, exchanges = _switch_on(session, login)
    except BaseException:
        _end(session, login)
        raise
    ended = _end(session, login)
    return FileSharing(
        enabled=True,
        was_enabled=was,
        revision=row,
        notices=() if ended else ("Logging out did not work; the login ends by itself.",),
        exchanges=(*exchanges, *ended),
    )


def _switch_on(session: Session, login: Login) -> tuple[bool, str, tuple[Exchange, ...]]:
    read = accepted(
        session.send(_setting(session, login, "GET")),
        asked=f"read {SHARING_PROPERTY}",
        unauthorized="this login has ended; run log_in(session) again, as each use logs out",
        advice="the account has no such setting, or this user may not see it; ask LivePerson",
    )
    kind = member(read, "type", kind=(int, str))
    value = member(read, "propertyValue", "value", kind=(str, bool))
    if "ac-revision" not in read.headers:  # "-1" would write whatever anybody else has set
        raise unexpected(read, "it has no ac-revision, so nothing can be written on condition")
    on = {
        "id": SHARING_PROPERTY,
        "type": kind,  # what it means is documented nowhere, so it is echoed
        "propertyValue": {"value": True if isinstance(value, bool) else "true"},
        "deleted": "false",
    }
    revision = {"If-Match": read.headers["ac-revision"]}
    written = session.send(_setting(session, login, "PUT", headers=revision, json=on))
    if written.status == 412 and written.exchange.attempt == 1:
        raise errors.RevisionConflict(
            f"somebody changed {SHARING_PROPERTY} since it was read: run the step again",
            written.exchange,
        )
    if written.status != 412:  # after a repetition it may be our own write; the read-back tells
        accepted(written, asked=f"write {SHARING_PROPERTY}", advice="this user may not change it")
    again = accepted(
        session.send(_setting(session, login, "GET")), asked=f"read {SHARING_PROPERTY} back"
    )
    now = member(again, "propertyValue", "value", kind=(str, bool))
    if not _is_on(now):
        raise unexpected(again, f"{SHARING_PROPERTY} did not read back as on")
    exchanges = (*read.exchanges, *written.exchanges, *again.exchanges)
    return _is_on(value), again.headers.get("ac-revision", "unknown"), exchanges


_READ = "the first read"


def _is_on(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _setting(
    session: Session,
    login: Login,
    method: str,
    headers: Mapping[str, str] = MappingProxyType({}),
    json: Any = None,
) -> Request:
    account = quote(session.account.id)
    return Request(
        step="enable_file_sharing",
        service="accountConfigReadWrite",
        method=method,
        path=f"/api/account/{account}/configuration/setting/properties/{SHARING_PROPERTY}",
        query={"v": "3.0"},
        headers={"Authorization": login.bearer.prefixed("Bearer "), **headers},
        json=json,
        origins={"Authorization": "log_in", "If-Match": _READ, "type": _READ},
    )


def _end(session: Session, login: Login) -> tuple[Exchange, ...]:
    """Log out as a part of the step; a refusal to does not undo what was achieved."""
    try:
        return log_out(session, login, step="enable_file_sharing").exchanges
    except errors.LpnbError:
        return ()
