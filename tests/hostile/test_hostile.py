"""Intake on the whole hostile corpus, and what has to hold of the corpus and of those who judge."""

import ast
import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from . import breakages, corpus, judge, runner, shown, voted
from .drawing import CORNERS, quarters, saved
from .entry import Entry
from .examine import Outcome

HERE = Path(__file__).parent

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the memory of a process is measured in /proc"
)


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return list(corpus.entries())


@pytest.fixture(scope="module")
def report(entries: list[Entry]) -> judge.Report:
    return judge.judged(entries, runner.run(entries))


def test_nothing_but_our_error_comes_out(report: judge.Report) -> None:
    """Every file is read, or refused cleanly; each preview fits, is upright, bare and decodable."""
    assert [] == report.unclean
    assert [] == report.crashes


def test_nothing_bad_is_accepted(report: judge.Report) -> None:
    """All files that must be refused are."""
    assert [] == report.false_accepts


def test_nothing_good_is_refused(report: judge.Report) -> None:
    """No sound picture is refused, however unusual."""
    assert [] == report.false_refusals


def test_findings_say_what_is_the_matter(report: judge.Report) -> None:
    """The codes are those that fit, and plain pictures have none."""
    assert [] == report.wrong_codes


def test_nothing_takes_long_or_much(report: judge.Report) -> None:
    """Reading, and showing, take at most 2 s of CPU and 400 MB for any file."""
    assert [] == report.slow
    assert [] == report.large


def test_thousands_of_mutants_do_no_harm() -> None:
    """Of 5,000 pictures broken at random each is read or refused, in time."""
    hundreds = [Entry(id=f"hundred-{i}", content=b"100", verdict="either") for i in range(50)]

    outcomes = runner.run(hundreds, work="mutants")

    found = judge.judged(hundreds, outcomes)
    codes = {code for outcome in outcomes for code, _ in outcome.codes}
    assert [] == found.everything()
    assert {"corrupt", "truncated", "unsupported-type", "trailing-data", "animated"} <= codes


def test_what_is_mended_is_sound_and_tells_nothing(entries: list[Entry]) -> None:
    """What has a mend is gone after it, what is private too, and the picture is as it was."""
    some = [one for one in entries if one.needles or one.verdict == "warn"]
    some = [one for one in some if not one.id.startswith("pixels/")]  # the benchmark has time

    found = judge.judged(some, runner.run(some, work="mended"), seconds=judge.MENDING)

    assert [] == found.everything()
    assert 100 <= found.files


def test_every_check_that_can_be_taken_away_is_there(tmp_path: Path) -> None:
    """`python -m tests.benchmarks corpus --less` takes them away, and looks whether we notice."""
    left = breakages.BREAKAGES

    made = [breakages.broken(one, tmp_path / str(i)) for i, one in enumerate(left)]

    assert 10 <= len(made)


def test_the_corpus_is_large_and_fair(entries: list[Entry]) -> None:
    """There is enough of everything, and no file twice under one name."""
    labels = Counter(entry.verdict for entry in entries)

    assert 335 <= len(entries) == len({entry.id for entry in entries})
    assert 300 <= labels["refuse"]
    assert 300 <= labels["accept"] + labels["warn"]
    assert all(entry.why for entry in entries)


def test_votes_are_of_these_very_files() -> None:
    """Each file that is voted on is, byte for byte, the one that the vote was taken on."""
    votes = json.loads(voted.VOTES.read_text())
    made = {id: voted.fingerprint(content) for id, content in voted.candidates()}

    assert made == {id: vote.partition(" ")[0] for id, vote in votes.items()}
    assert {"+", "-"} == set("".join(vote.partition(" ")[2] for vote in votes.values()))


