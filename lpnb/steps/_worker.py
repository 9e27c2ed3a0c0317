"""One picture of many, in whichever thread or process it is shared."""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ..clock import Wait, waiting_told
from ..errors import ConversationClosed, CredentialsRefused, LedgerFailed, LpnbError
from ..images import ImageFile, Preview
from ..ledger import Entry, Ledger
from ..session import Session
from ._result import StepResult
from .conversation import Conversation
from .resumable import claimed, publish_once, upload_once

# how many moments of a picture are known then
_BEGUN, _PREPARED, _ASKED, _UPLOADED, _TURN, END = range(1, 7)
_drawing = threading.BoundedSemaphore(os.cpu_count() or 1)  # what is decoded takes room


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """
    One picture on its way to a worker, which may be in another process, and back.

    Args:
        source: the picture, or its bytes, which nobody has judged yet; None on the way back.
        upload_only: it will be published when its turn comes.
        type: of the picture, once it is judged; *small* is its preview then.
        moments: when each phase began, and when the last one ended.
        waits: from when to when it only waited, to repeat or to look.
        note: that its publishing was looked for.
        error: what was in the way; *stop* if it is in the way of all the others as well.
        run: of which it is a part, so that no executor takes it for one it has done before.
    """

    entry: Entry
    source: ImageFile | bytes | None = field(repr=False)
    caption: str
    preview: bool
    upload_only: bool
    run: str
    type: str = ""
    small: Preview | None = field(default=None, repr=False)
    moments: tuple[float, ...] = ()
    waits: tuple[tuple[float, float], ...] = ()
    note: str = ""
    error: str = ""
    stop: str = ""

    def picture(self) -> tuple[ImageFile, Preview | None]:
        """Give the picture, judged, and its preview."""
        image = self.source
        if self.type and isinstance(image, bytes):
            image = ImageFile(self.entry.name, self.type, image)
        if self.type and isinstance(image, ImageFile):
            return image, self.small
        with _drawing:
            if not isinstance(image, ImageFile):
                image = ImageFile.read(image, name=self.entry.name)
            return image, image.preview() if self.preview else None

    def failed(self, problem: BaseException, *, stop: str = "") -> "Job":
        """Give it as it is after a *problem*."""
        error = f"{type(problem).__name__}: {problem}"
        return replace(self, source=None, error=error, stop=stop)


_Told = Callable[[Job, Wait], object]


def work(
    job: Job,
    session: Session | tuple[Callable[..., Session], tuple[str, ...]],
    conversation: Conversation,
    ledger: Ledger | None,
    told: _Told = lambda job, wait: None,
    stopping: threading.Event | None = None,
) -> Job:
    """
    Share one picture, or take it as far as the *job* says, and give what became of it.

    Args:
        told: of each wait, which ends when *stopping* is set.
    """
    if not isinstance(session, Session):
        make, arguments = session
        try:
            session = make(*arguments)
        except LpnbError as error:  # of the environment, which is the same for all
            return job.failed(error, stop=str(error))
    return _Work(job, session, told, stopping).done(conversation, ledger)


@dataclass
class _Work:
    _job: Job
    _session: Session
    _told: _Told
    _stopping: threading.Event | None

    def done(self, conversation: Conversation, ledger: Ledger | None) -> Job:
        self._moments, self._waits = list(self._job.moments), list(self._job.waits)
        self._until(len(self._moments) + 1)
        problem: LpnbError | None = None
        try:
            with waiting_told(self._wait, self._stopping):
                self._share(conversation, ledger)
        except LpnbError as error:
            problem = error
        except Exception as error:  # noqa: BLE001 - for want of memory, say: what is done is told
            why = f"broken off by {type(error).__name__}, which nobody foresaw"
            problem = LpnbError(f"{why}: see whether the agent has it before you run it again")
        if problem:
            self._until(len(self._moments) + 1)
        moments, waits = tuple(self._moments), tuple(self._waits)
        job = replace(self._job, source=None, moments=moments, waits=waits)
        return job.failed(problem, stop=self._end_of_all(problem)) if problem else job

    def _share(self, conversation: Conversation, ledger: Ledger | None) -> None:
        session, job = self._session, self._job
        with claimed(session, job.entry, ledger) as claim:
            try:
                if claim.entry.stage == "shared":
                    return
                image, small = job.picture()
                self._until(_PREPARED)
                _, stored = upload_once(session, image, claim, self._watch)
                self._until(_UPLOADED)
                job = replace(job, type=image.type, small=small)
                if not job.upload_only:
                    self._until(_TURN)
                    caption = job.caption
                    published = publish_once(
                        session, conversation, stored, claim, caption=caption, preview=small
                    )
                    job = replace(job, note=published.looked)
                    self._until(END)
            finally:
                self._job = replace(job, entry=claim.entry)

    def _wait(self, wait: Wait) -> None:
        """Note that it will only wait for some time, and tell of it."""
        now = self._session.clock.time()
        self._waits.append((now, now + wait.seconds))
        self._told(self._job, wait)

    def _watch(self, result: StepResult) -> None:
        self._until(_ASKED if result.exchange.method == "POST" else _UPLOADED)
        if self._stopping is not None and self._stopping.is_set():
            raise LpnbError("the run was interrupted")

    def _until(self, count: int) -> None:
        """Note that it is now, so that *count* moments are known."""
        now = self._session.clock.time()
        self._moments += [now] * (count - len(self._moments))
        if self._waits and self._waits[-1][1] > now:
            self._waits[-1] = self._waits[-1][0], now

    def _end_of_all(self, problem: LpnbError) -> str:
        """Say why no other picture needs to be tried after this *problem*, if that is so."""
        if self._session.budget.empty:
            return "the service fails so often that the session's repetitions are used up"
        everybodys = ConversationClosed | CredentialsRefused | LedgerFailed
        return str(problem) if isinstance(problem, everybodys) else ""
