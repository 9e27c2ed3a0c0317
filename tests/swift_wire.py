"""Our storage and a real Swift side by side: the same bytes to both, and what each answers."""

import hashlib
import hmac
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import quote

from lpnb.sandbox import Sandbox
from lpnb.sandbox.swift_server import SwiftServer

ACCOUNT = "/v1/AUTH_async-images"
CONTAINER = "12345678"
LARGEST = 3_145_728
_TRANSACTION = re.compile(r"tx[0-9a-f]{21}-[0-9a-f]{10}")
# Beyond status, challenge and body: what has to agree where both say something good, or 416.
TOLD = (
    *("etag", "content-length", "content-range", "content-disposition", "content-type"),
    *("expires", "accept-ranges", "cache-control", "content-encoding", "content-language"),
    *("x-object-meta-public-a", "x-object-meta-a", "x-robots-tag"),
    *("access-control-allow-origin", "allow", "access-control-allow-methods"),
    *("access-control-allow-headers", "access-control-expose-headers"),
)
_SETS = ("allow", "access-control-allow-methods", "access-control-expose-headers")
_BOUNDARY = re.compile(rb"boundary=([0-9a-f]{32})")


def sign(
    key: str, method: str, expires: int, path: str, *, digest: str = "sha1", ip_range: str = ""
) -> bytes:
    """Sign as Swift's documentation says, without lpnb."""
    lines = [method, str(expires), path]
    if ip_range:
        lines.insert(0, f"ip={ip_range}")
    return hmac.digest(key.encode(), "\n".join(lines).encode("utf-8", "surrogateescape"), digest)


@dataclass(frozen=True)
class Reply:
    """One answer off the wire; *interim* is whether a 100 came first."""

    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)
    interim: bool = False

    def told(self) -> dict[str, object]:
        """What has to agree."""
        body, headers = self.body, self.headers
        if boundary := _BOUNDARY.search(headers.get("content-type", "").encode()):
            body = body.replace(boundary[1], b"BOUNDARY")
            headers = {**headers, "content-type": "multipart/byteranges;boundary=BOUNDARY"}
        transaction = headers.get("x-trans-id", "")
        seen: dict[str, object] = {
            "status": self.status,
            "marked": bool(_TRANSACTION.fullmatch(transaction))
            and transaction == headers.get("x-openstack-request-id"),
            "challenge": headers.get("www-authenticate"),
            "body": body,
            "interim": self.interim,
        }
        if self.status < 400 or self.status == 416:
            for name in TOLD:
                value = headers.get(name) or None  # an empty one is as good as none
                split = name in _SETS and value is not None
                seen[name] = {each.strip() for each in value.split(",")} if split else value
        return seen


class Wire:
    """A kept-alive raw connection; nothing tidies what goes over it."""

    def __init__(self, port: int, timeout: float = 20) -> None:
        self.port = port
        self._timeout = timeout
        self._socket: socket.socket | None = None
        self._waiting = b""

    def ask(self, request: bytes, *, finish: bool = False) -> Reply:
        """Send *request*, its ``{host}`` filled in, and read the answer."""
        method = request.partition(b" ")[0].decode("latin-1")
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self.port), self._timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._waiting = b""
        try:
            self._socket.sendall(request.replace(b"{host}", b"127.0.0.1:%d" % self.port))
            if finish:
                with suppress(OSError):  # it may have closed already
                    self._socket.shutdown(socket.SHUT_WR)
            reply = self._reply(method)
        except OSError:
            self.close()
            raise
        if finish or reply.headers.get("connection") == "close":
            self.close()
        return reply

    def close(self) -> None:
        """End the connection."""
        if self._socket:
            self._socket.close()
            self._socket = None

    def _reply(self, method: str) -> Reply:
        head, interim = self._head(), False
        if head.startswith("HTTP/1.1 100"):
            head, interim = self._head(), True
        status, *lines = head.split("\r\n")
        pairs = [line.partition(": ")[::2] for line in lines]
        headers = {name.lower(): value for name, value in pairs}
        code = int(status.split()[1])
        length = headers.get("content-length", "0")
        if method == "HEAD" or code in (204, 304):
            length = "0"
        assert "transfer-encoding" not in headers, head
        return Reply(code, headers, self._take(int(length)), interim)

    def _head(self) -> str:
        while b"\r\n\r\n" not in self._waiting:
            self._more()
        head, _, self._waiting = self._waiting.partition(b"\r\n\r\n")
        return head.decode("latin-1")

    def _take(self, size: int) -> bytes:
        while len(self._waiting) < size:
            self._more()
        body, self._waiting = self._waiting[:size], self._waiting[size:]
        return body

    def _more(self) -> None:
        assert self._socket
        piece = self._socket.recv(65_536)
        if not piece:
            raise ConnectionError(f"ended after {self._waiting[:200]!r}")
        self._waiting += piece


@dataclass
class Pair:
    """Our storage and Swift, with one key; *cases* are those that were asked of both."""

    sandbox: Sandbox
    swift: SwiftServer
    ours: Wire
    theirs: Wire
    cases: set[object] = field(default_factory=set)
    names: int = 0

    @property
    def key(self) -> str:
        """The one key of both."""
        return self.sandbox.storage_key

    def fresh(self) -> str:
        """Give a part of a name that nobody has used yet."""
        self.names += 1
        return f"n{self.names}"

    def both(self, request: bytes, *, finish: bool = False) -> tuple[Reply, Reply]:
        """Ask both the same."""
        return self.ours.ask(request, finish=finish), self.theirs.ask(request, finish=finish)

    def target(
        self, method: str, name: str, *, seconds: int = 60, path: str = "", more: str = ""
    ) -> str:
        """Make a good target for *method* on the object *name*, percent-encoded."""
        path = path or f"{ACCOUNT}/{CONTAINER}/{name}"
        expires = int(time.time()) + seconds
        signature = sign(self.key, method, expires, path).hex()
        query = f"temp_url_sig={signature}&temp_url_expires={expires}{more}"
        return f"{quote(path, errors='surrogateescape')}?{query}"

    def request(self, method: str, target: str, body: bytes | None = None, *headers: str) -> bytes:
        """Put a request together; a *body* brings its Content-Length."""
        lines = [f"{method} {target} HTTP/1.1", "Host: {host}", *headers]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")


@contextmanager
def side_by_side() -> Iterator[Pair]:
    """Start both, and stop them."""
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox())
        cors = {"X-Container-Meta-Access-Control-Allow-Origin": "*"}
        swift = stack.enter_context(
            SwiftServer(CONTAINER, key=sandbox.storage_key, max_file_size=LARGEST, headers=cors)
        )
        wires = [Wire(int(url.rpartition(":")[2])) for url in (sandbox.storage, swift.url)]
        for wire in wires:
            stack.callback(wire.close)
        yield Pair(sandbox, swift, *wires)


def md5(content: bytes) -> str:
    """Give the Etag of *content*."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
