"""What an event costs, as ratios of CPU times within one run (benchmarks/ratios.py), with about twice as much allowed.

Measured in a process of its own, where no coverage slows our code down and json.loads not.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BOUNDS = {
    "entities / json.loads": 10,
    "events / json.loads": 2.5,
    "single frames / json.loads": 5,
    "two roads / json.loads": 12,
    "20,000 entities / 1000": 3,
    "1000 rules / 1": 2.5,
    "20,000 unsettled / 1000": 2.5,
    "20,000 to catch up / 1000": 2.5,
}


@pytest.fixture(scope="module")
def ratios() -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.ratios"]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=100).stdout
    return {
        name.strip(): float(figure)
        for name, _, figure in (line.rpartition(" ") for line in said.splitlines())
    }


def test_every_ratio_has_a_bound(ratios: dict[str, float]) -> None:
    assert ratios.keys() == BOUNDS.keys()


@pytest.mark.parametrize("name", BOUNDS)
def test_an_event_costs_no_more_than_a_few_times_its_json_and_no_more_in_a_large_home(
    ratios: dict[str, float], name: str
) -> None:
    assert ratios[name] < BOUNDS[name]
