"""What a Home Assistant remembers, read from its database: it does not answer for what it has forgotten itself."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.chaos.roads import number_of

QUERY = """
SELECT state FROM states JOIN states_meta USING (metadata_id) WHERE states_meta.entity_id GLOB ?
"""


def remembered(folder: Path, pattern: str) -> set[int]:
    """The numbers that states of the entities begin with."""
    with closing(sqlite3.connect(f"file:{folder}/home-assistant_v2.db?mode=ro", uri=True)) as database:
        return {number_of(state) for (state,) in database.execute(QUERY, [pattern]) if state}
