"""accountConfig's feature grants and installed applications, and what sentinel makes of them."""

import json
import re

import pytest
from sandbox_client import SCHEMAS, Client, schema

from lpnb.sandbox import Sandbox

MANIFEST = json.loads((SCHEMAS / "examples" / "app-installation.json").read_text())["valid"][0]
CONTENT = "ms.MessagingEventNotification.ContentEvent"


@pytest.fixture
def bearer(client):
    """The headers of an administrator who is logged in."""
    return log_in(client)


def log_in(client):
    body = {"username": client.sandbox.username, "password": client.sandbox.password}
    answer = client.http.post(f"{client.account}/login?v=1.3", json=body)
    return {"Authorization": f"Bearer {answer.json()['bearer']}"}


def ask(client, headers, method="GET", one="", body=None, **query):
    url = f"{client.account}/configuration/app-install/installations" + (one and f"/{one}")
    return client.http.request(method, url, headers=headers, json=body, params={"v": "1.0"} | query)


def install(client, headers, **changes):
    return ask(client, headers, "POST", body=MANIFEST | changes)


def token(client, app):
    """Ask sentinel for a token as *app*."""
    return client.http.post(
        f"{client.base}/sentinel/api/account/{client.sandbox.account}/app/token",
        params={"v": "1.0", "grant_type": "client_credentials"},
        data={"client_id": app["client_id"], "client_secret": app["client_secret"]},
    )


def webhooks(**webhook):
    return {"webhooks": {CONTENT: {"endpoint": "https://example.test/hook"} | webhook}}


# --- feature grants


def grants(client, headers, **query):
    url = f"{client.account}/configuration/provision/featureGrants"
    return client.http.get(url, headers=headers, params=query)


def rows(answer):
    account = answer.json()["appDataList"][0]["accountList"]["accountList"][0]
    return {
        row["compoundFeatureID"]: row["value"]["value"]
        for row in account["itemsCollection"]["data"]
    }


@pytest.mark.parametrize("version", [{"v": "1.0"}, {"v": "2.0"}, {}], ids=str)
def test_feature_grants(client, bearer, version):
    """The features that file sharing needs are granted, as deep down as the service has them."""
    answer = grants(client, bearer, excludeLegacy="true", jsonProvider="gson", **version)

    assert 200 == answer.status_code
    assert {
        "Common.Async_Messaging": True,
        "Messaging.Agent_File_Sharing": True,
        "Messaging.Agent_File_Sharing_V2": True,
    } == rows(answer)
    assert answer.headers["ac-revision"].isdigit()
    assert "only id and value" in answer.headers["X-Sandbox-Guess"]


def test_features_are_switched_from_python_only(client, bearer):
    """What is granted is LivePerson's to change: there is no such request, but there is Python."""
    url = f"{client.account}/configuration/provision/featureGrants?v=1.0"
    write = client.http.post(url, headers=bearer, json={})
    client.sandbox.features["Common.Async_Messaging"] = False
    after = rows(grants(client, bearer, v="1.0"))["Common.Async_Messaging"]
    client.sandbox.reset()

    assert 404 == write.status_code
    assert ["the method is POST, not GET"] == write.json()["differences"]
    assert after is False
    assert client.sandbox.features["Common.Async_Messaging"] is True


def test_a_feature_that_is_off_changes_nothing_else(client):
    """No source says what creation answers without messaging, so it answers as ever."""
    client.sandbox.features["Common.Async_Messaging"] = False

    assert 200 == client.create().status_code


@pytest.mark.parametrize("path", ["provision/featureGrants", "app-install/installations"])
def test_both_want_the_bearer(client, path):
    """Without a bearer there is nothing to see."""
    answer = client.http.get(f"{client.account}/configuration/{path}?v=1.0")

    schema("ac-error.response").validate(answer.json())
    assert 401 == answer.status_code


@pytest.mark.parametrize("path", ["provision/featureGrants", "app-install/installations"])
def test_a_wrong_version(client, bearer, path):
    """A wrong v is a 400, as at a sister service, and says what it should have been."""
    answer = client.http.get(f"{client.account}/configuration/{path}?v=9", headers=bearer)

    assert 400 == answer.status_code
    assert "v is '9', not 1.0" in answer.json()["differences"][0]
    assert "sister" in answer.headers["X-Sandbox-Guess"]


# --- installations


