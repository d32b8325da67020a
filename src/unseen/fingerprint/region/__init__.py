"""Region fingerprints: codes of what surrounds a picture's keypoints, which survive crops, collages and screenshots.

Luma in, columns out; nothing here decodes, stores or compares.  Start with ``records``, then ``fingerprint``, which
shows the way: ``scale_space`` blurs, ``detector`` finds keypoints, ``selection`` spreads them, ``patches`` brings what
surrounds each to one size, shape and direction, ``codes`` and ``detail`` say what it looks like.  ``drawn`` and
``common`` leave out what says nothing of whose picture it is.  ``reference`` says all of it plainly, and
``docs/region-fingerprint.md`` in words.  Only the records are re-exported here, so that a room that wants the words
does not load the compiler.
"""

from unseen.fingerprint.region.records import BANKED, MOST_BANKED, SOUGHT, Plan, Regions

__all__ = ["BANKED", "MOST_BANKED", "SOUGHT", "Plan", "Regions"]
