"""What a step is given, checked at the door: a mix-up is everybody's first mistake."""

import re
from typing import Any

from ..errors import InputError
from ..wire import storage_path

_HALF = re.compile("[\ud800-\udfff]")  # of a pair that stands for one character, alone
_HOW = {  # to get what is asked for
    "Session": "lpnb.connect()",
    "ImageFile": "lpnb.ImageFile.read(path)",
    "Login": "lpnb.log_in(session)",
    "Conversation": "lpnb.create_conversation(session)",
    "TemporaryUrl": "lpnb.request_upload_url or lpnb.request_download_url",
    "StoredFile": "lpnb.upload_file(session, url, image)",
    "Ledger": "lpnb.Ledger(path)",
    "Executor": "concurrent.futures.ThreadPoolExecutor()",
    "str": "quotes around it",
    "int": "a whole number",
    "Mapping": "a dict",
    "Callable": "a function of one argument, for instance print",
}


def expect_path(path: object) -> str:
    """Give *path* if it is one in storage; InputError if not."""
    given = storage_path(path)
    if given is None:
        raise InputError(
            f"{str(path)[:80]!r} is no relativePath: take it from step 3, 4 or 5 or from a "
            "message; it begins with /v1/"
        )
    return given


def expect(**arguments: tuple[object, Any]) -> None:
    """
    Check each argument, given as its value and the type it should be of.

    Raises:
        InputError: it is of another type; says how to get one of the right type. Or it is a text
            that can't be sent.
    """
    __tracebackhide__ = True
    for name, (value, kind) in arguments.items():
        if not isinstance(value, kind):
            wanted = getattr(kind, "__args__", [kind])[0].__name__  # of those that may be None
            raise InputError(
                f"{name} should be of type {wanted}, and is of type {type(value).__name__}: make "
                f"it with {_HOW[wanted]}"
            )
        if isinstance(value, str) and not value.isascii() and _HALF.search(value):
            raise InputError(
                f"{name} has half a character in it, which can't be sent: type it anew"
            )
