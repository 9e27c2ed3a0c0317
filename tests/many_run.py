"""
Share small pictures with a ledger, in a process of its own that others may kill.

``python -m tests.many_run LEDGER CONVERSATION CONSUMER FIRST COUNT [WORKERS]`` shares the pictures
from number FIRST on with the account of the environment, says ``begin``, and in the end how many
have which status.
"""

import json
import sys
from collections import Counter

import lpnb
from lpnb.session import Session
from tests.small_pictures import small


def main(ledger: str, conversation: str, consumer: str, first: str, *more: str) -> None:
    """Share them, and print what became of them."""
    count, workers = int(more[0]), int(more[1]) if more[1:] else 8
    account = lpnb.Account.from_environment()
    # a LIVE session would wait for a history that is a minute behind
    session = Session(account, mode="SANDBOX", consumer=consumer, policy=lpnb.BRIEF)
    images = [small(number) for number in range(int(first), int(first) + count)]
    for image in images:
        image.preview()
    print("begin", flush=True)
    shares = lpnb.share_files(
        session,
        lpnb.resume_conversation(session, conversation),
        images,
        ledger=lpnb.Ledger(ledger),
        workers=workers,
        progress=False,
    )
    problems = [item.error for item in shares.items if item.error]
    print(json.dumps(Counter(item.status for item in shares.items) | {"problems": problems[:3]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
