"""Who else is on the broker: a publisher that keeps account of what was acknowledged, and an eavesdropper."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from paho.mqtt.client import Client, MQTTMessage, MQTTMessageInfo
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


class Sent(NamedTuple):
    number: int
    info: MQTTMessageInfo


class Flow:
    """Publishes numbers at QoS 1, each once to a meter (a bare value) and once to a device (JSON with its own time).

    It connects again when it has lost the broker, and publishes again what was not acknowledged.
    """

    def __init__(self, broker: Mosquitto) -> None:
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.reconnect_delay_set(1, 1)
        self._client.connect(HOST, broker.port)
        self._client.loop_start()
        self._sent: list[Sent] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._flow)
        self._thread.start()

    @property
    def acknowledged(self) -> list[int]:
        """The numbers of which the broker has both messages, and of those it had to be told twice only the last."""
        by_number = Counter(sent.number for sent in list(self._sent) if sent.info.is_published())
        return sorted(number for number, count in by_number.items() if count == 2)

    def wait_for(self, more: int) -> None:
        """Wait until so many numbers more are acknowledged."""
        goal = len(self.acknowledged) + more
        wait_for(lambda: len(self.acknowledged) >= goal, 60, f"{more} more numbers to be acknowledged")

    def stop(self) -> list[int]:
        """End it; returns all numbers, every one acknowledged."""
        self._over.set()
        self._thread.join()
        wait_for(
            lambda: all(sent.info.is_published() for sent in self._sent), 60, "the last acknowledgements"
        )
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
        self._sent.append(Sent(number, self._client.publish(topic, payload, qos=1)))


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
