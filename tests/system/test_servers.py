"""The servers of these tests are real, answer, and come back after a restart and after a kill."""

import json
import queue
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.publish import single

from tests.system.servers import HomeAssistant, InfluxDB, Mosquitto, VictoriaMetrics
from tests.system.servers.http_call import HttpError
from tests.system.servers.process import HOST, accepts_connections
from tests.waiting import wait_for

pytestmark = pytest.mark.system

NANOSECONDS = 1_600_000_000_123_456_789


@contextmanager
def subscription(broker: Mosquitto, topic: str) -> Iterator["queue.Queue[MQTTMessage]"]:
    """Yield what arrives on `topic`; the subscription stands when the block begins."""
    subscribed: queue.Queue[bool] = queue.Queue()
    messages: queue.Queue[MQTTMessage] = queue.Queue()
    client = Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _client, _userdata, message: messages.put(message)
    client.on_subscribe = lambda *_: subscribed.put(True)
    client.connect(HOST, broker.port)
    client.subscribe(topic, qos=1)
    client.loop_start()
    try:
        subscribed.get(timeout=10)
        yield messages
    finally:
        client.disconnect()
        client.loop_stop()


def test_mosquitto_carries_a_message(mosquitto: Mosquitto) -> None:
    with subscription(mosquitto, "home/#") as messages:
        single("home/lamp", "on", qos=1, hostname=HOST, port=mosquitto.port)
        assert messages.get(timeout=10).payload == b"on"


def test_a_persistent_mosquitto_keeps_its_retained_messages_over_a_restart(tmp_path: Path) -> None:
    with Mosquitto(tmp_path, persistence=True) as broker:
        single("home/lamp", "on", qos=1, retain=True, hostname=HOST, port=broker.port)
        broker.restart()
        with subscription(broker, "home/lamp") as messages:
            assert messages.get(timeout=10).payload == b"on"


def answer_to(broker: Mosquitto, user: str, password: str) -> str:
    """Return what the broker says to a client that comes over TLS with this account."""
    assert broker.certificate is not None
    answers: queue.Queue[str] = queue.Queue()
    client = Client(CallbackAPIVersion.VERSION2)
    client.tls_set_context(ssl.create_default_context(cafile=str(broker.certificate.file)))
    client.username_pw_set(user, password)
    client.on_connect = lambda _client, _userdata, _flags, reason, _properties: answers.put(str(reason))
    client.connect("localhost", broker.port)
    client.loop_start()
    try:
        return answers.get(timeout=10)
    finally:
        client.disconnect()
        client.loop_stop()


def test_mosquitto_asks_for_a_password_over_tls(tmp_path: Path) -> None:
    with Mosquitto(tmp_path, users={"bridge": "secret"}, tls=True) as broker:
        assert answer_to(broker, "bridge", "wrong") == "Not authorized"
        assert answer_to(broker, "bridge", "secret") == "Success"


def test_influxdb_gives_back_the_line_written(influxdb: InfluxDB, database: str) -> None:
    influxdb.write(f'°C,entity_id=kitchen value=21.5,unit="K" {NANOSECONDS}', database)
    (row,) = influxdb.query('SELECT * FROM "°C"', database)
    assert row == {
        "measurement": "°C",
        "time": NANOSECONDS,
        "entity_id": "kitchen",
        "value": 21.5,
        "unit": "K",
    }


def test_influxdb_keeps_its_points_over_a_kill(influxdb: InfluxDB, database: str) -> None:
    influxdb.write(f"light,entity_id=bed value=1 {NANOSECONDS}", database)
    influxdb.kill()
    assert not accepts_connections(influxdb.port)
    influxdb.start()
    assert influxdb.query("SELECT value FROM light GROUP BY entity_id", database) == [
        {"measurement": "light", "time": NANOSECONDS, "entity_id": "bed", "value": 1}
    ]


def test_influxdb_with_auth_refuses_strangers(tmp_path: Path) -> None:
    with InfluxDB(tmp_path, auth=True) as server:
        server.create_database("home")
        server.restart()
        assert {"measurement": "databases", "name": "home"} in server.query("SHOW DATABASES")
        server.auth = False
        with pytest.raises(HttpError, match="401"):
            server.query("SHOW DATABASES")


def test_victoriametrics_exports_the_line_written(victoriametrics: VictoriaMetrics) -> None:
    victoriametrics.write(f"light,entity_id=bed value=1 {NANOSECONDS}")
    (series,) = victoriametrics.export('{entity_id="bed"}')
    assert series == {
        "metric": {"__name__": "light_value", "entity_id": "bed"},
        "values": [1],
        "timestamps": [NANOSECONDS // 1_000_000],
    }


def test_home_assistant_lets_its_owner_in(hass: HomeAssistant) -> None:
    assert hass.rest.call("GET", "/api/") == {"message": "API running."}
    version = hass.rest.call("GET", "/api/config")["version"]
    assert version == "2024.3.3" if hass.version == "2024.3.3" else version > "2026"


def test_home_assistant_sends_its_entities_and_then_their_changes(hass: HomeAssistant) -> None:
    with hass.websocket() as socket:
        entities = socket.subscribe("subscribe_entities")
        snapshot = socket.next_event(entities)["a"]
        assert len(snapshot) >= 97
        hass.rest.set_state("sensor.servers", "21.5", {"unit_of_measurement": "°C"})
        event = socket.next_event(entities)
        while "sensor.servers" not in event.get("a", {}):
            event = socket.next_event(entities)
    added = event["a"]["sensor.servers"]
    assert (added["s"], added["a"]) == ("21.5", {"unit_of_measurement": "°C"})
    hass.rest.remove_state("sensor.servers")


def test_home_assistant_keeps_token_and_port_over_a_kill(hass: HomeAssistant) -> None:
    url, token = hass.url, hass.token
    hass.kill()
    assert not accepts_connections(hass.port)
    hass.start()
    assert (hass.url, hass.token) == (url, token)
    assert hass.rest.states()


def test_the_http_section_is_not_on_trial(hass_newest: HomeAssistant) -> None:
    hass_newest.restart()
    with hass_newest.websocket() as socket:
        config = socket.command("http/config")
    assert config["pending"] is None
    assert config["revert_at"] is None


def test_home_assistant_publishes_states_one_topic_each(hass_with_mqtt: HomeAssistant) -> None:
    assert hass_with_mqtt.broker is not None
    with subscription(hass_with_mqtt.broker, "statestream/sensor/streamed/#") as messages:
        state = hass_with_mqtt.rest.set_state("sensor.streamed", "21.5", {"friendly_name": "A lamp"})
        arrived = [messages.get(timeout=10) for _ in range(4)]
    assert [(message.topic.rpartition("/")[2], message.payload.decode()) for message in arrived] == [
        ("state", "21.5"),
        ("last_updated", state["last_updated"]),
        ("last_changed", state["last_changed"]),
        ("friendly_name", '"A lamp"'),
    ]


def test_home_assistant_publishes_events_whole(hass_with_mqtt: HomeAssistant) -> None:
    assert hass_with_mqtt.broker is not None
    with subscription(hass_with_mqtt.broker, "eventstream") as messages:
        state = hass_with_mqtt.rest.set_state("sensor.evented", "21.5")

        def our_event() -> dict[str, object]:
            event = json.loads(messages.get(timeout=10).payload)
            return event if event["event_data"].get("entity_id") == "sensor.evented" else {}

        event = wait_for(our_event, 10, "the event of sensor.evented")
    assert event["event_type"] == "state_changed"
    assert isinstance(event["event_data"], dict)
    assert event["event_data"]["new_state"] == state
