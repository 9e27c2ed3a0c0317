"""TLS: a real client that speaks only https is served unmodified, and nothing else is let in."""

import contextlib
import http.client
import importlib.util
import json
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from sandbox_client import PNG, Client, envelope, hosted_file, schema

import lpnb
from lpnb import samples
from lpnb.sandbox import Sandbox, server, tls


@pytest.fixture(scope="module")
def encrypted():
    """A sandbox whose services speak https."""
    with Sandbox(tls=True) as sandbox:
        yield sandbox


@pytest.fixture
def secure(encrypted):
    """The same, as new."""
    encrypted.reset()
    return encrypted


@pytest.fixture
def client(secure):
    """A client of it, which trusts its authority."""
    client = Client(secure)
    with client.http:
        yield client


def port_of(base):
    return urlsplit(base).port


def trusting(sandbox, **versions):
    context = ssl.create_default_context(cafile=sandbox.ca)
    for name, value in versions.items():
        setattr(context, name, value)
    return context


@contextlib.contextmanager
def connected(sandbox, name="127.0.0.1", **versions):
    """One TLS connection, driven by hand; an unannounced end is an error on it."""
    with socket.create_connection(("127.0.0.1", port_of(sandbox.domain_api_tls)), 5) as raw:
        context = trusting(sandbox, **versions)
        with context.wrap_socket(
            raw, server_hostname=name, suppress_ragged_eofs=False
        ) as connection:
            yield connection


def ask(sandbox, base, method="GET", path="/", **headers):
    """Ask by hand, over what the base URL says; gives status, headers and body."""
    kind = http.client.HTTPConnection
    more = {}
    if base.startswith("https:"):
        kind, more = http.client.HTTPSConnection, {"context": trusting(sandbox)}
    connection = kind("127.0.0.1", port_of(base), timeout=5, **more)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, answer.headers, content


# --- a client that speaks only https


@pytest.mark.parametrize("looked_up_over", ["domain_api", "domain_api_tls"])
def test_seven_steps_over_https_only(secure, looked_up_over):
    """From a Domain API asked either way, every host is reached as ``https://{host}``."""
    account, http = secure.account, requests.Session()
    http.trust_env, http.verify = False, secure.ca
    base = getattr(secure, looked_up_over)
    listed = http.get(f"{base}/api/account/{account}/service/baseURI.json?version=1.0").json()
    schema("domain-all.response").validate(listed)
    at = {each["service"]: f"https://{each['baseURI']}" for each in listed["baseURIs"]}

    def path(rest):
        return f"/api/account/{account}/{rest}"

    def post(service, rest, body, **headers):
        answer = http.post(at[service] + path(rest), json=body, headers=headers)
        answer.raise_for_status()
        return answer.json()

    login = post(
        "agentVep", "login?v=1.3", {"username": secure.username, "password": secure.password}
    )
    assert listed == login["csdsCollectionResponse"]
    setting = path("configuration/setting/properties/messaging.file.sharing.enabled?v=3.0")
    bearer = {"Authorization": f"Bearer {login['bearer']}"}
    property_ = http.get(at["accountConfigReadWrite"] + setting, headers=bearer)
    written = http.put(
        at["accountConfigReadWrite"] + setting,
        json=property_.json(),
        headers=bearer | {"If-Match": property_.headers["ac-revision"]},
    )
    assert 200 == written.status_code
    jwt = http.post(
        f"{at['sentinel']}/sentinel{path('app/token?v=1.0&grant_type=client_credentials')}",
        data={"client_id": secure.client_id, "client_secret": secure.client_secret},
    ).json()["access_token"]
    jws = post("idp", "consumer?v=1.0", {"ext_consumer_id": "Ada"}, Authorization=jwt)["token"]
    pair = {"Authorization": jwt, "X-LP-ON-BEHALF": jws}
    messaging = "messaging/consumer/conversation"
    created = post(
        "asyncMessagingEnt",
        f"{messaging}?v=3",
        [
            envelope("userprofile.SetUserProfile", {}, "1"),
            envelope("cm.ConsumerRequestConversation", {"brandId": account}, "2"),
        ],
        **pair,
    )
    conversation = created[1]["body"]["conversationId"]

    def send(kind, body):
        return post("asyncMessagingEnt", f"{messaging}/send?v=3", envelope(kind, body), **pair)[
            "body"
        ]

    def stored(url):
        query = "&".join(f"{name}={value}" for name, value in url["queryParams"].items())
        return f"{at['swift']}{url['relativePath']}?{query}"

    upload = send("ms.GenerateURLForUploadFile", {"fileSize": str(len(PNG)), "fileType": "PNG"})
    assert 201 == http.put(stored(upload), data=PNG).status_code
    event = hosted_file(upload["relativePath"])
    published = send("ms.PublishEvent", {"dialogId": conversation, "event": event})
    download = send("ms.GenerateURLForDownloadFile", {"relativePath": upload["relativePath"]})
    got = http.get(stored(download))
    http.close()

    assert 0 == published["sequence"]
    assert PNG == got.content
    assert {f"https://127.0.0.1:{port_of(secure.domain_api_tls)}"} == set(at.values())


