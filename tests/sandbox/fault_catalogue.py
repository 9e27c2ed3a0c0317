"""The catalogue of faults F01 to F40 as data: what each is, its plan, what a raw client sees."""

from dataclasses import dataclass, field
from typing import Any

MESSAGING = {"service": "asyncMessagingEnt"}
PUBLISH = {**MESSAGING, "type": "ms.PublishEvent"}
UPLOAD_URL = {**MESSAGING, "type": "ms.GenerateURLForUploadFile"}
PUT = {"service": "swift", "type": "PUT"}
GET = {"service": "swift", "type": "GET"}
JSON = {"Content-Type": "application/json"}

BODIES = (  # of answers that are no good JSON object
    "",
    " ",
    "<html><h1>502</h1></html>",
    "null",
    "true",
    "7",
    '"OK"',
    "[]",
    "[null]",
    "{}",
    "{",
    '{"code":"OK"',
    '{"code":"OK"}}',
    "{'code':'OK'}",
    '{"code":"OK",}',
    '{"code":NaN}',
    '{"code":Infinity}',
    '{"code":"OK","code":"BAD_REQUEST"}',
    '{"code":"\\ud800"}',
    '{"code":"\x00"}',
    "\ufeff{}",
    "[" * 100_000,
    '{"a":' * 50_000,
    "9" * 5000,
    '{"code":"\ud800"}',
)


@dataclass(frozen=True)
class Fault:
    """
    One row of the catalogue.

    Args:
        calls: what the client asks for, in order, each on a connection of its own.
        seen: what it sees of each; "silence" is what a short wait brings.
        state: of the world afterwards: messages published, whether the upload is stored.
        shows: headers of each answer that matter.
        client: whether the client causes it; the test of that number is its script.
    """

    number: int
    what: str
    rules: list[dict[str, Any]] = field(default_factory=list)
    calls: str = ""
    seen: tuple[str, ...] = ()
    state: tuple[int, bool] = (0, False)
    shows: dict[str, tuple[str, ...]] = field(default_factory=dict)
    client: bool = False