def test_the_sandbox_s_own_application_is_listed(client, bearer):
    """The list has the application whose id and secret the ready line gives."""
    answer = ask(client, bearer)
    (app,) = answer.json()

    schema("app-installation").validate(app)
    assert (client.sandbox.client_id, client.sandbox.client_secret) == (
        app["client_id"],
        app["client_secret"],
    )
    assert app["id"] == app["client_id"]
    assert [True, False] == [app["enabled"], app["deleted"]]
    assert answer.headers["ac-revision"].isdigit()
    assert app == ask(client, bearer, one=app["id"]).json()


@pytest.mark.parametrize("version", ["1.0", "1", "2.0", None])
def test_versions_in_use(client, bearer, version):
    """Clients name three versions of installations, or none."""
    assert 200 == ask(client, bearer, v=version).status_code


def test_installing_gives_credentials(client, bearer):
    """A new application has an id and a secret of its own, with which sentinel issues tokens."""
    schema("app-installation").validate(MANIFEST)
    client.sandbox.clock.set(2_000_000_000)
    bearer = log_in(client)
    answer = install(client, bearer, client_name="second")
    app = answer.json()
    issued = token(client, app)

    schema("app-installation").validate(app)
    assert 201 == answer.status_code
    assert 2_000_000_000 == app["client_id_issued_at"]
    assert MANIFEST["capabilities"] == app["capabilities"]
    assert [app] == ask(client, bearer).json()[1:]
    assert client.sandbox.client_id != app["client_id"]
    assert client.sandbox.client_secret != app["client_secret"]
    assert 200 == issued.status_code
    assert re.search(f'"azp":"{app["client_id"]}"', claims(issued))


def claims(answer):
    import base64

    piece = answer.json()["access_token"].split(".")[1]
    return base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4)).decode()


def test_the_whole_flow_with_a_new_application(client, bearer):
    """What a new application is given is as good as the first one's, idp and messaging included."""
    app = install(client, bearer).json()
    jwt = token(client, app).json()["access_token"]
    consumer = client.http.post(
        f"{client.account}/consumer?v=1.0",
        json={"ext_consumer_id": "Ada"},
        headers={"Authorization": jwt},
    )
    pair = {"Authorization": jwt, "X-LP-ON-BEHALF": consumer.json()["token"]}

    assert 200 == client.create(headers=pair).status_code


def test_secrets_are_not_interchangeable(client, bearer):
    """The id of one application with the secret of another is nobody."""
    app = install(client, bearer).json()
    mixed = app | {"client_secret": client.sandbox.client_secret}

    assert [401, 401] == [
        token(client, mixed).status_code,
        token(client, app | {"client_secret": ""}).status_code,
    ]


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_change(client, bearer, method):
    """A change replaces the manifest, by PUT or its override, and leaves id and secret alone."""
    app = install(client, bearer).json()
    revision = ask(client, bearer, one=app["id"]).headers["ac-revision"]
    headers = bearer | {"If-Match": revision, "X-HTTP-Method-Override": "PUT"}
    wanted = {"client_name": "renamed", "client_secret": "mine", "id": "mine", "deleted": True}
    answer = ask(client, headers, method, app["id"], wanted)
    changed = ask(client, bearer, one=app["id"]).json()

    assert 200 == answer.status_code
    assert changed == answer.json()
    assert ("renamed", app["client_secret"], app["id"], False) == tuple(
        changed[name] for name in ("client_name", "client_secret", "id", "deleted")
    )
    assert "description" not in changed
    assert int(revision) + 1 == int(answer.headers["ac-revision"])
    assert 200 == token(client, app).status_code


def test_change_can_merge(client, bearer):
    """Whether fields left out of a change stay can be chosen."""
    client.sandbox.guesses["installation_change"] = "merged"
    app = install(client, bearer).json()
    headers = bearer | {"If-Match": "-1"}
    changed = ask(client, headers, "PUT", app["id"], {"enabled": False}).json()

    assert app | {"enabled": False} == changed


def test_removing_ends_it(client, bearer):
    """A removed application is gone from the list, and gets no token any more."""
    app = install(client, bearer).json()
    issued = token(client, app).json()["access_token"]
    revision = ask(client, bearer, one=app["id"]).headers["ac-revision"]
    answer = ask(client, bearer | {"If-Match": revision}, "DELETE", app["id"])

    assert [200, b""] == [answer.status_code, answer.content]
    assert 1 == len(ask(client, bearer).json())
    assert 404 == ask(client, bearer, one=app["id"]).status_code
    assert 401 == token(client, app).status_code
    assert [201, 401] == [
        consumer_status(client, issued),
        consumer_status(client, issued, removed_application="tokens end"),
    ]


