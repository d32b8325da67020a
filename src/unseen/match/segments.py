"""Which seconds of an upload are which seconds of a banked video.

One frame near another says little where a video has thousands.  Frames that agree again and again about where in the
banked video they are, say much more, and may each be farther away.  What they say is a sum of evidence in bans
(``evidence`` has the word).  For each way of turning the upload:

1. Every pair of an upload's and a banked frame within ``WIDE_BITS`` votes.  For a speed, a pair says at which offset
   the banked video runs beside the upload; a banked frame is seen until the next one, so that it votes for a range.
   A frame of the upload gives each offset its best pair's weight, once.
2. Of all speeds from three quarters to five quarters, forwards and backwards, and all offsets, the line with the most
   votes wins; normal speed is believed first, since still scenes vote for all speeds alike.
3. Along the line, frames that agree make a run until nothing agrees for ``GAP_MS``.
4. Frames of one shot look alike, and so would be wrong together: a pair adds to the run's evidence only where its
   banked frame differs from all that were counted before by more than ``ALIKE_BITS``.
5. A run with evidence enough, or with one pair as near as makes two pictures match, becomes a segment, and its frames
   vote no more.  Then the next line is looked for.
6. Segments that go on from each other are joined: so is found what runs at a speed between two that are tried.

Times are whole milliseconds and weights whole hundredths of a ban, so that the result is the same on every machine.
``segments_reference`` says the voting plainly.  Source of the idea: Joly et al. 2007 (spatio-temporal voting of local
fingerprints), Douze et al. 2010 ("An image-based approach to video copy detection", Hough transform over time shifts).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from unseen.match.kernels import distances_between
from unseen.match.layout import to_words
from unseen.match.records import I64Array, Segment, U8Array, U16Array, require_codes
from unseen.match.segment_kernels import best_line

#: A banked video is looked at where a frame of the upload is so near one of its own: the widest radius that the
#: index's buckets serve.
CANDIDATE_BITS: Final = 47
WIDE_BITS: Final = 72  #: beyond it, a pair says nothing
RUN_CENTIBANS: Final = 600  #: what a run needs where none of its pairs is near; measured, docs/video-matching.md
ALIKE_BITS: Final = 48  #: banked frames as near as this to each other say the same
GAP_MS: Final = 10_000  #: a run ends where nothing agrees for so long
BIN_MS: Final = 500  #: of offsets
PLAY_MS: Final = 750  #: that a pair may be off its line
HELD_MS: Final = 6_000  #: a banked frame stands for so long at most, where the next one comes later
MOST_SEGMENTS: Final = 32  #: of one banked video in one upload
#: Hundredths of normal speed, the order in which equal lines are believed.
SPEEDS: Final[I64Array] = np.array(
    sorted((sign * percent for sign in (1, -1) for percent in range(75, 126)), key=lambda p: (abs(abs(p) - 100), -p)),
    np.int64,
)
_LAST_MS: Final = 1_000  # that the last banked frame is seen
_MOST_LINES: Final = 64  # looked at, of one banked video
_SPEED_BOUNDS: Final = (0.7, 1.35)  # of joined segments, whose ends are uncertain
_NORMAL_BONUS: Final = 20  # per cent of a line's votes by which normal speed is believed more

#: Hundredths of a ban that a pair at each distance is worth, (257,): 0 beyond ``WIDE_BITS``.
WORTH: Final[I64Array] = np.array(
    [max(0, round(100 * (0.4 + 0.09 * (WIDE_BITS - bits)))) if bits <= WIDE_BITS else 0 for bits in range(257)],
    np.int64,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frames:
    """Frames of a video, in the order of their times."""

    codes: U8Array  #: (n, 32) uint8
    at_ms: I64Array  #: (n,) int64, ascending

    def __len__(self) -> int:
        return len(self.at_ms)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """A stretch of the upload that agrees with a stretch of a banked video."""

    rows: I64Array  #: (k,) int64, the upload's frames, ascending
    columns: I64Array  #: (k,) int64, the banked frame that each shows
    distances: U16Array  #: (k,) uint16, in bits
    percent: int  #: speed
    offset_ms: int  #: the banked video's time when the upload's is 0
    centibans: int

    def segment(self, upload: Frames, banked: Frames) -> Segment:
        """The run in seconds.

        The nearest pairs are those of the same moment, or of a still scene: they say best where it begins.
        """
        nearest = self.distances <= np.sort(self.distances)[len(self.distances) // 4]
        shifts = banked.at_ms[self.columns[nearest]] - upload.at_ms[self.rows[nearest]] * self.percent // 100
        offset_ms = int(np.clip(np.median(shifts), self.offset_ms - PLAY_MS, self.offset_ms + PLAY_MS))
        first, last = int(upload.at_ms[self.rows[0]]), int(upload.at_ms[self.rows[-1]])
        shown = np.array([first, last]) * self.percent // 100 + offset_ms
        ends = np.sort(np.clip(shown, banked.at_ms[0], banked.at_ms[-1] + _LAST_MS)) / 1000
        return Segment(
            upload_s=(first / 1000, last / 1000),
            item_s=(float(ends[0]), float(ends[1])),
            speed=self.percent / 100,
            frames=len(self.rows),
        )


def runs_of(upload: Frames, banked: Frames, *, near_bits: int) -> list[Run]:
    """What of an upload, turned one way, shows which part of a banked video; the strongest first.

    near_bits: within it, one pair is enough.  Raises: ValueError for codes of another shape.
    """
    if not len(upload) or not len(banked):
        return []
    words = to_words(require_codes(banked.codes))
    distances = distances_between(to_words(require_codes(upload.codes)), words)
    until_ms = np.minimum(np.append(banked.at_ms[1:], banked.at_ms[-1] + HELD_MS), banked.at_ms + HELD_MS)
    rows, columns = np.nonzero(distances <= WIDE_BITS)
    near = distances[rows, columns]
    is_alike = distances_between(words, words) <= ALIKE_BITS if len(rows) else np.empty((0, 0), np.bool_)
    runs: list[Run] = []
    for _ in range(_MOST_LINES):
        if not len(rows) or len(runs) >= MOST_SEGMENTS:
            break
        line = best_line(
            rows,
            upload.at_ms[rows],
            banked.at_ms[columns],
            until_ms[columns],
            WORTH[near],
            SPEEDS,
            BIN_MS,
            _NORMAL_BONUS,
        )
        percent, offset_ms, votes = map(int, line)
        if votes < min(RUN_CENTIBANS, WORTH[near_bits]):
            break
        on_line = _on_line(upload, banked, until_ms, rows, columns, percent, offset_ms)
        found = [
            _run(cut, rows, columns, near, is_alike, percent, offset_ms)
            for cut in _cut(upload.at_ms, rows, _nearest_of_each(rows, near, np.flatnonzero(on_line)))
        ]
        found = [run for run in found if run.centibans >= RUN_CENTIBANS or run.distances.min() <= near_bits]
        runs += found
        spent = np.concatenate([run.rows for run in found]) if found else rows[on_line]
        kept = ~np.isin(rows, spent)
        rows, columns, near = rows[kept], columns[kept], near[kept]
    return sorted(runs, key=lambda run: (-run.centibans, int(run.rows[0])))


def segments_of(runs: Iterable[Run], upload: Frames, banked: Frames) -> tuple[Segment, ...]:
    """The runs in seconds, in the upload's order, those that go on from each other joined."""
    segments: list[Segment] = []
    for segment in sorted((run.segment(upload, banked) for run in runs), key=lambda s: s.upload_s or (0.0, 0.0)):
        joined = _joined(segments[-1], segment) if segments else None
        if joined is None:
            segments.append(segment)
        else:
            segments[-1] = joined
    return tuple(segments)


