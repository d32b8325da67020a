"""Everything that was stored before is looked up in the bank, as an upload would be."""

from collections.abc import Iterator

from unseen.desk.judge import count_of, judge
from unseen.desk.ports import Store
from unseen.desk.scan_ports import Count, Engine, ScanLog


def scan(*, engine: Engine, log: ScanLog, store: Store) -> Iterator[Count]:
    """Examine what the log has not finished, decide as ``screen`` does, commit; gives a count for each shard.

    No sighting is kept: a scan looks at what is stored, it does not see an upload, and one that is cut short and
    taken up again would see it twice.  A retired entry does not match, even where the index still had it.

    Raises: NodeError where the engine fails, StoreUnavailable, StorageFull; what was committed stays.
    """
    for examined in engine.examine(log.unfinished()):
        with store.read() as reader:
            rows = judge(examined.shard.keys, examined.readings, reader)
        count = count_of(rows)
        log.commit(examined, rows, count)
        yield count
