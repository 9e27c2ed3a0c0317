"""Who is told by webhooks: receivers on this machine, and one POST to one of them."""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .installations import Application
from .notifications import TYPES

_LONGEST_GAP, _RETENTION = 300.0, 259_200  # seconds
_OLD_GAP, _RETRIES = 30.0, 5


@dataclass(frozen=True, slots=True)
class Endpoint:
    """
    A receiver, and what it wants to be told.

    Args:
        retention: for how many seconds what failed is tried again, at doubling gaps.
        max_retries: without a retention, how often it is tried again, every 30 seconds.
        headers: what its installation wants sent along.
        ca: the file of the authority that its certificate is from, if it speaks https.
        app: the client id of the application that wants it, if any does; *secret* is that one's.

    Raises:
        ValueError: the URL leads to another machine, or a value is out of its range.
    """

    url: str
    types: tuple[str, ...] = TYPES
    retention: float = 86_400
    max_retries: int = 0
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    ca: str | None = None
    app: str = ""
    secret: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        split = urlsplit(self.url)
        odd = not (self.url.isascii() and self.url.isprintable()) or " " in self.url
        odd = odd or split.port == 0  # which raises ValueError for what is no port
        if split.scheme not in ("http", "https") or odd:
            raise ValueError(f"an endpoint is an http or https URL, not {self.url!r}")
        if split.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError(f"{self.url!r} is not on this machine: nothing else is reached")
        if not self.types or set(self.types) - set(TYPES):
            raise ValueError(f"types of notifications are {', '.join(TYPES)}, not {self.types}")
        if not (0 <= self.retention <= _RETENTION and 0 <= self.max_retries <= _RETRIES):
            most = f"{_RETENTION} seconds and {_RETRIES} retries"
            raise ValueError(f"what failed can be tried again for at most {most}, from 0")

    def again(self, number: int, now: float, created: float) -> float | None:
        """Tell when to try again after attempt *number* failed at *now*; None: never."""
        if not self.retention:
            return now + _OLD_GAP if number <= self.max_retries else None
        due = now + min(2.0 ** min(number, 10), _LONGEST_GAP)
        return due if due <= created + self.retention else None


@dataclass(frozen=True, slots=True)
class Notification:
    """
    One thing for one endpoint: the very bytes, and the headers with their signature.

    Args:
        once: whether it is never tried again, as what was crafted or sent once more.
    """

    number: int
    type: str
    endpoint: Endpoint
    created: float
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    once: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """
    One attempt to deliver a notification.

    Args:
        number: counts its attempts, from 1; of what is given up, those it had.
        time: on the sandbox's clock.
        status: the receiver's; 0 with an *error* instead.
        again: when it will be tried again; None if it was taken, or given up.
    """

    notification: Notification
    number: int
    time: float
    status: int
    error: str = ""
    again: float | None = None

    @property
    def endpoint(self) -> str:
        """The URL it went to."""
        return self.notification.endpoint.url

    @property
    def ok(self) -> bool:
        """Whether the receiver took it."""
        return self.status in (200, 201)


def of_application(application: Application) -> tuple[list[Endpoint], list[str]]:
    """Give the endpoints in an *application*'s manifest, and why others of it stay silent."""
    webhooks = application.manifest.get("capabilities", {}).get("webhooks", {})
    found, problems = [], []
    for kind in sorted(set(TYPES) & set(webhooks)):
        told = webhooks[kind]
        try:
            endpoint = Endpoint(
                told["endpoint"],
                (kind,),
                webhooks.get("retry", {}).get("retention_time", 0),
                told.get("max_retries", 0),
                {one["header_name"]: one["header_value"] for one in told.get("headers", ())},
                app=application.client_id,
                secret=application.client_secret,
            )
        except (ValueError, TypeError) as error:
            problems.append(f"nothing of {kind} is delivered: {error}")
        else:
            found.append(endpoint)
    return found, problems


def post(
    told: Notification, *, timeout: float, opened: Callable[[socket.socket], object]
) -> tuple[int, str]:
    """
    Send a notification; give the status of the answer, or 0 and what went wrong.

    Args:
        opened: called with the connection, for who may want to cut it.
    """
    import http.client  # only who has a receiver pays for it

    split, connection = urlsplit(told.endpoint.url), None
    host, port = split.hostname or "", split.port
    target = (split.path or "/") + (f"?{split.query}" if split.query else "")
    try:
        if split.scheme == "http":
            connection = http.client.HTTPConnection(host, port, timeout=timeout)
        else:
            import ssl

            trusted = ssl.create_default_context(cafile=told.endpoint.ca)
            connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=trusted)
        connection.connect()
        opened(connection.sock)
        headers = {"Content-Type": "application/json", **told.headers}
        connection.request("POST", target, told.body, headers)
        return connection.getresponse().status, ""
    except ConnectionRefusedError:
        return 0, "nobody listens there"
    except TimeoutError:
        return 0, f"timeout: nothing came for {timeout:g} s"
    except Exception as error:  # noqa: BLE001 - it belongs in the log, and no thread may die of it
        return 0, f"{type(error).__name__}: {error}"
    finally:
        if connection:
            connection.close()
