"""JupyterLab and Chromium, driven without luck: every wait ends, and says what it waited for."""

import json
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Request,
    Route,
    sync_playwright,
)

from tests import notebook_tools

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FIRST_SECONDS = 90  # until the server, the browser or the first page is there, on a busy machine
SECONDS = 60  # for anything after that
WIDTH, HEIGHT = 1280, 900  # of the window
EVIL = "evil.test"  # a name of elsewhere that leads here

_FLAGS = [
    "--no-sandbox",
    "--no-proxy-server",
    "--no-first-run",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    f"--host-resolver-rules=MAP {EVIL} 127.0.0.1",
    # Not every browser guards this machine against pages from elsewhere: we must do it ourselves
    "--disable-features=LocalNetworkAccessChecks",
]
_SETTINGS: dict[str, dict[str, Any]] = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false"},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
    "@jupyter-widgets/jupyterlab-manager/plugin": {"saveState": True},  # the worst case for leaks
}


class Server:
    """
    A JupyterLab server, with Notebook 7 and Voilà in it, whose root is an empty folder of its own.

    Args:
        home: where it may write.
        python: whose JupyterLab it is, and whose kernels.
    """

    def __init__(self, home: Path, python: str = sys.executable) -> None:
        self.home = home
        self.root = home / "notebooks"
        self.root.mkdir(parents=True)
        environment = notebook_tools.own_environment(home)
        for plugin, values in _SETTINGS.items():
            file = home / "settings" / f"{plugin}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(values))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.token = secrets.token_hex(16)
        self.url = f"http://127.0.0.1:{port}"
        self._log = home / "server.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *(python, "-m", "jupyterlab", "--no-browser", "--allow-root"),
                    f"--ServerApp.root_dir={self.root}",
                    "--ServerApp.ip=127.0.0.1",
                    f"--ServerApp.port={port}",
                    "--ServerApp.port_retries=0",
                    f"--IdentityProvider.token={self.token}",
                    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
                    "--LabApp.expose_app_in_browser=True",
                    "--JupyterNotebookApp.expose_app_in_browser=True",
                ],
                env=environment,
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait(self) -> None:
        """Wait until it answers."""
        end = time.monotonic() + FIRST_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/api?token={self.token}", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        self.stop()
        raise TimeoutError(f"JupyterLab does not answer:\n{self._log.read_text()[-2000:]}")

    def put(self, notebook: Any, path: str) -> None:
        """Write *notebook*, the text of a file or a notebook, to *path*."""
        text = notebook if isinstance(notebook, str) else notebook_tools.written(notebook)
        (self.root / path).write_text(text, encoding="utf-8")

    def page(self, kind: str, path: str = "") -> str:
        """Where it shows a notebook: *kind* is for instance ``voila/render``."""
        return f"{self.url}/{kind}/{quote(path)}?token={self.token}"

    def stop(self) -> None:
        """Stop it, and the kernels with it."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Chromium:
    """
    A browser that can reach this machine only; what it asked of others is in ``.strangers``.

    What a page's scripts fail with is in ``.errors``.
    """

    def __init__(self, browser: Browser) -> None:
        self.context: BrowserContext = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}
        )
        self.context.set_default_timeout(1000 * SECONDS)
        self.strangers: list[str] = []
        self.errors: list[str] = []
        self.context.route(_is_foreign, self._refuse)
        self.context.on("request", self._note)
        self.context.on("weberror", lambda error: self.errors.append(str(error.error)))

    def _refuse(self, route: Route) -> None:
        route.abort()

    def _note(self, request: Request) -> None:
        if _is_foreign(request.url):
            self.strangers.append(request.url)

    def page(self) -> Page:
        """A new page."""
        page = self.context.new_page()
        # Else dialogs are caught from a test's asking on, which a quick key comes before
        page.on("filechooser", lambda chooser: None)
        return page


def _is_foreign(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1"


@contextmanager
def started_browser() -> Iterator[Browser]:
    """Run Debian's Chromium for as long as the block lasts."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=_FLAGS, timeout=1000 * FIRST_SECONDS
        )
        yield browser
        browser.close()


def within(page: Page, script: str, *values: Any, seconds: float = SECONDS) -> Any:
    """
    Run the body of an async function with *values* in the page, for at most so many seconds.

    The script calls ``at("…")`` to say which stage it has reached.

    Raises:
        playwright.sync_api.Error: it failed, or was too slow; the last stage is named.
    """
    return page.evaluate(
        f"""(values) => {{
            let stage = "begin";
            const at = (name) => {{ stage = name; }};
            const until = async (name, check) => {{
                at(name);
                while (!check()) await new Promise((go) => setTimeout(go, 20));
            }};
            const late = new Promise((_, fail) => setTimeout(
                () => fail(new Error("after {seconds} s still at: " + stage)), {1000 * seconds}));
            const work = (async () => {{ {script} }})();
            return Promise.race([work, late]);
        }}""",
        list(values),
    )


_OPEN = """
const panel = await window.jupyterapp.commands.execute(
    "docmanager:open", {path: values[0], factory: "Notebook"});
"""
PANEL = """
const app = window.jupyterapp;
const panel = [...app.shell.widgets("main")].find((one) => one.context?.path === values[0]);
if (!panel) throw new Error("not open: " + values[0]);
"""
READY = """
at("context");
await panel.context.ready;
at("session");
await panel.sessionContext.ready;
const kernel = () => panel.sessionContext.session?.kernel;
const ready = (one) => one?.connectionStatus === "connected" && one.status === "idle";
await until("kernel", () => ready(kernel()));
"""


