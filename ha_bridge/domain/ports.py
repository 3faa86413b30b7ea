"""How the actors see the outside world. Adapters fulfil these; nothing here knows a library."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from ha_bridge.domain.events import Event
from ha_bridge.domain.field_types import Held
from ha_bridge.domain.points import Point
from ha_bridge.domain.records import Contents, DeadLetter, Gap, Kept
from ha_bridge.domain.retention import Found, Labels, Step, Wanted


class Clock(Protocol):
    """`monotonic` in seconds since an arbitrary moment, `micros` in microseconds since the Unix epoch."""

    def monotonic(self) -> float: ...

    def micros(self) -> int: ...


class Layout(Protocol):
    """The shape a sink wants: an event in, zero or more points out.

    The same event gives the same points, as long as Home Assistant's registries say the same of its entity.

    `attributes` of a StateEvent are those of the event or, where the road carries none, the latest known ones
    (the caller sees to it); they may still be None.
    """

    def points(self, event: Event) -> Sequence[Point]: ...


class Sink(Protocol):
    """Takes points for ever. `encode` is pure and quick; `deliver` blocks, at most for the sink's own timeout.

    `deliver` returns when the points are durable and raises Unavailable, Refused, TooLarge or Rejected (failures.py).
    A payload may be delivered again: the same bytes give the same points. `split` cuts one in two, the first `at`
    points and the rest.
    """

    def encode(self, points: Sequence[Point]) -> bytes: ...

    def split(self, payload: bytes, at: int) -> tuple[bytes, bytes]: ...

    def deliver(self, payload: bytes) -> None: ...

    def close(self) -> None: ...


class Inventory(Protocol):
    """Tells what a sink's server holds of some measurements. It blocks, at most for two of the sink's timeouts.

    Raises Unavailable or Refused where it is not told.
    """

    def held(self, measurements: Sequence[str]) -> Held: ...


class Keeper(Protocol):
    """What a sink's server is told about how long data live. All but `place` raise Unavailable and Refused.

    `product` says what it is, `place` names a place in its own words. `found` is None where nothing can be told;
    `notes` say what then, or what happens without being told. `traces` lists what `forget` would delete of the points
    with these labels.
    """

    product: str

    def place(self, name: str) -> str: ...

    def found(self) -> Found | None: ...

    def notes(self, wanted: Wanted) -> list[str]: ...

    def carry_out(self, step: Step) -> None: ...

    def traces(self, labels: Labels) -> list[str]: ...

    def forget(self, labels: Labels) -> None: ...


class Socket(Protocol):
    """An open WebSocket. `send` may be called from any thread; raises Lost."""

    def send(self, frame: str) -> None: ...

    def close(self) -> None: ...


class SocketOpener(Protocol):
    """Opens a WebSocket and reads it in a thread of its own.

    `on_frame` gets each text frame, `on_lost` once why reading ended (never after `close`). Both are called from
    that thread and must not block. Raises Lost or Refused when the socket does not come about.
    """

    def __call__(self, on_frame: Callable[[bytes], None], on_lost: Callable[[str], None]) -> Socket: ...


class MqttMessage(msgspec.Struct, frozen=True, gc=False):
    """A message as the broker delivered it. `received` in microseconds since the epoch; `mid` is 0 at QoS 0.

    `through` are the numbers of the subscriptions that brought it, where these have numbers.
    """

    topic: str
    payload: bytes
    qos: int
    retain: bool
    dup: bool
    mid: int
    received: int
    through: tuple[int, ...] = ()


class MqttClient(Protocol):
    """A connected MQTT client with manual acknowledgement. What is here may be called from any thread.

    `window`: how many messages the broker sends before it waits for an acknowledgement. `turned`: when its thread last
    looked for something to do, in monotonic seconds; while it is well that is a second ago at most. `refusal`: what the
    broker refuses of all that it was asked for, and what to do; "" when nothing.
    """

    session_present: bool
    window: int

    @property
    def turned(self) -> float: ...

    @property
    def refusal(self) -> str: ...

    def acknowledge(self, mid: int, qos: int) -> None: ...

    def subscribe(self, wanted: Mapping[str, int], unwanted: Sequence[str]) -> None:
        """Ask for more topics (filter to QoS), with what was kept of them, and for others no longer; returns at once."""

    def close(self) -> None: ...


class MqttOpener(Protocol):
    """Connects, subscribes (topic filter to QoS) and reads in a thread of its own; returns when subscribed.

    `on_message` and `on_lost` as in SocketOpener. Raises Lost, or Refused for bad credentials or where the broker refuses
    all subscriptions.
    """

    def __call__(
        self,
        subscriptions: Mapping[str, int],
        on_message: Callable[[MqttMessage], None],
        on_lost: Callable[[str], None],
    ) -> MqttClient: ...


class Server(Protocol):
    """A server that answers in threads of its own until it is closed. `url` is where."""

    url: str

    @property
    def running(self) -> bool: ...

    def close(self) -> None: ...


class Journal(Protocol):
    """Durable memory with one owner. Every writing call is one commit: when it returns, it holds through a power cut.

    Raises Unavailable when the disk cannot take it (full, at the cap, I/O error): nothing has changed then, and it may be
    tried again at any time. A damaged file never raises: it is set aside and salvaged, see `losses`.
    """

    def keep(self, payloads: Sequence[Kept], letters: Sequence[DeadLetter]) -> None:
        """Add both in one commit. Payloads beyond the cap raise Unavailable; letters push out the oldest ones."""

    def waiting(self, sink: str, after: int, most: int) -> Sequence[Kept]:
        """The oldest payloads of a sink numbered above `after`, up to `most` bytes but at least one if there is any."""

    def forget(self, payloads: Sequence[int]) -> None:
        """These are delivered."""

    def to_replay(self) -> Sequence[DeadLetter]:
        """Letters that somebody asked to be tried again and that are not yet."""

    def requeue(self, letters: Sequence[int]) -> None:
        """In one commit, letters of stage write become payloads of their sinks again."""

    def forget_letters(self, letters: Sequence[int]) -> None:
        """These were tried again; what failed once more is a new letter."""

    def checkpoint(self) -> int:
        """How far the coverage goes, 0 when it was never said."""

    def cover(self, until: int) -> None:
        """Move the checkpoint."""

    def add_gap(self, gap: Gap) -> None: ...

    def update_gap(self, gap: Gap) -> None: ...

    def open_gaps(self) -> Sequence[Gap]:
        """Oldest first."""

    def contents(self) -> Contents: ...

    def losses(self) -> Sequence[str]:
        """What a damaged file has cost, each said once since the start."""

    def close(self) -> None: ...
