"""Accounts: checked where they are made, and never showing what they hold."""

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest

import lpnb


def test_an_account_covers_its_secrets() -> None:
    """Client secret and password are masked in an account's repr and dump."""
    account = lpnb.Account("1234", "id", "planted-secret", username="u", password="planted-pass")

    assert "planted" not in repr(account) + str(dataclasses.asdict(account))
    assert "planted-secret" == account.client_secret.reveal()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"id": "12 34"}, "account id"),
        ({"id": ""}, "account id"),
        ({"id": 12345678}, "quotes"),
        ({"id": "12/../34"}, "account id"),
        ({"client_secret": "s3cret-value\n"}, "client secret"),
        ({"client_secret": ""}, "client secret"),
        ({"client_secret": "Bearer s3cret-value"}, "Bearer"),
        ({"client_id": " x"}, "client id"),
        ({"domain_api": "http://api.liveperson.net"}, "in the clear"),
        ({"domain_api": "https://api.liveperson.net/path"}, "base URL"),
        ({"domain_api": "ftp://localhost"}, "base URL"),
        ({"domain_api": "https://user:s3cret-value@host"}, "base URL"),
        ({"domain_api": "https://host:notaport"}, "base URL"),
        ({"ca": "/no/such/file.pem"}, "file.pem"),
        ({"consumer": "a\r\nb"}, "consumer"),
    ],
    ids=str,
)
def test_what_can_not_be_right_is_refused(changes: dict[str, Any], words: str) -> None:
    """A value that can't work is refused by its name, and a secret one is not repeated."""
    values = {"id": "1234", "client_id": "id", "client_secret": "s"} | changes

    with pytest.raises(lpnb.InputError, match=words) as refused:
        lpnb.Account(**values)

    assert "s3cret-value" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None


def test_an_account_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables are read when asked for, and a missing one is named."""
    monkeypatch.setenv("LPNB_ACCOUNT", "1234")
    monkeypatch.setenv("LPNB_CLIENT_ID", "id")
    with pytest.raises(lpnb.InputError, match="LPNB_CLIENT_SECRET"):
        lpnb.Account.from_environment()
    monkeypatch.setenv("LPNB_CLIENT_SECRET", "secret")
    monkeypatch.setenv("LPNB_DOMAIN_API", "http://127.0.0.1:1")

    account = lpnb.Account.from_environment()

    assert ("1234", "http", None) == (account.id, account.scheme, account.username)


def test_the_environment_alone_never_makes_a_session_live(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a whole account in the environment `connect` still takes the sandbox."""
    for name in ("LPNB_ACCOUNT", "LPNB_CLIENT_ID", "LPNB_CLIENT_SECRET"):
        monkeypatch.setenv(name, "1234")

    session = lpnb.connect()

    assert "SANDBOX" == session.mode
    assert session.sandbox is lpnb.connect().sandbox


def test_other_hosts_are_spoken_to_by_https() -> None:
    """Off loopback the scheme is https; on it, the Domain API's own."""
    make = lpnb.Account

    assert "https" == make("1", "i", "s").scheme
    assert "http" == make("1", "i", "s", domain_api="http://localhost:8").scheme
    assert "https" == make("1", "i", "s", domain_api="https://127.0.0.1:8").scheme


LIKE_A_SANDBOX = SimpleNamespace(
    domain_api="https://api.liveperson.net",
    account="1",
    client_id="i",
    client_secret="s",
    username="u",
    password="p",
)


@pytest.mark.parametrize("target", [1, "12345678", object(), LIKE_A_SANDBOX])
def test_connect_takes_nothing_else(target: object) -> None:
    """Anything but an account, a sandbox or nothing is refused."""
    with pytest.raises(lpnb.InputError, match="connect takes"):
        lpnb.connect(target)