class Sheet:
    """What a person sees of a notebook, wherever it is open; ``.panel`` is the part of the page."""

    def __init__(self, page: Page, panel: str) -> None:
        self.page = page
        self.panel = page.locator(panel)

    def outputs(self, index: int) -> Locator:
        """What a person sees below the code of a cell."""
        cell = self.panel.locator(".jp-Cell").nth(index)
        return cell.locator(".jp-OutputArea-output")


class Notebook(Sheet):
    """A notebook that is open in JupyterLab, or in Notebook 7."""

    def __init__(self, page: Page, root: Path, path: str) -> None:
        super().__init__(page, ".jp-NotebookPanel:not(.lm-mod-hidden)")
        self.root = root
        self.path = path

    def run_all(self) -> bool:
        """Run all cells; whether none of them raised."""
        script = 'return await app.commands.execute("notebook:run-all-cells");'
        return bool(self._do(f'app.shell.activateById(panel.id); at("run-all"); {script}'))

    def run(self, index: int) -> bool:
        """Run one cell; whether it did not raise."""
        script = 'at("run-cell"); return await app.commands.execute("notebook:run-cell");'
        return bool(
            self._do(
                "app.shell.activateById(panel.id); panel.content.deselectAll();"
                f"panel.content.activeCellIndex = values[1]; {script}",
                index,
            )
        )

    def begin(self, index: int) -> None:
        """Run one cell, and don't wait for its end."""
        self._do(
            "panel.content.deselectAll(); panel.content.activeCellIndex = values[1];"
            'app.commands.execute("notebook:run-cell");'
            'await until("busy", () => panel.sessionContext.session.kernel.status === "busy");',
            index,
        )

    def cells(self) -> list[dict[str, Any]]:
        """The cells as they would be saved."""
        return list(self._do("return panel.content.widgets.map((one) => one.model.toJSON());"))

    def save(self) -> str:
        """Save it as by hand, so with a checkpoint, and give the file."""
        self._do(
            'at("save"); await panel.context.save();'
            'at("checkpoint"); await panel.context.createCheckpoint();'
        )
        return (self.root / self.path).read_text(encoding="utf-8")

    def trusted(self) -> bool:
        """Whether Lab shows the outputs as they are."""
        script = "return panel.content.widgets.every((one) => one.model.trusted !== false);"
        return bool(self._do(script))

    @contextmanager
    def at_full_length(self) -> Iterator[None]:
        """Make the window so long that the whole notebook is in it, for as long as the block."""
        pane = 'const pane = panel.node.querySelector(".jp-WindowedPanel-outer");'
        height = min(self._do(f"{pane} return pane.scrollHeight;"), 15_000)
        self.page.set_viewport_size({"width": WIDTH, "height": height + 200})
        self._do(
            f'{pane} await until("long", () => pane.clientHeight >= values[1]);'
            "pane.scrollTop = 0; document.activeElement.blur();"
            "await new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));",
            height,
        )
        yield
        self.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})

    def shut_down(self) -> None:
        """End the kernel."""
        self._do('at("shutdown"); await panel.sessionContext.shutdown();')

    def close(self) -> None:
        """End the kernel and close the tab."""
        self.shut_down()
        self._do(
            'panel.context.model.dirty = false; at("close"); panel.close();'
            'await until("closed", () => panel.isDisposed);'
        )

    def _do(self, script: str, *values: Any) -> Any:
        return within(self.page, PANEL + script, self.path, *values)


class Lab:
    """JupyterLab in a page that all tests share; each opens notebooks of its own in it."""

    def __init__(self, server: Server, chromium: Chromium) -> None:
        self.server = server
        self.chromium = chromium
        self.page = chromium.page()
        self.page.goto(f"{server.url}/lab?token={server.token}", timeout=1000 * FIRST_SECONDS)
        script = """
            await until("application", () => window.jupyterapp);
            at("restored");
            await window.jupyterapp.restored;
            await until("splash gone", () => !document.getElementById("jupyterlab-splash"));
            window.jupyterapp.commands.execute("application:toggle-left-area");
        """
        within(self.page, script, seconds=FIRST_SECONDS)

    @contextmanager
    def opened(self, notebook: Any, path: str) -> Iterator[Notebook]:
        """Write *notebook*, the text of a file or a notebook, to *path*, and open it in a tab."""
        self.server.put(notebook, path)
        for last in (False, True):  # opening alone is tried twice: it hung once in two hundred runs
            try:
                within(self.page, _OPEN + READY, path)
                break
            except Exception:
                if last:
                    raise
        opened = Notebook(self.page, self.server.root, path)
        yield opened
        opened.close()

    def use_theme(self, name: str) -> None:
        """Show everything in the "Light" or the "Dark" theme."""
        script = """
            const wanted = String(values[0] === "Light");
            at("theme");
            const theme = "JupyterLab " + values[0];
            await window.jupyterapp.commands.execute("apputils:change-theme", {theme});
            await until("drawn", () => document.body.dataset.jpThemeLight === wanted);
            await until("splash gone", () => !document.getElementById("jupyterlab-splash"));
        """
        within(self.page, script, name)
