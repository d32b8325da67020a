"""Everything that was stored before is looked up in the bank, as an upload would be."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Final

from unseen.base import CallerError
from unseen.desk.index import BankIndex
from unseen.desk.judge import count_of, judge, with_stills
from unseen.desk.kept_videos import kept_of
from unseen.desk.look_at_video import SeenVideo
from unseen.desk.ports import Store
from unseen.desk.scan_ports import Count, Engine, Row, ScanLog, Trouble
from unseen.desk.screen import Looked

OnSeen = Callable[[SeenVideo], None]
LookUpVideo = Callable[[bytes, OnSeen], Looked | None]  #: an object's key to what it is near to; None for no video

_MAYBE_VIDEOS: Final = (Trouble.BAD_MEDIA, Trouble.TOO_LARGE)  # what was no picture


def scan(
    *,
    engine: Engine,
    log: ScanLog,
    store: Store,
    frames: BankIndex,
    videos: LookUpVideo = lambda *_: None,
    videos_at_once: int = 1,
) -> Iterator[Count]:
    """Examine what the log has not finished, decide as ``screen`` does, commit; gives a count for each shard.

    No sighting is kept: a scan looks at what is stored, it does not see an upload, and one that is cut short and
    taken up again would see it twice.  A retired entry does not match, even where the index still had it.
    ``frames``: of banked videos, of which a picture may be a still; open.
    ``videos``: asked, in this process, about what the engine says is no picture; of so many at a time.

    Raises: NodeError where the engine fails, NotReady, StoreUnavailable, StorageFull; what was committed stays.
    """
    frames.catch_up()
    with ThreadPoolExecutor(videos_at_once) as pool:
        for examined in engine.examine(log.unfinished()):
            with store.read() as reader:
                rows = judge(examined.shard.keys, with_stills(examined.readings, frames, reader), reader)
            seen: dict[bytes, SeenVideo] = {}
            rows = tuple(pool.map(partial(_perhaps_video, videos=videos, seen=seen), rows))
            count = count_of(rows)
            log.commit(examined, rows, count, [kept_of(key, video) for key, video in seen.items()])
            yield count


def _perhaps_video(row: Row, videos: LookUpVideo, seen: dict[bytes, SeenVideo]) -> Row:
    """The row of what was no picture, as a video's where it is one; what was seen of it is added to ``seen``."""
    if row.trouble not in _MAYBE_VIDEOS:
        return row
    try:
        looked = videos(row.key, partial(seen.__setitem__, row.key))
    except CallerError as error:
        return replace(row, message=error.what)
    if looked is None:
        return row
    return Row(key=row.key, verdict=looked.verdict, is_featureless=looked.is_featureless, as_of_seq=looked.as_of_seq)
