"""The service: FastAPI in front of the use cases.  Handlers parse, call one use case, render.

What lives here: the routes (``routes``), who may use them (``door``), how bodies are received (``bodies``,
``multipart``), how much is taken on at a time (``lanes``), errors and their status codes (``errors``), what the
service does between requests (``keeper``), and what it tells its operator (``metrics``, ``logs``).  What never does:
rules of banks, cases or verdicts, SQL, or a picture on disk.  Start with ``app``, then ``routes/screen``; ``server``
starts it all.
"""

from unseen.http.app import create_app
from unseen.http.server import serve

__all__ = ["create_app", "serve"]
