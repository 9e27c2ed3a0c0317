"""A ledger as its users know it: an entry for each file, a claim for who works on one."""

import operator
import os
import sqlite3
from collections import Counter
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, Self

from ..card import Card, Fact, Row, Shown, Table
from ..errors import InputError, LedgerFailed, LpnbError
from .store import Store

Stage = Literal["new", "stored", "publishing", "shared"]
_STAGES: dict[Stage, str] = {
    "shared": "in their conversation",
    "publishing": "published or not: run again to look, or tell with ledger.settle",
    "stored": "uploaded, and not published",
    "new": "not uploaded",
}
_LISTED = 20  # files that a ledger's card lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    One file in one conversation, and how far it has come. It holds neither bytes nor secrets.

    Args:
        occurrence: the same bytes twice in one list are two messages, and two entries.
        stage: ``"new"``; ``"stored"``, its bytes lie at *relative_path*; ``"publishing"``, it is
            being published, or was when its process ended, so somebody has to look; ``"shared"``.
        stored: when its bytes were stored, by the service's clock; likewise *published*.
        error: what was in the way in the newest run.
    """

    account: str
    conversation: str
    sha256: str
    occurrence: int = 1
    name: str = ""
    size: int = 0
    md5: str = ""
    stage: Stage = "new"
    relative_path: str = ""
    etag: str = ""
    sequence: int | None = None
    stored: float | None = None
    published: float | None = None
    error: str = ""

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What no other entry has."""
        return self.account, self.conversation, self.sha256, self.occurrence


_NAMES = [field.name for field in fields(Entry)]
_VALUES = operator.attrgetter(*_NAMES)
_KEY = "account = ? AND conversation = ? AND sha256 = ? AND occurrence = ?"
_CREATE = (
    f"CREATE TABLE files ({', '.join(_NAMES)}, owner, "
    "PRIMARY KEY (account, conversation, sha256, occurrence)) WITHOUT ROWID"
)
_READ = f"SELECT {', '.join(_NAMES)}, owner FROM files"
_WRITE = f"REPLACE INTO files VALUES ({', '.join('?' * (len(_NAMES) + 1))})"
_SET = ", ".join(f"{name} = ?" for name in (*_NAMES, "owner"))
_CHANGE = f"UPDATE files SET {_SET} WHERE {_KEY} AND owner = ?"


@dataclass
class Claim:
    """
    One file in the hands of one who works on it: nobody else touches its entry meanwhile.

    Without a ledger the entry is kept as long as the claim is.
    """

    entry: Entry
    ledger: "Ledger | None" = None

    def note(self, *, durable: bool = False, **changes: Any) -> None:
        """
        Change the entry; *durable*: it is on disk before this returns, even if power fails.

        Raises:
            LedgerFailed: it could not be written, so what it announces must not be done.
        """
        entry = replace(self.entry, **changes)
        if self.ledger is not None:
            self.ledger.change(entry, durable=durable)
        self.entry = entry

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, problem: BaseException | None, traceback: object) -> None:
        said = str(problem) if isinstance(problem, LpnbError) else ""
        if said != self.entry.error:
            self.entry = replace(self.entry, error=said)
        if self.ledger is not None and not isinstance(problem, LedgerFailed):
            self.ledger.change(self.entry, done=True)


