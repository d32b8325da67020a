"""The one place that builds adapters and puts them behind the ports."""

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from unseen.bank.records import Bank
from unseen.base import BadRequest, Clock, Conflict, Misconfigured, NotFound, SystemClock
from unseen.base.ids import RandomBits
from unseen.case.contact import LinkSigner
from unseen.case.pin import PinKeeper
from unseen.config import Config
from unseen.desk.indexes import Indexes
from unseen.desk.items import CASE_BANK
from unseen.desk.ports import Mail, Store
from unseen.fingerprint.decoder_pool import DecoderPool
from unseen.fingerprint.limits import Limits
from unseen.fingerprint.video.decoder import VideoDecoder
from unseen.fingerprint.video.limits import VideoLimits
from unseen.fingerprint.video.sources import FileSource
from unseen.store.opening import database_file, open_store
from unseen.store.schema import Opening
from unseen.store.secret_file import Label, Secret, SecretFile
from unseen.store.sqlite import open_sqlite

if TYPE_CHECKING:
    from unseen.batch.folder import ScanFolder
    from unseen.batch.kept import KeptFile
    from unseen.clients.mail import SmtpMail
    from unseen.desk.scan_ports import Engine, Row
    from unseen.fingerprint.video.sources import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Everything a surface hands to a use case."""

    config: Config
    store: Store
    index: Indexes  #: opened by the surface that needs it
    pins: PinKeeper
    links: LinkSigner
    mail: Mail | None  #: None where no mail server is set: then no contact is asked for
    session_key: bytes  #: 32 bytes, the same for all nodes of the store: seals what a browser keeps while she looks
    limits: Limits
    decoder: DecoderPool  #: its processes start with the first picture that needs one
    videos: VideoDecoder  #: its own start with the first video
    clock: Clock
    random_bits: RandomBits


@contextmanager
def open_node(config: Config) -> Iterator[Node]:
    """Open the store and what stands on it, and let go of all of it at the end.

    Raises: Misconfigured, StoreUnavailable, StorageFull.
    """
    for folder in (config.data_folder, config.indexes):
        _make_private_folder(folder)
    limits = limits_of(config)
    source = SecretFile(config.secret)
    store = _store(config, Opening(secret=source))
    try:
        secret = source.made()  # it is there: the store was opened with it
        _make_case_bank(store)
        with (
            DecoderPool(limits, workers=config.decoder_processes) as decoder,
            VideoDecoder(video_limits_of(config), workers=config.video_decoder_processes) as videos,
        ):
            yield Node(
                config=config,
                store=store,
                index=Indexes(store, config.indexes, region_key=region_key_of(config, store, secret)),
                pins=PinKeeper(secret.for_pins),
                links=LinkSigner(_key_of(store, secret, Label.LINKS)),
                mail=mail_of(config),
                session_key=_key_of(store, secret, Label.PAGE_SESSIONS),
                limits=limits,
                decoder=decoder,
                videos=videos,
                clock=SystemClock(),
                random_bits=secrets.randbits,
            )
    finally:
        store.close()


def _store(config: Config, opening: Opening) -> Store:
    if config.database_url is None:
        return open_sqlite(config.database, opening)
    return open_store(config.database_url.get_secret_value(), opening)


def region_key_of(config: Config, store: Store, secret: Secret) -> bytes | None:
    """What the index of regions is veiled with; None where regions are not looked for."""
    if not config.regions:
        return None
    return _key_of(store, secret, Label.REGION_INDEX)


def _key_of(store: Store, secret: Secret, label: Label) -> bytes:
    with store.read() as reader:
        return secret.subkey(label, salt=reader.lineage())


def mail_of(config: Config) -> "SmtpMail | None":
    """The mail server that the settings name, or None.  Raises: Misconfigured where they name half of one."""
    if config.mail_host is None:
        return None
    if config.mail_from is None or config.public_url is None:
        raise Misconfigured(
            "UNSEEN_MAIL_HOST is set, and UNSEEN_MAIL_FROM or UNSEEN_PUBLIC_URL is not.",
            hint="Letters need an address that they come from, and links one that they lead to.",
        )
    if config.mail_tls == "none" and config.mail_host not in ("localhost", "127.0.0.1", "::1"):
        raise Misconfigured(
            "UNSEEN_MAIL_TLS=none is for a mail server on this machine only.", hint="Use starttls, or tls."
        )
    from unseen.clients.mail import SmtpMail

    password = config.mail_password
    return SmtpMail(
        host=config.mail_host,
        port=config.mail_port,
        tls=config.mail_tls,
        sender=config.mail_from,
        user=config.mail_user,
        password=None if password is None else password.get_secret_value(),
    )


def renew_secret(config: Config) -> None:
    """Go on where the store's secret is lost, with the one that is in its file, or a new one.

    Region entries are retired and erased, since nobody can open them any more; the PINs given until now open nothing.
    Raises: Conflict (the secret is not lost), NotFound (no store), Misconfigured, StoreUnavailable, StorageFull.
    """
    file, source = store_file(config), SecretFile(config.secret)
    if file is not None and not file.exists():
        raise NotFound("There is no store yet.", hint="Check UNSEEN_DATA_FOLDER and UNSEEN_DATABASE_URL.")
    with suppress(Misconfigured):
        _store(config, Opening(secret=source)).close()
        raise Conflict("The secret is there, and the store's own.", hint="There is nothing to renew.")
    with closing(_store(config, Opening(secret=source, given_up_at=SystemClock().now()))) as store:
        store.scrub()


def back_up(config: Config, file: Path) -> None:
    """Write the store, as of now, to a new file; the node may run meanwhile.

    Raises: Misconfigured (also for a store on a database server, which has its own tools), Conflict, NotFound,
    StoreUnavailable, StorageFull.
    """
    source = store_file(config)
    if source is None:
        raise Misconfigured(
            "The store is on a database server.", hint="Back it up with pg_dump: docs/operating.md says how."
        )
    if not source.exists():
        raise NotFound("There is no store yet.", hint="Check UNSEEN_DATA_FOLDER and UNSEEN_DATABASE_URL.")
    with closing(open_sqlite(source, Opening(secret=SecretFile(config.secret)))) as store:
        store.back_up(file)


def store_file(config: Config) -> Path | None:
    """The SQLite file that the store is in, or None where it is on a database server.  Raises: Misconfigured."""
    return config.database if config.database_url is None else database_file(config.database_url.get_secret_value())


@contextmanager
def open_scan(
    node: Node, urls: Sequence[str], result: Path, as_format: str, *, keep: Path | None, listed: Callable[[int], None]
) -> Iterator["ScanFolder"]:
    """A scan's folder, new or taken up again, with its sources listed; let go of at the end.

    listed: called with the objects counted so far.  Raises: BadRequest, NotFound, Conflict, StorageFull.
    """
    from unseen.batch.folder import Asked, ScanFolder
    from unseen.batch.rows import ResultFormat
    from unseen.batch.sources import sources_of

    sources = sources_of(urls)
    with node.store.read() as reader:
        lineage = reader.lineage().hex()
    asked = Asked(
        sources=tuple(source.url for source in sources),
        lineage=lineage,
        keep=None if keep is None else str(keep.absolute()),
    )
    with ScanFolder(result, asked, ResultFormat(as_format)) as folder:
        folder.open(sources, listed=listed)
        yield folder


def scan_engine(node: Node, urls: Sequence[str], *, processes: int, ray_address: str | None) -> "Engine":
    """What examines a scan's objects, with everything the store has now in the files that it maps.

    node: with its index open.  Raises: BadRequest (sources), StoreUnavailable, StorageFull.
    """
    from unseen.batch.examiner import Task
    from unseen.batch.local import InThisProcess, Processes
    from unseen.batch.sources import sources_of

    sources = sources_of(urls)
    with node.store.read() as reader:
        radius_bits = max((bank.radius_bits for bank in reader.banks()), default=0)
    task = Task(sources=tuple(source.url for source in sources), limits=node.limits, radius_bits=radius_bits)
    files = node.index.pictures.write_files()
    if ray_address is not None:
        from unseen.batch.ray_engine import RayEngine

        return RayEngine(task, files, address=ray_address)
    if any(source.is_of_this_process for source in sources):
        return InThisProcess(task, files)
    return Processes(task, files, processes=processes)


@contextmanager
def opened_object(node: Node, key: bytes) -> "Iterator[Source]":
    """An object of a scan, by its key: a path, or the URL of one in a store.

    Raises: NotFound, BadRequest, BadMedia where it cannot be read, reading it too.
    """
    from unseen.batch.stored import StoredSource

    if key.startswith(b"/"):
        with FileSource(Path(os.fsdecode(key)), max_bytes=node.videos.limits.max_bytes) as source:
            yield source
    else:
        yield StoredSource(os.fsdecode(key))


@contextmanager
def opened_kept(node: Node, path: Path) -> Iterator["KeptFile"]:
    """The fingerprints that a scan by this node's store kept.  Raises: NotFound, BadRequest."""
    from unseen.batch.kept import KeptFile

    kept = KeptFile(path)
    with node.store.read() as reader:
        if kept.lineage != reader.lineage():
            raise BadRequest(
                "These fingerprints were kept by a scan of another store, whose changes have other numbers.",
                hint="Set UNSEEN_DATA_FOLDER to that store, or scan again.",
            )
    yield kept


