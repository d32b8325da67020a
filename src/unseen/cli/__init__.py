"""The command line: each command parses, calls one use case, and renders; no rule of the house lives here.

Start with ``app``, which puts the commands together; each group of commands has one file.  ``errors`` is the table of
exit codes, ``terminal`` how things are said and asked.  Heavy rooms (numba, SQLAlchemy, the decoders) are imported
inside the commands that need them, so that ``unseen --help`` answers at once.
"""

from unseen.cli.app import main

__all__ = ["main"]
