"""Whatever is changed in a pack is named: the check that failed, and where one file alone was changed, that file."""

import hashlib
import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.authority import Authority, running_authority
from support.evidence import Files, Maker, named, relisted, rows
from unseen.base import WrongKey
from unseen.desk.add_to_pack import Extra
from unseen.desk.ask_authorities import ask_authorities
from unseen.desk.check_pack import check_pack
from unseen.desk.stamp_pack import renew_pack
from unseen.evidence.canonical import canonical
from unseen.evidence.contents import take_in
from unseen.evidence.layout import CUSTODY, MANIFEST, SIGNATURE, SIGNER, TAG_MANIFESTS
from unseen.evidence.records import Role
from unseen.evidence.report import Report, Result
from unseen.evidence.signing import Signer, public_pem
from unseen.evidence.timestamp import read_certificates
from unseen.evidence.verify import Trust, verify
from unseen.vault import LocalFile, PackFile, folder_files


class World:
    """A pack with everything in it, as files and as ciphertext."""

    def __init__(self, folder: Path, server: Authority) -> None:
        self.maker = Maker(folder)
        text = folder / "text.txt"
        text.write_text("found text\n")
        extra = Extra(name="text.txt", role=Role.TEXT, media_type="text/plain", source=LocalFile(text))
        self.maker.add("chat.png", random.Random(1).randbytes(3000))
        self.maker.add_source("page.txt", LocalFile(text), "text/plain", extras=(extra,))
        self.authority = named(server)
        self.maker.seal(self.authority)
        renew_pack(PackFile(self.maker.pack), self.maker.keys.identity, [self.authority], outside=self.maker.online())
        self.files: Files = {path: file.read() for path, file in folder_files(self.maker.open())}
        self.trust = Trust(
            now=datetime.now(UTC),
            signer=self.maker.keys.signer.public,
            roots=read_certificates(server.root.read_bytes()),
        )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    with running_authority(folder / "tsa") as server:
        yield World(folder, server)


def report_of(files: Files, trust: Trust) -> Report:
    return verify(take_in((path, BytesIO(content)) for path, content in files.items()), trust)


def failed(report: Report) -> str:
    """All that failed checks say."""
    return " ".join(f"{c.what}: {c.found}" for c in report.checks if c.result is Result.FAILED)


def test_the_untouched_pack_holds(world: World) -> None:
    report = report_of(world.files, world.trust)
    assert report.result is Result.UNCONFIRMED  # of one certificate no list was kept
    assert [c.what for c in report.checks if c.result is not Result.HOLDS] == ["test's certificates stood"]


