"""Packs from beginning to end: what is taken in, what is kept, what is refused, and that nothing is half-sealed."""

import hashlib
import json
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from support.evidence import Bytes, Maker, checked, rows
from unseen.base import BadPack, BadRequest, CaseRefused, Conflict, StorageFull, WrongKey
from unseen.desk.add_to_pack import Extra
from unseen.desk.check_pack import check_pack, open_pack
from unseen.desk.custody_log import Said, read_lines, write_down
from unseen.evidence.age import Identity
from unseen.evidence.custody import items_of, read_log
from unseen.evidence.keys import Keys
from unseen.evidence.records import Item, Lane, Role, Rules
from unseen.evidence.verify import Trust
from unseen.vault import LocalWorkFolder, OpenedFolder, PackFile

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
DIGESTS_ONLY = Rules(lane=Lane.ADULT, jurisdiction="kr", keep_originals=False)
MINOR = Rules(lane=Lane.MINOR, jurisdiction="cn", keep_originals=False)


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def made(folder: Path, rules: Rules) -> Maker:
    folder.mkdir()
    return Maker(folder, rules=rules)


def items(maker: Maker) -> tuple[Item, ...]:
    return items_of(read_log(read_lines(maker.work, maker.keys.identity))[0])


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_what_was_taken_in_comes_out_as_it_was(maker: Maker) -> None:
    maker.add("chat.png", PICTURE)
    write_down(maker.work, Said(noted="the group was called X"), maker.hand)
    maker.seal()
    opened = maker.open()
    assert (opened / "data/items/0001/original").read_bytes() == PICTURE
    assert "the group was called X" in (opened / "data/custody.jsonl").read_text()
    item = json.loads((opened / "seal/manifest.json").read_text())["items"][0]
    assert item["original"]["sha256"] == hashlib.sha256(PICTURE).hexdigest()
    assert (item["operator"], item["method"]) == ("her sister", "added from a file")
    assert item["origin"] == {"kind": "device", "where": "a phone"}
    assert "FAILED" not in rows(checked(opened)).values()


def test_between_steps_nothing_is_in_clear_and_nobody_else_can_read(maker: Maker) -> None:
    maker.add("secret-name.txt", b"secret words", "text/plain")
    maker.seal()
    content = everything_in(maker.folder / "work") + maker.pack.read_bytes()
    for word in (b"secret", b"her sister", b"a phone"):
        assert word not in content
    for path in [maker.pack, maker.folder / "work", *(maker.folder / "work").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) in (0o700, 0o600), path


def test_by_default_a_picture_leaves_digests_and_nothing_else(tmp_path: Path) -> None:
    maker = made(tmp_path / "her", DIGESTS_ONLY)
    maker.add("film.png", PICTURE)
    maker.add("words.txt", b"what they wrote", "text/plain")
    picture, words = items(maker)
    assert (picture.original.kept, picture.parts) == (False, ())
    assert picture.original.sha512 == hashlib.sha512(PICTURE).hexdigest()
    assert [part.role for part in words.parts] == [Role.ORIGINAL]
    maker.seal()
    assert not (maker.open() / "data/items/0001").exists()


@pytest.mark.parametrize(
    "content",
    [
        PICTURE,
        b"<svg><image href='data:image/png;base64,iVBORw0KGgo='/></svg>",
        b"Content-Transfer-Encoding: BASE64\n",
        b"x" * ((1 << 20) - 3) + b"base64",  # across two reads
        b"caf\xe9",
    ],
)
def test_what_can_hold_a_picture_is_not_kept_as_text(tmp_path: Path, content: bytes) -> None:
    maker = made(tmp_path / "her", DIGESTS_ONLY)
    maker.add("words.txt", content, "text/plain")
    (item,) = items(maker)
    assert (item.original.kept, item.parts) == (False, ())


@pytest.mark.parametrize("code", ["kr", "uk", "sg"])
def test_originals_are_not_kept_where_that_may_be_an_offence(tmp_path: Path, code: str) -> None:
    with pytest.raises(CaseRefused, match="may itself be an offence"):
        made(tmp_path / "her", Rules(lane=Lane.ADULT, jurisdiction=code, keep_originals=True))
    assert not (tmp_path / "her/work").exists()


