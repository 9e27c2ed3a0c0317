"""Answers put on the wire as told: in one piece, or however a fault wants them."""

import contextlib
import os
import re
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import chain

from .http import AS_IT_IS, Answer, Delivery, Request, http_date, phrase
from .site import Site

_LINE_END = re.compile(r"[\r\n]")
_PIECE = 64 * 1024
_RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)  # linger not: close sends RST
_LINGER_SECONDS = 2.0


class Sender:
    """
    The sending half of one connection.

    Args:
        stopping: is set when the server stops, so that nothing waits any longer.
        refuse: stops taking connections for so many seconds.
    """

    def __init__(
        self,
        connection: socket.socket,
        site: Site,
        stopping: threading.Event,
        refuse: Callable[[float], None],
    ) -> None:
        self._connection = connection
        self._site = site
        self._stopping = stopping
        self._refuse = refuse

    def send(self, request: Request, answer: Answer, *, keep: bool) -> bool:
        """Send *answer* to *request*; gives whether the connection can carry another."""
        if answer.delivery is not AS_IT_IS:
            return self._send_as_told(request, answer, keep=keep)
        head = self._head(request, answer, keep=keep)
        body = b"" if request.method == "HEAD" else answer.body
        if len(body) < _PIECE:
            self._connection.sendall(head + body)  # one packet: no waiting between the two
        else:
            self._connection.sendall(head)
            self._connection.sendall(body)
        return keep

    def _send_as_told(self, request: Request, answer: Answer, *, keep: bool) -> bool:
        how = answer.delivery
        if how.delay and self._stopping.wait(how.delay):
            return False
        if how.refuse:  # before the answer, or whoever has it could still come again
            self._refuse(how.refuse)
        if how.ending and how.truncate is None:
            self._stopping.wait(how.pause)
            return self._end(how)
        # With a length that is not its own nobody could tell where the next answer begins.
        keep = keep and ("Content-Length" not in answer.headers or how.chunk > 0)
        whole = self._write(self._head(request, answer, keep=keep), request, answer)
        return keep if whole and not how.linger else self._end(how)

    def _write(self, head: bytes, request: Request, answer: Answer) -> bool:
        """Send all of it, or as far as it goes; gives whether that is all."""
        how, body = answer.delivery, answer.body
        padding = how.padding
        if request.method == "HEAD":
            body, padding = b"", 0
        elif how.chunk:
            body, padding = _in_chunks(body + b" " * padding, how.chunk), 0
        size, seconds, at = how.drip or (_PIECE, 0.0, "head")
        pieces = _pieces(head + body if at == "head" else body, padding, size)
        stop = _place(how, len(head), len(body) + padding)
        for piece in pieces if at == "head" else chain([head], pieces):
            if stop <= len(piece):
                self._connection.sendall(piece[:stop])
                if self._stopping.wait(how.pause) or how.ending:
                    return False
                piece = piece[stop:]
                stop = sys.maxsize
            self._connection.sendall(piece)
            stop -= len(piece)
            if seconds and self._stopping.wait(seconds):
                return False
        return True

    def _end(self, how: Delivery) -> bool:
        if how.ending == "reset":
            _wait_until_gone(self._connection)
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            socket.close(self._connection.detach())  # at once, though files of it are open
            return False
        socket.socket.shutdown(self._connection, socket.SHUT_WR)  # without a goodbye of TLS's
        if how.linger:  # to close with unread bytes would be a reset
            self._connection.settimeout(_LINGER_SECONDS)
            while socket.socket.recv(self._connection, _PIECE):
                pass
        return False

    def _head(self, request: Request, answer: Answer, *, keep: bool) -> bytes:
        site = self._site
        headers = {"Date": http_date(site.clock.now()), **answer.headers}
        unsized = request.method == "HEAD" and answer.status == 401
        if "Content-Length" not in headers and not unsized:
            headers["Content-Length"] = str(len(answer.body) + answer.delivery.padding)
        if answer.guess:
            headers["X-Sandbox-Guess"] = site.guesses.about(answer.guess).sentence
        if not keep:
            headers["Connection"] = "close"
        elif request.http_1_0:
            headers["Connection"] = "keep-alive"
        lines = [f"HTTP/1.1 {answer.status} {phrase(answer.status)}"]
        lines += [f"{name}: {value}" for name, value in headers.items() if value]
        if _LINE_END.search("".join(lines)):  # a header may repeat what a request said
            lines = [_LINE_END.sub(" ", line) for line in lines]
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")


def _pieces(content: bytes, padding: int, size: int) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]
    for start in range(0, padding, size):
        yield b" " * min(size, padding - start)  # a blank leaves JSON what it was


def _in_chunks(content: bytes, size: int) -> bytes:
    pieces = [*_pieces(content, 0, size), b""]  # an empty one is the last
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)


def _place(how: Delivery, head: int, body: int) -> int:
    """Give how many bytes go before something happens."""
    if how.truncate is None:
        return sys.maxsize
    before, size = (0, head) if how.in_head else (head, body)
    if isinstance(how.truncate, int):
        return before + min(how.truncate, size)
    return before + int(min(how.truncate, 1.0) * size)


def _wait_until_gone(connection: socket.socket) -> None:
    """Wait a little until the other side has what was sent: a reset would overtake it."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl
        import termios

        for _ in range(1000):
            left = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, b"\0" * 4)
            if not any(left):
                break
            time.sleep(0.001)
