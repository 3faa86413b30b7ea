"""What dynaconf does here: it lays one layer of settings over another, and reads the environment's values.

Everything else it can do is off. It would look for files and hooks by itself, read a `.env`, obey `*_FOR_DYNACONF`
variables, take a value that begins with "@" for a command, and append lists instead of replacing them.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from dynaconf import Dynaconf  # type: ignore[import-untyped]
from dynaconf.utils.parse_conf import boolean_fix, parse_with_toml  # type: ignore[import-untyped]


def merge(trees: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Lay trees of `Given` over one another: tables merge, every value and list replaces the one beneath.

    Keys that differ only in case are one key, so that the environment can name a sink called "Main".
    """
    store = Dynaconf(
        dynaconf_skip_loaders=True,
        load_dotenv=False,
        merge_enabled=True,
        dynaboxify=False,
        dotted_lookup=False,
        nested_separator=False,
    )
    sections: set[str] = set()
    for tree in trees:
        store.update(tree)
        sections |= tree.keys()
    return {section: store[section] for section in sections}


def parse(text: str) -> Any:
    """Read the value of an environment variable: TOML where it is TOML, tables and lists as JSON too, else the text."""
    value = parse_with_toml(boolean_fix(text))
    if isinstance(value, str) and value.startswith(("{", "[")):
        with suppress(ValueError):
            return json.loads(value)
    return value
