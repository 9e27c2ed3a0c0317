"""
The least that the standard library needs to take JSON and give JSON, tuned to keep connections.

``python -m tests.benchmarks.bare_server SIZE`` answers every request with SIZE bytes of JSON.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    """A thread for each connection."""

    daemon_threads = True
    request_queue_size = 128


class Handler(BaseHTTPRequestHandler):
    """Reads the JSON it is sent, and answers with ``answer``."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65_536
    answer = b""

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if content:
            json.loads(content)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    do_GET = do_POST  # noqa: N815 - the library's name for it

    def log_message(self, *args: object) -> None:
        pass


def main(size: int) -> None:
    """Serve until the process is ended."""
    Handler.answer = json.dumps("." * (size - 2)).encode()
    server = Server(("127.0.0.1", 0), Handler)
    print(json.dumps({"port": server.server_port}), flush=True)
    server.serve_forever(poll_interval=0.05)


if __name__ == "__main__":
    main(int(sys.argv[1]))
