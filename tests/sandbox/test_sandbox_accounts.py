"""Domain API, agentVep and accountConfig against a live sandbox."""

import pytest
from sandbox_client import schema

from lpnb.sandbox import Sandbox

SHARING = "messaging.file.sharing.enabled"


@pytest.fixture
def login(client):
    """The answer to a good login; the cookie stays in the client's session."""
    body = {"username": client.sandbox.username, "password": client.sandbox.password}
    schema("agent-login.request").validate(body)
    return client.http.post(f"{client.account}/login", params={"v": "1.3"}, json=body)


@pytest.fixture
def bearer(login):
    """The headers of an agent who is logged in."""
    return {"Authorization": f"Bearer {login.json()['bearer']}"}


def domains(client, path="service/baseURI.json", **query):
    return client.http.get(f"{client.account}/{path}", params=query)


def test_all_domains(client):
    """The Domain API lists each service with the account and a bare host."""
    answer = domains(client, version="1.0")

    schema("domain-all.response").validate(answer.json())
    assert 200 == answer.status_code
    assert {
        "accountConfigReadOnly",
        "accountConfigReadWrite",
        "agentVep",
        "asyncMessaging",
        "asyncMessagingEnt",
        "idp",
        "msgHist",
        "sentinel",
        "swift",
    } == {entry["service"] for entry in answer.json()["baseURIs"]}
    assert {client.sandbox.domain_api} == {
        f"http://{entry['baseURI']}" for entry in answer.json()["baseURIs"]
    }


def test_one_domain(client):
    """The Domain API gives one service by its name."""
    answer = domains(client, "service/swift/baseURI.json", version="1.0")

    schema("domain-single.response").validate(answer.json())
    host = client.sandbox.domain_api.removeprefix("http://")
    assert {
        "service": "swift",
        "account": client.sandbox.account,
        "baseURI": host,
    } == answer.json()


@pytest.mark.parametrize("name", ["Swift", "asyncmessagingent", "LP_AGENTVEP"])
def test_service_names_are_case_sensitive(client, name):
    """A service name in other letters is unknown, and how that looks is a guess."""
    answer = domains(client, f"service/{name}/baseURI.json", version="1.0")

    assert 404 == answer.status_code
    assert "unknown service name" in answer.headers["X-Sandbox-Guess"]
    assert "asyncMessagingEnt" in client.sandbox.journal[-1].warnings[0]


@pytest.mark.parametrize("query", [{}, {"v": "1.0"}, {"version": "1"}, {"version": "2.0"}])
def test_domain_version_is_required(client, query):
    """Any version but 1.0 is a 400 at the Domain API; the journal says why, the body can't."""
    answer = domains(client, **query)

    assert [400, b""] == [answer.status_code, answer.content]
    assert "not 1.0" in client.sandbox.journal[-1].warnings[0]
    assert "Bodies" in answer.headers["X-Sandbox-Guess"]


def test_unknown_site(client):
    """Another account is a 401 at the Domain API."""
    url = f"{client.sandbox.domain_api}/api/account/87654321/service/baseURI.json?version=1.0"

    assert 401 == client.http.get(url).status_code
    assert ("the account is not 12345678",) == client.sandbox.journal[-1].warnings


def test_login(client, login):
    """A login gives bearer, csrf, cookie and the same domains as the Domain API."""
    schema("agent-login.response").validate(login.json())
    assert 200 == login.status_code
    assert 64 == len(bytes.fromhex(login.json()["bearer"]).hex())
    assert "28800000" == login.json()["sessionTTl"]
    assert domains(client, version="1.0").json() == login.json()["csdsCollectionResponse"]
    assert "Session_id" in login.cookies
    assert "X-Sandbox-Guess" not in login.headers


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3", None])
def test_login_versions(client, version):
    """Three versions of the login are in use, and LivePerson's own demo names none."""
    body = {"username": client.sandbox.username, "password": client.sandbox.password}
    answer = client.http.post(f"{client.account}/login", params={"v": version}, json=body)

    assert 200 == answer.status_code


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"username": "admin@sandbox.test", "password": "wrong"}, 401),
        ({"username": "nobody", "password": "wrong"}, 401),
        ({"username": "admin@sandbox.test"}, 400),
        ({"username": 1, "password": None}, 400),
        ([], 400),
    ],
)
def test_refused_login(client, body, status):
    """A wrong password is a 401 in agentVep's envelope, a malformed login a 400."""
    answer = client.http.post(f"{client.account}/login?v=1.3", json=body)

    schema("ac-error.response").validate(answer.json())
    assert status == answer.status_code
    assert "X-Sandbox-Guess" in answer.headers


