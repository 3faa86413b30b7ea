"""Messages as a broker delivers them."""

from ha_bridge.domain.ports import MqttMessage

RECEIVED = 1_700_000_000_000_000
STAMP = "2024-03-04T05:06:07.000008+00:00"
STAMP_MICROS = 1_709_528_767_000_008


def message(
    topic: str,
    payload: bytes | str = b"",
    *,
    qos: int = 1,
    retain: bool = False,
    dup: bool = False,
    mid: int = 1,
    received: int = RECEIVED,
    through: tuple[int, ...] = (),
) -> MqttMessage:
    body = payload.encode() if isinstance(payload, str) else payload
    return MqttMessage(topic, body, qos, retain, dup, mid, received, through)
