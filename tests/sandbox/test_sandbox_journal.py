"""The journal: every request and answer is in it, can be found again, and has no secret in it."""

import base64
import contextlib
import copy
import hashlib
import json
import pickle
import socket
import threading
from dataclasses import asdict
from urllib.parse import quote, urlsplit

import pytest
from sandbox_client import PNG, hosted_file, text

from lpnb.sandbox.cover import Cover


def raw(sandbox, request):
    """Send bytes as they are, and wait until the sandbox has hung up."""
    address = urlsplit(sandbox.domain_api)
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        connection.sendall(request)
        with contextlib.suppress(OSError):  # it may have hung up, as a fault can have it
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65_536), b""))
    return b""


def test_what_was_asked_and_answered(client, conversation):
    """An entry has the service, the type, the sizes, and both sides with headers and bodies."""
    answer = client.publish(conversation, text("hello"))
    entry = client.sandbox.journal[-1]

    assert ("asyncMessagingEnt", "ms.PublishEvent", "POST", 200) == (
        entry.service,
        entry.type,
        entry.method,
        entry.status,
    )
    assert entry.path.endswith("/conversation/send?v=3")
    assert "hello" == json.loads(entry.request.body)["body"]["event"]["message"]
    assert answer.json() == json.loads(entry.answer.body)
    assert "application/json" == entry.request.headers["content-type"]
    assert "application/json;charset=UTF-8" == entry.answer.headers["Content-Type"]
    assert (len(answer.request.body), len(answer.content)) == (
        entry.request_size,
        entry.response_size,
    )


@pytest.mark.parametrize("size", [100, 50_000], ids=["small", "large"])
def test_bytes_that_are_no_text(client, conversation, size):
    """Of a picture there are size, type and MD5, in both directions."""
    content = PNG + bytes(size)
    path = client.uploaded(content)
    client.http.get(client.address(client.download_url(path)))
    put, get = client.sandbox.journal.find(service="swift")

    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert ("", digest, len(content)) == (put.request.body, put.request.md5, put.request_size)
    assert ("", digest, len(content)) == (get.answer.body, get.answer.md5, get.response_size)


def test_the_digest_of_what_was_damaged(client, conversation):
    """Of an answer that a fault has damaged the MD5 is that of the bytes that went out."""
    path = client.uploaded(PNG * 500)
    where = {"service": "swift", "type": "GET"}
    client.sandbox.faults.add({"where": where, "when": "after", "do": {"corrupt": 7000}})
    got = client.http.get(client.address(client.download_url(path))).content

    digest = hashlib.md5(got, usedforsecurity=False).hexdigest()
    assert digest == client.sandbox.journal[-1].answer.md5
    assert got != PNG * 500


def test_a_long_text_is_cut(client):
    """A text of more than some KB is cut, and the entry says how long it was."""
    body = json.dumps({"username": "x" * 100_000, "password": "y"})
    client.http.post(f"{client.account}/login", data=body, headers={"Content-Type": "text/plain"})
    entry = client.sandbox.journal[-1]

    assert len(entry.request.body) < 5_000
    assert entry.request.body.endswith(f"({len(body):,} bytes in all)")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n", 421),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.test\r\n\r\n", 403),
        (b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"HELLO\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: few\r\n\r\n", 400),
    ],
    ids=["host", "origin", "long", "no request", "length"],
)
def test_refused_heads(sandbox, head, status):
    """What is refused by its head alone is in the journal too."""
    answer = raw(sandbox, head)

    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert [status] == [entry.status for entry in sandbox.journal]
    assert answer.endswith(sandbox.journal[0].answer.body.encode())


def test_a_cut_body(client, conversation):
    """A request whose body ended early is an entry with its refusal."""
    path = urlsplit(client.address(client.upload_url()))
    head = f"PUT {path.path}?{path.query} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9"
    raw(client.sandbox, f"{head}\r\n\r\nabc".encode())

    assert ("swift", 499) == (client.sandbox.journal[-1].service, client.sandbox.journal[-1].status)


