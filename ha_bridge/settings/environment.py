"""Reads HA_BRIDGE_<SECTION>__<KEY>, HA_BRIDGE_<SECTION>__<KEY>_FILE and HA_BRIDGE_<SECTION> from the environment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ha_bridge.settings.layering import parse
from ha_bridge.settings.paths import dotted
from ha_bridge.settings.problems import Problem
from ha_bridge.settings.schema import SECTIONS, Settings
from ha_bridge.settings.secret import Secret
from ha_bridge.settings.sinks import KINDS
from ha_bridge.settings.wants import hints
from ha_bridge.settings.written import Given, nodes

PREFIX = "HA_BRIDGE_"
_BETWEEN = "__"
_FILE = "_file"
_KEYS = {
    **{section: hints(hints(Settings)[section]) for section in SECTIONS if section not in ("sinks", "rules")},
    "sinks": {key: hint for kind in KINDS.values() for key, hint in hints(kind).items()},
}
_NAMED_FILE = {key for keys in _KEYS.values() for key in keys if key.endswith(_FILE)}
_SECRET = {key for keys in _KEYS.values() for key, hint in keys.items() if hint is Secret}


def read(environ: Mapping[str, str], cwd: Path) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Give one tree for each variable, those that name a file last, and what is wrong with the variables."""
    variables = {_path(name): name for name in sorted(environ) if _is_setting(name)}
    files = {path: name for path, name in variables.items() if _names_a_file(path)}
    plain = {path: name for path, name in variables.items() if path not in files}
    trees = [_tree(path, _node(path, environ[name], _origin(name))) for path, name in plain.items()]
    problems = _misspelt(environ)
    for path, name in files.items():
        try:
            trees.append(_from_file(path, name, cwd / environ[name]))
        except (OSError, UnicodeDecodeError) as error:
            problems.append(_unreadable(path, name, environ[name], error))
    return trees, problems


def _unreadable(path: tuple[str, ...], name: str, file: str, error: Exception) -> Problem:
    reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
    message = f"the file {file} cannot be read ({reason}): put the value in it, or remove the variable"
    return Problem(key=dotted(path).removesuffix(_FILE), origin=_origin(name), message=message)


def _path(name: str) -> tuple[str, ...]:
    return tuple(name.removeprefix(PREFIX).lower().split(_BETWEEN))


def _is_setting(name: str) -> bool:
    """Tell variables for a key, and those for a whole section such as HA_BRIDGE_RULES, from all others."""
    return name.startswith(PREFIX) and (_BETWEEN in name or name.removeprefix(PREFIX).lower() in SECTIONS)


def _names_a_file(path: tuple[str, ...]) -> bool:
    """Tell HA_BRIDGE_MQTT__PASSWORD_FILE, the content of a file, from HA_BRIDGE_MQTT__CA_FILE, a name."""
    return path[-1].endswith(_FILE) and path[-1] not in _NAMED_FILE


def _tree(path: tuple[str, ...], node: Any) -> dict[str, Any]:
    tree = {path[-1]: node}
    for part in reversed(path[:-1]):
        tree = {part: tree}
    return tree


def _node(path: tuple[str, ...], written: str, origin: str, *, verbatim: bool = False) -> Any:
    """Wrap a value: TOML where it is TOML, but a setting that takes text gets "1e5" or "007" as it was written."""
    value = parse(written)
    text = value if isinstance(value, str) and not verbatim else written
    if path[-1] in _SECRET:
        return Given(text, origin, text)
    node = nodes(value, lambda _: origin)
    return Given(node.value, origin, text) if isinstance(node, Given) else node


def _from_file(path: tuple[str, ...], name: str, file: Path) -> dict[str, Any]:
    """Read a Docker secret: the text of the file, without the space around it and with the quotes in it."""
    key = (*path[:-1], path[-1].removesuffix(_FILE))
    content = file.read_text(encoding="utf-8").strip()
    return _tree(key, _node(key, content, _origin(name), verbatim=True))


def _origin(name: str) -> str:
    return f"environment {name}"


def _misspelt(environ: Mapping[str, str]) -> list[Problem]:
    """Find HA_BRIDGE_MQTT_HOST, which looks right and would do nothing.

    Kubernetes makes variables such as HA_BRIDGE_WEB_PORT=tcp://... of its own for a service called ha-bridge-web.
    """
    single = (
        name for name, value in environ.items() if _BETWEEN not in name and not value.startswith("tcp://")
    )
    meant = ((name, _meant(name.removeprefix(PREFIX).lower())) for name in single if name.startswith(PREFIX))
    message = "settings are written with two underscores between section and key: rename the variable"
    return [
        Problem(key=name, origin=_origin(name), message=message, suggestion=f"{PREFIX}{path.upper()}")
        for name, path in sorted(meant)
        if path
    ]


def _meant(name: str) -> str:
    """Give the path in two-underscore form of a name that has a section and a key of it; else nothing."""
    for section, keys in _KEYS.items():
        rest = name.removeprefix(f"{section}_")
        if rest != name and section == "sinks":
            key = max((key for key in keys if rest.endswith(f"_{key}")), key=len, default="")
            return _BETWEEN.join((section, rest.removesuffix(f"_{key}"), key)) if key else ""
        if rest != name and rest in keys:
            return f"{section}{_BETWEEN}{rest}"
    return ""
