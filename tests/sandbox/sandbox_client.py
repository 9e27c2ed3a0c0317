"""A client that speaks plain HTTP to the sandbox and holds every message against its schema."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import requests

from lpnb.sandbox import Sandbox

SCHEMAS = Path(__file__).parents[1] / "schemas"
PNG = b"\x89PNG\r\n\x1a\n" + b"not quite a picture" * 20


@cache
def schema(name: str) -> jsonschema.Draft202012Validator:
    """Give the validator of one schema."""
    return jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"{name}.json").read_text()))


REQUESTS = {
    "ms.GenerateURLForUploadFile": "generate-url-upload.request",
    "ms.GenerateURLForDownloadFile": "generate-url-download.request",
    "cm.UpdateConversationField": "update-conversation-field.request",
    "text/plain": "publish-event-text.request",
    "hosted/file": "publish-event-hosted-file.request",
    "AcceptStatusEvent": "publish-event-accept-status.request",
    "ChatStateEvent": "publish-event-chat-state.request",
}


def request_schema(request: dict[str, Any]) -> jsonschema.Draft202012Validator:
    """Give the schema of a request to send."""
    event = request["body"].get("event", {})
    kind = event.get("contentType") or event.get("type") or request["type"]
    return schema(REQUESTS[kind])


class Client:
    """Speaks plain HTTP to the sandbox, and holds the answers against the schemas."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.strict = True
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify = sandbox.ca or True
        self.base = sandbox.domain_api_tls or sandbox.domain_api
        self.account = f"{self.base}/api/account/{sandbox.account}"
        self.conversation_url = f"{self.account}/messaging/consumer/conversation"

    def app_jwt(self) -> str:
        """Get an AppJWT."""
        answer = self.http.post(
            f"{self.base}/sentinel/api/account/{self.sandbox.account}/app/token",
            params={"v": "1.0", "grant_type": "client_credentials"},
            data={
                "client_id": self.sandbox.client_id,
                "client_secret": self.sandbox.client_secret,
            },
        )
        schema("sentinel-token.response").validate(answer.json())
        return answer.json()["access_token"]

    def consumer_jws(self, consumer: str = "Ada") -> str:
        """Get the ConsumerJWS of *consumer*."""
        body = {"ext_consumer_id": consumer}
        schema("idp-consumer.request").validate(body)
        answer = self.http.post(
            f"{self.account}/consumer",
            params={"v": "1.0"},
            json=body,
            headers={"Authorization": self.app_jwt()},
        )
        schema("idp-consumer.response").validate(answer.json())
        return answer.json()["token"]

    def tokens(self, consumer: str = "Ada") -> dict[str, str]:
        """Get the pair of headers of a messaging call."""
        return {"Authorization": self.app_jwt(), "X-LP-ON-BEHALF": self.consumer_jws(consumer)}

    def create(self, consumer: str = "Ada", **changes: Any) -> requests.Response:
        """Ask for a conversation; *changes* go to requests as they are."""
        body = [
            envelope("userprofile.SetUserProfile", {"firstName": consumer}),
            envelope("cm.ConsumerRequestConversation", {"brandId": self.sandbox.account}),
        ]
        given = {"params": {"v": "3"}, "json": body, "headers": self.tokens(consumer)}
        given |= changes
        answer = self.http.post(self.conversation_url, **given)
        if answer.status_code == 200:
            schema("conversation-create.request").validate(given["json"])
        return answer

    def open(self, consumer: str = "Ada") -> str:
        """Open a conversation and give its id."""
        answer = self.create(consumer)
        schema("conversation-create.response").validate(answer.json())
        return answer.json()[1]["body"]["conversationId"]

    def send(
        self, kind: str, body: Any, *, consumer: str = "Ada", **changes: Any
    ) -> requests.Response:
        """Send one request; a refusal, and a request that was accepted, must be of their schema."""
        given = {
            "params": {"v": "3"},
            "json": envelope(kind, body),
            "headers": self.tokens(consumer),
        }
        given |= changes
        answer = self.http.post(f"{self.conversation_url}/send", **given)
        if answer.status_code == 400:
            schema("send-error.response").validate(answer.json())
        if answer.status_code == 200 and self.strict:
            request_schema(given["json"]).validate(given["json"])
        return answer

    def upload_url(self, kind: str = "PNG", size: Any = "100", **changes: Any) -> dict[str, Any]:
        """Get an upload URL's path and query."""
        answer = self.send(
            "ms.GenerateURLForUploadFile", {"fileSize": size, "fileType": kind}, **changes
        )
        schema("generate-url.response").validate(answer.json())
        return answer.json()["body"]

    def put(self, url: dict[str, Any], content: bytes = PNG, **changes: Any) -> requests.Response:
        """Put *content* where *url* says."""
        return self.http.put(self.address(url), data=content, **changes)

    def address(self, url: dict[str, Any]) -> str:
        """Join path and query to a whole URL."""
        query = "&".join(f"{name}={value}" for name, value in url["queryParams"].items())
        return f"{self.sandbox.storage}{url['relativePath']}?{query}"

    def uploaded(self, content: bytes = PNG, **changes: Any) -> str:
        """Upload *content* and give its relative path."""
        url = self.upload_url(**changes)
        assert self.put(url, content).status_code == 201
        return url["relativePath"]

    def download_url(self, path: str, **changes: Any) -> dict[str, Any]:
        """Get a download URL's path and query."""
        answer = self.send("ms.GenerateURLForDownloadFile", {"relativePath": path}, **changes)
        schema("generate-url.response").validate(answer.json())
        return answer.json()["body"]

    def publish(
        self, conversation: str, event: dict[str, Any], **changes: Any
    ) -> requests.Response:
        """Publish *event*."""
        body = {"dialogId": conversation, "conversationId": conversation, "event": event}
        answer = self.send("ms.PublishEvent", body, **changes)
        if answer.status_code == 200:
            schema("publish-event.response").validate(answer.json())
        return answer

    def close(self, conversation: str, **changes: Any) -> requests.Response:
        """Close *conversation*."""
        field = {"field": "ConversationStateField", "conversationState": "CLOSE"}
        body = {"conversationId": conversation, "conversationField": field}
        return self.send("cm.UpdateConversationField", body, **changes)


def envelope(kind: str, body: Any, identity: Any = "a-request") -> dict[str, Any]:
    """Wrap *body* as every messaging request is."""
    return {"kind": "req", "id": identity, "type": kind, "body": body}


def hosted_file(path: str, **message: Any) -> dict[str, Any]:
    """Make the event that shares a file."""
    told = {"caption": "a receipt", "relativePath": path, "fileType": "PNG"} | message
    return {"type": "ContentEvent", "contentType": "hosted/file", "message": told}


def text(message: str) -> dict[str, Any]:
    """Make the event that says something."""
    return {"type": "ContentEvent", "contentType": "text/plain", "message": message}
