"""Intake fuzzed with guidance by coverage: whether anything but our error ever comes out."""

import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.hostile import corpus

from .figures import Figure

_RUNS = 250_000
_LARGEST = 4096  # bytes of an input: more only takes longer
_MEMORY = 700  # MB that the process may have in all; about 150 of them are there from the start
_TARGET = "tests.hostile.target"
_WORDS = (  # that each format is made of
    r"\x89PNG\r\n\x1a\n IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP tEXt zTXt iTXt eXIf pHYs "
    r"acTL fcTL fdAT bKGD \0\0\0\0IEND\xaeB`\x82 Raw\x20profile\x20type\x20exif\0 "
    r"GIF87a GIF89a !\xf9\x04 !\xfe !\xff\x0b NETSCAPE2.0 XMP\x20DataXMP "
    r"\xff\xd8\xff\xe0 \xff\xd0 \xff\xd9 \xff\xda \xff\xdb \xff\xdd \xff\xc0 \xff\xc2 \xff\xc4 "
    r"\xff\xe1 \xff\xe2 \xff\xed \xff\xee \xff\xfe ICC_PROFILE\0\1\1 Adobe\0 JFIF\0 Exif\0\0 "
    r"II*\0 MM\0* \x12\x01\x03\0\1 \x25\x88 \x69\x87 8BIM\4\4 Photoshop\x203.0\0 \x1c\2\x50 "
    r"http://ns.adobe.com/xap/1.0/\0 XML:com.adobe.xmp\0 <dc:creator> GPSLatitude "
    r"PK\3\4 %PDF- <html <svg <script>"
)


def _dictionary() -> str:
    """The `_WORDS` as libFuzzer reads them."""
    words = (word.encode().decode("unicode_escape").encode("latin-1") for word in _WORDS.split())
    return "".join('"' + re.sub("..", r"\\x\g<0>", word.hex()) + '"\n' for word in words)


def measure(count: int = _RUNS) -> list[Figure]:
    """Fuzz for *count* runs from the small files of the corpus; what escapes is kept and named."""
    if importlib.util.find_spec("atheris") is None:
        note = "atheris: it comes with lpnb[fuzz], for Linux"
        return [Figure("what is not installed", (1,), bar=0, unit="", note=note)]
    with tempfile.TemporaryDirectory() as folder:
        seeds = Path(folder, "seeds")
        seeds.mkdir()
        small = [one for one in corpus.entries() if len(one.content) <= _LARGEST]
        for number, entry in enumerate(small):
            (seeds / str(number)).write_bytes(entry.content)
        words = Path(folder, "words")
        kept = Path(tempfile.gettempdir(), "lpnb-fuzz-")
        words.write_text(_dictionary())
        options = {
            "runs": count,
            "seed": 1,
            "max_len": _LARGEST,
            "timeout": 60,  # by the clock, and this machine may be busy: the target counts CPU
            "report_slow_units": 1000,
            "rss_limit_mb": _MEMORY,
            "dict": words,
            "artifact_prefix": kept,
        }
        command = [sys.executable, "-m", _TARGET]
        command += [f"-{name}={value}" for name, value in options.items()]
        run = subprocess.run([*command, str(seeds)], stderr=subprocess.PIPE, text=True)
    done = re.search(r"Done (\d+) runs in (\d+) second", run.stderr)
    reached = re.findall(r"cov: (\d+) ft: (\d+)", run.stderr)
    escaped = re.search(r"Test unit written to (\S+)", run.stderr)
    if not done:
        print(run.stderr[-3000:], file=sys.stderr)
    runs, seconds = map(int, done.groups()) if done else (0, 0)
    places, features = reached[-1] if reached else ("no", "no")
    note = (
        f"{len(small)} seeds; {places} places of the code and {features} features of them reached"
    )
    return [
        Figure("runs missing", (count - runs,), bar=0, unit="", note=f"of {count:,}"),
        Figure(
            "escapes",
            (int(run.returncode != 0),),
            bar=0,
            unit="",
            note=escaped[1] if escaped else "",
        ),
        Figure("it took", (seconds,), unit="s", note=note),
    ]
