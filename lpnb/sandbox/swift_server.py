"""A real Swift as a child process: started, emptied and ended by its parent."""

import contextlib
import importlib.util
import json
import secrets
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .site import STORAGE_ACCOUNT_PATH

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
        self.account_path = STORAGE_ACCOUNT_PATH
        self.key = key or secrets.token_hex(16)
        self._folder = Path(tempfile.mkdtemp(prefix="lpnb-swift-"))
        with (self._folder / "stderr").open("wb") as stderr:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                # By its path and without that path's folder: nothing of lpnb is imported there.
                [
                    sys.executable,
                    "-P",
                    "-W",
                    "ignore",
                    Path(__file__).with_name("swift_process.py"),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                cwd=self._folder,
                start_new_session=True,  # an interrupt is for the parent
            )
        self._questions: Any = self._process.stdin
        self._answers: Any = self._process.stdout
        settings = {
            "folder": str(self._folder),
            "account_path": self.account_path,
            "container": container,
            "key": self.key,
            "max_file_size": max_file_size,
            "headers": dict(headers or {}),
        }
        try:
            self.url = f"http://127.0.0.1:{self._ask(settings)['port']}"
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    def empty(self) -> None:
        """Remove every object."""
        self._ask({})

    def stop(self) -> None:
        """End the process and remove its folder; a second time does nothing."""
        process = self._process
        with contextlib.suppress(OSError):
            self._questions.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._answers.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _ask(self, line: Mapping[str, Any]) -> Any:
        """Write a *line* and give the answer."""
        answer = b""
        with contextlib.suppress(OSError):  # it may be dead: then there is no answer either
            self._questions.write(json.dumps(line).encode() + b"\n")
            self._questions.flush()
            if select.select([self._answers], [], [], _PATIENCE)[0]:
                answer = self._answers.readline()
        said = json.loads(answer or b"{}")
        if "port" not in said:
            said = said.get("error") or self._last_words()
            raise ValueError(f"Swift did not start: {said}")
        return said

    def _last_words(self) -> str:
        try:
            lines = (self._folder / "stderr").read_text(errors="replace").split("\n")
        except OSError:
            lines = []
        told = [line for line in lines if line.strip()]
        return told[-1] if told else f"no answer within {_PATIENCE:g} seconds"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
