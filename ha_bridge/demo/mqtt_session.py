"""What a broker remembers of one client: its subscriptions, and the messages it has not acknowledged. Pure."""

from collections import deque

from ha_bridge.demo import mqtt_packets as wire
from ha_bridge.demo.mqtt_packets import Connect, Message, Subscription

# The most packets that are made at once for a client that is far behind.
AT_ONCE = 1000


class Session:
    """Survives its connections for as long as its expiry says. `most`: messages queued before any is dropped."""

    def __init__(self, client_id: str, most: int) -> None:
        self.client_id = client_id
        self.subscriptions: dict[str, Subscription] = {}
        self.expiry = 0
        self.expires: float | None = None
        self.dropped = 0
        self._most = most
        self._queue: deque[Message] = deque()
        self._in_flight: dict[int, Message] = {}
        self._again: deque[int] = deque()
        self._last_mid = 0
        self._connect: Connect | None = None

    @property
    def backlog(self) -> int:
        """Messages that wait to be sent."""
        return len(self._queue) + len(self._again)

    @property
    def in_flight(self) -> int:
        """Messages that were sent and wait for an acknowledgement."""
        return len(self._in_flight) - len(self._again)

    def attach(self, connect: Connect) -> None:
        """Serve a connection: what was not acknowledged on the last one is sent again."""
        self._connect = connect
        self.expiry = connect.expiry
        self.expires = None
        self._again = deque(self._in_flight)

    def detach(self, now: float) -> None:
        """Wait for the next connection; messages of QoS 0 do not."""
        self._connect = None
        self.expires = None if self.expiry == wire.FOR_EVER else now + self.expiry
        self._again.clear()
        self._queue = deque(message for message in self._queue if message.qos)

    def expired(self, now: float) -> bool:
        return self.expires is not None and now >= self.expires

    def offer(self, message: Message) -> None:
        """Queue a message for the client, or drop it when there are too many already."""
        if self._connect is None and not message.qos:
            return
        if len(self._queue) >= self._most:
            self.dropped += 1
            return
        self._queue.append(message)

    def ready(self) -> bool:
        """Tell whether there is something the client may be sent."""
        if self._connect is None or not (self._again or self._queue):
            return False
        numbered = bool(self._again or self._queue[0].qos)
        return not numbered or self.in_flight < self._connect.receive_maximum

    def take(self) -> list[bytes]:
        """Give the packets to send, and keep those that need an acknowledgement."""
        packets: list[bytes] = []
        while self._connect is not None and self.ready() and len(packets) < AT_ONCE:
            send = self._resend if self._again else self._send
            packets += send(self._connect)
        return packets

    def acknowledge(self, mid: int) -> None:
        self._in_flight.pop(mid, None)

    def _send(self, connect: Connect) -> list[bytes]:
        message = self._queue.popleft()
        mid = self._next_mid() if message.qos else 0
        packet = wire.publish(connect.level, message, mid)
        if len(packet) > connect.maximum_packet:
            self.dropped += 1
            return []
        if message.qos:
            self._in_flight[mid] = message
        return [packet]

    def _resend(self, connect: Connect) -> list[bytes]:
        mid = self._again.popleft()
        message = self._in_flight.get(mid)
        return [] if message is None else [wire.publish(connect.level, message, mid, dup=True)]

    def _next_mid(self) -> int:
        self._last_mid = self._last_mid % 65535 + 1
        while self._last_mid in self._in_flight:
            self._last_mid = self._last_mid % 65535 + 1
        return self._last_mid
