"""What Home Assistant says of itself when it is asked: how it is, which entities it has."""

import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

from ha_bridge.domain.failures import Lost
from ha_bridge.domain.hass import frames
from ha_bridge.domain.hass.frames import UNREADABLE, Error, Message, Moment
from ha_bridge.domain.hass.problems import Problems
from ha_bridge.domain.hass.protocol import NOTES
from ha_bridge.domain.times import micros_of_datetime

# Home Assistant refuses a question with any other (VALID_ENTITY_ID in core.py), unless it has such an entity.
_ENTITY_ID = re.compile(r"(?!.+__)(?!_)[\da-z_]+(?<!_)\.(?!_)[\da-z_]+(?<!_)")


class Now(msgspec.Struct, gc=False):
    """An entity's state, of get_states."""

    entity_id: str
    last_updated: Moment


class Entry(msgspec.Struct, gc=False):
    """An entity's entry in the registry."""

    entity_id: str
    disabled_by: str | None = None


class Recorder(msgspec.Struct, gc=False):
    """What matters of recorder/info."""

    migration_in_progress: bool = False


Item = TypeVar("Item")

_parts = msgspec.json.Decoder(list[msgspec.Raw])
_now = msgspec.json.Decoder(Now)
_entry = msgspec.json.Decoder(Entry)
_recorder = msgspec.json.Decoder(Recorder)


def states(answer: Message, problems: Problems) -> Mapping[str, int]:
    """When each entity was last updated, by get_states. Raises Lost where HA does not say."""
    if not answer.success:
        raise Lost(f"Home Assistant does not tell its states: {(answer.error or Error()).message}")
    now = _items(answer, _now, problems)
    return {each.entity_id: micros_of_datetime(each.last_updated) for each in now}


def registered(answer: Message, problems: Problems) -> list[str]:
    """The entities of the registry that are not disabled; none where HA does not say."""
    entries = _items(answer, _entry, problems) if answer.success else []
    return [each.entity_id for each in entries if each.disabled_by is None]


def valid(entity_ids: Iterable[str]) -> Iterable[str]:
    """Those that Home Assistant lets one ask for."""
    return filter(_ENTITY_ID.fullmatch, entity_ids)


def not_running(answer: Message) -> str:
    """Why Home Assistant is not ready, by get_config; "" when it is or does not say."""
    try:
        state = frames.config(answer.result).state
    except UNREADABLE:
        return ""
    return NOTES.get(state, f"Home Assistant says that it is {state}")


def not_recording(answer: Message) -> str:
    """Why its recorder is not ready, by recorder/info; "" when it is or there is none."""
    try:
        migrating = _recorder.decode(answer.result).migration_in_progress
    except UNREADABLE:
        return ""
    return "Home Assistant is migrating its database" if migrating else ""


def _items(answer: Message, decoder: "msgspec.json.Decoder[Item]", problems: Problems) -> list[Item]:
    """Read item by item, so that one can be bad alone."""
    try:
        parts = _parts.decode(answer.result)
    except UNREADABLE as error:
        problems.add(f"cannot read what Home Assistant answered ({error})", answer.result)
        return []
    good: list[Item] = []
    for part in parts:
        try:
            good.append(decoder.decode(part))
        except UNREADABLE as error:
            problems.add(f"cannot read one of Home Assistant's entities ({error})", part)
    return good
