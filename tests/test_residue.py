"""Nothing secret stays behind where the forms are run without a person."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests import notebook_tools, residue

# What runs a notebook; {state} is whether the widgets' state is saved in it, as it is by default
RUNNERS = {
    "nbclient": """
import nbformat
from nbclient import NotebookClient

notebook = nbformat.read("given.ipynb", 4)
NotebookClient(notebook, store_widget_state={state}).execute()
nbformat.write(notebook, "run.ipynb")
""",
    "papermill": """
import papermill

papermill.execute_notebook(
    "given.ipynb", "run.ipynb", store_widget_state={state}, progress_bar=False
)
""",
    "nbconvert": """
from nbconvert.nbconvertapp import main

main([
    "given.ipynb", "--to", "notebook", "--execute", "--output", "run.ipynb",
    "--ExecutePreprocessor.store_widget_state={state}",
])
""",
}
FORMS = (
    """
import os
import lpnb

account = lpnb.AccountForm()
picker = lpnb.ImagePicker()
""",
    """
account.fill(
    id="98765432", client_id="a-client-id", client_secret=os.environ["PLANTED_SECRET"],
    username="somebody", password=os.environ["PLANTED_PASSWORD"],
)
assert account.submit()
account
""",
    'picker.fill(path=os.environ["PLANTED_PICTURE"])\npicker.submit()',
    "picker",
    """
session = lpnb.connect()
conversation = lpnb.create_conversation(session)
share = lpnb.share_file(session, conversation, picker.value, caption="By hand", watch=display)
""",
    "lpnb.fetch_file(session, share, watch=display)",
    "account.value, picker.value, account, picker",
)
PLAIN = (
    """
import os
from datetime import UTC, datetime
import ipywidgets

password = ipywidgets.Password(value=os.environ["PLANTED_PASSWORD"])
secret = ipywidgets.Text(value=os.environ["PLANTED_SECRET"])
with open(os.environ["PLANTED_PICTURE"], "rb") as file:
    content = file.read()
upload = ipywidgets.FileUpload()
upload.value = ({
    "name": "a.jpg", "type": "image/jpeg", "size": len(content), "content": memoryview(content),
    "last_modified": datetime.now(UTC),
},)
password
""",
    "secret",
    "upload",
)


def ran(home: Path, runner: str, cells: tuple[str, ...], *, state: bool) -> dict[str, set[str]]:
    """Run *cells* in a folder of their own; what is left behind of what was planted."""
    planted, side = residue.Planted(), home / "side"
    home, environment = home / "home", notebook_tools.own_environment(home / "home")
    side.mkdir()
    (side / "planted.jpg").write_bytes(planted.image.content)
    collect = notebook_tools.COLLECT_SECRETS.replace("PATH", repr(str(side / "secrets.json")))
    notebook = nbformat.v4.new_notebook(
        cells=[notebook_tools.code(one, f"cell-{i}") for i, one in enumerate((*cells, collect))],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    (home / "given.ipynb").write_text(notebook_tools.written(notebook))
    environment |= {
        "PLANTED_SECRET": planted.client_secret,
        "PLANTED_PASSWORD": planted.password,
        "PLANTED_PICTURE": str(side / "planted.jpg"),
    }
    command = [sys.executable, "-c", RUNNERS[runner].format(state=state)]
    run = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2000:]
    residue.export(home / "run.ipynb")
    return residue.left(home, planted, residue.collected(side / "secrets.json"))


@pytest.mark.parametrize("state", [True, False], ids=["state", "no state"])
@pytest.mark.parametrize("runner", RUNNERS)
def test_nothing_stays_behind(tmp_path: Path, runner: str, state: bool) -> None:
    """Filled in by code, the forms leave no secret and no picture in any file."""
    left = ran(tmp_path, runner, FORMS, state=state)

    assert {} == left
    assert "98765432" in (tmp_path / "home" / "run.html").read_text()


@pytest.mark.parametrize("runner", RUNNERS)
def test_plain_widgets_are_found(tmp_path: Path, runner: str) -> None:
    """Plain widgets leave everything, in the notebook and its page, where it is found."""
    left = ran(tmp_path, runner, PLAIN, state=True)
    kinds = {file: {hit.partition(" (")[0] for hit in hits} for file, hits in left.items()}

    assert {"password", "client secret", "picture"} == kinds["run.ipynb"] == kinds["run.html"]


def test_plain_widgets_without_state_are_found(tmp_path: Path) -> None:
    """Without their state a text's own representation still tells."""
    left = ran(tmp_path, "nbclient", PLAIN, state=False)
    kinds = {file: {hit.partition(" (")[0] for hit in hits} for file, hits in left.items()}

    assert {"client secret"} == kinds["run.ipynb"] == kinds["run.html"]
