"""The settings as a table: every key, its value as text with secrets hidden, and where it was set."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, get_args

import msgspec

from ha_bridge.settings.kinds import DURATION, LIFE, SIZE, EntityFilterSettings, Section
from ha_bridge.settings.paths import Path, dotted
from ha_bridge.settings.schema import SECTIONS, Settings
from ha_bridge.settings.secret import shown
from ha_bridge.settings.sections import RuleSettings
from ha_bridge.settings.units import duration_text, life_text, size_text
from ha_bridge.settings.wants import hints, unit

_TERSE = (EntityFilterSettings, RuleSettings)
_SHOWN: dict[str, Callable[[Any], str]] = {DURATION: duration_text, SIZE: size_text, LIFE: life_text}


class Row(msgspec.Struct, frozen=True):
    """One key. `default` tells whether the value is the default one, wherever it was set."""

    key: str
    value: str
    default: bool
    origin: str


class _Setting(NamedTuple):
    path: Path
    text: str
    default: bool


def rows(settings: Settings) -> list[Row]:
    """List every setting, in the order of the schema."""
    found = (setting for name in SECTIONS for setting in _part(settings, name, ()))
    return [
        Row(dotted(setting.path), setting.text, setting.default, _origin(setting.path, settings.origins))
        for setting in found
    ]


def _part(section: Section, name: str, path: Path) -> Iterator[_Setting]:
    kind = type(section)
    field = next(field for field in msgspec.structs.fields(kind) if field.name == name)
    default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
    return _value(getattr(section, name), hints(kind)[name], default, (*path, name))


def _value(value: Any, hint: Any, default: Any, path: Path) -> Iterator[_Setting]:
    """Give a row for a plain value or an empty table, else those of what is in it."""
    if isinstance(value, _TERSE):
        yield from _terse(value, path)
    elif isinstance(value, Section):
        for name in value.__struct_fields__:
            yield from _part(value, name, path)
    elif isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _value(inner, get_args(hint)[1], None, (*path, key))
    elif value and isinstance(value, tuple) and isinstance(value[0], Section):
        for index, inner in enumerate(value):
            yield from _value(inner, None, None, (*path, index))
    else:
        text = _SHOWN.get(unit(hint), shown)(value)
        yield _Setting(path, text, value == default)


def _terse(section: Section, path: Path) -> Iterator[_Setting]:
    """Give the keys that say something, for there are dozens: one row where none does."""
    written = section.order if isinstance(section, RuleSettings) else ()
    found = [setting for name in written or hints(type(section)) for setting in _part(section, name, path)]
    said = [setting for setting in found if not setting.default]
    yield from said or [_Setting(path, shown({}), default=True)]


def _origin(path: Path, origins: Mapping[str, str]) -> str:
    """Find where a key was set: by itself, or with the list that it is part of."""
    within = (dotted(path[:length]) for length in range(len(path), 0, -1))
    return next((origins[key] for key in within if key in origins), "default")
