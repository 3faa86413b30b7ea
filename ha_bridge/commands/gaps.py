"""`ha-bridge gaps list`: the times for which not everything was seen."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ha_bridge.commands.config import FILE, JSON

if TYPE_CHECKING:
    from ha_bridge.domain.records import Gap


@click.group()
def gaps() -> None:
    """Show the times for which not everything was seen."""


@gaps.command("list")
@FILE
@JSON
@click.option("--all", "whole", is_flag=True, help="Those too that have been filled without a rest.")
def list_(config: Path | None, *, as_json: bool, whole: bool) -> None:
    """List the gaps, oldest first: `open` ones are being filled, of `known` ones the history lacks something."""
    from ha_bridge.commands.journal_file import desk, print_json, print_table, say_if_absent

    with desk(config) as journal:
        say_if_absent(journal)
        found = [gap for each in journal.gaps() if (gap := _told(each))["state"] != "filled" or whole]
    if as_json:
        print_json(found)
    elif found:
        print_table(("number", "state", "from", "to", "why"), [_row(gap) for gap in found])
    else:
        click.echo("no gaps")


def _row(told: dict[str, Any]) -> list[object]:
    why = "; ".join(text for text in (told["cause"], told["note"]) if text)
    return [*(told[key] for key in ("number", "state", "start", "end")), why]


def _told(gap: "Gap") -> dict[str, Any]:
    from ha_bridge.commands.journal_file import moment

    return {
        "number": gap.number,
        "state": ("known" if gap.note else "filled") if gap.closed else "open",
        "start": moment(gap.start),
        "end": moment(gap.end),
        "seconds": round((gap.end - gap.start) / 1e6, 3),
        "filled": moment(gap.filled),
        "cause": gap.cause,
        "note": gap.note,
    }
