"""Swift's temporary URLs: a signature over method, end of validity and decoded path."""

import hmac

_DIGESTS = {40: "sha1", 64: "sha256", 128: "sha512"}  # by the number of hex digits
_METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
_HEAD_RIDES_ON = ("HEAD", "GET", "PUT", "POST")


def sign(key: str, method: str, expires: int, path: str, digest: str = "sha1") -> str:
    """Sign one *method* on *path* until *expires*, in hex."""
    message = f"{method}\n{expires}\n{path}".encode("utf-8", "surrogatepass")
    return hmac.digest(key.encode(), message, digest).hex()


def is_valid(key: str, method: str, path: str, signature: str, expires: str, now: float) -> bool:
    """
    Tell whether *signature* permits *method* on *path* at *now*.

    HEAD is permitted wherever GET, PUT or POST is. Every other kind of mismatch, an expired
    time included, is the same no.
    """
    digest = _DIGESTS.get(len(signature))
    until = _integer(expires)
    if digest is None or until is None or until < now or method not in _METHODS:
        return False
    candidates = _HEAD_RIDES_ON if method == "HEAD" else (method,)
    given = signature.encode("utf-8", "surrogatepass")
    return any(
        hmac.compare_digest(given, sign(key, each, until, path, digest).encode())
        for each in candidates  # to stop at a match tells nothing to who has none
    )


def _integer(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None
