"""Storage against a live sandbox, by Swift's rules, much of it in raw requests."""

import hashlib
import http.client
import socket
import tempfile
import zlib
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from sandbox_client import PNG, Client

from lpnb.sandbox import Sandbox, objects, tempurl

T401 = b"401 Unauthorized: Temp URL invalid\n"
NOW = 1_706_770_000


@pytest.fixture
def wire(sandbox):
    """A connection on which every byte of a path is sent as it is."""
    connection = http.client.HTTPConnection("127.0.0.1", int(sandbox.domain_api.split(":")[-1]))
    yield connection
    connection.close()


class Signer:
    """Signs for any method and object, as only the storage itself can."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.container = f"{sandbox.storage_account_path}/{sandbox.account}"

    def url(self, method, name="x.PNG", *, seconds=60, digest="sha1", path=None):
        path = path or f"{self.container}/{name}"
        expires = int(self.sandbox.clock.now()) + seconds
        signature = tempurl.sign(self.sandbox.storage_key, method, expires, path, digest)
        return f"{quote(path)}?temp_url_sig={signature}&temp_url_expires={expires}"


@pytest.fixture
def signer(sandbox):
    """What signs URLs without asking the messaging service."""
    return Signer(sandbox)


@pytest.fixture
def ask(wire):
    """Send one request and give status, headers and body."""

    def ask(method, target, body=None, **headers):
        wire.request(method, target, body, {k.replace("_", "-"): v for k, v in headers.items()})
        answer = wire.getresponse()
        return answer.status, answer.headers, answer.read()

    return ask


@pytest.fixture
def stored(ask, signer):
    """Ten known bytes under x.PNG."""
    ask("PUT", signer.url("PUT"), b"0123456789")
    return signer


def test_vector():
    """The signature is that of the project's own test vector."""
    path = (
        f"/v1/AUTH_async-images/12345678/{'ab' * 32}"
        "_uuid_00000000-0000-4000-8000-000000000001_01-02-2024_03-04-05-678.PNG"
    )

    assert [
        "459fbd74075de8f7f5b301be81f9b54c50c34777",
        "7fa8a03a6aa96754dd1e2835615d052f5f36bd74",
    ] == [tempurl.sign("lpnb-sandbox-tempurl-key", one, NOW, path) for one in ("PUT", "GET")]


def test_put(ask, signer, sandbox):
    """An upload is a 201 without a body, with the bare MD5 as Etag."""
    status, headers, body = ask("PUT", signer.url("PUT"), PNG, Content_Type="image/png")

    assert [201, b""] == [status, body]
    assert hashlib.md5(PNG, usedforsecurity=False).hexdigest() == headers["Etag"]
    assert headers["Last-Modified"].endswith(" GMT")
    assert headers["X-Trans-Id"].startswith("tx")
    assert headers["X-Trans-Id"] == headers["X-Openstack-Request-Id"]
    assert headers["X-Sandbox-Guess"] is None
    kept = sandbox.objects[f"{signer.container}/x.PNG"]
    assert (PNG, headers["Etag"], "image/png") == (kept.content, kept.etag, kept.content_type)


def test_get(ask, stored):
    """A download has the bytes and what is known about them."""
    status, headers, body = ask("GET", stored.url("GET"))

    assert [200, b"0123456789"] == [status, body]
    assert {
        "Content-Type": "image/png",
        "Etag": hashlib.md5(b"0123456789", usedforsecurity=False).hexdigest(),
        "Accept-Ranges": "bytes",
        "Content-Length": "10",
        "Content-Disposition": "attachment; filename=\"x.PNG\"; filename*=UTF-8''x.PNG",
    } == {
        name: headers[name]
        for name in (
            "Content-Type",
            "Etag",
            "Accept-Ranges",
            "Content-Length",
            "Content-Disposition",
        )
    }
    assert headers["Expires"].endswith("GMT")
    assert headers["X-Sandbox-Guess"] is None


