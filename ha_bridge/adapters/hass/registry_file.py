"""A file that remembers what Home Assistant's registries said, for a bridge that starts before Home Assistant does."""

from pathlib import Path

import msgspec

from ha_bridge.adapters import kept_file
from ha_bridge.domain.registry import Registered, Registry

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Registered]).decode


NAME = "registries.json"


def beside(journal: str, registry: Registry) -> "RegistryFile":
    """The file of a bridge with that journal."""
    return RegistryFile(Path(journal).with_name(NAME), registry)


class RegistryFile:
    """`load` teaches the registry what the file has, `keep` writes what has changed since."""

    def __init__(self, path: Path, registry: Registry) -> None:
        self._path = path
        self._registry = registry
        self._kept = registry.entities

    def load(self) -> None:
        try:
            self._registry.learn(_decode(kept_file.read(self._path)))
        except (ValueError, RecursionError):
            return
        self._kept = self._registry.entities

    def keep(self) -> None:
        """Raise Unavailable where the file cannot be written; it is tried again with the next change."""
        entities = self._registry.entities
        if entities is self._kept:
            return
        self._kept = entities
        kept_file.write(self._path, _encode(entities))
