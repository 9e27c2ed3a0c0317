"""The ledger's file: whole or not at all, written by several threads and processes at once."""

import contextlib
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ..errors import InputError, LedgerFailed
from .owner import Owner

_T = TypeVar("_T")
_OURS = 0x6C706E62  # "lpnb", in the file's head: this database is a ledger
_BUSY = 60.0  # seconds that a write waits for other processes' writes


class Store:
    """
    A database at *path*, or in memory; it opens when it is used, and once more after `close`.

    SQLite's quick way, the write-ahead log, needs all processes on one machine; *network* does
    without it, if it is said when the database is made.
    """

    def __init__(self, path: Path | None, create: str, *, network: bool = False) -> None:
        self.path = path
        self._create, self._network = create, network
        self._begin()
        _stores.add(self)

    def _begin(self) -> None:
        self.lock = threading.RLock()
        self._flushing = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._owner: Owner | None = None
        self._written = self._flushed = 0

    def __str__(self) -> str:
        return f"the ledger {'in memory' if self.path is None else self.path}"

    @property
    def owner(self) -> str:
        """Who we are among all that work on it; first asked for in a write."""
        if self._owner is None:
            self._owner = Owner(self.path)
        return self._owner.id

    def lives(self, owner: str | None) -> bool:
        """Whether somebody is at work still."""
        return bool(owner) and self.path is not None and Owner.lives(self.path, str(owner))

    def run(self, action: Callable[[sqlite3.Connection], _T], *, whole: bool = False) -> _T:
        """
        Do *action*: one statement, or several that are done as a *whole* or not at all.

        Raises:
            LedgerFailed: it could not be done.
        """
        with self.lock:
            db = self._database()
            try:
                if whole:
                    db.execute("BEGIN IMMEDIATE")
                result = action(db)
                if whole:
                    db.execute("COMMIT")
            except (sqlite3.Error, OSError) as error:
                problem = _in_words(error)
            else:
                self._written += 1
                return result
            finally:
                if db.in_transaction:
                    db.rollback()
        raise self._failed(problem)

    def flush(self) -> None:
        """
        Let the disk have what was written, for all who wait for that at once.

        SQLite itself would sync at each commit, with everybody else waiting. In WAL mode what was
        committed is in the log, so that the log is all there is to sync.
        """
        upto, problem = self._written, ""
        with self._flushing:
            if self.path is None or self._network or self._flushed >= upto:
                return  # there is none, each commit did it, or somebody else's came after our write
            done = self._written
            try:
                with open(f"{self.path}-wal", "rb+") as log:  # noqa: PTH123 - no name to append to
                    os.fsync(log.fileno())
            except OSError as error:
                problem = _in_words(error)
            else:
                self._flushed = done
        if problem:
            raise self._failed(problem)

    def _failed(self, problem: str) -> LedgerFailed:
        return LedgerFailed(f"{self} can't be used ({problem}): mend that, and run again")

    def close(self) -> None:
        """Give the file back."""
        with self.lock:
            if self._db is not None:
                self._db.close()
            self.forget()

    def forget(self) -> None:
        """Begin anew."""
        if self._owner is not None:
            self._owner.leave()
        self._begin()

    def _database(self) -> sqlite3.Connection:
        problem = ""
        if self._db is None:
            try:
                self._db, problem = self._opened()
            except (sqlite3.Error, OSError) as error:
                problem = _in_words(error)
        if self._db is None:
            raise InputError(
                f"no ledger can be kept at {str(self.path)!r} ({problem}): choose another place"
            )
        return self._db

    def _opened(self) -> tuple[sqlite3.Connection | None, str]:
        if self.path is not None:
            # What customers call their files is nobody else's business. An existing one is not
            # touched here: to close it would drop the locks that SQLite has on it.
            with contextlib.suppress(FileExistsError):
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        where, options = self.path or ":memory:", {"timeout": _BUSY, "check_same_thread": False}
        with contextlib.ExitStack() as undo:
            db = sqlite3.connect(where, isolation_level=None, **options)  # type: ignore[call-overload]
            undo.callback(db.close)
            db.execute("BEGIN IMMEDIATE")  # one after the other
            if not db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                db.execute(f"PRAGMA application_id = {_OURS}")
                db.execute(f"PRAGMA user_version = {int(self._network)}")
                db.execute(self._create)
            if db.execute("PRAGMA application_id").fetchone()[0] != _OURS:
                return None, "another program's database is there"
            if self.path is not None:
                Owner.sweep(self.path)
            db.execute("COMMIT")
            self._network = bool(db.execute("PRAGMA user_version").fetchone()[0])
            if not self._network:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = NORMAL")  # and `flush` where more is needed
            undo.pop_all()
            return db, ""


def _in_words(error: sqlite3.Error | OSError) -> str:
    said = error.strerror if isinstance(error, OSError) else str(error)
    return said or type(error).__name__


_stores: "weakref.WeakSet[Store]" = weakref.WeakSet()
_inherited: list[object] = []


def _after_fork() -> None:
    for store in list(_stores):
        _inherited.append(store._db)  # in a child it may be neither used nor closed
        store.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
