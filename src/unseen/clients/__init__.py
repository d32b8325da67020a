"""Outbound connections: adapters of the desk's ports that reach other people's servers.  Deadlines and sizes on everything.

``authorities`` asks timestamp authorities and gets their revocation lists; ``mail`` hands letters to the operator's mail
server.  Nothing here decides whether an answer is to be believed.
"""

from unseen.clients.authorities import HttpAuthorities

__all__ = ["HttpAuthorities"]
