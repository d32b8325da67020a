"""The commands run in this process, on a node in a temporary folder."""

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from argon2 import PasswordHasher
from PIL import Image

from unseen.cli.app import run

GOOD = ("--acting", "myself", "--sharing", "shared", "--without-consent", "--age", "adult")


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


Unseen = Callable[..., Said]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's node keeps its data; not there yet."""
    folder = tmp_path / "data"
    monkeypatch.setenv("UNSEEN_DATA_FOLDER", str(folder))
    # Every command opens the node, and a PIN's full price each time would be most of these tests' time.
    monkeypatch.setattr("unseen.case.pin.PasswordHasher", lambda **_: PasswordHasher(1, 8, 1))
    return folder


@pytest.fixture
def unseen(data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Unseen:
    def call(*arguments: object, typed: str = "") -> Said:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        code = run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Said(code=code, out=said.out, err=said.err)

    return call


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., Path]:
    """Make a picture file: another one for another seed."""

    def make(seed: int, name: str | None = None, *, quality: int = 90) -> Path:
        path = tmp_path / "pictures" / (name or f"picture-{seed}.jpg")
        path.parent.mkdir(parents=True, exist_ok=True)
        blocks = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), dtype=np.uint8)
        Image.fromarray(blocks).resize((320, 240), Image.Resampling.BICUBIC).save(path, quality=quality)
        return path

    return make


@pytest.fixture
def opened(unseen: Unseen) -> Callable[..., tuple[str, str]]:
    """Open a case; gives its number and PIN."""

    def open_(*files: Path) -> tuple[str, str]:
        said = unseen("case", "open", *GOOD, "--json", *files)
        assert said.code == 0, said.err
        answer = json.loads(said.out)
        return answer["case"], answer["pin"]

    return open_
