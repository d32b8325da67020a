"""Pictures to fingerprints: decoding at the edge, PDQ, views; pixels in, records out.

Nothing here stores, sends or logs a picture, and nothing hashes what it could not decode.  Start with ``records``
for the words, then ``image``, which turns a file's bytes into them; ``pdq`` is the kernel.  Only the records are
re-exported here, so that a room that wants the words does not load the decoders and the compiler.
"""

from unseen.fingerprint.records import (
    MIN_QUALITY,
    MOST_REGIONS,
    VIEWS,
    Box,
    Fingerprint,
    Kind,
    LumaFingerprints,
    PictureFingerprints,
    View,
)

__all__ = [
    "MIN_QUALITY",
    "MOST_REGIONS",
    "VIEWS",
    "Box",
    "Fingerprint",
    "Kind",
    "LumaFingerprints",
    "PictureFingerprints",
    "View",
]
