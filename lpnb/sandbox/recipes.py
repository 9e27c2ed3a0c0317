"""The common faults by name: what happens, in one sentence, and the rule that makes it happen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_MESSAGING = {"service": "asyncMessagingEnt"}
_PUBLISH = _MESSAGING | {"type": "ms.PublishEvent"}
_UPLOAD_URL = _MESSAGING | {"type": "ms.GenerateURLForUploadFile"}
_DOWNLOAD_URL = _MESSAGING | {"type": "ms.GenerateURLForDownloadFile"}
_PUT = {"service": "swift", "type": "PUT"}
_GET = {"service": "swift", "type": "GET"}


@dataclass(frozen=True, slots=True)
class Recipe:
    """A fault that has a name."""

    sentence: str
    rule: Mapping[str, Any]


def _recipe(sentence: str, where: Mapping[str, Any], *, do: Any, **more: Any) -> Recipe:
    return Recipe(sentence, {"where": where, "do": do, **more})


# fmt: off
FAULTS = {
    # publishing: by a caption or text, these happen to the very call that brings it
    "publish-lost": _recipe("The message is not published and nobody answers: a reset.",
        _PUBLISH, do={"reset": True}),
    "answer-lost": _recipe("The message is published, but instead of the answer comes a reset.",
        _PUBLISH, do={"reset": True}, when="after"),
    "answer-late": _recipe("The message is published, the answer comes after 30 seconds.",
        _PUBLISH, do={"delay": 30}, when="after"),
    "publish-failed": _recipe("Publishing fails with a 502, and nothing is published.",
        _PUBLISH, do={"status": 502}),
    "false-failure": _recipe("Publishing is said to have failed (500), but it is published.",
        _PUBLISH, do={"status": 500}, when="after"),
    "too-many": _recipe("Too many requests: 429, try again in 2 seconds.",
        _PUBLISH, do={"status": 429, "headers": {"Retry-After": "2"}}),
    "closed": _recipe("Publishing is refused as if the agent had closed the conversation.",
        _PUBLISH, do={"status": 400, "patch": {"body.msg": "Bad Request, Conversation is close"}}),
    "other-answer": _recipe("The answer is to another request.",
        _PUBLISH, do={"patch": {"reqId": "another"}}),
    "html": _recipe("A web page comes instead of JSON.",
        _PUBLISH, do={"body": "<html><h1>Hello</h1></html>",
                      "headers": {"Content-Type": "text/html"}}),
    "redirect": _recipe("The answer sends the client to another host.",
        _PUBLISH, do={"redirect": "https://elsewhere.invalid/"}),
    # any call of messaging, logging in, tokens
    "token-expired": _recipe("The AppJWT in use has run out: 401 until there is a new one.",
        _MESSAGING, do={"expire": "token"}),
    "server-down": _recipe("Three calls of messaging get a 503.",
        _MESSAGING, do={"status": 503}, times=3),
    "idle-closed": _recipe("The connection is closed after the answer, without a word.",
        _MESSAGING, do={"close": True}, when="end"),
    "refused": _recipe("After this answer nobody listens for 10 seconds.",
        {}, do={"refuse": 10}, when="end"),
    "wrong-clock": _recipe("From now on all answers are dated an hour ahead.",
        {}, do={"date": 3600}, times=None),
    "login-refused": _recipe("The next login is refused.",
        {"service": "agentVep", "type": "login"}, do={"status": 401}),
    # files: these happen to the next upload or download
    "pause": _recipe("After the next upload URL 70 seconds pass at once.",
        _UPLOAD_URL, do={"advance": 70}),
    "odd-expiry": _recipe("The next upload URL says that it ended in 1970.",
        _UPLOAD_URL, do={"patch": {"body.queryParams.temp_url_expires": "0"}}),
    "no-download": _recipe("The next request for a download URL is refused.",
        _DOWNLOAD_URL, do={"status": 404}),
    "upload-expired": _recipe("The next upload comes when its URL has ended.",
        _PUT, do={"expire": "url"}, when="request"),
    "upload-cut": _recipe("The next upload is cut in its middle by a reset.",
        _PUT, do={"reset": True}, when="upload", at=0.5),
    "upload-stall": _recipe("In its middle the next upload is not read on for 30 seconds.",
        _PUT, do={"stall": 30}, when="upload", at=0.5),
    "upload-lost": _recipe("The next upload is stored, but its answer is lost in a reset.",
        _PUT, do={"reset": True}, when="after"),
    "upload-damaged": _recipe("Of the next upload one byte changes on its way into storage.",
        _PUT, do={"corrupt": 0}, when="before"),
    "no-etag": _recipe("The next upload is answered without an Etag.",
        _PUT, do={"etag": None}),
    "too-large": _recipe("The next upload is too large for storage: 413.",
        _PUT, do={"status": 413}),
    "download-expired": _recipe("The next download comes when its URL has ended.",
        _GET, do={"expire": "url"}, when="request"),
    "download-cut": _recipe("The next download ends in its middle.",
        _GET, do={"close": True}, when="answer", at=0.5),
    "download-damaged": _recipe("Of the next download one byte is another.",
        _GET, do={"corrupt": 0}),
    "download-slow": _recipe("The next download comes at 10,000 bytes a second.",
        _GET, do={"drip": {"bytes": 1000, "seconds": 0.1}}),
    "download-unlimited": _recipe("The next download has no length, and ends in its middle.",
        _GET, do={"length": None, "truncate": 100}),
    "download-bomb": _recipe("The next download unpacks to 300 MB.",
        _GET, do={"bomb": {"bytes": 300_000_000, "layers": 2}}),
}
# fmt: on
