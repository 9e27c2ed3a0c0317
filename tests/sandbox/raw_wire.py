"""A client on a raw socket: sees every byte of an answer, and whether it ends in FIN or RST."""

import contextlib
import hashlib
import json
import socket
import struct
from typing import Any
from urllib.parse import urlencode

from sandbox_client import PNG, Client, envelope, hosted_file

LONG = 20.0  # for what must come; what must not is waited for as briefly as SHORT
SHORT = 0.25


class Wire:
    """One raw connection to the sandbox."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=LONG)
        self.received = b""
        self.ending = ""

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, content: bytes) -> None:
        """Send *content*, unless the other side has gone meanwhile."""
        with contextlib.suppress(ConnectionError):
            self.socket.sendall(content)

    def until(self, done: Any = lambda _: False, *, seconds: float = LONG) -> bytes:
        """Read until *done* says so of all there is, or the end, or *seconds* of silence."""
        self.socket.settimeout(seconds)
        while not done(self.received):
            try:
                piece = self.socket.recv(65536)
            except TimeoutError:
                self.ending = "silence"
                break
            except ConnectionError:
                self.ending = "RST"
                break
            if not piece:
                self.ending = "FIN"
                break
            self.received += piece
        return self.received

    def answer(self, *, seconds: float = LONG, head_only: bool = False) -> "Answer":
        """Read one answer, or as much of one as comes."""
        self.until(lambda got: b"\r\n\r\n" in got, seconds=seconds)
        head, blank, _ = self.received.partition(b"\r\n\r\n")
        headers = _headers(head) if blank else {}
        length = headers.get("content-length", "")
        if not self.ending and not head_only:
            whole = len(head) + 4 + int(length) if length.isdigit() else None
            if headers.get("transfer-encoding") == "chunked":
                self.until(lambda got: got.endswith(b"\r\n0\r\n\r\n"), seconds=seconds)
            elif whole is not None or headers.get("connection") == "close":
                self.until(lambda got: whole is not None and len(got) >= whole, seconds=seconds)
            elif not head.startswith((b"HTTP/1.1 204", b"HTTP/1.1 304")):
                self.until(seconds=seconds)
        got, self.received = self.received, b""
        ending, self.ending = self.ending, ""
        head, blank, body = got.partition(b"\r\n\r\n")
        return Answer(head, headers, body, ending)


class Answer:
    """What came: a head, a body as far as it went, and how it ended (empty: it goes on)."""

    def __init__(self, head: bytes, headers: dict[str, str], body: bytes, ending: str) -> None:
        self.head, self.headers, self.body, self.ending = head, headers, body, ending
        self.status = int(head.split()[1]) if headers else 0

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)

    def __str__(self) -> str:
        if not self.headers:
            return f"{len(self.head)} bytes of a head, {self.ending}" if self.head else self.ending
        length = self.headers.get("content-length", "unknown")
        if length.isdigit() and len(self.body) >= int(length):
            return str(self.status)
        if self.headers.get("transfer-encoding") == "chunked":
            length = "chunks"
        if not self.ending:
            return str(self.status)
        return f"{self.status}, {len(self.body)} of {length}, {self.ending}"


def _headers(head: bytes) -> dict[str, str]:
    pairs = (line.partition(b":") for line in head.split(b"\r\n")[1:])
    return {name.decode().lower(): value.decode("latin-1").strip() for name, _, value in pairs}


class Rig:
    """Everything that a raw call needs, obtained before any fault is in force."""

    def __init__(self, client: Client) -> None:
        self.client, self.sandbox = client, client.sandbox
        self.port = int(self.sandbox.domain_api.rpartition(":")[2])
        self.conversation = client.open()
        self.tokens = client.tokens()
        self.url = client.upload_url(headers=self.tokens)
        self.path = client.uploaded(headers=self.tokens)
        self.download = client.download_url(self.path, headers=self.tokens)
        self.sandbox.journal.clear()

    def request(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> bytes:
        """Write a request as it goes over the wire."""
        given = {"Host": f"127.0.0.1:{self.port}", "Content-Length": str(len(body))}
        lines = [f"{name}: {value}" for name, value in (given | (headers or {})).items() if value]
        head = "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""])
        return head.encode() + body

    def call(self, name: str, *, content: bytes = PNG, **headers: str) -> bytes:
        """Write one of the flow's calls."""
        account = f"/api/account/{self.sandbox.account}"
        sending = {"Content-Type": "application/json", **self.tokens, **headers}
        match name:
            case "look_up":
                path = f"{account}/service/swift/baseURI.json?version=1.0"
                return self.request("GET", path, headers=headers)
            case "login":
                said = {"username": self.sandbox.username, "password": self.sandbox.password}
                body = json.dumps(said).encode()
                return self.request("POST", f"{account}/login?v=1.3", body, sending)
            case "app_token":
                form = {"client_id": self.sandbox.client_id, "grant_type": "client_credentials"}
                body = urlencode(form | {"client_secret": self.sandbox.client_secret}).encode()
                kind = {"Content-Type": "application/x-www-form-urlencoded"}
                return self.request("POST", f"/sentinel{account}/app/token?v=1.0", body, kind)
            case "put":
                return self.request("PUT", self.target(self.url), content, headers)
            case "get" | "head":
                return self.request(name.upper(), self.target(self.download), headers=headers)
        kind, body = {
            "upload_url": ("ms.GenerateURLForUploadFile", {"fileSize": "9", "fileType": "PNG"}),
            "download_url": ("ms.GenerateURLForDownloadFile", {"relativePath": self.path}),
            "publish": ("ms.PublishEvent", self.event(hosted_file(self.path))),
        }[name]
        wire = json.dumps(envelope(kind, body)).encode()
        return self.request(
            "POST", f"{account}/messaging/consumer/conversation/send?v=3", wire, sending
        )

    def event(self, event: dict[str, Any]) -> dict[str, Any]:
        """Wrap an event of this conversation."""
        return {"dialogId": self.conversation, "event": event}

    def target(self, url: dict[str, Any]) -> str:
        """Give the request target of a temporary URL."""
        query = "&".join(f"{name}={value}" for name, value in url["queryParams"].items())
        return f"{url['relativePath']}?{query}"

    def ask(self, name: str, *, seconds: float = LONG, **more: Any) -> Answer:
        """Make one call on a connection of its own."""
        with Wire(self.port) as wire:
            wire.send(self.call(name, **more))
            return wire.answer(seconds=seconds, head_only=name == "head")

    def add(self, do: Any, service: str = "", type: str = "", **more: Any) -> None:
        """Put one rule in force."""
        where = {"service": service} if service else {}
        where |= {"type": type} if type else {}
        self.sandbox.faults.add({"where": where, "do": do, **more})

    @property
    def fired(self) -> list[int]:
        """How often each rule has fired."""
        return [rule["fired"] for rule in self.sandbox.faults.report()]

    @property
    def published(self) -> int:
        """How many messages there are."""
        return len(self.sandbox.conversations[self.conversation].messages)

    @property
    def stored(self) -> bool:
        """Whether the upload has been stored, whole."""
        found = self.sandbox.objects.get(self.url["relativePath"])
        return (
            found is not None and found.etag == hashlib.md5(PNG, usedforsecurity=False).hexdigest()
        )


def reset(connection: socket.socket) -> None:
    """Close *connection* with a RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
