"""Makes the list of regions that everyone has, ``src/unseen/fingerprint/region/common.bin``.

Interfaces, text and flat graphics are drawn by chance from a seed, fingerprinted, and what comes back in drawing after
drawing is listed.  Start with ``make``; ``sheet`` is what is drawn on; ``words``, ``interfaces`` and ``graphics`` draw.
Nothing here runs in Unseen itself.
"""
