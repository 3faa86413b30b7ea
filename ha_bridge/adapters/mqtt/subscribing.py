"""How to ask a broker for messages, and for what it has kept."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from paho.mqtt.client import Client
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from ha_bridge.adapters.mqtt.link import Link
from ha_bridge.adapters.mqtt.refusals import of_suback
from ha_bridge.domain.failures import Refused
from ha_bridge.domain.mqtt.overlaps import overlapping

Asked = tuple[str, SubscribeOptions]

MOST_FILTERS = 200  # in one packet: some brokers take no long ones


class Request(NamedTuple):
    """One packet; what comes through its filters has its `number`, unless that is 0."""

    filters: Sequence[Asked]
    number: int = 0


def requests(subscriptions: Mapping[str, int], *, kept: bool, numbers: bool) -> list[Request]:
    """The SUBSCRIBE packets for MQTT 5, to be sent without waiting in between.

    What the broker has kept of thousands of topics overflows its queue for QoS 1, and then it drops what is new too
    (Mosquitto 2.0 queues 1,000 besides those that may be unacknowledged). So it is asked for at QoS 0, which is not
    queued, and the subscription is then raised without asking again. `kept`: we have it already and the broker still
    has our session, so it is sent only for what is subscribed to for the first time, or is at QoS 0, of which the broker
    has queued nothing meanwhile. `numbers`: filters that overlap get numbers, by which copies are known.
    """
    numbered = (
        {topic: number for number, topic in enumerate(overlapping(subscriptions), 1)} if numbers else {}
    )
    if kept:
        return _packets(
            [
                (topic, SubscribeOptions(qos, retainHandling=_again(qos)))
                for topic, qos in subscriptions.items()
            ],
            numbered,
        )
    first = [(topic, SubscribeOptions(0)) for topic in subscriptions]
    raised = [
        (topic, SubscribeOptions(qos, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND))
        for topic, qos in subscriptions.items()
        if qos
    ]
    return _packets(first, numbered) + _packets(raised, numbered)


def _again(qos: int) -> int:
    return SubscribeOptions.RETAIN_SEND_IF_NEW_SUB if qos else SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE


def _packets(asked: Sequence[Asked], numbered: Mapping[str, int]) -> list[Request]:
    plain = [each for each in asked if each[0] not in numbered]
    together = [Request(plain[start : start + MOST_FILTERS]) for start in range(0, len(plain), MOST_FILTERS)]
    return together + [Request([each], numbered[each[0]]) for each in asked if each[0] in numbered]


def plain_requests(subscriptions: Mapping[str, int]) -> list[Request]:
    """The packet for MQTT 3.1.1, where there is only QoS and every SUBSCRIBE asks for all that was kept."""
    return _packets([(topic, SubscribeOptions(qos)) for topic, qos in subscriptions.items()], {})


class Answer(NamedTuple):
    """Of which filters the broker gives less than was asked for: the lower QoS, or nothing, with its words."""

    lowered: Mapping[str, int]
    refused: Mapping[str, str]


def subscribe(client: Client, link: Link, wanted: Sequence[Request], timeout: float) -> Answer:
    """Send the packets and wait for the answers. Raises Lost, TimeoutError, or Refused when all is refused."""
    sent = [(send(client, request), request) for request in wanted]
    link.until(lambda: all(mid in link.subacks for mid, _ in sent), timeout)
    refused: dict[str, str] = {}
    lowered: dict[str, int] = {}
    for mid, request in sent:
        for (topic, asked), code in zip(request.filters, link.subacks[mid], strict=False):
            if code.is_failure:
                refused[topic] = code.getName()
            elif code.value < asked.QoS:
                lowered[topic] = code.value
    if refused and all(topic in refused for request in wanted for topic, _ in request.filters):
        raise Refused(of_suback(refused, link.broker))
    return Answer(lowered, refused)


def send(client: Client, request: Request) -> int:
    """Send one packet; returns its message id."""
    if client.protocol != MQTTProtocolVersion.MQTTv5:
        _, mid = client.subscribe([(topic, options.QoS) for topic, options in request.filters])
    else:
        _, mid = client.subscribe([*request.filters], properties=_numbered(request.number))
    return mid or 0  # without a connection there is none, which the link finds out next


def _numbered(number: int) -> Properties | None:
    if not number:
        return None
    properties = Properties(PacketTypes.SUBSCRIBE)  # type: ignore[no-untyped-call]
    properties.SubscriptionIdentifier = number
    return properties
