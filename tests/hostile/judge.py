"""Hold what intake said against the labels."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from .entry import Entry
from .examine import Outcome

SECONDS, BYTES = 2.0, 400_000_000
MENDING = 10.0  # seconds: reading, mending, reading what came of it, and its preview


@dataclass(slots=True)
class Report:
    """
    All disagreements, by what they are; each is a sentence that begins with the file's id.

    Args:
        unclean: something but our error came out, or a preview is not as it must be.
        crashes: the process was stopped.
        false_accepts, false_refusals: intake and the label say the opposite.
        wrong_codes: the verdict is right, and the findings are not.
        slow, large: over the bounds.
    """

    files: int = 0
    unclean: list[str] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    false_accepts: list[str] = field(default_factory=list)
    false_refusals: list[str] = field(default_factory=list)
    wrong_codes: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)
    large: list[str] = field(default_factory=list)

    def everything(self) -> list[str]:
        """Each disagreement, with what it is in front."""
        return [
            f"{kind}: {sentence}"
            for kind in _KINDS
            for sentence in getattr(self, kind.replace(" ", "_"))
        ]


_KINDS = (
    "unclean",
    "crashes",
    "false accepts",
    "false refusals",
    "wrong codes",
    "slow",
    "large",
)


def judged(
    entries: Iterable[Entry], outcomes: Iterable[Outcome], *, seconds: float = SECONDS
) -> Report:
    """
    Compare; raises KeyError if a file has no outcome.

    Args:
        seconds: of CPU that each file may take.
    """
    found, report = {outcome.id: outcome for outcome in outcomes}, Report()
    for entry in entries:
        outcome = found[entry.id]
        report.files += 1
        _one(entry, outcome, report, seconds)
    return report


def _one(entry: Entry, outcome: Outcome, report: Report, most: float) -> None:
    says = ", ".join(code for code, _ in outcome.codes) or "nothing"
    if outcome.ended:
        report.crashes.append(f"{entry.id}: {outcome.ended}")
    report.unclean += [f"{entry.id}: {problem}" for problem in outcome.problems]
    for seconds, grown in (outcome.read, outcome.shown):
        if seconds > most:
            report.slow.append(f"{entry.id}: {seconds:.1f} s of CPU")
        if grown > BYTES:
            report.large.append(f"{entry.id}: {grown / 1e6:.0f} MB")
    if outcome.ended or not outcome.verdict:
        return
    refused = outcome.verdict == "refuse"
    if entry.verdict == "refuse" and not refused:
        report.false_accepts.append(f"{entry.id}: {entry.why}; found {says}")
    elif entry.verdict in ("accept", "warn") and refused:
        report.false_refusals.append(f"{entry.id}: {entry.why}; found {says}")
    elif wrong := _wrong(entry, outcome):
        report.wrong_codes.append(f"{entry.id}: {wrong}; found {says}")


def _wrong(entry: Entry, outcome: Outcome) -> str:
    """Say which code is missing or too many, if one is."""
    if entry.verdict == "either":
        return ""
    refused = entry.verdict == "refuse"
    codes = {code for code, how in outcome.codes if not refused or how == "refused"}
    wanted = [set(each.split("|")) for each in entry.codes]
    missing = ["|".join(sorted(each)) for each in wanted if not each & codes]
    if missing:
        return f"{' and '.join(missing)} missing"
    allowed = set().union(*wanted) | (entry.may or set())
    more = codes - allowed
    return f"{', '.join(sorted(more))} for nothing" if more and entry.may is not None else ""
