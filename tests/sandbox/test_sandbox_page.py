"""The page of what is emulated, guessed and missing, which is made of the sandbox's own tables."""

from pathlib import Path

import pytest

from lpnb.sandbox import about
from lpnb.sandbox.__main__ import main
from lpnb.sandbox.guesses import SOURCES, TABLE

PAGE = Path(__file__).parents[2] / "notebooks" / "sandbox.md"


def test_the_committed_page_is_up_to_date() -> None:
    """``lpnb sandbox --about`` prints what is committed; if not, redirect it there."""
    assert about.page() == PAGE.read_text(encoding="utf-8")


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    """The process prints the page and ends, without a ready line."""
    status = main(["--about"])

    assert (0, about.page()) == (status, capsys.readouterr().out)


def test_every_address_is_on_it(sandbox) -> None:
    """Each address that is answered stands on the page, storage's too, and each guess."""
    page = about.page()

    assert [] == [route for route in sandbox.addresses if f"`{route.path}`" not in page]
    assert "`/v1/AUTH_async-images/{account}/{object}`" in page
    assert [] == [guess.name for guess in TABLE if f"| `{guess.name}` |" not in page]


def test_every_source_is_in_words() -> None:
    """No reader is sent to a section of notes that are not theirs to read."""
    assert set(SOURCES) == {guess.source for guess in TABLE}
    assert not any(words[0].isdigit() for words in SOURCES.values())
