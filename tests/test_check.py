"""An account is tried: its hosts are found, its secret is accepted, and nothing is done with it."""

import pytest

import lpnb


def test_an_account_that_answers(sandbox: lpnb.Sandbox) -> None:
    """The hosts and the token's life are in the result, and on its card with the two calls."""
    checked = lpnb.check_account(sandbox)
    steps = [part.exchanges[-1].step for part in checked.card().cards]

    assert {"sentinel", "idp", "swift"} < set(checked.domains)
    assert 3590 < checked.token.seconds <= 3600
    assert ["find_domains", "get_app_token"] == steps
    assert "lives 3," in str(checked)


def test_only_two_calls_are_made(sandbox: lpnb.Sandbox) -> None:
    """A check looks up the domains and asks for a token; it logs nobody in."""
    lpnb.check_account(sandbox)
    asked = [(entry.service, entry.method) for entry in sandbox.journal]

    assert [("domain", "GET"), ("sentinel", "POST")] == asked


def test_the_password_is_not_tried(sandbox: lpnb.Sandbox) -> None:
    """That user name and password were not tried is said, as the account may have them."""
    assert any("were not tried" in note for note in lpnb.check_account(sandbox).card().notes)


def test_a_wrong_secret(sandbox: lpnb.Sandbox) -> None:
    """Wrong credentials are the error that `get_app_token` raises."""
    account = lpnb.Account(
        sandbox.account, sandbox.client_id, "wrong", domain_api=sandbox.domain_api
    )

    with pytest.raises(lpnb.CredentialsRefused, match="client id"):
        lpnb.check_account(account)
