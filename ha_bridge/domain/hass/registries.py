"""Home Assistant's registries, asked for on the connection and asked again when they change.

Commands: `components/config/*_registry.py`; events: `helpers/*_registry.py`. Neither needs an administrator.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import msgspec

from ha_bridge.domain.hass.frames import UNREADABLE, Error, Message
from ha_bridge.domain.hass.problems import Problems
from ha_bridge.domain.hass.registry_entries import READERS, Entries, merged
from ha_bridge.domain.hass.session import Session
from ha_bridge.domain.registry import Registry

KINDS = {"entities": "entity", "devices": "device", "areas": "area", "floors": "floor", "labels": "label"}
SETTLE = 0.5
"""Seconds from the first news of a change to the question, for changes come in bursts."""
APART = 5.0
"""Seconds between two questions: a Home Assistant that starts changes its registries for minutes."""
NEVER = float("inf")


class Registries:
    """Teaches a Registry what HA says, in whole pictures only.

    `open` before the states are asked for: HA answers in order, so the first states find the registry complete. `take`
    the events of `subscriptions`, which go no further, and `tick`. `note` says which registries HA keeps from us, "" when
    none. Times are monotonic seconds.
    """

    def __init__(self, session: Session, registry: Registry, problems: Problems) -> None:
        self._session = session
        self._registry = registry
        self._problems = problems
        self.subscriptions: dict[int, str] = {}
        self._entries = Entries()
        self._known: set[str] = set()
        self._changed: set[str] = set()
        self._awaited: set[str] = set()
        self._absent: set[str] = set()
        self._unheard: set[str] = set()  # HA does not tell us when these change
        self._refused: dict[str, str] = {}
        self._due = NEVER
        self._asked = 0.0

    @property
    def note(self) -> str:
        refused = ", ".join(f"{KINDS[kind]} registry ({why})" for kind, why in self._refused.items())
        return f"Home Assistant does not give us its {refused}" if refused else ""

    def open(self, now: float) -> None:
        """Subscribe to all changes, then ask for all there is, so that no change is missed."""
        for kind, name in KINDS.items():
            answer = partial(self._subscribed, kind)
            number = self._session.request(
                answer, type="subscribe_events", event_type=f"{name}_registry_updated"
            )
            self.subscriptions[number] = kind
        self._ask(KINDS, now)

    def ready(self, now: float) -> None:
        """HA has started: ask for what it did not have before."""
        self._changed |= self._absent
        self._settle(now)

    def take(self, subscription: int, data: Mapping[str, Any], now: float) -> None:
        """Serve an event of a subscription made here."""
        self._changed.add(self.subscriptions[subscription])
        self._settle(now)
        # The states under the other name follow at once, before any answer could.
        old, new = data.get("old_entity_id"), data.get("entity_id")
        if isinstance(old, str) and isinstance(new, str):
            self._registry.rename(old, new)

    def tick(self, now: float) -> None:
        if now >= self._due and not self._awaited:
            self._due = NEVER
            self._ask(self._changed | self._unheard, now)

    def _settle(self, now: float) -> None:
        if self._changed:
            self._due = min(self._due, max(now + SETTLE, self._asked + APART))

    def _ask(self, kinds: Iterable[str], now: float) -> None:
        self._asked = now
        self._awaited = set(kinds)
        self._changed = set()
        for kind in sorted(self._awaited):
            self._session.request(partial(self._answered, kind), type=f"config/{KINDS[kind]}_registry/list")

    def _subscribed(self, kind: str, message: Message) -> None:
        if not message.success:
            self._unheard.add(kind)

    def _answered(self, kind: str, message: Message) -> None:
        self._awaited.discard(kind)
        self._absent.discard(kind)
        self._refused.pop(kind, None)
        if message.success:
            self._read(kind, message.result)
        else:
            self._lacks(kind, message.error or Error())
        if not self._awaited and "entities" in self._known:
            self._registry.learn(merged(self._entries))

    def _read(self, kind: str, raw: msgspec.Raw) -> None:
        def bad(error: Exception, entry: bytes) -> None:
            self._problems.add(f"cannot read an entry of the {KINDS[kind]} registry ({error})", entry)

        try:
            entries = READERS[kind](raw, bad)
        except UNREADABLE as error:
            self._problems.add(f"cannot read the {KINDS[kind]} registry ({error})", raw)
            return
        self._known.add(kind)
        self._entries = msgspec.structs.replace(self._entries, **{kind: entries})

    def _lacks(self, kind: str, error: Error) -> None:
        """Note what HA does not have, which is no matter for an old one, or does not give."""
        if error.code == "unknown_command":
            self._absent.add(kind)
        else:
            self._refused[kind] = f"{error.message} ({error.code})"
