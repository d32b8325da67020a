"""Photographs as measurements with their codes, to learn from: other photographs than those that are attacked."""

from collections.abc import Sequence

import numpy as np

from bench.leak.codes import F64Array, Transform, U8Array
from bench.leak.places import placed
from unseen.fingerprint.pdq import MIN_SIDE
from unseen.fingerprint.pdq_kernels import code_of, decimate


def standard(samples: F64Array) -> F64Array:
    """Each with mean 0 and spread 1: no code says how bright a picture is, or how strong its contrast.  (n, m)."""
    centred = samples - samples.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1, keepdims=True)
    whole: F64Array = centred / np.where(spread > 0, spread, 1)
    return whole


def of_crops(
    lumas: Sequence[U8Array], transform: Transform, crops: int, rng: np.random.Generator
) -> tuple[F64Array, F64Array]:
    """Signs and standard samples of PDQ for each picture, ``crops`` cuts of it, and the same mirrored."""
    codes, samples = [], []
    for luma in lumas:
        for number in range(crops + 1):
            height, width = (int(side * (rng.uniform(0.3, 1) if number else 1)) for side in luma.shape)
            if min(height, width) < MIN_SIDE:
                continue
            top, left = (
                int(rng.integers(0, full - part + 1)) for full, part in zip(luma.shape, (height, width), strict=True)
            )
            sampled = decimate(np.ascontiguousarray(luma[top : top + height, left : left + width]))
            for view in (sampled, np.ascontiguousarray(sampled[:, ::-1])):
                codes.append(code_of(view))
                samples.append(view.ravel().astype(np.float64))
    return transform.signs(np.array(codes)), standard(np.array(samples))


def of_regions(lumas: Sequence[U8Array], transform: Transform) -> tuple[F64Array, F64Array]:
    """Signs and standard samples of each picture's regions, and the same mirrored."""
    codes, samples = [], []
    for luma in lumas:
        found = placed(luma)
        if len(found.codes):
            upside_down = found.samples.reshape(-1, transform.side, transform.side)[:, ::-1]
            codes += [found.codes[:, 0], found.codes[:, 1]]
            samples += [found.samples, upside_down.reshape(len(found.samples), -1)]
    return transform.signs(np.concatenate(codes)), standard(np.concatenate(samples))
