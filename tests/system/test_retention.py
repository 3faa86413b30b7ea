"""[retention] against the real servers: what is declared becomes so, what is summarised is there, what is old goes."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paho.mqtt.publish import multiple

from ha_bridge import keeping
from ha_bridge.adapters.influx.server import InfluxServer
from ha_bridge.adapters.influx.v1_management import InfluxV1Management
from ha_bridge.adapters.local.reader import LocalReader
from ha_bridge.adapters.local.store import LocalStore
from ha_bridge.commands.retention import retention
from ha_bridge.domain.failures import Unavailable
from ha_bridge.domain.points import Point, Series
from ha_bridge.domain.retention import (
    OWN,
    Alter,
    Found,
    Labels,
    Make,
    Sample,
    Sampling,
    Unsample,
    Wanted,
    after,
    steps,
)
from tests.documented import blocks, toml_blocks
from tests.settings_home import Home
from tests.system.bridge import BridgeProcess, Json, influx, merged, mqtt, toml
from tests.system.servers import InfluxDB, Mosquitto, VictoriaMetrics
from tests.system.servers.http_call import http_call
from tests.system.servers.process import HOST
from tests.waiting import wait_for

pytestmark = pytest.mark.system

HOUR, DAY = 3600, 86_400
EAGER = """
[retention]
  check-interval = "1s"
[continuous_queries]
  log-enabled = false
  run-interval = "1s"
"""
"""Half an hour, and a second, else: tests have less patience."""


@pytest.fixture(scope="module")
def eager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxDB]:
    with InfluxDB(tmp_path_factory.mktemp("influxdb"), more=EAGER) as server:
        yield server


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "250")
    return Home(tmp_path)


def sink(server: InfluxDB | VictoriaMetrics, database: str, more: str = "") -> str:
    return f"""
[sinks.main]
kind = "influxdb"
url = "{server.url}"
database = "{database}"
{more}
"""


def run(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(retention, arguments, input=answer)


def planned() -> list[dict[str, str]]:
    result = run("plan", "--json")
    assert result.exit_code == 0, result.output
    steps: list[dict[str, str]] = json.loads(result.stdout)["steps"]
    return steps


def lives(server: InfluxDB, database: str) -> dict[str, str]:
    rows = server.query(f'SHOW RETENTION POLICIES ON "{database}"')
    return {row["name"]: row["duration"] for row in rows}


def ago(seconds: float) -> int:
    """A time in nanoseconds."""
    return int((time.time() - seconds) * 1e9)


def test_what_is_declared_becomes_so_and_a_second_apply_finds_nothing(
    home: Home, influxdb: InfluxDB, database: str
) -> None:
    declared = """
