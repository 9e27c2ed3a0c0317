"""Read one file as lpnb does, and look at everything that it shows of it."""

import contextlib
import io
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from . import shown, voted
from .entry import Dice, Entry, kind_of

_TEXT = 3000  # characters of a problem; all must fit into a pipe


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    How one file ended.

    Args:
        ended: "" if the child came to its end, else what stopped it.
        verdict: "accept" or "refuse"; "" where there was neither.
        codes: of every finding, with its severity.
        problems: what must never be: foreign errors, previews that are not right.
        read: CPU seconds and bytes that intake took.
        shown: the same for the preview and the cards.
        pixels: width and height upright, as intake says.
        preview: the preview's bytes.
    """

    id: str
    ended: str = ""
    verdict: str = ""
    codes: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()
    read: tuple[float, int] = (0.0, 0)
    shown: tuple[float, int] = (0.0, 0)
    pixels: tuple[int, int] | None = None
    preview: bytes = b""


def examined(entry: Entry, *, look: bool = True) -> Outcome:
    """Read *entry* as lpnb does, and *look* at everything that it shows of it."""
    from lpnb.errors import ImageRefused, LpnbError
    from lpnb.images import ImageFile

    problems: list[str] = []
    preview = b""
    image: Any = None
    findings: tuple[Any, ...] = ()
    verdict = ""

    def read() -> None:
        nonlocal image, findings, verdict
        try:
            image = ImageFile.read(entry.content, name=entry.name or None)
            findings, verdict = image.findings, "accept"
        except ImageRefused as error:
            findings, verdict = error.findings, "refuse"
            if error.__cause__ is not None or error.__context__ is not None:
                problems.append("the refusal holds a foreign error")

    def show() -> None:
        nonlocal image, preview
        if verdict == "accept":
            preview = image.preview().content
            problems.extend(shown.faults(image.preview(), entry))
        elif verdict == "refuse":
            image = ImageFile.read(entry.content, name=entry.name or None, check=False)
            if [one.code for one in image.findings] != [one.code for one in findings]:
                problems.append("unchecked, other things are found")
            with contextlib.suppress(ImageRefused):
                image.preview()
        if image is not None:
            image._repr_mimebundle_()

    spent = []
    for work in (read, show) if look else (read,):
        try:
            spent.append(_measured(work))
        except LpnbError as error:
            problems.append(f"{work.__name__}: {type(error).__name__}: {error}")
        except BaseException as error:  # noqa: BLE001 - whatever it is, it must not be
            problems.append(f"{work.__name__}: foreign {type(error).__name__}: {error}"[:_TEXT])
    return Outcome(
        id=entry.id,
        verdict=verdict,
        codes=tuple((one.code, one.severity) for one in findings),
        problems=tuple(problems),
        read=spent[0] if spent else (0.0, 0),
        shown=spent[1] if len(spent) > 1 else (0.0, 0),
        pixels=image.pixels if verdict == "accept" else None,
        preview=preview,
    )


def _measured(work: Callable[[], None]) -> tuple[float, int]:
    """The CPU seconds that *work* takes, and by how many bytes the process grows at its peak."""
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before, began = _status("VmRSS"), time.process_time()
    work()
    return time.process_time() - began, max(0, _status("VmHWM") - before)


def _status(name: str) -> int:
    text = Path("/proc/self/status").read_text()
    return 1024 * int(text.partition(name + ":")[2].split()[0])


def mended(entry: Entry) -> Outcome:
    """Take everything away from *entry* that has a mend, and its metadata too, and look again."""
    from lpnb.errors import ImageRefused, LpnbError
    from lpnb.images import ImageFile

    problems: list[str] = []
    codes: set[tuple[str, str]] = set()
    spent = 0.0, 0

    def mend() -> None:
        image = ImageFile.read(entry.content, name=entry.name or None, check=False)
        codes.update((one.code, one.severity) for one in image.findings)
        for way in ("fixed", "without_metadata") if entry.needles else ("fixed",):
            try:
                made = getattr(image, way)()
            except ImageRefused:
                if entry.verdict in ("accept", "warn"):
                    problems.append(f"{way}: refused, and the picture is not")
                continue
            left = [one.code for one in made.findings if one.mend]
            problems.extend(f"{way}: {code} is left" for code in left if way == "fixed")
            private = {"location", "personal"} & {code for code, _ in codes}
            gone = entry.needles if private or way == "without_metadata" else ()
            kept = [needle[:40] for needle in gone if needle in made.content]
            problems.extend(f"{way}: {needle!r} is left" for needle in kept)
            if made.pixels:
                problems.extend(f"{way}: {one}" for one in shown.faults(made.preview(), entry))

    try:
        spent = _measured(mend)
    except LpnbError as error:
        problems.append(f"{type(error).__name__}: {error}")
    except BaseException as error:  # noqa: BLE001 - whatever it is, it must not be
        problems.append(f"foreign {type(error).__name__}: {error}"[:_TEXT])
    found = tuple(sorted(codes))
    return Outcome(entry.id, "", "", found, tuple(problems), spent)


def loaded(entry: Entry) -> Outcome:
    """Read *entry* as Pillow does, whole and with the one decoder that its signature asks for."""
    kind = kind_of(entry.content)
    try:
        Image.MAX_IMAGE_PIXELS = None  # what decoding may cost is not what is asked here
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(entry.content), formats=[kind])
            image.load()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a no
        return Outcome(entry.id, verdict="refuse", problems=(repr(error)[:_TEXT],))
    return Outcome(entry.id, verdict="accept", pixels=image.size)


def mutants(entry: Entry) -> Outcome:
    """Read as many mutants of small pictures as *entry* says, drawn by its id; show every 8th."""
    dice, seeds = Dice(entry.id), list(voted.sound().values())
    codes, problems, slowest, largest = set(), [], 0.0, 0
    for number in range(int(entry.content)):
        content = voted.mutated(seeds[dice.below(len(seeds))], dice)
        one = Entry(id=f"{number}", content=content, verdict="either")
        outcome = examined(one, look=number % 8 == 0)
        problems += [f"{problem}: {content.hex()}"[:_TEXT] for problem in outcome.problems]
        slowest = max(slowest, outcome.read[0], outcome.shown[0])
        largest = max(largest, outcome.read[1], outcome.shown[1])
        codes |= set(outcome.codes)
    found = tuple(sorted(codes))
    return Outcome(entry.id, "", "accept", found, tuple(problems[:10]), (slowest, largest))
