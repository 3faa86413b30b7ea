"""How far the coverage goes is on disk soon enough for a process that is killed."""

from ha_bridge.demo.hass_server import HassServer
from tests.roads import Roads
from tests.waiting import wait_for


def test_what_the_first_minute_saw_is_known_to_a_process_that_follows_a_kill(hass: HassServer) -> None:
    hass.set_state("sensor.a", "1")
    roads = Roads(hass.url, hass.token)
    try:
        assert wait_for(roads.record.checkpoint, 10, "a checkpoint long before a minute is over")
    finally:
        roads.close()
