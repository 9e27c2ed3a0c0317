"""
The rows: which fault hits which call at which moment, and what must come out.

What must come out is written down from the catalogue's rules by class of call, not computed by
lpnb. Safe to repeat are the look-up of domains, tokens, both requests for URLs, PUT and GET; not so
are creating a conversation and publishing: the message history is looked at, and they are done
again only where what they do is surely absent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

# the calls of the seven steps, in their order
CALLS = (
    "domains",
    "app-token",
    "consumer-token",
    "conversation",
    "upload-url",
    "put",
    "publish",
    "download-url",
    "get",
)
SAFE = tuple(call for call in CALLS if call not in ("conversation", "publish"))
JSON_CALLS = tuple(call for call in CALLS if call not in ("put", "get"))
TALKING = ("conversation", "upload-url", "publish", "download-url")  # with both tokens
_MESSAGING = {"service": "asyncMessagingEnt"}
WHERE: Mapping[str, dict[str, Any]] = {
    "domains": {"service": "domain"},
    "app-token": {"service": "sentinel"},
    "consumer-token": {"service": "idp"},
    "conversation": {**_MESSAGING, "type": "cm.ConsumerRequestConversation"},
    "upload-url": {**_MESSAGING, "type": "ms.GenerateURLForUploadFile"},
    "put": {"service": "swift", "type": "PUT"},
    "publish": {**_MESSAGING, "type": "ms.PublishEvent"},
    "download-url": {**_MESSAGING, "type": "ms.GenerateURLForDownloadFile"},
    "get": {"service": "swift", "type": "GET"},
    "head": {"service": "swift", "type": "HEAD"},
    "storage": {"service": "swift"},
    "login": {"service": "agentVep", "type": "login"},
    "look": {"service": "msgHist"},
    "talking": _MESSAGING,
    "any": {},
}
LOOKS = (0, 5, 15, 45)  # seconds: a message that is not there by then is surely absent
_UNREAD = ("request", "upload")  # moments at which a message's type is not known yet
_HURRY = 0.4  # seconds that the first attempt may take where the fault is silence
JSON = {"Content-Type": "application/json"}
_PATCHED_END = "body.queryParams.temp_url_expires"
BODIES = (  # of answers to publishing that are no good
    "",
    " ",
    "null",
    "true",
    "7",
    '"OK"',
    "[]",
    "[null]",
    "{}",
    "{",
    '{"code":"OK"',
    '{"code":"OK"}}',
    "{'code':'OK'}",
    '{"code":"OK",}',
    '{"code":NaN}',
    '{"code":"OK"}',
    '{"code":"OK","body":null}',
    '{"code":"\x00"}',
    "\ufeff{}",
    "[" * 100_000,
    "9" * 5000,
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """
    One scenario.

    Args:
        call: that it hits: the plan is put in force just before its first attempt.
        rules: of the plan for the sandbox's faults; each must fire as often as it says.
        outcome: "ok", or the error.
        more: calls that are not made once, by name; those after a call that fails are none.
        waits: all seconds waited, in order.
        stands: conversations, messages and objects in the end.
        comparison: of what came back with what was sent; "identical" where all is well.
        verified: whether storage's digest agreed, for upload and download; empty: as it may be.
        wrong: seconds that this computer's clock is ahead of the truth.
        hurry: seconds that the first attempt of the call may take, where silence is the fault.
        nobody: attempts for which the resolver knows no host.
        kept: connections are kept; else each call has one of its own.
        cells: one step after the other, with a file to save, and again after Ctrl-C.
        act: what people or computers do: "interrupt before" or "interrupt after" the call, and so
            on, see `running`.
        counted: whether calls and waits are asserted.
        why: the reason, where something was decided otherwise than the catalogue says.
    """

    fault: int
    call: str
    name: str = ""
    rules: tuple[Mapping[str, Any], ...] = ()
    outcome: str = "ok"
    more: Mapping[str, int] = field(default_factory=dict)
    waits: tuple[float, ...] = ()
    stands: tuple[int, int, int] | None = None
    comparison: str = ""
    verified: tuple[bool | None, ...] = ()
    wrong: float = 0.0
    hurry: float = 0.0
    nobody: int = 0
    kept: bool = False
    cells: bool = False
    act: str = ""
    budget: float | None = None
    people: int = 1
    seed: int = 0
    counted: bool = True
    changed: bool = False
    why: str = ""

    @property
    def id(self) -> str:
        """The fault, the call, the moment."""
        return "-".join(filter(None, (f"F{self.fault:02}", self.call, self.name)))

    @property
    def expected(self) -> dict[str, Any]:
        """What must come out."""
        ok = self.outcome == "ok"
        at = CALLS.index(self.call) if self.call in CALLS else len(CALLS)
        made = CALLS if ok else CALLS[: at + 1]
        calls = {**dict.fromkeys(made, self.people), **self.more}
        conversations, messages, objects = self.stands or (
            (self.people,) * 3 if ok else (int(at > 3), int(at > 6), int(at > 5))
        )
        return {
            "outcome": self.outcome,
            "comparison": self.comparison or ("identical" if ok else ""),
            "calls": {call: n for call, n in calls.items() if n} if self.counted else None,
            "waits": list(self.waits) if self.counted else None,
            "conversations": conversations,
            "messages": messages,
            "objects": objects,
            "published twice": 0,
            "published damaged": 0,
            "published, not stored": 0,
            "verified": self.verified,
            "did not fire": [],
            "asked behind our back": 0,
            "left behind": [],
        }


def rule(call: str, when: str, do: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Give a rule for *call*; of what is not read yet only the service is known."""
    where = WHERE[call]
    if when in _UNREAD and "." in where.get("type", "") and call != "conversation":
        where = _MESSAGING
    if "nth" in more:
        where = {**where, "nth": more.pop("nth")}
    return {"where": where, "when": when, "do": do, **more}


