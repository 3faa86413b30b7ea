"""Units as Home Assistant writes them."""

import subprocess
import sys

import pytest

from ha_bridge.unit_conversion import conversion, is_unit


@pytest.mark.parametrize(
    ("unit", "wanted", "value", "converted"),
    [
        ("°F", "°C", 212, 100),
        ("°C", "°F", 100, 212),
        ("kW", "W", 1.5, 1500),
        ("Wh", "kWh", 1234.5, 1.2345),
        ("MJ", "kWh", 3.6, 1),
        ("gal", "L", 1, 3.785411784),
        ("CCF", "m³", 1, 2.8316846592),
        ("m³/h", "L/min", 6, 100),
        ("fl. oz.", "mL", 1, 29.5735295625),
        ("µg/m³", "mg/m³", 12, 0.012),
        ("ppb", "ppm", 1000, 1),
        ("inHg", "hPa", 30, 1015.9165921),
        ("inH₂O", "Pa", 1, 249.08891),
        ("km/h", "m/s", 36, 10),
        ("kn", "km/h", 1, 1.852),
        ("in/d", "mm/h", 24, 25.4),
        ("B", "kB", 2000, 2),
        ("Mbit/s", "MB/s", 8, 1),
        ("st", "kg", 1, 6.35029318),
        ("kvar", "var", 1, 1000),
        ("W/m²", "kW/m²", 500, 0.5),
        ("d", "h", 2, 48),
        ("w", "d", 1, 7),
    ],
)
def test_a_value_is_converted(unit: str, wanted: str, value: float, converted: float) -> None:
    convert = conversion(unit, wanted)
    assert convert is not None
    assert convert(value) == pytest.approx(converted, rel=1e-8)


@pytest.mark.parametrize(("unit", "wanted"), [("°C", "kWh"), ("dBm", "mW"), ("nonsense", "W"), ("W", "")])
def test_what_cannot_be_converted_is_not(unit: str, wanted: str) -> None:
    assert conversion(unit, wanted) is None


@pytest.mark.parametrize(
    ("name", "there_is"), [("kWh", True), ("°C", True), ("", False), ("wat", False), ("3", False)]
)
def test_a_unit_is_known_or_not(name: str, there_is: bool) -> None:
    assert is_unit(name) is there_is


def test_the_library_is_imported_when_a_unit_is_asked_for_and_not_before() -> None:
    program = (
        "import sys, ha_bridge.shapes; before = 'pint' in sys.modules; "
        "from ha_bridge.unit_conversion import is_unit; is_unit('W'); print(before, 'pint' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert said.stdout.split() == ["False", "True"]
