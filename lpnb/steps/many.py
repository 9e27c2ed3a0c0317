"""Many files at once: each is shared as `share_file` does it, exactly once, by any executor."""

import hashlib
import os
import tempfile
import threading
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sized
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from ..clock import Wait
from ..errors import InputError, LpnbError
from ..images import ImageFile, received
from ..ledger import Entry, Ledger
from ..session import Session
from ._given import expect
from ._worker import Job, work
from .conversation import Conversation
from .flow import AUTO
from .shares import Item, Shares


def share_files(
    session: Session,
    conversation: Conversation,
    images: Iterable[Any],
    *,
    caption: str = "",
    preview: str | None = AUTO,
    executor: Executor | None = None,
    workers: int = 16,
    ledger: Ledger | None = None,
    in_order: bool = False,
    progress: bool = True,
) -> Shares:
    """
    Share many *images* in the *conversation*, several at a time: steps 3 to 5 for each of them.

    What goes wrong with one stops no other, and is told in the result. Only when the session's
    repetitions are used up, the conversation is closed, the credentials are refused or the ledger
    fails, the rest is not tried. After an interrupt, what is under way ends with its step.

    Args:
        images: pictures, or what `ImageFile.read` takes, or pairs of one and its caption. They are
            taken one by one as there is work to do. The same picture twice is two messages.
        caption: for those that come without one.
        preview: `AUTO` makes each picture's own, None sends none.
        executor: who works, for instance a process pool or Dask's ``client.get_executor()``;
            threads by default. Other processes build their session from ``LPNB_…`` variables.
        workers: how many threads by default, or how many pictures an *executor* has at a time.
        ledger: notes how far each has come. Run again with the same one, after whatever happened,
            nothing is shared twice. Other machines need it with ``network=True``.
        in_order: publish in the order of *images*; uploads run ahead. What fails is left out.
        progress: show a bar, in a notebook or a terminal.

    Raises:
        InputError: what was given can't be used; nothing was sent.
    """
    expect(
        session=(session, Session),
        conversation=(conversation, Conversation),
        caption=(caption, str),
        ledger=(ledger, Ledger | None),
        executor=(executor, Executor | None),
    )
    conversation.check_for(session)
    threads = executor is None or isinstance(executor, ThreadPoolExecutor)
    _check(images, preview, workers, ledger, threads=threads)
    began = session.clock.monotonic()
    with _kept(ledger, threads=threads) as kept:
        run = _Run(session, replace(conversation, exchanges=()), kept, executor, workers)
        run.common = {"upload_only": in_order, "preview": preview is not None, "caption": caption}
        with _bar(images, shown=progress) as run.bar:
            try:
                run.all(images)
            finally:
                run.leave()
    return Shares(
        items=tuple(item for item in run.items if item),
        seconds=max(session.clock.monotonic() - began, 1e-6),
        mode=session.mode,
        ledger=(ledger.path.name if ledger.path else "in memory") if ledger else "",
        stopped=run.stopped,
    )


def _check(
    images: object, preview: object, workers: object, ledger: Ledger | None, *, threads: bool
) -> None:
    if isinstance(images, Mapping):
        raise InputError(
            "images are a dict, whose keys would be taken: give a list of its values, or of pairs "
            "of a picture and its caption"
        )
    if isinstance(images, str | bytes | os.PathLike | ImageFile) or not hasattr(images, "__iter__"):
        raise InputError("images are many: put them into a list, even if it is one")
    if preview not in (AUTO, None):
        raise InputError("preview is AUTO or None here: share_file takes one of your own")
    if not isinstance(workers, int) or workers < 1:
        raise InputError(f"workers is a number from 1 on, not {workers!r}")
    if ledger is not None and ledger.path is None and not threads:
        raise InputError(
            "a ledger in memory can't be seen by an executor's processes: give it a path, as in "
            "Ledger('shared.db')"
        )


@contextmanager
def _kept(ledger: Ledger | None, *, threads: bool) -> Iterator[Ledger | None]:
    """Give the *ledger*; processes need one, which tells how far a lost one was."""
    if ledger is not None or threads:
        yield ledger
        return
    with (
        tempfile.TemporaryDirectory(prefix="lpnb-", ignore_cleanup_errors=True) as folder,
        Ledger(Path(folder) / "ledger.db") as made,
    ):
        yield made


def _bar(images: Iterable[Any], *, shown: bool) -> Any:
    from tqdm.auto import tqdm  # a notebook's own bar there, and one of characters elsewhere

    total = len(images) if isinstance(images, Sized) else None
    # None: not into a file or a pipe, where nobody watches
    return tqdm(total=total, unit=" files", desc="sharing", disable=None if shown else True)


