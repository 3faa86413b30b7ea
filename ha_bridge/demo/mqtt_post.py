"""Who gets what: the sessions of a broker, what they subscribe to, and the messages kept for whoever comes later.

Pure; the broker guards it with its lock.
"""

from collections import Counter
from collections.abc import Iterable

from ha_bridge.demo.mqtt_packets import Connect, Message, Subscription
from ha_bridge.demo.mqtt_session import Session
from ha_bridge.demo.mqtt_topics import is_filter, matches

REFUSED = 0x80
NOT_A_FILTER = 0x8F
NOT_SHARED = 0x9E

# The answers to "who wants this topic" that are remembered.
REMEMBERED = 50_000

Wish = tuple[Session, Subscription]


class Post:
    """`most`: messages queued for a client before any is dropped."""

    def __init__(self, most: int) -> None:
        self.sessions: dict[str, Session] = {}
        self.retained: dict[str, Message] = {}
        self.counts: Counter[str] = Counter()
        self._most = most
        self._wishes: dict[str, list[Wish]] = {}

    def stats(self) -> dict[str, int]:
        sessions = self.sessions.values()
        return {
            "connections": self.counts["connections"],
            "published": self.counts["published"],
            "sessions": len(sessions),
            "subscriptions": sum(len(session.subscriptions) for session in sessions),
            "retained": len(self.retained),
            "in_flight": sum(session.in_flight for session in sessions),
            "queued": sum(session.backlog for session in sessions),
            "dropped": sum(session.dropped for session in sessions),
        }

    def session(self, connect: Connect, client_id: str, now: float) -> tuple[Session, bool]:
        """Find the session of a client that connects, or begin one; the bool tells which."""
        self.expire(now)
        known = self.sessions.get(client_id)
        if known is not None and not connect.clean:
            return known, True
        session = self.sessions[client_id] = Session(client_id, self._most)
        self._wishes.clear()
        return session, False

    def expire(self, now: float) -> None:
        """Forget the sessions whose time is up."""
        for session in [each for each in self.sessions.values() if each.expired(now)]:
            del self.sessions[session.client_id]
            self._wishes.clear()

    def subscribe(self, session: Session, subscription: Subscription, level: int) -> int:
        """Take a subscription, queue the retained messages it asks for, and return its reason code."""
        if subscription.topic_filter.startswith("$share/"):
            return NOT_SHARED if level == 5 else REFUSED
        if not is_filter(subscription.topic_filter):
            return NOT_A_FILTER if level == 5 else REFUSED
        known = subscription.topic_filter in session.subscriptions
        session.subscriptions[subscription.topic_filter] = subscription
        self._wishes.clear()
        if subscription.retain_handling == 0 or (subscription.retain_handling == 1 and not known):
            self._send_retained(session, subscription)
        return subscription.qos

    def unsubscribe(self, session: Session, topic_filter: str) -> int:
        """Drop a subscription; 0x11 when there was none."""
        self._wishes.clear()
        return 0x11 if session.subscriptions.pop(topic_filter, None) is None else 0

    def publish(self, message: Message, sender: str = "") -> Iterable[Session]:
        """Keep the message if it is to be retained, queue it for all who want it, and tell who they are."""
        self.counts["published"] += 1
        if message.retain:
            self._retain(message)
        wishes = self._wanting(message.topic)
        for session, subscription in wishes:
            if not (subscription.no_local and session.client_id == sender):
                retain = message.retain and subscription.as_published
                qos = min(message.qos, subscription.qos)
                session.offer(Message(message.topic, message.payload, qos, retain))
        return [session for session, _ in wishes]

    def _retain(self, message: Message) -> None:
        if message.payload:
            self.retained[message.topic] = message
        else:
            self.retained.pop(message.topic, None)

    def _send_retained(self, session: Session, subscription: Subscription) -> None:
        for topic, message in self.retained.items():
            if matches(subscription.topic_filter, topic):
                session.offer(message._replace(qos=min(message.qos, subscription.qos)))

    def _wanting(self, topic: str) -> list[Wish]:
        """Find who wants a topic: each session once, by its matching subscription of the highest QoS."""
        wishes = self._wishes.get(topic)
        if wishes is None:
            if len(self._wishes) >= REMEMBERED:
                self._wishes.clear()
            wishes = self._wishes[topic] = [
                (session, best)
                for session in self.sessions.values()
                if (best := _best(session, topic)) is not None
            ]
        return wishes


def _best(session: Session, topic: str) -> Subscription | None:
    matching = [each for each in session.subscriptions.values() if matches(each.topic_filter, topic)]
    return max(matching, key=lambda subscription: subscription.qos, default=None)
