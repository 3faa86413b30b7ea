"""What typical dashboards ask, in InfluxQL, of each layout."""

import msgspec

DAY = 24 * 3600 * 10**9


class Dashboard(msgspec.Struct, frozen=True):
    """One panel. `days` back from the end of the data; `{since}` in the queries is the condition that says so.

    `hourly`: the same of the bridge's hourly summaries, where a panel looks at hours or days.
    """

    name: str
    days: int
    homeassistant: str
    bridge: str
    hourly: str = ""
    always: bool = True

    def query(self, layout: str, end: int, *, hourly: bool = False) -> str:
        template = self.homeassistant if layout == "homeassistant" else self.bridge
        template = (hourly and self.hourly) or template
        return template.format(since=f"time > {end - self.days * DAY} AND time <= {end}")


DASHBOARDS = (
    Dashboard(
        "latest temperature of each room",
        1,
        'SELECT last(value) FROM "°C" WHERE {since} GROUP BY entity_id',
        "SELECT last(value) FROM sensor WHERE device_class = 'temperature' AND {since} GROUP BY area",
    ),
    Dashboard(
        "24 h of a sensor, 5 min means",
        1,
        "SELECT mean(value) FROM \"°C\" WHERE entity_id = 'ground_kitchen_temperature' AND {since} GROUP BY time(5m)",
        "SELECT mean(value) FROM sensor WHERE entity_id = 'ground_kitchen_temperature' AND {since} GROUP BY time(5m)",
    ),
    Dashboard(
        "24 h of a room, all its sensors",
        1,
        "SELECT mean(value) FROM /.*/ WHERE entity_id =~ /^ground_kitchen_/ AND {since} GROUP BY time(15m), entity_id",
        "SELECT mean(value) FROM sensor WHERE area = 'Ground Kitchen' AND {since} GROUP BY time(15m), entity_id",
    ),
    Dashboard(
        "energy of each day of a month",
        30,
        'SELECT spread(value) FROM "kWh" WHERE {since} GROUP BY time(1d), entity_id',
        "SELECT spread(value) FROM sensor WHERE device_class = 'energy' AND {since} GROUP BY time(1d), entity_id",
        'SELECT max(value_max) - min(value_min) FROM "1h".sensor'
        " WHERE device_class = 'energy' AND {since} GROUP BY time(1d), entity_id",
    ),
    Dashboard(
        "binary sensors over a week",
        7,
        "SELECT value FROM /^binary_sensor\\./ WHERE {since} GROUP BY entity_id",
        "SELECT value FROM binary_sensor WHERE {since} GROUP BY entity_id",
    ),
    Dashboard(
        "how often each light went on, a month",
        30,
        "SELECT count(state) FROM /^light\\./ WHERE state = 'on' AND {since} GROUP BY entity_id",
        "SELECT count(state) FROM light WHERE state = 'on' AND {since} GROUP BY entity_id",
    ),
    Dashboard(
        "thermostats over a week, hourly",
        7,
        "SELECT mean(current_temperature), mean(temperature) FROM /^climate\\./ WHERE {since} GROUP BY time(1h), entity_id",
        "SELECT mean(current_temperature), mean(temperature) FROM climate WHERE {since} GROUP BY time(1h), entity_id",
        'SELECT current_temperature, temperature FROM "1h".climate WHERE {since} GROUP BY entity_id',
        always=False,
    ),
    Dashboard(
        "a menu of all rooms",
        30,
        "SHOW TAG VALUES WITH KEY = entity_id",
        "SHOW TAG VALUES FROM sensor WITH KEY = area",
    ),
)
