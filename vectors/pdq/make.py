"""Makes the vectors of PDQ beside it: ``python -m vectors.pdq.make``.

Each file is one picture's luma, its code and quality as the plain reference has them, and the codes of all eight views.
"""

import base64
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from vectors.region.make import Dice, discs

from unseen.fingerprint import pdq_reference
from unseen.fingerprint.pdq import pdq_views

Luma = NDArray[np.uint8]


def noise(height: int, width: int, seed: int) -> Luma:
    """Whatever the dice say."""
    dice = Dice(seed)
    return np.array([dice.below(256) for _ in range(height * width)], np.uint8).reshape(height, width)


PICTURES: dict[str, Luma] = {
    "filtered": discs(259, 301, 1, 60),  # a box filter of several pixels, odd and even
    "tall": discs(600, 131, 2, 60),
    "unfiltered": discs(90, 128, 3, 40),  # a side that the filter leaves alone: every view in the reference's order
    "as-sampled": discs(64, 64, 4, 30),  # nothing to sample
    "noise": noise(140, 150, 5),
    "tiny": noise(5, 9, 6),
    "too-narrow": noise(4, 30, 7),  # all zero, quality 0
    "flat": np.full((70, 200), 128, np.uint8),
}


def vector(luma: Luma) -> dict[str, object]:
    """The picture, base64 of its rows, and what PDQ makes of it."""
    code, quality = pdq_reference.pdq(luma)
    views, _ = pdq_views(luma)
    return {
        "height": luma.shape[0],
        "width": luma.shape[1],
        "luma_base64": base64.b64encode(luma.tobytes()).decode(),
        "code": code.tobytes().hex(),
        "quality": quality,
        "views": [view.tobytes().hex() for view in views],
    }


def main() -> None:
    """Write every vector."""
    for name, luma in PICTURES.items():
        text = json.dumps(vector(luma), default=int, separators=(",", ":"))
        Path(__file__).with_name(f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
