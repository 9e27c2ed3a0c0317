"""A real OpenStack Swift in storage's place: what it decides, how it is looked into, its end."""

import hashlib
import http.client
import importlib.util
import itertools
import json
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from sandbox_client import PNG, Client

from lpnb.sandbox import Sandbox, tempurl
from lpnb.sandbox.swift_server import SwiftServer

T401 = b"401 Unauthorized: Temp URL invalid\n"
MD5 = hashlib.md5(PNG, usedforsecurity=False).hexdigest()


@pytest.fixture
def client(swift_sandbox):
    """A client of the sandbox that has a real Swift."""
    client = Client(swift_sandbox)
    with client.http:
        yield client


@pytest.fixture
def endpoint(swift_sandbox):
    """The same Swift, as an existing one is described."""
    sandbox = swift_sandbox
    path, key = sandbox.storage_account_path, sandbox.storage_key
    return {"url": sandbox.storage, "account_path": path, "key": key}


def signed(sandbox, method, name="x.PNG", *, expires=None):
    """Sign as only the storage itself can."""
    path = f"{sandbox.storage_account_path}/{sandbox.account}/{name}"
    expires = int(sandbox.clock.now()) + 60 if expires is None else expires
    signature = tempurl.sign(sandbox.storage_key, method, expires, path)
    return f"{quote(path)}?temp_url_sig={signature}&temp_url_expires={expires}"


@pytest.fixture
def ask(swift_sandbox):
    """Send one request to Swift, or through the sandbox's own port."""

    def ask(method, target, body=None, *, base=swift_sandbox.storage, **headers):
        connection = http.client.HTTPConnection(base.removeprefix("http://"))
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, target, body, names)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.headers, content

    return ask