def test_no_label_comes_from_lpnb() -> None:
    """Only what reads the files imports lpnb; what makes and labels them does not."""
    imported = {
        path.name: {
            name.partition(".")[0]
            for node in ast.walk(ast.parse(path.read_text()))
            for name in (
                [node.module or ""]
                if isinstance(node, ast.ImportFrom) and not node.level
                else [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else []
            )
        }
        for path in HERE.glob("*.py")
    }

    assert {"examine.py", "target.py"} == {
        name for name, modules in imported.items() if "lpnb" in modules
    }


_FAKE = """
import os, time
from .errors import ImageRefused, LpnbError

class Preview:
    content, mime, width, height = {jpeg!r}, "image/jpeg", 96, 64
    data_uri = "data:image/jpeg;base64,/9j/"

class ImageFile:
    findings, pixels = (), (96, 64)

    def preview(self):
        return Preview()

    def _repr_mimebundle_(self):
        return {{}}

    @classmethod
    def read(cls, content, name=None, check=True):
        if content == b"abort":
            os.abort()
        if content == b"raise":
            raise IndexError("bytes")
        if content == b"ours":
            raise LpnbError("but not a refusal")
        if content == b"chain":
            try:
                1 / 0
            except ZeroDivisionError:
                raise ImageRefused("held")
        if content == b"refuse":
            raise ImageRefused("no")
        if content == b"slow":
            until = time.process_time() + 2.1
            while time.process_time() < until:
                pass
        if content == b"large":
            bytearray(b"x") * 450_000_000
        return cls()
"""


def test_the_runner_sees_whatever_must_not_be(tmp_path: Path) -> None:
    """A library that crashes, leaks, dawdles and lies is caught at each of it."""
    folder = tmp_path / "lpnb"
    folder.mkdir()
    sideways = saved(quarters().rotate(180), "JPEG", comment=b"needle")
    (folder / "__init__.py").write_text("")
    (folder / "errors.py").write_text(
        "class LpnbError(Exception): findings = ()\nclass ImageRefused(LpnbError): pass\n"
    )
    (folder / "images.py").write_text(_FAKE.format(jpeg=sideways))
    asked = ["abort", "raise", "ours", "chain", "refuse", "slow", "large", "corners", "liar"]
    entries = [
        Entry(
            id=name,
            content=name.encode(),
            verdict="refuse" if name == "liar" else "either" if name == "chain" else "accept",
            corners=CORNERS if name == "corners" else None,
            needles=(b"needle",) if name == "corners" else (),
        )
        for name in asked
    ]

    found = judge.judged(entries, runner.run(entries, library=tmp_path))

    unclean = "\n".join(found.unclean)
    assert ["abort: SIGABRT"] == found.crashes
    assert "raise: read: foreign IndexError: bytes" in unclean
    assert "ours: read: LpnbError: but not a refusal" in unclean
    assert "chain: the refusal holds a foreign error" in unclean
    assert "corners: corners of the preview are off by" in unclean
    assert "corners: the preview tells b'needle'" in unclean
    assert "corners: the preview has a FE" in unclean
    assert "corners: the data URI is not the preview's bytes" in unclean
    assert ["liar"] == [one.partition(":")[0] for one in found.false_accepts]
    assert ["refuse"] == [one.partition(":")[0] for one in found.false_refusals]
    assert ["slow"] == [one.partition(":")[0] for one in found.slow]
    assert ["large"] == [one.partition(":")[0] for one in found.large]


@pytest.mark.parametrize(
    ("verdict", "codes", "may", "outcome", "found", "wrong"),
    [
        pytest.param("accept", (), set(), "accept", [], "", id="plain"),
        pytest.param("accept", (), set(), "accept", ["animated"], "for nothing", id="for nothing"),
        pytest.param("accept", (), {"animated"}, "accept", ["animated"], "", id="may be"),
        pytest.param("accept", (), None, "accept", ["animated"], "", id="anything may be"),
        pytest.param("warn", ("rotated",), set(), "accept", [], "missing", id="missing"),
        pytest.param("warn", ("rotated",), set(), "accept", ["rotated"], "", id="there"),
        pytest.param("refuse", ("a|b",), set(), "refuse", ["b"], "", id="one of two"),
        pytest.param("refuse", ("a|b",), set(), "refuse", ["c"], "missing", id="another"),
        pytest.param("either", (), set(), "refuse", ["c"], "", id="open"),
    ],
)
def test_findings_are_held_to_the_label(verdict, codes, may, outcome, found, wrong) -> None:
    """What must be found is, and nothing else that may not."""
    entry = Entry(
        id="x",
        content=b"",
        verdict=verdict,
        codes=codes,
        may=None if may is None else frozenset(may),
    )
    severity = "refused" if outcome == "refuse" else "warning"
    ended = Outcome("x", verdict=outcome, codes=tuple((code, severity) for code in found))

    judged = judge.judged([entry], [ended])

    assert bool(wrong) == bool(judged.wrong_codes)
    assert wrong in "".join(judged.wrong_codes)
    assert [] == judged.false_accepts + judged.false_refusals


@pytest.mark.parametrize(
    ("size", "upright", "same"),
    [
        ((400, 300), (4000, 3000), True),
        ((300, 400), (4000, 3000), False),
        ((800, 1), (65_500, 3), True),
        ((1, 1), (1, 1), True),
        ((2, 1), (1, 2), False),
        ((20, 20), (10, 10), False),
    ],
)
def test_shapes_are_compared(size: tuple[int, int], upright: tuple[int, int], same: bool) -> None:
    """A preview has its picture's shape, as well as whole pixels can, and is no larger."""
    assert same is shown.same_shape(size, upright)
