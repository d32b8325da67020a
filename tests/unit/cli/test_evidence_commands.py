"""``unseen evidence``: a pack from the first word to the court's check, and what is said when it cannot be."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pyrage
import pytest

from support.authority import POLICY, Authority, running_authority
from support.evidence import Clock
from unit.cli.conftest import Unseen
from unseen.evidence.age import Identity

WORDS = "four words or five\n"


class QuickLock:
    """A passphrase's lock without its price; age's own is used in tests/conformance."""

    @staticmethod
    def encrypt(plain: bytes, passphrase: str) -> bytes:
        return b"age-encryption.org/v1 " + hashlib.sha256(passphrase.encode()).digest() + plain

    @staticmethod
    def decrypt(locked: bytes, passphrase: str) -> bytes:
        if locked[22:54] != hashlib.sha256(passphrase.encode()).digest():
            raise pyrage.DecryptError("Decryption failed")
        return locked[54:]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unseen.evidence.age.age_passphrase", QuickLock)
    monkeypatch.setenv("UNSEEN_OPERATOR", "her sister")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Authority]:
    with running_authority(tmp_path / "tsa") as server:
        yield server


@pytest.fixture
def authorities(server: Authority, tmp_path: Path) -> Path:
    path = tmp_path / "authorities.toml"
    path.write_text(
        f'[[authority]]\nname = "test"\nurl = "{server.url}"\nroots = "tsa/root.pem"\npolicy = "{POLICY}"\n'
    )
    return path


@pytest.fixture
def work(unseen: Unseen, tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    said = unseen("evidence", "new", folder, "--age", "adult", "--where", "cn", "--keep-originals", typed=WORDS)
    assert (said.code, said.err.count("passphrase")) == (0, 1)
    return folder


def test_from_the_first_word_to_the_check(
    unseen: Unseen, work: Path, picture: Callable[..., Path], authorities: Path, server: Authority, tmp_path: Path
) -> None:
    added = unseen("evidence", "add", work, picture(1), "--url", "https://example.org/group/1")
    assert added.code == 0
    assert "entry 2" in added.out
    assert unseen("evidence", "note", work, "the group was called X").code == 0
    sealed = unseen("evidence", "seal", work, "--authorities", authorities, typed=WORDS)
    assert sealed.code == 0
    assert "test has stamped it" in sealed.out
    assert (tmp_path / "work.identity.age").exists()
    found = re.search(r"signed by ([0-9a-f]{64})\.", sealed.out)
    assert found
    key = found[1]
    pack, root = tmp_path / "work.pack.age", server.root
    said = unseen("evidence", "verify", pack, "--signer", key, "--ca", root, "--json", typed=WORDS)
    assert said.code == 0
    report = json.loads(said.out)
    assert report["signer"] == key
    assert {c["result"] for c in report["checks"]} == {"holds", "not confirmed"}
    assert unseen("evidence", "open", pack, tmp_path / "opened", typed=WORDS).code == 0
    shown = unseen("evidence", "verify", tmp_path / "opened")
    assert shown.code == 0
    assert "signed by a key you have not confirmed" in shown.out
    assert "Nothing was changed. What is not confirmed is for you to confirm." in shown.out
    (item,) = json.loads((tmp_path / "opened/seal/manifest.json").read_text())["items"]
    assert {trace["kind"] for trace in item["traces"]} == {"sha256", "md5", "pdq"}
    assert item["origin"]["where"] == "https://example.org/group/1"


def test_a_pending_timestamp_is_said_everywhere_until_it_is_there(
    unseen: Unseen, work: Path, authorities: Path, server: Authority, tmp_path: Path
) -> None:
    server.status = 503
    pack = tmp_path / "work.pack.age"
    sealed = unseen("evidence", "seal", work, "--authorities", authorities, typed=WORDS)
    assert sealed.code == 1
    assert "PENDING: test has not stamped it. The timestamp authority answered 503" in sealed.out
    for command in (("verify", pack), ("stamp", pack)):
        said = unseen("evidence", *command, typed=WORDS)
        assert said.code == 1
        assert "PENDING" in said.out
    server.status = 200
    assert unseen("evidence", "stamp", pack, typed=WORDS).code == 0
    assert unseen("evidence", "verify", pack, typed=WORDS).code == 0
    assert "is pending" in unseen("evidence", "stamp", pack, typed=WORDS).out
    assert unseen("evidence", "stamp", pack, "--renew", "--authorities", authorities, typed=WORDS).code == 0
    said = unseen("evidence", "verify", pack, typed=WORDS)
    assert "Renewal 1" in said.out


def test_without_an_authority_it_says_that_nobody_vouches(unseen: Unseen, work: Path) -> None:
    sealed = unseen("evidence", "seal", work, typed=WORDS)
    assert sealed.code == 1
    assert "no timestamp authority was named, so nobody else vouches for the time" in sealed.out


def test_the_setting_names_the_authorities(
    unseen: Unseen, work: Path, authorities: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSEEN_TIMESTAMP_AUTHORITIES", str(authorities))
    assert "test has stamped it" in unseen("evidence", "seal", work, typed=WORDS).out


def test_a_wrong_clock_is_said_in_plain_words(
    unseen: Unseen, work: Path, authorities: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unseen.compose_evidence.SystemClock", lambda: Clock(off=timedelta(hours=-2)))
    said = unseen("evidence", "seal", work, "--authorities", authorities, typed=WORDS)
    assert said.code == 0
    assert re.search(r"This computer's clock is 7[12]\d\d s behind the authority's\.", said.err)


def test_a_changed_pack_is_said_to_be(unseen: Unseen, work: Path, tmp_path: Path) -> None:
    unseen("evidence", "seal", work, typed=WORDS)
    pack = tmp_path / "work.pack.age"
    assert unseen("evidence", "open", pack, tmp_path / "opened", typed=WORDS).code == 0
    (tmp_path / "opened/README.txt").write_text("believe me")
    said = unseen("evidence", "verify", tmp_path / "opened")
    assert said.code == 1
    assert "README.txt was changed" in said.out
    content = bytearray(pack.read_bytes())
    content[-9] ^= 1
    pack.write_bytes(content)
    said = unseen("evidence", "verify", pack, typed=WORDS)
    assert (said.code, said.out) == (2, "")
    assert "it was changed, or this is not the key" in said.err


def test_a_wrong_passphrase_and_a_lost_key_are_said_kindly(unseen: Unseen, work: Path, tmp_path: Path) -> None:
    said = unseen("evidence", "seal", work, typed="another one than that\n")
    assert said.code == 2
    assert "The passphrase is not the one" in said.err
    assert not (tmp_path / "work.pack.age").exists()
    unseen("evidence", "seal", work, typed=WORDS)
    (tmp_path / "work.identity.age").unlink()
    said = unseen("evidence", "verify", tmp_path / "work.pack.age", typed=WORDS)
    assert said.code == 2
    assert "another recipient still can" in said.err
    stranger = tmp_path / "key.txt"
    stranger.write_text(Identity.new().text)
    said = unseen("evidence", "verify", tmp_path / "work.pack.age", "--identity", stranger)
    assert "this is not the key" in said.err


def test_another_recipient_opens_it_with_her_own_key(unseen: Unseen, work: Path, tmp_path: Path) -> None:
    lawyer = Identity.new()
    (tmp_path / "lawyer.txt").write_text(lawyer.text)
    unseen("evidence", "seal", work, "--to", lawyer.recipient, typed=WORDS)
    said = unseen("evidence", "open", tmp_path / "work.pack.age", tmp_path / "o", "--identity", tmp_path / "lawyer.txt")
    assert said.code == 0


def test_two_packs_of_one_person_are_signed_by_one_key(unseen: Unseen, work: Path, tmp_path: Path) -> None:
    assert unseen("evidence", "new", tmp_path / "next", "--age", "adult", "--keys", work).code == 0
    first = unseen("evidence", "seal", work, typed=WORDS).out
    second = unseen("evidence", "seal", tmp_path / "next", typed=WORDS).out
    signers = {line for said in (first, second) for line in said.splitlines() if line.startswith("It is signed by")}
    assert len(signers) == 1


@pytest.mark.parametrize("age", ["under-18", "unknown"])
def test_the_minors_lane_takes_no_picture(
    unseen: Unseen, picture: Callable[..., Path], tmp_path: Path, age: str
) -> None:
    assert unseen("evidence", "new", tmp_path / "w", "--age", age, "--keep-originals", typed=WORDS).code == 1
    assert not (tmp_path / "w").exists()
    assert unseen("evidence", "new", tmp_path / "w", "--age", age, typed=WORDS).code == 0
    path = picture(1)
    path.chmod(0)
    said = unseen("evidence", "add", tmp_path / "w", path, "--device", "a phone")
    assert said.code == 1
    assert "only text is taken in" in said.err
    assert unseen("evidence", "note", tmp_path / "w", "in the group X, at nine").code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "WORK", "FILE"), "Say where it was found"),
        (("add", "WORK", "FILE", "--url", "u", "--device", "d"), "Say where it was found"),
        (("add", "WORK", "FILE", "--device", "d", "--captured-at", "2026-11-22T23:05"), "no time with a time zone"),
        (("add", "WORK", "WORK", "--device", "d"), "Is a directory"),
        (("add", "FILE", "FILE", "--device", "d"), "no work folder"),
        (("add", "WORK", "missing", "--device", "d"), "No such file"),
        (("seal", "WORK", "--to", "age1x"), "recipient's key cannot be read"),
        (("seal", "WORK", "--out", "FILE"), "is there already"),
        (("seal", "WORK", "--authorities", "FILE"), "is no list of timestamp authorities"),
        (("verify", "FILE", "--signer", "abc"), "signer's key cannot be read"),
        (("verify", "FILE", "--ca", "FILE"), "certificates cannot be read"),
        (("verify", "missing"), "There is no pack at"),
        (("stamp", "FILE", "--renew"), "Renewing needs an authority"),
        (("new", "WORK", "--age", "adult"), "something of this name already"),
        (("new", "other", "--age", "adult", "--where", "xx"), "jurisdiction is not known"),
    ],
)
def test_what_cannot_be_done_is_said_in_plain_words(
    unseen: Unseen,
    work: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    file = tmp_path / "a.txt"
    file.write_text("words")
    monkeypatch.chdir(tmp_path)
    named = {"WORK": work, "FILE": file}
    answer = unseen("evidence", *(named.get(word, word) for word in arguments), typed=WORDS)
    assert answer.code in (2, 3)
    assert said in answer.err
    assert len(answer.err.splitlines()) <= 3


def test_whoever_says_no_name_is_asked_for_one(unseen: Unseen, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UNSEEN_OPERATOR")
    assert "Say who does this" in unseen("evidence", "note", work, "words").err
    assert unseen("evidence", "note", work, "words", "--by", "a friend").code == 0


def test_a_link_in_an_opened_pack_is_refused(unseen: Unseen, work: Path, tmp_path: Path) -> None:
    unseen("evidence", "seal", work, typed=WORDS)
    unseen("evidence", "open", tmp_path / "work.pack.age", tmp_path / "opened", typed=WORDS)
    shutil.copy(tmp_path / "opened/README.txt", tmp_path / "elsewhere")
    (tmp_path / "opened/README.txt").unlink()
    (tmp_path / "opened/README.txt").symlink_to(tmp_path / "elsewhere")
    said = unseen("evidence", "verify", tmp_path / "opened")
    assert said.code == 2
    assert "no plain file" in said.err
