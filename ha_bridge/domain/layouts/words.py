"""The states that Home Assistant gives a meaning of their own (its `const.py` and `helpers/state.py`)."""

UNAVAILABLE = "unavailable"
NO_STATE = frozenset({UNAVAILABLE, "unknown", ""})

ON_OFF = {
    "on": 1.0,
    "locked": 1.0,
    "above_horizon": 1.0,
    "open": 1.0,
    "home": 1.0,
    "off": 0.0,
    "unlocked": 0.0,
    "below_horizon": 0.0,
    "closed": 0.0,
    "not_home": 0.0,
}
"""The number that stands for a word which is one of two."""
