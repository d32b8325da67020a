"""Which edited copies of banked videos are found, by us and by ``vpdq``, and whether anything wrong is."""

import argparse
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import av
import numpy as np
import vpdq
from PIL import Image

from bench._report import machine, parser
from bench.copies.statistics import wilson
from bench.video.edits import EDITS, Clip, Edit, Encoding
from unseen.act.records import Verdict
from unseen.bank.records import Bank, Source, SourceKind
from unseen.base import SystemClock
from unseen.desk.indexes import Indexes
from unseen.desk.look_at_video import look_up_video
from unseen.desk.look_closer import look_up_closely
from unseen.desk.screen import queries_of
from unseen.fingerprint.closer import LONG_SIDE
from unseen.fingerprint.decoder_pool import DecoderPool
from unseen.fingerprint.image import fingerprint_picture
from unseen.fingerprint.limits import Limits
from unseen.fingerprint.video.decoder import VideoDecoder
from unseen.fingerprint.video.fingerprint import fingerprint_video
from unseen.fingerprint.video.limits import VideoLimits
from unseen.fingerprint.video.sources import BytesSource
from unseen.fingerprint.video.to_bank import to_bank, video_regions_to_bank
from unseen.store import MemoryStore

LONG_SIDE_OF_COPIES: Final = 640
MOST_FPS: Final = 12.0
MOST_S: Final = 20.0
#: vPDQ's README: quality, distance and the share of the upload's frames that must match.
VPDQ_QUALITY, VPDQ_BITS, VPDQ_PERCENT = 50, 31, 80
#: What shows the same, by a word in the name: videos of one group are no strangers.
_SAME: Final = (("big_buck", "bigbuckbunny", "big-buck", "bunny"), ("bottle",), ("chair", "doorknob"), ("carphone",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """One video file."""

    name: str
    group: str
    data: bytes


@dataclass(slots=True, kw_only=True)
class Tally:
    """What came of one edit."""

    tried: int = 0
    ours: int = 0
    theirs: int = 0
    missed: list[str] = field(default_factory=list)


def films_in(folders: Sequence[Path]) -> list[Film]:
    """Every video of 3 s or more, by name."""
    found = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix.lower() in {".mp4", ".webm", ".mkv", ".mov", ".avi", ".mpg", ".gif"}:
                name = f"{path.parent.name}/{path.name}"
                group = next((words[0] for words in _SAME if any(word in str(path) for word in words)), name)
                found.append(Film(name=name, group=group, data=path.read_bytes()))
    return found


def clip_of(film: Film) -> Clip:
    """Its beginning, small enough to be edited often."""
    frames, rate = [], MOST_FPS
    with tempfile.NamedTemporaryFile() as file:
        file.write(film.data)
        file.flush()
        with av.open(file.name) as container:
            rate = min(float(container.streams.video[0].average_rate or MOST_FPS), MOST_FPS)
            due = 0.0
            for frame in container.decode(video=0):
                if frame.time is None or frame.time > MOST_S:
                    break
                if frame.time >= due - 1e-6:
                    picture = frame.to_image()
                    picture.thumbnail((LONG_SIDE_OF_COPIES, LONG_SIDE_OF_COPIES))
                    frames.append(np.asarray(picture.convert("RGB")))
                    due += 1 / rate
    return Clip(frames=frames, fps=rate)


def fillers(folder: Path, rng: np.random.Generator, count: int) -> list[Clip]:
    """Slow moves over photographs that nobody banked."""
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in {".jpg", ".jpeg", ".png"})
    made = []
    for i in rng.permutation(len(paths))[:count]:
        with Image.open(paths[i]) as opened:
            opened.draft("RGB", (800, 800))
            picture = opened.convert("RGB").resize((532, 300))
        moves = [(t * 4, t * 2) for t in range(24)]
        frames = [np.asarray(picture.crop((x, y, x + 426, y + 240))) for x, y in moves]
        made.append(Clip(frames=frames, fps=6.0))
    return made


class Ours:
    """A bank of videos in memory."""

    def __init__(self, folder: Path) -> None:
        self._store = MemoryStore()
        with self._store.write() as tx:
            tx.put_bank(Bank(name="videos"))
        self._index = Indexes(self._store, folder, region_key=bytes(32))
        self._index.open()
        self._decoder = VideoDecoder(VideoLimits(threads=1), workers=1)
        self._pictures = DecoderPool(Limits(), workers=1)
        self._films: dict[int, str] = {}

    def bank(self, film: Film) -> None:
        """Bank it as `unseen bank add` does."""
        source = BytesSource(film.data)
        fingerprint = fingerprint_video(source, decoder=self._decoder)
        regions = video_regions_to_bank(source, fingerprint, decoder=self._decoder)
        with self._store.write() as tx:
            ids = tx.protect(
                "videos",
                [*to_bank(fingerprint), *regions],
                source=Source(kind=SourceKind.OPERATOR, ref=film.name),
                confirmed_by=None,
                actor="bench",
                reason="bench",
                at=SystemClock().now(),
            )
        self._films |= dict.fromkeys(ids, film.name)

    def found(self, upload: bytes) -> set[str]:
        """Names of the banked videos that a video is near to."""
        looked = look_up_video(BytesSource(upload), decoder=self._decoder, store=self._store, index=self._index)
        return self._named(looked.verdict)

    def found_in_picture(self, upload: bytes) -> set[str]:
        """Names of the banked videos that a picture is near to."""
        picture = fingerprint_picture(upload, limits=Limits(), decoder=self._pictures, long_side=LONG_SIDE)
        looked = look_up_closely(queries_of(picture), picture.luma, store=self._store, index=self._index)
        return self._named(looked.verdict)

    def close(self) -> None:
        """End the decoder processes."""
        self._decoder.close()
        self._pictures.close()

    def _named(self, verdict: Verdict) -> set[str]:
        return {self._films[finding.entry.id] for finding in verdict.findings}


class Theirs:
    """The same by vPDQ: one hash a second, of both."""

    def __init__(self) -> None:
        self._films: dict[str, np.ndarray] = {}

    def bank(self, film: Film) -> None:
        """Keep its hashes."""
        self._films[film.name] = self._codes(film.data)

    def found(self, upload: bytes) -> set[str]:
        """Names of the banked videos that enough of an upload matches."""
        asked = self._codes(upload)
        if not len(asked):
            return set()
        return {name for name, codes in self._films.items() if self._percent(asked, codes) >= VPDQ_PERCENT}

    @staticmethod
    def _percent(asked: np.ndarray, codes: np.ndarray) -> float:
        if not len(codes):
            return 0.0
        apart = np.bitwise_count(asked[:, None] ^ codes[None]).sum(axis=2)
        return 100 * float((apart <= VPDQ_BITS).any(axis=1).mean())

    @staticmethod
    def _codes(data: bytes) -> np.ndarray:
        with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
            file.write(data)
            file.flush()
            hashes = vpdq.computeHash(file.name, seconds_per_hash=1, thread_count=1)
        kept = [bytes.fromhex(one.hex) for one in hashes if one.quality >= VPDQ_QUALITY]
        return np.frombuffer(b"".join(kept), np.uint8).reshape(-1, 32)


def main() -> None:
    """The options, then all of it."""
    options = parser(__doc__ or "")
    data = Path(os.environ.get("UNSEEN_TEST_DATA", "."))
    options.add_argument("--videos", nargs="+", default=[str(data / "videos")], help="folders of videos")
    options.add_argument("--photos", default=str(data / "photos"), help="a folder of photographs nobody banked")
    arguments = options.parse_args()
    print(machine())
    run(arguments)


def run(arguments: argparse.Namespace) -> None:
    """Bank one film of each group, screen every edit of each, and every film against the strangers'."""
    films = films_in([Path(folder) for folder in arguments.videos])
    sources = _longest_of_each_group(films)[: 4 if arguments.quick else None]
    rng = np.random.default_rng(arguments.seed)
    others = fillers(Path(arguments.photos), rng, 24)
    edits = EDITS[::3] if arguments.quick else EDITS
    tallies: dict[str, Tally] = defaultdict(Tally)
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = Ours(Path(folder)), Theirs()
        groups = {film.name: film.group for film in sources}
        for film in sources:
            ours.bank(film)
            theirs.bank(film)
        for film in sources:
            clip = clip_of(film)
            for edit, upload in _uploads(clip, film, edits, others, arguments.seed):
                found = ours.found(upload)
                _count(tallies[edit.name], film, found, theirs.found(upload))
                wrong += [f"{film.name}, {edit.name}: {name}" for name in found if groups[name] != film.group]
            _count_still(tallies["still"], clip, film, ours)
            print(f"{film.name}: {sum(film.name in t.missed for t in tallies.values())} edits missed", flush=True)
        pairs = 0
        for film in films:
            strangers = [name for name, group in groups.items() if group != film.group]
            pairs += len(strangers)
            wrong += [f"{film.name}: {name}" for name in ours.found(film.data) if name in strangers]
        filling = Encoding()(Clip(frames=[f for c in others for f in c.frames], fps=6.0))
        pairs += len(groups)
        wrong += [f"photographs: {name}" for name in ours.found(filling)]
        ours.close()
    _print(tallies, wrong, pairs, len(sources))


def _longest_of_each_group(films: Sequence[Film]) -> list[Film]:
    chosen: dict[str, Film] = {}
    for film in films:
        held = chosen.get(film.group)
        if held is None or (film.name[-4:] != ".gif", len(film.data)) > (held.name[-4:] != ".gif", len(held.data)):
            chosen[film.group] = film
    return sorted(chosen.values(), key=lambda film: film.name)


def _uploads(
    clip: Clip, film: Film, edits: Sequence[Edit], others: Sequence[Clip], seed: int
) -> Iterator[tuple[Edit, bytes]]:
    for number, edit in enumerate(edits):
        rng = np.random.default_rng([seed, number, len(film.data)])
        yield edit, edit.encoding(edit.make(clip, rng, others))


def _count(tally: Tally, film: Film, ours: set[str], theirs: set[str]) -> None:
    tally.tried += 1
    tally.ours += film.name in ours
    tally.theirs += film.name in theirs
    if film.name not in ours:
        tally.missed.append(film.name)


def _count_still(tally: Tally, clip: Clip, film: Film, ours: Ours) -> None:
    """A frame as a picture; vPDQ has no word for it."""
    with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
        Image.fromarray(clip.frames[len(clip.frames) // 2]).save(file.name, quality=80)
        _count(tally, film, ours.found_in_picture(Path(file.name).read_bytes()), set())


def _print(tallies: dict[str, Tally], wrong: Sequence[str], pairs: int, sources: int) -> None:
    print(
        f"\n{sources} videos banked; recall by edit (95 % interval), ours and vpdq's (quality >= {VPDQ_QUALITY}, "
        f"distance <= {VPDQ_BITS}, {VPDQ_PERCENT} % of the upload)\n"
    )
    for name, tally in tallies.items():
        low, high = wilson(tally.ours, tally.tried)
        missed = f"   missed: {', '.join(tally.missed)}" if tally.missed else ""
        ours = f"{tally.ours:>4}/{tally.tried:<4}{low:.2f}-{high:.2f}"
        print(f"{name:<30}{ours}   {tally.theirs:>3}/{tally.tried}{missed}")
    ours, theirs, tried = (sum(getattr(t, what) for t in tallies.values()) for what in ("ours", "theirs", "tried"))
    print(f"\nall edits: ours {ours}/{tried} = {ours / tried:.3f}, vpdq {theirs}/{tried} = {theirs / tried:.3f}")
    print(f"unrelated: {len(wrong)} wrong of {pairs} pairs of videos" + "".join(f"\n  {each}" for each in wrong))
