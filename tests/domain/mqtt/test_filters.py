import pytest
from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.mqtt.filters import FilterError, parse

levels = st.sampled_from(["a", "b", "", "$x"])
topics = st.lists(levels, min_size=1, max_size=4)
filters = st.builds(
    lambda head, tail: "/".join([*head, *tail]),
    st.lists(st.one_of(levels, st.just("+")), max_size=4),
    st.sampled_from([[], ["#"]]),
).filter(bool)


def matches(filter_: list[str], topic: list[str]) -> bool:
    """MQTT 5.0, 4.7, word by word."""
    if filter_[0] in ("+", "#") and topic[0].startswith("$"):
        return False
    return tail_matches(filter_, topic)


def tail_matches(filter_: list[str], topic: list[str]) -> bool:
    if filter_ == ["#"] or not filter_:
        return filter_ == ["#"] or not topic
    if not topic or filter_[0] not in ("+", topic[0]):
        return False
    return tail_matches(filter_[1:], topic[1:])


@given(filters, topics)
def test_a_filter_matches_as_the_specification_says(text: str, topic: list[str]) -> None:
    assert parse(text).matches(topic) == matches(text.split("/"), topic)


@pytest.mark.parametrize(
    ("text", "topic", "matched"),
    [
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("a/+", "a", False),
        ("a/+", "a/", True),
        ("+", "/a", False),
        ("+/+", "/a", True),
        ("#", "$SYS/uptime", False),
        ("+/uptime", "$SYS/uptime", False),
        ("$SYS/#", "$SYS/uptime", True),
        ("a/+/c", "a/$b/c", True),
    ],
)
def test_wildcards_match_levels(text: str, topic: str, *, matched: bool) -> None:
    assert parse(text).matches(topic.split("/")) is matched


def test_captures_are_wildcards_to_the_broker() -> None:
    assert str(parse("zigbee2mqtt/{device}/x/{rest#}")) == "zigbee2mqtt/+/x/#"


def test_captures_tell_what_they_stand_for() -> None:
    topic = parse("{site}/+/{rest#}")
    assert topic.captures(["home", "x", "a", "b"]) == {"site": "home", "rest": "a/b"}
    assert topic.captures(["home", "x"]) == {"site": "home", "rest": ""}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "1 to 65535 bytes"),
        ("a\0b", "none of them zero"),
        ("ä" * 40_000, "1 to 65535 bytes"),
        ("a/" * 200 + "b", "201 levels"),
        ("a/#/b", "come last"),
        ("{rest#}/b", "come last"),
        ("a#", "whole levels"),
        ("a/b+", "whole levels"),
        ("a/b{device}", "whole level"),
        ("a/{}", "whole level"),
        ("a/{1}", "whole level"),
        ("{x}/{x}", "a name of its own"),
        ("$share/a", "names a group"),
        ("$share//a", "names a group"),
        ("$share/a/", "names a group"),
        ("$share/{a}/b", "names a group"),
        ("$share/+/b", "names a group"),
        ("$share/a/b#", "whole levels"),
    ],
)
def test_what_is_no_filter_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(FilterError, match=why):
        parse(text)


def test_a_shared_filter_matches_what_arrives_which_is_without_the_group() -> None:
    shared = parse("$share/bridges/meters/{meter}")
    assert str(shared) == "$share/bridges/meters/+"
    assert shared.group == "bridges"
    assert shared.matches(["meters", "7"])
    assert not shared.matches(["$share", "bridges", "meters", "7"])
    assert shared.captures(["meters", "7"]) == {"meter": "7"}


@given(filters, filters, topics)
def test_filters_meet_where_both_match(first: str, second: str, topic: list[str]) -> None:
    if parse(first).matches(topic) and parse(second).matches(topic):
        assert parse(first).meets(parse(second))
    assert parse(first).meets(parse(second)) == parse(second).meets(parse(first))


@pytest.mark.parametrize(
    ("first", "second", "meet"),
    [
        ("a/+/c", "a/b/+", True),
        ("+/+/state", "zigbee2mqtt/#", True),
        ("a/#", "a", True),
        ("a/b", "a/c", False),
        ("a/+", "a/+/+", False),
        ("#", "$SYS/#", False),
        ("$SYS/x", "+/x", False),
    ],
)
def test_filters_that_share_no_topic_do_not_meet(first: str, second: str, *, meet: bool) -> None:
    assert parse(first).meets(parse(second)) is meet
