"""The file that remembers what the broker was asked for."""

from pathlib import Path

import pytest

from ha_bridge.adapters.mqtt.subscription_file import SubscriptionFile, beside
from ha_bridge.domain.failures import Unavailable


def test_what_was_kept_is_known_to_the_next_process_of_that_session(tmp_path: Path) -> None:
    journal = str(tmp_path / "data" / "journal.db")
    beside(journal, "me at broker:1883").keep({"a/#", "küche/+"})
    assert set(beside(journal, "me at broker:1883").load()) == {"a/#", "küche/+"}
    assert not beside(journal, "me at another:1883").load()
    assert [each.name for each in (tmp_path / "data").iterdir()] == ["subscriptions.json"]


def test_nothing_is_written_while_nothing_changes(tmp_path: Path) -> None:
    path = tmp_path / "subscriptions.json"
    SubscriptionFile(path, "me").keep(["a"])
    file = SubscriptionFile(path, "me")
    file.load()
    path.unlink()
    file.keep({"a"})
    assert not path.exists()
    file.keep({"a", "b"})
    assert path.exists()


@pytest.mark.parametrize("content", [b"", b"{", b'{"session": "me"}', b"[" * 100_000, b"\xff"])
def test_a_damaged_file_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "subscriptions.json"
    path.write_bytes(content)
    file = SubscriptionFile(path, "me")
    assert not file.load()
    file.keep(["a"])
    assert set(SubscriptionFile(path, "me").load()) == {"a"}


def test_a_file_that_cannot_be_written_is_said_and_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.write_text("no folder")
    file = SubscriptionFile(folder / "subscriptions.json", "me")
    for _ in range(2):
        with pytest.raises(Unavailable, match="cannot be written"):
            file.keep(["a"])
    folder.unlink()
    file.keep(["a"])
    assert set(SubscriptionFile(folder / "subscriptions.json", "me").load()) == {"a"}
