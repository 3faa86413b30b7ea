"""What must hold between settings, once each of them is right by itself."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from ha_bridge.domain.hass.event_types import STATE_CHANGED, STATE_REPORTED
from ha_bridge.domain.layouts.bridge import REGISTRY_TAGS
from ha_bridge.domain.mqtt.flaws import flaws
from ha_bridge.settings import retention_rules, selecting
from ha_bridge.settings.paths import Path, dotted
from ha_bridge.settings.problems import Problem
from ha_bridge.settings.schema import Settings
from ha_bridge.settings.secret import shown
from ha_bridge.settings.sections import HomeAssistantSettings, MqttSettings
from ha_bridge.settings.sinks import InfluxdbSinkSettings, LocalSinkSettings, Sink

_SINK_NAME = re.compile(r"[\w-]+", re.ASCII)
_LAYOUT_KEYS = {
    "bridge": ("attributes", "registry_tags", "names"),
    "homeassistant": (
        "measurement_attr",
        "default_measurement",
        "override_measurement",
        "tags_attributes",
        "ignore_attributes",
        "component_config",
        "component_config_domain",
        "component_config_glob",
    ),
}


def broken(settings: Settings) -> Iterator[Problem]:
    """Give every rule that the settings break; their origin is left to the caller."""
    yield from _home_assistant(settings.home_assistant)
    yield from _mqtt(settings.mqtt)
    for name, sink in settings.sinks.items():
        yield from _sink(sink, name)
    yield from _same_file(settings)
    yield from retention_rules.broken(settings)
    yield from _order(settings)
    yield from selecting.broken(settings)


def _problem(path: Path, message: str, value: object = "") -> Problem:
    return Problem(key=dotted(path), message=message, value=shown(value))


def _home_assistant(section: HomeAssistantSettings) -> Iterator[Problem]:
    if section.url:
        yield from _url(("home_assistant", "url"), section.url, "http", "https", "ws", "wss")
    if section.url and not section.token:
        make = "in Home Assistant open your profile, Security, Long-lived access tokens, and put one here"
        yield _problem(("home_assistant", "token"), f"home_assistant.url needs a token: {make}")
    yield from _events(section)


def _events(section: HomeAssistantSettings) -> Iterator[Problem]:
    for index, event in enumerate(section.events):
        if event.event_type in (STATE_CHANGED, STATE_REPORTED):
            message = "states are always carried and chosen by [filter]: write the type of another event"
            yield _problem(("home_assistant", "events", index, "event_type"), message, event.event_type)


def _url(path: Path, url: str, *schemes: str) -> Iterator[Problem]:
    try:
        parts = urlsplit(url)
        good = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        yield _problem(
            path, f'write {" or ".join(schemes)}, a host and its port: "{schemes[0]}://host:8123"', url
        )


def _mqtt(section: MqttSettings) -> Iterator[Problem]:
    if section.enabled and not section.routes:
        yield _problem(
            ("mqtt", "routes"), "MQTT is enabled and has no route: write [[mqtt.routes]], or enabled = false"
        )
    if section.key_file and not section.cert_file:
        yield _problem(
            ("mqtt", "cert_file"), "mqtt.key_file needs the certificate that goes with it: write its file"
        )
    for flaw in flaws([route.route() for route in section.routes]):
        value = getattr(section.routes[flaw.index], flaw.key)
        yield _problem(("mqtt", "routes", flaw.index, flaw.key), flaw.why, value)


def _sink(sink: Sink, name: str) -> Iterator[Problem]:
    path = ("sinks", name)
    if not _SINK_NAME.fullmatch(name):
        yield _problem(path, "name a sink with letters, digits, _ and - only")
    other = next(layout for layout in _LAYOUT_KEYS if layout != sink.layout)
    for key in _LAYOUT_KEYS[other]:
        if getattr(sink, key) != _default(sink, key):
            yield _problem(
                (*path, key), f'this key belongs to layout = "{other}": remove it, or change the layout'
            )
    if "time" in sink.tags:
        message = "InfluxDB takes no tag called time: give it another name"
        yield _problem((*path, "tags", "time"), message, sink.tags["time"])
    for tag in sink.registry_tags:
        if tag not in REGISTRY_TAGS:
            known = ", ".join(REGISTRY_TAGS)
            yield _problem((*path, "registry_tags"), f"the registries give no such tag, but {known}", tag)
    if isinstance(sink, InfluxdbSinkSettings):
        yield from _influxdb(sink, path)


def _default(sink: Sink, key: str) -> object:
    return getattr(type(sink)(kind=sink.kind), key)


def _influxdb(sink: InfluxdbSinkSettings, path: Path) -> Iterator[Problem]:
    yield from _url((*path, "url"), sink.url, "http", "https")
    if sink.api == "v2" and not sink.bucket:
        yield _problem((*path, "bucket"), 'api = "v2" needs the name of a bucket')
    if sink.api == "v1" and not sink.database:
        yield _problem((*path, "database"), 'api = "v1" needs the name of a database')
    if sink.api == "auto" and not sink.bucket and not sink.database:
        yield _problem((*path, "bucket"), "write the bucket (InfluxDB 2 and 3), or the database (InfluxDB 1)")


def _same_file(settings: Settings) -> Iterator[Problem]:
    """Find local sinks that would write into the same file, or into the journal: each needs one of its own."""
    owners = {settings.journal.path: "journal"}
    for name, sink in settings.sinks.items():
        if not isinstance(sink, LocalSinkSettings):
            continue
        owner = owners.setdefault(sink.path, f"sinks.{name}")
        if owner != f"sinks.{name}":
            message = f"{owner} has the same file: give each local sink a file of its own"
            yield _problem(("sinks", name, "path"), message, sink.path)


def _order(settings: Settings) -> Iterator[Problem]:
    """Find pairs of times of which the first may not exceed the second."""
    pairs = (
        ("batch", "retry_initial", "retry_max"),
        ("supervisor", "backoff_initial", "backoff_max"),
    )
    for section, low, high in pairs:
        values = getattr(settings, section)
        if getattr(values, low) > getattr(values, high):
            yield _problem((section, low), f"this may not be longer than {section}.{high}")
