"""
A thousand files shared while 3 % of the calls of each kind fail: lost, twice, damaged, unknown.

The faults are those of F40 in the catalogue, by chance with a seed: publishings whose answer is
lost, or that fail before anything is done, resets before a request is read, damaged uploads, URLs
that have ended, damaged and cut downloads. Counted by what the agent sees and storage holds. With
reading possible nothing may be missing after one run. Where the session has no user to look with,
what is missing has to be said; and nothing may be there twice.
"""

from collections import Counter

import lpnb
from lpnb.session import Session
from tests.sandbox.fault_catalogue import CATALOGUE
from tests.small_pictures import small

from .figures import Figure

_FILES, _SEEDS = 1_000, range(1, 6)
_WORDS = {
    "lost": "files that the agent misses",
    "unreported": "of them said to be shared",
    "twice": "files that the agent sees twice",
    "damaged": "files that storage has otherwise than they were sent",
    "unverified": "receipts that don't verify, with damaged and cut downloads",
    "unknown": "files said to be unknown",
}
_ALLOWED = {True: "", False: "lost unknown unverified"}  # by whether reading is possible


def measure(files: int = _FILES) -> list[Figure]:
    """Share them with five seeds, with a user to look with and without."""
    figures = []
    for reading in (True, False):
        runs = [run(files, seed, reading=reading) for seed in _SEEDS]
        how = "reading" if reading else "not reading"
        for name, words in _WORDS.items():
            bar = None if name in _ALLOWED[reading].split() else 0
            values = tuple(float(found[name]) for found in runs)
            note = f"per run {', '.join(f'{value:g}' for value in values)}"
            figures.append(
                Figure(f"{how}: {words}", (sum(values),), bar=bar, unit="files", note=note)
            )
        calls = tuple(found["faults"] / len(runs) for found in runs)
        figures.append(Figure(f"{how}: faults in a run", (sum(calls),), unit="calls"))
    return figures


def run(files: int, seed: int, *, reading: bool) -> Counter[str]:
    """Share *files* pictures, fetch each again by its receipt, and count what went wrong."""
    images = [small(number) for number in range(files)]
    with lpnb.Sandbox() as sandbox:
        session = _session(sandbox, reading=reading)
        conversation = lpnb.create_conversation(session)
        sandbox.faults.load({"seed": seed, "rules": CATALOGUE[39].rules})
        shares = lpnb.share_files(session, conversation, images, progress=False)
        unverified = sum(not _verified(session, item) for item in shares.shared)
        faults = sum(rule["fired"] for rule in sandbox.faults.report())
        messages = sandbox.conversations[conversation.id].messages
        stored = sandbox.objects
        seen = Counter(stored[message.relative_path].etag for message in messages)
        session.close()
    sent = {image.md5: item for image, item in zip(images, shares.items, strict=True)}
    return Counter(
        lost=sum(md5 not in seen for md5 in sent),
        unreported=sum(md5 not in seen and item.status == "shared" for md5, item in sent.items()),
        twice=sum(count - 1 for count in seen.values()),
        damaged=sum(md5 not in sent for md5 in seen),
        unverified=unverified,
        unknown=len(shares.unknown),
        faults=faults,
    )


def _session(sandbox: lpnb.Sandbox, *, reading: bool) -> lpnb.Session:
    account = lpnb.Account(
        sandbox.account,
        sandbox.client_id,
        sandbox.client_secret,
        username=sandbox.username if reading else None,
        password=sandbox.password if reading else None,
        domain_api=sandbox.domain_api,
    )
    return Session(account, mode="SANDBOX", policy=lpnb.BRIEF)


def _verified(session: lpnb.Session, item: object) -> bool:
    try:
        return bool(item.receipt.verify(session).identical)  # type: ignore[attr-defined]
    except lpnb.LpnbError:
        return False
