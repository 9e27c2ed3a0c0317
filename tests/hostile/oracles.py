"""
Others who are asked whether a file is a sound picture: Pillow, Chromium, and each format's tool.

Where all agree that is the label; where they don't, nobody may be blamed for either answer.
"""

import base64
import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browser import lab

from . import runner
from .entry import Entry, Verdict, kind_of
from .voted import decided

_TOOLS = {  # each must end with 0
    "JPEG": (("djpeg", "-strict", "-outfile", "/dev/null"),),
    "PNG": (("pngcheck", "-q"),),
    "GIF": (("giftext",), ("gif2rgb", "-1", "-o", "/dev/null")),
}
PACKAGES = "libjpeg-turbo-progs, pngcheck, giflib-tools and chromium"
_SECONDS = 60
SIDE = 16  # pixels of a `Vote.look`
_SHOW = """async ([content, side]) => {
  const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
  const blob = new Blob([bytes]);
  const image = new Image();
  image.src = URL.createObjectURL(blob);
  try { await image.decode(); } catch { return null; } finally { URL.revokeObjectURL(image.src); }
  const size = [image.naturalWidth, image.naturalHeight];
  const first = await createImageBitmap(blob).catch(() => image);  // of an animation as well
  const canvas = new OffscreenCanvas(side, side);
  const context = canvas.getContext("2d", {colorSpace: "srgb"});
  context.fillStyle = "white";
  context.fillRect(0, 0, side, side);
  context.imageSmoothingQuality = "high";
  context.drawImage(first, 0, 0, side, side);
  return [size, Array.from(context.getImageData(0, 0, side, side).data)];
}"""


@dataclass(frozen=True, slots=True)
class Vote:
    """
    What each says of one file.

    Args:
        size: width and height as Chromium shows the picture, upright.
        look: the picture at `SIDE` by `SIDE` pixels, on white: bytes of RGB.
    """

    pillow: bool
    chromium: bool
    tool: bool
    size: tuple[int, int] | None = None
    look: bytes = b""

    @property
    def text(self) -> str:
        """Yes and no of each, in the order above."""
        return "".join("-+"[says] for says in (self.pillow, self.chromium, self.tool))

    @property
    def verdict(self) -> Verdict:
        """What all agree on, or "either"."""
        return decided(self.text)


def missing() -> list[str]:
    """The voters that are not installed."""
    tools = [tool[0] for commands in _TOOLS.values() for tool in commands]
    gone = [tool for tool in tools if not shutil.which(tool)]
    return gone if lab.CHROMIUM else [*gone, "chromium"]


def votes(contents: Iterable[tuple[str, bytes]]) -> dict[str, Vote]:
    """Have every file voted on; all must have a signature of the three formats."""
    entries = [
        Entry(id=id, content=content, verdict="either")
        for id, content in contents
        if kind_of(content)
    ]
    loaded = {outcome.id: outcome for outcome in runner.run(entries, work="loaded")}
    found = {}
    with _page() as page, tempfile.TemporaryDirectory() as folder:
        for entry in entries:
            shown = page.evaluate(_SHOW, [base64.b64encode(entry.content).decode(), SIDE])
            size, rgba = shown or (None, [])
            found[entry.id] = Vote(
                loaded[entry.id].verdict == "accept",
                shown is not None,
                _checked(entry.content, Path(folder)),
                tuple(size) if size else None,
                bytes(value for i, value in enumerate(rgba) if i % 4 < 3),
            )
    return found


def _checked(content: bytes, folder: Path) -> bool:
    kind = kind_of(content)
    file = folder / f"file.{kind.lower()}"
    file.write_bytes(content)
    for command in _TOOLS[kind]:
        try:
            run = subprocess.run([*command, str(file)], capture_output=True, timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            return False
        if run.returncode:
            return False
    return True


@contextlib.contextmanager
def _page() -> Iterator[Any]:
    with lab.started_browser() as browser:
        page = browser.new_page()
        page.set_default_timeout(1000 * _SECONDS)
        yield page
