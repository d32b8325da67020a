"""Whether who has the region index's files alone can lift their veil: ``python -m bench.leak.veil``.

The attacker has the veiled codes of a bank and photographs of their own, fingerprinted in clear.  Bits of a code lean
on each other, and a veil keeps how much; so both tables of correlations are laid on each other: first by each bit's
sorted row, then by a relaxed quadratic assignment (source: J. Vogelstein et al., PLoS ONE 10 (2015), "FAQ").
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment, quadratic_assignment

from bench._report import Report, parser
from bench.corpora import Codes, photographs, region_codes
from unseen.match.veil import Veil

_OWN: Final = 100_000  # codes of the attacker's own photographs
_SIZES: Final = (300, 1_000, 3_000, 10_000, 100_000)
_BITS: Final = 256

F64Array = NDArray[np.float64]


def main() -> None:
    options = parser("Lifting the veil of the region index without the secret").parse_args()
    rng, pictures = np.random.default_rng(options.seed), photographs()
    if not pictures:
        raise SystemExit("Set UNSEEN_TEST_DATA to the folder that holds photos/.")
    pictures = [pictures[i] for i in rng.permutation(len(pictures))]
    half = len(pictures) // 2  # no photograph is on both sides
    own = leanings(region_codes(pictures[:half], _OWN // (5 if options.quick else 1), rng))
    sizes = _SIZES[: 4 if options.quick else None]
    banked, veil = region_codes(pictures[half:], sizes[-1], rng), Veil(rng.bytes(32))
    report = Report(benchmark="leak of the veil", n=sizes[-1], seed=options.seed)
    for n in sizes:
        guessed = laid_on(own, leanings(veil.over(banked[rng.permutation(len(banked))[:n]])))
        report.row(
            f"bits put at their place, from {n:,} veiled codes", "%", 100 * float((guessed == veil.places).mean())
        )
    report.print()
    if options.json:
        report.json()


def leanings(codes: Codes) -> F64Array:
    """How strongly each bit leans on each other one, whichever way, since a veil may turn either over: (256, 256)."""
    signs = np.unpackbits(codes, axis=1).astype(np.float32) * 2 - 1
    strengths: F64Array = np.abs(np.corrcoef(signs.T))
    np.fill_diagonal(strengths, 0)
    return strengths


def laid_on(own: F64Array, veiled: F64Array) -> NDArray[np.int64]:
    """Where each bit seems to have gone: (256,) int64."""
    apart = ((np.sort(own, axis=1)[:, None] - np.sort(veiled, axis=1)) ** 2).sum(axis=2)
    _, first = linear_sum_assignment(apart)
    start = np.full((_BITS, _BITS), 0.5 / _BITS)
    start[np.arange(_BITS), first] += 0.5
    found = quadratic_assignment(own, veiled, method="faq", options={"maximize": True, "P0": start, "maxiter": 200})
    return np.asarray(found.col_ind, np.int64)


if __name__ == "__main__":
    main()
