"""The routes, one file a group.  Each handler parses, calls one use case in a lane, and renders.

Start with ``screen``.  A handler is admitted to its lane before it reads any of the body.
"""

from unseen.http.routes import banks, cases, changes, entries, health, hits, jobs, screen

ROUTERS = (
    screen.router,
    jobs.router,
    hits.router,
    banks.router,
    entries.router,
    cases.router,
    changes.router,
    health.router,
)

__all__ = ["ROUTERS"]