@pytest.mark.parametrize(
    ("extra", "disposition"),
    [
        ("&filename=a%20b.png", "attachment; filename=\"a b.png\"; filename*=UTF-8''a%20b.png"),
        ("&filename=a%0Ab", "attachment; filename=\"a%0Ab\"; filename*=UTF-8''a%0Ab"),
        ("&inline", "inline"),
        ("&inline&filename=x", "inline; filename=\"x\"; filename*=UTF-8''x"),
        ("&filename=", "attachment; filename=\"x.PNG\"; filename*=UTF-8''x.PNG"),
    ],
)
def test_disposition(ask, stored, extra, disposition):
    """filename= and inline change the disposition and need no signature."""
    assert disposition == ask("GET", stored.url("GET") + extra)[1]["Content-Disposition"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.PNG", "image/png"),
        ("a.jpg", "image/jpeg"),
        ("a.JPEG", "image/jpeg"),
        ("a.GIF", "image/gif"),
        ("a.exe", "application/octet-stream"),
    ],
)
def test_type_is_guessed_from_the_name(ask, signer, name, kind):
    """Without a Content-Type the name decides."""
    ask("PUT", signer.url("PUT", name), b"x")

    assert kind == ask("GET", signer.url("GET", name))[1]["Content-Type"]


def test_head(ask, stored):
    """HEAD tells what GET would, on a URL for GET, PUT or POST, but not for DELETE."""
    answers = [ask("HEAD", stored.url(each)) for each in ("HEAD", "GET", "PUT", "POST", "DELETE")]

    assert [200, 200, 200, 200, 401] == [status for status, _, _ in answers]
    assert ["10"] * 4 == [headers["Content-Length"] for _, headers, _ in answers[:4]]
    assert [b""] * 5 == [body for _, _, body in answers]


def spoilt(signer):
    good = signer.url("GET")
    path, _, query = good.partition("?")
    sig, _, expires = query.partition("&")
    other = signer.url("GET", "other.PNG")
    return {
        "PUT url": signer.url("PUT"),
        "DELETE url": signer.url("DELETE"),
        "expired by a second": signer.url("GET", seconds=-1),
        "expired long ago": signer.url("GET", seconds=-86_400),
        "no signature": f"{path}?{expires}",
        "empty signature": f"{path}?temp_url_sig=&{expires}",
        "no expires": f"{path}?{sig}",
        "expires is no number": f"{path}?{sig}&temp_url_expires=soon",
        "later expires": f"{path}?{sig}&temp_url_expires={int(expires.partition('=')[2]) + 60}",
        "upper-case signature": f"{path}?{sig.upper().replace('TEMP_URL_SIG', 'temp_url_sig')}"
        f"&{expires}",
        "39 digits": f"{path}?{sig[:-1]}&{expires}",
        "md5": signer.url("GET", digest="md5"),
        "escaped ampersand": good.replace("&", "&amp;"),
        "signature of another object": f"{path}?{other.partition('?')[2]}",
        "double slash": "/" + good,
        "triple slash": "//" + good,
        "slash inside": good.replace("AUTH_async-images/", "AUTH_async-images//"),
        "v2": good.replace("/v1/", "/v2/", 1),
        "container only": signer.url("GET", path=signer.container),
        "other account": signer.url("GET", path="/v1/AUTH_other/12345678/x.PNG"),
        "signed over the quoted path": signer.url("GET", "a%20b").replace("%2520", "%20"),
        "dots": good.replace("/x.PNG", "/y/../x.PNG"),
    }


CASES = (
    "PUT url|DELETE url|expired by a second|expired long ago|no signature|empty signature"
    "|no expires|expires is no number|later expires|upper-case signature|39 digits|md5"
    "|escaped ampersand|signature of another object|double slash|triple slash|slash inside|v2"
    "|container only|other account|signed over the quoted path|dots"
)


@pytest.mark.parametrize("case", CASES.split("|"))
def test_invalid(ask, stored, case):
    """Whatever is wrong with a temporary URL, the answer is the same 401."""
    status, headers, body = ask("GET", spoilt(stored)[case])

    assert [401, T401] == [status, body]
    assert 'Swift realm="unknown"' == headers["Www-Authenticate"]
    assert "text/html; charset=UTF-8" == headers["Content-Type"]
    assert headers["X-Trans-Id"].startswith("tx")


