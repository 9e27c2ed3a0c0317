"""Requests off the wire: the head, strictly and with every byte of its path, then the body."""

import math
from collections.abc import Callable
from io import BufferedIOBase, BufferedReader

from .http import Answer, Request, read_form

_LINE = 8191  # with its end, as Swift has it
_HEADERS = 100
_DRAINED = 16 * 1024 * 1024
_PIECE = 64 * 1024


class Unreadable(Exception):
    """The bytes are no request; *answer* is due before the connection ends."""

    def __init__(self, status: int, message: str = "") -> None:
        super().__init__()
        self.answer = Answer(status, message.encode())


class CutShort(Exception):
    """The body ended before its announced end."""


class Severed(Exception):
    """A fault has ended the request before its end, with its own *answer*."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class Interrupted:
    """
    A stream in which something happens at a certain byte.

    Args:
        reached: is called when so many bytes have been read; raises, or reading goes on.
    """

    def __init__(self, stream: "Stream", left: float, reached: Callable[[], None]) -> None:
        self._stream = stream
        self._left = left
        self._reached = reached

    def read(self, size: int) -> bytes:
        """Read *size* bytes, or fewer if the stream ends."""
        return self._read(self._stream.read, size)

    def readline(self, size: int) -> bytes:
        """Read a line of at most *size* bytes."""
        return self._read(self._stream.readline, size, end=b"\n")

    def _read(self, read: Callable[[int], bytes], size: int, end: bytes | None = None) -> bytes:
        content = read(int(min(size, self._left)))
        self._left -= len(content)
        if self._left > 0:
            return content
        self._left = math.inf
        self._reached()
        complete = end and content.endswith(end)
        return content if complete else content + read(size - len(content))


Stream = BufferedReader | Interrupted


def read_head(stream: BufferedReader, connection: int) -> Request | None:
    """Read a request's head, or give None when the client has no more to say."""
    whole = _buffered_head(stream)
    line = whole[0] if whole else stream.readline(_LINE + 1)
    if len(line) > _LINE:
        raise Unreadable(414)  # this and the next two without a word, as Swift does
    words = line.decode("latin-1").rstrip("\r\n").split(" ")  # a path may have other blanks
    if not line.endswith(b"\n"):
        return None
    if len(words) != 3 or words[2] not in ("HTTP/1.1", "HTTP/1.0"):
        raise Unreadable(400, "this is no HTTP/1.1 request line")
    headers = _parsed(whole[1:]) if whole else _read_headers(stream)
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or len(length) > 18:
        raise Unreadable(400)
    target = words[1]
    if target.startswith(("http://", "https://")):  # as a proxy is asked
        target = "/" + target.partition("//")[2].partition("/")[2]
    path, _, query = target.partition("?")
    return Request(
        words[0], path, read_form(query), headers, connection, http_1_0=words[2] == "HTTP/1.0"
    )


def _buffered_head(stream: BufferedReader) -> list[bytes]:
    """Take the whole head at once where it has come in one piece, as it nearly always has."""
    waiting = stream.peek(1)
    end = waiting.find(b"\r\n\r\n")
    if end < 0:
        return []
    stream.read(end + 4)
    return [line + b"\n" for line in waiting[: end + 1].split(b"\n")]


def _read_headers(stream: BufferedIOBase) -> dict[str, str]:
    lines: list[bytes] = []
    while (line := stream.readline(_LINE + 1)) not in (b"\r\n", b"\n"):
        lines.append(line)
        if not line or len(line) > _LINE or len(lines) > _HEADERS:
            break
    return _parsed(lines)


def _parsed(lines: list[bytes]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        if len(line) > _LINE:
            raise Unreadable(400)
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or name != name.strip():
            raise Unreadable(400, "this is no header line")
        name, value = name.lower(), value.strip()
        # A second value makes Host, Content-Length and tokens invalid, as it should.
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    if len(lines) > _HEADERS:
        raise Unreadable(400, "too many header lines")
    return headers


def read_body(stream: Stream, request: Request, limit: int) -> bytes:
    """
    Read the body; of a chunked one beyond *limit* keep just enough to tell.

    Raises:
        CutShort: the client went away, or stalled, before its end.
    """
    try:
        if "transfer-encoding" in request.headers:
            return _read_chunks(stream, limit)
        length = int(request.headers.get("content-length", "0"))
        return _exactly(stream, length) if length else b""
    except (TimeoutError, ValueError):
        pass
    raise CutShort


def _read_chunks(stream: Stream, limit: int) -> bytes:
    pieces: list[bytes] = []
    kept = seen = 0
    while size := int(stream.readline(_LINE).partition(b";")[0].strip() or b"x", 16):
        seen += size
        if size < 0 or seen > limit + _DRAINED:
            raise CutShort
        piece = _exactly(stream, size)[: limit + 1 - kept]
        kept += len(piece)
        pieces.append(piece)
        stream.readline(_LINE)  # the end of the line after each chunk
    while stream.readline(_LINE).strip():
        pass  # trailers mean nothing here
    return b"".join(pieces)


def _exactly(stream: Stream, size: int) -> bytes:
    content = stream.read(size)
    if len(content) < size:
        raise CutShort
    return content


def drain(stream: Stream, request: Request) -> bool:
    """
    Throw a refused body away, so that the client gets to read its answer.

    Gives whether it is all gone, so that the connection can be used again.
    """
    if not request.is_readable:
        return False
    if "transfer-encoding" in request.headers:
        try:
            read_body(stream, request, 0)
        except CutShort:
            return False
        return True
    left = int(request.headers.get("content-length", "0"))
    complete = left <= _DRAINED
    left = min(left, _DRAINED)
    while left and (piece := stream.read(min(left, _PIECE))):
        left -= len(piece)
    return complete and not left