@pytest.mark.parametrize("status", [429, 451, 500])
def test_login_can_be_refused_by_a_fault(client, status):
    """Too many logins and a blocked user are documented, and come when a fault says so."""
    client.sandbox.faults.add(
        {"where": {"service": "agentVep", "type": "login"}, "do": {"status": status}}
    )
    body = {"username": client.sandbox.username, "password": client.sandbox.password}
    answers = [client.http.post(f"{client.account}/login?v=1.3", json=body) for _ in range(2)]

    assert [status, 200] == [one.status_code for one in answers]
    assert "Session_id" not in answers[0].cookies


def test_logout_ends_the_bearer(client, login, bearer):
    """Once logged out, the bearer reads no settings."""
    body = {"csrf": login.json()["csrf"]}
    schema("agent-session.request").validate(body)

    assert 200 == properties(client, bearer).status_code
    assert 200 == client.http.post(f"{client.account}/logout", json=body).status_code
    assert 401 == properties(client, bearer).status_code
    assert 401 == client.http.post(f"{client.account}/logout", json=body).status_code


@pytest.mark.parametrize("act", ["refresh", "logout"])
def test_session_needs_cookie_and_csrf(client, login, act):
    """Refresh and logout are refused without the cookie or with another csrf."""
    url = f"{client.account}/{act}"
    other = client.http.post(url, json={"csrf": "another"})
    client.http.cookies.clear()
    bare = client.http.post(url, json={"csrf": login.json()["csrf"]})

    assert [401, 401] == [other.status_code, bare.status_code]
    assert "CSRF token invalid!" == bare.json()["error"]["message"]


def test_bearer_expires(client, login, bearer):
    """A bearer lives eight hours, from the login or the last refresh."""
    client.sandbox.clock.advance(28_000)
    refresh = client.http.post(f"{client.account}/refresh", json={"csrf": login.json()["csrf"]})
    client.sandbox.clock.advance(28_000)
    before = properties(client, bearer).status_code
    client.sandbox.clock.advance(801)

    assert [200, b""] == [refresh.status_code, refresh.content]
    assert [200, 401] == [before, properties(client, bearer).status_code]


def properties(client, headers, name="", **changes):
    url = f"{client.account}/configuration/setting/properties" + (name and f"/{name}")
    return client.http.get(url, **({"params": {"v": "3.0"}, "headers": headers} | changes))


def write(client, headers, value, name=SHARING, method="PUT", **fields):
    body = {"id": name, "type": 2, "propertyValue": {"value": value}, "deleted": "false"} | fields
    url = f"{client.account}/configuration/setting/properties/{name}?v=3.0"
    return client.http.request(method, url, headers=headers, json=body)


def test_read_property(client, bearer):
    """A property is read as one object, with the revision in a header."""
    answer = properties(client, bearer, SHARING)

    schema("site-property").validate(answer.json())
    assert {"value": "true"} == answer.json()["propertyValue"]
    assert answer.headers["ac-revision"].isdigit()
    assert "invented" in answer.headers["X-Sandbox-Guess"]


def test_read_all_properties(client, bearer):
    """Both switches of file sharing are among the properties."""
    answer = properties(client, bearer)

    schema("site-property-list.response").validate(answer.json())
    assert {SHARING, "messaging.agent.file.sharing.enabled"} < {one["id"] for one in answer.json()}


@pytest.mark.parametrize(
    "query", [{"groups": "x"}, {"context_type": "ACCOUNT", "source": "ccui"}], ids=str
)
def test_read_filters(client, bearer, query):
    """The filters some clients send are taken, filter nothing, and that is said to be a guess."""
    answer = properties(client, bearer, params={"v": "3.0"} | query)

    assert properties(client, bearer).json() == answer.json()
    assert "filter" in answer.headers["X-Sandbox-Guess"]
    assert all(name in client.sandbox.journal[-2].warnings[0] for name in query)


@pytest.mark.parametrize("version", [None, "1.0"])
def test_settings_version(client, bearer, version):
    """A missing or wrong v is a 400, as at a sister service, and says what it should have been."""
    answer = properties(client, bearer, params={"v": version})

    assert 400 == answer.status_code
    assert "not 3.0" in answer.json()["differences"][0]


