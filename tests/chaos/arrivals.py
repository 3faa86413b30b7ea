"""Which of the numbers sent have arrived in InfluxDB."""

from collections import defaultdict

from tests.chaos.roads import Road, number_of
from tests.system.servers import InfluxDB


class Arrivals:
    """Looks into one database. What was found once is not asked for again by `missing`."""

    def __init__(self, influxdb: InfluxDB, database: str) -> None:
        self._influxdb = influxdb
        self._database = database
        self._found: dict[str, set[int]] = {}

    def newest(self, road: Road) -> int:
        """The largest number there is, 0 for none."""
        rows = self._influxdb.query(f"SELECT max({road.field}) AS newest FROM {road.where}", self._database)  # noqa: S608
        return int(rows[0]["newest"]) if rows else 0

    def times(self, road: Road) -> dict[int, list[int]]:
        """When the points of each number are, in nanoseconds and in order."""
        times: dict[int, list[int]] = defaultdict(list)
        for row in self._influxdb.query(road.query, self._database):
            times[number_of(row[road.field])].append(row["time"])
        times.pop(0, None)
        return times

    def missing(self, road: Road, due: set[int]) -> set[int]:
        """Those of the numbers due that are not there."""
        found = self._found.setdefault(road.name, set())
        if due - found:
            found.update(self.times(road))
        return due - found
