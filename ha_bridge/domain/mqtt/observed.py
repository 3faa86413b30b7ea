"""What reading a message comes to."""

from collections.abc import Callable

import msgspec

from ha_bridge.domain.events import Event
from ha_bridge.domain.ports import MqttMessage


class Observed(msgspec.Struct, frozen=True, gc=False):
    """The messages named by `tokens` are read and gave `event`.

    Without an event and without a `problem` there is nothing to store. `problem` says that the payload of `message` could
    not be read and why; `left_out` what of a good one had to be left out of the event.
    """

    tokens: tuple[int, ...]
    event: Event | None
    problem: str = ""
    left_out: str = ""
    message: MqttMessage | None = None


Lane = Callable[[MqttMessage, int, float], list[Observed]]
"""Reads the messages of one topic, each with its token, at a moment in seconds; may raise Unreadable."""


def nothing(_message: MqttMessage, token: int, _now: float) -> list[Observed]:
    """The lane of topics that nobody asked for."""
    return [Observed((token,), None)]


def one_by_one(read: Callable[[MqttMessage, int], Observed]) -> Lane:
    """The lane of a format whose messages stand each for themselves."""

    def lane(message: MqttMessage, token: int, _now: float) -> list[Observed]:
        return [read(message, token)]

    return lane
