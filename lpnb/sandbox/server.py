"""The loopback server: a thread for each connection, and request after request on it."""

import contextlib
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Set
from itertools import count
from socketserver import StreamRequestHandler, TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING, Any

from .backend import Backend
from .door import Admission
from .http import Request, md5_of
from .reading import CutShort, Severed, Unreadable, drain, read_body, read_head
from .sending import Sender

if TYPE_CHECKING:
    from .tls import Tls

_IDLE_SECONDS = 60.0
_MOST_CONNECTIONS = 512
_PIECE = 64 * 1024


class Server(ThreadingMixIn, TCPServer):
    """
    A thread for each connection, on 127.0.0.1 only, over TLS if there is one.

    It is the standard library's threaded HTTP server without that server's parser, which costs
    more than a whole answer here and tidies away the double slashes that signatures depend on.
    """

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = os.name == "posix"  # elsewhere it would share a port, not reuse it
    request_queue_size = 512  # or a burst of connections waits a second for its retry
    backend: Backend

    def __init__(
        self, port: int, *, tls: "Tls | None" = None, beside: "Server | None" = None
    ) -> None:
        """
        Listen on *port*, where connections wait until `start`.

        Args:
            beside: a server whose numbering of connections this one shares.
        """
        super().__init__(("127.0.0.1", port), _Connection)
        self.port: int = self.server_address[1]
        self.tls = tls
        self.in_clear = False  # whether the services are elsewhere, over TLS
        self._numbers: Iterator[int] = beside._numbers if beside else count(1)
        self.accepted = 0
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()

    def start(self, backend: Backend) -> None:
        """Begin to answer; connections made since the constructor have been waiting."""
        backend.outage.add(self)
        self._begin(backend, backend.admit)

    def start_control(self, backend: Backend) -> None:
        """Begin to answer for control alone, which no outage shuts."""
        self._begin(backend, backend.admit_to_control)

    def _begin(self, backend: Backend, admit: Callable[..., Admission]) -> None:
        self.backend, self.admit = backend, admit
        self._run()

    def _run(self) -> None:
        run = threading.Thread(
            target=self.serve_forever, args=(0.02,), name="lpnb-sandbox", daemon=True
        )
        run.start()

    def stop(self) -> None:
        """Stop at once: whatever is under way is cut off, and the port is free."""
        self.backend.outage.leave(self)
        self.stopping.set()
        self.shutdown()
        self.server_close()
        self._cut(set())

    def shut(self, spared: Set[socket.socket]) -> None:
        """Refuse connections, and cut those that are open, but for the *spared*."""
        self.shutdown()
        self.server_close()
        # Bound but not listening: whoever comes is refused, and nobody else is given the port.
        self.socket = socket.socket(self.address_family, self.socket_type)
        self.server_bind()
        self._cut(spared)

    def reopen(self) -> None:
        """Take connections again, on the same port."""
        self.server_activate()
        self._run()

    def _cut(self, spared: Set[socket.socket]) -> None:
        with self._changed:
            for connection in self._open - spared:
                with contextlib.suppress(OSError):
                    # Not by TLS's own method: the thread that reads may be in the midst of it.
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
            self._changed.wait_for(lambda: self._open <= spared, timeout=0.05)

    def get_request(self) -> tuple[Any, Any]:
        connection, _ = super().get_request()
        if self.tls:
            connection = self.tls.wrap(connection)
        return connection, next(self._numbers)  # all come from here: its number tells more

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            self.accepted += 1
            self._open.add(request)
            full = len(self._open) > _MOST_CONNECTIONS
        if full:
            self.shutdown_request(request)
        else:
            super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        if self.tls:
            self.tls.say_goodbye(request)
        super().shutdown_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a client that went away is no news
            super().handle_error(request, client_address)


class _Connection(StreamRequestHandler):
    """One connection: request after request, until either side has enough."""

    server: Server
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True  # or every kept-alive answer waits some 40 ms
    rbufsize = _PIECE

    def setup(self) -> None:
        if self.server.tls:
            self.server.tls.shake_hands(self.request)
        super().setup()

    def handle(self) -> None:
        site, stopping = self.server.backend.site, self.server.stopping
        self._sender = Sender(self.connection, site, stopping, self._refuse_others)
        with contextlib.suppress(OSError):  # the client may go whenever it likes
            while self._exchange():
                pass

    def _refuse_others(self, seconds: float) -> None:
        self.server.backend.outage.begin(seconds, spared={self.connection})

    def _exchange(self) -> bool:
        backend, wait = self.server.backend, self.server.stopping.wait
        number: int = self.client_address
        try:
            request = read_head(self.rfile, number)  # type: ignore[arg-type]
        except Unreadable as error:
            nothing = Request("", "", {}, {}, number)
            answer = backend.unread(Admission(nothing, "", 0), error.answer)
            return self._sender.send(nothing, answer, keep=False)
        if request is None:
            return False
        admission = self.server.admit(request, in_clear=self.server.in_clear)
        if backend.faults.early or backend.breaking.expired:
            admission = backend.breaking.early(admission, wait)
        content, md5, keep = b"", "", request.keeps_alive
        expects = request.headers.get("expect", "").lower() == "100-continue"
        try:
            body = backend.breaking.watched(admission, self.rfile, wait)  # type: ignore[arg-type]
            if admission.ignores_body:
                keep = keep and not expects and drain(body, request)
            else:
                if expects:
                    self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                content = read_body(body, request, admission.body_limit)
        except CutShort:
            return self._sender.send(request, backend.unread(admission), keep=False)
        except Severed as by:
            return self._sender.send(request, backend.unread(admission, by.answer), keep=False)
        if admission.visit and not admission.ignores_body:
            md5 = md5_of(content)
        answer = backend.answer(admission, content, md5, wait=wait)
        return self._sender.send(request, answer, keep=keep)
