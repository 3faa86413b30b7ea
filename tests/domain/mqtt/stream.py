"""Home Assistant's statestream, published to a reader piece by piece."""

from ha_bridge.domain.events import StateEvent
from ha_bridge.domain.mqtt.observed import Observed
from ha_bridge.domain.mqtt.reader import MqttReader
from ha_bridge.domain.mqtt.routes import Route
from tests.domain.mqtt.messages import RECEIVED, STAMP, message

QUIET = 0.25


class Stream:
    """Home Assistant publishing about entities, and a clock that moves only when told."""

    def __init__(self) -> None:
        self.reader = MqttReader([Route("ha/#", "statestream")], QUIET)
        self.now = 100.0
        self.token = 0

    def send(
        self, key: str, payload: str | bytes, entity: str = "sensor/a", *, retain: bool = False
    ) -> list[Observed]:
        self.token += 1
        topic = f"ha/{entity}/{key}"
        return self.reader.read(
            message(topic, payload, retain=retain, received=RECEIVED + self.token), self.token, self.now
        )

    def change(
        self, state: str, stamp: str = STAMP, entity: str = "sensor/a", **attributes: str
    ) -> list[Observed]:
        observed = self.send("state", state, entity)
        observed += self.send("last_updated", stamp, entity)
        observed += self.send("last_changed", stamp, entity)
        for key, value in attributes.items():
            observed += self.send(key, value, entity)
        return observed

    def wait(self) -> list[Observed]:
        self.now += QUIET
        return self.reader.due(self.now)

    def learn(self, **attributes: str) -> None:
        """Two whole changes, after which the next is known to be whole without waiting."""
        for state in "12":
            assert self.change(state, **attributes) == []
            assert len(self.wait()) == 1


def events(observed: list[Observed]) -> list[StateEvent]:
    assert all(isinstance(each.event, StateEvent) for each in observed)
    return [each.event for each in observed if isinstance(each.event, StateEvent)]
