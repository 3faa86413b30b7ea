"""Finds and reads the settings files."""

import re
import tomllib
from pathlib import Path
from typing import Any

from ha_bridge.settings.lines import key_lines
from ha_bridge.settings.paths import Path as KeyPath
from ha_bridge.settings.problems import Problem
from ha_bridge.settings.written import nodes

SYSTEM_FILE = Path("/etc/ha-bridge/settings.toml")
_LINE = re.compile(r"\(at line (\d+), column \d+\)|\(at end of document\)")


def layers(config: Path | None, cwd: Path, system_file: Path) -> list[Path]:
    """Name the files to read, the weakest first: the settings, --config, the secrets beside it and in `cwd`."""
    standing = filter(_exists, (cwd / "config" / "settings.toml", system_file))
    files = [path for path in (next(standing, None), cwd / config if config else None) if path]
    secrets = [path.parent / ".secrets.toml" for path in files[-1:]] + [cwd / ".secrets.toml"]
    return list(dict.fromkeys([*files, *filter(_exists, secrets)]))


def read(path: Path, shown: str) -> tuple[dict[str, Any], list[Problem]]:
    """Read one TOML file as a tree of `Given`; a file that cannot be read is an empty tree and a problem."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        data = tomllib.loads(text)
    except OSError as error:
        return {}, [
            Problem(
                key=shown, message=f"cannot be read: {error.strerror}; check the name and its permissions"
            )
        ]
    except UnicodeDecodeError:
        return {}, [Problem(key=shown, message="is not UTF-8 text; save it as UTF-8")]
    except tomllib.TOMLDecodeError as error:
        return {}, [_syntax(shown, str(error))]
    lines = key_lines(text)
    return nodes(data, lambda key: _place(key, lines, shown)), []


def name(path: Path, cwd: Path) -> str:
    """Show a path the short way: from `cwd` where it lies below it."""
    return str(path.relative_to(cwd) if path.is_relative_to(cwd) else path)


def _exists(path: Path) -> bool:
    """Tell whether there is such a file; one that only may not be looked at is there, and reading says so."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _syntax(shown: str, error: str) -> Problem:
    line = _LINE.search(error)
    origin = f"{shown}:{line[1]}" if line and line[1] else shown
    return Problem(key=shown, origin=origin, message=f"is not valid TOML: {error}; texts need quotes")


def _place(key: KeyPath, lines: dict[KeyPath, int], shown: str) -> str:
    known = (key[:length] for length in range(len(key), 0, -1) if key[:length] in lines)
    nearest = next(known, None)
    return f"{shown}:{lines[nearest]}" if nearest else shown
