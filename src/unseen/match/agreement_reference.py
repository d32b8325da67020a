"""What ``agreement_kernels`` and ``plane`` must find, plainly: the same numbers to the last bit."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from unseen.match import agreement_kernels as kernels
from unseen.match.plane import LEAST_DEPTH, STIFFNESS

Matrix = list[list[float]]
Point = tuple[float, float]


class Pair(NamedTuple):
    """Two regions that look alike, in the order of the kernels' columns; then which they are."""

    bits: float
    x: float
    y: float
    to_x: float
    to_y: float
    side: float
    ratio: float
    cosine: float
    sine: float
    asked: int
    banked: int


class Place(NamedTuple):
    """What a transform does near a point."""

    x: float
    y: float
    scale: float
    cosine: float
    sine: float


def solved(rows: Matrix, sides: int) -> Matrix | None:
    """Solutions of linear equations, a list for each of the last ``sides`` columns; None where there is not one."""
    n = len(rows)
    rows = [list(row) for row in rows]
    for column in range(n):
        pivot = max(range(column, n), key=lambda row: (abs(rows[row][column]), -row))
        if rows[pivot][column] == 0:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for row in range(n):
            if row != column:
                share = rows[row][column] / rows[column][column]
                rows[row] = rows[row][:column] + [
                    one - share * other for one, other in zip(rows[row][column:], rows[column][column:], strict=True)
                ]
    return [[rows[at][n + side] / rows[at][at] for at in range(n)] for side in range(sides)]


def normal(equations: Iterable[tuple[float, Sequence[float]]], unknowns: int) -> Matrix:
    """Normal equations of weighed ones, whose last numbers are right-hand sides."""
    rows: Matrix = []
    for weight, equation in equations:
        rows = rows or [[0.0] * len(equation) for _ in range(unknowns)]
        for i in range(unknowns):
            rows[i] = [sum_ + weight * equation[i] * one for sum_, one in zip(rows[i], equation, strict=True)]
    return rows


def affine(points: Sequence[Point], to: Sequence[Point], weights: Sequence[float]) -> Matrix | None:
    """The best affine transform, or None where the points lie in a line."""
    equations = [(w, (x, y, 1.0, u, v)) for w, (x, y), (u, v) in zip(weights, points, to, strict=True)]
    found = solved(normal(equations, 3), 2)
    return None if found is None else [*found, [0.0, 0.0, 1.0]]


def homography(points: Sequence[Point], to: Sequence[Point], weights: Sequence[float]) -> Matrix | None:
    """The best transform that keeps lines straight, or None."""
    equations: list[tuple[float, Sequence[float]]] = []
    for w, (x, y), (u, v) in zip(weights, points, to, strict=True):
        equations += [
            (w, (x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u)),
            (w, (0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v)),
        ]
    rows = normal(equations, 8)
    total = summed(weights)
    rows[6][6] += STIFFNESS * total
    rows[7][7] += STIFFNESS * total
    found = solved(rows, 1)
    return None if found is None else [found[0][:3], found[0][3:6], [*found[0][6:], 1.0]]


def near(transform: Matrix, x: float, y: float) -> Place:
    """What the transform does near a point; a scale of 0 where it folds or lies too deep."""
    (a, b, c), (d, e, f), (g, h, i) = transform
    depth = g * x + h * y + i
    if depth == 0:
        return Place(math.nan, math.nan, 0.0, 0.0, 0.0)
    u, v = (a * x + b * y + c) / depth, (d * x + e * y + f) / depth
    across, over = (a - u * g) / depth, (b - u * h) / depth
    under, down = (d - v * g) / depth, (e - v * h) / depth
    area = across * down - over * under
    if not (depth > LEAST_DEPTH and area > 0):
        return Place(u, v, 0.0, 0.0, 0.0)
    cosine, sine = across + down, under - over
    length = math.sqrt(cosine * cosine + sine * sine)
    return Place(u, v, math.sqrt(area), cosine / length, sine / length)


def misfit(apart: float, pair: Pair, scale: float) -> float:
    """A distance in standard deviations of what it is in copies."""
    return apart / ((0.0004 + 0.0003 / scale + 0.003 * pair.side) * (1.0 + pair.bits / 100.0))


