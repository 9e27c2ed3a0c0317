"""Swift's temporary URLs: a signature over method, end of validity and decoded path."""

import binascii
import hmac
import re
import time
from collections.abc import Mapping

_DIGESTS = {40: "sha1", 64: "sha256", 128: "sha512"}  # by the number of hex digits
_METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
_HEAD_RIDES_ON = ("HEAD", "GET", "PUT", "POST")
_BASE64 = re.compile(r"=*[A-Za-z0-9+/]*=*")
_CLIENT = "127.0.0.1"  # nobody else reaches the sandbox


def sign(
    key: str, method: str, expires: int, path: str, digest: str = "sha1", *, ip_range: str = ""
) -> str:
    """Sign one *method* on *path* until *expires*, in hex."""
    message = f"{method}\n{expires}\n{path}"
    if ip_range:
        message = f"ip={ip_range}\n{message}"
    return hmac.digest(key.encode(), message.encode("utf-8", "surrogatepass"), digest).hex()


def read_expires(text: str) -> int:
    """Read seconds since 1970 or ``YYYY-MM-DDTHH:MM:SSZ``; what is neither, or no date, is 0."""
    try:
        try:
            seconds = int(text)
        except ValueError:
            from calendar import timegm  # few ever write the other form

            seconds = timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))
        time.gmtime(seconds)  # a download names it in words
    except (ValueError, OverflowError, OSError):
        return 0
    return seconds


def is_valid(key: str, method: str, path: str, query: Mapping[str, str], now: float) -> bool:
    """
    Tell whether *query* permits *method* on *path* at *now*.

    HEAD is permitted wherever GET, PUT or POST is. Every other kind of mismatch, an expired
    time included, is the same no: see `why_not`.

    Raises:
        UnicodeError: all is well but for the path, which is no text that could have been signed.
    """
    digest, given = _read_signature(query.get("temp_url_sig", ""))
    expires = read_expires(query.get("temp_url_expires", ""))
    ip_range = query.get("temp_url_ip_range", "")
    signed = _signed_path(method, path, query.get("temp_url_prefix"))
    if digest not in _DIGESTS.values() or expires < now or not expires or signed is None:
        return False
    if ip_range and not _has_client(ip_range):
        return False
    signed.encode()
    candidates = _HEAD_RIDES_ON if method == "HEAD" else (method,)
    return any(
        hmac.compare_digest(given, sign(key, each, expires, signed, digest, ip_range=ip_range))
        for each in candidates  # to stop at a match tells nothing to who has none
    )


def why_not(key: str, method: str, path: str, query: Mapping[str, str], now: float) -> str:
    """Say in a sentence why `is_valid` says no."""
    names = "temp_url_sig", "temp_url_expires"
    if missing := [name for name in names if not query.get(name)]:
        return f"the URL lacks {' and '.join(missing)}"
    digest, given = _read_signature(query["temp_url_sig"])
    if digest not in _DIGESTS.values():
        return "temp_url_sig is no SHA-1, SHA-256 or SHA-512 in hex, nor its name and base64"
    expires = read_expires(query["temp_url_expires"])
    if not expires:
        return "temp_url_expires is neither seconds since 1970 nor YYYY-MM-DDTHH:MM:SSZ"
    ip_range, prefix = query.get("temp_url_ip_range", ""), query.get("temp_url_prefix")
    if ip_range and not _has_client(ip_range):
        return f"temp_url_ip_range does not have {_CLIENT} in it"
    signed = _signed_path(method, path, prefix)
    if signed is None and method not in _METHODS:
        return f"no temporary URL is good for {method}"
    if signed is None:
        wanted = "/v1/ACCOUNT/CONTAINER/OBJECT"
        return f"the path is no {wanted}" + (" with temp_url_prefix" if prefix is not None else "")
    good_for = [
        each
        for each in _METHODS
        if hmac.compare_digest(given, sign(key, each, expires, signed, digest, ip_range=ip_range))
    ]
    late = f"it expired {max(1, round(now - expires)):,} seconds ago" if expires < now else ""
    if not good_for:
        altered = "the signature fits no method: path or expiry was altered, or the key is another"
        return f"{altered}; {late}" if late else altered
    if method not in good_for and (method != "HEAD" or good_for == ["DELETE"]):
        wrong = f"the URL is signed for {good_for[0]}, not for {method}"
        return f"{wrong}; {late}" if late else wrong
    return late


def _read_signature(text: str) -> tuple[str, str]:
    """Give the digest's name and its hex; two empty strings for what can be no signature."""
    digest, colon, value = text.partition(":")
    try:
        if not colon:
            binascii.unhexlify(text)
            return _DIGESTS.get(len(text), ""), text
        if not {"+", "/"} & set(value):
            value = value.replace("-", "+").replace("_", "/")
        if _BASE64.fullmatch(value):
            return digest, binascii.a2b_base64(value + "==").hex()
    except ValueError:
        pass
    return "", ""


def _signed_path(method: str, path: str, prefix: str | None) -> str | None:
    # The root of a container passes here with an empty prefix, and storage refuses it later.
    least = 4 if prefix == "" and method in ("GET", "HEAD") else 5
    parts = path.split("/", 4)
    if method not in _METHODS or parts[:2] != ["", "v1"] or len(parts) < least:
        return None
    name = parts[4] if len(parts) == 5 else ""
    if "" in parts[2:least] or (least == 5 and not name.strip("/")):
        return None
    if prefix is None:
        return path
    return f"prefix:{'/'.join(parts[:4])}/{prefix}" if name.startswith(prefix) else None


def _has_client(ip_range: str) -> bool:
    from ipaddress import ip_address, ip_network

    try:
        return ip_address(_CLIENT) in ip_network(ip_range)
    except ValueError:
        return False
