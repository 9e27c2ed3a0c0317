"""A real Swift as a child process: started, emptied and ended by its parent."""

import contextlib
import importlib.util
import json
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from .site import STORAGE_ACCOUNT_PATH, invent

_PATIENCE = 30.0


class SwiftServer:
    """
    Start OpenStack Swift from its PyPI package; it answers when this returns.

    It listens on loopback only, keeps its objects in a temporary folder, and ends with its parent,
    however that ends.

    Args:
        container: the one container there is.
        key: the account's key for temporary URLs; drawn when not given.
        max_file_size: in bytes; Swift answers 413 beyond it.
        headers: what else is said when the container is created, for instance
            ``X-Container-Meta-Access-Control-Allow-Origin``.

    Raises:
        ValueError: it can't be had here, or does not start; the message says why.
    """

    def __init__(
        self,
        container: str,
        *,
        key: str = "",
        max_file_size: int = 3_145_728,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        if sys.platform != "linux":
            raise ValueError(f"a real Swift runs on Linux only, not on {sys.platform}")
        if importlib.util.find_spec("swift") is None:
            raise ValueError("OpenStack Swift is not installed here: pip install 'lpnb[swift]'")
        self.account_path, self.key = STORAGE_ACCOUNT_PATH, key or invent("storage-key")
        self.folder = Path(tempfile.mkdtemp(prefix="lpnb-swift-"))
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed by stop
        # By its path and without that path's folder: nothing of lpnb is imported there.
        child = Path(__file__).with_name("swift_process.py")
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-W", "ignore", child],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=self.folder,
            start_new_session=True,  # an interrupt is for the parent
        )
        self.pid = self._process.pid
        self._questions: Any = self._process.stdin
        self._answers: Any = self._process.stdout
        settings = {
            "folder": str(self.folder),
            "account_path": self.account_path,
            "container": container,
            "key": self.key,
            "max_file_size": max_file_size,
            "headers": dict(headers or {}),
        }
        try:
            self.url = f"http://127.0.0.1:{self._ask(settings)}"
        except BaseException:
            self.stop()
            raise

    def empty(self) -> None:
        """Remove every object."""
        self._ask({})

    def stop(self) -> None:
        """End the process and remove its folder; a second time does nothing."""
        with contextlib.suppress(OSError):
            self._questions.close()
        self._process.terminate()  # a forked process of ours may hold the pipe open
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._answers.close()
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _ask(self, line: Mapping[str, Any]) -> int:
        """Write a *line* and give the port that comes back."""
        answer = b""
        with contextlib.suppress(OSError):  # it may be dead: then there is no answer either
            self._questions.write(json.dumps(line).encode() + b"\n")
            self._questions.flush()
            if select.select([self._answers], [], [], _PATIENCE)[0]:
                answer = self._answers.readline()
        said = json.loads(answer or b"{}")
        if "port" not in said:
            raise ValueError(f"Swift does not answer: {said.get('error') or self._last_words()}")
        return int(said["port"])

    def _last_words(self) -> str:
        try:
            code = self._process.wait(1)
        except subprocess.TimeoutExpired:
            return f"it took more than {_PATIENCE:g} seconds"
        self._log.seek(0)
        told = self._log.read().decode(errors="replace").strip()
        return told.rpartition("\n")[2] or f"its process ended with {code}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
