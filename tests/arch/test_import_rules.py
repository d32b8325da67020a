"""The import rules of the house hold, and the check that says so bites."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "unseen"


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--config", root / "pyproject.toml"],
        cwd=root / "src",
        env={"PYTHONPATH": str(root / "src"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture
def house(tmp_path: Path) -> Path:
    shutil.copytree(SOURCE, tmp_path / "src" / "unseen", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_house_keeps_its_rules() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("room", "forbidden"),
    [
        ("base/ids.py", "unseen.bank.records"),
        ("fingerprint/records.py", "unseen.bank.records"),
        ("bank/lifecycle.py", "unseen.fingerprint.image"),
        ("match/records.py", "unseen.desk.ports"),
        ("act/policy.py", "unseen.match.live"),
        ("case/transitions.py", "unseen.bank.records"),
        ("evidence/verify.py", "unseen.desk.evidence_ports"),
        ("vault/files.py", "unseen.desk.seal_pack"),
        ("clients/authorities.py", "unseen.evidence.timestamp"),
        ("desk/seal_pack.py", "unseen.vault.files"),
        ("cli/evidence.py", "unseen.clients.authorities"),
        ("desk/screen.py", "unseen.store.memory"),
        ("store/memory.py", "unseen.desk.screen"),
        ("batch/examiner.py", "unseen.store.memory"),
        ("batch/folder.py", "unseen.desk.screen"),
        ("desk/scan.py", "unseen.batch.local"),
        ("http/app.py", "unseen.store.memory"),
        ("cli/scan.py", "unseen.batch.folder"),
        ("cli/case.py", "unseen.http.app"),
        ("compose.py", "unseen.http.app"),
    ],
)
def test_a_planted_violation_is_caught(house: Path, room: str, forbidden: str) -> None:
    with (house / "src" / "unseen" / room).open("a") as file:
        file.write(f"\nimport {forbidden}\n")
    result = lint(house)
    assert result.returncode != 0
    planted = "unseen." + room.removesuffix(".py").replace("/", ".")
    assert f"{planted} -> {forbidden}" in result.stdout


def test_base_stands_on_the_standard_library() -> None:
    for file in (SOURCE / "base").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                top = name.split(".")[0]
                assert top in sys.stdlib_module_names or name.startswith("unseen.base"), f"{file.name} imports {name}"


def test_every_room_says_what_lives_there() -> None:
    for room in sorted(p for p in SOURCE.rglob("__init__.py")):
        docstring = ast.get_docstring(ast.parse(room.read_text())) or ""
        assert len(docstring) > 80, f"{room.relative_to(ROOT)} needs a paragraph on what lives there"
