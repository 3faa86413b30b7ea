"""The file of the journal: its tables.

`directory` repeats who waits in a tree of its own: it answers what waits without touching the payloads, and it tells what a
damaged file had. The triggers count, in the same commit, whatever comes and goes; a count that is wrong betrays damage.
`commits` counts those: a file that has lost its latest knows fewer than the note beside it (journal_tally.py).
"""

from ha_bridge.adapters.sqlite.file import Format

KEY = "journal.path"
"""The setting of the path, for whoever is to mend something."""

PAGE_BYTES = 4096

FORMAT = Format(
    application_id=0x6861626A,  # "habj"
    version=1,
    pragmas=f"PRAGMA page_size = {PAGE_BYTES}; PRAGMA auto_vacuum = INCREMENTAL;",
    tables="""
CREATE TABLE payloads (
    number INTEGER PRIMARY KEY AUTOINCREMENT, sink TEXT NOT NULL, points INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX directory ON payloads (sink, number, points);
CREATE TABLE letters (
    number INTEGER PRIMARY KEY AUTOINCREMENT, replay INTEGER NOT NULL, crc INTEGER NOT NULL, time INTEGER NOT NULL,
    stage TEXT NOT NULL, source TEXT NOT NULL, about TEXT NOT NULL, error TEXT NOT NULL, reason TEXT NOT NULL, sink TEXT NOT NULL,
    status INTEGER NOT NULL, attempts INTEGER NOT NULL, size INTEGER NOT NULL, raw BLOB NOT NULL
);
CREATE INDEX asked ON letters (number) WHERE replay;
CREATE TABLE gaps (
    number INTEGER PRIMARY KEY AUTOINCREMENT, crc INTEGER NOT NULL, start INTEGER NOT NULL, until INTEGER NOT NULL,
    cause TEXT NOT NULL, filled INTEGER NOT NULL, note TEXT NOT NULL, closed INTEGER NOT NULL
);
CREATE TABLE waiting (sink TEXT PRIMARY KEY, payloads INTEGER NOT NULL, points INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counters VALUES
    ('version', 1), ('commits', 0), ('checkpoint', 0), ('letters', 0), ('letter_bytes', 0), ('pushed_out', 0), ('gaps', 0);
CREATE TRIGGER payload_comes AFTER INSERT ON payloads BEGIN
    INSERT INTO waiting VALUES (new.sink, 1, new.points)
    ON CONFLICT (sink) DO UPDATE SET payloads = payloads + 1, points = points + excluded.points;
END;
CREATE TRIGGER payload_goes AFTER DELETE ON payloads BEGIN
    UPDATE waiting SET payloads = payloads - 1, points = points - old.points WHERE sink = old.sink;
END;
CREATE TRIGGER letter_comes AFTER INSERT ON letters BEGIN
    UPDATE counters SET value = value + 1 WHERE name = 'letters';
    UPDATE counters SET value = value + 200 + length(new.raw) + length(new.about) + length(new.reason) WHERE name = 'letter_bytes';
END;
CREATE TRIGGER letter_goes AFTER DELETE ON letters BEGIN
    UPDATE counters SET value = value - 1 WHERE name = 'letters';
    UPDATE counters SET value = value - 200 - length(old.raw) - length(old.about) - length(old.reason) WHERE name = 'letter_bytes';
END;
CREATE TRIGGER gap_comes AFTER INSERT ON gaps BEGIN
    UPDATE counters SET value = value + 1 WHERE name = 'gaps';
END;
CREATE TRIGGER gap_goes AFTER DELETE ON gaps BEGIN
    UPDATE counters SET value = value - 1 WHERE name = 'gaps';
END;
""",
)
