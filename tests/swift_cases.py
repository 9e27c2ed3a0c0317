"""Requests to storage as hypothesis makes them up: mostly good, wrong in every part by turns."""

import base64
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from hypothesis import strategies as st

from .swift_wire import ACCOUNT, CONTAINER, Pair, md5, sign

BATCH = 10  # requests in one example, on names of its own
BODIES = (b"0123456789", b"", b"x", b"\0\xff\r\n--" * 40, bytes(range(256)) * 20)
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
_NAMES = (
    "{n}.png", "{n}.PNG", "{n}.jpeg", "{n}.GIF", "{n}.webp", "{n}.svg", "{n}.pdf", "{n}.txt",
    "{n}", "/{n}/x", "{n}//x.png", "{n}/", "{n}///", "../{n}", "{n}/../../x", "{n} b", " {n}",
    "{n}é.jpg", "📎{n}", "à\u00a0{n}\u0085", "{n}%20", "{n}%2Fx", "%{n}", "{n}?x=y#z", "{n}&a=b",
    "{n}+", "{n};a=b", "{n}~!*'()", "{n}\\x", '{n}"', "{n}\n", "{n}\0", "{n}:",
    "é/{n}/é.tar.gz", "{n}.unknown",
)  # fmt: skip
_DISPOSITIONS = (
    "", "&filename=a.png", "&filename=a%20b", "&filename=", "&inline", "&inline=1&filename=x",
    "&filename=%C3%A9%22%0A%0D", "&filename=a/b&filename=c", "&filename=a+b;c", "&inline=", "&x=y",
    "&filename=%ff", "&multipart-manifest=get",
)  # fmt: skip
RANGES = (
    "bytes=0-4", "bytes=6-", "bytes=-5", "bytes=6-200", "bytes=9-9", "bytes=10-", "bytes=10-20",
    "bytes=-0", "bytes=-", "bytes=5-3", "bytes=a-b", "lines=0-1", "Bytes = 1 - 2", "bytes=0-0,2-3",
    "bytes=0-1,4-5,7-", "bytes=-1,0-0", "bytes=0-1,90-99", "bytes=0-4,2-6,1-9,3-4", "bytes=0-1,",
    "bytes=0-0,1-1,2-2,3-3,5-5,4-4,6-6,7-7", "bytes=+1-2", "bytes=0-1,0-1", "", "bytes",
    "bytes=-99", "bytes=99999-", "bytes=5119-", "bytes=0-5120", "bytes=--1", "bytes=1_0-",
    "bytes=0-1-2",
)  # fmt: skip
_TAGS = (
    *("*", '"*"', "x", "", ",", '"'),
    *(
        shape.format(md5(body))
        for body in BODIES[:2]
        for shape in ("{0}", '"{0}"', "x, {0}", 'W/"{0}"')
    ),
)
_DATES = (
    "Thu, 01 Jan 1970 00:00:00 GMT", "Mon, 01 Jan 2035 00:00:00 GMT", "yesterday", "0", "",
    "Mon, 99 Jan 2035 00:00:00 GMT", "Monday, 01-Jan-35 00:00:00 GMT", "{modified}",
)  # fmt: skip
_UPLOADED = (
    "Content-Type: image/x-own", "Content-Type: a/b; c=d", "Content-Type:",
    "Content-Type: a; swift_b=1", "Cache-Control: no-store",
    "Content-Disposition: attachment; filename=stored.png",
    "Content-Disposition:", "Content-Encoding: br", "Content-Language: fr", "X-Robots-Tag: none",
    "X-Object-Meta-A: private", "X-Object-Meta-Public-A: shown \u00e9", "X-Object-Meta-: x",
    f"X-Object-Meta-A: {'v' * 257}", f"X-Object-Meta-{'n' * 129}: v",
    f"X-Object-Meta-B: {'v' * 256}",
    "X-Delete-After: 1000", "X-Delete-After: 0", "X-Delete-After: -1", "X-Delete-After: 1.5",
    "X-Delete-At: 1", "X-Delete-At: 99999999999", "X-Delete-At: soon", "X-Delete-At:",
    "X-Object-Manifest: a/b", "X-Symlink-Target: a/b", "X-Copy-From: a/b", "X-Timestamp: 1",
    "If-None-Match: *", "If-None-Match: x", 'If-None-Match: "*"', "If-None-Match:", "If-Match: x",
    "Content-MD5: x", "ETag:", "ETag: x", "ETag: {etag}", 'ETag: "{etag}"', "ETag: {ETAG}",
)  # fmt: skip
_KEPT = ("", *(line for line in _UPLOADED[:11] if "swift" not in line))
_ANYWHERE = ("Authorization: Bearer x", "X-Auth-Token: x", "Origin: http://x.test")
_EXPECT = "Expect: 100-continue"
_BYTES = 20  # more than the choices of one case can use up


