"""Anyone checks a pack, offline: one that is still encrypted, or the folder it was opened into."""

from unseen.desk.evidence_ports import NewFolder, SealedFile
from unseen.evidence.age import Identity, decrypting
from unseen.evidence.contents import Contents, Files, copy, read_container, take_in
from unseen.evidence.layout import require_path
from unseen.evidence.report import Report
from unseen.evidence.verify import Trust, verify


def check_pack(pack: SealedFile, identity: Identity, trust: Trust) -> Report:
    """Check a sealed pack without writing any of it.  Raises: WrongKey, BadPack (its container), BadRequest."""
    return verify(contents_of(pack, identity), trust)


def check_folder(files: Files, trust: Trust) -> Report:
    """Check a pack that was opened before.  Raises: BadPack (names that no pack has), BadRequest."""
    return verify(take_in(files), trust)


def open_pack(pack: SealedFile, identity: Identity, folder: NewFolder) -> None:
    """Write what is in a pack into a folder, in clear.  Raises: WrongKey, BadPack, StorageFull, BadRequest."""
    with pack.opened() as sealed, decrypting(sealed, identity) as stream:
        for path, content in read_container(stream):
            with folder.put(require_path(path)) as file:
                copy(content, file)


def contents_of(pack: SealedFile, identity: Identity) -> Contents:
    """What is in a sealed pack.  Raises: WrongKey, BadPack, BadRequest."""
    with pack.opened() as sealed, decrypting(sealed, identity) as stream:
        return take_in(read_container(stream))
