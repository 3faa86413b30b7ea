"""Which subscriptions a connection to Home Assistant needs, and what it means when HA refuses one.

HA answers every subscription with a result: `components/websocket_api/commands.py`. All but a few event types are for
administrators only (`auth/permissions/events.py`).
"""

from ha_bridge.domain.failures import Lost, Refused
from ha_bridge.domain.hass.event_types import STATE_CHANGED, EventTypes
from ha_bridge.domain.hass.feed import Feed
from ha_bridge.domain.hass.frames import Error, Message
from ha_bridge.domain.hass.session import Session, no_matter

REFRESH_SECONDS = 60  # between two snapshots asked for on one connection


class Subscriptions:
    """Makes the subscriptions, knows which are not confirmed yet, and renews the one whose diffs have a hole."""

    def __init__(self, session: Session, feed: Feed, types: EventTypes, *, by_entity: bool) -> None:
        self.unconfirmed: set[int] = set()
        self._session = session
        self._feed = feed
        self._types = types
        self._by_entity = by_entity
        self._names: dict[int, str] = {}
        self._superseded = 0  # the subscription that the feed's heir takes over from
        self._refresh_due = 0.0

    def open(self) -> None:
        """Ask for states by their own subscription and, where a pattern is wanted, for every event with one."""
        every = self._subscribe_events("all event types") if self._types.every else 0
        if self._by_entity:
            self._subscribe_entities()
        else:
            self._feed.current = every or self._subscribe_events(STATE_CHANGED, event_type=STATE_CHANGED)
        for name in () if every else self._types.names:
            self._subscribe_events(name, event_type=name)

    def refresh(self, now: float) -> None:
        """Ask for a fresh snapshot when a diff was missed, and drop the old subscription when it has come."""
        feed = self._feed
        if self._superseded and feed.current != self._superseded:
            self._session.request(no_matter, type="unsubscribe_events", subscription=self._superseded)
            self._superseded = 0
        wanted = self._by_entity and feed.stale and feed.current and not feed.heir
        if wanted and now >= self._refresh_due:
            self._refresh_due = now + REFRESH_SECONDS
            self._superseded = feed.current
            self._subscribe_entities()

    def name(self, subscription: int) -> str | None:
        return self._names.get(subscription)

    def awaited(self) -> str:
        """Name what has not come yet."""
        for subscription in sorted(self.unconfirmed):
            return f"the subscription to {self._names[subscription]}"
        return "the states of all entities"

    def _subscribe_entities(self) -> None:
        self._feed.heir = self._subscribe("the states of all entities", type="subscribe_entities")

    def _subscribe_events(self, name: str, **fields: str) -> int:
        return self._subscribe(name, type="subscribe_events", **fields)

    def _subscribe(self, name: str, **fields: str) -> int:
        subscription = self._session.request(self._answered, **fields)
        self._names[subscription] = name
        self.unconfirmed.add(subscription)
        return subscription

    def _answered(self, message: Message) -> None:
        self.unconfirmed.discard(message.id)
        if not message.success:
            raise self._failure(self._names[message.id], message.error or Error())

    def _failure(self, name: str, error: Error) -> Exception:
        match error.code:
            case "unauthorized":
                return Refused(
                    f"Home Assistant does not let this user subscribe to {name}: set home_assistant.token to one of an "
                    "administrator, or take this and every pattern out of home_assistant.event_types and .events"
                )
            case "unknown_command":
                return Refused(
                    f"Home Assistant {self._session.ha_version} is too old to give us {name}: "
                    'set home_assistant.subscription to "events"'
                )
        return Lost(f"Home Assistant did not subscribe us to {name}: {error.message} ({error.code})")
