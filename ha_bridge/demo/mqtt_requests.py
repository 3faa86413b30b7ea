"""What clients ask of a broker, read from the bodies of their packets (see mqtt_packets.py for the sources)."""

from ha_bridge.demo.mqtt_packets import (
    FOR_EVER,
    MAXIMUM_PACKET_SIZE,
    RECEIVE_MAXIMUM,
    SESSION_EXPIRY,
    Connect,
    Fields,
    Message,
    Packet,
    PacketError,
    Property,
    Subscription,
)
from ha_bridge.demo.mqtt_topics import is_topic

# Brokers send this many unacknowledged messages to clients that cannot say how many they take (Mosquitto's default).
IN_FLIGHT_BEFORE_MQTT_5 = 20


class WrongProtocol(PacketError):
    """A client that speaks something else than MQTT 3.1.1 or 5."""


def read_connect(packet: Packet) -> Connect:
    fields = Fields(packet.body)
    name, level = fields.text(), fields.number(1)
    if name != "MQTT" or level not in (4, 5):
        raise WrongProtocol(f"{name} {level}", 0x84)
    flags, keepalive = fields.number(1), fields.number(2)
    properties = fields.properties() if level == 5 else {}
    client_id = fields.text()
    clean = bool(flags & 0x02)
    return Connect(
        level=level,
        client_id=client_id,
        clean=clean,
        keepalive=keepalive,
        expiry=_number(properties, SESSION_EXPIRY, 0) if level == 5 else 0 if clean else FOR_EVER,
        receive_maximum=_receive_maximum(level, properties),
        maximum_packet=_number(properties, MAXIMUM_PACKET_SIZE, FOR_EVER),
        will=_will(fields, flags, level),
        username=fields.text() if flags & 0x80 else None,
        password=fields.binary() if flags & 0x40 else None,
    )


def read_publish(packet: Packet, level: int) -> tuple[Message, int]:
    """Read a message and its id, 0 at QoS 0."""
    qos = packet.flags >> 1 & 3
    if qos > 1:
        raise PacketError("QoS 2 is not for this broker", 0x9B)
    fields = Fields(packet.body)
    topic = fields.text()
    if not is_topic(topic):
        raise PacketError(f"not a topic: {topic}", 0x90)
    mid = fields.number(2) if qos else 0
    if level == 5:
        fields.properties()
    return Message(topic, fields.rest(), qos, bool(packet.flags & 1)), mid


def read_subscribe(packet: Packet, level: int) -> tuple[int, list[Subscription]]:
    fields = _after_flags(packet)
    mid = fields.number(2)
    if level == 5:
        fields.properties()
    subscriptions = []
    while fields.left:
        topic_filter, options = fields.text(), fields.number(1)
        if options & 3 == 3 or options >> 4 == 3:
            raise PacketError("no such subscription options")
        subscriptions.append(_subscription(topic_filter, options))
    if not subscriptions:
        raise PacketError("a subscription to nothing", 0x82)
    return mid, subscriptions


def read_unsubscribe(packet: Packet, level: int) -> tuple[int, list[str]]:
    fields = _after_flags(packet)
    mid = fields.number(2)
    if level == 5:
        fields.properties()
    filters = []
    while fields.left:
        filters.append(fields.text())
    return mid, filters


def read_disconnect(packet: Packet, level: int) -> tuple[int, int | None]:
    """Read the reason code and a session expiry, if the client changed its mind about it."""
    fields = Fields(packet.body)
    code = fields.number(1) if fields.left else 0
    properties = fields.properties() if level == 5 and fields.left else {}
    return code, _number(properties, SESSION_EXPIRY, 0) if SESSION_EXPIRY in properties else None


def _after_flags(packet: Packet) -> Fields:
    if packet.flags != 2:
        raise PacketError("reserved flags")
    return Fields(packet.body)


def _subscription(topic_filter: str, options: int) -> Subscription:
    return Subscription(
        topic_filter,
        qos=min(options & 3, 1),
        no_local=bool(options & 4),
        as_published=bool(options & 8),
        retain_handling=options >> 4 & 3,
    )


def _will(fields: Fields, flags: int, level: int) -> Message | None:
    if not flags & 0x04:
        return None
    if level == 5:
        fields.properties()
    return Message(fields.text(), fields.binary(), min(flags >> 3 & 3, 1), bool(flags & 0x20))


def _receive_maximum(level: int, properties: dict[int, Property]) -> int:
    most = _number(properties, RECEIVE_MAXIMUM, 65535) if level == 5 else IN_FLIGHT_BEFORE_MQTT_5
    if most == 0:
        raise PacketError("a receive maximum of 0", 0x82)
    return most


def _number(properties: dict[int, Property], key: int, default: int) -> int:
    value = properties.get(key, default)
    return value if isinstance(value, int) else default