def lost(
    fault: int, call: str, name: str, *, done: bool, rules: Any, url: bool = False, **more: Any
) -> Row:
    """Give the row of one attempt without a good answer, of a call that was *done* or not."""
    if call in ("conversation", "publish"):
        counts = {"look": 1, "login": 1} if done else {"look": 4, "login": 1, call: 2}
        waits = LOOKS[:1] if done else LOOKS
        return Row(fault=fault, call=call, name=name, rules=rules, more=counts, waits=waits, **more)
    return Row(fault=fault, call=call, name=name, rules=rules, more={call: 2}, waits=(5,), **more)


def given_up(fault: int, call: str, name: str, error: str, **more: Any) -> Row:
    """Give the row of a call that ends in *error* without a repetition."""
    return Row(fault=fault, call=call, name=name, outcome=error, **more)


def _connections() -> Iterator[Row]:
    """F01 to F05, F33: nobody there, or no answer."""
    for call in CALLS:
        for name, seconds, ok in (("short", 12, True), ("long", 90, False)):
            yield Row(
                fault=1,
                call=call,
                name=name,
                rules=({"when": "connect", "do": {"refuse": seconds}},),
                outcome="ok" if ok else "ConnectionFailed",
                more={call: 3 if ok else 4},
                waits=(5, 10) if ok else (5, 10, 15),
            )
        yield Row(fault=2, call=call, name="once", nobody=1, more={call: 2}, waits=(1,))
        yield Row(
            fault=2,
            call=call,
            name="always",
            nobody=99,
            outcome="ConnectionFailed",
            more={call: 2},
            waits=(1,),
        )
        unread = (rule(call, "request", {"reset": True}),)
        before = (rule(call, "before", {"reset": True}),)
        after = (rule(call, "after", {"reset": True}),)
        if call in SAFE:
            yield lost(3, call, "unread", done=False, rules=unread)
        yield lost(3, call, "before", done=False, rules=before)
        yield lost(4, call, "after", done=True, rules=after)
        yield lost(
            4, call, "closed-after", done=True, rules=(rule(call, "after", {"close": True}),)
        )
        yield lost(
            5,
            call,
            "after",
            done=True,
            rules=(rule(call, "after", {"stall": 1}),),
            hurry=_HURRY,
        )
        if call in SAFE and call != "domains":  # the first is on a new connection in any case
            yield Row(
                fault=33,
                call=call,
                name="idle",
                rules=(rule(call, "request", {"close": True}),),
                more={call: 2},
                kept=True,
            )
    for fault, do, kept in ((3, {"reset": True}, False), (33, {"close": True}, True)):
        yield Row(
            fault=fault,
            call="publish",
            name="unread",
            rules=(rule("publish", "request", do),),
            kept=kept,
            counted=False,
            why=(
                "chance decides whether the body got out; if not, it was not done, and is sent "
                "again without a look"
            ),
        )
    for call in ("put", "publish", "get"):
        stall = (rule(call, "before", {"stall": 1}),)
        yield lost(5, call, "before", done=False, rules=stall, hurry=_HURRY)
    cut = (rule("put", "upload", {"stall": 1}, at=0.5),)
    yield lost(5, "put", "upload", done=False, rules=cut, hurry=_HURRY)
    yield Row(
        fault=4,
        call="publish",
        name="no-reading",
        rules=(rule("publish", "after", {"reset": True}),),
        outcome="OutcomeUnknown",
        act="no login",
        waits=(0,),
        stands=(1, 1, 1),
    )
    yield Row(
        fault=4,
        call="conversation",
        name="no-reading",
        rules=(rule("conversation", "after", {"reset": True}),),
        outcome="OutcomeUnknown",
        act="no login",
        waits=(0,),
        stands=(1, 0, 0),
    )
    yield Row(
        fault=3,
        call="publish",
        name="no-reading",
        rules=(rule("publish", "before", {"reset": True}),),
        outcome="OutcomeUnknown",
        act="no login",
        waits=(0,),
        stands=(1, 0, 1),
    )
    yield Row(
        fault=4,
        call="publish",
        name="history-behind",
        rules=(
            rule("publish", "after", {"reset": True}),
            rule("look", "after", {"patch": {"conversationHistoryRecords": []}}),
        ),
        more={"look": 2, "login": 1},
        waits=LOOKS[:2],
    )
    yield Row(
        fault=4,
        call="publish",
        name="look-fails",
        rules=(rule("publish", "after", {"reset": True}), rule("look", "before", {"status": 503})),
        more={"look": 2, "login": 1},
        waits=(0, 5),
    )


