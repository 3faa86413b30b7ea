"""A memory that forgets."""

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Generations(Generic[K, V]):
    """A dict that remembers the last `size` keys at least, and twice as many at most.

    Forgetting a whole generation at once costs nothing per entry, which an ordered eviction would.
    """

    def __init__(self, size: int) -> None:
        self.size = max(1, size)
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        value = self._young.get(key)
        return self._old.get(key) if value is None else value

    def put(self, key: K, value: V) -> None:
        self._make_room()
        self._young[key] = value

    def setdefault(self, key: K, value: V) -> V:
        """Return what is remembered, which is `value` from now on if nothing was."""
        self._make_room()
        old = self._old.get(key)
        return self._young.setdefault(key, value) if old is None else old

    def _make_room(self) -> None:
        if len(self._young) >= self.size:
            self._old = self._young
            self._young = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)
