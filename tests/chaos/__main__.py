"""`python -m tests.chaos --minutes 20 --seed N`: the chaos suite at length, and what it has cost."""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.suite import suite


def main() -> int:
    # So that the servers are stopped in order.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = _options()
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    broken = suite(folder, options.seed, options.minutes, only=options.only)
    if broken:
        sys.stdout.write(f"what there is to look at is in {folder}\n")
        return 1
    shutil.rmtree(folder)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0, help="at least one round of faults is played")
    parser.add_argument(
        "--seed", type=int, default=time.time_ns() % 10_000, help="the same seed, the same faults"
    )
    parser.add_argument("--only", action="append", help="a kind of fault, may be repeated; default all")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
