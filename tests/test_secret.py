"""Secrets: masked wherever text is made of them, and hidden wherever an answer repeats them."""

import base64
import copy
import dataclasses
import json
import pickle
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpnb.secret import Cover, Secret, reveal

VALUE = 'p@ss "word" & more/é'


@dataclasses.dataclass
class Holder:
    one: Secret
    many: list[Secret]


@pytest.mark.parametrize(
    "text",
    [
        str,
        repr,
        lambda s: f"{s}",
        lambda s: f"{s!r:>50}",
        lambda s: "%s" % s,  # noqa: UP031
        lambda s: json.dumps({"x": s}),
        lambda s: repr(dataclasses.asdict(Holder(s, [s]))),
        lambda s: repr(Holder(s, [s])),
        lambda s: s + " and more",
        lambda s: "".join(list(s)),
        lambda s: s[0:],
        lambda s: str(s.encode()),
        lambda s: repr(vars(type(s))),
        lambda s: repr([getattr(s, name, None) for name in dir(s)]),
    ],
)
def test_text_made_of_a_secret_is_its_mask(text: object) -> None:
    """However text is made of a secret, the value is not in it."""
    assert VALUE not in text(Secret(VALUE, "password"))  # type: ignore[operator]


def test_a_secret_is_revealed_by_name_only() -> None:
    """`reveal` gives the value, with the prefix that it was given."""
    secret = Secret(VALUE).prefixed("Bearer ")

    assert f"Bearer {VALUE}" == secret.reveal()
    assert str(secret).startswith("Bearer [")
    assert "plain" == reveal("plain")


def test_a_secret_is_not_pickled_and_copies_as_itself() -> None:
    """A copy of a secret is the secret; a pickle of one can't be made."""
    secret = Secret(VALUE)

    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(secret)


def test_equal_values_have_equal_fingerprints() -> None:
    """A reader sees that two requests used the same token, and that two tokens differ."""
    assert Secret(VALUE) == Secret(VALUE)
    assert hash(Secret(VALUE)) == hash(Secret(VALUE))
    assert Secret(VALUE) != Secret("p@ss “word” & more/é")
    assert Secret(VALUE) != VALUE
    assert not Secret("")


SPELLINGS = {
    "raw": lambda v: v,
    "json": lambda v: json.dumps(v)[1:-1],
    "url": lambda v: quote(v, safe=""),
    "base64": lambda v: base64.b64encode(v.encode()).decode(),
    "urlsafe": lambda v: base64.urlsafe_b64encode(v.encode()).decode(),
    "lower case": lambda v: re.sub("%..", lambda code: code[0].lower(), quote(v, safe="")),
    "twice": lambda v: json.dumps(json.dumps(v))[3:-3],
    "inside": lambda v: base64.b64encode(f"user:{v} and more".encode()).decode()[8:-15],
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_live_value_is_hidden_in_every_spelling(spelling: str) -> None:
    """An answer that repeats a secret in use is covered, encoded or not."""
    cover = Cover()
    cover.learn(Secret(VALUE, "password"))
    leak = SPELLINGS[spelling](VALUE)

    assert leak not in cover.text(f"said <{leak}> to us")
    assert leak not in repr(cover.value({"a": [{"b": leak, leak: 1}]}))


@pytest.mark.parametrize(
    "text",
    [
        "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiIxMjM0In0.c2lnbmF0dXJl",
        "GET /v1/x?temp_url_sig=0123456789abcdef0123&temp_url_expires=1",
        '{"client_secret": "0123456789abcdef0123", broken',
        "Authorization: Bearer 0123456789abcdef0123",
        "password=0123456789abcdef0123",
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str) -> None:
    """Tokens and signatures are hidden by their looks where nobody knows their values."""
    covered = Cover().text(text)

    assert "0123456789abcdef0123" not in covered
    assert "c2lnbmF0dXJl" not in covered


def test_secrets_are_hidden_by_their_names_even_before_they_are_named() -> None:
    """A value that is repeated before its telling name comes is covered in both places."""
    value = {"echo": "said 0123456789abcdef", "bearer": "0123456789abcdef"}

    assert "0123456789abcdef" not in repr(Cover().value(value))


def test_a_cookie_keeps_its_name_and_attributes() -> None:
    """Of a cookie only the value is covered, as the rest teaches."""
    shown = Cover().header("Set-Cookie", "Session_id=abcdef123456; Path=/; HttpOnly")

    assert shown.startswith("Session_id=[")
    assert shown.endswith("; Path=/; HttpOnly")
    assert "abcdef123456" not in shown


def test_every_one_of_several_cookies_is_covered() -> None:
    """Two cookies that came as one header are both covered, and what they expire at is not."""
    given = "a=first-secret; Expires=Wed, 21 Oct 2026 07:28:00 GMT, b=second-secret; Path=/"
    shown = Cover().header("Set-Cookie", given)

    assert "secret" not in shown
    assert "Expires=Wed, 21 Oct 2026 07:28:00 GMT, b=[" in shown


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=20))
def test_any_answer_can_be_covered(value: object) -> None:
    """Covering takes whatever JSON holds, lone surrogates included, and gives printable text."""
    json.dumps(Cover().value({"x": value}), ensure_ascii=False).encode()


@pytest.mark.parametrize("length", [4, 12, 32, 33, 200])
def test_a_text_seen_before_its_secret_was_known_is_covered_after(length: int) -> None:
    """That a text was clean when it was seen first says nothing of later."""
    cover, value = Cover(), "0123456789abcdef" * 13
    texts = [value[:length], f"a {value[:length]}"]
    before = [cover.text(text) for text in (*texts, *texts)]
    cover.learn(Secret(value[:length], "late"))

    assert [*texts, *texts] == before
    assert not any(value[:length] in cover.text(text) for text in texts)


def test_what_threads_learn_at_once_is_covered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret that is learnt while another thread learns one is covered afterwards, as is that."""
    cover, begun, learnt = Cover(), threading.Event(), threading.Event()

    def slow(*given: Any, **named: Any) -> list[Any]:
        found = sorted(*given, **named)
        if not begun.is_set():
            begun.set()
            learnt.wait(0.2)  # which has to wait for us
        return found

    monkeypatch.setattr("lpnb.secret.sorted", slow, raising=False)
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(cover.learn, Secret("the first of them", "token"))
        begun.wait()
        cover.learn(Secret("another, meanwhile", "token"))
        learnt.set()
        first.result()
    text = cover.text("the first of them; another, meanwhile")

    assert "first" not in text
    assert "another" not in text
