"""The sandbox's own switches over HTTP, for other processes: a random path, a token, no service."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .http import Answer, json_answer
from .site import same

if TYPE_CHECKING:
    from .backend import Backend


class Control:
    """
    Answers below the control path.

    GET ``clock``, ``faults``, ``guesses``, ``journal`` (``?since=`` the number of an entry),
    ``conversations`` and ``objects``; POST ``reset``, ``seed`` (``{"number": 1}``), ``clock``
    (``{"advance": seconds}``, ``{"set": seconds since 1970}`` or ``{"freeze": true}``), ``faults``
    (a rule, the name of a fault, or a whole plan, ``{"rules": [...]}``) and ``guesses``
    (``{name: value}``); DELETE ``faults``.
    """

    def __init__(self, backend: "Backend") -> None:
        self._backend = backend
        self._acts: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", "clock"): self._clock,
            ("POST", "clock"): self._move_clock,
            ("GET", "faults"): lambda _: backend.faults.report(),
            ("POST", "faults"): self._break,
            ("DELETE", "faults"): lambda _: backend.faults.clear(),
            ("GET", "guesses"): lambda _: dict(backend.site.guesses),
            ("POST", "guesses"): backend.site.guesses.update,
            ("GET", "journal"): self._journal,
            ("GET", "conversations"): self._conversations,
            ("GET", "objects"): self._objects,
            ("POST", "reset"): lambda _: backend.reset(),
            ("POST", "seed"): self._seed,
        }

    def answer(self, method: str, name: str, token: str, payload: Any) -> Answer:
        """Do what is asked, if *token* is the control token; of a GET *payload* is the query."""
        if not same(token, self._backend.site.control_token):
            return json_answer(403, {"error": "the control token is wrong"})
        act = self._acts.get((method, name))
        if act is None:
            return json_answer(404, {"error": f"control has no {method} {name}"})
        try:
            with self._backend.lock:
                done = act(payload)
        except (ValueError, TypeError, LookupError) as error:
            return json_answer(400, {"error": str(error)})
        return json_answer(200, done)

    def _clock(self, _: Any) -> Any:
        clock = self._backend.site.clock
        return {"now": clock.now(), "frozen": clock.frozen}

    def _move_clock(self, payload: Any) -> Any:
        clock = self._backend.site.clock
        match payload:
            case {"advance": int() | float() as seconds} if not isinstance(seconds, bool):
                clock.advance(seconds)
            case {"set": int() | float() as seconds} if not isinstance(seconds, bool):
                clock.set(seconds)
            case {"freeze": bool(frozen)}:
                clock.freeze() if frozen else clock.go_on()
            case _:
                raise ValueError('the clock takes "advance" or "set" in seconds, or "freeze"')
        return self._clock(payload)

    def _break(self, payload: Any) -> None:
        is_plan = isinstance(payload, dict) and "rules" in payload
        take = self._backend.faults.load if is_plan else self._backend.faults.add
        take(payload)

    def _journal(self, query: Any) -> Any:
        return [asdict(entry) for entry in self._backend.journal.since(int(query.get("since", 0)))]

    def _seed(self, payload: Any) -> Any:
        from .seed import seed

        return asdict(seed(self._backend, payload["number"] if payload else 1))

    def _conversations(self, _: Any) -> Any:
        return [asdict(each) for each in self._backend.conversations.by_id.values()]

    def _objects(self, _: Any) -> Any:
        told = ("size", "etag", "content_type", "created")  # not the content
        objects = self._backend.storage.objects.items()
        return {path: {name: getattr(each, name) for name in told} for path, each in objects}
