"""The believable past that `seed` makes, by the rules that hold for everybody."""

import struct
import zlib

import pytest

from lpnb.sandbox import Sandbox


def story(sandbox):
    """Give what was said and shown, and at which distance, without what is drawn afresh."""
    talks = [*sandbox.conversations.values()]
    begin = talks[0].messages[0].time
    return [
        (one.state, e.text, e.caption, e.preview, round(e.time - begin, 3))
        for one in talks
        for e in one.messages
    ]


def pixels(png):
    """Read a PNG as strictly as its standard, and give its size and the bytes of its pixels."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        data = png[at + 8 : at + 8 + size]
        assert struct.unpack(">I", png[at + 8 + size :][:4]) == (zlib.crc32(kind + data),)
        chunks[kind], at = data, at + 12 + size
    assert [b"IHDR", b"IDAT", b"IEND"] == list(chunks)
    return struct.unpack(">2I", chunks[b"IHDR"][:8]), zlib.decompress(chunks[b"IDAT"])


def test_it_makes_what_it_says(sandbox):
    """Conversations, open and closed, with texts and with pictures that lie in storage."""
    seeded = sandbox.seed(1)
    shared = [
        message
        for one in sandbox.conversations.values()
        for message in one.messages
        if message.relative_path
    ]

    assert [*sandbox.conversations] == [*seeded.consumers.values()]
    assert {"OPEN", "CLOSE"} == {one.state for one in sandbox.conversations.values()}
    assert [*sandbox.objects] == [*seeded.objects] == [one.relative_path for one in shared]
    for stored in sandbox.objects.values():
        (width, height), drawn = pixels(stored.content)
        assert len(drawn) == height * (1 + 3 * width)
        assert len(set(drawn)) > 20


def test_it_happened_by_the_rules(sandbox):
    """Every act is a request in the journal that was answered well, at its time in the past."""
    sandbox.seed(1)
    kinds = {(entry.service, entry.type) for entry in sandbox.journal}
    times = [entry.time for entry in sandbox.journal]

    assert {("swift", "PUT"), ("asyncMessagingEnt", "ms.PublishEvent")} <= kinds
    assert {200, 201} == {entry.status for entry in sandbox.journal}
    assert sorted(times) == times
    assert 49 < (sandbox.clock.now() - times[0]) / 3600 < 51


def test_the_same_number_gives_the_same_past(sandbox):
    """A number is a story; another number is another one."""
    stories = []
    for number in (7, 7, 8):
        sandbox.reset()
        sandbox.seed(number)
        stories.append(story(sandbox))

    assert stories[0] == stories[1]
    assert stories[0] != stories[2]


@pytest.mark.parametrize("frozen", [False, True], ids=["running", "frozen"])
def test_the_clock_is_found_as_it_was(sandbox, frozen):
    """Afterwards the clock is where it would have been, and stands or passes as before."""
    sandbox.clock.advance(500)
    if frozen:
        sandbox.clock.freeze()
    before, ahead = sandbox.clock.now(), sandbox.clock.ahead
    sandbox.seed(1)

    assert frozen == sandbox.clock.frozen
    assert abs((sandbox.clock.now() - before) if frozen else sandbox.clock.ahead - ahead) < 0.001


def test_without_sharing_there_are_no_files(sandbox):
    """An account without file sharing has a past of texts only."""
    sandbox.sharing = False
    seeded = sandbox.seed(1)

    assert () == seeded.objects
    assert 4 == len(sandbox.conversations)


def test_what_stands_in_the_way_is_said(sandbox):
    """The same number twice, and what is no number, are refused, the clock unharmed."""
    sandbox.seed(3)
    with pytest.raises(ValueError, match="answered with 400; reset"):
        sandbox.seed(3)
    with pytest.raises(ValueError, match="a whole number, not 'one'"):
        sandbox.seed("one")

    assert abs(sandbox.clock.ahead) < 0.001


def test_rules_and_webhooks_are_for_the_present(sandbox):
    """Rules in force neither break the past nor are used up by it; no endpoint is told of it."""
    sandbox.faults.add({"where": {"service": "swift"}, "do": {"status": 503}})
    sandbox.faults.add({"when": "connect", "do": {"refuse": 60}})
    sandbox.webhooks.register("http://127.0.0.1:9", retention=0)  # nothing listens there
    sandbox.seed(1)

    assert 4 == len(sandbox.conversations)
    assert [0, 1] == [rule["matched"] for rule in sandbox.faults.report()]
    assert [] == sandbox.webhooks.wait()
    sandbox.agent.accept([*sandbox.conversations][-1])
    sandbox.agent.close([*sandbox.conversations][-1])
    assert sandbox.webhooks.wait()


def test_a_clock_that_is_held_is_left_alone():
    """Where nobody may move the clock, all of it has just happened."""
    with Sandbox() as sandbox:
        sandbox.clock._held_by = "a real Swift"
        sandbox.seed(1)

        assert all(entry.time > sandbox.clock.now() - 30 for entry in sandbox.journal)


def test_over_http(client):
    """Control makes a past too, with its token, and tells what it made."""
    token = {"X-Sandbox-Token": client.sandbox.control_token}
    made = client.http.post(f"{client.sandbox.control}/seed", headers=token, json={"number": 2})

    assert [*client.sandbox.conversations] == [*made.json()["consumers"].values()]
    assert 403 == client.http.post(f"{client.sandbox.control}/seed", json={"number": 2}).status_code
    assert 404 == client.http.get(f"{client.sandbox.control}/seed", headers=token).status_code
