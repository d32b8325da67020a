"""What was seen of a video as the rows that a scan keeps of it, one a frame; and back."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from unseen.desk.look_at_video import SeenVideo
from unseen.desk.near_videos import Layer
from unseen.desk.scan_ports import KeptRows
from unseen.fingerprint.records import MIN_QUALITY, VIEWS, Fingerprint, Kind

_ENOUGH: Final = 100  # the quality of kept frames: all show enough to be compared


def kept_of(key: bytes, seen: SeenVideo) -> KeptRows:
    """The rows of one video: of one without a frame that shows enough a single row, for its digests."""
    frames, count = seen.frames, max(len(seen.frames), 1)
    sha256, md5 = (np.frombuffer(digest.code, np.uint8) for digest in seen.digests)
    codes, at_ms = np.zeros((count, len(VIEWS), 32), np.uint8), np.zeros(count, np.int32)
    codes[: len(frames)], at_ms[: len(frames)] = frames.views, np.rint(frames.at_s * 1000)
    return KeptRows(
        keys=(key,) * count,
        sha256=np.tile(sha256, (count, 1)),
        md5=np.tile(md5, (count, 1)),
        codes=codes,
        qualities=np.full(count, _ENOUGH if len(frames) else 0, np.uint8),
        at_ms=at_ms,
    )


def seen_of(rows: KeptRows, places: Sequence[int]) -> SeenVideo:
    """What was seen of the video whose rows are at these places, one at least, ascending."""
    first, told = places[0], [at for at in places if rows.qualities[at] >= MIN_QUALITY]
    return SeenVideo(
        digests=(
            Fingerprint(kind=Kind.SHA256, code=rows.sha256[first].tobytes()),
            Fingerprint(kind=Kind.MD5, code=rows.md5[first].tobytes()),
        ),
        frames=Layer(at_s=rows.at_ms[told] / 1000, views=rows.codes[told]),
    )
