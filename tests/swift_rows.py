"""What a random case hardly hits: row by row, on the wire; and where we mean to differ."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from .swift_cases import METHODS, RANGES
from .swift_wire import ACCOUNT, CONTAINER, LARGEST, Pair, md5, sign

DIGITS = b"0123456789"
_NO_SIGNATURE = "0" * 40

# Each makes the bytes that are sent, from the pair and a name; under it lies DIGITS beforehand.
Make = Callable[[Pair, str], bytes]


def _send(method: str, *headers: str, body: bytes | None = None, more: str = "") -> Make:
    return lambda pair, name: pair.request(
        method, pair.target(method, name, more=more), body, *headers
    )


def _by(method: str, signed_for: str) -> Make:
    body = b"x" if method == "PUT" else None
    return lambda pair, name: pair.request(method, pair.target(signed_for, name), body)


def _unsigned(method: str, path: str, *headers: str) -> Make:
    return lambda pair, name: pair.request(method, path.replace("{name}", name), None, *headers)


def _raw(method: str, path: str) -> Make:
    """Sign for *path*, and send it with its bytes as they are."""

    def make(pair: Pair, name: str) -> bytes:
        target = pair.target(method, "", path=path)
        return pair.request(method, target.replace("%FF", "\xff").replace("%C3%A0", "\xc3\xa0"))

    return make


def _framed(content: bytes, *headers: str) -> Make:
    return lambda pair, name: (
        pair.request("PUT", pair.target("PUT", name), None, *headers) + content
    )


def _chunks(content: bytes) -> Make:
    return _framed(content, "Transfer-Encoding: chunked")


def _renamed(make: Callable[[str], str], method: str = "PUT") -> Make:
    def made(pair: Pair, name: str) -> bytes:
        body = b"x" if method == "PUT" else None
        return pair.request(method, pair.target(method, make(name)), body)

    return made


def _line(size: int) -> Make:
    """Pad the request line to *size* bytes, its end included."""

    def make(pair: Pair, name: str) -> bytes:
        target = pair.target("GET", name) + "&"
        return pair.request("GET", target.ljust(size - len("GET  HTTP/1.1\r\n"), "x"))

    return make


def _until(expires: int, method: str) -> Make:
    def make(pair: Pair, name: str) -> bytes:
        path = f"{ACCOUNT}/{CONTAINER}/{name}"
        signature = sign(pair.key, method, expires, path).hex()
        target = f"{path}?temp_url_sig={signature}&temp_url_expires={expires}"
        return pair.request(method, target, b"x" if method == "PUT" else None)

    return make


def _absolute(pair: Pair, name: str) -> bytes:
    return pair.request("PUT", "http://{host}" + pair.target("PUT", name), b"x")


def _replaced(old: bytes, new: bytes, method: str = "GET") -> Make:
    return lambda pair, name: _send(method)(pair, name).replace(old, new)


def _known(path: str) -> str:
    """Make a target that looks signed for now."""
    return f"{path}?temp_url_sig={_NO_SIGNATURE}&temp_url_expires={int(time.time()) + 60}"


_PUT, _GET = _send("PUT", body=DIGITS), _send("GET")
_LATE, _EARLY = "Mon, 01 Jan 2035 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"
_ORIGIN = "Origin: https://page.test"
_HERE = f"{ACCOUNT}/{CONTAINER}/{{name}}"

# What is asked, and the status that both are to answer.
ROWS: dict[str, tuple[Make, int]] = {
    # an upload's body
    "PUT": (_PUT, 201),
    "PUT of nothing": (_send("PUT", body=b""), 201),
    "PUT of the largest": (_send("PUT", body=b"x" * LARGEST), 201),
    "PUT of one more": (_send("PUT", body=b"x" * (LARGEST + 1)), 413),
    "PUT of one more in chunks": (
        _chunks(b"%x\r\n" % (LARGEST + 1) + b"x" * (LARGEST + 1) + b"\r\n0\r\n\r\n"), 413,
    ),
    "PUT that announces far too much": (_framed(b"", "Content-Length: 5368709123"), 413),
    "PUT without length": (_framed(b""), 411),
    "PUT of length abc": (_framed(b"", "Content-Length: abc"), 400),
    "PUT of length -5": (_framed(b"", "Content-Length: -5"), 400),
    "PUT cut short": (_framed(b"too short", "Content-Length: 100"), 499),
    "PUT with length and chunks": (
        _framed(b"3\r\nabc\r\n0\r\n\r\n", "Content-Length: 5", "Transfer-Encoding: chunked"), 201,
    ),
    "PUT in gzip": (_framed(b"", "Transfer-Encoding: gzip"), 400),
    "PUT in gzip and chunks": (_framed(b"", "Transfer-Encoding: gzip, chunked"), 501),
    "PUT in Chunks, with a capital": (_framed(b"0\r\n\r\n", "Transfer-Encoding: Chunked"), 411),
    "GET in gzip": (_send("GET", "Transfer-Encoding: gzip"), 200),
    **{
        f"PUT of the chunks {content!r}": (_chunks(content), status)
        for content, status in (
            (b"3\r\nabc\r\n0\r\n\r\n", 201), (b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 201),
            (b"3\r\nabc\r\n0\r\nTrailer: x\r\n\r\n", 201), (b"0\r\n\r\n", 201),
            (b" 3 \r\nabc\r\n0\r\n\r\n", 201), (b"3\nabc\n0\n\n", 201),
            (b"0x3\r\nabc\r\n0\r\n\r\n", 201),
            (b"5\r\nabc", 499), (b"3\r\nabc\r\n", 499), (b"zz\r\n", 499), (b"-1\r\n", 499),
            (b"", 499), (b"\r\n", 499),
        )
    },
    # an upload's head
    "PUT with Expect": (_send("PUT", "Expect: 100-continue", body=b"x"), 201),
    "PUT with Expect, badly signed": (
        _unsigned("PUT", _known(_HERE), "Expect: 100-continue", "Content-Length: 5"), 401,
    ),
    "PUT with Expect that is in the way": (
        _framed(b"", "Expect: 100-continue", "Content-Length: 5", "If-None-Match: *"), 412,
    ),
    "PUT with a wrong ETag": (_send("PUT", f"ETag: {md5(b'')}", body=b"x"), 422),
    "PUT with its ETag": (_send("PUT", f'ETag: "{md5(b"x")}"', body=b"x"), 201),
    "PUT with a wrong Content-MD5": (_send("PUT", "Content-MD5: x", body=b"x"), 201),
    "PUT where something is": (_send("PUT", "If-None-Match: *", body=b"x"), 412),
    "PUT unless it has that tag": (_send("PUT", "If-None-Match: x", body=b"x"), 400),
    "PUT with X-Copy-From": (_send("PUT", "X-Copy-From: a/b", body=b""), 400),
    "DELETE with X-Copy-From": (_send("DELETE", "X-Copy-From: a/b"), 400),
    "PUT with X-Delete-After": (_send("PUT", "X-Delete-After: 9", body=b"x"), 201),
    "PUT with X-Delete-At in the past": (_send("PUT", "X-Delete-At: 9", body=b"x"), 400),
    "PUT of a manifest": (_send("PUT", body=b"[]", more="&multipart-manifest=put"), 201),
    "PUT of a name of 1024": (_renamed(lambda name: name.ljust(1024, "x")), 201),
    "PUT of a name of 1025": (_renamed(lambda name: name.ljust(1025, "x")), 400),
    "PUT of a name of 1025 letters": (_renamed(lambda name: name.ljust(1025, "é")), 400),
    "PUT of a name of 1200 bytes": (_renamed(lambda name: name.ljust(600, "é")), 201),
    "GET of a name of 1025": (_renamed(lambda name: name.ljust(1025, "x"), "GET"), 404),
    "PUT with 90 items": (
        _send("PUT", *(f"X-Object-Meta-N{i}: v" for i in range(90)), body=b"x"), 201,
    ),
    "PUT with 91 items": (
        _send("PUT", *(f"X-Object-Meta-N{i}: v" for i in range(91)), body=b"x"), 400,
    ),
    "PUT with too much in 17 items": (
        _send("PUT", *(f"X-Object-Meta-N{i:02}: {'v' * 250}" for i in range(17)), body=b"x"), 400,
    ),
    "PUT with a type that is no text": (_send("PUT", "Content-Type: \xff", body=b"x"), 400),
    "PUT with a type to be guessed": (
        _send("PUT", "Content-Type: a/b", "X-Detect-Content-Type: true", body=b"x"), 201,
    ),
    # a download
    **{f"GET of {spec!r}": (_send("GET", f"Range: {spec}"), 0) for spec in RANGES},
    "HEAD of a range": (_send("HEAD", "Range: bytes=0-1"), 200),
    "GET if modified since": (_send("GET", f"If-Modified-Since: {_LATE}"), 304),
    "GET if modified since long ago": (_send("GET", f"If-Modified-Since: {_EARLY}"), 200),
    "GET if not modified since": (_send("GET", f"If-Unmodified-Since: {_EARLY}"), 412),
    "GET if it has that tag": (_send("GET", "If-Match: x"), 412),
    "GET if it has its tag": (_send("GET", f"If-Match: {md5(DIGITS)}"), 200),
    "GET unless it has its tag": (_send("GET", f"If-None-Match: {md5(DIGITS)}"), 304),
    "HEAD unless it has its tag": (_send("HEAD", f"If-None-Match: {md5(DIGITS)}"), 304),
    "GET with a body announced": (_send("GET", "Content-Length: 5"), 200),
    "GET with an endless body announced": (_send("GET", "Content-Length: 50000000000"), 200),
    "GET with Expect": (_send("GET", "Expect: 100-continue"), 200),
    "GET by HTTP/1.0": (_replaced(b"HTTP/1.1", b"HTTP/1.0"), 200),
    "GET by HTTP/1.0, kept alive": (
        _replaced(b"HTTP/1.1\r\n", b"HTTP/1.0\r\nConnection: keep-alive\r\n"), 200,
    ),
    "GET with a token that is none": (_send("GET", "X-Auth-Token: AUTH_tkx"), 200),
    "GET of a later date": (_until(10**13, "GET"), 200),
    "POST": (_send("POST", "X-Object-Meta-Public-A: b", body=b""), 202),
    "DELETE": (_send("DELETE"), 204),
    "COPY": (_send("COPY"), 401),
    **{
        f"{method} by a URL for {other}": (_by(method, other), 0)
        for method in METHODS
        for other in METHODS
    },
    # addresses
    "unsigned GET": (_unsigned("GET", _HERE), 401),
    "unsigned HEAD": (_unsigned("HEAD", _HERE), 401),
    "unsigned GET with a token": (_unsigned("GET", _HERE, "X-Auth-Token: AUTH_tkx"), 401),
    "unsigned PATCH": (_unsigned("PATCH", _HERE), 405),
    "unsigned PUT unless it has that tag": (_unsigned("PUT", _HERE, "If-None-Match: x"), 400),
    "unsigned GET of %FF": (_unsigned("GET", f"{ACCOUNT}/{CONTAINER}/%FF"), 412),
    "unsigned GET of NUL": (_unsigned("GET", f"{ACCOUNT}/{CONTAINER}/%00"), 412),
    "GET of NUL": (_renamed(lambda name: f"{name}\0", "GET"), 412),
    "GET of NUL, badly signed": (_unsigned("GET", _known(f"{ACCOUNT}/{CONTAINER}/%00")), 401),
    "GET of %FF, signed in no form": (
        _unsigned("GET", f"{ACCOUNT}/{CONTAINER}/%FF?temp_url_sig=x&temp_url_expires=x"), 401,
    ),
    "GET of a raw letter": (_raw("GET", f"{ACCOUNT}/{CONTAINER}/à"), 404),
    "PUT as a proxy is asked": (_absolute, 201),
    "GET of /, as if signed": (_unsigned("GET", _known("/")), 401),
    "GET of /nonsense, as if signed": (_unsigned("GET", _known("/nonsense")), 401),
    **{
        f"unsigned {method} of {path}": (_unsigned(method, path), 0)
        for method in ("GET", "OPTIONS", "HEAD", "PATCH", "PUT")
        for path in (
            "//v1/AUTH_x/y", "/v1/", "/v1//", "/v1/a/", "/v1/a//", "/v1/a/c//", "/v1/AUTH_a%20b/c",
            "/v1/v1.0/c/o", "/v1/AUTH_async-images", f"{ACCOUNT}//x", f"{ACCOUNT}/{CONTAINER}/",
        )
    },
    "request line of 8191": (_line(8191), 200),
    "request line of 8192": (_line(8192), 414),
    "header line of 8191": (_send("GET", "X: " + "x" * 8186), 200),
    "header line of 8192": (_send("GET", "X: " + "x" * 8187), 400),
    # web pages
    "GET by a page": (_send("GET", _ORIGIN), 200),
    "GET of nothing new by a page": (_send("GET", _ORIGIN, "If-None-Match: *"), 304),
    "GET by a page, badly signed": (_unsigned("GET", _known(_HERE), _ORIGIN), 401),
    "preflight": (
        _send("OPTIONS", _ORIGIN, "Access-Control-Request-Method: PUT",
              "Access-Control-Request-Headers: content-type"), 200,
    ),
    "preflight of an unknown method": (
        _send("OPTIONS", _ORIGIN, "Access-Control-Request-Method: PATCH"), 401,
    ),
    "preflight without method": (_send("OPTIONS", _ORIGIN), 401),
    "preflight elsewhere": (
        _unsigned("OPTIONS", f"{ACCOUNT}/other/x", _ORIGIN, "Access-Control-Request-Method: PUT"),
        401,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """Where our storage is not to be like Swift: what each says, and why."""

    make: Make
    ours: tuple[int, bytes]
    swift: tuple[int, bytes]
    reason: str


_NO_TEXT = b"Invalid UTF8 or contains NULL"
_INVALID = b"401 Unauthorized: Temp URL invalid\n"
_MISTAKE = "a mistake of Swift's own, on which nothing should rest"
_ROUTER = "one host for all services: what is not for storage is told why nothing matched"
_STRICT = "the sandbox reads heads strictly, whatever the service: it is made to find mistakes"

DIFFERENCES: dict[str, Difference] = {
    "a path with the byte 0xFF": Difference(
        _raw("GET", f"{ACCOUNT}/{CONTAINER}/a\udcff"), (412, _NO_TEXT), (500, b"An error"), _MISTAKE
    ),
    "a path with %FF": Difference(
        _renamed(lambda name: f"{name}\udcff", "GET"), (412, _NO_TEXT), (500, b"An error"), _MISTAKE
    ),
    "a download until a year that no date can have": Difference(
        _until(10**20, "GET"), (401, _INVALID), (500, b"An error"), _MISTAKE
    ),
    "an upload until such a year": Difference(
        _until(10**20, "PUT"), (401, _INVALID), (201, b""), "its download would be the 500 above"
    ),
    "an X-Delete-After of 400 digits": Difference(
        _send("PUT", f"X-Delete-After: {'9' * 400}", body=b"x"),
        (201, b""), (500, b"<html><h1>Internal"), _MISTAKE,
    ),
    "an unsigned COPY": Difference(
        _unsigned("COPY", _HERE), (405, b"<html><h1>Method"), (412, b"Destination header"),
        "copying is for who has an account's token, and here nobody has one",
    ),
    "an unsigned PUT with X-Copy-From": Difference(
        _unsigned("PUT", _HERE, "X-Copy-From: a/b", "Content-Length: 1"),
        (401, b"<html><h1>Unauth"), (400, b"Copy requests"), "likewise",
    ),
    "the path /": Difference(
        _unsigned("GET", "/"), (404, b'{"sandbox"'), (404, b"<html><h1>Not"), _ROUTER
    ),
    "the path /nonsense": Difference(
        _unsigned("GET", "/nonsense"), (404, b'{"sandbox"'), (412, b"Bad URL"), _ROUTER
    ),
    "a Content-Length of 1_0": Difference(
        _framed(DIGITS, "Content-Length: 1_0"), (400, b""), (201, b""), _STRICT
    ),
    "a Content-Length of +5": Difference(
        _framed(b"01234", "Content-Length: +5"), (400, b""), (201, b""), _STRICT
    ),
    "two Content-Lengths": Difference(
        _framed(b"0", "Content-Length: 1", "Content-Length: 1"), (400, b""), (201, b""), _STRICT
    ),
    "HTTP/1.2": Difference(
        _replaced(b"HTTP/1.1", b"HTTP/1.2"), (400, b"this is no HTTP/1.1"), (200, DIGITS), _STRICT
    ),
    "no version at all": Difference(
        _replaced(b" HTTP/1.1", b""), (400, b"this is no HTTP/1.1"), (200, DIGITS), _STRICT
    ),
    "two blanks in the request line": Difference(
        _replaced(b"GET ", b"GET  "), (400, b"this is no HTTP/1.1"), (400, b"<!DOCTYPE"),
        "the body is Python's own page of errors",
    ),
}  # fmt: skip