@dataclass(frozen=True)
class Url:
    """How a temporary URL is made; each part has a good value that is drawn mostly."""

    signed_for: str
    digest: str
    form: str
    expires: str
    prefix: str
    ip_range: str
    more: str
    quoting: str
    place: str
    tampering: str


_GOOD = Url("PUT", "sha1", "hex", "epoch", "none", "", "", "usual", "here", "none")


@dataclass(frozen=True)
class Case:
    """One request, but for the key, the time and the part of the name that is new each time."""

    method: str
    url: Url | None
    name: str
    headers: tuple[str, ...]
    body: bytes = field(repr=False)
    framing: str
    version: str


class _Dice:
    """A number that is used up by choosing: its lowest part first, and 0 always means the first."""

    def __init__(self, number: int) -> None:
        self._number = number

    def of(self, *choices: str) -> str:
        """Choose one."""
        self._number, place = divmod(self._number, len(choices))
        return choices[place]

    def mostly(self, share: int, good: str, *others: str) -> str:
        """Choose *good* as often as *share* of the others together."""
        return self.of(*(good,) * share, *others)


def _url(dice: _Dice, method: str) -> Url:
    return Url(
        signed_for=dice.mostly(80, method, *METHODS),
        digest=dice.of(*("sha1", "sha256", "sha512") * 12, "md5"),
        form=dice.mostly(
            90, "hex", "base64", "base64 bare", "base64 url", "base64 url bare", "HEX", "alg:hex",
            "39", "blank", "no hex", "other alg", "=base64",
        ),
        expires=dice.mostly(
            120, "epoch", "iso", "padded", "signed +", "underscores", "iso no Z", "iso offset",
            "iso fraction", "iso past", "float", "past", "words", "empty", "milliseconds", "hour",
            "negative", "zero",
        ),
        prefix=dice.mostly(40, "none", "start", "whole", "empty", "other", "changed", "added"),
        ip_range=dice.mostly(
            60, "", "127.0.0.1", "127.0.0.0/8", "0.0.0.0/0", "127.0.0.0/255.0.0.0", "10.0.0.0/8",
            "127.0.0.1/8", "::/0", "garbage", "dropped", "added", "emptied",
        ),
        more=dice.mostly(6, *_DISPOSITIONS),
        quoting=dice.mostly(8, "usual", "slashes", "all", "raw"),
        place=dice.mostly(
            150, "here", "container", "account", "other account", "foreign account", "v2", "v1.0",
            "slash first", "slash between", "root", "root slash", "nowhere", "nonsense",
        ),
        tampering=dice.mostly(
            160, "none", "signature", "no signature", "no expires", "empty signature",
            "wrong first", "wrong second", "swapped", "&amp;", "later", "other name", "quoted path",
            "other key", "both twice", "no slash",
        ),
    )  # fmt: skip


def _headers(dice: _Dice, method: str) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for _ in range(int(dice.of("0", "1", "1", "1", "2"))):
        name = dice.of("Range", "Range", "Range", "If-Match", "If-None-Match", "If-Modified-Since",
                       "If-Unmodified-Since")  # fmt: skip
        value = dice.of(*(RANGES if name == "Range" else _TAGS if "tch" in name else _DATES))
        line = f"{name}: {value}"
        if method not in ("GET", "HEAD"):
            line = dice.mostly(1, *_UPLOADED, *_ANYWHERE)
        found.setdefault(line.partition(":")[0], line)  # no name twice
    return tuple(found.values())


def _case(dice: _Dice, names: list[str]) -> Case:
    method = dice.mostly(
        3, "GET", "GET", "GET", *METHODS, *METHODS, "PUT", "HEAD", "OPTIONS", "PATCH", "get"
    )
    url = _url(dice, method) if dice.mostly(30, "signed", "") else None
    headers = _headers(dice, method)
    if url is None:  # a copy is for who has a token
        headers = tuple(line for line in headers if not line.startswith("X-Copy-From"))
    return Case(
        method,
        url,
        name=dice.of(*names),
        headers=headers,
        body=BODIES[int(dice.of(*"0001234"))] if method in ("PUT", "POST") else b"",
        framing=dice.mostly(6, "length", "chunked", "both", "expect") if method == "PUT" else "",
        version=dice.mostly(30, "HTTP/1.1", "HTTP/1.0"),
    )


