"""Another process on the same store: ``worker.py URL REF BATCHES`` says each batch's number once it is durable."""

import sys
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from contract.store_makers import case, pdq, protected
from support.stores import open_store


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(url: str, ref: str, batches: int) -> None:
    with closing(open_store(url, patience_s=60)) as store:  # on a slow disk another's turn comes late
        say("open")
        sys.stdin.readline()
        for number in range(batches):
            protected(store, [pdq(number), pdq(1_000_000 * ord(ref) + number)], case(ref, number))
            say(str(number))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