def test_an_answer_that_never_came(client):
    """A connection ended by a fault is an entry without a status, with the fault's number."""
    client.sandbox.faults.add({"where": {"service": "domain"}, "do": {"reset": True}})
    raw_request = f"GET /api/account/{client.sandbox.account}/service/baseURI.json?version=1.0"
    answer = raw(client.sandbox, f"{raw_request} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

    assert b"" == answer
    assert (0, 0) == (client.sandbox.journal[-1].status, client.sandbox.journal[-1].fault)


def test_ways_to_look(client, conversation):
    """By index, slice, what an entry says, and everything since a mark."""
    journal = client.sandbox.journal
    mark = journal.mark
    client.uploaded()
    client.sandbox.guesses["already_open"] = 200
    client.create()

    assert ["swift"] == [entry.service for entry in journal.find(service="swift", status=201)]
    assert [] == journal.find(service="swift", status=401)
    assert ["already_open"] == [entry.guess for entry in journal.find(guess="already_open")]
    assert journal[mark:] == journal.since(mark) == journal.find(since=mark)
    assert list(journal)[-1] == journal[-1]
    assert [*range(1, len(journal) + 1)] == [entry.number for entry in journal]
    assert [] == journal.since(journal.mark)
    with pytest.raises(ValueError, match=r"no colour; it has number, service, type"):
        journal.find(colour="red")
    with pytest.raises(ValueError, match=f"they go to {journal.mark}"):
        journal.since(1_000)


def test_the_newest_are_kept(client):
    """The journal holds 1000 entries; the count by service goes on, and so do the numbers."""
    line = f"GET /api/account/{client.sandbox.account}/service/baseURI.json?version=1.0 HTTP/1.1"
    raw(client.sandbox, f"{line}\r\nHost: localhost\r\n\r\n".encode() * 1_003)
    journal = client.sandbox.journal

    assert (1_000, 4, 1_003) == (len(journal), journal[0].number, journal[-1].number)
    assert 1_003 == client.sandbox.requests["domain"]
    assert 1_000 == len(journal.since(0))


def secrets_of(client):
    """Let every kind of secret be issued, and give them all."""
    sandbox = client.sandbox
    body = {"username": sandbox.username, "password": sandbox.password}
    login = client.http.post(f"{client.account}/login?v=1.3", json=body)
    found = {
        "password": sandbox.password,
        "client_secret": sandbox.client_secret,
        "storage_key": sandbox.storage_key,
        "control_token": sandbox.control_token,
        "bearer": login.json()["bearer"],
        "csrf": login.json()["csrf"],
        "session": login.cookies["Session_id"],
        "app_jwt": client.app_jwt(),
        "consumer_jws": client.consumer_jws(),
        "signature": client.upload_url()["queryParams"]["temp_url_sig"],
    }
    client.http.cookies.clear()
    return found


def spellings(secret):
    """Give *secret* as it is, URL-encoded to the last letter, JSON-escaped, in base64 and hex."""
    raw_bytes = secret.encode()
    encoded = [base64.b64encode(b"." * lead + raw_bytes + b".").decode() for lead in range(3)]
    return {
        "raw": secret,
        "url": quote(secret, safe=""),
        "every letter": "".join(f"%{byte:02X}" for byte in raw_bytes),
        "json": json.dumps(json.dumps(secret))[3:-3],
        "hex": raw_bytes.hex(),
        "inside": f"x{secret}y" if "." in secret or "-" in secret else f"x.{secret}.y",
        **{f"base64 {lead}": text for lead, text in enumerate(encoded)},
        "base64url": base64.urlsafe_b64encode(raw_bytes).decode().rstrip("="),
    }


def told(journal):
    """Make every text of the journal that can be made without trying to."""
    entries = list(journal)
    kept = journal.__dict__
    return "\n".join(
        (
            repr(entries),
            str(entries),
            json.dumps([asdict(entry) for entry in entries]),
            repr(pickle.loads(pickle.dumps(journal))),  # noqa: S301 - we have just made it
            repr(copy.copy(journal)) + repr(copy.deepcopy(entries)),
            repr(kept) + str(journal) + f"{journal}",
        )
    )


def test_no_secret_is_told(client, conversation):
    """Wherever and however a request repeats a secret, the journal does not."""
    needles = {}
    for name, secret in secrets_of(client).items():
        for how, spelt in spellings(secret).items():
            needles[name, how] = spelt
            # no name that would give it away: the value alone has to be known
            client.http.post(f"{client.account}/login", json={"x": f"so {spelt} it is"})
            client.http.get(f"{client.account}/{quote(spelt)}", params={"x": spelt})
            client.http.get(client.account, headers={"X-Note": f"a {spelt}", "User-Agent": spelt})
        waiting = repr(client.sandbox.journal.__dict__)  # before anyone looks
        assert secret not in waiting
        said = told(client.sandbox.journal)

        assert [] == [at for at, needle in needles.items() if needle in said]


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "Proxy-Authorization",
        "X-LP-ON-BEHALF",
        "Cookie",
        "X-Sandbox-Token",
        "X-Auth-Token",
        "X-Storage-Token",
        "X-Auth-Key",
        "X-Account-Meta-Temp-URL-Key",
        "Api-Key",
    ],
)
def test_headers_with_telling_names(client, name):
    """A value of such a header is covered whatever it is; that it was there can be seen."""
    client.http.get(client.account, headers={name: "a=planted"})
    value = client.sandbox.journal[-1].request.headers[name.lower()]

    assert "planted" not in value
    assert "[covered" in value


