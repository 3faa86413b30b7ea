"""The settings as a whole: typed, frozen, checked. Only `load` makes them."""

from collections.abc import Iterator, Mapping

from ha_bridge.settings.kinds import Section
from ha_bridge.settings.retention import RetentionSettings
from ha_bridge.settings.secret import Secret, Url
from ha_bridge.settings.sections import (
    BatchSettings,
    DedupSettings,
    FilterSettings,
    HistorySettings,
    HomeAssistantSettings,
    JournalSettings,
    LogSettings,
    MqttSettings,
    RuleSettings,
    SupervisorSettings,
    WebSettings,
)
from ha_bridge.settings.sinks import Sink


class Settings(Section, frozen=True, kw_only=True):
    """Everything the user decides. `origins` says where each key was set: "mqtt.port" -> "config/settings.toml:9"."""

    home_assistant: HomeAssistantSettings = HomeAssistantSettings()
    mqtt: MqttSettings = MqttSettings()
    sinks: Mapping[str, Sink] = {}
    retention: RetentionSettings = RetentionSettings()
    filter: FilterSettings = FilterSettings()
    rules: tuple[RuleSettings, ...] = ()
    dedup: DedupSettings = DedupSettings()
    batch: BatchSettings = BatchSettings()
    history: HistorySettings = HistorySettings()
    journal: JournalSettings = JournalSettings()
    supervisor: SupervisorSettings = SupervisorSettings()
    web: WebSettings = WebSettings()
    log: LogSettings = LogSettings()
    origins: Mapping[str, str] = {}

    def secrets(self) -> tuple[str, ...]:
        """Every secret text in these settings, passwords within URLs included, for the log to hide."""
        sections = (self.home_assistant, self.mqtt, *self.sinks.values())
        found = (text for section in sections for text in _secrets(section))
        return tuple(sorted({text for text in found if text}))


SECTIONS: tuple[str, ...] = tuple(name for name in Settings.__struct_fields__ if name != "origins")


def _secrets(section: Section) -> Iterator[str]:
    for name in section.__struct_fields__:
        match getattr(section, name):
            case Secret() as secret:
                yield secret.reveal()
            case Url() as url:
                yield url.password()
