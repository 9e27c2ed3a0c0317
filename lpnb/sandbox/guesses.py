"""Every guess the sandbox makes about LivePerson, in one table: what no public source decides."""

from collections.abc import Collection, Iterator, MutableMapping
from dataclasses import dataclass
from typing import Any

from .names import unknown


@dataclass(frozen=True, slots=True)
class Guess:
    """
    One guess: its value can be switched, its sentence goes out as ``X-Sandbox-Guess``.

    Args:
        sentence: what is guessed, in one ASCII sentence.
        source: what comes nearest to deciding it, a key of `SOURCES`, which says it in words.
        choices: the values that mean something; empty when any value of the default's type does.
    """

    name: str
    default: Any
    sentence: str
    source: str
    choices: tuple[Any, ...] = ()

    @property
    def words(self) -> str:
        """The source as a reader finds it: LivePerson's public page or code, and what it says."""
        return SOURCES[self.source]


# fmt: off
TABLE = (
    Guess("plain_http", 421, "Services speak https only; how they refuse http is open.", "1"),
    # Domain API, agentVep, accountConfig
    Guess("domain_error_body", "", "Bodies of the Domain API's refusals are not documented.", "1"),
    Guess("unknown_service", 404, "The status for an unknown service name is not documented.", "1"),
    Guess("unknown_version", 404, "The status for a wrong v is not documented here.", "2-5"),
    Guess("login_refusal", "Login failed", "The words of a refused login are not documented.", "2"),
    Guess("settings_error", 10, "This refusal's body is not documented; a sister's is used.", "3"),
    Guess("missing_if_match", 412, "The refusal of a missing If-Match is not documented.", "3"),
    Guess("stale_if_match", 412, "The refusal of a stale If-Match is not documented.", "15.10"),
    Guess("settings_version", 400, "A sister service refuses a wrong v so; its body is open.", "3"),
    Guess("read_filters", "", "What a filter of properties filters is not documented.", "3"),
    Guess("feature_grants", "", "Of a feature grant only id and value are known.", "3.2"),
    Guess("installation_created", 201, "The status for a new application is not documented.", "4",
          (201, 200)),
    Guess("installation_change", "replaced", "Whether fields left out of a change stay is open.",
          "4", ("replaced", "merged")),
    Guess("installation_removed", 200, "The status for a removed application is not documented.",
          "4", (200, 204)),
    Guess("installation_body", 400, "How a faulty manifest is refused is not documented.", "4"),
    Guess("installation_name", 409, "Names are unique; how a taken one is refused is open.", "4"),
    Guess("property_type", 2, "The number in a property's type is invented.", "15.9"),
    # sentinel, idp
    Guess("sentinel_refusal", 401, "Of Sentinel's refusals only OAuth 2.0 is said.", "15.11"),
    Guess("disabled_application", "refused", "Whether a disabled application gets tokens is open.",
          "4", ("refused", "issued")),
    Guess("removed_application", "tokens live on", "Whether tokens end with it is not documented.",
          "4", ("tokens live on", "tokens end")),
    Guess("expires_in", "absent", "Whether Sentinel v1.0 says expires_in is not known.", "13.17",
          ("absent", "string", "number")),
    Guess("idp_refusal", "9007", "The body of an idp refusal is known from one report only.", "5"),
    Guess("bearer_prefix", "refused", "No sample has a Bearer prefix here.", "13.28",
          ("refused", "accepted")),
    # conversation and send
    Guess("content_type", "", "A body of another Content-Type is not read as JSON.", "6.1"),
    Guess("json_size", 1_048_576, "The size limit of a JSON body is not documented.", "7.5"),
    Guess("missing_brand", 400, "The pages disagree on the status for a missing brandId.", "13.29"),
    Guess("already_open", 400, "Whether this refusal is always HTTP 400 is open.", "15.15",
          (400, 200)),
    Guess("create_body", 400, "What a create body that breaks this rule gets is open.", "6.1"),
    Guess("client_properties", "warned", "What faulty Client-Properties get is open.", "6.4",
          ("warned", "refused")),
    Guess("unknown_conversation", 400, "The answer to an unknown dialogId is open.", "7.5"),
    Guess("other_consumer", 401, "This 401 is documented, its body is not.", "7.5"),
    Guess("text_limit", 5000, "A cap of 5000 characters is read as one on text messages.", "13.10"),
    Guess("preview_limit", 30_720, "Under 30 KB is read as 30,720 characters.", "15.13"),
    Guess("change_after_close", "refused", "Whether a closed conversation takes a change is open.",
          "6.5", ("refused", "accepted")),
    Guess("rating_answer", "as for closing", "The words that answer a rating are not documented.",
          "6.5", ("as for closing",)),
    Guess("preview_form", 400, "The refusal of a preview that is no data URI is open.", "7.3"),
    Guess("typing_sequence", "absent", "Whether typing takes a sequence is open.", "9.3",
          ("absent", "given")),
    Guess("server_failure", "envelope", "Of a 5xx body one example is documented, for 502.", "6.3",
          ("envelope", "empty")),
    # files
    Guess("sharing_off", 400, "The refusal while file sharing is off is not documented.", "15.1"),
    Guess("size_limit", 3_145_728, "How a file over 3 MB is refused is not documented.", "15.2"),
    Guess("file_types", ("JPG", "JPEG", "PNG", "GIF"),
          "How another fileType is refused is not documented.", "15.3-4"),
    Guess("zero_size", "refused", "Whether an empty file gets an upload URL is open.", "14.11",
          ("refused", "given")),
    Guess("upload_before_create", "given", "Whether an upload URL needs a conversation is open.",
          "7.2", ("given", "refused")),
    Guess("upload_after_close", "refused", "Whether uploads end with the conversation is open.",
          "13.30", ("refused", "given")),
    Guess("publish_never_uploaded", "accepted", "Whether publishing looks for the object is open.",
          "15.5", ("accepted", "refused")),
    Guess("publish_foreign_path", "refused", "Whether another consumer's path may go out is open.",
          "15.5", ("refused", "accepted")),
    Guess("download_foreign_path", "refused", "Whether a path never shared may be asked is open.",
          "7.4", ("refused", "given")),
    Guess("download_after_close", "given", "That downloads outlive conversations is a demo's way.",
          "13.30", ("given", "refused")),
    Guess("download_missing_object", "given", "Whether a missing object gets a URL is open.",
          "15.6", ("given", "refused")),
    # webhooks
    Guess("webhook_signature", "sha1-base64", "Which signature an account has is its own affair.",
          "9.2", ("sha1-base64", "sha1-hex", "sha256-base64", "sha256-hex")),
    Guess("webhook_file_type", "ContentEvent", "The pages disagree on the event type of a file.",
          "13.21", ("ContentEvent", "RichContentEvent")),
    # message history
    Guess("history_record", "as in samples", "Values and order are open where no sample has them.",
          "12", ("as in samples",)),
    Guess("history_refusal", 400, "How a faulty search is refused is not documented.", "12"),
    Guess("history_source", "warned", "A required source is left out by clients that work.", "12",
          ("warned", "refused")),
    Guess("history_lag", 0, "It may be up to a minute late, LivePerson says; when is not said.",
          "12"),
    Guess("history_days", 92, "Three months, the longest search, are read as 92 days.", "12"),
    # storage
    Guess("storage_rules", "swift", "This is OpenStack Swift's way, not LivePerson's word.", "15.7",
          ("swift",)),
    Guess("object_size", 3_145_728, "The storage's own size limit is not documented.", "8"),
    Guess("storage_cors", "open", "That web pages may reach storage is read from a demo.", "8",
          ("open", "closed")),
    Guess("stored_bytes", "unchanged", "Whether and how pictures are re-encoded is open.", "15.8",
          ("unchanged", "re-encoded")),
)
# fmt: on