def consumer_status(client, jwt, **guesses):
    client.sandbox.guesses.update(guesses)
    answer = client.http.post(
        f"{client.account}/consumer?v=1.0",
        json={"ext_consumer_id": "Ada"},
        headers={"Authorization": jwt},
    )
    return answer.status_code


def test_the_first_application_can_be_removed_until_a_reset(client, bearer):
    """The sandbox's own application is one like any other, and a reset brings it back."""
    own = client.sandbox.client_id
    gone = ask(client, bearer | {"If-Match": "-1"}, "DELETE", own)
    credentials = {"client_id": own, "client_secret": client.sandbox.client_secret}
    during = token(client, credentials).status_code
    client.sandbox.reset()

    assert [200, 401, 200] == [
        gone.status_code,
        during,
        token(client, credentials).status_code,
    ]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize(("if_match", "word"), [(None, "missing"), ("99", "stale")])
def test_if_match(client, bearer, method, if_match, word):
    """Change and removal want the revision of all applications, and do nothing without it."""
    own = client.sandbox.client_id
    body = {"client_name": "renamed"} if method == "PUT" else None
    answer = ask(client, bearer | {"If-Match": if_match}, method, own, body)

    schema("ac-error.response").validate(answer.json())
    assert 412 == answer.status_code
    assert word in answer.headers["X-Sandbox-Guess"]
    assert "renamed" != ask(client, bearer, one=own).json()["client_name"]


def test_every_change_moves_the_revision(client, bearer):
    """Of two administrators who read the same revision the second is refused."""
    revision = ask(client, bearer).headers["ac-revision"]
    first = install(client, bearer)
    headers = bearer | {"If-Match": revision}

    assert 412 == ask(client, headers, "DELETE", first.json()["id"]).status_code


def test_an_unknown_application(client, bearer):
    """An id that is not installed is a 404, whatever is asked of it."""
    headers = bearer | {"If-Match": "-1"}
    statuses = [
        ask(client, headers, method, "no-such-id", body).status_code
        for method, body in (("GET", None), ("PUT", MANIFEST), ("DELETE", None))
    ]

    assert [404] * 3 == statuses


def test_a_disabled_application(client, bearer):
    """Disabled, it gets no token; that is a guess, and switchable."""
    app = install(client, bearer, enabled=False).json()
    refused = token(client, app)
    client.sandbox.guesses["disabled_application"] = "issued"

    assert 401 == refused.status_code
    assert "disabled" in refused.headers["X-Sandbox-Guess"]
    assert 200 == token(client, app).status_code


def test_an_application_for_another_grant(client, bearer):
    """One that is not for client credentials is told so, as OAuth 2.0 has it."""
    app = install(client, bearer, grant_types=["authorization_code"]).json()
    answer = token(client, app)

    schema("oauth-error.response").validate(answer.json())
    assert [400, "unauthorized_client"] == [answer.status_code, answer.json()["error"]]