def _failures() -> Iterator[Row]:
    """F06 to F08, F11: statuses."""
    for call in CALLS:
        for status in (500, 502, 503, 504):
            if call in ("publish", "conversation") or status == 500:
                failed = (rule(call, "after", {"status": status}),)
                yield lost(6, call, f"{status}-after", done=True, rules=failed)
            failed = (rule(call, "before", {"status": status}),)
            yield lost(7, call, f"{status}-before", done=False, rules=failed)
        for wait, seconds in (("2", 2), ("soon", 1), ("-1", 1), ("999999999", 60), ("0", 1)):
            busy = {"status": 429, "headers": {"Retry-After": wait}}
            if call == "publish" or wait in ("2", "soon"):
                yield Row(
                    fault=8,
                    call=call,
                    name=f"after-{wait}",
                    rules=(rule(call, "before", busy),),
                    more={call: 2},
                    waits=(seconds,),
                )
        yield Row(
            fault=8,
            call=call,
            name="always",
            rules=(rule(call, "before", {"status": 429}, times=4),),
            outcome="TooManyRequests",
            more={call: 4},
            waits=(1, 1, 1),
        )
        for status, error in ((400, "RequestRefused"), (403, "RequestRefused"), (404, "NotFound")):
            why = ""
            if (call, status) == ("app-token", 400):
                error, why = "CredentialsRefused", "so sentinel refuses a wrong client secret"
            no = rule(call, "before", {"status": status})
            yield given_up(11, call, str(status), error, rules=(no,), why=why)
    for call in SAFE:
        for times in (3, 4):
            yield Row(
                fault=7,
                call=call,
                name=f"{times}-times",
                rules=(rule(call, "before", {"status": 503}, times=times),),
                outcome="ok" if times == 3 else "ServerFailed",
                more={call: 4},
                waits=(5, 10, 15),
            )
    yield Row(
        fault=7,
        call="publish",
        name="4-times",
        rules=(rule("publish", "before", {"status": 503}, times=4),),
        outcome="ServerFailed",
        more={"publish": 4, "look": 16, "login": 1},
        waits=LOOKS * 4,
    )
    yield Row(
        fault=8,
        call="publish",
        name="until-a-date",
        rules=(
            rule(
                "publish",
                "before",
                {"status": 429, "headers": {"Retry-After": "Sun, 06 Nov 2044 08:49:37 GMT"}},
            ),
        ),
        more={"publish": 2, "download-url": 1},
        waits=(60,),
    )
    yield Row(
        fault=8,
        call="publish",
        name="for-hours",
        rules=(
            rule("publish", "before", {"status": 429, "headers": {"Retry-After": "90"}}, times=2),
        ),
        outcome="TooManyRequests",
        more={"publish": 2},
        waits=(60,),
    )
    yield Row(
        fault=8,
        call="publish",
        name="login-busy",
        rules=(rule("publish", "after", {"reset": True}), rule("login", "before", {"status": 429})),
        more={"look": 1, "login": 2},
        waits=(0, 5),
    )


