"""The commands of Home Assistant's WebSocket API that the bridge uses, with HA's checks of their fields.

Sources: homeassistant/components/websocket_api/commands.py, history/websocket_api.py and
config/*_registry.py, 2024.3. A handler gives the messages that answer.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ha_bridge.demo import wire
from ha_bridge.demo.hass import EntitySubscription, EventSubscription, Hass, Subscription
from ha_bridge.demo.history import Row

Message = dict[str, Any]
Rows = dict[str, list[Row]]

_ENTITY_ID = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")


class CommandError(Exception):
    """The command is answered with an error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Talk:
    """What HA remembers of a client between its commands."""

    def __init__(self, hass: Hass) -> None:
        self.hass = hass
        self.subscriptions: dict[int, Subscription] = {}
        self.coalesces = False


class Command(NamedTuple):
    """`fields`: those it may have, with their types, and whether they must be there."""

    handler: Callable[[Talk, Message, float], list[bytes]]
    fields: dict[str, tuple[type, bool]]


def answer(talk: Talk, message: Message, now: float) -> list[bytes]:
    """Answer a command at `now`, Unix seconds. Raises CommandError."""
    command = COMMANDS.get(message["type"])
    if command is None:
        raise CommandError("unknown_command", "Unknown command.")
    _check(message, command.fields)
    return command.handler(talk, message, now)


def _check(message: Message, fields: dict[str, tuple[type, bool]]) -> None:
    for key, value in message.items():
        if key in ("id", "type"):
            continue
        if key not in fields:
            raise CommandError("invalid_format", f"extra keys not allowed @ data['{key}']. Got {value!r}")
        kind = fields[key][0]
        if not isinstance(value, kind):
            text = f"expected {kind.__name__} for dictionary value @ data['{key}']. Got {value!r}"
            raise CommandError("invalid_format", text)
    for key, (_, required) in fields.items():
        if required and key not in message:
            raise CommandError("invalid_format", f"required key not provided @ data['{key}']. Got None")


def _ping(_: Talk, message: Message, __: float) -> list[bytes]:
    return [wire.encode({"id": message["id"], "type": "pong"})]


def _supported_features(talk: Talk, message: Message, _: float) -> list[bytes]:
    talk.coalesces = "coalesce_messages" in message["features"]
    return [wire.result(message["id"])]


def _subscribe_events(talk: Talk, message: Message, _: float) -> list[bytes]:
    talk.subscriptions[message["id"]] = EventSubscription(message.get("event_type"))
    return [wire.result(message["id"])]


def _subscribe_entities(talk: Talk, message: Message, _: float) -> list[bytes]:
    iden = message["id"]
    subscription = EntitySubscription(frozenset(message.get("entity_ids", ())))
    talk.subscriptions[iden] = subscription
    return [wire.result(iden), wire.addressed(subscription.snapshot(talk.hass), iden)]


def _unsubscribe_events(talk: Talk, message: Message, _: float) -> list[bytes]:
    if talk.subscriptions.pop(message["subscription"], None) is None:
        raise CommandError("not_found", "Subscription not found.")
    return [wire.result(message["id"])]


def _history(talk: Talk, message: Message, now: float) -> list[bytes]:
    start = _time(message["start_time"], "start_time")
    end = _time(message["end_time"], "end_time") if message.get("end_time") else math.inf
    if not all(isinstance(each, str) and _ENTITY_ID.fullmatch(each) for each in message["entity_ids"]):
        raise CommandError("invalid_entity_ids", "Invalid entity_ids")
    rows = talk.hass.history.between(start, end, message["entity_ids"], now)
    attributes = not message.get("no_attributes")
    shown = {
        entity_id: [row.as_dict(attributes=attributes) for row in each]
        for entity_id, each in _as_asked(talk.hass, message, start, rows).items()
    }
    return [wire.result(message["id"], shown if start <= now else {})]


def _as_asked(hass: Hass, message: Message, start: float, rows: Rows) -> Rows:
    """Unless told not to, leave out what is not significant and make up a row at the start, as HA does."""
    if message.get("significant_changes_only", True):
        kept = {entity_id: [row for row in each if row.significant] for entity_id, each in rows.items()}
        rows = {entity_id: each for entity_id, each in kept.items() if each}
    if message.get("include_start_time_state", True):
        for entity_id in message["entity_ids"]:
            if (row := hass.history.before(start, entity_id)) is not None:
                made_up = Row(entity_id, row.state, row.attributes, start, start)
                rows[entity_id] = [made_up, *rows.get(entity_id, ())]
    return rows


def _time(text: str, field: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"invalid_{field}", f"Invalid {field}") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _telling(what: Callable[[Hass], Any]) -> Command:
    """Make a command that has no fields and gives something HA knows."""
    return Command(lambda talk, message, _: [wire.result(message["id"], what(talk.hass))], {})


COMMANDS = {
    "ping": Command(_ping, {}),
    "supported_features": Command(_supported_features, {"features": (dict, True)}),
    "get_config": _telling(Hass.config),
    "get_states": _telling(lambda hass: [wire.state_dict(state) for state in hass.states]),
    "subscribe_events": Command(_subscribe_events, {"event_type": (str, False)}),
    "subscribe_entities": Command(_subscribe_entities, {"entity_ids": (list, False)}),
    "unsubscribe_events": Command(_unsubscribe_events, {"subscription": (int, True)}),
    "config/entity_registry/list": _telling(lambda hass: hass.registries.entities),
    "config/device_registry/list": _telling(lambda hass: hass.registries.devices),
    "config/area_registry/list": _telling(lambda hass: hass.registries.areas),
    "config/floor_registry/list": _telling(lambda hass: hass.registries.floors),
    "config/label_registry/list": _telling(lambda hass: hass.registries.labels),
    "history/history_during_period": Command(
        _history,
        {
            "start_time": (str, True),
            "end_time": (str, False),
            "entity_ids": (list, True),
            "include_start_time_state": (bool, False),
            "significant_changes_only": (bool, False),
            "minimal_response": (bool, False),
            "no_attributes": (bool, False),
        },
    ),
}
