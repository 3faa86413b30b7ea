"""A backlog is on disk, not in memory."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_million_points_of_backlog_take_no_memory_and_arrive_once_each() -> None:
    command = [sys.executable, "-m", "benchmarks.backlog", "1000000"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "points in InfluxDB" in done.stdout