def _tokens_and_urls() -> Iterator[Row]:
    """F09, F10, F12 to F16: what ends, and clocks."""
    for call in ("consumer-token", *TALKING):
        yield Row(
            fault=9,
            call=call,
            name="expired",
            rules=(rule(call, "before", {"expire": "token"}),),
            more={call: 2, "app-token": 2},
        )
        yield Row(
            fault=9,
            call=call,
            name="always",
            rules=(rule(call, "before", {"status": 401}, times=2),),
            outcome="NotAuthorized",
            more={call: 2, "app-token": 2},
        )
    for call in TALKING:
        yield Row(
            fault=9,
            call=call,
            name="consumer-expired",
            rules=(rule(call, "before", {"expire": "consumer"}),),
            more={call: 2, "consumer-token": 2},
        )
    yield given_up(
        10,
        "app-token",
        "secret",
        "CredentialsRefused",
        rules=(rule("app-token", "before", {"status": 401}),),
    )
    yield Row(
        fault=10,
        call="publish",
        name="login",
        rules=(rule("publish", "after", {"reset": True}), rule("login", "before", {"status": 401})),
        outcome="OutcomeUnknown",
        more={"login": 1},
        waits=(0,),
        stands=(1, 1, 1),
    )
    for fault, call, asked in ((12, "put", "upload-url"), (13, "get", "download-url")):
        for moment in ("request", "before"):
            yield Row(
                fault=fault,
                call=call,
                name=f"expired-{moment}",
                rules=(rule(call, moment, {"expire": "url"}),),
                more={call: 2, asked: 2},
            )
        yield Row(
            fault=fault,
            call=call,
            name="twice",
            rules=(rule(call, "before", {"expire": "url"}, times=2),),
            more={call: 3, asked: 3},
        )
        yield Row(
            fault=fault,
            call=call,
            name="always",
            rules=(rule(call, "before", {"status": 401}, times=3),),
            outcome="TemporaryUrlRejected",
            more={call: 3, asked: 3},
        )
        for name, seconds in (("pause", 70), ("an-hour", 4000)):
            yield Row(
                fault=14,
                call=call,
                name=name,
                cells=True,
                act=f"pause {seconds}",
                more={asked: 2} | ({"app-token": 2} if seconds > 3600 else {}),
                waits=(seconds,),
            )
        yield Row(
            fault=14,
            call=asked,
            name="late-answer",
            rules=(rule(asked, "after", {"advance": 70}),),
            more={asked: 2, call: 2},
            why="it had ended when it came, by its own Date: one of both is wrong, storage knows",
        )
        for end in ("0", "soon"):
            patched = {"patch": {_PATCHED_END: end}}
            yield Row(
                fault=16,
                call=asked,
                name=f"end-{end}",
                rules=(rule(asked, "after", patched),),
                more={asked: 2},
            )
            yield Row(
                fault=16,
                call=asked,
                name=f"end-{end}-always",
                rules=(rule(asked, "after", patched, times=2),),
                outcome="UnexpectedResponse",
                more={asked: 2},
            )
        past = rule(asked, "after", {"patch": {_PATCHED_END: "1000000000"}})
        yield Row(fault=16, call=asked, name="end-past", rules=(past,), more={asked: 2, call: 2})
    for wrong in (3600.0, -3600.0, -1_700_000_000.0):
        for date in ("date", "no-date"):
            undated = (rule("any", "after", {"date": None}, times=None),)
            yield Row(
                fault=15,
                call="domains",
                name=f"{wrong:+.0f}-{date}",
                wrong=wrong,
                rules=undated if date == "no-date" else (),
            )
    for wrong in (3600.0, -3600.0):
        for call, asked in (("put", "upload-url"), ("get", "download-url")):
            yield Row(
                fault=15,
                call=call,
                name=f"pause-{wrong:+.0f}",
                wrong=wrong,
                cells=True,
                act="pause 70",
                more={asked: 2},
                waits=(70,),
            )
    for wrong in (3600, -3600):
        yield Row(
            fault=15,
            call="domains",
            name=f"service-{wrong:+}",
            rules=(rule("any", "after", {"date": wrong}, times=None),),
        )
    for call in ("upload-url", "publish", "get"):
        early = call == "publish"
        yield Row(
            fault=15,
            call=call,
            name="date-jumps",
            rules=(rule(call, "after", {"date": 3600}),),
            more={"app-token": 2} if early else {},
            why="the token seemed to have ended, and a new one is cheap" if early else "",
        )


