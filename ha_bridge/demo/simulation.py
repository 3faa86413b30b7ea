"""The simulated home at work: a ticking thread that lets it live and tells HA's WebSocket API and a broker about it."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ha_bridge.demo.hass import Hass
from ha_bridge.demo.hass_server import HassServer
from ha_bridge.demo.home import Home
from ha_bridge.demo.household import AREAS
from ha_bridge.demo.mqtt_broker import MqttBroker
from ha_bridge.demo.registries import Registries
from ha_bridge.demo.states import Change
from ha_bridge.demo.statestream import StateStream
from ha_bridge.demo.zigbee2mqtt import Zigbee2Mqtt

TICK_SECONDS = 0.1

# At high rates a tick is as long as this many changes take.
CHANGES_A_TICK = 250

# A patient simulation waits while a client has more than this to read; HA drops it at 4096.
PATIENCE = 1000
PAUSE_SECONDS = 0.0005

HISTORY_STEP_SECONDS = 1.0


class Simulation:
    """A home with `rate` changes per second on both roads, the same for a seed but for the times.

    `past`: seconds of life before the start, which HA's history knows. `patient`: wait for slow clients instead of
    dropping them as HA would; then `rate` is the most, not a promise. `mqtt`: publish on a broker too;
    `attributes`: with the attributes of every state, about five messages more.
    """

    def __init__(
        self,
        seed: int = 1,
        rate: float = 5.0,
        *,
        hass_port: int = 0,
        mqtt_port: int = 0,
        mqtt: bool = True,
        attributes: bool = True,
        past: float = 0.0,
        patient: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.home = Home(seed, rate)
        self.hass = HassServer(Hass(Registries(self.home.devices, AREAS)), hass_port, clock=clock)
        self.broker = MqttBroker(mqtt_port) if mqtt else None
        self.changes = 0
        self._streams = StateStream(attributes=attributes)
        self._zigbee = Zigbee2Mqtt(self.home.devices)
        self._past = past
        self._patient = patient
        self._clock = clock
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def settings(self) -> dict[str, Any]:
        """Give the settings that point the bridge at this home, as they would stand in settings.toml."""
        settings: dict[str, Any] = {"home_assistant": {"url": self.hass.url, "token": self.hass.token}}
        if self.broker is not None:
            mqtt = {"enabled": True, "host": "127.0.0.1", "port": self.broker.port, "routes": ROUTES}
            settings["mqtt"] = mqtt
        return settings

    def start(self) -> None:
        """Let the past happen, open the ports, and go on living. Raises OSError when a port is taken."""
        self._begin()
        self.hass.start()
        if self.broker is not None:
            try:
                self.broker.start()
            except OSError:
                self.hass.stop()
                raise
        self._stopping.clear()
        self._thread = threading.Thread(target=self._live, name="simulation", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop living, then close the ports."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self.hass.stop()
        if self.broker is not None:
            self.broker.stop()

    def set_state(self, entity_id: str, state: str, attributes: Mapping[str, Any] | None = None) -> None:
        """Set the state of any entity, on both roads."""
        with self._lock:
            self._tell(self.home.set_state(entity_id, state, attributes or {}, self._clock()))

    def tick(self) -> None:
        """Let the home live until now, and tell."""
        with self._lock:
            self._tell(self.home.step(self._clock()))

    def _begin(self) -> None:
        """Live through the past; the broker keeps what HA would have published last."""
        now = self._clock()
        start = now - self._past
        for step in range(int(self._past / HISTORY_STEP_SECONDS) + 1):
            self.hass.publish(self.home.step(start + step * HISTORY_STEP_SECONDS))
        self._past = 0.0
        if self.broker is not None:
            known = [message for state in self.home.states for message in self._streams.of(state)]
            self.broker.publish_all([*self._zigbee.hello(), *known])

    def _live(self) -> None:
        while not self._stopping.wait(min(TICK_SECONDS, CHANGES_A_TICK / max(self.home.rate, 1))):
            if self._patient:
                self._wait_for_clients()
            self.tick()

    def _wait_for_clients(self) -> None:
        while self._backlog() > PATIENCE and not self._stopping.wait(PAUSE_SECONDS):
            pass

    def _backlog(self) -> int:
        return max(self.hass.backlog, 0 if self.broker is None else self.broker.backlog)

    def _tell(self, changes: Sequence[Change]) -> None:
        """Tell in the order of the real thing: the device tells HA, HA its clients, and one of those is MQTT."""
        self.changes += len(changes)
        if self.broker is not None:
            self.broker.publish_all(self._zigbee.messages(changes))
        self.hass.publish(changes)
        if self.broker is not None:
            self.broker.publish_all(self._streams.messages(changes))


# The routes of the bridge that take what is published here.
ROUTES: list[dict[str, Any]] = [
    {"topic": "statestream/#", "format": "statestream"},
    {
        "topic": "zigbee2mqtt/{device#}",
        "format": "json",
        "measurement": "zigbee2mqtt",
        "time": "last_seen",
        "exclude": ["zigbee2mqtt/bridge/#", "zigbee2mqtt/+/availability", "zigbee2mqtt/+/+/availability"],
    },
]