def _on_line(
    upload: Frames,
    banked: Frames,
    until_ms: I64Array,
    rows: I64Array,
    columns: I64Array,
    percent: int,
    offset_ms: int,
) -> npt.NDArray[np.bool_]:
    expected = upload.at_ms[rows] * percent // 100 + offset_ms
    is_begun = expected >= banked.at_ms[columns] - PLAY_MS
    return np.asarray(is_begun & (expected <= until_ms[columns] + PLAY_MS))


def _nearest_of_each(rows: I64Array, near: U16Array, chosen: I64Array) -> I64Array:
    """Of the chosen pairs, the nearest of each row, rows ascending."""
    order = chosen[np.lexsort((chosen, near[chosen], rows[chosen]))]
    return order[np.unique(rows[order], return_index=True)[1]]


def _cut(at_ms: I64Array, rows: I64Array, pairs: I64Array) -> list[I64Array]:
    """Pairs along a line, cut where nothing agrees for too long."""
    breaks = np.flatnonzero(np.diff(at_ms[rows[pairs]]) > GAP_MS) + 1
    return np.split(pairs, breaks)


def _run(
    pairs: I64Array,
    rows: I64Array,
    columns: I64Array,
    near: U16Array,
    is_alike: npt.NDArray[np.bool_],
    percent: int,
    offset_ms: int,
) -> Run:
    counted: list[int] = []
    centibans = 0
    for pair in pairs[np.lexsort((pairs, near[pairs]))]:
        column = int(columns[pair])
        if not is_alike[column, counted].any():
            counted.append(column)
            centibans += int(WORTH[near[pair]])
    return Run(
        rows=rows[pairs],
        columns=columns[pairs],
        distances=near[pairs],
        percent=percent,
        offset_ms=offset_ms,
        centibans=centibans,
    )


def _joined(one: Segment, other: Segment) -> Segment | None:
    """Both as one, where the second goes on at about the speed of the first; None where it does not."""
    if one.upload_s is None or other.upload_s is None or one.item_s is None or other.item_s is None:
        return None
    if (one.speed > 0) is not (other.speed > 0) or other.upload_s[0] - one.upload_s[1] > GAP_MS / 1000:
        return None
    upload_s = (one.upload_s[0], max(one.upload_s[1], other.upload_s[1]))
    item_s = (min(one.item_s[0], other.item_s[0]), max(one.item_s[1], other.item_s[1]))
    goes_on = other.item_s[0] >= one.item_s[0] if one.speed > 0 else other.item_s[1] <= one.item_s[1]
    passed = upload_s[1] - upload_s[0]
    speed = (item_s[1] - item_s[0]) / passed if passed else 1.0
    if not goes_on or not _SPEED_BOUNDS[0] <= speed <= _SPEED_BOUNDS[1]:
        return None
    return Segment(
        upload_s=upload_s,
        item_s=item_s,
        speed=round(speed if one.speed > 0 else -speed, 2),
        frames=one.frames + other.frames,
    )
