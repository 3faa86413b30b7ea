"""Every configuration that a page shows loads, and does what the page says."""

from pathlib import Path

import pytest

from ha_bridge.domain.registry import Registered
from tests.documented import Example, examples, home_of, load, pages, previewed

EXAMPLES = list(examples(pages()))

# The entities that the pages speak of, where the registries matter.
HOME = home_of(
    sensor__fridge_power=Registered(area="Kitchen", labels=("energy",)),
    sensor__fridge_battery=Registered(area="Kitchen", category="diagnostic"),
    light__ceiling=Registered(area="Kitchen"),
    sensor__attic_temperature=Registered(area="Attic"),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_what_a_page_shows_loads(example: Example, tmp_path: Path) -> None:
    load(example, tmp_path)


@pytest.mark.parametrize("example", [each for each in EXAMPLES if each.preview], ids=str)
def test_what_a_page_says_of_it_is_what_it_does(example: Example, tmp_path: Path) -> None:
    shown = example.preview.splitlines()
    assert previewed(load(example, tmp_path), example.preview, HOME) == shown


def test_there_are_examples() -> None:
    assert {example.place.partition(":")[0] for example in EXAMPLES} >= {"README.md", "docs/rules.md"}
