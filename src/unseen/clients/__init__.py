"""Outbound connections: the adapters of the desk's ports that talk to somebody else's server.  Start with ``mail``."""
