"""What Home Assistant's own influxdb integration makes of state_changed events; run by that HA's own Python.

A request is a line of JSON on stdin, {"config": {options of influxdb: in YAML}, "events": [state_changed events]}, or with
"yaml", the text of a configuration.yaml, in place of the config;
its answer is a line of JSON on stdout with one entry for each event, see tests/system/oracle.py.
"""

import inspect
import json
import math
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.components import influxdb  # type: ignore[import-not-found]
from homeassistant.core import Event, State  # type: ignore[import-not-found]
from homeassistant.util.yaml import parse_yaml  # type: ignore[import-not-found]
from influxdb.line_protocol import make_lines  # type: ignore[import-not-found]

Json = dict[str, Any]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UNITS = {"u": "microseconds", "ms": "milliseconds", "s": "seconds"}


def ha_event(event: Json) -> Any:
    new_state = event["data"].get("new_state")
    state = new_state and State(
        new_state["entity_id"], new_state["state"], new_state.get("attributes"), validate_entity_id=False
    )
    time = event.get("time_fired") or (new_state or {}).get("last_updated")
    return Event(
        "state_changed", {"new_state": state}, **(fired(datetime.fromisoformat(time)) if time else {})
    )


def fired(time: datetime) -> Json:
    """Say when an event was fired, in the words of this version."""
    if "time_fired" in inspect.signature(Event).parameters:
        return {"time_fired": time}
    return {"time_fired_timestamp": time.timestamp()}


def stored(time: datetime, precision: str) -> datetime:
    """Give the time that InfluxDB gets from the client of its version 1."""
    line = make_lines({"points": [{"measurement": "m", "fields": {"v": 1.0}, "time": time}]}, precision)
    return EPOCH + int(line.split()[-1]) * timedelta(**{UNITS[precision]: 1})


def as_written(point: Json, precision: str = "u") -> Json | None:
    """Apply what the client does before sending: tags and measurement become text, what is empty or not finite vanishes.

    So influxdb-client (API version 2) does it; the older client sends a state `nan` as it is, and InfluxDB refuses the line.
    """
    fields = {
        key: value
        for key, value in point["fields"].items()
        if not isinstance(value, float) or math.isfinite(value)
    }
    tags = {key: str(value) for key, value in point["tags"].items() if value is not None and str(value) != ""}
    if not fields:
        return None
    return {
        "measurement": str(point["measurement"]),
        "tags": tags,
        "fields": fields,
        "time": stored(point["time"], precision).isoformat(timespec="microseconds"),
    }


def answer(convert: Callable[[Any], Json | None], event: Json, precision: str) -> Json | None:
    """Answer with the point, null where HA writes none, or the exception that ends HA's writing thread."""
    try:
        point = convert(ha_event(event))
    except Exception as error:  # noqa: BLE001  # whatever HA raises is the answer
        return {"raises": f"{type(error).__name__}: {error}"}
    return point and as_written(point, precision)


def converter(config: Json) -> Callable[[Any], Json | None]:
    """Return HA's event_to_json for these options; an unacceptable option raises what HA's validation raises."""
    convert: Callable[[Any], Json | None] = influxdb._generate_event_to_json(influxdb.INFLUX_SCHEMA(config))
    return convert


def main() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        config = parse_yaml(request["yaml"])["influxdb"] if "yaml" in request else request["config"]
        convert = converter(config)
        precision = config.get("precision", "u")
        answers = [answer(convert, event, precision) for event in request["events"]]
        print(json.dumps(answers), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
