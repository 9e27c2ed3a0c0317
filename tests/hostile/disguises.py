"""Files that are not what their name says, or are several things at once."""

import base64
import gzip
import io
import zipfile
from collections.abc import Iterator

from . import gifs, jpegs, pngs
from .drawing import quarters, saved
from .entry import Dice, Entry

_ZIP = io.BytesIO()
with zipfile.ZipFile(_ZIP, "w") as _file:
    _file.writestr(zipfile.ZipInfo("evil.class"), b"\xca\xfe\xba\xbe" * 20)
_SCRIPT = b"<script>alert(document.domain)</script>"
_HTML = b"<!DOCTYPE html><html><body>" + _SCRIPT + b"</body></html>"
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
_PLAIN = "BMP TIFF WEBP ICO PPM TGA PCX SGI DDS JPEG2000 EPS PDF"  # what Pillow can write
_WRITTEN = dict.fromkeys(_PLAIN.split(), "") | {"XBM": "1", "MSP": "1", "SPIDER": "F"}
_PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def entries() -> Iterator[Entry]:
    yield from _names()
    yield from _types()
    yield from _actives()
    yield from _appended()


def sound() -> dict[str, bytes]:
    return {
        kind: saved(quarters() if kind != "GIF" else quarters().quantize(8), kind)
        for kind in ("JPEG", "PNG", "GIF")
    }


def _names() -> Iterator[Entry]:
    usual = {"JPEG": "jpg jpeg JPG Jpeg jpe jfif", "PNG": "png PNG", "GIF": "gif GIF"}
    for kind, content in sound().items():
        for ending in usual[kind].split():
            yield _named(f"{kind}-{ending}", content, f"photo.{ending}")
        yield _named(f"{kind}-none", content, "photo")
        for ending in ("jpg", "png", "gif", "txt", "exe", "svg", "html", "webp", "bmp", "heic"):
            if ending not in usual[kind].split():
                codes = ("extension",)
                yield _named(f"{kind}-as-{ending}", content, f"photo.{ending}", codes)
    png, jpeg = sound()["PNG"], sound()["JPEG"]
    yield _named("two-endings", jpeg, "photo.png.jpg")
    yield _named("two-endings-wrong", jpeg, "photo.jpg.png", ("extension",))
    for i, name in enumerate(
        (
            "写真.png",
            "Фото.png",
            "📦.png",
            "my photo (1).png",
            "it's 100% & more #1.png",
            "Screenshot 2024-05-01 at 10.11.12.png",
            "e\u0301te\u0301.png",
            "a-b_c.d~e+f@g.png",
        )
    ):
        yield _named(f"fine-{i}", png, name)
    unsafe = (
        "../../etc/passwd.png",
        "/etc/cron.d/job.png",
        "..\\..\\windows\\system32\\photo.png",
        "C:\\temp\\photo.png",
        "photo\u202egnp.exe.png",
        "pho\u2066to\u2069.png",
        "new\nline.png",
        "carriage\rreturn.png",
        "nul\0byte.png",
        "escape\x1b[31mred.png",
        "delete\x7f.png",
        "c1\x9bcontrol.png",
    )
    for i, name in enumerate(unsafe):
        yield _named(f"unsafe-{i}", png, name, ("unsafe-name",), may=frozenset({"odd-name"}))
    odd = ("<img src=x onerror=alert(1)>.png", 'quo"te.png', "a|b?c*.png", "x" * 300 + ".png")
    for i, name in enumerate((*odd, " leading.png", "zero\u200bwidth.png", "line\u2028sep.png")):
        yield _named(f"odd-{i}", png, name, ("odd-name|unsafe-name",), may=frozenset({"odd-name"}))
    yield _named("very-long", png, "x" * 1_000_000 + ".png", ("odd-name|unsafe-name",))
    for i, name in enumerate((".png", "photo.", "photo.png ", "..", "CON.png", "\udcff.png", " ")):
        why = "how odd that is, is open"
        yield Entry(id=f"names/open-{i}", content=png, name=name, verdict="either", why=why)


def _named(
    id: str,
    content: bytes,
    name: str,
    codes: tuple[str, ...] = (),
    may: frozenset[str] = frozenset(),
) -> Entry:
    return Entry(
        id=f"names/{id}",
        content=content,
        name=name,
        verdict="warn" if codes else "accept",
        codes=codes,
        may=may,
        why="by construction: the bytes are of one type, and the name is so",
    )


