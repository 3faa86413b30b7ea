r"""InfluxQL, as far as keeping and forgetting go: the text of each statement, every name in quotes.

https://docs.influxdata.com/influxdb/v1/query_language/spec/
"""

import re
from collections.abc import Mapping, Sequence

from ha_bridge.domain.retention import FOREVER, Labels, Sampling

LATE = 3
"""Windows that a continuous query makes again each time: what comes later than that is not summarised."""

_IDENTIFIER = str.maketrans({'"': r"\"", "\\": r"\\", "\n": r"\n"})
_STRING = str.maketrans({"'": r"\'", "\\": r"\\", "\n": r"\n"})
_PART = re.compile(r"(\d+)(h|m|s)")
_SECONDS = {"h": 3600, "m": 60, "s": 1}
_HOUR, _DAY = 3600, 86_400


def name(text: str) -> str:
    """Write an identifier."""
    return f'"{text.translate(_IDENTIFIER)}"'


def string(text: str) -> str:
    return f"'{text.translate(_STRING)}'"


def seconds(duration: str) -> int:
    """Read a duration as the server shows it: "168h0m0s"; "0s" is for ever."""
    return sum(int(number) * _SECONDS[unit] for number, unit in _PART.findall(duration))


def shard_seconds(life: int) -> int:
    """How much time the server keeps in one piece, which expires as a whole; InfluxDB's own choice by the life.

    https://docs.influxdata.com/influxdb/v1/concepts/schema_and_data_layout/#shard-group-duration-management
    """
    if life == FOREVER or life > 180 * _DAY:
        return 7 * _DAY
    return _DAY if life >= 2 * _DAY else _HOUR


def create_database(database: str) -> str:
    return f"CREATE DATABASE {name(database)}"


def create_policy(database: str, policy: str, life: int, *, default: bool) -> str:
    end = " DEFAULT" if default else ""
    return f"CREATE RETENTION POLICY {name(policy)} ON {name(database)} {_lives(life, ' REPLICATION 1')}{end}"


def alter_policy(database: str, policy: str, life: int) -> str:
    return f"ALTER RETENTION POLICY {name(policy)} ON {name(database)} {_lives(life)}"


def create_query(database: str, source: str, target: str, sampling: Sampling) -> str:
    body = _summary(database, source, target, sampling)
    again = f"RESAMPLE FOR {LATE * sampling.every}s"
    return f"CREATE CONTINUOUS QUERY {name(sampling.name)} ON {name(database)} {again} BEGIN {body} END"


def drop_query(database: str, query: str) -> str:
    return f"DROP CONTINUOUS QUERY {name(query)} ON {name(database)}"


def summarise(database: str, source: str, target: str, sampling: Sampling, span: tuple[int, int]) -> str:
    """What the continuous query does, once, for `span`: from and until, in seconds since the epoch."""
    start, end = span
    when = f"WHERE time >= {start}s AND time < {end}s"
    return f"{_summary(database, source, target, sampling, when)} fill(none)"


def oldest(database: str, source: str, field: str) -> str:
    return " ".join((f"SELECT first({_number(field)})", *_from(database, source)))


def show_field_keys(policy: str, measurements: Sequence[str]) -> str:
    """Of the database's default policy where none is named."""
    within = f"{name(policy)}." if policy else ""
    return f"SHOW FIELD KEYS FROM {', '.join(f'{within}{name(each)}' for each in measurements)}"


def show_series(labels: Labels) -> str:
    return f"SHOW SERIES{_of(labels)}"


def drop_series(labels: Labels) -> str:
    return f"DROP SERIES{_of(labels)}"


def _lives(life: int, replication: str = "") -> str:
    duration = "INF" if life == FOREVER else f"{life}s"
    return f"DURATION {duration}{replication} SHARD DURATION {shard_seconds(life)}s"


def _summary(database: str, source: str, target: str, sampling: Sampling, *when: str) -> str:
    """The mean keeps the field's own name, so that a panel that looks at the other place needs no other change."""
    fields = ", ".join(text for field in sampling.fields for text in _of_field(field))
    into = f"INTO {name(database)}.{name(target)}.:MEASUREMENT"
    every = f"GROUP BY time({sampling.every}s), *"
    return " ".join((f"SELECT {fields}", into, *_from(database, source), *when, every))


def _from(database: str, policy: str) -> tuple[str]:
    """All measurements of a policy."""
    return (f"FROM {name(database)}.{name(policy)}./.*/",)


def _of_field(field: str) -> list[str]:
    names = {"mean": field, **{each: f"{field}_{each}" for each in ("min", "max", "last")}}
    return [f"{function}({_number(field)}) AS {name(called)}" for function, called in names.items()]


def _number(field: str) -> str:
    """Where it is a text there is nothing: the mean of a text would be an error, and no summary at all.

    https://docs.influxdata.com/influxdb/v1/query_language/explore-data/#cast-operations
    """
    return f"{name(field)}::float"


def _of(labels: Labels) -> str:
    measurement = f" FROM {name(labels.measurement)}" if labels.measurement else ""
    return f"{measurement} WHERE {_tags(labels.tags)}"


def _tags(tags: Mapping[str, str]) -> str:
    return " AND ".join(f"{name(key)} = {string(value)}" for key, value in tags.items())
