"""What all views of the sandbox share: powers passed on, errors translated, tables cut."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from ..card import Card, Fact, Row, Shown, Table
from ..errors import InputError

ROWS = 30  # of a table or a conversation that are shown: the newest
LONGEST = 300  # characters of a text on a card
_NAMED = 5  # names that an error lists


def asking(act: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """
    Do what is asked of the sandbox, and say in lpnb's own error what was wrong with it.

    Raises:
        InputError: *given* or *named* can't be used.
    """
    __tracebackhide__ = True
    try:
        return act(*given, **named)
    except ValueError as error:
        problem = str(error)
    raise InputError(problem)


class View(Shown):
    """Something of the sandbox's, with all its powers, that shows itself."""

    def __init__(self, inside: Any) -> None:
        object.__setattr__(self, "_inside", inside)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # copying and pickling ask before there is an inside
            raise AttributeError(name)
        found = getattr(self._inside, name)
        if not callable(found):
            return found

        @wraps(found)
        def act(*given: Any, **named: Any) -> Any:
            __tracebackhide__ = True
            return asking(found, *given, **named)

        return act

    def __setattr__(self, name: str, value: Any) -> None:
        if hasattr(type(self), name):
            object.__setattr__(self, name, value)
        elif hasattr(self._inside, name):
            asking(setattr, self._inside, name, value)
        else:
            raise AttributeError(f"{self._inside!r} has no {name} to be set")

    def __dir__(self) -> list[str]:
        return dir(self._inside)

    def __repr__(self) -> str:
        return repr(self._inside)

    def __eq__(self, other: object) -> bool:
        return bool(self._inside == (other._inside if isinstance(other, View) else other))

    def __hash__(self) -> int:
        return hash(self._inside)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._inside,)


class MappingView(View, Mapping[str, Any]):
    """What the sandbox holds by id or path, each with a view of its own."""

    kind = "row"
    view: type[View] = View

    def __getitem__(self, name: str) -> Any:
        if name in self._inside:
            return self.view(self._inside[name])
        __tracebackhide__ = True
        raise UnknownName(f"no {self.kind} is {name!r}; {self._instead(str(name))}")

    def _instead(self, name: str) -> str:
        from difflib import get_close_matches  # only who is wrong needs it

        if close := get_close_matches(name, self, n=1):
            return f"did you mean {close[0]!r}?"
        if len(self) > _NAMED:
            return f"there are {len(self):,}, the newest {[*self][-1]!r}"
        return f"there are {', '.join(self) or 'none'}"

    def __contains__(self, name: object) -> bool:
        return name in self._inside

    def __iter__(self) -> Iterator[str]:
        return iter(self._inside)

    def __len__(self) -> int:
        return len(self._inside)


class UnknownName(InputError, KeyError):
    """A name that nothing has."""

    __str__ = Exception.__str__


def plain_card(title: str, *facts: Fact, **more: Any) -> Card:
    """Make a card of the sandbox's."""
    return Card(title=title, mode="SANDBOX", facts=facts, **more)


def table_card(
    title: str, head: tuple[str, ...], rows: tuple[Row, ...], count: int, what: str, rest: str
) -> Card:
    """Make a card of the newest of *count* rows; *rest* is where the others are."""
    table = Table(head, rows) if rows else None
    notes = not_shown(count - len(rows), what, rest)
    return plain_card(title, summary=many(count, what), table=table, notes=notes)


def not_shown(earlier: int, what: str, rest: str) -> tuple[str, ...]:
    """Note where the *earlier* ones are, if there are any."""
    return (f"{earlier:,} earlier {what} are not shown: see {rest}",) if earlier else ()


def many(count: int, what: str) -> str:
    """Write how many there are of *what*, in the plural."""
    return f"{count or 'no'} {what if count != 1 else what.removesuffix('s')}"


def cut(text: str, most: int) -> str:
    """Give *text*, or the begin of a long one, and say so."""
    if len(text) <= most:
        return text
    return f"{text[:most]}… ({len(text):,} characters)" if most > 100 else f"{text[: most - 1]}…"


def end_of(path: str) -> str:
    """Give the end of a path, by which one is told from another."""
    return path if len(path) <= 36 else f"…{path[-32:]}"


def time_of(seconds: float) -> str:
    """Write a time, which is UTC as in every answer."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"
