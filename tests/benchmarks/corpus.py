"""
Intake on a corpus of hostile and of sound files, each read in a process with limits of its own.

The labels come from how a file was made, or from a vote of others: see ``tests/hostile``.
"""

import io
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Literal

from PIL import Image, ImageChops, ImageStat

from tests.hostile import breakages, corpus, judge, oracles, packages, runner, voted
from tests.hostile.entry import Entry
from tests.hostile.examine import Outcome

from .figures import Figure

_UNLIKE = 12  # of 255, on the mean, from which a preview is compared with the picture turned


def measure(*, others: Path | Literal[True] | None = None, less: bool = False) -> list[Figure]:
    """
    Judge intake on the generated corpus, or on the test pictures of *others*.

    Args:
        others: a folder with their source packages; True has pip fetch them.
        less: take one check after the other away from intake, and see whether that is noticed.
    """
    if less:
        return list(_less())
    if others is None:
        entries = list(corpus.entries())
        return [*_figures(entries, runner.run(entries)), *_mended(entries)]
    return _of_others(None if others is True else others)


def _of_others(folder: Path | None) -> list[Figure]:
    if gone := oracles.missing():
        note = f"{', '.join(gone)}: Debian has {oracles.PACKAGES}"
        return [Figure("voters that are not installed", (len(gone),), bar=0, unit="", note=note)]
    with tempfile.TemporaryDirectory() as fetched:
        if folder is None:
            packages.downloaded(Path(fetched))
        found = packages.pictures(folder or Path(fetched))
    missing = [name for name in packages.NAMES if not any(one.startswith(name) for one in found)]
    note = ", ".join(missing or found)
    had = Figure("packages that could not be had", (len(missing),), bar=0, unit="", note=note)
    if not found:
        return [had]
    contents = {
        f"{one}/{path}": body for one, files in found.items() for path, body in files.items()
    }
    votes = oracles.votes(
        (id, body) for id, body in contents.items() if not packages.by_construction(id, body)
    )
    entries = list(_labelled(contents, votes))
    outcomes = runner.run(entries)
    turned = [name for name in (_turned(one, votes) for one in outcomes) if name]
    again = oracles.votes(voted.candidates())
    known = {entry.id: entry.verdict for entry in voted.entries()}
    changed = [id for id, vote in again.items() if vote.verdict != known[id]]
    what = "generated files on which these voters differ from those of votes.json"
    return [
        had,
        *_figures(entries, outcomes),
        _none("previews not as Chromium shows the picture: size or orientation", turned),
        replace(_none(what, changed), bar=None),
    ]


def _less() -> Iterator[Figure]:
    entries = list(corpus.entries())
    for breakage in breakages.BREAKAGES:
        with tempfile.TemporaryDirectory() as folder:
            outcomes = runner.run(entries, library=breakages.broken(breakage, Path(folder)))
        wrong = judge.judged(entries, outcomes).everything()
        note = f"{len(wrong)} disagreements" + f", {wrong[0]:.90}" * bool(wrong)
        yield Figure(f"not noticed: {breakage.what}", (not wrong,), bar=0, unit="", note=note)


def _mended(entries: list[Entry]) -> Iterator[Figure]:
    outcomes = runner.run(entries, work="mended")
    report = judge.judged(entries, outcomes, seconds=judge.MENDING)
    yield _none("mends that go wrong, crash or take long", report.everything())
    slow = max(outcomes, key=lambda outcome: outcome.read[0])
    large = max(outcomes, key=lambda outcome: outcome.read[1])
    what = "read, mended, read again and shown, worst"
    yield Figure(what, (slow.read[0],), bar=judge.MENDING, unit="s of CPU", note=slow.id)
    yield Figure(what, (large.read[1] / 1e6,), bar=400, unit="MB", note=large.id)


def _labelled(contents: dict[str, bytes], votes: dict[str, oracles.Vote]) -> Iterator[Entry]:
    for id, content in contents.items():
        entry = packages.by_construction(id, content)
        if entry:
            yield entry
            continue
        vote = votes[id]
        verdict = vote.verdict
        yield Entry(
            id=id,
            content=content,
            name=PurePosixPath(id).name,
            verdict=verdict,
            codes=("corrupt|truncated|unsupported-type",) if verdict == "refuse" else (),
            may=None,
            why=f"by vote of Pillow, Chromium and the format's tool: {vote.text}",
            size=vote.size if verdict == "accept" else None,
        )


def _figures(entries: list[Entry], outcomes: list[Outcome]) -> list[Figure]:
    report = judge.judged(entries, outcomes)
    print("\n".join(f"  {one}" for one in report.everything()), file=sys.stderr)
    labels = Counter(entry.verdict for entry in entries)
    note = ", ".join(f"{count} {verdict}" for verdict, count in sorted(labels.items()))
    figures = [
        Figure("files", (report.files,), unit="", note=note),
        _none("unclean exceptions and previews", report.unclean),
        _none("crashes", report.crashes),
        _none("false accepts", report.false_accepts),
        _none("false refusals", report.false_refusals),
        _none("findings missing, or for nothing", report.wrong_codes),
    ]
    for what, index in (("reading", "read"), ("preview and card", "shown")):
        spent = {outcome.id: getattr(outcome, index) for outcome in outcomes}
        slow = max(spent, key=lambda id: spent[id][0])
        large = max(spent, key=lambda id: spent[id][1])
        figures += [
            Figure(f"{what}, worst", (spent[slow][0],), bar=2.0, unit="s of CPU", note=slow),
            Figure(f"{what}, worst", (spent[large][1] / 1e6,), bar=400, unit="MB", note=large),
        ]
    return figures


def _none(what: str, which: list[str]) -> Figure:
    note = "; ".join(one.partition(":")[0] for one in which[:5])
    return Figure(what, (len(which),), bar=0, unit="", note=note + "; ..." * (len(which) > 5))


def _turned(outcome: Outcome, votes: dict[str, oracles.Vote]) -> str:
    """Name the file if its preview shows it otherwise than Chromium: of other shape, or turned."""
    vote = votes.get(outcome.id)
    if not outcome.preview or vote is None or vote.size is None:
        return ""
    if outcome.pixels != vote.size:
        return outcome.id
    side = oracles.SIDE
    there = Image.frombytes("RGB", (side, side), vote.look)
    picture = Image.open(io.BytesIO(outcome.preview)).convert("RGBA")
    here = Image.new("RGBA", picture.size, "white")
    here.alpha_composite(picture)
    here = here.convert("RGB").resize((side, side), Image.Resampling.BOX)
    straight = _unlike(here, there)
    best = min(_unlike(here.transpose(way), there) for way in Image.Transpose)
    return outcome.id if straight > _UNLIKE and best < straight / 2 else ""


def _unlike(one: Image.Image, other: Image.Image) -> float:
    return max(ImageStat.Stat(ImageChops.difference(one, other)).mean)
