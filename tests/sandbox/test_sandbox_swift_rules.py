"""Our storage is Swift: the same bytes to both, and the same answers."""

import importlib.util
import sys

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from lpnb.sandbox import tempurl
from tests.swift_cases import BATCH, batches, differences
from tests.swift_rows import DIFFERENCES, DIGITS, ROWS
from tests.swift_wire import ACCOUNT, CONTAINER, side_by_side

CASES = 2_000
_SPARE = 60  # hypothesis repeats itself now and then, and only different cases count


@pytest.fixture(scope="module")
def pair():
    """Our storage and a real Swift, side by side."""
    if sys.platform != "linux":
        pytest.skip("a real Swift runs on Linux only")
    if importlib.util.find_spec("swift") is None:
        pytest.skip("OpenStack Swift is not installed: pip install 'lpnb[dev]'")
    with side_by_side() as pair:
        yield pair


def test_generated_requests(pair):
    """Two thousand different requests get the same status, challenge and body from both."""
    before = len(pair.cases)

    @settings(
        max_examples=(CASES + _SPARE) // BATCH,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # a case that differs is small as it is, and told in full
        suppress_health_check=list(HealthCheck),
    )
    @given(batches())
    def compare(batch):
        found = list(differences(batch, pair))
        assert not found, "\n".join(found)

    compare()

    assert CASES <= len(pair.cases) - before


@pytest.mark.parametrize("row", ROWS)
def test_rows(pair, row):
    """What chance hardly hits is answered alike too, byte by byte."""
    make, status = ROWS[row]
    name = f"{pair.fresh()}.png"
    pair.both(pair.request("PUT", pair.target("PUT", name), DIGITS))
    ours, theirs = pair.both(make(pair, name), finish=True)

    assert theirs.told() == ours.told()
    assert status in (0, ours.status)
    after, theirs_after = pair.both(pair.request("GET", pair.target("GET", name)))
    assert theirs_after.told() == after.told()


@pytest.mark.parametrize("what", DIFFERENCES)
def test_deliberate_differences(pair, what):
    """Where our storage is not to be like Swift, each still says what is written down of it."""
    difference = DIFFERENCES[what]
    name = f"{pair.fresh()}.png"
    pair.both(pair.request("PUT", pair.target("PUT", name), DIGITS))
    ours, theirs = pair.both(difference.make(pair, name), finish=True)

    for expected, reply in ((difference.ours, ours), (difference.swift, theirs)):
        assert expected == (reply.status, reply.body[: len(expected[1])])


@pytest.mark.parametrize("page", [(), ("Origin: https://page.test",)], ids=["client", "page"])
@pytest.mark.parametrize("condition", ["Range: bytes=99-", "If-Match: x", "X-Absent: x"])
def test_pages_never_read_a_refusal(pair, condition, page):
    """To a page Swift opens refusals beyond 401 as well; ours does not, and is alike otherwise."""
    name = f"{pair.fresh()}.png"
    if "Absent" not in condition:
        pair.both(pair.request("PUT", pair.target("PUT", name), DIGITS))
    ours, theirs = pair.both(pair.request("GET", pair.target("GET", name), None, condition, *page))

    assert (theirs.status, theirs.body) == (ours.status, ours.body)
    assert "access-control-allow-origin" not in ours.headers
    assert bool(page) == ("access-control-allow-origin" in theirs.headers)


def test_an_upload_that_breaks_off_leaves_what_was_there(pair):
    """A cut upload is a 499, and the object under its name is the old one, or none."""
    old, new = f"{pair.fresh()}.png", f"{pair.fresh()}.png"
    pair.both(pair.request("PUT", pair.target("PUT", old), DIGITS))
    for name in (old, new):
        head = pair.request("PUT", pair.target("PUT", name), None, "Content-Length: 1000")
        for reply in pair.both(head + b"not all of it", finish=True):
            assert 499 == reply.status
    left = pair.both(pair.request("GET", pair.target("GET", old)))
    missing = pair.both(pair.request("GET", pair.target("GET", new)))

    assert [DIGITS, DIGITS] == [reply.body for reply in left]
    assert [404, 404] == [reply.status for reply in missing]


def test_a_url_serves_until_it_expires(pair):
    """A PUT URL overwrites as often as one likes, and the Etag follows."""
    target = pair.target("PUT", f"{pair.fresh()}.png")
    for body in (b"one", b"two", b"one"):
        ours, theirs = pair.both(pair.request("PUT", target, body))
        assert theirs.told() == ours.told()


def test_more_than_announced(pair):
    """Of five bytes announced five are stored; what follows is read as the next request."""
    name = f"{pair.fresh()}.png"
    head = pair.request("PUT", pair.target("PUT", name), None, "Content-Length: 5")
    for reply in pair.both(head + b"12345"):
        assert 201 == reply.status
    ours, theirs = pair.both(pair.request("GET", pair.target("GET", name)))

    assert b"12345" == ours.body == theirs.body


@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha512"])
@pytest.mark.parametrize("iso", [False, True], ids=["epoch", "iso"])
@pytest.mark.parametrize("prefix", ["", "pre"])
@pytest.mark.parametrize("ip_range", ["", "127.0.0.0/8"])
@pytest.mark.parametrize("method", ["PUT", "GET"])
def test_urls_of_swiftclient(method, ip_range, prefix, iso, digest):
    """URLs made by Swift's own client are signed as ours are, and good for what they say."""
    utils = pytest.importorskip("swiftclient.utils")
    path, key, until = f"{ACCOUNT}/{CONTAINER}/prefixed é.png", "a key", 1_706_770_060
    signed = f"{ACCOUNT}/{CONTAINER}/{prefix}" if prefix else path
    url = utils.generate_temp_url(
        signed,
        until,
        key,
        method,
        absolute=True,
        prefix=bool(prefix),
        iso8601=iso,
        ip_range=ip_range or None,
        digest=digest,
    )
    query = dict(each.split("=", 1) for each in url.partition("?")[2].split("&"))

    assert tempurl.is_valid(key, method, path, query, until)
    assert not tempurl.is_valid(key, method, path, query, until + 0.5)
    assert not tempurl.is_valid(key, method, path + "x", query, until) or prefix
    if digest != "sha512":  # which it writes in base64
        target = f"prefix:{signed}" if prefix else path
        ours = tempurl.sign(key, method, until, target, digest, ip_range=ip_range)
        assert query["temp_url_sig"] == ours
