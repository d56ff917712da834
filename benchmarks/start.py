"""How long `import simulator` and `rollsim --help` take, beside a bare interpreter; processor time, medians.

python benchmarks/start.py
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys

ROUNDS = 9
CASES = {
    "python -c pass": ["-c", "pass"],
    "import simulator": ["-c", "import simulator"],
    "import simulator, one run": ["-c", "import simulator.experiment"],
    "rollsim --help": ["-m", "simulator", "--help"],
}
LIMITS = {"import simulator": 0.15, "rollsim --help": 0.4}


def spent(arguments: list[str]) -> float:
    """Processor seconds of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)  # noqa: S603 - fixed arguments
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> int:
    """Interleave and print."""
    times: dict[str, list[float]] = {name: [] for name in CASES}
    for _ in range(ROUNDS):
        for name, arguments in CASES.items():
            times[name].append(spent(arguments))
    bare = statistics.median(times["python -c pass"])
    for name, taken in times.items():
        middle = statistics.median(taken)
        limit = f", at most {LIMITS[name]:.2f} s wanted" if name in LIMITS else ""
        sys.stdout.write(f"{name:28} {middle:.3f} s, x{middle / bare:.1f} of a bare interpreter{limit}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