def test_no_parameters(ask, stored):
    """Without both parameters ordinary authentication refuses, in HTML."""
    status, headers, body = ask("GET", f"{stored.container}/x.PNG")

    assert [401, 131] == [status, len(body)]
    assert 'Swift realm="AUTH_async-images"' == headers["Www-Authenticate"]


@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha512"])
def test_digests(ask, stored, digest):
    """Three digests are good for a signature."""
    assert 200 == ask("GET", stored.url("GET", digest=digest))[0]


@pytest.mark.parametrize(
    "name", ["a b.png", "é📎.png", "a%20b", "q?x#y", "a//b", "../x", "/lead", "semi;colon&plus+"]
)
def test_paths(ask, signer, name):
    """The decoded path is what is signed, and no character in a name is special."""
    put = ask("PUT", signer.url("PUT", name), b"x")[0]

    assert [201, b"x"] == [put, ask("GET", signer.url("GET", name))[2]]


def test_path_that_is_no_text(ask, signer):
    """A path with a NUL or bytes that are no UTF-8 is a 412, if the signature is one."""
    nul = signer.url("GET", "\0")

    assert [412, 412] == [ask("GET", nul.replace("%00", bad))[0] for bad in ("%00", "%FF")]
    assert 401 == ask("GET", nul.replace("temp_url_sig=", "temp_url_sig=0"))[0]


def test_first_parameter_counts(ask, stored):
    """Of a repeated parameter the first counts; unknown ones don't matter."""
    good = stored.url("GET")

    assert 200 == ask("GET", good + "&temp_url_sig=wrong&anything=else")[0]
    assert 401 == ask("GET", good.replace("?", "?temp_url_sig=wrong&"))[0]


@pytest.mark.parametrize(("passed", "status"), [(59.9, 200), (60, 200), (60.1, 401), (61, 401)])
def test_expiry(passed, status):
    """A URL is good up to its last moment on the sandbox's clock, and no longer."""
    now = [float(NOW)]
    with Sandbox(time=lambda: now[0]) as sandbox:
        client = Client(sandbox)
        with client.http:
            upload = client.upload_url()
            client.put(upload)
            download = client.download_url(upload["relativePath"])
            sandbox.clock.advance(passed)

            assert status == client.http.get(client.address(download)).status_code
            assert {200: 201}.get(status, status) == client.put(upload).status_code


def test_date_follows_the_clock(ask, signer, sandbox):
    """The Date header tells the sandbox's time."""
    with Sandbox(time=lambda: float(NOW)) as other:
        client = Client(other)
        with client.http:
            other.clock.advance(3600)
            date = client.http.get(f"{client.account}/nothing").headers["Date"]

    assert "Thu, 01 Feb 2024 07:46:40 GMT" == date


def test_put_again(ask, signer, sandbox):
    """A PUT URL is good for another PUT, which overwrites."""
    url = signer.url("PUT")

    assert [201, 201] == [ask("PUT", url, body)[0] for body in (b"one", b"two")]
    assert b"two" == sandbox.objects[f"{signer.container}/x.PNG"].content


def test_empty_object(ask, signer):
    """Nothing at all can be stored."""
    assert "d41d8cd98f00b204e9800998ecf8427e" == ask("PUT", signer.url("PUT"), b"")[1]["Etag"]


@pytest.mark.parametrize(
    ("etag", "status"),
    [("{}", 201), ('"{}"', 201), ("d41d8cd98f00b204e9800998ecf8427e", 422), ("x", 422)],
)
def test_etag_is_checked(ask, signer, sandbox, etag, status):
    """An ETag in the request is compared with the bytes; if they differ nothing is stored."""
    digest = hashlib.md5(PNG, usedforsecurity=False).hexdigest()

    assert status == ask("PUT", signer.url("PUT"), PNG, ETag=etag.format(digest))[0]
    assert (status == 201) == bool(sandbox.objects)


@pytest.mark.parametrize("header", ["X-Object-Manifest", "X-Symlink-Target", "X-Copy-From"])
def test_forbidden_headers(ask, signer, header):
    """Headers that make an object of others are a 400."""
    status, _, body = ask("PUT", signer.url("PUT"), b"x", **{header: "y/z"})

    assert [400, f"The header '{header}' is not allowed in this tempurl".encode()] == [status, body]


