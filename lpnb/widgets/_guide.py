"""The guide's seven steps, one after the other, and how far they have come; knows no widget."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal
from weakref import WeakKeyDictionary

from ..card import Card
from ..errors import ConfirmationNeeded, ConversationClosed, LpnbError
from ..session import Session
from ..steps.account import enable_file_sharing, log_in
from ..steps.conversation import Conversation, close_conversation, create_conversation
from ..steps.download import download_file, request_download_url
from ..steps.publish import publish_file
from ..steps.temporary_url import TemporaryUrl
from ..steps.upload import request_upload_url, upload_file

State = Literal["waiting", "running", "done", "refused", "expired", "skipped"]
SHARING, CONVERSATION, ASK, UPLOAD, PUBLISH, ASK_BACK, DOWNLOAD = STEPS = (
    "enable_file_sharing",
    "create_conversation",
    "request_upload_url",
    "upload_file",
    "publish_file",
    "request_download_url",
    "download_file",
)
_open: WeakKeyDictionary[Session, Conversation] = WeakKeyDictionary()
_USED_BY = {ASK: UPLOAD, ASK_BACK: DOWNLOAD}  # temporary URLs


class Guide:
    """
    What the steps gave so far, by the functions' names, and which is next.

    Nothing else is kept: each state follows from the results, the last error and the clock.

    Args:
        source: a picture, or a form that holds one.
        caption: None takes the form's own, if it has one.
    """

    def __init__(self, session: Session, source: Any, caption: str | None) -> None:
        self.session, self.source, self.caption = session, source, caption
        self.confirm = ""
        # one that another form of this session's opened, which may be gone from the page
        talk = _open.get(session)
        self.results: dict[str, Any] = {CONVERSATION: talk} if talk else {}
        self.failed: tuple[str, LpnbError] | None = None
        self.running = ""
        self._taken: Any = None  # the picture that the URL was asked for
        # called when a step begins and when it ends, on whichever thread takes it
        self.changed: Callable[[], Any] = lambda: None
        self._turn = threading.RLock()  # one step at a time, whoever asks

    @property
    def image(self) -> Any:
        """The picture to share."""
        own = getattr(self.source, "value", self.source)
        return getattr(self.source, "image", own)

    @property
    def stale(self) -> bool:
        """Whether another picture was chosen since step 3."""
        return self._taken is not None and self._taken is not self.image

    def state(self, name: str) -> State:
        """How the step of that *name* stands."""
        if name == self.running:
            return "running"
        if self.failed and self.failed[0] == name:
            return "refused"
        if name in self.results:
            left = self.seconds_left(name)
            return "expired" if left is not None and left <= 0 else "done"
        live = self.session.mode == "LIVE"
        return "skipped" if name == SHARING and live and not self.confirm else "waiting"

    def seconds_left(self, name: str) -> float | None:
        """How long a temporary URL lasts that is still to be used; None: there is none."""
        url = self.results.get(name)
        if not isinstance(url, TemporaryUrl) or _USED_BY[name] in self.results:
            return None
        return url.seconds_left(self.session)

    @property
    def url(self) -> str:
        """The step whose temporary URL is still to be used, or nothing."""
        return next((name for name in _USED_BY if self.seconds_left(name) is not None), "")

    @property
    def next(self) -> str:
        """The step to take next; nothing when all are done."""
        for name in STEPS:
            if name == ASK and self.stale:
                return name
            if self.state(name) not in ("done", "skipped"):
                return name
        return ""

    def agree(self, confirm: str) -> None:
        """Take what was typed as a LIVE account's id; empty skips step 1, also if it had failed."""
        if confirm != self.confirm:
            self.confirm = confirm
            if self.failed and self.failed[0] == SHARING:
                self.failed = None

    def take(self, name: str) -> bool:
        """Take a step; whether it worked, else ``failed`` has the error."""
        with self._turn:
            self.running, self.failed = name, None
            try:
                self.changed()
                self._take(name)
            except LpnbError as error:
                self.failed = name, error
            finally:
                self.running = ""
                self.changed()
            return self.failed is None

    def take_next(self) -> bool:
        """Take one of the steps that are left, if any."""
        with self._turn:
            return not self.next or self.take(self.next)

    def renew(self) -> bool:
        """Ask for a fresh temporary URL in place of the one that is still to be used."""
        with self._turn:
            return not self.url or self.take(self.url)

    def take_all(self) -> bool:
        """Take all steps that are left; whether all worked."""
        with self._turn:
            while name := self.next:
                if not self.take(name):
                    return False
            return True

    def start_over(self) -> None:
        """Close the conversation, as a consumer may have one only, and forget all results."""
        with self._turn:
            talk, self.failed = self.results.get(CONVERSATION), None
            try:
                if talk is not None:
                    close_conversation(self.session, talk)
            except ConversationClosed:
                pass  # as it was to be
            except LpnbError as error:
                self.failed = CONVERSATION, error
            if not self.failed:
                self.results, self._taken = {}, None
                _open.pop(self.session, None)
            self.changed()

    def _take(self, name: str) -> None:
        session, done = self.session, dict(self.results)  # a copy, as other threads look at it
        result: Any = None
        if name == SHARING:
            result = self._switch_on()
        elif name == CONVERSATION:
            result = _open[session] = create_conversation(session)
        elif name == ASK:
            self._taken = self.image
            for later in STEPS[2:]:
                done.pop(later, None)
            result = request_upload_url(session, self._taken)
        elif name == UPLOAD:
            result = upload_file(session, done[ASK], self._taken)
        elif name == PUBLISH:
            talk: Conversation = done[CONVERSATION]
            result = publish_file(session, talk, done[UPLOAD], **self._words())
        elif name == ASK_BACK:
            result = request_download_url(session, done[PUBLISH])
        else:
            result = download_file(session, done[ASK_BACK])
        self.results = {**done, name: result}

    def _switch_on(self) -> Any:
        """Take step 1; on a LIVE account only with its id, which is looked at before logging in."""
        session, id = self.session, self.session.account.id
        if session.mode == "LIVE" and self.confirm != id:
            raise ConfirmationNeeded(
                f"{self.confirm!r} is not the id of the LIVE account {id}: type it, or empty the "
                "field to leave its settings alone"
            )
        return enable_file_sharing(session, log_in(session), confirm=self.confirm)

    def _words(self) -> dict[str, Any]:
        """Give the caption and the preview, the form's own where it has them."""
        own = getattr(self.source, "caption", "")
        caption = own if self.caption is None else self.caption
        has_own = hasattr(self.source, "caption")
        return {"caption": caption, "preview": self.source.value if has_own else self._taken}

    def cards(self) -> dict[str, tuple[Card, ...]]:
        """What there is to show of each step that was taken."""
        found: dict[str, tuple[Card, ...]] = {
            name: (result.card(),) for name, result in self.results.items()
        }
        if DOWNLOAD in found:
            compared = self.results[DOWNLOAD].compare(self.results[UPLOAD].sha256)
            found[DOWNLOAD] = (replace(compared.card(), pictures=()), *found[DOWNLOAD])
        if self.failed:
            name, error = self.failed
            label = f"Step {STEPS.index(name) + 1}"
            found[name] = (
                Card(
                    title=f"{name} did not work",
                    label=label,
                    mode=self.session.mode,
                    verdict="refused",
                    summary=str(error),
                    exchanges=error.exchanges,
                ),
            )
        return found
