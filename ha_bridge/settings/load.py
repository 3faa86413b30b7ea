"""Loads the settings: finds the layers, lays them over one another, reads, checks."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from ha_bridge.settings import environment, files, layering, rules, selecting
from ha_bridge.settings.problems import Problem, SettingsError, nearest
from ha_bridge.settings.reading import Reading
from ha_bridge.settings.schema import SECTIONS, Settings
from ha_bridge.settings.sinks import LocalSinkSettings
from ha_bridge.settings.wants import hints
from ha_bridge.settings.written import nodes

Tree = dict[str, Any]


def load(
    config: Path | None = None,
    *,
    cwd: Path | None = None,
    environ: Mapping[str, str] | None = None,
    system_file: Path = files.SYSTEM_FILE,
) -> Settings:
    """Load and check the settings; SettingsError has everything that is wrong with them.

    `config` is the file of --config, `cwd` the folder in which ./config/settings.toml is looked for.
    """
    folder = (cwd or Path.cwd()).absolute()
    trees, unread = _read_files(config, folder, system_file)
    variables, misread = environment.read(os.environ if environ is None else environ, folder)
    reading = Reading()
    merged = _merge(reading, [*trees, *variables])
    settings = _settings(reading, merged)
    problems = [*unread, *misread, *reading.problems]
    # What a file that cannot be read would have said is unknown, so no rule can be held to be broken.
    problems += [] if unread else _broken(settings, problems)
    if problems:
        raise SettingsError(selecting.named(problems, merged.get("rules")))
    return settings


def check(data: Mapping[str, Any]) -> list[Problem]:
    """Give what would be wrong with these settings if there were no others."""
    reading = Reading()
    settings = _settings(reading, _merge(reading, [nodes(data, lambda _: "")]))
    return [*reading.problems, *_broken(settings, reading.problems)]


def _read_files(config: Path | None, cwd: Path, system_file: Path) -> tuple[list[Tree], list[Problem]]:
    paths = files.layers(config, cwd, system_file)
    read = [files.read(path, files.name(path, cwd)) for path in paths]
    return [tree for tree, _ in read], [problem for _, problems in read for problem in problems]


def _merge(reading: Reading, trees: list[Tree]) -> Tree:
    """Lay the known sections over one another; an unknown one is a problem each time it is written."""
    for tree in trees:
        for name in (name for name in tree if name not in SECTIONS):
            message = f"there is no such section; there are {', '.join(SECTIONS)}"
            reading.problem((name,), tree[name], message, suggestion=nearest(name, SECTIONS))
    return layering.merge({name: tree[name] for name in tree if name in SECTIONS} for tree in trees)


def _settings(reading: Reading, tree: Tree) -> Settings:
    """Build the settings from what can be read, with the default in every other place."""
    kinds = hints(Settings)
    tables = {name: tree[name] for name in SECTIONS if name in tree and name != "sinks"}
    read = {name: reading.value(kinds[name], table, (name,)) for name, table in tables.items()}
    sinks = reading.sinks(tree["sinks"]) if tree.get("sinks") else {"local": LocalSinkSettings(kind="local")}
    return Settings(
        **{name: section for name, section in read.items() if section is not UNSET},
        sinks=sinks,
        origins=reading.origins,
    )


def _broken(settings: Settings, known: list[Problem]) -> list[Problem]:
    """Check the rules; one about a key that is already known to be wrong would only repeat it."""
    keys = [problem.key for problem in known]
    found = (
        problem for problem in rules.broken(settings) if not any(_within(key, problem.key) for key in keys)
    )
    return [replace(problem, origin=_origin(settings, problem.key)) for problem in found]


def _origin(settings: Settings, key: str) -> str:
    """Find where a key was set: for a table where the first of what is in it was, else with what it is part of."""
    inside = (origin for name, origin in settings.origins.items() if _within(name, key))
    around = (origin for name, origin in settings.origins.items() if _within(key, name))
    return settings.origins.get(key) or next(inside, "") or next(around, "default")


def _within(key: str, outer: str) -> bool:
    return key == outer or key.startswith((f"{outer}.", f"{outer}["))