@pytest.mark.parametrize(
    "body",
    [
        '{"password":"planted"}',
        '{"a":{"csrf" : "planted"}}',
        '{"access_token":["planted","planted too"]}',
        '{"token":1234567890}',
        r'{"pass\u0077ord":"planted"}',
        r'{"note":"{\"client_secret\":\"planted\"}"}',
        '{"a":["b",{"password":"planted"}],"c":[["csrf",{"csrf":"planted"}]]}',
        '{"bearer":"planted and not closed',
        "client_secret=planted&x=1",
        "x=1&temp_url_sig=planted",
        "pass%77ord=planted",
        "https://h/p?sessionId=planted;token=planted",
    ],
)
def test_values_with_telling_names(client, body):
    """So is a value in JSON, a form, or a query, also where they are broken or one in another."""
    client.http.post(f"{client.account}/login", data=body, headers={"Content-Type": "text/plain"})
    said = client.sandbox.journal[-1].request.body

    assert "planted" not in said
    assert "1234567890" not in said
    assert "[covered" in said


def test_the_same_secret_is_known_again(client):
    """A covered token can be told from another; a missing Bearer can be seen."""
    token = client.app_jwt()
    for value in (token, f"Bearer {token}", "other"):
        client.http.get(client.account, headers={"Authorization": value})
    bare, prefixed, other = (
        entry.request.headers["authorization"] for entry in client.sandbox.journal[-3:]
    )

    assert prefixed == f"Bearer {bare}"
    assert bare != other
    assert bare in client.sandbox.journal[0].answer.body


def test_a_cut_shows_no_begin_of_a_secret(client, conversation):
    """Where a text is cut inside a secret, its begin is not shown either."""
    secrets = secrets_of(client)
    for name in ("bearer", "consumer_jws", "password"):
        for length in range(3_900, 5_200, 60):
            body = {"x": "." * length + secrets[name] + "." * 3_000}
            client.http.post(f"{client.account}/login", json=body)
        bodies = [entry.request.body for entry in client.sandbox.journal.find(type="login")]

        assert [] == [body[-60:] for body in bodies if secrets[name][:12] in body]