def _storage() -> Iterator[Row]:
    """F17 to F21, F23 to F26: what happens to bytes."""
    for at in (0, 0.5, 0.99):
        yield lost(
            17,
            "put",
            f"reset-{at}",
            done=False,
            rules=(rule("put", "upload", {"reset": True}, at=at),),
        )
    yield lost(
        17, "put", "closed", done=False, rules=(rule("put", "upload", {"close": True}, at=0.5),)
    )
    yield Row(
        fault=17,
        call="put",
        name="always",
        rules=(rule("put", "upload", {"reset": True}, at=0.5, times=4),),
        outcome="ConnectionFailed",
        more={"put": 4},
        waits=(5, 10, 15),
    )
    yield Row(
        fault=18,
        call="put",
        name="4-times-after",
        rules=(rule("put", "after", {"reset": True}, times=4),),
        outcome="ConnectionFailed",
        more={"put": 4},
        waits=(5, 10, 15),
        stands=(1, 0, 1),
    )
    for name, when, do in (
        ("bad-etag", "after", {"etag": "0" * 32}),
        ("damaged", "before", {"corrupt": 0}),
        ("damaged-end", "before", {"corrupt": -1}),
    ):
        yield Row(fault=19, call="put", name=name, rules=(rule("put", when, do),), more={"put": 2})
        yield Row(
            fault=19,
            call="put",
            name=f"{name}-always",
            rules=(rule("put", when, do, times=4),),
            outcome="ContentMismatch",
            more={"put": 4},
            stands=(1, 0, 1),
        )
    for call in ("put", "get"):
        for name, etag in (
            ("quotes", '"{etag}"'),
            ("weak", 'W/"{etag}"'),
            ("multipart", "{etag}-2"),
            ("none", None),
        ):
            plain = name in ("quotes", "weak")
            yield Row(
                fault=20,
                call=call,
                name=name,
                rules=(rule(call, "after", {"etag": etag}),),
                more={} if plain else {"head": 1},
                verified=(True, True),
            )
    unsaid = (rule("storage", "after", {"etag": None}, times=None),)
    yield Row(
        fault=20,
        call="put",
        name="never",
        rules=unsaid,
        more={"head": 2},
        verified=(None, None),
    )
    for status in (200, 202):
        yield Row(
            fault=21,
            call="put",
            name=str(status),
            rules=(rule("put", "after", {"status": status}),),
            verified=(True, True),
        )
    yield given_up(
        21,
        "put",
        "204",
        "UnexpectedResponse",
        rules=(rule("put", "after", {"status": 204}),),
        stands=(1, 0, 1),
    )
    yield Row(
        fault=21,
        call="put",
        name="201-in-words",
        rules=(rule("put", "after", {"body": "error"}),),
        why="its digest says that it is stored, whatever the words",
    )
    for at in (0, 0.5, 0.99):
        cut = {"close": True}
        yield lost(23, "get", f"cut-{at}", done=True, rules=(rule("get", "answer", cut, at=at),))
        yield lost(
            23,
            "get",
            f"reset-{at}",
            done=True,
            rules=(rule("get", "answer", {"reset": True}, at=at),),
        )
    yield Row(
        fault=23,
        call="get",
        name="always",
        rules=(rule("get", "answer", {"close": True}, at=0.5, times=4),),
        outcome="ConnectionFailed",
        more={"get": 4},
        waits=(5, 10, 15),
    )
    for call in JSON_CALLS:
        yield lost(
            23, call, "cut", done=True, rules=(rule(call, "answer", {"close": True}, at=0.5),)
        )
    for name, do, waits in (
        ("short", {"length": -9}, ()),
        ("no-length", {"length": None, "truncate": 100}, ()),
        ("chunks", {"chunked": 100, "truncate": 250}, (5,)),
        ("long", {"length": 9}, (5,)),
    ):
        yield Row(
            fault=24,
            call="get",
            name=name,
            rules=(rule("get", "after", do),),
            more={"get": 2},
            waits=waits,
        )
    yield Row(
        fault=24,
        call="get",
        name="short-always",
        rules=(rule("get", "after", {"length": -9}, times=4),),
        outcome="ContentMismatch",
        more={"get": 4},
    )
    for name, at in (("first", 0), ("last", -1)):
        yield Row(
            fault=25,
            call="get",
            name=name,
            rules=(rule("get", "after", {"corrupt": at}),),
            more={"get": 2},
        )
    yield Row(
        fault=25,
        call="get",
        name="always",
        rules=(rule("get", "after", {"corrupt": 0}, times=4),),
        outcome="ContentMismatch",
        more={"get": 4},
    )
    cut_first = rule("get", "answer", {"close": True}, at=0.5)
    for name, when, do, gets in (
        ("range-ignored", "before", {"ignore_range": True}, 2),
        ("another-part", "after", {"headers": {"Content-Range": "bytes 5-9/10"}}, 3),
        ("another-etag", "after", {"etag": "0" * 32}, 3),
        ("no-etag", "after", {"etag": None}, 3),
        ("beyond", "before", {"status": 416}, 3),
        ("damaged-rest", "after", {"corrupt": 0}, 3),
    ):
        yield Row(
            fault=26,
            call="get",
            name=name,
            rules=(cut_first, rule("get", when, do, nth=2)),
            more={"get": gets},
            waits=(5,),
        )
    yield Row(
        fault=26,
        call="get",
        name="object-changed",
        rules=(cut_first, rule("get", "before", {"change_object": True}, nth=2)),
        more={"get": 3},
        waits=(5,),
        comparison="storage digest only",
        changed=True,
    )


