"""Upload URLs, publishing a file, download URLs: the rules of sharing."""

import hashlib
import re

import pytest
from sandbox_client import PNG, Client, envelope, hosted_file, schema, text

from lpnb.sandbox import Sandbox

MEGABYTES_3 = 3 * 1024 * 1024
PREVIEW = "data:image/jpeg;base64,"


def ask(client, **body):
    return client.send("ms.GenerateURLForUploadFile", body)


def test_upload_url(client, conversation):
    """An upload URL has the documented path, owned by the consumer, and lives a minute."""
    client.sandbox.clock.advance(0.5)
    answer = ask(client, fileSize="350", fileType="JPEG")
    path = answer.json()["body"]["relativePath"]
    owner = hashlib.sha256(f"{client.sandbox.account}Ada".encode()).hexdigest()

    schema("generate-url.response").validate(answer.json())
    assert "X-Sandbox-Guess" not in answer.headers
    assert re.fullmatch(
        rf"/v1/AUTH_async-images/{client.sandbox.account}/{owner}_uuid_[0-9a-f]{{8}}-[0-9a-f]{{4}}"
        r"-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}_\d\d-\d\d-\d{4}_\d\d-\d\d-\d\d-\d{3}\.JPEG",
        path,
    )
    expires = answer.json()["body"]["queryParams"]["temp_url_expires"]
    assert 59 <= int(expires) + 1 - client.sandbox.clock.now() <= 61


@pytest.mark.parametrize("kind", ["JPG", "JPEG", "PNG", "GIF"])
@pytest.mark.parametrize("size", ["1", 1, "350", MEGABYTES_3 - 1, str(MEGABYTES_3)])
def test_allowed_files(client, kind, size):
    """Pictures of up to 3 MB get a URL; the size may be a string or a number."""
    body = {"fileSize": size, "fileType": kind}
    schema("generate-url-upload.request").validate(envelope("ms.GenerateURLForUploadFile", body))

    assert 200 == ask(client, **body).status_code


@pytest.mark.parametrize("size", [0, "0", -1, "-1", "", "1.5", 1.5, "1e3", "٣", None, True, []])
def test_malformed_size(client, size):
    """A size is a whole number of bytes from 1."""
    assert 400 == ask(client, fileSize=size, fileType="PNG").status_code


@pytest.mark.parametrize(
    ("body", "guess"),
    [
        ({"fileSize": str(MEGABYTES_3 + 1), "fileType": "PNG"}, "3 MB"),
        ({"fileSize": "99999999", "fileType": "PNG"}, "3 MB"),
        ({"fileSize": "1", "fileType": "PDF"}, "fileType"),
        ({"fileSize": "1", "fileType": "png"}, "fileType"),
        ({"fileSize": "1", "fileType": ""}, "fileType"),
    ],
)
def test_refused_files(client, body, guess):
    """Too large a file and another type are a 400 whose words are a guess."""
    answer = ask(client, **body)

    assert [400, "BAD_REQUEST"] == [answer.status_code, answer.json()["code"]]
    assert guess in answer.headers["X-Sandbox-Guess"]


@pytest.mark.parametrize("body", [{"fileSize": "1"}, {"fileType": "PNG"}, {"fileType": ["PNG"]}])
def test_missing_fields(client, body):
    """Size and type are both required."""
    assert 400 == ask(client, **body).status_code


def test_other_types_are_switchable(client):
    """An account with the later file sharing takes PDF as well."""
    client.sandbox.guesses["file_types"] = ("PNG", "PDF")
    client.strict = False  # the schema knows pictures only

    assert client.upload_url("PDF")["relativePath"].endswith(".PDF")


@pytest.mark.parametrize("kind", ["IMG", "JPG", "JPEG", "PNG", "GIF", "TXT", "PDF"])
def test_types_that_are_published(client, conversation, kind):
    """Those of the documented schema and pages together go out."""
    path = client.uploaded()

    assert 200 == client.publish(conversation, hosted_file(path, fileType=kind)).status_code


@pytest.mark.parametrize("kind", ["DOC", "DOCX", "XLS", "XLSX", "PPT", "PPTX", "pdf", ""])
def test_types_that_are_not_published(client, conversation, kind):
    """No other goes out, unless uploads are told to take it."""
    path = client.uploaded()
    refused = client.publish(conversation, hosted_file(path, fileType=kind))
    client.sandbox.guesses["file_types"] = (kind,)
    client.strict = False
    taken = client.publish(conversation, hosted_file(path, fileType=kind))

    assert (400, 200) == (refused.status_code, taken.status_code)