@pytest.mark.parametrize("how", ["raw", "url", "every letter", "json", "hex", "base64 1"])
def test_a_key_of_any_shape_is_covered(how) -> None:
    """A secret that somebody brought along, like a real Swift's key, is known by its value."""
    key = 'my "own" key/\N{KEY}'
    cover = Cover((key,), ())
    covered = cover.text(f"so {spellings(key)[how]} it is")

    assert spellings(key)[how] not in covered
    assert "[covered" in covered


def test_a_query_is_covered_unless_it_is_harmless(client):
    """Of a parameter that nobody knows the value is covered, whatever its name."""
    client.http.get(f"{client.account}/x", params={"whatever": "planted", "v": "3"})

    assert client.sandbox.journal[-1].path.endswith("&v=3")
    assert "planted" not in client.sandbox.journal[-1].path


def test_harmless_texts_stay() -> None:
    """What is no secret is left alone: ids, paths, digests, captions, and JSON as it was."""
    harmless = (
        '{"id":"2903ba80-8644-46fb-88e5-273dfbed564d","token_type":"Bearer","fileSize":"300000"}',
        f"/v1/AUTH_async-images/12345678/{'ab' * 32}_uuid_x_22-11-2026_12-22-43-962.JPEG",
        "9549500c4fc0608ecf3ea52b33bbc32a",
        "a caption = with everything & more: 100 % \N{PACKAGE}",
        f"data:image/png;base64,{base64.b64encode(bytes(range(256))).decode()}",
    )
    cover = Cover(("sandbox-password-" + "0" * 32,), ())

    assert list(harmless) == [cover.text(each) for each in harmless]


def test_the_journal_is_read_while_it_is_written(client, conversation):
    """Looking on from one thread while others write loses, repeats and disorders nothing."""
    seen = []

    def look():
        seen.extend([entry.number for entry in client.sandbox.journal] for _ in range(30))

    looker = threading.Thread(target=look)
    looker.start()
    for number in range(20):
        client.publish(conversation, text(f"message {number}"))
    looker.join()

    assert all(numbers == [*range(1, len(numbers) + 1)] for numbers in seen)
    assert client.sandbox.journal.mark == len(client.sandbox.journal)


def test_control_gives_the_details(client, conversation):
    """Over HTTP there is the same to see, covered, and since a mark."""
    client.publish(conversation, hosted_file(client.uploaded()))
    sandbox, token = client.sandbox, {"X-Sandbox-Token": client.sandbox.control_token}
    mark = sandbox.journal.mark - 2

    def get(query):
        return client.http.get(f"{sandbox.control}/journal{query}", headers=token)

    assert json.loads(json.dumps([asdict(entry) for entry in sandbox.journal])) == get("").json()
    assert 2 == len(get(f"?since={mark}").json())
    assert [400, 400] == [get(f"?since={mark}").status_code for mark in ("x", "9999")]


@pytest.mark.parametrize("grown", ["a{}", "{}0", "sha1{}", "{0}{0}"])
def test_a_token_between_other_digits_is_covered(client, grown):
    """What was issued is found where other hexadecimal digits stand beside it, too."""
    signature = client.upload_url()["queryParams"]["temp_url_sig"]
    client.http.get(client.account, headers={"X-Note": grown.format(signature)})

    assert signature not in told(client.sandbox.journal)


def test_the_name_of_a_fault(client, conversation):
    """An entry names the fault that fired; one without a name has its number."""
    client.sandbox.faults.add("server-down")
    client.sandbox.faults.add({"where": {"service": "idp"}, "do": {"delay": 0}})
    tokens = client.tokens()
    client.publish(conversation, text("hello"), headers=tokens)

    assert "fault server-down" == client.sandbox.journal[-1].fault_words
    (named,) = client.sandbox.journal.find(fault_name="server-down")
    assert (0, 503) == (named.fault, named.status)
    assert ["fault 1"] == [one.fault_words for one in client.sandbox.journal.find(fault=1)]
    assert "" == client.sandbox.journal[0].fault_words


# --- why something was refused


