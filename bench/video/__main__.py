"""``python -m bench.video``: names the part to run."""

import sys

from bench.video import copies, speed

PARTS = {"--copies": copies.main, "--speed": speed.main}


def main() -> None:
    chosen = [part for part in PARTS if part in sys.argv[1:]]
    if len(chosen) != 1:
        raise SystemExit(f"Name one part: {', '.join(PARTS)}.")
    sys.argv.remove(chosen[0])
    PARTS[chosen[0]]()


if __name__ == "__main__":
    main()
