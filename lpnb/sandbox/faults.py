"""Faults as data: rules that break chosen calls in a chosen way, a counted number of times."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .domains import SERVICES
from .http import Answer, Delivery, json_answer

_ALIASES = {
    "accountConfigReadOnly": "accountConfigReadWrite",
    "asyncMessaging": "asyncMessagingEnt",
}
_RULE = {"where", "when", "do", "times"}
_WHERE = {"service", "type", "nth"}
_WHOLE = {"status", "reset", "close"}  # what can stand in for carrying the call out
_NUMBER = (int, float)
_EFFECTS: dict[str, type | tuple[type, ...]] = {
    "status": int,
    "headers": Mapping,
    "body": object,
    "delay": _NUMBER,
    "drip": Mapping,
    "reset": bool,
    "close": bool,
    "truncate": int,
    "patch": Mapping,
    "body_bytes": int,
    "etag": str,
    "corrupt": int,
}
_DRIP: dict[str, type | tuple[type, ...]] = {"bytes": int, "seconds": _NUMBER, "at": str}


@dataclass(slots=True)
class Rule:
    """One rule, checked, with how often it matched and fired."""

    number: int
    given: Mapping[str, Any]
    service: str | None
    type: str | None
    nth: int
    before: bool
    do: Mapping[str, Any]
    times: int | None
    matched: int = field(default=0)
    fired: int = field(default=0)

    @property
    def replaces(self) -> bool:
        """Whether the call is not carried out at all."""
        return self.before and bool(_WHOLE & set(self.do))

    @property
    def waits_first(self) -> float:
        """How many seconds pass before the call is carried out."""
        return float(self.do.get("delay", 0)) if self.before else 0.0

    def is_due(self, service: str, kind: str) -> bool:
        """Count this call if it matches, and tell whether the rule fires on it."""
        if self.service not in (None, service) or self.type not in (None, kind):
            return False
        self.matched += 1
        spent = self.times is not None and self.fired >= self.times
        return self.matched >= self.nth and not spent

    def damage(self, answer: Answer) -> Answer:
        """Give what the rule makes of *answer*."""
        do = self.do
        if "status" in do:
            answer = Answer(do["status"])
        headers, body = dict(answer.headers), answer.body
        if "body" in do:
            body, kind = _body(do["body"])
            headers["Content-Type"] = kind
        if "patch" in do:
            try:
                body = _patched(body, do["patch"])
            except (LookupError, TypeError, ValueError, AttributeError):
                return json_answer(500, {"sandbox": "a fault's patch does not fit this answer"})
        if "corrupt" in do and body:
            body = _corrupted(body, do["corrupt"])
        if "etag" in do:
            headers["Etag"] = do["etag"]
        for name, value in do.get("headers", {}).items():
            own = next((each for each in headers if each.lower() == name.lower()), name.title())
            headers[own] = "" if value is None else str(value)
        drip = do.get("drip")
        delivery = Delivery(
            delay=0.0 if self.before else float(do.get("delay", 0)),
            drip=(drip["bytes"], drip.get("seconds", 0), drip.get("at", "body")) if drip else None,
            truncate=do.get("truncate"),
            padding=max(0, do.get("body_bytes", 0) - len(body)),
            ending="reset" if do.get("reset") else "close" if do.get("close") else "",
        )
        return replace(answer, headers=headers, body=body, delivery=delivery)


class Faults:
    """The rules in force, oldest first; of several that are due, the first one fires."""

    def __init__(self, *, out_of_reach: str | None = None) -> None:
        self._rules: list[Rule] = []
        self._out_of_reach = out_of_reach  # a service that clients don't meet in the sandbox

    def add(self, rule: Mapping[str, Any]) -> None:
        """
        Put *rule* in force: ``{"where": ..., "when": ..., "do": ..., "times": ...}``.

        *where* names a service (by the Domain API's name, or "domain"), a type (a message type;
        elsewhere the HTTP method, at agentVep login, refresh or logout), and the matching call
        from which on it fires (*nth*, default 1). *times* is how often (default 1; None: always).
        *when* "before" replaces the call (``status``, ``reset``, ``close``) or holds it up
        (``delay``); "after" lets it take effect and damages the answer. The default is "before"
        where there is a whole answer to give, else "after". A header that is None is left out.

        Raises:
            ValueError: something in the rule has no meaning.
        """
        read = _read(rule, len(self._rules))
        if read.service and read.service == self._out_of_reach:
            raise ValueError(f"no fault can reach {read.service}: clients speak to it directly")
        self._rules.append(read)

    def due(self, service: str, kind: str) -> Rule | None:
        """Count one call with every rule and give the rule that fires on it, if any."""
        due = [rule for rule in self._rules if rule.is_due(service, kind)]
        if not due:
            return None
        due[0].fired += 1
        return due[0]

    def report(self) -> list[dict[str, Any]]:
        """Give every rule with how many calls it matched and how often it fired."""
        return [
            dict(rule.given) | {"matched": rule.matched, "fired": rule.fired}
            for rule in self._rules
        ]

    def clear(self) -> None:
        """Put no rule in force."""
        self._rules.clear()


def _read(rule: Mapping[str, Any], number: int) -> Rule:
    _known(rule, _RULE, "a rule")
    where, do = rule.get("where", {}), rule.get("do", {})
    _known(where, _WHERE, "where")
    _known(do, set(_EFFECTS), "do")
    _typed(do, _EFFECTS)
    if "drip" in do:
        _known(do["drip"], set(_DRIP), "drip")
        _typed({"bytes": 0, "seconds": 0.0} | do["drip"], _DRIP)
        if do["drip"].get("bytes", 0) < 1 or do["drip"].get("at", "body") not in ("head", "body"):
            raise ValueError('drip is {"bytes": from 1, "seconds": number, "at": "head" or "body"}')
    if not do:
        raise ValueError("a rule without do does nothing")
    whole = bool(_WHOLE & set(do))
    when = rule.get("when", "before" if whole else "after")
    if when not in ("before", "after"):
        raise ValueError(f"when is 'before' or 'after', not {when!r}")
    if when == "before" and not whole and set(do) != {"delay"}:
        raise ValueError("'before' there is no answer to damage: add a status, or say 'after'")
    service = where.get("service")
    service = _ALIASES.get(service, service)
    if service not in (None, "domain", *SERVICES):
        raise ValueError(f"no service is called {service!r}")
    nth, times = where.get("nth", 1), rule.get("times", 1)
    for name, number_given in (("nth", nth), ("times", times)):
        if number_given is not None and (not isinstance(number_given, int) or number_given < 1):
            raise ValueError(f"{name} is a number from 1, not {number_given!r}")
    return Rule(
        number=number,
        given=dict(rule),
        service=service,
        type=where.get("type"),
        nth=nth,
        before=when == "before",
        do=do,
        times=times,
    )


def _known(given: Any, names: set[str], what: str) -> None:
    if not isinstance(given, Mapping):
        raise ValueError(f"{what} is a mapping, not {given!r}")  # noqa: TRY004
    if unknown := sorted(set(given) - names):
        raise ValueError(f"{what} has no {', '.join(unknown)}; it has {', '.join(sorted(names))}")


def _typed(given: Mapping[str, Any], types: Mapping[str, type | tuple[type, ...]]) -> None:
    for name, value in given.items():
        if not isinstance(value, types[name]):
            raise ValueError(f"{name} can't be {value!r}")  # noqa: TRY004


def _body(given: Any) -> tuple[bytes, str]:
    if isinstance(given, bytes):
        return given, "application/octet-stream"
    if isinstance(given, str):
        return given.encode("utf-8", "surrogatepass"), "text/plain; charset=UTF-8"
    return json.dumps(given).encode(), "application/json;charset=UTF-8"


def _patched(body: bytes, changes: Mapping[str, Any]) -> bytes:
    """Set values by dotted paths (``body.queryParams.temp_url_expires``, ``1.code``)."""
    whole: Any = {"": json.loads(body)}
    for path, value in changes.items():
        steps = ["", *path.split(".")] if path else [""]
        place = whole
        for step in steps[:-1]:
            place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
        if isinstance(place, list):
            place[int(steps[-1])] = value
        else:
            place[steps[-1]] = value
    return json.dumps(whole[""]).encode()


def _corrupted(body: bytes, offset: int) -> bytes:
    at = max(-len(body), min(offset, len(body) - 1))
    damaged = bytearray(body)
    damaged[at] ^= 0xFF
    return bytes(damaged)
