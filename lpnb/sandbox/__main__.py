"""The sandbox as a process of its own: ``python -m lpnb.sandbox`` or ``lpnb sandbox``."""

import argparse
import contextlib
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
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME",
        help="cause it, as a caption with #fault NAME does; repeatable",
    )
    parser.add_argument("--json", action="store_true", help="print its addresses and credentials")
    parser.add_argument("--about", action="store_true", help="print what it emulates, and guesses")


def run(options: argparse.Namespace) -> int:
    """Run a sandbox until SIGINT or SIGTERM; gives the process's exit status."""
    if options.about:
        from .about import page

        print(page(), end="")
        return 0
    from .facade import Sandbox  # only now, as other commands bring these options along

    with contextlib.ExitStack() as stack:
        try:
            started = Sandbox(tls=options.tls, port=options.port, storage=options.storage)
            sandbox = stack.enter_context(started)
            for name in options.fault:
                sandbox.faults.add(name)
        except ValueError as error:
            return _fail(str(error))
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or "they go from 0 to 65535"
            return _fail(
                f"port {options.port} can't be used ({why}): choose another, or leave it out"
            )
        stop = threading.Event()
        for kind in (signal.SIGINT, signal.SIGTERM):
            signal.signal(kind, lambda *_: stop.set())
        at = sandbox.domain_api_tls or sandbox.domain_api
        said = f"the sandbox answers at {at} for account {sandbox.account} until it is interrupted;"
        said += " --json prints its invented credentials"
        if sandbox.ca:
            said += f"; trust {sandbox.ca}, for as long as it runs"
        print(json.dumps(sandbox.ready_line()) if options.json else said, flush=True)
        stop.wait()
    return 0


def _fail(reason: str) -> int:
    print(f"lpnb sandbox: {reason}", file=sys.stderr)
    return 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``python -m lpnb.sandbox``; gives the process's exit status."""
    parser = argparse.ArgumentParser(prog="lpnb sandbox", description=__doc__)
    add_options(parser)
    return run(parser.parse_args(argv))


if __name__ == "__main__":
    raise SystemExit(main())
