"""What Home Assistant's own influxdb integration makes of state_changed events; run by the newest HA's own Python.

A request is a line of JSON on stdin, {"config": {options of influxdb: in YAML}, "events": [state_changed events]};
its answer is a line of JSON on stdout with one entry for each event, see tests/system/oracle.py.
"""

import json
import math
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

from homeassistant.components import influxdb  # type: ignore[import-not-found]
from homeassistant.core import Event, State  # type: ignore[import-not-found]

Json = dict[str, Any]


def ha_event(event: Json) -> Any:
    new_state = event["data"].get("new_state")
    state = new_state and State(
        new_state["entity_id"], new_state["state"], new_state.get("attributes"), validate_entity_id=False
    )
    time = event.get("time_fired") or (new_state or {}).get("last_updated")
    timestamp = datetime.fromisoformat(time).timestamp() if time else None
    return Event("state_changed", {"new_state": state}, time_fired_timestamp=timestamp)


def as_written(point: Json) -> Json | None:
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
        "time": point["time"].isoformat(timespec="microseconds"),
    }


def answer(convert: Callable[[Any], Json | None], event: Json) -> Json | None:
    """Answer with the point, null where HA writes none, or the exception that ends HA's writing thread."""
    try:
        point = convert(ha_event(event))
    except Exception as error:  # noqa: BLE001  # whatever HA raises is the answer
        return {"raises": f"{type(error).__name__}: {error}"}
    return point and as_written(point)


def converter(config: Json) -> Callable[[Any], Json | None]:
    """Return HA's event_to_json for these options; an unacceptable option raises what HA's validation raises."""
    convert: Callable[[Any], Json | None] = influxdb._generate_event_to_json(influxdb.INFLUX_SCHEMA(config))
    return convert


def main() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        convert = converter(request["config"])
        print(json.dumps([answer(convert, event) for event in request["events"]]), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
