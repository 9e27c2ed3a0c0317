"""The sandbox as a process of its own: ``python -m lpnb.sandbox --json``."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence

from .facade import Sandbox


def main(argv: Sequence[str] | None = None) -> int:
    """Run a sandbox until SIGINT or SIGTERM; gives the process's exit status."""
    parser = argparse.ArgumentParser(prog="lpnb sandbox", description=__doc__)
    parser.add_argument("--tls", action="store_true", help="https as well (not in this version)")
    parser.add_argument("--port", type=int, default=0, help="the port; 0 takes a free one")
    parser.add_argument("--storage", choices=("memory", "swift"), default="memory")
    parser.add_argument("--json", action="store_true", help="one line of JSON once it answers")
    given = parser.parse_args(argv)
    try:
        sandbox = Sandbox(tls=given.tls, port=given.port, storage=given.storage)
    except (ValueError, OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None)
        if isinstance(error, OSError | OverflowError):
            reason = f"port {given.port} can't be used ({reason or 'they go from 0 to 65535'})"
            reason += ": choose another, or leave it out"
        print(f"lpnb sandbox: {reason or error}", file=sys.stderr)
        return 2
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    said = f"the sandbox answers at {sandbox.domain_api} for account {sandbox.account} until it is "
    said += "interrupted; --json prints its invented credentials"
    print(json.dumps(sandbox.ready_line()) if given.json else said, flush=True)
    with sandbox:
        stop.wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
