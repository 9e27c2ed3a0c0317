"""
Many files through `share_files`, beside bare pooled requests in as many threads, in the same run.

A server in a process of its own adds 30 ms to each answer. 500 pictures of 300 KB, previews ready;
both compute MD5 and SHA-256 of each and compare storage's digest. The ideal pipeline has nothing to
do but wait. Then with previews to make and no delay, on one core and on all of them.
"""

import contextlib
import copy
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import requests

import lpnb
from lpnb import samples

from . import flow
from .figures import Figure, ratios
from .processes import SANDBOX, account_in, on_one_core, running

_FILES, _WORKERS, _ROUNDS = 500, 16, 5
_PREVIEWED, _PREVIEW_ROUNDS = 120, 5
_DELAY = 0.03  # seconds per answer
_IDEAL = _FILES * 3 * _DELAY / _WORKERS  # seconds
_CAPTION = "This is how my parcel arrived"


def measure(files: int = _FILES) -> list[Figure]:
    """Share them by turns with lpnb, with lpnb and a ledger on disk, and with bare requests."""
    ideal = files * 3 * _DELAY / _WORKERS
    with running(*SANDBOX) as ready:
        flow._slow_down(ready)
        contenders = _Contenders(ready, files)
        seconds, cpu = _in_turn(
            _ROUNDS, ready, contenders.by_lpnb, contenders.with_ledger, contenders.bare
        )
    ours, kept, bare = seconds
    with_previews = _with_previews()
    return [
        Figure("rate of bare requests / of lpnb", ratios(ours, bare), bar=1 / 0.95),
        Figure("rate of bare requests / with a ledger on disk", ratios(kept, bare), bar=1 / 0.95),
        Figure("time by lpnb / ideal pipeline", tuple(one / ideal for one in ours), bar=1 / 0.8),
        Figure("time with a ledger / ideal pipeline", tuple(one / ideal for one in kept), bar=1.25),
        Figure("time by requests / ideal pipeline", tuple(one / ideal for one in bare)),
        Figure("CPU by lpnb / by requests", ratios(cpu[0], cpu[2]), bar=1.25),
        Figure("CPU with a ledger on disk / by requests", ratios(cpu[1], cpu[2])),
        Figure("files a second by lpnb", tuple(files / one for one in ours), unit="/s"),
        with_previews,
    ]


def _in_turn(
    rounds: int,
    ready: dict[str, Any],
    *contenders: Callable[[], AbstractContextManager[Callable[[], object]]],
) -> tuple[list[list[float]], list[list[float]]]:
    """
    Time all in turn, wall and CPU, each in an empty sandbox; a first round is thrown away.

    A contender opens its session and a conversation, and what it gives then is timed.
    """
    seconds: list[list[float]] = [[] for _ in contenders]
    cpu: list[list[float]] = [[] for _ in contenders]
    for number in range(rounds + 1):
        order = list(range(len(contenders)))
        for i in order if number % 2 else reversed(order):
            with contenders[i]() as share:
                began, used = time.perf_counter(), time.process_time()
                share()
                taken = time.perf_counter() - began, time.process_time() - used
            if number:
                seconds[i].append(taken[0])
                cpu[i].append(taken[1])
            _empty(ready)
    return seconds, cpu


def _empty(ready: dict[str, Any]) -> None:
    token = {"X-Sandbox-Token": ready["control_token"]}
    requests.post(f"{ready['control']}/reset", json={}, headers=token, timeout=60)
    flow._slow_down(ready)


class _Contenders:
    """The same files for all of them; each works for a consumer of its own."""

    def __init__(self, ready: dict[str, Any], files: int) -> None:
        self._image = samples.default()
        self._image.preview()
        self._files = files
        self._account = account_in(ready)

    def _fresh(self) -> Iterator[lpnb.ImageFile]:
        """Copies that know their preview, and no digest yet."""
        made = {key: kept for key, kept in self._image._kept.items() if "preview" in key}
        for _ in range(self._files):
            one = replace(self._image)
            one._kept.update(made)
            yield one

    @contextlib.contextmanager
    def _opened(self) -> Iterator[tuple[lpnb.Session, Any]]:
        session = lpnb.connect(self._account)
        lpnb.get_consumer_token(session)
        yield session, lpnb.create_conversation(session)
        session.close()

    @contextlib.contextmanager
    def by_lpnb(self, ledger: lpnb.Ledger | None = None) -> Iterator[Callable[[], None]]:
        """Share them, progress and all; the bar shows where this runs in a terminal."""
        with self._opened() as (session, conversation):

            def share() -> None:
                shares = lpnb.share_files(
                    session,
                    conversation,
                    list(self._fresh()),
                    caption=_CAPTION,
                    workers=_WORKERS,
                    ledger=ledger,
                )
                assert self._files == len(shares.shared), shares

            yield share

    @contextlib.contextmanager
    def with_ledger(self) -> Iterator[Callable[[], None]]:
        """The same, each step on disk before the next."""
        with (
            tempfile.TemporaryDirectory() as folder,
            lpnb.Ledger(Path(folder) / "l.db") as ledger,
            self.by_lpnb(ledger) as share,
        ):
            yield share

    @contextlib.contextmanager
    def bare(self) -> Iterator[Callable[[], None]]:
        """What somebody writes who wants them shared fast, and takes what comes."""
        with self._opened() as (session, conversation):
            bare = _Bare(session, self._image, self._image.preview())

            def share() -> None:
                with ThreadPoolExecutor(_WORKERS) as pool:
                    for _ in pool.map(lambda one: bare.share(one, conversation.id), self._fresh()):
                        pass

            yield share


class _Bare(flow._Bare):
    """Steps 3 to 5 with a pool of connections for all threads."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=_WORKERS)
        self._http.mount("http://", adapter)

    def share(self, image: lpnb.ImageFile, conversation: str) -> None:
        """Share one of them."""
        own = copy.copy(self)
        own._image = image
        put = own._ask(
            "ms.GenerateURLForUploadFile", {"fileSize": str(image.size), "fileType": image.type}
        )
        own._upload(put)
        message = {
            "caption": _CAPTION,
            "relativePath": put["relativePath"],
            "fileType": image.type,
            "preview": own._preview,
        }
        event = {"type": "ContentEvent", "contentType": "hosted/file", "message": message}
        own._ask(
            "ms.PublishEvent",
            {"dialogId": conversation, "conversationId": conversation, "event": event},
        )


def _with_previews() -> Figure:
    """Judge, preview and share photos; everything on one core, and then on all of them."""
    photos = [samples.photo(300_000, seed=number).content for number in range(8)]
    one, all = [], []
    for number in range(_PREVIEW_ROUNDS + 1):
        with on_one_core():
            alone = _previewed(photos)
        together = _previewed(photos)
        if number:
            one.append(alone)
            all.append(together)
    rates = ratios(all, one)
    return Figure(
        f"time with previews to make, {os.cpu_count()} cores / one core", rates, bar=1 / 1.7
    )


def _previewed(photos: list[bytes]) -> float:
    images = [photos[number % len(photos)] for number in range(_PREVIEWED)]
    with running(*SANDBOX) as ready:
        session = lpnb.connect(account_in(ready))
        conversation = lpnb.create_conversation(session)
        began = time.perf_counter()
        shares = lpnb.share_files(session, conversation, images, workers=_WORKERS)
        taken = time.perf_counter() - began
        assert _PREVIEWED == len(shares.shared), shares
        session.close()
    return taken
