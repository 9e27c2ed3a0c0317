"""A real Swift in storage's place: where it is, and what lies in it, by temporary URLs alone."""

import re
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException
from urllib.parse import quote, urlencode

from . import tempurl
from .guesses import Guesses
from .http import Answer
from .objects import StoredObject
from .pages import page, said
from .swift_server import SwiftServer
from .visits import Visit

_ENDPOINT = {  # how an existing Swift is described
    "url": re.compile(r"http://([A-Za-z0-9.-]+(?::[0-9]{1,5})?)/?"),  # hosts have no scheme of
    "account_path": re.compile(r"/v1/[^/?#]+"),  # their own: the sandbox's goes for all of them
    "key": re.compile(r".+"),
}
_PROBLEMS = {
    401: "refuses our signature: is the key the account's, and is SHA-1 allowed?",
    404: "has no container with the account's id for a name: create it first",
}
_OF_THE_CONNECTION = {"host", "connection", "content-length", "transfer-encoding", "expect"}


class RealSwift:
    """
    Does for the other services what `Storage` does, by asking a Swift.

    Clients are told its address and speak to it directly: neither faults nor the journal see them.

    Args:
        server: what is to be emptied and ended with the sandbox, if this Swift is its own.
    """

    settles = ("object_size", "storage_cors", "storage_rules", "stored_bytes")  # guesses

    def __init__(
        self, host: str, account_path: str, key: str, container: str, server: SwiftServer | None
    ) -> None:
        self.host, self.account_path, self.key = host, account_path, key
        self.objects = SwiftObjects(self, f"{account_path}/{container}/")
        self._server = server

    @classmethod
    def start(cls, account: str, *, quota: int) -> "RealSwift":
        """Start one of our own; it keeps to the defaults of the guesses about storage."""
        guesses = Guesses()
        headers = {"X-Container-Meta-Quota-Bytes": str(quota)}
        if guesses["storage_cors"] == "open":
            headers["X-Container-Meta-Access-Control-Allow-Origin"] = "*"
        server = SwiftServer(account, max_file_size=guesses["object_size"], headers=headers)
        host = server.url.removeprefix("http://")
        return cls(host, server.account_path, server.key, account, server)

    @classmethod
    def at(cls, endpoint: Mapping[str, str], account: str) -> "RealSwift":
        """
        Take the one at *endpoint*: its ``url``, ``account_path`` and ``key``.

        Raises:
            ValueError: it is not described like this, or does not take what we sign.
        """
        if set(endpoint) != set(_ENDPOINT):
            raise ValueError("an existing Swift is its url, account_path and key, no more or less")
        for name, shape in _ENDPOINT.items():
            if not shape.fullmatch(str(endpoint[name])):
                raise ValueError(f"the {name} of an existing Swift is like {shape.pattern}")
        host = endpoint["url"].removeprefix("http://").rstrip("/")
        swift = cls(host, endpoint["account_path"], endpoint["key"], account, None)
        probe, status, problem = f"{swift.objects.container}probe", 0, ""
        try:  # an upload that can't succeed, as its digest is wrong
            status = swift.ask("PUT", probe, {"Etag": "0" * 32}).status
        except OSError as error:
            problem = f"can't be reached ({error})"
        if status == 422:
            return swift
        problem = problem or _PROBLEMS.get(status, f"answers {status} to a PUT of {probe}")
        raise ValueError(f"the Swift at {host} {problem}")

    def admit(self, visit: Visit) -> Answer | None:
        """Leave the decision to Swift, but for what can't even be asked of it."""
        return None if visit.is_text else said(412, "Invalid UTF8 or contains NULL")

    def refuse(self, status: int) -> Answer:
        """Refuse as storage does with *status*, for whatever reason."""
        return page(status)

    def answer(self, visit: Visit, content: bytes, md5: str) -> Answer:
        """Carry *visit* to Swift and its answer back; Swift finds the *md5* out for itself."""
        if visit.method == "PUT":
            self.objects.expect(visit.path)
        try:
            return self._send(visit, content)
        except OSError as error:
            return Answer(503, f"the Swift at {self.host}: {error}\n".encode())

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a request of our own, signed for this minute."""
        expires = int(time.time()) + 60
        signature = tempurl.sign(self.key, method, expires, path)
        query = {"temp_url_sig": signature, "temp_url_expires": str(expires)}
        return self._send(Visit(method=method, path=path, query=query, wishes=headers or {}))

    def _send(self, visit: Visit, content: bytes = b"") -> Answer:
        headers = {k: v for k, v in visit.wishes.items() if k.lower() not in _OF_THE_CONNECTION}
        target = f"{quote(visit.path)}?{urlencode(visit.query)}"
        connection = HTTPConnection(self.host, timeout=60)
        try:
            connection.request(visit.method, target, content or None, headers)
            got = connection.getresponse()
            body = got.read()
        except HTTPException as error:
            problem = f"{type(error).__name__}: {error}"
        else:
            own = _OF_THE_CONNECTION - ({"content-length"} if visit.method == "HEAD" else set())
            told = {name: value for name, value in got.getheaders() if name.lower() not in own}
            return Answer(got.status, body, told)
        finally:
            connection.close()
        raise OSError(problem)

    def empty(self) -> None:
        """Remove every object: from an existing Swift, those that we know of."""
        if self._server:
            self._server.empty()
        else:
            for path in self.objects:
                self.ask("DELETE", path)

    def stop(self) -> None:
        """End our own; an existing one is left as it is."""
        if self._server:
            self._server.stop()


class SwiftObjects(Mapping[str, StoredObject]):
    """
    The objects in the container, each looked up when asked for.

    A temporary URL can't list a container: what is iterated over are the paths that URLs were
    issued for, and those that someone has asked about, if an object is there.
    """

    def __init__(self, swift: RealSwift, container: str) -> None:
        self._swift = swift
        self.container = container
        self._paths: dict[str, None] = {}

    def expect(self, path: str) -> None:
        """Look at *path* too, from now on."""
        self._paths[path] = None

    def clear(self) -> None:
        """Empty the storage."""
        self._swift.empty()
        self._paths.clear()

    def __getitem__(self, path: str) -> StoredObject:
        got = self._find("GET", path)
        if got is None:
            raise KeyError(path)
        said = got.headers
        return StoredObject(
            size=len(got.body),
            etag=said["Etag"],
            content_type=said["Content-Type"],
            created=float(said["X-Timestamp"]),
            headers=said,
            body=got.body,
        )

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self._find("HEAD", path) is not None

    def __iter__(self) -> Iterator[str]:
        return (path for path in tuple(self._paths) if path in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<{len(self)} objects in the Swift at {self._swift.host}>"

    def _find(self, method: str, path: str) -> Answer | None:
        if not path.startswith(self.container):
            return None
        got = self._swift.ask(method, path)
        if got.status == 404:
            return None
        if got.status != 200:
            raise OSError(f"the Swift at {self._swift.host} answers {got.status} about {path}")
        self.expect(path)
        return got
