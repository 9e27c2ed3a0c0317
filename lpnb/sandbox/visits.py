"""A request to storage, before anyone has decided what it gets."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """
    One request to storage, in plain values.

    Args:
        path: decoded, every slash in place; bytes that are no UTF-8 are lone surrogates.
        wishes: the headers, by lower-case name.
    """

    method: str
    path: str
    query: Mapping[str, str]
    wishes: Mapping[str, str]

    @classmethod
    def to(
        cls, method: str, path: str, *, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> "Visit":
        """Decode *path*."""
        decoded = unquote_to_bytes(path.encode("latin-1")).decode("utf-8", "surrogateescape")
        return cls(method=method, path=decoded, query=query, wishes=headers)

    @property
    def parts(self) -> list[str]:
        """Nothing, version, account, container and object, as far as the path has them."""
        return self.path.split("/", 4)

    @property
    def names_object(self) -> bool:
        """Whether it is about an object, not about a container or an account."""
        return len(self.parts) == 5 and self.parts[4] != ""

    @property
    def is_signed(self) -> bool:
        """Whether it claims to come by a temporary URL."""
        return is_signed(self.query)

    @property
    def is_text(self) -> bool:
        """Whether the path can be a name."""
        try:
            return b"\0" not in self.path.encode()
        except UnicodeEncodeError:
            return False


def is_signed(query: Mapping[str, str]) -> bool:
    """Tell whether *query* claims to be a temporary URL's."""
    return "temp_url_sig" in query or "temp_url_expires" in query
