"""What rules do to points: their measurement, their tags, and a number that is to be a text."""

from collections.abc import Sequence

from ha_bridge.domain.events import Event, StateEvent
from ha_bridge.domain.layouts.memory import remember
from ha_bridge.domain.points import Point, Series
from ha_bridge.domain.rules.rule import Rule


class Reshape:
    """Applied after a layout has made the points of an event. Series are made once and kept."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._measurement = next((rule.measurement for rule in reversed(rules) if rule.measurement), "")
        self._tags: dict[str, str] = {}
        for each in rules:
            tags = {"set_tags": each.set_tags, "drop_tags": dict.fromkeys(each.drop_tags, "")}
            for key in each.actions():
                self._tags |= tags.get(key, {})
        types = [rule.type for rule in rules if rule.type and not rule.fields]
        self._as_text = types[-1:] == ["text"]
        self._series: dict[str, Series] = {}

    def __bool__(self) -> bool:
        """Whether it changes anything."""
        return bool(self._measurement or self._tags or self._as_text)

    def points(self, event: Event, points: Sequence[Point]) -> Sequence[Point]:
        return [self._point(event, point) for point in points]

    def _point(self, event: Event, point: Point) -> Point:
        fields = point.fields
        if self._as_text and isinstance(event, StateEvent) and event.state is not None and "value" in fields:
            others = {name: value for name, value in fields.items() if name != "value"}
            fields = {"state": event.state, **others}
        return Point(self._of(point.series), fields, point.time, point.nanos)

    def _of(self, series: Series) -> Series:
        known = self._series.get(series.key)
        if known is not None:
            return known
        made = Series(self._measurement or series.measurement, {**series.tags, **self._tags})
        return remember(self._series, series.key, made)