def gone(pid, seconds=10):
    """Wait until the process *pid* has ended, and tell whether it has."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], seconds)[0])
    finally:
        os.close(handle)


def folder_of(pid):
    """Where the Swift in process *pid* keeps everything."""
    return Path(f"/proc/{pid}/cwd").readlink()


def child_of(pid):
    """The one process that *pid* has started."""
    own = [(path, path.read_text().rpartition(")")[2].split()) for path in stats()]
    (found,) = [int(path.parent.name) for path, fields in own if int(fields[1]) == pid]
    return found


def stats():
    return [path for path in Path("/proc").glob("[0-9]*/stat") if path.exists()]


# What is decided there


def test_domain_api_names_swifts_own_host(client, swift_sandbox):
    """Clients are sent to Swift itself; all else stays with the sandbox."""
    url = f"{client.account}/service/baseURI.json?version=1.0"
    hosts = {each["service"]: each["baseURI"] for each in client.http.get(url).json()["baseURIs"]}

    assert swift_sandbox.storage == f"http://{hosts.pop('swift')}"
    assert {swift_sandbox.domain_api} == {f"http://{host}" for host in hosts.values()}
    assert "/v1/AUTH_async-images" == swift_sandbox.ready_line()["storage_account_path"]


def test_round_trip(client, swift_sandbox):
    """What is uploaded to Swift is published, found and downloaded, past the journal."""
    conversation = client.open()
    path = client.uploaded()
    published = client.publish(
        conversation,
        {
            "type": "ContentEvent",
            "contentType": "hosted/file",
            "message": {"caption": "", "relativePath": path, "fileType": "PNG"},
        },
    )
    answer = client.http.get(client.address(client.download_url(path)))

    assert (200, 200, PNG) == (published.status_code, answer.status_code, answer.content)
    assert "X-Sandbox-Guess" not in published.headers  # nothing was missing
    assert MD5 == answer.headers["Etag"]
    assert "swift" not in swift_sandbox.requests


@pytest.mark.parametrize("guess", ["publish_never_uploaded", "download_missing_object"])
def test_missing_objects_are_noticed(client, swift_sandbox, guess):
    """Whether an object is there is asked of Swift when a guess wants to know."""
    conversation = client.open()
    path = client.upload_url()["relativePath"]
    swift_sandbox.guesses[guess] = "refused"
    if guess == "publish_never_uploaded":
        message = {"caption": "", "relativePath": path, "fileType": "PNG"}
        event = {"type": "ContentEvent", "contentType": "hosted/file", "message": message}
        answer = client.publish(conversation, event)
    else:
        answer = client.send("ms.GenerateURLForDownloadFile", {"relativePath": path})

    assert 400 == answer.status_code
    assert "X-Sandbox-Guess" in answer.headers


@pytest.mark.parametrize(
    ("method", "signed_for", "spoil"),
    [
        ("PUT", "PUT", lambda url: url.replace("temp_url_sig=", "temp_url_sig=0")),
        ("GET", "PUT", lambda url: url),
        ("PUT", "GET", lambda url: url),
        ("GET", "GET", lambda url: url.replace("x.PNG", "y.PNG")),
        ("GET", "GET", lambda url: "/" + url),
    ],
    ids=["tampered", "get-on-put", "put-on-get", "other-object", "double-slash"],
)
def test_swift_refuses(ask, swift_sandbox, method, signed_for, spoil):
    """A URL permits what it was signed for, and nothing else."""
    status, headers, body = ask(method, spoil(signed(swift_sandbox, signed_for)), PNG)

    assert (401, T401) == (status, body)
    assert 'Swift realm="unknown"' == headers["Www-Authenticate"]


def test_swift_refuses_what_has_expired(ask, swift_sandbox):
    """A second past its time a URL is refused."""
    expired = int(swift_sandbox.clock.now()) - 1
    status, _, body = ask("PUT", signed(swift_sandbox, "PUT", expires=expired), PNG)

    assert (401, T401) == (status, body)
    assert 0 == len(swift_sandbox.objects)


@pytest.mark.parametrize(("size", "status"), [(3_145_728, 201), (3_145_729, 413)])
def test_size_limit(ask, swift_sandbox, size, status):
    """Swift's own limit is the guess about an object's size."""
    assert status == ask("PUT", signed(swift_sandbox, "PUT"), bytes(size))[0]


def test_pages_may_read(ask, swift_sandbox):
    """The container lets web pages in, as the guess says."""
    ask("PUT", signed(swift_sandbox, "PUT"), PNG)
    status, headers, _ = ask("GET", signed(swift_sandbox, "GET"), Origin="https://a.test")

    assert (200, "*") == (status, headers["Access-Control-Allow-Origin"])


# Looking inside


def test_objects(client, swift_sandbox, ask):
    """Objects are those a URL was issued for and those asked about, if they are there."""
    path = client.uploaded()
    client.upload_url()  # never used
    ask("PUT", signed(swift_sandbox, "PUT", "unseen.PNG"), b"twelve bytes")
    objects = swift_sandbox.objects

    assert [path] == list(objects)
    assert (PNG, MD5, "image/png") == (
        objects[path].content,
        objects[path].etag,
        objects[path].content_type,
    )
    assert abs(objects[path].created - swift_sandbox.clock.now()) < 60
    unseen = path.rpartition("/")[0] + "/unseen.PNG"
    assert b"twelve bytes" == objects[unseen].content
    assert [path, unseen] == list(objects)
    assert f"<2 objects in the Swift at {swift_sandbox.storage[7:]}>" == repr(objects)
    for absent in (path + "x", "/etc/passwd"):
        assert absent not in objects
        with pytest.raises(KeyError):
            objects[absent]


def test_reset_empties_swift(client, swift_sandbox, ask):
    """After reset nothing lies in Swift, known or not, and it takes uploads again."""
    ask("PUT", signed(swift_sandbox, "PUT"), PNG)
    client.uploaded()
    swift_sandbox.reset()

    assert 404 == ask("GET", signed(swift_sandbox, "GET"))[0]
    assert {} == dict(swift_sandbox.objects)
    assert 201 == ask("PUT", signed(swift_sandbox, "PUT"), PNG)[0]


def test_the_sandboxs_port_forwards_to_swift(ask, swift_sandbox):
    """What comes for storage to the sandbox itself is carried to Swift, and its answer back."""
    sandbox, own = swift_sandbox, {"base": swift_sandbox.domain_api}
    put = ask("PUT", signed(sandbox, "PUT", "é x.PNG"), PNG, Content_Type="text/x", **own)
    get = ask("GET", signed(sandbox, "GET", "é x.PNG"), Range="bytes=1-3", **own)
    head = ask("HEAD", signed(sandbox, "GET", "é x.PNG"), **own)
    foreign = ask("GET", signed(sandbox, "PUT"), **own)
    unreadable = ask("GET", "/v1/%FF", **own)

    assert (201, MD5) == (put[0], put[1]["Etag"])
    assert (206, b"PNG", "text/x") == (get[0], get[2], get[1]["Content-Type"])
    assert (200, str(len(PNG))) == (head[0], head[1]["Content-Length"])
    assert (401, T401) == (foreign[0], foreign[2])
    assert 412 == unreadable[0]
    assert 1 == len(sandbox.objects)


def test_control_lists_swifts_objects(client, swift_sandbox):
    """Other processes see them under control, like our own."""
    path = client.uploaded()
    token = {"X-Sandbox-Token": swift_sandbox.control_token}
    listed = client.http.get(f"{swift_sandbox.control}/objects", headers=token).json()

    assert {path: (len(PNG), MD5)} == {
        name: (told["size"], told["etag"]) for name, told in listed.items()
    }


# What can't be had with it


@pytest.mark.parametrize(
    "move",
    [
        lambda sandbox: sandbox.clock.advance(61),
        lambda sandbox: sandbox.clock.freeze(),
        lambda sandbox: sandbox.faults.add({"where": {"service": "swift"}, "do": {"status": 503}}),
        lambda sandbox: sandbox.faults.add("pause"),
        lambda sandbox: sandbox.guesses.update(object_size=10),
    ],
    ids=["clock", "freeze", "fault", "fault in time", "guess"],
)
def test_out_of_reach(swift_sandbox, move):
    """What Swift decides by itself can't be pushed, and the refusal says so."""
    with pytest.raises(ValueError, match=r"Swift|directly"):
        move(swift_sandbox)

    assert [] == swift_sandbox.faults.report()