class Guesses(MutableMapping[str, Any]):
    """
    The table's values by name, to read and to switch: ``guesses["already_open"] = 200``.

    Args:
        settled: the names of those that someone else has decided.
    """

    def __init__(self, *, settled: Collection[str] = ()) -> None:
        self._settled = settled
        self._table = {guess.name: guess for guess in TABLE}
        self._values = {guess.name: guess.default for guess in TABLE}

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        guess = self.about(name)
        if name in self._settled:
            raise ValueError(f"guess {name!r} can't be switched: a real Swift decides it")
        if guess.choices and value not in guess.choices:
            allowed = ", ".join(map(repr, guess.choices))
            raise ValueError(f"guess {name!r} is one of {allowed}, not {value!r}")
        if type(value) is not type(guess.default):
            wanted = type(guess.default).__name__
            raise ValueError(f"guess {name!r} takes {wanted}, not {value!r}")
        self._values[name] = value

    def __delitem__(self, name: str) -> None:
        self._values[name] = self.about(name).default

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def about(self, name: str) -> Guess:
        """Give the table's row for *name*."""
        if name not in self._table:
            raise unknown("guess", name, self._table)
        return self._table[name]

    def reset(self) -> None:
        """Take every default again."""
        self._values = {guess.name: guess.default for guess in TABLE}


