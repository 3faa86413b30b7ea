"""The other side of a HassProtocol: says what Home Assistant says, and reads what is asked of it."""

import json
from collections.abc import Mapping
from typing import Any, Literal

from ha_bridge.domain.events import Event
from ha_bridge.domain.hass.protocol import HassOptions, HassProtocol
from ha_bridge.domain.hass.states import States
from ha_bridge.domain.registry import Registry

TOKEN = "a-very-secret-token"
RECEIVED = 1_710_000_000_000_000
VERSION = "2024.3.3"


def encode(message: object) -> bytes:
    return json.dumps(message, ensure_ascii=False).encode()


REGISTRIES = ("entity", "device", "area", "floor", "label")


def _result(command: str, registries: Mapping[str, object]) -> object:
    if command.endswith("_registry/list"):
        return registries.get(command.removeprefix("config/").removesuffix("_registry/list"), [])
    return {"state": "RUNNING", "version": VERSION} if command == "get_config" else None


class Conversation:
    """`asked` has every command so far; `now` is the monotonic clock of both sides."""

    def __init__(
        self,
        subscription: Literal["entities", "events"] = "entities",
        states: States | None = None,
        **options: Any,
    ) -> None:
        self.options = HassOptions(TOKEN, subscription, **options)
        self.registry = Registry()
        self.protocol = HassProtocol(self.options, states or States(), self.registry)
        self.now = 100.0
        self.asked: list[dict[str, Any]] = []

    def say(self, *messages: object) -> list[Event]:
        """Each message in a frame of its own."""
        return self.raw(*map(encode, messages))

    def raw(self, *frames: bytes) -> list[Event]:
        events = self.protocol.receive(frames, self.now, RECEIVED)
        self._listen()
        return events

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.protocol.tick(self.now)
        self._listen()

    def greet(self) -> None:
        self.say({"type": "auth_required", "ha_version": VERSION})

    def let_in(self) -> None:
        self.greet()
        self.say({"type": "auth_ok", "ha_version": VERSION})

    def open(self, entities: dict[str, Any] | None = None, **registries: object) -> list[Event]:
        """Go all the way to live and return the snapshot's events. `registries`: "entity" and so on, else empty."""
        self.let_in()
        for request in self.asked[1:]:
            self.confirm(request["id"], _result(request["type"], registries))
        return self.tell({"a": entities or {}}) if self.options.subscription == "entities" else []

    def confirm(self, number: int, result: object = None) -> None:
        self.say({"id": number, "type": "result", "success": True, "result": result})

    def refuse(self, number: int, code: str, message: str = "No.") -> list[Event]:
        error = {"code": code, "message": message}
        return self.say({"id": number, "type": "result", "success": False, "error": error})

    def tell(self, *contents: object, kind: str = "") -> list[Event]:
        """An event each, for the latest subscription to states or to `kind`, all in one frame."""
        number = self.number(kind)
        return self.say([{"id": number, "type": "event", "event": content} for content in contents])

    def number(self, kind: str = "") -> int:
        """The id of the latest subscription to states, or to the event type `kind`."""
        states = ("subscribe_entities", "state_changed")
        found = [
            request["id"]
            for request in self.asked
            if (
                request["type"] in states or request.get("event_type") in states
                if not kind
                else request.get("event_type") == kind
            )
        ]
        return int(found[-1])

    @property
    def asked_of_events(self) -> list[dict[str, Any]]:
        """What was asked but for the registries, which are asked for whatever is wanted."""
        return [request for request in self.asked if not _is_of_registries(request)]

    def requests(self, kind: str) -> list[dict[str, Any]]:
        return [request for request in self.asked if request["type"] == kind]

    @property
    def problems(self) -> list[str]:
        """What could not be read since the last look."""
        found = list(self.protocol.problems)
        self.protocol.problems.clear()
        return found

    def _listen(self) -> None:
        self.asked += map(json.loads, self.protocol.outgoing())


def _is_of_registries(request: dict[str, Any]) -> bool:
    return "_registry" in request["type"] or request.get("event_type") in {
        f"{kind}_registry_updated" for kind in REGISTRIES
    }