def told_apart(pairs: Sequence[Pair], rows: Iterable[int]) -> list[int]:
    """Of these rows, in their order, those that have each region once."""
    kept: list[int] = []
    for row in rows:
        if all(pairs[row].asked != pairs[k].asked and pairs[row].banked != pairs[k].banked for k in kept):
            kept.append(row)
    return kept


def proposal(
    pairs: Sequence[Pair], voters: Sequence[int], telling: Sequence[float], seed: Pair
) -> tuple[float, Matrix, list[int]]:
    """The similarity that one pair proposes, what speaks for it, and the rows that do."""
    a, b = seed.ratio * seed.cosine, seed.ratio * seed.sine
    off_x, off_y = seed.to_x - (a * seed.x - b * seed.y), seed.to_y - (b * seed.x + a * seed.y)

    def agrees(pair: Pair) -> bool:
        x, y = a * pair.x - b * pair.y + off_x, b * pair.x + a * pair.y + off_y
        reach = kernels.LOOSE_PLACE * seed.ratio + kernels.LOOSE_WAY * distance(x, y, seed.to_x, seed.to_y)
        return (
            distance(x, y, pair.to_x, pair.to_y) <= reach
            and pair.ratio < kernels.LOOSE_SIZE * seed.ratio
            and seed.ratio < kernels.LOOSE_SIZE * pair.ratio
            and pair.cosine * seed.cosine + pair.sine * seed.sine > kernels.LOOSE_TURN
        )

    rows = told_apart(pairs, [row for row in voters if agrees(pairs[row])])
    worth = dict(zip(voters, telling, strict=True))
    transform = [[a, -b, off_x], [b, a, off_y], [0.0, 0.0, 1.0]]
    return summed(worth[row] for row in rows), transform, rows


def refined(pairs: Sequence[Pair], transform: Matrix, rows: list[int]) -> tuple[Matrix, list[int], list[float]]:
    """The transform fitted closer and closer, the rows of its partners, and their misfits."""
    misfits: dict[int, float] = {}
    for step, most in enumerate(kernels.STEPS):
        transform = refitted(pairs, rows, transform, is_flat=step < kernels.AFFINE_STEPS)
        misfits = {}
        for row, pair in enumerate(pairs):
            there = near(transform, pair.x, pair.y)
            if there.scale == 0:
                continue
            apart = misfit(distance(there.x, there.y, pair.to_x, pair.to_y) / there.scale, pair, there.scale)
            if (
                apart <= most
                and pair.ratio < kernels.PLAY_SIZE * there.scale
                and there.scale < kernels.PLAY_SIZE * pair.ratio
                and pair.cosine * there.cosine + pair.sine * there.sine > kernels.PLAY_TURN
            ):
                misfits[row] = apart
        by_key = sorted(misfits, key=lambda row: pairs[row].bits + kernels.MISFIT_WEIGHT * misfits[row] / most)
        rows = told_apart(pairs, by_key)
        if not rows:
            break
    return transform, rows, [misfits[row] for row in rows]


def refitted(pairs: Sequence[Pair], rows: Sequence[int], before: Matrix, *, is_flat: bool) -> Matrix:
    """The transform for these pairs, or the one before."""
    if len(rows) < kernels.LEAST_FOR_AFFINE:
        return before
    points = [(pairs[row].x, pairs[row].y) for row in rows]
    to = [(pairs[row].to_x, pairs[row].to_y) for row in rows]
    ones = [misfit(1.0, pairs[row], pairs[row].ratio) for row in rows]
    total = summed(one * one for one in ones)
    weights = [one * one / total for one in ones]
    fit = affine if is_flat or len(rows) < kernels.LEAST_FOR_HOMOGRAPHY else homography
    fitted = fit(points, to, weights)
    if fitted is None or any(near(fitted, x, y).scale == 0 for x, y in points):
        return before
    return fitted


def distance(x: float, y: float, u: float, v: float) -> float:
    """Between two points."""
    return math.sqrt((x - u) * (x - u) + (y - v) * (y - v))


def summed(numbers: Iterable[float]) -> float:
    """Added one after the other, which ``sum`` does not promise."""
    total = 0.0
    for number in numbers:
        total += number
    return total
