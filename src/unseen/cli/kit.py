"""``unseen kit``: her way to fingerprints as one page, for where there is no network or none to be trusted."""

import sys


def kit() -> None:
    """Write the offline kit: one page that makes fingerprints without any network.

    Save it with `unseen kit > kit.html` and carry it to her device. Opened in a browser it
    asks what a case needs, makes the fingerprints there, and saves them as a small file;
    `unseen case open --from FILE` opens a case with that file.
    """
    from unseen.http.pages.kit import kit_page

    sys.stdout.buffer.write(kit_page().encode())
