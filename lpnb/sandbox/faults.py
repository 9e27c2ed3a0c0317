"""Faults as data: rules that break chosen calls in a chosen way, a counted number of times."""

import base64
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from . import effects
from .domains import SERVICES
from .names import unknown
from .outage import Outage

MAGIC = b"#fault"  # in any case
_NAMED = re.compile(r"#fault(?::\s*|\s+(?::\s*)?)(\w[\w-]*)", re.IGNORECASE)
_ALIASES = {
    "accountConfigReadOnly": "accountConfigReadWrite",
    "asyncMessaging": "asyncMessagingEnt",
}
_CREATE = "cm.ConsumerRequestConversation"  # has an address of its own
_RULE = {"name", "where", "when", "at", "do", "times", "rate", "seed"}
_WHERE = {"service", "type", "nth"}
_PLAN = {"rules", "seed"}


@dataclass(slots=True)
class Rule:
    """One rule, checked, with how often it matched and fired."""

    number: int
    given: Mapping[str, Any]
    service: str | None
    type: str | None
    nth: int
    when: str
    at: int | float | None
    do: Mapping[str, Any]
    times: int | None
    rate: float | None
    seed: int
    matched: int = 0
    fired: int = 0
    _chances: dict[str, Random] = field(default_factory=dict, repr=False)

    def is_due(self, service: str, kind: str) -> bool:
        """Count this call if it matches, and tell whether the rule would fire on it."""
        if self.service not in (None, service) or self.type not in (None, kind):
            return False
        self.matched += 1
        spent = self.times is not None and self.fired >= self.times
        return self._is_drawn(service) and self.matched >= self.nth and not spent

    def _is_drawn(self, service: str) -> bool:
        if self.rate is None:
            return True
        # A stream for each service: the order in which threads reach two of them is chance.
        name = f"{self.seed}/{self.number}/{service}"
        return self._chances.setdefault(service, Random(name)).random() < self.rate  # noqa: S311


class Breakage:
    """The rules that fire on one call, and what they do together at each moment."""

    def __init__(self, rules: list[Rule]) -> None:
        self._rules = rules
        self.number, self.name = rules[0].number, str(rules[0].given.get("name", ""))

    def at(self, *moments: str) -> dict[str, Any]:
        """Give what is done at *moments*, together."""
        return effects.together(rule.do for rule in self._rules if rule.when in moments)

    def place(self, *moments: str) -> tuple[str, int | float] | None:
        """Give the moment and the byte at which something is done, if at one of *moments*."""
        found = (rule for rule in self._rules if rule.when in moments)
        return next(((rule.when, rule.at or 0) for rule in found), None)


class Faults:
    """
    The rules in force, oldest first.

    Of several that are due on one call each acts, at its own moment, unless it lays hands on what
    an earlier one has (two statuses, two endings, the same header), or damages an answer that an
    earlier one has lost, or the other way round; such a rule waits for its next call.

    A text or caption published through the sandbox that contains ``#fault NAME`` (in any case,
    with a colon or without) arms the fault of that name in `recipes.FAULTS`: what is about
    publishing happens to that very call, the rest to the next call it is about. (File names do
    not travel: only type and size do.) *magic* turns this off.
    """

    def __init__(self, outage: Outage, *, real_swift: bool = False) -> None:
        self._real_swift = real_swift  # clients speak to it directly, and it keeps the time
        self.magic = True
        self.rules: list[Rule] = []
        self._outage = outage
        self._seed: int = 0

    def add(self, rule: Mapping[str, Any] | str) -> None:
        """
        Put *rule*, or the fault of that name in `recipes.FAULTS`, in force.

        A rule is ``{"where": ..., "when": ..., "at": ..., "do": ..., "times": ...}``. *where*
        names a service (by the Domain API's name, or "domain"), a type (a message type; elsewhere
        the HTTP method, at agentVep login, refresh or logout), and the matching call from which
        on it fires (*nth*, default 1). *do* is what happens: see `effects.EFFECTS`.

        *when* is "connect" (at once: for ``refuse``), "request" (its body not read), "upload" (in
        its body, *at* a byte or a fraction such as 0.5), "before" the call is carried out or
        "after", "head" or "answer" (in the answer's head or body, *at* a byte or a fraction) or
        "end" (after the answer). The default is "before" for what stands in for the call, else
        "after". At "request" and "upload" a message's type, being in the body, is not yet known.

        *times* is how often (default 1; None: always). With a *rate* from 0.0 to 1.0 it is always
        by default, and chance decides by *seed*: alike for the same calls to each service.

        Raises:
            ValueError: something in the rule has no meaning.
        """
        self._put(self._read(rule, len(self.rules), self._seed))

    @property
    def early(self) -> list[Rule]:
        """Those that are due before a body is read."""
        return [rule for rule in self.rules if rule.when in effects.EARLY]

    @property
    def named(self) -> dict[str, str]:
        """What happens, in a sentence, by the name of each fault that has one."""
        from .recipes import FAULTS  # starting is quicker without

        return {name: recipe.sentence for name, recipe in FAULTS.items()}

    def load(self, plan: Mapping[str, Any]) -> None:
        """
        Put a whole *plan*, ``{"seed": 1, "rules": [...]}``, in force instead of what is.

        Raises:
            ValueError: something in it has no meaning; nothing is changed then.
        """
        _known(plan, _PLAN, "a plan")
        seed, rules = plan.get("seed", 0), plan.get("rules", [])
        if type(seed) is not int or not isinstance(rules, list | tuple):
            raise ValueError('a plan is {"seed": whole number, "rules": [...]}')
        read = [self._read(rule, number, seed) for number, rule in enumerate(rules)]
        self.clear()
        self._seed = seed
        for each in read:
            self._put(each)

    def _read(self, rule: Mapping[str, Any] | str, number: int, seed: int) -> Rule:
        read = _read(rule, number, seed)
        if self._real_swift and read.service == "swift":
            raise ValueError("no fault can reach a real Swift: clients speak to it directly")
        if self._real_swift and "advance" in read.do:
            raise ValueError("no fault can advance the clock: a real Swift keeps the system's time")
        return read

    def _put(self, rule: Rule) -> None:
        self.rules.append(rule)
        if rule.when == "connect":
            rule.matched = rule.fired = 1
            seconds = rule.do["refuse"]
            self._outage.begin(math.inf if seconds is True else seconds)

    def plan(self) -> dict[str, Any]:
        """Give what is in force as JSON has it, for `load`; what has fired so far is not in it."""
        return {"seed": self._seed, "rules": [dict(rule.given) for rule in self.rules]}

    def due(
        self, service: str, kind: str, *, early: bool = False, body: bool = True
    ) -> Breakage | None:
        """
        Count one call and give the rules that fire on it, if any.

        Args:
            early: whether its body is still to be read.
            body: whether it has one.
        """
        chosen: list[Rule] = []
        for rule in self.rules:
            if rule.when == "connect" or early is not (rule.when in effects.EARLY):
                continue
            if (body or rule.when != "upload") and rule.is_due(service, kind):
                deed = rule.when, rule.do
                if not any(effects.clash(deed, (other.when, other.do)) for other in chosen):
                    chosen.append(rule)
        for rule in chosen:
            rule.fired += 1
        return Breakage(chosen) if chosen else None

    def obey(self, payload: Any) -> tuple[str, ...]:
        """Arm what the text or caption published by *payload* names, or say why not."""
        refused = []
        for name in _names_in(payload) if self.magic else ():
            try:
                self.add(name)
            except ValueError as error:
                refused.append(str(error))
        return tuple(refused)

    def report(self) -> list[dict[str, Any]]:
        """Give every rule with how many calls it matched and how often it fired."""
        return [
            dict(rule.given) | {"matched": rule.matched, "fired": rule.fired} for rule in self.rules
        ]

    def clear(self) -> None:
        """Put no rule in force, and take connections again."""
        self.rules.clear()
        self._seed = 0
        self._outage.end()