def test_sharing_off(client, conversation):
    """While file sharing is off no upload URL is given."""
    client.sandbox.sharing = False
    answer = ask(client, fileSize="1", fileType="PNG")

    assert 400 == answer.status_code
    assert "sharing is off" in answer.headers["X-Sandbox-Guess"]


def test_share_and_fetch(client, conversation):
    """A file goes up, is published with its caption and preview, and comes back the same."""
    path = client.uploaded()
    event = hosted_file(path, preview=PREVIEW + "AAAA")
    body = {"dialogId": conversation, "event": event}
    schema("publish-event-hosted-file.request").validate(envelope("ms.PublishEvent", body))
    published = client.publish(conversation, event)
    fetched = client.http.get(client.address(client.download_url(path)))

    assert [200, {"sequence": 0}] == [published.status_code, published.json()["body"]]
    assert "X-Sandbox-Guess" not in published.headers
    assert [200, PNG] == [fetched.status_code, fetched.content]
    message = client.sandbox.conversations[conversation].messages[0]
    assert (0, "hosted/file", "a receipt", path, PREVIEW + "AAAA", "PNG") == (
        message.sequence,
        message.type,
        message.caption,
        message.relative_path,
        message.preview,
        message.file_type,
    )
    assert path.split("/")[-1].startswith(message.originator)


def test_caption_and_preview_are_optional(client, conversation):
    """A file may be published with its path and type alone."""
    event = hosted_file(client.uploaded())
    del event["message"]["caption"]

    assert 200 == client.publish(conversation, event).status_code


@pytest.mark.parametrize(("size", "status"), [(30_719, 200), (30_720, 200), (30_721, 400)])
def test_preview_limit(client, conversation, size, status):
    """A preview, the whole data URI, has at most 30,720 characters."""
    preview = PREVIEW + "A" * (size - len(PREVIEW))
    answer = client.publish(conversation, hosted_file(client.uploaded(), preview=preview))

    assert status == answer.status_code
    assert (status == 400) == ("X-Sandbox-Guess" in answer.headers)


@pytest.mark.parametrize(
    "message",
    [
        {"preview": "AAAA"},
        {"preview": "data:image/svg+xml;base64,AAAA"},
        {"preview": 1},
        {"caption": None},
        {"fileType": "png"},
        {"fileType": None},
        {"relativePath": None},
        {"relativePath": "/v1/AUTH_async-images/87654321/x.PNG"},
        {"relativePath": "v1/AUTH_async-images/12345678/x.PNG"},
        {"relativePath": "/v1/AUTH_async-images/12345678/"},
    ],
    ids=str,
)
def test_malformed_file(client, conversation, message):
    """A hosted file of wrong form is not published."""
    event = hosted_file(client.uploaded()) | {}
    event["message"] |= message

    assert 400 == client.publish(conversation, event).status_code
    assert [] == client.sandbox.conversations[conversation].messages


def test_declared_type_may_differ(client, conversation):
    """The type published need not be the one declared for the upload."""
    event = hosted_file(client.uploaded(), fileType="JPEG")

    assert 200 == client.publish(conversation, event).status_code


def test_publish_never_uploaded(client, conversation):
    """A path with no object is published all the same: a guess that can be switched."""
    path = client.upload_url()["relativePath"]
    first = client.publish(conversation, hosted_file(path))
    client.sandbox.guesses["publish_never_uploaded"] = "refused"

    assert 200 == first.status_code
    assert "looks for the object" in first.headers["X-Sandbox-Guess"]
    assert 400 == client.publish(conversation, hosted_file(path)).status_code


def test_publish_path_of_another_consumer(client, conversation):
    """Another consumer's path is not published, unless switched."""
    path = client.uploaded(consumer="Grace")
    first = client.publish(conversation, hosted_file(path))
    client.sandbox.guesses["publish_foreign_path"] = "accepted"

    assert 400 == first.status_code
    assert 200 == client.publish(conversation, hosted_file(path)).status_code


def test_after_close(client, conversation):
    """After close a file is still fetched, and nothing is uploaded or published any more."""
    path = client.uploaded()
    client.publish(conversation, hosted_file(path))
    client.close(conversation)
    upload = ask(client, fileSize="1", fileType="PNG")

    assert [400, "Bad Request, Conversation is close"] == [
        upload.status_code,
        upload.json()["body"]["msg"],
    ]
    assert 400 == client.publish(conversation, hosted_file(path)).status_code
    assert PNG == client.http.get(client.address(client.download_url(path))).content


def test_upload_in_a_later_conversation(client, conversation):
    """With a new conversation open, uploads are given again."""
    client.close(conversation)
    client.open()

    assert 200 == ask(client, fileSize="1", fileType="PNG").status_code


