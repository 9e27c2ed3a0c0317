"""What every step's result has in common: its exchanges, and a card that shows them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ..card import Card, Fact, Picture, Shown
from ..errors import InputError
from ..exchange import Exchange
from ..wire import known_as

_TITLES = {
    "find_domains": ("Before the steps", "Look up the domains"),
    "log_in": ("Step 1", "Log in as an administrator"),
    "enable_file_sharing": ("Step 1", "Enable file sharing"),
    "log_out": ("Step 1", "Log out"),
    "get_app_token": ("Before step 2", "Get the app's token (AppJWT)"),
    "get_consumer_token": ("Before step 2", "Get the consumer's token (ConsumerJWS)"),
    "create_conversation": ("Step 2", "Create a conversation"),
    "close_conversation": ("After the steps", "Close the conversation"),
    "request_upload_url": ("Step 3", "Request an upload URL"),
    "upload_file": ("Step 4", "Upload the file to storage"),
    "publish_file": ("Step 5", "Publish the file in the conversation"),
    "find_published": ("Beside step 5", "Look for the file in the conversation"),
    "request_download_url": ("Step 6", "Request a download URL"),
    "download_file": ("Step 7", "Download the file from storage"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult(Shown):
    """
    What a step gives: typed values, and the exchanges they came from.

    ``.looked`` tells that no good answer came, and what looking for it told, if that was so.
    ``.exchanges`` holds every request made for it in order, ``.exchange`` the last one. There is
    none where it is known from an earlier run.
    """

    exchanges: tuple[Exchange, ...] = field(repr=False, compare=False)
    looked: str = field(default="", repr=False, compare=False)

    @property
    def exchange(self) -> Exchange:
        """The step's own exchange, the last of them."""
        return newest(self.exchanges)

    def facts(self) -> tuple[Fact, ...]:
        """The values to see at a glance."""
        return ()

    def pictures(self) -> tuple[Picture, ...]:
        """The pictures to see at a glance."""
        return ()

    def notes(self) -> tuple[str, ...]:
        """Sentences to know about this result."""
        return (self.looked,) if self.looked else ()

    def card(self) -> Card:
        """Which step it was, who was asked, how it went, and the exchanges folded below."""
        if not self.exchanges:
            return Card(title="Known from an earlier run", facts=self.facts())
        last = self.exchange
        label, title = _TITLES[last.step]
        steps = [one.step for one in self.exchanges]
        first = len(set(steps[: steps.index(last.step)]))
        more = [
            one.which + (f" ({one.step})" if one.step != last.step else "")
            for one in self.exchanges
            if one.which
        ]
        notes = [*self.notes()]
        if first:
            calls = "call was" if first == 1 else "calls were"
            notes.append(
                f"{first} {calls} made first, for what this one needs: they are folded below, in "
                "order"
            )
        if more:
            notes.append(
                f"It did not work at once: {'; '.join(more)}. Each is folded below, in order."
            )
        guesses = dict.fromkeys(one.guess for one in self.exchanges if one.guess)
        return Card(
            title=title,
            label=label,
            mode=last.mode,
            verdict="ok",
            summary=summary(last),
            facts=self.facts(),
            pictures=self.pictures(),
            exchanges=self.exchanges,
            notes=(*notes, *map(guessed, guesses)),
        )


def newest(exchanges: Iterable[Exchange]) -> Exchange:
    """Give the last of a result's *exchanges*, if there are any."""
    found = list(exchanges)
    if not found:
        raise InputError("nothing was sent for this now: it is known from an earlier run")
    return found[-1]


def utc(moment: float) -> str:
    """Write epoch seconds as a date and a time of day."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S} UTC"


def clock(moment: float) -> str:
    """Write epoch seconds as a time of day."""
    return f"{datetime.fromtimestamp(moment, UTC):%H:%M:%S} UTC"


def label_of(exchange: Exchange) -> str:
    """Say where in the guide the step of *exchange* stands, for instance ``"Step 3"``."""
    return _TITLES[exchange.step][0]


def summary(exchange: Exchange) -> str:
    """Say in one line who was asked and what the answer was."""
    return (
        f"{known_as(exchange.service)} at {exchange.host} answered {exchange.status} "
        f"{exchange.reason} in {1000 * exchange.seconds:.1f} ms · sent {exchange.sent.size:,} "
        f"bytes, received {exchange.received.size:,}"
    )


def guessed(what: str) -> str:
    """Say that the sandbox can only guess *what* the real service does."""
    return f"A guess of the sandbox, as LivePerson's documentation leaves it open: {what}"
