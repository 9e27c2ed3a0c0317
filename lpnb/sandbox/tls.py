"""TLS for the sandbox: an authority made for one start, and what a connection does with it."""

import contextlib
import socket
import ssl
import tempfile
from importlib.util import find_spec
from pathlib import Path

_HANDSHAKE_SECONDS = 10.0
_LINGER_SECONDS = 1.0
_PLAIN = b"this port speaks https only: begin the URL with https://\n"


class Tls:
    """
    A throw-away authority, and the certificate it gave to 127.0.0.1 and localhost.

    The authority's key never reaches a disk.

    Raises:
        ValueError: what makes certificates is not installed.
    """

    def __init__(self) -> None:
        if find_spec("trustme") is None:
            raise ValueError("tls=True makes a certificate with trustme: pip install 'lpnb[tls]'")
        import trustme

        self._authority = trustme.CA(organization_name="lpnb sandbox, for this start only")
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2  # as LivePerson asks of a client
        self._authority.issue_cert("127.0.0.1", "localhost").configure_cert(self._context)
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def wrap(self, connection: socket.socket) -> socket.socket:
        """Make a TLS connection of one just accepted; nothing is read or sent yet."""
        return self._context.wrap_socket(
            connection, server_side=True, do_handshake_on_connect=False
        )

    def shake_hands(self, connection: socket.socket) -> None:
        """
        Agree on keys, in the connection's own thread and in bounded time.

        Raises:
            OSError: there is no speaking with this client; plain HTTP is told why.
        """
        assert isinstance(connection, ssl.SSLSocket)  # noqa: S101 - `wrap` made it
        connection.settimeout(_HANDSHAKE_SECONDS)
        try:
            connection.do_handshake()
        except ssl.SSLError as error:
            if error.reason == "HTTP_REQUEST":
                _refuse_plain(connection)
            raise

    def say_goodbye(self, connection: socket.socket) -> None:
        """Announce the end, so that a client can tell it from a cut; wait for no answer."""
        with contextlib.suppress(OSError, ValueError):  # it may be gone already
            assert isinstance(connection, ssl.SSLSocket)  # noqa: S101
            connection.settimeout(0)
            connection.unwrap()

    def publish(self) -> str:
        """Write the authority to a file of its own for clients to trust, and say where it is."""
        self._folder = tempfile.TemporaryDirectory(prefix="lpnb-sandbox-")
        path = str(Path(self._folder.name, "ca.pem"))
        self._authority.cert_pem.write_to_path(path)
        return path

    def withdraw(self) -> None:
        """Take that file away."""
        if self._folder:
            self._folder.cleanup()


def _refuse_plain(connection: ssl.SSLSocket) -> None:
    plain = socket.socket(fileno=connection.detach())
    with plain:
        plain.settimeout(_LINGER_SECONDS)
        head = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n"
        head += f"Content-Length: {len(_PLAIN)}"
        plain.sendall(head.encode() + b"\r\n\r\n" + _PLAIN)
        plain.shutdown(socket.SHUT_WR)
        while plain.recv(65_536):  # what it still sends would else cost it the answer
            pass
