import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.mqtt.entities import entity_id


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("kitchen", "sensor.kitchen_temp"),
        ("Living Room/Lamp", "sensor.living_room_lamp_temp"),
        ("Café", "sensor.cafe_temp"),
        ("0x00158d", "sensor.0x00158d_temp"),
        ("__", "sensor.unknown_temp"),
        ("", "sensor.unknown_temp"),
    ],
)
def test_captures_are_made_fit_for_an_entity_id(device: str, expected: str) -> None:
    assert entity_id("sensor.{device}_temp", {"device": device}) == expected


def test_a_template_without_captures_is_the_entity_id() -> None:
    assert entity_id("sensor.outside", {"device": "x"}) == "sensor.outside"


@given(st.text())
def test_every_topic_gives_a_valid_entity_id(text: str) -> None:
    assert re.fullmatch(r"sensor\.[a-z0-9]+(_[a-z0-9]+)*", entity_id("sensor.{x}", {"x": text}))