def test_upload_after_close_is_switchable(client, conversation):
    """Uploads after close can be allowed."""
    client.close(conversation)
    client.sandbox.guesses["upload_after_close"] = "given"

    assert 200 == ask(client, fileSize="1", fileType="PNG").status_code


@pytest.mark.parametrize("size", ["0", 0])
def test_an_empty_file_is_a_guess(client, size):
    """That no empty file is uploaded is a guess, which can be switched."""
    client.strict = False  # the schema is that of what to send
    refused = ask(client, fileSize=size, fileType="PNG")
    client.sandbox.guesses["zero_size"] = "given"
    given = ask(client, fileSize=size, fileType="PNG")

    assert [400, 200] == [refused.status_code, given.status_code]
    for answer in (refused, given):
        assert "empty file" in answer.headers["X-Sandbox-Guess"]


def test_download_url_after_close_is_a_guess(client, conversation):
    """Only a demo shows that downloads outlive the conversation: a guess that can be switched."""
    path = client.uploaded()
    body = {"relativePath": path}
    before = client.send("ms.GenerateURLForDownloadFile", body)
    client.close(conversation)
    given = client.send("ms.GenerateURLForDownloadFile", body)
    client.sandbox.guesses["download_after_close"] = "refused"
    refused = client.send("ms.GenerateURLForDownloadFile", body)

    assert [200, 200, 400] == [one.status_code for one in (before, given, refused)]
    assert "X-Sandbox-Guess" not in before.headers
    for answer in (given, refused):
        assert "outlive" in answer.headers["X-Sandbox-Guess"]


def test_download_url_of_missing_object(client):
    """A path with no object gets a download URL, and storage then says 404."""
    path = client.upload_url()["relativePath"]
    answer = client.send("ms.GenerateURLForDownloadFile", {"relativePath": path})

    assert "missing object" in answer.headers["X-Sandbox-Guess"]
    assert 404 == client.http.get(client.address(answer.json()["body"])).status_code


@pytest.mark.parametrize(
    "path", [None, "", 1, "x", "/v1/AUTH_async-images/12345678/x?y", "//v1/AUTH_async-images/1/x"]
)
def test_malformed_download(client, path):
    """A path that is none of the account's is a Bad Request."""
    answer = client.send("ms.GenerateURLForDownloadFile", {"relativePath": path})

    assert 400 == answer.status_code


def test_download_of_another_consumers_file(client):
    """A path that was never shared with the consumer gets no URL: a guess."""
    path = client.uploaded(consumer="Grace")
    answer = client.send("ms.GenerateURLForDownloadFile", {"relativePath": path})

    assert 400 == answer.status_code
    assert "never shared" in answer.headers["X-Sandbox-Guess"]


def test_giving_foreign_paths_is_a_guess(client, conversation):
    """If a path that was never shared may be asked for, the answer names the guess."""
    client.sandbox.guesses["download_foreign_path"] = "given"
    path, kind = client.uploaded(), "ms.GenerateURLForDownloadFile"
    client.open("Grace")
    answer = client.send(kind, {"relativePath": path}, consumer="Grace")

    assert 200 == answer.status_code
    assert "path never shared" in answer.headers["X-Sandbox-Guess"]


def test_lifetimes_are_arguments():
    """Upload and download URLs have lifetimes of their own."""
    now = [1_706_770_000.0]
    with Sandbox(upload_seconds=120, download_seconds=10, time=lambda: now[0]) as sandbox:
        client = Client(sandbox)
        with client.http:
            upload = client.upload_url()
            client.put(upload)
            download = client.download_url(upload["relativePath"])

    assert ["1706770120", "1706770010"] == [
        url["queryParams"]["temp_url_expires"] for url in (upload, download)
    ]


def test_texts_do_not_disturb(client, conversation):
    """Texts and files share one sequence."""
    client.publish(conversation, text("look"))
    client.publish(conversation, hosted_file(client.uploaded()))

    assert [0, 1] == [one.sequence for one in client.sandbox.conversations[conversation].messages]


@pytest.mark.parametrize("secret", ["password", "client_secret", "storage_key", "control_token"])
def test_secrets_differ_each_start(sandbox, secret):
    """Secrets are drawn at each start, have a recognisable shape, and are in no repr."""
    with Sandbox() as other:
        theirs, ours = getattr(other, secret), getattr(sandbox, secret)

    assert theirs != ours
    assert ours.startswith(f"sandbox-{secret.replace('_', '-')}-")
    assert ours not in repr(sandbox) + str(sandbox) + repr(sandbox.clock) + repr(sandbox.journal)
