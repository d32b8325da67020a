"""``unseen fingerprint``, ``token``, ``doctor``, and how errors are said."""

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from unit.cli.conftest import Unseen
from unseen import base
from unseen.base import UnseenError
from unseen.cli import app, errors, terminal
from unseen.desk.tokens import digest_of

Picture = Callable[..., Path]
Opened = Callable[..., tuple[str, str]]


def test_fingerprints_are_those_of_the_file(unseen: Unseen, picture: Picture, data: Path) -> None:
    path = picture(1)
    said = unseen("fingerprint", path)
    assert said.code == 0
    assert hashlib.sha256(path.read_bytes()).hexdigest() in said.out
    assert "320 x 240 pixels, image/jpeg, PDQ quality 100" in said.out
    answer = json.loads(unseen("fingerprint", "--json", "--views", path).out)
    assert answer["md5"] == hashlib.md5(path.read_bytes()).hexdigest()
    assert answer["views"]["upright"] == answer["pdq"]
    assert len(set(answer["views"].values())) == 8
    assert not data.exists()  # it needs no store


def test_views_fit_a_terminal(unseen: Unseen, picture: Picture) -> None:
    lines = unseen("fingerprint", "--views", picture(1)).out.splitlines()[1:]
    assert len(lines) == 11
    assert max(map(len, lines)) <= 80


def test_fingerprinting_goes_on_past_a_bad_file(unseen: Unseen, picture: Picture, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"")
    said = unseen("fingerprint", bad, picture(1))
    assert said.code == 2
    assert str(bad) in said.err
    assert "sha256" in said.out


def test_a_featureless_picture_is_called_so(unseen: Unseen, tmp_path: Path) -> None:
    from PIL import Image

    flat = tmp_path / "flat.png"
    Image.new("L", (90, 90), 128).save(flat)
    assert "featureless" in unseen("fingerprint", flat).out


def test_a_token_is_printed_once_and_kept_as_a_digest(unseen: Unseen, data: Path) -> None:
    made = unseen("token", "new", "forum", "--scope", "screen", "--scope", "bank")
    secret = made.out.strip()
    assert made.out == f"{secret}\n"
    kept = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    assert secret.encode() not in kept
    assert digest_of(secret) in kept
    listed = unseen("token", "list")
    assert "forum" in listed.out
    assert "bank, screen" in listed.out
    assert secret not in listed.out
    assert unseen("token", "new", "forum", "--scope", "screen").code == 2
    assert unseen("token", "revoke", "forum").code == 0
    assert unseen("token", "list").out == "There are no tokens.\n"
    assert unseen("token", "revoke", "forum").code == 2
    assert unseen("token", "new", "forum").code == 2


def finding(text: str, subject: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(subject))


