"""The attacker who is told where each region lay: one canvas from all of them.  The bank does not hold this.

The canvas is the picture that best agrees with every decoded region at its place, each up to a brightness of its own,
and has a natural picture's spectrum: linear least squares, by conjugate gradients in the cosine transform.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.fft import dctn, idctn
from scipy.sparse import csr_array

from bench.leak.codes import F64Array
from bench.leak.places import Placed

SIDE: Final = 32
CANVAS: Final = 256  #: pixels along its longer side
_STEPS: Final = 40
_PRIOR: Final = 0.02  #: weight of the spectrum against the samples


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """How a canvas of this size is seen through all regions."""

    height: int
    width: int
    taking: csr_array  #: (n * 1024, height * width)
    weights: F64Array  #: (n, 1): of each region


def view_of(regions: Placed, height: int, width: int, ratio: float) -> View:
    """Bilinear samples, four for each where regions are larger than the canvas is fine.

    ratio: pixels of the canvas per pixel of the luma.
    """
    inner = np.array([-0.25, 0.25])
    at = (2 * np.arange(SIDE) - (SIDE - 1)) / SIDE
    fine = (at[:, None] + inner * 2 / SIDE).ravel()
    v, u = np.meshgrid(fine, fine, indexing="ij")
    around = np.stack([u.ravel(), v.ravel()])
    which = np.arange(SIDE).repeat(2)
    sample = (which[:, None] * SIDE + which).ravel()
    rows, columns, values = [], [], []
    for number, (centre, matrix) in enumerate(zip(regions.centres, regions.matrices, strict=True)):
        x, y = (centre[:, None] + matrix @ around) * ratio - 0.5
        x, y = np.clip(x, 0, width - 1.001), np.clip(y, 0, height - 1.001)
        left, top = x.astype(int), y.astype(int)
        for down, along, share in (
            (0, 0, (1 - (x - left)) * (1 - (y - top))),
            (0, 1, (x - left) * (1 - (y - top))),
            (1, 0, (1 - (x - left)) * (y - top)),
            (1, 1, (x - left) * (y - top)),
        ):
            rows.append(number * SIDE * SIDE + sample)
            columns.append((top + down) * width + left + along)
            values.append(share / 4)
    shape = (len(regions.centres) * SIDE * SIDE, height * width)
    taking = csr_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=shape)
    sides = regions.sides * ratio
    return View(height=height, width=width, taking=taking, weights=np.minimum(sides / SIDE, 1.0)[:, None])


def composite(view: View, decoded: F64Array) -> F64Array:
    """The canvas, (height, width), of no known brightness or contrast.  decoded: (n, 1024), spread about 1."""
    spectrum = _spectrum(view.height, view.width)

    def centred(samples: F64Array) -> F64Array:
        apart = samples.reshape(len(view.weights), -1)
        whole: F64Array = (apart - apart.mean(axis=1, keepdims=True)) * view.weights
        return whole

    def seen(z: F64Array) -> F64Array:
        return centred(view.taking @ idctn(z * spectrum, norm="ortho").ravel())

    def back(samples: F64Array) -> F64Array:
        image = (view.taking.T @ centred(samples).ravel()).reshape(view.height, view.width)
        whole: F64Array = dctn(image, norm="ortho") * spectrum
        return whole

    found = np.zeros((view.height, view.width))
    left = back(centred(decoded))
    towards, power = left.copy(), float((left**2).sum())
    for _ in range(_STEPS):
        pushed = back(seen(towards)) + _PRIOR * towards
        length = power / float((towards * pushed).sum())
        found += length * towards
        left -= length * pushed
        before, power = power, float((left**2).sum())
        towards = left + power / before * towards
    canvas: F64Array = idctn(found * spectrum, norm="ortho")
    return canvas


def _spectrum(height: int, width: int) -> F64Array:
    """Amplitude falls with the frequency (Field 1987); the mean has none."""
    radius = np.hypot(np.arange(height)[:, None] / height, np.arange(width)[None, :] / width) * max(height, width)
    spectrum = 1 / np.maximum(radius, 1)
    spectrum[0, 0] = 0
    return spectrum * max(height, width) / 8
