import pytest
from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.events import Reading
from ha_bridge.domain.mqtt.filters import parse
from ha_bridge.domain.mqtt.overlaps import Copies, overlapping
from ha_bridge.domain.mqtt.reader import MqttReader
from ha_bridge.domain.mqtt.routes import Route
from tests.domain.mqtt.messages import message
from tests.domain.mqtt.test_filters import filters


@given(st.lists(filters, unique=True, max_size=6))
def test_filters_overlap_where_two_of_them_meet(texts: list[str]) -> None:
    met = [one for one in texts if any(parse(one).meets(parse(other)) for other in texts if other is not one)]
    assert overlapping(texts) == met


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ("5@1 5@2", "5"),
        ("5@1 5@2 5@1 5@2", "5 5"),
        ("5@1 5@2 6@1 6@2 5@1 5@2", "5 6 5"),
        ("5@1 5@2 5@3", "5"),
        ("5@1 5@1", "5 5"),
        ("5@12 5@12", "5 5"),
        ("5@1 6@2", "5 6"),
        ("5 5", "5 5"),
    ],
)
def test_what_comes_through_several_subscriptions_is_one_message(said: str, stored: str) -> None:
    reader = MqttReader([Route("a/+/c", "value"), Route("a/b/+", "value")])
    tokens: list[int] = []
    values: list[object] = []
    for token, each in enumerate(said.split()):
        payload, _, numbers = each.partition("@")
        through = tuple(map(int, numbers))
        for observed in reader.read(message("a/b/c", payload, through=through), token, 0.0):
            tokens += observed.tokens
            values += [observed.event.fields["value"]] if isinstance(observed.event, Reading) else []
    assert values == list(map(float, stored.split()))
    assert tokens == list(range(len(said.split())))


def test_topics_have_copies_each_for_itself() -> None:
    copies = Copies()
    said = [message("a", "5", through=(1,)), message("b", "5", through=(2,)), message("a", "5", through=(2,))]
    assert [copies.has(each) for each in said] == [False, False, True]
