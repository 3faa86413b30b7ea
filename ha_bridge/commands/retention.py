"""`ha-bridge retention`: how long data live, as declared and on the servers."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ha_bridge.commands.config import FILE, JSON
from ha_bridge.commands.wrong_settings import tell

if TYPE_CHECKING:
    from ha_bridge.domain.retention import Step
    from ha_bridge.keeping import Plan, Survey
    from ha_bridge.settings import Settings

SINK = click.option(
    "--sink", "chosen", multiple=True, help="Only the sink of that name; more than once for several."
)
YES = click.option("--yes", is_flag=True, help="Do not ask.")
HEADINGS = ("sink", "what", "is", "shall be", "deletes")


@click.group()
def retention() -> None:
    """Show and carry out how long data live, as [retention] declares it."""


@retention.command()
@FILE
@SINK
@JSON
def plan(config: Path | None, chosen: tuple[str, ...], *, as_json: bool) -> None:
    """Show what `apply` would change. Nothing is changed."""
    from ha_bridge.commands.journal_file import print_json
    from ha_bridge.keeping import survey

    with _told_troubles():
        settings = _settings(config)
        found = survey(settings, _sinks(settings, chosen))
    if as_json:
        notes = [{"sink": sink, "note": note} for sink, _, note in _notes(found)]
        print_json({"steps": [_told(each, step) for each, step in _steps(found)], "notes": notes})
    else:
        _show(found)


@retention.command()
@FILE
@SINK
@YES
def apply(config: Path | None, chosen: tuple[str, ...], *, yes: bool) -> None:
    """Show the plan, ask, and make it so."""
    from ha_bridge.keeping import carry_out, survey

    with _told_troubles():
        settings = _settings(config)
        found = survey(settings, _sinks(settings, chosen))
        _show(found)
        if not any(each.steps for each in found.plans):
            return
        if not yes:
            click.confirm("Shall this be done?", abort=True)
        for each, step in carry_out(found.plans):
            click.echo(f"done: {each.sink}: {_what(each, step)}")


@retention.command()
@FILE
@SINK
@YES
@click.argument("entity_ids", metavar="ENTITY_ID...", nargs=-1, required=True)
def forget(config: Path | None, chosen: tuple[str, ...], entity_ids: tuple[str, ...], *, yes: bool) -> None:
    """Delete all points of an entity that is gone for good. One that still reports comes back with its next state."""
    from ha_bridge import keeping

    for entity_id in entity_ids:
        if not all(entity_id.partition(".")):
            raise click.BadParameter(f"{entity_id!r} is no entity id: sensor.kitchen is one")
    with _told_troubles():
        settings = _settings(config)
        found = keeping.traces(settings, _sinks(settings, chosen), entity_ids)
        for each in found:
            for trace in each.found:
                click.echo(f"{each.sink}: {each.entity_id}: {trace}")
        if not any(each.found for each in found):
            click.echo("there is nothing of that")
            return
        if not yes:
            click.confirm("Shall all of this be deleted?", abort=True)
        keeping.forget(found)
        click.echo("deleted")


@contextmanager
def _told_troubles() -> Iterator[None]:
    """Say what is wrong, and exit with 1."""
    from ha_bridge.domain.failures import Refused, Unavailable
    from ha_bridge.keeping import Changed
    from ha_bridge.settings import SettingsError

    try:
        yield
    except SettingsError as error:
        tell(error.problems)
        sys.exit(1)
    except Changed as changed:
        click.echo(f"sinks.{changed} is not as it was shown, so nothing was done: look again", err=True)
        sys.exit(1)
    except (Unavailable, Refused) as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def _settings(config: Path | None) -> "Settings":
    from ha_bridge.settings import load

    return load(config)


def _sinks(settings: "Settings", chosen: Sequence[str]) -> Sequence[str]:
    for name in chosen:
        if name not in settings.sinks:
            known = ", ".join(settings.sinks)
            raise click.BadParameter(f"there is no sink {name!r}; there are: {known}", param_hint="--sink")
    return chosen or list(settings.sinks)


def _steps(found: "Survey") -> "Iterator[tuple[Plan, Step]]":
    return ((each, step) for each in found.plans for step in each.steps)


def _notes(found: "Survey") -> Iterator[tuple[str, str, str]]:
    """Give each note with its sink and, where that is known, the product."""
    for each in found.plans:
        for note in each.notes:
            yield each.sink, f" ({each.keeper.product})", note
    for sink, reason in found.unseen.items():
        yield (
            sink,
            "",
            f"nothing is declared for it, and whether earlier summaries go on is not known: {reason}",
        )


def _show(found: "Survey") -> None:
    from ha_bridge.commands.journal_file import print_table

    rows = [_row(_told(each, step)) for each, step in _steps(found)]
    if rows:
        print_table(HEADINGS, rows)
    else:
        click.echo("nothing to do" if found.plans else "nothing is declared: see [retention] in the settings")
    for sink, product, note in _notes(found):
        click.echo(f"{sink}{product}: {note}")


def _row(told: dict[str, Any]) -> list[object]:
    return [told[key] for key in ("sink", "what", "is", "shall_be", "deletes")]


def _told(plan: "Plan", step: "Step") -> dict[str, Any]:
    from ha_bridge.domain.retention import Alter, Make

    return {
        "sink": plan.sink,
        "step": type(step).__name__.lower(),
        "what": _what(plan, step),
        "is": _life(step.was) if isinstance(step, Alter) else "",
        "shall_be": _life(step.life) if isinstance(step, Alter | Make) else "",
        "deletes": _deleted(step),
    }


def _what(plan: "Plan", step: "Step") -> str:
    from ha_bridge.domain.retention import Alter, Make, Sample

    place = plan.keeper.place
    match step:
        case Make():
            return f"make {place(step.place)}"
        case Alter():
            return f"keep {place(step.place)}"
        case Sample(sampling):
            summary = f"summarise {place(sampling.source)} in {place(sampling.target)}"
            return f"{summary} every {_life(sampling.every)}: {', '.join(sampling.fields)}"
        case _:
            return f"no more summaries by {step.name}"


def _deleted(step: "Step") -> str:
    from datetime import UTC, datetime, timedelta

    from ha_bridge.domain.retention import Alter, deletes

    if not isinstance(step, Alter) or not deletes(step):
        return ""
    before = datetime.now(UTC) - timedelta(seconds=step.life)
    return f"all before {before:%Y-%m-%d %H:%M} UTC"


def _life(seconds: int) -> str:
    from ha_bridge.domain.retention import FOREVER
    from ha_bridge.settings.units import duration_text

    return "forever" if seconds == FOREVER else duration_text(seconds)