def _types() -> Iterator[Entry]:
    picture = quarters()
    made = {
        kind.lower(): saved(picture.convert(mode) if mode else picture, kind)
        for kind, mode in _WRITTEN.items()
    }
    dice = Dice("types")
    box = b"\0\0\0\x18ftyp"
    made |= {
        "avif": box + b"avif\0\0\0\0avifmif1" + dice.bytes(300),
        "heic": box + b"heic\0\0\0\0heicmif1" + dice.bytes(300),
        "mp4": box + b"isom\0\0\2\0isomiso2" + dice.bytes(300),
        "jpeg-xl": b"\xff\x0a" + dice.bytes(300),
        "jpeg-xl-box": b"\0\0\0\x0cJXL \r\n\x87\n" + dice.bytes(300),
        "psd": b"8BPS\0\1" + dice.bytes(300),
        "xcf": b"gimp xcf v011\0" + dice.bytes(300),
        "qoi": b"qoif" + dice.bytes(300),
        "mng": b"\x8aMNG\r\n\x1a\n" + dice.bytes(300),
        "jng": b"\x8bJNG\r\n\x1a\n" + dice.bytes(300),
        "fli": dice.bytes(4) + b"\x11\xaf" + dice.bytes(300),
        "icns": b"icns\0\0\1\0" + dice.bytes(300),
        "wmf": b"\xd7\xcd\xc6\x9a" + dice.bytes(300),
        "zip": _ZIP.getvalue(),
        "gzip": gzip.compress(sound()["PNG"], mtime=0),
        "elf": b"\x7fELF\2\1\1\0" + dice.bytes(300),
        "exe": b"MZ\x90\0" + dice.bytes(300),
        "wasm": b"\0asm\1\0\0\0" + dice.bytes(300),
        "mp3": b"ID3\4" + dice.bytes(300),
        "noise": b"\x07" + dice.bytes(3000),
        "zeros": bytes(3000),
        "one-byte": b"\xff",
        "two-bytes": b"\xff\xd8",
        "newline-first": b"\n" + sound()["JPEG"],
        "mark-first": b"\xef\xbb\xbf" + sound()["PNG"],
        "base64": base64.b64encode(sound()["PNG"]),
        "data-uri": b"data:image/png;base64," + base64.b64encode(sound()["PNG"]),
        "text": b"the parcel arrived with its lid torn off\n",
        "json": b'{"error": "not found"}',
        "csv": b"a,b\n1,2\n",
        "utf-16": "a picture".encode("utf-16"),
        "reversed": sound()["PNG"][::-1],
        "gif-lower-case": b"gif89a" + sound()["GIF"][6:],
    }
    for i, (name, content) in enumerate(made.items()):
        ending = ("png", "jpg", "gif")[i % 3]
        yield Entry(
            id=f"types/{name}",
            content=content,
            name=f"photo.{ending}",
            verdict="refuse",
            codes=("unsupported-type",),
            why="by construction: it does not begin with the signature of JPEG, PNG or GIF",
        )


def _actives() -> Iterator[Entry]:
    entity = b"".join(b'<!ENTITY a%d "%s">' % (i, b"&a%d;" % (i - 1) * 10) for i in range(1, 10))
    made = {
        "svg": _SVG,
        "svg-xml": b'<?xml version="1.0"?>' + _SVG,
        "svg-script": b"<svg xmlns='http://www.w3.org/2000/svg'>" + _SCRIPT + b"</svg>",
        "svg-entities": b'<!DOCTYPE svg [<!ENTITY a0 "x">' + entity + b"]><svg>&a9;</svg>",
        "svg-file": b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>',
        "svgz": gzip.compress(_SVG, mtime=0),
        "svg-space-first": b"\n\t  " + _SVG,
        "svg-comment-first": b"<!-- " + b"x" * 2000 + b" -->" + _SVG,
        "svg-utf-16": ("\ufeff" + _SVG.decode()).encode("utf-16-le"),
        "html": _HTML,
        "html-comment-first": b"<!-- a picture -->" + _HTML,
        "xhtml": b'<html xmlns="http://www.w3.org/1999/xhtml">' + _SCRIPT + b"</html>",
        "script": b"alert(document.cookie)//",
        "php": b"<?php system($_GET['c']); ?>",
        "shell": b"#!/bin/sh\nrm -rf ~\n",
        "pdf": _PDF,
        "mhtml": b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n" + _HTML,
        "postscript": b"%!PS-Adobe-3.0\n(/etc/passwd) (r) file\n",
        "xml": b'<?xml version="1.0"?><a/>',
        "css": b"body{background:url(javascript:alert(1))}",
        "comments": b"<!---->" * 140 + b"x",
        "comments-and-declarations": b"<?xml?><!-- - -->" * 59,
        "spaces": b" " * 3_000_000 + b"<svg",
        "flash": b"CWS\x0a" + Dice("flash").bytes(200),
        "magick": b"push graphic-context\nviewbox 0 0 1 1\nimage over 0,0 0,0 'msl:/etc/passwd'\n",
    }
    for name, content in made.items():
        for ending in ("png", "svg") if name.startswith("svg") else ("jpg",):
            yield Entry(
                id=f"active/{name}-as-{ending}",
                content=content,
                name=f"photo.{ending}",
                verdict="refuse",
                codes=("unsupported-type",),
                why="by construction: no signature of a picture, and a program or markup within",
            )


