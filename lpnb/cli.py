"""The command line: share a picture, run the sandbox for other programs, open the tutorials."""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from .errors import ExchangeError, InputError, LpnbError
from .exchange import Exchange
from .sandbox.__main__ import add_options, run

IDENTICAL, FAILED, UNUSABLE, ENCODED_ANEW = 0, 1, 2, 3  # exit codes


class _Usage(Exception):
    """The command was not understood."""


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        raise _Usage(f"{message}; see {self.prog} --help")


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run the ``lpnb`` command with *argv* and give its exit code.

    Whatever goes wrong is one line on stderr; with ``--json`` also the one object on stdout.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    report = _Report(as_json="--json" in arguments)
    try:
        options = _parser().parse_args(arguments)
        return int(options.run(options, report))
    except (_Usage, InputError) as error:  # what was given is to blame, if nothing was sent yet
        return report.end(error, FAILED if report.fields["steps"] else UNUSABLE)
    except LpnbError as error:
        return report.end(error, FAILED)
    except KeyboardInterrupt:
        return report.end(LpnbError("interrupted"), FAILED)
    except OSError as error:  # whoever read our output has left, or its disk is full
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        print(f"lpnb: {error.strerror}", file=sys.stderr)
        return FAILED


def _parser() -> _Parser:
    parser = _Parser(prog="lpnb", description="LivePerson's Connector API file sharing, in steps")
    parser.add_argument("--version", action=_Version, nargs=0, help="print it, and end")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    share = commands.add_parser(
        "share",
        help="take one picture through all seven steps",
        epilog="For --account env: LPNB_ACCOUNT, LPNB_CLIENT_ID, LPNB_CLIENT_SECRET, and where "
        "needed LPNB_DOMAIN_API (another base URL) and LPNB_CA (an authority's file).",
    )
    share.add_argument("image", nargs="?", metavar="IMAGE", help="JPEG, PNG or GIF; else a sample")
    share.add_argument("--caption", default="", metavar="TEXT", help="what the agent reads with it")
    share.add_argument("--fixed", action="store_true", help="mend IMAGE first, where it needs that")
    share.add_argument("--save", metavar="PATH", help="write the picture that came back here")
    share.add_argument(
        "--account", choices=["env"], help="a LIVE account from LPNB_… variables, no sandbox"
    )
    share.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME",
        help="cause it in the sandbox, for instance upload-cut; repeatable",
    )
    share.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    share.set_defaults(run=_share)

    sandbox = commands.add_parser("sandbox", help="run the stand-in services until interrupted")
    add_options(sandbox)
    sandbox.set_defaults(run=_sandbox)

    lab = commands.add_parser("lab", help="open the tutorials in JupyterLab")
    lab.add_argument("folder", nargs="?", default="lpnb-tutorials", help="for your working copy")
    lab.add_argument("--no-browser", action="store_true", help="print the address, open nothing")
    lab.set_defaults(run=_lab)
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        from . import __version__  # only now, as looking it up takes as long as all the rest

        print(f"lpnb {__version__}")
        parser.exit()


class _Report:
    """What `lpnb share` has to say: progress on stderr, the outcome on stdout."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.fields: dict[str, Any] = {
            "mode": None,
            "account": None,
            "steps": [],
            "sent_sha256": None,
            "received_sha256": None,
            "identical": None,
            "error": None,
        }

    def run(self, step: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Run a *step*, note its exchanges, also when it fails, and give its result."""
        try:
            result = step(*arguments, **options)
        except ExchangeError as error:
            self.watch(error)
            raise
        if hasattr(result, "exchanges"):
            self.watch(result)
        return result

    def watch(self, result: Any) -> None:
        """Note every exchange of a step's *result*, or of its error."""
        for exchange in result.exchanges:
            self.note(exchange)

    def note(self, exchange: Exchange) -> None:
        """Note one *exchange*, and show that there is progress."""
        self.fields["steps"].append(
            {
                "name": exchange.step,
                "method": exchange.method,
                "url": exchange.url,
                "status": exchange.status,
                "seconds": round(exchange.seconds, 6),
            }
        )
        from .steps._result import label_of

        answer = f"{exchange.status or 'no answer:'} {exchange.reason}"
        guess = exchange.guess.rstrip(".")
        print(
            f"{exchange.mode}  {label_of(exchange):<16}  {exchange.step:<20}  {exchange.method:<4} "
            f"{exchange.service:<22}  {answer:<12} {1000 * exchange.seconds:6.1f} ms"
            + (f"   ({exchange.which})" if exchange.which else "")
            + (f"   (a guess of the sandbox: {guess})" if guess else ""),
            file=sys.stderr,
        )

    def end(self, error: Exception | None, code: int, said: str = "") -> int:
        """Say how it ended, and give the exit *code* back."""
        if error is not None:
            line = " ".join(str(error).split())
            self.fields["error"] = line
            print(f"lpnb: {line}", file=sys.stderr)
        if self.as_json:
            print(json.dumps(self.fields), flush=True)
        elif error is None:
            print(said, flush=True)
        return code


