"""A consumer's calls as bytes, one after the other, with what each answer brings for the next."""

import json
from typing import Any
from urllib.parse import urlencode

import lpnb
from lpnb.wire import envelope


class Talk:
    """
    Makes the requests of one consumer with the tokens of *session*.

    Each method gives whole requests; what an answer says is told by ``learn``.
    """

    def __init__(self, session: lpnb.Session, account: str, port: int) -> None:
        lpnb.get_consumer_token(session)
        assert session.tokens.app_jwt
        assert session.tokens.consumer_jws
        self._account, self._host = account, f"127.0.0.1:{port}"
        self._tokens = {
            "Authorization": session.tokens.app_jwt.reveal(),
            "X-LP-ON-BEHALF": session.tokens.consumer_jws.reveal(),
            "Client-Properties": '{"type":".ClientProperties","features":["PHOTO_SHARING"]}',
        }
        self.conversation = ""
        self.url: dict[str, Any] = {}

    def learn(self, answer: bytes) -> None:
        """Remember the conversation or the URL in *answer*, if there is one."""
        said = json.loads(answer) if answer[:1] in (b"{", b"[") else {}
        if isinstance(said, list):
            self.conversation = said[1]["body"]["conversationId"]
        elif "queryParams" in said.get("body", {}):
            self.url = said["body"]

    def create(self) -> bytes:
        """Step 2."""
        wish = {"brandId": self._account, "channelType": "MESSAGING"}
        kinds = {"userprofile.SetUserProfile": {}, "cm.ConsumerRequestConversation": wish}
        return self._message("", [envelope(kind, body) for kind, body in kinds.items()])

    def upload_url(self, content: bytes) -> bytes:
        """Step 3."""
        body = {"fileSize": str(len(content)), "fileType": "PNG"}
        return self._send("ms.GenerateURLForUploadFile", body)

    def put(self, content: bytes) -> bytes:
        """Step 4."""
        return self._storage("PUT", content)

    def publish(self, caption: str, preview: str = "") -> bytes:
        """Step 5."""
        path = self.url["relativePath"]
        message = {"caption": caption, "relativePath": path, "fileType": "PNG", "preview": preview}
        event = {"type": "ContentEvent", "contentType": "hosted/file", "message": message}
        ids = {"dialogId": self.conversation, "conversationId": self.conversation}
        return self._send("ms.PublishEvent", ids | {"event": event})

    def download_url(self) -> bytes:
        """Step 6."""
        body = {"relativePath": self.url["relativePath"]}
        return self._send("ms.GenerateURLForDownloadFile", body)

    def get(self) -> bytes:
        """Step 7."""
        return self._storage("GET", b"")

    def close(self) -> bytes:
        """End the conversation."""
        change = {"field": "ConversationStateField", "conversationState": "CLOSE"}
        body = {"conversationId": self.conversation, "conversationField": change}
        return self._send("cm.UpdateConversationField", body)

    def _send(self, kind: str, body: Any) -> bytes:
        return self._message("/send", envelope(kind, body))

    def _message(self, address: str, sent: Any) -> bytes:
        path = f"/api/account/{self._account}/messaging/consumer/conversation{address}?v=3"
        body = json.dumps(sent).encode()
        return self._request(
            "POST", path, body, {"Content-Type": "application/json"} | self._tokens
        )

    def _storage(self, method: str, content: bytes) -> bytes:
        path = f"{self.url['relativePath']}?{urlencode(self.url['queryParams'])}"
        return self._request(method, path, content, {"Content-Type": "image/png"})

    def _request(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        given = {"Host": self._host, "Content-Length": str(len(body))} | headers
        lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in given.items()), "", ""]
        return "\r\n".join(lines).encode() + body
