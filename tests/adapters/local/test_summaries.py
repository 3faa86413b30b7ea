"""Summaries of the local store: all that is to be summarised is, before it goes, whatever order it comes in."""

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ha_bridge.adapters.local.reader import LocalReader
from ha_bridge.adapters.local.store import LocalStore
from ha_bridge.adapters.local.summaries import LocalSummary
from ha_bridge.domain.failures import Unavailable
from ha_bridge.domain.points import FieldValue, Point, Series
from ha_bridge.domain.retention import OWN, Sampling

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
NOW = 1_700_000_000 * SECOND // DAY * DAY
HOURLY = Sampling(name="ha_bridge.main.1h.x", source=OWN, target="1h", every=3600, fields=("value",))

Windows = dict[tuple[str, int], tuple[float, float, float, float]]
"""Mean, minimum, maximum and last by entity and start."""


class Unwilling(LocalStore):
    """A store whose disk takes nothing after so many writes."""

    left = 10**9

    def deliver(self, payload: bytes) -> None:
        if self.left <= 0:
            raise Unavailable("no space left")
        self.left -= 1
        super().deliver(payload)


class Kept:
    """A store with a summary, which can be closed and opened again."""

    def __init__(
        self, folder: Path, sampling: Sampling = HOURLY, life: float = 0.0, at_once: int = 50
    ) -> None:
        self.path, self.there = folder / "points.db", folder / "points-1h.db"
        self.target = Unwilling(self.there)
        summary = LocalSummary(sampling, self.target, at_once)
        self.store = LocalStore(self.path, life=life, merge_at=7, tidy_at_once=20, summaries=(summary,))

    def write(self, entity: str, values: Mapping[int, FieldValue]) -> None:
        series = Series("sensor", {"entity_id": entity})
        points = [Point(series, {"value": value}, time) for time, value in values.items()]
        self.store.deliver(self.store.encode(points))

    def look(self, now: int) -> None:
        while self.store.tidy(now):
            pass

    def raw(self) -> int:
        return LocalReader(self.path).count().values

    def windows(self) -> Windows:
        reader, found = LocalReader(self.there), {}
        for series in reader.series():
            values = {
                end: {each.time: each.value for each in reader.read(series.id, f"value{end}")}
                for end in ("", "_min", "_max", "_last")
            }
            for time in values[""]:
                told = tuple(values[end].get(time) for end in values)
                found[series.tags["entity_id"], time] = told
        return found  # type: ignore[return-value]


@contextmanager
def kept(folder: Path, sampling: Sampling = HOURLY, life: float = 0.0, at_once: int = 50) -> Iterator[Kept]:
    made = Kept(folder, sampling, life, at_once)
    yield made
    made.store.close()


def summed_up(values: Mapping[tuple[str, int], float], until: int, every: int = HOUR) -> Windows:
    """All windows that have ended, as anybody would reckon them."""
    gathered: defaultdict[tuple[str, int], list[tuple[int, float]]] = defaultdict(list)
    for (entity, time), value in values.items():
        gathered[entity, time - time % every].append((time, value))
    return {
        (entity, start): _of([value for _, value in sorted(found)])
        for (entity, start), found in gathered.items()
        if start + every <= until
    }


def _of(values: Sequence[float]) -> tuple[float, float, float, float]:
    return sum(values) / len(values), min(values), max(values), values[-1]


