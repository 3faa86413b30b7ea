"""Home Assistant's `influxdb:` block becomes a sink: every option carried over, or named as not carried.

The options and how they are read are those of `components/influxdb/const.py` and `__init__.py` (2024.3 to 2026.11).
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ha_bridge.settings.ha_values import (
    Tagged,
    Unusable,
    choice,
    entity_ids,
    flag,
    glob,
    glob_of_domain,
    is_domain,
    port,
    text,
    texts,
)

FILL_IN = "REPLACE-ME"
"""Stands for a value that is somewhere else; no server has such a name."""

NO_DOMAIN = (
    "Home Assistant has no such domain either, so it is kept as a glob that fits nothing; write such as light"
)

Tree = dict[str, Any]
Read = Callable[[Any], Any]

API = "api_version"
CLOUD = "us-west-2-1.aws.cloud2.influxdata.com"
SERVER = ("host", "port", "path", "ssl")
# Ours by theirs.
FOR_BOTH: dict[str, tuple[str, Read]] = {
    "verify_ssl": ("verify_tls", flag),
    "ssl_ca_cert": ("ca_file", text),
    "precision": (
        "precision",
        lambda value: {"ns": "us"}.get(found := choice("ms", "s", "us", "ns")(value), found),
    ),
    "measurement_attr": (
        "measurement_attr",
        choice("unit_of_measurement", "domain__device_class", "entity_id"),
    ),
    "default_measurement": ("default_measurement", text),
    "override_measurement": ("override_measurement", text),
    "tags_attributes": ("tags_attributes", texts),
    "ignore_attributes": ("ignore_attributes", texts),
}
BY_API: dict[str, dict[str, tuple[str, Read]]] = {
    "1": {
        "database": ("database", text),
        "username": ("username", text),
        "password": ("password", text),
    },
    "2": {
        "bucket": ("bucket", text),
        "organization": ("org", text),
        "token": ("token", text),
    },
}
STORES = {"1": ("database", "home_assistant"), "2": ("bucket", "Home Assistant")}
COMPONENTS = ("component_config", "component_config_domain", "component_config_glob")
SIDES = ("include", "exclude")
RETRIES = "max_retries"
NESTED = (*COMPONENTS, *SIDES, "tags")
OPTIONS = {API, *SERVER, *FOR_BOTH, *BY_API["1"], *BY_API["2"], *NESTED, RETRIES}
SECRET = {"token", "username", "password"}
CONNECTION = {API, *SERVER, *BY_API["1"], *BY_API["2"]}


class Note(msgspec.Struct, frozen=True):
    """What was not carried over as it stood: the option by its path, and what to do."""

    option: str
    message: str

    def __str__(self) -> str:
        return f"{self.option}: {self.message}"


class Import:
    """Reads a block when made. `sink` is the table [sinks.NAME]; no note holds a value that may be secret."""

    def __init__(self, block: Mapping[str, Any], name: str) -> None:
        self._name = name
        self._block = block
        self.notes: list[Note] = []
        self._api = self._take(API, lambda value: choice("1", "2")(str(value)), "1")
        self.sink = {"kind": "influxdb", **self._place(), **self._plain(FOR_BOTH), **self._nested()}
        self._leave()

    def _place(self) -> Tree:
        """Say where to write and as whom."""
        store, default = STORES[self._api]
        place: Tree = {"url": self._url(), "api": f"v{self._api}"}
        found = self._plain(BY_API[self._api])
        place[store] = found.pop(store, default)
        if not CONNECTION & self._block.keys():
            message = "not in the block (newer versions keep it in their own storage): check url and database"
            self._note("host", message)
        return {**place, "layout": "homeassistant", **found}

    def _url(self) -> str:
        of_two = self._api == "2"
        host = self._take("host", text, CLOUD if of_two else "localhost") or FILL_IN
        number = self._take("port", port, None if of_two else 8086)
        path = self._take("path", text, "")
        path = f"/{path.strip('/')}" if path.strip("/") else ""
        scheme = "https" if self._take("ssl", flag, of_two) else "http"
        return f"{scheme}://{host}{f':{number}' if number else ''}{path}"

    def _plain(self, options: Mapping[str, tuple[str, Read]]) -> Tree:
        taken = {ours: self._take(theirs, read, None) for theirs, (ours, read) in options.items()}
        return {ours: value for ours, value in taken.items() if value not in (None, [])}

    def _nested(self) -> Tree:
        tables = {
            "tags": self._tags(),
            **{side: self._side(side) for side in SIDES},
            **{key: self._components(key) for key in COMPONENTS},
        }
        return {"layout": "homeassistant", **{key: table for key, table in tables.items() if table}}

    def _tags(self) -> Tree:
        tags = {key: self._read(("tags", key), value, text) for key, value in self._table("tags").items()}
        return {key: value for key, value in tags.items() if value is not None}

    def _side(self, side: str) -> Tree:
        written = self._table(side)
        reads: dict[str, Read] = {"domains": texts, "entities": entity_ids, "entity_globs": texts}
        for key in (key for key in written if key not in reads):
            self._note_unknown(side, key)
        found = {
            key: self._read((side, key), written[key], read) or []
            for key, read in reads.items()
            if key in written
        }
        domains = found.get("domains", [])
        odd = [name for name in domains if not is_domain(name)]
        for name in odd:
            self._note(
                f"{side}.domains", f"names nothing by {json.dumps(name, ensure_ascii=False)}: {NO_DOMAIN}"
            )
        globs = [*found.get("entity_globs", []), *map(glob_of_domain, odd)]
        both = {
            "domains": [name for name in domains if name not in odd],
            "entities": [*found.get("entities", []), *map(glob, globs)],
        }
        return {key: value for key, value in both.items() if value}

    def _components(self, option: str) -> Tree:
        lowers = option == "component_config"
        tables = {
            key.lower() if lowers else key: self._component(option, key, value)
            for key, value in self._table(option).items()
        }
        return {key: table for key, table in tables.items() if table is not None}

    def _component(self, option: str, key: str, value: Any) -> Tree | None:
        reads: dict[str, Read] = {"override_measurement": text, "ignore_attributes": texts}
        if not isinstance(value, Mapping):
            self._note(
                f"{option}.{shown(key)}",
                _elsewhere(value) if isinstance(value, Tagged) else "this is no mapping",
            )
            return None
        for name in (str(name) for name in value if name not in reads):
            self._note_unknown(option, key, name)
        read = {
            name: self._read((option, key, name), value[name], reads[name]) for name in reads if name in value
        }
        return {name: found for name, found in read.items() if found is not None}

    def _table(self, option: str) -> Mapping[str, Any]:
        """Give a nested option with its keys as text; empty where it is something else."""
        value = self._block.get(option, {})
        if isinstance(value, Mapping):
            return {str(key): each for key, each in value.items()}
        self._note(option, _elsewhere(value) if isinstance(value, Tagged) else "this is no mapping")
        return {}

    def _take(self, option: str, read: Read, default: Any) -> Any:
        if option not in self._block:
            return default
        found = self._read((option,), self._block[option], read)
        return default if found is None else found

    def _read(self, path: tuple[str, ...], value: Any, read: Read) -> Any:
        """Read one value; None, and a note, where it cannot be used."""
        option = ".".join(map(shown, path))
        if elsewhere := _tagged_in(value):
            return self._tagged(option, elsewhere)
        try:
            return read(value)
        except Unusable as error:
            self._note(option, f"not carried over, nor does Home Assistant take it: {error}")
            return None

    def _tagged(self, option: str, value: Tagged) -> Any:
        """Leave out a value that stands elsewhere, but for a name without which the sink is none."""
        if option in SECRET:
            variable = f"HA_BRIDGE_SINKS__{self._name.upper()}__{option.upper()}"
            where = f"write it into .secrets.toml below [sinks.{self._name}], or into the environment as {variable}"
            self._note(option, f"{_stands(value)}: {where}")
            return None
        self._note(option, _elsewhere(value))
        return FILL_IN if option in ("host", *(store for store, _ in STORES.values())) else None

    def _leave(self) -> None:
        """Name the options that have no counterpart here."""
        other = BY_API["2" if self._api == "1" else "1"]
        for option in (str(key) for key in self._block):
            if option == "ssl_ca_cert":
                self._note(option, "this file is read where the bridge runs: copy it there")
            elif option == RETRIES:
                self._note(
                    option, "not needed: what cannot be written waits in the journal as long as it takes"
                )
            elif option in other:
                self._note(option, f"not carried over: it says nothing with {API}: {self._api}")
            elif option not in OPTIONS:
                self._note_unknown(option)

    def _note(self, option: str, message: str) -> None:
        self.notes.append(Note(option, message))

    def _note_unknown(self, *path: str) -> None:
        self._note(
            ".".join(map(shown, path)), "not carried over: Home Assistant's integration has no such option"
        )


def _tagged_in(value: Any) -> Tagged | None:
    """Find what stands elsewhere: the value, or one of a list."""
    found = value if isinstance(value, list) else [value]
    return next((each for each in found if isinstance(each, Tagged)), None)


def shown(key: Any) -> str:
    """Write a key on one line, in quotes where it needs them."""
    name = str(key)
    return name if name.replace("_", "a").isalnum() else json.dumps(name, ensure_ascii=False)


def _stands(value: Tagged) -> str:
    return f"is {value.tag} {' '.join(value.text.split())} there".replace("  ", " ")


def _elsewhere(value: Tagged) -> str:
    return f"{_stands(value)}: write what that gives into this sink"
