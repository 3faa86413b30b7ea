"""The settings: files and environment in, one checked and frozen `Settings` out.

The weakest layer first: defaults, ./config/settings.toml (else /etc/ha-bridge/settings.toml), --config FILE,
.secrets.toml, HA_BRIDGE_<SECTION>, HA_BRIDGE_<SECTION>__<KEY>, HA_BRIDGE_<SECTION>__<KEY>_FILE. Lists replace, tables merge.
"""

from ha_bridge.settings.kinds import ComponentConfig, EntityFilterSettings
from ha_bridge.settings.load import check, load
from ha_bridge.settings.problems import Problem, SettingsError
from ha_bridge.settings.retention import DownsampleSettings, KeepSettings, RetentionSettings
from ha_bridge.settings.rows import Row, rows
from ha_bridge.settings.schema import Settings
from ha_bridge.settings.secret import Secret, Url, shown
from ha_bridge.settings.sections import (
    BatchSettings,
    DedupSettings,
    EventSettings,
    FilterSettings,
    HistorySettings,
    HomeAssistantSettings,
    JournalSettings,
    LogSettings,
    MatchSettings,
    MqttSettings,
    RouteSettings,
    RuleSettings,
    SupervisorSettings,
    WebSettings,
)
from ha_bridge.settings.sinks import InfluxdbSinkSettings, LocalSinkSettings, SinkSettings

__all__ = [
    "BatchSettings",
    "ComponentConfig",
    "DedupSettings",
    "DownsampleSettings",
    "EntityFilterSettings",
    "EventSettings",
    "FilterSettings",
    "HistorySettings",
    "HomeAssistantSettings",
    "InfluxdbSinkSettings",
    "JournalSettings",
    "KeepSettings",
    "LocalSinkSettings",
    "LogSettings",
    "MatchSettings",
    "MqttSettings",
    "Problem",
    "RetentionSettings",
    "RouteSettings",
    "Row",
    "RuleSettings",
    "Secret",
    "Settings",
    "SettingsError",
    "SinkSettings",
    "SupervisorSettings",
    "Url",
    "WebSettings",
    "check",
    "load",
    "rows",
    "shown",
]
