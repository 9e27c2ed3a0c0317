"""How a preview and its caption may look to the agent, and the message that carries them."""

import html

from ..images import Preview
from ..lines import json_lines, visible

_SIDE = 230  # pixels that a bubble's picture is wide at most
_BUBBLES = {"light": "background:#f1f3f4;color:#202124", "dark": "background:#2b2d31;color:#e8eaed"}
_BUBBLE = (
    "max-width:{}px;padding:8px 10px;border-radius:12px;border:1px solid rgba(127,127,127,0.4);"
    "line-height:1.4;overflow-wrap:break-word;white-space:pre-wrap"
)
_PRE = (
    "margin:4px 0;padding:8px 10px;background:rgba(127,127,127,0.1);border-radius:4px;"
    "font-family:monospace;font-size:90%;line-height:1.5;white-space:pre-wrap;"
    "word-break:normal;overflow-wrap:anywhere"
)
_FIGURE = "display:inline-block;vertical-align:top;margin:4px 12px 4px 0;max-width:100%"
_LONG = 5_000  # characters of a request, it says, which can hold for texts only
_RTL = "<style>.lpnb-caption textarea {unicode-bidi: plaintext; text-align: start}</style>"
_SHORT = 48  # characters of a data URI that are shown
_ORIGINS = {
    "relativePath": "step 4",
    "fileType": "step 3",
    "caption": "you",
    "preview": "your picture",
}


def bubbles(preview: Preview | None, caption: str) -> str:
    """Draw the message as a window of light and one of dark colours may show it."""
    said = _e(caption)
    picture = '<i aria-hidden="true">▣</i> a file: no picture of it until it is opened'
    if preview:
        width = min(_SIDE, preview.width)
        picture = (
            f'<img src="{preview.data_uri}" width="{width}" style="display:block;max-width:100%;'
            f'height:auto;border-radius:6px" alt="{said or "the preview, without a caption"}">'
        )
    below = f'<div dir="auto" style="margin-top:4px">{said}</div>' if said else ""
    return "".join(
        f'<figure style="{_FIGURE}"><div style="{look};{_BUBBLE.format(_SIDE)}">{picture}{below}'
        f"</div><figcaption>on {name}</figcaption></figure>"
        for name, look in _BUBBLES.items()
    )


def meter(preview: Preview | None) -> str:
    """Say how much of the limit the preview's text takes."""
    if preview is None:
        return _line("No preview: the agent sees a symbol until the file is opened.")
    used = preview.meter("", "")
    kind = preview.mime.partition("/")[2].upper()
    return _line(
        f'<span role="status"><label>Size as text <meter min="0" max="1" value="{used.share}" '
        f'style="width:9em;vertical-align:middle"></meter></label> '
        f"{'✓ OK' if used.verdict == 'ok' else '✗ Refused'}: {used.value} "
        f"({kind}, {preview.width} x {preview.height} pixels)</span>"
    )


def counted(caption: str) -> str:
    """Count a caption, and say what is known of its limit."""
    size = f"{len(caption):,} character{'' if len(caption) == 1 else 's'}"
    known = "The documentation names no limit for a caption."
    if not caption.strip():
        known = "A few words help the agent, and are all that who can't see the picture gets."
    if len(caption) > _LONG:
        known += f" ▲ Note: a guide of LivePerson's ends texts at {_LONG:,}; this may be too long."
    return _line(f"{_RTL}{size}. {known}")


def event(preview: Preview | None, caption: str, kind: str) -> dict[str, object]:
    """Give what step 5 publishes, but for the path, which step 4 gives."""
    path = "… the file's place in storage, when it is there …"
    message = {"caption": caption, "relativePath": path, "fileType": kind}
    if preview:
        message["preview"] = preview.data_uri
    return {"type": "ContentEvent", "contentType": "hosted/file", "message": message}


def sent(preview: Preview | None, caption: str, kind: str) -> str:
    """Lay the message out as JSON; of the data URI the beginning, and how long it is."""
    uri = preview.data_uri if preview else ""
    lines = []
    for text, note in json_lines(event(preview, caption, kind), _ORIGINS):
        if uri and uri in text:
            text = text.replace(uri, f"{uri[:_SHORT]}…")
            note = f"{len(uri):,} characters in all · {note}"
        said = f"  <i>{_e(note)}</i>" if note else ""
        lines.append(_e(text) + said)
    head = _line("<b>What will be sent</b> in step 5:")
    return f'{head}<pre style="{_PRE}">{chr(10).join(lines)}</pre>'


def _line(markup: str) -> str:
    return f'<div style="line-height:1.45;white-space:normal;margin:4px 0">{markup}</div>'


def _e(text: str) -> str:
    return html.escape(visible(text))
