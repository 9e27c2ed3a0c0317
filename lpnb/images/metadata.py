"""What is in a picture's file besides the picture: leave it out, or keep it true."""

import contextlib
import re
import struct
import zlib

from .claims import Refusal
from .parts import body, parts

COLOUR = ("gAMA", "cHRM", "sRGB", "cICP", "mDCV", "cLLI")
# What draws the picture, in the format's own names; all else can go without changing a pixel.
_DRAWS = {
    "JPEG": {"SOI", "DHT", "DAC", "DQT", "DRI", "DNL", "SOS", "EOI"},
    "PNG": {"signature", "IHDR", "PLTE", "IDAT", "IEND", "sBIT", "tRNS", "bKGD", "pHYs", *COLOUR},
    "GIF": {"header", "control", "image", "trailer"},
}
_DRAWS["JPEG"] |= {f"SOF{n}" for n in range(16)}
_DRAWS["PNG"] |= {"acTL", "fcTL", "fdAT"}
_LOOPS = ("NETSCAPE2.0", "ANIMEXTS1.0")
_EXIF, _ICC = b"Exif\0\0", b"ICC_PROFILE\0"
# What of a profile tells colours; the rest names people, hosts and the serial numbers of screens.
_TAGS = re.compile(rb"[rgb]XYZ|[rgbk]TRC|[AD]2B\d|B2[AD]\d|wtpt|bkpt|chad|chrm|lumi|gamt|cicp")
_KNOWN = (b"sRGB IEC61966-2.1", b"sRGB built-in", b"Display P3", b"Adobe RGB (1998)")
_NAMED = 160  # bytes; the name of a profile known to all has no more
_PROFILE = 1 << 20  # bytes; decoders take none that is larger
_MOST = 300_000  # parts of a file


def bare(content: bytes, kind: str, turn: int = 1) -> bytes:
    """
    Cut out of a file all that drawing its picture does not need; what draws it stays as it is.

    Args:
        turn: how EXIF says that the picture is stored, which alone is said again.
    """
    drawn: list[bytes] = []
    profile: list[bytes] = []
    for number, part in enumerate(parts(content, kind)):
        if number == _MOST:
            raise Refusal("metadata-bomb", f"is in over {_MOST:,} pieces: save it anew")
        name, whole = part.name, content[part.start : part.end]
        if name == "APP0" and whole[4:9] == b"JFIF\0" and len(whole) >= 18:
            drawn.append(_segment(0xE0, whole[4:16] + b"\0\0"))  # without its thumbnail
        elif name == "APP14" and whole[4:9] == b"Adobe" and len(whole) >= 16:
            drawn.append(_segment(0xEE, whole[4:16]))
        elif name in _LOOPS and len(found := body(content, part, kind)) >= 14:
            drawn.append(b"!\xff\x0b" + found[:11] + b"\3\1" + found[12:14] + b"\0")
        elif name == "APP2" and whole[4:16] == _ICC:
            profile.append(whole[16:])
        elif name == "iCCP":
            with contextlib.suppress(zlib.error):
                packed = whole[8:-4].partition(b"\0")[2][1:]
                profile = [b"\1\1" + zlib.decompressobj().decompress(packed, _PROFILE)]
        elif name in _DRAWS[kind]:
            drawn.append(whole)
    complete = profile and profile[0][1:2] == bytes([len(profile)])
    colours = plain_profile(b"".join(each[2:] for each in sorted(profile))) if complete else b""
    return dressed(b"".join(drawn), kind, oriented(turn), colours)


def dressed(content: bytes, kind: str, exif: bytes, profile: bytes, more: bytes = b"") -> bytes:
    """Put *exif*, a colour *profile* and *more* where they belong in a bare JPEG or PNG."""
    at, made = 33, b""  # after a PNG's header
    if kind == "JPEG":
        at = 20 if content[2:4] == b"\xff\xe0" else 2  # after JFIF's segment
        made = _segment(0xE1, _EXIF + exif) if exif else b""
        pieces = [profile[start : start + 65_519] for start in range(0, len(profile), 65_519)]
        for number, piece in enumerate(pieces, 1):
            made += _segment(0xE2, _ICC + bytes((number, len(pieces))) + piece)
    elif kind == "PNG":
        made = _chunk(b"eXIf", exif) if exif else b""
        made += _chunk(b"iCCP", b"icc\0\0" + zlib.compress(profile)) if profile else b""
    return content[:at] + made + more + content[at:]


