"""The tools of the chaos suite do what they say: a fault that does not strike would prove nothing."""

import itertools
import os
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest
import urllib3

from ha_bridge.adapters.http.answer import Answer
from ha_bridge.adapters.journal.journal import SqliteJournal
from ha_bridge.domain.records import Kept
from tests.chaos.book import Book
from tests.chaos.bridge import lost_points
from tests.chaos.catalogue import FAULTS
from tests.chaos.damage import cut_off, damage, flip_bits
from tests.chaos.dice import dice_of
from tests.chaos.disk import SmallDisk
from tests.chaos.held import damaged
from tests.chaos.influx_faults import InfluxFaults
from tests.chaos.memory import peak
from tests.chaos.poison import MARK, doses, odd_states
from tests.chaos.roads import number_of, poison_road, states_road
from tests.chaos.schedule import ALONE, LATER, LEGS, OTHERS, WEATHERS, rounds
from tests.chaos.tricks import (
    COMMITS_AND_BREAKS,
    COMMITS_AND_DROPS,
    DROPS,
    FORMS,
    PASSING,
    STATUSES,
    all_refusals,
    refusal,
    slow,
    some_refusals,
)
from tests.http_double import HttpDouble, Reply, http_double

LINES = b"a v=1 1\na v=1 2\na v=1 3"


@pytest.fixture
def influxdb() -> Iterator[HttpDouble]:
    with http_double() as double:
        yield double


@pytest.fixture
def faults(influxdb: HttpDouble) -> Iterator[InfluxFaults]:
    faults = InfluxFaults(influxdb.url)
    yield faults
    faults.close()


def write(faults: InfluxFaults, body: bytes = LINES, timeout: float = 5) -> urllib3.BaseHTTPResponse:
    url = f"http://127.0.0.1:{faults.server_port}/write?db=home"
    return urllib3.request("POST", url, body=body, retries=False, timeout=timeout)


def test_what_is_not_in_the_script_is_passed_on_as_it_is(influxdb: HttpDouble, faults: InfluxFaults) -> None:
    influxdb.replies.append(Reply(400, b'{"error":"no"}', {"X-Influxdb-Error": "no"}))
    answer = write(faults)
    assert (answer.status, answer.data, answer.headers["X-Influxdb-Error"]) == (400, b'{"error":"no"}', "no")
    assert write(faults).status == 204
    assert [(each.path, each.query, each.body) for each in influxdb.requests] == [
        ("/write", {"db": "home"}, LINES)
    ] * 2


@pytest.mark.parametrize(
    ("trick", "forwarded"), [(COMMITS_AND_DROPS, 1), (COMMITS_AND_BREAKS, 1), (DROPS, 0)]
)
def test_an_answer_can_be_lost_after_the_deed_or_before(
    influxdb: HttpDouble, faults: InfluxFaults, trick: object, forwarded: int
) -> None:
    faults.script.append(trick)  # type: ignore[arg-type]
    with pytest.raises(urllib3.exceptions.ProtocolError):
        write(faults)
    assert len(influxdb.requests) == forwarded
    assert write(faults).status == 204


def test_an_answer_can_come_too_late(influxdb: HttpDouble, faults: InfluxFaults) -> None:
    faults.always = slow(0.5)
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        write(faults, timeout=0.1)
    faults.behave()
    assert write(faults).status == 204
    assert len(influxdb.requests) == 2


@pytest.mark.parametrize(("status", "form"), list(itertools.product(STATUSES, FORMS)))
def test_every_refusal_is_what_it_says(
    influxdb: HttpDouble, faults: InfluxFaults, status: int, form: str
) -> None:
    faults.script.append(refusal(status, form))
    answer = write(faults)
    assert answer.status == status
    said = Answer.of(status, answer.headers, answer.data).retry_after(datetime.now(UTC))
    assert said == {"seconds": 1, "negative": 0, "huge": 3600}.get(form, said)
    assert (form == "date") <= (said is not None and 0 <= said <= 2)
    assert (form in ("garbage", "none")) == (said is None)
    assert not influxdb.requests


def test_what_is_wrong_with_many_points_waits_for_many(faults: InfluxFaults) -> None:
    faults.script.append(refusal(413, "none"))
    assert [write(faults, body).status for body in (b"a v=1 1", LINES, LINES)] == [204, 413, 204]
    assert faults.played["413, none"] == 1


def test_some_refusals_have_every_status_and_every_form_that_passes() -> None:
    tricks = some_refusals(dice_of(1))
    assert {trick.status for trick in tricks} == set(STATUSES)
    assert {trick.retry_after for trick in tricks} == set(PASSING)
    assert len(all_refusals()) == len(STATUSES) * len(PASSING)


def test_a_schedule_is_its_seed() -> None:
    first, again, other = rounds(7), rounds(7), rounds(8)
    for _ in range(3):
        assert next(first) == next(again) != next(other)


@pytest.mark.parametrize("seed", range(20))
def test_a_round_has_every_fault_once_and_every_leg(seed: int) -> None:
    for nth, steps in enumerate(itertools.islice(rounds(seed), 3)):
        later = LATER if nth else ()
        assert sorted(step.kind for step in steps) == sorted([*WEATHERS, *OTHERS, *later])
        assert {step.leg for step in steps if step.leg} == set(LEGS)
        assert {step.kind for step in steps} | set(LATER) == set(FAULTS)
        assert not any(step.besides for step in steps if step.kind in ALONE)


