"""The sandbox's switches, shown: clock, guesses, faults."""

import json
from dataclasses import replace
from typing import Any

from ..card import Card, Fact, Row, Table
from .base import MappingView, View, asking, cut, plain_card, table_card, time_of


class ClockView(View):
    """The clock."""

    def card(self) -> Card:
        """The time, and how it differs from the system's."""
        ahead = self._inside.ahead
        differs = "as the system's" if abs(ahead) < 0.5 else f"{ahead:+,.0f} s from the system's"
        stands = "stands still until go_on()" if self._inside.frozen else "passes"
        return plain_card(
            "The clock", Fact("now", time_of(self.now()), differs), Fact("time", stands)
        )


class GuessesView(MappingView):
    """The guesses, to read and to switch."""

    def __getitem__(self, name: str) -> Any:
        asking(self._inside.about, name)
        return self._inside[name]

    def __setitem__(self, name: str, value: Any) -> None:
        asking(self._inside.__setitem__, name, value)

    def __delitem__(self, name: str) -> None:
        asking(self._inside.__delitem__, name)

    def card(self) -> Card:
        """Each with its value, default, sentence and source; the switched ones are marked."""
        rows = []
        for name, value in self._inside.items():
            guess = self._inside.about(name)
            switched = value != guess.default
            shown = cut(str(value), 40)
            if switched:
                shown += f" (default {cut(str(guess.default), 30)})"
            elif others := [str(one) for one in guess.choices if one != value]:
                shown += f" (or {', '.join(others)})"
            cells = (name, shown, guess.sentence, guess.words)
            rows.append(Row(cells=cells, signs={1: "warning"} if switched else {}))
        changed = sum(1 for row in rows if row.signs)
        summary = f"{len(rows)} guesses, {changed or 'none'} switched from the default"
        head = ("name", "value", "what is guessed", "what comes nearest to deciding it")
        return plain_card("Guesses", summary=summary, table=Table(head, tuple(rows)))


class FaultsView(View):
    """The faults in force."""

    def card(self) -> Card:
        """Each rule with how many calls it matched and how often it fired."""
        rows = tuple(_rule_row(number, rule) for number, rule in enumerate(self.report()))
        head = ("rule", "where", "do", "matched", "fired")
        card = table_card("Faults", head, rows, len(rows), "rules", "report()")
        names = ", ".join(self.named)
        return replace(card, notes=(*card.notes, f"faults with a name (see .named): {names}"))


def _rule_row(number: int, rule: dict[str, Any]) -> Row:
    fired = rule["fired"]
    words = f"{fired} times" if fired > 1 else "once" if fired else "never fired"
    more = {key: rule[key] for key in rule if key not in ("do", "where", "matched", "fired")}
    where = " · ".join(
        f"{key} {one}" for key, one in ((rule.get("where") or {}) | more).items() if one is not None
    )
    do = ", ".join(f"{key} {_plain(one)}" for key, one in rule["do"].items())
    matched = str(rule["matched"]) if rule["matched"] else "no call"
    cells = (str(number), cut(where or "every call", 90), cut(do, 90), matched, words)
    return Row(cells=cells, signs={4: "ok" if fired else "warning"})


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=repr)
