"""A value that must never be read over someone's shoulder: masked wherever text is made of it."""

import base64
import hashlib
import hmac
import json
import os
import re
import threading
from bisect import bisect_right
from collections.abc import Callable
from typing import Any, Never, Self
from urllib.parse import quote, quote_plus

_FINGERPRINT_KEY = os.urandom(16)  # of this process: a short secret can't be guessed from its print


class Secret(str):
    """
    A string whose text is a mask, and whose value is handed out by :meth:`reveal` only.

    As a ``str`` it *is* the mask, so `print`, f-strings, `json.dumps`, `dataclasses.asdict` and a
    forgotten log line all show the kind, the length and a fingerprint that is the same for the same
    value within one process. It can't be pickled; a copy is the object itself.

    Args:
        kind: what the value is, in a word or two, for instance ``"AppJWT"``.
        prefix: the part of the value that is no secret and stays readable (``"Bearer "``).
    """

    __slots__ = ("_reveal", "kind")

    _reveal: Callable[[], str]
    kind: str

    def __new__(cls, value: str, kind: str = "secret", *, prefix: str = "") -> Self:
        value = reveal(value)
        digest = hmac.new(_FINGERPRINT_KEY, value.encode("utf-8", "surrogatepass"), hashlib.sha256)
        count = f"{len(value)} characters" if len(value) >= 16 else "short"
        self = super().__new__(cls, f"{prefix}[{kind}, {count}, #{digest.hexdigest()[:8]}]")
        whole = prefix + value
        self._reveal = lambda: whole  # a closure, so that no attribute holds the text
        self.kind = kind
        return self

    def reveal(self) -> str:
        """Give the value itself: the one way to it, so that it is easy to find in a review."""
        return self._reveal()

    def prefixed(self, prefix: str) -> "Secret":
        """The same secret behind a readable *prefix* such as ``"Bearer "``."""
        return Secret(self.reveal(), self.kind, prefix=prefix)

    def __repr__(self) -> str:
        return f"<Secret {self}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return False
        mine, theirs = (one.reveal().encode("utf-8", "surrogatepass") for one in (self, other))
        return hmac.compare_digest(mine, theirs)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((Secret, str.__str__(self)))

    def __bool__(self) -> bool:
        return bool(self.reveal())

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> Never:
        raise TypeError("a Secret is not pickled: give the other process its own, by environment")


def reveal(value: str) -> str:
    """Give the text itself, whether *value* is covered or plain."""
    return value.reveal() if isinstance(value, Secret) else value


_NAMES = (
    "password bearer csrf token access_token refresh_token id_token client_secret secret appkey "
    "accesstoken accesstokensecret temp_url_sig sessionid authorization x-lp-on-behalf cookie "
    "set-cookie"
)
SECRET_KEYS = frozenset(_NAMES.split())
COOKIE = re.compile(r"((?:^|, )[^=;, ]+=)([^;,]*)")  # of Set-Cookie: name and value
_NAMED = "temp_url_sig|client_secret|password|token|bearer|csrf"
_SHAPES = (
    re.compile(r"(?P<keep>)(?P<secret>eyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]*)"),  # a JSON Web Token
    re.compile(r"(?P<keep>\b(?:Bearer|Basic)\s+)(?P<secret>[\w.~+/=-]{8,})"),
    re.compile(
        rf"(?P<keep>\b(?:{_NAMED}|access_token)"
        r"(?:=|%3[Dd]|\\?\"\s*:\s*\\?\"))(?P<secret>[^\s&\"'\\<>,;]+)"
    ),
)
_HINT = re.compile(rf"eyJ|Bearer|Basic|{_NAMED}")  # without one of these no shape fits
_SHORTEST = 4  # characters of a value that is hidden wherever it turns up
_BEGIN, _LONGEST = 64, 300  # characters of a value that are shown: its begin if it is longer
_SHORT, _CLEAN = 32, 1_000  # characters of texts that are known to be clean, and how many are
_LOOKED_AT = 1_024  # characters of a longer one that are searched: far more than are shown
_NESTED = (dict, list)  # a union would be made anew each time it is named
_DEEPEST = 20  # levels of one answer that are shown


