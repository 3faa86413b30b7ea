"""What the commands that look into the journal share: finding it, and saying what is wrong."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ha_bridge.commands.wrong_settings import tell

SHORT = ("number", "time", "from", "to", "stage", "state")

if TYPE_CHECKING:
    from ha_bridge.adapters.journal.desk import JournalDesk


@contextmanager
def desk(config: Path | None) -> Iterator["JournalDesk"]:
    """Give the journal that the settings name; where they are wrong or it cannot be used, exit with 1."""
    from ha_bridge.adapters.journal.desk import JournalDesk
    from ha_bridge.domain.failures import Unavailable
    from ha_bridge.settings import SettingsError, load

    try:
        yield JournalDesk(load(config).journal.path)
    except SettingsError as error:
        tell(error.problems)
        sys.exit(1)
    except Unavailable as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def say_if_absent(journal: "JournalDesk") -> None:
    """Say on stderr that there is no file, so that an empty list is not misread."""
    if not journal.exists:
        click.echo(f"there is no journal yet at {journal.path}", err=True)


def moment(micros: int) -> str:
    """Write microseconds since the epoch as people and programs read them: UTC, to the second."""
    from datetime import UTC, datetime, timedelta

    try:
        when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    except OverflowError:
        return f"{micros} µs"
    return when.isoformat(timespec="seconds").replace("+00:00", "Z")


def print_json(found: object) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())


def print_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows; what is `SHORT` stays in one line."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD)
    for heading in headings:
        table.add_column(heading, no_wrap=heading in SHORT)
    for row in rows:
        table.add_row(*(Text(harmless(str(cell)), overflow="fold") for cell in row))
    Console().print(table)


def harmless(text: str) -> str:
    """Show what a terminal would obey, as strangers may have sent it, as its escape."""
    return "".join(
        letter if letter.isprintable() or letter in "\n\t" else ascii(letter)[1:-1] for letter in text
    )
