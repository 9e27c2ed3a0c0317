"""The command line as a program: exit codes, the one JSON object, one line for each refusal."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

import lpnb
from lpnb import samples

LPNB = [sys.executable, "-m", "lpnb"]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command and wait for it."""
    return subprocess.run(
        [*LPNB, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=dict(os.environ) | environment,
    )


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """`lpnb sandbox --json` as a process, and its ready line."""
    with subprocess.Popen(
        [*LPNB, "sandbox", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def account_in(ready: dict[str, str]) -> dict[str, str]:
    """The environment of someone whose real account is this sandbox."""
    return {
        "LPNB_ACCOUNT": ready["account"],
        "LPNB_CLIENT_ID": ready["client_id"],
        "LPNB_CLIENT_SECRET": ready["client_secret"],
        "LPNB_DOMAIN_API": ready["domain_api"],
    }


def test_share_does_the_whole_mission() -> None:
    """Without anything but its name, the command shares a sample and gets the same bytes back."""
    done = run("share", "--json")
    report = json.loads(done.stdout)

    assert (0, 1) == (done.returncode, done.stdout.count("\n"))
    assert ("sandbox", "12345678", True, None) == (
        report["mode"],
        report["account"],
        report["identical"],
        report["error"],
    )
    assert report["sent_sha256"] == report["received_sha256"] == samples.default().sha256
    assert [
        "find_domains",
        "log_in",
        *["enable_file_sharing"] * 4,
        "get_app_token",
        "get_consumer_token",
        "create_conversation",
        "request_upload_url",
        "upload_file",
        "publish_file",
        "request_download_url",
        "download_file",
        "close_conversation",
    ] == [step["name"] for step in report["steps"]]
    assert all(
        set(step) == {"name", "method", "url", "status", "seconds"} for step in report["steps"]
    )
    assert all(step["status"] in (200, 201) for step in report["steps"])


def test_share_takes_a_picture_and_saves_what_came_back(tmp_path: Path) -> None:
    """A picture of one's own comes back byte for byte, into the named file."""
    mine = tmp_path / "mine.png"
    mine.write_bytes(samples.drawing().content)
    done = run("share", str(mine), "--caption", "Ein 📦", "--save", str(tmp_path / "back.png"))

    assert (0, mine.read_bytes()) == (done.returncode, (tmp_path / "back.png").read_bytes())
    assert done.stdout.startswith("identical: ")
    assert "upload_file" in done.stderr


def phoned(tmp_path: Path) -> Path:
    """A picture as phones take it, in a file: turned, and telling where it was taken."""
    file = tmp_path / "phone.jpg"
    file.write_bytes(samples.phone(300_000).content)
    return file


def test_share_says_what_to_know_before_it_sends(tmp_path: Path) -> None:
    """What a picture tells of itself stands above the first request, and the file goes as it is."""
    mine = phoned(tmp_path)
    done = run("share", str(mine), "--json")
    report, before = json.loads(done.stdout), done.stderr.partition("SANDBOX")[0]

    assert 0 == done.returncode
    for words in ("tells where it was taken", "is stored turned", "it has no caption; --caption"):
        assert words in before
    assert 2 == done.stderr.count("; --fixed takes care of it")
    assert hashlib.sha256(mine.read_bytes()).hexdigest() == report["sent_sha256"]


def test_share_mends_what_it_is_told_to(tmp_path: Path) -> None:
    """``--fixed`` shares another picture, stderr says what was done, and nothing is left."""
    mine = phoned(tmp_path)
    saved = tmp_path / "back.jpg"
    done = run("share", str(mine), "--fixed", "--caption", "A parcel", "--save", str(saved))
    back = lpnb.ImageFile.read(saved)

    assert 0 == done.returncode
    assert "lpnb: mended: " in done.stderr
    assert "lpnb: note: " not in done.stderr
    assert () == back.findings
    assert mine.read_bytes() != back.content


def test_a_refused_picture_names_the_way_out(tmp_path: Path) -> None:
    """The one line about a picture that can be mended says how, and that way it is shared."""
    mine = tmp_path / "large.jpg"
    mine.write_bytes(samples.photo(3_200_000, check=False).content)
    refused = run("share", str(mine))
    done = run("share", str(mine), "--fixed", "--caption", "A parcel")

    assert (2, 1) == (refused.returncode, refused.stderr.count("\n"))
    assert "'large.jpg' has 3,200,000 bytes" in refused.stderr
    assert refused.stderr.endswith("; --fixed shares it mended\n")
    assert 0 == done.returncode, done.stderr


def test_what_no_mend_helps_is_refused_with_it_too(tmp_path: Path) -> None:
    """``--fixed`` promises nothing it can't do: a file cut short is one line, and exit code 2."""
    mine = tmp_path / "cut.jpg"
    mine.write_bytes(samples.default().content[:200_000])
    refused = [run("share", str(mine), *more) for more in ((), ("--fixed",))]

    assert [(2, 1)] * 2 == [(one.returncode, one.stderr.count("\n")) for one in refused]
    assert not [one for one in refused if "--fixed" in one.stderr or "cut" not in one.stderr]


def test_share_speaks_for_an_account_from_the_environment(server: Any) -> None:
    """With ``--account env`` the mode is live, step 1 is left alone, and no secret is said."""
    ready = server[1]
    done = run("share", "--account", "env", "--json", **account_in(ready))
    report = json.loads(done.stdout)

    assert (0, "live", True) == (done.returncode, report["mode"], report["identical"])
    assert "log_in" not in [step["name"] for step in report["steps"]]
    assert ready["client_secret"] not in done.stdout + done.stderr


def test_a_picture_that_was_encoded_anew_has_its_own_exit_code(server: Any, tmp_path: Path) -> None:
    """Bytes that match storage's digest but not the file end in 3, and in words."""
    with lpnb.Sandbox() as sandbox:
        sandbox.guesses["stored_bytes"] = "re-encoded"
        done = run("share", "--account", "env", **account_in(sandbox.ready_line()))

    assert 3 == done.returncode
    assert "storage digest only" in done.stderr
    assert 1 == done.stderr.count("lpnb: storage")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["share", "missing.png"], 2, "missing.png"),
        (["share", "text.png"], 2, "text.png"),
        (["share", "--nonsense"], 2, "--nonsense"),
        (["share", "--account", "file"], 2, "--account"),
        (["share", "--account", "env"], 2, "LPNB_ACCOUNT"),
        (["share", "--account", "env", "--fault", "closed"], 2, "--fault is for the sandbox"),
        (["share", "--fault", "no-such"], 2, "'no-such'"),
        (["share", "--save", "no/such/folder/x.png"], 2, "folder"),
        ([], 2, "COMMAND"),
        (["sandbox", "--port", "many"], 2, "--port"),
        (["share", "--save", "."], 2, "a folder"),
        (["share", "--save", ""], 2, "a folder"),
        (["share", "--jso"], 2, "--jso"),
        (["share", "--save", "x" * 300], 2, "choose another place"),
        (["share", "--save", "/dev/null"], 2, "a device"),
        (["sandbox", "--port", "99999"], 2, "port 99999"),
        (["sandbox", "--tls", "--storage", "swift"], 2, "leave tls out"),
        (["lab", "/dev/null/x", "--no-browser"], 2, "name another folder"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_refusal_is_one_line(tmp_path: Path, arguments: list[str], code: int, words: str) -> None:
    """Whatever is wrong with the command is one clear line on stderr, and never a traceback."""
    (tmp_path / "text.png").write_text("this is no picture")
    done = subprocess.run(
        [*LPNB, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )

    assert (code, "") == (done.returncode, done.stdout)
    assert 1 == done.stderr.count("\n")
    assert done.stderr.startswith(("lpnb: ", "lpnb sandbox: "))
    assert words in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["share", "missing.png", "--json"], 2),
        (["share", "--json", "--nonsense"], 2),
        (["share", "--account", "env", "--json"], 1),
        (["share", "--json", "--save", "x" * 5_000], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_the_json_object_comes_on_failure_too(arguments: list[str], code: int) -> None:
    """With ``--json`` stdout is one object whatever happens, and names the error."""
    gone = {"LPNB_ACCOUNT": "1", "LPNB_CLIENT_ID": "i", "LPNB_CLIENT_SECRET": "planted-secret"}
    done = run(*arguments, LPNB_DOMAIN_API="https://gone.invalid", **gone)
    report = json.loads(done.stdout)

    assert (code, 1) == (done.returncode, done.stdout.count("\n"))
    assert report["error"]
    assert "planted-secret" not in done.stdout + done.stderr
    assert {"mode", "account", "steps", "sent_sha256", "received_sha256", "identical"} < set(report)
    if "env" in arguments:
        assert {("find_domains", None)} == {(s["name"], s["status"]) for s in report["steps"]}


def test_the_ready_line_tells_another_program_all_it_needs(server: Any) -> None:
    """One line, flushed once it answers, with the contract's keys, on loopback."""
    ready = server[1]

    assert {
        "domain_api",
        "account",
        "username",
        "password",
        "client_id",
        "client_secret",
        "storage",
        "storage_account_path",
        "storage_key",
        "control",
        "control_token",
    } <= set(ready)
    assert ready["domain_api"].startswith("http://127.0.0.1:")
    assert not ready["domain_api"].endswith("/")
    assert "/v1/AUTH_async-images" == ready["storage_account_path"]
    domains = lpnb.find_domains(lpnb.connect(account_of(ready)))
    assert ready["storage"] == f"http://{domains['swift']}"


def account_of(ready: dict[str, str]) -> lpnb.Account:
    """An account made of the ready line."""
    names = ("account", "client_id", "client_secret")
    return lpnb.Account(*(ready[name] for name in names), domain_api=ready["domain_api"])


def test_without_json_no_credential_is_printed() -> None:
    """The line for people says where the sandbox is, and how to get the rest."""
    with subprocess.Popen([*LPNB, "sandbox"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        process.terminate()

    assert "http://127.0.0.1:" in said
    assert "--json" in said
    assert "secret" not in said


def test_faults_are_caused_by_name() -> None:
    """Each --fault is in force from the start; an unknown one is refused with those there are."""
    command = [*LPNB, "sandbox", "--json", "--fault", "login-refused", "--fault", "upload-cut"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        token = {"X-Sandbox-Token": ready["control_token"]}
        report = requests.get(f"{ready['control']}/faults", headers=token, timeout=10).json()
        process.terminate()
    unknown = run("sandbox", "--fault", "no-such")

    assert ["login-refused", "upload-cut"] == [rule["name"] for rule in report]
    assert (2, "", 1) == (unknown.returncode, unknown.stdout, unknown.stderr.count("\n"))
    assert "'no-such'" in unknown.stderr
    assert "download-cut" in unknown.stderr


def test_share_with_faults() -> None:
    """Each --fault breaks its call; one that finds no call any more is named afterwards."""
    done = run("share", "--json", "--fault", "no-download", "--fault", "download-cut")
    report = json.loads(done.stdout)

    assert (1, 1) == (done.returncode, done.stdout.count("\n"))
    assert ("request_download_url", 404) in [(s["name"], s["status"]) for s in report["steps"]]
    assert "fault no-download" not in done.stderr
    assert "lpnb: fault download-cut never fired: it is about GET at swift; there" in done.stderr


def test_share_tells_what_a_caption_did_not_do() -> None:
    """A fault that comes too late, and a name that no fault has, are a line each."""
    done = run("share", "--caption", "#Fault:  UPLOAD-CUT #fault no-such #FAULT pause")
    said = [line for line in done.stderr.splitlines() if line.startswith("lpnb: ")]

    assert (0, 3) == (done.returncode, len(said))
    assert said[0].startswith("lpnb: fault upload-cut never fired: it is about PUT at swift; ")
    assert said[0].endswith("a caption comes too late for it, use --fault upload-cut")
    assert said[1].endswith("use --fault pause")
    assert said[2].startswith("lpnb: no fault is called 'no-such'")


def test_a_failing_step_is_the_last_but_for_the_closing(server: Any, tmp_path: Path) -> None:
    """When a step fails, the report has its exchange, and the closing after it."""
    ready = server[1]
    rule = {
        "where": {"type": "ms.PublishEvent"},
        "when": "before",
        "do": {"status": 500, "body": ""},
    }
    token = {"X-Sandbox-Token": ready["control_token"]}
    requests.post(f"{ready['control']}/faults", json=rule, headers=token, timeout=10)
    done = run("share", "--account", "env", "--json", **account_in(ready))
    report = json.loads(done.stdout)

    assert 1 == done.returncode
    assert [("publish_file", 500), ("close_conversation", 200)] == [
        (step["name"], step["status"]) for step in report["steps"][-2:]
    ]
    assert "was published is not known (500" in report["error"]


def test_version_is_printed() -> None:
    """`lpnb --version` says which one it is."""
    assert f"lpnb {lpnb.__version__}\n" == run("--version").stdout


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_the_sandbox_ends_when_it_is_told_to(server: Any, name: str) -> None:
    """Interrupted or terminated, the process ends by itself, with 0 and in silence."""
    process, _ = server
    process.send_signal(getattr(signal, name))
    _, said = process.communicate(timeout=10)

    assert (0, "") == (process.returncode, said)


def test_lab_opens_a_working_copy(tmp_path: Path) -> None:
    """`lpnb lab` copies the tutorials, keeps what you changed in them, and starts JupyterLab."""
    fake = tmp_path / "jupyterlab"
    fake.mkdir()
    (fake / "__init__.py").touch()
    (fake / "__main__.py").write_text("import sys; print('LAB', *sys.argv[1:])")
    copy = tmp_path / "copy"
    first = run("lab", str(copy), "--no-browser", PYTHONPATH=str(tmp_path))
    notebook = min(copy.glob("*.ipynb"))
    notebook.write_text("mine now")
    run("lab", str(copy), PYTHONPATH=str(tmp_path))

    where = f"--ServerApp.root_dir={copy} --LabApp.default_url=/lab/tree/{notebook.name}"
    assert f"LAB {where} --no-browser\n" == first.stdout
    assert notebook.name in first.stderr
    assert "mine now" == notebook.read_text()


def test_lab_says_when_there_is_no_jupyterlab(tmp_path: Path) -> None:
    """Without JupyterLab the one line says how to get it."""
    code = (
        "import sys; sys.modules['jupyterlab'] = None\n"
        "import importlib.util as u; u.find_spec = lambda name: None\n"
        "from lpnb.cli import main; sys.exit(main(['lab']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)

    assert 2 == done.returncode
    assert "pip install 'lpnb[lab]'" in done.stderr


def test_digests_are_of_the_files_themselves(tmp_path: Path) -> None:
    """The reported digest is the file's own SHA-256."""
    mine = tmp_path / "mine.gif"
    mine.write_bytes(samples.animation().content)
    report = json.loads(run("share", str(mine), "--json").stdout)

    assert hashlib.sha256(mine.read_bytes()).hexdigest() == report["sent_sha256"]
