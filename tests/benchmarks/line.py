"""A client that costs next to nothing: one kept-alive connection, driven by hand."""

import contextlib
import socket
import time
from collections.abc import Iterator


class Line:
    """The connection; what it sends is whole requests as bytes."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.received = 0  # bytes of the newest answer, its head included

    def ask(self, request: bytes) -> bytes:
        """Send *request* and give the body of its answer."""
        self._connection.sendall(request)
        got = self._connection.recv(65_536)
        while b"\r\n\r\n" not in got:
            got += self._more()
        head, _, body = got.partition(b"\r\n\r\n")
        size = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        pieces, left = [body], size - len(body)
        while left:
            pieces.append(self._more())
            left -= len(pieces[-1])
        self.received = len(head) + 4 + size
        return b"".join(pieces)

    def time(self, request: bytes) -> float:
        """Ask once and give the seconds that it took."""
        began = time.perf_counter()
        self.ask(request)
        return time.perf_counter() - began

    def _more(self) -> bytes:
        piece = self._connection.recv(65_536)
        assert piece, "the server hung up"
        return piece


@contextlib.contextmanager
def connected(port: int) -> Iterator[Line]:
    """Connect to *port* of this machine for as long as the block lasts."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield Line(connection)
