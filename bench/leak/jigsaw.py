"""The attacker who has the codes alone lays patches together by what they have in common.

Every decoded patch is laid on every other, turned, scaled and moved, and the best fit of each is taken as its
neighbour.  A fit is right when the true places (kept apart, for this judgement alone) say the same.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from bench.leak.codes import F64Array
from bench.leak.places import Placed

_SCALES: Final = tuple(2.0 ** (step / 3) for step in range(5))  #: of the larger patch to the smaller one: 1 to 2.5
_TURNS: Final = 24
_ROOM: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """The best place found for one patch within another."""

    inner: int
    outer: int
    score: float  #: Fisher's z of the correlation, times the overlap's side in samples
    scale: float  #: the outer patch is so many times as large
    turn: float  #: of the inner patch, radians
    middle: tuple[float, float]  #: of the inner patch, in samples of the outer one


def best_fits(decoded: F64Array) -> list[Fit]:
    """For each patch, the patch that it fits best into, wholly, over all turns and scales.  decoded: (n, 1024)."""
    patches = decoded.reshape(-1, _ROOM, _ROOM).astype(np.float32)
    return [_best(inner, patches) for inner in range(len(patches))]


def _best(inner: int, patches: np.ndarray) -> Fit:
    best = Fit(inner=inner, outer=inner, score=-np.inf, scale=1.0, turn=0.0, middle=(0.0, 0.0))
    for scale in _SCALES:
        side = round(_ROOM * 0.7 / scale)  # a square that any turn leaves within the patch
        for number in range(_TURNS):
            turn = 2 * np.pi * number / _TURNS
            template = _turned(patches[inner], turn, scale, side)
            for outer in range(len(patches)):
                if outer == inner:
                    continue
                found = cv2.matchTemplate(patches[outer], template, cv2.TM_CCOEFF_NORMED)
                _, likest, _, (x, y) = cv2.minMaxLoc(found)
                score = float(np.arctanh(min(likest, 0.999)) * side)  # a larger overlap is stronger evidence
                if score > best.score:
                    middle = (x + side / 2, y + side / 2)
                    best = Fit(inner=inner, outer=outer, score=score, scale=scale, turn=turn, middle=middle)
    return best


def _turned(patch: np.ndarray, turn: float, scale: float, side: int) -> np.ndarray:
    """The middle of a patch as it lies in one ``scale`` times as large, turned."""
    cos, sin = np.cos(turn) * scale, np.sin(turn) * scale
    middle, centre = (side - 1) / 2, (_ROOM - 1) / 2
    matrix = np.array(
        [[cos, sin, centre - (cos + sin) * middle], [-sin, cos, centre - (cos - sin) * middle]], np.float64
    )
    smooth = cv2.GaussianBlur(patch, (0, 0), 0.4 * scale) if scale > 1 else patch
    return cv2.warpAffine(smooth, matrix, (side, side), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)


def is_right(fit: Fit, regions: Placed) -> bool:
    """Whether the truth lies within a quarter of the inner patch's side, 30 degrees and a factor of 1.5."""
    within = np.linalg.inv(regions.matrices[fit.outer])
    centre = within @ (regions.centres[fit.inner] - regions.centres[fit.outer])
    claimed = (np.array(fit.middle) - _ROOM / 2) / (_ROOM / 2)
    relative = within @ regions.matrices[fit.inner]
    size = float(np.sqrt(abs(np.linalg.det(relative))))
    angle = float(np.arctan2(relative[1, 0] - relative[0, 1], relative[0, 0] + relative[1, 1]))
    away = (angle - fit.turn + np.pi) % (2 * np.pi) - np.pi
    return bool(
        np.linalg.norm(centre - claimed) <= 0.5 * size
        and abs(np.log(size * fit.scale)) <= np.log(1.5)
        and abs(away) < np.pi / 6
    )


def is_one_keypoint(fit: Fit, regions: Placed) -> bool:
    """Whether both are the same place and size, taken in two directions."""
    return bool(np.array_equal(regions.centres[fit.inner], regions.centres[fit.outer]))


def share_that_overlaps(regions: Placed) -> float:
    """The share of patches whose middle lies within another that is up to 2.9 times as large: what could be found."""
    found = 0
    for inner in range(len(regions.centres)):
        for outer in range(len(regions.centres)):
            within = np.linalg.inv(regions.matrices[outer])
            size = np.sqrt(abs(np.linalg.det(within @ regions.matrices[inner])))
            off = np.abs(within @ (regions.centres[inner] - regions.centres[outer])).max()
            if outer != inner and 0.35 <= size <= 1.2 and off <= 1 - 0.7 * size:
                found += 1
                break
    return found / max(len(regions.centres), 1)