class _Run:
    """One run over many pictures: so many under way at most, and what became of each in order."""

    bar: Any
    common: dict[str, Any]  # of all its jobs

    def __init__(
        self,
        session: Session,
        conversation: Conversation,
        ledger: Ledger | None,
        executor: Executor | None,
        workers: int,
    ) -> None:
        self.items: list[Item | None] = []
        self.stopped = ""
        self._stopping = threading.Event()
        self._here: Any = (session, conversation, ledger, self._told, self._stopping)
        self._waiting: dict[Any, tuple[float, str]] = {}  # until when, and what is said of it
        self._there: Any = self._here
        # a thread finds its next picture read
        self._most = 2 * workers if executor is None else workers
        if not isinstance(executor, ThreadPoolExecutor | None):
            self._there = (session.__reduce__(), conversation, ledger)
        self._executor = executor or ThreadPoolExecutor(workers, "lpnb")
        self._publisher = ThreadPoolExecutor(1, "lpnb")  # has no thread until it is used
        self._pools = [self._publisher] if executor else [self._publisher, self._executor]
        self._running: dict[Future[Job], tuple[int, Job]] = {}
        self._ended: SimpleQueue[Future[Job]] = SimpleQueue()
        self._uploaded: dict[int, Job] = {}  # and not published, as it is others' turn
        self._turn = self._missed = 0
        self._seen: Counter[str] = Counter()
        self._id = uuid.uuid4().hex

    def all(self, images: Iterable[Any]) -> None:
        """Share them all, or as many as make sense."""
        for place, one in enumerate(images):
            self.items.append(None)
            while len(self._running) + len(self._uploaded) >= self._most:
                self._collect()
            pair = isinstance(one, tuple) and len(one) == 2
            source, caption = one if pair else (one, self.common["caption"])
            entry = Entry(account="", conversation="", sha256="", name=_called(source, place))
            job = Job(entry=entry, source=None, run=self._id, **self.common | {"caption": caption})
            try:
                job = job if self.stopped else self._read(job, source)
            except LpnbError as error:
                self._settle(place, job.failed(error))
            else:
                self._start(place, job, self._executor, self._there)
        while self._running:
            self._collect()

    def leave(self) -> None:
        """Let end what has begun, and begin nothing more."""
        self._stopping.set()
        for future in self._running:
            future.cancel()
        try:
            wait(self._running)
        finally:  # who interrupts once more need not wait
            for pool in self._pools:
                pool.shutdown(wait=False, cancel_futures=True)

    def _read(self, job: Job, source: Any) -> Job:
        expect(**{"the caption beside a picture": (job.caption, str)})
        session, conversation, *_ = self._here
        content, name, _, image = received(source)
        digest = image.sha256 if image else hashlib.sha256(content).hexdigest()
        self._seen[digest] += 1
        entry = replace(
            job.entry,
            name=name or job.entry.name,
            account=session.account.id,
            conversation=conversation.id,
            sha256=digest,
            occurrence=self._seen[digest],
            size=len(content),
        )
        return replace(job, entry=entry, source=image or content)

    def _start(self, place: int, job: Job, executor: Executor, call: tuple[Any, ...]) -> None:
        try:
            future = None if self.stopped else executor.submit(work, job, *call)
        except RuntimeError as error:  # it was shut down, or its processes are no more
            future, self.stopped = None, f"the executor takes no work ({type(error).__name__})"
        if future is None:
            self._settle(place, replace(job, error=f"not tried: {self.stopped}"))
        else:
            self._running[future] = place, job
            future.add_done_callback(self._ended.put)

    def _collect(self) -> None:
        """Wait until one has ended, and note how."""
        if self._waiting and self._ended.empty():
            self._say(refresh=True)  # else the bar may stand still where it was a while ago
        future = self._ended.get()
        place, job = self._running.pop(future)
        if future.cancelled():
            why = self.stopped or "the executor has cancelled it"
            return self._settle(place, replace(job, error=f"not tried: {why}"))
        if (error := future.exception()) is not None:  # its worker lives no more to tell
            why = f"its worker was lost ({type(error).__name__}): run it again with a ledger"
            ledger = self._here[2]
            entry = ledger.entry(job.entry) if ledger else job.entry
            return self._settle(place, replace(job, entry=entry, error=why))
        done = future.result()
        if done.stop and not self.stopped:
            self.stopped = done.stop
            for other in self._running:
                other.cancel()
        if not done.upload_only or done.error or done.entry.stage == "shared":
            return self._settle(place, done)
        self._uploaded[place] = replace(done, source=job.source, upload_only=False)
        return self._take_turns()

    def _settle(self, place: int, job: Job) -> None:
        self.items[place] = item = Item.of(
            job.entry, job.error, note=job.note, moments=job.moments, waits=job.waits
        )
        self._waiting.pop(job.entry.key, None)
        self._missed += item.status != "shared"
        self._say(refresh=False)
        self.bar.update()
        self._take_turns()

    def _told(self, job: Job, wait: Wait) -> None:
        until = self._here[0].clock.monotonic() + wait.seconds
        self._waiting[job.entry.key] = until, f"{job.entry.name[:20]!r}: {wait.short}"
        self._say(refresh=True)

    def _say(self, *, refresh: bool) -> None:
        """Say beside the bar how many were not shared, and who waits, and before what."""
        now = self._here[0].clock.monotonic()
        waiting = [said for until, said in list(self._waiting.values()) if until > now]
        missed = [f"{self._missed:,} not shared"] if self._missed else []
        parts = [*waiting[-1:], *missed]  # one is enough: what is long leaves no room for the bar
        self.bar.set_postfix_str("; ".join(parts), refresh=refresh)

    def _take_turns(self) -> None:
        """Let be published, one after the other, those that have nobody under way before them."""
        while self._turn < len(self.items):
            place, job = self._turn, self._uploaded.pop(self._turn, None)
            if job is None and self.items[place] is None:
                return
            self._turn += 1
            if job is not None:
                self._start(place, job, self._publisher, self._here)


def _called(source: Any, place: int) -> str:
    """Say what a picture is called before it is read."""
    name = source if isinstance(source, str | os.PathLike) else getattr(source, "name", None)
    if isinstance(name, str | os.PathLike):
        name = Path(os.fsdecode(name)).name.encode("utf-8", "replace").decode()
    return name if isinstance(name, str) and name else f"picture {place + 1}"