def test_unknown_property(client, bearer):
    """An unknown property is a 404, read or written."""
    assert 404 == properties(client, bearer, "messaging.no.such").status_code
    assert 404 == write(client, bearer | {"If-Match": "-1"}, "x", "messaging.no.such").status_code


@pytest.mark.parametrize("value", [False, "false", True, "true"], ids=repr)
def test_write_switches_sharing(client, bearer, value):
    """A written property is stored as it came, and file sharing follows it."""
    answer = write(client, bearer | {"If-Match": "-1"}, value)

    schema("site-property").validate(answer.json())
    assert {"value": value} == properties(client, bearer, SHARING).json()["propertyValue"]
    assert (value in (True, "true")) == client.sandbox.sharing


def test_write_by_override(client, bearer):
    """POST with X-HTTP-Method-Override: PUT is a write too."""
    headers = bearer | {"If-Match": "-1", "X-HTTP-Method-Override": "PUT"}

    assert 200 == write(client, headers, "false", method="POST").status_code
    assert not client.sandbox.sharing


def test_override_is_for_account_config(client, bearer):
    """No other service reads X-HTTP-Method-Override: what is posted to it stays a POST."""
    headers = {"X-HTTP-Method-Override": "GET"}
    login = client.http.post(f"{client.account}/login", json={}, headers=headers)
    domains = client.http.post(
        f"{client.account}/service/baseURI.json", params={"version": "1.0"}, headers=headers
    )

    assert "Malformed login request" == login.json()["error"]["message"]
    assert [404, ["the method is POST, not GET"]] == [
        domains.status_code,
        domains.json()["differences"],
    ]


def test_if_match(client, bearer):
    """A write needs the newest revision or -1; a stale or missing one is refused."""
    revision = properties(client, bearer, SHARING).headers["ac-revision"]
    first = write(client, bearer | {"If-Match": revision}, "false")
    second = write(client, bearer | {"If-Match": revision}, "true")
    third = write(client, bearer | {"If-Match": first.headers["ac-revision"]}, "true")
    bare = write(client, bearer, "false")

    assert [200, 412, 200, 412] == [one.status_code for one in (first, second, third, bare)]
    assert "stale" in second.headers["X-Sandbox-Guess"]
    assert "missing" in bare.headers["X-Sandbox-Guess"]


def test_missing_if_match_is_switchable(client, bearer):
    """Whether a missing If-Match is 412 or 400 can be chosen."""
    client.sandbox.guesses["missing_if_match"] = 400

    assert 400 == write(client, bearer, "false").status_code


@pytest.mark.parametrize(
    "fields", [{"id": "other"}, {"type": None}, {"propertyValue": {}}, {"propertyValue": "true"}]
)
def test_malformed_property(client, bearer, fields):
    """A write that is not of the schema is a 400."""
    answer = write(client, bearer | {"If-Match": "-1"}, "true", **fields)

    schema("ac-error.response").validate(answer.json())
    assert 400 == answer.status_code


@pytest.mark.parametrize("authorization", [None, "Bearer ", "Bearer wrong", "BARE"])
def test_settings_want_the_bearer(client, bearer, authorization):
    """Without "Bearer" and a living bearer settings are a 401."""
    bare = bearer["Authorization"].removeprefix("Bearer ")
    headers = {"Authorization": bare if authorization == "BARE" else authorization}

    assert 401 == properties(client, headers).status_code


def test_only_administrators_write():
    """A user who is no administrator reads settings and is refused with 403 to write."""
    with Sandbox(administrator=False) as sandbox:
        from sandbox_client import Client

        client = Client(sandbox)
        with client.http:
            body = {"username": sandbox.username, "password": sandbox.password}
            login = client.http.post(f"{client.account}/login?v=1.3", json=body).json()
            headers = {"Authorization": f"Bearer {login['bearer']}", "If-Match": "-1"}

            assert not login["config"]["isAdmin"]
            assert 200 == properties(client, headers).status_code
            assert 403 == write(client, headers, "false").status_code


def test_sharing_off_at_the_start():
    """A sandbox can start with file sharing switched off."""
    with Sandbox(sharing=False) as sandbox:
        assert not sandbox.sharing

        sandbox.sharing = True
        assert sandbox.sharing

        sandbox.reset()
        assert not sandbox.sharing
