"""How much memory 25,000 replications take beyond what 5,000 do, and beyond their rows.

Each count runs in a process of its own, whose largest resident size is read at its end. Worth at most 3 MiB.

    python benchmarks/memory.py
"""

from __future__ import annotations

import subprocess
import sys

COUNTS = (5_000, 25_000)
MOST_MIB = 3.0
RUN = """
import resource, sys
from pool import shift
from simulator.experiment import Plan, replicate
rows = replicate(Plan(shift(), int(sys.argv[1]), 7), 1).rows
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, rows.nbytes)
"""


def taken(count: int) -> tuple[int, int]:
    """Bytes resident at the most, and of the rows."""
    command = [sys.executable, "-c", RUN, str(count)]
    told = subprocess.run(command, check=True, capture_output=True, text=True, cwd=sys.path[0])  # noqa: S603 - our own
    resident, rows = told.stdout.split()
    return int(resident), int(rows)


def main() -> int:
    """Measure and print."""
    (small, few), (large, many) = (taken(count) for count in COUNTS)
    grown = (large - small - (many - few)) / 2**20
    more = (many - few) / 2**20
    sys.stdout.write(
        f"from {COUNTS[0]:,} to {COUNTS[1]:,} replications: {grown:.1f} MiB more beyond {more:.1f} MiB of rows, "
        f"at most {MOST_MIB:g} MiB wanted\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
