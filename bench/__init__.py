"""Benchmarks: our figure and a peer's, measured in one run on one machine, and whether the answers agree.

Each is a command (``python -m bench.hashing``) that prints a table; nothing here is a timed test.  Start with
``_report``: every benchmark prints through it.
"""
