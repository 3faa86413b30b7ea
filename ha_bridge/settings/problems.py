"""What is wrong with the settings, said so that it can be mended."""

import difflib
from collections.abc import Iterable

import msgspec


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to mend: `value` is masked if it is secret, `suggestion` is the nearest valid key or empty."""

    key: str
    message: str
    value: str = ""
    origin: str = ""
    suggestion: str = ""

    def __str__(self) -> str:
        value = f" = {self.value}" if self.value else ""
        where = f" ({self.origin})" if self.origin else ""
        hint = f"; did you mean {self.suggestion}?" if self.suggestion else ""
        return f"{self.key}{value}{where}: {self.message}{hint}"


class SettingsError(Exception):
    """The settings cannot be used; `problems` has every reason, never only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def nearest(word: str, known: Iterable[str]) -> str:
    """Find the known word that was most likely meant; empty where none is near."""
    by_case = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(word.casefold(), by_case, n=1)
    return by_case[found[0]] if found else ""
