"""Timestamps that are pending are asked for again, and those that will end are renewed; the pack is written anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from unseen.base import BadPack, Conflict
from unseen.desk.ask_authorities import Answers, NamedAuthority, Outside, ask_authorities
from unseen.desk.check_pack import contents_of
from unseen.desk.evidence_ports import SealedFile
from unseen.desk.seal_pack import stamp_paths, write_tags
from unseen.evidence.age import Identity, decrypting, encrypting
from unseen.evidence.contents import ContainerWriter, Contents, copy, read_container
from unseen.evidence.layout import MANIFEST, PAYLOAD, RENEWALS, SIGNATURE, TAG_MANIFESTS, TIMESTAMPS, require_path
from unseen.evidence.records import Manifest
from unseen.evidence.renewal import LIST, covered_list, renewal_name
from unseen.evidence.report import Report, Result
from unseen.evidence.stamps import StampFiles, under
from unseen.evidence.verify import Trust, verify
from unseen.evidence.verify_times import bundle_of


@dataclass(frozen=True, slots=True, kw_only=True)
class StampedPack:
    """What came of it."""

    answers: Answers
    was_pending: tuple[str, ...]  #: the authorities that were asked


def stamp_pack(pack: SealedFile, identity: Identity, *, outside: Outside) -> StampedPack:
    """Ask every authority that the signer named and that has not answered yet.

    The pack is checked first, and is not touched where nothing came.  Raises: WrongKey, BadPack, StorageFull.
    """
    contents = contents_of(pack, identity)
    manifest = _sound(contents, outside)
    there = under(TIMESTAMPS, contents.kept)
    pending = [
        NamedAuthority(authority=authority, bundle=bundle_of(contents, authority))
        for authority in manifest.sealing.authorities
        if authority.name not in there
    ]
    about = {"manifest": contents.text(MANIFEST), "signature": contents.text(SIGNATURE)}
    answers = ask_authorities(pending, about, outside=outside)
    if answers.stamps:
        _write_anew(pack, identity, contents, manifest, stamp_paths(TIMESTAMPS, answers.stamps))
    return StampedPack(answers=answers, was_pending=tuple(named.authority.name for named in pending))


def renew_pack(
    pack: SealedFile, identity: Identity, authorities: Sequence[NamedAuthority], *, outside: Outside
) -> Answers:
    """Have everything in the pack stamped by the first of ``authorities`` that answers, before what it has ends.

    Raises: WrongKey, BadPack, Conflict (nothing to renew yet), StorageFull.
    """
    contents = contents_of(pack, identity)
    manifest = _sound(contents, outside)
    if not under(TIMESTAMPS, contents.kept):
        raise Conflict("There is no timestamp to renew yet.", hint="Run `unseen evidence stamp` without --renew first.")
    number = len(under(RENEWALS, contents.kept)) + 1
    covered = covered_list(contents, number)
    failures: dict[str, str] = {}
    for named in authorities:
        answers = ask_authorities([named], {"renewed": covered}, outside=outside)
        failures |= answers.failures
        if answers.stamps:
            (stamp,) = answers.stamps.values()
            folder = {renewal_name(number): StampFiles(files={**stamp.files, LIST: covered})}
            _write_anew(pack, identity, contents, manifest, stamp_paths(RENEWALS, folder))
            return Answers(stamps=answers.stamps, failures=failures, clock_ahead=answers.clock_ahead)
    return Answers(stamps={}, failures=failures, clock_ahead=None)


def _sound(contents: Contents, outside: Outside) -> Manifest:
    """Return the manifest of a pack of which no check fails.  Raises: BadPack."""
    report: Report = verify(contents, Trust(now=outside.clock.now()))
    failed = [check for check in report.checks if check.result is Result.FAILED]
    if report.manifest is None or failed:
        raise BadPack(f"The pack is not sound, and was left as it is. {failed[0].what}: {failed[0].found}")
    return report.manifest


def _write_anew(
    pack: SealedFile, identity: Identity, contents: Contents, manifest: Manifest, added: Mapping[str, bytes]
) -> None:
    """The pack with ``added``, encrypted again to the same recipients."""
    tags = {path: content for path, content in contents.kept.items() if not path.startswith(PAYLOAD)}
    tags = {path: content for path, content in (tags | dict(added)).items() if path not in TAG_MANIFESTS}
    with (
        pack.replaced() as file,
        pack.opened() as sealed,
        decrypting(sealed, identity) as stream,
        encrypting(file, manifest.sealing.recipients) as again,
    ):
        container = ContainerWriter(again)
        write_tags(container, tags)
        for path, content in read_container(stream):
            if path.startswith(PAYLOAD):
                size = contents.files[require_path(path)].bytes
                container.begin(path, size)
                copy(content, again)
                container.end(size)
        container.close()
