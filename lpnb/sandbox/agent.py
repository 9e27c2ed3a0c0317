"""The other party: a person at the account's end, who answers the consumer."""

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .conversations import AGENT, Conversation
from .events import Event
from .http import md5_of
from .visits import Visit

if TYPE_CHECKING:
    from .backend import Backend

_BEGINNINGS = {b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"GIF8": "GIF"}


@dataclass(frozen=True, slots=True)
class Turn:
    """A conversation that an agent has ``accepted`` or ``closed``."""

    conversation: str
    what: str
    agent: str
    time: float


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an agent has downloaded."""

    relative_path: str
    etag: str
    content_type: str
    content: bytes = field(repr=False)


class Agent:
    """
    Does what an agent does, in a conversation given by its id or by anything with an ``id``.

    Every act but `accept` needs a conversation that this agent has accepted, and all but
    `download` an open one. What is not possible raises ValueError, and says why.

    Args:
        name: whose id, as events have it, is made.
    """

    def __init__(self, backend: "Backend", name: str = "Sam") -> None:
        self._backend = backend
        self._conversations = backend.conversations
        self.name = name
        self.id = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.{backend.site.account}"))

    def __repr__(self) -> str:
        return f"<Agent {self.name}>"

    def accept(self, conversation: Any) -> Turn:
        """Take on *conversation*; what the consumer has said so far is thereby accepted."""
        with self._backend.lock:
            found = self._find(conversation, accepted=False)
            if self.id not in found.agents:
                found.agents[self.id] = self._backend.site.clock.now()
                self._conversations.tell(found)
                self._acknowledge(found, "ACCEPT")
            return Turn(found.id, "accepted", self.id, found.agents[self.id])

    def type(self, conversation: Any, state: str = "COMPOSING") -> Event:
        """Begin to type, or stop: *state* is a chat state such as ``COMPOSING`` or ``ACTIVE``."""
        return self._publish(conversation, {"type": "ChatStateEvent", "chatState": state})

    def read(self, conversation: Any) -> Event | None:
        """Read what the consumer has said and no agent has read; None if there is nothing."""
        with self._backend.lock:
            return self._acknowledge(self._find(conversation), "READ")

    def say(self, conversation: Any, text: str) -> Event:
        """Send *text*."""
        event = {"type": "ContentEvent", "contentType": "text/plain", "message": text}
        return self._publish(conversation, event)

    def share(
        self,
        conversation: Any,
        content: bytes,
        *,
        file_type: str = "",
        caption: str = "",
        preview: str = "",
    ) -> Event:
        """
        Upload a file and publish it, by the rules that hold for consumers.

        Args:
            file_type: if empty, told from the first bytes of a PNG, JPEG or GIF.
            preview: a data URI.

        Raises:
            ValueError: as always, or ``messaging.agent.file.sharing.enabled`` is off.
        """
        if not isinstance(content, bytes):
            raise ValueError(f"a file to share is bytes, not {type(content).__name__}")  # noqa: TRY004
        told = (kind for beginning, kind in _BEGINNINGS.items() if content.startswith(beginning))
        kind = file_type or next(told, "")
        wish = {"fileSize": len(content), "fileType": kind}
        with self._backend.lock:
            found, sharing = self._find(conversation), self._backend.properties.agent_sharing
            path, _ = self._backend.files.new_path(self.id, wish, sharing=sharing)
            self._visit("PUT", path, content)
            message = {"caption": caption, "relativePath": path, "fileType": kind}
            message["preview"] = preview
            event = {"type": "ContentEvent", "contentType": "hosted/file", "message": message}
            return self._publish(found, event)

    def download(self, conversation: Any, shared: Any = None) -> Fetched:
        """
        Download what the consumer shared, even in a conversation that is closed.

        Args:
            shared: its path, or anything with a ``relative_path``; the newest if None.
        """
        with self._backend.lock:
            found = self._find(conversation, open_only=False)
            theirs = [one for one in found.messages if one.originator == found.consumer]
            paths = [one.relative_path for one in theirs if one.relative_path]
            path = getattr(shared, "relative_path", shared) or (paths or ["nothing"])[-1]
            if path not in paths:
                raise ValueError(f"{path} is no file that the consumer shared in {found.id}")
            return self._visit("GET", path)

    def close(self, conversation: Any) -> Turn:
        """End *conversation*."""
        with self._backend.lock:
            found = self._find(conversation)
            self._conversations.close(found, "AGENT")
            return Turn(found.id, "closed", self.id, found.closed or 0.0)

    def _find(
        self, conversation: Any, *, accepted: bool = True, open_only: bool = True
    ) -> Conversation:
        identity = getattr(conversation, "id", conversation)
        found = self._conversations.by_id.get(identity)
        if found is None:
            raise ValueError(f"no conversation has the id {identity!r}")
        if found.state != "OPEN" and open_only:
            raise ValueError(f"conversation {found.id} is closed; nothing can be added to it")
        if accepted and self.id not in found.agents:
            remedy = "agent.accept(conversation) does" if found.state == "OPEN" else "it is closed"
            raise ValueError(
                f"Agent not allowed: {self.name} has not accepted conversation {found.id}; {remedy}"
            )
        return found

    def _publish(self, conversation: Any, event: dict[str, Any]) -> Event:
        with self._backend.lock:
            found = self._find(conversation)
            return self._conversations.publish(found, event, originator=self.id, role=AGENT)

    def _acknowledge(self, found: Conversation, status: str) -> Event | None:
        known = [one for one in found.events if one.role == AGENT and one.status == status]
        done = {number for one in known for number in one.sequences}
        theirs = [one.sequence for one in found.messages if one.originator == found.consumer]
        numbers = [number for number in theirs if number not in done]
        event = {"type": "AcceptStatusEvent", "status": status, "sequenceList": numbers}
        return self._publish(found, event) if numbers else None

    def _visit(self, method: str, path: str, content: bytes = b"") -> Fetched:
        query = self._backend.files.signed(method, path)["queryParams"]
        headers = {"content-length": str(len(content))} if method == "PUT" else {}
        visit, storage = Visit.to(method, path, query=query, headers=headers), self._backend.storage
        answer = storage.admit(visit)
        if not answer:
            digest = md5_of(content)
            answer = storage.answer(visit, content, digest)
        if answer.status not in (200, 201):
            raise ValueError(f"storage refuses to {method} {path}: {answer}")
        told = answer.headers
        return Fetched(path, told.get("Etag", ""), told.get("Content-Type", ""), answer.body)
