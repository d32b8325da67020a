"""The ``unseen`` command as a process: what it loads, what it opens, how it ends."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.machine import Machine

UNSEEN = [sys.executable, "-m", "unseen.cli"]
GOOD = ("--acting", "myself", "--sharing", "shared", "--without-consent", "--age", "adult")
HEAVY = (
    "numba",
    "numpy",
    "sqlalchemy",
    "alembic",
    "PIL",
    "pillow_heif",
    "simplejpeg",
    "fastapi",
    "argon2",
    "httpx",
    "skimage",
)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UNSEEN_")}
    return {**kept, "UNSEEN_DATA_FOLDER": str(tmp_path / "data"), "COLUMNS": "80"}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture.jpg"
    blocks = np.random.default_rng(1).integers(0, 256, (12, 12, 3), dtype=np.uint8)
    Image.fromarray(blocks).resize((320, 240), Image.Resampling.BICUBIC).save(path)
    return path


def run(*arguments: object, environment: dict[str, str], typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*UNSEEN, *map(str, arguments)], env=environment, input=typed, capture_output=True, text=True, timeout=1200
    )


def watched(what: str, *arguments: object, environment: dict[str, str]) -> tuple[int, list[str]]:
    """Run a command in a process that ends by telling ``what``, a Python expression, as JSON."""
    script = f"""
import json, sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from unseen.cli.app import run
code = run(sys.argv[1:])
print()
print(json.dumps([code, {what}]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=1200,
    )
    code, told = json.loads(done.stdout.splitlines()[-1])
    return code, told


@pytest.mark.parametrize("arguments", [("--help",), ("bank", "--help"), ("case", "open", "--help"), ("--version",)])
def test_help_loads_nothing_heavy(arguments: tuple[str, ...], environment: dict[str, str]) -> None:
    code, loaded = watched("sorted({name.split('.')[0] for name in sys.modules})", *arguments, environment=environment)
    assert code == 0
    assert "typer" in loaded  # the probe sees what is loaded
    assert not set(HEAVY) & set(loaded)


@pytest.mark.parametrize("age", ["under-18", "unknown"])
def test_no_file_is_opened_where_the_person_was_under_18(age: str, environment: dict[str, str], picture: Path) -> None:
    code, opened = watched("opened", "case", "open", *GOOD[:-1], age, picture, environment=environment)
    assert code == 1
    assert opened  # the probe sees what is opened
    assert str(picture) not in opened


def test_the_probe_sees_a_picture_that_is_opened(environment: dict[str, str], picture: Path) -> None:
    code, opened = watched("opened", "case", "open", *GOOD, picture, environment=environment)
    assert code == 0
    assert str(picture) in opened


def test_a_pipe_named_as_picture_neither_hangs_nor_is_read(environment: dict[str, str], tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    refused = run("case", "open", *GOOD[:-1], "under-18", pipe, environment=environment)
    assert refused.returncode == 1
    read = run("case", "open", *GOOD, pipe, environment=environment)
    assert read.returncode == 2
    assert "not a file" in read.stderr


def test_no_output_line_is_wider_than_a_terminal(environment: dict[str, str]) -> None:
    for arguments in [(), ("bank", "new"), ("bank", "add"), ("case", "open"), ("screen",)]:
        shown = run(*arguments, "--help", environment=environment).stdout
        assert shown
        assert max(len(line) for line in shown.splitlines()) <= 80


def test_errors_are_said_in_one_line_on_stderr(environment: dict[str, str], tmp_path: Path) -> None:
    done = run("screen", tmp_path / "missing.jpg", environment=environment)
    assert done.returncode == 2
    assert done.stderr == f"unseen: {tmp_path}/missing.jpg: no such file.\n"


def test_a_reader_that_goes_away_ends_it_quietly(environment: dict[str, str]) -> None:
    codes = "".join("kind,code\n"[: 10 * (n == 0)] + f"sha256,{n:064x}\n" for n in range(3_000))
    arguments = ("bank", "import", "cases", "-", "--format", "csv", "--source", "s", "--reason", "r")
    assert run(*arguments, environment=environment, typed=codes).returncode == 0
    with subprocess.Popen(
        [*UNSEEN, "bank", "export", "cases"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as export:
        assert export.stdout is not None
        assert export.stderr is not None
        export.stdout.readline()
        export.stdout.close()
        assert export.stderr.read() == b""
        assert export.wait(120) == 1


def test_ctrl_c_ends_a_screening_cleanly(environment: dict[str, str], picture: Path, machine: Machine) -> None:
    # Who is started in the background is deaf to Ctrl-C, and so are those that it starts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        screening = subprocess.Popen(
            [*UNSEEN, "screen", "--json", *[str(picture)] * 4_000],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with screening:
        assert screening.stdout is not None
        first = screening.stdout.readline()
        screening.send_signal(signal.SIGINT)
        with machine.timed() as ended:
            out, err = screening.communicate(timeout=120)
        assert ended.waking_s < 20
    assert json.loads(first)["verdict"] == "allow"
    assert screening.returncode == 130
    assert err.strip() == "unseen: stopped."
    assert len(out.splitlines()) < 4_000


def test_serve_says_where_it_listens_and_ends_when_told(environment: dict[str, str]) -> None:
    with subprocess.Popen(
        [*UNSEEN, "serve", "--port", "0"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as service:
        assert service.stdout is not None
        line = service.stdout.readline()
        service.terminate()
        service.communicate(timeout=120)
    assert line.startswith("Unseen listens on http://127.0.0.1:")
    assert service.returncode == 0
