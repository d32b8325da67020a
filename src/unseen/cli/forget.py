"""``unseen forget``: what was withdrawn long enough ago is erased."""

from unseen.cli.node import opened_node
from unseen.cli.terminal import say


def forget() -> None:
    """Erase the codes that are due to be forgotten.

    The running service does it by itself. Due are entries retired at least UNSEEN_ERASE_AFTER_DAYS ago (30 if not set).
    """
    from unseen.desk.forget import forget as erase_due

    with opened_node() as node:
        node.index.open()
        erased = erase_due(node.config.erase_after, store=node.store, index=node.index, clock=node.clock)
        days = node.config.erase_after_days
    say(f"Erased: {erased} {'code' if erased == 1 else 'codes'} of entries retired {days:g} days ago or earlier.")
