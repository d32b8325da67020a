"""How like two pictures are when brightness and contrast do not count."""

import cv2
import numpy as np
from skimage.metrics import structural_similarity

from bench.leak.codes import F64Array


def resized(image: F64Array, height: int, width: int) -> F64Array:
    """Area means when it shrinks, cubic when it grows."""
    shrinks = height * width < image.size
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    whole = cv2.resize(np.ascontiguousarray(image, np.float64), (width, height), interpolation=method)
    return np.asarray(whole, np.float64)


def correlation(first: F64Array, second: F64Array) -> float:
    """Pearson's, over all samples; 0 where one is flat."""
    a, b = first.ravel() - first.mean(), second.ravel() - second.mean()
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / norm if norm > 0 else 0.0


def fitted(likeness: F64Array, original: F64Array) -> F64Array:
    """The likeness with the brightness and contrast that bring it nearest to the original."""
    centred = likeness - likeness.mean()
    power = float((centred**2).sum())
    gain = max(float((centred * (original - original.mean())).sum()) / power, 0.0) if power > 0 else 0.0
    whole: F64Array = original.mean() + gain * centred
    return whole


def ssim(likeness: F64Array, original: F64Array) -> float:
    """Structural similarity (Wang et al. 2004), Gaussian window of sigma 1.5, on grey levels 0 to 255."""
    return float(
        structural_similarity(
            fitted(likeness, original), original, data_range=255.0, gaussian_weights=True, use_sample_covariance=False
        )
    )
