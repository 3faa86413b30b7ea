r"""Flux, as far as summaries go, and the predicates of /api/v2/delete.

https://docs.influxdata.com/flux/v0/spec/ and https://docs.influxdata.com/influxdb/v2/reference/syntax/delete-predicate/
"""

from ha_bridge.adapters.influx import influxql
from ha_bridge.domain.retention import Labels, Sampling

LATE = 3
"""Windows that a task makes again each time: what comes later than that is not summarised."""
OFFSET = 30
"""Seconds that a task waits after its time, for what is still on its way."""

_STRING = str.maketrans({'"': r"\"", "\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"})
_FUNCTIONS = ("mean", "min", "max", "last")
_NS = 1_000_000_000
_IMPORT = 'import "types"\n\n'
# A text would end it all: none has a mean. (types.isNumeric is younger than that, and knows no more.)
_NUMBERS = " or ".join(f'types.isType(v: r._value, type: "{each}")' for each in ("float", "int", "uint"))


def string(text: str) -> str:
    """Write a string; `${` would begin an expression within it."""
    return f'"{text.translate(_STRING).replace("${", chr(92) + "${")}"'


def task(source: str, target: str, sampling: Sampling) -> str:
    """A task that summarises the last whole windows; the mean keeps the field's own name."""
    every = sampling.every
    options = f"{{name: {string(sampling.name)}, every: {every}s, offset: {min(OFFSET, every // 2)}s}}"
    start = f"time(v: int(v: stop) - {LATE * every * _NS})"
    return f"{_IMPORT}option task = {options}\n\n{_summary(source, target, sampling, start)}"


def summarise(source: str, target: str, sampling: Sampling, since: int) -> str:
    """What the task does, once, for all whole windows from `since` (seconds since the epoch) on; gives counts only."""
    since -= since % sampling.every
    return _IMPORT + _summary(source, target, sampling, f"time(v: {since * _NS})", " |> count()")


def predicate(labels: Labels) -> str:
    """Choose the points with these labels: only equality and `and` are known there.

    Keys and values are identifiers of InfluxQL; a key that is one of its words, such as `key`, has to be in quotes.
    """
    measurement = [f"_measurement={influxql.name(labels.measurement)}"] if labels.measurement else []
    tags = [f"{influxql.name(key)}={influxql.name(value)}" for key, value in labels.tags.items()]
    return " AND ".join(measurement + tags)


def _summary(source: str, target: str, sampling: Sampling, start: str, end: str = "") -> str:
    window = sampling.every * _NS
    head = [
        f"stop = time(v: int(v: now()) - int(v: now()) % {window})",
        f"start = {start}",
        f"data = from(bucket: {string(source)}) |> range(start: start, stop: stop)",
    ]
    parts = (
        _part(field, function, target, sampling.every) + end + f" |> yield(name: {string(called)})"
        for field in sampling.fields
        for function, called in _called(field)
    )
    # With names, because Flux gives the last of several nameless results twice (https://github.com/influxdata/flux/issues/3909).
    return "\n".join([*head, *(f"part{number} = {part}" for number, part in enumerate(parts))])


def _called(field: str) -> list[tuple[str, str]]:
    return [(function, field if function == "mean" else f"{field}_{function}") for function in _FUNCTIONS]


def _part(field: str, function: str, target: str, every: int) -> str:
    called = dict(_called(field))[function]
    return (
        f"data |> filter(fn: (r) => r._field == {string(field)}) |> filter(fn: (r) => {_NUMBERS})"
        f' |> aggregateWindow(every: {every}s, fn: {function}, createEmpty: false, timeSrc: "_start")'
        f' |> set(key: "_field", value: {string(called)}) |> to(bucket: {string(target)})'
    )
