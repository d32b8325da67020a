"""A pack is sealed: signed, timestamped where an authority answers, and encrypted to those who may open it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from unseen.base import BadPack, Conflict
from unseen.desk.ask_authorities import Answers, NamedAuthority, Outside, ask_authorities, clock_ahead_ms
from unseen.desk.custody_log import Hand, Said, next_entry, read_lines
from unseen.desk.evidence_ports import Head, SealedFile, SealedLine, WorkFolder
from unseen.evidence.age import Identity, Writable, decrypting, encrypt, encrypting, parse_recipient
from unseen.evidence.contents import ContainerWriter, Digesting, copy, packed
from unseen.evidence.custody import digest_of, items_of, purpose_of, read_log, write_entry
from unseen.evidence.intake import require_allowed, require_rules
from unseen.evidence.keys import Keys
from unseen.evidence.layout import CUSTODY, MANIFEST, SIGNATURE, TIMESTAMPS, part_path
from unseen.evidence.pack import fixed_tags, payload_of, signed, tag_manifests
from unseen.evidence.records import (
    MANIFEST_FORMAT,
    Custody,
    Entry,
    Environment,
    Item,
    Manifest,
    PackedFile,
    Sealing,
    Tool,
)
from unseen.evidence.stamps import StampFiles
from unseen.evidence.timestamp import write_certificates


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What came of it."""

    manifest: Manifest
    answers: Answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """With what, and on what machine."""

    tool: Tool
    environment: Environment


def seal_pack(
    work: WorkFolder,
    keys: Keys,
    target: SealedFile,
    *,
    recipients: Sequence[str],
    authorities: Sequence[NamedAuthority],
    hand: Hand,
    outside: Outside,
    surroundings: Surroundings,
) -> Sealed:
    """Write a pack of all that the work folder holds; nothing is half-sealed where it fails.

    1. The custody log is read and found unbroken.  2. Its last line says for whom it is sealed.  3. The manifest binds
    everything, says how far this computer's clock is off, and is signed.  4. Authorities are asked about manifest and
    signature; one that fails leaves its timestamps pending.  5. The container is written aside, encrypted; each file is
    compared with its record on the way.  6. The last line goes into the work folder's log, then the pack takes its
    name.  No original is in clear on a disk at any time.  Raises: BadPack, WrongKey, BadRequest, Conflict, StorageFull.
    """
    head = work.head()
    entries, _ = read_log(read_lines(work, keys.identity))  # (1)
    _require_rules(work, entries)
    sealing = Sealing(
        recipients=tuple(dict.fromkeys([keys.identity.recipient, *map(parse_recipient, recipients)])),
        authorities=tuple(named.authority for named in authorities),
        signer=keys.signer.public,
    )
    last = next_entry(head, Said(sealed=sealing), hand)  # (2)
    log = b"".join(write_entry(entry) + b"\n" for entry in (*entries, last))
    bundles = {named.authority.name: write_certificates(named.bundle) for named in authorities}
    ahead = clock_ahead_ms(authorities, outside)
    manifest, tags = _bound(entries, last, log, bundles, surroundings, ahead)
    seal = signed(manifest, keys.signer)  # (3)
    answers = ask_authorities(  # (4)
        authorities, {"manifest": seal[MANIFEST], "signature": seal[SIGNATURE]}, outside=outside
    )
    with target.replaced() as file:  # (5)
        with encrypting(file, sealing.recipients) as sealed:
            container = ContainerWriter(sealed)
            write_tags(container, tags | seal | stamp_paths(TIMESTAMPS, answers.stamps))
            container.put(CUSTODY, log)
            _write_items(work, manifest.items, keys.identity, container, sealed)
            container.close()
        work.append(lambda now: _line(now, head, last, keys.identity.recipient))  # (6)
    return Sealed(manifest=manifest, answers=answers)


def _bound(
    entries: Sequence[Entry],
    last: Entry,
    log: bytes,
    bundles: Mapping[str, bytes],
    surroundings: Surroundings,
    ahead: int | None,
) -> tuple[Manifest, dict[str, bytes]]:
    """The manifest of everything, and what stands beside the payload and is named in it."""
    assert last.sealed is not None
    purpose, items = purpose_of(entries), items_of(entries)
    payload = payload_of(items, log)
    tags = fixed_tags(
        payload,
        purpose=purpose,
        sealed_at=last.at,
        tool=surroundings.tool,
        signer=last.sealed.signer,
        authorities=bundles,
    )
    files = [*payload, *(packed(path, content) for path, content in tags.items())]
    manifest = Manifest(
        format=MANIFEST_FORMAT,
        purpose=purpose,
        sealed_at=last.at,
        operator=last.operator,
        tool=surroundings.tool,
        environment=surroundings.environment,
        clock_ahead_ms=ahead,
        sealing=last.sealed,
        custody=Custody(entries=last.number, head=digest_of(write_entry(last))),
        items=items,
        files=tuple(sorted(files, key=lambda file: file.path)),
    )
    return manifest, tags


def stamp_paths(prefix: str, stamps: Mapping[str, StampFiles]) -> dict[str, bytes]:
    """The files of timestamps, as paths of the pack."""
    return {f"{prefix}{folder}/{name}": content for folder, s in stamps.items() for name, content in s.files.items()}


def write_tags(container: ContainerWriter, tags: Mapping[str, bytes]) -> None:
    """Everything beside the payload, with the bag's lists of it."""
    for path, content in sorted({**tags, **tag_manifests(tags)}.items()):
        container.put(path, content)


def _require_rules(work: WorkFolder, entries: Sequence[Entry]) -> None:
    rules = purpose_of(entries).rules
    if work.rules() != rules:
        raise BadPack("The rules of this work folder are not those that the pack was begun with.")
    require_rules(rules)
    for item in items_of(entries):
        require_allowed(item, rules)


def _write_items(
    work: WorkFolder, items: Sequence[Item], identity: Identity, container: ContainerWriter, sealed: Writable
) -> None:
    for number, item in enumerate(items, start=1):
        for part in item.parts:
            path = part_path(number, part.name)
            container.begin(path, part.bytes)
            digesting = Digesting(sealed)
            with work.object(part.object) as kept, decrypting(kept, identity) as content:
                copy(content, digesting)
            recorded = PackedFile(path=path, bytes=part.bytes, sha256=part.sha256, sha512=part.sha512)
            if digesting.as_file(path) != recorded:
                raise BadPack(f"A file of item {number} in the work folder is not the one that was taken in.")
            container.end(part.bytes)


def _line(now: Head, then: Head, last: Entry, recipient: str) -> SealedLine:
    if now != then:
        raise Conflict("Someone added to the pack while it was sealed.", hint="Seal it again.")
    line = write_entry(last)
    return SealedLine(digest=digest_of(line), sealed=encrypt(line, [recipient]))
