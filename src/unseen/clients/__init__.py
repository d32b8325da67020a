"""Outbound connections: adapters of the desk's ports that reach other people's servers, with deadlines and limits.

``authorities`` asks timestamp authorities and gets their revocation lists; ``mail`` hands letters to the operator's
mail server; ``chromium`` opens public pages, through ``pinned_proxy`` alone.  Nothing here decides whether an answer is
to be believed.
"""

from unseen.clients.authorities import HttpAuthorities
from unseen.clients.chromium import ChromiumPages

__all__ = ["ChromiumPages", "HttpAuthorities"]
