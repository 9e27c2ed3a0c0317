"""Running one scenario: the seven steps once against a sandbox that breaks as the row says."""

import errno
import functools
import io
import os
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from PIL import Image

import lpnb
from lpnb import transport
from lpnb.retry import Budget
from tests.virtual_clock import VirtualClock

from .scenarios import Row

_SIDE = 256  # pixels of the picture: noise, so that it takes several reads
_ENDLESS = 60  # calls, more than any row's
_PATHS = (  # the end of a path without its query, and the call that it belongs to
    ("/service/baseURI.json", "domains"),
    ("/app/token", "app-token"),
    ("/consumer/conversation", "conversation"),
    ("/consumer", "consumer-token"),
    ("/conversation/search", "look"),
    ("/conversations/consumer/search", "look"),
    ("/login", "login"),
)
_TYPES = (
    (b'"ms.GenerateURLForUploadFile"', "upload-url"),
    (b'"ms.PublishEvent"', "publish"),
    (b'"ms.GenerateURLForDownloadFile"', "download-url"),
)


class Endless(BaseException):
    """The calls did not come to an end."""


class Witness:
    """Stands at the wire: counts what is asked, by itself, and does what the row has there."""

    def __init__(self, row: Row, sandbox: lpnb.Sandbox, file: Path) -> None:
        self.calls: Counter[str] = Counter()
        self._row, self._sandbox, self._file = row, sandbox, file
        self._ask = transport.Wire.ask
        self._lookup = socket.getaddrinfo
        self._lock = threading.Lock()
        self._nobody = False

    @contextmanager
    def watching(self) -> Iterator[None]:
        """See every call that is made meanwhile."""
        with ExitStack() as stack:
            stack.enter_context(mock.patch.object(transport.Wire, "ask", self._asked()))
            stack.enter_context(mock.patch.object(socket, "getaddrinfo", self._looked_up))
            yield

    def _asked(self) -> Callable[..., Any]:
        def ask(
            wire: Any, method: str, url: str, headers: Any, body: Any, **more: Any
        ) -> transport.Answer:
            row, name = self._row, call_of(method, url, body)
            with self._lock:
                self.calls[name] += 1
                first = self.calls[name] == 1
                if sum(self.calls.values()) > _ENDLESS:
                    raise Endless
                if first and name == row.call:
                    self._sandbox.faults.load({"seed": row.seed, "rules": list(row.rules)})
            if not row.kept:
                wire.close()
            if row.hurry and name == row.call and first:
                more["seconds"] = row.hurry
            if first and name == row.call and row.act == "change":
                self._file.write_bytes(b"another")
            if first and name == row.call and row.act == "interrupt before":
                raise KeyboardInterrupt
            self._nobody = name == row.call and self.calls[name] <= row.nobody
            answer = self._ask(wire, method, url, headers, body, **more)
            if first and name == row.call and row.act == "interrupt after":
                raise KeyboardInterrupt
            return answer

        return ask

    def _looked_up(self, *given: Any, **more: Any) -> Any:
        if self._nobody:
            raise socket.gaierror(socket.EAI_NONAME, "the resolver's stub knows nobody")
        return self._lookup(*given, **more)


def call_of(method: str, url: str, body: bytes | None) -> str:
    """Name the call, by nothing but what goes over the wire."""
    path = url.split("?")[0]
    if "/v1/AUTH" in path:
        return method.lower()
    if path.endswith("/send"):
        return next(name for type, name in _TYPES if type in (body or b""))
    return next(name for end, name in _PATHS if path.endswith(end))


