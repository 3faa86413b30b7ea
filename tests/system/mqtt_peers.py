"""Who else is on the broker: a publisher that keeps account of what was acknowledged, and an eavesdropper."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from tests.system.servers import InfluxDB, Mosquitto
from tests.system.servers.process import HOST
from tests.waiting import wait_for

EPOCH = 1_700_000_000
PAUSE = 0.01

ROUTES: list[dict[str, Any]] = [
    {"topic": "meters/{meter}", "format": "value", "measurement": "meters"},
    {"topic": "devices/{device}", "format": "json", "measurement": "devices", "time": "at"},
]
"""What the bridge makes of a Flow."""


class Flow:
    """Publishes numbers at QoS 1, each once to a meter (a bare value) and once to a device (JSON with its own time).

    It connects again when it has lost the broker, and publishes again what was not acknowledged.
    """

    def __init__(self, broker: Mosquitto) -> None:
        self._numbers: dict[int, int] = {}  # by message id
        self._acknowledged: set[int] = set()  # message ids
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_publish = lambda _client, _data, mid, *_: self._acknowledged.add(mid)
        self._client.reconnect_delay_set(1, 1)
        self._client.connect(HOST, broker.port)
        self._client.loop_start()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._flow)
        self._thread.start()

    @property
    def acknowledged(self) -> list[int]:
        """The numbers of which the broker has acknowledged both messages."""
        numbers = Counter(self._numbers[mid] for mid in self._acknowledged & self._numbers.keys())
        return sorted(number for number, count in numbers.items() if count == 2)

    def wait_for(self, more: int) -> None:
        """Wait until so many numbers more are acknowledged."""
        goal = len(self.acknowledged) + more
        wait_for(lambda: len(self.acknowledged) >= goal, 60, f"{more} more numbers to be acknowledged")

    def stop(self) -> list[int]:
        """End it; returns all numbers, every one acknowledged."""
        self._over.set()
        self._thread.join()
        wait_for(lambda: self._acknowledged >= self._numbers.keys(), 60, "the last acknowledgements")
        return self.acknowledged

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()

    def _flow(self) -> None:
        number = 0
        while not self._over.wait(PAUSE):
            number += 1
            self._publish(f"meters/{number % 10}", number, str(number))
            self._publish(
                f"devices/{number % 10}", number, json.dumps({"at": EPOCH + number, "value": number})
            )

    def _publish(self, topic: str, number: int, payload: str) -> None:
        # While there is no connection, paho keeps it for the next one.
        self._numbers[self._client.publish(topic, payload, qos=1).mid] = number


@contextmanager
def flow(broker: Mosquitto) -> Iterator[Flow]:
    flowing = Flow(broker)
    try:
        yield flowing
    finally:
        flowing.close()


def stored(influxdb: InfluxDB, database: str, measurement: str) -> list[int]:
    """Return the numbers that InfluxDB has of a Flow, as often as it has them."""
    rows = influxdb.query(f"SELECT value FROM {measurement}", database)  # noqa: S608 - names of our own
    return sorted(int(row["value"]) for row in rows)


def wait_complete(flowing: Flow, influxdb: InfluxDB, database: str) -> Counter[int]:
    """End a flow and wait until InfluxDB has all that was acknowledged, what has a time of its own not twice.

    Returns how often each bare value is stored: one that the bridge was told twice has two times of receipt.
    """
    numbers = flowing.stop()
    assert numbers
    missing: dict[str, set[int]] = {}

    def complete() -> bool:
        for measurement in ("devices", "meters"):
            missing[measurement] = {*numbers} - {*stored(influxdb, database, measurement)}
        return not any(missing.values())

    try:
        wait_for(complete, 60)
    except AssertionError:
        raise AssertionError(
            f"of {len(numbers)} numbers acknowledged, these are not stored: {missing}"
        ) from None
    assert stored(influxdb, database, "devices") == numbers
    return Counter(stored(influxdb, database, "meters"))


@contextmanager
def eavesdropping(broker: Mosquitto, *topics: str) -> Iterator["list[MQTTMessage]"]:
    """Yield the list of all messages that come on the topics, but for those that the broker had kept."""
    heard: list[MQTTMessage] = []
    subscribed = threading.Event()
    client = Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _client, _data, message: None if message.retain else heard.append(message)
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect(HOST, broker.port)
    client.subscribe([(topic, 1) for topic in topics])
    client.loop_start()
    try:
        assert subscribed.wait(30)
        yield heard
    finally:
        client.disconnect()
        client.loop_stop()
