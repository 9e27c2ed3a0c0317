"""
The sandbox beside the least server that the standard library allows: start, small POST, stop.

Both are processes of their own, asked over one raw socket, and answer with as many bytes of JSON.
"""

import contextlib
import json
import statistics
import subprocess
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import lpnb
from lpnb.wire import envelope

from .figures import Figure, interleaved, milliseconds, ratios
from .line import connected
from .processes import SANDBOX, account_in, cpu_seconds, on_one_core, running, started, stop

_STARTS = 15
_BLOCKS = 21
_POSTS = 200  # in a block
_STOPS = 11
_OPEN = 8  # kept-alive connections when it is stopped
_BARE = ("-m", "tests.benchmarks.bare_server")
_GET = (
    "GET /api/account/12345678/service/baseURI.json?version=1.0 HTTP/1.1\r\n"
    "Host: 127.0.0.1:{port}\r\n\r\n"
)


def measure() -> list[Figure]:
    """Compare, start by start and block by block, then stop both ways."""
    with on_one_core():
        return [*_starts(), *_posts(), *_stops()]


# --- start


def _starts() -> list[Figure]:
    size = str(_answer_size())
    ours, bare = interleaved(_STARTS, lambda: _first(*SANDBOX), lambda: _first(*_BARE, size))
    return [
        Figure("first answer, sandbox / bare server", ratios(ours, bare), bar=1.5),
        milliseconds("first answer of the sandbox, from a fresh process", ours),
        milliseconds("first answer of the bare server", bare),
    ]


def _answer_size() -> int:
    with running(*SANDBOX) as ready, connected(_port(ready)) as line:
        return len(line.ask(_get(_port(ready))))


def _first(*arguments: str) -> None:
    """Start, ask once, and stop; stopping is in the time of both alike, and next to nothing."""
    process, ready = started(*arguments)
    with connected(_port(ready)) as line:
        line.ask(_get(_port(ready)))
    process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()


def _get(port: int) -> bytes:
    return _GET.format(port=port).encode()


def _port(ready: dict[str, Any]) -> int:
    return ready.get("port") or urlsplit(ready["domain_api"]).port or 0


# --- POST


def _posts() -> list[Figure]:
    with running(*SANDBOX) as ready, connected(_port(ready)) as line:
        post = _small_post(ready)
        answer = line.ask(post)
        assert json.loads(answer)["code"] == "OK"
        with running(*_BARE, str(len(answer))) as other, connected(_port(other)) as bare:
            medians: tuple[list[float], ...] = ([], [])
            cpu: tuple[list[float], ...] = ([], [])
            pids, lines = (ready["pid"], other["pid"]), (line, bare)
            for _ in range(_BLOCKS):
                taken: tuple[list[float], ...] = ([], [])
                before = [cpu_seconds(pid) for pid in pids]
                for _ in range(_POSTS):  # in turn, as this machine's speed changes by the second
                    for which, asked in enumerate(lines):
                        taken[which].append(asked.time(post))
                for which, pid in enumerate(pids):
                    medians[which].append(statistics.median(taken[which]))
                    if (began := before[which]) is not None:
                        cpu[which].append(((cpu_seconds(pid) or 0) - began) / _POSTS)
    return [
        Figure("small POST, sandbox / bare server", ratios(*medians), bar=1.5),
        milliseconds("small POST to the sandbox", medians[0]),
        milliseconds("small POST to the bare server", medians[1]),
        *([Figure("the server's CPU for it, sandbox / bare", ratios(*cpu))] if cpu[0] else []),
    ]


def _small_post(ready: dict[str, Any]) -> bytes:
    """Step 3 as bytes, with tokens that are good."""
    session = lpnb.connect(account_in(ready))
    lpnb.get_consumer_token(session)
    tokens = session.tokens
    assert tokens.app_jwt
    assert tokens.consumer_jws
    session.close()
    body = json.dumps(
        envelope("ms.GenerateURLForUploadFile", {"fileSize": "300000", "fileType": "JPEG"})
    )
    head = (
        f"POST /api/account/{ready['account']}/messaging/consumer/conversation/send?v=3 HTTP/1.1",
        f"Host: 127.0.0.1:{_port(ready)}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"Authorization: {tokens.app_jwt.reveal()}",
        f"X-LP-ON-BEHALF: {tokens.consumer_jws.reveal()}",
        'Client-Properties: {"type": ".ClientProperties", "features": ["PHOTO_SHARING"]}',
    )
    return "\r\n".join((*head, "", body)).encode()


# --- stop


def _stops() -> list[Figure]:
    inside, outside = [], []
    for _ in range(_STOPS):
        sandbox = lpnb.Sandbox()
        with _open_connections(urlsplit(sandbox.domain_api).port or 0):
            began = time.perf_counter()
            sandbox.stop()
            inside.append(time.perf_counter() - began)
        process, ready = started(*SANDBOX)
        with _open_connections(_port(ready)):
            outside.append(_seconds_to_end(process))
    return [
        milliseconds(
            f"stop() with {_OPEN} connections open, the slowest {1000 * max(inside):.0f} ms",
            inside,
            bar=100,
        ),
        milliseconds(
            f"SIGTERM until the process is gone, the slowest {1000 * max(outside):.0f} ms",
            outside,
            bar=100,
        ),
    ]


def _seconds_to_end(process: "subprocess.Popen[str]") -> float:
    began = time.perf_counter()
    stop(process)
    return time.perf_counter() - began


@contextlib.contextmanager
def _open_connections(port: int) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for _ in range(_OPEN):
            stack.enter_context(connected(port)).ask(_get(port))
        yield
