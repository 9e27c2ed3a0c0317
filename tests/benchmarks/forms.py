"""
The forms in JupyterLab beside a bare ``FileUpload``: until they are seen, until a picture is there.

Kernel and page are warm, and both kinds take turns. The bare one only delivers the bytes, which are
decoded once; ours judges them, and shows the picture with what it found.
"""

import tempfile
from pathlib import Path

from lpnb import samples
from tests.browser import hands
from tests.browser.conftest import lesson_of
from tests.browser.lab import PANEL, Notebook, within
from tests.browser.stacks import running_lab

from .figures import Figure, interleaved, milliseconds, ratios

_ROUNDS, _PICTURES = 15, 8
_BARE = """
import io
import ipywidgets
from PIL import Image

upload = ipywidgets.FileUpload(description="Choose a picture", tooltip="Choose")
told = ipywidgets.Label()

def decode(change):
    file = change["new"][0]
    Image.open(io.BytesIO(file["content"])).load()
    told.value = f"decoded: {file['name']}"

upload.observe(decode, "value")
ipywidgets.VBox([upload, told])
"""
_FORMS = {  # what is seen last of each
    "lpnb.AccountForm()": "In use: SANDBOX",
    "lpnb.ImagePicker()": "Draw it",
    "lpnb.PreviewForm(image)": "What will be sent",
    "lpnb.GuideStepper(session)": "Run all that are left",
}
_PICKER = "picker = lpnb.ImagePicker()\npicker"
_CLOSE = "ipywidgets.Widget.close_all()"
_CELLS = (
    "import ipywidgets, lpnb\nimage, session = lpnb.samples.default(), lpnb.connect()",
    'ipywidgets.FileUpload(description="Choose a picture", tooltip="Choose")',
    *_FORMS,
    _BARE,
    _PICKER,
    _CLOSE,
)
_APPEARS = """
const [, index, words] = values, cell = panel.content.widgets[index];
app.shell.activateById(panel.id);
panel.content.deselectAll();
panel.content.activeCellIndex = index;
cell.outputArea.model.clear();
const seen = () => cell.outputArea.node.innerText.includes(words);
await until("cleared", () => !seen());
const frame = () => new Promise((go) => requestAnimationFrame(go));
await frame();
const began = performance.now();
const ran = app.commands.execute("notebook:run-cell");
at("begun");
while (!cell.outputArea.node.innerText.trim()) await frame();
const begun = performance.now() - began;
at("seen");
while (!seen()) await frame();
const whole = performance.now() - began;
await ran;
return [begun / 1000, whole / 1000];
"""


def measure() -> list[Figure]:
    """Run cell after cell in one notebook, then choose picture after picture."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_lab(Path(folder) / "lab") as lab,
        lab.opened(lesson_of(*_CELLS), "forms.ipynb") as notebook,
    ):
        assert notebook.run_all()
        return [*_appearing(notebook), *_delivering(notebook, Path(folder))]


def _appearing(notebook: Notebook) -> list[Figure]:
    figures = []
    bare: tuple[float, ...] = ()
    for place, (code, words) in enumerate(_FORMS.items(), 2):
        pairs = [
            (_seen(notebook, place, words), _seen(notebook, 1, "Choose a picture"))
            for _ in range(_ROUNDS + 1)
        ]
        (begun, ours), (_, bare) = (zip(*one, strict=True) for one in zip(*pairs[1:], strict=True))
        figures += [
            Figure(f"{code} is seen whole / FileUpload", ratios(ours, bare), bar=1.5),
            Figure("its first words / FileUpload", ratios(begun, bare)),
            milliseconds("it is seen whole", ours),
        ]
    return [*figures, milliseconds("FileUpload is seen", bare)]


def _seen(notebook: Notebook, place: int, words: str) -> tuple[float, float]:
    """Run the cell at *place*; the seconds until anything, and until *words* are seen below it."""
    assert notebook.run(_CELLS.index(_CLOSE))  # closing what was there before is not appearing
    begun, whole = within(notebook.page, PANEL + _APPEARS, notebook.path, place, words)
    return begun, whole


def _delivering(notebook: Notebook, folder: Path) -> list[Figure]:
    files = []
    for number in range(2 * (_PICTURES + 1)):
        file = folder / f"picture-{number}.jpg"
        file.write_bytes(samples.photo(3_000_000, seed=number).content)
        files.append(file)
    waiting = iter(files)
    places = _CELLS.index(_BARE), _CELLS.index(_PICKER)
    assert all(map(notebook.run, places))
    bare, ours = (notebook.outputs(place).first for place in places)

    def choose_bare() -> None:
        file = next(waiting)
        hands.choose(bare, file)
        bare.get_by_text(f"decoded: {file.name}").wait_for()

    def choose_ours() -> None:
        file = next(waiting)
        hands.choose(ours, file)
        ours.get_by_text(f"In use: {file.name}").wait_for()
        ours.locator('img[src^="data:image/"]:visible').first.wait_for()

    picked, delivered = interleaved(_PICTURES, choose_ours, choose_bare)
    return [
        Figure(
            "3 MB in the kernel, judged, previewed / FileUpload and a decode",
            ratios(picked, delivered),
            bar=2,
        ),
        milliseconds("3 MB in the kernel, judged and previewed", picked),
        milliseconds("3 MB by FileUpload, decoded", delivered),
    ]
