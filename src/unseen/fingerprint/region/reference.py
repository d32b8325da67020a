"""Region fingerprints in plain numpy and Python, to read and to test the kernels against; nothing else uses it.

It gives the kernels' results bit for bit, and is some hundred times slower.
"""

import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from unseen.fingerprint.region.drawn import DRAWN_FLAT_PERCENT
from unseen.fingerprint.region.records import MIN_APART_BITS, Plan
from unseen.fingerprint.region.tables import (
    ANGLES,
    BLURS,
    FREQUENCIES,
    SIDE,
    SIGMAS,
    SPAN,
    TRANSFORM,
    TURNS,
    WINDOW,
    I64Array,
)

Keypoint = tuple[int, int, int, int, int]  #: octave, x, y, scale, strength
Described = tuple[Keypoint, int, int, NDArray[np.uint8]]  #: with direction, detail and both codes
Matrix = tuple[tuple[float, float], tuple[float, float]]


def octaves(luma: NDArray[np.uint8], long_side: int) -> list[list[I64Array]]:
    """The scale space: lists of levels; the first octave's level 0 is a stand-in."""
    height, width = luma.shape
    if max(height, width) > long_side:
        height, width = (
            max(math.floor(Fraction(side * long_side, max(luma.shape)) + Fraction(1, 2)), 1) for side in luma.shape
        )
    is_small = 2 * max(height, width) <= long_side
    first = blur(double(luma) if is_small else shrink(luma, height, width), BLURS[0])
    second = blur(first, BLURS[2])
    found = [[first, first, second, blur(second, BLURS[3])]]
    while min(found[-1][3].shape) >= 59:
        levels = [found[-1][3][::2, ::2]]
        for kernel in BLURS[1:]:
            levels.append(blur(levels[-1], kernel))
        found.append(levels)
    return found


def shrink(luma: NDArray[np.uint8], height: int, width: int) -> I64Array:
    """Area means in 1/64 grey levels: exact sums over the picture blown up to a common multiple, rounded once."""
    down, across = _shares(luma.shape[0], height), _shares(luma.shape[1], width)
    total, area = down @ luma.astype(np.int64) @ across.T, luma.size
    shrunk: I64Array = (128 * total + area) // (2 * area)
    return shrunk


def double(luma: NDArray[np.uint8]) -> I64Array:
    """Twice the size, by weights 3 and 1 of the nearest two along each axis."""
    image: I64Array = luma.astype(np.int64)
    for _ in range(2):
        around = np.pad(image, ((1, 1), (0, 0)), mode="edge")
        rows = np.stack([3 * image + around[:-2], 3 * image + around[2:]], axis=1)
        image = rows.reshape(-1, image.shape[1]).T.copy()
    return 4 * image


def _shares(pixels: int, cells: int) -> I64Array:
    """How much of each pixel lies in each cell, in 1/cells of a pixel: (cells, pixels)."""
    starts, ends = np.arange(cells) * pixels, (np.arange(cells) + 1) * pixels
    lefts = np.arange(pixels) * cells
    overlap = np.minimum(ends[:, None], lefts + cells) - np.maximum(starts[:, None], lefts)
    shares: I64Array = np.maximum(overlap, 0)
    return shares


