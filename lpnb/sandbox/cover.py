"""What may be seen of a request and its answer: every secret in them covered."""

import base64
import codecs
import hashlib
import hmac
import json
import os
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import quote, unquote

_MARGIN = 1024  # characters before a cut that are not shown: a secret may begin there
_LONGEST = 1000  # characters of a header or a path
_NAME = re.compile(
    r"authorization|on-behalf|cookie|password|passwd|secret|csrf|bearer|credential|session_?id"
    r"|temp_url_sig|token(?!_type)|api-?key|appkey|(?:auth|storage|control|url)[-_]?key",
    re.IGNORECASE,
)
_HARMLESS = {"v", "version", "grant_type", "temp_url_expires", "inline", "filename", "since"}
_SCHEME = re.compile(r"(?:Bearer|Basic)\s+|", re.IGNORECASE)  # a missing Bearer is to be seen
_COOKIE = re.compile(r"((?:^|[;,])(?!\s*(?:path|domain|expires|max-age)=)[^=;,]+=)([^;,]*)", re.I)
_MEMBER = re.compile(  # of JSON, also of JSON in a JSON text, also where its end was cut off
    r'(\\*"((?:[^"\\]|\\.){1,80}?)\\*"\s*:\s*)(\\*"(?:[^"\\]|\\.)*"?|\[[^\]]*\]?|-?[\d.eE+-]+)'
)
_PAIR = re.compile(r"(?<![\w%-])([\w.%-]{1,60})=([^&\s\"'<>;,\\]+)")  # of a form or a query
_SHAPES = re.compile(
    r"eyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]*"  # a JSON Web Token
    r"|sandbox-[a-z-]+-[0-9a-f]{32}"  # what the sandbox draws at its start
    r"|[0-9a-f]{40,}"  # perhaps a bearer or a signature: if issued
)
_ISSUED_SIZES = (40, 64, 128)  # hex digits of bearers, csrf and signatures
_ENCODED = re.compile(r"[\w.~+/=%-]{16,}", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}){8,}")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")


class Cover:
    """
    Hides secrets by their names, by their values, and by their values encoded.

    Args:
        kept: secrets that are good for as long as the sandbox runs.
        issued: the tokens and signatures that it gave out.
    """

    def __init__(self, kept: Iterable[str], issued: Iterable[str]) -> None:
        self._print = os.urandom(16)
        self._issued = frozenset(issued)
        self._kept = tuple(value for value in kept if len(value) >= 4)
        self._spelt: dict[str, str] = {}
        for value in self._kept:
            escaped = json.dumps(value)[1:-1]
            spellings = value, escaped, json.dumps(escaped)[1:-1], quote(value, safe="")
            self._spelt |= dict.fromkeys(spellings, value)
        self.text = lru_cache(maxsize=1000)(self._text)  # headers are the same over and over

    def _text(self, text: str) -> str:
        """Give *text* with every secret in it covered."""
        text = _MEMBER.sub(self._member, text)
        text = _PAIR.sub(self._pair, text)
        for spelling, value in self._spelt.items():
            if spelling in text:
                text = text.replace(spelling, self._mask(value))
        text = _SHAPES.sub(self._shape, text)
        return _ENCODED.sub(self._encoded, text)

    def header(self, name: str, value: str) -> str:
        """Give a header's *value*, covered, and cut if it is very long."""
        if "cookie" in name.lower():
            return _COOKIE.sub(lambda pair: pair[1] + self._mask(pair[2]), value)
        if _NAME.search(name):
            scheme = _SCHEME.match(value)[0]  # type: ignore[index]  # it matches nothing, too
            return scheme + self._mask(value.removeprefix(scheme))
        return self.short(value)

    def short(self, text: str) -> str:
        """Give *text* covered and, if it is very long, cut."""
        if len(text) <= _LONGEST:
            return self.text(text)
        shown = self.text(text[: _LONGEST + _MARGIN])[:-_MARGIN]
        return f"{shown}... ({len(text):,} characters in all)"

    def target(self, path: str, query: Mapping[str, str]) -> str:
        """Write path and query, every value of which might be a secret unless it is well known."""
        pairs = (
            f"{quote(name)}={quote(value) if name in _HARMLESS else self._mask(value)}"
            for name, value in query.items()
        )
        return self.short(path + ("?" + "&".join(pairs) if query else ""))

    def body(self, begin: bytes, size: int) -> str:
        """Give the text of which *begin* is kept, covered; "" if it is none."""
        whole = len(begin) == size
        try:
            text = codecs.getincrementaldecoder("utf-8")().decode(begin, final=whole)
        except UnicodeDecodeError:
            return ""
        if _CONTROL.search(text):
            return ""
        if whole:
            return self.text(text)
        return f"{self.text(text)[:-_MARGIN]}\n... ({size:,} bytes in all)"

    def _mask(self, secret: str) -> str:
        if not secret or secret.startswith("[covered"):
            return secret
        given = secret.encode("utf-8", "surrogatepass")
        digest = hmac.new(self._print, given, hashlib.sha256).hexdigest()[:6]
        return f"[covered, #{digest}]"  # so that the same secret is known again

    def _member(self, match: re.Match[str]) -> str:
        name = match[2]
        if "\\" in name:
            name = re.sub(r"\\u00([2-7][0-9a-fA-F])", lambda code: chr(int(code[1], 16)), name)
        if not _NAME.search(name):  # a list, or JSON in a text, may have members of its own
            return match[1] + match[3][:1] + _MEMBER.sub(self._member, match[3][1:])
        return f'{match[1]}"{self._mask(match[3].strip(chr(34)))}"'

    def _pair(self, match: re.Match[str]) -> str:
        return f"{match[1]}={self._mask(match[2])}" if _NAME.search(unquote(match[1])) else match[0]

    def _shape(self, match: re.Match[str]) -> str:
        is_open = match[0].isalnum() and not self._holds_issued(match[0])  # an id, a digest
        return match[0] if is_open else self._mask(match[0])

    def _holds_issued(self, run: str) -> bool:
        """Tell whether one that was issued is in *run*, which may have grown on to it."""
        return any(
            run[at : at + size] in self._issued
            for size in _ISSUED_SIZES
            for at in range(len(run) - size + 1)
        )

    def _encoded(self, match: re.Match[str]) -> str:
        text = "\n".join(_decoded(match[0]))
        betrays = any(value in text for value in self._kept) or any(
            self._shape(inside) != inside[0] for inside in _SHAPES.finditer(text)
        )
        return self._mask(match[0]) if betrays else match[0]


def _decoded(word: str) -> Iterable[str]:
    """Read *word* in every way in which it may be an encoded text."""
    word = unquote(word)
    yield word
    plain = re.sub(r"[^\w+/]", "", word.replace("-", "+").replace("_", "/"))
    runs = (plain[lead:] for lead in range(4))  # what stands before it may belong to it
    for decode, text in (
        *((bytes.fromhex, run) for run in _HEX.findall(word)),
        *((base64.b64decode, run + "A" * (-len(run) % 4)) for run in runs),
    ):
        try:
            yield decode(text).decode("utf-8", "replace")
        except ValueError:
            continue