def raw(sandbox, request, *, finish=True):
    with socket.create_connection(("127.0.0.1", int(sandbox.domain_api.split(":")[-1]))) as one:
        one.settimeout(5)
        one.sendall(request)
        if finish:
            one.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := one.recv(65536):
            answer += piece
    return answer


def put_head(signer, *headers):
    host = signer.sandbox.domain_api.removeprefix("http://")
    lines = [f"PUT {signer.url('PUT')} HTTP/1.1", f"Host: {host}", *headers, "", ""]
    return "\r\n".join(lines).encode()


def test_a_fault_before_the_end_is_noted(sandbox, signer):
    """A rule that fired while a body came is noted, though the client cut it off."""
    sandbox.faults.add({"when": "request", "do": {"delay": 0}})
    raw(sandbox, put_head(signer, "Content-Length: 100"))
    (entry,) = sandbox.journal

    assert (499, 0) == (entry.status, entry.fault)
    assert [1] == [rule["fired"] for rule in sandbox.faults.report()]


def test_length_is_required(sandbox, signer):
    """A PUT with neither length nor chunks is a 411."""
    answer = raw(sandbox, put_head(signer, "Connection: close"))

    assert answer.startswith(b"HTTP/1.1 411 ")
    assert answer.endswith(b"Missing Content-Length header.")


def test_short_body(sandbox, signer):
    """A body shorter than announced is not stored."""
    answer = raw(sandbox, put_head(signer, "Content-Length: 100") + b"too short")

    assert answer.startswith(b"HTTP/1.1 499 ")
    assert {} == sandbox.objects


@pytest.mark.parametrize("length", ["abc", "-5", "1, 1", "1_0"])
def test_length_that_is_no_number(sandbox, signer, length):
    """A Content-Length that is no number ends the connection with a 400."""
    answer = raw(sandbox, put_head(signer, f"Content-Length: {length}"))

    assert answer.startswith(b"HTTP/1.1 400 ")


def test_chunked(sandbox, signer):
    """A body may come in chunks."""
    head = put_head(signer, "Transfer-Encoding: chunked", "Connection: close")
    answer = raw(sandbox, head + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 201 ")
    assert b"abcde" == sandbox.objects[f"{signer.container}/x.PNG"].content


@pytest.mark.parametrize("chunks", [b"5\r\nabc", b"3\r\nabc\r\n", b"zz\r\n", b"-1\r\n", b""])
def test_broken_chunks(sandbox, signer, chunks):
    """Chunks without a proper end store nothing."""
    answer = raw(sandbox, put_head(signer, "Transfer-Encoding: chunked") + chunks)

    assert answer.startswith(b"HTTP/1.1 499 ")
    assert {} == sandbox.objects


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("size", "status"), [(3_145_727, 201), (3_145_728, 201), (3_145_729, 413)])
def test_size_limit(client, signer, size, status, chunked):
    """An object has at most 3,145,728 bytes; a larger one is refused, and the refusal arrives."""
    content = b"x" * size
    url = client.sandbox.storage + signer.url("PUT")
    answer = client.http.put(url, data=iter([content]) if chunked else content)

    assert status == answer.status_code
    assert (status == 201) == bool(client.sandbox.objects)
    assert 200 == client.http.get(f"{client.account}/service/baseURI.json?version=1.0").status_code


@pytest.mark.parametrize(
    ("signature", "answer"), [("good", b"HTTP/1.1 100 Continue"), ("bad", b"HTTP/1.1 401 ")]
)
def test_expect_continue(sandbox, signer, signature, answer):
    """A client that asks first is told to go on, or refused before it sends a byte."""
    head = put_head(signer, "Content-Length: 5", "Expect: 100-continue")
    if signature == "bad":
        head = head.replace(b"temp_url_sig=", b"temp_url_sig=0")

    assert raw(sandbox, head).startswith(answer)


def test_refused_body_is_drained(client, signer):
    """A bad signature with 3 MB behind it is delivered, and the connection is used again."""
    before = client.sandbox.connections
    bad = client.sandbox.storage + signer.url("GET")
    statuses = [client.http.put(bad, data=b"x" * 3_000_000).status_code for _ in range(3)]

    assert [401, 401, 401] == statuses
    assert 1 == client.sandbox.connections - before


