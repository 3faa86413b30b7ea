"""The InfluxDB sinks against real servers: what arrives, and what is made of what they say."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from ha_bridge.adapters.influx.auto import InfluxAuto, identify
from ha_bridge.adapters.influx.server import InfluxServer
from ha_bridge.adapters.influx.v1 import InfluxV1
from ha_bridge.adapters.influx.v2 import InfluxV2
from ha_bridge.domain.failures import Refused, Rejected, TooLarge, Unavailable
from ha_bridge.domain.points import FieldValue, Point, Series
from ha_bridge.domain.ports import Sink
from tests.system.servers import InfluxDB, VictoriaMetrics
from tests.system.servers.certificate import Certificate
from tests.system.servers.process import accepts_connections

pytestmark = pytest.mark.system

NOW = 1_700_000_000_123_456
"""Microseconds since 1970."""

KITCHEN = Series("sensor", {"entity_id": "kitchen, left=1 \\", "unit": "°C", "area": 'the "kitchen"'})
MEASUREMENT = Series("m", {})


def at(url: str, *, username: str = "", password: str = "", ca_file: str = "") -> InfluxServer:
    return InfluxServer(
        name="main", url=url, username=username, password=password, ca_file=ca_file, timeout=10
    )


def write(sink: Sink, points: Sequence[Point]) -> None:
    sink.deliver(sink.encode(points))


def m(number: int, value: FieldValue = 1.0) -> Point:
    return Point(MEASUREMENT, {"v": value}, NOW + number)


def test_points_arrive_as_they_are(influxdb: InfluxDB, database: str) -> None:
    fields: dict[str, FieldValue] = {
        "value": 21.5,
        "state": 'a "b" \\ ünïcode\\',
        "on": True,
        "count": -7,
        "tiny": 5e-324,
    }
    write(InfluxV1(at(influxdb.url), database=database), [Point(KITCHEN, fields, NOW)])
    [row] = influxdb.query('SELECT * FROM "sensor"', database)
    assert {name: row[name] for name in fields} == fields
    assert row["time"] == NOW * 1000
    assert row["unit"] == "°C"
    assert row["area"] == 'the "kitchen"'


def test_writing_twice_is_writing_once_and_the_later_value_wins(influxdb: InfluxDB, database: str) -> None:
    sink = InfluxV1(at(influxdb.url), database=database)
    payload = sink.encode([m(0), m(1)])
    sink.deliver(payload)
    sink.deliver(payload)
    write(sink, [m(1, 2.0)])
    assert [row["v"] for row in influxdb.query("SELECT v FROM m", database)] == [1.0, 2.0]


@pytest.mark.parametrize("settings", [{"database": "{}"}, {"bucket": "{}"}, {"bucket": "{}/autogen"}])
def test_auto_finds_1_6(influxdb: InfluxDB, database: str, settings: dict[str, str]) -> None:
    sink = InfluxAuto(at(influxdb.url), **{key: value.format(database) for key, value in settings.items()})
    write(sink, [m(0)])
    assert sink.identity
    assert (sink.identity.product, sink.identity.version) == ("InfluxDB", (1, 6))
    assert len(influxdb.query("SELECT v FROM m", database)) == 1


def test_lines_that_cannot_be_parsed_are_all_named_and_the_others_written(
    influxdb: InfluxDB, database: str
) -> None:
    sink = InfluxV1(at(influxdb.url), database=database)
    with pytest.raises(Rejected, match=r"missing field value.*missing tag value") as caught:
        sink.deliver(b"m v=1 1\nm v= 2\nm v=3 3\nm,a= v=1 4\nm v=5 5")
    assert caught.value.lines == (1, 3)
    assert [row["v"] for row in influxdb.query("SELECT v FROM m", database)] == [1.0, 3.0, 5.0]


def test_a_type_conflict_is_rejected_and_found_by_halving(influxdb: InfluxDB, database: str) -> None:
    sink = InfluxV1(at(influxdb.url), database=database)
    write(sink, [m(0)])
    bad = halved(sink, sink.encode([m(1), m(2, "text"), m(3), m(4, "more text"), m(5)]))
    assert bad == [sink.encode([m(2, "text")]), sink.encode([m(4, "more text")])]
    assert len(influxdb.query("SELECT v FROM m", database)) == 4


def halved(sink: Sink, payload: bytes) -> list[bytes]:
    """Deliver what can be and return the single lines that cannot."""
    try:
        sink.deliver(payload)
    except Rejected:
        lines = payload.count(b"\n") + 1
        halves = sink.split(payload, lines // 2) if lines > 1 else ()
        return [bad for half in halves for bad in halved(sink, half)] or [payload]
    return []


def test_points_that_the_server_would_forget_are_all_rejected_at_once(influxdb: InfluxDB) -> None:
    influxdb.query("CREATE DATABASE short WITH DURATION 1h")
    sink = InfluxV1(at(influxdb.url), database="short")
    with pytest.raises(Rejected, match="beyond retention policy") as caught:
        write(sink, [m(0), m(1), m(2)])
    assert caught.value.lines == (0, 1, 2)


def test_a_database_that_is_missing_is_refused_until_it_is_there(influxdb: InfluxDB) -> None:
    sink = InfluxAuto(at(influxdb.url), database="later")
    with pytest.raises(
        Refused, match=r'database not found.*create the database "later".*sinks\.main\.database'
    ):
        write(sink, [m(0)])
    influxdb.create_database("later")
    write(sink, [m(0)])


def test_a_retention_policy_that_is_missing_is_refused(influxdb: InfluxDB, database: str) -> None:
    sink = InfluxV1(at(influxdb.url), database=database, retention_policy="year")
    with pytest.raises(Refused, match="retention policy not found: year"):
        write(sink, [m(0)])


def test_no_database_at_all_is_refused(influxdb: InfluxDB) -> None:
    with pytest.raises(Refused, match=r"database is required.*sinks\.main\.database"):
        write(InfluxV1(at(influxdb.url), database=""), [m(0)])


def test_v2_to_a_1_6_is_refused_with_the_way_out(influxdb: InfluxDB, database: str) -> None:
    with pytest.raises(Refused, match=r'it has no /api/v2/write: .*set sinks\.main\.api = "v1"'):
        write(InfluxV2(at(influxdb.url), bucket=database), [m(0)])


def test_a_body_that_is_too_large_says_so(tmp_path: Path) -> None:
    with InfluxDB(tmp_path, http="max-body-size = 1000") as server:
        server.create_database("home")
        # 1.x measures what is sent, compressed or not.
        sink = InfluxV1(msgspec.structs.replace(at(server.url), gzip=False), database="home")
        with pytest.raises(TooLarge):
            write(sink, [m(number) for number in range(200)])
        write(sink, [m(number) for number in range(20)])


def test_a_server_that_was_killed_and_comes_back_is_written_to_at_once(tmp_path: Path) -> None:
    with InfluxDB(tmp_path) as server:
        server.create_database("home")
        sink = InfluxAuto(at(server.url), database="home")
        write(sink, [m(0)])
        server.kill()
        with pytest.raises(Unavailable, match="Connection"):
            write(sink, [m(1)])
        server.start()
        write(sink, [m(1)])
        assert len(server.query("SELECT v FROM m", "home")) == 2


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxDB]:
    with InfluxDB(tmp_path_factory.mktemp("guarded"), auth=True) as server:
        server.create_database("home")
        server.query("CREATE USER reader WITH PASSWORD 'secret'")
        server.query('GRANT READ ON "home" TO reader')
        yield server


def test_a_login_opens_the_door(guarded: InfluxDB) -> None:
    write(InfluxAuto(at(guarded.url, username="admin", password="secret"), database="home"), [m(0)])
    assert len(guarded.query("SELECT v FROM m", "home")) == 1


@pytest.mark.parametrize(
    ("username", "password", "said"),
    [
        (
            "admin",
            "wr0ng-word",
            r"authorization failed: check sinks\.main\.username and sinks\.main\.password",
        ),
        ("", "", r"check sinks\.main\.token"),
        ("reader", "secret", r'not authorized to write.*the right to write to database "home"'),
    ],
)
def test_a_wrong_login_says_which_settings_to_check(
    guarded: InfluxDB, username: str, password: str, said: str
) -> None:
    with pytest.raises(Refused, match=said) as caught:
        write(InfluxAuto(at(guarded.url, username=username, password=password), database="home"), [m(0)])
    assert "wr0ng" not in str(caught.value)


class SecureInfluxDB(InfluxDB):
    """Speaks TLS only, so it is ready when it takes connections."""

    def __init__(self, directory: Path) -> None:
        self.certificate = Certificate(directory)
        lines = (
            "https-enabled = true",
            f'https-certificate = "{self.certificate.file}"',
            f'https-private-key = "{self.certificate.key}"',
        )
        super().__init__(directory, http="\n  ".join(lines))

    def is_ready(self) -> bool:
        return accepts_connections(self.port)


def test_tls_needs_the_right_scheme_and_the_right_ca(tmp_path: Path) -> None:
    with SecureInfluxDB(tmp_path) as server:
        secure = server.url.replace("http:", "https:")
        with pytest.raises(Unavailable, match=r"not trusted; name its CA in sinks\.main\.ca_file"):
            write(InfluxV1(at(secure), database="home"), [m(0)])
        with pytest.raises(Refused, match="database not found"):
            write(InfluxV1(at(secure, ca_file=str(server.certificate.file)), database="home"), [m(0)])
        for sink in (InfluxV1(at(server.url), database="home"), InfluxAuto(at(server.url), database="home")):
            with pytest.raises(Refused, match="HTTP request to an HTTPS server"):
                write(sink, [m(0)])


def test_a_server_that_hangs_is_given_up_and_written_to_again(tmp_path: Path) -> None:
    with InfluxDB(tmp_path) as server:
        server.create_database("home")
        sink = InfluxV1(msgspec.structs.replace(at(server.url), timeout=0.3), database="home")
        payload = sink.encode([m(0), m(1)])
        server.pause()
        with pytest.raises(Unavailable, match=r"no answer within 0\.3 s"):
            sink.deliver(payload)
        server.resume()
        InfluxV1(at(server.url), database="home").deliver(payload)
        assert len(server.query("SELECT v FROM m", "home")) == 2


Make = Callable[[InfluxServer], Sink]


@pytest.mark.parametrize(
    "make",
    [
        lambda server: InfluxV1(server, database="home"),
        lambda server: InfluxV2(server, bucket="home"),
        lambda server: InfluxAuto(server, database="home"),
        lambda server: InfluxAuto(server, bucket="home"),
    ],
    ids=["v1", "v2", "auto-database", "auto-bucket"],
)
def test_victoriametrics_takes_every_api(
    victoriametrics: VictoriaMetrics, make: Make, request: pytest.FixtureRequest
) -> None:
    series = Series("sensor", {"case": request.node.callspec.id})
    write(make(at(victoriametrics.url)), [Point(series, {"value": 21.5}, NOW)])
    [found] = victoriametrics.export(f'sensor_value{{case="{request.node.callspec.id}"}}')
    assert (found["values"], found["timestamps"]) == ([21.5], [NOW // 1000])


class GuardedVictoriaMetrics(VictoriaMetrics):
    def command(self) -> list[str]:
        return [*super().command(), "-httpAuth.username=writer", "-httpAuth.password=secret"]


def test_victoriametrics_takes_a_login_and_says_no_to_a_wrong_one(tmp_path: Path) -> None:
    with GuardedVictoriaMetrics(tmp_path) as server:
        right, wrong = at(server.url, username="writer", password="secret"), at(server.url, username="writer")
        write(InfluxV1(right, database="home"), [m(0)])
        write(InfluxV2(right, bucket="home"), [m(1)])
        for sink in (InfluxV1(wrong, database="home"), InfluxV2(wrong, bucket="home")):
            with pytest.raises(Refused, match=r"check sinks\.main\.username and sinks\.main\.password"):
                write(sink, [m(0)])


def test_victoriametrics_is_told_apart(victoriametrics: VictoriaMetrics) -> None:
    assert identify(at(victoriametrics.url)).product == "VictoriaMetrics"