class Ledger(Shown):
    """
    Keep what became of each file at *path*, or in memory as long as the object lives.

    Give it to `share_file` and `share_files`: run again with the same ledger they go on where they
    stopped, after an error, an interrupt or the end of the process. Several processes may use one
    at once. It is pickled as its path.

    Args:
        network: for a new one, that its disk is in a network, for processes on several machines:
            slower, and only as sure as that disk's locks. Else they have to be on one machine.

    Raises:
        InputError: no ledger can be kept at *path*.
    """

    def __init__(
        self, path: str | os.PathLike[str] | None = None, *, network: bool = False
    ) -> None:
        if not isinstance(path, str | os.PathLike | None):
            raise InputError(
                f"a ledger is kept at a path, not at something of type {type(path).__name__}"
            )
        self._keep(None if path is None else Path(path).expanduser().absolute(), network=network)
        self.entries("")

    def _keep(self, path: Path | None, *, network: bool = False) -> None:
        self.path = path
        self._store = Store(path, _CREATE, network=network)
        self._held: set[Any] = set()  # by threads of ours

    def entries(self, conversation: str | None = None) -> list[Entry]:
        """Give what became of each file, in the conversation of this id or in all of them."""
        rule = "" if conversation is None else " WHERE conversation = ?"
        values = () if conversation is None else (conversation,)
        rows = self._store.run(lambda db: db.execute(_READ + rule, values).fetchall())
        return sorted(map(_entry, rows), key=lambda one: (one.stored or 0, one.key))

    def entry(self, like: Entry) -> Entry:
        """Give what became of the file of the entry *like*, or that itself if nothing did."""
        row = self._store.run(lambda db: db.execute(f"{_READ} WHERE {_KEY}", like.key).fetchone())
        return like if row is None else _entry(row)

    def claim(self, new: Entry) -> Claim | None:
        """Take the file of the entry *new* in hand; None while a living process has it."""
        store = self._store

        def take(db: sqlite3.Connection) -> Entry | None:
            row = db.execute(f"{_READ} WHERE {_KEY}", new.key).fetchone()
            owner = row and row[-1]
            mine = owner == store.owner and (owner, new.key) in self._held
            if mine or (owner != store.owner and store.lives(owner)):
                return None
            # a file's name may be no text
            name = new.name.encode("utf-8", "replace").decode()
            entry = _entry(row) if row else replace(new, name=name)
            db.execute(_WRITE, (*_VALUES(entry), store.owner))
            return entry

        with store.lock:
            entry = store.run(take, whole=True)
            if entry is None:
                return None
            self._held.add((store.owner, new.key))
        return Claim(entry, self)

    def change(self, entry: Entry, *, durable: bool = False, done: bool = False) -> None:
        """Write the *entry* of a claim; *done*: the claim ends with it."""
        store = self._store
        values = (*_VALUES(entry), None if done else store.owner, *entry.key, store.owner)
        with store.lock:
            if done:
                self._held.discard((store.owner, entry.key))
            ours = store.run(lambda db: db.execute(_CHANGE, values).rowcount)
        if not ours:
            raise LedgerFailed(
                f"{store} says that {entry.name!r} is another process's now: see that nobody "
                "removes the files beside it, and run again"
            )
        if durable:
            store.flush()

    def settle(self, relative_path: str, *, published: bool) -> None:
        """
        Say whether the file at *relative_path* is in its conversation, where lpnb can't look.

        Raises:
            InputError: the outcome of no such file is open.
        """
        stage: Stage = "shared" if published else "stored"
        where = "relative_path = ? AND stage = 'publishing'"

        def settle(db: sqlite3.Connection) -> bool:
            rows = db.execute(f"{_READ} WHERE {where}", (relative_path,)).fetchall()
            if any(self._store.lives(row[-1]) for row in rows):
                return False
            values = [(*_VALUES(replace(_entry(row), stage=stage, error="")), None) for row in rows]
            return bool(db.executemany(_WRITE, values).rowcount > 0)

        if not self._store.run(settle, whole=True):
            raise InputError(
                f"there is no file at {relative_path[:120]!r} whose outcome is open: look at "
                "ledger.entries()"
            )

    def close(self) -> None:
        """Give the file back; used again, the ledger opens it again."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> Any:
        if self.path is None:
            raise InputError(
                "a ledger in memory stays in its process: give it a path, as in Ledger('shared.db')"
            )
        return _in_this_process, (self.path,)

    def __repr__(self) -> str:
        return f"<Ledger {self.path or 'in memory'}>"

    def card(self) -> Card:
        """How many files have come how far, and what was in the way of some."""
        entries = self.entries()
        counts = Counter(one.stage for one in entries)
        missed = [one for one in entries if one.stage != "shared"]
        rows = tuple(Row(cells=(one.name, one.stage, one.error)) for one in missed[:_LISTED])
        return Card(
            title=f"Ledger {'in memory' if self.path is None else self.path.name}",
            verdict="warning" if missed else "ok",
            summary=f"files in all: {len(entries):,}",
            facts=tuple(Fact(s, f"{counts[s]:,}", _STAGES[s]) for s in _STAGES if counts[s]),
            table=Table(("file", "stage", "reason"), rows) if rows else None,
            notes=("More are in ledger.entries().",) if missed[_LISTED:] else (),
        )


def _entry(row: tuple[Any, ...]) -> Entry:
    return Entry(**dict(zip(_NAMES, row, strict=False)))


_sent_here: dict[Path, Ledger] = {}  # the newest


def _in_this_process(path: Path) -> Ledger:
    """Give this process's ledger at *path*, unopened: who uses it is told if it can't be."""
    ledger = _sent_here.get(path)
    if ledger is None:
        ledger = Ledger.__new__(Ledger)
        ledger._keep(path)
        _sent_here.clear()
        ledger = _sent_here.setdefault(path, ledger)
    return ledger
