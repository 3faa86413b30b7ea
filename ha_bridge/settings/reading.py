"""Turns what was written into typed sections, keeping account of every mistake instead of stopping at one."""

from collections.abc import Mapping
from typing import Any, TypeVar, get_args, get_origin

import msgspec
from msgspec import UNSET

from ha_bridge.settings.kinds import DataMatch, EntityFilterSettings, Names, Section
from ha_bridge.settings.paths import Path, dotted
from ha_bridge.settings.problems import Problem, nearest
from ha_bridge.settings.secret import MASK, Secret, shown
from ha_bridge.settings.sinks import KINDS, Sink
from ha_bridge.settings.values import convert, data_match, entity_filter, is_filter_word
from ha_bridge.settings.wants import choices, hints, wants
from ha_bridge.settings.written import Given, Node, origin, plain

S = TypeVar("S", bound=Section)


class Reading:
    """One pass over the written settings; a value that is wrong is left out, so that the rest can be judged."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.origins: dict[str, str] = {}

    def section(self, kind: type[S], node: Node, path: Path) -> S | None:
        """Read one table; None where it cannot be built."""
        if isinstance(node, Given):
            self.problem(path, node, f"this is a table: write {_header(path)} and its keys below it")
            return None
        known = hints(kind)
        self._unknown_keys(kind, node, path)
        found = {key: self.value(known[key], node[key], (*path, key)) for key in node if key in known}
        required = [field.name for field in msgspec.structs.fields(kind) if field.required]
        for key in (key for key in required if key not in node):
            self.problem((*path, key), node, f"this key is missing; write {wants(known[key])}")
        good = {key: value for key, value in found.items() if value is not UNSET}
        return kind.of(good) if good.keys() >= set(required) else None

    def sinks(self, node: Node) -> dict[str, Sink]:
        """Read [sinks.<name>]: which keys a sink has depends on its kind."""
        if isinstance(node, Given):
            self.problem(
                ("sinks",), node, "this is a table: write [sinks.NAME] and the keys of that sink below it"
            )
            return {}
        read = {name: self._sink(table, ("sinks", name)) for name, table in node.items()}
        return {name: sink for name, sink in read.items() if sink}

    def problem(self, path: Path, node: Node, message: str, value: str = "", suggestion: str = "") -> None:
        """Put a mistake on record; `value` is shown as it is, so it must hold nothing secret."""
        found = Problem(
            key=dotted(path), message=message, value=value, origin=origin(node), suggestion=suggestion
        )
        self.problems.append(found)

    def _sink(self, node: Node, path: Path) -> Sink | None:
        """Read one sink; one that does not say its kind is read as the kind whose keys it has."""
        keys = set(node) if isinstance(node, dict) else set()
        likely = max(KINDS.values(), key=lambda kind: len(keys & hints(kind).keys()))
        named = str(plain(node["kind"])) if isinstance(node, dict) and "kind" in node else ""
        return self.section(KINDS.get(named, likely), node, path)

    def value(self, hint: Any, node: Node, path: Path) -> Any:
        """Read one value of any type that the schema has; UNSET where it is wrong."""
        if hint is EntityFilterSettings and isinstance(node, Given):
            return self._entity_filter(node, path)
        if _is_section(hint):
            return self.section(hint, node, path) or UNSET
        if hint == DataMatch:
            return self._data_match(node, path)
        if get_origin(hint) is Mapping:
            return self._mapping(get_args(hint)[1], node, path)
        if get_origin(hint) is tuple and _is_section(get_args(hint)[0]):
            return self._tables(get_args(hint)[0], node, path)
        return self._single(hint, node, path)

    def _entity_filter(self, node: Given, path: Path) -> Any:
        """Read the short form of a filter; the long form is a table like any other."""
        words = self._single(Names, node, path)
        if words is UNSET:
            return UNSET
        wrong = [word for word in words if not is_filter_word(word)]
        if wrong:
            forms = (
                'a domain ("light"), an entity, a glob ("sensor.kitchen_*") or a regex ("/_power$/"), '
                'or what it is ("area:Kitchen", "label:x", "unit:W", "event:call_service")'
            )
            self.problem(path, node, f"each text is {forms}", shown(wrong))
        return UNSET if wrong else entity_filter(words)

    def _data_match(self, node: Node, path: Path) -> Any:
        self.origins[dotted(path)] = origin(node)
        try:
            return data_match(node)
        except ValueError as error:
            self.problem(path, node, str(error))
            return UNSET

    def _mapping(self, hint: Any, node: Node, path: Path) -> Any:
        if isinstance(node, Given):
            self.problem(path, node, f"this is a table: write [{dotted(path)}] and the names below it")
            return UNSET
        read = {key: self.value(hint, child, (*path, key)) for key, child in node.items()}
        return {key: value for key, value in read.items() if value is not UNSET}

    def _tables(self, kind: type[S], node: Node, path: Path) -> Any:
        if not isinstance(node, Given) or not isinstance(node.value, list):
            self.problem(path, node, f"this is a list of tables: write [[{dotted(path)}]] once for each")
            return UNSET
        if not node.value:
            self.origins[dotted(path)] = node.origin
        read = [self.section(kind, item, (*path, index)) for index, item in enumerate(node.value)]
        return tuple(table for table in read if table)

    def _single(self, hint: Any, node: Node, path: Path) -> Any:
        self.origins[dotted(path)] = origin(node)
        try:
            return convert(hint, node)
        except (ValueError, msgspec.ValidationError):
            value = "" if isinstance(node, dict) else MASK if hint is Secret else shown(plain(node))
            near = nearest(str(plain(node)), choices(hint))
            self.problem(path, node, f"write {wants(hint)}", value, near)
            return UNSET

    def _unknown_keys(self, kind: type[Section], node: dict[str, Node], path: Path) -> None:
        """Report keys that the table does not have, without their values: a misspelt password is one too."""
        known = hints(kind)
        for key in (key for key in node if key not in known):
            owner = next((name for name, other in KINDS.items() if key in hints(other)), "")
            if owner and kind in KINDS.values():
                message = f'this key belongs to kind = "{owner}": remove it, or change the kind of this sink'
                self.problem((*path, key), node[key], message)
            else:
                near = nearest(key, known)
                suggestion = dotted((*path, near)) if near else ""
                self.problem(
                    (*path, key), node[key], "there is no such key: remove it or correct it", "", suggestion
                )


def _header(path: Path) -> str:
    """Write the header of a table as TOML has it, [[rules]] for rules[0]."""
    name = dotted(tuple(part for part in path if isinstance(part, str)))
    return f"[[{name}]]" if isinstance(path[-1], int) else f"[{name}]"


def _is_section(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Section)
