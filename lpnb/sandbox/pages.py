"""The words in which Swift refuses, and the little it says when it agrees."""

from collections.abc import Mapping

from .http import Answer

RULES = "storage_rules"  # the guess on which nearly all of storage rests
HTML = {"Content-Type": "text/html; charset=UTF-8"}
_PLAIN = {"Content-Type": "text/plain"}
_PAGES = {
    202: ("Accepted", "The request is accepted for processing."),
    400: (
        "Bad Request",
        "The server could not comply with the request since it is either malformed or otherwise"
        " incorrect.",
    ),
    401: (
        "Unauthorized",
        "This server could not verify that you are authorized to access the document you"
        " requested.",
    ),
    403: ("Forbidden", "Access was denied to this resource."),
    404: ("Not Found", "The resource could not be found."),
    405: ("Method Not Allowed", "The method is not allowed for this resource."),
    412: ("Precondition Failed", "A precondition for this request was not met."),
    413: ("Request Entity Too Large", "The body of your request was too large for this server."),
    416: ("Requested Range Not Satisfiable", "The Range requested is not available."),
    422: ("Unprocessable Entity", "Unable to process the contained instructions"),
    499: ("Client Disconnect", "The client was disconnected during request."),
    500: (
        "Internal Error",
        "The server has either erred or is incapable of performing the requested operation.",
    ),
    502: ("Bad Gateway", "Bad gateway."),
    503: (
        "Service Unavailable",
        "The server is currently unavailable. Please try again at a later time.",
    ),
    504: ("Gateway Timeout", "A timeout has occurred speaking to a backend server."),
}


def page(status: int, headers: Mapping[str, str] | None = None, *, guess: str = RULES) -> Answer:
    """Make the page that every answer of *status* has, unless it has words of its own."""
    title, text = _PAGES.get(status, ("", ""))
    body = f"<html><h1>{title}</h1><p>{text}</p></html>".encode() if title else b""
    return Answer(status, body, HTML | dict(headers or {}), guess)


def said(status: int, text: str, *, guess: str = RULES, html: bool = False) -> Answer:
    """Make a refusal in words of its own."""
    return Answer(status, text.encode("latin-1", "replace"), HTML if html else _PLAIN, guess)
