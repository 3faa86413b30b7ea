"""The file of the local store: its tables, and how a field's value is kept.

`series` and `fields` give each measurement with tags, and each field of it, a number. `points` holds the values of a field side
by side in the order of time, about 23 bytes each. Appending there would touch a page of each field at each write, so values
gather in `fresh` first, in the order they come, and move over thousands at a time: a seventh of the writing, for an SD card
that is to last. A reader looks into both; `fresh` is the later word. Two stores may begin the file of their summaries at one time.
"""

from math import copysign

from ha_bridge.adapters.sqlite.file import Format
from ha_bridge.domain.points import FieldValue

_LARGEST_EXACT = 2.0**53

FORMAT = Format(
    application_id=0x68616272,  # "habr"
    version=1,
    pragmas="PRAGMA auto_vacuum = INCREMENTAL;",  # what is deleted is given back to the disk
    tables="""
CREATE TABLE IF NOT EXISTS series (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, measurement TEXT NOT NULL, tags TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fields (
    id INTEGER PRIMARY KEY, series INTEGER NOT NULL REFERENCES series, name TEXT NOT NULL, UNIQUE (series, name)
);
CREATE TABLE IF NOT EXISTS points (
    field INTEGER NOT NULL, time INTEGER NOT NULL, value NOT NULL, PRIMARY KEY (field, time)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fresh (field INTEGER NOT NULL, time INTEGER NOT NULL, value NOT NULL);
""",
)


def to_stored(value: FieldValue) -> FieldValue | bytes:
    """Fit a value into SQLite's types so that it comes back as it was: whole floats, the most common, as small integers."""
    if type(value) is float:
        whole = value.is_integer() and abs(value) < _LARGEST_EXACT and (value or copysign(1, value) > 0)
        return int(value) if whole else value
    if isinstance(value, bool):
        return b"t" if value else b"f"
    return b"%d" % value if isinstance(value, int) else value


def from_stored(value: float | str | bytes) -> FieldValue:
    """Undo `to_stored`."""
    if isinstance(value, bytes):
        return value == b"t" if value in {b"t", b"f"} else int(value)
    return float(value) if isinstance(value, int) else value
