"""
The sandbox beside a bare server of the standard library, in one process, for the same bytes.

Seven calls take one small picture through a conversation, driven over a raw socket; then 3 MB go
each way. The bare server is sent the same requests and answers with as many bytes; of 3 MB that it
is sent it computes the MD5 as well. Only the exchanges are timed, in turn.
"""

import contextlib
import hashlib
import json
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Iterator

import lpnb

from . import bare_server
from .figures import Figure, milliseconds, ratios
from .line import Line, connected
from .processes import on_one_core
from .talk import Talk

_BLOCKS, _MIXES = 21, 20  # so many of the second in each of the first
_BIG_BLOCKS, _BIGS = 11, 6
_SMALL, _BIG = b"picture " * 2_500, b"picture " * 375_000
_PREVIEW = "data:image/png;base64," + "A" * 3_000
_FILLER = memoryview(b"." * (len(_BIG) + 1_000))
_CALLS = ("create", "upload_url", "put", "publish", "download_url", "get", "close")


def measure() -> list[Figure]:
    """Take both servers through the same calls, request by request in turn."""
    with on_one_core(), lpnb.Sandbox() as sandbox, _bare() as bare:
        session = lpnb.connect(sandbox)
        port = int(sandbox.domain_api.rpartition(":")[2])
        talk = Talk(session, sandbox.account, port)
        session.close()
        with connected(port) as ours, connected(bare.server_port) as theirs:
            pair = _Pair(talk, ours, theirs)
            small = [_block(pair, _MIXES, _SMALL, sandbox) for _ in range(_BLOCKS)]
            big = [_block(pair, _BIGS, _BIG, sandbox) for _ in range(_BIG_BLOCKS)]
    mixes = [[sum(times[name][who] for name in _CALLS) for times in small] for who in (0, 1)]
    return [
        Figure("seven calls in one process, sandbox / bare server", ratios(*mixes), bar=1.5),
        milliseconds("seven calls of the sandbox", mixes[0]),
        milliseconds("seven calls of the bare server", mixes[1]),
        *(_figure(f"{name}, sandbox / bare server", name, small) for name in _CALLS),
        _figure("PUT of 3 MB, sandbox / bare server with MD5", "put", big, bar=2.0),
        _figure("GET of 3 MB, sandbox / bare server", "get", big, bar=2.0),
    ]


def _figure(
    what: str, name: str, blocks: list[dict[str, list[float]]], *, bar: float | None = None
) -> Figure:
    ours, theirs = ([times[name][who] for times in blocks] for who in (0, 1))
    return Figure(what, ratios(ours, theirs), bar=bar)


def _block(
    pair: "_Pair", rounds: int, picture: bytes, sandbox: lpnb.Sandbox
) -> dict[str, list[float]]:
    """The median seconds of each call in this block, of the sandbox and of the bare server."""
    pair.seconds.clear()
    for _ in range(rounds):
        pair.mix(picture)
    sandbox.reset()  # tokens stay good
    return {name: [statistics.median(one) for one in both] for name, both in pair.seconds.items()}


class _Pair:
    """Both servers, and the seconds that each took for each call."""

    def __init__(self, talk: Talk, ours: Line, theirs: Line) -> None:
        self._talk, self._ours, self._theirs = talk, ours, theirs
        self._turn = 0
        self._sizes: dict[str, int] = {}  # of the answers, by call
        self.seconds: defaultdict[str, tuple[list[float], list[float]]]
        self.seconds = defaultdict(lambda: ([], []))

    def mix(self, picture: bytes) -> None:
        """Make the seven calls of both."""
        talk = self._talk
        self._both("create", talk.create())
        self._both("upload_url", talk.upload_url(picture))
        self._both("put", talk.put(picture))
        self._both("publish", talk.publish("This is how my parcel arrived", _PREVIEW))
        self._both("download_url", talk.download_url())
        self._both("get", talk.get())
        self._both("close", talk.close())

    def _both(self, name: str, request: bytes) -> None:
        self._turn += 1
        order = (self._ask_ours, self._ask_theirs)
        # Nobody always runs in the other's wake; but the size of an answer is ours to find out
        for ask in order if self._turn % 2 or name not in self._sizes else reversed(order):
            ask(name, request)

    def _ask_ours(self, name: str, request: bytes) -> None:
        began = time.perf_counter()
        answer = self._ours.ask(request)
        self.seconds[name][0].append(time.perf_counter() - began)
        self._sizes[name] = self._ours.received
        self._talk.learn(answer)

    def _ask_theirs(self, name: str, request: bytes) -> None:
        _Handler.size = self._sizes[name]
        self.seconds[name][1].append(self._theirs.time(request))
        assert abs(self._theirs.received - self._sizes[name]) < 2


class _Handler(bare_server.Handler):
    """Answers with ``size`` bytes, the head included."""

    size = 0

    def do_POST(self) -> None:  # noqa: N802 - the library's name for it
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Type"] == "application/json":
            json.loads(content)
        elif len(content) >= len(_BIG):
            hashlib.md5(content, usedforsecurity=False).hexdigest()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        head = sum(map(len, self._headers_buffer)) + len("Content-Length: \r\n\r\n")
        size = self.size - head
        size -= len(str(size))  # a digit fewer, one byte fewer: never mind
        self.send_header("Content-Length", str(size))
        self.end_headers()
        self.wfile.write(_FILLER[:size])

    do_GET = do_PUT = do_POST  # noqa: N815 - the library's name for it


@contextlib.contextmanager
def _bare() -> Iterator[bare_server.Server]:
    server = bare_server.Server(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()
