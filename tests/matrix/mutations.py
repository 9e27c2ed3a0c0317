"""
Safeguards taken away one by one: for each of them a row of the matrix must end otherwise.

Each is a piece of the source and what stands there instead; a test sees that the piece is there.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .__main__ import RED

ROOT = Path(__file__).parents[2]
_SECONDS = 300  # that a whole run may take


@dataclass(frozen=True, slots=True)
class Mutation:
    """
    One safeguard less.

    Args:
        file: of lpnb, where *there* stands once and makes way for *instead*.
        row: that ends otherwise without it, tried first.
    """

    what: str
    file: str
    there: str
    instead: str
    row: str


MUTATIONS = (
    Mutation(
        "publishing is repeated blindly",
        "retry.py",
        "if request.once and reply.exchange.reached:",
        "if False:",
        "F04-publish-after",
    ),
    Mutation(
        "nobody looks before publishing again",
        "steps/_history.py",
        "if place in unsure and session.policy.looks:",
        "if False:",
        "F04-publish-after",
    ),
    Mutation(
        "an interrupted publishing is forgotten",
        "steps/_history.py",
        "unsure.add(place)",
        "unsure",
        "F35-publish-after",
    ),
    Mutation(
        "one look tells that it is absent",
        "steps/_history.py",
        "waits = list(session.policy.looks)",
        "waits = list(session.policy.looks[:1])",
        "F04-publish-history-behind",
    ),
    Mutation(
        "a 5xx means that it was not done",
        "steps/_message.py",
        "errors.ConnectionFailed | errors.ServerFailed | errors.UnexpectedResponse",
        "errors.ConnectionFailed | errors.UnexpectedResponse",
        "F06-publish-500-after",
    ),
    Mutation(
        "an unreadable answer means that it was not done",
        "steps/_message.py",
        "errors.ConnectionFailed | errors.ServerFailed | errors.UnexpectedResponse",
        "errors.ConnectionFailed | errors.ServerFailed",
        "F29-publish-html",
    ),
    Mutation(
        "what can't be looked up is published again",
        "steps/_history.py",
        "if now.why or tried:",
        "if tried:",
        "F04-publish-no-reading",
    ),
    Mutation(
        "publishing goes on for ever",
        "steps/_history.py",
        "tries > len(session.policy.waits)",
        "tries > 99",
        "F07-publish-4-times",
    ),
    Mutation(
        "an open creation is a plain error",
        "steps/_history.py",
        "if not is_open(error) or not session.policy.looks:",
        "if True:",
        "F04-conversation-after",
    ),
    Mutation(
        "a conversation that was found is created again",
        "steps/_history.py",
        "            if now.found:",
        "            if False:",
        "F06-conversation-500-after",
    ),
    Mutation(
        "a redirect may have been done",
        "steps/_message.py",
        " or isinstance(error, errors.RedirectRefused)",
        "",
        "F32-publish-other-host",
    ),
    Mutation(
        "a redirect is an answer",
        "steps/_answer.py",
        "    if 300 <= status < 400:",
        "    if False:",
        "F32-domains-other-host",
    ),
    Mutation(
        "another request's answer will do",
        "steps/_message.py",
        'if member(reply, *at, "reqId") != request_id:',
        "if False:",
        "F31-publish-other",
    ),
    Mutation(
        "another request's answer is not asked for again",
        "steps/_message.py",
        "return isinstance(given, str) and given != id",
        "return False",
        "F31-upload-url-other",
    ),
    Mutation(
        "no code is a yes",
        "steps/_message.py",
        'if member(reply, *at, "code", kind=(str, int)) not in ACCEPTING:',
        "if False:",
        "F30-publish-no",
    ),
    Mutation(
        "Retry-After has no cap",
        "retry.py",
        "min(self._policy.longest, seconds_asked(reply))",
        "seconds_asked(reply)",
        "F08-publish-after-999999999",
    ),
    Mutation(
        "Retry-After is not heeded",
        "retry.py",
        "min(self._policy.longest, seconds_asked(reply))",
        "0.0",
        "F08-upload-url-after-2",
    ),
    Mutation(
        "after 429 there is no least pause",
        "retry.py",
        "return max(policy.login_pause if request.service == LOGIN else policy.pause, asked)",
        "return asked",
        "F08-publish-after--1",
    ),
    Mutation(
        "the login waits no longer than others",
        "retry.py",
        "policy.login_pause if request.service == LOGIN else policy.pause",
        "policy.pause",
        "F08-publish-login-busy",
    ),
    Mutation(
        "waits do not grow",
        "retry.py",
        "policy.waits[: self._repeated + 1][-1]",
        "policy.waits[0]",
        "F01-domains-short",
    ),
    Mutation(
        "a name that nobody knows is asked for as long as others",
        "retry.py",
        "(1 if reply.failure == NO_HOST else len(policy.waits))",
        "len(policy.waits)",
        "F02-domains-always",
    ),
    Mutation(
        "one call takes as long as it likes",
        "retry.py",
        "if elapsed + wait >= policy.deadline:",
        "if False:",
        "F08-publish-for-hours",
    ),
    Mutation(
        "there is no budget",
        "retry.py",
        "if self._budget.take() else",
        "if True else",
        "F40-domains-budget",
    ),
    Mutation(
        "a closed idle connection is waited for",
        "retry.py",
        "if reply.reused and reply.failure == BROKEN_OFF and not",
        "if False and not",
        "F33-upload-url-idle",
    ),
    Mutation(
        "no token is renewed",
        "retry.py",
        "return 0.0 if request.again and self._policy.renew else None",
        "return None",
        "F09-upload-url-expired",
    ),
    Mutation(
        "tokens are renewed without end",
        "steps/tokens.py",
        "if refused in renewed or refused not in used:",
        "if refused not in used:",
        "F09-upload-url-always",
    ),
    Mutation(
        "only the app's token is renewed",
        "steps/tokens.py",
        "refused = CONSUMER if error_code(reply) == _CONSUMER_REFUSED else APP",
        "refused = APP",
        "F09-publish-consumer-expired",
    ),
    Mutation(
        "a wrong secret is a refusal like others",
        "steps/tokens.py",
        "if reply.status == 401 or (",
        "if False and (",
        "F10-app-token-secret",
    ),
    Mutation(
        "URLs are renewed for ever",
        "steps/_storage.py",
        "RENEWALS = 2",
        "RENEWALS = 9",
        "F12-put-always",
    ),
    Mutation(
        "a URL that has ended is sent to all the same",
        "steps/_storage.py",
        "return left < (needed if life is None else min(needed, life / 2))",
        "return False",
        "F14-put-pause",
    ),
    Mutation(
        "a URL that contradicts its answer's date is never used",
        "steps/_storage.py",
        "if left is None or (life is not None and life <= 0):",
        "if left is None:",
        "F15-domains-service-+3600",
    ),
    Mutation(
        "this computer's clock is believed",
        "session.py",
        "return self.clock.time() + (self.skew.seconds if self.skew else 0.0)",
        "return self.clock.time()",
        "F15-put-pause--3600",
    ),
    Mutation(
        "a URL without a good end is an error at once",
        "steps/temporary_url.py",
        "    if session.policy.renew:\n",
        "    if False:\n",
        "F16-upload-url-end-soon",
    ),
    Mutation(
        "the old path is published",
        "steps/upload.py",
        "relative_path=upload.url.relative_path",
        "relative_path=url.relative_path",
        "F12-put-expired-before",
    ),
    Mutation(
        "a damaged upload is not sent again",
        "steps/upload.py",
        "flawed=lambda reply: reply.status in _STORED and",
        "flawed=lambda reply: False and",
        "F19-put-damaged",
    ),
    Mutation(
        "a damaged upload is published",
        "steps/upload.py",
        "    if verified is False:\n",
        "    if False:\n",
        "F19-put-damaged-always",
    ),
    Mutation(
        "any 2xx means stored",
        "steps/upload.py",
        "_STORED = (201, 200, 202)",
        "_STORED = (201, 200, 202, 204)",
        "F21-put-204",
    ),
    Mutation(
        "without a digest storage is not asked",
        "steps/_storage.py",
        "if agrees is not None or not self.session.policy.looks:",
        "if True:",
        "F20-put-none",
    ),
    Mutation(
        "quotes around a digest make it another",
        "steps/_storage.py",
        """.removeprefix("W/").strip('"')""",
        "",
        "F20-put-quotes",
    ),
    Mutation(
        "a damaged download is a good one",
        "steps/download.py",
        "    if verified is False:\n",
        "    if False:\n",
        "F25-get-always",
    ),
    Mutation(
        "a damaged download is not asked for again",
        "steps/download.py",
        "return etag_of(reply, self.md5)[1] is False",
        "return False",
        "F25-get-first",
    ),
    Mutation(
        "parts of any file are put together",
        "steps/download.py",
        'and reply.headers.get("ETag", "") == self._etag',
        "",
        "F26-get-no-etag",
    ),
    Mutation(
        "parts are put together wherever they begin",
        "steps/download.py",
        "fits = part and self._came and int(part[1]) == len(self._came)",
        "fits = part and self._came",
        "F26-get-another-part",
    ),
    Mutation(
        "a part may be of a file that changed",
        "steps/download.py",
        "return reply.status in (412, 416) and bool(self._came)",
        "return False",
        "F26-get-object-changed",
    ),
    Mutation(
        "answers may have any length",
        "transport.py",
        "if size > limit:",
        "if False:",
        "F28-domains-giant",
    ),
    Mutation(
        "an answer may drip for ever",
        "transport.py",
        "        if left <= 0:\n",
        "        left = 9.0\n        if False:\n",
        "F27-publish-drip-body",
    ),
    Mutation(
        "half a file is left behind",
        "steps/_saving.py",
        "partial.unlink(missing_ok=True)",
        "pass",
        "F34-get-full",
    ),
    Mutation(
        "a file grows under its final name",
        "steps/_saving.py",
        'with partial.open("xb") as file:',
        'partial = target\n            with partial.open("wb") as file:',
        "F34-get-full",
    ),
)
QUICK = (  # for the tests: one each for publishing, uploads, downloads, tokens and waits
    "publishing is repeated blindly",
    "a damaged upload is published",
    "parts of any file are put together",
    "tokens are renewed without end",
    "Retry-After has no cap",
)


def without(mutation: Mutation) -> str:
    """Give the text of the mutation's file without its safeguard; LookupError: it has none."""
    text = (ROOT / "lpnb" / mutation.file).read_text()
    if text.count(mutation.there) != 1:
        raise LookupError(f"{mutation.file} has no longer what {mutation.what!r} takes away")
    return text.replace(mutation.there, mutation.instead)


def mutated(mutation: Mutation, folder: Path) -> Path:
    """Copy lpnb into *folder* without one safeguard; gives the folder to take lpnb from."""
    text = without(mutation)
    shutil.copytree(ROOT / "lpnb", folder / "lpnb", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "lpnb" / mutation.file).write_text(text)
    return folder


def caught(mutation: Mutation, folder: Path, *, only: bool = False) -> dict[str, Any] | None:
    """
    Give the first row that ends otherwise without the safeguard, and in what; None: all are well.

    Args:
        only: only the mutation's own row is tried.
    """
    library = mutated(mutation, folder)
    command = [sys.executable, "-m", "tests.matrix", str(library), mutation.row]
    run = subprocess.run(
        [*command, "--only"] if only else command,
        cwd=library,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(library), str(ROOT)))},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if run.returncode not in (0, RED):
        raise RuntimeError(f"{mutation.what!r} does not run: {run.stderr.strip()[-500:]}")
    found: dict[str, Any] | None = json.loads(run.stdout) if run.returncode == RED else None
    return found