def test_a_name_is_taken_once(client, bearer):
    """An application's name is unique, but may stay what it was."""
    app = install(client, bearer).json()
    again = install(client, bearer)
    same = ask(client, bearer | {"If-Match": "-1"}, "PUT", app["id"], MANIFEST)

    schema("ac-error.response").validate(again.json())
    assert [409, 200] == [again.status_code, same.status_code]
    assert "unique" in again.headers["X-Sandbox-Guess"]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"client_name": ""}, "client_name"),
        ({"client_name": ["x"]}, "client_name"),
        ({"client_name": "x" * 129}, "client_name"),
        ({"description": "x" * 257}, "description"),
        ({"logo_uri": "x" * 1025}, "logo_uri"),
        ({"scope": None}, "scope"),
        ({"grant_types": ["password"]}, "grant_types"),
        ({"grant_types": [{}]}, "grant_types"),
        ({"grant_types": "client_credentials"}, "grant_types"),
        ({"response_types": ["code token"]}, "response_types"),
        ({"enabled": "true"}, "enabled"),
        ({"capabilities": []}, "capabilities"),
        ({"capabilities": {"webhooks": []}}, "capabilities"),
        ({"capabilities": {"webhooks": {CONTENT: "https://example.test"}}}, CONTENT),
        ({"capabilities": {"webhooks": {"Text": {"endpoint": "https://a.test"}}}}, "Text"),
        ({"capabilities": {"webhooks": {"retry": {"retention_time": 1}}}}, "retry"),
        ({"capabilities": {"webhooks": {"retry": {"retention_time": 259_201}}}}, "retry"),
        ({"capabilities": webhooks(endpoint="http://example.test")}, CONTENT),
        ({"capabilities": webhooks(endpoint="http://localhost.example.test")}, CONTENT),
        ({"capabilities": webhooks(endpoint=1)}, CONTENT),
        ({"capabilities": webhooks(max_retries=6)}, CONTENT),
        ({"capabilities": webhooks(max_retries=True)}, CONTENT),
        ({"capabilities": webhooks(headers={"X-A": "b"})}, CONTENT),
        ({"capabilities": webhooks(headers=1)}, CONTENT),
        ({"capabilities": webhooks(headers=[{"header_name": "X-A"}])}, CONTENT),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else "",
)
def test_a_faulty_manifest(client, bearer, changes, what):
    """A manifest that breaks a documented rule is a 400 that names it, and installs nothing."""
    answer = install(client, bearer, **changes)

    schema("ac-error.response").validate(answer.json())
    assert 400 == answer.status_code
    assert answer.json()["error"]["message"].startswith(f"{what} is missing or not")
    assert 1 == len(ask(client, bearer).json())


@pytest.mark.parametrize(
    "webhook",
    [
        {"endpoint": "http://127.0.0.1:1/hook"},
        {"endpoint": "http://localhost", "max_retries": 5},
        {"endpoint": "https://example.test", "headers": []},
    ],
    ids=str,
)
def test_webhooks_that_are_taken(client, bearer, webhook):
    """An endpoint is https, or on this machine, where a lesson can do without a certificate."""
    app = install(client, bearer, capabilities=webhooks(**webhook)).json()

    assert webhook == app["capabilities"]["webhooks"][CONTENT]


@pytest.mark.parametrize("body", [None, [], "text", {}], ids=repr)
def test_no_manifest_at_all(client, bearer, body):
    """What is no manifest is a 400, too."""
    assert 400 == ask(client, bearer, "POST", body=body).status_code


@pytest.mark.parametrize("length", [128, 129])
def test_the_longest_name(client, bearer, length):
    """A name may have 128 characters and no more."""
    status = install(client, bearer, client_name="x" * length).status_code

    assert {128: 201, 129: 400}[length] == status


def test_only_administrators_see_them():
    """Who is no administrator sees no secret of an application, and installs none."""
    with Sandbox(administrator=False) as sandbox:
        client = Client(sandbox)
        with client.http:
            headers = log_in(client)

            assert 403 == ask(client, headers).status_code
            assert 403 == install(client, headers).status_code
            assert 200 == grants(client, headers, v="1.0").status_code


def test_webhooks_of_a_manifest_are_registered(client, bearer):
    """An installed application's endpoints are told of events, until it is disabled or removed."""
    hook = "http://127.0.0.1:9/hook"

    def registered():
        return [(one.url, one.types) for one in client.sandbox.webhooks.endpoints]

    manifest = MANIFEST | {"capabilities": webhooks(endpoint=hook)}
    app = ask(client, bearer, "POST", body=manifest).json()
    seen = [registered()]
    headers = bearer | {"If-Match": "-1"}
    for enabled in (False, True):
        ask(client, headers, "PUT", app["id"], manifest | {"enabled": enabled})
        seen.append(registered())
    ask(client, headers, "DELETE", app["id"])
    seen.append(registered())

    assert [[(hook, (CONTENT,))], [], [(hook, (CONTENT,))], []] == seen


def test_webhooks_elsewhere_are_not_reached(client, bearer):
    """An endpoint on another machine is installed as it would be; the journal says it is silent."""
    status = install(client, bearer, capabilities=webhooks()).status_code

    assert 201 == status
    assert () == client.sandbox.webhooks.endpoints
    assert "is not on this machine" in client.sandbox.journal[-1].warnings[0]


def test_an_application_shows_no_secret(running):
    """Neither the secret nor the manifest, whose headers may hold one, is in its repr."""
    found = running._backend.installations.find(running.client_id)

    assert running.client_secret not in repr(found)
    assert "manifest" not in repr(found)
