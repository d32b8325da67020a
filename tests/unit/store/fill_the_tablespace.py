"""Runs where FOLDER is a small file system: ``fill_the_tablespace.py FOLDER`` puts a store's tables on it."""

import shutil
import sys
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from contract.store_makers import case, matching, pdq, protected, with_bank
from support.postgres import running_server
from support.stores import open_store
from unit.store.fill_the_disk import fill


def main(folder: Path) -> None:
    filler = folder / "filler"
    filler.write_bytes(bytes(3 << 20))
    with running_server() as server:
        (folder / "tables").mkdir()
        shutil.chown(folder / "tables", "postgres")
        server.execute(f"CREATE TABLESPACE small LOCATION '{folder / 'tables'}'")
        server.execute("CREATE DATABASE small TABLESPACE small")
        url = server.url("small")
        with closing(open_store(url)) as store:
            acknowledged = fill(with_bank(store))
            assert acknowledged
            for _ in range(2):  # still full, still clear
                with store.read() as reader:
                    assert sorted(matching(reader)) == acknowledged
                acknowledged = fill(store)
            filler.unlink()  # room again
            acknowledged += protected(store, [pdq(10**6)], case("B"))
        with closing(open_store(url)) as store, store.read() as reader:
            assert sorted(matching(reader)) == acknowledged
    sys.stdout.write("survived\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