def blur(image: I64Array, kernel: NDArray[np.int32]) -> I64Array:
    """Both passes, each rounded halves up."""
    radius = len(kernel) - 1
    whole = np.concatenate([kernel[:0:-1], kernel]).astype(np.int64)
    for axis in (0, 1):
        padded = np.pad(image, [(radius, radius) if each == axis else (0, 0) for each in (0, 1)], mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(padded, len(whole), axis=axis)
        blurred: I64Array = (windows @ whole + 8192) >> 14
        image = blurred
    return image


def keypoints(levels: list[I64Array], number: int, least_contrast: int) -> Iterator[Keypoint]:
    """The keypoints of one octave, by level, row and column."""
    stacked = np.stack(levels)
    d: I64Array = stacked[1:] - stacked[:-1]
    for s in range(1, 4):
        for y in range(1, d.shape[1] - 1):
            for x in range(1, d.shape[2] - 1):
                value = int(d[s, y, x])
                if abs(value) < least_contrast:
                    continue
                near = d[s - 1 : s + 2, y - 1 : y + 2, x - 1 : x + 2]
                near = near if value > 0 else -near
                if near.max() > abs(value) or near[1, 1, 0] == abs(value):
                    continue
                refined = refine(near if value > 0 else -near, least_contrast)
                if refined is not None:
                    (ox, oy, os), contrast = refined
                    scale = math.floor((s + os) * 16 + 0.5)
                    if 8 <= scale <= 56:
                        yield number, math.floor((x + ox) * 16 + 0.5), math.floor((y + oy) * 16 + 0.5), scale, contrast


def refine(near: I64Array, least_contrast: int) -> tuple[tuple[float, float, float], int] | None:
    """The offset in (x, y, s) and the contrast.  near: (3, 3, 3), by s, y and x."""
    n = near.astype(np.float64)
    c = float(n[1, 1, 1])
    gradient = [(_at(n, axis, 1) - _at(n, axis, -1)) * 0.5 for axis in range(3)]
    xx, yy, ss = (_at(n, axis, 1) + _at(n, axis, -1) - 2.0 * c for axis in range(3))
    xy = (n[1, 2, 2] - n[1, 2, 0] - n[1, 0, 2] + n[1, 0, 0]) * 0.25
    xs = (n[2, 1, 2] - n[2, 1, 0] - n[0, 1, 2] + n[0, 1, 0]) * 0.25
    ys = (n[2, 2, 1] - n[2, 0, 1] - n[0, 2, 1] + n[0, 0, 1]) * 0.25
    flat = xx * yy - xy * xy
    if flat <= 0 or (xx + yy) * (xx + yy) > 12.1 * flat:
        return None
    cofactors = (
        (yy * ss - ys * ys, xs * ys - xy * ss, xy * ys - xs * yy),
        (xs * ys - xy * ss, xx * ss - xs * xs, xy * xs - xx * ys),
        (xy * ys - xs * yy, xy * xs - xx * ys, flat),
    )
    whole = xx * cofactors[0][0] + xy * cofactors[0][1] + xs * cofactors[0][2]
    if whole == 0:
        return None
    gx, gy, gs = gradient
    ox, oy, os = (-(row[0] * gx + row[1] * gy + row[2] * gs) / whole for row in cofactors)
    contrast = abs(c + 0.5 * (gx * ox + gy * oy + gs * os))
    if max(abs(ox), abs(oy), abs(os)) > 1.0 or contrast < least_contrast:
        return None
    return (ox, oy, os), math.floor(contrast)


def _at(near: NDArray[np.float64], axis: int, off: int) -> float:
    """The neighbour along x (0), y (1) or s (2)."""
    where = [1, 1, 1]
    where[2 - axis] += off
    return float(near[tuple(where)])


def describe(levels: list[I64Array], keypoint: Keypoint) -> list[tuple[int, I64Array]]:
    """Direction and samples of a keypoint's patch, once or twice.  levels: of the next finer octave."""
    _, x, y, scale, _ = keypoint
    image = levels[min(max((scale + 8) // 16, 1), 3)]
    step = SIGMAS[scale - 8] * SPAN / 32
    place = (x << 13, y << 13)
    shaped = shape(image, place, step)
    upright = take(image, place, step, shaped)
    return [(turn, take(image, place, step, _turned(shaped, turn))) for turn in directions(upright)]


def _turned(shaped: Matrix, turn: int) -> Matrix:
    (xx, xy), (_, yy) = shaped
    cos, sin = float(TURNS[turn, 0]), float(TURNS[turn, 1])
    return (
        ((xx * cos + xy * sin) / 16384.0, (xy * cos - xx * sin) / 16384.0),
        ((xy * cos + yy * sin) / 16384.0, (yy * cos - xy * sin) / 16384.0),
    )


def take(image: I64Array, place: tuple[int, int], step: float, matrix: Matrix) -> I64Array:
    """32x32 samples, bilinear, in whole numbers."""
    (a, b), (c, d) = ((math.floor(step * value + 0.5) for value in row) for row in matrix)
    off = 2 * np.arange(SIDE) - (SIDE - 1)
    u, v = off[None, :], off[:, None]
    x = np.clip(place[0] + a * u + b * v, 0, ((image.shape[1] - 1) << 16) - 1)
    y = np.clip(place[1] + c * u + d * v, 0, ((image.shape[0] - 1) << 16) - 1)
    column, row, along, below = x >> 16, y >> 16, (x >> 8) & 255, (y >> 8) & 255
    upper = image[row, column] * (256 - along) + image[row, column + 1] * along
    lower = image[row + 1, column] * (256 - along) + image[row + 1, column + 1] * along
    sampled: I64Array = (upper * (256 - below) + lower * below + 32768) >> 16
    return sampled


def gradients(samples: I64Array) -> tuple[I64Array, I64Array, I64Array]:
    """Across, down, and the window's weight, of the 30x30 inner samples."""
    return samples[1:-1, 2:] - samples[1:-1, :-2], samples[2:, 1:-1] - samples[:-2, 1:-1], WINDOW[1:-1, 1:-1]


def shape(image: I64Array, place: tuple[int, int], step: float) -> Matrix:
    """The symmetric matrix of determinant 1 that makes the surroundings round, or the identity."""
    (a, b), (c, d) = identity = (1.0, 0.0), (0.0, 1.0)
    for _ in range(2):
        gx, gy, weight = gradients(take(image, place, step, ((a, b), (c, d))))
        sums = (int((weight * gx * gx).sum()), int((weight * gx * gy).sum()), int((weight * gy * gy).sum()))
        total = float(sums[0] + sums[2])
        if total == 0.0:
            return identity
        p, q, r = (each / total for each in sums)
        area = p * r - q * q
        if area <= 0.0001:
            return identity
        root = math.sqrt(area)
        (p, q), (_, r) = _root(r / root, -q / root, p / root)
        a, b, c, d = a * p + b * q, a * q + b * r, c * p + d * q, c * q + d * r
    shaped = _root(a * a + b * b, a * c + b * d, c * c + d * d)
    return identity if shaped[0][0] + shaped[1][1] > 2.5 else shaped


def _root(xx: float, xy: float, yy: float) -> Matrix:
    scale = math.sqrt(xx + yy + 2.0)
    return ((xx + 1.0) / scale, xy / scale), (xy / scale, (yy + 1.0) / scale)


def directions(samples: I64Array) -> list[int]:
    """The commonest direction, and the second if it is at least 0.8 as common; 512ths of a turn."""
    bins = [0] * 32
    for gx, gy, weight in zip(*(each.ravel().tolist() for each in gradients(samples)), strict=True):
        if weight and (gx or gy):
            angle = angle_of(gx, gy)
            strength = weight * math.isqrt(gx * gx + gy * gy)
            bins[angle // 64] += strength * (64 - angle % 64)
            bins[(angle // 64 + 1) % 32] += strength * (angle % 64)
    for _ in range(2):
        bins = [bins[at - 1] + 2 * bins[at] + bins[(at + 1) % 32] for at in range(32)]
    peaks = [at for at in range(32) if bins[at] > bins[at - 1] and bins[at] >= bins[(at + 1) % 32]]
    peaks.sort(key=lambda at: -bins[at])
    found = []
    for at in peaks[:2]:
        if 5 * bins[at] >= 4 * bins[peaks[0]]:
            before, here, after = float(bins[at - 1]), float(bins[at]), float(bins[(at + 1) % 32])
            off = 0.5 * (before - after) / (before - 2.0 * here + after)
            found.append(math.floor((at + off) * 16 + 0.5) % 512)
    return found


def angle_of(x: int, y: int) -> int:
    """The direction of (x, y), in 2048ths of a turn, from right over down."""
    across, down = abs(x), abs(y)
    angle = int(ANGLES[256 * down // across] if across >= down else 512 - ANGLES[256 * across // down])
    if x < 0:
        angle = 1024 - angle
    return (-angle if y < 0 else angle) % 2048


def codes(samples: I64Array) -> NDArray[np.uint8]:
    """The code of a patch and of the same patch upside down: (2, 32) uint8."""
    whole = TRANSFORM.astype(np.int64)
    found = whole @ samples @ whole.T
    values = np.array([found[down, across] for down, across in FREQUENCIES])
    signs = np.array([(-1) ** down for down, _ in FREQUENCIES])
    return np.stack([np.packbits(each > np.sort(each)[127]) for each in (values, values * signs)])


def detail(samples: I64Array) -> int:
    """The share of 8x8 cells with some contrast, 0 to 100, times that of the greys of twenty."""
    cells = samples.reshape(8, 4, 8, 4).swapaxes(1, 2).reshape(64, 16)
    spread = int(samples.max() - samples.min())
    busy = int((cells.max(axis=1) - cells.min(axis=1) >= max(spread // 16, 128)).sum())
    counts = np.bincount(((samples - samples.min()) * 32 // (spread + 1)).ravel(), minlength=32)
    return 100 * busy * min(int((counts >= 16).sum()), 20) // (64 * 20)


def chosen(found: list[Keypoint], height: int, width: int, most: int) -> list[Keypoint]:
    """Those kept, most telling first; step by step as ``selection.chosen`` says."""
    inside = [each for each in found if _fits(each, height, width)]
    inside.sort(key=lambda each: (-each[4], each[0], each[2], each[1], each[3]))
    counts: dict[tuple[int, int, int], int] = {}
    ranks = []
    for octave, x, y, _, _ in inside:
        place = octave, min((y << octave) * 5 // (16 * height), 4), min((x << octave) * 5 // (16 * width), 4)
        ranks.append(counts.get(place, 0))
        counts[place] = ranks[-1] + 1
    order = sorted(range(len(inside)), key=lambda at: ranks[at])  # stable: by strength within a rank
    return [inside[at] for at in order[:most]]


def square(keypoint: Keypoint, longer: int, working: int) -> tuple[float, float, float]:
    """The middle and the side of its patch, in single precision, in pixels of a luma with this longer side.

    working: the longer side of the working picture.
    """
    octave, x, y, scale, _ = keypoint
    pixel = longer / working
    grown = (1 << octave) * pixel
    across, down = (float(np.float32(at / 16 * grown + pixel / 2)) for at in (x, y))
    return across, down, float(np.float32(SIGMAS[scale - 8] / 65536 * grown * SPAN))


def photographed(found: list[Keypoint], luma: NDArray[np.uint8], working: int) -> list[Keypoint]:
    """Those whose squares are not flat.  working: the longer side of the working picture."""
    squares = [square(each, max(luma.shape), working) for each in found]
    flat = flat_percents(luma, squares)
    return [each for each, percent in zip(found, flat, strict=True) if percent < DRAWN_FLAT_PERCENT]


def packed(place: tuple[float, float, float], turn: int, longer: int) -> int:
    """A region's geometry in a bank.  place: as ``square``; turn: 512ths."""
    x, y, side = place
    across, down = (min(max(math.floor(at * (1024 / longer)), 0), 1023) for at in (x, y))
    steps = [round(2 ** (15 + (size + 0.5) / 6)) for size in range(31)]
    size = sum(step <= math.floor(side * (2**20 / longer)) for step in steps)
    return across << 22 | down << 12 | size << 7 | (turn + 2) // 4 % 128


def _fits(keypoint: Keypoint, height: int, width: int) -> bool:
    """Whether a circle as wide as the keypoint's patch lies in the picture."""
    octave, x, y, scale, _ = keypoint
    reach = SIGMAS[scale - 8] * SPAN // 8192
    right, bottom = (width - 1) * 16 >> octave, (height - 1) * 16 >> octave
    return reach <= x <= right - reach and reach <= y <= bottom - reach


def fingerprint(luma: NDArray[np.uint8], plan: Plan, least_contrast: int, min_detail: int) -> list[Described]:
    """All of it: the regions of a picture, most telling first."""
    space = octaves(luma, plan.long_side)
    height, width = space[0][1].shape
    found = [each for number in range(1, len(space)) for each in keypoints(space[number], number, least_contrast)]
    found = photographed(found, luma, max(height, width))
    described: list[list[Described]] = [[], []]
    for keypoint in chosen(found, height, width, plan.candidates):
        patches = describe(space[keypoint[0] - 1], keypoint)
        for way, (turn, samples) in enumerate(patches):
            if detail(samples) >= min_detail:
                described[way].append((keypoint, turn, detail(samples), codes(samples)))
    kept: list[Described] = []
    for each in described[0] + described[1]:
        if all(np.bitwise_count(each[3][0] ^ before[0]).sum() >= MIN_APART_BITS for *_, before in kept):
            kept.append(each)
    return kept[: plan.most]


def near_any(codes: NDArray[np.uint8], listed: NDArray[np.uint8], radius_bits: int) -> list[bool]:
    """Which codes are at most so far from a listed one."""
    return [
        any((int.from_bytes(code) ^ int.from_bytes(other)).bit_count() <= radius_bits for other in listed)
        for code in codes
    ]


def flat_percents(luma: NDArray[np.uint8], squares: list[tuple[float, float, float]]) -> list[int]:
    """How many of 100 pixels of each square (middle's x and y, side) are as their right and lower neighbours."""
    height, width = luma.shape
    is_flat = np.zeros(luma.shape, np.bool_)
    is_flat[:-1, :-1] = (luma[:-1, :-1] == luma[:-1, 1:]) & (luma[:-1, :-1] == luma[1:, :-1])
    found = []
    for x, y, side in squares:
        columns = range(_inside(x - side / 2, width), _inside(x + side / 2, width) + 1)
        rows = range(_inside(y - side / 2, height), _inside(y + side / 2, height) + 1)
        flat = is_flat[rows.start : rows.stop, columns.start : columns.stop].sum()
        found.append(int(100 * flat // (len(rows) * len(columns))))
    return found


def tone_percents(luma: NDArray[np.uint8], squares: list[tuple[float, float, float]]) -> list[int]:
    """How many of 100 pixels of each square (middle's x and y, side) are near its two commonest greys."""
    height, width = luma.shape
    found = []
    for x, y, side in squares:
        columns = range(_inside(x - side / 2, width), _inside(x + side / 2, width) + 1)
        rows = range(_inside(y - side / 2, height), _inside(y + side / 2, height) + 1)
        step = 1 + max(len(rows), len(columns)) // 64
        greys = sorted(luma[rows.start : rows.stop : step, columns.start : columns.stop : step].ravel().tolist())
        total = len(greys)
        contrast = greys[-(-99 * total // 100) - 1] - greys[-(-total // 100) - 1]
        near = max(1, contrast // 32)
        for _ in range(2):
            tone = max(range(256), key=lambda grey: (sum(abs(each - grey) <= near for each in greys), -grey))
            greys = [each for each in greys if abs(each - tone) > near]
        found.append(100 * (total - len(greys)) // total if contrast >= 48 else 0)
    return found


def _inside(at: float, side: int) -> int:
    return min(max(math.floor(at), 0), side - 1)
