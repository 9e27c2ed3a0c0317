"""A request and its answer as people may see them: secrets are covered when one is made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Kind = Literal["empty", "json", "form", "text", "binary"]


@dataclass(frozen=True, slots=True)
class Body:
    """
    What a message carried, covered: JSON and forms as values, text as text, bytes as their digest.
    """

    kind: Kind = "empty"
    media_type: str = ""
    size: int = 0
    shown: Any = None
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """
    One request and what came of it, made by `Session.send` only.

    Args:
        step: name of the public function that asked.
        service: who was asked, by its name in the Domain API.
        mode: ``"SANDBOX"`` or ``"LIVE"``.
        type: the message type, where the request has one.
        url: with secret parameters masked.
        origins: which earlier step each value of the request came from.
        status: of the answer; None if no whole answer came.
        reason: the status in words, or what went wrong instead.
        seconds: from sending the first byte to reading the last.
        guess: what the sandbox says it can only guess about the real service.
        attempt: 1 for the first, 2 for its first repetition, and so on.
        waited: seconds of waiting before this attempt.
        reached: False if the request surely did not get to the service whole, so that nobody can
            have acted on it.
        earlier: the attempts before it, and what had to be asked first, in order.
        given_up: why it was not repeated once more, where it could have been.
    """

    step: str
    service: str
    mode: str
    method: str
    url: str
    type: str = ""
    origins: Mapping[str, str] = field(default_factory=dict)
    sent_headers: tuple[tuple[str, str], ...] = ()
    sent: Body = field(default_factory=Body)
    status: int | None = None
    reason: str = ""
    received_headers: tuple[tuple[str, str], ...] = ()
    received: Body = field(default_factory=Body)
    seconds: float = 0.0
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    guess: str = ""
    attempt: int = 1
    waited: float = 0.0
    reached: bool = True
    earlier: tuple["Exchange", ...] = field(default=(), repr=False, compare=False)
    given_up: str = ""

    @property
    def all(self) -> tuple["Exchange", ...]:
        """What came before it, and then this."""
        return (*self.earlier, self)

    @property
    def which(self) -> str:
        """Which attempt it was, in words; empty for the first."""
        if self.attempt == 1:
            return ""
        ending = {2: "nd", 3: "rd"}.get(self.attempt, "th")  # nothing is tried 22 times
        when = f"after {self.waited:g} s" if self.waited else "at once"
        return f"{self.attempt}{ending} attempt, {when}"

    @property
    def host(self) -> str:
        """The host that was asked, with its port where it has one."""
        return self.url.split("/", 3)[2]

    @property
    def ok(self) -> bool:
        """Whether the answer's status is one of success."""
        return self.status is not None and 200 <= self.status < 300

    def as_text(self, *, brief: bool = False) -> str:
        """The whole exchange as plain text; *brief* leaves out headers and explanations."""
        from . import render  # drawing is for those who look; scripts never load it

        return render.exchange_text(self, brief=brief)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from . import render

        return {"text/plain": self.as_text(), "text/html": render.exchange_html(self)}

    def __str__(self) -> str:
        answer = f"{self.status} {self.reason}" if self.status else self.reason
        which = f" ({self.which})" if self.which else ""
        return f"{self.step}: {self.method} {self.url}{which} → {answer} ({self.seconds:.3f} s)"
