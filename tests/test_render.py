"""Cards: what they say, in text and in HTML alike, and what they never let through."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lpnb
from lpnb import lines, render
from lpnb.card import Card, Fact, Picture
from lpnb.exchange import Body, Exchange
from lpnb.glossary import FIELDS, meaning

VOID = {"img", "br"}
ALLOWED = {
    "b", "code", "details", "div", "figcaption", "figure", "i", "img", "pre", "span", "summary",
    "table", "tbody", "td", "th", "thead", "tr",
}  # fmt: skip
ATTRIBUTES = {"class", "style", "scope", "title", "dir", "src", "width", "height", "alt"}


class Page(HTMLParser):
    """What a browser would make of a card: its tags in balance, its attributes, its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert [] == self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data


def exchange(**changes: Any) -> Exchange:
    """One exchange, with *changes*."""
    values: dict[str, Any] = {
        "step": "request_upload_url",
        "service": "asyncMessagingEnt",
        "mode": "SANDBOX",
        "method": "POST",
        "url": "https://host.test/send?v=3",
        "sent_headers": (("Content-Type", "application/json"),),
        "sent": Body("json", "application/json", 20, {"fileSize": "7"}),
        "origins": {"fileSize": "your picture"},
        "status": 200,
        "reason": "OK",
        "received": Body("json", "application/json", 30, {"code": "OK"}),
        "seconds": 0.0123,
    }
    return Exchange(**(values | changes))


@pytest.fixture
def results(session: lpnb.Session, image: lpnb.ImageFile) -> list[Any]:
    """A result of each kind, from the real flow."""
    login = lpnb.log_in(session)
    conversation = lpnb.create_conversation(session)
    share = lpnb.share_file(session, conversation, image, caption="Ein Päckchen")
    fetch = lpnb.fetch_file(session, share)
    return [
        session,
        lpnb.find_domains(session),
        login,
        lpnb.enable_file_sharing(session, login),
        lpnb.get_app_token(session),
        lpnb.get_consumer_token(session),
        conversation,
        share.url,
        share.stored,
        share.publication,
        fetch.url,
        fetch.download,
        fetch.comparison,
        share,
        fetch,
    ]


def test_one_look_tells(results: list[Any]) -> None:
    """A step's card says which step, who was asked, SANDBOX, verdict, status, duration, sizes."""
    url = results[7]
    host = url.exchange.host

    for drawn in (render.as_text(url.card()), Page(render.as_html(url.card())).text):
        for word in ("Step 3", "Request an upload URL", "SANDBOX", "✓ OK", "200 OK", host):
            assert word in drawn
        assert re.search(
            r"\(asyncMessagingEnt\) at .* in [\d.]+ ms · sent \d+ bytes, received", drawn
        )


def test_printing_shows_the_card(results: list[Any]) -> None:
    """In a terminal `print` shows the same card as a notebook's plain text."""
    for result in results:
        assert str(result) == result._repr_mimebundle_()["text/plain"]


def test_cards_are_plain_elements_in_balance(results: list[Any]) -> None:
    """Every card is made of the few tags that survive an untrusted notebook, and closes them."""
    for result in results:
        page = Page(result._repr_mimebundle_()["text/html"])

        assert {tag for tag, _ in page.tags} <= ALLOWED
        for tag, attributes in page.tags:
            assert set(attributes) <= ATTRIBUTES
            assert "var(" not in (attributes.get("style") or "")
            if tag == "img":
                assert (attributes["src"] or "").startswith(("data:image/jpeg", "data:image/png"))
                assert attributes["alt"]


def test_cards_stay_small(results: list[Any]) -> None:
    """A step's card takes at most 16 KB without its pictures, and any card under 60 KB with."""
    for result in results:
        html = result._repr_mimebundle_()["text/html"]
        bare = re.sub(r'src="data:[^"]*"', "", html)

        assert len(html) < 60_000
        assert len(bare) < 16_384 or hasattr(result, "comparison") or hasattr(result, "stored")


