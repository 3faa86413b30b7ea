import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ha_bridge.domain.mqtt.filters import parse
from ha_bridge.domain.mqtt.routes import Route
from ha_bridge.domain.mqtt.topics import Topics
from tests.domain.mqtt.test_filters import filters, topics


def route(topic: str, *exclude: str, qos: int = 1) -> Route:
    return Route(topic, "value", exclude=exclude, qos=qos)


def rank(filter_: str) -> list[int]:
    """Smaller is more specific, level by level from the left; a topic that ends beats one that may go on."""
    return [{"+": 2, "#": 3}.get(level, 1) for level in filter_.split("/")] + [0]


def calls_of(asked: Callable[[], object]) -> int:
    """How many functions are called until there is an answer, which has to be one."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        answer = asked()
    finally:
        sys.setprofile(None)
    assert answer
    return calls


@given(
    st.lists(st.tuples(filters, st.lists(filters, max_size=2)), unique_by=lambda pair: pair[0], max_size=8),
    topics,
)
def test_of_all_matching_routes_the_most_specific_is_taken(
    routes: list[tuple[str, list[str]]], topic: list[str]
) -> None:
    matching = [
        text
        for text, excluded in routes
        if parse(text).matches(topic) and not any(parse(each).matches(topic) for each in excluded)
    ]
    found = Topics([route(text, *excluded) for text, excluded in routes]).match("/".join(topic))
    assert (found and found.route.topic) == min(matching, key=rank, default=None)


@given(st.lists(st.tuples(filters, st.integers(0, 2)), unique_by=lambda pair: pair[0], max_size=8), topics)
def test_whatever_a_route_matches_is_subscribed_to_at_its_qos(
    routes: list[tuple[str, int]], topic: list[str]
) -> None:
    subscriptions = Topics([route(text, qos=qos) for text, qos in routes]).subscriptions()
    granted = [qos for text, qos in subscriptions.items() if parse(text).matches(topic)]
    for text, qos in routes:
        if parse(text).matches(topic):
            assert max(granted, default=-1) >= min(qos, 1)


def test_a_literal_beats_a_capture_and_that_beats_the_rest() -> None:
    found = Topics([route("a/#"), route("a/{x}/c"), route("a/b/{y#}")])
    taken = [match.route.topic for topic in ("a/b/c", "a/z/c", "a/z/d") if (match := found.match(topic))]
    assert taken == ["a/b/{y#}", "a/{x}/c", "a/#"]


def test_an_excluded_topic_is_left_to_the_next_route() -> None:
    found = Topics([route("z/{device}", "z/bridge"), route("#")])
    match = found.match("z/bridge")
    assert match is not None
    assert match.route.topic == "#"


def test_of_several_routes_with_one_filter_the_first_that_does_not_exclude_the_topic_is_taken() -> None:
    first, second, third = route("z/{a}", "z/x", "z/y"), route("z/{b}", "z/y"), route("z/+")
    found = Topics([first, second, third])
    taken = [match and match.route for match in map(found.match, ("z/1", "z/x", "z/y"))]
    assert taken == [first, second, third]
    assert found.subscriptions() == {"z/+": 1}


@pytest.mark.parametrize("topic", ["room/7/state", "wild/7/x", "any/where/at/all"])
def test_finding_a_route_among_a_thousand_takes_as_many_steps_as_among_ten(topic: str) -> None:
    def routes(number: int) -> list[Route]:
        some = [route(f"room/{each}/state") for each in range(number // 2)]
        wild = [route(f"wild/{{it}}/{each}/#") for each in range(number // 2)]
        return [*some, *wild, route("room/7/state", "none"), route("wild/{it}/x"), route("{everything#}")][
            number // 20 :
        ]

    few, many = Topics(routes(10)), Topics(routes(1000))
    assert calls_of(lambda: many.match(topic)) == calls_of(lambda: few.match(topic))


def test_each_filter_costs_as_much_to_ask_for_among_a_thousand_as_among_ten() -> None:
    def topics_of(number: int) -> Topics:
        return Topics([route(f"{{site}}/machine{each}/{{rest#}}") for each in range(number)])

    assert calls_of(topics_of(1000).subscriptions) < 101 * calls_of(topics_of(10).subscriptions)


def test_a_shared_subscription_is_asked_for_with_its_group() -> None:
    found = Topics([route("$share/bridges/a/{x}"), route("b/#")])
    assert found.subscriptions() == {"$share/bridges/a/+": 1, "b/#": 1}
    match = found.match("a/1")
    assert match is not None
    assert match.captures == {"x": "1"}


def test_a_topic_without_a_route_matches_none() -> None:
    assert Topics([route("a/b", "a/b")]).match("a/b") is None
    assert Topics([]).match("a") is None


def test_the_captures_come_with_the_route() -> None:
    match = Topics([route("{kind}/{name#}")]).match("lamp/hall/2")
    assert match is not None
    assert match.captures == {"kind": "lamp", "name": "hall/2"}


def test_a_covered_filter_is_not_subscribed_to_twice() -> None:
    found = Topics([route("a/#", qos=0), route("a/{x}/c", qos=1), route("b"), route("$SYS/#")])
    assert found.subscriptions() == {"a/#": 1, "b": 1, "$SYS/#": 1}


@pytest.mark.parametrize(
    ("filters", "subscribed"),
    [
        ("a/+/c #", "#"),
        ("a a/#", "a/#"),
        ("a/# +/#", "+/#"),
        ("a/+ a/#", "a/#"),
        ("a/+/# a/#", "a/#"),
        ("+ #", "#"),
        ("a/b a/+", "a/+"),
        ("a/b a", "a/b a"),
        ("+ a/b", "+ a/b"),
        ("a/+/c +/b/#", "a/+/c +/b/#"),
        ("# $SYS/#", "# $SYS/#"),
        ("+/x $SYS/x", "+/x $SYS/x"),
    ],
)
def test_of_filters_that_cover_others_only_those_are_subscribed_to(filters: str, subscribed: str) -> None:
    assert " ".join(Topics(list(map(route, filters.split()))).subscriptions()) == subscribed


def test_filters_that_overlap_have_one_qos_so_that_copies_of_a_message_stay_together() -> None:
    found = Topics([route("a/+/c", qos=0), route("a/b/+", qos=1), route("b/+", qos=0)])
    assert found.subscriptions() == {"a/+/c": 1, "a/b/+": 1, "b/+": 0}


def test_qos_2_is_asked_for_as_1() -> None:
    assert Topics([route("a", qos=2)]).subscriptions() == {"a": 1}


def test_flawed_routes_are_refused_with_all_that_is_wrong() -> None:
    with pytest.raises(ValueError, match=r"routes\[0\].topic.*routes\[1\].exclude"):
        Topics([route("a#"), route("b", "c+")])
