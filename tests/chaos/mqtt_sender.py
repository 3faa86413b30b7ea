"""Publishes numbers at QoS 1 and remembers which of them the broker has acknowledged."""

import json
import threading
from collections import deque
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from tests.chaos.book import Book
from tests.chaos.dice import dice_of
from tests.chaos.poison import Poison
from tests.system.servers.process import HOST

EPOCH_MICROS = 1_700_000_000_000_000
STEP_MICROS = 1_000
PAUSE = 0.02
PIECE = 4000
VALUE_EVERY = 4
DEVICES = 7
"""Neither divides the other, so that every device and meter has its turn."""


class MqttSender:
    """JSON with a time of its own on `chaos/json/…`, so that it may be delivered twice, and bare values on `chaos/value/…`.

    It connects again when it has lost the broker, and publishes again what was not acknowledged.
    """

    def __init__(self, port: int, seed: int) -> None:
        self.json, self.value, self.poison = Book(), Book(), Book()
        self.padding = 0
        """Bytes of noise, which no compression makes smaller, that go along with each JSON."""
        self._dice = dice_of(seed)
        self._books: dict[int, tuple[Book, int]] = {}  # by message id
        self._acknowledged: deque[int] = deque()
        self._poison: deque[Poison] = deque()
        self._number = self._values = 0
        self._going = threading.Event()
        self._going.set()
        self._over = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, "chaos-sender", clean_session=False)
        self._client.max_inflight_messages_set(200)
        self._client.on_publish = lambda _client, _data, mid, *_: self._acknowledged.append(mid)
        self._client.reconnect_delay_set(1, 1)
        self._client.connect(HOST, port)
        self._client.loop_start()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def books(self) -> tuple[Book, ...]:
        return self.json, self.value, self.poison

    @property
    def unanswered(self) -> int:
        """Messages that the broker has not acknowledged yet, or is yet to get."""
        return len(self._books) + len(self._poison)

    def add(self, poison: Poison) -> None:
        self._poison.append(poison)

    def pause(self) -> None:
        self._going.clear()

    def go_on(self) -> None:
        self._going.set()

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()

    def _run(self) -> None:
        while not self._over.wait(PAUSE):
            self._note_acknowledgements()
            if self._poison:
                self._poisoning(self._poison.popleft())
            elif self._going.is_set():
                self._send_next()

    def _send_next(self) -> None:
        self._number += 1
        self._publish(self.json, self._number, f"chaos/json/{self._number % DEVICES}", self._document())
        if self._number % VALUE_EVERY == 0:
            self._values += 1
            topic = f"chaos/value/{self._values % DEVICES}"
            self._publish(self.value, self._values, topic, str(self._values).encode())

    def _poisoning(self, poison: Poison) -> None:
        book = Book() if poison.leaves_nothing else self.poison
        self._publish(book, poison.number, poison.topic, poison.payload)

    def _document(self) -> bytes:
        document: dict[str, Any] = {"at": EPOCH_MICROS + self._number * STEP_MICROS, "value": self._number}
        if self.padding:
            # In pieces, because the bridge cuts long texts.
            document["noise"] = [self._dice.randbytes(PIECE // 2).hex() for _ in range(self.padding // PIECE)]
        return json.dumps(document).encode()

    def _publish(self, book: Book, number: int, topic: str, payload: bytes) -> None:
        book.send(number)
        # While there is no connection, paho keeps it for the next one.
        self._books[self._client.publish(topic, payload, qos=1).mid] = book, number

    def _note_acknowledgements(self) -> None:
        # Here and not in paho's thread, which may hear the answer before `publish` has returned the id.
        while self._acknowledged:
            if found := self._books.pop(self._acknowledged.popleft(), None):
                book, number = found
                book.acknowledge(number)