[retention]
raw = "365d"
[[retention.keep]]
name = "energy"
include = ["sensor.*_energy"]
raw = "forever"
[[retention.keep]]
name = "debug"
include = ["sensor.debug_*"]
raw = "7d"
downsample = false
[[retention.downsample]]
every = "1h"
keep = "forever"
"""
    home.settings(sink(influxdb, database) + declared)
    assert [step["step"] for step in planned()] == ["make"] * 3 + ["sample"] * 2 + ["alter"]
    result = run("apply", "--yes")
    assert result.exit_code == 0, result.output
    assert lives(influxdb, database) == {
        "autogen": "8760h0m0s",
        "energy": "0s",
        "debug": "168h0m0s",
        "1h": "0s",
    }
    assert planned() == []
    assert "nothing to do" in run("apply").stdout
    queries = [row for row in influxdb.query("SHOW CONTINUOUS QUERIES") if row["measurement"] == database]
    assert len(queries) == 2

    # Less is declared: the queries go, every policy stays, for nobody has said that its data may go.
    home.settings(sink(influxdb, database) + '[retention]\nraw = "30d"\n')
    assert [step["step"] for step in planned()] == ["unsample", "unsample", "alter"]
    assert run("apply", "--yes").exit_code == 0
    assert lives(influxdb, database) == {
        "autogen": "720h0m0s",
        "energy": "0s",
        "debug": "168h0m0s",
        "1h": "0s",
    }
    assert planned() == []


def test_queries_of_ours_that_nobody_declares_any_longer_are_shown_and_ended(
    home: Home, influxdb: InfluxDB, database: str
) -> None:
    home.settings(sink(influxdb, database) + '[[retention.downsample]]\nevery = "1h"\nkeep = "30d"\n')
    assert run("apply", "--yes").exit_code == 0
    theirs = 'SELECT mean(value) AS value INTO "1h"."theirs" FROM "autogen"."sensor" GROUP BY time(1h)'
    for name in ("theirs", "ha_bridge.old.1h.x"):
        influxdb.query(f'CREATE CONTINUOUS QUERY "{name}" ON "{database}" BEGIN {theirs} END')
    home.settings(sink(influxdb, database))
    assert "ha_bridge.old.1h.x summarises for a sink that is not in these settings" in run("plan").stdout
    [step] = planned()
    assert step["what"].startswith("no more summaries by ha_bridge.main.1h.")
    assert run("apply", answer="n\n").exit_code == 1
    assert planned() == [step]
    assert run("apply", "--yes").exit_code == 0
    queries = influxdb.query("SHOW CONTINUOUS QUERIES")
    left = [row["name"] for row in queries if row["measurement"] == database]
    assert left == ["theirs", "ha_bridge.old.1h.x"]
    assert lives(influxdb, database) == {"autogen": "0s", "1h": "720h0m0s"}
    assert planned() == []


def test_a_sink_that_retention_no_longer_names_loses_its_queries(
    home: Home, influxdb: InfluxDB, database: str
) -> None:
    other = sink(influxdb, database).replace("sinks.main", "sinks.other")
    hourly = '[[retention.downsample]]\nevery = "1h"\nkeep = "forever"\n'
    home.settings(sink(influxdb, database) + other + hourly)
    assert run("apply", "--yes").exit_code == 0
    home.settings(sink(influxdb, database) + other + hourly + 'sinks = ["other"]\n')
    assert [(step["sink"], step["step"]) for step in planned()] == [("main", "unsample")]
    assert run("apply", "--yes").exit_code == 0
    assert planned() == []


WANTED = st.builds(
    lambda lives, every: Wanted(
        {OWN: 0, **lives},
        tuple(
            Sampling(name=f"ours.{target}.{every}", source=OWN, target=target, every=every, fields=("value",))
            for target in lives
        ),
    ),
    st.dictionaries(st.sampled_from(["a", "b", "1h"]), st.sampled_from([0, HOUR, DAY, 7 * DAY, 400 * DAY])),
    st.sampled_from([60, HOUR]),
)


@given(st.lists(WANTED, min_size=1, max_size=3))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_declaration_after_any_other_is_carried_out(influxdb: InfluxDB, declared: list[Wanted]) -> None:
    influxdb.query('CREATE DATABASE "any"')
    keeper = InfluxV1Management(
        InfluxServer(name="main", url=influxdb.url), product="", database="any", policy="", mark="ours."
    )
    try:
        for wanted in declared:
            before = keeper.found()
            todo = steps(wanted, before)
            for step in todo:
                keeper.carry_out(step)
            assert keeper.found() == after(before, todo)
            assert steps(wanted, keeper.found()) == []
    finally:
        influxdb.query('DROP DATABASE "any"')


def test_a_database_that_is_missing_is_made_with_its_life(home: Home, influxdb: InfluxDB) -> None:
    home.settings(sink(influxdb, "fresh") + '[retention]\nraw = "30d"\n')
    assert [step["what"] for step in planned()] == ["make fresh"]
    assert run("apply", "--yes").exit_code == 0
    assert lives(influxdb, "fresh") == {"autogen": "720h0m0s"}
    assert planned() == []


def test_a_sink_with_a_policy_of_its_own_leaves_the_default_one_alone(
    home: Home, influxdb: InfluxDB, database: str
) -> None:
    home.settings(
        sink(influxdb, database, 'retention_policy = "year"') + '[retention]\nraw = "365d"\nsinks = {}\n'
    )
    assert run("apply", "--yes").exit_code == 0
    assert lives(influxdb, database) == {"autogen": "0s", "year": "8760h0m0s"}
    assert planned() == []


def test_what_is_there_is_summarised_before_it_goes_and_what_comes_afterwards_too(
    home: Home, eager: InfluxDB
) -> None:
    eager.create_database("sums")
    old = ago(20 * DAY) // (HOUR * 10**9) * HOUR * 10**9
    lines = [
        f"sensor,entity_id=kitchen value={value} {old + minute * 60 * 10**9}"
        for minute, value in ((0, 18), (59, 22))
    ]
    eager.write("\n".join([*lines, f'sensor,entity_id=mode state="auto" {old}']), "sums")
    home.settings(
        sink(eager, "sums")
        + '[retention]\nraw = "7d"\n[[retention.downsample]]\nevery = "1h"\nkeep = "forever"\n'
        '[[retention.downsample]]\nevery = "2s"\nkeep = "forever"\n'
    )
    shown = run("plan").stdout
    assert "deletes" in shown
    assert "all before 20" in shown
    assert run("apply", "--yes").exit_code == 0

    def raw() -> list[dict[str, object]]:
        return eager.query('SELECT * FROM "sums"."autogen"."sensor"')

    wait_for(lambda: not raw(), 30, "the old points to be deleted by the server")
    [hour] = eager.query('SELECT * FROM "sums"."1h"."sensor"')
    assert hour == {
        "measurement": "sensor",
        "time": old,
        "entity_id": "kitchen",
        "value": 20,
        "value_min": 18,
        "value_max": 22,
        "value_last": 22,
    }

    fresh = ago(0)
    eager.write(f"sensor,entity_id=hall value=7 {fresh}", "sums")
    found = 'SELECT * FROM "sums"."2s"."sensor" WHERE entity_id = \'hall\''
    wait_for(lambda: eager.query(found), 30, "the continuous query to sum it up")
    [window] = eager.query(found)
    assert (window["value"], window["time"]) == (7, fresh // (2 * 10**9) * 2 * 10**9)
    assert planned() == []


def test_texts_and_truths_have_no_summary_and_stop_none(
    home: Home, influxdb: InfluxDB, database: str
) -> None:
    old = ago(2 * DAY)
    lines = ('m1 value=1,state="x",on=true', 'm2 value="text"', 'm3 value=3i,state="y"')
    influxdb.write("\n".join(f"{line} {old}" for line in lines), database)
    downsample = '[[retention.downsample]]\nevery = "1h"\nkeep = "forever"\n'
    home.settings(sink(influxdb, database) + downsample + 'fields = ["value", "state", "on"]\n')
    result = run("apply", "--yes")
    assert result.exit_code == 0, result.output
    found = influxdb.query('SELECT * FROM "1h"./.*/', database)
    assert [(row["measurement"], row["value"], row["value_last"]) for row in found] == [
        ("m1", 1, 1),
        ("m3", 3, 3),
    ]
    types = influxdb.query('SHOW FIELD KEYS FROM "1h"./.*/', database)
    assert {row["fieldType"] for row in types} == {"float"}


def test_what_is_interrupted_is_finished_by_the_next_apply(home: Home, tmp_path: Path) -> None:
    (tmp_path / "influxdb").mkdir()
    with InfluxDB(tmp_path / "influxdb") as server:
        server.create_database("cut")
        old = ago(20 * DAY)
        server.write(f"sensor value=7 {old}", "cut")
        hourly = '[[retention.downsample]]\nevery = "1h"\nkeep = "forever"\n'
        home.settings(sink(server, "cut") + '[retention]\nraw = "7d"\n' + hourly)
        shown = keeping.survey(home.load(), ["main"]).plans
        doing = keeping.carry_out(shown)
        next(doing)
        server.stop()
        with pytest.raises(Unavailable):
            next(doing)
        assert run("apply", "--yes").exit_code == 1
        server.start()
        assert [step["step"] for step in planned()] == ["sample", "alter"]
        assert run("apply", "--yes").exit_code == 0
        assert planned() == []
        assert [row["value"] for row in server.query('SELECT value FROM "1h"./.*/', "cut")] == [7]


def test_a_place_that_is_the_sinks_own_is_refused(home: Home, influxdb: InfluxDB, database: str) -> None:
    keep = '[[retention.keep]]\nname = "autogen"\ninclude = ["sensor.x"]\nraw = "7d"\n'
    home.settings(sink(influxdb, database) + keep)
    result = run("apply", "--yes")
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"sinks.main itself writes to {database}/autogen: call 'autogen'" in result.stderr


def test_names_with_quotes_and_spaces_are_carried_out(home: Home, influxdb: InfluxDB) -> None:
    policy = """retention_policy = "p 'q' \\"r\\" s"\n"""
    hourly = '[retention]\nraw = "7d"\n[[retention.downsample]]\nevery = "1h"\nkeep = "90d"\n'
    home.settings(sink(influxdb, "d 'o' $x", policy) + hourly)
    result = run("apply", "--yes")
    assert result.exit_code == 0, result.output
    assert lives(influxdb, "d 'o' $x") == {"autogen": "0s", "p 'q' \"r\" s": "168h0m0s", "1h": "2160h0m0s"}
    assert planned() == []


def test_a_summary_that_is_declared_otherwise_is_made_anew_and_one_that_comes_back_too(
    home: Home, influxdb: InfluxDB, database: str
) -> None:
    influxdb.write(f"sensor value=7,other=8 {ago(2 * DAY)}", database)
    hourly = '[[retention.downsample]]\nevery = "1h"\nkeep = "forever"\n'
    for more, expected in (
        ("", ["make", "sample"]),
        ('fields = ["value", "other"]\n', ["unsample", "sample"]),
        ('fields = ["value", "other"]\nsinks = ["none"]\n', []),
        ("", ["unsample", "sample"]),
    ):
        none = '[sinks.none]\nkind = "local"\n' if "none" in more else ""
        home.settings(sink(influxdb, database) + none + hourly + more)
        steps = [step["step"] for step in planned()]
        assert steps == (expected or ["unsample"])
        if expected:
            assert run("apply", "--yes").exit_code == 0
    rows = influxdb.query('SELECT value_last, other_last FROM "1h".sensor', database)
    assert [(row["value_last"], row["other_last"]) for row in rows] == [(7, 8)]


def test_a_window_of_which_a_part_has_gone_is_not_made_anew(
    home: Home, influxdb: InfluxDB, database: str
) -> None:
    week = 7 * DAY
    sunday = int(time.time()) // week * week
    first, last = sunday - 4 * week, sunday - week
    influxdb.query(f'CREATE RETENTION POLICY "1w" ON "{database}" DURATION INF REPLICATION 1')
    influxdb.write(f"sensor value=8 {first}000000000", database)
    influxdb.query('SELECT value INTO "1w"."sensor" FROM "autogen"."sensor"', database)
    lines = [f"sensor value=7 {each + HOUR}000000000" for each in (first, last)]
    influxdb.write("\n".join(lines), database)
    weekly = (
        '[retention]\nraw = "28d"\n[[retention.downsample]]\nname = "1w"\nevery = "7d"\nkeep = "forever"\n'
    )
    influxdb.query(f'ALTER RETENTION POLICY "autogen" ON "{database}" DURATION 28d SHARD DURATION 1d')
    home.settings(sink(influxdb, database) + weekly)
    assert run("apply", "--yes").exit_code == 0
    values = influxdb.query('SELECT value FROM "1w"."sensor"', database)
    assert [row["value"] for row in values] == [8, 7]


def test_apply_asks_and_no_changes_nothing(home: Home, influxdb: InfluxDB, database: str) -> None:
    home.settings(sink(influxdb, database) + '[retention]\nraw = "7d"\n')
    assert run("apply", answer="n\n").exit_code == 1
    assert run("apply").exit_code == 1
    assert lives(influxdb, database) == {"autogen": "0s"}
    assert run("apply", answer="y\n").exit_code == 0
    assert lives(influxdb, database) == {"autogen": "168h0m0s"}


def test_a_server_that_has_changed_since_the_plan_is_left_alone(
    home: Home, influxdb: InfluxDB, database: str
) -> None:
    home.settings(sink(influxdb, database) + '[retention]\nraw = "7d"\n')
    shown = keeping.survey(home.load(), ["main"]).plans
    influxdb.query(f'CREATE RETENTION POLICY "other" ON "{database}" DURATION 30d REPLICATION 1')
    with pytest.raises(keeping.Changed):
        list(keeping.carry_out(shown))
    assert lives(influxdb, database) == {"autogen": "0s", "other": "720h0m0s"}


def test_an_entity_is_forgotten_in_every_policy_and_no_other(
    home: Home, influxdb: InfluxDB, database: str
) -> None:
    influxdb.query(f'CREATE RETENTION POLICY "1h" ON "{database}" DURATION INF REPLICATION 1')
    influxdb.write(
        "sensor,entity_id=old value=1\nsensor,entity_id=other value=1\nlight,entity_id=old value=1", database
    )
    influxdb.query('SELECT * INTO "1h".:MEASUREMENT FROM "autogen"./.*/ GROUP BY *', database)
    home.settings(sink(influxdb, database))
    result = run("forget", "sensor.old", answer="n\n")
    assert (result.exit_code, "sensor,entity_id=old" in result.stdout) == (1, True)
    assert len(influxdb.query("SHOW SERIES", database)) == 3
    assert run("forget", "sensor.old", "--yes").exit_code == 0
    assert [row["key"] for row in influxdb.query("SHOW SERIES", database)] == [
        "light,entity_id=old",
        "sensor,entity_id=other",
    ]
    assert len(influxdb.query('SELECT value FROM "1h"./.*/', database)) == 2
    assert "nothing of that" in run("forget", "sensor.old").stdout


def test_an_entity_is_forgotten_under_the_name_that_a_rule_gives_it(
    home: Home, influxdb: InfluxDB, database: str
) -> None:
    influxdb.write("sensor,entity_id=pump value=1\nsensor,entity_id=other value=1", database)
    rule = '[[rules]]\nmatch = {entities = ["switch.0x00158d_l1"]}\nrename = "sensor.pump"\n'
    home.settings(sink(influxdb, database) + rule)
    assert "sensor,entity_id=pump" in run("forget", "switch.0x00158d_l1", "--yes").stdout
    assert [row["key"] for row in influxdb.query("SHOW SERIES", database)] == ["sensor,entity_id=other"]


def test_the_homeassistant_layout_is_forgotten_by_its_own_tags(
    home: Home, influxdb: InfluxDB, database: str
) -> None:
    lines = ("°C,domain=sensor,entity_id=old value=1", "°C,domain=climate,entity_id=old value=1")
    influxdb.write("\n".join(lines), database)
    home.settings(sink(influxdb, database, 'layout = "homeassistant"'))
    assert run("forget", "sensor.old", "--yes").exit_code == 0
    assert [row["key"] for row in influxdb.query("SHOW SERIES", database)] == [
        "°C,domain=climate,entity_id=old"
    ]


# A server of 2018 does not take letters that Unicode has got since, whatever their escapes.
ODD = st.text(
    st.characters(max_codepoint=0x52F, exclude_categories=["C", "Z"], exclude_characters="/\\")
    | st.sampled_from(" '\"$;-.,"),
    min_size=1,
    max_size=12,
).filter(lambda text: text not in {".", ".."} and text == text.strip())


@given(database=ODD, place=ODD, field=ODD, entity=ODD, query=ODD)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_name_is_written_so_that_the_server_reads_it_back(
    influxdb: InfluxDB, database: str, place: str, field: str, entity: str, query: str
) -> None:
    keeper = InfluxV1Management(
        InfluxServer(name="main", url=influxdb.url),
        product="",
        database=f"odd {database}",
        policy="",
        mark="ours.",
    )
    sampling = Sampling(name=f"ours.{query}", source=OWN, target=f"p{place}", every=HOUR, fields=(field,))
    try:
        for step in (
            Make(OWN, 0),
            Make(f"p{place}", DAY),
            Sample(sampling),
            Alter(f"p{place}", DAY, 2 * DAY),
        ):
            keeper.carry_out(step)
        assert keeper.found() == Found({OWN: 0, f"p{place}": 2 * DAY}, frozenset({f"ours.{query}"}))
        keeper.carry_out(Unsample(f"ours.{query}"))
        assert keeper.found().samplings == frozenset()
        labels = Labels("sensor", {"entity_id": entity})
        assert keeper.traces(labels) == []
        keeper.forget(labels)
    finally:
        keeper._ask(f"DROP DATABASE {quoted(f'odd {database}')}")


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def test_who_may_not_is_told_what_it_takes(home: Home, tmp_path: Path) -> None:
    with InfluxDB(tmp_path, auth=True) as server:
        server.create_database("home")
        server.query("CREATE USER reader WITH PASSWORD 'secret'")
        server.query('GRANT READ ON "home" TO reader')
        declared = '[retention]\nraw = "7d"\n'
        home.settings(sink(server, "home", 'username = "admin"\npassword = "wr0ng"') + declared)
        wrong = run("plan")
        assert (wrong.exit_code, wrong.stdout) == (1, "")
        assert "check sinks.main.username and sinks.main.password" in wrong.stderr
        assert "wr0ng" not in wrong.stderr
        home.settings(sink(server, "home", 'username = "reader"\npassword = "secret"') + declared)
        reader = run("apply", "--yes")
        assert (reader.exit_code, "this takes an administrator" in reader.stderr) == (1, True), reader.output
        assert lives(server, "home") == {"autogen": "0s"}


def test_victoriametrics_says_what_it_cannot_do(home: Home, victoriametrics: VictoriaMetrics) -> None:
    home.settings(
        sink(victoriametrics, "home")
        + '[retention]\nraw = "365d"\n[[retention.keep]]\nname = "debug"\ninclude = ["sensor.debug_*"]\nraw = "7d"\n'
    )
    result = run("plan")
    assert result.exit_code == 0, result.output
    assert "nothing to do" in result.stdout
    assert "as its -retentionPeriod says" in result.stdout
    assert "one life for all" in result.stdout


def test_victoriametrics_forgets_an_entity(home: Home, victoriametrics: VictoriaMetrics) -> None:
    home.settings(sink(victoriametrics, "forgetting"))
    lines = b"sensor,entity_id=vm_old value=1\nlight,entity_id=vm_old value=1"
    http_call("POST", f"{victoriametrics.url}/write?db=forgetting", lines)
    wait_for(lambda: victoriametrics.export('{entity_id="vm_old"}'), 30, "the points")
    assert run("forget", "sensor.vm_old", "--yes").exit_code == 0
    left = [series["metric"]["__name__"] for series in victoriametrics.export('{entity_id="vm_old"}')]
    assert left == ["light_value"]


def test_a_running_bridge_writes_each_selection_into_its_place(
    home: Home, tmp_path: Path, mosquitto: Mosquitto, influxdb: InfluxDB, database: str
) -> None:
    declared: Json = {
        "retention": {
            "raw": "365d",
            "keep": [{"name": "energy", "include": ["sensor.*_energy"], "raw": "forever"}],
        },
    }
    routes = {"topic": "stream/#", "format": "statestream"}
    written = merged(influx(influxdb, database), declared)
    with BridgeProcess(tmp_path, mqtt(mosquitto, routes), written) as bridge:
        bridge.wait_up()
        entities = ("boiler_energy", "boiler_temperature")
        messages: list[Any] = [(f"stream/sensor/{entity}/state", "21.5", 1, False) for entity in entities]
        multiple(messages, hostname=HOST, port=mosquitto.port)
        wait_for(
            lambda: bridge.logged("sink in trouble"), 30, "the server to refuse a place that is not there"
        )
        assert "ha-bridge retention apply" in bridge.logged("sink in trouble")[0]["reason"]
        home.settings(toml(written))
        assert run("apply", "--yes").exit_code == 0

        def stored(query: str) -> list[str]:
            return [row["entity_id"] for row in influxdb.query(query, database)]

        energy, rest = (
            'SELECT value, entity_id FROM "energy"."sensor"',
            'SELECT value, entity_id FROM "autogen"."sensor"',
        )
        wait_for(lambda: stored(energy) == ["boiler_energy"], 30, "the energy in its policy")
        wait_for(lambda: stored(rest) == ["boiler_temperature"], 30, "all the rest")
        assert planned() == []


def test_a_running_bridge_deletes_from_its_own_store_what_has_lived_long_enough(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    path = tmp_path / "points.db"
    store = LocalStore(path)
    series = Series("sensor", {"entity_id": "kitchen"})
    now = ago(0) // 1000
    times = [*range(now - 8 * DAY * 10**6, now - 8 * DAY * 10**6 + 20_000), *range(now, now + 10)]
    store.deliver(store.encode([Point(series, {"value": 1.5}, time) for time in times]))
    store.close()
    declared: Json = {"sinks": {"local": {"kind": "local", "path": str(path)}}, "retention": {"raw": "7d"}}
    with BridgeProcess(
        tmp_path, mqtt(mosquitto, {"topic": "a/#", "format": "statestream"}), declared
    ) as bridge:
        bridge.wait_up()
        wait_for(lambda: LocalReader(path).count().values == 10, 30, "the old values to be deleted")
        assert [sample.time for sample in LocalReader(path).read(1, "value")] == times[-10:]


def test_a_running_bridge_summarises_its_own_store_before_it_deletes(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    path, there = tmp_path / "points.db", tmp_path / "points-1h.db"
    store = LocalStore(path)
    series = Series("sensor", {"entity_id": "kitchen"})
    hour = (ago(40 * DAY) // 1000) // (HOUR * 10**6) * HOUR * 10**6
    store.deliver(
        store.encode([Point(series, {"value": value}, hour + int(value)) for value in (1.0, 2.0, 6.0)])
    )
    store.close()
    declared: Json = {
        "sinks": {"local": {"kind": "local", "path": str(path)}},
        "retention": {"raw": "30d", "downsample": [{"every": "1h", "keep": "forever"}]},
    }
    with BridgeProcess(
        tmp_path, mqtt(mosquitto, {"topic": "a/#", "format": "statestream"}), declared
    ) as bridge:
        bridge.wait_up()
        wait_for(lambda: LocalReader(path).count().values == 0, 60, "the old values to be deleted")
    reader = LocalReader(there)
    found = {name: reader.read(1, name) for name in ("value", "value_min", "value_max", "value_last")}
    assert [(each.time, each.value) for name in found for each in found[name]] == [
        (hour, 3.0),
        (hour, 1.0),
        (hour, 6.0),
        (hour, 6.0),
    ]


def test_the_past_is_taken_along_as_the_page_says(home: Home, influxdb: InfluxDB, database: str) -> None:
    shown = toml_blocks("retention.md")[1].replace("http://localhost:8086", influxdb.url)
    shown = shown.replace('"home"', f'"{database}"')
    old = ago(400 * DAY)
    influxdb.write(
        f"sensor,entity_id=boiler_energy value=7 {old}\nsensor,entity_id=boiler value=8 {old}", database
    )
    home.settings(shown.replace('raw = "365d"', ""))
    assert run("apply", "--yes").exit_code == 0
    [copy] = blocks("retention.md", "influxql")
    influxdb.query(copy, database)
    home.settings(shown)
    assert [step["what"] for step in planned()] == [f"keep {database}/autogen"]
    assert run("apply", "--yes").exit_code == 0
    assert [row["value"] for row in influxdb.query('SELECT * FROM "energy"."sensor"', database)] == [7]


@pytest.mark.parametrize("number", range(3))
def test_what_the_page_shows_is_carried_out(
    home: Home, influxdb: InfluxDB, database: str, number: int
) -> None:
    blocks = toml_blocks("retention.md")
    assert len(blocks) == 3
    shown = blocks[number].replace("http://localhost:8086", influxdb.url).replace('"home"', f'"{database}"')
    home.settings(shown)
    assert planned()
    assert run("apply", "--yes").exit_code == 0
    assert planned() == []
    expected = [
        {"autogen": "8760h0m0s"},
        {"autogen": "8760h0m0s", "energy": "0s", "debug": "168h0m0s"},
        {"autogen": "720h0m0s", "1h": "0s"},
    ]
    assert lives(influxdb, database) == expected[number]
