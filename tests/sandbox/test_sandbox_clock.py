"""The clock: moved, frozen, followed by every answer, and what expires goes by it."""

from email.utils import parsedate_to_datetime

import pytest

from lpnb.sandbox.clock import Clock


class System:
    """A system whose time a test moves."""

    def __init__(self) -> None:
        self.time = 1_000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def system() -> System:
    return System()


def test_it_is_the_system_s_time(system):
    """Left alone, it tells what the system tells."""
    clock = Clock(system)
    system.time += 5

    assert 1_005.0 == clock.now()
    assert 0.0 == clock.ahead
    assert not clock.frozen


def test_advance_and_set_while_it_runs(system):
    """Time goes on from where it was put."""
    clock = Clock(system)

    assert 1_060.0 == clock.advance(60)
    assert 500.0 == clock.set(500)
    system.time += 5
    assert 505.0 == clock.now()
    assert -500.0 == clock.ahead


def test_frozen_it_moves_only_when_told(system):
    """A frozen clock ignores the system, obeys advance and set, and goes on from there."""
    clock = Clock(system)
    clock.freeze()
    system.time += 5

    assert clock.frozen
    assert 1_000.0 == clock.now()
    assert 1_001.0 == clock.advance(1)
    assert 2_000.0 == clock.set(2_000)
    assert 2_000.0 == clock.go_on()
    system.time += 5
    assert 2_005.0 == clock.now()
    assert not clock.frozen


def test_reset_returns_to_the_system(system):
    """Nothing of what was set is left."""
    clock = Clock(system)
    clock.freeze()
    clock.advance(60)
    clock.reset()

    assert 1_000.0 == clock.now()
    assert not clock.frozen


def test_watchers_hear_of_every_change(system):
    """Each change is told, after it happened."""
    clock, heard = Clock(system), []
    clock.watch(lambda: heard.append(clock.now()))
    clock.advance(1)
    clock.set(5)
    clock.freeze()
    clock.go_on()
    clock.reset()

    assert [1_001.0, 5.0, 5.0, 5.0, 1_000.0] == heard


@pytest.mark.parametrize("seconds", [float("inf"), float("nan")])
def test_only_finite_times(system, seconds):
    """There is no time that is no number."""
    with pytest.raises(ValueError, match="can't be moved by"):
        Clock(system).advance(seconds)


@pytest.mark.parametrize("seconds", [-1_001, 1e12, 2**63])
def test_only_years_that_can_be_written(system, seconds):
    """What no date can say is refused, and the clock stays where it was."""
    clock = Clock(system)
    with pytest.raises(ValueError, match="from 1970 to 9999"):
        clock.advance(seconds)

    assert 1_000.0 == clock.now()


def test_a_held_clock_refuses(system):
    """Who keeps time with the system is named."""
    clock = Clock(system, held_by="the real Swift")
    for move in (lambda: clock.advance(1), lambda: clock.set(1), clock.freeze):
        with pytest.raises(ValueError, match="the real Swift keeps the system's time"):
            move()

    assert 1_000.0 == clock.now()


def test_the_date_of_answers_follows(client):
    """The Date header tells the sandbox's time, to the second."""
    client.sandbox.clock.freeze()
    client.sandbox.clock.set(1_706_770_000)
    answer = client.http.get(f"{client.account}/service/baseURI.json?version=1.0")

    assert 1_706_770_000 == parsedate_to_datetime(answer.headers["Date"]).timestamp()


@pytest.mark.parametrize(("passed", "status"), [(59, 201), (60, 201), (61, 401)])
def test_a_minute_decides_over_an_upload_url(client, passed, status):
    """59 and 60 seconds are within the minute, 61 are not."""
    client.sandbox.clock.freeze()
    client.sandbox.clock.set(1_706_770_000)
    url = client.upload_url()
    client.sandbox.clock.advance(passed)

    assert status == client.put(url).status_code


def test_the_clock_over_http(client):
    """Another process reads, sets, freezes and advances it."""
    sandbox = client.sandbox
    headers = {"X-Sandbox-Token": sandbox.control_token}

    def move(**body):
        return client.http.post(f"{sandbox.control}/clock", json=body, headers=headers).json()

    move(freeze=True)
    assert {"now": 5_000.0, "frozen": True} == move(set=5_000)
    assert {"now": 5_060.0, "frozen": True} == move(advance=60)
    assert not move(freeze=False)["frozen"]
