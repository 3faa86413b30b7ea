"""The MQTT road."""

from collections.abc import Mapping, Sequence

from ha_bridge.domain.mqtt.acknowledgement import Acknowledgements
from ha_bridge.domain.mqtt.reader import MqttReader, Observed

from actors.address import Address
from actors.source import Source
from actors.worker import Post
from ha_bridge.domain.intake import Intake
from ha_bridge.domain.ports import MqttClient, MqttMessage, MqttOpener


class MqttConnection(Source[MqttMessage]):
    """Reads messages into events and acknowledges, in order of arrival, only what is settled."""

    def __init__(
        self,
        post: Post,
        intake: Intake,
        downstream: Address,
        open_client: MqttOpener,
        reader: MqttReader,
        acknowledgements: Acknowledgements,
        subscriptions: Mapping[str, int],
    ) -> None:
        super().__init__(post, intake, downstream)
        self._open = open_client
        self._reader = reader
        self._acknowledgements = acknowledgements
        self._subscriptions = subscriptions
        self._client: MqttClient | None = None

    def setup(self) -> None:
        self._acknowledgements.disconnected()
        self._client = self._open(self._subscriptions, self.arrived, self.lost)
        self._acknowledgements.connected(session_present=self._client.session_present)
        self.log.info("connected", extra={"session_present": self._client.session_present})
        self.resend()

    def take(self, raw: Sequence[MqttMessage]) -> None:
        now = self.post.clock.monotonic()
        observed: list[Observed] = []
        for message in raw:
            token = self._acknowledgements.arrived(message)
            if token is not None:
                observed += self._reader.read(message, token, now)
        self._observe(observed)

    def tick(self, now: float) -> None:
        self._observe(self._reader.due(now))

    def finish(self) -> None:
        self._observe(self._reader.due(float("inf")))

    def settled(self, seqs: Sequence[int]) -> None:
        self._acknowledgements.settled(seqs)
        self._acknowledge()

    def teardown(self) -> None:
        self._acknowledgements.disconnected()
        if self._client is not None:
            self._client.close()

    def _observe(self, observed: Sequence[Observed]) -> None:
        if not observed:
            self._acknowledge()
            return

    def _acknowledge(self) -> None:
        if self._client is not None:
            for mid, qos in self._acknowledgements.take():
                self._client.acknowledge(mid, qos)
