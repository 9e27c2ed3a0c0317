"""sentinel and idp against a live sandbox."""

import base64
import hashlib
import json

import pytest
from sandbox_client import schema


def claims(token, part=1):
    piece = token.split(".")[part]
    return json.loads(base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4)))


def sentinel(client, query=None, form=None, account=None):
    account = account or client.sandbox.account
    url = f"{client.sandbox.domain_api}/sentinel/api/account/{account}/app/token"
    return client.http.post(url, params={"v": "1.0"} | (query or {}), data=form)


@pytest.fixture
def secret(sandbox):
    """The two fields that prove who an application is."""
    return {"client_id": sandbox.client_id, "client_secret": sandbox.client_secret}


GRANT = {"grant_type": "client_credentials"}


def test_app_jwt_claims(client):
    """An AppJWT carries LivePerson's claims and lives an hour on the sandbox's clock."""
    client.sandbox.clock.advance(86_400)
    token = client.app_jwt()
    found = claims(token)

    schema("appjwt.claims").validate(found)
    assert {
        "aud": client.sandbox.account,
        "azp": client.sandbox.client_id,
        "scope": "msg.consumer",
        "iss": "Sentinel",
    } == {name: found[name] for name in ("aud", "azp", "scope", "iss")}
    assert 3600 == found["exp"] - found["iat"]
    assert 5 > abs(found["iat"] - client.sandbox.clock.now())
    assert "appjwt-13-05-17" == claims(token, 0)["kid"]


@pytest.mark.parametrize("placement", ["grant in query", "all in query", "all in body"])
def test_placements(client, secret, placement):
    """Sentinel takes its parameters in all three places that are in use."""
    query, form = {
        "grant in query": (GRANT, secret),
        "all in query": (GRANT | secret, None),
        "all in body": ({}, GRANT | secret),
    }[placement]
    answer = sentinel(client, query, form)

    assert [200, "Bearer"] == [answer.status_code, answer.json()["token_type"]]
    assert "X-Sandbox-Guess" not in answer.headers


@pytest.mark.parametrize(
    ("query", "change", "status", "error"),
    [
        (GRANT, {"client_secret": "wrong"}, 401, "invalid_client"),
        (GRANT, {"client_id": "wrong"}, 401, "invalid_client"),
        (GRANT, {"client_id": ""}, 401, "invalid_client"),
        ({}, {}, 400, "unsupported_grant_type"),
        ({"grant_type": "password"}, {}, 400, "unsupported_grant_type"),
    ],
)
def test_sentinel_refusals(client, secret, query, change, status, error):
    """Wrong credentials are invalid_client, another grant is unsupported; both are guesses."""
    answer = sentinel(client, query, secret | change)

    schema("oauth-error.response").validate(answer.json())
    assert [status, error] == [answer.status_code, answer.json()["error"]]
    assert "Sentinel" in answer.headers["X-Sandbox-Guess"]


def test_sentinel_of_another_account(client, secret):
    """Another account's sentinel does not know these credentials."""
    assert 401 == sentinel(client, GRANT, secret, account="87654321").status_code


def test_sentinel_version(client, secret):
    """Version 2 is for other services, and refused."""
    assert 404 == sentinel(client, GRANT | {"v": "2.0"}, secret).status_code


@pytest.mark.parametrize(("choice", "value"), [("string", "3600"), ("number", 3600)])
def test_expires_in_is_switchable(client, secret, choice, value):
    """expires_in is absent unless switched on, as the string or the number others have seen."""
    client.sandbox.guesses["expires_in"] = choice
    answer = sentinel(client, GRANT, secret)

    assert value == answer.json()["expires_in"]
    assert "X-Sandbox-Guess" in answer.headers


def test_consumer_jws_claims(client):
    """A ConsumerJWS names account and consumer, never expires, and is the same each time."""
    token = client.consumer_jws("Grace")
    found = claims(token)
    digest = hashlib.sha256(f"{client.sandbox.account}Grace".encode()).hexdigest()

    schema("consumerjws.claims").validate(found)
    assert {
        "account_id": client.sandbox.account,
        "ext_consumer_id": "Grace",
        "lp_consumer_id": digest,
    } == found
    assert token == client.consumer_jws("Grace")
    assert token != client.consumer_jws("Ada")


def idp(client, authorization, body=None, **changes):
    given = {"params": {"v": "1.0"}, "json": body or {"ext_consumer_id": "Ada"}} | changes
    return client.http.post(
        f"{client.account}/consumer", headers={"Authorization": authorization}, **given
    )


def test_idp_says_created(client):
    """idp answers 201."""
    assert 201 == idp(client, client.app_jwt()).status_code


@pytest.mark.parametrize("spoil", ["Bearer {}", "{}x", "", "x.y.z", "é{}"])
def test_idp_wants_the_bare_app_jwt(client, spoil):
    """idp refuses an AppJWT with "Bearer" before it, a damaged one and none."""
    answer = idp(client, spoil.format(client.app_jwt()).encode())

    schema("idp-error.response").validate(answer.json())
    assert 401 == answer.status_code


def test_idp_refuses_an_expired_app_jwt(client):
    """An AppJWT is good up to its last second."""
    token = client.app_jwt()
    client.sandbox.clock.advance(3598)
    before = idp(client, token).status_code
    client.sandbox.clock.advance(2)

    assert [201, 401] == [before, idp(client, token).status_code]


@pytest.mark.parametrize("body", [{}, {"ext_consumer_id": ""}, {"ext_consumer_id": 1}, ["Ada"]])
def test_idp_wants_an_external_id(client, body):
    """A request without an external consumer id is a 400."""
    answer = client.http.post(
        f"{client.account}/consumer?v=1.0",
        headers={"Authorization": client.app_jwt()},
        json=body,
    )

    assert 400 == answer.status_code


def test_consumer_jws_is_no_app_jwt(client):
    """One token does not pass for the other."""
    assert 401 == idp(client, client.consumer_jws()).status_code


def test_tokens_outlive_a_reset(client):
    """A reset forgets conversations, not who is who."""
    token = client.app_jwt()
    client.sandbox.reset()

    assert 201 == idp(client, token).status_code


def test_tokens_of_another_sandbox(client):
    """Two sandboxes do not know each other's tokens."""
    from lpnb.sandbox import Sandbox

    with Sandbox() as other:
        url = f"{other.domain_api}/api/account/{other.account}/consumer?v=1.0"
        answer = client.http.post(
            url, headers={"Authorization": client.app_jwt()}, json={"ext_consumer_id": "Ada"}
        )

    assert 401 == answer.status_code