def _batch(content: bytes) -> list[Case]:
    first, *rest = (
        _Dice(int.from_bytes(content[at : at + _BYTES])) for at in range(0, len(content), _BYTES)
    )
    names = [first.of(*_NAMES), first.of(*_NAMES)]
    kept = {line.partition(":")[0]: line for line in (first.of(*_KEPT), first.of(*_KEPT)) if line}
    body = BODIES[int(first.of(*"000001234"))]
    upload = Case("PUT", _GOOD, names[0], tuple(kept.values()), body, "length", "HTTP/1.1")
    return [upload, *(_case(dice, [names[0], *names]) for dice in rest)]


def batches() -> st.SearchStrategy[list[Case]]:
    """
    An upload that is good, and then whatever comes, on one or two names.

    Each case is one number that chooses every part: hypothesis would take longer to draw them one
    by one than both servers to answer, and would repeat most of them.
    """
    size = _BYTES * BATCH
    return st.binary(min_size=size, max_size=size).map(_batch)


def written(case: Case, pair: Pair, new: str, *, now: int, modified: str) -> bytes:
    """Put *case* into bytes; *new* goes into its name, *modified* where it asks for that."""
    method, target = case.method, _target(case, pair, new, now)
    etag = md5(case.body)
    lines = [
        line.replace("{etag}", etag).replace("{ETAG}", etag.upper()).replace("{modified}", modified)
        for line in case.headers
    ]
    body = case.body
    if case.framing in ("chunked", "both") and case.version == "HTTP/1.1":
        lines.append("Transfer-Encoding: chunked")
        body = b"".join(
            b"%x;a=b\r\n%b\r\n" % (len(piece), piece)
            for piece in (body[:3], body[3:])
            if piece
        ) + b"0\r\n\r\n"  # fmt: skip
    if case.framing != "chunked" and (method in ("PUT", "POST") or body):
        lines.append(f"Content-Length: {len(case.body) if case.framing == 'both' else len(body)}")
    if case.framing == "expect":
        lines.append(_EXPECT)
    head = "\r\n".join([f"{method} {target} {case.version}", "Host: {host}", *lines, "", ""])
    return head.encode("latin-1") + body


def _target(case: Case, pair: Pair, new: str, now: int) -> str:
    name = case.name.replace("{n}", new)
    url = case.url
    if url is None:
        return quote(f"{ACCOUNT}/{CONTAINER}/{name}")
    path = _path(url.place, name)
    signed = f"{ACCOUNT}/{CONTAINER}/{name}x" if url.tampering == "other name" else path
    signed = quote(signed) if url.tampering == "quoted path" else signed
    seconds, said = _expires(url.expires, now)
    prefix = {"start": name[:3], "whole": name, "empty": "", "other": "zz"}.get(url.prefix)
    if url.prefix == "changed":
        prefix = name[:2]
    if prefix is not None:
        signed = f"prefix:{'/'.join(path.split('/')[:4])}/{prefix}"
    asked = {"dropped": "127.0.0.1", "added": "", "emptied": "127.0.0.1"}
    digest = hmac_of(url, pair, seconds, signed, asked.get(url.ip_range, url.ip_range))
    parts = [f"temp_url_sig={_signature(url, digest)}", f"temp_url_expires={said}"]
    parts = _tampered(parts, url.tampering, seconds)
    if prefix is not None or url.prefix == "added":
        given = name[:1] if url.prefix in ("changed", "added") else prefix
        parts.append(f"temp_url_prefix={quote(given or '', safe='')}")
    given = {"dropped": "", "added": "127.0.0.1"}.get(url.ip_range, url.ip_range)
    if url.ip_range == "emptied":
        parts.append("temp_url_ip_range=")
    elif given:
        parts.append(f"temp_url_ip_range={quote(given, safe='')}")
    separator = "&amp;" if url.tampering == "&amp;" else "&"
    shown = _quoted(path, url.quoting)
    if url.tampering == "no slash":
        shown = shown[1:]
    return f"{shown}?{separator.join(parts)}{url.more}"


def hmac_of(url: Url, pair: Pair, seconds: int, path: str, ip_range: str) -> bytes:
    """Sign; with another key where that is what is wrong."""
    key = "another-key" if url.tampering == "other key" else pair.key
    return sign(key, url.signed_for, seconds, path, digest=url.digest, ip_range=ip_range)


