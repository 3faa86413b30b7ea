"""Units of measurement: the only importer of pint, which is imported when the first unit is asked for.

Home Assistant's spellings: `homeassistant/const.py`, the classes UnitOf….
"""

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

Line = Callable[[float], float]

# What Home Assistant writes and pint does not know, or reads as something else.
_SPELLINGS = {"fl. oz.": "fluid_ounce", "st": "stone", "w": "week", "y": "year", "inH₂O": "inch_H2O"}
_DEFINITIONS = (
    "ppb = 1e-9",
    "CCF = 100 * foot ** 3",
    "MCF = 1000 * foot ** 3",
    "var = volt * ampere",
)


def is_unit(name: str) -> bool:
    """Whether there is such a unit at all."""
    return _unit(name) is not None


@cache
def conversion(unit: str, wanted: str) -> Line | None:
    """The function from one unit to the other; None where the units are unknown, of different kinds or logarithmic."""
    if _unit(unit) is None or _unit(wanted) is None:
        return None
    try:
        zero, one, two = (_exactly(number, unit, wanted) for number in (0, 1, 2))
    except (ArithmeticError, TypeError, ValueError):
        return None
    slope = one - zero
    return _line(slope, zero) if two - one == slope else None


def _exactly(number: int, unit: str, wanted: str) -> Fraction:
    return Fraction(_registry().Quantity(Fraction(number), _unit(unit)).to(_unit(wanted)).magnitude)


def _line(slope: Fraction, zero: Fraction) -> Line:
    """One division at the end, so that 212 °F are 100 °C and not a hair less."""
    divisor = slope.denominator * zero.denominator
    factor, offset = slope.numerator * zero.denominator, zero.numerator * slope.denominator
    if divisor == 1:
        return lambda value: value * factor + offset
    return lambda value: (value * factor + offset) / divisor


@cache
def _unit(name: str) -> Any:
    """Read pint's unit of that name; None where there is none."""
    registry = _registry()
    try:
        return registry.Unit(_SPELLINGS.get(name, name)) if name else None
    except Exception:  # noqa: BLE001 - pint raises whatever its parser comes upon
        return None


@cache
def _registry() -> Any:
    import pint  # noqa: PLC0415 - a third of a second and 17 MB, for those who convert units only

    registry: Any = pint.UnitRegistry(non_int_type=Fraction, cache_folder=None)
    for definition in _DEFINITIONS:
        registry.define(definition)
    return registry
