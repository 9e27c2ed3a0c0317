"""Answers put on the wire as told: in one piece, or however a fault wants them."""

import os
import re
import socket
import struct
import threading
from collections.abc import Iterator
from http import HTTPStatus

from .http import Answer, Delivery, Request, http_date
from .site import Site

_LINE_END = re.compile(r"[\r\n]")
_PIECE = 64 * 1024
_RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)  # linger not: close sends RST
_REASONS = {421: "Misdirected Request", 499: "Client Disconnect"}


class Sender:
    """
    The sending half of one connection.

    Args:
        stopping: is set when the server stops, so that nothing waits any longer.
    """

    def __init__(self, connection: socket.socket, site: Site, stopping: threading.Event) -> None:
        self._connection = connection
        self._site = site
        self._stopping = stopping

    def send(self, request: Request | None, answer: Answer, *, keep: bool) -> bool:
        """Send *answer* to *request*; gives whether the connection can carry another."""
        how = answer.delivery
        if how.delay and self._stopping.wait(how.delay):
            return False
        if how.ending == "reset":
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        if not how.ending or how.truncate is not None:
            as_it_is = "Content-Length" not in answer.headers  # else a fault has changed it
            keep = keep and how.truncate is None and not how.ending and as_it_is
            self._write(self._head(request, answer, keep=keep), _body(request, answer), how)
        if how.ending == "reset":
            socket.close(self._connection.detach())  # at once, though files of it are open
        return keep and not how.ending

    def _head(self, request: Request | None, answer: Answer, *, keep: bool) -> bytes:
        site = self._site
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
                self._connection.sendall(head + body)  # one packet: no waiting between the two
            else:
                self._connection.sendall(head)
                self._connection.sendall(body)
            return
        body = body[: how.truncate]
        size, seconds, at = how.drip or (_PIECE, 0.0, "body")
        if at == "body":
            self._connection.sendall(head)
            head = b""
        for piece in _pieces(head + body, 0 if how.truncate is not None else how.padding, size):
            self._connection.sendall(piece)
            if seconds and self._stopping.wait(seconds):
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
