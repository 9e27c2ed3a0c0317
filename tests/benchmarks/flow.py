"""
The seven steps through lpnb beside the same seven calls with a bare, pooled requests session.

Both create a conversation, share and fetch one picture of 300,000 bytes and close, tokens and
domains known. Both compute MD5 and SHA-256 of the upload and the download, and compare them. lpnb
takes a fresh ImageFile every round, so that no digest is remembered. Cards are made, and not drawn.
"""

import hashlib
import json
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import requests

import lpnb
from lpnb import samples

from .figures import Figure, interleaved, milliseconds, ratios
from .processes import SANDBOX, account_in, running

_ROUNDS = 30
_SLOW_ROUNDS = 30
_DELAY = 0.03  # seconds per answer
_CAPTION = "This is how my parcel arrived"
_DOCUMENTED = (
    ("asyncMessagingEnt", "cm.ConsumerRequestConversation"),
    ("asyncMessagingEnt", "ms.GenerateURLForUploadFile"),
    ("swift", "PUT"),
    ("asyncMessagingEnt", "ms.PublishEvent"),
    ("asyncMessagingEnt", "ms.GenerateURLForDownloadFile"),
    ("swift", "GET"),
    ("asyncMessagingEnt", "cm.UpdateConversationField"),
)


def measure() -> list[Figure]:
    """Compare on loopback with and without a delay, then in one process, then count."""
    with running(*SANDBOX) as ready:
        ours, bare = _contenders(account_in(ready))
        seconds = interleaved(_ROUNDS, ours, bare)
        cpu = interleaved(_ROUNDS, ours, bare, clock=time.process_time)
        _slow_down(ready)
        slow = interleaved(_SLOW_ROUNDS, ours, bare)
    with lpnb.Sandbox() as sandbox:
        together = interleaved(_ROUNDS, *_contenders(sandbox))
    return [
        Figure("flow by lpnb / by requests, loopback", ratios(*seconds), bar=1.25),
        milliseconds("flow by lpnb, loopback", seconds[0]),
        milliseconds("flow by requests, loopback", seconds[1]),
        Figure("the client's CPU, by lpnb / by requests", ratios(*cpu)),
        Figure("flow by lpnb / by requests, 30 ms per answer", ratios(*slow), bar=1.05),
        Figure("flow by lpnb / by requests, sandbox in the same process", ratios(*together)),
        *_counted(),
    ]


def _contenders(sandbox: Any) -> tuple[Callable[[], None], Callable[[], None]]:
    """The flow by lpnb and by requests, warm, each for a consumer of its own."""
    session, other = lpnb.connect(sandbox), lpnb.connect(sandbox)
    for one in (session, other):
        lpnb.get_consumer_token(one)
    image = samples.default()
    preview = image.preview()
    return (
        lambda: _by_lpnb(session, replace(image), preview),  # a copy knows no digest yet
        _Bare(other, image, preview).flow,
    )


def _by_lpnb(session: lpnb.Session, image: lpnb.ImageFile, preview: lpnb.Preview) -> None:
    conversation = lpnb.create_conversation(session)
    share = lpnb.share_file(session, conversation, image, caption=_CAPTION, preview=preview)
    fetch = lpnb.fetch_file(session, share)
    closed = lpnb.close_conversation(session, conversation)
    for result in (conversation, share, fetch, closed):
        result.card()
    assert fetch.comparison.identical


