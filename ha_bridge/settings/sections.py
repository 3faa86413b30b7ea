"""Every section of the settings except the sinks. Durations are seconds; "" means not set."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from msgspec import Meta, structs

from ha_bridge.domain.hass.event_rules import EventRule
from ha_bridge.domain.mqtt.routes import Route
from ha_bridge.domain.rules.rule import Match, Rule, Scalar, Type
from ha_bridge.settings.kinds import (
    DURATION,
    SIZE,
    Count,
    Duration,
    EntityFilterSettings,
    Level,
    Name,
    Names,
    Order,
    Port,
    Section,
    SomeTime,
)
from ha_bridge.settings.secret import Secret, Url


class EventSettings(Section, frozen=True, kw_only=True):
    """Events of one type, or of several by a glob, that are wanted by what they carry."""

    event_type: Name
    include: Mapping[str, tuple[str, ...]] = {}
    exclude: Mapping[str, tuple[str, ...]] = {}

    def rule(self) -> EventRule:
        """The same in the words of the domain."""
        return EventRule(**structs.asdict(self))


class HomeAssistantSettings(Section, frozen=True, kw_only=True):
    """The WebSocket road; it is off while `url` is empty."""

    url: Url = Url("")
    token: Secret = Secret()
    subscription: Literal["entities", "events"] = "entities"
    event_types: Names = ()
    exclude_event_types: Names = ()
    events: tuple[EventSettings, ...] = ()
    ca_file: str = ""
    verify_tls: bool = True
    timeout: SomeTime = 10.0
    ping_interval: SomeTime = 30.0
    ping_timeout: SomeTime = 10.0
    max_unsettled: Count = 50_000

    def rules(self) -> tuple[EventRule, ...]:
        """The `events` in the words of the domain."""
        return tuple(event.rule() for event in self.events)


class RouteSettings(Section, frozen=True, kw_only=True):
    """One subscription: which topics, what their payloads are, what becomes of them."""

    topic: Name
    format: Literal["statestream", "eventstream", "json", "value", "discovery"]
    entity: str = ""
    measurement: Name = "mqtt"
    value: str = ""
    time: str = ""
    qos: Annotated[int, Meta(ge=0, le=2)] = 1
    exclude: Names = ()
    pick: Names = ()
    drop: Names = ()
    names: Literal["2026.11", "2024.3"] = "2026.11"

    def route(self) -> Route:
        """The same in the words of the domain, which knows what makes sense."""
        return Route(**structs.asdict(self))


class MqttSettings(Section, frozen=True, kw_only=True):
    """The MQTT road."""

    enabled: bool = False
    host: Name = "localhost"
    port: Port = 1883
    username: str = ""
    password: Secret = Secret()
    client_id: Name = "ha-bridge"
    protocol: Literal["auto", "5", "3.1.1"] = "auto"
    tls: bool = False
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    verify_tls: bool = True
    # MQTT carries the keep-alive in 16 bits and the session expiry in 32; the largest expiry means never.
    keepalive: Annotated[float, Meta(ge=1, le=65535, extra={"unit": DURATION})] = 60.0
    session_expiry: Annotated[float, Meta(ge=1, lt=2**32 - 1, extra={"unit": DURATION})] = 7 * 86400.0
    receive_maximum: Annotated[int, Meta(ge=1, le=65535)] = 10_000
    max_unsettled: Count = 20_000
    routes: tuple[RouteSettings, ...] = ()


class FilterSettings(Section, frozen=True, kw_only=True):
    """What is carried at all. `time_zone`: that of all times and weekdays; "" is the system's."""

    include: EntityFilterSettings = EntityFilterSettings()
    exclude: EntityFilterSettings = EntityFilterSettings()
    time_zone: str = ""


class MatchSettings(EntityFilterSettings, frozen=True, kw_only=True):
    """What a rule is about; every key has to fit."""

    state: Names = ()


class RuleSettings(Section, frozen=True, kw_only=True):
    """What is done with what the rule is about: the keys are those of `domain/rules/rule.py`."""

    name: str = ""
    match: MatchSettings = MatchSettings()
    drop: bool = False
    fields: Names = ()
    map: Mapping[str, Scalar] = {}
    type: Type = ""
    default: Scalar | None = None
    scale: float = 1.0
    offset: float = 0.0
    convert: str = ""
    convert_from: str = ""
    round: Annotated[int, Meta(ge=-12, le=12)] | None = None
    deadband: Annotated[float, Meta(ge=0)] = 0.0
    deadband_percent: Annotated[float, Meta(ge=0)] = 0.0
    rate_limit: Duration = 0.0
    heartbeat: Duration = 0.0
    rename: str = ""
    measurement: str = ""
    set_tags: Mapping[str, str] = {}
    drop_tags: Names = ()
    set_attributes: Mapping[str, Scalar] = {}
    drop_attributes: Names = ()
    sinks: Names = ()
    keep: bool = False
    order: Order = ()

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> Self:
        return cls(**written, order=tuple(written))

    def rule(self) -> Rule:
        """The same in the words of the domain."""
        keys = {key: getattr(self, key) for key in self.__struct_fields__ if key != "match"}
        return Rule(**keys, match=Match(**structs.asdict(self.match)))


class DedupSettings(Section, frozen=True, kw_only=True):
    window: Duration = 5.0
    settle: Duration = 2.0
    size: Count = 20_000


class BatchSettings(Section, frozen=True, kw_only=True):
    size: Count = 5000
    interval: SomeTime = 1.0
    retry_initial: SomeTime = 1.0
    retry_max: SomeTime = 60.0


class JournalSettings(Section, frozen=True, kw_only=True):
    """What waits for a sink on disk, with dead letters and gaps. The least `max_bytes` is what a few big batches need."""

    path: Name = "data/journal.db"
    max_bytes: Annotated[int, Meta(ge=4_000_000, extra={"unit": SIZE})] = 512_000_000
    dead_letters: Count = 10_000


class HistorySettings(Section, frozen=True, kw_only=True):
    """What was missed is asked of Home Assistant's recorder."""

    enabled: bool = True
    window: Annotated[float, Meta(ge=1, extra={"unit": DURATION})] = 600.0
    entities_per_request: Annotated[int, Meta(ge=1, le=1000)] = 50
    delay: SomeTime = 10.0
    max_unsettled: Count = 5000


class SupervisorSettings(Section, frozen=True, kw_only=True):
    backoff_initial: SomeTime = 1.0
    backoff_factor: Annotated[float, Meta(ge=1, le=100)] = 2.0
    backoff_max: SomeTime = 60.0
    backoff_jitter: Annotated[float, Meta(ge=0, le=1)] = 0.2
    healthy_after: SomeTime = 60.0
    hang_after: Annotated[float, Meta(ge=2, extra={"unit": DURATION})] = 8.0
    max_restarts: Count = 20
    restart_period: SomeTime = 600.0
    stop_timeout: SomeTime = 10.0
    tick: SomeTime = 0.2


class WebSettings(Section, frozen=True, kw_only=True):
    enabled: bool = True
    host: Name = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8126


class LogSettings(Section, frozen=True, kw_only=True):
    level: Level = "INFO"
    format: Literal["auto", "console", "json"] = "auto"
    levels: Mapping[str, Level] = {}
