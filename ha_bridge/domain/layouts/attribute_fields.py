"""The fields that Home Assistant's own influxdb integration makes of a state's attributes (its `event_to_json`)."""

import math
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

Fields = dict[str, float | str]

_TWO_DIGITS = re.compile(r"\d\d")
_DECIMAL = re.compile(r"\d\.\d")
_NEITHER_DIGIT_NOR_DOT = re.compile(r"[^\d.]+")


def single_line(text: str) -> str:
    return " ".join(text.splitlines())


def attribute_fields(
    attributes: Mapping[str, Any], left_out: Collection[str], taken: Iterable[str]
) -> Fields:
    """Make fields of all attributes but those left out; a name that is taken gets an underscore, once.

    What `float` takes is a number. All else is the text `<name>_str`, and a number too where the text has digits in
    one place. Numbers that are not finite leave no field.
    """
    fields: Fields = dict.fromkeys(taken, "")
    for name, value in attributes.items():
        if name not in left_out:
            _add(fields, f"{name}_" if name in fields else name, value)
    for name in taken:
        del fields[name]
    return _without_time(fields)


def _add(fields: Fields, name: str, value: Any) -> None:
    number = _number(value)
    if number is None:
        text = fields[f"{name}_str"] = single_line(str(value))
        number = _number_within(text)
    if number is None:
        return
    if math.isfinite(number):
        fields[name] = number
    else:
        fields.pop(name, None)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (ValueError, TypeError):
        return None
    except OverflowError:  # an integer beyond all floats
        return math.inf


def _number_within(text: str) -> float | None:
    r"""Read a text that matches `^[^\.]*\d+\.?\d+[^\.]*$` without its other characters: "2024-01-02" is 20240102.

    That is: two digits side by side and no dot, or one dot and a digit on either side of it. Said so it takes linear
    time; the expression backtracks for minutes over some texts of a few kB.
    """
    dots = text.count(".")
    if dots > 1 or not (_DECIMAL if dots else _TWO_DIGITS).search(text):
        return None
    return float(_NEITHER_DIGIT_NOR_DOT.sub("", text))


def _without_time(fields: Fields) -> Fields:
    """Rename the field that InfluxDB keeps for itself."""
    if "time" in fields:
        name = "time_"
        while name in fields:
            name += "_"
        fields[name] = fields.pop("time")
    return fields
