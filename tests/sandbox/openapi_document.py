"""An OpenAPI document of the sandbox, made of its own routes and of tests/schemas."""

import json
from collections.abc import Iterable
from typing import Any

from sandbox_client import REQUESTS, SCHEMAS

_SEND = "/messaging/consumer/conversation/send"
_PROPERTIES = "/configuration/setting/properties"
# Behind the account in the path: what is sent, and what is answered with which status. It is a
# schema, or names of some; no name is no body, or one of which nothing is documented.
_MESSAGES: dict[str, tuple[Any, dict[int, str]]] = {
    "GET /service/baseURI.json": ("", {200: "domain-all.response", 400: "", 401: ""}),
    "GET /service/{name}/baseURI.json": (
        "",
        {200: "domain-single.response", 400: "", 401: "", 404: ""},
    ),
    "POST /login": (
        "agent-login.request",
        {200: "agent-login.response", 400: "ac-error.response", 401: "ac-error.response"},
    ),
    "POST /refresh": ("agent-session.request", {200: "", 401: "ac-error.response"}),
    "POST /logout": ("agent-session.request", {200: "", 401: "ac-error.response"}),
    f"GET {_PROPERTIES}": ("", {200: "site-property-list.response", 401: "ac-error.response"}),
    f"GET {_PROPERTIES}/{{name}}": (
        "",
        {200: "site-property", 401: "ac-error.response", 404: "ac-error.response"},
    ),
    f"PUT {_PROPERTIES}/{{name}}": (
        "site-property.put.request",
        {200: "site-property"} | dict.fromkeys((400, 401, 404, 412), "ac-error.response"),
    ),
    "POST /app/token": (
        "sentinel-token.request",
        {200: "sentinel-token.response", 400: "oauth-error.response", 401: "oauth-error.response"},
    ),
    "POST /consumer": (
        "idp-consumer.request",
        {201: "idp-consumer.response", 400: "idp-error.response", 401: "idp-error.response"},
    ),
    "POST /messaging/consumer/conversation": (
        "conversation-create.request",
        {
            200: "conversation-create.response",
            400: "conversation-create.response send-error.response auth-error.response",
            401: "auth-error.response",
        },
    ),
    f"POST {_SEND}": (
        " ".join(REQUESTS.values()),
        {
            200: "generate-url.response publish-event.response",
            400: "send-error.response auth-error.response",
            401: "send-error.response auth-error.response",
        },
    ),
}
_APPLICATIONS = "/configuration/app-install/installations"
_MANIFEST = {  # of the schema app-installation, what the sandbox insists on
    "type": "object",
    "properties": {
        "client_name": {"type": "string", "minLength": 1, "maxLength": 128},
        "enabled": {"type": "boolean"},
    },
    "required": ["client_name"],
}
_REFUSED = dict.fromkeys((400, 401, 404, 409, 412), "ac-error.response")
_RANGE = {
    "type": "object",
    "properties": {"from": {"const": 1_699_999_000_000}, "to": {"const": 1_700_000_900_000}},
    "required": ["from", "to"],
}
_STATES = {"type": ["array", "null"], "items": {"enum": ["OPEN", "CLOSE"]}}
_MESSAGES |= {  # what the schemas are silent about
    "GET /configuration/provision/featureGrants": ("", {200: "", 401: "ac-error.response"}),
    f"GET {_APPLICATIONS}": ("", {200: "", 401: "ac-error.response"}),
    f"POST {_APPLICATIONS}": (_MANIFEST, {201: ""} | _REFUSED),
    f"GET {_APPLICATIONS}/{{name}}": ("", {200: "app-installation"} | _REFUSED),
    f"PUT {_APPLICATIONS}/{{name}}": (_MANIFEST, {200: ""} | _REFUSED),
    f"DELETE {_APPLICATIONS}/{{name}}": ("", {200: ""} | _REFUSED),
}
for _where, _members in {
    "": {"start": _RANGE},
    "/conversation": {"conversationId": {"type": "string"}},
    "/consumer": {"consumer": {"type": "string"}, "status": _STATES},
}.items():
    _MESSAGES[f"POST /conversations{_where}/search"] = (
        {"type": "object", "properties": _members, "required": [*_members]},
        {200: ""} | _REFUSED,
    )
_UNMATCHED = {"type": "object", "required": ["sandbox"]}
_SECURITY = {
    "AppJWT": {"type": "apiKey", "in": "header", "name": "Authorization"},
    "ConsumerJWS": {"type": "apiKey", "in": "header", "name": "X-LP-ON-BEHALF"},
    "Bearer": {"type": "http", "scheme": "bearer"},
}
_ASKED_BY = {
    "asyncMessagingEnt": ["AppJWT", "ConsumerJWS"],
    "idp": ["AppJWT"],
    "accountConfigReadWrite": ["Bearer"],
    "msgHist": ["Bearer"],
}


