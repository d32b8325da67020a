"""``unseen evidence import``: an export of a chat, a mailbox or a web archive comes into a pack."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from unseen.cli.terminal import ask_passphrase, ask_pin, console, plain, remark, say, shown

if TYPE_CHECKING:
    from unseen.desk.import_chat import Imported
    from unseen.desk.import_ports import Examiner
    from unseen.evidence.records import Lane
    from unseen.fingerprint.decoder_pool import DecoderPool
    from unseen.fingerprint.records import Fingerprint
    from unseen.fingerprint.video.decoder import VideoDecoder

_MOST_SHOWN: Final = 20  #: copies that are listed; the table has all of them


def import_(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The work folder that `new` made.")],
    export: Annotated[
        Path, typer.Argument(metavar="EXPORT", help="The folder, zip archive or file that the app exported.")
    ],
    device: Annotated[str, typer.Option("--device", help="The device, or the account, that it was exported from.")],
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who does this; a role will do. UNSEEN_OPERATOR.")
    ] = None,
    items: Annotated[
        list[Path] | None,
        typer.Option("--item", metavar="FILE", help="A picture or video of hers to look for; as often as needed."),
    ] = None,
    case: Annotated[
        str | None, typer.Option("--case", metavar="NUMBER", help="Look for the items of a case of this node.")
    ] = None,
) -> None:
    """Take in every message of a chat: who, when, what, and what remains of media, which are not kept.

    Telegram Desktop (JSON, HTML), WhatsApp, WeChat-style text, e-mail (.eml), WARC and WACZ are known; other folders
    come in file by file. Import again when the chat has grown, or after a stop: only what is new is added.
    """
    from unseen.compose_evidence import LocalWorkFolder, hand_of, this_machine, this_tool
    from unseen.config import load_config
    from unseen.desk.add_to_pack import Found
    from unseen.desk.import_chat import import_chat
    from unseen.desk.pack_table import PackTable, listing_of
    from unseen.evidence.chats.recognise import opened, recognise
    from unseen.evidence.intake import TEXT
    from unseen.evidence.records import Origin, TimeSource

    hand, work = hand_of(by or load_config().operator), LocalWorkFolder(folder)
    with opened(export) as files:
        known = recognise(files)
        remark(f"{shown(export)}: {known.method}")
        if export.is_file() and export.suffix in (".json", ".html", ".txt"):
            remark("Media lie beside this file: name the folder that it is in to have them looked at.")
        found = Found(
            name=f"{files.name}: list of its files",
            media_type=TEXT,
            origin=Origin(kind="device", where=device),
            captured_at=None,
            time_source=TimeSource.THIS_COMPUTER,
            method=f"import of an export: {known.method}",
            tool=this_tool(),
            environment=this_machine(),
        )
        listing = listing_of(files, known.main)
        identity = work.keys().unlocked(ask_passphrase()).identity
        table = PackTable(work, found, listing, identity=identity, hand=hand)
        with _examiner(work.rules().lane, items or (), case) as examiner, _progress() as on_progress:
            done = import_chat(
                known.read(), files, log=table, examiner=examiner, clock=hand.clock, on_progress=on_progress
            )
    _tell(done)


@contextmanager
def _examiner(lane: "Lane", items: Sequence[Path], case: str | None) -> "Iterator[Examiner]":
    """Who looks at media: in the minors' lane, nobody."""
    from unseen.compose import limits_of, video_limits_of
    from unseen.config import load_config
    from unseen.desk.case_items import CaseItems
    from unseen.desk.examine_media import LooksAtNothing, MediaExaminer
    from unseen.evidence.records import Lane
    from unseen.fingerprint.decoder_pool import DecoderPool
    from unseen.fingerprint.video.decoder import VideoDecoder

    if lane is Lane.MINOR:
        remark("Only text comes in: no picture or video is looked at where the person was, or may have been, under 18.")
        yield LooksAtNothing()
        return
    config = load_config()
    limits = limits_of(config)
    with DecoderPool(limits, workers=2) as pictures, VideoDecoder(video_limits_of(config), workers=1) as videos:
        sought = [] if case is None else _items_of_case(case)
        for number, path in enumerate(items, start=1 + max((number for number, _ in sought), default=0)):
            sought += [(number, print_) for print_ in _prints(path, pictures, videos)]
            say(f"item {number}: {shown(path)}")
        yield MediaExaminer(CaseItems(sought), limits=limits, decoder=pictures, videos=videos)


def _prints(path: Path, pictures: "DecoderPool", videos: "VideoDecoder") -> "tuple[Fingerprint, ...]":
    """What one of her own files is known by.  Raises: CallerError, naming the file."""
    from unseen.cli.pictures import to_bank
    from unseen.cli.videos import is_video, video_fingerprint_of
    from unseen.compose import limits_of
    from unseen.config import load_config
    from unseen.fingerprint.video.to_bank import to_bank as video_to_bank

    if is_video(path):
        return video_to_bank(video_fingerprint_of(path, decoder=videos))
    return to_bank(path, limits=limits_of(load_config()), decoder=pictures, with_regions=False)


def _items_of_case(number: str) -> "list[tuple[int, Fingerprint]]":
    """What a case of this node protects.  Raises: CaseUnknown, BadRequest, and what opening the store does."""
    from unseen.case.records import CaseNumber, Pin
    from unseen.compose import open_node
    from unseen.config import load_config
    from unseen.desk.enter_case import enter_case

    case = CaseNumber.parse(number)
    pin = Pin.parse(ask_pin())
    with open_node(load_config()) as node:
        entered = enter_case(case, pin, store=node.store, pins=node.pins)
        with node.store.read() as reader:
            claims = reader.case_entries(entered.number)
    return [(item, entry.fingerprint) for item, entry in claims if entry.fingerprint is not None]


@contextmanager
def _progress() -> "Iterator[Callable[[Imported], None]]":
    """A line on a terminal that says how far it is; nothing elsewhere."""
    terminal = console(stderr=True)
    if not terminal.is_terminal:
        yield lambda _: None
        return
    with terminal.status("Reading the export") as status:
        yield lambda done: status.update(_counted(done))


def _counted(done: "Imported") -> str:
    return (
        f"New messages: {done.added:,}. There already: {done.known:,}. "
        f"Media looked at: {done.media:,} ({done.media_bytes / 1e6:,.1f} MB)."
    )


def _tell(done: "Imported") -> None:
    say(_counted(done))
    if done.changed:
        say(f"Say something else than before, so that both versions are kept: {done.changed:,}.")
    if done.absent:
        say(f"Media that are not in the export, the table says why: {done.absent:,}.")
    for number, item, how in done.copies[:_MOST_SHOWN]:
        say(plain(f"Message {number} carries a copy of item {item} ({how})."))
    if len(done.copies) > _MOST_SHOWN:
        say(f"... and {len(done.copies) - _MOST_SHOWN:,} more; the table has all of them.")
    for trouble, count in sorted(done.irregularities.items()):
        say(f"To know: {trouble.value}, {count:,}; the table says where.")
