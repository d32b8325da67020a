"""Makes the vectors of region fingerprints beside it, from the plain reference: ``python vectors/region/make.py``.

Each file is one picture and what every step makes of it, so that an implementation in another language can be brought
to agree step by step.  ``docs/region-fingerprint.md`` says what the steps are.
"""

import base64
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unseen.fingerprint.region import Plan, reference
from unseen.fingerprint.region.detector import LEAST_CONTRAST
from unseen.fingerprint.region.records import MIN_DETAIL

Luma = NDArray[np.uint8]


class Dice:
    """Whole numbers by chance: a linear congruential generator, the same everywhere."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def below(self, most: int) -> int:
        """The next number, from 0 to below ``most``."""
        self._state = (self._state * 1103515245 + 12345) % 2**31
        return (self._state >> 8) % most


def discs(height: int, width: int, seed: int, count: int) -> Luma:
    """A slope of grey with discs of many sizes on it and a camera's noise, drawn in whole numbers."""
    y, x = np.mgrid[:height, :width]
    drawn = 90 + 40 * x // width + 30 * y // height
    dice = Dice(seed)
    for _ in range(count):
        middle_y, middle_x, radius = dice.below(height), dice.below(width), 2 + dice.below(min(height, width) // 6)
        step, flat = dice.below(141) - 70, 1 + dice.below(3)
        drawn = np.where((x - middle_x) ** 2 + flat * (y - middle_y) ** 2 < radius * radius, drawn + step, drawn)
    noise = [dice.below(7) - 3 for _ in range(height * width)]
    return np.clip(drawn + np.array(noise).reshape(height, width), 0, 255).astype(np.uint8)


def screenshot() -> Luma:
    """Half of it a photograph, half drawn without noise: as detailed, and left out."""
    drawn = np.full((160, 200), 240, np.uint8)
    drawn[:, :100] = discs(160, 100, 5, 40)
    for row in range(8, 150, 12):
        for column in range(108, 190, 9):
            drawn[row : row + 7, column : column + (row * column) % 7 + 1] = 30
    return drawn


PICTURES: dict[str, tuple[Luma, Plan]] = {
    "as-it-is": (discs(150, 190, 1, 60), Plan(most=24, long_side=200)),
    "shrunk": (discs(210, 160, 2, 70), Plan(most=24, long_side=170)),
    "doubled": (discs(90, 110, 3, 40), Plan(most=40, long_side=230)),
    "screenshot": (screenshot(), Plan(most=24, long_side=200)),
    "flat": (np.full((70, 90), 128, np.uint8), Plan(most=24, long_side=200)),
    "a-pixel-wide": (discs(60, 60, 4, 20)[:, :1].copy(), Plan(most=24, long_side=200)),
}


def vector(luma: Luma, plan: Plan) -> dict[str, object]:
    """The picture, base64 of its rows, and every step's result."""
    space = reference.octaves(luma, plan.long_side)
    found = [
        each for number in range(1, len(space)) for each in reference.keypoints(space[number], number, LEAST_CONTRAST)
    ]
    height, width = space[0][1].shape
    longer, working = max(luma.shape), max(height, width)
    photographed = reference.photographed(found, luma, working)
    kept = reference.chosen(photographed, height, width, plan.candidates)
    described = reference.fingerprint(luma, plan, LEAST_CONTRAST, MIN_DETAIL)
    return {
        "height": luma.shape[0],
        "width": luma.shape[1],
        "luma_base64": base64.b64encode(luma.tobytes()).decode(),
        "plan": {
            "most": plan.most,
            "long_side": plan.long_side,
        },
        "octaves": [
            {
                "height": octave[1].shape[0],
                "width": octave[1].shape[1],
                "level_sums": [int(level.sum()) for level in octave[first:]],
            }
            for first, octave in ((0 if number else 1, octave) for number, octave in enumerate(space))
        ],
        "keypoints": [list(each) for each in found],
        "photographed": [list(each) for each in photographed],
        "chosen": [list(each) for each in kept],
        "regions": [
            {
                "keypoint": list(keypoint),
                "turn": turn,
                "detail": detail,
                "geometry": reference.packed(reference.square(keypoint, longer, working), turn, longer),
                "code": codes[0].tobytes().hex(),
                "mirrored_code": codes[1].tobytes().hex(),
            }
            for keypoint, turn, detail, codes in described
        ],
    }


def main() -> None:
    """Write every vector."""
    for name, (luma, plan) in PICTURES.items():
        text = json.dumps(vector(luma, plan), default=int, separators=(",", ":"))
        Path(__file__).with_name(f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