def said(sandbox):
    """Give the last status, and what the journal says about it."""
    return sandbox.journal[-1].status, " ".join(sandbox.journal[-1].warnings)


STORAGE = {
    "expired": ({}, {"ahead": 100}, "expired 40 seconds ago"),
    "method": ({}, {"method": "GET"}, "signed for PUT, not for GET"),
    "method, late": (
        {},
        {"method": "GET", "ahead": 61},
        "signed for PUT, not for GET; it expired 1",
    ),
    "path": ({}, {"path": "/x"}, "path or expiry was altered"),
    "expiry": ({"temp_url_expires": "4000000000"}, {}, "path or expiry was altered"),
    "no signature": ({"temp_url_sig": None}, {}, "lacks temp_url_sig"),
    "no expiry": ({"temp_url_expires": None}, {}, "lacks temp_url_expires"),
    "odd signature": ({"temp_url_sig": "abc"}, {}, "temp_url_sig is no SHA-1"),
    "odd expiry": ({"temp_url_expires": "soon"}, {}, "temp_url_expires is neither"),
    "address": ({"temp_url_ip_range": "10.0.0.0/8"}, {}, "does not have 127.0.0.1"),
    "prefix": ({"temp_url_prefix": "nothing"}, {}, "temp_url_prefix"),
    "patched": ({}, {"method": "PATCH"}, "no temporary URL is good for PATCH"),
    "unsigned": (
        {"temp_url_sig": None, "temp_url_expires": None},
        {},
        "lacks temp_url_sig and temp_url_expires",
    ),
}


@pytest.mark.parametrize(("query", "how", "why"), STORAGE.values(), ids=STORAGE)
def test_why_storage_refuses(client, query, how, why):
    """A 401 of storage is the same for all; the journal tells them apart, and the wire does not."""
    url = client.upload_url()
    given = {k: v for k, v in (url["queryParams"] | query).items() if v is not None}
    now = client.sandbox.clock.freeze()
    client.sandbox.clock.advance(int(url["queryParams"]["temp_url_expires"]) - 60 - now)
    client.sandbox.clock.advance(how.get("ahead", 0))
    address = client.sandbox.storage + url["relativePath"] + how.get("path", "")
    answer = client.http.request(how.get("method", "PUT"), address, params=given)
    status, told = said(client.sandbox)

    assert (401, 401) == (answer.status_code, status)
    assert why in told
    assert why not in answer.text


def test_why_a_token_is_refused(client, conversation):
    """40102 and 40103 are each one code for many reasons; the journal names the one."""
    sandbox, good = client.sandbox, client.tokens()
    app, consumer = good.values()

    def reason(**changes):
        client.publish(conversation, text("hello"), headers={**good, **changes})
        return said(sandbox)

    assert (200, "") == reason()
    assert "Bearer" in reason(Authorization=f"Bearer {app}")[1]
    assert "is not of this sandbox" in reason(Authorization=app[:-4] + "aaaa")[1]
    assert "this is the ConsumerJWS" in reason(Authorization=consumer)[1]
    assert "Bearer" in reason(**{"X-LP-ON-BEHALF": f"Bearer {consumer}"})[1]
    assert "this is the AppJWT" in reason(**{"X-LP-ON-BEHALF": app})[1]
    assert "ConsumerJWS is not of this" in reason(**{"X-LP-ON-BEHALF": "junk"})[1]
    sandbox.faults.add("token-expired")
    assert (401, "a fault has let the AppJWT run out") == reason()
    sandbox.reset()
    sandbox.clock.freeze()
    sandbox.clock.advance(3700)
    assert "the AppJWT ran out" in reason()[1]


def test_why_nothing_matched(client):
    """The journal says what the body of such a 404 does: the nearest address, and what differs."""
    client.http.get(f"{client.account}/service/baseURI.jsn?version=1.0")
    status, told = said(client.sandbox)

    assert 404 == status
    assert told.startswith("nothing matched this request; the nearest is GET ")
