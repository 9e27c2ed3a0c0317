"""What came in and what went out, newest last, with nothing secret in it."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from .http import Answer, Request, md5_of

if TYPE_CHECKING:
    from .cover import Cover

_ENTRIES = 1000
_KEPT = 5 * 1024  # bytes of a body
_LARGE = 16 * 1024  # characters of a request's headers
_TEXTS = ("application/json", "application/x-www-form-urlencoded", "text/")
_TOKENS = ("authorization", "x-lp-on-behalf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """
    One side of an entry, its secrets covered.

    Args:
        headers: of an answer, those that the service or a fault gave it.
        body: a text, cut if it is long; "" if it is none.
        type: its media type.
        md5: of a body that is no text.
    """

    headers: dict[str, str]
    body: str
    type: str
    md5: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    One request and its answer.

    Args:
        number: from 1 on; the mark that `Journal.since` takes.
        service: by the Domain API's name, "domain" for the Domain API itself, "" if none matched.
        type: the message type; at storage and elsewhere the method.
        path: with its query, whose values are covered unless known to be harmless.
        status: 0 if a fault ended the connection without an answer.
        time: on the sandbox's clock.
        fault: the fault rule that fired, by its number.
        fault_name: its name, if it has one.
        leaked_token: whether a LivePerson token was sent to storage.
    """

    number: int
    service: str
    type: str
    method: str
    path: str
    status: int
    time: float
    connection: int
    request_size: int
    response_size: int
    request: Message
    answer: Message
    fault: int | None = None
    guess: str = ""
    warnings: tuple[str, ...] = ()
    leaked_token: bool = False
    fault_name: str = ""

    @property
    def fault_words(self) -> str:
        """The fault by name, or else by number; empty if none fired."""
        return "" if self.fault is None else f"fault {self.fault_name or self.fault}"


class Journal(Sequence[Entry]):
    """
    The newest 1000 entries; ``requests`` counts them all, by service.

    An entry is covered when it is made, and it is made when somebody looks: covering takes longer
    than a whole request, and most entries are forgotten unseen. What waits for that is a function,
    into which no repr, dump or copy looks, and a pickle takes the entries.

    Args:
        secrets: gives the values to be covered wherever they turn up: those that last, and those
            that were issued.
    """

    def __init__(self, secrets: Callable[[], tuple[Iterable[str], Iterable[str]]]) -> None:
        self._kept: deque[Any] = deque(maxlen=_ENTRIES)  # of entries, then of what makes them
        self._secrets = secrets
        self._lock = threading.Lock()
        self.requests: Counter[str] = Counter()
        self.mark = 0

    def add(
        self,
        request: Request,
        answer: Answer,
        *,
        service: str,
        kind: str,
        content: bytes,
        md5: str,
        time: float,
        fault: int | None,
        fault_name: str = "",
    ) -> None:
        """Write down one more; *md5* is the digest of *content*, if anyone has made one."""
        delivery = answer.delivery
        end = delivery.truncate if isinstance(delivery.truncate, int) else None
        body = b"" if request.method == "HEAD" else answer.body[:end]
        untouched = answer.status == 200 and fault is None
        etag = answer.headers.get("Etag", "") if untouched else ""
        status = 0 if delivery.ending and delivery.truncate is None else answer.status
        media_type = answer.headers.get("Content-Type", "").partition(";")[0]
        sent = *_begin(content, request.media_type, md5), request.headers
        got = *_begin(body, media_type, etag), answer.headers
        # Of the answer only this is to wait for the entry: its body may be large.
        guess, warnings, padding = answer.guess, answer.warnings, delivery.padding

        def entry(cover: "Cover") -> Entry:
            return Entry(
                number=number,
                service=service,
                type=cover.short(kind),
                method=cover.short(request.method),
                path=cover.target(request.path, request.query),
                status=status,
                time=time,
                connection=request.connection,
                request_size=sent[1],
                response_size=got[1] + padding,
                request=_message(sent, cover),
                answer=_message(got, cover),
                fault=fault,
                fault_name=cover.short(fault_name),
                guess=guess,
                warnings=tuple(map(cover.short, warnings)),
                leaked_token=service == "swift" and not request.headers.keys().isdisjoint(_TOKENS),
            )

        with self._lock:
            number = self.mark = self.mark + 1
            self._kept.append(entry)
            self.requests[service] += 1
        if sum(map(len, request.headers.values())) > _LARGE:
            self._entries()  # so that what waits to be covered stays small

    def clear(self) -> None:
        """Forget all, and count from zero."""
        with self._lock:
            self._kept.clear()
            self.requests.clear()
            self.mark = 0

    def since(self, mark: int) -> list[Entry]:
        """
        Give the entries that came after *mark*, as `mark` was then.

        Raises:
            ValueError: there never was such a mark since the last reset.
        """
        if not 0 <= mark <= self.mark:
            raise ValueError(f"no mark is {mark!r}: since the last reset they go to {self.mark}")
        return [entry for entry in self if entry.number > mark]

    def find(self, *, since: int = 0, **wanted: Any) -> list[Entry]:
        """
        Give the entries of which all this holds: ``find(service="swift", status=401)``.

        Args:
            since: a mark, as for `since`.
            wanted: values by the names of an entry's fields.

        Raises:
            ValueError: an entry has no such field.
        """
        fields = [name for name in Entry.__slots__ if name not in ("request", "answer")]
        if unknown := sorted(set(wanted) - set(fields)):
            raise ValueError(f"an entry has no {', '.join(unknown)}; it has {', '.join(fields)}")
        return [
            entry
            for entry in self.since(since)
            if all(getattr(entry, name) == value for name, value in wanted.items())
        ]

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        return self._entries()[index]

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries())

    def __repr__(self) -> str:
        return f"<Journal of {len(self)} entries>"

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (self._entries(),)  # to another process goes what may be seen

    def _entries(self) -> list[Entry]:
        with self._lock:
            waiting = []
            while self._kept and not isinstance(self._kept[-1], Entry):
                waiting.append(self._kept.pop())
            if waiting:
                from .cover import Cover  # nobody who does not look needs it

                cover = Cover(*self._secrets())
                self._kept.extend(entry(cover) for entry in reversed(waiting))
            return [*self._kept]


def _begin(body: bytes, media_type: str, md5: str) -> tuple[bytes, int, str, str]:
    """Keep the begin of *body* only; the rest of a picture is to be forgotten."""
    if len(body) > _KEPT and len(md5) != 32 and not media_type.startswith(_TEXTS):
        md5 = md5_of(body)
    return body[:_KEPT], len(body), media_type, md5


def covered(content: bytes, media_type: str, headers: Mapping[str, str], cover: "Cover") -> Message:
    """Give what one side said as the journal has it."""
    return _message((*_begin(content, media_type, ""), headers), cover)


def _message(side: tuple[Any, ...], cover: "Cover") -> Message:
    begin, size, media_type, md5, headers = side
    text = cover.body(begin, size)
    if begin and not text and not md5:
        md5 = md5_of(begin) if len(begin) == size else ""
    return Message(
        headers={cover.short(name): cover.header(name, str(one)) for name, one in headers.items()},
        body=text,
        type=cover.short(media_type),
        md5="" if text or not begin else md5,
    )
