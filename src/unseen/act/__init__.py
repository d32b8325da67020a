"""From findings to a verdict: allow, review or block, with reasons in words.  No I/O.

Start with ``policy``.  A match is a reason for review, never proof; the wording here follows.
"""

from unseen.act.policy import decide
from unseen.act.records import Decision, DecisionKind, Finding, Matched, Sighting, Verdict
from unseen.match.records import Segment

__all__ = ["Decision", "DecisionKind", "Finding", "Matched", "Segment", "Sighting", "Verdict", "decide"]
