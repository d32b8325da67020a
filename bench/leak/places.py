"""Regions with what the bank does not keep: where each lay, how it was stretched, and its samples."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.leak.codes import F64Array, U8Array
from unseen.fingerprint.region import BANKED
from unseen.fingerprint.region.codes import code_pair, distinct
from unseen.fingerprint.region.common import is_common
from unseen.fingerprint.region.detail import detail_of
from unseen.fingerprint.region.detector import OCTAVE, SCALE, X, Y, keypoints
from unseen.fingerprint.region.drawn import is_photographed
from unseen.fingerprint.region.patches import describe
from unseen.fingerprint.region.records import MIN_DETAIL
from unseen.fingerprint.region.reference import shape
from unseen.fingerprint.region.scale_space import octaves
from unseen.fingerprint.region.selection import chosen
from unseen.fingerprint.region.tables import LEAST_SCALE, SIDE, SIGMAS, SPAN, TURNS

_UNIT: Final = 65536.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """The banked regions of a picture, in their order, and their secrets.  Lengths in pixels of the luma."""

    codes: U8Array  #: (n, 2, 32): upright and mirrored
    samples: F64Array  #: (n, 1024)
    centres: F64Array  #: (n, 2): x, y
    matrices: F64Array  #: (n, 2, 2): (x, y) from the centre = matrix @ (u, v), u and v from -1 to 1 over the patch

    def first(self, most: int) -> "Placed":
        """The first so many."""
        return self.chosen(np.arange(min(most, len(self.codes))))

    def chosen(self, rows: NDArray[np.int64]) -> "Placed":
        """These, in this order."""
        return Placed(
            codes=self.codes[rows],
            samples=self.samples[rows],
            centres=self.centres[rows],
            matrices=self.matrices[rows],
        )

    @property
    def sides(self) -> F64Array:
        """(n,): of a square as large as the patch."""
        return 2 * np.sqrt(np.abs(np.linalg.det(self.matrices)))


def placed(luma: U8Array) -> Placed:
    """The regions that are banked of it: neither drawn ones nor those that everyone has.  luma: (h, w) uint8."""
    space = octaves(np.ascontiguousarray(luma), BANKED.long_side)
    height, width = space[0].shape[1:]
    found, ratio = keypoints(space), max(luma.shape) / max(height, width)
    found = found[is_photographed(luma, *_squares(found, ratio))]
    found = found[chosen(found, height, width, BANKED.candidates)]
    patch, turns = np.empty((SIDE, SIDE), np.int32), np.empty(2, np.int64)
    rows: list[tuple[int, U8Array, F64Array, F64Array, F64Array]] = []
    for keypoint in found:
        finer = space[keypoint[OCTAVE] - 1]
        image = finer[min(max((keypoint[SCALE] + 8) // 16, 1), 3)].astype(np.int64)
        step = SIGMAS[keypoint[SCALE] - LEAST_SCALE] * SPAN / SIDE
        scale = 2.0 ** int(keypoint[OCTAVE]) * ratio
        for way in range(2):
            if not describe(finer, keypoint, way, patch, turns) or detail_of(patch) < MIN_DETAIL:
                continue
            shaped = np.array(shape(image, (int(keypoint[X]) << 13, int(keypoint[Y]) << 13), step))
            cos, sin = TURNS[turns[way]] / 16384.0
            matrix = shaped @ np.array([[cos, -sin], [sin, cos]]) * step * SIDE / _UNIT * scale / 2
            centre = np.array([keypoint[X], keypoint[Y]]) / 16 * scale + ratio / 2
            rows.append((way, code_pair(patch), patch.ravel().astype(np.float64), centre, matrix))
    rows.sort(key=lambda row: row[0])
    codes = np.array([row[1] for row in rows], np.uint8).reshape(-1, 2, 32)
    kept = distinct(np.ascontiguousarray(codes[:, 0]), BANKED.most)
    all_kept = Placed(
        codes=codes[kept],
        samples=np.array([rows[at][2] for at in kept]).reshape(-1, SIDE * SIDE),
        centres=np.array([rows[at][3] for at in kept]).reshape(-1, 2),
        matrices=np.array([rows[at][4] for at in kept]).reshape(-1, 2, 2),
    )
    upright, mirrored = (np.ascontiguousarray(all_kept.codes[:, way]) for way in (0, 1))
    return all_kept.chosen(np.flatnonzero(~is_common(upright, mirrored)))


def _squares(found: NDArray[np.int64], ratio: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Centres and sides of keypoints' patches in pixels of the luma.  ratio: of one of the working picture's."""
    scale = (1 << found[:, OCTAVE]) * ratio
    centres = np.stack([found[:, X], found[:, Y]], axis=1) / 16 * scale[:, None] + ratio / 2
    sides = np.array(SIGMAS)[found[:, SCALE] - LEAST_SCALE] / 65536 * scale * SPAN
    return centres.astype(np.float32), sides.astype(np.float32)
