"""
Killed in the middle and run again with the same ledger; and two processes with one ledger.

A process shares 200 files and is killed (SIGKILL) at a moment that chance picks, 20 times; each
time another one goes on. Then two processes share 100 files each at once, half of them the same.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import lpnb

from .figures import Figure
from .processes import ENVIRONMENT

_FILES, _TIMES = 200, 20


def measure(times: int = _TIMES) -> list[Figure]:
    """Kill, go on, and count what the agent sees; then let two share at once."""
    with lpnb.Sandbox() as sandbox:
        whole = _Run(sandbox, 0, _FILES)
        seconds = whole.finish()
        found = Counter[str]()
        moments = []
        for seed in range(times):
            run = _Run(sandbox, 0, _FILES)
            at = random.Random(seed).uniform(0, 0.9 * seconds)  # noqa: S311 - no secret
            time.sleep(at)
            moments.append(run.kill())
            again = _Run(sandbox, 0, _FILES, like=run)
            again.finish()
            found += again.counted(_FILES)
            sandbox.reset()
        together = _together(sandbox)
    spread = f"killed after {min(moments)} to {max(moments)} files"
    return [
        Figure("killed: files lost", (found["lost"],), bar=0, unit="files", note=spread),
        Figure("killed: files twice", (found["twice"],), bar=0, unit="files"),
        Figure("killed: files not said to be shared", (found["open"],), bar=0, unit="files"),
        Figure("two at once: files lost", (together["lost"],), bar=0, unit="files"),
        Figure("two at once: files twice", (together["twice"],), bar=0, unit="files"),
        Figure(
            "two at once: files not said to be shared", (together["open"],), bar=0, unit="files"
        ),
    ]


def _together(sandbox: lpnb.Sandbox) -> Counter[str]:
    one = _Run(sandbox, 0, 100)
    other = _Run(sandbox, 50, 100, like=one)
    one.finish()
    other.finish()
    return other.counted(150) + Counter(open=one.open)


class _Run:
    """A process that shares, in a conversation and with a ledger of its own or *like* another's."""

    def __init__(
        self, sandbox: lpnb.Sandbox, first: int, count: int, like: "_Run | None" = None
    ) -> None:
        self._sandbox = sandbox
        self.open = 0
        if like is None:
            session = lpnb.connect(sandbox)
            self._where = (lpnb.create_conversation(session).id, session.consumer)
            session.close()
            self._folder = tempfile.TemporaryDirectory()
        else:
            self._where, self._folder = like._where, like._folder
        ledger = str(Path(self._folder.name) / "ledger.db")
        arguments = (ledger, *self._where, str(first), str(count))
        command = [sys.executable, "-m", "tests.many_run", *arguments]
        names = ("client_id", "client_secret", "username", "password", "domain_api")
        secrets = {f"LPNB_{name.upper()}": getattr(sandbox, name) for name in names}
        environment: dict[str, Any] = ENVIRONMENT | secrets | {"LPNB_ACCOUNT": sandbox.account}
        environment["PYTHONPATH"] = os.pathsep.join(sys.path)
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=environment
        )
        assert self._process.stdout
        assert "begin" in self._process.stdout.readline()
        self._began = time.perf_counter()

    def kill(self) -> int:
        """End it as nothing else does, and give how many files were there by then."""
        self._process.kill()
        self._process.communicate()
        return len(self._messages())

    def finish(self) -> float:
        """Let it end, and give the seconds it took."""
        said = self._process.communicate()[0]
        report = json.loads(said.splitlines()[-1])
        self.open = sum(report.get(status, 0) for status in ("failed", "unknown"))
        return time.perf_counter() - self._began

    def counted(self, files: int) -> Counter[str]:
        """What the agent sees, counted."""
        objects = self._sandbox.objects
        seen = Counter(objects[one.relative_path].etag for one in self._messages())
        twice = sum(count - 1 for count in seen.values())
        return Counter(lost=files - len(seen), twice=twice, open=self.open)

    def _messages(self) -> list[Any]:
        return list(self._sandbox.conversations[self._where[0]].messages)
