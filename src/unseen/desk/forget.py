"""What was withdrawn is forgotten: codes are erased after the set time, tombstones stay."""

from datetime import datetime, timedelta

from unseen.base import Clock
from unseen.desk.indexes import Indexes
from unseen.desk.once import forget_answers
from unseen.desk.ports import Store
from unseen.desk.recovery_links import forget_links


def forget(erase_after: timedelta, *, store: Store, index: Indexes, clock: Clock) -> int:
    """Erase the codes of entries retired longer than ``erase_after`` ago, everywhere this node keeps them.

    1. From the store, some at a time, so that other writers get their turn; links and answers whose time is over go
    too.  2. From its logs and free pages.  3. From the index and its snapshot.
    Returns how many codes were erased.  Harmless to repeat: what a crash left undone, the next call does.

    Raises: StoreUnavailable where something still holds the store's log; StorageFull.
    """
    now = clock.now()
    erased = 0
    while some := _erase(now - erase_after, now, store):  # (1)
        erased += some
    with store.write() as tx:
        forget_links(tx, now)
        forget_answers(tx, now)
    store.scrub()  # (2)
    index.catch_up()  # (3)
    index.tidy()
    return erased


def _erase(retired_before: datetime, now: datetime, store: Store) -> int:
    with store.write() as tx:
        return tx.erase(retired_before=retired_before, actor="node", reason="time to forget", at=now)