def _path(place: str, name: str) -> str:
    here = f"{ACCOUNT}/{CONTAINER}/{name}"
    return {
        "container": f"{ACCOUNT}/87654321/{name}",
        "account": ACCOUNT,
        "other account": f"/v1/AUTH_other/{CONTAINER}/{name}",
        "foreign account": f"/v1/other/{CONTAINER}/{name}",
        "v2": here.replace("/v1/", "/v2/", 1),
        "v1.0": here.replace("/v1/", "/v1.0/", 1),
        "slash first": "/" + here,
        "slash between": f"{ACCOUNT}//{CONTAINER}/{name}",
        "root": f"{ACCOUNT}/{CONTAINER}",
        "root slash": f"{ACCOUNT}/{CONTAINER}/",
        "nowhere": "/",
        "nonsense": "/nonsense",
    }.get(place, here)


def _expires(form: str, now: int) -> tuple[int, str]:
    """Give the integer that is signed, and what the URL says."""
    seconds = {"past": now - 60, "iso past": now - 60, "hour": now + 3600, "zero": 0}.get(
        form, now + 60
    )
    if form == "milliseconds":
        seconds *= 1000
    if form == "negative":
        seconds = -seconds
    iso = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(min(seconds, now + 3600)))
    text = str(seconds)
    said = {
        "iso": iso + "Z",
        "iso past": iso + "Z",
        "iso no Z": iso,
        "iso offset": iso + "%2B00:00",
        "iso fraction": iso + ".5Z",
        "padded": f"%20{text}+",
        "signed +": f"%2B{text}",
        "underscores": f"{text[:3]}_{text[3:]}",
        "float": text + ".0",
        "words": "soon",
        "empty": "",
    }
    return seconds, said.get(form, text)


def _signature(url: Url, digest: bytes) -> str:
    plain, form = digest.hex(), url.form
    standard = base64.b64encode(digest).decode()
    safe = base64.urlsafe_b64encode(digest).decode()
    made = {
        "base64": f"{url.digest}:{standard}",
        "base64 bare": f"{url.digest}:{standard.rstrip('=')}",
        "base64 url": f"{url.digest}:{safe}",
        "base64 url bare": f"{url.digest}:{safe.rstrip('=')}",
        "=base64": f"{url.digest}:={standard}",
        "other alg": f"sha256:{standard}" if url.digest == "sha1" else f"sha1:{standard}",
        "alg:hex": f"{url.digest}:{plain}",
        "HEX": plain.upper(),
        "39": plain[:-1],
        "blank": plain + " ",
        "no hex": "g" + plain[1:],
    }.get(form, plain)
    if url.tampering == "signature":
        made = made[:7] + ("0" if made[7] != "0" else "1") + made[8:]
    return quote(made, safe=":")


def _tampered(parts: list[str], tampering: str, seconds: int) -> list[str]:
    signature, expires = parts
    return {
        "no signature": [expires],
        "no expires": [signature],
        "empty signature": ["temp_url_sig=", expires],
        "wrong first": ["temp_url_sig=" + "0" * 40, *parts],
        "wrong second": [*parts, "temp_url_sig=" + "0" * 40],
        "swapped": [expires, signature],
        "later": [signature, f"temp_url_expires={seconds + 600}"],
        "both twice": parts * 2,
    }.get(tampering, parts)


def _quoted(path: str, quoting: str) -> str:
    raw = path.encode()
    if quoting == "slashes":  # in the name only: these too are the same object
        head, _, name = path.rpartition(f"{CONTAINER}/")
        return quote(path) if not head else quote(f"{head}{CONTAINER}/") + quote(name, safe="")
    if quoting == "all":
        return "/".join("".join(f"%{byte:02X}" for byte in each) for each in raw.split(b"/"))
    if quoting == "raw":  # bytes as they are, but for those that end or divide a target
        safe = "/!$'()*,;=@&+\\\"" + "".join(map(chr, range(128, 256)))
        return "".join(
            chr(byte)
            if chr(byte) in safe or chr(byte).isalnum() or chr(byte) in "._-~:"
            else f"%{byte:02X}"
            for byte in raw
        )
    return quote(path)


def differences(batch: list[Case], pair: Pair) -> Iterator[str]:
    """Ask *batch* of both, and describe each case in which they disagree."""
    new = pair.fresh()
    modified = ["", ""]  # what each last said
    for case in batch:
        now = int(time.time())
        pair.cases.add(case)
        told = []
        for side, wire in enumerate((pair.ours, pair.theirs)):
            reply = wire.ask(written(case, pair, new, now=now, modified=modified[side]))
            modified[side] = reply.headers.get("last-modified", modified[side])
            told.append(reply.told())
        ours, theirs = told
        if ours != theirs:
            names = sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name))
            parts = (f"{one}: {ours.get(one)!r}, Swift {theirs.get(one)!r}" for one in names)
            yield f"{case}\n  " + "\n  ".join(parts)