@pytest.mark.parametrize("how", ["connect", "Account"])
def test_lpnb_s_own_client(how):
    """lpnb itself is served over TLS, by ``connect(sandbox)`` and as a real account would be."""
    with lpnb.Sandbox(tls=True, sharing=False) as sandbox:
        account = lpnb.Account(
            sandbox.account,
            sandbox.client_id,
            sandbox.client_secret,
            username=sandbox.username,
            password=sandbox.password,
            domain_api=sandbox.domain_api_tls,
            ca=sandbox.ca,
        )
        session = lpnb.connect(sandbox if how == "connect" else account)
        confirm = {} if how == "connect" else {"confirm": sandbox.account}
        lpnb.enable_file_sharing(session, lpnb.log_in(session), **confirm)
        conversation = lpnb.create_conversation(session)
        image = samples.default()
        share = lpnb.share_file(session, conversation, image)
        fetch = lpnb.fetch_file(session, share)
        session.close()

    assert image.sha256 == fetch.sha256
    assert session.base("swift").startswith("https://127.0.0.1:")


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_the_certificate_covers_this_machine(secure, name, version):
    """Its certificate is good for both names, in TLS 1.2 and 1.3."""
    only = ssl.TLSVersion[version]
    with connected(secure, name, minimum_version=only, maximum_version=only) as connection:
        spoken = connection.version()

    assert version.replace("_", ".") == spoken


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_nothing_older_than_tls_1_2(secure):
    """A client that knows only TLS 1.1 is turned away by the server."""
    old = {"minimum_version": ssl.TLSVersion.TLSv1, "maximum_version": ssl.TLSVersion.TLSv1_1}
    context = trusting(secure, **old)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with (
        socket.create_connection(("127.0.0.1", port_of(secure.domain_api_tls)), 5) as raw,
        pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"),
    ):
        context.wrap_socket(raw, server_hostname="127.0.0.1")


def test_only_its_own_authority_vouches_for_it(secure):
    """Without the authority's file the certificate is not trusted: each start has a new one."""
    with Sandbox(tls=True) as other, pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{secure.domain_api_tls}/", verify=other.ca, timeout=5)


# --- what is said in the clear


@pytest.mark.parametrize(
    "path",
    ["service/baseURI.json?version=1.0", "service/idp/baseURI.json?version=1.0"],
)
def test_the_domain_api_answers_in_the_clear_too(secure, path):
    """Older clients look hosts up over plain http, and get the same answer."""
    path = f"/api/account/{secure.account}/{path}"
    plain, encrypted = (
        ask(secure, base, path=path) for base in (secure.domain_api, secure.domain_api_tls)
    )

    assert [200, 200] == [plain[0], encrypted[0]]
    assert plain[2] == encrypted[2]
    assert f"127.0.0.1:{port_of(secure.domain_api_tls)}" in plain[2].decode()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/account/{}/login?v=1.3"),
        ("GET", "/api/account/{}/configuration/setting/properties?v=3.0"),
        ("POST", "/sentinel/api/account/{}/app/token?v=1.0"),
        ("POST", "/api/account/{}/messaging/consumer/conversation?v=3"),
    ],
)
def test_other_services_refuse_plain_http(secure, method, path):
    """All else is refused there, in words; how is a guess."""
    status, headers, content = ask(secure, secure.domain_api, method, path.format(secure.account))

    assert 421 == status
    assert secure.domain_api_tls in json.loads(content)["sandbox"]
    assert "https only" in headers["X-Sandbox-Guess"]


