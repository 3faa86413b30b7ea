"""What Home Assistant says of itself while something else is done."""

from typing import Any, Self

from tests.system.servers import HomeAssistant
from tests.waiting import wait_for

Json = dict[str, Any]


class Watched:
    """What Home Assistant's bus says of changes."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._socket = hass.websocket()
        self._before = {each["entity_id"] for each in hass.rest.states()}
        self._everything = self._socket.subscribe("subscribe_events")

    def since_last(self) -> list[Json]:
        """The changes of states since this was last asked, in order."""
        self._hass.rest.fire_event("mark")
        changes: list[Json] = []
        while (event := self._socket.next_event(self._everything))["event_type"] != "mark":
            if event["event_type"] == "state_changed":
                changes.append(event["data"])
        return changes

    def wait_states(self, number: int, *stateless: str) -> set[str]:
        """Until so many entities have come and have states; returns their ids.

        Those whose ids end in one of the others have none then.
        """
        states: dict[str, str] = {}

        def complete() -> bool:
            for each in self.since_last():
                if each["entity_id"] not in self._before and each["new_state"]:
                    states[each["entity_id"]] = each["new_state"]["state"]
            known = [each for each in states.values() if each not in ("unknown", "unavailable")]
            return len(known) + sum(each.endswith(stateless) for each in states) >= number

        wait_for(complete, 30, f"{number} entities; {states}")
        return set(states)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.__exit__()
