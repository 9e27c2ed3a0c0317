"""One page for people: what the sandbox emulates, what it guesses, and what is missing."""

from collections.abc import Iterable, Iterator

from .facade import Sandbox
from .guesses import MISSING, TABLE, Guess
from .recipes import FAULTS
from .routes import Route
from .site import STORAGE_ACCOUNT_PATH

_INTRO = """\
# The sandbox: emulated, guessed, missing

`lpnb sandbox --about` prints this page, and it is made of the same tables the sandbox answers by.
No real account was ever asked: what it knows is what LivePerson has published, the documentation
in the repository LivePersonInc/developer-center on GitHub and its own public code."""
_EMULATED = """\
All services share one host, by the names that the Domain API gives them. An address that is not
here is answered with the nearest one and how the request differs from it. What may be sent to
`conversation/send` is `ms.GenerateURLForUploadFile`, `ms.GenerateURLForDownloadFile`,
`cm.UpdateConversationField`, and `ms.PublishEvent` with a text, a file, a status or typing. The
other party is `sandbox.agent`; `sandbox.webhooks` tells endpoints on this computer what happens,
in POSTs that are signed, and again if need be."""
_GUESSED = """\
What no public source decides has a name and a default. An answer that rests on a guess says so
in its header `X-Sandbox-Guess`. `sandbox.guesses["already_open"] = 200` switches one, and so does
`POST` of `{"already_open": 200}` to `guesses` below `control`."""
_FAULTS = """\
Faults are rules, given as data (`sandbox.faults.add` says how). The common ones have a name:
`sandbox.faults.add("answer-lost")`, `lpnb sandbox --fault answer-lost`, or a caption or text with
`#fault answer-lost` in it, which breaks the very call that publishes it, or the next call that the
fault is about. File names can't do that, as they do not travel: only type and size do."""
_STORAGE = "GET, HEAD, PUT, POST, DELETE, OPTIONS"


def page() -> str:
    """Write the page, in Markdown."""
    with Sandbox() as sandbox:
        routes = sandbox.addresses
    parts = (
        _INTRO,
        f"## Emulated\n\n{_EMULATED}",
        _table(("service", "method", "address", "version"), _addresses(routes)),
        f"## Guessed\n\n{_GUESSED}",
        _table(
            ("guess", "default", "or", "what is guessed", "what comes nearest to deciding it"),
            map(_guess, TABLE),
        ),
        f"## Faults\n\n{_FAULTS}",
        _table(("fault", "what happens"), ((f"`{k}`", v.sentence) for k, v in FAULTS.items())),
        "## Missing",
        "\n".join(f"- {each}" for each in MISSING),
    )
    return "\n\n".join(parts) + "\n"


def _addresses(routes: Iterable[Route]) -> Iterator[tuple[str, ...]]:
    for route in routes:
        versions = " or ".join(
            f"`{route.version}={one}`" if one else "none" for one in route.versions
        )
        yield route.service, route.method, f"`{route.path}`", versions
    yield "swift", _STORAGE, f"`{STORAGE_ACCOUNT_PATH}/{{account}}/{{object}}`", "signed"


def _guess(guess: Guess) -> tuple[str, ...]:
    others = " or ".join(f"`{one}`" for one in guess.choices if one != guess.default)
    default = "empty" if guess.default == "" else f"`{_plain(guess.default)}`"
    return f"`{guess.name}`", default, others, guess.sentence, guess.words


def _plain(value: object) -> str:
    return " ".join(value) if isinstance(value, tuple) else str(value)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (head, ("---",) * len(head), *rows)
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines)
