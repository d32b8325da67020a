"""``python -m bench.video``: which copies are found, and what a video costs; ``--copies`` or ``--speed`` for one."""

import sys

from bench.video import copies, speed

PARTS = {"--copies": copies.main, "--speed": speed.main}


def main() -> None:
    chosen = [part for part in PARTS if part in sys.argv[1:]] or list(PARTS)
    sys.argv = [argument for argument in sys.argv if argument not in PARTS]
    for part in chosen:
        PARTS[part]()


if __name__ == "__main__":
    main()
