"""`ha-bridge dead-letters` and `ha-bridge gaps list`, as they are used."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from msgspec import structs

from ha_bridge.adapters.journal.journal import SqliteJournal
from ha_bridge.cli import main
from ha_bridge.domain.records import DeadLetter, Gap, Stage

TIME = 1_790_000_000_000_000
LETTER = DeadLetter(
    TIME,
    Stage.WRITE,
    "mqtt",
    "zigbee2mqtt/lamp",
    b"light value=1 1",
    "Rejected",
    "field type conflict",
    "main",
    400,
    3,
)


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqliteJournal]:
    """The journal of a bridge that runs in this folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    journal = SqliteJournal("data/journal.db", 10_000_000, 3)
    yield journal
    journal.close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def letters(*arguments: str) -> Result:
    return run("dead-letters", *arguments)


def test_without_a_journal_the_lists_are_empty_and_say_so(journal: SqliteJournal) -> None:
    for arguments, said in ((("dead-letters", "list"), "no dead letters\n"), (("gaps", "list"), "no gaps\n")):
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (0, said)
        assert result.stderr == "there is no journal yet at data/journal.db\n"
        assert json.loads(run(*arguments, "--json").stdout) == []


def test_letters_are_listed_with_why_and_whether_they_will_be_tried_again(journal: SqliteJournal) -> None:
    journal.keep([], [LETTER, LETTER])
    assert letters("replay", "2").stdout == "1 dead letter will be tried again by the bridge\n"
    lines = letters("list").stdout.splitlines()
    cells = ["write", "zigbee2mqtt/lamp", "Rejected:", "field", "type", "conflict"]
    assert lines[3].split() == ["1", "2026-09-21T14:13:20Z", *cells]
    assert "to be tried again; Rejected: field type conflict" in lines[4]


def test_the_list_as_json_tells_everything_but_the_raw_input(journal: SqliteJournal) -> None:
    journal.keep([], [LETTER])
    assert json.loads(letters("list", "--json").stdout) == [
        {
            "number": 1,
            "time": "2026-09-21T14:13:20Z",
            "stage": "write",
            "source": "mqtt",
            "about": "zigbee2mqtt/lamp",
            "sink": "main",
            "error": "Rejected",
            "reason": "field type conflict",
            "status": 400,
            "attempts": 3,
            "size": 15,
            "replay": False,
        }
    ]


def test_letters_that_had_to_go_are_counted(journal: SqliteJournal) -> None:
    journal.keep([], [LETTER] * 5)
    assert letters("list").stderr == "2 older ones had to go: journal.dead_letters says how many are kept\n"


def test_a_letter_is_shown_with_what_came(journal: SqliteJournal) -> None:
    journal.keep([], [LETTER, structs.replace(LETTER, sink="", status=0)])
    lines = letters("show", "1").stdout.splitlines()
    assert lines[0].split() == ["number:", "1"]
    assert "status:    400" in lines
    assert lines[-2:] == ["", "light value=1 1"]
    assert not [
        line for line in letters("show", "2").stdout.splitlines() if line.startswith(("status", "sink"))
    ]


def test_what_is_no_text_is_shown_in_hexadecimal(journal: SqliteJournal) -> None:
    journal.keep([], [structs.replace(LETTER, raw=b"\x00\xff\x10")])
    assert letters("show", "1").stdout.splitlines()[-1] == "00 ff10"


@pytest.mark.parametrize(
    ("raw", "end"), [(b"x" * 5000, "x"), ("é".encode() * 2500, "é"), (b"\xff" * 5000, "ffff")]
)
def test_of_a_long_one_the_beginning_is_shown(journal: SqliteJournal, raw: bytes, end: str) -> None:
    journal.keep([], [structs.replace(LETTER, raw=raw)])
    lines = letters("show", "1").stdout.splitlines()
    assert lines[-2].endswith(end)
    assert lines[-1] == f"… and {len(raw) - 4096} bytes more"


