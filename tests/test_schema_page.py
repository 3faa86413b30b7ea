"""The settings that docs/schema.md shows can be used as they stand; tests/system runs them."""

from pathlib import Path

import pytest

from tests.documented import toml_blocks
from tests.settings_home import Home


@pytest.mark.parametrize("block", toml_blocks("schema.md"))
def test_every_block_of_settings_loads(block: str, tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.settings(block)
    assert home.problems() == {}
