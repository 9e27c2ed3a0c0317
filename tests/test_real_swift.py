"""All seven steps with their storage in a real OpenStack Swift."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

import lpnb
from lpnb.steps.download import _Fetch
from lpnb.steps.upload import _Upload


def test_the_seven_steps_against_a_real_swift(
    swift_sandbox: lpnb.Sandbox, image: lpnb.ImageFile
) -> None:
    """From the feature's switch to the same bytes, with Swift as storage."""
    swift_sandbox.sharing = False
    session = lpnb.connect(swift_sandbox)
    domains = lpnb.find_domains(session)
    lpnb.enable_file_sharing(session, lpnb.log_in(session))
    lpnb.get_app_token(session)
    lpnb.get_consumer_token(session)
    conversation = lpnb.create_conversation(session)
    share = lpnb.share_file(session, conversation, image, caption="My parcel")
    fetch = lpnb.fetch_file(session, share)
    lpnb.close_conversation(session, conversation)
    session.close()
    (stored,) = swift_sandbox.objects.values()

    assert swift_sandbox.storage == f"http://{domains['swift']}"
    assert "identical" == fetch.comparison.outcome
    assert (image.content, image.md5) == (stored.content, stored.etag)


def test_a_real_swift_gives_the_rest_and_the_digest(
    swift_sandbox: lpnb.Sandbox, image: lpnb.ImageFile
) -> None:
    """Swift gives a part of what is unchanged, 412 for what is not, and HEAD by a URL for PUT."""
    session = lpnb.connect(swift_sandbox)
    lpnb.create_conversation(session)
    upload = _Upload(session, lpnb.request_upload_url(session, image), image)
    stored = lpnb.upload_file(session, upload.url, image)
    fetch = _Fetch(session, lpnb.request_download_url(session, stored), image.size)
    fetch._came, fetch._etag = image.content[:100_000], stored.etag
    rest, weighed = session.send(fetch.request()), session.send(upload.about("HEAD"))
    fetch._etag = "0" * 32
    other = session.send(replace(fetch.request(), flawed=None))
    session.close()

    assert (206, image.content) == (rest.status, fetch.content)
    assert (200, str(image.size)) == (weighed.status, weighed.headers["Content-Length"])
    assert image.md5 == weighed.headers["ETag"]
    assert 412 == other.status


def test_swifts_refusal_is_understood(swift_sandbox: lpnb.Sandbox, image: lpnb.ImageFile) -> None:
    """A URL for uploading is of no use for downloading, in Swift's own words."""
    session = lpnb.connect(swift_sandbox)
    lpnb.create_conversation(session)
    url = lpnb.request_upload_url(session, image)
    lpnb.upload_file(session, url, image)
    with pytest.raises(lpnb.ServiceError) as refusal:
        lpnb.download_file(session, url)
    session.close()

    assert 401 == refusal.value.exchange.status


def test_the_command_line_offers_it() -> None:
    """``lpnb sandbox --storage swift`` serves ``lpnb share`` like a real account."""
    command = [sys.executable, "-m", "lpnb"]
    given = [*command, "sandbox", "--storage", "swift", "--json"]
    with subprocess.Popen(given, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        ready = json.loads(server.stdout.readline())
        names = ("account", "client_id", "client_secret", "domain_api")
        settings = {f"LPNB_{name.upper()}": ready[name] for name in names}
        share = [*command, "share", "--account", "env", "--json"]
        done = subprocess.run(share, env=os.environ | settings, capture_output=True, text=True)
        server.terminate()

    report = json.loads(done.stdout)
    assert (0, True, None) == (done.returncode, report["identical"], report["error"])
    put = next(step for step in report["steps"] if step["name"] == "upload_file")
    assert put["url"].startswith(ready["storage"] + ready["storage_account_path"])
