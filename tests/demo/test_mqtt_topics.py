"""Topic filters, compared with paho's own idea of them."""

from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from ha_bridge.demo.mqtt_topics import is_filter, is_topic, matches

LEVELS = st.lists(st.sampled_from(["", "a", "b", "$SYS", "+"]), min_size=1, max_size=4)


@given(LEVELS, st.booleans(), st.lists(st.sampled_from(["", "a", "b", "$SYS"]), min_size=1, max_size=4))
def test_a_filter_matches_what_paho_thinks_it_matches(
    wanted: list[str], rest: bool, levels: list[str]
) -> None:
    topic_filter, topic = "/".join([*wanted, "#"] if rest else wanted), "/".join(levels)
    if is_filter(topic_filter) and is_topic(topic):
        assert matches(topic_filter, topic) == topic_matches_sub(topic_filter, topic)
