"""Topics and topic filters (MQTT 5.0, 4.7)."""


def is_topic(topic: str) -> bool:
    return topic != "" and "+" not in topic and "#" not in topic


def is_filter(topic_filter: str) -> bool:
    levels = topic_filter.split("/")
    if topic_filter == "" or "#" in levels[:-1]:
        return False
    return all(level in ("+", "#") or is_topic(level) or level == "" for level in levels)


def matches(topic_filter: str, topic: str) -> bool:
    """Tell whether a topic is wanted; a wildcard at the start does not want topics that begin with $."""
    if topic.startswith("$") and topic_filter[:1] in ("+", "#"):
        return False
    wanted, there = topic_filter.split("/"), topic.split("/")
    if wanted[-1] == "#":
        wanted = wanted[:-1]
        if len(there) < len(wanted):
            return False
        there = there[: len(wanted)]
    return len(wanted) == len(there) and all(
        one in ("+", other) for one, other in zip(wanted, there, strict=True)
    )