def test_whole_hours_are_summed_up_and_the_present_one_is_not(tmp_path: Path) -> None:
    with kept(tmp_path) as made:
        made.write("kitchen", {NOW - HOUR: 18.0, NOW - 1: 22.5, NOW: 99.0, NOW - 2: 25.5})
        made.write("hall", {NOW - 3 * HOUR: 1.0})
        made.look(NOW + HOUR // 2)
        assert made.windows() == {
            ("kitchen", NOW - HOUR): (22.0, 18.0, 25.5, 22.5),
            ("hall", NOW - 3 * HOUR): (1.0, 1.0, 1.0, 1.0),
        }
        made.look(NOW + HOUR)
        assert made.windows()["kitchen", NOW] == (99.0, 99.0, 99.0, 99.0)


def test_texts_and_other_fields_have_no_summary(tmp_path: Path) -> None:
    with kept(tmp_path) as made:
        made.write("a", {NOW - HOUR: "text", NOW - 5: True})
        point = Point(Series("sensor", {"entity_id": "b"}), {"other": 1.5}, NOW - HOUR)
        made.store.deliver(made.store.encode([point]))
        made.look(NOW)
        assert made.windows() == {}
        assert made.raw() == 3


def test_what_is_old_goes_only_when_it_has_been_summed_up(tmp_path: Path) -> None:
    with kept(tmp_path, life=2 * 3600) as made:
        written = {("a", NOW - 400 * DAY + each * 7 * HOUR): float(each) for each in range(300)}
        made.write("a", {time: value for (_, time), value in written.items()})
        made.target.left = 3
        with pytest.raises(Unavailable, match="no space left"):
            made.look(NOW)
        assert made.raw() == 300
        made.target.left = 10**9
        made.look(NOW)
        assert made.raw() == 0
        assert made.windows() == summed_up(written, NOW)


def test_another_definition_is_made_of_all_that_is_there(tmp_path: Path) -> None:
    with kept(tmp_path) as made:
        made.write("a", {NOW - 5 * DAY: 1.0, NOW - DAY: 3.0})
        made.look(NOW)
    daily = Sampling(name="ha_bridge.main.1d.y", source=OWN, target="1h", every=86_400, fields=("value",))
    with kept(tmp_path / "", daily) as made:
        made.there.unlink()
        made.look(NOW)
        assert len(made.windows()) == 2


def test_what_comes_while_no_summary_is_declared_is_summed_up_when_it_is_again(tmp_path: Path) -> None:
    with kept(tmp_path) as made:
        made.write("a", {NOW - 5 * HOUR: 1.0})
        made.look(NOW)
    plain = LocalStore(tmp_path / "points.db", merge_at=1)
    late = Point(Series("sensor", {"entity_id": "a"}), {"value": 3.0}, NOW - 5 * HOUR + 1)
    plain.deliver(plain.encode([late]))
    plain.close()
    with kept(tmp_path) as made:
        made.look(NOW)
        assert made.windows() == {("a", NOW - 5 * HOUR): (2.0, 1.0, 3.0, 3.0)}


def test_a_step_costs_no_more_than_it_may(tmp_path: Path) -> None:
    with kept(tmp_path, at_once=50) as made:
        for entity in range(30):
            made.write(f"e{entity}", {NOW - HOUR * each: float(each) for each in range(1, 5)})
        before = 0
        while made.store.tidy(NOW):
            after = len(made.windows())
            assert after - before <= 8
            before = after
        assert before == 120


def test_two_stores_may_be_summed_up_in_one_file(tmp_path: Path) -> None:
    made = [Kept(tmp_path / name) for name in ("rest", "energy")]
    for number, each in enumerate(made):
        each.target = Unwilling(tmp_path / "both.db")
        summary = LocalSummary(HOURLY, each.target, 50)
        each.store = LocalStore(each.path, merge_at=7, summaries=(summary,))
        for entity in range(10):
            times = range(1, 100)
            each.write(f"e{number}{entity}", {NOW - HOUR * time: float(time) for time in times})
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda each: each.look(NOW), made))
    made[0].there = tmp_path / "both.db"
    assert len(made[0].windows()) == 2 * 10 * 99
    for each in made:
        each.store.close()


LIFE = 6 * HOUR
ARRIVING = st.lists(
    st.tuples(
        st.integers(0, 3 * HOUR),  # how long after the one before it comes
        st.sampled_from(["a", "b", "c"]),
        st.integers(1, LIFE - 2 * HOUR),  # how late it is
        st.floats(-100, 100).map(lambda value: round(value, 2)),
        st.sampled_from(["", "", "look", "step", "restart"]),
    ),
    max_size=40,
)


@given(ARRIVING, st.sampled_from([0.0, LIFE / SECOND]))
@settings(max_examples=60, deadline=None)
def test_whatever_comes_whenever_is_in_the_summaries_when_it_has_gone(
    arriving: list[tuple[int, str, int, float, str]], life: float
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, now, written = Path(name), NOW, {}
        made = Kept(folder, life=life)
        for after, entity, late, value, then in arriving:
            now += after
            written[entity, now - late] = value
            made.write(entity, {now - late: value})
            if then == "look":
                made.look(now)
            elif then == "step":
                made.store.tidy(now)
            elif then == "restart":
                made.store.close()
                made = Kept(folder, life=life)
        made.look(now)
        now += DAY
        made.look(now)
        expected = summed_up(written, now)
        found = made.windows()
        made.store.close()
        assert made.raw() == (0 if life else len(written))
        assert found.keys() == expected.keys()
        for window, values in expected.items():
            assert found[window] == pytest.approx(values)