def test_the_doctor_changes_nothing(unseen: Unseen, data: Path, picture: Picture, opened: Opened) -> None:
    assert unseen("doctor").code == 0
    assert not data.exists()
    opened(picture(1))

    def seen() -> dict[str, tuple[int, int, bytes]]:
        """Modes, times of the last change (a folder's moves when a file comes or goes), and contents."""
        return {
            path.name: (path.stat().st_mode, path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
            for path in (data, *data.iterdir())
        }

    before = seen()
    said = unseen("doctor")
    assert said.code == 0, said.out
    assert said.out.endswith("Healthy.\n")
    assert "4 entries that match" in said.out
    assert seen() == before


def test_the_doctor_looks_into_every_decoder(unseen: Unseen) -> None:
    said = unseen("doctor")
    for name in ("JPEG", "PNG", "WEBP", "HEIF", "AVIF", "kernels"):
        assert finding(said.out, name).split()[1] == "ok"


def open_folder(data: Path) -> None:
    data.chmod(0o755)


def open_file(data: Path) -> None:
    (data / "unseen.sqlite3").chmod(0o644)


def open_secret(data: Path) -> None:
    data.with_name("data.key").chmod(0o644)


def another_secret(data: Path) -> None:
    data.with_name("data.key").write_bytes(bytes(32))


def lose_secret(data: Path) -> None:
    data.with_name("data.key").unlink()


def cut_secret(data: Path) -> None:
    data.with_name("data.key").write_bytes(b"short")


def damage_store(data: Path) -> None:
    store = data / "unseen.sqlite3"
    content = bytearray(store.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    store.write_bytes(content)


def replace_store(data: Path) -> None:
    (data / "unseen.sqlite3").write_bytes(b"something else entirely" * 400)


def age_store(data: Path) -> None:
    with closing(sqlite3.connect(data / "unseen.sqlite3")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")


def leave_codes(data: Path) -> None:
    with closing(sqlite3.connect(data / "unseen.sqlite3")) as database, database:
        database.execute("UPDATE ledger SET erased_seq = 5")


@pytest.mark.parametrize(
    ("harm", "subject"),
    [
        (open_folder, "data folder"),
        (open_file, "files"),
        (open_secret, "secret"),
        (another_secret, "seal"),
        (lose_secret, "secret"),
        (cut_secret, "secret"),
        (damage_store, "store"),
        (replace_store, "store"),
        (age_store, "store"),
        (leave_codes, "forgetting"),
    ],
)
def test_the_doctor_finds(
    unseen: Unseen, data: Path, harm: Callable[[Path], None], subject: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unseen.examine._decoders", lambda _: iter(()))  # looked at elsewhere; they take a second
    unseen("bank", "list")
    harm(data)
    said = unseen("doctor")
    assert said.code == 1
    assert "WRONG" in finding(said.out, subject)
    assert said.out.endswith("Not healthy: 1 thing is wrong.\n")


def test_the_doctor_notes_a_torn_snapshot_which_mends_itself(
    unseen: Unseen, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unseen.examine._decoders", lambda _: iter(()))
    unseen("bank", "list")
    with closing(sqlite3.connect(data / "unseen.sqlite3")) as database:
        (lineage,) = database.execute("SELECT lineage FROM ledger").fetchone()
    snapshot = data / f"pdq-{lineage.hex()}.manifest"
    snapshot.touch(0o600)
    snapshot.write_bytes(b"torn")
    said = unseen("doctor")
    assert said.code == 0
    assert "note" in finding(said.out, "snapshot")


def test_a_wrong_setting_is_3_and_named(unseen: Unseen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSEEN_PORT", "many")
    said = unseen("bank", "list")
    assert said.code == 3
    assert "UNSEEN_PORT" in said.err


def test_a_store_that_cannot_be_used_is_3(unseen: Unseen, data: Path) -> None:
    data.write_text("a file where the folder should be")
    said = unseen("bank", "list")
    assert said.code == 3
    assert said.err.startswith("unseen: The data folder")


def all_errors() -> list[type[UnseenError]]:
    return [kind for kind in vars(base).values() if isinstance(kind, type) and issubclass(kind, UnseenError)]


@pytest.mark.parametrize("kind", [kind for kind in all_errors() if kind is not UnseenError])
def test_every_error_has_an_exit_code_that_says_whose_fault_it_is(kind: type[UnseenError]) -> None:
    error = kind() if kind is base.CaseUnknown else kind("what.")  # type: ignore[call-arg]
    expected = 1 if kind is base.CaseRefused else 2 if issubclass(kind, base.CallerError) else None
    if expected is None:
        expected = 3 if issubclass(kind, base.Misconfigured) else 4
    assert errors.exit_code_of(error) == expected


def test_a_fault_of_ours_shows_neither_traceback_nor_its_words(unseen: Unseen, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("pdq f8f8f0ce")

    monkeypatch.setattr("unseen.config.load_config", fail)
    said = unseen("bank", "list")
    assert said.code == 70
    assert said.err.count("\n") == 1
    assert "report" in said.err
    assert "f8f8f0ce" not in said.err
    monkeypatch.setenv("UNSEEN_DEBUG", "1")
    assert "Traceback" in unseen("bank", "list").err


def test_ctrl_c_is_130_and_one_word(unseen: Unseen, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("unseen.config.load_config", interrupt)
    said = unseen("bank", "list")
    assert said.code == 130
    assert said.err.strip() == "unseen: stopped."


def test_what_steers_a_terminal_is_written_out() -> None:
    assert terminal.plain("a\x1b[31mb\x9bc\udcff") == "a\\x1b[31mb\\x9bc\\udcff"
    assert terminal.shown(Path("a\nb")) == "a\\nb"
    assert terminal.plain("żółć 写真\n") == "żółć 写真\n"


def test_the_pin_is_hidden_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(terminal, "getpass", lambda prompt: f"hidden:{bool(prompt)}")
    assert terminal.ask_pin() == "hidden:True"


def test_the_version_is_told(unseen: Unseen) -> None:
    from unseen import __version__

    assert unseen("--version").out == f"unseen {__version__}\n"
    assert app.app.info.name == "unseen"
