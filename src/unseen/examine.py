"""What a node's files and tools look like from outside: nothing is made, opened for writing, migrated or mended.

``unseen doctor`` shows it.  The order of ``examine`` is the order in which things stand on each other.
"""

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unseen.base import SnapshotRefused, UnseenError
from unseen.compose import limits_of, mail_of, store_file
from unseen.config import Config
from unseen.desk.index import files_name
from unseen.fingerprint.decoder_pool import DecoderPool
from unseen.fingerprint.image import fingerprint_picture
from unseen.fingerprint.pdq import pdq
from unseen.fingerprint.records import Kind
from unseen.match.files import IndexFiles
from unseen.match.veil import Veil
from unseen.store.postgres import look_at_server
from unseen.store.schema import REVISIONS
from unseen.store.sealing import Sealer
from unseen.store.secret_file import SECRET_BYTES, Label, Secret, SecretFile

_LOW_BYTES: Final = 1 << 30
_TOO_LOW_BYTES: Final = 64 << 20
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF")
_SIDE: Final = 96  # pixels of the picture that is made to be decoded
_PDQ: Final = bytes.fromhex("7f8eec7cf09fec3ce0fee42c03dc045f07f05d549fc0ffd4fa50ca5428c00a10")
_PDQ_BITS: Final = 10  # how far another machine's rounding may lead


class Health(StrEnum):
    """How a finding is meant."""

    GOOD = "good"
    NOTE = "note"  #: worth knowing, nothing to mend
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    health: Health
    says: str  #: and, where it is bad, what to do


def examine(config: Config) -> Iterator[Finding]:
    """Look at everything a node stands on, one finding after the other."""
    yield _room_on_disk(config.data_folder)
    if not config.data_folder.is_dir():
        yield _note("data folder", f"{config.data_folder} is not there yet; the first command that needs it makes it.")
    else:
        yield from _folder(config)
        secret = _opened(config)
        yield _secret(config)
        yield from _store(config, secret)
    yield _mail(config)
    yield _kernel()
    yield from _decoders(config)


def _room_on_disk(folder: Path) -> Finding:
    there = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.is_dir())
    free = shutil.disk_usage(there).free
    says = f"{free / (1 << 30):,.1f} GiB free where the data is"
    if free < _TOO_LOW_BYTES:
        return _bad("disk", f"{says}: make room, or writes will be refused.")
    return _note("disk", f"{says}: it is getting low.") if free < _LOW_BYTES else _good("disk", f"{says}.")


def _folder(config: Config) -> Iterator[Finding]:
    folder = config.data_folder
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o077:
        yield _bad("data folder", f"{folder} is open to others ({mode:04o}): chmod 700 it.")
    elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield _bad("data folder", f"{folder} cannot be used by this user.")
    else:
        yield _good("data folder", f"{folder}, private ({mode:04o}).")
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    open_ones = [path.name for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077]
    if open_ones:
        yield _bad("files", f"open to others: {', '.join(open_ones)}. chmod 600 them.")
    elif files:
        yield _good("files", f"{len(files)}, all private (0600).")


def _secret(config: Config) -> Finding:
    path = config.secret
    if not path.exists():
        file = store_file(config)
        if file is None or file.exists():
            return _bad("secret", f"{path} is missing: nothing opens without it. Restore it from backup.")
        return _note("secret", "not there yet; the first command that needs it makes it.")
    if path.stat().st_size != SECRET_BYTES:
        return _bad("secret", f"{path} should hold {SECRET_BYTES} bytes. Restore it from backup.")
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return _bad("secret", f"{path} is open to others ({mode:04o}): chmod 600 it.")
    if path.resolve().is_relative_to(config.data_folder.resolve()):
        apart = config.data_folder.resolve()
        return _note("secret", f"beside what it protects: move {path.name} to {apart.parent / apart.name}.key.")
    return _good("secret", f"{path}, private ({mode:04o}), of the right size.")


def _opened(config: Config) -> Secret | None:
    with suppress(UnseenError):  # what is wrong with it is a finding of its own
        return SecretFile(config.secret).read()
    return None


def _sealed(secret: Secret | None, lineage: bytes, check: bytes | None) -> Iterator[Finding]:
    """Whether the secret is the store's own."""
    if secret is None or check is None:
        return  # said already, or made with the next start
    if Sealer(secret, lineage).check == check:
        yield _good("seal", "the secret is the one that this store was made with.")
    else:
        yield _bad("seal", "the store was made with another secret: restore it from its backup, or from another node.")


def _store(config: Config, secret: Secret | None) -> Iterator[Finding]:
    path = store_file(config)
    if path is None:
        yield from _server(config, secret)
        return
    if not path.exists():
        yield _note("store", "not there yet; the first command that needs it makes it.")
        return
    # Without a log nobody has it open; immutable keeps SQLite from making one beside it.
    mode = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True)) as database:
            yield from _look_inside(database, config.indexes, secret)
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        yield _bad("store", f"{path.name} cannot be read ({name}). Restore the newest backup.")


