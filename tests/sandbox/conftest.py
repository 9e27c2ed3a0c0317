"""One live sandbox for all tests of this room, as new before each."""

from collections.abc import Iterator

import pytest
from sandbox_client import Client

from lpnb.sandbox import Sandbox


@pytest.fixture(scope="session")
def running() -> Iterator[Sandbox]:
    """A sandbox for all tests."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    """The sandbox, as new."""
    running.reset()
    return running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    """A client of the sandbox."""
    client = Client(sandbox)
    with client.http:
        yield client


@pytest.fixture
def conversation(client: Client) -> str:
    """An open conversation of Ada's."""
    return client.open()