@pytest.mark.parametrize("method", ["PUT", "GET", "OPTIONS"])
def test_storage_refuses_plain_http(client, method):
    """A signed URL is not served in the clear, and nothing is stored by it."""
    url = client.upload_url()
    plain = client.address(url).replace(client.sandbox.storage, client.sandbox.domain_api)
    answer = requests.request(method, plain, data=PNG, timeout=5)

    assert 421 == answer.status_code
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert {} == client.sandbox.objects


def test_an_unknown_request_in_the_clear_hears_why(secure):
    """What is no service's is a 404 there as well."""
    assert 404 == ask(secure, secure.domain_api)[0]


def test_plain_http_to_the_https_port(secure):
    """Who forgets the s is told so, even if more of the request is still under way."""
    with socket.create_connection(("127.0.0.1", port_of(secure.domain_api_tls)), 5) as one:
        one.sendall(b"POST /api HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n")
        one.sendall(b" " * 9_000_000)
        answer = b""
        while piece := one.recv(4096):
            answer += piece

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"https only" in answer


def test_control_in_the_clear(secure):
    """The sandbox's own switches are no service: they answer on plain http, on their own port."""
    path = urlsplit(secure.control).path + "/clock"
    token = {"X_Sandbox_Token": secure.control_token}
    bases = secure.control, secure.domain_api, secure.domain_api_tls

    assert [200, 404, 404] == [ask(secure, base, path=path, **token)[0] for base in bases]


# --- who may knock


@pytest.mark.parametrize("base", ["domain_api", "domain_api_tls"])
@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:{}", 404),
        ("localhost:{}", 404),
        ("127.0.0.1:1", 421),
        ("example.test", 421),
        ("example.test:{}", 421),
        ("", 421),
    ],
)
def test_host(secure, base, host, status):
    """The Host check holds on both ports."""
    base = getattr(secure, base)

    assert status == ask(secure, base, Host=host.format(port_of(base)))[0]


@pytest.mark.parametrize("base", ["domain_api", "domain_api_tls"])
@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://example.test", 403),
        ("null", 403),
        ("https://127.0.0.1:1", 403),
        ("http://127.0.0.1:{tls}", 403),
        ("https://127.0.0.1:{plain}", 403),
        ("https://127.0.0.1:{tls}", 404),
        ("https://localhost:{tls}", 404),
        ("http://127.0.0.1:{plain}", 404),
        ("http://localhost:{plain}", 404),
    ],
)
def test_origin(secure, base, origin, status):
    """The Origin check holds on both ports, and knows both of the sandbox's own origins."""
    ports = {"plain": port_of(secure.domain_api), "tls": port_of(secure.domain_api_tls)}
    given = origin.format(**ports)

    assert status == ask(secure, getattr(secure, base), "POST", Origin=given)[0]


def test_cors_over_tls(client):
    """A page's preflight to a signed URL is answered over TLS, and its PUT goes through."""
    url = client.address(client.upload_url())
    page = {"Origin": "https://example.test"}
    asked = page | {
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type",
    }
    preflight = client.http.options(url, headers=asked)
    put = client.http.put(url, data=PNG, headers=page)
    login = client.http.options(f"{client.account}/login", headers=asked)

    assert [200, 201, 403] == [one.status_code for one in (preflight, put, login)]
    assert ["*", "*", None] == [
        one.headers.get("Access-Control-Allow-Origin") for one in (preflight, put, login)
    ]
    assert "PUT" in preflight.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(("size", "status"), [(1_048_576, 401), (1_048_577, 413)])
def test_json_size(client, size, status):
    """A JSON body has at most 1 MiB over TLS, too."""
    url = f"{client.conversation_url}/send?v=3"
    answer = client.http.post(url, data=b" " * size, headers={"Content-Type": "application/json"})

    assert status == answer.status_code


def test_loopback_only(secure):
    """The TLS port is bound to 127.0.0.1 as well."""
    with socket.socket() as one:
        one.settimeout(0.5)
        assert one.connect_ex(("127.0.0.2", port_of(secure.domain_api_tls)))


# --- the connection


