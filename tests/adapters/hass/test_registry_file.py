"""The file that remembers the registries."""

from pathlib import Path

import pytest

from ha_bridge.adapters.hass.registry_file import RegistryFile
from ha_bridge.domain.failures import Unavailable
from ha_bridge.domain.registry import Registered, Registry

LAMP = Registered(id="1a2b", area="Küche", labels=("a", "b"))


def test_what_was_kept_is_known_to_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "data" / "registries.json"
    registry = Registry()
    file = RegistryFile(path, registry)
    registry.learn({"light.a": LAMP})
    file.keep()
    after = Registry()
    RegistryFile(path, after).load()
    assert after.of("light.a") == LAMP
    assert [each.name for each in path.parent.iterdir()] == ["registries.json"]


def test_nothing_is_written_while_nothing_changes(tmp_path: Path) -> None:
    path = tmp_path / "registries.json"
    registry = Registry()
    file = RegistryFile(path, registry)
    file.keep()
    assert not path.exists()
    registry.learn({"light.a": LAMP})
    file.keep()
    path.unlink()
    registry.learn({"light.a": LAMP})
    file.keep()
    assert not path.exists()
    again = RegistryFile(path, registry)
    again.load()
    again.keep()
    assert not path.exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"light.a": 7}', b"[" * 100_000, b"\xff"])
def test_a_damaged_file_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "registries.json"
    path.write_bytes(content)
    registry = Registry()
    file = RegistryFile(path, registry)
    file.load()
    assert not registry.entity_ids()
    registry.learn({"light.a": LAMP})
    file.keep()
    assert b"1a2b" in path.read_bytes()


def test_a_file_that_cannot_be_written_is_said_once_for_each_change(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("no folder")
    registry = Registry()
    file = RegistryFile(tmp_path / "data" / "registries.json", registry)
    registry.learn({"light.a": LAMP})
    with pytest.raises(Unavailable, match=r"registries\.json cannot be written"):
        file.keep()
    file.keep()
    registry.learn({})
    with pytest.raises(Unavailable):
        file.keep()