def _answers() -> Iterator[Row]:
    """F27 to F32, F38, F39: answers that are none, and refusals."""
    slow = {"bytes": 1, "seconds": 0.05}
    for call, at in (
        ("domains", "body"),
        ("upload-url", "head"),
        ("put", "head"),
        ("publish", "head"),
        ("publish", "body"),
        ("get", "head"),
        ("get", "body"),
    ):
        drip = (rule(call, "after", {"drip": {**slow, "at": at}}),)
        yield lost(27, call, f"drip-{at}", done=True, rules=drip, hurry=_HURRY)
    giant: dict[str, Any] = {"body_bytes": 2_000_000}
    bomb: dict[str, Any] = {"bomb": {"bytes": 12_000_000}}
    for call in CALLS:
        for name, do in (("giant", giant), ("bomb", bomb)):
            if call in ("put", "get") and name == "giant":
                do = {"body_bytes": 12_000_000}
            done = (rule(call, "after", do),)
            if call in ("conversation", "publish"):
                yield lost(28, call, name, done=True, rules=done)
            else:
                stands = (1, 0, 1) if call == "put" else None
                yield given_up(28, call, name, "AnswerTooLong", rules=done, stands=stands)
    html = {"body": "<html><h1>502</h1></html>", "headers": {"Content-Type": "text/html"}}
    for call in JSON_CALLS:
        page = (rule(call, "after", html),)
        if call in ("conversation", "publish"):
            yield lost(29, call, "html", done=True, rules=page)
        else:
            yield given_up(29, call, "html", "UnexpectedResponse", rules=page)
    for number, body in enumerate(BODIES):
        bad = (rule("publish", "after", {"body": body, "headers": JSON}),)
        yield lost(29, "publish", f"body-{number}", done=True, rules=bad)
    for call in TALKING:
        item = "1." if call == "conversation" else ""
        at: dict[str, Any] = {"call": call, "fault": 30}
        said = {"status": 200, "body": {"code": "BAD_REQUEST"}, "headers": JSON}
        no = rule(call, "before", said)
        if call != "conversation":
            yield Row(**at, name="no", rules=(no,), outcome="RequestRefused")
            yield Row(**at, name="200", rules=(rule(call, "after", {"patch": {"code": 200}}),))
        missing = (rule(call, "after", {"patch": {f"-{item}code": None}}),)
        other = (rule(call, "after", {"patch": {f"{item}reqId": "another"}}),)
        if call in ("conversation", "publish"):
            yield lost(30, call, "missing", done=True, rules=missing)
            yield lost(31, call, "other", done=True, rules=other)
        else:
            yield given_up(30, call, "missing", "UnexpectedResponse", rules=missing)
            yield Row(fault=31, call=call, name="other", rules=other, more={call: 2})
            yield Row(
                fault=31,
                call=call,
                name="other-always",
                rules=(rule(call, "after", {"patch": {"reqId": "another"}}, times=4),),
                outcome="UnexpectedResponse",
                more={call: 4},
            )
    for call in CALLS:
        for name, target in (
            ("same-host", "/elsewhere"),
            ("other-host", "http://127.0.0.1:9/x"),
            ("file", "file:///etc/passwd"),
        ):
            away = (rule(call, "before", {"redirect": target}),)
            yield given_up(32, call, name, "RedirectRefused", rules=away)
    closed = {"status": 400, "patch": {"body.msg": "Bad Request, Conversation is close"}}
    yield given_up(
        38, "publish", "closed", "ConversationClosed", rules=(rule("publish", "before", closed),)
    )
    yield given_up(
        38, "publish", "404", "NotFound", rules=(rule("publish", "before", {"status": 404}),)
    )
    for call, status in (("upload-url", 413), ("put", 413), ("put", 400), ("publish", 413)):
        no = rule(call, "before", {"status": status})
        yield given_up(39, call, str(status), "RequestRefused", rules=(no,))