def test_a_bit_changed_anywhere_is_named(world: World) -> None:
    """Each file in turn, and bits drawn at random: what failed names the file."""
    draw = random.Random(20261122)
    paths = sorted(world.files)
    for turn in range(1500):
        path = paths[turn % len(paths)]
        content = bytearray(world.files[path])
        bit = draw.randrange(8 * len(content))
        content[bit // 8] ^= 1 << bit % 8
        said = failed(report_of({**world.files, path: bytes(content)}, world.trust))
        assert path in said, (path, bit, said)


@settings(max_examples=60)
@given(data=st.data())
def test_a_file_cut_off_or_swapped_or_missing_or_added_is_named(world: World, data: st.DataObject) -> None:
    paths = sorted(world.files)
    path, other = data.draw(st.lists(st.sampled_from(paths), min_size=2, max_size=2, unique=True))
    content = world.files[path]
    cut = {**world.files, path: content[: data.draw(st.integers(0, len(content) - 1))]}
    swapped = {**world.files, path: world.files[other], other: content}
    missing = {p: c for p, c in world.files.items() if p != path}
    added = {**world.files, f"{path}.x": content}
    assert path in failed(report_of(cut, world.trust))
    assert path in failed(report_of(missing, world.trust))
    assert f"{path}.x" in failed(report_of(added, world.trust))
    if world.files[path] != world.files[other]:
        assert path in failed(report_of(swapped, world.trust))


@settings(max_examples=60)
@given(data=st.data())
def test_whoever_makes_the_lists_anew_is_found_by_the_seal(world: World, data: st.DataObject) -> None:
    """All but the seal's own lists: the manifest, the signature or a timestamp tells."""
    path = data.draw(st.sampled_from(sorted(p for p in world.files if p not in TAG_MANIFESTS and "manifest-" not in p)))
    content = bytearray(world.files[path])
    bit = data.draw(st.integers(0, 8 * len(content) - 1))
    content[bit // 8] ^= 1 << bit % 8
    report = report_of(relisted({**world.files, path: bytes(content)}), world.trust)
    untouched = report_of(world.files, world.trust).not_covered
    assert report.result is Result.FAILED or len(report.not_covered) > len(untouched), (path, bit)


def test_custody_lines_in_another_order_are_named(world: World) -> None:
    lines = world.files[CUSTODY].splitlines(keepends=True)
    lines[1], lines[2] = lines[2], lines[1]
    said = failed(report_of(relisted({**world.files, CUSTODY: b"".join(lines)}), world.trust))
    assert "Line 2 of the custody log says that it is line 3" in said
    assert f"{CUSTODY} was changed" in said


def test_a_custody_line_left_out_is_named(world: World) -> None:
    lines = world.files[CUSTODY].splitlines(keepends=True)
    said = failed(report_of({**world.files, CUSTODY: b"".join([*lines[:1], *lines[2:]])}, world.trust))
    assert "The custody log is unbroken: Line 2" in said


def forged(
    world: World,
    change: Callable[[dict[str, Any]], None],
    signer: Signer,
    *,
    fit: bool = True,
    more: Files | None = None,
) -> Files:
    """The manifest changed and signed anew with another key; everything else made to fit, or nothing that changed."""
    manifest = json.loads(world.files[MANIFEST])
    if fit:
        change(manifest)
    manifest["sealing"]["signer"] = signer.public
    files = {**world.files, SIGNER: public_pem(signer.public), **(more or {})}
    lines = [json.loads(line) for line in files[CUSTODY].splitlines()]
    lines[-1]["sealed"] = manifest["sealing"]
    log = b"".join(canonical(line) + b"\n" for line in lines)
    manifest["custody"]["head"] = hashlib.sha256(log.splitlines()[-1]).hexdigest()
    files[CUSTODY] = log
    files = relisted(files)
    there = take_in((p, BytesIO(c)) for p, c in files.items()).files
    manifest["files"] += [{"path": path} for path in more or {}]
    manifest["files"].sort(key=lambda file: file["path"])
    for file in manifest["files"]:
        new = there[file["path"]]
        file |= {"bytes": new.bytes, "sha256": new.sha256, "sha512": new.sha512}
    if not fit:
        change(manifest)
    text = canonical(manifest)
    return relisted({**files, MANIFEST: text, SIGNATURE: signer.sign(text)})


def test_a_manifest_signed_anew_fits_no_timestamp_and_no_confirmed_key(world: World) -> None:
    files = forged(world, lambda manifest: manifest.update(operator="someone else"), Signer.new())
    results = rows(report_of(files, world.trust))
    assert results["The signature is of this manifest"] == "holds"  # of another key
    assert results["The custody log is unbroken"] == "holds"
    assert results["The signer is who you think"] == "FAILED"
    assert results["test saw the manifest and its signature"] == "FAILED"
    unasked = rows(report_of(files, Trust(now=world.trust.now)))
    assert unasked["The signer is who you think"] == "not confirmed"
    assert unasked["test saw the manifest and its signature"] == "FAILED"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: m["custody"].update(head="0" * 64), "The custody log is not the one that the manifest names"),
        (lambda m: m["custody"].update(entries=3), "The custody log is not the one that the manifest names"),
        (lambda m: m["items"].pop(), "The manifest says something else than the custody log"),
        (lambda m: m["purpose"].update(operator="x"), "The manifest says something else than the custody log"),
        (lambda m: m["sealing"]["recipients"].pop(), "The custody log does not end with this sealing"),
        (lambda m: m["files"].append(m["files"][0]), "The manifest names a file twice"),
        (lambda m: m["items"][0]["original"].update(kept=False), "The manifest says something else"),
    ],
)
def test_a_signed_manifest_that_fits_nothing_else_is_named(
    world: World, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    """By the right signer even: signing makes nothing true."""
    files = forged(world, change, world.maker.keys.signer, fit=False)
    report = report_of(files, world.trust)
    assert rows(report)["The signer is who you think"] == "holds"
    assert said in failed(report)


def test_a_signed_file_that_no_item_names_is_named(world: World) -> None:
    files = forged(world, lambda _: None, world.maker.keys.signer, more={"data/items/0009/original": b"x"})
    report = report_of(files, world.trust)
    assert rows(report)["Every file is the one that was sealed"] == "holds"
    assert "The files of the items are not those that their records name" in failed(report)


def test_timestamps_that_nobody_asked_for_are_named(world: World) -> None:
    folder = "seal/timestamps/test/"
    more = {p.replace(folder, "seal/timestamps/more/"): c for p, c in world.files.items() if p.startswith(folder)}
    assert "timestamps nobody asked for" in failed(report_of(relisted({**world.files, **more}), world.trust))
    strange = {f"{folder}note.txt": b"believe me"}
    chain = "seal/renewals/0001/chain.pem"  # the first timestamps' is covered by the renewal
    noted = {chain: world.files[chain] + b"# believe me\n"}
    assert "chain.pem is not the chain" in failed(report_of(relisted({**world.files, **noted}), world.trust))
    assert "note.txt does not belong there" in failed(report_of(relisted({**world.files, **strange}), world.trust))


def test_timestamps_from_another_authority_are_named(world: World, tmp_path: Path) -> None:
    """Made over the right manifest, with a root of its own that the pack's file is exchanged for."""
    with running_authority(tmp_path / "other") as other:
        about = {"manifest": world.files[MANIFEST], "signature": world.files[SIGNATURE]}
        answers = ask_authorities([named(other)], about, outside=world.maker.online())
        assert not answers.failures
    replaced = {f"seal/timestamps/test/{name}": c for name, c in answers.stamps["test"].files.items()}
    said = failed(report_of(relisted({**world.files, **replaced}), world.trust))
    assert "do not lead to the authority's root" in said
    root = {"seal/authorities/test.pem": other.root.read_bytes()}
    said = failed(report_of(relisted({**world.files, **replaced, **root}), world.trust))
    assert "seal/authorities/test.pem was changed" in said
    assert "does not hold the roots that the manifest names" in said


def test_manifest_and_signature_timestamps_exchanged_are_named(world: World) -> None:
    folder = "seal/timestamps/test/"
    exchanged = {
        f"{folder}{one}.{kind}": world.files[f"{folder}{other}.{kind}"]
        for one, other in (("manifest", "signature"), ("signature", "manifest"))
        for kind in ("tsq", "tsr")
    }
    said = failed(report_of(relisted({**world.files, **exchanged}), world.trust))
    assert "test saw the manifest and its signature: The timestamp is of something else." in said


def test_a_renewal_of_other_files_is_named(world: World) -> None:
    files = {**world.files, "seal/timestamps/test/crl-1.der": world.files["seal/timestamps/test/crl-1.der"] + b"\0"}
    assert "What renewal 1 stamped is not what the pack holds now" in failed(report_of(relisted(files), world.trust))


def test_what_a_manifest_cannot_say_is_refused(world: World) -> None:
    for change in (
        lambda m: m.update(extra=1),
        lambda m: m.update(format="unseen-evidence-2"),
        lambda m: m["items"].append({}),
    ):
        manifest = json.loads(world.files[MANIFEST])
        change(manifest)
        said = failed(report_of({**world.files, MANIFEST: canonical(manifest)}, world.trust))
        assert "The manifest is not a record" in said or "canonical" in said


def test_a_ciphertext_changed_anywhere_does_not_open(world: World, tmp_path: Path) -> None:
    sealed, draw = world.maker.pack.read_bytes(), random.Random(5)
    target = tmp_path / "pack.age"
    for turn in range(150):
        changed = bytearray(sealed)
        bit = draw.randrange(8 * len(changed))
        changed[bit // 8] ^= 1 << bit % 8
        target.write_bytes(changed if turn % 3 else sealed[: draw.randrange(len(sealed))])
        with pytest.raises(WrongKey, match="changed, or this is not the key"):
            check_pack(PackFile(target), world.maker.keys.identity, world.trust)


def test_the_lists_are_those_of_the_maker(world: World) -> None:
    """What the tests make anew is what sealing makes, or they would prove nothing."""
    assert relisted(world.files) == world.files