class _Bare:
    """The same calls as somebody writes them who wants nothing but the file shared."""

    def __init__(self, session: lpnb.Session, image: lpnb.ImageFile, preview: lpnb.Preview) -> None:
        self._account = session.account.id
        messaging = session.base("asyncMessagingEnt")
        self._url = f"{messaging}/api/account/{self._account}/messaging/consumer/conversation"
        self._storage = session.base("swift")
        self._image, self._preview = image, preview.data_uri
        self._plain = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "lpnb"}
        features = {"type": ".ClientProperties", "features": list(session.features)}
        self._headers = self._plain | {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Authorization": session.tokens.app_jwt.reveal(),
            "X-LP-ON-BEHALF": session.tokens.consumer_jws.reveal(),
            "Client-Properties": json.dumps(features),
        }
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.headers.clear()

    def flow(self) -> None:
        """Do what `_by_lpnb` does."""
        opened = self._post(
            "",
            [
                _envelope("userprofile.SetUserProfile", {}),
                _envelope(
                    "cm.ConsumerRequestConversation",
                    {"brandId": self._account, "channelType": "MESSAGING"},
                ),
            ],
        )
        conversation = opened[1]["body"]["conversationId"]
        put = self._ask(
            "ms.GenerateURLForUploadFile",
            {"fileSize": str(self._image.size), "fileType": self._image.type},
        )
        sent = self._upload(put)
        message = {
            "caption": _CAPTION,
            "relativePath": put["relativePath"],
            "fileType": self._image.type,
            "preview": self._preview,
        }
        event = {"type": "ContentEvent", "contentType": "hosted/file", "message": message}
        self._ask(
            "ms.PublishEvent",
            {"dialogId": conversation, "conversationId": conversation, "event": event},
        )
        get = self._ask("ms.GenerateURLForDownloadFile", {"relativePath": put["relativePath"]})
        assert self._download(get) == sent
        field = {"field": "ConversationStateField", "conversationState": "CLOSE"}
        self._ask(
            "cm.UpdateConversationField",
            {"conversationId": conversation, "conversationField": field},
        )

    def _upload(self, url: dict[str, Any]) -> str:
        content = self._image.content
        reply = self._http.put(
            self._signed(url),
            data=content,
            headers=self._plain | {"Content-Type": self._image.mime},
            allow_redirects=False,
            timeout=30,
        )
        assert reply.headers["ETag"] == hashlib.md5(content).hexdigest()  # noqa: S324 - its ETag
        return hashlib.sha256(content).hexdigest()

    def _download(self, url: dict[str, Any]) -> str:
        signed = self._signed(url)
        reply = self._http.get(signed, headers=self._plain, allow_redirects=False, timeout=30)
        assert reply.headers["ETag"] == hashlib.md5(reply.content).hexdigest()  # noqa: S324
        return hashlib.sha256(reply.content).hexdigest()

    def _signed(self, url: dict[str, Any]) -> str:
        return f"{self._storage}{url['relativePath']}?{urlencode(url['queryParams'])}"

    def _ask(self, type: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._post("/send", _envelope(type, body))["body"]

    def _post(self, path: str, message: Any) -> Any:
        reply = self._http.post(
            f"{self._url}{path}?v=3",
            data=json.dumps(message, separators=(",", ":")).encode(),
            headers=self._headers,
            allow_redirects=False,
            timeout=30,
        )
        assert reply.status_code == 200
        return reply.json()


def _envelope(type: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "req", "id": str(uuid.uuid4()), "type": type, "body": body}


def _slow_down(ready: dict[str, Any]) -> None:
    """Let the sandbox wait before it carries out any call."""
    rule = {"when": "before", "do": {"delay": _DELAY}, "times": None}
    token = {"X-Sandbox-Token": ready["control_token"]}
    url = f"{ready['control']}/faults"
    reply = requests.post(url, json=rule, headers=token, timeout=30)
    assert reply.status_code == 200, reply.text


def _counted() -> list[Figure]:
    """What one flow by lpnb asks of a server, by the server's own books."""
    with lpnb.Sandbox() as sandbox:
        ours, _ = _contenders(sandbox)
        before = sandbox.connections
        sandbox.journal.clear()
        ours()
        asked = Counter((entry.service, entry.type) for entry in sandbox.journal)
        connections = {entry.connection for entry in sandbox.journal}
        opened = sandbox.connections - before
    documented = Counter(_DOCUMENTED)
    assert not documented - asked, "a documented call is missing"
    return [
        Figure(
            "requests beyond the documented seven",
            ((asked - documented).total(),),
            bar=0,
            unit="requests",
        ),
        Figure(
            "connections that carry them",
            (len(connections),),
            bar=1,
            unit="connections",
            note=f"{opened} of them new, as getting the tokens left one open",
        ),
    ]
