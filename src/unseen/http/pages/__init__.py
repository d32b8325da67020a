"""Her pages: what a person sees in her browser, without an account and, but for quick exit, without a script.

Start with ``routes``; ``view`` renders a template in one of the ``languages``, ``sessions`` keeps a case open for a
while, ``assets`` serves what pages load.  Words are in ``templates`` in English and translated in ``words``.  Nothing
here decides anything: every page parses, calls one use case and renders.
"""

from unseen.http.pages.routes import ROUTES

__all__ = ["ROUTES"]