def _people() -> Iterator[Row]:
    """F22, F34 to F37, F40: what people and computers do, and everything at once."""
    for call in ("upload-url", "put"):
        yield Row(fault=22, call=call, name="changed", act="change")
    at: dict[str, Any] = {"fault": 34, "call": "get", "cells": True}
    yield Row(**at, name="full", act="disk full", outcome="NotSaved", comparison="identical")
    yield Row(**at, name="renaming", act="no renaming", outcome="NotSaved", comparison="identical")
    yield Row(**at, name="no-folder", act="folder gone", outcome="InputError", more={"get": 0})
    for call in CALLS:
        for moment in ("before", "after"):
            done = moment == "after"
            row = Row(
                fault=35,
                call=call,
                name=moment,
                cells=True,
                act=f"interrupt {moment}",
                more={call: 2},
            )
            special: dict[str, Any] = {}
            if call in ("conversation", "publish"):
                counts = {"look": 1} if done else {"look": 4, call: 2}
                special = {
                    "more": {"login": 1, **counts},
                    "waits": LOOKS[:1] if done else LOOKS,
                }
            yield Row(**{**vars(row), **special})
    for call in ("upload-url", "put", "publish", "download-url", "get"):
        again = ("domains",) if call == "get" else CALLS[:3]
        yield Row(
            fault=36,
            call=call,
            name="restart",
            cells=True,
            act="restart",
            more=dict.fromkeys(again, 2),
        )
    yield Row(fault=37, call="domains", name="two", people=2)
    yield Row(
        fault=37,
        call="publish",
        name="two-lost",
        people=2,
        rules=(rule("publish", "after", {"reset": True}, times=2),),
        more={"look": 2, "login": 2},
        waits=(0, 0),
    )
    anything = (
        rule("publish", "after", {"reset": True}, rate=0.3),
        rule("publish", "before", {"status": 503}, rate=0.3),
        rule("upload-url", "before", {"reset": True}, rate=0.2),
        rule("put", "after", {"etag": "0" * 32}, rate=0.3),
        rule("put", "before", {"expire": "url"}, rate=0.1),
        rule("get", "after", {"corrupt": 3}, rate=0.3),
        rule("get", "answer", {"close": True}, at=0.5, rate=0.3),
    )
    for seed in range(1, 9):
        yield Row(
            fault=40,
            call="upload-url",
            name=f"seed-{seed}",
            rules=anything,
            seed=seed,
            counted=False,
        )
    for call in SAFE:
        yield Row(
            fault=40,
            call=call,
            name="budget",
            budget=2,
            rules=(rule(call, "before", {"status": 503}, times=3),),
            outcome="ServerFailed",
            more={call: 3},
            waits=(5, 10),
        )


ROWS = (
    *_connections(),
    *_failures(),
    *_tokens_and_urls(),
    *_storage(),
    *_answers(),
    *_people(),
)