@pytest.mark.parametrize("name", ["upload-cut", "pause"])
def test_magic_out_of_reach(client, swift_sandbox, name):
    """A caption that names such a fault is published all the same; the journal says why."""
    told = {"type": "ContentEvent", "contentType": "text/plain", "message": f"#fault {name}"}
    client.publish(client.open(), told)

    (warning,) = swift_sandbox.journal[-1].warnings
    assert warning.startswith("no fault can")


@pytest.mark.parametrize("more", [{"tls": True}, {"time": lambda: 0.0}], ids=["tls", "time"])
def test_refused_together(more):
    """TLS and another time don't go with a real Swift."""
    with pytest.raises(ValueError, match=r"storage='swift'.*leave"):
        Sandbox(storage="swift", **more)


def test_another_storage_is_refused():
    """There are three kinds of storage."""
    with pytest.raises(ValueError, match="'memory', 'swift' or an existing Swift, not 'disk'"):
        Sandbox(storage="disk")


def test_swift_is_missing(monkeypatch):
    """Without the package, the refusal names the extra."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(ValueError, match=r"pip install 'lpnb\[swift\]'"):
        Sandbox(storage="swift")


def test_not_on_linux(monkeypatch):
    """Elsewhere the refusal says that it takes Linux."""
    monkeypatch.setattr(sys, "platform", "win32")

    with pytest.raises(ValueError, match="Linux only, not on win32"):
        Sandbox(storage="swift")


# An existing Swift


def test_an_existing_swift(endpoint, swift_sandbox):
    """Its address, account path and key are enough; reset removes what was put through it."""
    with Sandbox(storage=endpoint) as second:
        client = Client(second)
        path = client.uploaded()
        both = second.objects[path].content, swift_sandbox.objects[path].content
        same = (second.storage, second.storage_key) == (endpoint["url"], endpoint["key"])
        client.http.close()
        second.reset()

    assert (PNG, PNG) == both
    assert same
    assert path not in swift_sandbox.objects  # and it still answers


@pytest.mark.parametrize(
    ("change", "account", "words"),
    [
        ({"key": "another"}, "12345678", "refuses our signature"),
        ({}, "99", "has no container with the account's id"),
        ({"account_path": "/v1/AUTH_other"}, "12345678", "refuses our signature"),
        ({"account_path": "AUTH_x"}, "12345678", "account_path of an existing Swift is like /v1/"),
        ({"url": "http://127.0.0.1:1"}, "12345678", "can't be reached"),
        ({"url": "https://127.0.0.1"}, "12345678", "url of an existing Swift is like http://"),
        ({"key": ""}, "12345678", "the key of an existing Swift"),
        ({"more": "x"}, "12345678", "is its url, account_path and key"),
    ],
    ids=["key", "container", "account", "path", "closed", "https", "empty", "unknown"],
)
def test_an_unusable_existing_swift(endpoint, change, account, words):
    """One that can't be used is refused at once, in words that don't repeat the key."""
    with pytest.raises(ValueError, match=words) as caught:
        Sandbox(storage=endpoint | change, account=account)

    assert endpoint["key"] not in str(caught.value)


# Its process


def test_quota_and_stop(ask):
    """Swift keeps to the sandbox's quota; stopping leaves no process and no folder."""
    sandbox = Sandbox(storage="swift", quota=10)
    server, folder = sandbox._swift._server, sandbox._swift._server.folder
    put = ask("PUT", signed(sandbox, "PUT"), b"eleven byte", base=sandbox.storage)
    there = folder.is_dir(), folder.stat().st_mode & 0o777
    sandbox.stop()

    assert (413, b"Upload exceeds quota.") == (put[0], put[2])
    assert (True, 0o700) == there
    assert (True, False) == (gone(server.pid, 1), folder.exists())
    server.stop()  # a second time does nothing


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["told", "killed"])
def test_a_child_ended_from_elsewhere(how):
    """A Swift that others end is missed at the next word, and its folder is removed."""
    server = SwiftServer("1")
    folder = server.folder
    os.kill(server.pid, how)
    ended = gone(server.pid)
    kept = folder.exists()
    with pytest.raises(ValueError, match="Swift does not answer: its process ended"):
        server.empty()
    server.stop()

    assert ended
    assert kept == (how == signal.SIGKILL)  # told to end, it removes its folder itself
    assert not folder.exists()