def test_slow_handshakes_do_not_block(client):
    """With 50 clients that begin no handshake, or break it off, others are served at once."""
    with contextlib.ExitStack() as stack:
        for number in range(50):
            address = ("127.0.0.1", port_of(client.sandbox.domain_api_tls))
            idle = stack.enter_context(socket.create_connection(address))
            idle.sendall(b"\x16\x03\x01" * (number % 2))
        began = time.monotonic()

        assert client.consumer_jws()
        assert 2 > time.monotonic() - began


def test_a_handshake_that_never_comes_ends(secure, monkeypatch):
    """Who says nothing is hung up on."""
    monkeypatch.setattr(tls, "_HANDSHAKE_SECONDS", 0.05)
    address = ("127.0.0.1", port_of(secure.domain_api_tls))
    with socket.create_connection(address, timeout=5) as idle:
        assert b"" == idle.recv(1)


@pytest.mark.parametrize("base", ["domain_api", "domain_api_tls"])
def test_an_idle_connection_ends(secure, monkeypatch, base):
    """A connection on which nothing is said any more is not kept for ever."""
    assert 60 == server._Connection.timeout
    monkeypatch.setattr(server._Connection, "timeout", 0.3)
    base = getattr(secure, base)
    http = requests.Session()
    http.verify = secure.ca
    path = f"/api/account/{secure.account}/service/baseURI.json?version=1.0"
    before = secure.connections
    for _ in range(2):
        assert 200 == http.get(base + path, timeout=5).status_code
        deadline = time.monotonic() + 5
        while any(each._open for each in secure._servers) and time.monotonic() < deadline:
            time.sleep(0.01)
    http.close()

    assert 2 == secure.connections - before


@pytest.mark.parametrize("base", ["domain_api", "domain_api_tls"])
def test_there_is_a_most_of_connections(monkeypatch, base):
    """A port holds so many connections at once; the next is hung up on, and others stay."""
    monkeypatch.setattr(server, "_MOST_CONNECTIONS", 2)
    with Sandbox(tls=True) as sandbox, contextlib.ExitStack() as stack:
        address = ("127.0.0.1", port_of(getattr(sandbox, base)))
        three = [stack.enter_context(socket.create_connection(address, 5)) for _ in range(3)]
        over = three.pop().recv(1)
        for one in three:
            one.settimeout(0.05)
            with pytest.raises(TimeoutError):
                one.recv(1)

    assert b"" == over


def test_the_end_is_announced(secure):
    """After its last answer the server says that it ends, so that no answer can be cut unseen."""
    with connected(secure) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b""
        while piece := connection.recv(4096):
            answer += piece
        deadline = time.monotonic() + 2
        while secure._servers[1]._open and time.monotonic() < deadline:
            time.sleep(0.005)
        left = len(secure._servers[1]._open)  # and it waits for no goodbye in return

    assert 0 == left
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert answer.endswith(b"}")


def test_a_reset_is_one_over_tls(secure):
    """A fault's reset is one on the wire, below TLS: the socket under it says so, too."""
    secure.faults.add({"do": {"reset": True}})
    path = f"/api/account/{secure.account}/service/baseURI.json?version=1.0"
    came, goes = ssl.MemoryBIO(), ssl.MemoryBIO()
    tunnel = trusting(secure).wrap_bio(came, goes, server_hostname="127.0.0.1")
    with socket.create_connection(("127.0.0.1", port_of(secure.domain_api_tls)), 5) as raw:
        while not tunnel.version():
            with contextlib.suppress(ssl.SSLWantReadError):
                tunnel.do_handshake()
            raw.sendall(goes.read())
            if not tunnel.version():
                came.write(raw.recv(65_536))
        tunnel.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        raw.sendall(goes.read())

        with pytest.raises(ConnectionResetError):
            list(iter(lambda: raw.recv(65_536), b""))  # the tickets of the handshake come first


def test_three_megabytes(client):
    """A picture as large as may be comes back unchanged, and one connection does for all."""
    content = bytes(range(256)) * 12_288
    before = client.sandbox.connections
    path = client.uploaded(content)
    got = client.http.get(client.address(client.download_url(path)))

    assert content == got.content
    assert 1 == client.sandbox.connections - before


