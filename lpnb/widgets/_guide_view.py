"""How the seven steps stand, as a strip of words and as cards that are saved with the notebook."""

from collections.abc import Mapping
from datetime import UTC, datetime

from .. import render
from ._guide import DOWNLOAD, STEPS, UPLOAD, Guide, State

_SHARE = ("Sharing on", "Conversation", "Upload URL", "Upload", "Publish")
TITLES = dict(zip(STEPS, (*_SHARE, "Download URL", "Download"), strict=True))
_STATES: Mapping[State, str] = {
    "waiting": "○ waiting",
    "running": "… running",
    "done": "✓ done",
    "refused": "✗ refused",
    "expired": "✗ expired",
    "skipped": "· skipped",
}


def numbered(name: str) -> str:
    """Name a step by its place in the guide, for instance ``"step 3"``."""
    return f"step {STEPS.index(name) + 1}"


def named(name: str) -> str:
    """Name a temporary URL within a sentence."""
    return f"{TITLES[name][0].lower()}{TITLES[name][1:]}" if name else ""


def label(guide: Guide, name: str, *, is_open: bool) -> str:
    """Say which step it is, how it stands, and whether its card is unfolded."""
    fold = "▾" if is_open else "▸"
    return f"{fold} {numbered(name)[-1]} {TITLES[name]}\n{_STATES[guide.state(name)]}"


def ends(guide: Guide) -> str:
    """Say when the URL that is still to be used ends, by the service's clock."""
    if not guide.url:
        return ""
    return f"{datetime.fromtimestamp(guide.results[guide.url].expires, UTC):%H:%M:%S} UTC"


def outcome(guide: Guide) -> str:
    """Say in a sentence how far it has come."""
    states = [guide.state(name) for name in STEPS]
    skipped = ", step 1 is skipped" if states[0] == "skipped" else ""
    said = f"{guide.session.mode}: {states.count('done')} of 7 steps are done{skipped}."
    if guide.running:
        return f"{said} {numbered(guide.running).capitalize()} is running."
    if guide.stale:
        return f"{said} Another picture was chosen: it begins at step 3."
    if DOWNLOAD in guide.results:
        meaning = guide.results[DOWNLOAD].compare(guide.results[UPLOAD].sha256).meaning
        return f"{said} {meaning[0].upper()}{meaning[1:]}."
    return said


def shown(guide: Guide, unfolded: str) -> dict[str, str]:
    """Lay out the cards of all steps that were taken, one of them unfolded, for an output."""
    cards = guide.cards()
    folds = []
    for name in STEPS:
        if name in cards:
            head = f"{numbered(name).capitalize()} · {TITLES[name]} · {_STATES[guide.state(name)]}"
            inside = "".join(render.as_html(card) for card in cards[name])
            is_open = " open" if name == unfolded else ""
            folds.append(
                f'<details{is_open} style="margin-top:6px"><summary>{head}</summary>'
                f"{inside}</details>"
            )
    none = "" if folds else "No step was taken yet: what each gives will stand here."
    texts = [render.as_text(card) for name in STEPS for card in cards.get(name, ())]
    return {
        "text/plain": "\n\n".join(texts) or none,
        "text/html": f'<div style="line-height:1.45">{none}{"".join(folds)}</div>',
    }
