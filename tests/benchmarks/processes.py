"""Servers in processes of their own, so that no contender shares an interpreter with them."""

import atexit
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lpnb

SANDBOX = ("-m", "lpnb.sandbox", "--json")
_BYTECODE = tempfile.TemporaryDirectory()
atexit.register(_BYTECODE.cleanup)

# Every process finds its modules compiled, whatever the environment says of that and wherever
# lpnb lies: else the standard library would be, and lpnb compiled anew at every start.
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
} | {"PYTHONPYCACHEPREFIX": _BYTECODE.name}


@contextlib.contextmanager
def on_one_core() -> Iterator[None]:
    """
    Keep this process, and those it starts, on one core.

    A client and a server that take turns wake each other for every call. Across the cores of a
    virtual machine that costs as much as the call, by chance, and hides what is compared.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def started(*arguments: str) -> tuple["subprocess.Popen[str]", dict[str, Any]]:
    """Start a Python process that says in one line of JSON that it is ready; give both."""
    process = subprocess.Popen(
        [sys.executable, *arguments], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, {"pid": process.pid, **json.loads(process.stdout.readline())}


def stop(process: "subprocess.Popen[str]") -> None:
    """End *process* with SIGTERM, and see it gone."""
    process.terminate()
    process.wait()  # with a timeout it would look in ever longer intervals only
    if process.stdout:
        process.stdout.close()


@contextlib.contextmanager
def running(*arguments: str) -> Iterator[dict[str, Any]]:
    """Run a server as long as the block lasts; gives its ready line, and its ``pid``."""
    process, ready = started(*arguments)
    try:
        yield ready
    finally:
        stop(process)


def cpu_seconds(pid: int) -> float | None:
    """The CPU that a running process has used, all its threads, or None where nobody says."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return sum(int((one / "schedstat").read_text().split()[0]) for one in threads) / 1e9
    except (OSError, ValueError):
        return None


def account_in(ready: dict[str, Any]) -> lpnb.Account:
    """The account of a sandbox in a process of its own, from its ready line."""
    names = ("account", "client_id", "client_secret")
    return lpnb.Account(*(ready[name] for name in names), domain_api=ready["domain_api"])