def each(where: dict[str, Any], *deeds: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """Make a rule of each deed: the first call meets the first, and so on."""
    return [{"where": where, "do": do, **more} for do in deeds]


_N = 388  # bytes of the file
# fmt: off
CATALOGUE = (
    Fault(1, "connection refused", [{"when": "connect", "do": {"refuse": 5}}]),
    Fault(2, "DNS failure", each({"service": "domain"}, {"patch": {"baseURI": "host.invalid"}}),
          "look_up", ("200",)),
    Fault(3, "reset before the request is read", each(MESSAGING, {"reset": True}, when="request"),
          "publish publish", ("RST", "200"), (1, False)),
    Fault(4, "reset after commit, before the answer", each(PUBLISH, {"reset": True}, when="after"),
          "publish", ("RST",), (1, False)),
    Fault(5, "read timeout after commit", each(PUBLISH, {"stall": 2}, when="after"),
          "publish", ("silence",), (1, False)),
    Fault(6, "500/502/504 after commit",
          each(PUBLISH, *({"status": each} for each in (500, 502, 504)), when="after"),
          "publish publish publish", ("500", "502", "504"), (3, False)),
    Fault(7, "500/502/503/504 before commit",
          each(PUBLISH, *({"status": each} for each in (500, 502, 503, 504))),
          "publish publish publish publish publish", ("500", "502", "503", "504", "200"),
          (1, False)),
    Fault(8, "429 with Retry-After",
          each(PUBLISH, *({"status": 429, "headers": {"Retry-After": wait}} for wait in
                          ("2", "Wed, 21 Oct 2026 07:28:00 GMT", "soon", "-1", "999999999"))),
          "publish publish publish publish publish publish", (*["429"] * 5, "200"), (1, False),
          {"retry-after": ("2", "Wed, 21 Oct 2026 07:28:00 GMT", "soon", "-1", "999999999", "-")}),
    Fault(9, "401 as the AppJWT has expired", each(MESSAGING, {"expire": "token"}),
          "publish publish upload_url", ("401", "401", "401")),
    Fault(10, "401 at login", each({"service": "agentVep", "type": "login"}, {"status": 401}),
          "login login", ("401", "200")),
    Fault(11, "403, 404, 400", each(PUBLISH, {"status": 403}, {"status": 404}, {"status": 400}),
          "publish publish publish", ("403", "404", "400")),
    Fault(12, "upload URL expired", each(PUT, {"expire": "url"}), "put put", ("401", "401")),
    Fault(13, "download URL expired", each(GET, {"expire": "url"}), "get get", ("401", "401")),
    Fault(14, "the user pauses 70 s", each(UPLOAD_URL, {"advance": 70}), "upload_url put",
          ("200", "401")),
    Fault(15, "a clock is wrong",
          each({"service": "domain"}, {"date": 3600}, {"date": -3600}, {"date": None}),
          "look_up look_up look_up look_up", ("200",) * 4),
    Fault(16, "expires past or no number",
          each(UPLOAD_URL, *({"patch": {"body.queryParams.temp_url_expires": each}}
                             for each in ("0", "soon"))),
          "upload_url upload_url", ("200", "200")),
    Fault(17, "reset in mid-upload", each(PUT, {"reset": True}, when="upload", at=0.5),
          "put put", ("RST", "201"), (0, True)),
    Fault(18, "reset after the upload is stored", each(PUT, {"reset": True}, when="after"),
          "put", ("RST",), (0, True)),
    Fault(19, "wrong ETag, damaged in storage",
          [*each(PUT, {"etag": "0" * 32}), *each({**PUT, "nth": 2}, {"corrupt": 7}, when="before")],
          "put put", ("201", "201"), (0, False), {"etag": ("0" * 32, "?")}),
    Fault(20, "missing or odd ETag",
          each(PUT, {"etag": '"{etag}"'}, {"etag": 'W/"{etag}"'}, {"etag": "{etag}-2"},
               {"etag": None}),
          "put put put put", ("201",) * 4, (0, True), {"etag": ('"*"', 'W/"*"', "*-2", "-")}),
    Fault(21, "200/204 instead of 201; 201 with an error's text",
          [*each(PUT, {"status": 200}, {"status": 204}, when="after"),
           *each({**PUT, "nth": 3}, {"body": "error"})],
          "put put put", ("200", "204", "201"), (0, True), {"etag": ("*", "*", "*")}),
    Fault(22, "file changed while uploading", client=True),
    Fault(23, "truncated download", each(GET, {"close": True}, when="answer", at=0.5),
          "get get", (f"200, {_N // 2} of {_N}, FIN", "200")),
    Fault(24, "short length, no length, chunks cut",
          each(GET, {"length": -9}, {"length": None, "truncate": 100},
               {"chunked": 100, "truncate": 250}),
          "get get get", ("200", "200, 100 of unknown, FIN", "200, 250 of chunks, FIN")),
    Fault(25, "damaged byte, right length", each(GET, {"corrupt": 0}), "get get", ("200", "200")),
    Fault(26, "Range ignored, wrong Content-Range, object changed",
          [*each(GET, {"ignore_range": True}),
           *each({**GET, "nth": 2}, {"headers": {"Content-Range": "bytes 5-9/10"},
                                     "change_object": True})]),
    Fault(27, "slow-loris head or body",
          each(GET, *({"drip": {"bytes": 1, "seconds": 0.2, "at": each}} for each in
                      ("head", "body")))),
    Fault(28, "giant body, compressed bomb",
          each(GET, {"body_bytes": 5_000_000}, {"bomb": {"bytes": 10_000_000}},
               {"bomb": {"bytes": 10_000_000, "layers": 2}}),
          "get get get", ("200",) * 3, (0, False),
          {"content-encoding": ("-", "gzip", "gzip, gzip")}),
    Fault(29, "malformed JSON, HTML, empty, deep, list, null, duplicate keys",
          each(PUBLISH, *({"body": each, "headers": JSON} for each in BODIES)),
          "publish " * len(BODIES), ("200",) * len(BODIES), (len(BODIES), False)),
    Fault(30, "HTTP 200 with code != OK, or missing, or another dialect",
          each(PUBLISH, {"patch": {"code": "BAD_REQUEST"}}, {"patch": {"-code": None}},
               {"patch": {"code": 200}}, {"patch": {"code": 400}}),
          "publish publish publish publish", ("200",) * 4, (4, False)),
    Fault(31, "reqId of another request", each(PUBLISH, {"patch": {"reqId": "another"}}),
          "publish", ("200",), (1, False)),
    Fault(32, "redirects",
          each(MESSAGING, {"redirect": "/elsewhere"}, {"redirect": "http://127.0.0.1:9/x"},
               {"redirect": "file:///etc/passwd", "status": 307}),
          "publish publish publish", ("302", "302", "307"), (0, False),
          {"location": ("/elsewhere", "http://127.0.0.1:9/x", "file:///etc/passwd")}),
    Fault(33, "idle connection closed", each(PUBLISH, {"close": True}, when="end")),
    Fault(34, "disk full", client=True),
    Fault(35, "Ctrl-C in mid-upload", client=True),
    Fault(36, "kernel restart between steps", client=True),
    Fault(37, "two notebooks", client=True),
    Fault(38, "conversation closed in the middle",
          each(PUBLISH, {"status": 400,
                         "patch": {"body.msg": "Bad Request, Conversation is close"}}),
          "put publish", ("201", "400"), (0, True)),
    Fault(39, "too big, wrong type",
          [*each(UPLOAD_URL, {"status": 400}), *each(PUT, {"status": 413}),
           *each(PUBLISH, {"status": 413})],
          "upload_url put publish", ("400", "413", "413")),
    Fault(40, "any of F03 to F25 in bulk", [
        *each(PUBLISH, {"reset": True}, when="after", rate=0.03),
        *each(PUBLISH, {"status": 503}, rate=0.03),
        *each(MESSAGING, {"reset": True}, when="request", rate=0.03),
        *each(PUT, {"etag": "0" * 32}, rate=0.03),
        *each(PUT, {"status": 401}, rate=0.03),
        *each(GET, {"corrupt": 3}, rate=0.03),
        *each(GET, {"close": True}, when="answer", at=0.5, rate=0.03),
    ]),
)
# fmt: on
