"""What a person does to the forms, by mouse and keyboard, whatever notebook they stand in."""

import base64
from pathlib import Path

from playwright.sync_api import Locator

from tests.browser.lab import within


def choose(form: Locator, file: Path) -> None:
    """Choose *file* with the mouse, in the dialog that the picker's button opens."""
    with form.page.expect_file_chooser() as chooser:
        form.get_by_text("Choose a picture").first.click()
    chooser.value.set_files(file)


def chooser(form: Locator) -> Locator:
    """Give what opens the dialog for files when a key is pressed on it."""
    return form.locator('input[type="file"], button:has-text("Choose a picture")').first


def use_live(form: Locator, **fields: str) -> None:
    """Type a real account's *fields* into the account form, and press its button."""
    form.get_by_role("checkbox", name="LIVE").check()
    for label, value in fields.items():
        form.get_by_label(label.replace("_", " "), exact=True).fill(value)
    press(form, "Use this account")


def press(form: Locator, button: str) -> None:
    """Click the *button* of that name with the mouse."""
    form.get_by_role("button", name=button).click()


def tab_to(control: Locator, *, most: int = 40) -> None:
    """Press Tab until *control* has the focus; it is an error if it never gets there."""
    page = control.page
    for _ in range(most):
        page.keyboard.press("Tab")
        if control.evaluate("(one) => one === document.activeElement"):
            return
    raise AssertionError(f"{most} times Tab did not lead to {control}")


def drop(place: Locator, *files: Path) -> None:
    """Drag *files* from elsewhere over *place* and drop them, as the system would do it."""
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box is not None
    session = place.page.context.new_cdp_session(place.page)
    data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        where = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        session.send("Input.dispatchDragEvent", {"type": kind, **where, "data": data})
    session.detach()


def paste(place: Locator, content: bytes) -> None:
    """Copy a PNG picture as a program would, and paste it with the keyboard into *place*."""
    page = place.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    script = """
        const bytes = Uint8Array.from(atob(values[0]), (one) => one.charCodeAt(0));
        const blob = new Blob([bytes], {type: "image/png"});
        at("clipboard");
        await navigator.clipboard.write([new ClipboardItem({"image/png": blob})]);
    """
    page.bring_to_front()
    within(page, script, base64.b64encode(content).decode())
    place.focus()
    page.keyboard.press("Control+v")
