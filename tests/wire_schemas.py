"""Which schema of tests/schemas each request and each answer has to satisfy."""

import functools
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator

_SCHEMAS = Path(__file__).parent / "schemas"
_MESSAGES = {
    "ms.GenerateURLForUploadFile": ("generate-url-upload", "generate-url"),
    "ms.GenerateURLForDownloadFile": ("generate-url-download", "generate-url"),
    "cm.ConsumerRequestConversation": ("conversation-create", "conversation-create"),
    "cm.UpdateConversationField": ("update-conversation-field", ""),
}
_CONTENT = {"hosted/file": "publish-event-hosted-file", "text/plain": "publish-event-text"}
_REFUSALS = {
    "agentVep": ("ac-error",),
    "accountConfigReadWrite": ("ac-error",),
    "sentinel": ("oauth-error", "idp-error"),
    "idp": ("idp-error", "auth-error"),
    "asyncMessagingEnt": ("auth-error", "send-error", "conversation-create"),
}


@functools.cache
def validator(name: str) -> Draft202012Validator:
    """The validator of one schema."""
    return Draft202012Validator(json.loads((_SCHEMAS / f"{name}.json").read_text()))


def names(request: Any, body: Any) -> tuple[str, str]:
    """The names of the schemas for *request* with its *body*, and for a good answer to it."""
    path = request.path
    if request.type == "ms.PublishEvent":
        event = body["body"]["event"]
        kind = _CONTENT.get(event.get("contentType", ""), "")
        return f"{kind}.request", "publish-event.response"
    if request.type:
        asked, answered = _MESSAGES[request.type]
        return f"{asked}.request", f"{answered}.response" if answered else ""
    if "/service/" in path:
        return "", "domain-all.response"
    if path.endswith("/login"):
        return "agent-login.request", "agent-login.response"
    if path.endswith("/logout"):
        return "agent-session.request", ""
    if "/setting/properties/" in path:
        return "site-property.put.request" if request.method == "PUT" else "", "site-property"
    if path.endswith("/app/token"):
        return "sentinel-token.request", "sentinel-token.response"
    if path.endswith("/consumer"):
        return "idp-consumer.request", "idp-consumer.response"
    assert request.service in ("swift", "msgHist"), (
        f"no schema is known for {request.method} {path}"
    )
    return "", ""


def check_request(request: Any) -> None:
    """Fail if *request* is not as its schema says."""
    raw = request.body()
    body = None
    if request.json is not None:
        body = json.loads(raw)
    elif request.form is not None:
        body = dict(parse_qsl(raw.decode(), strict_parsing=True))
    schema, _ = names(request, body)
    if schema:
        validator(schema).validate(body)
    if "Client-Properties" in request.headers:
        declared = json.loads(request.headers["Client-Properties"])
        validator("client-properties.header").validate(declared)


def check_reply(request: Any, reply: Any) -> None:
    """Fail if *reply*, good or not, is not as the schemas say."""
    body = json.loads(request.body()) if request.json is not None else None
    _, schema = names(request, body)
    if 200 <= reply.status < 300:
        if schema:
            validator(schema).validate(reply.value)
    elif reply.value is not None and request.service in _REFUSALS:
        allowed = _REFUSALS[request.service]
        fitting = [name for name in allowed if validator(f"{name}.response").is_valid(reply.value)]
        assert fitting, f"the refusal {reply.value!r} is as none of {allowed} says"
