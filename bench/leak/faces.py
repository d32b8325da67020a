"""Whether a face detector still finds the face: a cascade of local binary patterns that scikit-image ships.

It was trained with OpenCV.  OpenCV's own cascades (Viola and Jones) left its main package with version 5; where an
older one is installed they are asked as well.
"""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from skimage.data import lbp_frontal_face_cascade_filename
from skimage.feature import Cascade

from bench.leak.codes import F64Array
from bench.leak.likeness import resized

Box = tuple[int, int, int, int]  #: left, top, width, height
Detector = Callable[[F64Array], list[Box]]
LONG_SIDE = 320  #: pixels that a picture is brought to before it is looked at


def detectors() -> dict[str, Detector]:
    """Those that are installed, by name."""
    cascade = Cascade(lbp_frontal_face_cascade_filename())

    def patterns(image: F64Array) -> list[Box]:
        grey = np.repeat(_stretched(image)[:, :, None], 3, axis=2)
        boxes = cascade.detect_multi_scale(
            grey, scale_factor=1.15, step_ratio=1, min_size=(32, 32), max_size=(LONG_SIDE, LONG_SIDE)
        )
        return [(box["c"], box["r"], box["width"], box["height"]) for box in boxes]

    found: dict[str, Detector] = {"LBP": patterns}
    if hasattr(cv2, "CascadeClassifier"):
        haar = cv2.CascadeClassifier(str(Path(cv2.__file__).with_name("data") / "haarcascade_frontalface_default.xml"))

        def viola_jones(image: F64Array) -> list[Box]:
            boxes = haar.detectMultiScale(_stretched(image), 1.1, 4, minSize=(32, 32))
            return [(int(x), int(y), int(w), int(h)) for x, y, w, h in boxes]

        found["Haar"] = viola_jones
    return found


def brought(image: F64Array) -> F64Array:
    """The picture at the size that detectors look at."""
    ratio = LONG_SIDE / max(image.shape)
    return resized(image, round(image.shape[0] * ratio), round(image.shape[1] * ratio))


def is_same(first: Box, second: Box) -> bool:
    """Whether two boxes share at least 0.3 of what they cover together."""
    across = min(first[0] + first[2], second[0] + second[2]) - max(first[0], second[0])
    down = min(first[1] + first[3], second[1] + second[3]) - max(first[1], second[1])
    shared = max(across, 0) * max(down, 0)
    return shared >= 0.3 * (first[2] * first[3] + second[2] * second[3] - shared)


def _stretched(image: F64Array) -> np.ndarray:
    low, high = np.percentile(image, (1, 99))
    return np.clip((image - low) * 255 / max(high - low, 1e-9), 0, 255).astype(np.uint8)
