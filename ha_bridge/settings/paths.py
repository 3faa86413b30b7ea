"""Where a setting stands: ("mqtt", "routes", 0, "topic"), shown as mqtt.routes[0].topic."""

import re

Path = tuple[str | int, ...]
_BARE = re.compile(r"[\w-]+", re.ASCII)


def dotted(path: Path) -> str:
    """Show a path; keys that TOML wants in quotes are shown in quotes."""
    return "".join(map(_step, path)).removeprefix(".")


def _step(part: str | int) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _BARE.fullmatch(part) else f'."{part}"'