def test_values_say_which_step_they_came_from(results: list[Any]) -> None:
    """The published path is said to come from step 4, the path to fetch from step 5."""
    published, fetched = (render.as_text(results[i].card()) for i in (9, 10))

    stored, download = (render.as_text(results[i].card()) for i in (8, 11))
    assert re.search(r"path = /v1/.*\(from step 3 · ", stored)
    assert re.search(r"temp_url_sig = \[.*\(from step 6 · ", download)
    assert re.search(r'"relativePath": .*\(from step 4 · ', published)
    assert re.search(r'"dialogId": .*\(from step 2 · ', published)
    assert re.search(r'"relativePath": .*\(from step 5 · ', fetched)
    assert re.search(r"Authorization: .*\(from get_app_token · ", fetched)


def test_documented_fields_are_explained(results: list[Any]) -> None:
    """Each field and header of the flow that the documentation names has its line."""
    silent = {"wsuk", "accountData", "Server", "Transfer-Encoding", "Accept", "Accept-Encoding"}
    names = set()
    for result in results:
        for one in getattr(result, "exchanges", ()):
            names |= {name for name, _ in (*one.sent_headers, *one.received_headers)}
            if one.service not in ("agentVep",):
                names |= set(members(one.sent.shown)) | set(members(one.received.shown))

    unexplained = {name for name in names - silent if not any(has(name))}
    assert {"type", "body", "User-Agent"} >= unexplained


def members(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(name for one in value.values() for name in members(one))]
    return [name for one in value for name in members(one)] if isinstance(value, list) else []


def has(name: str) -> list[bool]:
    return [bool(meaning(name)), *(field.endswith(f".{name}") for field in FIELDS)]


def test_a_guess_says_that_it_is_one() -> None:
    """What the sandbox can only guess stands on the card in words."""
    from lpnb.steps.conversation import ClosedConversation

    closed = ClosedConversation(
        id="1", exchanges=(exchange(step="close_conversation", guess="The words are open."),)
    )

    shown = render.as_text(closed.card())
    assert "A guess of the sandbox, as LivePerson's documentation leaves it open" in shown
    assert "The words are open." in shown


PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
HOSTILE = [
    "<script>window.marker=1</script>",
    '"><img src=x onerror=window.marker=1>',
    "'><svg onload=window.marker=1>",
    "</pre></details><script>window.marker=1</script>",
    "&lt;script&gt;",
    "javascript:window.marker=1",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_outside_stays_text(text: str) -> None:
    """Wherever a text from outside stands on a card, it is read as text."""
    one = exchange(
        url=f"https://host.test/{text}?{text}={text}",
        type=text,
        reason=text,
        guess=text,
        service=text,
        sent_headers=((text, text),),
        sent=Body("form", text, 1, {text: text}),
        received_headers=((text, text),),
        received=Body("json", text, 1, {text: [text, {text: text}]}),
    )
    card = Card(
        title=text,
        label=text,
        mode=text,
        summary=text,
        facts=(Fact(text, text, text, "warning"), Fact(text, "", text, "refused", mend=text)),
        pictures=(Picture(b"no picture", text), Picture(b"", text, text, drawn=(PIXEL, 1, 1))),
        exchanges=(one, exchange(received=Body("text", text, 1, text))),
        notes=(text,),
        cards=(Card(title=text, label=text),),
    )
    page = Page(render.as_html(card))

    assert {tag for tag, _ in page.tags} <= ALLOWED
    assert text in page.text
    assert not any("onerror" in attributes for _, attributes in page.tags)


@given(st.text())
def test_any_text_can_be_drawn(text: str) -> None:
    """Any text at all is drawn in both ways, the HTML in balance."""
    card = Card(title=text, facts=(Fact(text, text),), exchanges=(exchange(reason=text),))
    render.as_text(card)
    Page(render.as_html(card))


@pytest.mark.parametrize(
    "code", [0x202E, 0x2066, 0x061C, 0x200E, 0x2028, 0x200B, 0xFEFF, 0x1B, 0x7F, 0x85, 0]
)
def test_characters_that_hide_others_are_spelt_out(code: int) -> None:
    """Direction marks, zero-width and control characters are seen for what they are."""
    shown = lines.visible(f"invoice{chr(code)}gpj.exe")

    assert f"invoice\\u{code:04x}gpj.exe" == shown


def test_emoji_and_line_ends_stay() -> None:
    """A caption's own characters are left alone."""
    assert "Päckchen 👩‍🔬\n📦" == lines.visible("Päckchen 👩‍🔬\n📦")


def test_what_is_long_is_cut_and_said() -> None:
    """A body of a thousand lines is cut, and the card says by how much."""
    one = exchange(received=Body("json", "application/json", 9_000, list(range(1_000))))

    shown = one.as_text()
    assert "… 882 more lines" in shown
    assert shown.count("\n") < 200


def test_text_of_a_card_is_this() -> None:
    """The whole plain text of a small card."""
    card = Card(
        title="Request an upload URL",
        label="Step 3",
        mode="SANDBOX",
        verdict="ok",
        summary="done",
        facts=(Fact("relativePath", "/v1/x", "the place"), Fact("ETag", "ab", "equal", "ok")),
        exchanges=(exchange(),),
        notes=("Mind the gap.",),
    )

    assert """\
SANDBOX · Step 3 · Request an upload URL · ✓ OK
done
  relativePath  /v1/x  (the place)
  ETag          ✓ ab  (equal)
Note: Mind the gap.
> POST https://host.test/send?v=3
>   v = 3   (the API's version)
> Content-Type: application/json   (what the body is)
> {
>   "fileSize": "7"   (from your picture · bytes, as text)
> }
< 200 OK · 12.3 ms
< {
<   "code": "OK"   (“OK”, or how it was refused)
< }""" == render.as_text(card)


@pytest.mark.parametrize(
    ("share", "width", "bar", "words"),
    [
        (0, "0.0%", "[----------]", "0 %"),
        (0.713, "71.3%", "[#######---]", "71 %"),
        (0.9999, "100.0%", "[#########-]", "99 %"),
        (1, "100.0%", "[##########]", "100 %"),
        (1.0001, "100.0%", "[##########]", "101 %"),
        (40, "100.0%", "[##########]", "4000 %"),
    ],
)
def test_a_meter_is_drawn_and_said(share: float, width: str, bar: str, words: str) -> None:
    """How much of a limit is taken is a width, and words: 100 % is on the limit, not beside it."""
    card = Card(title="", facts=(Fact("size", "7 bytes", share=share),))
    page = Page(render.as_html(card))
    styles = [attributes.get("style") or "" for tag, attributes in page.tags if tag == "span"]

    assert 1 == len([style for style in styles if style.endswith(f";width:{width}")])
    assert page.text.endswith(f"7 bytes  {words}")
    assert render.as_text(card).endswith(f"7 bytes  {bar} {words}")


def test_a_finding_is_a_sign_a_word_and_a_sentence() -> None:
    """A fact without a value reads as a sentence, and ends with what to type against it."""
    fact = Fact("rotated", "", "the picture lies", "warning", mend="image.upright()")
    card = Card(title="", facts=(fact,))

    assert (
        "rotated ▲ Note the picture lies · mend: image.upright()" == Page(render.as_html(card)).text
    )
    assert "  rotated  ▲ Note: the picture lies; mend: image.upright()" in render.as_text(card)


def test_captions_may_run_from_right_to_left() -> None:
    """A value that is not ASCII takes its direction from its own letters; the others are as was."""
    facts = (Fact("caption", "שלום!"), Fact("path", "/v1/x"))
    page = Page(render.as_html(Card(title="", facts=facts)))

    assert ["auto", None] == [a.get("dir") for tag, a in page.tags if tag == "code"]


def test_what_is_drawn_already_is_shown_as_it_is() -> None:
    """A picture with a drawing of its own is not drawn again, and has its own words below it."""
    picture = Picture(b"", "a dot", "tiny", drawn=(PIXEL, 3, 2))
    page = Page(render.as_html(Card(title="", pictures=(picture,))))
    found = next(attributes for tag, attributes in page.tags if tag == "img")

    assert (PIXEL, "3", "2", "a dot") == tuple(found[n] for n in ("src", "width", "height", "alt"))
    assert "tiny" == page.text