def test_connections_are_numbered_across_both_ports():
    """No two connections have one number, and the count has those of both ports."""
    with Sandbox(tls=True) as sandbox:
        path = f"/api/account/{sandbox.account}/service/baseURI.json?version=1.0"
        for base in (sandbox.domain_api, sandbox.domain_api_tls) * 2:
            ask(sandbox, base, path=path)

        assert [1, 2, 3, 4] == [entry.connection for entry in sandbox.journal]
        assert 4 == sandbox.connections


def test_stop_is_quick_and_leaves_nothing(capfd):
    """Stopping cuts open connections, frees both ports and takes the authority's file away."""
    sandbox = Sandbox(tls=True)
    ports = [port_of(sandbox.domain_api), port_of(sandbox.domain_api_tls)]
    ca = Path(sandbox.ca)
    with connected(sandbox) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection.recv(4096)
        began = time.monotonic()
        sandbox.stop()
        took = time.monotonic() - began
        with contextlib.suppress(ssl.SSLError, ConnectionError):
            assert b"" == connection.recv(1)

    assert 0.5 > took
    assert not ca.parent.exists()
    for port in ports:
        with socket.socket() as one:
            assert one.connect_ex(("127.0.0.1", port))
    assert ("", "") == capfd.readouterr()


# --- how it is asked for


def test_ready_line(secure):
    """The ready line has two keys more, and each is an attribute."""
    ready = secure.ready_line()

    assert {"domain_api_tls", "ca"} < set(ready)
    assert ready == {name: getattr(secure, name) for name in ready}
    assert ready["storage"] == ready["domain_api_tls"]
    assert port_of(ready["domain_api"]) != port_of(ready["domain_api_tls"])
    assert "-----BEGIN CERTIFICATE-----" in Path(ready["ca"]).read_text()
    assert "PRIVATE KEY" not in Path(ready["ca"]).read_text()
    assert [Path(ready["ca"]).name] == [each.name for each in Path(ready["ca"]).parent.iterdir()]


def test_without_tls_there_is_neither(running):
    """Without TLS both attributes are empty, and the ready line has no such key."""
    assert ("", "") == (running.domain_api_tls, running.ca)
    assert not {"domain_api_tls", "ca"} & set(running.ready_line())


def test_a_taken_port_leaves_no_file(secure):
    """When it can't start, there is no authority's file left behind."""
    before = set(Path(secure.ca).parents[1].glob("lpnb-sandbox-*"))
    with pytest.raises(OSError, match="in use"):
        Sandbox(tls=True, port=port_of(secure.domain_api))

    assert before == set(Path(secure.ca).parents[1].glob("lpnb-sandbox-*"))


def test_without_trustme(monkeypatch):
    """Where nothing makes certificates, the refusal names what to install."""
    monkeypatch.setattr(tls, "find_spec", lambda _: None)

    with pytest.raises(ValueError, match=r"pip install 'lpnb\[tls\]'"):
        Sandbox(tls=True)


def test_not_with_swift():
    """A real Swift behind it speaks plain http, so the two don't go together."""
    with pytest.raises(ValueError, match="leave tls out"):
        Sandbox(tls=True, storage="swift")


@pytest.mark.parametrize("command", ["lpnb", "lpnb.sandbox"])
def test_as_a_process(command):
    """``--tls`` is told in the ready line, and a signal takes the authority's file away."""
    words = ["sandbox"] if command == "lpnb" else []
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    arguments = [sys.executable, "-m", command, *words, "--tls", "--json", "--port", str(port)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            ready = json.loads(process.stdout.readline())
            url = f"{ready['domain_api_tls']}/api/account/{ready['account']}/service/baseURI.json"
            answer = requests.get(f"{url}?version=1.0", verify=ready["ca"], timeout=5)
            process.send_signal(signal.SIGTERM)
            rest, errors = process.communicate(timeout=10)
        finally:
            process.kill()

    assert 200 == answer.status_code
    assert f"http://127.0.0.1:{port}" == ready["domain_api"]
    assert (0, b"", b"") == (process.returncode, rest, errors)
    assert not Path(ready["ca"]).exists()


def test_help_tells_of_tls():
    """Both options of the sandbox stand in its help."""
    assert importlib.util.find_spec("trustme")
    command = [sys.executable, "-m", "lpnb", "sandbox", "--help"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert {"--tls", "--port", "--json"} <= set(told.split())
