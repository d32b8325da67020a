"""A chat export comes into an evidence pack: how long it takes, in how much memory, after a kill, and once more.

1. An export as Telegram Desktop writes it is made in a folder of its own: long texts and many small photographs, a few
   of them of one picture that a case protects.  2. A process of its own imports it into a work folder, encrypted, as
   ``unseen evidence import`` does; another imports it again.  3. A third, into another work folder, is killed when it
   has kept two fifths of the messages, and a fourth goes on.  Memory is the process's peak, decoders' beside it.
"""

import hashlib
import json
import multiprocessing
import random
import resource
import sys
import tempfile
import time
from io import BytesIO
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from bench._report import Report, parser
from unseen.base import SystemClock
from unseen.compose_evidence import LocalWorkFolder, hand_of, this_machine, this_tool
from unseen.desk.add_to_pack import Found
from unseen.desk.begin_pack import begin_pack
from unseen.desk.case_items import CaseItems
from unseen.desk.examine_media import MediaExaminer
from unseen.desk.import_chat import Imported, import_chat
from unseen.desk.pack_table import PackTable, listing_of
from unseen.evidence.age import Identity
from unseen.evidence.chats.recognise import opened, recognise
from unseen.evidence.intake import TEXT
from unseen.evidence.keys import Keys, LockedKeys
from unseen.evidence.records import Lane, Origin, Rules, TimeSource
from unseen.fingerprint.decoder_pool import DecoderPool
from unseen.fingerprint.image import fingerprint_picture
from unseen.fingerprint.limits import Limits
from unseen.fingerprint.video.decoder import VideoDecoder
from unseen.fingerprint.video.limits import VideoLimits

_MESSAGES: Final = 100_000
_EXPORT_BYTES: Final = 2 << 30
_MOTIFS: Final = 48  #: different photographs; each file has bytes of its own at its end
_COPY_EVERY: Final = 1_000  #: photographs, one of which is the case's
_SIZE: Final = (1280, 960)  #: as Telegram sends photographs
_WORDS: Final = [
    "the",
    "and",
    "of",
    "them",
    "posted",
    "again",
    "here",
    "last",
    "night",
    "who",
    "sent",
    "it",
    "group",
    "link",
    "deleted",
    "gone",
    "照片",
    "群",
    "转发",
]
_MIB: Final = 1 << 20


def main() -> None:
    options = parser(__doc__.splitlines()[0], seed=1)
    options.add_argument("--folder", type=Path, help="where the export is made and kept for the next run; 2 GiB")
    options.add_argument("--make", action="store_true", help="make the export in the folder, and measure nothing")
    options.add_argument("--whole", action="store_true", help="leave out the import that is killed")
    asked = options.parse_args()
    share = 4 if asked.quick else 1
    messages, export_bytes = _MESSAGES // share, _EXPORT_BYTES // share
    with tempfile.TemporaryDirectory(prefix="unseen-bench-", dir=asked.folder) as name:
        export = (asked.folder or Path(name)) / f"export-{messages}-{asked.seed}"
        if not export.exists():
            make_export(export, messages, export_bytes, random.Random(asked.seed))
        if asked.make:
            return
        report = measured(Path(name), export, messages, asked.seed)
        if not asked.whole:
            kill_and_go_on(report, Path(name), export, messages)
    report.print()
    if asked.json:
        report.json()


def measured(folder: Path, export: Path, messages: int, seed: int) -> Report:
    """One import, and the same once more."""
    report = Report(benchmark="evidence import", n=messages, seed=seed)
    sizes = [path.stat().st_size for path in export.rglob("*") if path.is_file()]
    report.row("export", "MB", sum(sizes) / 1e6)
    report.row("photographs in it", "files", len(sizes) - 1)
    identity = begun(folder / "whole")
    first = in_a_process(folder / "whole", identity, export)
    report.row("first import", "s", first["seconds"])
    report.row("peak memory", "MiB", first["mib"])
    again = in_a_process(folder / "whole", identity, export)
    report.row("second import", "s", again["seconds"])
    report.agreement(f"second import: {again['added']:,.0f} new; copies found: {first['copies']:,.0f}")
    return report


