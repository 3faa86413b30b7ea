"""What is wrong with a SQLite file, said so that it can be mended."""

import sqlite3
from pathlib import Path

from ha_bridge.domain.failures import Refused, Unavailable


def trouble(error: Exception, path: Path, key: str) -> Unavailable | Refused:
    """Make the failure for an error of SQLite or of the file system; `key` names the setting of the path."""
    if isinstance(error, OSError):
        return Unavailable(f"cannot use {path}: {error.strerror or error}: mend that or set {key}")
    code = _code(error)
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return Refused(
            f"{path} is damaged ({error}): move it away with its -wal, and a fresh one is begun, or set {key}"
        )
    return Unavailable(_said(code, error, path, key))


def no_space(path: Path, key: str) -> Unavailable:
    return Unavailable(f"no space left on {path.parent}: free some or set {key}")


def is_damage(error: BaseException) -> bool:
    """Tell whether the file is not what it was when we wrote it: statements that are right do not fail otherwise."""
    if isinstance(error, UnicodeDecodeError):
        return True  # SQLite's complaint quotes what it found
    ours = not isinstance(error, sqlite3.Error) or isinstance(error, sqlite3.ProgrammingError)
    return not ours and _code(error) in {
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_MISMATCH,
    }


def is_full(error: BaseException) -> bool:
    return isinstance(error, sqlite3.Error) and _code(error) == sqlite3.SQLITE_FULL


def _code(error: BaseException) -> int:
    """Give the primary code: https://sqlite.org/rescode.html#primary_result_codes_versus_extended_result_codes."""
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF


def _said(code: int, error: Exception, path: Path, key: str) -> str:
    match code:
        case sqlite3.SQLITE_FULL:
            return str(no_space(path, key))
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return f"{path} is locked by another program"
        case sqlite3.SQLITE_CANTOPEN:
            return f"cannot open {path}: make its folder writable or set {key}"
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return f"{path} is read-only: make it writable or set {key}"
        case sqlite3.SQLITE_IOERR:
            return f"reading or writing {path} failed: the disk may be full or dying; check it or set {key}"
        case _:
            return f"{path}: {error}"