def test_nothing_that_a_stranger_sent_reaches_the_terminal_as_a_command(journal: SqliteJournal) -> None:
    evil = structs.replace(LETTER, about="a\x1b[2Jb", raw="\x1b]0;x\x07\nü".encode())
    journal.keep([], [evil])
    for result in (letters("list"), letters("show", "1")):
        assert "\x1b" not in result.stdout
        assert r"a\x1b[2Jb" in result.stdout
    assert letters("show", "1").stdout.endswith("\\x1b]0;x\\x07\nü\n")


def test_a_letter_that_is_not_there_is_said(journal: SqliteJournal) -> None:
    journal.keep([], [LETTER])
    result = letters("show", "7")
    assert (result.exit_code, result.stderr) == (1, "there is no dead letter 7\n")
    result = letters("purge", "1", "7", "7", "8")
    assert (result.exit_code, result.stdout) == (1, "1 dead letter removed\n")
    assert result.stderr == "2 of these numbers are no dead letters\n"


def test_all_letters_are_replayed_or_removed_at_once(journal: SqliteJournal) -> None:
    journal.keep([], [LETTER, LETTER])
    assert letters("replay", "--all").stdout == "2 dead letters will be tried again by the bridge\n"
    assert len(journal.to_replay()) == 2
    assert letters("purge", "--all").stdout == "2 dead letters removed\n"
    assert journal.contents().dead_letters == 0


@pytest.mark.parametrize(
    "arguments", [["replay"], ["purge"], ["purge", "1", "--all"], ["show"], ["show", "x"]]
)
def test_it_wants_to_know_which(journal: SqliteJournal, arguments: list[str]) -> None:
    assert letters(*arguments).exit_code == 2


def test_wrong_settings_and_a_journal_that_cannot_be_used_are_told(
    journal: SqliteJournal, tmp_path: Path
) -> None:
    (tmp_path / "mine.toml").write_text("[journal]\npath = 1\n")
    result = letters("list", "--config", "mine.toml")
    assert result.exit_code == 1
    assert result.stderr.startswith("journal.path")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "journal.db").write_bytes(b"x" * 5000)
    for arguments in (("dead-letters", "list"), ("gaps", "list"), ("dead-letters", "purge", "--all")):
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "journal.db is damaged" in result.stderr


def test_gaps_are_listed_until_they_are_filled(journal: SqliteJournal) -> None:
    whole = Gap(TIME, TIME + 2_500_000, "Home Assistant was away", TIME)
    changes: list[dict[str, Any]] = [{}, {"closed": True, "note": "not sensor.a"}, {"closed": True}]
    for number, change in enumerate(changes, 1):
        journal.add_gap(whole)
        journal.update_gap(structs.replace(whole, number=number, **change))
    lines = [line.split() for line in run("gaps", "list").stdout.splitlines()[3:5]]
    times = ["2026-09-21T14:13:20Z", "2026-09-21T14:13:22Z"]
    assert lines == [
        ["1", "open", *times, "Home", "Assistant", "was", "away"],
        ["2", "known", *times, "Home", "Assistant", "was", "away;", "not", "sensor.a"],
    ]
    assert [gap["state"] for gap in json.loads(run("gaps", "list", "--json", "--all").stdout)] == [
        "open",
        "known",
        "filled",
    ]
    [first, _] = json.loads(run("gaps", "list", "--json").stdout)
    assert first == {
        "number": 1,
        "state": "open",
        "start": times[0],
        "end": times[1],
        "seconds": 2.5,
        "filled": times[0],
        "cause": "Home Assistant was away",
        "note": "",
    }


def test_a_time_beyond_all_calendars_is_shown_as_it_is(journal: SqliteJournal) -> None:
    journal.add_gap(Gap(0, 2**62, "a clock gone wild", 0))
    assert json.loads(run("gaps", "list", "--json").stdout)[0]["end"] == f"{2**62} µs"
