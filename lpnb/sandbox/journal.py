"""What came in and what went out, newest last, with nothing secret in it."""

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import overload
from urllib.parse import quote

_KEPT = 1000
_SHOWN = frozenset({"v", "version", "grant_type", "temp_url_expires", "inline", "filename"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    One request and its answer.

    Args:
        service: by the Domain API's name, "domain" for the Domain API itself, "" if none matched.
        type: the message type; at storage and elsewhere the method.
        path: with its query, whose values are covered unless known to be harmless.
        status: 0 if a fault ended the connection without an answer.
        time: on the sandbox's clock.
        fault: the fault rule that fired, by its number.
        leaked_token: whether a LivePerson token was sent to storage.
    """

    service: str
    type: str
    method: str
    path: str
    status: int
    time: float
    connection: int
    request_size: int
    response_size: int
    fault: int | None = None
    guess: str = ""
    warnings: tuple[str, ...] = ()
    leaked_token: bool = False


class Journal(Sequence[Entry]):
    """The newest 1000 entries; ``requests`` counts them all, by service."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_KEPT)
        self.requests: Counter[str] = Counter()

    def add(self, entry: Entry) -> None:
        """Write down one more."""
        self._entries.append(entry)
        self.requests[entry.service] += 1

    def clear(self) -> None:
        """Forget all, and count from zero."""
        self._entries.clear()
        self.requests.clear()

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        return list(self._entries)[index]

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(list(self._entries))  # a copy: the server goes on writing

    def __repr__(self) -> str:
        return f"<Journal of {len(self)} entries>"


def shown_path(path: str, query: Mapping[str, str]) -> str:
    """Write path and query with every value covered that might be a secret."""
    return path + _shown_query(tuple(query.items())) if query else path


@lru_cache(maxsize=64)  # most calls have "v=3"
def _shown_query(pairs: tuple[tuple[str, str], ...]) -> str:
    return "?" + "&".join(f"{quote(n)}={quote(v) if n in _SHOWN else '***'}" for n, v in pairs)
