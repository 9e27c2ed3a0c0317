"""What a step is given, checked at the door: a mix-up is everybody's first mistake."""

from ..errors import InputError

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
}


def expect(**arguments: tuple[object, type]) -> None:
    """
    Check each argument, given as its value and the type it should be of.

    Raises:
        InputError: it is of another type; says how to get one of the right type.
    """
    __tracebackhide__ = True
    for name, (value, kind) in arguments.items():
        if not isinstance(value, kind):
            raise InputError(
                f"{name} should be of type {kind.__name__}, and is a {type(value).__name__}: make "
                f"it with {_HOW[kind.__name__]}"
            )
