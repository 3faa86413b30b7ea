"""Updates: which version is installed, which there is, and how far its installation has come.

Home Assistant compares versions with the package awesomeversion. Of those that are numbers with dots the greater is the
newer one; of others each that is not installed counts as newer. That a user has skipped a version HA alone knows.
"""

import re
from typing import Any

from ha_bridge.domain.mqtt.discovery.configs import Values
from ha_bridge.domain.mqtt.discovery.reading import Carried, Told, Topics, is_set
from ha_bridge.domain.mqtt.discovery.rendering import Payload
from ha_bridge.domain.mqtt.routes import OLD, Names

TEXTS = ("installed_version", "latest_version", "title", "release_summary", "release_url")
KNOWN = {*TEXTS, "entity_picture", "in_progress", "update_percentage"}
LONGEST_SUMMARY = 255

_NUMBERS = re.compile(r"[vV]?(\d{1,18}(?:\.\d{1,18})*)", re.ASCII)


def update(values: Values, names: Names) -> Carried:
    topics, found = Topics(values), _Update(names)
    topics.state("state_topic", found.told, "value_template", lenient=names == OLD)
    topics.attribute("latest_version", "latest_version_topic", found.latest)
    topics.attributes |= {
        **dict.fromkeys((*TEXTS, "skipped_version")),
        **{name: str(values[name]) for name in TEXTS[2:] if is_set(values, name)},
        "auto_update": False,
        "in_progress": False,
    }
    if names != OLD:
        topics.attributes |= {
            "display_precision": values.get("display_precision", 0),
            "update_percentage": None,
        }
    picture = {"entity_picture": str(values["entity_picture"])} if is_set(values, "entity_picture") else {}
    return topics.carried(picture)


class _Update:
    def __init__(self, names: Names) -> None:
        self._old = names == OLD
        self._versions: dict[str, Any] = {}

    def told(self, text: str) -> Told:
        """A version, or a JSON object, which counts as a whole or not at all."""
        document = Payload(text).document
        if not text or document == {}:
            return Told()
        said = document if isinstance(document, dict) else {"installed_version": text}
        try:
            return self._told(self._raw(said) if self._old else _checked(said))
        except ValueError:
            return Told()

    def latest(self, text: str) -> Told:
        return self._told({"latest_version": text}) if text else Told()

    def _raw(self, said: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in said.items() if name in TEXTS}

    def _told(self, said: dict[str, Any]) -> Told:
        self._versions.update({name: said[name] for name in TEXTS[:2] if name in said})
        if isinstance(summary := said.get("release_summary"), str):
            said["release_summary"] = summary[:LONGEST_SUMMARY]
        installed, latest = (self._versions.get(name) for name in TEXTS[:2])
        if installed is None or latest is None:
            return Told(attributes=said)
        is_newer = installed != latest and _is_newer(str(latest), str(installed))
        return Told("on" if is_newer else "off", said)


def _checked(said: dict[str, Any]) -> dict[str, Any]:
    """The attributes that follow; ValueError where one is none that Home Assistant takes."""
    if not said.keys() <= KNOWN:
        raise ValueError(said)
    found: dict[str, Any] = {name: _text(said[name]) for name in TEXTS if name in said}
    if not {"in_progress", "update_percentage"} & said.keys():
        return found
    share = said.get("update_percentage")
    if share is not None and not 0 <= _number(share) <= 100:
        raise ValueError(share)
    runs = _truth(said["in_progress"]) if "in_progress" in said else share is not None
    return {**found, "in_progress": runs, "update_percentage": share if runs else None}


def _text(value: Any) -> str:
    if value is None or isinstance(value, list | dict):
        raise ValueError(value)
    return str(value)


def _number(value: Any) -> float:
    if not isinstance(value, int | float):
        raise ValueError(value)  # noqa: TRY004 - as all that is not taken
    return value


def _truth(value: Any) -> bool:
    word = str(value).lower()
    if word not in ("true", "false", "on", "off", "yes", "no", "1", "0"):
        raise ValueError(value)
    return word in ("true", "on", "yes", "1")


def _is_newer(latest: str, installed: str) -> bool:
    both = [_NUMBERS.fullmatch(each) for each in (latest, installed)]
    if not all(both):
        return True
    one, other = ([int(part) for part in found[1].split(".")] for found in both if found)
    longest = max(len(one), len(other))
    return [*one, *[0] * (longest - len(one))] > [*other, *[0] * (longest - len(other))]
