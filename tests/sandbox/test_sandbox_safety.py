"""What the sandbox keeps out, seen from the network: where it listens, and what it bears."""

import contextlib
import json
import socket
import subprocess
import sys
from types import SimpleNamespace

import psutil
import pytest
from sandbox_client import PNG, Client, hosted_file

from lpnb.sandbox import Sandbox

MEBIBYTE = 1024 * 1024


def addresses() -> list[tuple[socket.AddressFamily, str]]:
    """List the addresses of this machine that others may reach it by."""
    kinds = (socket.AF_INET, socket.AF_INET6)
    found = [each for one in psutil.net_if_addrs().values() for each in one if each.family in kinds]
    return [
        (each.family, each.address)
        for each in found
        if not each.address.startswith("127.") and each.address != "::1"
    ]


def port_of(sandbox):
    return int(sandbox.domain_api.rpartition(":")[2])


def took_a_picture_through(client):
    """Share a picture, and give what came back."""
    conversation = client.open()
    path = client.uploaded()
    client.publish(conversation, hosted_file(path))
    return client.http.get(client.address(client.download_url(path)), timeout=20).content


def test_other_addresses_are_refused(sandbox):
    """At no address of this machine but 127.0.0.1 does anybody answer."""
    found = []
    for family, address in [*addresses(), (socket.AF_INET6, "::1")]:
        with contextlib.suppress(OSError), socket.socket(family) as one:
            one.settimeout(2)
            where = socket.getaddrinfo(address, port_of(sandbox), family, socket.SOCK_STREAM)
            if one.connect_ex(where[0][4]) == 0:
                found.append(address)

    assert [] == found


def test_all_sockets_are_on_loopback():
    """A sandbox that has been through a whole flow has no socket that leads off this machine."""
    command = [sys.executable, "-m", "lpnb.sandbox", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            ready = json.loads(process.stdout.readline())
            client = Client(SimpleNamespace(**ready, ca=None, domain_api_tls=None))
            with client.http:
                assert PNG == took_a_picture_through(client)
                sockets = psutil.Process(process.pid).net_connections("all")
        finally:
            process.terminate()
    inet = [one for one in sockets if one.family != socket.AF_UNIX]

    assert {"LISTEN", "ESTABLISHED"} == {one.status for one in inet}
    assert {"127.0.0.1"} == {one.laddr.ip for one in inet}
    assert {"127.0.0.1"} == {one.raddr.ip for one in inet if one.raddr}


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ",
        b"POST /api/account/1/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{",
        b"PUT /v1/a/c/o HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na",
    ],
    ids=["nothing", "half a head", "half a body", "half a chunk"],
)
def test_slow_clients_hold_up_nobody(said):
    """With 200 connections that stop half-way, others take a picture through all their calls."""
    with Sandbox() as sandbox, contextlib.ExitStack() as stack:
        for _ in range(200):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", port_of(sandbox))))
            slow.sendall(said)
        client = Client(sandbox)
        with client.http:
            got = took_a_picture_through(client)

        assert PNG == got
        assert 201 == sandbox.connections


def answer_to(sandbox, head, body):
    """Send raw bytes, and give the status of the answer."""
    with socket.create_connection(("127.0.0.1", port_of(sandbox)), timeout=20) as one:
        one.sendall(head.encode() + b"\r\nHost: localhost\r\n\r\n" + body)
        return int(one.recv(100).split()[1])


@pytest.mark.parametrize("size", [16 * MEBIBYTE, 10**17])
@pytest.mark.parametrize(
    "head",
    [
        "POST /api/account/1/login HTTP/1.1",
        "POST /sentinel/api/account/1/app/token?v=1.0 HTTP/1.1",
        "POST /nowhere HTTP/1.1",
    ],
)
def test_announced_bodies_are_capped(sandbox, head, size):
    """A body that is announced as larger than may be is refused, whatever was announced."""
    body = bytes(16 * MEBIBYTE)  # as much as is thrown away so that the client reads its answer

    assert 413 == answer_to(sandbox, f"{head}\r\nContent-Length: {size}", body)


@pytest.mark.parametrize(
    ("chunks", "status"),
    [
        (b"100000\r\n" + b" " * MEBIBYTE + b"\r\n0\r\n\r\n", 400),
        (b"100001\r\n " + b" " * MEBIBYTE + b"\r\n0\r\n\r\n", 413),
        ((b"100000\r\n" + b" " * MEBIBYTE + b"\r\n") * 17 + b"100000\r\n", 499),
        (b"FFFFFFFFFFFFFFFF\r\n", 499),
    ],
    ids=["1 MiB", "1 MiB and a byte", "without end", "without limit"],
)
def test_chunked_bodies_are_capped(sandbox, chunks, status):
    """A chunked body is refused when it is found to be too large, and not read without end."""
    head = "POST /api/account/1/login?v=1.3 HTTP/1.1\r\nTransfer-Encoding: chunked"
    head += "\r\nContent-Type: application/json"

    assert status == answer_to(sandbox, head, chunks)


def test_large_uploads_are_capped(client, conversation):
    """An upload that is larger than an object may be is refused, and nothing is stored."""
    path = client.address(client.upload_url()).removeprefix(client.sandbox.storage)
    size = 3 * MEBIBYTE + 1
    chunks = b"%X\r\n" % size + bytes(size) + b"\r\n0\r\n\r\n"
    head = f"PUT {path} HTTP/1.1\r\n"

    assert 413 == answer_to(client.sandbox, f"{head}Content-Length: {size}", bytes(size))
    assert 413 == answer_to(client.sandbox, f"{head}Transfer-Encoding: chunked", chunks)
    assert {} == client.sandbox.objects
