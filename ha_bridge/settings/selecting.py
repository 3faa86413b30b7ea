"""What must hold of selectors and rules, once each of their keys is right by itself."""

from collections.abc import Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec.structs import asdict, replace

from ha_bridge import unit_conversion
from ha_bridge.domain.rules.flaws import flaws as rule_flaws
from ha_bridge.domain.rules.rule import label
from ha_bridge.domain.selectors import Patterns, Zone
from ha_bridge.domain.selectors.flaws import Flaw, flaws
from ha_bridge.settings.kinds import EntityFilterSettings
from ha_bridge.settings.problems import Problem
from ha_bridge.settings.schema import Settings
from ha_bridge.settings.secret import shown
from ha_bridge.settings.written import Given, Node, plain


def patterns(wanted: EntityFilterSettings) -> Patterns:
    """The same in the words of the domain."""
    return Patterns(**asdict(wanted))


def zone(name: str) -> Zone:
    """The time zone of that name, None for the system's; ValueError where there is none."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(f"this system has no time zone {name}") from error


def broken(settings: Settings) -> Iterator[Problem]:
    """Give every rule that selectors and rules break; their origin is left to the caller."""
    yield from _time_zone(settings.filter.time_zone)
    tables = {"filter": settings.filter, **{f"sinks.{name}": sink for name, sink in settings.sinks.items()}}
    kept = {f"retention.keep[{index}]": each for index, each in enumerate(settings.retention.keep)}
    for path, table in {**tables, **kept}.items():
        for side in ("include", "exclude"):
            yield from _problems(f"{path}.{side}", flaws(patterns(getattr(table, side))))
    for index, each in enumerate(settings.rules):
        found = rule_flaws(each.rule(), settings.sinks, unit_conversion.is_unit, unit_conversion.conversion)
        yield from _problems(f"rules[{index}]", found)


def named(problems: Iterable[Problem], rules: Node | None) -> list[Problem]:
    """Let what is wrong with a rule say which rule it is, by its number from 1 and its name."""
    written = plain(rules) if isinstance(rules, Given) else []
    labels = {
        f"rules[{index}]": label(index + 1, _name(table))
        for index, table in enumerate(written if isinstance(written, list) else [])
    }
    return [
        replace(problem, message=f"{labels[rule]}: {problem.message}") if rule in labels else problem
        for problem in problems
        for rule in [problem.key.partition(".")[0]]
    ]


def _name(table: Any) -> str:
    return str(table.get("name", "")) if isinstance(table, dict) else ""


def _time_zone(name: str) -> Iterator[Problem]:
    try:
        zone(name)
    except ValueError as error:
        message = f'{error}: write one such as "Europe/Berlin", or install the package tzdata'
        yield Problem(key="filter.time_zone", message=message, value=shown(name))


def _problems(path: str, found: Iterable[Flaw]) -> Iterator[Problem]:
    for flaw in found:
        key = f"{path}.{flaw.key}" if flaw.key else path
        yield Problem(key=key, message=flaw.why, value=shown(flaw.value))
