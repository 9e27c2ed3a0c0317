"""What a fault can do: one table of effects, each with what it takes and when it can happen."""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

EARLY = ("request", "upload")
LATE = ("head", "answer", "end")
_PLACED = ("upload", "head", "answer")  # these need to say at which byte
_WHOLE = (*EARLY, "before", "after")
_MOMENTS = ("connect", *_WHOLE, *LATE)
LOSES = {"reset", "close", "stall", "refuse"}
_ANSWERS = {"status", "redirect"}
INSTEAD = _ANSWERS | LOSES  # what can stand in for carrying the call out
_BEFORE = INSTEAD | {"expire", "ignore_range"}  # happens before the call unless told otherwise
_MOST = 2**30


def _whole(low: int, high: int = _MOST) -> Callable[[Any], bool]:
    return lambda v: isinstance(v, int) and not isinstance(v, bool) and low <= v <= high


def _signed(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and -_MOST <= value <= _MOST  # infinity and NaN are not


def _seconds(value: Any) -> bool:
    return _signed(value) and value >= 0


def _place(value: Any) -> bool:
    return 0 <= value <= 1 if isinstance(value, float) else _whole(0)(value)


def _yes(value: Any) -> bool:
    return value is True


def _base64(value: Any) -> bool:
    try:
        return bool(base64.b64decode(value, validate=True)) or value == ""
    except (TypeError, ValueError, binascii.Error):
        return False


def _headers(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(name, str) for name in value)


def _drip(value: Any) -> bool:
    return _fits(value, {"bytes": _whole(1), "seconds": _seconds, "at": ("head", "body")})


def _bomb(value: Any) -> bool:
    return _fits(value, {"bytes": _whole(1), "layers": (1, 2)})


def _fits(value: Any, members: Mapping[str, Any]) -> bool:
    if not isinstance(value, Mapping) or "bytes" not in value or set(value) - set(members):
        return False
    checks = [(members[name], given) for name, given in value.items()]
    return all(fits(one) if callable(fits) else one in fits for fits, one in checks)


@dataclass(frozen=True, slots=True)
class Effect:
    """
    One thing a fault can do.

    Args:
        form: what its value is, in words.
        takes: what it lays hands on, if not on something of its own; of several rules one may.
    """

    fits: Callable[[Any], bool]
    form: str
    when: tuple[str, ...]
    takes: str = ""


# fmt: off
EFFECTS = {
    # an answer instead, or none
    "status": Effect(_whole(100, 999), "from 100 to 999", _WHOLE, "status"),
    "redirect": Effect(lambda v: isinstance(v, str), "an address", _WHOLE, "status"),
    "reset": Effect(_yes, "true", (*_WHOLE, *LATE), "ending"),
    "close": Effect(_yes, "true", (*_WHOLE, *LATE), "ending"),
    "stall": Effect(_seconds, "seconds", (*_WHOLE, *LATE), "ending"),
    "refuse": Effect(lambda v: v is True or _seconds(v), "seconds, or true until lifted",
                     _MOMENTS, "ending"),
    # what is done to an answer
    "headers": Effect(_headers, "a mapping", _WHOLE),
    "body": Effect(lambda _: True, "anything JSON has, or bytes", _WHOLE, "body"),
    "raw": Effect(_base64, "bytes in base64", _WHOLE, "body"),
    "patch": Effect(_headers, "a mapping of paths", _WHOLE),
    "corrupt": Effect(_whole(-_MOST), "the number of a byte", _WHOLE, "byte"),
    "body_bytes": Effect(_whole(0), "a number of bytes", _WHOLE, "size"),
    "bomb": Effect(_bomb, '{"bytes": from 1, "layers": 1 or 2}', _WHOLE, "size"),
    "etag": Effect(lambda v: v is None or isinstance(v, str), "text or null", _WHOLE, "etag"),
    "date": Effect(lambda v: v is None or _signed(v), "seconds or null", _WHOLE, "date"),
    "length": Effect(lambda v: v is None or isinstance(v, str) or _whole(-_MOST)(v),
                     "a difference, text or null", _WHOLE, "length"),
    "chunked": Effect(_whole(1), "bytes in a chunk", _WHOLE, "length"),
    "drip": Effect(_drip, '{"bytes": from 1, "seconds": number, "at": "head" or "body"}', _WHOLE,
                   "pace"),
    "truncate": Effect(_whole(0), "a number of bytes", _WHOLE, "ending"),
    "delay": Effect(_seconds, "seconds", (*_WHOLE, *LATE)),
    # what is done to the world
    "advance": Effect(_signed, "seconds", _WHOLE),
    "expire": Effect(lambda v: v in ("token", "consumer", "url"), '"token", "consumer" or "url"',
                     _WHOLE, "credentials"),
    "ignore_range": Effect(_yes, "true", ("before",), "range"),
    "change_object": Effect(_yes, "true", ("before", "after"), "object"),
}
# fmt: on
_ON_THE_CALL = {"delay", "advance", "expire", "ignore_range", "change_object", "corrupt"}


def check(do: Any, when: str | None, at: Any) -> str:
    """Give the moment of what is to be done, *when* or the usual one, if all of it can be."""
    if not isinstance(do, Mapping) or not do:
        raise ValueError(f"do is a mapping of effects, not {do!r}: without one a rule does nothing")
    if unknown := sorted(set(do) - set(EFFECTS)):
        raise ValueError(f"do has no {', '.join(unknown)}; it has {', '.join(EFFECTS)}")
    for name, value in do.items():
        if not EFFECTS[name].fits(value):
            raise ValueError(f"{name} is {EFFECTS[name].form}, not {value!r}")
    when = when or ("before" if _BEFORE & set(do) else "after")
    if when not in _MOMENTS:
        raise ValueError(f"when is one of {', '.join(_MOMENTS)}, not {when!r}")
    for name in do:
        if when not in EFFECTS[name].when:
            there = ", ".join(EFFECTS[name].when)
            raise ValueError(f"{name} can't happen at {when!r}, only at {there}")
    placed = when in _PLACED
    if placed is (at is None) or (placed and not _place(at)):
        needed = "needs" if placed else "takes no"
        raise ValueError(f"{when!r} {needed} at (a byte from 0, or a fraction such as 0.5)")
    damages = set(do) - INSTEAD - _ON_THE_CALL
    if when in (*EARLY, "before") and damages and not _ANSWERS & set(do):
        named = ", ".join(sorted(damages))
        raise ValueError(f"at {when!r} there is no answer for {named}: add a status or say 'after'")
    return when


def clash(one: tuple[str, Mapping[str, Any]], other: tuple[str, Mapping[str, Any]]) -> bool:
    """Tell whether two deeds, each with its moment, can't both be done to one call."""
    if _taken(*one) & _taken(*other):
        return True
    return any(
        (_loses(*a) and _needs(*b)) or (_replaces(*a) and _changes_the_call(*b))
        for a, b in ((one, other), (other, one))
    )


def _taken(when: str, do: Mapping[str, Any]) -> set[str]:
    taken = {EFFECTS[name].takes or name for name in do}
    for name in taken & {"headers", "patch"}:  # of these each rule may do a part
        taken = taken - {name} | {f"{name} {part.lower().lstrip('-')}" for part in do[name]}
    return taken | ({"ending"} if when in LATE else set())


def _loses(when: str, do: Mapping[str, Any]) -> bool:
    return when in _WHOLE and bool(LOSES & set(do)) and "truncate" not in do


def _needs(when: str, do: Mapping[str, Any]) -> bool:
    damages = set(do) - LOSES - (_ON_THE_CALL - {"corrupt"} if when == "after" else _ON_THE_CALL)
    return when in LATE or bool(damages)


def _replaces(when: str, do: Mapping[str, Any]) -> bool:
    return when in (*EARLY, "before") and bool(INSTEAD & set(do))


def _changes_the_call(when: str, do: Mapping[str, Any]) -> bool:
    return (
        when == "before" and bool({"corrupt", "ignore_range"} & set(do)) and not INSTEAD & set(do)
    )


def together(deeds: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Put together what several rules do at one moment; they do not clash."""
    whole: dict[str, Any] = {}
    for do in deeds:
        for name, value in do.items():
            parts = name in ("headers", "patch")
            whole[name] = {**whole.get(name, {}), **value} if parts else value
    return whole
