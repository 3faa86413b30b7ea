"""`ha-bridge reload`: lets a running bridge read its settings again, and says what came of it."""

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import click

from ha_bridge.commands.config import FILE, JSON
from ha_bridge.commands.health import NoAnswer, ask, checked, configured

TIMEOUT = 30.0
POLL = 0.1


@click.command()
@click.option("--url", help="The bridge's address, such as http://127.0.0.1:8126; else that of the settings.")
@FILE
@JSON
def reload(url: str | None, config: Path | None, *, as_json: bool) -> None:
    """Let a running bridge take over its changed settings.

    Filters, rules, log levels and the shape of the sinks change at once; all else waits for a restart, and is named.
    Exit code 1 when the settings are wrong (those that run stay in force) or no bridge answers. Run it on the machine, or in
    the container, where the bridge runs, as its user.
    """
    try:
        outcome = _reload(checked(url) if url else configured(config))
    except NoAnswer as error:
        outcome = {"problems": [str(error)]}
    if as_json:
        click.echo(json.dumps(outcome, indent=2, ensure_ascii=False))
    else:
        _print(outcome)
    sys.exit(1 if outcome["problems"] else 0)


def _reload(url: str) -> dict[str, Any]:
    """Signal the bridge there and wait for what it says of it."""
    answer = ask(url)
    if "reload" not in answer:
        raise NoAnswer(f"the bridge at {url} does not read settings again: only ha-bridge run does")
    _signal(answer["pid"], url)
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        outcome: dict[str, Any] = ask(url)["reload"]
        if outcome["number"] > answer["reload"]["number"]:
            return outcome
        time.sleep(POLL)
    raise NoAnswer(f"the bridge at {url} has not answered within {TIMEOUT:g} s: see its log")


def _signal(pid: int, url: str) -> None:
    """Send SIGHUP, which ends most other programs: so only to a process that is a bridge beyond doubt."""
    if not _is_bridge(pid):
        raise NoAnswer(f"the bridge at {url} is no process here: run ha-bridge reload where it runs")
    try:
        os.kill(pid, signal.SIGHUP)
    except ProcessLookupError as error:
        raise NoAnswer(f"the bridge at {url} has just ended") from error
    except PermissionError as error:
        raise NoAnswer("the bridge belongs to another user: run ha-bridge reload as that user") from error


def _is_bridge(pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return b"ha-bridge" in command or b"ha_bridge" in command


def _print(outcome: dict[str, Any]) -> None:
    for problem in outcome["problems"]:
        click.echo(problem, err=True)
    if outcome["problems"]:
        if "number" in outcome:
            click.echo("nothing was taken over: the settings that run stay in force", err=True)
        return
    for key in outcome["applied"]:
        click.echo(f"{key}: taken over")
    for key in outcome["waiting"]:
        click.echo(f"{key}: waits for a restart")
    if not outcome["applied"] and not outcome["waiting"]:
        click.echo("nothing has changed")