def kill_and_go_on(report: Report, folder: Path, export: Path, messages: int) -> None:
    """An import that is killed on its way, and the next one."""
    identity = begun(folder / "torn")
    killed = in_a_process(folder / "torn", identity, export, kill_at=messages * 2 // 5)
    rest = in_a_process(folder / "torn", identity, export)
    report.row("after a kill, the rest", "s", rest["seconds"])
    rows = rows_of(folder / "torn", identity)
    told = (
        f"killed after {killed['kept']:,.0f} messages; in the table after the next import: {len(rows) - 1:,} messages"
    )
    report.agreement(f"{told}, {len(rows) - len(set(rows)):,} of them twice")


def make_export(folder: Path, messages: int, export_bytes: int, rng: random.Random) -> None:
    """``result.json`` and its photographs."""
    (folder / "photos").mkdir(parents=True)
    motifs = [photograph(seed) for seed in range(_MOTIFS)]
    with (folder / "result.json").open("w") as out:
        out.write('{\n "name": "Bench",\n "type": "private_supergroup",\n "id": 1,\n "messages": [\n')
        photographs = size = 0
        for number in range(1, messages + 1):
            text = " ".join(rng.choices(_WORDS, k=rng.randrange(20, 400)))
            said = {
                "id": number,
                "type": "message",
                "date": "2024-03-12T21:04:05",
                "date_unixtime": "1710248645",
                "from": f"Person {number % 97}",
                "from_id": f"user{number % 97}",
            }
            due = export_bytes * number // messages  # bytes that should be there by now
            if size < due - len(motifs[0]) // 2:
                photographs += 1
                name = f"photos/photo_{photographs}.jpg"
                motif = 0 if photographs % _COPY_EVERY == 0 else 1 + photographs % (_MOTIFS - 1)
                data = motifs[motif] + rng.randbytes(16)
                (folder / name).write_bytes(data)
                size += len(data)
                said |= {"photo": name, "width": _SIZE[0], "height": _SIZE[1]}
            said |= {"text": text, "text_entities": [{"type": "plain", "text": text}]}
            line = json.dumps(said, ensure_ascii=False, indent=1)
            size += len(line.encode())
            out.write(line + (",\n" if number < messages else "\n"))
        out.write(" ]\n}")


def photograph(seed: int) -> bytes:
    """A JPEG with detail at every scale, of about the size that apps send."""
    rng = np.random.default_rng(seed)
    pixels = np.zeros((_SIZE[1], _SIZE[0], 3), np.float32)
    for cell in (160, 40, 10, 3):
        small = rng.normal(0, 18, (_SIZE[1] // cell + 2, _SIZE[0] // cell + 2, 3)).astype(np.float32)
        layers = [Image.fromarray(small[:, :, band]).resize(_SIZE, Image.Resampling.BICUBIC) for band in range(3)]
        pixels += np.stack([np.asarray(layer) for layer in layers], axis=2)
    out = BytesIO()
    Image.fromarray(np.clip(pixels + 128, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=40)
    return out.getvalue()


def begun(folder: Path) -> Identity:
    """A work folder whose keys have no passphrase, whose unlocking would be measured."""
    keys = Keys.new()
    locked = LockedKeys(recipient=keys.identity.recipient, identity=b"", signing_key=b"")
    rules = Rules(lane=Lane.ADULT, jurisdiction="other", keep_originals=False)
    begin_pack(LocalWorkFolder.create(folder, locked, rules), hand_of("bench"))
    return keys.identity


def in_a_process(work: Path, identity: Identity, export: Path, *, kill_at: int | None = None) -> dict[str, float]:
    """Import in a process of its own; with ``kill_at``, until so many messages are kept."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_import, args=(work, identity.text, export, theirs))
    process.start()
    theirs.close()
    while True:
        told: dict[str, float] = ours.recv()
        if "seconds" in told:
            process.join()
            return told
        if kill_at is not None and told["kept"] >= kill_at:
            process.kill()
            process.join()
            return told


def _import(work: Path, identity: str, export: Path, tell: Connection) -> None:
    started, limits = time.perf_counter(), Limits()

    def progress(done: Imported) -> None:
        tell.send({"kept": float(done.added)})

    with opened(export) as files, DecoderPool(limits) as pictures, VideoDecoder(VideoLimits()) as videos:
        known = recognise(files)
        listing = listing_of(files, known.main)
        key = Identity.parse(identity)
        table = PackTable(LocalWorkFolder(work), found_by(known.method), listing, identity=key, hand=hand_of("bench"))
        banked = fingerprint_picture(photograph(0), limits=limits, decoder=pictures).to_bank
        items = CaseItems([(1, fingerprint) for fingerprint in banked])
        examiner = MediaExaminer(items, limits=limits, decoder=pictures, videos=videos)
        done = import_chat(known.read(), files, log=table, examiner=examiner, clock=SystemClock(), on_progress=progress)
    seconds = time.perf_counter() - started
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB here
    peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    mib = sum(peaks) * unit / _MIB
    tell.send({"seconds": seconds, "mib": mib, "added": float(done.added), "copies": float(len(done.copies))})


def rows_of(work: Path, identity: Identity) -> list[bytes]:
    """A digest of every row of the table, in its order."""
    table = PackTable(LocalWorkFolder(work), found_by("bench"), b"", identity=identity, hand=hand_of("bench"))
    return [hashlib.sha256(line).digest() for line in table.lines()]


def found_by(method: str) -> Found:
    """As the command line has it."""
    return Found(
        name="bench: list of its files",
        media_type=TEXT,
        origin=Origin(kind="device", where="bench"),
        captured_at=None,
        time_source=TimeSource.THIS_COMPUTER,
        method=method,
        tool=this_tool(),
        environment=this_machine(),
    )


if __name__ == "__main__":
    main()
