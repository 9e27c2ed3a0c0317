"""The public API as a user would write it: type-checked strictly, and never run."""

import lpnb
from lpnb import samples


def everything(account: lpnb.Account) -> list[str]:
    """Take every step, and give what a program keeps of it."""
    session: lpnb.Session = lpnb.connect(
        account, consumer="ada", policy=lpnb.RetryPolicy(waits=(1, 2))
    )
    host: str = lpnb.find_domains(session)["swift"]
    login = lpnb.log_in(session)
    enabled: bool = lpnb.enable_file_sharing(session, login, confirm=account.id).enabled
    lpnb.log_out(session, lpnb.log_in(session))
    ends: float = lpnb.get_app_token(session).expires
    consumer: str = lpnb.get_consumer_token(session).consumer_id
    conversation = lpnb.create_conversation(session, profile={"firstName": "Ada"})
    image: lpnb.ImageFile = lpnb.ImageFile.read(b"...", name="picture.png", check=False)
    preview: lpnb.Preview = image.preview()
    upload_url = lpnb.request_upload_url(session, image)
    stored = lpnb.upload_file(session, upload_url, image)
    sequence: int | None = lpnb.publish_file(
        session, conversation, stored, caption="x", preview=preview
    ).sequence
    found = lpnb.find_published(session, conversation, stored.relative_path)
    there: bool = found is not None and found.sequence == sequence
    download_url = lpnb.request_download_url(session, stored)
    left: float | None = download_url.seconds_left(session)
    content: bytes = lpnb.download_file(session, download_url, path="back.jpg").content
    share = lpnb.share_file(session, conversation, image, preview=lpnb.AUTO, watch=print)
    ledger = lpnb.Ledger("shared.db")
    many = lpnb.share_files(session, conversation, [image, ("b.jpg", "b")], ledger=ledger)
    receipts = [item.receipt for item in many.items if item.status == "shared"]
    resumed = lpnb.resume_conversation(session, conversation.id)
    kept: lpnb.Receipt = lpnb.share_file(session, resumed, image, ledger=ledger).receipt
    identical: list[bool] = [one.verify(session).identical for one in (*receipts, kept) if one]
    same: bool = lpnb.fetch_file(session, share, watch=print).comparison.identical
    lpnb.close_conversation(session, conversation)
    return [host, consumer, str((enabled, ends, sequence, there, left, content, same, identical))]


def practice() -> lpnb.Exchange | None:
    """Use the sandbox's powers, and keep what was refused."""
    with lpnb.Sandbox(sharing=False) as sandbox:
        session = lpnb.connect(sandbox)
        sandbox.clock.advance(61)
        sandbox.faults.add({"where": {"service": "swift"}, "do": {"status": 503}})
        try:
            lpnb.share_file(session, lpnb.create_conversation(session), samples.default())
        except lpnb.ServiceError as refused:
            return refused.exchange
        except lpnb.InputError:
            pass
    return None


def forms() -> tuple[lpnb.ImageFile, lpnb.Account | None]:
    """Take what the forms hold."""
    return lpnb.ImagePicker().submit(), lpnb.AccountForm().submit()


def pictures() -> list[lpnb.ImageFile]:
    """Draw samples, good and bad."""
    half = samples.bad.truncated(50_000, type="PNG")
    return [
        samples.phone(),
        half,
        samples.odd.rotated(8),
        *(make() for make in samples.BAD.values()),
    ]
