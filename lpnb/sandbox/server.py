"""The loopback server: threads, kept-alive connections, and answers put on the wire as told."""

import contextlib
import hashlib
import os
import re
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from http import HTTPStatus
from socketserver import StreamRequestHandler, TCPServer, ThreadingMixIn
from typing import Any

from .backend import Backend
from .http import Answer, Delivery, Request, http_date
from .reading import CutShort, Unreadable, drain, read_body, read_head

_LINE_END = re.compile(r"[\r\n]")
_IDLE_SECONDS = 60.0
_MOST_CONNECTIONS = 512
_PIECE = 64 * 1024
_RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)  # linger not: close sends RST
_REASONS = {421: "Misdirected Request", 499: "Client Disconnect"}


class Server(ThreadingMixIn, TCPServer):
    """
    A thread for each connection, on 127.0.0.1 only.

    It is the standard library's threaded HTTP server without that server's parser, which costs
    more than a whole answer here and tidies away the double slashes that signatures depend on.
    """

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = os.name == "posix"  # elsewhere it would share a port, not reuse it
    request_queue_size = 512  # or a burst of connections waits a second for its retry
    backend: Backend

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Connection)
        self.port: int = self.server_address[1]
        self.accepted = 0
        self.stopping = threading.Event()
        self._open: dict[socket.socket, int] = {}  # and the number of each
        self._changed = threading.Condition()

    def start(self, backend: Backend) -> None:
        """Begin to answer; connections made since the constructor have been waiting."""
        self.backend = backend
        run = threading.Thread(
            target=self.serve_forever, args=(0.02,), name="lpnb-sandbox", daemon=True
        )
        run.start()

    def stop(self) -> None:
        """Stop at once: whatever is under way is cut off, and the port is free."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        with self._changed:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._changed.wait_for(lambda: not self._open, timeout=0.05)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            self.accepted += 1
            self._open[request] = self.accepted
            full = len(self._open) > _MOST_CONNECTIONS
        if full:
            self.shutdown_request(request)
        else:
            super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._changed:
            self._open.pop(request, None)
            self._changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a client that went away is no news
            super().handle_error(request, client_address)

    def number_of(self, connection: socket.socket) -> int:
        """Tell which connection this was since the start, from 1."""
        with self._changed:
            return self._open.get(connection, 0)


class _Connection(StreamRequestHandler):
    """One connection: request after request, until either side has enough."""

    server: Server
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True  # or every kept-alive answer waits some 40 ms
    rbufsize = _PIECE

    def handle(self) -> None:
        number = self.server.number_of(self.connection)
        with contextlib.suppress(OSError):  # the client may go whenever it likes
            while self._exchange(number):
                pass

    def _exchange(self, number: int) -> bool:
        try:
            request = read_head(self.rfile, number)  # type: ignore[arg-type]
        except Unreadable as error:
            self._send(None, Answer(error.status, f"{error}\n".encode()), keep=False)
            return False
        if request is None:
            return False
        backend = self.server.backend
        admission = backend.admit(request)
        content, md5, keep = b"", "", request.keeps_alive
        expects = request.headers.get("expect", "").lower() == "100-continue"
        if admission.refusal:
            keep = keep and not expects and drain(self.rfile, request)
        else:
            if expects:
                self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            try:
                content = read_body(self.rfile, request, admission.body_limit)
            except CutShort:
                self._send(request, backend.cut_short(admission), keep=False)
                return False
            if admission.visit:
                md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        answer = backend.answer(admission, content, md5, wait=self.server.stopping.wait)
        return self._send(request, answer, keep=keep)

    def _send(self, request: Request | None, answer: Answer, *, keep: bool) -> bool:
        how = answer.delivery
        if how.delay and self.server.stopping.wait(how.delay):
            return False
        if how.ending == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        if not how.ending or how.truncate is not None:
            as_it_is = "Content-Length" not in answer.headers  # else a fault has changed it
            keep = keep and how.truncate is None and not how.ending and as_it_is
            self._write(self._head(request, answer, keep=keep), _body(request, answer), how)
        if how.ending == "reset":
            # The handler's own files keep the socket open; let go of them, then of it.
            self.rfile.close()
            self.wfile.close()
            self.connection.close()
        return keep and not how.ending

    def _head(self, request: Request | None, answer: Answer, *, keep: bool) -> bytes:
        site = self.server.backend.site
        headers = {"Date": http_date(site.clock.now()), **answer.headers}
        if "Content-Length" not in headers and not (
            answer.status in (204, 304)
            or (request and request.method == "HEAD" and answer.status == 401)
        ):
            headers["Content-Length"] = str(len(answer.body) + answer.delivery.padding)
        if answer.guess:
            headers["X-Sandbox-Guess"] = site.guesses.about(answer.guess).sentence
        if not keep:
            headers["Connection"] = "close"
        elif request and request.http_1_0:
            headers["Connection"] = "keep-alive"
        lines = [f"HTTP/1.1 {answer.status} {_reason(answer.status)}"]
        lines += [f"{name}: {value}" for name, value in headers.items() if value]
        if _LINE_END.search("".join(lines)):  # a header may repeat what a request said
            lines = [_LINE_END.sub(" ", line) for line in lines]
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")

    def _write(self, head: bytes, body: bytes, how: Delivery) -> None:
        if how.drip is None and how.truncate is None and not how.padding:
            if len(body) < _PIECE:
                self.connection.sendall(head + body)  # one packet: no waiting between the two
            else:
                self.connection.sendall(head)
                self.connection.sendall(body)
            return
        body = body[: how.truncate]
        size, seconds, at = how.drip or (_PIECE, 0.0, "body")
        if at == "body":
            self.connection.sendall(head)
            head = b""
        for piece in _pieces(head + body, 0 if how.truncate is not None else how.padding, size):
            self.connection.sendall(piece)
            if seconds and self.server.stopping.wait(seconds):
                return


def _body(request: Request | None, answer: Answer) -> bytes:
    return b"" if request and request.method == "HEAD" else answer.body


def _pieces(content: bytes, padding: int, size: int) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]
    for start in range(0, padding, size):
        yield b" " * min(size, padding - start)  # a blank leaves JSON what it was


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return _REASONS.get(status, "Unknown")
