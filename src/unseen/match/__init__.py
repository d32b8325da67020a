"""The exact index: every entry whose 256-bit code is within a radius of a query's, found without comparing them all.

Codes and ids live here, never pictures, banks or people; what a hit means is decided in ``act``.  Start with
``reference``, the plain search that everything else must agree with; then ``live``, which the desk uses; then
``plan`` and ``kernels``, which make it quick.  Only the records are re-exported here, so that a room that wants the
words does not load the compiler.
"""

from unseen.match.records import CODE_BITS, CODE_BYTES, Hits

__all__ = ["CODE_BITS", "CODE_BYTES", "Hits"]
