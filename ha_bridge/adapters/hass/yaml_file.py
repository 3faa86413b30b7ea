"""Home Assistant's YAML, whose own tags (`!secret`, `!include`, `!env_var` ...) are kept as what they are."""

from pathlib import Path
from typing import Any

import yaml

from ha_bridge.settings.ha_values import Tagged


class _Loader(yaml.SafeLoader):
    """Makes no object of what a file says but plain data and Tagged."""


def _tagged(_loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Tagged:
    return Tagged(f"!{suffix}", node.value if isinstance(node, yaml.ScalarNode) else "")


_Loader.add_multi_constructor("!", _tagged)


def read(path: Path) -> Any:
    """Read a file; ValueError says what is wrong with it, and where."""
    try:
        return yaml.load(path.read_bytes(), _Loader)  # noqa: S506 - it is a SafeLoader
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not YAML as Home Assistant reads it: {error}") from error
