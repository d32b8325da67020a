"""From bits back to samples, in three ways; each gives samples of mean 0, of no known contrast.

1. ``Spectrum``: each measurement is its bit's sign times the magnitude that a power law of the frequency expects,
   fitted on other photographs.  It needs no learning to speak of.
2. ``Linear``: the best linear map from 256 signs to all samples, by ridge regression on other photographs.  It learns
   also what is not measured, and what all patches share (a blob in the middle, the direction turned to the right).
3. ``refined``: gradient descent from either, towards samples that have the code's bits by a margin, little total
   variation and the start's likeness.
"""

from dataclasses import dataclass

import numpy as np

from bench.leak.codes import F64Array, Transform


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spectrum:
    """Expected magnitudes of the measurements."""

    transform: Transform
    factor: float
    slope: float  #: the magnitude falls with this power of the frequency

    @property
    def magnitudes(self) -> F64Array:
        """(256,)."""
        radius = np.hypot(self.transform.frequencies[:, 0], self.transform.frequencies[:, 1])
        whole: F64Array = self.factor * radius**-self.slope
        return whole

    def decode(self, signs: F64Array) -> F64Array:
        """(n, 256) to (n, side * side)."""
        return (signs * self.magnitudes) @ self.transform.rows


def fit_spectrum(transform: Transform, samples: F64Array) -> Spectrum:
    """A line through the logarithms of mean magnitude and frequency."""
    magnitudes = np.abs(transform.measured(samples)).mean(axis=0)
    radius = np.hypot(transform.frequencies[:, 0], transform.frequencies[:, 1])
    slope, level = np.polyfit(np.log(radius), np.log(magnitudes), 1)
    return Spectrum(transform=transform, factor=float(np.exp(level)), slope=float(-slope))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Linear:
    """A learnt map; ``used`` of the signs, in the transform's order, are known."""

    weights: F64Array  #: (used + 1, side * side), the last row what is expected of any code
    used: int

    def decode(self, signs: F64Array) -> F64Array:
        """(n, 256) to (n, side * side)."""
        return signs[:, : self.used] @ self.weights[:-1] + self.weights[-1]


def fit_linear(signs: F64Array, samples: F64Array, used: int = 256, ridge: float = 30.0) -> Linear:
    """Ridge regression.  signs: (n, 256); samples: (n, m)."""
    known = np.concatenate([signs[:, :used], np.ones((len(signs), 1))], axis=1)
    normal = known.T @ known + ridge * np.eye(used + 1)
    return Linear(weights=np.linalg.solve(normal, known.T @ samples), used=used)


def refined(
    transform: Transform, signs: F64Array, start: F64Array, *, steps: int = 150, variation: float = 0.02
) -> F64Array:
    """Adam (Kingma and Ba 2015) on distance to the start, bits not held by a margin, and smoothed total variation.

    The margin is a tenth of the start's mean magnitude of that measurement.  start: (n, side * side).
    """
    margin = 0.1 * np.abs(transform.measured(start)).mean(axis=0)
    samples, first, second = start.copy(), np.zeros_like(start), np.zeros_like(start)
    for step in range(1, steps + 1):
        found = transform.measured(samples)
        short = margin - signs * (found - np.median(found, axis=1, keepdims=True))
        gradient = (samples - start) / samples.shape[1] * 16
        gradient += variation * _variation_gradient(samples, transform.side)
        gradient -= (signs * (short > 0)) @ transform.rows
        first += 0.1 * (gradient - first)
        second += 0.01 * (gradient**2 - second)
        rate = 0.03 * min(1.0, 2 * (1 - step / steps))
        samples -= rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    return samples - samples.mean(axis=1, keepdims=True)


def _variation_gradient(samples: F64Array, side: int) -> F64Array:
    image = samples.reshape(-1, side, side)
    across = np.diff(image, axis=2, append=image[:, :, -1:])
    down = np.diff(image, axis=1, append=image[:, -1:])
    length = np.sqrt(across**2 + down**2 + 1e-3)
    across, down = across / length, down / length
    away = np.diff(across, axis=2, prepend=0) + np.diff(down, axis=1, prepend=0)
    return -away.reshape(len(samples), -1)