class _Person:
    """Who shares a picture and fetches it back."""

    def __init__(self, row: Row, sandbox: lpnb.Sandbox, folder: Path, image: Any) -> None:
        self.clock = VirtualClock(sandbox, wrong=row.wrong)
        self._row, self._sandbox = row, sandbox
        self._image = image
        self._target = folder / "back.jpg"
        self._consumer: str | None = None
        self.session = self._connected()
        self._consumer = self.session.consumer
        self.comparison = ""
        self.outcome = "ok"
        self.verified: tuple[bool | None, ...] = ()

    def _connected(self) -> lpnb.Session:
        account = None
        if self._row.act == "no login":
            box = self._sandbox
            account = lpnb.Account(
                box.account, box.client_id, box.client_secret, domain_api=box.domain_api
            )
        session = lpnb.connect(account or self._sandbox, consumer=self._consumer, clock=self.clock)
        if self._row.budget is not None:
            session.budget = Budget(self._row.budget)
        return session

    def run(self) -> None:
        """Take the steps; what they raise on purpose is the outcome."""
        try:
            self._steps_of_one() if self._row.cells else self._whole()
        except (lpnb.LpnbError, Endless) as error:
            self.outcome = type(error).__name__
            kept = getattr(error, "download", None)
            if kept and not (self._target.exists() and self._target.read_bytes() == b"old"):
                self.outcome += ", and the old file is gone"
            self.comparison = kept.compare(self._image.sha256).outcome if kept else ""
            clean = (error.__cause__, error.__context__) == (None, None)
            self.outcome += "" if clean else ", and something foreign in it"
        finally:
            self.session.close()

    def _whole(self) -> None:
        session = self.session
        conversation = lpnb.create_conversation(session)
        share = lpnb.share_file(session, conversation, self._image, caption="1", preview=None)
        fetch = lpnb.fetch_file(session, share)
        self.comparison = fetch.comparison.outcome
        self.verified = share.stored.verified, fetch.download.verified

    def _steps_of_one(self) -> None:
        conversation = self._cell("conversation", lambda s: lpnb.create_conversation(s))
        url = self._cell("upload-url", lambda s: lpnb.request_upload_url(s, self._image))
        stored = self._cell("put", lambda s: lpnb.upload_file(s, url, self._image))
        self._cell(
            "publish",
            lambda s: lpnb.publish_file(s, conversation, stored, caption="1", preview=None),
        )
        back = self._cell("download-url", lambda s: lpnb.request_download_url(s, stored))
        with self._disk():
            download = self._cell("get", lambda s: lpnb.download_file(s, back, path=self._target))
        self.comparison = download.compare(stored.sha256).outcome
        self.verified = stored.verified, download.verified
        if self._target.read_bytes() != self._image.content:
            self.comparison = "another file was saved"

    def _cell(self, name: str, step: Callable[[lpnb.Session], Any]) -> Any:
        if self._row.act == "restart" and self._row.call == name:
            self.session.close()
            self.session = self._connected()
        if self._row.act.startswith("pause") and self._row.call == name:
            self.clock.sleep(float(self._row.act.split()[1]))
        try:
            return step(self.session)
        except KeyboardInterrupt:
            pass
        return step(self.session)  # as people run a cell again

    @contextmanager
    def _disk(self) -> Iterator[None]:
        def full(*_: Any) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        self._target.write_bytes(b"old")
        act = self._row.act
        if act == "folder gone":
            self._target = self._target.parent / "gone" / "back.jpg"
        with ExitStack() as stack:
            if act == "disk full":
                stack.enter_context(mock.patch("lpnb.steps._saving.os.fsync", full))
            if act == "no renaming":
                stack.enter_context(mock.patch("lpnb.steps._saving.Path.replace", full))
            yield


@functools.cache
def _picture() -> lpnb.ImageFile:
    noise = Image.frombytes("RGB", (_SIDE, _SIDE), Random(1).randbytes(3 * _SIDE**2))  # noqa: S311
    file = io.BytesIO()
    noise.save(file, "PNG")
    return lpnb.ImageFile.read(file.getvalue(), name="noise.png")


def run(row: Row, sandbox: lpnb.Sandbox, folder: Path) -> dict[str, Any]:
    """Run *row* and give what came out, in the words of `Row.expected`."""
    sandbox.reset()
    sandbox.sharing = True
    image = _picture()
    if row.act == "change":
        file = folder / "picture.png"
        file.write_bytes(image.content)
        image = lpnb.ImageFile.read(file)
    people = [_Person(row, sandbox, folder, image) for _ in range(row.people)]
    witness = Witness(row, sandbox, folder / "picture.png")
    with witness.watching(), ThreadPoolExecutor(row.people) as pool:
        list(pool.map(_Person.run, people))
    if row.people == 1:
        outcome, comparison = people[0].outcome, people[0].comparison
    else:
        outcome = "/".join(sorted({one.outcome for one in people}))
        comparison = "/".join(sorted({one.comparison for one in people}))
    talks = sandbox.conversations.values()
    files = [m.relative_path for talk in talks for m in talk.messages if m.relative_path]
    objects = sandbox.objects
    unfired = [rule["do"] for rule in sandbox.faults.report() if not _fired(rule)]
    loaded = len(sandbox.faults.report()) == len(row.rules)
    return {
        "outcome": outcome,
        "comparison": comparison,
        "calls": dict(witness.calls) if row.counted else None,
        "waits": sorted(w for one in people for w in one.clock.waits)
        if row.people > 1
        else (people[0].clock.waits if row.counted else None),
        "conversations": len(talks),
        "messages": len(files),
        "objects": len(objects),
        "published twice": len(files) - len(set(files)),
        "published damaged": sum(
            objects[path].content != image.content for path in files if path in objects
        )
        if not row.changed
        else 0,
        "published, not stored": sum(path not in objects for path in files),
        "verified": people[0].verified if row.verified else (),
        "did not fire": unfired if loaded else "the plan was never put in force",
        "asked behind our back": max(
            0, sum(sandbox.requests.values()) - sum(witness.calls.values())
        ),
        "left behind": sorted(p.name for p in folder.glob(".lpnb-*")),
    }


def _fired(rule: dict[str, Any]) -> bool:
    """Whether a rule happened as often as it says; where chance decides, however often."""
    times = rule.get("times", 1)
    return "rate" in rule or (rule["fired"] > 0 if times is None else rule["fired"] == times)
