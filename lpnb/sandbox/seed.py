"""A believable past: conversations, texts and pictures, asked for as any client would."""

import base64
import json
import random
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from .clock import Clock
from .http import Request, md5_of, read_json
from .routes import ACCOUNT

if TYPE_CHECKING:
    from .backend import Backend

_AGO = (50, 26, 3, 1)  # hours, of each conversation
# Who, and what is said: "/" begins a picture's caption, "<" an agent's answer, "." closes
_TALKS = (
    ("ada", "Hello, my parcel arrived damaged.", "<I am sorry! Can you send a photo?",
     "/The dent in the box", "It is {order}.", "<A new one is on its way.", "Thank you!", "."),
    ("ben", "Where can I find the invoice for {order}?", "<I have sent it to you again.",
     "Found it, thanks.", "."),
    ("chloe", "Bonjour, does this lamp come in other colours?", "/The lamp I mean",
     "/And the shelf it should match", "<What a lovely shelf. It comes in green, too."),
    ("dmitri", "Hi, my receipt for {order} is hard to read \N{RECEIPT}", "/The receipt"),
    ("emi", "Can I still change the address of {order}?", "<Yes, until tonight.",
     "Great: 12 Harbour Street.", "."),
    ("femi", "/The part that is missing", "It is number 7 in the manual. Order {order}."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seeded:
    """
    What `seed` has made.

    Args:
        consumers: the conversation's id by the external consumer id.
        objects: the relative paths of the pictures, oldest first.
    """

    number: int
    consumers: dict[str, str]
    objects: tuple[str, ...]


def seed(backend: "Backend", number: int) -> Seeded:
    """
    Fill the sandbox: the same *number* gives the same words, pictures and distances in time.

    Raises:
        ValueError: *number* was used since the last reset, or a guess stood in the way.
    """
    if type(number) is not int:
        raise ValueError(f"a seed is a whole number, not {number!r}")
    chance = random.Random(number)  # noqa: S311 - stories, no secrets
    consumers: dict[str, str] = {}
    paths: list[str] = []
    clock = backend.site.clock
    with backend.lock, clock.kept(), backend.webhooks.silent():  # whoever asks meanwhile waits
        end = clock.now()
        if not clock.held:  # else all of it has just happened
            clock.freeze()
        for hours, (name, *lines) in zip(_AGO, chance.sample(_TALKS, len(_AGO)), strict=True):
            _pass(clock, end - hours * 3600 - clock.now())
            teller = _Teller(backend, chance, f"{name}-{number}")
            paths += teller.tell(lines)
            consumers[teller.consumer] = teller.conversation
    return Seeded(number, consumers, tuple(paths))


def _pass(clock: Clock, seconds: float) -> None:
    if not clock.held:
        clock.advance(seconds)


class _Teller:
    """A consumer, who asks for everything as a client does, but without a connection."""

    def __init__(self, backend: "Backend", chance: random.Random, consumer: str) -> None:
        self._backend = backend
        self._chance = chance
        self._account = ACCOUNT.format(account=backend.site.account)
        self.consumer = consumer
        site = backend.site
        form = {"client_id": site.client_id, "client_secret": site.client_secret}
        token = self._ask(
            "POST",
            f"/sentinel{self._account}/app/token",
            {"v": "1.0", "grant_type": "client_credentials"},
            urlencode(form).encode(),
            {"content-type": "application/x-www-form-urlencoded"},
        )["access_token"]
        body = {"ext_consumer_id": consumer}
        path, bare = f"{self._account}/consumer", {"authorization": token}
        jws = self._ask("POST", path, {"v": "1.0"}, body, bare)["token"]
        self._tokens = bare | {"x-lp-on-behalf": jws}
        profile = {"firstName": consumer.partition("-")[0].title()}
        wish = {"brandId": site.account, "channelType": "MESSAGING"}
        types = ("userprofile.SetUserProfile", profile), ("cm.ConsumerRequestConversation", wish)
        answer = self._message("", [self._envelope(*each) for each in types])
        self.conversation: str = answer[1]["body"]["conversationId"]

    def tell(self, lines: list[str]) -> Iterator[str]:
        """Say what is to be said, and give the paths of the pictures."""
        order = str(self._chance.randrange(10_000, 99_999))
        for line in lines:
            _pass(self._backend.site.clock, self._chance.uniform(5, 90))
            if line == ".":
                self._close()
            elif line.startswith("/"):
                if self._backend.properties.sharing:
                    yield self._share(line[1:])
            elif line.startswith("<"):
                self._backend.agent.accept(self.conversation)
                self._backend.agent.say(self.conversation, line[1:])
            else:
                self._publish("text/plain", line.format(order=order))

    def _share(self, caption: str) -> str:
        content = picture(self._chance)
        wish = {"fileType": "PNG", "fileSize": str(len(content))}
        url = self._send("ms.GenerateURLForUploadFile", wish)
        path: str = url["relativePath"]
        self._ask("PUT", path, url["queryParams"], content, {"content-type": "image/png"})
        preview = f"data:image/png;base64,{base64.b64encode(content).decode()}"
        message = {"caption": caption, "relativePath": path, "fileType": "PNG", "preview": preview}
        self._publish("hosted/file", message)
        return path

    def _publish(self, kind: str, message: Any) -> None:
        event = {"type": "ContentEvent", "contentType": kind, "message": message}
        self._send("ms.PublishEvent", {"dialogId": self.conversation, "event": event})

    def _close(self) -> None:
        field = {"field": "ConversationStateField", "conversationState": "CLOSE"}
        body = {"conversationId": self.conversation, "conversationField": field}
        self._send("cm.UpdateConversationField", body)

    def _send(self, kind: str, body: Any) -> Any:
        return self._message("/send", self._envelope(kind, body))["body"]

    def _message(self, end: str, payload: Any) -> Any:
        path = f"{self._account}/messaging/consumer/conversation{end}"
        return self._ask("POST", path, {"v": "3"}, payload, self._tokens)

    def _envelope(self, kind: str, body: Any) -> Any:
        number = f"{self._chance.getrandbits(64):016x}"
        return {"kind": "req", "id": number, "type": kind, "body": body}

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        content: Any,
        headers: Mapping[str, str],
    ) -> Any:
        """Ask as the wire would, and give the answer's JSON."""
        if not isinstance(content, bytes):
            content = json.dumps(content).encode()
            headers = {"content-type": "application/json", **headers}
        heads = {"host": "127.0.0.1", "content-length": str(len(content)), **headers}
        admission = self._backend.admit(Request(method, path, query, heads))
        digest = md5_of(content)
        given = b"" if admission.refusal else content
        answer = self._backend.answer_unbroken(admission, given, digest)
        said = read_json(answer.body)
        if answer.status not in (200, 201) or (method == "POST" and not said):
            raise ValueError(
                f"the past can't be made: {method} {path} was answered with {answer.status};"
                " reset() first, and seed each number once"
            )
        return said


def picture(chance: random.Random) -> bytes:
    """Draw a box with its label on a table, as a PNG."""
    width, height = 128, 96
    wall, table, box, label = (
        bytes(chance.randint(low, low + 70) for _ in range(3)) for low in (180, 60, 110, 185)
    )
    left, top = chance.randint(15, 40), chance.randint(22, 38)
    wide, high = chance.randint(50, 70), chance.randint(36, 46)
    rows = []
    for y in range(height):
        row = bytearray((wall if y < 0.6 * height else table) * width)
        if top <= y < top + high:
            row[3 * left : 3 * (left + wide)] = box * wide
        if top + 8 <= y < top + 24 and y % 4:
            row[3 * left + 15 : 3 * left + 66] = label * 17
        rows.append(b"\0" + bytes(part - y // 2 for part in row))
    head = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
