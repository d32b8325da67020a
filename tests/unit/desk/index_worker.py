"""Another process of the node: ``index_worker.py STORE merge|die``.

It opens the index of the store beside which it lies, and says ``open``.  ``merge``: then it merges all files, again and
again, and says so each time.  ``die``: it says ``merging`` in the middle of a merge, and waits there to be killed.
"""

import sys
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from support.stores import open_sqlite
from unseen.desk.index import BankIndex
from unseen.match.files import IndexFiles


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def wait_before_the_manifest(*_: object, **__: object) -> bool:
    say("merging")
    time.sleep(600)
    return False


def main(path: Path, job: str) -> None:
    with closing(open_sqlite(path)) as store:
        index = BankIndex(store, path.parent)
        index.open()
        say("open")
        if job == "die":
            IndexFiles.commit = wait_before_the_manifest  # type: ignore[method-assign]
        while True:
            index.catch_up()
            index._opened().merge(index.files)
            say("merged")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
