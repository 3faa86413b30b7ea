"""The endpoints over real HTTP."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3
from prometheus_client.parser import text_string_to_metric_families

from ha_bridge.domain.board import Board
from ha_bridge.domain.events import Disposition
from ha_bridge.domain.failures import Lost
from ha_bridge.domain.histogram import Histogram
from ha_bridge.domain.metrics import (
    CIRCUIT_OPEN,
    DEAD_LETTERS,
    EVENTS_IN_FLIGHT,
    EVENTS_RECEIVED,
    EVENTS_SETTLED,
    JOURNAL_POINTS,
    MEASUREMENT_SERIES,
    POINTS_WRITTEN,
    WRITE_SECONDS,
)
from ha_bridge.domain.supervision import ChildState, Health
from ha_bridge.web.endpoints import create
from ha_bridge.web.server import WebServer
from tests.making import ManualClock


class Site:
    """A board with its server."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.board = Board("1.2.3", self.clock.micros(), silence=30)
        self.server = WebServer(create(self.board, self.clock.micros), "127.0.0.1", 0)

    def get(self, path: str) -> tuple[int, Any]:
        response = urllib3.request("GET", self.server.url + path, retries=False, timeout=5)
        is_json = "json" in response.headers["Content-Type"]
        return response.status, response.json() if is_json else response.data.decode()

    def say(self, **states: ChildState) -> None:
        children = [Health(name, state, "because", self.clock.micros(), 2) for name, state in states.items()]
        self.board.supervised(children, self.clock.micros())


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.server.close()
    assert not made.server.running


def test_health_tells_every_part_with_state_reason_and_since(site: Site) -> None:
    site.say(mqtt=ChildState.UP, web=ChildState.DEGRADED)
    site.clock.now += 1.5
    status, answer = site.get("/health")
    assert status == 200
    assert answer["status"] == "degraded"
    assert (answer["version"], answer["uptime"]) == ("1.2.3", 1.5)
    assert answer["children"]["mqtt"] == {
        "state": "up",
        "reason": "because",
        "since": "1970-01-01T00:16:40.000+00:00",
        "restarts": 2,
    }


@pytest.mark.parametrize("state", [ChildState.DOWN, ChildState.STARTING, ChildState.RESTARTING])
def test_a_part_that_does_not_work_makes_it_unready(site: Site, state: ChildState) -> None:
    site.say(mqtt=state)
    assert [site.get(path)[0] for path in ("/health", "/health/ready", "/health/live")] == [503, 503, 200]


def test_a_silent_supervisor_makes_it_dead(site: Site) -> None:
    site.say(mqtt=ChildState.UP)
    assert [site.get(path)[0] for path in ("/health/live", "/health/ready")] == [200, 200]
    site.clock.now += 31
    assert [site.get(path)[0] for path in ("/health/live", "/health/ready")] == [503, 503]


def test_metrics_are_what_prometheus_reads(site: Site) -> None:
    histogram = Histogram((0.1, 1))
    histogram.observe([0.05, 0.5, 5])
    site.board.reported(
        "x",
        {
            EVENTS_RECEIVED: {("mqtt",): 7},
            EVENTS_IN_FLIGHT: {("mqtt",): 3},
            WRITE_SECONDS: {("main",): histogram.buckets()},
        },
    )
    site.say(mqtt=ChildState.UP)
    status, text = site.get("/metrics")
    assert status == 200
    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["ha_bridge_events_received_total", "mqtt"] == 7
    assert samples["ha_bridge_events_in_flight", "mqtt"] == 3
    assert samples["ha_bridge_child_up", "mqtt"] == 1
    assert samples["ha_bridge_write_seconds_bucket", "1.0", "main"] == 2
    assert samples["ha_bridge_write_seconds_bucket", "+Inf", "main"] == 3
    assert samples["ha_bridge_write_seconds_count", "main"] == 3
    assert samples["ha_bridge_write_seconds_sum", "main"] == 5.55
    assert samples["process_resident_memory_bytes",] > 0


def test_the_status_has_health_ledgers_and_the_numbers_of_the_sinks(site: Site) -> None:
    histogram = Histogram((0.1, 1))
    histogram.observe([0.5, 1.5])
    site.board.reported(
        "x",
        {
            EVENTS_RECEIVED: {("mqtt",): 7},
            EVENTS_SETTLED: {("mqtt", "written"): 4},
            EVENTS_IN_FLIGHT: {("mqtt",): 3},
            POINTS_WRITTEN: {("main",): 4, ("other",): 0},
            WRITE_SECONDS: {("main",): histogram.buckets()},
            CIRCUIT_OPEN: {("other",): 1.0},
            DEAD_LETTERS: {(): 2},
            JOURNAL_POINTS: {("main",): 7},
        },
    )
    site.say(mqtt=ChildState.DOWN)
    status, answer = site.get("/api/status")
    assert status == 200
    assert answer["health"] == site.get("/health")[1]
    mqtt = answer["sources"]["mqtt"]
    assert (mqtt["received"], mqtt["settled"]["written"], mqtt["in_flight"]) == (7, 4, 3)
    assert set(mqtt["settled"]) == {each.value for each in Disposition}
    assert answer["sinks"]["main"]["written"] == 4
    assert answer["sinks"]["main"]["write_seconds"] == 1
    assert answer["sinks"]["other"]["write_seconds"] is None
    assert [answer["sinks"][name]["circuit_open"] for name in ("main", "other")] == [False, True]
    assert answer["journal"] == {
        "bytes": 0,
        "dead_letters": 2,
        "gaps_open": 0,
        "gap_seconds": 0,
        "full": False,
        "points": {"main": 7},
    }
    assert answer["deduplicator"] == {"held": 0, "remembered": 0}


def test_the_index_names_endpoints_that_are_there(site: Site) -> None:
    status, index = site.get("/")
    assert status == 200
    assert {site.get(path)[0] for path in index} <= {200, 503}


def test_the_parts_stand_in_the_order_of_their_start(site: Site) -> None:
    site.say(web=ChildState.UP, mqtt=ChildState.UP, deduplicator=ChildState.UP)
    assert list(site.get("/health")[1]["children"]) == ["web", "mqtt", "deduplicator"]


def test_an_unknown_page_is_not_found_and_nothing_can_be_changed(site: Site) -> None:
    assert site.get("/nothing")[0] == 404
    assert urllib3.request("POST", site.server.url + "/health", retries=False).status == 405


def test_a_port_in_use_is_said_with_the_mend() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Lost, match=rf"cannot listen on 127.0.0.1:{port}.*web.port"):
            WebServer(create(Board("1", 0), lambda: 0), "127.0.0.1", port)


@pytest.mark.parametrize("host", ["localhost", "::1"])
def test_it_listens_on_names_and_on_ipv6(host: str) -> None:
    server = WebServer(create(Board("1", 0), lambda: 0), host, 0)
    assert urllib3.request("GET", server.url + "/health/ready", retries=False, timeout=5).status == 503
    server.close()


def test_the_largest_measurements_of_a_sink_are_told(site: Site) -> None:
    series: dict[tuple[str, ...], float] = {
        ("main", "sensor"): 7,
        ("main", "light"): 2,
        ("other", "sensor"): 1,
    }
    site.board.reported("filter", {MEASUREMENT_SERIES: series, POINTS_WRITTEN: {("main",): 1}})
    _, answer = site.get("/api/status")
    assert answer["sinks"]["main"]["measurements"] == {"sensor": 7, "light": 2}
    _, text = site.get("/metrics")
    assert 'ha_bridge_measurement_series{measurement="sensor",sink="main"} 7.0' in text
