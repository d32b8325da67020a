"""Another look at the pixels of an upload whose regions agree with a banked picture's.

Regions cannot always tell a photographed screen from another photograph of the same scene: both share many, and both
are changed.  The pixels can: a picture that was set into something or photographed whole ends where the banked one
ends.  It costs a millisecond, and hardly any upload comes so far.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unseen.fingerprint.borders import border_shares
from unseen.match.evidence import REVIEW_BANS, Banked, Evidence

#: Of both ends together, that is an edge: from where on it says something, and where it is sure.
LEAST_BORDER: Final = 1.2
SURE_BORDER: Final = 1.5
UNSEEN_BORDER: Final = 0.4  #: what an end counts that lies outside the upload, as in a photo that a screen fills
#: By how much more a picture with a border at both ends is like a copy (docs/region-fingerprint.md).
LIKENESS_OF_BORDERS: Final = 13.0

Luma = NDArray[np.uint8]


def seen_again(evidence: Evidence, banked: Banked, luma: Luma) -> Evidence:
    """The evidence, with more likeness where the upload has an edge at both ends of the banked picture.

    luma: (h, w) uint8, of the upload.
    """
    if evidence.bans < REVIEW_BANS or min(luma.shape) < 2:
        return evidence
    halves = banked.places.sides[:, None] / 2
    least = np.maximum((banked.places.points - halves).min(axis=0), 0.0)
    most = np.minimum((banked.places.points + halves).max(axis=0), 1.0)
    is_wide = bool(most[0] >= most[1])  # the longer side is 1, and regions lie in all of a picture
    shares = border_shares(
        np.ascontiguousarray(luma[:, ::-1]) if evidence.is_mirrored else luma,
        evidence.transform,
        is_wide=is_wide,
        first=float(least[1 if is_wide else 0]),
        last=float(most[1 if is_wide else 0]),
    )
    if np.isnan(shares).all() or not (found := float(np.nan_to_num(shares, nan=UNSEEN_BORDER).sum())) > LEAST_BORDER:
        return evidence
    sure = min((found - LEAST_BORDER) / (SURE_BORDER - LEAST_BORDER), 1.0)
    return replace(evidence, likeness=evidence.likeness + LIKENESS_OF_BORDERS * sure)
