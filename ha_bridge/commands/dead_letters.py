"""`ha-bridge dead-letters`: what no attempt could bring home, to be looked at, tried again or thrown away."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ha_bridge.commands.config import FILE, JSON

if TYPE_CHECKING:
    from ha_bridge.adapters.journal.desk import JournalDesk, Listed
    from ha_bridge.domain.records import DeadLetter

MOST_SHOWN = 4096
"""Bytes of raw input that `show` prints."""

NUMBERS = click.argument("numbers", nargs=-1, type=int)
ALL = click.option("--all", "everything", is_flag=True, help="Every dead letter.")


@click.group("dead-letters")
def dead_letters() -> None:
    """Show, replay or purge what no attempt could bring home."""


@dead_letters.command("list")
@FILE
@JSON
def list_(config: Path | None, *, as_json: bool) -> None:
    """List the dead letters, oldest first."""
    from ha_bridge.commands.journal_file import desk, print_json, print_table, say_if_absent

    with desk(config) as journal:
        say_if_absent(journal)
        found = [_told(listed) for listed in journal.letters()]
        pushed_out = journal.pushed_out()
    if as_json:
        print_json(found)
    elif found:
        print_table(("number", "time", "stage", "about", "why"), [_row(letter) for letter in found])
    else:
        click.echo("no dead letters")
    if pushed_out:
        click.echo(
            f"{pushed_out:,} older ones had to go: journal.dead_letters says how many are kept", err=True
        )


@dead_letters.command()
@FILE
@click.argument("number", type=int)
def show(config: Path | None, number: int) -> None:
    """Show one with its raw input: as text where it is text, else in hexadecimal."""
    from ha_bridge.commands.journal_file import desk, harmless

    with desk(config) as journal:
        letter = journal.letter(number)
    if letter is None:
        _none(number)
        sys.exit(1)
    for key, value in _facts(letter).items():
        if value:
            click.echo(harmless(f"{key + ':':10} {value}"))
    click.echo(f"\n{_raw(letter.raw)}")


@dead_letters.command()
@FILE
@NUMBERS
@ALL
def replay(config: Path | None, numbers: tuple[int, ...], *, everything: bool) -> None:
    """Have the bridge try them again: the running one in a moment, else the next that starts."""
    count = _change(config, numbers, everything, lambda journal: journal.replay)
    click.echo(f"{_some(count)} will be tried again by the bridge")
    _exit(numbers, count)


@dead_letters.command()
@FILE
@NUMBERS
@ALL
def purge(config: Path | None, numbers: tuple[int, ...], *, everything: bool) -> None:
    """Remove them for good."""
    count = _change(config, numbers, everything, lambda journal: journal.purge)
    click.echo(f"{_some(count)} removed")
    _exit(numbers, count)


def _change(
    config: Path | None,
    numbers: tuple[int, ...],
    everything: bool,
    of: Callable[["JournalDesk"], Callable[[tuple[int, ...] | None], int]],
) -> int:
    from ha_bridge.commands.journal_file import desk, say_if_absent

    if everything == bool(numbers):
        raise click.UsageError("Name the numbers of dead letters, or --all.")
    with desk(config) as journal:
        say_if_absent(journal)
        return of(journal)(None if everything else numbers)


def _exit(numbers: tuple[int, ...], count: int) -> None:
    if count < len(set(numbers)):
        click.echo(f"{len(set(numbers)) - count} of these numbers are no dead letters", err=True)
        sys.exit(1)


def _none(number: int) -> None:
    click.echo(f"there is no dead letter {number}", err=True)


def _told(listed: "Listed") -> dict[str, Any]:
    return {**_facts(listed.letter), "size": listed.size, "replay": listed.replay}


def _row(told: dict[str, Any]) -> list[object]:
    asked = "to be tried again; " if told["replay"] else ""
    return [
        *(told[key] for key in ("number", "time", "stage", "about")),
        f"{asked}{told['error']}: {told['reason']}",
    ]


def _facts(letter: "DeadLetter") -> dict[str, Any]:
    from ha_bridge.commands.journal_file import moment

    return {
        "number": letter.number,
        "time": moment(letter.time),
        "stage": letter.stage.value,
        "source": letter.source,
        "about": letter.about,
        "sink": letter.sink,
        "error": letter.error,
        "reason": letter.reason,
        "status": letter.status,
        "attempts": letter.attempts,
    }


def _raw(raw: bytes) -> str:
    from ha_bridge.commands.journal_file import harmless

    shown, rest = raw[:MOST_SHOWN], len(raw) - MOST_SHOWN
    end = f"\n… and {rest:,} bytes more" if rest > 0 else ""
    try:
        raw.decode()
        # A cut may fall within a character.
        return harmless(shown.decode(errors="ignore")) + end
    except UnicodeDecodeError:
        return shown.hex(" ", 2) + end


def _some(count: int) -> str:
    return f"{count:,} dead letter{'' if count == 1 else 's'}"