def _names_in(payload: Any) -> list[str]:
    match payload:
        case {"body": {"event": {"message": str(said) | {"caption": str(said)}}}}:
            return [name.lower() for name in _NAMED.findall(said)]
    return []


def _read(rule: Mapping[str, Any] | str, number: int, seed: int) -> Rule:
    if isinstance(rule, str):
        from .recipes import FAULTS

        if rule not in FAULTS:
            raise unknown("fault", rule, FAULTS)
        rule = {"name": rule, **FAULTS[rule].rule}
    _known(rule, _RULE, "a rule")
    rule = _as_json(rule)
    where, do = rule.get("where", {}), rule.get("do", {})
    _known(where, _WHERE, "where")
    at = rule.get("at")
    when = effects.check(do, rule.get("when"), at)
    service, kind = where.get("service"), where.get("type")
    if not (isinstance(service, str | None) and isinstance(kind, str | None)):
        raise ValueError(f"service and type are text, not {service!r} and {kind!r}")  # noqa: TRY004
    service = _ALIASES.get(service or "", service)
    if service not in (None, "domain", *SERVICES):
        raise unknown("service", service, ("domain", *SERVICES))
    if when in effects.EARLY and kind and "." in kind and kind != _CREATE:
        raise ValueError(f"{kind} is known from the body: at {when!r} say which call by nth")
    rate, seed = rule.get("rate"), rule.get("seed", seed)
    nth, times = where.get("nth", 1), rule.get("times", 1 if rate is None else None)
    for name, given in (("nth", nth), ("times", times)):
        if given is not None and (type(given) is not int or given < 1):  # True is no number
            raise ValueError(f"{name} is a number from 1, not {given!r}")
    if rate is not None and not (type(rate) in (int, float) and 0 <= rate <= 1):
        raise ValueError(f"rate is a number from 0.0 to 1.0, not {rate!r}")
    if type(seed) is not int:
        raise ValueError(f"seed is a whole number, not {seed!r}")
    return Rule(
        number=number,
        given=rule,
        service=service,
        type=kind,
        nth=nth,
        when=when,
        at=at,
        do=do,
        times=times,
        rate=rate,
        seed=seed,
    )


def _as_json(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Give a copy of *rule* that JSON can carry: bytes as base64."""
    do = rule.get("do")
    if isinstance(do, Mapping) and isinstance(do.get("body"), bytes):
        others = {name: value for name, value in do.items() if name != "body"}
        rule = {**rule, "do": others | {"raw": base64.b64encode(do["body"]).decode()}}
    try:
        copy: dict[str, Any] = json.loads(json.dumps(rule))
    except (TypeError, ValueError) as error:
        problem = f"a rule is what JSON can carry, or bytes as body: {error}"
    else:
        return copy
    raise ValueError(problem)


def _known(given: Any, names: set[str], what: str) -> None:
    if not isinstance(given, Mapping):
        raise ValueError(f"{what} is a mapping, not {given!r}")  # noqa: TRY004
    if unknown := sorted(set(given) - names):
        raise ValueError(f"{what} has no {', '.join(unknown)}; it has {', '.join(sorted(names))}")
