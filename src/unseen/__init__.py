"""Unseen: images shared without consent, acted on without anyone having to look at them.

Start reading at ``desk``: one file per thing that Unseen does.  The way through the house is drawn in
``docs/architecture.md``.
"""

__version__ = "0.1.0"
