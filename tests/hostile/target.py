"""
What a coverage-guided fuzzer calls: ``python -m tests.hostile.target [-runs=N] [libFuzzer's own]``.

It sees which lines of lpnb.images and of Pillow's Python an input reaches, and keeps what is new.
"""

import importlib
import struct
import sys
import time
import zlib

import atheris

_SEEN = ("lpnb.images", "PIL")
_MODULES = (
    *("Image", "ImageFile", "ImageChops", "ImagePalette"),
    *("JpegImagePlugin", "PngImagePlugin", "GifImagePlugin", "TiffImagePlugin"),
)
_SHOWN = 16  # one in so many that are accepted is shown as well

with atheris.instrument_imports(include=list(_SEEN)):
    for _name in _MODULES:
        importlib.import_module(f"PIL.{_name}")
    from lpnb.errors import ImageRefused
    from lpnb.images import ImageFile

# After what is to be seen, as it imports Pillow too
from . import shown  # noqa: E402
from .entry import Dice, Entry  # noqa: E402
from .judge import SECONDS  # noqa: E402


def read(content: bytes) -> None:
    """Read one input; whatever comes out of it stops the fuzzer, but for a clean refusal."""
    began = time.process_time()
    try:
        image = ImageFile.read(content)
    except ImageRefused as error:
        if error.__cause__ is not None or error.__context__ is not None:
            raise AssertionError("the refusal holds a foreign error") from None
    else:
        if zlib.crc32(content) % _SHOWN == 0:
            entry = Entry(id="", content=content, verdict="either")
            if wrong := shown.faults(image.preview(), entry):
                raise AssertionError(wrong[0])
            image._repr_mimebundle_()
    if time.process_time() - began > SECONDS:
        raise AssertionError(f"it took {time.process_time() - began:.1f} s")


def mutated(content: bytes, most: int, seed: int) -> bytes:
    """Change as libFuzzer does, and make most PNG's checksums right: else nothing gets further."""
    found = bytearray(atheris.Mutate(content, most))
    if found.startswith(b"\x89PNG\r\n\x1a\n") and Dice(seed).below(4):
        at = 8
        while at + 12 <= len(found):
            end = at + 8 + struct.unpack_from(">I", found, at)[0]
            if end + 4 > len(found):
                break
            struct.pack_into(">I", found, end, zlib.crc32(found[at + 4 : end]))
            at = end + 4
    return bytes(found)


if __name__ == "__main__":
    atheris.Setup(sys.argv, read, custom_mutator=mutated)
    atheris.Fuzz()
