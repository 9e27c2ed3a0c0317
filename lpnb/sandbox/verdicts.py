"""What becomes of a messaging request: done, or not done and why."""

from dataclasses import dataclass
from typing import Any

from .guesses import Guesses


@dataclass(frozen=True, slots=True)
class Done:
    """A request carried out: the body of its answer, and the guess it rests on, if any."""

    body: dict[str, Any]
    guess: str = ""


class NotDone(ValueError):
    """
    A request refused.

    Args:
        why: for the journal, in one sentence that names the field.
        words: what the answer says, which is mostly less.
        guess: the guess it rests on, if any.
    """

    def __init__(
        self,
        why: str,
        words: str = "Bad Request",
        *,
        status: int = 400,
        code: str = "BAD_REQUEST",
        guess: str = "",
    ) -> None:
        super().__init__(why)
        self.words = words
        self.status = status
        self.code = code
        self.guess = guess


def let_pass(guesses: Guesses, name: str, why: str, words: str = "Bad Request") -> str:
    """
    Do as the guess *name* says, and give that name, on which the answer then rests.

    Raises:
        NotDone: the guess is that it is refused.
    """
    if guesses[name] == "refused":
        raise NotDone(why, words, guess=name)
    return name
