"""
A sandbox with 10,000 pictures and messages in it: what it weighs, and whether it got slower.

It is a process of its own. Once grown it is asked in turn with one that was started just now, so
that both meet the same moments of this machine.
"""

import contextlib
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import lpnb

from .figures import Figure, ratios
from .line import Line, connected
from .processes import SANDBOX, account_in, on_one_core, running
from .talk import Talk

_COUNT = 10_000  # of pictures, and of messages
_CONSUMERS = 20  # with a conversation each
_PICTURE = 13_000  # bytes: twice the cap in all
_CAPTION = "This is how my parcel arrived, the lid torn off and the corner wet. " * 3
_CAP = 64 * 1024 * 1024
_MORE = 20 * 1024 * 1024
_WARM_UP = 100
_BLOCKS, _ROUNDS = 21, 20
_CALLS = ("upload_url", "put", "publish", "download_url", "get")


def measure(count: int = _COUNT) -> list[Figure]:
    """Fill one sandbox, weigh it, and time it beside a new one."""
    with (
        on_one_core(),
        running(*SANDBOX) as old,
        _consumers(old, _CONSUMERS) as consumers,
        running(*SANDBOX) as new,
        _consumers(new, 1) as others,
    ):
        for one in (consumers[0], others[0]):
            one.share_many(_WARM_UP)
        before = _resident(old["pid"])
        for one in consumers:
            one.share_many(count // _CONSUMERS)
        grown = _resident(old["pid"]) - before
        blocks = [_block(consumers[-1], others[0]) for _ in range(_BLOCKS)]
    texts = count * len(_CAPTION)
    bar = (_CAP + texts + _MORE) / 1e6
    stored = f"{count:,} pictures of {count * _PICTURE / 1e6:.0f} MB in all"
    note = f"{stored}, as many messages with {texts / 1e6:.1f} MB of text"
    whole = [[sum(block[name][who] for name in _CALLS) for block in blocks] for who in (0, 1)]
    return [
        Figure("resident memory grew by", (grown / 1e6,), bar=bar, unit="MB", note=note),
        Figure("five calls, grown / new", ratios(*whole), bar=1.3),
        *(Figure(f"{name}, grown / new", ratios(*_of(name, blocks)), bar=1.3) for name in _CALLS),
    ]


def _of(name: str, blocks: list[dict[str, list[float]]]) -> list[list[float]]:
    return [[block[name][who] for block in blocks] for who in (0, 1)]


class _Consumer:
    """A consumer with a conversation; all of a sandbox's share one connection."""

    def __init__(self, talk: Talk, line: Line) -> None:
        self._talk, self._line = talk, line
        self._shared = 0
        self._time(talk.create())

    def share_many(self, count: int) -> None:
        """Share so many pictures."""
        for _ in range(count):
            self.share()

    def share(self) -> dict[str, float]:
        """Share one picture and fetch it; gives the seconds of each call."""
        self._shared += 1
        picture = self._shared.to_bytes(8, "big") * (_PICTURE // 8)
        talk = self._talk
        return {
            "upload_url": self._time(talk.upload_url(picture)),
            "put": self._time(talk.put(picture)),
            "publish": self._time(talk.publish(_CAPTION)),
            "download_url": self._time(talk.download_url()),
            "get": self._time(talk.get()),
        }

    def _time(self, request: bytes) -> float:
        began = time.perf_counter()
        answer = self._line.ask(request)
        seconds = time.perf_counter() - began
        self._talk.learn(answer)
        return seconds


@contextlib.contextmanager
def _consumers(ready: dict[str, Any], count: int) -> Iterator[list[_Consumer]]:
    port = urlsplit(ready["domain_api"]).port or 0
    with connected(port) as line:
        found = []
        for _ in range(count):
            session = lpnb.connect(account_in(ready))
            talk = Talk(session, ready["account"], port)
            session.close()
            found.append(_Consumer(talk, line))
        yield found


def _block(*consumers: _Consumer) -> dict[str, list[float]]:
    """The median seconds of each call for each of *consumers*, who take turns."""
    rounds = [[one.share() for one in consumers] for _ in range(_ROUNDS)]
    return {
        name: [statistics.median(turn[who][name] for turn in rounds) for who in (0, 1)]
        for name in _CALLS
    }


def _resident(pid: int) -> int:
    """The bytes of memory that a process has at the moment."""
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * int(status.partition("VmRSS:")[2].split()[0])