def test_faults_overlap_from_the_second_round_on() -> None:
    first, second = itertools.islice(rounds(1), 2)
    assert not any(step.besides for step in first)
    assert any(step.besides for step in second)


def test_poison_can_be_told_apart_and_found_again() -> None:
    pieces = doses(100, dice_of(1))
    assert [piece.number for piece in pieces] == list(range(100, 100 + len(pieces)))
    road = poison_road(Book())
    for piece in pieces:
        assert len(piece.topic.encode()) < 65536
        found = MARK.findall(f"{piece.topic} {piece.payload.decode(errors='replace')[:4000]}")
        assert piece.leaves_nothing or set(found) == {str(piece.number)}
        assert road.numbers_in(f"{piece.topic} {piece.payload.decode(errors='replace')}") == {piece.number}
    assert all(len(text) <= 255 and number_of(text) == number for number, text in odd_states(7))


def test_a_number_is_read_only_where_it_stands_by_itself() -> None:
    assert [number_of(value) for value in (7.0, "7", "7 a", "7_0", "0x7", "nan", "٣")] == [
        7,
        7,
        7,
        0,
        0,
        0,
        0,
    ]
    letter = "sensor,entity_id=chaos_3 value=17 1\nsensor,entity_id=chaos_4 value=18 1"
    assert states_road(Book()).numbers_in(letter) == {17, 18}


def test_a_book_knows_what_is_due_and_what_came_first_after_a_moment() -> None:
    book = Book()
    for number in (1, 2, 3):
        book.send(number)
        book.acknowledge(number)
    book.sent |= {1: 10.0, 2: 20.0, 3: 30.0}
    book.acknowledged |= {1: 11.0, 2: 21.0, 3: 31.0}
    assert [book.first_since(moment) for moment in (0, 15, 20, 25, 35)] == [1, 2, 2, 3, None]
    book.doubt(31.0)
    assert book.due == {1, 2}


def test_damage_changes_a_file_and_keeps_its_log(tmp_path: Path) -> None:
    for seed in range(20):
        file, log = tmp_path / "journal.db", tmp_path / "journal.db-wal"
        before = dice_of(0).randbytes(10_000)
        file.write_bytes(before)
        log.write_bytes(before)
        said = damage(file, dice_of(seed))
        changed = {each.name for each in (file, log) if each.read_bytes() != before}
        assert len(changed) == 1
        assert changed.pop() in said


def journal_of(path: Path, dice: random.Random) -> SqliteJournal:
    """Fill a journal that stays open, as a bridge that is killed leaves it."""
    journal = SqliteJournal(path, 10**8, 100)
    numbers = itertools.count(1)
    for _ in range(dice.randrange(5, 40)):
        for points in (dice.randrange(1, 4) for _ in range(dice.randrange(1, 6))):
            lines = (f"chaos_json,device=1 value={number} {number}" for number in islice(numbers, points))
            journal.keep([Kept("influx", "\n".join(lines).encode(), points)], [])
    return journal


@pytest.mark.parametrize("seed", range(25))
def test_what_damage_to_a_journal_costs_is_reported_to_the_point(tmp_path: Path, seed: int) -> None:
    dice = dice_of(seed)
    journal = journal_of(tmp_path / "journal.db", dice)
    journal.forget(range(dice.randrange(10)))
    killed = tmp_path / "killed"
    killed.mkdir()
    for file in tmp_path.glob("journal.db*"):
        shutil.copy(file, killed)
    journal.close()
    harm = damaged(killed / "journal.db", dice, ["influx"])
    journal = SqliteJournal(killed / "journal.db", 10**8, 100)
    journal.waiting("influx", 0, 10**9)
    reported = sum(map(lost_points, journal.losses()), Counter[str]())
    journal.close()
    assert reported == Counter(influx=harm.lost["influx"].total())


def test_flipped_bits_are_as_many_as_were_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(bytes(10_000))
    flip_bits(file, dice_of(1), 5)
    assert sum(byte.bit_count() for byte in file.read_bytes()) == 5
    cut_off(file, dice_of(1))
    assert 0 <= file.stat().st_size < 10_000


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has disks of its own")
def test_a_full_disk_takes_nothing_until_it_is_freed(tmp_path: Path) -> None:
    disk = SmallDisk(tmp_path / "disk")
    try:
        disk.fill(os.getpid())
        with pytest.raises(OSError, match="No space left"):
            (disk.folder / "file").write_bytes(b"x" * 10_000)
        disk.free(os.getpid())
        assert (disk.folder / "file").write_bytes(b"x" * 10_000)
    finally:
        disk.close()


def test_what_a_loss_says_is_added_up() -> None:
    said = "journal.db was damaged (x): 3 of 10 payloads with 1,057 points for sink a, 1 of 1 payload with 1 point for sink b could not be read"
    assert lost_points(said) == {"a": 1057, "b": 1}
    assert lost_points("nothing was lost, 4 payloads with 4 points could be read") == {}


def test_the_peak_of_memory_is_of_a_process_that_is_there() -> None:
    assert peak(os.getpid()) > 1_000_000
    assert peak(2**22 + 1) == 0