def _picture(options: argparse.Namespace) -> Any:
    """Read the picture to share, and say on stderr what is to be known before it is."""
    from . import samples
    from .images import ImageFile

    if options.image is None:
        return samples.default()
    image = ImageFile.read(options.image, check=False)
    if options.fixed:
        image = image.fixed()
    refused = [each for each in image.findings if each.severity == "refused"]
    if refused:
        mendable = all(each.mend for each in refused) and not options.fixed
        advice = "; --fixed shares it mended" if mendable else ""
        raise InputError("; ".join(each.message for each in refused) + advice)
    for done in image.mends:
        print(f"lpnb: mended: {done}", file=sys.stderr)
    for each in image.findings:
        advice = "; --fixed takes care of it" if each.mend and not options.fixed else ""
        print(f"lpnb: note: {each.message}{advice}", file=sys.stderr)
    if not options.caption.strip():
        what = "tells the agent, and whoever can't see the picture, what it shows"
        print(f"lpnb: note: it has no caption; --caption TEXT {what}", file=sys.stderr)
    return image


def _share(options: argparse.Namespace, report: _Report) -> int:
    from . import start
    from .account import Account
    from .practice import Sandbox
    from .retry import BRIEF, PATIENT
    from .steps._saving import check_place

    if options.account and options.fault:
        raise _Usage("--fault is for the sandbox: leave it or --account out")
    report.fields["mode"] = "live" if options.account else "sandbox"
    account = Account.from_environment() if options.account else None
    image = _picture(options)
    if options.save is not None:
        check_place(options.save)
    report.fields["sent_sha256"] = image.sha256
    with contextlib.ExitStack() as stack:
        # here sharing starts switched off, so that step 1 has something to do
        target = account or stack.enter_context(Sandbox(sharing=False))
        if isinstance(target, Sandbox):
            for name in options.fault:
                target.faults.add(name)
            stack.callback(_say_what_never_fired, target, len(options.fault))
        policy = PATIENT if account else BRIEF
        session = start.connect(target, policy=policy, on_wait=_say_that_we_wait)
        stack.callback(session.close)
        report.fields["account"] = session.account.id
        return _seven_steps(session, image, options, report)


def _say_that_we_wait(wait: object) -> None:
    print(f"lpnb: {wait}", file=sys.stderr)


def _say_what_never_fired(sandbox: Any, given: int) -> None:
    """Say of each fault why not; the first *given* were there from the start."""
    for number, rule in enumerate(sandbox.faults.report()):
        if rule["fired"]:
            continue
        name, where = rule["name"], rule["where"]
        call = f"{where.get('type', 'any call')} at {where.get('service', 'any service')}"
        if not sandbox.journal.find(**where):
            why = "there was none"
        elif number >= given:
            why = f"a caption comes too late for it, use --fault {name}"
        else:
            why = "another fault was first"
        print(f"lpnb: fault {name} never fired: it is about {call}; {why}", file=sys.stderr)
    for entry in sandbox.journal.find(type="ms.PublishEvent"):
        for said in entry.warnings:
            if said.startswith("no fault is called"):
                print(f"lpnb: {said}", file=sys.stderr)


def _seven_steps(session: Any, image: Any, options: argparse.Namespace, report: _Report) -> int:
    from .steps import account, conversation, domains, flow, tokens

    report.run(domains.find_domains, session)
    if session.mode == "SANDBOX":
        login = report.run(account.log_in, session)
        report.run(account.enable_file_sharing, session, login)
    else:
        print("lpnb: step 1 is an administrator's, and is left alone here", file=sys.stderr)
    report.run(tokens.get_app_token, session)
    report.run(tokens.get_consumer_token, session)
    talk = report.run(conversation.create_conversation, session)
    watch = {"watch": report.watch}
    try:
        share = report.run(flow.share_file, session, talk, image, caption=options.caption, **watch)
        fetch = report.run(flow.fetch_file, session, share, **watch)
    finally:
        with contextlib.suppress(LpnbError):
            report.run(conversation.close_conversation, session, talk)
    report.fields["received_sha256"] = fetch.sha256
    comparison = fetch.comparison
    report.fields["identical"] = comparison.identical
    verdict = f"{comparison.outcome}: {comparison.meaning} (SHA-256 {fetch.sha256})"
    codes = {"identical": IDENTICAL, "storage digest only": ENCODED_ANEW}
    code = codes.get(comparison.outcome, FAILED)
    if options.save:
        print(f"saved as {fetch.download.save(options.save)}", file=sys.stderr)
    return report.end(None if code == IDENTICAL else LpnbError(verdict), code, verdict)


def _sandbox(options: argparse.Namespace, report: _Report) -> int:
    report.as_json = False  # from here on stdout belongs to the ready line
    return run(options)


def _lab(options: argparse.Namespace, report: _Report) -> int:
    from .lab import open_lab

    return open_lab(Path(options.folder), browser=not options.no_browser)


if __name__ == "__main__":
    sys.exit(main())
