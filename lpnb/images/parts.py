"""How JPEG, PNG and GIF are laid out: the one place that knows where each part of a file is."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

_JPEG = {n: f"{n:02X}" for n in range(256)}
_JPEG |= {0x01: "TEM", 0xC4: "DHT", 0xC8: "JPG", 0xCC: "DAC", 0xD8: "SOI", 0xD9: "EOI"}
_JPEG |= {0xDA: "SOS", 0xDB: "DQT", 0xDC: "DNL", 0xDD: "DRI", 0xFE: "COM"}
_JPEG |= {0xC0 + n: f"SOF{n}" for n in range(16) if n not in (4, 8, 12)}
_JPEG |= {0xD0 + n: f"RST{n}" for n in range(8)} | {0xE0 + n: f"APP{n}" for n in range(16)}
_ALONE = {0x01, *range(0xD0, 0xDA)}  # the markers that no length follows
_MARKER = re.compile(rb"\xff[\x01-\xfe]")  # whatever is before it, fill bytes too, is skipped
_SCAN_END = re.compile(rb"\xff[^\0\xd0-\xd7\xff]")  # restarts and stuffed zeros belong to a scan
_GIF = {n: f"{n:02X}" for n in range(256)} | {0x01: "text", 0xF9: "control", 0xFE: "comment"}
_GIF_BLOCK = re.compile(rb"[!,;]")


class Part(NamedTuple):
    """One piece of a file: *name* is the format's own, *start* and *end* count bytes, half open."""

    name: str
    start: int
    end: int


class Truncated(Exception):
    """The file stops before the picture does."""


class Corrupt(Exception):
    """The file is no sequence of parts, though its end is there."""


def parts(content: bytes, kind: str) -> Iterator[Part]:
    """
    Give the parts one after the other, without a gap, up to where the picture ends.

    The last one is ``EOI``, ``IEND`` or ``trailer``; what follows it is no part of the picture. A
    JPEG's ``SOS`` has its scan with it, a GIF's ``image`` its pixels, and bytes that decoders skip
    are ``junk``. Nothing is decoded, copied or held; take as many as you like.

    Raises:
        Truncated, Corrupt: there is no next part; whichever fits better.
    """
    return _WALKS[kind](content)


def body(content: bytes, part: Part, kind: str, *, most: int = 1 << 25) -> bytes:
    """Take out what *part* holds, without its marker, length and checksum, up to *most* bytes."""
    if kind == "PNG":
        return content[part.start + 8 : part.end - 4][:most]
    if kind == "JPEG":
        return content[part.start + 4 : part.end][:most]
    at, out = part.start + 2, bytearray()
    while content[at] and len(out) < most:
        out += content[at + 1 : at + 1 + content[at]]
        at += 1 + content[at]
    return bytes(out)


def _jpeg(content: bytes) -> Iterator[Part]:
    at = 0
    while found := _MARKER.search(content, at):
        if found.start() > at:
            yield Part("junk", at, found.start())
        at, marker = found.start(), content[found.start() + 1]
        end = at + 2
        if marker not in _ALONE:
            length = int.from_bytes(content[end : end + 2])
            if length < 2 and end + 2 <= len(content):
                raise Corrupt(f"the length of a segment is {length}")
            end += max(length, 2)
            if end > len(content):
                break
        if marker == 0xDA:
            if not (found := _SCAN_END.search(content, end)):
                break
            end = found.start()
        yield Part(_JPEG[marker], at, end)
        if marker == 0xD9:
            return
        at = end
    raise _cut(content, b"\xff\xd9")


def _png(content: bytes) -> Iterator[Part]:
    at = 8
    if at <= len(content):
        yield Part("signature", 0, at)
    while at + 8 <= len(content):
        name, end = content[at + 4 : at + 8], at + 12 + int.from_bytes(content[at : at + 4])
        if not (name.isalpha() and name.isascii()):
            raise Corrupt("there is no chunk where one should be")
        if end > len(content):
            break
        yield Part(name.decode(), at, end)
        if name == b"IEND":
            return
        at = end
    raise _cut(content, b"IEND\xaeB`\x82")


def _gif(content: bytes) -> Iterator[Part]:
    at = 13 + _table(content, 10)
    if at <= len(content):
        yield Part("header", 0, at)
    while found := _GIF_BLOCK.search(content, at):
        if found.start() > at:
            yield Part("junk", at, found.start())
        at = found.start()
        if content[at] == 0x3B:
            yield Part("trailer", at, at + 1)
            return
        if content[at] == 0x2C:
            name, end = "image", at + 11 + _table(content, at + 9)
        else:
            label = content[at + 1] if at + 1 < len(content) else 0
            name, end = _GIF[label], at + 2
            if label == 0xFF and content[end : end + 1] == b"\x0b":
                name = content[end + 1 : end + 12].decode("latin-1")
        while end < len(content) and content[end]:
            end += 1 + content[end]
        end += 1
        if end > len(content):
            break
        yield Part(name, at, end)
        at = end
    raise _cut(content, b"\0;")


def _table(content: bytes, flags: int) -> int:
    """How many bytes the colour table takes that the byte at *flags* announces."""
    packed = content[flags] if flags < len(content) else 0
    return 3 << (packed & 7) + 1 if packed & 0x80 else 0


def _cut(content: bytes, last: bytes) -> Exception:
    """What a file is that runs out of bytes: its *last* ones may be there all the same."""
    if content[-64:].rstrip(b"\0").endswith(last):
        return Corrupt("a length leads past the end")
    return Truncated("the end is missing")


_WALKS: dict[str, Callable[[bytes], Iterator[Part]]] = {"JPEG": _jpeg, "PNG": _png, "GIF": _gif}
