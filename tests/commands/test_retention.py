"""`ha-bridge retention` where no server is needed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ha_bridge.adapters.local.reader import LocalReader
from ha_bridge.adapters.local.store import LocalStore
from ha_bridge.commands.retention import retention
from ha_bridge.domain.points import Point, Series
from tests.http_double import free_port, served
from tests.influx2_double import Influx2Double
from tests.settings_home import Home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return Home(tmp_path)


def run(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(retention, arguments, input=answer)


def stored(*entities: str) -> LocalReader:
    path = Path("data/ha-bridge.db")
    store = LocalStore(path)
    points = [Point(Series("sensor", {"entity_id": entity}), {"value": 1.5}, 1) for entity in entities]
    store.deliver(store.encode(points))
    store.close()
    return LocalReader(path)


def test_nothing_declared_says_where_to_declare(home: Home) -> None:
    assert "nothing is declared: see [retention]" in run("plan").stdout
    assert json.loads(run("plan", "--json").stdout) == {"steps": [], "notes": []}


def test_the_local_store_needs_no_apply(home: Home) -> None:
    home.settings('[retention]\nraw = "30d"\n')
    stored("old")
    shown = run("apply").stdout
    assert "nothing to do" in shown
    assert "data/ha-bridge.db: the running bridge deletes what is older; 1 values are" in shown
    [note] = json.loads(run("plan", "--json").stdout)["notes"]
    assert note["sink"] == "local"


def test_an_entity_is_forgotten_when_asked_and_answered(home: Home) -> None:
    reader = stored("old", "other")
    assert run("forget", "sensor.old", answer="n\n").exit_code == 1
    assert reader.count().values == 2
    result = run("forget", "sensor.old", answer="y\n")
    assert (result.exit_code, "deleted" in result.stdout) == (0, True)
    assert reader.count().values == 1


def test_nothing_to_forget_is_said(home: Home) -> None:
    assert "there is nothing of that" in run("forget", "sensor.old").stdout


@pytest.mark.parametrize("arguments", [("forget", "old"), ("plan", "--sink", "x"), ("forget",)])
def test_a_wrong_use_is_a_usage_error(home: Home, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_wrong_settings_and_a_server_that_is_away_are_said(home: Home) -> None:
    home.settings('[retention]\nraw = "x"\n')
    wrong = run("plan")
    assert (wrong.exit_code, "retention.raw" in wrong.stderr) == (1, True)
    url = f"http://127.0.0.1:{free_port()}"
    home.settings(
        f'[sinks.main]\nkind = "influxdb"\nurl = "{url}"\nbucket = "home"\n[retention]\nraw = "7d"\n'
    )
    away = run("plan")
    assert (away.exit_code, url in away.stderr) == (1, True)


DECLARED = """
[retention]
raw = "30d"
[[retention.keep]]
name = "energy"
include = ["sensor.*_energy"]
raw = "forever"
[[retention.downsample]]
every = "1h"
keep = "forever"
"""


def test_buckets_and_tasks_become_as_declared_and_a_second_apply_finds_nothing(home: Home) -> None:
    with Influx2Double() as server, served(server):
        sink = f'[sinks.main]\nkind = "influxdb"\nurl = "{server.url}"\nbucket = "home"\norg = "my org"\n'
        home.settings(sink + DECLARED)
        steps = json.loads(run("plan", "--json").stdout)["steps"]
        assert [step["what"] for step in steps] == [
            "make home",
            "make home/energy",
            "make home/1h",
            "summarise home in home/1h every 1h: value",
            "summarise home/energy in home/1h every 1h: value",
        ]
        assert run("apply", "--yes").exit_code == 0
        assert server.lives() == {"home": 30 * 86400, "home/energy": 0, "home/1h": 0}
        assert len(server.tasks) == 2
        assert "nothing to do" in run("apply").stdout

        home.settings(f'{sink}[retention]\nraw = "7d"\n')
        shown = run("apply", answer="n\n")
        assert (shown.exit_code, "all before 20" in shown.stdout) == (1, True)
        assert (server.lives()["home"], len(server.tasks)) == (30 * 86400, 2)
        assert run("apply", answer="y\n").exit_code == 0
        assert server.lives() == {"home": 7 * 86400, "home/energy": 0, "home/1h": 0}
        assert server.tasks == {}
        assert json.loads(run("plan", "--json").stdout)["steps"] == []


def test_tasks_of_ours_that_nobody_declares_any_longer_are_shown_and_ended(home: Home) -> None:
    with Influx2Double() as server, served(server):
        sink = f'[sinks.main]\nkind = "influxdb"\nurl = "{server.url}"\nbucket = "home"\norg = "my org"\n'
        home.settings(sink + DECLARED)
        assert run("apply", "--yes").exit_code == 0
        server.tasks["0"] = {"id": "0", "orgID": "x", "name": "their own", "flux": "x", "status": "active"}
        home.settings(sink)
        shown = run("plan").stdout
        assert shown.count("no more summaries by ha_bridge.main.1h.") == 2
        assert run("apply", answer="n\n").exit_code == 1
        assert len(server.tasks) == 3
        assert run("apply", answer="y\n").exit_code == 0
        assert server.names() == ["their own"]
        assert server.lives() == {"home": 30 * 86400, "home/energy": 0, "home/1h": 0}
        assert "nothing is declared" in run("plan").stdout


def test_a_server_for_which_nothing_is_declared_does_not_stand_in_the_way(home: Home) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    home.settings(f'[sinks.main]\nkind = "influxdb"\nurl = "{url}"\nbucket = "home"\n')
    result = run("plan")
    assert result.exit_code == 0
    assert (
        "main: nothing is declared for it, and whether earlier summaries go on is not known" in result.stdout
    )
    [note] = json.loads(run("plan", "--json").stdout)["notes"]
    assert url in note["note"]


def test_summaries_for_a_sink_of_another_name_are_told_and_left_alone(home: Home) -> None:
    with Influx2Double() as server, served(server):
        sink = f'kind = "influxdb"\nurl = "{server.url}"\nbucket = "home"\norg = "my org"\n'
        home.settings(f"[sinks.main]\n{sink}{DECLARED}")
        assert run("apply", "--yes").exit_code == 0
        home.settings(f'[sinks.renamed]\n{sink}[retention]\nraw = "30d"\n')
        shown = run("apply", "--yes").stdout
        assert "nothing to do" in shown
        assert shown.count("summarises for a sink that is not in these settings") == 2
        assert len(server.tasks) == 2


def test_forgetting_asks_influxdb_2_to_delete_in_every_bucket(home: Home) -> None:
    with Influx2Double() as server, served(server):
        sink = f'[sinks.main]\nkind = "influxdb"\nurl = "{server.url}"\nbucket = "home"\norg = "my org"\n'
        home.settings(sink + DECLARED)
        assert run("apply", "--yes").exit_code == 0
        assert run("forget", "sensor.old", "--yes").exit_code == 0
        assert {each["bucket"] for each in server.deleted} == {"home", "home/energy", "home/1h"}
        assert {each["predicate"] for each in server.deleted} == {
            '_measurement="sensor" AND "entity_id"="old"'
        }


def test_what_two_sinks_share_is_done_once(home: Home) -> None:
    with Influx2Double() as server, served(server):
        same = f'kind = "influxdb"\nurl = "{server.url}"\nbucket = "home"\norg = "my org"\n'
        home.settings(f'[sinks.main]\n{same}[sinks.twin]\n{same}layout = "homeassistant"\n{DECLARED}')
        applied = run("apply", "--yes")
        assert applied.exit_code == 0, applied.stderr
        assert sorted(server.lives()) == ["home", "home/1h", "home/energy"]
        assert sorted(name.split(".")[1] for name in server.names()) == ["main", "main", "twin", "twin"]
        assert json.loads(run("plan", "--json").stdout)["steps"] == []
