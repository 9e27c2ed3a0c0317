"""What a file says of itself before anything of it is decoded, and what of it a decoder needs."""

import contextlib
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from .parts import Corrupt, Part, Truncated, parts

_MOST_PARTS = 100_000  # a walk so long takes 0.2 s; a sound 3 MB file has a few hundred parts
_ADAM7 = (  # left, top, and the steps to the right and down
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of a pixel, by PNG's colour type
_SHOWN = ("SOF0", "SOF1", "SOF2", "SOF9", "SOF10")
_CRITICAL = ("IHDR", "PLTE", "IDAT", "IEND")
_PROFILE = 1 << 20  # bytes; Pillow takes none that is larger
_PIECE = 1 << 14  # bytes; what is lost of a broken stream, and there may be thousands
_COLOURS = {  # what JPEG's decoders must know of the segments: name, beginning, least length
    "APP0": (b"JFIF\0", 18),
    "APP2": (b"ICC_PROFILE\0", 18),
    "APP14": (b"Adobe", 16),
}


class Refusal(Exception):
    """A reason to refuse a picture: the *code* of a finding, and what follows the name in it."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(slots=True)
class Claims:
    """
    What was read, and nothing of it is vouched for.

    Args:
        core: the first frame alone, with what its colours need: smaller, and of known shape.
        end: where the picture ends.
        told: the parts that no decoder needs.
        packed, unpacked: a PNG's stream, and how many bytes it should unpack to.
        colour: what is unusual about the colours.
        buffered: all of a JPEG is held at full size before any of it is drawn.
    """

    core: bytes = field(default=b"", repr=False)
    end: int = 0
    told: list[Part] = field(default_factory=list)
    size: tuple[int, int] = (0, 0)
    frames: int = 0
    scans: int = 0
    packed: bytes = field(default=b"", repr=False)
    unpacked: int = 0
    colour: str = ""
    buffered: bool = False


def claimed(content: bytes, kind: str) -> Claims:
    """
    Read what the file says of itself, in time that its length alone bounds.

    Raises:
        Truncated, Corrupt, Refusal: there is no whole picture, or it is in too many pieces.
    """
    claims, found = Claims(), []
    for number, part in enumerate(parts(content, kind)):
        if number >= _MOST_PARTS:
            raise Refusal("metadata-bomb", f"is in more than {_MOST_PARTS:,} pieces")
        found.append(part)
    claims.end = found[-1].end
    _READERS[kind](content, found, claims)
    if not claims.frames:
        raise Corrupt("there is no picture in it")
    return claims


def _jpeg(content: bytes, found: list[Part], claims: Claims) -> None:
    core: list[bytes] = []
    components = 0
    for part in found:
        name, start, end = part
        begin, least = _COLOURS.get(name, (b"", 0))
        if name == "SOI" and core:
            raise Truncated("another picture begins inside of it")
        if name == "junk" or name.startswith(("APP", "COM", "F")):
            if not begin or not content.startswith(begin, start + 4) or end - start < least:
                claims.told.append(part)
                continue
        elif name[:3] in ("SOF", "SOS") and end - start < 10:
            raise Corrupt("a header is too short")
        elif name.startswith("SOF"):
            claims.frames += 1
            depth, components = content[start + 4], content[start + 9]
            if name not in _SHOWN or depth not in (0, 8):
                text = f"is a JPEG of a kind that viewers don't show ({name}, {depth} bits)"
                raise Refusal("unsupported-type", f"{text}: save it as an ordinary one")
            claims.size = struct.unpack_from(">HH", content, start + 5)[::-1]
            claims.colour = "CMYK" if components == 4 else ""
            claims.buffered = name in ("SOF2", "SOF10")
        elif name == "SOS":
            claims.scans += 1
            claims.buffered |= content[start + 4] < components
        core.append(content[start:end])
    if claims.frames > 1 or not claims.scans:
        raise Corrupt("there is no frame and its scans")
    claims.core = b"".join(core)


def _png(content: bytes, found: list[Part], claims: Claims) -> None:
    core: dict[str, bytes] = {}
    data: list[memoryview] = []
    for before, part in pairwise(found):
        name, body = part.name, memoryview(content)[part.start + 8 : part.end - 4]
        check = zlib.crc32(body, zlib.crc32(name.encode())).to_bytes(4)
        sound, known = content[part.end - 4 : part.end] == check, name in _CRITICAL
        if name[0].isupper() and not (sound and known):
            raise Corrupt(f"{name} is {'unknown to viewers' if sound else 'not what it was'}")
        if (name == "IHDR") == bool(core) or (name == "IDAT" and data and before.name != name):
            raise Corrupt(f"{name} stands in the wrong place")
        if name == "IDAT":
            data.append(body)
        elif known or (sound and name == "tRNS"):
            core[name] = content[part.start : part.end]
        elif sound and name == "iCCP" and name not in core:
            core[name] = content[part.start : part.end] if _moderate(body) else b""
        if not known and name not in ("tRNS", "acTL", "fcTL", "fdAT"):
            claims.told.append(part)
        claims.frames += name == "fcTL"
    header = core["IHDR"][8:-4].ljust(13, b"\xff")[:13]
    width, height, depth, colour, *rest, laced = struct.unpack(">IIBBBBB", header)
    bits = depth * _SAMPLES.get(colour, 0)
    if not width * height * bits > 0 or max(width, height) >> 31 or any(rest) or laced > 1:
        raise Corrupt("its header makes no sense")
    if colour == 3 and "PLTE" not in core:
        raise Corrupt("its palette is missing")
    claims.size, claims.colour = (width, height), "16 bits" if depth == 16 else ""
    for left, top, step, down in _ADAM7 if laced else ((0, 0, 1, 1),):
        across, rows = -((left - width) // step), -((top - height) // down)
        claims.unpacked += rows * (1 + (across * bits + 7) // 8) if across > 0 < rows else 0
    moving = any(part.name == "acTL" for part in found)
    claims.frames = max(claims.frames if moving else 0, 1) if data else 0
    claims.packed = b"".join(data)
    check = zlib.crc32(claims.packed, zlib.crc32(b"IDAT")).to_bytes(4)
    pixels = (len(claims.packed).to_bytes(4), b"IDAT", claims.packed, check)
    last = core.pop("IEND")
    claims.core = b"".join([content[:8], *core.values(), *pixels, last])


def _moderate(profile: memoryview) -> bool:
    """Whether a colour profile unpacks to no more than decoders take."""
    _, _, packed = bytes(profile).partition(b"\0")
    size = sum(map(len, unpacked(packed[1:], _PROFILE + 1)))
    return packed[:1] == b"\0" and 0 < size <= _PROFILE


def unpacked(data: bytes, most: int) -> Iterator[bytes]:
    """Inflate *data* piece by piece, up to *most* bytes or to where it is broken."""
    stream, at = zlib.decompressobj(), 0
    with contextlib.suppress(zlib.error):
        while most > 0 and not stream.eof:
            window = data[at : at + _PIECE]
            piece = stream.decompress(window, min(most, _PIECE))
            at += len(window) - len(stream.unconsumed_tail)
            most -= len(piece)
            yield piece
            if not piece and not window:
                return


def _gif(content: bytes, found: list[Part], claims: Claims) -> None:
    core = [content[: found[0].end]]
    width, height = struct.unpack_from("<HH", content, 6)
    control = b""
    for part in found[1:]:
        name, start, end = part
        if name == "control":
            control = content[start:end]
        elif name == "image":
            left, top, across, down = struct.unpack_from("<HHHH", content, start + 1)
            if not claims.frames:
                core += [control, content[start:end]]
                width, height = max(width, left + across), max(height, top + down)
            claims.frames += 1
        elif name != "trailer":
            claims.told.append(part)
    claims.size, claims.core = (width, height), b"".join([*core, b";"])


_READERS: dict[str, Callable[[bytes, list[Part], Claims], None]]
_READERS = {"JPEG": _jpeg, "PNG": _png, "GIF": _gif}
