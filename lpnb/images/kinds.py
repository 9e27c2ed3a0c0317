"""Tell from its first bytes what a file is."""

import re

from .limits import LIMITS, TYPES, refused

_KINDS = {  # how files begin
    "JPEG": rb"\xff\xd8\xff",
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "GIF": rb"GIF8[79]a",
    "WEBP": rb"RIFF....WEBP",
    "PDF": rb"%PDF-",
    "BMP": rb"BM....\0\0\0\0",
    "TIFF": rb"II\*\0|MM\0\*",
    "AVIF": rb"....ftypavi[fs]",
    "HEIC": rb"....ftyp(hei|hev|mif|msf)",
    "video": rb"....ftyp|\x1aE\xdf\xa3",
    "ZIP": rb"PK\x03\x04",
    "PSD": rb"8BPS\0",
    # Nothing here can be read in two ways: with two, a few hundred bytes take years to tell.
    "SVG": rb"(?i)\s*(<\?xml[^>]*>\s*|<!--([^-]|-(?!->))*-->\s*|<!doctype svg[^>]*>\s*)*<svg",
    "HTML": rb"(?i)\s*<(!doctype html|html|head|body|script)",
    "text": rb"[\t\n\r\x20-\x7e\x80-\xff]+\Z",
}


_HOW = {  # what to do where there is no "save as"
    "HEIC": "export it as JPEG, or let the phone take 'most compatible' pictures",
    "PDF": "save its page as PNG, or take a screenshot of it",
    "SVG": "open it in a browser or a drawing program, and export it as PNG",
    "video": "save one picture of it",
}
CONVERTIBLE = ("WEBP", "BMP", "TIFF", "AVIF")  # that Pillow opens


def sniffed(content: bytes) -> str:
    head = content[:1024]
    return next((kind for kind, begin in _KINDS.items() if re.match(begin, head, re.S)), "")


def supported(content: bytes, name: str) -> str:
    """Tell the type the bytes are of, if it is one that may be shared; *name* is for the error."""
    kind = sniffed(content)
    if kind in TYPES:
        return kind
    if not content:
        message, code = f"{name} is empty: save or copy it again", "empty"
    else:
        what = f"{kind}, which is" if kind else "of an unknown type,"
        allowed = ", ".join(known for known, _ in LIMITS.types)
        how = _HOW.get(kind, f"save it as one of {allowed}")
        message = f"{name} is {what} not shared here: {how}"
        code = "unsupported-type"
    raise refused(code, message, mend="converted" if kind in CONVERTIBLE else "")
