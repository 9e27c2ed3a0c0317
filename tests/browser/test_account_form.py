"""The account form, used by hand in JupyterLab, with the widgets' state saved along in the file."""

import pytest

from tests import notebook_tools
from tests.browser.conftest import lesson_of
from tests.browser.lab import Lab

pytestmark = pytest.mark.browser


def test_a_form_that_is_made_again_leaves_no_models(lab: Lab) -> None:
    """However often a form's cell is run, the saved file holds the models of one form."""
    with lab.opened(lesson_of("import lpnb", "lpnb.AccountForm()"), "again.ipynb") as notebook:
        assert notebook.run_all()
        once = models(notebook.save())
        for _ in range(3):
            assert notebook.run(1)
        often = models(notebook.save())

    assert once > 10
    assert once == often


def models(text: str) -> int:
    """How many widget models a saved notebook holds."""
    saved = notebook_tools.parsed(text).metadata.get("widgets", {})
    return sum(len(one["state"]) for one in saved.values())
