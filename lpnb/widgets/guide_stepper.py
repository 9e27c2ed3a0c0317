"""The form that takes the guide's seven steps, one by one or all at once."""

import contextvars
import functools
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import ipywidgets as ipw
import traitlets
from IPython.display import display

from .. import samples
from ..card import Card
from ..clock import Wait, waiting_told
from ..errors import InputError, LpnbError
from ..images import ImageFile
from ..session import Session
from ..steps.conversation import Conversation
from . import _guide_view as view
from ._countdown import countdown
from ._form import Form, button, row, show, words
from ._front import style
from ._guide import CONVERSATION, STEPS, Guide

_CONFIRM = (
    "Step 1 switches file sharing on for everybody who uses the LIVE account. It is skipped unless "
    "you type the account's id:"
)
_display: Any = display  # which has no types


class GuideStepper(Form):
    """
    Take the guide's seven steps with buttons; ``value`` has the results by the functions' names.

    Each step's card stands below the form, as output of the cell, so that it is saved. On a LIVE
    account step 1 is skipped unless the account's id is typed, as it changes the account for
    everybody. In code: ``fill(...)``, and ``submit()`` takes all steps that are left.

    Args:
        session: whom to speak as.
        image: a picture, an `ImagePicker` or a `PreviewForm`, which gives caption and preview too;
            None takes a drawn sample.
        caption: what the agent reads beside the picture.
        conversation: an open one, for which step 2 need not be taken; starting over closes it.
    """

    value = traitlets.Dict()
    _followed: Any = None  # the form with the picture, until this is closed
    _timer: threading.Timer | None = None  # until the URL ends

    def __init__(
        self,
        session: Session,
        image: Any = None,
        *,
        caption: str | None = None,
        conversation: Conversation | None = None,
    ) -> None:
        if not isinstance(session, Session):
            raise InputError("the steps need a session: give lpnb.connect()")
        self._guide = Guide(session, _source(image), caption)
        if conversation is not None:
            conversation.check_for(session)
            self._guide.results = {CONVERSATION: conversation}
        self._unfolded = self._waits = ""
        self._shown: dict[str, str] = {}
        self._handles: list[Any] = []
        self._busy, self._stopping = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None
        self._strip = {name: button("") for name in STEPS}
        labels = ("", "Run all that are left", "Start over", "", "Stop waiting")
        buttons = [button(label) for label in labels]
        self._next, self._all, self._over, self._fresh, self._stop = buttons
        self._stop.layout.display = "none"
        self._left = countdown(self._draw)
        self._status, self._cards = words(""), ipw.HTML()
        self._confirm = ipw.Text(description="account id", layout=ipw.Layout(width="20em"))
        self._confirm.layout.max_width = "98%"
        live = ipw.VBox((words(f"{_CONFIRM} {session.account.id}."), self._confirm))
        live.layout.display = None if session.mode == "LIVE" else "none"
        super().__init__()
        strip, lines = row(*self._strip.values()), (self._left, self._status, self._problem)
        self.children = (
            ipw.HTML(f"<style>{style('stepper')}</style>", layout=ipw.Layout(display="none")),
            *(live, strip, row(*buttons), *lines, self._cards),
        )
        for name, step in self._strip.items():
            step.on_click(functools.partial(self._unfold, name))
        works = self._guide.take_next, self._guide.take_all, self._guide.start_over
        for pressed, work in zip(buttons, (*works, self._guide.renew), strict=False):
            pressed.on_click(functools.partial(self._begin, work))
        self._stop.on_click(lambda _: self._stopping.set())
        self._confirm.observe(self._draw, "value")
        self._guide.changed = self._changed
        self._follow()

    @property
    def results(self) -> dict[str, Any]:
        """What the steps gave so far: a copy of ``value``."""
        return dict(self.value)

    @property
    def error(self) -> LpnbError | None:
        """What the last step failed with, if it did."""
        return self._guide.failed[1] if self._guide.failed else None

    def fill(
        self, *, image: Any = None, caption: str | None = None, confirm: str | None = None
    ) -> None:
        """Fill in by code: another picture or form, a caption, a LIVE account's id for step 1."""
        with self._lock:
            if image is not None:
                self._guide.source = _source(image)
            if caption is not None:
                self._guide.caption = caption
            if confirm is not None:
                self._confirm.value = confirm
            self._follow()

    def submit(self) -> dict[str, Any]:
        """Take all steps that are left, here and now; ``problem`` says why if one fails."""
        self._guide.take_all()
        return self.results

    def card(self) -> Card:
        """What stands in for the buttons."""
        told = "What each step gave stands below; run the cell again to have the buttons."
        return Card(title="The guide's seven steps", mode=self._guide.session.mode, summary=told)

    def close(self) -> None:
        """Follow the picture no longer, and stop counting."""
        followed, self._followed = self._followed, None
        if followed is not None:
            followed.unobserve(self._draw, "value")
        if self._timer is not None:
            self._timer.cancel()
        super().close()

    def __repr__(self) -> str:
        return f"GuideStepper({view.outcome(self._guide)})"

    def _ipython_display_(self) -> None:
        """Show the form, and below it the cards as output of the cell, which is what is saved."""
        _display(self._repr_mimebundle_(), raw=True)
        if os.environ.get("SERVER_SOFTWARE", "").startswith("voila"):
            return  # which does not show an output's later changes: there the form has the cards
        with self._lock:
            handle = _display(self._shown, raw=True, display_id=True)
            if handle is not None:
                self._handles.append(handle)
                self._cards.value = ""

    def _follow(self) -> None:
        source, before = self._guide.source, self._followed
        if source is not before:
            if before is not None:
                before.unobserve(self._draw, "value")
            self._followed = source if isinstance(source, Form) else None
            if self._followed is not None:
                self._followed.observe(self._draw, "value")
        self._draw()

    def _begin(self, work: Callable[[], Any], pressed: Any) -> None:
        """Work in the background, unless something is on its way: cells can go on meanwhile."""
        # a step that has ended is still being drawn: who presses on at once need not press again
        if not self._busy.acquire(timeout=0 if self._guide.running else 1):
            return

        self._stopping.clear()

        def run() -> None:
            try:
                with waiting_told(self._tell, self._stopping), suppress(KeyboardInterrupt):
                    work()
            finally:
                self._busy.release()
                self._draw()

        # Binder's kernel finds in the context whom a message is for, and a thread begins with none
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(run,), daemon=True)
        self._thread.start()

    def _tell(self, wait: Wait) -> None:
        """Say what is waited for, and let it be stopped."""
        with self._lock:
            self._waits = f" Now {wait}."
            self._draw()

    def _changed(self) -> None:
        """Show that a step has begun, or ended; nothing is waited for then."""
        with self._lock:
            self._waits = ""
            self._draw()

    def _unfold(self, name: str, pressed: Any) -> None:
        with self._lock:
            self._unfolded = "" if self._unfolded == name else name
            self._draw()

    def _draw(self, change: Any = None) -> None:
        """Show how things stand; called from whichever thread has changed them."""
        with self._lock:
            guide = self._guide
            guide.agree(self._confirm.value.strip())
            self._unfolded = guide.running or self._unfolded
            for name, step in self._strip.items():
                is_open = name == self._unfolded
                step.description = view.label(guide, name, is_open=is_open)
                step.tooltip = f"{'Fold' if is_open else 'Unfold'} what {name} gave"
                step._dom_classes = ("lpnb-step", f"lpnb-{guide.state(name)}")
            following, url = guide.next, guide.url
            named = f"{view.numbered(following)}: {view.TITLES[following]}" if following else ""
            self._next.description = f"Run {named}" if following else "All steps are done"
            self._fresh.description = f"Ask for a fresh {view.named(url)}"
            self._fresh.layout.display = None if url else "none"
            self._next.button_style = "primary" if following else ""
            self._over.button_style = "" if following else "primary"
            self._stop.layout.display = None if self._waits else "none"
            left = guide.seconds_left(url)
            self._left.begin(view.named(url), view.ends(guide), left)
            self._wake_up(left)
            show(self._status, view.outcome(guide) + self._waits, role="status")
            failed = guide.failed
            self.say(f"{view.numbered(failed[0])}: {failed[1]}" if failed else "")
            self.value = dict(guide.results)
            shown, before = view.shown(guide, self._unfolded), self._shown
            self._shown = shown
            if not self._handles:
                self._cards.value = shown["text/html"]
            elif shown != before:
                for handle in self._handles:
                    handle.update(shown, raw=True)

    def _wake_up(self, seconds: float | None) -> None:
        """Draw again when the URL has ended."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if seconds is not None and seconds > 0 and self.comm is not None:
            context = contextvars.copy_context()
            self._timer = threading.Timer(seconds + 0.1, context.run, (self._draw,))
            self._timer.daemon = True
            self._timer.start()


def _source(image: Any) -> Any:
    """Give what holds the picture; InputError if there is none in it."""
    source = samples.default() if image is None else image
    if not isinstance(getattr(source, "image", getattr(source, "value", source)), ImageFile):
        raise InputError(
            "the steps are for one picture: give an ImageFile, an ImagePicker for one, or a "
            "PreviewForm"
        )
    return source
