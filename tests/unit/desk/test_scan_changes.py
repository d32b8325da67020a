"""New entries, and no others, reach what was kept; whichever side is indexed, the answer is the same."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from support.node import Node
from unseen.bank.records import Bank, Source, SourceKind
from unseen.desk import scan_changes as module
from unseen.desk.kept_videos import kept_of
from unseen.desk.look_at_video import SeenVideo
from unseen.desk.near_videos import Layer
from unseen.desk.scan_changes import scan_changes
from unseen.desk.scan_ports import NO_TIME, KeptRows, Row
from unseen.fingerprint.records import VIEWS, Fingerprint, Kind

N = 40
Add = Callable[..., tuple[int, ...]]


@pytest.fixture
def kept() -> KeptRows:
    draw = np.random.default_rng(5)
    qualities = np.full(N, 90, np.uint8)
    qualities[7] = 20
    return KeptRows(
        keys=tuple(f"upload-{at}".encode() for at in range(N)),
        sha256=draw.integers(0, 256, (N, 32), np.uint8),
        md5=draw.integers(0, 256, (N, 16), np.uint8),
        codes=draw.integers(0, 256, (N, 8, 32), np.uint8),
        qualities=qualities,
        at_ms=np.full(N, NO_TIME, np.int32),
    )


@pytest.fixture
def add(node: Node) -> Add:
    def protect(*fingerprints: Fingerprint, bank: str = "cases", confirmed: bool = False) -> tuple[int, ...]:
        with node.store.write() as tx:
            return tx.protect(
                bank,
                fingerprints,
                source=Source(kind=SourceKind.OPERATOR, ref="test"),
                confirmed_by="test" if confirmed else None,
                actor="test",
                reason="test",
                at=node.clock.now(),
            )

    return protect


def pdq(code: NDArray[np.uint8], bits: int = 0) -> Fingerprint:
    """A code ``bits`` away."""
    value = int.from_bytes(code.tobytes()) ^ ((1 << bits) - 1) << 40
    return Fingerprint(kind=Kind.PDQ, code=value.to_bytes(32), quality=90)


def found(node: Node, kept: KeptRows, after: int) -> dict[str, Row]:
    said = [
        row
        for sifted in scan_changes(after, [kept], store=node.store, index=node.index, threads=1)
        for row in sifted.said
    ]
    assert len({row.key for row in said}) == len(said)
    return {row.key.decode(): row for row in said}


@pytest.fixture(params=["few entries", "many entries"])
def side(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MANY_ENTRIES", 1000 if request.param == "few entries" else 0)


@pytest.mark.usefixtures("side")
def test_only_entries_added_since_are_matched(node: Node, kept: KeptRows, add: Add) -> None:
    add(pdq(kept.codes[0, 0]))
    seq = node.index.pictures.catch_up()
    add(pdq(kept.codes[1, 3], 31))
    add(pdq(kept.codes[2, 0], 32))
    add(pdq(kept.codes[7, 0]))
    add(Fingerprint(kind=Kind.SHA256, code=kept.sha256[3].tobytes()), confirmed=True)
    add(Fingerprint(kind=Kind.MD5, code=kept.md5[4].tobytes()))
    said = found(node, kept, seq)
    assert set(said) == {"upload-1", "upload-3", "upload-4"}
    verdict = said["upload-1"].verdict
    assert verdict is not None
    assert [(f.distance, f.view) for f in verdict.findings] == [(31, VIEWS[3])]
    assert said["upload-3"].verdict is not None
    assert said["upload-3"].verdict.response.value == "block"
    assert {row.as_of_seq for row in said.values()} == {node.index.pictures.seq}
    assert set(found(node, kept, 0)) == {"upload-0", "upload-1", "upload-3", "upload-4"}
    assert found(node, kept, node.index.pictures.seq) == {}


@pytest.mark.usefixtures("side")
def test_each_bank_keeps_its_own_radius(node: Node, kept: KeptRows, add: Add) -> None:
    with node.store.write() as tx:
        tx.put_bank(Bank(name="wide", radius_bits=60))
    add(pdq(kept.codes[1, 0], 50), bank="wide")
    add(pdq(kept.codes[2, 0], 50))
    assert set(found(node, kept, 0)) == {"upload-1"}


@pytest.mark.usefixtures("side")
def test_the_verdict_is_of_the_whole_bank(node: Node, kept: KeptRows, add: Add) -> None:
    with node.store.write() as tx:
        tx.put_bank(Bank.allowing("memes"))
    add(pdq(kept.codes[1, 0]), bank="memes")
    add(pdq(kept.codes[2, 0], 9), confirmed=True)
    seq = node.index.pictures.catch_up()
    add(pdq(kept.codes[1, 0], 3), pdq(kept.codes[2, 0], 3))
    verdicts = {key: row.verdict.response.value for key, row in found(node, kept, seq).items() if row.verdict}
    assert verdicts == {"upload-1": "allow", "upload-2": "block"}


@pytest.mark.usefixtures("side")
def test_an_entry_retired_since_does_not_match(node: Node, kept: KeptRows, add: Add) -> None:
    (entry,) = add(pdq(kept.codes[1, 0]))
    add(pdq(kept.codes[2, 0]))
    with node.store.write() as tx:
        tx.retire([entry], actor="test", reason="test", at=node.clock.now())
    assert set(found(node, kept, 0)) == {"upload-2"}


def video(key: bytes, codes: NDArray[np.uint8]) -> KeptRows:
    """A video of which a frame a second was looked at.  codes: (n, 8, 32)."""
    digests = (Fingerprint(kind=Kind.SHA256, code=bytes(32)), Fingerprint(kind=Kind.MD5, code=bytes(16)))
    frames = Layer(at_s=np.arange(len(codes), dtype=np.float64), views=codes)
    return kept_of(key, SeenVideo(digests=digests, frames=frames))


def test_a_video_banked_since_is_found_in_videos_that_were_kept(node: Node, add: Add) -> None:
    codes = np.random.default_rng(8).integers(0, 256, (3, 20, 8, 32), np.uint8)
    kept = [video(b"clip", codes[0]), video(b"other", codes[1]), video(b"dark", codes[2, :0])]
    flip = np.zeros(32, np.uint8)
    flip[:5] = 255  # 40 bits: near enough to look at, too far for one frame to say anything
    far = np.concatenate([codes[1, :1, 0] ^ flip, np.zeros((1, 32), np.uint8)])
    add(Fingerprint.of_frames(far, np.arange(2.0), np.full(2, 90, np.uint8)))
    seq = node.index.catch_up()
    add(Fingerprint.of_frames(codes[0, 8:12, 0], np.arange(4.0), np.full(4, 90, np.uint8)))

    def said(after: int) -> list[Row]:
        sifted = scan_changes(after, kept, store=node.store, index=node.index, threads=1)
        return [row for some in sifted for row in some.said]

    (row,) = said(seq)
    assert row.key == b"clip"
    assert row.verdict is not None
    (finding,) = row.verdict.findings
    assert [(each.upload_s, each.item_s) for each in finding.segments] == [((8.0, 11.0), (0.0, 3.0))]
    assert [row.key for row in said(0)] == [b"clip"]
    assert said(node.index.seq) == []
    add(Fingerprint(kind=Kind.MD5, code=bytes(16)))
    assert [row.key for row in said(node.index.seq)] == [b"clip", b"other", b"dark"]


def test_a_video_banked_since_is_found_in_a_picture_that_is_a_still_of_it(node: Node, kept: KeptRows, add: Add) -> None:
    near = [pdq(kept.codes[at, view], bits).code for at, view, bits in ((1, 6, 31), (2, 0, 32), (7, 0, 0))]
    codes = np.frombuffer(b"".join(near), np.uint8).reshape(-1, 32)
    add(Fingerprint.of_frames(codes, np.arange(3.0), np.full(3, 90, np.uint8)))
    (row,) = found(node, kept, 0).values()
    assert row.key == b"upload-1"
    assert row.verdict is not None
    assert [(f.distance, f.view) for f in row.verdict.findings] == [(31, VIEWS[6])]


def test_a_picture_banked_since_is_found_in_a_video(node: Node, add: Add) -> None:
    codes = np.random.default_rng(9).integers(0, 256, (4, 8, 32), np.uint8)
    add(pdq(codes[2, 5], 12))
    sifted = scan_changes(0, [video(b"film", codes)], store=node.store, index=node.index, threads=1)
    ((row,),) = (some.said for some in sifted)
    assert row.verdict is not None
    assert [(f.distance, f.view, f.segments[0].upload_s) for f in row.verdict.findings] == [(12, VIEWS[5], (2.0, 2.0))]


@pytest.mark.parametrize("seed", range(5))
def test_both_sides_agree_with_comparing_everything(
    node: Node, add: Add, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Codes in a crowd, so that distances lie on both sides of the radius."""
    draw = np.random.default_rng(seed)
    crowd = draw.integers(0, 256, 32, np.uint8)

    def near(shape: tuple[int, ...]) -> NDArray[np.uint8]:
        noise = np.packbits(draw.random((*shape, 256)) < 0.07, axis=-1)
        return crowd ^ noise

    codes, new = near((N, 8)), near((25,))
    kept = KeptRows(
        keys=tuple(str(at).encode() for at in range(N)),
        sha256=np.zeros((N, 32), np.uint8),
        md5=np.zeros((N, 16), np.uint8),
        codes=codes,
        qualities=draw.integers(40, 60, N).astype(np.uint8),
        at_ms=np.full(N, NO_TIME, np.int32),
    )
    for code in new:
        add(pdq(code))
    distances = np.bitwise_count(codes[:, :, None, :] ^ new[None, None]).sum(axis=-1)
    wanted = {str(at) for at in np.flatnonzero((distances <= 31).any(axis=(1, 2)) & (kept.qualities >= 50))}
    assert 0 < len(wanted) < N
    for many in (0, 1000):
        monkeypatch.setattr(module, "_MANY_ENTRIES", many)
        assert set(found(node, kept, 0)) == wanted
