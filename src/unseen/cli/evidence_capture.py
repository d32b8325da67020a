"""``unseen evidence capture``: a public page goes into a pack as it is now."""

from pathlib import Path
from typing import Annotated

import typer

from unseen.cli.terminal import plain, remark, say


def capture(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The work folder that `new` made.")],
    url: Annotated[str, typer.Argument(metavar="URL", help="The page's address.")],
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who does this; a role will do. UNSEEN_OPERATOR.")
    ] = None,
) -> None:
    """Open a public page and take it in: screenshot, PDF, archive (WACZ), request log and certificates.

    The site sees a visit from this computer, without any account. Unless the pack keeps
    originals, no picture or video is kept or drawn: their digests are, and solid blocks stand in
    their place. Addresses in private networks are not opened.
    """
    from unseen.compose_evidence import LocalWorkFolder, hand_of, page_browser, this_machine, this_tool
    from unseen.config import load_config
    from unseen.desk.capture_page import capture_page

    hand = hand_of(by or load_config().operator)
    taken = capture_page(
        LocalWorkFolder(folder),
        url,
        browser=page_browser(),
        tool=this_tool(),
        environment=this_machine(),
        hand=hand,
    )
    page = taken.page
    say(f"{plain(page.url)} is taken in, entry {taken.head.entries} of the custody log.")
    say(f"{len(page.exchanges)} requests, {len(page.certificates)} servers with a certificate.")
    if not page.media_kept:
        dropped = sum(one.content is None and one.size > 0 for one in page.exchanges)
        say(f"{dropped} payloads were dropped, their digests are kept.")
    cut = [one for one in page.exchanges if not one.whole]
    if cut:
        remark(f"{len(cut)} answers were not read to their end, and the request log says which.")
    if page.refused:
        remark(f"Not opened, because they are not public: {plain(', '.join(page.refused))}.")
