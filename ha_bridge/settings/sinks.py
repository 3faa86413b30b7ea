"""The sinks: what they share, what an InfluxDB needs and what the local store needs."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Literal

from ha_bridge.settings.kinds import (
    ComponentConfig,
    Count,
    EntityFilterSettings,
    Name,
    Names,
    Section,
    SomeTime,
)
from ha_bridge.settings.secret import Secret, Url


class SinkSettings(Section, frozen=True, kw_only=True):
    """What every sink has. The keys from `measurement_attr` on are those of HA's own influxdb integration."""

    kind: Literal["influxdb", "local"]
    layout: Literal["bridge", "homeassistant"] = "bridge"
    include: EntityFilterSettings = EntityFilterSettings()
    exclude: EntityFilterSettings = EntityFilterSettings()
    attributes: Names = ()
    tags: Mapping[str, str] = {}
    registry_tags: Names = ("area", "device", "integration", "registry_id")
    availability: bool = True
    names: bool = True
    strings: bool = True
    precision: Literal["us", "ms", "s"] = "us"
    max_series: Count = 100_000
    measurement_attr: Literal["unit_of_measurement", "entity_id", "domain__device_class"] = (
        "unit_of_measurement"
    )
    default_measurement: str = ""
    override_measurement: str = ""
    tags_attributes: Names = ()
    ignore_attributes: Names = ()
    component_config: Mapping[str, ComponentConfig] = {}
    component_config_domain: Mapping[str, ComponentConfig] = {}
    component_config_glob: Mapping[str, ComponentConfig] = {}


class InfluxdbSinkSettings(SinkSettings, frozen=True, kw_only=True):
    """An InfluxDB 1.x, 2.x or 3, or a server that speaks its write API."""

    url: Url = Url("http://localhost:8086")
    api: Literal["auto", "v1", "v2"] = "auto"
    token: Secret = Secret()
    org: str = ""
    bucket: str = ""
    database: str = ""
    retention_policy: str = ""
    username: str = ""
    password: Secret = Secret()
    ca_file: str = ""
    verify_tls: bool = True
    gzip: bool = True
    timeout: SomeTime = 10.0


class LocalSinkSettings(SinkSettings, frozen=True, kw_only=True):
    """The embedded store: one SQLite file."""

    path: Name = "data/ha-bridge.db"

    def file(self, place: str) -> str:
        """Name the file of a place within this store: `ha-bridge-energy.db`."""
        path = PurePath(self.path)
        return f"{path.with_suffix('')}-{place}{path.suffix}" if place else self.path


Sink = InfluxdbSinkSettings | LocalSinkSettings
KINDS: dict[str, type[Sink]] = {"influxdb": InfluxdbSinkSettings, "local": LocalSinkSettings}
