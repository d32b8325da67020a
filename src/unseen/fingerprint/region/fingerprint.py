"""A picture's luma to its regions."""

from itertools import pairwise

import numpy as np
from numba import njit
from numpy.typing import NDArray

from unseen.fingerprint.region.codes import code_pair, distinct
from unseen.fingerprint.region.detail import detail_of
from unseen.fingerprint.region.detector import OCTAVE, SCALE, STRENGTH, X, Y, keypoints
from unseen.fingerprint.region.drawn import is_photographed
from unseen.fingerprint.region.patches import describe
from unseen.fingerprint.region.records import BANKED, CODE_BYTES, MIN_DETAIL, Plan, Regions
from unseen.fingerprint.region.scale_space import I16Array, octaves
from unseen.fingerprint.region.selection import chosen
from unseen.fingerprint.region.tables import LEAST_SCALE, SIDE, SIGMAS, SPAN, I64Array

F32Array = NDArray[np.float32]

#: Columns of what ``_described`` says besides codes.
_ROW, _TURN, _DETAIL = range(3)
_FIRST, _SECOND = 0, 1  # directions
_MORE = 3  # parts in which more keypoints are described, where the first ones are not enough


def fingerprint_regions(luma: NDArray[np.uint8], *, plan: Plan = BANKED, with_drawn: bool = False) -> Regions:
    """The regions of a picture: at most ``plan.most``, second directions of a region after all first ones.

    luma: (h, w) uint8.  with_drawn: keep what ``drawn`` leaves out, to learn what drawings share.  The same luma gives
    the same regions on every machine.  A picture without keypoints, or too small for any (a side below 59 pixels), has
    none.  Raises: ValueError for another shape or type.
    """
    if luma.ndim != 2 or 0 in luma.shape or luma.dtype != np.uint8:
        raise ValueError("luma is (h, w) uint8, not empty")
    space = octaves(np.ascontiguousarray(luma), plan.long_side)
    height, width = space[0].shape[1:]
    found = keypoints(space)
    if not with_drawn:
        found = found[is_photographed(luma, *_squares(found, luma.shape, (height, width)))]
    found = found[chosen(found, height, width, plan.candidates)]
    codes, about = _all_described(space, found, plan)
    kept = found[about[:, _ROW]]
    centres, sides = _squares(kept, luma.shape, (height, width))
    return Regions(
        codes=np.ascontiguousarray(codes[:, 0]),
        mirrored_codes=np.ascontiguousarray(codes[:, 1]),
        centres=centres,
        sides=sides,
        orientations=about[:, _TURN].astype(np.uint16),
        strengths=kept[:, STRENGTH].astype(np.uint16),
        details=about[:, _DETAIL].astype(np.uint8),
    )


def _squares(found: I64Array, shape: tuple[int, ...], working: tuple[int, ...]) -> tuple[F32Array, F32Array]:
    """Centres (n, 2) and sides (n,) of keypoints' patches, float32, in pixels of a luma of this shape.

    working: height and width of the working picture.
    """
    pixel = max(shape) / max(working)  # of the working picture, in the luma's
    scale = (1 << found[:, OCTAVE]) * pixel
    centres = np.stack([found[:, X] / 16 * scale + pixel / 2, found[:, Y] / 16 * scale + pixel / 2], axis=1)
    sides = np.array(SIGMAS)[found[:, SCALE] - LEAST_SCALE] / 65536 * scale * SPAN
    return centres.astype(np.float32), sides.astype(np.float32)


def _all_described(space: list[I16Array], found: I64Array, plan: Plan) -> tuple[NDArray[np.uint8], I64Array]:
    """Codes (n, 2, 32) uint8 and what belongs to them (n, 3) int64; the keypoints' order, second directions last.

    Most pictures have more keypoints than are asked for: no more are described than it takes, and second directions
    only where first ones are too few.
    """
    codes, about = np.empty((0, 2, CODE_BYTES), np.uint8), np.empty((0, 3), np.int64)
    begins = [0, *range(plan.most, len(found), max((plan.candidates - plan.most) // _MORE, 1))]
    parts = [(_FIRST, begin, end) for begin, end in pairwise([*begins, len(found)])]
    for way, begin, end in [*parts, (_SECOND, 0, len(found))]:
        some = [_described(space[o - 1], found[begin:end], o, begin, way) for o in range(1, len(space))]
        if not some:
            break
        new_codes, new_about = (np.concatenate([part[column] for part in some]) for column in (0, 1))
        order = np.argsort(new_about[:, _ROW], kind="stable")
        order = order[new_about[order, _DETAIL] >= MIN_DETAIL]
        codes, about = np.concatenate([codes, new_codes[order]]), np.concatenate([about, new_about[order]])
        kept = distinct(codes[:, 0].copy(), plan.most)
        codes, about = codes[kept], about[kept]
        if len(kept) == plan.most:
            break
    return codes, about


@njit(nogil=True, cache=True)
def _described(
    finer: I16Array, keypoints: I64Array, octave: int, before: int, way: int
) -> tuple[NDArray[np.uint8], I64Array]:
    """Codes and columns, in one direction, of those keypoints that lie in one octave.

    finer: the next finer octave.  before: rows that stand before these keypoints.
    """
    codes = np.empty((len(keypoints), 2, CODE_BYTES), np.uint8)
    about = np.empty((len(keypoints), 3), np.int64)
    patch = np.empty((SIDE, SIDE), np.int32)
    turns = np.empty(2, np.int64)
    count = 0
    for row in range(len(keypoints)):
        if keypoints[row, 0] == octave and describe(finer, keypoints[row], way, patch, turns):
            codes[count] = code_pair(patch)
            about[count, 0], about[count, 1], about[count, 2] = before + row, turns[way], detail_of(patch)
            count += 1
    return codes[:count], about[:count]
