"""Names and globs, as one pattern."""

import re
from collections.abc import Iterable
from fnmatch import translate


def matching(patterns: Iterable[str]) -> re.Pattern[str]:
    """One pattern for all, for `fullmatch`; for none, one that matches nothing."""
    return re.compile("|".join(translate(pattern) for pattern in patterns) or r"(?!)")


def is_glob(pattern: str) -> bool:
    return any(character in pattern for character in "*?[")