class Cover:
    """
    Hides secrets in what came from outside: by their names, their shapes, and their live values.

    What lpnb itself sends is made of `Secret` already; an answer may repeat a secret anywhere, so
    the values in use are learnt and hidden wherever they turn up, encoded or not.
    """

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}  # of the account, for good
        self._recent: dict[str, str] = {}  # of temporary URLs, the newest couple of dozen
        # both by length, and short texts in which there is none of them
        self._known: tuple[list[tuple[str, str]], list[int], set[str]] = ([], [], set())
        self._lock = threading.Lock()

    def learn(self, secret: Secret | None, *, keep: bool = False) -> None:
        """Hide *secret* from now on; the newest ones only, unless it is to be kept for good."""
        value = secret.reveal() if secret is not None else ""
        if len(value) < _SHORTEST:
            return  # so short a value stands in half the words there are: its name covers it
        with self._lock:
            if value not in self._kept and (keep or value not in self._recent):
                self._add(value, str(secret), self._kept if keep else self._recent)

    def _add(self, value: str, mask: str, masks: dict[str, str]) -> None:
        raw = value.encode("utf-8", "surrogatepass")
        escaped, quoted = json.dumps(value)[1:-1], quote(value, safe="")
        lower = re.sub("%..", lambda code: code[0].lower(), quoted)
        spellings = {value, escaped, json.dumps(escaped)[1:-1], quoted, lower, quote_plus(value)}
        for lead in range(3) if len(raw) > 8 else (0,):  # a secret may stand in a longer text
            inner = base64.b64encode(b"." * lead + raw).decode().rstrip("=")
            inner = inner[4 if lead else 0 :][: -2 if (len(raw) + lead) % 3 else None]
            spellings |= {inner, inner.translate({43: "-", 47: "_"})}
        masks |= dict.fromkeys(spellings, mask)
        while len(self._recent) > 120:
            del self._recent[next(iter(self._recent))]
        known = sorted((self._recent | self._kept).items(), key=lambda pair: len(pair[0]))
        clean = self._known[2] if min(map(len, spellings)) > _SHORT else set()
        self._known = known, [len(spelling) for spelling, _ in known], clean

    def text(self, text: str) -> str:
        """Give *text* with every secret in it masked, and fit to be printed anywhere."""
        given = text
        known, lengths, clean = self._known
        if text in clean:
            return text
        for at in range(bisect_right(lengths, len(text)) - 1, -1, -1):
            spelling, mask = known[at]
            if spelling in text:  # the longest first, as one may stand in another
                text = text.replace(spelling, mask)
        if _HINT.search(text):
            for shape in _SHAPES:
                text = shape.sub(_mask_match, text)
        if not text.isascii():  # an answer may hold half a surrogate pair, which no file takes
            text = text.encode("utf-8", "backslashreplace").decode()
        if text == given and len(text) <= _SHORT and len(clean) < _CLEAN:
            clean.add(text)
        return text

    def _shown(self, text: str) -> str:
        """Give *text* masked and, if it is long, cut; what is cut off is not searched first."""
        if len(text) <= _LONGEST:
            return self.text(text)
        longest = max(_LOOKED_AT, *self._known[1][-1:])
        begin = self.text(text[: longest + _BEGIN])
        return f"{begin[:_BEGIN]}… ({len(text):,} characters in all)"

    def value(self, value: Any) -> Any:
        """Give a JSON *value* with every secret in it masked and long texts cut."""
        self._learn_named(value, "", 0)  # first, as a value may be repeated before its name comes
        return self._covered(value, "", 0)

    def _learn_named(self, value: Any, name: str, depth: int) -> None:
        if isinstance(value, str) and not isinstance(value, Secret):
            if name.lower() in SECRET_KEYS:
                self.learn(Secret(value, name))
        elif isinstance(value, _NESTED) and depth <= _DEEPEST:
            pairs = value.items() if isinstance(value, dict) else ((name, one) for one in value)
            for key, one in pairs:
                self._learn_named(one, key, depth + 1)

    def _covered(self, value: Any, name: str, depth: int) -> Any:
        if isinstance(value, Secret):
            return str(value)
        if isinstance(value, str):
            named = name.lower() in SECRET_KEYS
            return str(Secret(value, name)) if named else self._shown(value)
        if isinstance(value, _NESTED) and depth > _DEEPEST:
            return "… (deeper than is shown)"
        if isinstance(value, dict):
            return {self.text(k): self._covered(v, k, depth + 1) for k, v in value.items()}
        if isinstance(value, list):
            return [self._covered(item, name, depth + 1) for item in value]
        return value

    def header(self, name: str, value: str) -> str:
        """Give a header's *value* with what is secret in it masked."""
        if isinstance(value, Secret):
            return str(value)
        if name.lower() not in SECRET_KEYS:
            return self._shown(value)
        if name.lower() == "set-cookie":  # several come as one, with a comma between them
            return COOKIE.sub(lambda pair: f"{pair[1]}{Secret(pair[2], 'cookie')}", value)
        return str(Secret(value, name))


def _mask_match(match: re.Match[str]) -> str:
    if match["secret"].startswith("["):  # a mask already
        return match[0]
    return match["keep"] + str(Secret(match["secret"], "hidden"))