def document(routes: Iterable[Any], known: dict[str, dict[str, str]]) -> dict[str, Any]:
    """
    Describe *routes*.

    Args:
        known: by service, type or part of a route, "" for all, what a name in paths, bodies and
            headers has to be: else nothing random would ever get further than the door.

    Raises:
        KeyError: a route is not in this module's table yet.
    """
    paths: dict[str, Any] = {}
    for route in routes:
        at = paths.setdefault(route.path, {})
        part = next((name for name in known if name and f"/{name}/" in route.path), "")
        names = ("", route.service, route.type or route.service, part or route.service)
        at[route.method.lower()] = _operation(
            route, {k: v for name in names for k, v in known.get(name, {}).items()}
        )
    return {
        "openapi": "3.1.0",
        "info": {"title": "the sandbox", "version": "1"},
        "paths": paths,
        "components": {"securitySchemes": _SECURITY},
    }


def _operation(route: Any, known: dict[str, str]) -> dict[str, Any]:
    sent, answered = _MESSAGES[f"{route.method} {route.path.partition('{account}')[2]}"]
    names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    parameters = [_parameter(name, "path", known[name]) for name in names]
    answers = {
        str(status): _answer(*([_any_of(schemas)] if schemas else []))
        for status, schemas in answered.items()
    }
    if route.versions:
        optional = "" in route.versions
        parameters.append(
            _parameter(route.version, "query", *route.versions, required=not optional)
        )
        # A wrong version: accountConfig says 400, the others 404, and the Domain API nothing
        status = 400 if route.service == "accountConfigReadWrite" else 404
        documented = answered.get(status, "")
        if route.service != "domain":
            both = [_UNMATCHED, _any_of(documented)] if documented else [_UNMATCHED]
            answers[str(status)] = _answer(*both)
    answers.setdefault("404", {"description": "nothing matched"})
    if route.method in ("PUT", "DELETE"):
        parameters.append(_parameter("If-Match", "header", "-1"))
    if route.type in ("refresh", "logout"):
        parameters.append(_parameter("Session_id", "cookie", known["Session_id"]))
    operation: dict[str, Any] = {"parameters": parameters, "responses": answers}
    if sent:
        form = route.service == "sentinel"
        kind = "application/x-www-form-urlencoded" if form else "application/json"
        schema = _with_known(_any_of(sent) if isinstance(sent, str) else sent, known)
        operation["requestBody"] = {"required": True, "content": {kind: {"schema": schema}}}
    if asked := _ASKED_BY.get(route.service):
        operation["security"] = [{name: [] for name in asked}]
    return operation


def _parameter(name: str, place: str, *values: str, required: bool = True) -> dict[str, Any]:
    schema = {"type": "string", "enum": list(values)}
    return {"name": name, "in": place, "required": required, "schema": schema}


def _answer(*schemas: Any) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": "as documented"}
    if schemas:
        answer["content"] = {"application/json": {"schema": {"anyOf": list(schemas)}}}
    return answer


# What is sent and what a service looks at are two things. These members are documented, but that
# anything is refused for them is not, and the sandbox passes over them.
_NOT_LOOKED_AT = {
    "additionalProperties",  # it keeps senders to what is documented
    "metadata",
    "deleted",
    *("firstName", "lastName", "userId", "avatarUrl", "role", "backgndImgUri", "description"),
    *("authenticatedData", "privateData", "campaignInfo", "conversationContext", "skillId"),
    "closedCause",
}


def _any_of(names: str) -> dict[str, Any]:
    schemas = [_schema(name) for name in names.split()]
    return {"anyOf": schemas} if len(schemas) > 1 else schemas[0]


def _schema(name: str) -> dict[str, Any]:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text())
    schema = _plain(schema, schema.get("$defs", {}))
    if name == "agent-login.request":
        return dict(schema["oneOf"][0])  # the other one is for bots, and at its end in 2026
    if name == "conversation-create.request":
        schema["maxItems"] = 2  # a third item is known from an old description only
    if name == "sentinel-token.request":
        schema["required"].append("grant_type")  # which the schema lets stand in the query instead
    if name == "generate-url-upload.request":
        sizes = schema["properties"]["body"]["properties"]["fileSize"]["oneOf"]
        sizes[0]["pattern"], sizes[1]["maximum"] = "^[1-9][0-9]{0,5}$", 3_145_728
    if name == "publish-event-hosted-file.request":
        message = schema["properties"]["body"]["properties"]["event"]["properties"]["message"]
        message["properties"]["preview"]["pattern"] = "^data:image/(png|jpeg|jpg|gif);base64,|^$"
    return dict(schema)


def _plain(value: Any, definitions: dict[str, Any]) -> Any:
    """Put definitions where they are referred to, and leave names and remarks out."""
    if isinstance(value, list):
        return [_plain(one, definitions) for one in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return _plain(definitions[value["$ref"].rpartition("/")[2]], definitions)
    left_out = ("$schema", "$id", "$comment", "$defs", "title")
    return {
        name: one if name in ("const", "enum") else _plain(one, definitions)
        for name, one in value.items()
        if name not in left_out
    }


def _with_known(schema: Any, known: dict[str, str]) -> Any:
    """Let members that have to be of a known value be so; and leave out what nobody refuses."""
    if isinstance(schema, list):
        return [_with_known(one, known) for one in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {
        name: _with_known(one, known) for name, one in schema.items() if name not in _NOT_LOOKED_AT
    }
    members = schema.get("properties", {})
    for name in known.keys() & members.keys():
        members[name] = {"type": "string", "const": known[name]}
    return schema