def forget_kept(path: Path, objects: Sequence[str]) -> int:
    """Erase what was kept of these objects; returns how many there were.  Raises: NotFound, BadRequest."""
    from unseen.batch.kept import KeptFile

    return KeptFile(path).forget([os.fsencode(name) for name in objects])


def write_rows(result: Path, as_format: str, rows: Sequence["Row"]) -> None:
    """A whole result at once, private, in a new file.  Raises: Conflict, StorageFull."""
    from unseen.batch.folder import write_result
    from unseen.batch.rows import ResultFormat

    write_result(result, ResultFormat(as_format), rows)


def limits_of(config: Config) -> Limits:
    """The decoding limits that the settings ask for."""
    return Limits(
        max_bytes=config.max_bytes,
        max_pixels=config.max_pixels,
        max_jpeg_scans=config.max_jpeg_scans,
        timeout_s=config.decode_timeout_s,
        decoder_memory_bytes=config.decoder_memory_bytes,
    )


def video_limits_of(config: Config) -> VideoLimits:
    """The limits of videos that the settings ask for."""
    return VideoLimits(
        max_bytes=config.video_max_bytes,
        max_duration_s=config.video_max_duration_s,
        max_pixels=config.video_max_pixels,
        max_frames=config.video_max_frames,
        decode_s=config.video_decode_s,
        stall_s=config.video_stall_s,
        memory_bytes=config.video_decoder_memory_bytes,
        threads=config.video_threads,
    )


def _make_private_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise Misconfigured(
            f"The data folder {folder} cannot be used: {error.strerror}.",
            hint="Set UNSEEN_DATA_FOLDER, or UNSEEN_INDEX_FOLDER, to another.",
        ) from None


def _make_case_bank(store: Store) -> None:
    with store.read() as reader:
        if any(bank.name == CASE_BANK for bank in reader.banks()):
            return
    with store.write() as tx:
        tx.put_bank(Bank(name=CASE_BANK))
