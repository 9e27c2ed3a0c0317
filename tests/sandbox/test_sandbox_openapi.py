"""schemathesis, with a fixed seed, on an OpenAPI document of the sandbox: it finds nothing."""

from uuid import UUID

import pytest
import schemathesis
from openapi_document import document
from sandbox_client import Client
from schemathesis import openapi
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from lpnb.sandbox import Sandbox
from lpnb.sandbox.installations import Application

GRANTS = {"grant_types": ["client_credentials"], "scope": "msg.consumer"}
SHARING = "messaging.file.sharing.enabled"


@pytest.fixture
def live():
    """A sandbox of its own whose time stands still, and its client."""
    with Sandbox(time=lambda: 1_700_000_000.0) as sandbox:
        client = Client(sandbox)
        with client.http:
            yield client


def log_in(client):
    """Log in; gives the answer and the cookie."""
    credentials = {"username": client.sandbox.username, "password": client.sandbox.password}
    answer = client.http.post(f"{client.account}/login?v=1.3", json=credentials)
    client.http.cookies.clear()
    return answer.json(), answer.cookies["Session_id"]


def test_nothing_is_found(live):
    """Whatever the document allows or forbids, the answer is one that it announces."""
    sandbox = live.sandbox
    talk, path, tokens = live.open(), live.uploaded(), live.tokens()
    (kept, kept_cookie), (ended, ended_cookie) = log_in(live), log_in(live)
    application = Application(str(UUID(int=1)), "its-secret", 0, {"client_name": "b", **GRANTS})
    known = {
        "": {"account": sandbox.account, "name": "swift"},
        "agentVep": {"username": sandbox.username, "password": sandbox.password},
        "refresh": {"csrf": kept["csrf"], "Session_id": kept_cookie},
        "logout": {"csrf": ended["csrf"], "Session_id": ended_cookie},
        "accountConfigReadWrite": {"name": SHARING, "id": SHARING},
        "app-install": {"name": application.client_id},
        "sentinel": {"client_id": sandbox.client_id, "client_secret": sandbox.client_secret},
        "asyncMessagingEnt": {
            "brandId": sandbox.account,
            "conversationId": talk,
            "dialogId": talk,
            "relativePath": path,
        },
    }
    headers = {
        "/messaging/": tokens,
        "/consumer$": {"Authorization": tokens["Authorization"]},
        "/(configuration|messaging_history)/": {"Authorization": f"Bearer {kept['bearer']}"},
    }
    refusals = [400, 401, 403, 404, 409, 412]
    config = SchemathesisConfig.from_dict(
        {
            "seed": 1,
            "base-url": sandbox.domain_api,
            "continue-on-failure": True,
            "generation": {"max-examples": 10, "database": "none"},
            # The order of calls is test_sandbox_states' part
            "phases": {"stateful": {"enabled": False}},
            "checks": {
                "negative_data_rejection": {"expected-statuses": refusals},
                "missing_required_header": {"expected-statuses": refusals},
            },
            "operations": [
                {"include-path-regex": where, "headers": given} for where, given in headers.items()
            ],
        }
    )
    routes = sandbox.addresses
    applications = sandbox._backend.installations._applications
    conversations = sandbox._backend.conversations
    schema = openapi.from_dict(document(routes, known), config=config)

    def begin(context, case, kwargs):  # what one case ends is there for the next
        sandbox.sharing = True
        for installed in [*applications][1:]:
            del applications[installed]
        applications[application.client_id] = application
        mine, sends = sandbox.conversations[talk], case.path.endswith("/send")
        for one in sandbox.conversations.values():
            if one.state == "OPEN" and not (sends and one is mine):
                conversations.close(one, "CONSUMER")
        if sends and mine.state != "OPEN":
            mine.state = "OPEN"
            known = conversations.of(mine.consumer)
            known.append(known.pop(known.index(mine)))  # as only the last one may be open

    @schema.hook
    def map_body(context, body):
        return with_integers(body)

    schemathesis.hook("before_call")(begin)
    try:
        found, succeeded, checked = findings(schema)
    finally:
        schemathesis.hooks.unregister(begin)

    assert [] == found
    assert {f"{route.method} {route.path}" for route in routes} == succeeded
    assert 1000 < checked


def with_integers(value):
    """Write 3.0 as 3: to JSON Schema it is an integer, and to nobody else."""
    if isinstance(value, dict):
        return {name: with_integers(one) for name, one in value.items()}
    if isinstance(value, list):
        return [with_integers(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def findings(schema):
    """Run all phases; gives what was found, which operations succeeded, and how many checks ran."""
    found, succeeded, checked = [], set(), 0
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            found.append(repr(event))
        if not isinstance(event, events.ScenarioFinished):
            continue
        for case, checks in event.recorder.checks.items():
            interaction = event.recorder.interactions[case]
            checked += len(checks)
            found += [
                f"{event.label}: {check.failure_info.failure.message}\n{_told(interaction)}"
                for check in checks
                if check.failure_info
            ]
            if interaction.response and interaction.response.status_code < 300:
                succeeded.add(event.label)
    return found, succeeded, checked


def _told(interaction):
    asked, answered = interaction.request, interaction.response
    told = answered and f"{answered.status_code} {answered.content[:2000]}"
    return f"{asked.method} {asked.uri} {asked.body}\n{told}"
