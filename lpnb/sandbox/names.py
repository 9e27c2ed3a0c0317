"""Names that were mistaken: which was meant, and which there are."""

from collections.abc import Iterable


def unknown(what: str, given: object, known: Iterable[str]) -> ValueError:
    """Make the error for a *given* name that none of *known* is; *what* has such names."""
    from difflib import get_close_matches  # mistakes are rare, and starting is to be quick

    names = list(known)
    near = get_close_matches(str(given).lower(), names, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    return ValueError(f"no {what} is called {given!r}; {meant}there are {', '.join(names)}")
