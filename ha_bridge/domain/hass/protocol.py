"""Home Assistant's WebSocket API as an object that is fed frames and returns events; the socket is somebody else's."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from ha_bridge.domain.events import Event
from ha_bridge.domain.failures import Lost
from ha_bridge.domain.hass import frames
from ha_bridge.domain.hass.event_rules import EventRule
from ha_bridge.domain.hass.event_types import EventTypes
from ha_bridge.domain.hass.feed import Feed
from ha_bridge.domain.hass.frames import UNREADABLE, Message
from ha_bridge.domain.hass.problems import Problems
from ha_bridge.domain.hass.registries import Registries
from ha_bridge.domain.hass.session import Session, no_matter
from ha_bridge.domain.hass.states import States
from ha_bridge.domain.hass.subscriptions import Subscriptions
from ha_bridge.domain.registry import Registry

CONFIG_SECONDS = 5  # between two questions whether HA has started
MOST_MESSAGES = 10_000  # Home Assistant queues 4096
NEVER = float("inf")
NOTES = {
    "RUNNING": "",
    "NOT_RUNNING": "Home Assistant is still starting",
    "STARTING": "Home Assistant is still starting",
    "STOPPING": "Home Assistant is stopping",
}


class HassOptions(msgspec.Struct, frozen=True):
    """What to ask of HA. `event_types` and `exclude_event_types` are names and globs; durations are seconds.

    `events`: rules for single types, which ask for them as a name does.
    `timeout`: until when HA must have let us in and confirmed every subscription.
    """

    token: str
    subscription: Literal["entities", "events"] = "entities"
    event_types: tuple[str, ...] = ()
    exclude_event_types: tuple[str, ...] = ()
    events: tuple[EventRule, ...] = ()
    ping_interval: float = 30
    ping_timeout: float = 10
    timeout: float = 30

    def __repr__(self) -> str:
        return f"HassOptions(subscription={self.subscription!r}, event_types={self.event_types!r})"


class HassProtocol:
    """One connection's conversation with HA, from its greeting on.

    Feed `receive` the frames and call `tick` every second or so; send what `outgoing` gives after either. Both raise
    Refused when HA does not want us as we are and Lost when the session is of no use any more.

    `live`: every subscription is confirmed and the states there were have come. `note`: what is amiss although all
    works, else "". `problems`: what could not be read, for the caller to report and clear.
    """

    def __init__(self, options: HassOptions, states: States, registry: Registry) -> None:
        self.live = False
        self._config_note = ""
        self._timeout = options.timeout
        self._states = states
        self._session = Session(options.token, options.ping_interval, options.ping_timeout, self._opened)
        self._problems = Problems(self._session.masked, len(options.token))
        self._registries = Registries(self._session, registry, self._problems)
        self._types = EventTypes(options.event_types, options.exclude_event_types, options.events)
        by_entity = options.subscription == "entities"
        self._feed = Feed(states, self._types, self._problems, state_changed=not by_entity)
        self._subscriptions = Subscriptions(self._session, self._feed, self._types, by_entity=by_entity)
        self._now = 0.0
        self._began = NEVER
        self._config_due = NEVER

    @property
    def ha_version(self) -> str:
        return self._session.ha_version

    @property
    def note(self) -> str:
        return self._config_note or self._registries.note

    @property
    def vanished(self) -> bool:
        """Whether an entity may be gone since before the last snapshot."""
        return self._states.vanished

    @property
    def problems(self) -> list[str]:
        return self._problems.texts

    def outgoing(self) -> list[str]:
        """Hand out the text frames to send, in order."""
        queued, self._session.outgoing = self._session.outgoing, []
        return queued

    def receive(self, received_frames: Iterable[bytes], now: float, received: int) -> list[Event]:
        """Read the frames' events. `now`: monotonic seconds; `received`: microseconds since the epoch."""
        self._clock(now)
        self._feed.received, self._feed.events = received, []
        for frame in received_frames:
            self._session.heard(now)
            self._frame(frame)
        self._problems.close()
        self._subscriptions.refresh(now)
        self.live = self.live or (self._feed.current > 0 and not self._subscriptions.unconfirmed)
        return self._feed.events

    def tick(self, now: float) -> None:
        """Do what is due: ping, ask again, give up."""
        self._clock(now)
        if not self.live and now - self._began > self._timeout:
            raise Lost(f"Home Assistant kept us waiting over {self._timeout:g} s for {self._awaited()}")
        self._session.tick(now)
        self._subscriptions.refresh(now)
        self._registries.tick(now)
        if now >= self._config_due:
            self._ask_config()

    def _frame(self, frame: bytes) -> None:
        """Read a frame in one pass, and take it apart only for messages that take more."""
        try:
            messages = frames.messages(frame)
        except UNREADABLE:
            self._frame_by_message(frame)
            return
        parts: list[msgspec.Raw] = []
        for index, message in enumerate(messages):
            if not self._serve(message):
                parts = parts or frames.split(frame)
                self._serve_in_full(parts[index])

    def _frame_by_message(self, frame: bytes) -> None:
        try:
            parts = frames.split(frame)
            if len(parts) > MOST_MESSAGES:
                raise ValueError(f"{len(parts)} messages in one frame")
        except UNREADABLE as error:
            self._feed.unreadable(error, frame)
            return
        for part in parts:
            if not self._serve_part(part):
                self._serve_in_full(part)

    def _serve_part(self, part: msgspec.Raw) -> bool:
        try:
            return self._serve(frames.message(part))
        except UNREADABLE:
            return False

    def _serve(self, message: Message) -> bool:
        event = message.event
        if event is None:
            return self._answered(message)
        return message.id not in self._registries.subscriptions and self._feed.take(message.id, event)

    def _serve_in_full(self, raw: msgspec.Raw) -> None:
        """Serve a message that the typed reading was not enough for; what cannot be read is a problem."""
        try:
            message = frames.full(raw)
            if message.id in self._registries.subscriptions:
                self._registries.take(message.id, message.event.data, self._now)
            else:
                self._feed.take_in_full(message)
        except UNREADABLE as error:
            self._feed.unreadable(error, raw)

    def _answered(self, message: Message) -> bool:
        return self._session.take(message) or self._unsent(message)

    def _unsent(self, message: Message) -> bool:
        """Take an error under a subscription's id: HA sends it for an event that it cannot put into JSON."""
        name = self._subscriptions.name(message.id)
        if name is None or message.error is None:
            return False
        self._feed.stale = True
        self._problems.add(f"Home Assistant could not send an event ({name}): {message.error.message}")
        return True

    def _opened(self) -> None:
        # Versions without the feature refuse it and work without.
        self._session.request(no_matter, type="supported_features", features={"coalesce_messages": 1})
        self._ask_config()
        if self._types.state_reported:
            self._problems.add(
                "event_types: Home Assistant lets nobody subscribe to state_reported; left out"
            )
        self._registries.open(self._now)
        self._subscriptions.open()

    def _ask_config(self) -> None:
        self._config_due = NEVER
        self._session.request(self._configured, type="get_config")

    def _configured(self, message: Message) -> None:
        """Note whether HA has started: it serves its API before, when many entities are still to come."""
        try:
            config = frames.config(message.result)
        except UNREADABLE as error:
            self._problems.add(
                f"cannot read what Home Assistant answered to get_config ({error})", message.result
            )
            return
        self._session.ha_version = config.version or self.ha_version
        self._states.temperature_unit = config.unit_system.temperature
        self._config_note = NOTES.get(config.state, f"Home Assistant says that it is {config.state}")
        if self._config_note:
            self._config_due = self._now + CONFIG_SECONDS
        else:
            self._registries.ready(self._now)

    def _clock(self, now: float) -> None:
        self._now = now
        self._began = min(self._began, now)

    def _awaited(self) -> str:
        if not self._session.greeted:
            return "its greeting (is this really the address of Home Assistant?)"
        if not self._session.authenticated:
            return "its answer to our token"
        return self._subscriptions.awaited()
