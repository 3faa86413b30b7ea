"""`ha-bridge retention` where no server is needed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ha_bridge.adapters.local_reader import LocalReader
from ha_bridge.adapters.local_store import LocalStore
from ha_bridge.commands.retention import retention
from ha_bridge.domain.points import Point, Series
from tests.http_double import free_port
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
