"""
msgHist: the Messaging Interactions API, in which an account searches what was said.

It has three searches: of a time range, of conversation ids, of one consumer. Of the ways to
authorise, the login's bearer is stood in for; OAuth 1.0 keys and OAuth 2.0 tokens are not.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from .conversations import CONSUMER, Conversation, Conversations
from .events import Event, as_sent
from .http import Answer, json_answer
from .logins import AgentLogins, settings_error
from .routes import ACCOUNT, Call, Route
from .site import Site
from .verdicts import NotDone

_PATH = f"/messaging_history{ACCOUNT}/conversations"
_FILTERS = {"start", "end", "status", "conversationId", "conversationIds", "consumer"}
_FILTERS |= {"contentToRetrieve"}
_MOST = 100  # conversations in one answer, or ids in one request
_ROUNDED = 600_000  # milliseconds to which the bounds of a range are widened
_TYPES = {"text/plain": "TEXT_PLAIN", "hosted/file": "HOSTED_FILE"}


class History:
    """Answers the three searches."""

    def __init__(self, site: Site, logins: AgentLogins, conversations: Conversations) -> None:
        self._site = site
        self._logins = logins
        self._conversations = conversations

    def routes(self) -> Iterator[Route]:
        """Name the addresses of the three searches."""
        finders = {"": self._in_time, "/conversation": self._by_id, "/consumer": self._of_consumer}
        for where, find in finders.items():
            rule, path = partial(self._answer, find), f"{_PATH}{where}/search"
            yield Route("msgHist", "POST", path, rule, ("", "1", "2"), type="search")

    def _answer(self, find: Callable[[dict[str, Any]], list[Conversation]], call: Call) -> Answer:
        self._logins.check(call)
        try:
            return self._search(find, call)
        except NotDone as no:
            status = self._site.guesses["history_refusal"]
            return settings_error(self._site, status, str(no), guess="history_refusal")

    def _search(self, find: Callable[[dict[str, Any]], list[Conversation]], call: Call) -> Answer:
        body, query = call.payload, call.request.query
        if not isinstance(body, dict):
            raise NotDone("the body is no JSON object")
        offset, limit = _number(query.get("offset", 0)), _number(query.get("limit", 50))
        if limit > _MOST:
            raise NotDone(f"limit is {limit}, at most {_MOST} are allowed")
        late = self._site.clock.now() - self._site.guesses["history_lag"]
        found = self._sorted(find(body), body.get("status"), query.get("sort", "start:asc"))
        found = [one for one in found if one.created <= late]
        wanted = body.get("contentToRetrieve", list(_PARTS))
        wanted = wanted if isinstance(wanted, list) else [wanted]
        parts = {name: part for name, part in _PARTS.items() if name in wanted}
        records: list[dict[str, Any]] = [
            {"info": self._info(one)} | {name: part(one) for name, part in parts.items()}
            for one in found[offset : offset + limit]
        ]
        for record in records:
            said = record.get("messageRecords", [])
            said[:] = [message for message in said if message["timeL"] <= late * 1000]
        ways = {"self": offset} | ({"next": offset + limit} if offset + limit < len(found) else {})
        href = f"{self._site.base}{call.request.path}?limit={limit}&offset="
        links = {rel: {"rel": rel, "href": f"{href}{at}"} for rel, at in ways.items()}
        about = {"count": len(found), **links, "shardsStatusResult": {"partialResult": False}}
        answer = {"_metadata": about, "conversationHistoryRecords": records}
        warnings = self._warnings(body, query.get("source", ""))
        return json_answer(200, answer, guess="history_record", warnings=warnings)

    def _warnings(self, body: dict[str, Any], source: str) -> tuple[str, ...]:
        others = [name for name in body if name not in _FILTERS][:9]  # and no flood of them
        said = tuple(f"the filter {name[:40]!r} is not stood in for: ignored" for name in others)
        if 1 <= len(source) <= 20:
            return said
        fault = "the parameter source is missing or longer than 20 characters"
        if self._site.guesses["history_source"] == "refused":
            raise NotDone(fault)
        return (*said, fault)

    def _in_time(self, body: dict[str, Any]) -> list[Conversation]:
        times = self._range(body, "start")
        found = [one for one in self._conversations.by_id.values() if _ms(one.created) in times]
        if "end" in body:
            times = self._range(body, "end")
            found = [one for one in found if one.closed and _ms(one.closed) in times]
        return found

    def _by_id(self, body: dict[str, Any]) -> list[Conversation]:
        ids = body.get("conversationIds") or [body.get("conversationId")]
        if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
            raise NotDone("conversationId, or conversationIds, is missing or no string")
        if len(ids) > _MOST:
            raise NotDone(f"conversationIds has {len(ids)} ids, at most {_MOST} are allowed")
        known = self._conversations.by_id
        return [known[each] for each in dict.fromkeys(ids) if each in known]

    def _of_consumer(self, body: dict[str, Any]) -> list[Conversation]:
        if not isinstance(body.get("consumer"), str) or "status" not in body:
            raise NotDone("consumer or status is missing")
        return self._conversations.of(body["consumer"])

    def _range(self, body: dict[str, Any], name: str) -> range:
        match body.get(name):
            case {"from": int() | str() as since, "to": int() | str() as until}:
                first, last = _number(since), _number(until)
                if last - first > self._site.guesses["history_days"] * 86_400_000:
                    raise NotDone(f"{name} is a longer range than three months")
                return range(first // _ROUNDED * _ROUNDED, -(-last // _ROUNDED) * _ROUNDED + 1)
        raise NotDone(f"{name} has no from and to in milliseconds")

    def _sorted(self, found: list[Conversation], status: Any, order: str) -> list[Conversation]:
        if status is not None:
            if not isinstance(status, list) or any(s not in ("OPEN", "CLOSE") for s in status):
                raise NotDone("status is no array of OPEN and CLOSE")
            found = [one for one in found if one.state in status]
        name, _, way = order.partition(":")
        if name not in ("start", "end") or way not in ("asc", "desc"):
            raise NotDone("sort is not start or end, then :asc or :desc")

        def key(one: Conversation) -> float:
            return one.created if name == "start" else one.closed or float("inf")

        return sorted(found, key=key, reverse=way == "desc")

    def _info(self, one: Conversation) -> dict[str, Any]:
        end = one.closed if one.closed is not None else self._site.clock.now()
        return {
            **_times("startTime", one.created),
            **_times("endTime", one.closed),
            "duration": _ms(end - one.created),
            "conversationId": one.id,
            "brandId": self._site.account,
            "latestAgentId": next(reversed(one.agents), "undefined"),
            "latestSkillId": int(one.skill),
            "source": "APP",
            "closeReason": one.closed_by or "undefined",
            "status": one.state,
            "firstConversation": self._conversations.of(one.consumer)[0] is one,
            "csatRate": (one.csat or {}).get("csatRate", -1),
            "device": "undefined",
            "latestQueueState": "ACTIVE" if one.agents else "IN_QUEUE",
            "isPartial": False,
        }


def _message_records(one: Conversation) -> list[dict[str, Any]]:
    return [
        {
            "type": _TYPES[event.type],
            "messageData": {"file": as_sent(event)["message"]}
            if event.relative_path
            else {"msg": {"text": event.text}},
            **_about(one, event.sequence, event.time),
            "dialogId": one.id,
            "participantId": event.originator,
            "source": "APP",
            "device": "undefined",
            "sentBy": _side(event),
        }
        for event in one.messages
    ]


def _message_statuses(one: Conversation) -> list[dict[str, Any]]:
    return [
        {
            **_about(one, number, event.time),
            "participantId": event.originator,
            "participantType": _side(event),
            "messageDeliveryStatus": event.status,
        }
        for event in one.events
        for number in event.sequences
    ]


def _agents(one: Conversation) -> list[dict[str, Any]]:
    role = {"role": "AGENT", "permission": "ASSIGNED_AGENT"}
    return [{"agentId": each, **_times("time", at), **role} for each, at in one.agents.items()]


def _consumers(one: Conversation) -> list[dict[str, Any]]:
    return [{"participantId": one.consumer, **_times("time", one.created)}]


_PARTS = {
    "messageRecords": _message_records,
    "messageStatuses": _message_statuses,
    "agentParticipants": _agents,
    "consumerParticipants": _consumers,
}


def _ms(seconds: float) -> int:
    return int(seconds * 1000)


def _number(given: Any) -> int:
    if not str(given).isdecimal() or len(str(given)) > 15:
        raise NotDone(f"{str(given)[:20]!r} is no number")
    return int(given)


def _about(one: Conversation, sequence: int | None, at: float) -> dict[str, Any]:
    message = f"ms::conv:{one.id}::msg:{sequence}"
    return {"messageId": message, "seq": sequence, **_times("time", at)}


def _side(event: Event) -> str:
    return "Consumer" if event.role == CONSUMER else "Agent"


def _times(name: str, seconds: float | None) -> dict[str, Any]:
    if seconds is None:  # as the samples say of what has not come yet
        return {name: "undefined", f"{name}L": -1}
    milliseconds = _ms(seconds)
    text = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(milliseconds // 1000))
    return {name: f"{text}.{milliseconds % 1000:03}+0000", f"{name}L": milliseconds}
