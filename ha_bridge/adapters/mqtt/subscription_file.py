"""A file that remembers what the broker was asked for: it keeps subscriptions with the session, and does not tell them."""

from collections.abc import Collection
from pathlib import Path

import msgspec

from ha_bridge.adapters import kept_file

NAME = "subscriptions.json"


class _Kept(msgspec.Struct):
    """`session` says whose at which broker."""

    session: str
    filters: list[str]


_decode = msgspec.json.Decoder(_Kept).decode


def beside(journal: str, session: str) -> "SubscriptionFile":
    """The file of a bridge with that journal."""
    return SubscriptionFile(Path(journal).with_name(NAME), session)


class SubscriptionFile:
    """`load` gives the topic filters that were kept for this session, `keep` replaces them."""

    def __init__(self, path: Path, session: str) -> None:
        self._path = path
        self._session = session
        self._kept: set[str] = set()

    def load(self) -> Collection[str]:
        try:
            kept = _decode(kept_file.read(self._path))
        except (ValueError, RecursionError):
            return ()
        self._kept = set(kept.filters) if kept.session == self._session else set()
        return self._kept

    def keep(self, filters: Collection[str]) -> None:
        """Raise Unavailable where the file cannot be written; the next call tries again."""
        if set(filters) != self._kept:
            kept_file.write(self._path, msgspec.json.encode(_Kept(self._session, sorted(filters))))
            self._kept = set(filters)
