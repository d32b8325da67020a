"""Catalogue scans: what was stored long ago, looked through on all cores of one machine or on a cluster.

The work list, the checkpoint and the rows of the result are here, and the engines that examine objects; what a match
means is decided in ``act``, and no picture is ever written or logged.  Start with ``examiner``, the one path that every
object takes whatever the engine; ``local`` and ``ray_engine`` spread it out; ``folder`` is where a scan keeps what it
has done, so that it can be killed at any time.  ``worklist``, ``checkpoint``, ``rows`` and ``columns`` do no I/O.
"""