_SHARE = "share-image example page: "
_SEND = "Send API, send page: "
SOURCES = {
    "1": "Domain API page: statuses, no bodies",
    "2": "login service pages: statuses, one body",
    "2-5": "pages of login, account configuration, Sentinel and idp: not mentioned",
    "3": "account configuration pages and LivePerson's site property script: good answers only",
    "3.2": "LivePerson's connector demo app: what it reads of them",
    "4": "Connector API authorization and application install pages: good answers only",
    "5": "developer-center issue 198: a customer's report",
    "6.1": "Send API, conversation page: the rule, no refusal",
    "6.3": "Send API error codes page, release notes of February 2019: one sample",
    "6.4": "developer-center's Client-Properties schema: the rule, no refusal",
    "6.5": "Send API pages and LivePerson's connector demo app: closing, and one answer",
    "7.2": f"{_SHARE}the order of steps, not whether it must be so",
    "7.3": f"{_SHARE}a data URI, no refusal",
    "7.4": f"{_SEND}a path of either side, no refusal",
    "7.5": f"{_SEND}statuses at most, no bodies",
    "8": f"{_SHARE}201 and 401; LivePerson's connector demo app: uploads from a web page",
    "9.2": "webhook protocol page: kinds of signature, by account",
    "9.3": "webhook events page: samples",
    "12": "message history pages: samples and schemas, few refusals",
    "13.10": "LivePerson's DevAssist connector guide: 5000 characters of a request",
    "13.17": "authorization page: absent; LivePerson's Functions toolbelt: a string",
    "13.21": "webhook events page: ContentEvent; an earlier version: RichContentEvent",
    "13.28": "Connector API authorization page: samples without one",
    "13.29": "Send API error codes page: 40001 in a table of 401s",
    "13.30": "LivePerson's connector demo app: downloads after closing",
    "14.11": f"{_SHARE}a size as text, nothing on zero",
    "15.1": f"{_SHARE}the feature is to be enabled, no refusal",
    "15.2": f"{_SHARE}3MB, no refusal",
    "15.3-4": f"{_SHARE}four types, no refusal",
    "15.5": f"{_SHARE}400, check size and corruption",
    "15.6": f"{_SEND}not mentioned",
    "15.7": f"{_SHARE}a Swift URL, 201 and 401",
    "15.8": "photo sharing guide: pictures are sanitised",
    "15.9": "LivePerson's site property script: a number, unexplained",
    "15.10": "account configuration pages: ac-revision and If-Match, no refusal",
    "15.11": "Connector API authorization page: as OAuth 2.0, no more",
    "15.13": f"{_SHARE}under 30KB, not said of what",
    "15.15": "LivePerson's DevAssist connector guide: one sample, a 400",
}
MISSING = (
    "Every refusal for load: 429 and 503 come from a fault you add, never by themselves.",
    "Logins by single sign-on, with captcha, or of bots with an app key.",
    "The WebSocket API, the Messaging REST API, bulk file download and monitoring.",
    "Rich content, voice messages, and files of other types than pictures.",
    "Queues, transfers, surveys as dialogs of their own, and more than one account.",
    "RS256: tokens look like LivePerson's, but only the sandbox can check them.",
    "Inspection of pictures: they are stored as they come, or with a remark (stored_bytes).",
    "Mutual TLS for webhooks.",
)
