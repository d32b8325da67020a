"""Other people's programs check our packs, by the very commands that a pack's README spells out; and we read theirs."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
from importlib.resources import files
from pathlib import Path

import pytest

from support.authority import running_authority
from support.evidence import Maker, named, relisted
from support.tools import openssl, program
from unseen.desk.check_pack import check_pack
from unseen.desk.stamp_pack import renew_pack
from unseen.evidence.age import Identity, decrypt, encrypt, lock
from unseen.evidence.report import Result
from unseen.evidence.verify import Trust
from unseen.vault import PackFile

VERIFIER = Path(str(files("unseen.evidence") / "inside" / "verify.py"))
PASSPHRASE = "four words or five"


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    """A pack with a timestamp and a renewal, and the identities of two who can open it."""
    openssl()
    folder = tmp_path_factory.mktemp("tools")
    maker = Maker(folder)
    maker.add("chat.png", b"\x89PNG" * 1000)
    maker.add("words.txt", b"what they wrote\n", "text/plain")
    with running_authority(folder / "tsa") as server:
        maker.seal(named(server))
        renew_pack(PackFile(maker.pack), maker.keys.identity, [named(server)], outside=maker.online())
    return maker


@pytest.fixture
def opened(sealed: Maker, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sealed.open(f"opened-{tmp_path.name}"), tmp_path / "opened"))


def commands(folder: Path) -> list[str]:
    return [line.strip() for line in (folder / "README.txt").read_text().splitlines() if line.startswith("    ")]


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": tools, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)


def test_every_command_of_the_readme_does_what_it_says(sealed: Maker, tmp_path: Path) -> None:
    for name, package in (("age", "age"), ("sha512sum", "coreutils")):
        program(name, package)
    key = tmp_path / "key.txt"
    key.write_text(sealed.keys.identity.text)
    readme = commands(sealed.open(f"opened-{tmp_path.name}"))
    assert [command.split()[0] for command in readme[:4]] == ["age", "mkdir", "tar", "python3"]
    for number, command in enumerate(readme):
        for word, value in (("KEY", str(key)), ("PACK", str(sealed.pack)), ("NAME", "test"), ("NUMBER", "0001")):
            command = re.sub(rf"\b{word}\b", value, command)  # noqa: PLW2901
        done = shell(command, tmp_path if number < 3 else tmp_path / "opened")
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        if "ts -verify" in command:
            assert "Verification: OK" in done.stdout
        if "pkeyutl" in command:
            assert "Signature Verified Successfully" in done.stdout
    assert len(readme) >= 12


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("data/items/0001/original", ["bagit.py", "sha256sum", "sha512sum", "verify.py"]),
        ("data/custody.jsonl", ["bagit.py", "sha256sum", "sha512sum", "verify.py"]),
        ("seal/manifest.json", ["bagit.py", "pkeyutl", "manifest.json -in", "verify.py"]),
        ("seal/manifest.sig", ["bagit.py", "pkeyutl", "manifest.sig -in", "verify.py"]),
        ("seal/timestamps/test/manifest.tsr", ["bagit.py", "manifest.json -in", "verify.py"]),
        ("seal/timestamps/test/signature.tsr", ["bagit.py", "manifest.sig -in", "verify.py"]),
        ("seal/renewals/0001/renewed.tsr", ["bagit.py", "renewed.txt", "verify.py"]),
        ("README.txt", ["bagit.py", "verify.py"]),
    ],
)
def test_a_changed_byte_is_refused_by_other_peoples_programs(opened: Path, path: str, says: list[str]) -> None:
    wanted = [c.replace("NAME", "test").replace("NUMBER", "0001") for c in commands(opened)]
    content = bytearray((opened / path).read_bytes())
    content[-5] ^= 4
    (opened / path).write_bytes(content)
    for part in says:
        command = next(command for command in wanted if part in command)
        done = shell(command, opened)
        assert done.returncode != 0, command
        if part == "verify.py":
            assert path in done.stdout or "custody" in done.stdout


def test_the_verifier_in_the_pack_names_a_bit_changed_in_any_file(opened: Path) -> None:
    for path in sorted(path for path in opened.rglob("*") if path.is_file()):
        content = path.read_bytes()
        path.write_bytes(content[:-3] + bytes((content[-3] ^ 1,)) + content[-2:])
        verifier = "verify.py" if path.name != "verify.py" else shutil.copy(VERIFIER, opened.parent)
        done = shell(f"python3 {verifier} .", opened)
        assert done.returncode == 1, path
        assert path.relative_to(opened).as_posix() in done.stdout
        path.write_bytes(content)


@pytest.mark.parametrize(
    ("path", "row"),
    [
        ("data/items/0001/original", "Every file is the one that was sealed"),
        ("README.txt", "Every file is the one that was sealed"),
        ("seal/authorities/test.pem", "test saw manifest and signature"),
        ("seal/manifest.sig", "The signature is of this manifest"),
        ("seal/timestamps/test/manifest.tsr", "test saw manifest and signature"),
        ("seal/timestamps/test/signature.tsr", "test saw manifest and signature"),
        ("seal/renewals/0001/renewed.tsr", "Renewal 1 covers all before it"),
        ("seal/timestamps/test/crl-1.der", "Renewal 1 covers all before it"),
    ],
)
def test_the_verifier_in_the_pack_is_not_fooled_by_lists_made_anew(opened: Path, path: str, row: str) -> None:
    pack = {p.relative_to(opened).as_posix(): p.read_bytes() for p in opened.rglob("*") if p.is_file()}
    content = bytearray(pack[path])
    content[-3 if path.endswith(".tsr") else len(content) // 2] ^= 1  # a timestamp ends with its signature
    for name, new in relisted({**pack, path: bytes(content)}).items():
        (opened / name).write_bytes(new)
    done = shell("python3 verify.py", opened)
    assert done.returncode == 1
    failed = [line for line in done.stdout.splitlines() if "FAILED" in line]
    assert any(row in line for line in failed), done.stdout


def test_the_verifier_in_the_pack_confirms_who_and_whose_time(sealed: Maker, opened: Path) -> None:
    key, root = sealed.keys.signer.public, sealed.folder / "tsa/root.pem"
    done = shell(f"python3 verify.py --signer {key} --ca {root}", opened)
    assert (done.returncode, done.stdout.count(" holds "), done.stdout.count("not confirmed")) == (0, 10, 0)
    wrong = shell(f"python3 verify.py --signer {'0' * 64}", opened)
    assert wrong.returncode == 1
    assert f"signed by another key: {key}" in wrong.stdout


def test_the_verifier_in_the_pack_says_what_is_pending(tmp_path: Path) -> None:
    openssl()
    maker = Maker(tmp_path)
    maker.seal()
    done = shell("python3 verify.py", maker.open())
    assert done.returncode == 1
    assert "PENDING" in done.stdout
    assert "FAILED" not in done.stdout


def test_the_verifier_in_the_pack_needs_the_standard_library_alone(opened: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-W", "error", "verify.py"], cwd=opened, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def typed(command: list[str], line: str) -> bytes:
    """What a program says that asks for a passphrase on a terminal; it is started through one of its own."""
    script = (
        "import os, pty, sys\n"
        "reading, writing = os.pipe()\n"
        "process, terminal = pty.fork()\n"
        "if process == 0:\n"
        "    os.dup2(writing, 1)\n"
        "    os.execv(sys.argv[2], sys.argv[2:])\n"
        "os.close(writing)\n"
        "os.read(terminal, 1000)  # it has asked\n"
        "os.write(terminal, sys.argv[1].encode() + b'\\n')\n"
        "while content := os.read(reading, 65536): sys.stdout.buffer.write(content)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))\n"
    )
    done = subprocess.run([sys.executable, "-c", script, line, *command], capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_age_opens_a_pack_with_the_locked_identity_beside_it(sealed: Maker, tmp_path: Path) -> None:
    age = program("age", "age")
    identity = tmp_path / "her.identity.age"
    identity.write_bytes(lock(sealed.keys.identity.text.encode(), PASSPHRASE))
    content = typed([age, "-d", "-i", str(identity), str(sealed.pack)], PASSPHRASE)
    (tmp_path / "pack.tar").write_bytes(content)
    with tarfile.open(tmp_path / "pack.tar") as container:
        names = container.getnames()
    assert "seal/manifest.json" in names
    assert all(not name.startswith("/") and ".." not in name for name in names)


def test_we_read_what_age_makes(tmp_path: Path) -> None:
    keygen, age = program("age-keygen", "age"), program("age", "age")
    made = subprocess.run([keygen], capture_output=True, text=True, check=True).stdout
    identity = Identity.parse(made)
    assert f"# public key: {identity.recipient}" in made
    theirs = subprocess.run([age, "-r", identity.recipient], input=b"words", capture_output=True, check=True).stdout
    assert decrypt(theirs, identity) == b"words"
    (tmp_path / "key").write_text(made)
    ours = encrypt(b"words", [identity.recipient])
    assert subprocess.run([age, "-d", "-i", tmp_path / "key"], input=ours, capture_output=True).stdout == b"words"


def test_a_pack_opens_to_an_ssh_key(sealed: Maker, tmp_path: Path) -> None:
    keygen = program("ssh-keygen", "openssh-client")
    subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "id"], check=True)
    other = Maker(tmp_path)
    other.seal(recipients=((tmp_path / "id.pub").read_text(),))
    identity = Identity.parse((tmp_path / "id").read_text())
    report = check_pack(PackFile(other.pack), identity, Trust(now=sealed.clock.now()))
    assert report.result is Result.PENDING
