"""The node's secret: made once, private, and the root of keys that say nothing of each other."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from unseen.base import Misconfigured
from unseen.store.secret_file import Label, Secret, SecretFile


def test_a_secret_is_made_once_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "apart" / "node.key"
    assert SecretFile(path).read() is None
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: SecretFile(path).made().for_pins, range(16)))
    assert len(set(made)) == 1
    assert made[0] == path.read_bytes()
    assert len(set(made[0])) > 8
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("content", [b"", b"short", bytes(33)])
def test_a_secret_of_another_length_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "node.key"
    path.write_bytes(content)
    for ask in (SecretFile(path).read, SecretFile(path).made):
        with pytest.raises(Misconfigured, match="should hold 32 bytes"):
            ask()
    assert path.read_bytes() == content


def test_a_place_that_cannot_hold_a_secret_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Misconfigured, match="UNSEEN_SECRET_FILE"):
        SecretFile(tmp_path / "file" / "node.key").made()


def test_each_purpose_and_each_store_has_a_key_of_its_own() -> None:
    secret = Secret(bytes(range(32)))
    keys = {secret.subkey(label, salt=salt) for label in Label for salt in (b"one", b"two")}
    assert len(keys) == 2 * len(Label)
    assert secret.for_pins not in keys
    assert secret.subkey(Label.CHECK, salt=b"one") == Secret(bytes(range(32))).subkey(Label.CHECK, salt=b"one")
    assert "32 bytes" in repr(secret)
    assert str(secret.for_pins) not in repr(secret)
