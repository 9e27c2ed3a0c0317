"""The sandbox's own switches over HTTP, for other processes: a random path, a token, no service."""

import base64
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .http import Answer, json_answer
from .notifications import TYPES
from .site import same

if TYPE_CHECKING:
    from .backend import Backend

_ACTS = {  # the agent's, with the texts that each takes; of "!" there must be one
    "accept": (),
    "type": ("state",),
    "read": (),
    "say": ("text!",),
    "share": ("content!", "file_type", "caption", "preview"),
    "download": ("shared",),
    "close": (),
}


class Control:
    """
    Answers below the control path.

    GET ``clock``, ``faults``, ``guesses``, ``journal`` (``?since=`` the number of an entry),
    ``conversations``, ``objects`` and ``webhooks`` (the log); POST ``reset``, ``seed``
    (``{"number": 1}``), ``clock`` (``{"advance": seconds}``, ``{"set": seconds since 1970}`` or
    ``{"freeze": true}``), ``faults`` (a rule, the name of a fault, or a whole plan,
    ``{"rules": [...]}``), ``guesses`` (``{name: value}``), ``agent`` (``{"do": "say",
    "conversation": id, "text": ...}``; bytes are base64) and ``webhooks`` (``{"url": ...,
    "types": [...]}``); DELETE ``faults`` and ``webhooks`` (``{"url": ...}``). What can't be done
    is answered with ``{"error": ...}``.
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
            ("POST", "guesses"): self._guess,
            ("GET", "journal"): self._journal,
            ("GET", "conversations"): self._conversations,
            ("GET", "objects"): self._objects,
            ("POST", "reset"): lambda _: backend.reset(),
            ("POST", "seed"): self._seed,
            ("POST", "agent"): self._act,
            ("GET", "webhooks"): self._told,
            ("POST", "webhooks"): self._tell,
            ("DELETE", "webhooks"): self._tell_no_more,
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
        except ValueError as error:
            return json_answer(400, {"error": str(error)})
        except (TypeError, LookupError, OverflowError, RecursionError):
            return json_answer(400, {"error": f"{name} can't be given this: its shape is wrong"})
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

    def _guess(self, payload: Any) -> None:
        if not isinstance(payload, dict):
            raise ValueError("guesses takes {name: value}")  # noqa: TRY004
        self._backend.site.guesses.update(payload)

    def _journal(self, query: Any) -> Any:
        since = query.get("since", "0")
        if not (since.isascii() and since.isdigit() and len(since) < 19):
            raise ValueError(f"since is the number of an entry, not {since[:40]!r}")
        return [asdict(entry) for entry in self._backend.journal.since(int(since))]

    def _seed(self, payload: Any) -> Any:
        from .seed import seed

        payload = {"number": 1} if payload is None else payload
        if not (isinstance(payload, dict) and [*payload] == ["number"]):
            raise ValueError('seed takes {"number": a whole number}, or nothing')
        return asdict(seed(self._backend, payload["number"]))

    def _conversations(self, _: Any) -> Any:
        known = [asdict(each) for each in self._backend.conversations.by_id.values()]
        return [{name: row[name] for name in row if name != "_next"} for row in known]

    def _act(self, payload: Any) -> Any:
        match payload:
            case {"do": str(do), "conversation": str(where), **more} if do in _ACTS:
                given: dict[str, Any] = {str(name): one for name, one in more.items()}
            case _:
                raise ValueError(f'agent takes "do" ({", ".join(_ACTS)}) and "conversation"')
        takes = {name.strip("!"): name.endswith("!") for name in _ACTS[do]}
        needed = {name for name in takes if takes[name]}
        if not (needed <= set(given) <= set(takes)):
            said = ", ".join(f'"{name}"' for name in takes) or "nothing"
            raise ValueError(f'{do} takes {said} besides "conversation"')
        if not all(isinstance(one, str) for one in given.values()):
            raise ValueError(f"{', '.join(given)} must be text")
        if "content" in given:
            given["content"] = _bytes(given["content"])
        done = getattr(self._backend.agent, do)(where, **given)
        row = asdict(done) if done else None
        if do == "download" and row:
            row["content"] = base64.b64encode(row["content"]).decode()
        return row

    def _told(self, _: Any) -> Any:
        return [
            {"endpoint": one.endpoint, "type": one.notification.type, "ok": one.ok}
            | {name: getattr(one, name) for name in ("number", "time", "status", "error", "again")}
            | {"body": one.notification.body.decode(errors="replace")}
            for one in self._backend.webhooks.log
        ]

    def _tell(self, payload: Any) -> Any:
        match payload:
            case {"url": str(url), **more} if set(more) <= {"types"}:
                types = more.get("types", TYPES)
            case _:
                types = None
        if not (isinstance(types, list | tuple) and all(isinstance(one, str) for one in types)):
            raise ValueError('webhooks takes {"url": ..., "types": [...]}, or the url alone')
        made = self._backend.webhooks.register(url, types=types)
        return {"url": made.url, "types": made.types}

    def _tell_no_more(self, payload: Any) -> None:
        match payload:
            case {"url": str(url)}:
                self._backend.webhooks.unregister(url)
            case _:
                raise ValueError('webhooks are ended by {"url": ...}')

    def _objects(self, _: Any) -> Any:
        told = ("size", "etag", "content_type", "created")  # not the content
        objects = self._backend.storage.objects.items()
        return {path: {name: getattr(each, name) for name in told} for path, each in objects}


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        pass
    raise ValueError("content is no base64")