def test_the_minors_lane_takes_text_alone_whatever_is_chosen(tmp_path: Path) -> None:
    with pytest.raises(CaseRefused, match="never kept"):
        made(tmp_path / "chosen", Rules(lane=Lane.MINOR, jurisdiction="cn", keep_originals=True))
    maker = made(tmp_path / "her", MINOR)
    unread = Bytes([b""], while_open=lambda: pytest.fail("the file was read"))
    with pytest.raises(CaseRefused, match="only text is taken in"):
        maker.add_source("film.mp4", unread, "video/mp4")
    with pytest.raises(CaseRefused, match="only text is taken in"):
        maker.add("harmless.txt", PICTURE, "text/plain")
    rendering = Extra(name="page.pdf", role=Role.RENDERING, media_type="application/pdf", source=unread)
    with pytest.raises(CaseRefused, match="only text is taken in"):
        maker.add_source("words.txt", Bytes([b"words"]), "text/plain", extras=(rendering,))
    maker.add("words.txt", b"words", "text/plain")
    assert len(items(maker)) == 1
    assert not any((maker.folder / "work/objects").glob("*")) or len(items(maker)[0].parts) == 1


def test_rules_that_were_changed_by_hand_seal_nothing(tmp_path: Path) -> None:
    maker = made(tmp_path / "her", DIGESTS_ONLY)
    rules = tmp_path / "her" / "work" / "rules.json"
    rules.write_bytes(rules.read_bytes().replace(b'"keep_originals":false', b'"keep_originals":true'))
    maker.add("film.png", PICTURE)
    with pytest.raises(BadPack, match="not those that the pack was begun with"):
        maker.seal()


def test_a_file_that_changes_while_it_is_read_is_refused(maker: Maker) -> None:
    with pytest.raises(BadRequest, match="changed while it was read"):
        maker.add_source("a.png", Bytes([b"one", b"two"]), "image/png")
    assert items(maker) == ()


@pytest.mark.parametrize("name", ["x" * 10_000, "\u202e gpj.exe", "../../etc/passwd", "a\nb", "名前"])
def test_odd_names_are_kept_as_words_and_never_as_paths(maker: Maker, name: str) -> None:
    maker.add(name, b"x")
    maker.seal()
    manifest = json.loads((maker.open() / "seal/manifest.json").read_text())
    assert manifest["items"][0]["original"]["name"] == name
    assert (maker.folder / "opened/data/items/0001/original").read_bytes() == b"x"


def test_a_clock_that_was_set_back_is_said_and_loses_nothing(maker: Maker) -> None:
    maker.clock.off = timedelta(days=1)
    write_down(maker.work, Said(noted="with a wrong clock"), maker.hand)
    maker.clock.off = timedelta()
    maker.seal()
    results = rows(checked(maker.open()))
    assert results["The custody log is unbroken"] == "holds"
    assert results["Times in the custody log follow each other"] == "not confirmed"


def test_two_who_add_at_once_lose_nothing(maker: Maker) -> None:
    """Four processes, ten notes each: forty entries, one chain."""
    script = (
        "import sys, secrets; from pathlib import Path; from unseen.base import SystemClock\n"
        "from unseen.vault import LocalWorkFolder; from unseen.desk.custody_log import Hand, Said, write_down\n"
        "hand = Hand(operator=sys.argv[2], clock=SystemClock(), random_bits=secrets.randbits)\n"
        "for n in range(10): write_down(LocalWorkFolder(Path(sys.argv[1])), Said(noted=str(n)), hand)\n"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", script, str(maker.folder / "work"), f"helper {n}"]) for n in range(4)
    ]
    assert [process.wait(60) for process in started] == [0] * 4
    entries, custody = read_log(read_lines(maker.work, maker.keys.identity))
    assert custody.entries == 41
    assert {entry.operator for entry in entries[1:]} == {f"helper {n}" for n in range(4)}
    maker.seal()
    assert rows(checked(maker.open()))["The custody log is unbroken"] == "holds"