def test_it_ends_with_its_parent():
    """Even when the sandbox's process is killed, Swift's ends, and its folder is removed."""
    command = [sys.executable, "-m", "lpnb.sandbox", "--storage", "swift", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        ready = json.loads(process.stdout.readline())
        child = child_of(process.pid)
        folder = folder_of(child)
        there = folder.is_dir()
        process.kill()
        rest = process.communicate(timeout=10)

    assert ready["storage"] != ready["domain_api"]
    assert there
    assert (True, False) == (gone(child), folder.exists())
    assert (b"", b"") == rest


def test_nothing_of_it_is_in_the_sandboxs_process():
    """Neither Swift nor eventlet is imported here, and an exit without a stop leaves nothing."""
    code = """if True:
        import sys
        from lpnb.sandbox import Sandbox
        sandbox = Sandbox(storage="swift")
        server = sandbox._swift._server
        print(server.pid, server.folder, *{"swift", "eventlet"} & set(sys.modules))
        """
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    pid, folder, *imported = run.stdout.split()

    assert ([], "") == (imported, run.stderr)
    assert (True, False) == (gone(int(pid)), Path(folder).exists())


def test_a_start_that_fails_gives_its_reason(monkeypatch, tmp_path):
    """If Swift can't start, the error has the reason, and no folder stays."""
    (tmp_path / "swift").mkdir()
    (tmp_path / "swift" / "__init__.py").write_text("raise ImportError('no luck today')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with pytest.raises(ValueError, match="does not answer: ImportError: no luck today"):
        Sandbox(storage="swift")
    assert [] == list(tmp_path.glob("lpnb-swift-*"))


def test_only_loopback_and_only_the_proxy_answers(swift_sandbox):
    """Its four servers listen on loopback, and three of them answer to the proxy alone."""
    pid = swift_sandbox._swift._server.pid
    links = [str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()]
    inodes = {link[8:-1] for link in links if link.startswith("socket:")}
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    rows = [line.split() for line in lines]
    listening = [row[1].split(":") for row in rows if row[3] == "0A" and row[9] in inodes]
    ports = {int(port, 16) for _, port in listening}
    inner = ports - {int(swift_sandbox.storage.rpartition(":")[2])}
    paths = ["AUTH_async-images", "AUTH_async-images/12345678", "AUTH_async-images/12345678/x"]
    answers = set()
    for port, path in itertools.product(inner, paths):
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            head = f"GET /device/0/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            connection.sendall(head.encode())
            answers.add(connection.makefile("rb").readline().split()[1])

    assert ["0100007F"] * 4 == [address for address, _ in listening]
    assert {b"400", b"507"} == answers  # not for it, or no such device
