"""What an account is made of, where each part may be found, and what it can't look like."""

import importlib.util
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..errors import InputError
from ..secret import Secret

SERVICE = "lpnb"  # in the system's keyring, with the variables' names as the user names
_LARGEST = 65_536  # bytes of a .env file
_LINE = re.compile(
    r"""\s*(?:export\s+)?(?P<name>LPNB_\w+)\s*=\s*
    (?:'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<bare>[^'"\s#].*?)?)\s*(?:(?<=\s)\#.*)?""",
    re.VERBOSE,
)
_BLANK = (r"^\s|\s$", "there is a blank at an end: leave it out")
_LINES = (r"[\x00-\x1f\x7f]", "there is a line break or a tab in it: paste it again without")
_BEARER = (r"^\s*([Bb]earer|[Bb]asic)\s", "it begins with a word of a header: leave that out")
_JWT = r"eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}\."  # a JSON Web Token, as all of them are
_URL = (r"^https?:", "this is a URL: take only the id out of it")
_ADDRESS = ("@", "this is an e-mail address: the account id is the number of the account")
_ODD = (r"[^A-Za-z0-9_]", "an account id has only letters, digits and underscores in it")
# Regular expressions that mean the same to Python and to the browser, where secrets are checked
Rules = tuple[tuple[str, str], ...]


class Field(NamedTuple):
    """One part of an account: what it is called, in which variable it may be, and what is wrong."""

    label: str
    variable: str
    secret: bool
    rules: Rules


class Found(NamedTuple):
    """A value that was there already, covered, and where it was."""

    value: Secret
    source: str


def _field(label: str, variable: str, *rules: tuple[str, str], secret: bool = False) -> Field:
    token = f"this looks like a token, not like the {label}: lpnb asks for tokens by itself"
    return Field(label, variable, secret, (_BEARER, (_JWT, token), *rules))


FIELDS = {  # by parameter of Account
    "id": _field("account id", "LPNB_ACCOUNT", _BLANK, _URL, _ADDRESS, _ODD),
    "client_id": _field("client id", "LPNB_CLIENT_ID", _BLANK, _LINES, _URL),
    "client_secret": _field("client secret", "LPNB_CLIENT_SECRET", _BLANK, _LINES, secret=True),
    "username": _field("user name", "LPNB_USERNAME", _BLANK, _LINES),
    "password": _field("password", "LPNB_PASSWORD", secret=True),
}


def complaint(name: str, value: str) -> str:
    """Say what *value* can't be right with, and what to do; nothing if nothing is seen."""
    return next((said for rule, said in FIELDS[name].rules if re.search(rule, value)), "")


def look_up(env_file: str | os.PathLike[str] | None = None) -> dict[str, Found]:
    """
    Find what there is of an account: in the environment, else a .env file, else the keyring.

    Args:
        env_file: to read; ``.env`` in the working folder if None, and if it is there.

    Raises:
        InputError: the file can't be read.
    """
    written = _read(Path(env_file or ".env"), named=env_file is not None)
    found = {}
    for name, (label, variable, _, _) in FIELDS.items():
        if value := os.environ.get(variable):
            found[name] = Found(Secret(value, label), f"from {variable}")
        elif value := written.get(variable):
            found[name] = Found(value, f"from {variable} in {Path(env_file or '.env').name}")
        elif value := _kept(variable, label):
            found[name] = Found(value, f"from {variable} in the system's keyring")
    return found


def _read(path: Path, *, named: bool) -> dict[str, Secret]:
    """Read assignments as a shell would write them; nothing is put into the environment."""
    if not named and not path.is_file():
        return {}
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST + 1).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
    else:
        if len(text) <= _LARGEST:
            return dict(_assignments(text, path.name))
        problem = f"it has more than {_LARGEST:,} bytes"
    raise InputError(f"can't read {path.name!r} for the account: {problem}")


def _assignments(text: str, file: str) -> Iterator[tuple[str, Secret]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not re.match(r"\s*(?:export\s+)?LPNB_", line):
            continue  # others' lines may be as they like
        parts = _LINE.fullmatch(line)
        if parts is None:
            raise InputError(
                f"line {number} of {file!r} is not LPNB_NAME=value: put a value with blanks, "
                "quotes or # in it into quotes of the other kind"
            )
        value = next((parts[kind] for kind in ("single", "double", "bare") if parts[kind]), "")
        yield parts["name"], Secret(value, parts["name"])


def _kept(variable: str, label: str) -> Secret | None:
    if importlib.util.find_spec("keyring") is None:
        return None
    import keyring

    try:
        value = keyring.get_password(SERVICE, variable)
    except Exception:  # noqa: BLE001 - a locked, broken or missing keyring holds nothing for us
        value = None
    return Secret(value, label) if value else None


_PUBLIC = {
    "Binder": ("BINDER_LAUNCH_HOST", "BINDER_REPO_URL", "BINDER_REQUEST", "BINDER_SERVICE_HOST"),
    "Google Colab": ("COLAB_RELEASE_TAG", "COLAB_BACKEND_VERSION", "COLAB_GPU"),
    "Kaggle": ("KAGGLE_KERNEL_RUN_TYPE",),
    "Deepnote": ("DEEPNOTE_PROJECT_ID",),
    "a shared hub": ("JUPYTERHUB_API_URL", "JUPYTERHUB_USER"),
}


def public_place() -> str:
    """Name the computer of others that this runs on, as its variables tell; else nothing."""
    return next((place for place, names in _PUBLIC.items() if any(map(os.environ.get, names))), "")
