"""Small files that make a start better informed. One that is missing or damaged is empty, and none is waited for."""

from pathlib import Path

from ha_bridge.domain.failures import Unavailable


def read(path: Path) -> bytes:
    """What the file holds, nothing where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def write(path: Path, content: bytes) -> None:
    """Put this in the file's place, whole or not at all, without waiting for the disk. Raises Unavailable."""
    fresh = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(content)
        fresh.replace(path)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}") from error