@pytest.mark.parametrize(
    ("asked", "status", "body", "content_range"),
    [
        ("bytes=0-4", 206, b"01234", "bytes 0-4/10"),
        ("bytes=6-", 206, b"6789", "bytes 6-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-30", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=9-200", 206, b"9", "bytes 9-9/10"),
        ("bytes=10-", 416, None, "bytes */10"),
        ("bytes=-0", 416, None, "bytes */10"),
        ("bytes=4-2", 200, b"0123456789", None),
        ("bytes=", 200, b"0123456789", None),
        ("bytes=a-b", 200, b"0123456789", None),
        ("lines=0-1", 200, b"0123456789", None),
    ],
)
def test_range(ask, stored, asked, status, body, content_range):
    """One byte range is honoured, an impossible one refused, a malformed one ignored."""
    given = ask("GET", stored.url("GET"), Range=asked)

    assert [status, content_range] == [given[0], given[1]["Content-Range"]]
    assert (body is None and len(given[2]) == 97) or body == given[2]


def test_conditions(ask, stored, sandbox):
    """If-None-Match and If-Match compare with the Etag, quoted or bare."""
    etag = sandbox.objects[f"{stored.container}/x.PNG"].etag
    url = stored.url("GET")

    assert 304 == ask("GET", url, If_None_Match=etag)[0]
    assert 304 == ask("GET", url, If_None_Match=f'"{etag}"')[0]
    assert 200 == ask("GET", url, If_None_Match="other")[0]
    assert 200 == ask("GET", url, If_Match=f'"{etag}"')[0]
    assert 412 == ask("GET", url, If_Match="other")[0]
    assert 412 == ask("PUT", stored.url("PUT"), b"x", If_None_Match="*")[0]
    assert 201 == ask("PUT", stored.url("PUT", "new"), b"x", If_None_Match="*")[0]
    assert 400 == ask("PUT", stored.url("PUT"), b"x", If_None_Match=etag)[0]


def test_missing_object(ask, signer):
    """A good URL of an object that is not there is a 404."""
    assert [404, 70] == [(one := ask("GET", signer.url("GET")))[0], len(one[2])]
    assert [404, b""] == [(one := ask("HEAD", signer.url("GET")))[0], one[2]]
    other = f"{signer.sandbox.storage_account_path}/87654321/x"
    assert 404 == ask("GET", signer.url("GET", path=other))[0]


def test_post_and_delete(ask, stored, sandbox):
    """POST and DELETE want signatures of their own."""
    assert [401, 401] == [ask(one, stored.url("PUT"))[0] for one in ("POST", "DELETE")]
    assert 202 == ask("POST", stored.url("POST"))[0]
    assert [204, 404] == [ask("DELETE", stored.url("DELETE"))[0] for _ in range(2)]
    assert {} == sandbox.objects


def test_post_replaces_metadata(ask, stored, sandbox):
    """POST forgets what was said before, keeps bytes and type, and moves Last-Modified."""
    for method, name in (("PUT", "First"), ("POST", "Second")):
        more = {f"X_Object_Meta_Public_{name}": name, f"X_Object_Meta_{name}": "private"}
        ask(method, stored.url(method), b"0123456789" if method == "PUT" else None, **more)
        sandbox.clock.advance(10)
    _, headers, body = ask("GET", stored.url("GET"))
    shown = [name for name in headers if name.lower().startswith("x-object-meta")]

    assert [["X-Object-Meta-Public-Second"], b"0123456789"] == [shown, body]
    assert "image/png" == headers["Content-Type"]
    moved = sandbox.clock.now() - parsedate_to_datetime(headers["Last-Modified"]).timestamp()
    assert 8 < moved < 11


def test_deletion_at_a_time(ask, signer, sandbox):
    """X-Delete-After counts on the sandbox's clock; what is due is gone for everyone."""
    sandbox.clock.set(NOW)
    sandbox.clock.freeze()
    ask("PUT", signer.url("PUT"), b"x", X_Delete_After=90)
    told = ask("HEAD", signer.url("GET"))[1]["X-Delete-At"]
    seen = []
    for _ in range(2):
        sandbox.clock.advance(45 if seen else 89)
        seen.append((ask("GET", signer.url("GET"))[0], len(sandbox.objects)))

    assert [str(NOW + 90), (200, 1), (404, 0)] == [told, *seen]
    assert [404, 201] == [
        ask("DELETE", signer.url("DELETE"))[0],
        ask("PUT", signer.url("PUT"), b"y", If_None_Match="*")[0],
    ]


def test_expiry_is_judged_at_the_head(sandbox, signer):
    """A URL that expires while the body is on its way is still good."""
    with socket.create_connection(("127.0.0.1", int(sandbox.domain_api.split(":")[-1]))) as one:
        one.settimeout(5)
        one.sendall(put_head(signer, "Content-Length: 2", "Expect: 100-continue"))
        assert one.recv(100).startswith(b"HTTP/1.1 100 ")  # so the head has been judged
        sandbox.clock.advance(3600)
        one.sendall(b"ab")

        assert one.recv(1000).startswith(b"HTTP/1.1 201 ")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where temporary folders are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def files_in(folder):
    return sorted(each for each in folder.rglob("*") if each.is_file())


@pytest.fixture
def crowded(folder):
    """A sandbox that keeps 100 bytes in memory, and a function that uploads."""
    with Sandbox(memory=100, quota=1000) as sandbox:
        signer = Signer(sandbox)
        wire = http.client.HTTPConnection(sandbox.domain_api.removeprefix("http://"))

        def put(name, size):
            wire.request("PUT", signer.url("PUT", name), name[:1].encode() * size)
            answer = wire.getresponse()
            answer.read()
            assert 201 == answer.status
            return f"{signer.container}/{name}"

        yield sandbox, put
        wire.close()


def test_objects_spill(crowded, folder):
    """What memory has no room for lies in a temporary folder, under names of our own."""
    sandbox, put = crowded
    first = put("first", 100)
    assert [] == list(folder.iterdir())  # no folder without need
    second, third = put("../../second", 70), put("third/x", 1)

    assert [("0", 71)] == [(one.name, one.stat().st_size) for one in files_in(folder)]
    assert [b"f" * 100, b"." * 70, b"t"] == [
        sandbox.objects[path].content for path in (first, second, third)
    ]


def test_memory_is_used_again(crowded, folder):
    """Deleting or overwriting frees memory, and files whose bytes nobody needs go at once."""
    sandbox, put = crowded
    for size in (100, 40, 60, 30):  # in the same place each time, as it fits
        put("a", size)
    path = put("b", 90)
    assert 1 == len(files_in(folder))
    put("a", 5)
    held = sandbox.objects[path]
    put("b", 95)

    assert 90 == len(held.content)  # whoever holds the old one can still read it
    del held
    assert [] == files_in(folder)


def test_files_are_full_some_time(crowded, folder, monkeypatch):
    """A file that is large enough gets company, and goes with the last of its objects."""
    monkeypatch.setattr(objects, "_SEGMENT", 250)
    sandbox, put = crowded
    put("memory", 100)
    paths = [put(name, 101) for name in "abcde"]
    sizes = [one.stat().st_size for one in files_in(folder)]
    assert [name.encode() * 101 for name in "abcde"] == [
        sandbox.objects[path].content for path in paths
    ]
    for name in "abc":
        put(name, 0)

    assert [303, 202] == sizes
    assert [202] == [one.stat().st_size for one in files_in(folder)]


def test_nothing_is_left_behind(folder):
    """Reset and stop both remove the folder; an object held beyond that says why it is empty."""
    with Sandbox(memory=0) as sandbox:
        signer, client = Signer(sandbox), Client(sandbox)
        with client.http:
            for end in (sandbox.reset, sandbox.stop):
                client.http.put(sandbox.storage + signer.url("PUT"), data=b"x")
                (held,) = sandbox.objects.values()
                assert b"x" == held.content
                end()

                assert [] == list(folder.iterdir())
                with pytest.raises(ValueError, match="temporary folder, which is gone"):
                    _ = held.content


def full_disk(*_, **__):
    raise OSError(28, "No space left on device")


def test_a_full_disk(crowded, folder, monkeypatch):
    """If an object can't be written the answer is Swift's 503, and the old one stays."""
    sandbox, put = crowded
    path = put("full", 101)

    monkeypatch.setattr(objects, "_SEGMENT", 1)
    monkeypatch.setattr(Path, "open", full_disk)
    with pytest.raises(AssertionError, match="503"):
        put("full", 102)
    monkeypatch.undo()
    assert 101 == len(sandbox.objects[path].content)


def test_bodies_nobody_reads(client, signer):
    """A body with a GET is thrown away, however long it says it is."""
    answer = raw(
        client.sandbox,
        put_head(signer, "Content-Length: 99999999999999").replace(b"PUT /", b"HEAD /", 1),
    )

    assert answer.startswith(b"HTTP/1.1 404 ")


def test_pages_may_use_storage(ask, stored):
    """A preflight is answered, a page's GET says it may be read, and a refusal does not."""
    page = {"Origin": "https://example.test"}
    preflight = ask("OPTIONS", stored.url("PUT"), **page, Access_Control_Request_Method="PUT")
    good = ask("GET", stored.url("GET"), **page)
    bad = ask("GET", stored.url("PUT"), **page)

    assert [200, 200, 401] == [one[0] for one in (preflight, good, bad)]
    assert ["*", "*", None] == [
        one[1]["Access-Control-Allow-Origin"] for one in (preflight, good, bad)
    ]
    assert "PUT" in preflight[1]["Access-Control-Allow-Methods"]
    assert "demo" in good[1]["X-Sandbox-Guess"]


def test_pages_can_be_kept_out(ask, stored, sandbox):
    """Whether pages may use storage can be switched."""
    sandbox.guesses["storage_cors"] = "closed"
    page = {"Origin": "https://example.test"}

    assert 401 == ask("OPTIONS", stored.url("PUT"), **page, Access_Control_Request_Method="PUT")[0]
    assert ask("GET", stored.url("GET"), **page)[1]["Access-Control-Allow-Origin"] is None


def test_leaked_token_is_noted(client, signer):
    """A LivePerson token changes nothing at storage, and the journal says it was sent."""
    url = client.sandbox.storage + signer.url("PUT")
    plain = client.http.put(url, data=b"x")
    leaked = client.http.put(url, data=b"x", headers=client.tokens())

    assert [201, 201] == [plain.status_code, leaked.status_code]
    puts = [entry for entry in client.sandbox.journal if entry.service == "swift"]
    assert [False, True] == [entry.leaked_token for entry in puts]


def test_quota():
    """Storage refuses what would exceed its quota; overwriting counts once."""
    with Sandbox(quota=100) as sandbox:
        signer, client = Signer(sandbox), Client(sandbox)
        with client.http:
            sizes = [("a", 60), ("a", 70), ("b", 30), ("c", 1)]
            statuses = [
                client.http.put(
                    sandbox.storage + signer.url("PUT", name), data=b"x" * size
                ).status_code
                for name, size in sizes
            ]

    assert [201, 201, 201, 413] == statuses


JPEG = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xd9"
GIF = b"GIF89a" + b"\0" * 7 + b"\x3b"
REAL_PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0"
    + zlib.crc32(b"IHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0").to_bytes(4, "big")
    + b"\0\0\0\0IEND\xaeB`\x82"
)


@pytest.mark.parametrize("content", [JPEG, GIF, REAL_PNG], ids=["JPEG", "GIF", "PNG"])
def test_re_encoding(ask, signer, sandbox, content):
    """Switched on, a picture comes back in other bytes under an Etag of its own."""
    sandbox.guesses["stored_bytes"] = "re-encoded"
    put = ask("PUT", signer.url("PUT"), content)
    get = ask("GET", signer.url("GET"))

    assert hashlib.md5(content, usedforsecurity=False).hexdigest() == put[1]["Etag"]
    assert hashlib.md5(get[2], usedforsecurity=False).hexdigest() == get[1]["Etag"]
    assert content != get[2]
    assert b"sandbox" in get[2]
    assert [content[:2], content[-1:]] == [get[2][:2], get[2][-1:]]
