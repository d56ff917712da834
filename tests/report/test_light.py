"""Asking the report for a word or a folder's name costs no tables and no plotting."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_package_loads_rendering_only_when_it_is_asked_for() -> None:
    program = (
        "import sys, simulator.report; from simulator.report import folder, words; "
        "print(*[name for name in ('pandas', 'matplotlib', 'jinja2', 'pyarrow', 'scipy') if name in sys.modules]); "
        "from simulator.report import render; print(render.__name__, 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["", "render True"]
