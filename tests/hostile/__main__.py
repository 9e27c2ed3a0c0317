"""
Print what intake gets wrong: ``python -m tests.hostile [--only PREFIX] [--library FOLDER]``.

With ``--vote`` have all that no specification settles voted on anew, into ``votes.json``.
"""

import argparse
import json
from pathlib import Path

from . import corpus, judge, runner, voted


def main() -> int:
    """Run the corpus; gives the process's exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--only", default="", help="files whose id begins so")
    parser.add_argument("--library", type=Path, help="a folder with another lpnb to judge")
    parser.add_argument("--mends", action="store_true", help="mend each file, and look again")
    parser.add_argument("--vote", action="store_true", help="ask the voters anew")
    given = parser.parse_args()
    if given.vote:
        return _vote()
    entries = [entry for entry in corpus.entries() if entry.id.startswith(given.only)]
    work, seconds = ("mended", judge.MENDING) if given.mends else ("examined", judge.SECONDS)
    outcomes = runner.run(entries, work=work, library=given.library)
    wrong = judge.judged(entries, outcomes, seconds=seconds).everything()
    print("\n".join([*wrong, f"{len(entries)} files, {len(wrong)} disagreements"]))
    return 1 if wrong else 0


def _vote() -> int:
    from . import oracles  # with what only voting needs

    if gone := oracles.missing():
        print(f"{', '.join(gone)} not installed: Debian has {oracles.PACKAGES}")
        return 2
    contents = dict(voted.candidates())
    votes = oracles.votes(contents.items())
    rows = {
        id: f"{voted.fingerprint(content)} {votes[id].text if id in votes else '---'}"
        for id, content in contents.items()
    }
    voted.VOTES.write_text(json.dumps(rows, indent=0) + "\n")
    print(f"{len(rows)} files voted on")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