def _appended() -> Iterator[Entry]:
    """Sound pictures with something behind them, or with something else inside."""
    tails = {
        "zip": (_ZIP.getvalue(), "polyglot"),
        "html": (_HTML, "polyglot"),
        "pdf": (_PDF, "polyglot"),
        "svg": (_SVG, "polyglot"),
        "php": (b"<?php system($_GET['c']); ?>", "polyglot|trailing-data"),
        "exe": (b"MZ\x90\0" + Dice("exe").bytes(500), "polyglot|trailing-data"),
        "noise": (Dice("tail").bytes(200), "trailing-data|polyglot"),
        "text": (b"and this was written after the end", "trailing-data"),
    }
    may = frozenset({"trailing-data", "polyglot", "personal"})
    for kind, content in sound().items():
        for name, (tail, code) in tails.items():
            yield Entry(
                id=f"appended/{kind.lower()}-{name}",
                content=content + tail,
                verdict="warn",
                codes=(code,),
                may=may,
                why="by construction: bytes after the end that the format defines",
            )
        yield Entry(
            id=f"appended/{kind.lower()}-itself",
            content=content * 2,
            verdict="warn",
            codes=("trailing-data|polyglot",),
            may=may,
            why="by construction: a second picture after the end",
        )
        yield Entry(
            id=f"appended/{kind.lower()}-zeros",
            content=content + bytes(100),
            verdict="accept",
            may=may,
            why="by construction: whether padding is worth a word is open",
        )
    yield from _inside()


def _inside() -> Iterator[Entry]:
    jpeg, png, gif = sound().values()
    at = 13 + (3 << (gif[10] & 7) + 1)
    width = int.from_bytes(b"/*", "little")  # so that the file begins with GIF89a/*, as a script
    drawn = gifs.frame(width, 1, depth=2, data=gifs.solid(width))
    script = gifs.gif(width, 1, gifs.comment(b"*/=1;alert(1)//"), drawn)
    made = {
        "jpeg-comment-html": (jpeg[:2] + jpegs.segment(0xFE, _HTML) + jpeg[2:], "polyglot"),
        "jpeg-comment-php": (
            jpeg[:2] + jpegs.segment(0xFE, b"<?php system($_GET['c']); ?>") + jpeg[2:],
            "",
        ),
        "jpeg-pdf": (jpeg[:2] + jpegs.segment(0xFE, _PDF) + jpeg[2:], "polyglot"),
        "jpeg-zip-in-segment": (
            jpeg[:2] + jpegs.segment(0xED, _ZIP.getvalue()) + jpeg[2:],
            "polyglot",
        ),
        "png-text-html": (
            png[:33] + pngs.chunk(b"tEXt", b"Comment\0" + _HTML) + png[33:],
            "polyglot",
        ),
        "png-text-script": (png[:33] + pngs.chunk(b"tEXt", b"a\0" + _SCRIPT) + png[33:], ""),
        "png-zip-in-chunk": (
            png[:33] + pngs.chunk(b"zIPp", _ZIP.getvalue()) + png[33:],
            "polyglot",
        ),
        "gif-comment-html": (gif[:at] + gifs.comment(_HTML) + gif[at:], "polyglot"),
        "gif-javascript": (script, ""),
    }
    for name, (content, code) in made.items():
        yield Entry(
            id=f"inside/{name}",
            content=content,
            verdict="warn" if code else "accept",
            codes=(code,) if code else (),
            may=frozenset({"trailing-data", "polyglot", "personal"}),
            why="by construction: a sound picture whose text is a document of another type",
        )