def _server(config: Config, secret: Secret | None) -> Iterator[Finding]:
    """Look at a database server's store, which the server itself keeps whole."""
    assert config.database_url is not None
    try:
        state = look_at_server(config.database_url.get_secret_value())
    except UnseenError as error:
        yield _bad("store", str(error))
        return
    if state is None:
        yield _note("store", "its database is empty; the first command that needs it makes the store.")
    elif state.revision not in REVISIONS:
        yield _bad("store", f"of a newer version of Unseen (schema {state.revision}). Upgrade Unseen.")
    else:
        yield _good("store", f"on a database server, schema {state.revision}, last change {state.last_seq:,}.")
        yield from _sealed(secret, state.lineage, state.secret_check)


def _look_inside(database: sqlite3.Connection, folder: Path, secret: Secret | None) -> Iterator[Finding]:
    (says,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if says != "ok":
        yield _bad("store", "its file is damaged. Keep it for analysis and restore the newest backup.")
        return
    if not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        yield _note("store", "empty: its first start was cut short, and the next one makes it.")
        return
    (revision,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
    if revision not in REVISIONS:
        yield _bad("store", f"whole, but of a newer version of Unseen (schema {revision}). Upgrade Unseen.")
        return
    if revision != REVISIONS[-1]:
        yield _note("store", f"whole; its schema {revision} is brought up to {REVISIONS[-1]} at the next start.")
        return
    lineage, seq, erased, scrubbed, check = database.execute(
        "SELECT lineage, last_seq, erased_seq, scrubbed_seq, secret_check FROM ledger"
    ).fetchone()
    (standing,) = database.execute("SELECT count(*) FROM entries WHERE retired_at IS NULL").fetchone()
    yield _good("store", f"whole, schema {revision}, {standing:,} entries that match, last change {seq:,}.")
    if erased > scrubbed:
        yield _bad("forgetting", "erased codes may still be in the store's file: run `unseen forget`.")
    yield from _sealed(secret, lineage, check)
    for kind, subject in ((Kind.PDQ, "snapshot"), (Kind.FRAME, "frames")):
        yield _snapshot(IndexFiles(folder, files_name(kind, lineage, None)), seq, subject)
    if secret is not None:
        veil = Veil(secret.subkey(Label.REGION_INDEX, salt=lineage))
        yield _snapshot(IndexFiles(folder, files_name(Kind.REGION, lineage, veil)), seq, "regions")


def _snapshot(files: IndexFiles, seq: int, subject: str) -> Finding:
    if files.stamp() is None:
        return _good(subject, "no snapshot yet: the index is filled from the store.")
    try:
        stack = files.open(noting=False)
    except SnapshotRefused as refused:
        return _note(subject, f"{refused.what} It is rebuilt from the store when the index opens.")
    reached, rows = stack.manifest.seq, sum(map(len, stack.snapshots))
    if reached > seq:
        return _note(subject, "newer than the store, which was restored: it is rebuilt when the index opens.")
    behind = f"{seq - reached:,} changes behind the store" if reached < seq else "as new as the store"
    return _good(subject, f"whole, {rows:,} codes, {behind}.")


def _mail(config: Config) -> Finding:
    """Whether links can be sent; the server is greeted and signed in to, and given no letter."""
    try:
        mail = mail_of(config)
        if mail is None:
            return _note("mail", "no mail server is set: the pages ask for no contact and offer no link.")
        mail.check()
    except UnseenError as error:
        return _bad("mail", str(error))
    return _good("mail", f"{config.mail_host} port {config.mail_port} takes letters.")


def _kernel() -> Finding:
    """Hash a picture that is made of numbers, and see whether its known code comes out."""
    code, _ = pdq(_pixels())
    differing = int(np.bitwise_count(code ^ np.frombuffer(_PDQ, np.uint8)).sum())
    if differing > _PDQ_BITS:
        return _bad("kernels", f"PDQ is {differing} bits off for a known picture: reinstall numba and Unseen.")
    return _good("kernels", "compiled, and PDQ of a known picture is right.")


def _decoders(config: Config) -> Iterator[Finding]:
    """Fingerprint a small picture in every format; all but JPEG and PNG start a decoder process."""
    from pillow_heif import register_heif_opener

    register_heif_opener()
    picture, limits = Image.fromarray(_pixels()), limits_of(config)
    with DecoderPool(limits, workers=1) as decoder:
        for name in _FORMATS:
            try:
                encoded = BytesIO()
                picture.convert("RGB").save(encoded, name)
                fingerprint_picture(encoded.getvalue(), limits=limits, decoder=decoder)
            except (UnseenError, OSError, KeyError) as error:
                yield _bad(name, f"cannot be decoded ({type(error).__name__}): reinstall Pillow and pillow-heif.")
            else:
                yield _good(name, "decoded.")


def _pixels() -> NDArray[np.uint8]:
    """A picture with detail at every scale, the same everywhere: (96, 96) uint8."""
    down, across = np.mgrid[0:_SIDE, 0:_SIDE]
    return np.asarray((down * across + 3 * down + 7 * (across // 12) ** 2) % 256, np.uint8)


def _good(subject: str, says: str) -> Finding:
    return Finding(subject=subject, health=Health.GOOD, says=says)


def _note(subject: str, says: str) -> Finding:
    return Finding(subject=subject, health=Health.NOTE, says=says)


def _bad(subject: str, says: str) -> Finding:
    return Finding(subject=subject, health=Health.BAD, says=says)
