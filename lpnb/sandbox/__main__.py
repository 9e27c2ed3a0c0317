"""The sandbox as a process of its own: ``python -m lpnb.sandbox`` or ``lpnb sandbox``."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what both commands take."""
    parser.add_argument("--tls", action="store_true", help="https, and a certificate to trust")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="0 takes a free one")
    parser.add_argument(
        "--storage",
        choices=("memory", "swift"),
        default="memory",
        help="swift: a real OpenStack Swift, started for it (Linux)",
    )
    parser.add_argument("--json", action="store_true", help="print its addresses and credentials")


def run(options: argparse.Namespace) -> int:
    """Run a sandbox until SIGINT or SIGTERM; gives the process's exit status."""
    from .facade import Sandbox  # only now, as other commands bring these options along

    try:
        sandbox = Sandbox(tls=options.tls, port=options.port, storage=options.storage)
    except (ValueError, OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None)
        if isinstance(error, OSError | OverflowError):
            reason = f"port {options.port} can't be used ({reason or 'they go from 0 to 65535'})"
            reason += ": choose another, or leave it out"
        print(f"lpnb sandbox: {reason or error}", file=sys.stderr)
        return 2
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    at = sandbox.domain_api_tls or sandbox.domain_api
    said = f"the sandbox answers at {at} for account {sandbox.account} until it is interrupted; "
    said += "--json prints its invented credentials"
    if sandbox.ca:
        said += f"; trust {sandbox.ca}, for as long as it runs"
    print(json.dumps(sandbox.ready_line()) if options.json else said, flush=True)
    with sandbox:
        stop.wait()
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``python -m lpnb.sandbox``; gives the process's exit status."""
    parser = argparse.ArgumentParser(prog="lpnb sandbox", description=__doc__)
    add_options(parser)
    return run(parser.parse_args(argv))


if __name__ == "__main__":
    raise SystemExit(main())
