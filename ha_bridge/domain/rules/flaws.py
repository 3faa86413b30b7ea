"""What is wrong with a rule as it is written."""

import re
from collections.abc import Callable, Collection, Iterator
from functools import partial

from ha_bridge.domain.rules.matching import STATES
from ha_bridge.domain.rules.rule import Rule
from ha_bridge.domain.rules.values import Convert
from ha_bridge.domain.selectors import comparisons
from ha_bridge.domain.selectors.flaws import ENTITY_ID, Flaw, contradiction, judged
from ha_bridge.domain.selectors.flaws import flaws as selector_flaws
from ha_bridge.domain.selectors.flaws import name as name_flaw
from ha_bridge.domain.selectors.patterns import OF_EVENTS, OF_READINGS, is_regex, regex

_OF_VALUES = (
    "map",
    "type",
    "scale",
    "offset",
    "convert",
    "round",
    "deadband",
    "deadband_percent",
    "rate_limit",
)
_OF_ENTITIES = ("heartbeat", "rename")
_KINDS = {"entities": STATES, "events": OF_EVENTS, "readings": OF_READINGS}
_DEFAULTS = {"number": (int, float), "integer": (int,), "text": (str,), "boolean": (bool,)}


def flaws(
    rule: Rule, sinks: Collection[str], is_unit: Callable[[str], bool], convert: Convert
) -> Iterator[Flaw]:
    """Everything that keeps a rule from making sense; `sinks` are those there are."""
    yield from (flaw._replace(key=f"match.{flaw.key}") for flaw in _of_match(rule))
    yield from _of_actions(rule)
    yield from _of_tags(rule)
    yield from _of_kinds(rule)
    yield from _of_units(rule, is_unit)
    yield from _of_conversion(rule, is_unit, convert)
    yield from _of_names(rule)
    yield from judged("drop_attributes", rule.drop_attributes, name_flaw)
    for name in rule.sinks:
        if name not in sinks:
            yield Flaw("sinks", f"there is no sink of that name; there are {', '.join(sinks)}", name)


def _of_match(rule: Rule) -> Iterator[Flaw]:
    match = rule.match
    yield from selector_flaws(match)
    yield from judged("state", match.state, partial(comparisons.flaw, of_state=True))
    yield from contradiction("state", match.state, of_state=True)
    kinds = {kind: next((key for key in keys if getattr(match, key)), "") for kind, keys in _KINDS.items()}
    named = [key for key in kinds.values() if key]
    if len(named) > 1:
        why = f"nothing is both this and {named[0]}: every key of a match has to fit; write two rules"
        yield Flaw(named[1], why, getattr(match, named[1]))


def _of_actions(rule: Rule) -> Iterator[Flaw]:
    done = rule.actions()
    if not done:
        yield Flaw("", "it does nothing: write what is to be done, such as drop = true or round = 1")
    others = [key for key in done if key != "drop"]
    if rule.drop and others:
        yield Flaw("drop", f"nothing is left for {', '.join(others)}: remove one or the other", rule.drop)
    if rule.fields and not any(key in done for key in _OF_VALUES):
        yield Flaw(
            "fields", f"they are for {', '.join(_OF_VALUES)}: write one of these, or remove it", rule.fields
        )
    if rule.default is not None and type(rule.default) not in _DEFAULTS.get(rule.type, ()):
        why = f'write type = "..." with it, and a default of that type, not {type(rule.default).__name__}'
        yield Flaw("default", why, rule.default)


def _of_tags(rule: Rule) -> Iterator[Flaw]:
    if "time" in rule.set_tags:
        yield Flaw(
            "set_tags.time", "InfluxDB takes no tag called time: give it another name", rule.set_tags["time"]
        )


def _of_kinds(rule: Rule) -> Iterator[Flaw]:
    """Find what only entities have in a rule about something else."""
    kind = next((key for key in (*OF_EVENTS, *OF_READINGS) if getattr(rule.match, key)), "")
    for key in _OF_ENTITIES if kind else ():
        if value := getattr(rule, key):
            yield Flaw(key, f"this is for entities, and match.{kind} names none: remove one of them", value)


def _of_units(rule: Rule, is_unit: Callable[[str], bool]) -> Iterator[Flaw]:
    for key in ("convert", "convert_from"):
        unit = getattr(rule, key)
        if unit and not is_unit(unit):
            yield Flaw(
                key, "there is no such unit; write it as Home Assistant does, such as kWh, °C or m³/h", unit
            )
    if rule.convert_from and not rule.convert:
        yield Flaw("convert_from", 'write the unit that is wanted: convert = "..."', rule.convert_from)
    if rule.convert and not rule.convert_from and (rule.fields or rule.match.measurements):
        yield Flaw("convert", "fields have no unit: write convert_from with it", rule.convert)


def _of_conversion(rule: Rule, is_unit: Callable[[str], bool], convert: Convert) -> Iterator[Flaw]:
    """Find a conversion that is never possible."""
    if not rule.convert or not is_unit(rule.convert):
        return
    units = (
        (rule.convert_from,) if is_unit(rule.convert_from) else () if rule.convert_from else rule.match.units
    )
    for unit in units:
        if unit != rule.convert and convert(unit, rule.convert) is None:
            yield Flaw(
                "convert", f"{unit} cannot be converted to it: write a unit of the same kind", rule.convert
            )


def _of_names(rule: Rule) -> Iterator[Flaw]:
    if rule.rename and "\\" not in rule.rename and not ENTITY_ID.fullmatch(rule.rename):
        yield Flaw("rename", "write an entity id such as sensor.kitchen_power", rule.rename)
    for name in filter(is_regex, rule.match.entities):
        if why := _misfit(name, rule.rename):
            yield Flaw("rename", f"it does not go with {name}: {why}", rule.rename)
    if "\\" in rule.rename and not any(map(is_regex, rule.match.entities)):
        yield Flaw(
            "rename", "a group such as \\1 is of a regex in match.entities: write one there", rule.rename
        )


def _misfit(name: str, template: str) -> str:
    """Tell why a regex does not have the groups of a template; "" where it has, or is none itself."""
    try:
        pattern = regex(name)
    except re.error:
        return ""
    try:
        pattern.sub(template, "")
    except (re.error, IndexError) as error:
        return str(error)
    return ""