def exif_of(content: bytes, kind: str) -> bytes:
    """Find the EXIF of a JPEG or PNG, if there is any."""
    among = (part for part in parts(content, kind) if part.name in ("APP1", "eXIf"))
    found = (body(content, part, kind) for part in among)
    return next(
        (each.removeprefix(_EXIF) for each in found if kind == "PNG" or each[:6] == _EXIF), b""
    )


def oriented(turn: int) -> bytes:
    """Write EXIF that tells how a picture is stored, and nothing else; none if it is upright."""
    exif = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 0x0112, 3, 1, turn, 0, 0)
    return exif if turn > 1 else b""


def true_exif(exif: bytes, size: tuple[int, int], *, upright: bool) -> bytes:
    """
    Make EXIF say what holds of a picture drawn anew.

    In place, as a maker's note counts from the start.

    Args:
        upright: the picture has been turned; a thumbnail, which has not, is taken out.
    """
    out, order = bytearray(exif), "<" if exif[:2] == b"II" else ">"
    with contextlib.suppress(struct.error, KeyError):
        tags, end = _directory(exif, order, 4)
        if upright and 0x0112 in tags:
            struct.pack_into(order + "HIHH", out, tags[0x0112] + 2, 3, 1, 1, 0)
        if upright and any(exif[end : end + 4]):
            struct.pack_into(order + "I", out, end, 0)
            small, _ = _directory(exif, order, end)
            (at,) = struct.unpack_from(order + "I", exif, small[0x0201] + 8)
            (length,) = struct.unpack_from(order + "I", exif, small[0x0202] + 8)
            out[at : at + length] = bytes(len(exif[at : at + length]))
        inner, _ = _directory(exif, order, tags[0x8769] + 8)
        for tag, side in zip((0xA002, 0xA003), size, strict=True):
            struct.pack_into(order + "HII", out, inner[tag] + 2, 4, 1, side)
    return bytes(out)


def plain_profile(profile: bytes) -> bytes:
    """Blank in a colour profile what tells no colour; nothing comes of a broken one."""
    out, table = bytearray(len(profile)), b""
    with contextlib.suppress(struct.error):
        (count,) = struct.unpack_from(">I", profile, 128)
        for at in range(132, 132 + 12 * min(count, 100), 12):
            tag, start, size = struct.unpack_from(">4sII", profile, at)
            data = profile[start : start + size]
            known = size <= _NAMED and any(each in data.replace(b"\0", b"") for each in _KNOWN)
            if _TAGS.fullmatch(tag) or (tag == b"desc" and known):
                out[start : start + len(data)] = data
            elif tag in (b"desc", b"cprt"):  # which must be there, and may be empty
                out[start : start + 4] = data[:4]
            else:
                continue
            table += profile[at : at + 12]
    if not table:
        return b""
    for start, end in ((0, 4), (8, 24), (36, 40), (44, 48), (64, 80)):  # no maker, date or program
        out[start:end] = profile[start:end]
    out[128 : 132 + len(table)] = struct.pack(">I", len(table) // 12) + table
    return bytes(out)


def _directory(exif: bytes, order: str, pointer: int) -> tuple[dict[int, int], int]:
    """Say where each tag is in the directory that *pointer* leads to, and where that one ends."""
    (at,) = struct.unpack_from(order + "I", exif, pointer)
    (count,) = struct.unpack_from(order + "H", exif, at)
    places = range(at + 2, at + 2 + 12 * count, 12)
    return {struct.unpack_from(order + "H", exif, at)[0]: at for at in places}, places.stop


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