def test_who_adds_while_it_is_sealed_is_not_lost(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    real = maker.work.append

    def late(make: object) -> object:
        monkeypatch.setattr(maker.work, "append", real)
        write_down(maker.work, Said(noted="just now"), maker.hand)
        return real(make)  # type: ignore[arg-type]

    monkeypatch.setattr(maker.work, "append", late)
    with pytest.raises(Conflict, match="Seal it again"):
        maker.seal()
    assert not maker.pack.exists()
    maker.seal()
    assert "just now" in (maker.open() / "data/custody.jsonl").read_text()


@contextmanager
def small_disk(most_bytes: int) -> Iterator[None]:
    """No file can grow beyond this, as on a disk that has no more room."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_full_disk_leaves_nothing_half_sealed(maker: Maker) -> None:
    maker.add("a.png", PICTURE * 100)
    before = sorted(maker.folder.rglob("*"))
    lines = read_lines(maker.work, maker.keys.identity)
    with small_disk(100_000), pytest.raises(StorageFull, match="no room"):
        maker.seal()
    assert sorted(maker.folder.rglob("*")) == before
    assert read_lines(maker.work, maker.keys.identity) == lines
    maker.seal()
    assert (maker.open() / "data/items/0001/original").read_bytes() == PICTURE * 100


def test_a_full_disk_takes_nothing_half_in(maker: Maker) -> None:
    before = sorted(maker.folder.rglob("*"))
    source = Bytes([PICTURE * 100])
    with small_disk(100_000), pytest.raises(StorageFull, match="no room"):
        maker.add_source("a.png", source, "image/png")
    assert sorted(maker.folder.rglob("*")) == before
    assert items(maker) == ()


def test_a_full_disk_leaves_no_half_opened_folder(maker: Maker) -> None:
    maker.add("a.png", PICTURE * 100)
    maker.seal()
    before = sorted(maker.folder.rglob("*"))
    with small_disk(100_000), pytest.raises(StorageFull, match="no room"):
        maker.open()
    assert sorted(maker.folder.rglob("*")) == before


def test_every_recipient_can_open_it_and_nobody_else(maker: Maker) -> None:
    lawyer, stranger = Identity.new(), Identity.new()
    maker.add("a.png", PICTURE)
    sealed = maker.seal(recipients=(lawyer.recipient,))
    assert sealed.manifest.sealing.recipients == (maker.keys.identity.recipient, lawyer.recipient)
    trust = Trust(now=maker.clock.now())
    assert check_pack(PackFile(maker.pack), lawyer, trust).manifest == sealed.manifest
    with pytest.raises(WrongKey, match="changed, or this is not the key"):
        check_pack(PackFile(maker.pack), stranger, trust)
    with pytest.raises(WrongKey), OpenedFolder(maker.folder / "stolen") as folder:
        open_pack(PackFile(maker.pack), stranger, folder)
    assert not (maker.folder / "stolen").exists()


@pytest.mark.parametrize("key", ["age1nonsense", "", "ssh-rsa AAAA", "AGE-SECRET-KEY-1"])
def test_a_recipients_key_that_cannot_be_read_seals_nothing(maker: Maker, key: str) -> None:
    with pytest.raises(BadRequest, match="recipient's key cannot be read"):
        maker.seal(recipients=(key,))
    assert not maker.pack.exists()


def test_a_passphrase_opens_both_keys_and_another_none() -> None:
    keys = Keys.new()
    with pytest.raises(BadRequest, match="at least 10"):
        keys.locked("short")
    locked = keys.locked("four words or five")
    assert locked.unlocked("four words or five").signer.public == keys.signer.public
    with pytest.raises(WrongKey, match="passphrase is not the one"):
        locked.unlocked("four words or six")


@pytest.mark.parametrize("what", ["exchanged", "missing", "line"])
def test_a_work_folder_that_was_tampered_with_is_not_sealed(maker: Maker, what: str) -> None:
    maker.add("a.png", PICTURE)
    maker.add("b.png", PICTURE + b"b")
    one, other = sorted((maker.folder / "work/objects").iterdir())
    if what == "exchanged":
        content = one.read_bytes()
        one.write_bytes(other.read_bytes())
        other.write_bytes(content)
    elif what == "missing":
        one.unlink()
    else:
        sorted((maker.folder / "work/custody").iterdir())[1].unlink()
    with pytest.raises(BadPack):
        maker.seal()
    assert not maker.pack.exists()


def test_what_a_killed_command_left_behind_is_no_part_of_the_pack(maker: Maker) -> None:
    (maker.folder / "work/objects" / f"{'0' * 32}.age").write_bytes(b"never named")
    (maker.folder / "work/custody/.0123.part").write_bytes(b"half a line")
    maker.add("a.png", PICTURE)
    maker.seal()
    assert "FAILED" not in rows(checked(maker.open())).values()


def test_a_folder_that_is_there_is_never_written_into(maker: Maker, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    locked = maker.work.keys()
    with pytest.raises(BadRequest, match="something of this name"):
        LocalWorkFolder.create(tmp_path / "taken", locked, DIGESTS_ONLY)
    with pytest.raises(BadRequest, match="something of this name"), OpenedFolder(tmp_path / "taken"):
        pass
    with pytest.raises(BadRequest, match="no work folder"):
        LocalWorkFolder(tmp_path / "taken")
