"""A receiver of webhooks: a real server on loopback that answers as it is told."""

import http.server
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Received:
    """One POST as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def changes(self) -> list[dict[str, Any]]:
        """What the notification tells."""
        return json.loads(self.body)["body"]["changes"]

    @property
    def event(self) -> dict[str, Any]:
        """The one event in it."""
        return self.changes[0]["event"]


class Receiver:
    """Keeps what it receives; *statuses* are answered in turn, then 200, once *gate* is open."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.received: list[Received] = []
        self.arrived = threading.Semaphore(0)
        self.gate = threading.Event()
        self.gate.set()
        self.on_arrival: Callable[[], object] = lambda: None
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.received.append(Received(self.path, headers, body))
                receiver.on_arrival()
                receiver.arrived.release()
                receiver.gate.wait(10)
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def next(self, seconds: float = 5) -> None:
        """Wait until one more has arrived."""
        assert self.arrived.acquire(timeout=seconds), "nothing arrived"

    def close(self) -> None:
        """End it."""
        self.gate.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Quiet(http.server.ThreadingHTTPServer):
    """A server that keeps a sender's going away to itself."""

    def handle_error(self, *_: Any) -> None: ...
